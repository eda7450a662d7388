"""What the faces and scenarios do with an account, as rounds (`driver.py`), which serve both faces."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from copper_emulator.claiming import meet, meet_none
from copper_emulator.claims import Claims
from copper_emulator.core.account import Account
from copper_emulator.core.arguments import bare_event, captured_topic, not_captured
from copper_emulator.core.errors import TimeError, UsageError, raised_on_purpose
from copper_emulator.core.json_text import encode
from copper_emulator.core.model import Attempt, Change, Delivery, Topic
from copper_emulator.core.subscriptions import is_header_name
from copper_emulator.core.surface import Surface
from copper_emulator.core.text import duration_text
from copper_emulator.core.wire import request_headers
from copper_emulator.durations import parse_duration
from copper_emulator.expectation import Expectation
from copper_emulator.shell.any_tenant import AnyTenant
from copper_emulator.shell.clock import check_reachable
from copper_emulator.shell.delivering.driver import Rounds, advance, run_until_idle, send_now, settle
from copper_emulator.shell.routing.routes import check_sendable
from copper_emulator.shell.tenant import Tenant

__tracebackhide__ = raised_on_purpose

HOUR = timedelta(hours=1)


class Operations(ABC):
    """The operations on one account, and what its test has claimed."""

    def __init__(self, tenant: AnyTenant, *, surface: Surface | None = None) -> None:
        self.tenant = tenant
        self._surface = surface or tenant.surface
        self.claims = Claims()

    @abstractmethod
    def write(self, act: Callable[[Account, int], Any]) -> Rounds[Any]:
        """Make one call of the core that changes records, and deliver what it made due."""

    @abstractmethod
    def _replay(
        self, topic: Topic, ids: tuple[int, ...], raw: bytes, target: str, headers: Mapping[str, str]
    ) -> Rounds[Delivery]: ...

    @abstractmethod
    def settle(self) -> Rounds[list[Delivery]]:
        """Deliver what is due."""

    @abstractmethod
    def advance(self, delta_ms: int) -> Rounds[list[Delivery]]:
        """Go from deadline to deadline, up to and including now + delta."""

    @abstractmethod
    def run_until_idle(self, limit_ms: int) -> Rounds[list[Delivery]]:
        """Go from deadline to deadline until nothing is waiting. Raises NotIdle if that takes longer than the limit."""

    def forget(self) -> None:
        """Forget all claims, because the account starts afresh."""
        self.claims.clear()

    def fire(self, type: str, event: str, ids: object, updated_attributes: Mapping[str, Any] | None) -> Rounds[Change]:
        """Fire a bare event. Raises UsageError before anything happens."""
        __tracebackhide__ = True
        change = bare_event(type, event, ids, updated_attributes, self.tenant.settings.profile, surface=self._surface)
        return self.write(lambda account, now: account.fire(change, now))

    def replay(
        self, body: Mapping[str, Any] | str | Path, target: str, headers: Mapping[str, str] | None
    ) -> Rounds[Delivery]:
        """Send a captured body again. An answer scripted for later is waited for, at most for the setting `timeout`."""
        __tracebackhide__ = True
        if self.tenant.driving:
            raise UsageError("replay() cannot be called inside a delivery; the endpoint's own calls only record")
        raw, topic, ids = captured(body)
        return (yield from self.replay_as(topic, ids, raw, target, headers))

    def replay_as(
        self, topic: Topic, ids: tuple[int, ...], raw: bytes, target: str, headers: Mapping[str, str] | None
    ) -> Rounds[Delivery]:
        """Like `replay`, for a body whose topic and ids are given rather than read from it."""
        __tracebackhide__ = True
        _check_request(target, headers)
        return (yield from self._replay(topic, ids, raw, target, headers or {}))

    def expect(self, expectation: Expectation) -> Rounds[list[Delivery]]:
        """Settle, then find what is expected."""
        __tracebackhide__ = True
        yield from self.settle()
        with self.tenant.lock:
            return meet(expectation, self.tenant.account, self.claims, self._surface)

    def expect_none(self, expectation: Expectation) -> Rounds[None]:
        """Settle, then make sure that nothing unclaimed matches."""
        __tracebackhide__ = True
        yield from self.settle()
        with self.tenant.lock:
            meet_none(expectation, self.tenant.account, self.claims, self._surface)


class LocalOperations(Operations):
    """The operations on an account in this process, with the driver's rounds."""

    tenant: Tenant

    def write(self, act: Callable[[Account, int], Any]) -> Rounds[Any]:
        __tracebackhide__ = True
        tenant = self.tenant
        if tenant.is_behind():
            # What fell due while the test moved frozen time happened before this act.
            yield from settle(tenant)
        result = tenant.record(act)
        yield from settle(tenant)
        return result

    def _replay(
        self, topic: Topic, ids: tuple[int, ...], raw: bytes, target: str, headers: Mapping[str, str]
    ) -> Rounds[Delivery]:
        __tracebackhide__ = True
        if self.tenant.is_behind():
            yield from settle(self.tenant)
        attempt = self.replaying(raw, topic, ids, target, headers)
        yield from send_now(self.tenant, attempt)
        yield from settle(self.tenant)
        account = self.tenant.account
        while (delivery := account.journal.delivery_of(attempt.notification)) is None:
            now = self.tenant.clock.now()
            yield from advance(self.tenant, max((account.next_moment(now) or now) - now, 1))
        return delivery

    def replaying(
        self, raw: bytes, topic: Topic, ids: tuple[int, ...], target: str, headers: Mapping[str, str]
    ) -> Attempt:
        """Note the attempt to send a captured body; `send_now` makes it."""
        own = request_headers(self.tenant.settings.user_agent, headers)
        attempt: Attempt = self.tenant.record(lambda account, now: account.replay(topic, ids, raw, target, own, now))
        return attempt

    def settle(self) -> Rounds[list[Delivery]]:
        self.tenant.check_here()
        # What has ended can still be looked at, and nothing happens in it.
        return _nothing() if self.tenant.has_ended else settle(self.tenant)

    def advance(self, delta_ms: int) -> Rounds[list[Delivery]]:
        self.tenant.check_goes_on()
        # A generator, so that whether a delivery is under way is checked when these rounds run, not when they are made.
        check_reachable(self.tenant.clock.now() + delta_ms)
        return (yield from advance(self.tenant, delta_ms))

    def run_until_idle(self, limit_ms: int) -> Rounds[list[Delivery]]:
        self.tenant.check_goes_on()
        return (yield from run_until_idle(self.tenant, limit_ms))


