"""How is what happens in an account told line by line, in a file that is only added to?

A line tells what those before it do not. An entry of the journal is one: a list where it is of the kinds that most are,
else the object that it is in a snapshot. A notification stands as its entries say, and an attempt ends with its
notification; what else there is to them has lines of its own. So nothing of a delivery is written twice, and nothing
that was written is changed.

`Teller` makes lines, and `retell` makes rows of them again: there is one way to read an account (`reading.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from copper_emulator.core.account import Account
from copper_emulator.core.model import Attempt, Change, Delivery, Entry, Kind, Notification
from copper_emulator.core.state.forms import ATTEMPT, DELIVERY, RESULT, SUBSCRIPTION, bytes_out, topic_text
from copper_emulator.core.state.parts import Rows, Value, beside_entries, entry_value
from copper_emulator.core.state.reading import SAYS_NOTHING, cannot_be_read

Line: TypeAlias = Sequence[Any] | Mapping[str, Any]

TOLD = ("attempts", "notifications")
"""The parts that have no rows in a file: lines tell of them."""

_CHANGE, _QUEUED, _SENDING, _ENDED = Kind.CHANGE, Kind.QUEUED, Kind.SENDING, Kind.ENDED
_ANSWER, _ALSO = "answer", "also"
"""An answer that counts as given later; what there is to a notification beside its entries."""

_IN_QUEUED = ("serial", "change", "subscription", "ids", "due_ms", "repeats", "tries")
_IN_ENVELOPE = ("url", "headers", "subscription")
_IN_ENDED = ("outcome", "status", "response_headers", "response_body", "route", "took_ms")

_REST_OF_ATTEMPT = ATTEMPT.less(*_IN_ENVELOPE, "body", "started_ms")
_UNSENT = DELIVERY.less("ended_ms", *_IN_ENDED)
_SENT = _UNSENT.less("target", "started_ms", "request_body", "request_headers", "subscription")
"""What more there is to an end: where nothing was told of an attempt, and where it was."""


class Teller:
    """Tells of one account, and knows what it has told. `goes_on`: everything that there is was told by another."""

    def __init__(self, account: Account, *, goes_on: bool = False) -> None:
        self._account = account
        self._waiting = account.inside.waiting
        self._told = len(account.journal.entries) if goes_on else 0
        self._flying = set(self._waiting.flying) if goes_on else set()
        """What was told to be on its way, and not to have come to its end."""
        self._envelopes: dict[int, tuple[int, Attempt]] = {}
        """By subscription, the notification and the attempt with which an envelope was told last."""

    @property
    def told(self) -> int:
        """How many entries it has told."""
        return self._told

    def entries(self) -> list[Line]:
        """The entries since those that it has told."""
        entries = self._account.journal.entries
        new, self._told = entries[self._told :], len(entries)
        return [self._entry(entry) for entry in new]

    def tell(self, part: str, marks: Iterable[Any]) -> Iterator[Line]:
        """What there is to notifications or attempts beside the entries, which are told before it."""
        return self._answers(marks) if part == "attempts" else self._also(marks)

    def _entry(self, entry: Entry) -> Line:
        kind, notification, change = entry.kind, entry.notification, entry.change
        if kind is _QUEUED and notification is not None:
            return _queued(entry.at_ms, notification)
        if kind is _SENDING and notification is not None:
            return self._sending(entry, notification.serial)
        if kind is _ENDED and entry.delivery is not None:
            return self._ended(entry.at_ms, entry.delivery)
        if kind is _CHANGE and change is not None:
            # It has the moment and the text of its entry.
            return _CHANGE, change.serial, topic_text(change.topic), *change[2:]
        told: Line = entry_value(entry)
        return told

    def _sending(self, entry: Entry, serial: int) -> Line:
        attempt = self._waiting.flying.get(serial)
        if attempt is None:
            # It has ended since: that tells all.
            return _SENDING, entry.at_ms, serial, entry.text
        self._flying.add(serial)
        # It begins at the moment of the entry.
        line = _SENDING, entry.at_ms, serial, entry.text, self._envelope(attempt, serial), bytes_out(attempt.body)
        rest = _REST_OF_ATTEMPT.out(attempt)
        return (*line, rest) if rest else line

    def _envelope(self, attempt: Attempt, serial: int) -> Value:
        """Where and as whose it goes: told once, and from then on by the notification that it was told with."""
        subscription = attempt.subscription
        of = 0 if subscription is None else subscription.id
        first, like = self._envelopes.get(of, (0, None))
        if like is not None and like.subscription is subscription and like[2:4] == attempt[2:4]:
            return first
        self._envelopes[of] = serial, attempt
        return attempt.url, attempt.headers, None if subscription is None else SUBSCRIPTION.out(subscription)

    def _ended(self, at_ms: int, delivery: Delivery) -> Line:
        serial = delivery.notification.serial
        line = (
            _ENDED,
            at_ms,
            serial,
            delivery.outcome,
            delivery.status,
            delivery.response_headers,
            bytes_out(delivery.response_body),
            delivery.route,
            delivery.took_ms,
        )
        if serial in self._flying:
            self._flying.remove(serial)
            rest = _SENT.out(delivery)
        else:
            rest = _UNSENT.out(delivery)
        return (*line, rest) if rest else line

    def _answers(self, serials: Iterable[int]) -> Iterator[Line]:
        answered = self._waiting.answered
        for serial in serials:
            if serial in answered:
                at_ms, _, result = answered[serial]
                yield _ANSWER, serial, at_ms, RESULT.out(result)

    def _also(self, notifications: Iterable[Notification]) -> Iterator[Line]:
        for notification in notifications:
            told = beside_entries(self._account, notification)
            if told:
                yield _ALSO, notification.serial, told


def _queued(at_ms: int, notification: Notification) -> Line:
    line = (
        _QUEUED,
        at_ms,
        notification.serial,
        notification.change.serial,
        notification.subscription,
        notification.ids,
        notification.due_ms,
    )
    return line if notification.repeats is None else (*line, notification.repeats, notification.tries)


# --- read again -------------------------------------------------------------------------------------------------------


def retell(rows: Rows, turns: Iterable[tuple[int, Any]]) -> None:
    """Add to rows what the lines after them tell, turn by turn: how many entries there were before it, and its lines.

    Raises StateError, with the entry at which it was, for lines that tell nothing, or not all.
    """
    heard = _Heard(rows)
    try:
        for before, lines in turns:
            if before != len(heard.entries):
                raise ValueError(f"{before - len(heard.entries)} entries are missing")
            for line in lines:
                heard.line(line)
    except SAYS_NOTHING as error:
        raise cannot_be_read("entries", len(heard.entries) + 1, error) from None
    rows["entries"] = heard.entries
    rows["notifications"] = list(heard.notifications.items())
    rows["attempts"] = list(heard.attempts.items())


class _Heard:
    """What was told so far, as rows."""

    def __init__(self, rows: Rows) -> None:
        self.entries = rows.get("entries", [])
        self.notifications = dict(rows.get("notifications", ()))
        self.attempts = dict(rows.get("attempts", ()))
        self._envelopes: dict[int, Sequence[Value]] = {}
        self._listeners: Mapping[str, Callable[..., None]] = {
            _CHANGE: self._change,
            _QUEUED: self._queued,
            _SENDING: self._sending,
            _ENDED: self._ended,
            _ANSWER: self._answer,
            _ALSO: self._also,
        }

    def line(self, line: Any) -> None:
        if isinstance(line, Mapping):
            self._entry(line)
        else:
            self._listeners[line[0]](*line[1:])

    def _entry(self, told: Mapping[str, Value]) -> None:
        kind, serial = told["kind"], told.get("notification")
        if serial is not None:
            # It stands as its last entry says.
            self.notifications[serial]["state"] = kind
        self.entries.append((len(self.entries) + 1, told))

    def _change(self, *fields: Value) -> None:
        change = dict(zip(Change._fields, fields, strict=False))
        told = {"at": change["at_ms"], "kind": _CHANGE, "text": change["note"], "change": change}
        self.entries.append((len(self.entries) + 1, told))

    def _queued(self, at_ms: int, *fields: Value) -> None:
        told = dict(zip(_IN_QUEUED, fields, strict=False))
        self.notifications[told["serial"]] = told
        self._entry({"at": at_ms, "kind": _QUEUED, "notification": told["serial"]})

    def _sending(self, at_ms: int, serial: int, text: str, envelope: Value = None, *sent: Value) -> None:
        self._entry({"at": at_ms, "kind": _SENDING, "text": text, "notification": serial})
        self.notifications[serial].pop("seat", None)
        if envelope is None:
            return
        if isinstance(envelope, int):
            envelope = self._envelopes[envelope]
        else:
            self._envelopes[serial] = envelope
        body, *rest = sent
        attempt = dict(zip(_IN_ENVELOPE, envelope, strict=True), started_ms=at_ms, body=body)
        for more in rest:
            attempt |= more
        # What a subscription hears of has left the lane of its target.
        lane = None if attempt["subscription"] is None else attempt["url"]
        self.attempts[serial] = {"attempt": attempt, "lane": lane}

    def _ended(self, at_ms: int, serial: int, *fields: Value) -> None:
        delivery = {"ended_ms": at_ms, **dict(zip(_IN_ENDED, fields, strict=False))}
        flown = self.attempts.pop(serial, None)
        if flown is not None:
            attempt = flown["attempt"]
            delivery |= {
                "target": attempt["url"],
                "started_ms": attempt["started_ms"],
                "request_headers": attempt["headers"],
                "request_body": attempt["body"],
                "subscription": attempt.get("subscription"),
            }
        for more in fields[len(_IN_ENDED) :]:
            delivery |= more
        notification = self.notifications[serial]
        notification.pop("seat", None)
        notification["state"] = delivery["outcome"]
        told = {"at": at_ms, "kind": _ENDED, "notification": serial, "delivery": delivery}
        self.entries.append((len(self.entries) + 1, told))

    def _answer(self, serial: int, at_ms: int, result: Value) -> None:
        self.attempts[serial] |= {"answer": result, "at": at_ms}

    def _also(self, serial: int, told: Mapping[str, Value]) -> None:
        self.notifications[serial].update(told)
