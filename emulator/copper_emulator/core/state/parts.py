"""The rows that make up an account's state.

There is one row for each thing that can change by itself: a journal entry, a notification, a record, a relation.
Anything small is written as a whole, as a row of the part `small`. A row's key is a number or a string, its value JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from copper_emulator.core.account import Account, Inside
from copper_emulator.core.model import EntityType, Entry, Kind, Notification, State
from copper_emulator.core.records.tables import ACTIVITY
from copper_emulator.core.state.forms import (
    ACTIVE,
    ATTEMPT,
    CHANGE,
    DELIVERY,
    HOLD,
    NOTIFICATION,
    RESULT,
    SUBSCRIPTION,
    item_text,
    topic_text,
)

RowKey: TypeAlias = int | str
Value: TypeAlias = Any
"""Anything that JSON can hold; None if there is no such row."""

Rows: TypeAlias = dict[str, list[tuple[RowKey, Value]]]
"""The rows of each part, in order."""

_WAITING = (State.QUEUED, State.HELD)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the state: the marks of all its rows and, given a mark, that row's key and current value."""

    name: str
    marks: Callable[[Account], Iterable[Hashable]]
    key: Callable[[Any], RowKey]
    value: Callable[[Account, Any], Value]


def entry_value(entry: Entry) -> Value:
    """An entry with everything it is the first to report; anything reported before is referred to by number."""
    saved: dict[str, Any] = {"at": entry.at_ms, "kind": str(entry.kind)}
    if entry.text:
        saved["text"] = entry.text
    if entry.change is not None:
        saved["change"] = CHANGE.dump(entry.change) if entry.kind is Kind.CHANGE else entry.change.serial
    if entry.notification is not None:
        saved["notification"] = entry.notification.serial
    if entry.delivery is not None:
        saved["delivery"] = DELIVERY.dump(entry.delivery)
    if entry.subscription is not None:
        saved["subscription"] = SUBSCRIPTION.dump(entry.subscription)
    if entry.records:
        saved["records"] = [item_text(item) for item in entry.records]
    return saved


@dataclass(frozen=True, slots=True)
class Small:
    """Something that is written as a whole whenever it has changed.

    `now` returns something cheap to compute and immutable that differs whenever the value does, or `IN_ENTRIES`. `dump`
    turns it into the value to write; by default it is the value.
    """

    name: str
    now: Callable[[Account, Inside], Any]
    dump: Callable[[Account, Any], Value] = lambda _, now: now


IN_ENTRIES = object()
"""Returned for something small that follows from the journal, so that a file need not hold it separately."""

SMALL = (
    Small(
        "moment",
        lambda account, _: IN_ENTRIES if account.moment == account.journal.entries.latest_ms else account.moment,
        lambda account, _: account.moment,
    ),
    # The sequences that advance with nearly every event can be read from the journal.
    Small(
        "counters",
        lambda _, inside: inside.counters.beside_journal(),
        lambda account, _: account.inside.counters.state(),
    ),
    Small("windows", lambda _, inside: inside.limiter.state()),
    Small("hold", lambda _, inside: None if inside.outbox.hold is None else HOLD.dump(inside.outbox.hold)),
    Small("calls", lambda account, _: account.call_limits.state()),
    Small(
        "faults",
        lambda account, _: account.faults.state(),
        lambda _, now: {"begun": now[0], "active": [ACTIVE.dump(each) for each in now[1]]},
    ),
    Small("drawn", lambda account, _: account.draws.made),
    Small("paused", lambda account, _: account.paused, lambda _, now: sorted(now)),
    # These sets only grow, so their sizes show whether they have changed.
    Small(
        "spent", lambda account, _: [*map(len, account.records.spent.values())], lambda account, _: _dump_spent(account)
    ),
    Small(
        "recent",
        lambda account, _: account.records.recent(),
        lambda _, now: {str(kind): [born, [_dump_gone(*each) for each in gone]] for kind, (born, gone) in now.items()},
    ),
)


def small(account: Account) -> dict[str, Value]:
    """Everything small except the lookup tables."""
    inside = account.inside
    return {each.name: each.dump(account, each.now(account, inside)) for each in SMALL}


def _dump_spent(account: Account) -> Value:
    return {str(kind): sorted(ids) for kind, ids in account.records.spent.items() if ids}


def lookups(account: Account) -> Value:
    """The lookup tables; None until they are first used."""
    return account.records.catalogue.state() if account.records.has_catalogue else None


