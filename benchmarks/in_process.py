"""What does a delivery to an application in this process cost, beside calling the application by hand?

Everything is included: the change, matching, limits, the journal and an `expect`. Starlette's TestClient, which a user
would pick instead for an ASGI application, stands beside it. `python -m benchmarks.in_process [--rounds N]`.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import itertools
from collections.abc import Callable
from typing import Any

from benchmarks.measuring import ROUNDS, Report, in_turn, per_call
from copper_emulator import Copper, Emulator

Call = Callable[[], None]

TARGET = "https://bench.example.com/hooks"
TIMES = 300
BODY = (
    b'{"subscription_id":560698,"event":"new","type":"person","ids":[94808713],"updated_attributes":{},'
    b'"timestamp":"2026-09-29T22:40:04.738Z","key":"s3cret"}'
)


def wsgi_app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b""]


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        raise RuntimeError("no lifespan")
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b""})


def wsgi_by_hand() -> None:
    environ = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/hooks",
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(BODY)),
        "SERVER_NAME": "bench.example.com",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(BODY),
    }
    b"".join(wsgi_app(environ, lambda status, headers: None))


def asgi_by_hand(loop: asyncio.AbstractEventLoop) -> Callable[[], None]:
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/hooks",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def send(message: Any) -> None:
        pass

    return lambda: loop.run_until_complete(asgi_app(dict(scope), receive, send))


def delivered(copper: Copper) -> Callable[[], None]:
    numbers = itertools.count(1)

    def one() -> None:
        record = next(numbers)
        copper.fire("person", "new", ids=record)
        copper.expect("person", "new", ids=record)

    return one


def test_client() -> Callable[[], None] | None:
    try:
        from starlette.testclient import TestClient
    except ImportError:
        return None
    client = TestClient(asgi_app)
    return lambda: client.post("/hooks", content=BODY) and None


def measured(
    app: Any, by_hand: Callable[[], None], others: dict[str, Callable[[], None]], rounds: int
) -> dict[str, float]:
    with Emulator(limits="off") as copper:
        copper.route("https://bench.example.com", to=app)
        copper.subscribe("person", "new", target=TARGET, secret={"key": "s3cret"})
        ways = {"delivered": delivered(copper), "by hand": by_hand, **others}
        return in_turn({name: lambda way=way: per_call(way, TIMES) for name, way in ways.items()}, rounds=rounds)


def report(rounds: int = ROUNDS) -> Report:
    table = Report(("delivery in process", "delivered and expected", "by hand", "above", "TestClient", "times as fast"))
    wsgi = measured(wsgi_app, wsgi_by_hand, {}, rounds)
    table.add("WSGI", *_cells(wsgi), "", "")
    loop = asyncio.new_event_loop()
    client = test_client()
    asgi = measured(asgi_app, asgi_by_hand(loop), {} if client is None else {"client": client}, rounds)
    loop.close()
    with_client = (f"{asgi['client']:.0f} µs", f"{asgi['client'] / asgi['delivered']:.1f}") if client else ("", "")
    table.add("ASGI", *_cells(asgi), *with_client)
    return table


def _cells(found: dict[str, float]) -> tuple[str, str, str]:
    ours, theirs = found["delivered"], found["by hand"]
    return f"{ours:.0f} µs", f"{theirs:.1f} µs", f"{ours - theirs:.0f} µs"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    report(parser.parse_args().rounds).show()