def _nothing() -> Rounds[list[Delivery]]:
    yield from ()
    return []


def captured(body: Mapping[str, Any] | str | Path) -> tuple[bytes, Topic, tuple[int, ...]]:
    """Return a captured body verbatim, with its topic and ids. Raises UsageError if it is not a notification."""
    __tracebackhide__ = True
    try:
        raw = _raw(body)
    except (ValueError, TypeError, RecursionError):
        raise not_captured("it cannot be written as JSON; pass a file as pathlib.Path(...)") from None
    except OSError as error:
        raise UsageError(f"the captured notification cannot be read: {error}") from None
    try:
        return raw, *captured_topic(raw)
    except UsageError as error:
        raise UsageError(
            f"{error}; pass a file as pathlib.Path(...)" if isinstance(body, str) else str(error)
        ) from None


def _check_request(target: object, headers: object) -> None:
    if not isinstance(target, str):
        raise UsageError(f"target must be a URL as text, not {target!r}")
    if headers is not None and not isinstance(headers, Mapping):
        raise UsageError(f"headers must be a mapping, like {{'X-Trace': '1'}}, not {headers!r}")
    for name, value in (headers or {}).items():
        if not (isinstance(name, str) and isinstance(value, str)):
            raise UsageError(
                f"headers must be text, like {{'X-Trace': '1'}}, not {type(name).__name__} with {type(value).__name__}"
            )
        if not is_header_name(name):
            raise UsageError(f"headers: {name!r} is not a header name")
    check_sendable(target)


def _raw(body: Mapping[str, Any] | str | Path) -> bytes:
    if isinstance(body, Path):
        return body.read_bytes()
    return body.encode() if isinstance(body, str) else encode(dict(body))


_PARTS = ("weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds")


def span(delta: timedelta | str | None, parts: Mapping[str, float]) -> int:
    """Return the milliseconds of `advance("10m")`, `advance(timedelta)` or `advance(minutes=10)`. Raises TimeError."""
    __tracebackhide__ = True
    for name, value in parts.items():
        if name not in _PARTS:
            meant = next((part for part in _PARTS if part.startswith(name)), "minutes")
            raise TimeError(f"advance takes no {name!r}, only {', '.join(_PARTS)}: advance({meant}={value!r})")
    if (delta is None) == (not parts):
        raise TimeError("say how far: advance(minutes=10), advance('10m') or advance(timedelta(minutes=10))")
    if _is_number(delta):
        raise TimeError(f"advance needs a unit for {delta!r}: write {_said('advance({})', delta)}")
    try:
        ms = _milliseconds(timedelta(**parts) if delta is None else delta)
    except (TypeError, ValueError, OverflowError) as error:
        raise TimeError(f"advance: {error}") from None
    if ms <= 0:
        raise TimeError("advance moves time forward; to deliver what is due now, without moving it, use settle()")
    return ms


def longest(limit: timedelta | str) -> int:
    """Return the milliseconds of `run_until_idle(limit="5m")`. Raises TimeError."""
    __tracebackhide__ = True
    if _is_number(limit):
        raise TimeError(f"limit needs a unit for {limit!r}: write {_said('limit={}', limit)}")
    try:
        ms = _milliseconds(limit)
    except (TypeError, ValueError) as error:
        raise TimeError(f"limit: {error}") from None
    if ms <= 0:
        raise TimeError(f"limit must be longer than 0, like limit='5m', not {limit!r}")
    return ms


def _milliseconds(whole: object) -> int:
    # 0 for a negative timedelta, which `parse_duration` would refuse: the callers' own message fits better.
    return 0 if isinstance(whole, timedelta) and whole <= timedelta() else parse_duration(whole)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _said(call: str, seconds: Any) -> str:
    """Both ways to write a call with a number of seconds: advance(seconds=60) or advance('1m')."""
    named = call.format(f"seconds={seconds}" if call.startswith("advance") else f"timedelta(seconds={seconds})")
    try:
        text = duration_text(parse_duration(seconds))
    except ValueError:
        text = "1m"
    return f"{named} or {call.format(repr(text))}"
