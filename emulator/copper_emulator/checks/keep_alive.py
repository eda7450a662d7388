"""Does the endpoint read each notification to its end? What it leaves is the beginning of the next one to its server.

Clients keep connections, and so do the proxies that stand before most services. Some notifications are read in one
place of the code and some in another, so an answered one, a refused one and a large one are tried.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from yarl import URL

from copper_emulator.checks.bench import Bench
from copper_emulator.checks.hints import RAISED, UNREAD
from copper_emulator.checks.judging import readable
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.checks.shapes import LARGE
from copper_emulator.checks.wire import Answer, Wire, request, url_of
from copper_emulator.core.model import Event
from copper_emulator.core.text import count, in_words
from copper_emulator.shell.delivering.driver import Rounds
from copper_emulator.shell.tenant import Tenant

_LOOKS = 3
"""How often it is looked whether the endpoint closes the connection after its answer, as many do without a word."""

_NO_PLACE = "only over http:// does it have connections that the check can see"


@dataclass
class _Seen:
    """What went wrong, each in words."""

    mixed: list[str] = field(default_factory=list)
    """What was left of it was answered like a request, or the next request was not taken as it is over a new one."""
    broken: list[str] = field(default_factory=list)
    """It was not answered."""
    followed: int = 0
    """How often a second one was sent over a connection."""


@contextmanager
def connections_as_before(tenant: Tenant) -> Iterator[None]:
    """What the row finds may give each notification a connection of its own, until the block ends."""
    before = tenant.check_options.uses_fresh_connections
    try:
        yield
    finally:
        tenant.check_options.uses_fresh_connections = before


def kept(bench: Bench) -> Rounds[Finding]:
    """Send two notifications over one connection, several times, the first in different ways."""
    url = url_of(bench)
    if url is None:
        return Finding(Verdict.SKIPPED, _NO_PLACE)
    firsts, seen = _firsts(bench), _Seen()
    for what, (body, headers) in firsts.items():
        first = request(bench, url, json.dumps(body).encode(), headers)
        try:
            answer = yield from _pair(bench, url, first, what, seen)
        except OSError as error:
            return Finding(Verdict.SKIPPED, f"no connection could be made: {error}")
        if what == _PLAIN and (answer is None or not _is_good(answer)):
            return Finding(Verdict.SKIPPED, "it is not answered 2xx over a connection of its own either")
    yield from bench.end()
    return _judged(bench, seen)


_FROM_NOW_ON = " In the rows that follow, each notification has a connection of its own."
_BROKEN = (
    "Read the whole body before you answer, and go on reading the connection; or say that it ends (Connection: close): "
    "clients and proxies keep connections, and what they send over one that breaks is lost. Catch what goes wrong "
    f"after the answer, too: {RAISED}."
)

_PLAIN, _REFUSED, _BIG = "a notification", "one without the secret", f"one of {2 * LARGE // 1024} KB"


def _firsts(bench: Bench) -> dict[str, tuple[Mapping[str, Any], Mapping[str, str]]]:
    """What is sent as the first of two: its body and its headers."""
    plan, kind = bench.plan, bench.kind_of_most
    headers = plan.headers
    found: dict[str, tuple[Mapping[str, Any], Mapping[str, str]]] = {_PLAIN: (_new(bench), headers)}
    if not plan.open and (plan.secret or headers):
        own = {name: value for name, value in _new(bench).items() if name not in plan.secret}
        found[_REFUSED] = (own, headers if plan.secret else {})
    attributes = {"details": ["before " * (LARGE // 7), "after. " * (LARGE // 7)]}
    if Event.UPDATE in bench.events(kind):
        record = bench.touch(kind, [bench.seed(kind)])
        found[_BIG] = (bench.body(kind, "update", record, updated_attributes=attributes), headers)
    return found


def _new(bench: Bench) -> Mapping[str, Any]:
    kind = bench.kind_of_most
    return bench.body(kind, "new", bench.touch(kind, [bench.seed(kind)]))


def _pair(bench: Bench, url: URL, first: bytes, what: str, seen: _Seen) -> Rounds[Answer | None]:
    """Send it, and a plain one over the same connection; returns the answer to the first."""
    with Wire(url) as wire:
        answer = yield from wire.ask(bench, first)
        for _ in range(_LOOKS):
            yield from bench.rest()
            wire.look()
        if answer is None or (what == _BIG and not _is_good(answer)):
            return answer
        unasked = wire.unasked()
        if unasked is not None:
            seen.mixed.append(f"{what} is answered {answer.status} and then {_shown(unasked)}")
        if wire.is_closed or unasked is not None or not answer.keeps:
            return answer
        second = request(bench, url, json.dumps(_new(bench)).encode(), bench.plan.headers)
        after = yield from wire.ask(bench, second)
    seen.followed += 1
    if (after is None or not _is_good(after)) and (yield from _is_good_alone(bench, url, second)):
        answered = f"{what} (answered {answer.status})"
        if after is None:
            seen.broken.append(answered)
        else:
            seen.mixed.append(f"what follows {answered} is answered {_shown(after)}")
    return answer


def _shown(answer: Answer) -> str:
    return f"{answer.status} {readable(answer.body)}".rstrip()


def _is_good_alone(bench: Bench, url: URL, request: bytes) -> Rounds[bool]:
    """Whether it is taken over a connection of its own; if not, what is wrong has another cause."""
    with Wire(url) as new:
        alone = yield from new.ask(bench, request)
    return alone is not None and _is_good(alone)


def _is_good(answer: Answer) -> bool:
    return 200 <= answer.status < 300


def _judged(bench: Bench, seen: _Seen) -> Finding:
    if seen.mixed:
        bench.tenant.check_options.uses_fresh_connections = True
        evidence = (
            f"over one connection, {in_words(seen.mixed)}; over one of its own, each notification is answered 2xx"
        )
        return Finding(Verdict.FAILED, evidence, UNREAD + _FROM_NOW_ON)
    if seen.broken:
        evidence = f"over one connection, nothing follows {in_words(seen.broken)}"
        return Finding(
            Verdict.WARNED, f"{evidence}; over one of its own, the next notification is answered 2xx", _BROKEN
        )
    if not seen.followed:
        return Finding(Verdict.PASSED, "it closes each connection after its answer")
    times = count(seen.followed, "time")
    return Finding(Verdict.PASSED, f"the next notification over the same connection was answered 2xx, {times}")
