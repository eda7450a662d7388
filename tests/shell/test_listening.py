"""Requests that no handler can process are answered all the same, without anything on stderr."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import NoReturn

import pytest
from aiohttp import web
from yarl import URL

from copper_emulator.core.paths import API_PATH
from copper_emulator.shell.api.app import make_api, make_runner
from copper_emulator.shell.api.calls import Call, handlers_of, routes_of
from copper_emulator.shell.control.bases import Shape, Taken
from copper_emulator.shell.control.operation import ServerOperation
from copper_emulator.shell.guarding import answer_refusals
from tests.shell.served import serving

pytestmark = pytest.mark.asyncio

CREDENTIALS = "X-PW-AccessToken: t\r\nX-PW-Application: developer_api\r\nX-PW-UserEmail: ada@example.com\r\n"
PACKED = "Content-Encoding: gzip\r\nContent-Length: 3\r\n"
RESET = "POST /_emulator/v1/accounts/default/reset"
CREATE = f"POST {API_PATH}/people"
SUBSCRIBE = f"POST {API_PATH}/webhooks"


async def connected(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    at = URL(url)
    return await asyncio.open_connection(at.host, at.port)


async def sent(url: str, request: str, headers: str, body: bytes = b"") -> tuple[int, object]:
    """The answer to these bytes: its status, and its JSON."""
    reader, writer = await connected(url)
    writer.write(f"{request} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{headers}\r\n".encode() + body)
    raw = await reader.read()
    writer.close()
    await writer.wait_closed()
    head, _, said = raw.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), json.loads(said)


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (
            RESET,
            {
                "error": "Bad Request",
                "hint": "The body could not be read: its encoding, length or chunks are not what its headers say.",
            },
        ),
        (CREATE, {"success": False, "status": 400, "message": "Bad Request"}),
        (SUBSCRIBE, {"success": False, "status": 400, "message": "Bad Request"}),
    ],
    ids=["control", "api", "webhooks"],
)
async def test_a_body_that_is_not_packed_as_it_says_is_told_to_its_sender_alone(
    caplog: pytest.LogCaptureFixture, request_: str, answer: object
) -> None:
    async with serving() as served:
        assert await sent(served.server.url, request_, CREDENTIALS + PACKED, b"abc") == (400, answer)

    assert caplog.records == []


async def test_a_body_that_nobody_reads_and_nobody_could_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    """The body is only read once its request has been answered."""
    async with serving() as served:
        status, _ = await sent(served.server.url, CREATE, PACKED, b"abc")

    assert status == 401
    assert caplog.records == []


@pytest.mark.parametrize("request_", [RESET, CREATE], ids=["control", "api"])
async def test_a_client_that_goes_in_the_middle_of_its_body_is_no_news(
    caplog: pytest.LogCaptureFixture, request_: str
) -> None:
    async with serving() as served:
        _, writer = await connected(served.server.url)
        head = f"{request_} HTTP/1.1\r\nHost: 127.0.0.1\r\n{CREDENTIALS}Content-Length: 300\r\n\r\n"
        writer.write(head.encode() + b"{")
        await writer.drain()
        # Answered after the other request has started to wait for its body.
        assert (await served.control("GET", "/accounts"))[0] == 200
        writer.close()
        await writer.wait_closed()
        assert (await served.control("GET", "/accounts"))[0] == 200

    assert caplog.records == []


async def test_a_client_that_goes_before_it_is_told_to_continue_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    gone: list[str] = []

    async def leave(request: web.Request) -> None:
        """Be what aiohttp calls for `Expect: 100-continue`, for a client that goes right then."""
        assert request.transport is not None
        request.transport.abort()
        gone.append(request.path)
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    async def never(_: web.Request) -> NoReturn:
        raise AssertionError("the client has gone")

    app = web.Application()
    app.router.add_post("/", never, expect_handler=leave)
    runner = make_runner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        reader, writer = await asyncio.open_connection(*runner.addresses[0])
        writer.write(b"POST / HTTP/1.1\r\nHost: copper\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n")
        with suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
    finally:
        await runner.cleanup()

    assert (gone, caplog.records) == (["/"], [])


async def broken(*_: object) -> NoReturn:
    raise ConnectionResetError("of the emulator's own")


def broken_act(_call: Call) -> NoReturn:
    raise ConnectionResetError("of the emulator's own")


@pytest.mark.parametrize("api", ["control", "emulated"])
async def test_a_broken_connection_of_the_emulators_own_is_its_fault_and_is_logged(
    caplog: pytest.LogCaptureFixture, api: str
) -> None:
    """The client is only to blame for a body that cannot be read."""
    async with serving() as served:
        if api == "control":
            app = web.Application(middlewares=[answer_refusals])
            app.router.add_get(
                f"{API_PATH}/broken", ServerOperation("GET", "", "", Taken, Shape, broken).handler(served.accounts)
            )
        else:
            app = make_api(served.accounts)
            app.add_routes(handlers_of(routes_of([("GET", "/broken", broken_act)])))
        runner = make_runner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        reader, writer = await connected(f"http://127.0.0.1:{runner.addresses[0][1]}")
        writer.write(f"GET {API_PATH}/broken HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{CREDENTIALS}\r\n".encode())
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        await runner.cleanup()

    assert answer.startswith(b"HTTP/1.1 500 ")
    assert [record.exc_info is not None and record.exc_info[0] for record in caplog.records] == [ConnectionResetError]


async def test_what_nobody_can_expect_of_the_control_api_is_refused_in_its_words() -> None:
    async with serving() as served:
        status, said = await sent(served.server.url, "GET /_emulator/v1/accounts", "Expect: miracles\r\n")

    assert (status, said) == (417, {"error": "this request cannot be answered: Unknown Expect: miracles"})


async def test_what_nobody_can_expect_of_the_api_is_refused_with_a_hint() -> None:
    async with serving() as served:
        reader, writer = await connected(served.server.url)
        writer.write(b"GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: miracles\r\n\r\n")
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()

    assert b"X-Copper-Emulator-Hint: This request cannot be answered: Unknown Expect: miracles\r\n" in answer
