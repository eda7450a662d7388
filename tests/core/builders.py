"""Shortcuts for building the values that the tests of the core use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from copper_emulator.core.account import Account
from copper_emulator.core.model import (
    Attempt,
    Change,
    EntityType,
    Event,
    Key,
    Notification,
    RecordChange,
    Result,
    Subscription,
    Topic,
)
from copper_emulator.core.rules import Conversion, FetchRace, Latency, Limit, OverLimit, Rules, WindowKind
from copper_emulator.core.subscriptions import parse_create
from copper_emulator.core.topics import Profile

START = 1_790_000_000_000
"""2026-09-21T14:13:20.000Z, when most tests begin."""

SECOND = 1_000
MINUTE = 60_000

TARGET = "https://billing.example.com/hooks/copper"

COPPER_LIMITS = (Limit(600, MINUTE), Limit(1_800, 10 * MINUTE))
"""Copper support page, "Rate limits"."""

FIRST_KEY = Key(1, "token-1", "ada@example.com")
SECOND_KEY = Key(2, "token-2", "bob@example.com")

DEFAULTS = Rules(
    profile=Profile.SUPPORT_PAGE,
    limits=COPPER_LIMITS,
    over_limit=OverLimit.HOLD,
    window=WindowKind.FIXED,
    latency=Latency(0, 0),
    seed=0,
    batch=30,
    replace_duplicates=False,
    timestamp_when_sent=False,
    empty_attributes=True,
    allow_http=False,
    refuse_secret_collisions=False,
    timeout_ms=10 * SECOND,
    in_flight=1,
    echo_depth=25,
    user_agent="copper-emulator/test",
    lead_conversion=Conversion.DELETE,
    refuse_read_only=False,
    search_lag_ms=0,
    fetch_race=FetchRace.NONE,
    api_limits=(),
    bulk_limits=(),
    faults=(),
)


def make_rules(**changes: Any) -> Rules:
    """The tests' default rules, with some of them changed."""
    return replace(DEFAULTS, **changes)


def make_account(**changes: Any) -> Account:
    """An account with one key."""
    return Account("test", FIRST_KEY, make_rules(**changes))


def topic(text: str) -> Topic:
    """`lead/new` as a topic."""
    kind, _, event = text.partition("/")
    return Topic(EntityType(kind), Event(event))


def make_subscription(
    text: str = "lead/new", *, id: int = 1, key: int = 1, target: str = TARGET, **extras: Any
) -> Subscription:
    return Subscription(id, key, topic(text), target, START, **extras)


def make_change(
    text: str = "lead/new",
    ids: Sequence[int] = (17,),
    attributes: Mapping[str, Any] | None = None,
    *,
    at: int = START,
) -> Change:
    return Change(1, topic(text), tuple(ids), attributes or {}, at)


def make_notification(
    text: str = "lead/new",
    ids: Sequence[int] = (17,),
    attributes: Mapping[str, Any] | None = None,
    *,
    serial: int = 1,
    subscription: int = 1,
    at: int = START,
    due: int | None = None,
) -> Notification:
    change = make_change(text, ids, attributes, at=at)
    return Notification(serial, change, subscription, tuple(ids), at if due is None else due)


def subscribe(account: Account, text: str, target: str = TARGET, *, now: int = START, **extras: Any) -> Subscription:
    """Subscribe the way the API does: a body, parsed, then the account."""
    kind, _, event = text.partition("/")
    body = {"target": target, "type": kind, "event": event, **extras}
    return account.subscribe(parse_create(body, account.rules), now)


def fire(
    account: Account,
    text: str,
    ids: Sequence[int] = (17,),
    now: int = START,
    attributes: Mapping[str, Any] | None = None,
) -> Change:
    """A bare change, without records behind it."""
    return account.apply(RecordChange(topic(text), tuple(ids), attributes or {}), now)


def answer_ok(attempt: Attempt) -> Result:
    """The answer of a healthy endpoint."""
    return Result.answered(200)


def deliver(
    account: Account,
    now: int,
    until: int | None = None,
    endpoint: Callable[[Attempt], Result] = answer_ok,
) -> list[Attempt]:
    """Let time pass from `now` to `until` (not at all if it is None), from deadline to deadline.

    Returns every attempt that was made, in order.
    """
    until = now if until is None else until
    made: list[Attempt] = []
    while True:
        account.finish(now)
        while attempts := account.take(now):
            made += attempts
            for attempt, result in [(attempt, endpoint(attempt)) for attempt in attempts]:
                account.conclude(attempt, result, now)
        moment = account.next_moment(now)
        if moment is None or moment > until:
            return made
        assert moment > now, "the account asks for the same moment again"
        now = moment