def _dump_gone(since: int, until: int, record: Any) -> Value:
    return [since, until, _dump_record(record)]


def _dump_record(stored: Any) -> Value:
    # JSON keys are strings: custom fields, keyed by number, become a list of pairs.
    if "custom_fields" in stored:
        return {**stored, "custom_fields": [[key, value] for key, value in stored["custom_fields"].items()]}
    return stored


def _record_value(account: Account, item: tuple[EntityType, int]) -> Value:
    kind, record_id = item
    stored = account.records.of(kind).get(record_id)
    if stored is None:
        return None
    if kind is not ACTIVITY:
        return {"fields": _dump_record(stored)}
    place, counts = account.records.activities.position(stored)
    return {"fields": _dump_record(stored), "place": place, "counts": counts}


def _notification_value(account: Account, notification: Notification) -> Value:
    saved = {**NOTIFICATION.dump(notification), "change": notification.change.serial}
    return saved | beside_entries(account, notification)


def beside_entries(account: Account, notification: Notification) -> dict[str, Value]:
    """What the journal does not contain about a notification; its rank and seat only while it is waiting."""
    saved: dict[str, Value] = {}
    if notification.state in _WAITING:
        if notification.seat:
            saved["seat"] = notification.seat
        if notification.rank:
            saved["rank"] = notification.rank
    # The hold shared by all held notifications changes without marking each of them: it is written once, in `small`.
    if notification.hold is not None and notification.state is not State.HELD:
        saved["hold"] = HOLD.dump(notification.hold)
    touched = account.faults.uses_on(notification)
    if touched:
        saved["touched"] = list(touched)
    return saved


def _attempt_value(account: Account, serial: int) -> Value:
    outbox = account.inside.outbox
    attempt = outbox.attempts[serial]
    saved: dict[str, Any] = {"attempt": ATTEMPT.dump(attempt), "lane": outbox.lane_of(attempt.notification)}
    if serial in outbox.scripted_answers:
        at_ms, _, result = outbox.scripted_answers[serial]
        saved |= {"answer": RESULT.dump(result), "at": at_ms}
    return saved


def _subscription_value(account: Account, subscription_id: int) -> Value:
    found = account.subscriptions.find(subscription_id)
    return None if found is None else SUBSCRIPTION.dump(found)


PARTS = {
    part.name: part
    for part in (
        Part(
            "subscriptions",
            lambda account: [each.id for each in account.subscriptions],
            int,
            _subscription_value,
        ),
        Part(
            "records",
            lambda account: [(kind, each) for kind in EntityType for each in account.records.of(kind)],
            item_text,
            _record_value,
        ),
        Part(
            "relations",
            lambda account: account.records.relations.pairs(),
            lambda pair: f"{item_text(pair[0])} {item_text(pair[1])}",
            lambda account, pair: account.records.relations.position(*pair),
        ),
        Part(
            "deleted",
            lambda account: sorted(account.records.deleted_activities),
            int,
            lambda account, each: True if account.records.was_deleted(each) else None,
        ),
        Part(
            "notifications",
            lambda account: account.journal.notifications,
            lambda notification: notification.serial,
            _notification_value,
        ),
        Part("attempts", lambda account: list(account.inside.outbox.attempts), int, _attempt_value),
        Part(
            "latencies",
            lambda account: list(account.inside.latency_counts),
            lambda mark: json.dumps([topic_text(mark[0]), list(mark[1])]),
            lambda account, mark: account.inside.latency_counts.get(mark),
        ),
        Part(
            "draws",
            lambda account: list(account.faults.draw_counts),
            lambda mark: json.dumps([str(mark[0]), topic_text(mark[1]), list(mark[2]), mark[3]]),
            lambda account, mark: account.faults.draw_counts.get(mark),
        ),
        Part(
            "raced",
            lambda account: sorted(account.inside.raced),
            item_text,
            lambda account, item: True if item in account.inside.raced else None,
        ),
    )
}
"""All parts except the entries, which are only ever added, and `small`."""


def rows(account: Account) -> Rows:
    """The whole account."""
    whole: Rows = {
        name: [(part.key(mark), part.value(account, mark)) for mark in part.marks(account)]
        for name, part in PARTS.items()
    }
    whole["entries"] = [(entry.number, entry_value(entry)) for entry in account.journal.entries]
    whole["small"] = [*small(account).items(), ("lookups", lookups(account))]
    return whole
