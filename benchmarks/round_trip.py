"""How long after an API call that changes a record does the endpoint have its notification?

One call at a time: a client on this machine sends a `PUT /people/ID` over a kept connection, and the time ends when
the endpoint, in the same process as the client, has read the whole notification; the next call is made once the answer
has arrived, too. The emulator is `copper-emulator serve` in real time without limits: the record really changes, and
everything is recorded and logged.

Compared with it: a handler that one would write by hand, which on that call posts the same bytes with the same headers
over a kept aiohttp session, and then answers with the same bytes (`programs/notify_by_hand.py`); and two emulators of
other services that notify over HTTP, each with a call of its own: localstripe (create a customer, which sends a
webhook) and the SNS of moto's server (publish a message to a subscriber).
"""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.client_servers import API, ORIGIN, TARGET, emulator, free_port, program, served
from benchmarks.measuring import Found, Row, Unavailable, in_turn, not_measured, rounds_of, seconds
from benchmarks.peers import command_of
from benchmarks.processes import ACCOUNT, HEADERS
from benchmarks.raw_http import Caller, Endpoint, Message, ok, request

WHAT = "API call until its notification is received, one at a time"
HAND_WRITTEN = "aiohttp handler by hand"
OF_HAND_WRITTEN = "at most 1.5"
OF_LOCALSTRIPE = "at most 0.001"
TRIPS = 100
"""Of each way, per round; one for localstripe, which waits a second before it sends."""
PATIENCE = 20
"""Seconds per trip."""

Requests = Iterator[bytes]


class Trips:
    """Round trips to one server: the calls to make, and the endpoint that it notifies."""

    def __init__(self, loop: asyncio.AbstractEventLoop, url: str, endpoint: Endpoint, requests: Requests) -> None:
        self._loop = loop
        self._caller = Caller(url)
        self._endpoint = endpoint
        self._requests = requests

    def median(self, trips: int) -> float:
        """Median seconds of this many trips."""
        return statistics.median(self.one()[0] for _ in range(trips))

    def one(self) -> tuple[float, Message, Message]:
        """Seconds, the notification, and the answer."""
        return self._loop.run_until_complete(self._one())

    async def _one(self) -> tuple[float, Message, Message]:
        await self._caller.connect()
        notified = self._endpoint.next()
        raw = next(self._requests)
        async with asyncio.timeout(PATIENCE):
            began = time.perf_counter()
            answer, notification = await asyncio.gather(self._caller.begin(raw), notified)
        return self._endpoint.at - began, notification, ok(answer)


def rows(*, quick: bool) -> Iterator[Row]:
    trips = TRIPS // 5 if quick else TRIPS
    missing: dict[str, Unavailable] = {}
    with ExitStack() as opened:
        loop = asyncio.new_event_loop()
        opened.callback(loop.close)
        endpoint = Endpoint()
        loop.run_until_complete(endpoint.start())
        opened.callback(endpoint.close)
        ours = _ours(opened, loop, endpoint)
        by_hand = _by_hand(opened, loop, endpoint, ours)
        ways: dict[str, Callable[[], float]] = {
            "ours": lambda: ours.median(trips),
            "by hand": lambda: by_hand.median(trips),
        }
        for name, (begin, times) in OTHERS.items():
            try:
                other = begin(opened, loop, endpoint)
            except Unavailable as why:
                missing[name] = why
            else:
                # Bound now, because the loop goes on; mypy infers no types for defaults.
                ways[name] = lambda other=other, times=times: other.median(min(times, trips))  # type: ignore[misc]
        found = in_turn(ways, rounds=rounds_of(quick=quick))
    yield _row(WHAT, found, "by hand", HAND_WRITTEN, 1.5, OF_HAND_WRITTEN)
    for name, most in (("localstripe", 0.001), ("moto's SNS", None)):
        what = f"{WHAT}, of {name}"
        aim = OF_LOCALSTRIPE if most else ""
        yield (
            not_measured(what, name, missing[name], aim=aim)
            if name in missing
            else _row(what, found, name, name, most, aim)
        )


