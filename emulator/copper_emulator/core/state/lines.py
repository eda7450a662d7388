"""How is what happens in an account told line by line, in a file that is only added to?

A line tells what those before it do not. An entry of the journal is one: a list where it is of the kinds that most are,
else the object that it is in a snapshot. Several in a row that are steps of notifications, and all the same step, are
one line together: a list for each of their fields, of one value where they all have the same. A notification stands as
its entries say, and an attempt ends with its notification; what else there is to them has lines of its own. So nothing
of a delivery is written twice, and nothing that was written is changed.

`Teller` makes lines, and `retell` makes rows of them again: there is one way to read an account (`reading.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias

from copper_emulator.core.account import Account
from copper_emulator.core.model import Attempt, Change, Kind, Notification
from copper_emulator.core.state.forms import ATTEMPT, DELIVERY, RESULT, SUBSCRIPTION, bytes_out, topic_text
from copper_emulator.core.state.parts import Rows, Value, beside_entries, entry_value
from copper_emulator.core.state.reading import SAYS_NOTHING, cannot_be_read

Line: TypeAlias = Sequence[Any] | Mapping[str, Any]
Step: TypeAlias = tuple[Any, ...]
"""The fields of a line that is a step of a notification; where the last of them are None, they are left out."""

IN_LINES = ("attempts", "notifications")
"""The parts that have no rows in a file: lines tell of them."""

_CHANGE, _QUEUED, _SENDING, _ENDED = Kind.CHANGE, Kind.QUEUED, Kind.SENDING, Kind.ENDED
_ANSWER, _ALSO, _EACH = "answer", "also", "each"
"""An answer that counts as given later; what there is to a notification beside its entries; several of one kind."""

_IN_QUEUED = ("serial", "change", "subscription", "ids", "due_ms", "repeats", "tries")
_IN_ENVELOPE = ("url", "headers", "subscription", "opening")
_IN_ENDED = ("outcome", "status", "response_headers", "response_body", "route", "took_ms")

_REST_OF_ATTEMPT = ATTEMPT.less(*_IN_ENVELOPE, "body", "started_ms")
_UNSENT = DELIVERY.less("ended_ms", *_IN_ENDED)
_SENT = _UNSENT.less("target", "started_ms", "request_body", "request_headers", "subscription")
"""What more there is to an end: where nothing was told of an attempt, and where it was."""

_BEFORE_IDS = ',"ids":'
"""Where bodies of a subscription begin to differ: from here on they are, mostly, those of all who hear of a change."""

_Envelope: TypeAlias = tuple[int, Attempt | None, str]
"""Of an envelope that was told, the notification and the attempt that it was told with, and how bodies in it begin."""

_NO_ENVELOPE: _Envelope = (0, None, "")


class Teller:
    """Tells of one account, and knows what it has told. `goes_on`: everything that there is was told by another."""

    def __init__(self, account: Account, *, goes_on: bool = False) -> None:
        self._account = account
        self._waiting = account.inside.waiting
        self._told = len(account.journal.entries) if goes_on else 0
        self._flying = set(self._waiting.flying) if goes_on else set()
        """What was told to be on its way, and not to have come to its end."""
        self._envelopes: dict[int, _Envelope] = {}
        """By subscription, the one that was told last."""
        self._steps: Mapping[Kind, Callable[[list[Any]], list[Step]]] = {
            _QUEUED: _queued,
            _SENDING: self._sending,
            _ENDED: self._ended,
        }

    @property
    def told(self) -> int:
        """How many entries it has told."""
        return self._told

    def entries(self) -> list[Line]:
        """The entries since those that it has told."""
        entries, lines = self._account.journal.entries, list[Line]()
        for kind, alike in groupby(entries.parts(self._told), _KIND):
            run = list(alike)
            first, self._told = self._told, self._told + len(run)
            steps = self._steps.get(kind)
            if steps is not None:
                lines.append(_together(kind, steps(run)))
            elif kind is _CHANGE:
                lines += [_changed(change) for _, _, _, change in run]
            else:
                lines += map(entry_value, entries[first : self._told])
        return lines

    def tell(self, part: str, marks: Iterable[Any]) -> Iterator[Line]:
        """What there is to notifications or attempts beside the entries, which are told before it."""
        return self._answers(marks) if part == "attempts" else self._also(marks)

    def _sending(self, run: list[Any]) -> list[Step]:
        flying, steps = self._waiting.flying, list[Step]()
        for at_ms, _, text, notification in run:
            serial = notification.serial
            attempt = flying.get(serial)
            if attempt is None:
                # It has ended since: that tells all.
                steps.append((at_ms, serial, text, None, None, None))
                continue
            self._flying.add(serial)
            envelope, body = self._put_in(attempt, serial)
            # It begins at the moment of the entry.
            steps.append((at_ms, serial, text, envelope, body, _REST_OF_ATTEMPT.out(attempt) or None))
        return steps

    def _put_in(self, attempt: Attempt, serial: int) -> tuple[Value, Value]:
        """An envelope, told once, and from then on by the notification that it was told with; the rest of the body."""
        subscription, body = attempt.subscription, bytes_out(attempt.body)
        is_text = isinstance(body, str)
        of = 0 if subscription is None else subscription.id
        serial_like, like, opening = self._envelopes.get(of, _NO_ENVELOPE)
        if (
            like is not None
            and like.subscription is subscription
            and like.headers == attempt.headers
            and like.url == attempt.url
            and (not is_text or body.startswith(opening))
        ):
            return serial_like, body[len(opening) :] if is_text else body
        opening = body[: max(body.find(_BEFORE_IDS), 0)] if is_text else ""
        self._envelopes[of] = serial, attempt, opening
        whose = None if subscription is None else SUBSCRIPTION.out(subscription)
        return (attempt.url, attempt.headers, whose, opening), body[len(opening) :] if is_text else body

    def _ended(self, run: list[Any]) -> list[Step]:
        flying, steps = self._flying, list[Step]()
        for at_ms, _, _, delivery in run:
            serial = delivery.notification.serial
            rest = _SENT if serial in flying else _UNSENT
            flying.discard(serial)
            steps.append(
                (
                    at_ms,
                    serial,
                    delivery.outcome,
                    delivery.status,
                    delivery.response_headers,
                    bytes_out(delivery.response_body),
                    delivery.route,
                    delivery.took_ms,
                    rest.out(delivery) or None,
                )
            )
        return steps

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


_KIND = itemgetter(1)


def _changed(change: Change) -> Line:
    # It has the moment and the text of its entry. Not together with others: `True` and `1` are equal, and no attribute
    # of one may become that of another.
    return _CHANGE, change.serial, topic_text(change.topic), *change[2:]


def _queued(run: list[Any]) -> list[Step]:
    return [
        (
            at_ms,
            each.serial,
            each.change.serial,
            each.subscription,
            each.ids,
            each.due_ms,
            each.repeats,
            each.tries or None,
        )
        for at_ms, _, _, each in run
    ]


def _together(kind: Kind, steps: list[Step]) -> Line:
    """Steps of one kind as one line. Each field has values of one type: those that are equal are the same in JSON."""
    if len(steps) == 1:
        return kind, *_less(steps[0], None)
    # What most of them share is told once. `count` looks at who it is first, and mostly it is the same.
    columns = [each[:1] if each.count(each[0]) == len(each) else each for each in zip(*steps, strict=True)]
    return _EACH, kind, *_less(columns, (None,))


def _less(told: Sequence[Any], nothing: object) -> Sequence[Any]:
    end = len(told)
    while told[end - 1] == nothing:
        end -= 1
    return told[:end]


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
            _EACH: self._each,
        }

    def line(self, line: Any) -> None:
        if isinstance(line, Mapping):
            self._entry(line)
        else:
            self._listeners[line[0]](*line[1:])

    def _each(self, kind: str, *columns: Sequence[Value]) -> None:
        listener, steps = self._listeners[kind], max(map(len, columns))
        whole = ([*column] * steps if len(column) == 1 else column for column in columns)
        for step in zip(*whole, strict=True):
            listener(*step)

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
        # Of a line of many, some may have what others have not.
        told = {name: found for name, found in zip(_IN_QUEUED, fields, strict=False) if found is not None}
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
        attempt = dict(zip(_IN_ENVELOPE, envelope, strict=False), started_ms=at_ms)
        # Until schema 3 bodies were told whole; those that are no text still are.
        opening = attempt.pop("opening", "")
        body, *rest = sent
        attempt["body"] = opening + body if isinstance(body, str) else body
        attempt |= _more(rest)
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
        delivery |= _more(fields[len(_IN_ENDED) :])
        notification = self.notifications[serial]
        notification.pop("seat", None)
        notification["state"] = delivery["outcome"]
        told = {"at": at_ms, "kind": _ENDED, "notification": serial, "delivery": delivery}
        self.entries.append((len(self.entries) + 1, told))

    def _answer(self, serial: int, at_ms: int, result: Value) -> None:
        self.attempts[serial] |= {"answer": result, "at": at_ms}

    def _also(self, serial: int, told: Mapping[str, Value]) -> None:
        self.notifications[serial].update(told)


def _more(rest: Sequence[Mapping[str, Value] | None]) -> Mapping[str, Value]:
    """What a step tells beside what most do, where it does."""
    return rest[0] or {} if rest else {}
