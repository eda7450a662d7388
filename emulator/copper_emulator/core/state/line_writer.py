"""How are the entries that an account has written since the last time reported as lines?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeAlias

from copper_emulator.core.account import Account
from copper_emulator.core.model import Change, Kind, Notification
from copper_emulator.core.state.forms import ATTEMPT, DELIVERY, RESULT, SUBSCRIPTION, dump_bytes, topic_text
from copper_emulator.core.state.lines import ALSO, ANSWER, EACH, IN_ENDED, IN_ENVELOPE, IN_QUEUED, Line
from copper_emulator.core.state.parts import Value, beside_entries, entry_value

Column: TypeAlias = Sequence[Any]
"""One field of each of several steps. Trailing columns that have nothing but None are not written."""

_CHANGE, _QUEUED, _HELD, _SENDING, _ENDED = Kind.CHANGE, Kind.QUEUED, Kind.HELD, Kind.SENDING, Kind.ENDED

_OF_QUEUED = attrgetter(*("change.serial" if name == "change" else name for name in IN_QUEUED))

_REST_OF_ATTEMPT = ATTEMPT.excluding(*IN_ENVELOPE, "body", "started_ms")
_UNSENT = DELIVERY.excluding("ended_ms", *IN_ENDED)
_SENT = _UNSENT.excluding("target", "started_ms", "request_body", "request_headers", "subscription")
"""The remaining fields of a delivery: without a written attempt (`_UNSENT`), and with one."""

_BEFORE_IDS = ',"ids":'
"""Where a subscription's bodies start to differ; the rest is mostly the same for all subscriptions to a change."""

_Envelope: TypeAlias = tuple[tuple[Any, ...], int, str]
"""(subscription, URL, headers), the serial of the notification it was written with, and the opening of bodies."""

_NO_ENVELOPE: _Envelope = ((), 0, "")


