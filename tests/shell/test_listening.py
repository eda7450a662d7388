"""Requests that no handler can do anything about are answered all the same, and nobody reads of them on stderr."""

from __future__ import annotations

import asyncio
import json

import pytest
from yarl import URL

from tests.shell.served import serving

pytestmark = pytest.mark.asyncio

CREDENTIALS = "X-PW-AccessToken: t\r\nX-PW-Application: developer_api\r\nX-PW-UserEmail: ada@example.com\r\n"
RESET = "POST /_emulator/v1/accounts/default/reset"
CREATE = "POST /developer_api/v1/people"


async def connected(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    at = URL(url)
    return await asyncio.open_connection(at.host, at.port)


async def sent(url: str, request: str, headers: str, body: bytes = b"") -> tuple[int, object]:
    """The answer to these bytes: its status, and what stands in it as JSON."""
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
        (RESET, {"error": "the body could not be read: 400, message:\n  Can not decode content-encoding: gzip"}),
        (CREATE, {"success": False, "status": 400, "message": "Bad Request"}),
    ],
    ids=["control", "api"],
)
async def test_a_body_that_is_not_packed_as_it_says_is_told_to_its_sender_alone(
    caplog: pytest.LogCaptureFixture, request_: str, answer: object
) -> None:
    headers = f"{CREDENTIALS}Content-Encoding: gzip\r\nContent-Length: 3\r\n"
    async with serving() as served:
        assert await sent(served.server.url, request_, headers, b"abc") == (400, answer)

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
        # Answered after the other has begun to wait for its body.
        assert (await served.control("GET", "/accounts"))[0] == 200
        writer.close()
        await writer.wait_closed()
        assert (await served.control("GET", "/accounts"))[0] == 200

    assert caplog.records == []


async def test_what_nobody_can_expect_of_the_control_api_is_refused_in_its_words() -> None:
    async with serving() as served:
        status, said = await sent(served.server.url, "GET /_emulator/v1/accounts", "Expect: miracles\r\n")

    assert (status, said) == (417, {"error": "this is no request that HTTP allows: Unknown Expect: miracles"})
