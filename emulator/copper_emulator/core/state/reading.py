"""How is an account restored from its rows?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from copper_emulator.core.account import Account
from copper_emulator.core.errors import StateError
from copper_emulator.core.model import Change, Delivery, EntityType, Entry, Kind, Notification, Outcome, Result
from copper_emulator.core.records.tables import ACTIVITY, LEAD
from copper_emulator.core.records.writing.derived import converted
from copper_emulator.core.state.forms import (
    ACTIVE,
    ATTEMPT,
    CHANGE,
    DELIVERY,
    HOLD,
    NOTIFICATION,
    RESULT,
    SUBSCRIPTION,
    read_item,
    read_topic,
)
from copper_emulator.core.state.parts import RowKey, Rows, Value

CUT_OFF = "unknown outcome, not retried: it was in flight when this account was last saved"
"""The outcome of a notification of which nobody knows whether it arrived."""

UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError)
"""What is raised by reading a row that `parts.py` did not write, or a line that `line_writer.py` did not write."""


def restore(account: Account, rows: Rows, complete: Callable[[Delivery], Delivery] = lambda delivery: delivery) -> None:
    """Bring a new account to the state in its rows. Raises StateError; the account is then unusable.

    Notifications that were in flight still are: `end_interrupted` ends them. `complete` may return each delivery
    with what the rows do not say.
    """
    _Reader(account, rows, complete).restore()


def end_interrupted(account: Account, now: int) -> None:
    """End the notifications that were in flight without an answer when the rows were written.

    They may have arrived, so they are not sent again.
    """
    outbox = account.inside.outbox
    for serial in sorted(outbox.attempts.keys() - outbox.scripted_answers.keys()):
        account.conclude(outbox.attempts[serial], Result(Outcome.UNKNOWN, text=CUT_OFF), now)


class _Reader:
    def __init__(self, account: Account, rows: Rows, complete: Callable[[Delivery], Delivery]) -> None:
        self._account = account
        self._rows = rows
        self._complete = complete
        # There may be no row for the moment, if it follows from the journal.
        self._small = {"moment": 0, **dict(rows.get("small", ()))}
        self._changes: dict[int, Change] = {}
        self._notifications: dict[int, Notification] = {}
        self._touched: dict[int, list[str]] = {}

    def restore(self) -> None:
        self._read_each("entries", self._read_change)
        self._read_each("notifications", self._read_notification)
        entries: list[Entry] = []
        self._read_each("entries", lambda number, saved: entries.append(self._read_entry(number, saved)))
        with _naming("entries", "all"):
            self._account.journal.restore(entries)
        self._read_each("subscriptions", lambda _, saved: self._account.subscriptions.add(SUBSCRIPTION.read(saved)))
        self._restore_records()
        self._restore_small()
        self._read_each("attempts", self._read_attempt)
        with _naming("notifications", "all"):
            self._account.inside.outbox.restore(self._notifications.values())

    def _read_each(self, part: str, read: Callable[[Any, Any], None]) -> None:
        for key, value in self._rows.get(part, ()):
            with _naming(part, key):
                read(key, value)

    # --- the journal ----------------------------------------------------------------------------------------

    def _read_change(self, number: int, saved: Mapping[str, Any]) -> None:
        if saved["kind"] == Kind.CHANGE:
            change = CHANGE.read(saved["change"])
            self._changes[change.serial] = change

    def _read_notification(self, serial: int, saved: Mapping[str, Any]) -> None:
        fields = dict(saved)
        touched = fields.pop("touched", None)
        if touched is not None:
            self._touched[serial] = touched
        change = self._changes[fields.pop("change")]
        hold = fields.pop("hold", None)
        hold = None if hold is None else HOLD.read(hold)
        self._notifications[serial] = NOTIFICATION.read(fields, change=change, hold=hold)

    def _read_entry(self, number: int, saved: Mapping[str, Any]) -> Entry:
        kind, change, serial = Kind(saved["kind"]), saved.get("change"), saved.get("notification")
        notification = None if serial is None else self._notifications[serial]
        delivery = saved.get("delivery")
        if kind is Kind.CHANGE and change is not None:
            change = change["serial"]
        subscription = saved.get("subscription")
        return Entry(
            number,
            saved["at"],
            kind,
            saved.get("text", ""),
            None if change is None else self._changes[change],
            notification,
            None if delivery is None else self._complete(DELIVERY.read(delivery, notification=notification)),
            None if subscription is None else SUBSCRIPTION.read(subscription),
            tuple(read_item(each) for each in saved.get("records", ())),
        )

    def _read_attempt(self, serial: int, saved: Mapping[str, Any]) -> None:
        attempt = ATTEMPT.read(saved["attempt"], notification=self._notifications[serial])
        answer = (saved["at"], RESULT.read(saved["answer"])) if "answer" in saved else None
        self._account.inside.outbox.restore_attempt(attempt, saved["lane"], answer)

    # --- the records ----------------------------------------------------------------------------------------

    def _restore_records(self) -> None:
        records = self._account.records
        activities: list[tuple[int, bool, Mapping[str, Any]]] = []

        def record(key: str, saved: Mapping[str, Any]) -> None:
            kind = read_item(key)[0]
            stored = _read_record(kind, saved["fields"])
            records.restore_record(kind, stored)
            if kind is ACTIVITY:
                activities.append((saved["place"], saved["counts"], stored))

        def relation(key: str, place: int) -> None:
            one, other = key.split(" ")
            pairs.append((place, one, other))

        pairs: list[tuple[int, str, str]] = []
        self._read_each("records", record)
        self._read_each("relations", relation)
        self._read_each("deleted", lambda key, _: records.restore_deleted(key))
        with _naming("records", "activities"):
            for place, counts, stored in sorted(activities, key=lambda activity: activity[0]):
                records.activities.insert(stored, place, counts=counts)
        with _naming("relations", "all"):
            for place, one, other in sorted(pairs):
                records.relations.insert(read_item(one), read_item(other), place)

    # --- what is small --------------------------------------------------------------------------------------

    def _restore_small(self) -> None:
        account, inside = self._account, self._account.inside
        readers: Mapping[str, Callable[[Any], None]] = {
            "moment": self._restore_moment,
            "counters": self._restore_counters,
            "windows": inside.limiter.restore,
            "hold": self._restore_hold,
            "calls": account.call_limits.restore,
            "faults": self._restore_faults,
            "drawn": self._restore_drawn,
            "paused": self._restore_paused,
            "recent": self._restore_recent,
            "spent": self._restore_spent,
            "lookups": self._restore_lookups,
        }
        self._read_each("latencies", self._restore_latency)
        self._read_each("raced", lambda key, _: inside.raced.add(read_item(key)))
        for name, read in readers.items():
            if name in self._small:
                with _naming("small", name):
                    read(self._small[name])

    def _restore_moment(self, moment: int) -> None:
        self._account.moment = max(moment, self._account.journal.entries.latest_ms)

    def _restore_counters(self, saved: Mapping[str, int]) -> None:
        counters = self._account.inside.counters
        counters.restore(saved)
        counters.go_beyond(change=max(self._changes, default=0), notification=max(self._notifications, default=0))

    def _restore_hold(self, saved: Mapping[str, Any] | None) -> None:
        self._account.inside.outbox.hold = None if saved is None else HOLD.read(saved)

    def _restore_drawn(self, made: int) -> None:
        self._account.draws.made = made

    def _restore_paused(self, targets: Sequence[str]) -> None:
        for target in targets:
            self._account.inside.outbox.lanes.pause(target)

    def _restore_lookups(self, saved: Value) -> None:
        if saved is not None:
            self._account.records.restore_catalogue(saved)

    def _restore_faults(self, saved: Mapping[str, Any]) -> None:
        draw_counts: dict[tuple[object, ...], int] = {}

        def draw(key: str, times: int) -> None:
            purpose, topic, ids, subscription = json.loads(key)
            draw_counts[purpose, read_topic(topic), tuple(ids), subscription] = times

        self._read_each("draws", draw)
        self._account.faults.restore(
            begun=saved["begun"],
            active=[ACTIVE.read(each) for each in saved["active"]],
            touched=self._touched,
            draw_counts=draw_counts,
        )

    def _restore_latency(self, key: str, times: int) -> None:
        topic, ids = json.loads(key)
        self._account.inside.latency_counts[read_topic(topic), tuple(ids)] = times

    def _restore_spent(self, saved: Mapping[str, Any]) -> None:
        for kind, ids in saved.items():
            self._account.records.spent[EntityType(kind)].update(ids)

    def _restore_recent(self, saved: Mapping[str, Any]) -> None:
        for kind, (born, gone) in saved.items():
            of = EntityType(kind)
            self._account.records.orders[of].recent.restore(
                [(record_id, at) for record_id, at in born],
                [(since, until, _read_record(of, record)) for since, until, record in gone],
            )


def _read_record(kind: EntityType, saved: Mapping[str, Any]) -> dict[str, Any]:
    stored = dict(saved)
    if kind is LEAD and "converted_value" not in stored:
        # The row was written before leads had this field.
        stored |= converted(stored)
    if "custom_fields" in stored:
        stored["custom_fields"] = dict(stored["custom_fields"])
    return stored


@contextmanager
def _naming(part: str, key: RowKey) -> Iterator[None]:
    """Let errors about a row name it."""
    try:
        yield
    except UNREADABLE as error:
        raise cannot_be_read(part, key, error) from None


def cannot_be_read(part: str, key: RowKey, error: Exception) -> StateError:
    """The error for a row that cannot be read."""
    return StateError(f"{part}, {key}: cannot be read ({type(error).__name__}: {error})")