class LineWriter:
    """Reports one account and keeps track of what it has reported. With `resumes`, all so far was already reported."""

    def __init__(self, account: Account, *, resumes: bool = False) -> None:
        self._account = account
        self._outbox = account.inside.outbox
        self._written = len(account.journal.entries) if resumes else 0
        self._in_flight = set(self._outbox.attempts) if resumes else set()
        """The notifications that were reported as being sent, but not as ended."""
        self._last_seat = self._outbox.last_seat
        """The last seat that was given out when the seats were last looked at."""
        self._envelopes: dict[int, _Envelope] = {}
        """The envelope last written for each subscription."""
        # Each makes the columns of a whole run: a call per entry, and a tuple for each, would take twice as long.
        self._columns: Mapping[Kind, Callable[[Column, Column, Column], list[Column]]] = {
            _QUEUED: _queued_columns,
            _SENDING: self._sending_columns,
            _ENDED: self._ended_columns,
        }

    @property
    def written(self) -> int:
        """How many entries have been reported."""
        return self._written

    def report(self) -> list[Line]:
        """The entries not reported yet, as lines; marks those that still wait in seats given out since."""
        entries, lines = self._account.journal.entries, list[Line]()
        times, kinds, texts, abouts = entries.columns(self._written)
        begin = 0
        for kind, same_kind in groupby(kinds):
            end = begin + len([*same_kind])
            run, columns = slice(begin, end), self._columns.get(kind)
            if columns is not None:
                lines.append(_joined(kind, columns(times[run], texts[run], abouts[run])))
            elif kind is _CHANGE:
                lines += map(_change_line, abouts[run])
            else:
                lines += map(entry_value, entries[self._written + begin : self._written + end])
                if kind is _HELD:
                    self._mark(each for each in abouts[run] if isinstance(each, Notification))
            begin = end
        self._written += begin
        if self._last_seat != self._outbox.last_seat:
            self._mark(self._outbox.seated_after(self._last_seat))
            # Not before: `_mark` leaves out the seats that were given out earlier.
            self._last_seat = self._outbox.last_seat
        return lines

    def _mark(self, notifications: Iterable[Notification]) -> None:
        """Mark those that got their seats since the last time: mostly, notifications have left before anybody looks."""
        for notification in notifications:
            if notification.seat > self._last_seat:
                self._account.marks.mark("notifications", notification)

    def lines_of(self, part: str, marks: Iterable[Any]) -> Iterator[Line]:
        """What there is to notifications or attempts besides their entries, which must have been reported before."""
        return self._answer_lines(marks) if part == "attempts" else self._also_lines(marks)

    def _sending_columns(self, times: Column, texts: Column, notifications: Column) -> list[Column]:
        serials = [each.serial for each in notifications]
        in_flight = self._outbox.attempts
        attempts = [in_flight[serial] for serial in serials if serial in in_flight]
        if not attempts:
            # They have ended since, and their ends contain everything.
            return [times, serials, texts]
        fields = _columns_of(attempts)
        self._in_flight.update(each.serial for each in fields.notification)
        envelopes, bodies = self._envelopes_of(fields)
        # `started_ms` is left out: it is the time of the entry.
        columns = [envelopes, bodies, _REST_OF_ATTEMPT.dump_all(attempts, fields)]
        if len(attempts) < len(serials):
            columns = [_spread(column, [serial in in_flight for serial in serials]) for column in columns]
        return [times, serials, texts, *columns]

    def _envelopes_of(self, fields: Any) -> tuple[Column, Column]:
        """The envelopes (whole, or the serial of the notification one was written with), and the rest of each body."""
        envelopes, rests = list[Value](), list[Value]()
        written = self._envelopes
        bodies = [*map(dump_bytes, fields.body)]
        for notification, subscription, url, headers, body in zip(
            fields.notification, fields.subscription, fields.url, fields.headers, bodies, strict=True
        ):
            subscription_id = 0 if subscription is None else subscription.id
            like, first, opening = written.get(subscription_id, _NO_ENVELOPE)
            envelope: Value = first
            is_text = isinstance(body, str)
            if like != (subscription, url, headers) or (is_text and not body.startswith(opening)):
                opening = body[: max(body.find(_BEFORE_IDS), 0)] if is_text else ""
                written[subscription_id] = (subscription, url, headers), notification.serial, opening
                envelope = url, headers, None if subscription is None else SUBSCRIPTION.dump(subscription), opening
            envelopes.append(envelope)
            rests.append(body[len(opening) :] if is_text else body)
        return envelopes, rests

    def _ended_columns(self, times: Column, _: Column, deliveries: Column) -> list[Column]:
        fields = _columns_of(deliveries)
        serials = [each.serial for each in fields.notification]
        if self._in_flight.issuperset(serials):
            rest = _SENT.dump_all(deliveries, fields)
        else:
            rest = [
                (_SENT if serial in self._in_flight else _UNSENT).dump(delivery) or None
                for serial, delivery in zip(serials, deliveries, strict=True)
            ]
        self._in_flight.difference_update(serials)
        # Bodies that are all the same, as most are, are converted once.
        bodies = [*map(dump_bytes, _once(fields.response_body))]
        return [
            times,
            serials,
            fields.outcome,
            fields.status,
            fields.response_headers,
            bodies,
            fields.route,
            fields.took_ms,
            rest,
        ]

    def _answer_lines(self, serials: Iterable[int]) -> Iterator[Line]:
        scripted = self._outbox.scripted_answers
        for serial in serials:
            if serial in scripted:
                at_ms, _, result = scripted[serial]
                yield ANSWER, serial, at_ms, RESULT.dump(result)

    def _also_lines(self, notifications: Iterable[Notification]) -> Iterator[Line]:
        for notification in notifications:
            facts = beside_entries(self._account, notification)
            if facts:
                yield ALSO, notification.serial, facts


def _columns_of(values: Sequence[Any]) -> Any:
    """A named tuple like each of the values, of which each field is a column: that field of all of them."""
    return type(values[0])._make(zip(*values, strict=True))


def _spread(column: Column, has_value: Sequence[bool]) -> Column:
    """The column with None for each step that has no value in it."""
    values = iter(column)
    return [next(values) if has else None for has in has_value]


def _change_line(change: Change) -> Line:
    # Its time and note are also those of its entry. Changes do not share a line: `True` equals `1`, so sharing could
    # replace an attribute of one with that of another.
    return _CHANGE, change.serial, topic_text(change.topic), *change[2:]


def _queued_columns(times: Column, _: Column, notifications: Column) -> list[Column]:
    *columns, tries = zip(*map(_OF_QUEUED, notifications), strict=True)
    return [times, *columns, [each or None for each in tries]]


def _joined(kind: Kind, columns: list[Column]) -> Line:
    """Steps of one kind as one line. Each column has values of one type: equal ones are the same in JSON."""
    single = len(columns[0]) == 1
    columns = [*map(_once, columns)]
    while columns[-1][0] is None and len(columns[-1]) == 1:
        columns.pop()
    return (kind, *(each for (each,) in columns)) if single else (EACH, kind, *columns)


def _once(column: Column) -> Column:
    """A value that all share only once."""
    first = column[0]
    # `count` compares identity first, and mostly that is enough.
    return column[:1] if first == column[-1] and column.count(first) == len(column) else column
