"""How many notifications a second does a server deliver over HTTP, beside a bare aiohttp client, and wrk?

`copper-emulator serve` in real time, with up to 32 requests in flight to its one target, delivers a burst of
notifications that a single call of its control API makes due. The time includes everything: the call, matching,
cutting, the limits (which are off), the requests, the answers, the journal and the log. It ends when the receiver has
read the last notification; the answer to the call, which reports what became of each, is built after that.

The fastest receiver also gets 10,000 of them, made due by calls of 1,000 each, one after another. That time includes
the answers to the calls: it ends when the last one has arrived and the receiver has read the last notification.

Compared with it, in turn, with the same receiver process: a bare loop of aiohttp's client that sends as many requests
with one kept session, 32 tasks and bytes built once (`programs/send_bare.py`); and, where the receiver is the slow
side, wrk with 32 connections for a second. All send the same body and headers, those of a notification as the emulator
sent it, and have their connections open before the time starts. Receivers are processes in environments of their own:
Starlette on uvicorn with httptools and with h11, and Flask on the server that `flask run` starts, a thread for each
connection.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.client_servers import ORIGIN, TARGET, Program, Site, emulator, program, site
from benchmarks.measuring import Found, Row, Unavailable, in_turn, not_measured, rounds_of
from benchmarks.peers import python_of, wrk
from benchmarks.processes import ACCOUNT

AT_ONCE = 32
TOPIC = {"type": "person", "event": "new"}
FIRST = 2 * AT_ONCE
"""Sent before a burst, to open the connections."""
WRK_SECONDS = 1
SUSTAINED = 10_000
A_CALL = 1_000
"""How many of the sustained ones each call makes due."""
ROUNDS = 21
SUSTAINED_ROUNDS = 9

OF_BARE = "at least 1.0"
OF_WRK = "at least 0.85"


@dataclass(frozen=True, slots=True)
class Receiver:
    """A server to send notifications to."""

    name: str
    peer: str
    program: str
    arguments: tuple[str, ...] = ()
    burst: int = 1000
    """Notifications of one id each; few enough to be delivered within half a second, because after that the answer to
    the call would be built while they are being sent."""
    is_the_limit: bool = False
    """Whether it is slower than a good sender, so that wrk is the yardstick."""


RECEIVERS = (
    Receiver("Starlette on uvicorn, httptools", "uvicorn", "receive_asgi", ("httptools",)),
    Receiver("Starlette on uvicorn, h11", "uvicorn", "receive_asgi", ("h11",), is_the_limit=True),
    Receiver("Flask on its own server", "flask", "receive_wsgi", burst=300, is_the_limit=True),
)


@dataclass(frozen=True, slots=True)
class Stand:
    """A running receiver, and how to reach it."""

    program: Program
    url: str
    burst: int

    def rate(self, send: Callable[[int], None], finish: Callable[[], object]) -> float:
        """Requests a second, from the start of a burst until the receiver has read the last of it."""
        self._seconds(send, finish, FIRST)
        return self.burst / self._seconds(send, finish, self.burst)

    def sustained(self, send: Callable[[int], None], count: int) -> float:
        """Requests a second, from the start until the receiver has read the last one and `send` has returned."""
        self._until_done(send, FIRST)
        return count / self._until_done(send, count)

    def _until_done(self, send: Callable[[int], None], count: int) -> float:
        self._expect(count)
        began = time.monotonic()
        send(count)
        self.program.hear()
        return time.monotonic() - began

    def _expect(self, count: int) -> None:
        # Over a new connection: on a slow machine, a burst outlasts the time for which uvicorn keeps an idle one.
        with site(self.url) as receiver:
            receiver.bytes_of("POST", f"/expect/{count}")

    def _seconds(self, send: Callable[[int], None], finish: Callable[[], object], count: int) -> float:
        self._expect(count)
        began = time.monotonic()
        send(count)
        ended = float(self.program.hear())
        finish()
        return ended - began


def rows(*, quick: bool) -> Iterator[Row]:
    for receiver in RECEIVERS:
        what = f"deliveries over HTTP, {AT_ONCE} at once, to {receiver.name}"
        try:
            python = python_of(receiver.peer)
        except Unavailable as why:
            yield not_measured(what, "bare aiohttp client", why, aim=OF_BARE)
            continue
        yield from _to(receiver, python, what, quick=quick)


def _to(receiver: Receiver, python: Path, what: str, *, quick: bool) -> Iterator[Row]:
    with ExitStack() as opened:
        running = opened.enter_context(program(receiver.program, *receiver.arguments, python=python))
        url = running.hear()
        stand = Stand(running, url, receiver.burst)
        ours = opened.enter_context(emulator("--route", f"{ORIGIN}={url}", "--in-flight", str(AT_ONCE), "--batch", "1"))
        request = _request_of_ours(ours)
        bare = opened.enter_context(program("send_bare", told={**request, "at_once": AT_ONCE}))
        ways = {
            "ours": lambda: stand.rate(lambda count: _fire(ours, count), ours.end),
            "bare": lambda: stand.rate(lambda count: bare.tell(str(count)), bare.hear),
        }
        loaded = _wrk_way(request) if receiver.is_the_limit else None
        if isinstance(loaded, Unavailable):
            yield not_measured(f"{what}, of wrk", "wrk", loaded, aim=OF_WRK)
        elif loaded is not None:
            ways["wrk"] = loaded
        found = in_turn(ways, rounds=rounds_of(quick=quick, rounds=ROUNDS))
        yield _row(what, found, "bare", "bare aiohttp client", 1.0, OF_BARE)
        if "wrk" in found:
            yield _row(f"{what}, of wrk", found, "wrk", "wrk", 0.85, OF_WRK)
        if not receiver.is_the_limit:
            yield _sustained(stand, ours, bare, what, quick=quick)


def _sustained(stand: Stand, ours: Site, bare: Program, what: str, *, quick: bool) -> Row:
    count = SUSTAINED // 5 if quick else SUSTAINED

    def call_after_call(number: int) -> None:
        for first in range(0, number, A_CALL):
            _fire(ours, min(A_CALL, number - first))
            ours.end()

    def anew() -> float:
        # Otherwise the journals of all rounds would be in memory during the last one.
        ours.ask("POST", f"{ACCOUNT}/reset", {})
        _subscribe(ours)
        return stand.sustained(call_after_call, count)

    def of_bare(number: int) -> None:
        bare.tell(str(number))
        bare.hear()

    ways = {"ours": anew, "bare": lambda: stand.sustained(of_bare, count)}
    found = in_turn(ways, rounds=rounds_of(quick=quick, rounds=SUSTAINED_ROUNDS))
    return _row(f"{what}, {count:,} with answers to calls", found, "bare", "bare aiohttp client", 1.0, OF_BARE)


def _row(what: str, found: Found, name: str, peer: str, least: float, aim: str) -> Row:
    ours, theirs, ratio = found["ours"], found[name], found.ratio("ours", name)
    return Row(what, f"{ours:,.0f} a second", peer, f"{theirs:,.0f} a second", f"{ratio:.2f}", aim, ratio >= least)


def _fire(ours: Site, count: int) -> None:
    said = {**TOPIC, "ids": list(range(1, count + 1))}
    ours.begin("POST", f"{ACCOUNT}/fire", json.dumps(said).encode())


def _subscribe(ours: Site) -> None:
    ours.ask("POST", f"{ACCOUNT}/subscriptions", {**TOPIC, "target": TARGET, "secret": {"key": "s3cret"}})


def _request_of_ours(ours: Site) -> dict[str, Any]:
    """Subscribe, deliver one notification, and return its request as it was sent."""
    _subscribe(ours)
    _fire(ours, 1)
    ours.end()
    sent = ours.ask("GET", f"{ACCOUNT}/notifications/1?reveal=true")["request"]
    # Every client adds these two itself.
    headers = {name: value for name, value in sent["headers"] + sent["added"] if name not in ("Host", "Content-Length")}
    return {"url": sent["url"], "headers": headers, "body": sent["text"]}


def _wrk_way(request: dict[str, Any]) -> Callable[[], float] | Unavailable:
    """A function that runs wrk for one burst and returns the requests a second that it reports."""
    try:
        command = wrk()
    except Unavailable as why:
        return why

    def loaded() -> float:
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(_lua(request))
            script.flush()
            done = subprocess.run(
                [command, "-t1", f"-c{AT_ONCE}", f"-d{WRK_SECONDS}s", "-s", script.name, request["url"]],
                capture_output=True,
                text=True,
                check=True,
            )
        found = re.search(r"Requests/sec:\s*([\d.]+)", done.stdout)
        if found is None or "Non-2xx" in done.stdout:
            raise RuntimeError(f"wrk said: {done.stdout}")
        return float(found[1])

    return loaded


def _lua(request: dict[str, Any]) -> str:
    headers = "".join(f"wrk.headers[{json.dumps(k)}] = {json.dumps(v)}\n" for k, v in request["headers"].items())
    return f'wrk.method = "POST"\nwrk.body = {json.dumps(request["body"])}\n{headers}'
