"""What lets time pass, as rounds for a runner: one for the synchronous face, the asynchronous one and scenarios."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from copper_emulator.claims import Claims
from copper_emulator.core.account import Account
from copper_emulator.core.bare import bare_event
from copper_emulator.core.errors import TimeError, UsageError
from copper_emulator.core.model import Change, Delivery, EntityType, Event, Topic
from copper_emulator.core.wire import encode
from copper_emulator.durations import parse_duration
from copper_emulator.expectation import Expectation
from copper_emulator.expectations import meet, meet_none
from copper_emulator.shell.driver import Rounds, advance, run_until_idle, send_now, settle
from copper_emulator.shell.stage import Stage

HOUR = timedelta(hours=1)


class Operations:
    """The operations on one stage, and what its test has claimed."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.claims = Claims()

    def fire(
        self, type: str, event: str, ids: int | Iterable[int], updated_attributes: Mapping[str, Any] | None
    ) -> Rounds[Change]:
        """A bare event. Raises UsageError before anything happens."""
        change = bare_event(type, event, ids, updated_attributes, self.stage.settings.profile)
        made: Change = yield from self.write(lambda account, now: account.apply(change, now, origin="fire"))
        return made

    def write(self, act: Callable[[Account, int], Any]) -> Rounds[Any]:
        """One call of the core that changes records, and the delivery of what it made due."""
        yield from self._caught_up()
        result = self.stage.record(act)
        yield from settle(self.stage)
        return result

    def replay(
        self, body: Mapping[str, Any] | str | Path, target: str, headers: Mapping[str, str] | None
    ) -> Rounds[Delivery]:
        """Send a captured body again."""
        if self.stage.driving:
            raise UsageError("replay() cannot be called inside a delivery; the endpoint's own calls only record")
        raw, topic, ids = captured(body)
        own = {"Content-Type": "application/json", "User-Agent": self.stage.settings.user_agent, **(headers or {})}
        yield from self._caught_up()
        attempt = self.stage.record(
            lambda account, now: account.replay(topic, ids, raw, target, list(own.items()), now)
        )
        delivery = yield from send_now(self.stage, attempt)
        if delivery is None:
            raise TimeError("the endpoint answers later in virtual time; see copper.deliveries after advance()")
        yield from settle(self.stage)
        return delivery

    def settle(self) -> Rounds[list[Delivery]]:
        return settle(self.stage)

    def advance(self, delta_ms: int) -> Rounds[list[Delivery]]:
        return advance(self.stage, delta_ms)

    def run_until_idle(self, limit_ms: int) -> Rounds[list[Delivery]]:
        return run_until_idle(self.stage, limit_ms)

    def expect(self, expectation: Expectation) -> Rounds[list[Delivery]]:
        """Settle, then find what is expected."""
        __tracebackhide__ = True
        yield from settle(self.stage)
        with self.stage.lock:
            return meet(expectation, self.stage.account, self.claims)

    def expect_none(self, expectation: Expectation) -> Rounds[None]:
        """Settle, then make sure that nothing unclaimed fits."""
        __tracebackhide__ = True
        yield from settle(self.stage)
        with self.stage.lock:
            meet_none(expectation, self.stage.account, self.claims)

    def _caught_up(self) -> Rounds[None]:
        # What fell due while the test moved frozen time happened before what it does now.
        if self.stage.is_behind():
            yield from settle(self.stage)


def captured(body: Mapping[str, Any] | str | Path) -> tuple[bytes, Topic, tuple[int, ...]]:
    """A captured body, verbatim, and what it says it is. Raises UsageError when it is no notification."""
    if isinstance(body, Path):
        raw = body.read_bytes()
    else:
        raw = body.encode() if isinstance(body, str) else encode(dict(body))
    try:
        said = json.loads(raw)
        ids = tuple(int(record_id) for record_id in said["ids"])
        return raw, Topic(EntityType(said["type"]), Event(said["event"])), ids
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(
            "this is no captured notification: it must be a JSON object with a known type and event and a list of ids"
        ) from None


def span(delta: timedelta | None, parts: Mapping[str, float]) -> int:
    """Milliseconds of `advance(timedelta)` or `advance(minutes=10)`. Raises TimeError for none or one not above 0."""
    if (delta is None) == (not parts):
        raise TimeError("say how far: advance(minutes=10) or advance(timedelta(minutes=10))")
    try:
        whole = delta if delta is not None else timedelta(**parts)
        ms = parse_duration(whole) if whole > timedelta() else 0
    except (TypeError, ValueError, OverflowError) as error:
        raise TimeError(
            f"advance takes a timedelta or its parts (days, hours, minutes, seconds, ...): {error}"
        ) from None
    if ms <= 0:
        raise TimeError("advance moves time forward; to deliver what is due now, without moving it, use settle()")
    return ms
