"""What does a delivery to an application in this process cost, compared with calling the application by hand?

Everything is included: the change, matching, the limiter (limits are off), the journal and an `expect`. "By hand"
means that the same application is called as a function with a body of the same length, and its answer read.
Starlette's TestClient, one instance for all requests, is measured too, as what one would use instead for an ASGI
application. The applications read the whole body, answer 200, and do nothing else. All times are processor time of
this process, over some hundred calls; the figure is for one call.
"""

from __future__ import annotations

import asyncio
import io
import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from starlette.testclient import TestClient

from benchmarks.measuring import Found, Row, difference, in_turn, per_call, rounds_of, seconds
from copper_emulator import Copper, Emulator

Call = Callable[[], None]

TARGET = "https://bench.example.com/hooks"
FIRST = 94_808_713
"""Has as many digits as the record in the body used by hand."""
TIMES = 300
ABOVE = 60e-6
"""Seconds."""
TIMES_AS_FAST = 10
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
    numbers = itertools.count(FIRST)

    def one() -> None:
        record = next(numbers)
        copper.fire("person", "new", ids=record)
        copper.expect("person", "new", ids=record)

    return one


def measured(app: Any, by_hand: Callable[[], None], others: dict[str, Callable[[], object]], rounds: int) -> Found:
    """Seconds per call of each way."""
    with Emulator(limits="off") as copper:
        copper.route("https://bench.example.com", to=app)
        copper.subscribe("person", "new", target=TARGET, secret={"key": "s3cret"})
        ways: dict[str, Callable[[], object]] = {"delivered": delivered(copper), "by hand": by_hand, **others}
        return in_turn({name: partial(per_call, way, TIMES) for name, way in ways.items()}, rounds=rounds)


def rows(*, quick: bool) -> Iterator[Row]:
    rounds = rounds_of(quick=quick)
    wsgi = measured(wsgi_app, wsgi_by_hand, {}, rounds)
    yield _above("WSGI", wsgi)
    loop = asyncio.new_event_loop()
    client = TestClient(asgi_app)
    others = {"client": lambda: client.post("/hooks", content=BODY)}
    asgi = measured(asgi_app, asgi_by_hand(loop), others, rounds)
    loop.close()
    yield _above("ASGI", asgi)
    times = asgi.ratio("client", "delivered")
    yield Row(
        "a delivery to an ASGI application, beside TestClient",
        seconds(asgi["delivered"]),
        "one POST by Starlette's TestClient",
        seconds(asgi["client"]),
        f"{times:.1f} times as fast",
        f"at least {TIMES_AS_FAST} times",
        times >= TIMES_AS_FAST,
    )


def _above(kind: str, found: Found) -> Row:
    above = found.difference("delivered", "by hand")
    return Row(
        f"a change delivered to {kind} in process and expected",
        seconds(found["delivered"]),
        "the application called by hand",
        seconds(found["by hand"]),
        difference(above),
        f"at most {difference(ABOVE)}",
        above <= ABOVE,
    )