def _row(what: str, found: Found, name: str, peer: str, most: float | None, aim: str) -> Row:
    ours, theirs, ratio = found["ours"], found[name], found.ratio("ours", name)
    shown = f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.5f}"
    return Row(what, seconds(ours), peer, seconds(theirs), shown, aim, None if most is None else ratio <= most)


def _ours(opened: ExitStack, loop: asyncio.AbstractEventLoop, endpoint: Endpoint) -> Trips:
    ours = opened.enter_context(emulator("--route", f"{ORIGIN}={endpoint.url}"))
    topic = {"type": "person", "event": "update"}
    ours.ask("POST", f"{ACCOUNT}/subscriptions", {**topic, "target": TARGET, "secret": {"key": "s3cret"}})
    person = ours.ask("POST", f"{API}/people", {"name": "Ada Lovelace", "emails": [_EMAIL]})
    path = f"{API}/people/{person['id']}"
    # A different name each time, because a write that changes nothing is no event.
    bodies = (json.dumps({"name": f"Ada {number}"}).encode() for number in itertools.count())
    return Trips(loop, ours.url, endpoint, (request("PUT", path, HEADERS, body) for body in bodies))


def _by_hand(opened: ExitStack, loop: asyncio.AbstractEventLoop, endpoint: Endpoint, ours: Trips) -> Trips:
    """A handler that sends and answers what the emulator did."""
    _, notification, answer = ours.one()
    headers = notification.headers
    for name in ("Host", "Content-Length"):
        headers.pop(name, None)
    said = {"target": f"{endpoint.url}/hooks", "headers": headers}
    texts = {"body": notification.body.decode(), "answer": answer.body.decode()}
    url = opened.enter_context(program("notify_by_hand", told={**said, **texts})).hear()
    bodies = (json.dumps({"name": f"Ada {number}"}).encode() for number in itertools.count())
    return Trips(loop, url, endpoint, (request("PUT", f"{API}/people/1", HEADERS, body) for body in bodies))


def _localstripe(opened: ExitStack, loop: asyncio.AbstractEventLoop, endpoint: Endpoint) -> Trips:
    port = free_port()
    command: list[str | Path] = [command_of("localstripe", "localstripe"), "--from-scratch", "--port", str(port)]
    url = opened.enter_context(served(command, port))
    webhook = request("POST", "/_config/webhooks/bench", _FORM, _form(url=endpoint.url, secret="whsec"))
    loop.run_until_complete(_told(url, webhook))
    headers = {**_FORM, "Authorization": "Bearer sk_test_12345"}
    create = request("POST", "/v1/customers", headers, _form(name="Ada"))
    return Trips(loop, url, endpoint, itertools.repeat(create))


def _moto(opened: ExitStack, loop: asyncio.AbstractEventLoop, endpoint: Endpoint) -> Trips:
    port = free_port()
    url = opened.enter_context(
        served([command_of("moto-server", "moto_server"), "-H", "127.0.0.1", "-p", str(port)], port)
    )
    topic = "arn:aws:sns:us-east-1:123456789012:bench"
    signed = {**_FORM, "Authorization": _SIGNATURE}

    def action(name: str, **values: str) -> bytes:
        return request("POST", "/", signed, _form(Action=name, Version="2010-03-31", **values))

    loop.run_until_complete(_told(url, action("CreateTopic", Name="bench")))
    subscribed = action("Subscribe", TopicArn=topic, Protocol="http", Endpoint=f"{endpoint.url}/hooks")
    loop.run_until_complete(_told(url, subscribed))
    return Trips(loop, url, endpoint, itertools.repeat(action("Publish", TopicArn=topic, Message="Ada")))


async def _told(url: str, raw: bytes) -> None:
    """Make a call once, for setting up."""
    caller = Caller(url)
    await caller.connect()
    ok(await caller.begin(raw))
    caller.close()


def _form(**values: str) -> bytes:
    return urlencode(values).encode()


OTHERS = {"localstripe": (_localstripe, 1), "moto's SNS": (_moto, TRIPS)}

_EMAIL = {"email": "ada@example.com", "category": "work"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# moto reads the service and the region from it, and checks nothing.
_SIGNATURE = "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/sns/aws4_request, SignedHeaders=host, Signature=none"
