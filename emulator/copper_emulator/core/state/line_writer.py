"""How what has happened in an account since the last time becomes lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias

from copper_emulator.core.account import Account
from copper_emulator.core.model import Attempt, Change, Kind, Notification
from copper_emulator.core.state.forms import ATTEMPT, DELIVERY, RESULT, SUBSCRIPTION, bytes_out, topic_text
from copper_emulator.core.state.lines import ALSO, ANSWER, EACH, IN_ENDED, IN_ENVELOPE, Line
from copper_emulator.core.state.parts import Value, beside_entries, entry_value

Step: TypeAlias = tuple[Any, ...]
"""The fields of a line that is a step of a notification; trailing fields that are None are left out."""

_CHANGE, _QUEUED, _SENDING, _ENDED = Kind.CHANGE, Kind.QUEUED, Kind.SENDING, Kind.ENDED

_REST_OF_ATTEMPT = ATTEMPT.less(*IN_ENVELOPE, "body", "started_ms")
_UNSENT = DELIVERY.less("ended_ms", *IN_ENDED)
_SENT = _UNSENT.less("target", "started_ms", "request_body", "request_headers", "subscription")
"""The remaining fields of a delivery: without a written attempt (`_UNSENT`), and with one."""

_BEFORE_IDS = ',"ids":'
"""Where a subscription's bodies start to differ; the rest is mostly the same for all subscriptions to a change."""

_Envelope: TypeAlias = tuple[tuple[Any, ...], int, str]
"""(subscription, URL, headers), the serial of the notification it was written with, and the opening of bodies."""

_NO_ENVELOPE: _Envelope = ((), 0, "")


class LineWriter:
    """Reports one account and keeps track of what it has reported. With `goes_on`, all so far was already reported."""

    def __init__(self, account: Account, *, goes_on: bool = False) -> None:
        self._account = account
        self._waiting = account.inside.waiting
        self._written = len(account.journal.entries) if goes_on else 0
        self._flying = set(self._waiting.flying) if goes_on else set()
        """The notifications that were reported as being sent, but not as ended."""
        self._envelopes: dict[int, _Envelope] = {}
        """The envelope last written for each subscription."""
        # Each converts a whole run of `Entries.parts`: a call per entry would take twice as long.
        self._steps: Mapping[Kind, Callable[[list[Any]], list[Step]]] = {
            _QUEUED: _queued,
            _SENDING: self._sending,
            _ENDED: self._ended,
        }

    @property
    def written(self) -> int:
        """How many entries have been reported."""
        return self._written

    def entries(self) -> list[Line]:
        """The entries not reported yet, as lines."""
        entries, lines = self._account.journal.entries, list[Line]()
        for kind, alike in groupby(entries.parts(self._written), _KIND):
            run = list(alike)
            first, self._written = self._written, self._written + len(run)
            steps = self._steps.get(kind)
            if steps is not None:
                lines.append(_together(kind, steps(run)))
            elif kind is _CHANGE:
                lines += [_changed(change) for _, _, _, change in run]
            else:
                lines += map(entry_value, entries[first : self._written])
        return lines

    def lines_of(self, part: str, marks: Iterable[Any]) -> Iterator[Line]:
        """What there is to notifications or attempts besides their entries, which must have been reported before."""
        return self._answers(marks) if part == "attempts" else self._also(marks)

    def _sending(self, run: list[Any]) -> list[Step]:
        flying, steps = self._waiting.flying, list[Step]()
        for at_ms, _, text, notification in run:
            serial = notification.serial
            attempt = flying.get(serial)
            if attempt is None:
                # It has ended since, and its end contains everything.
                steps.append((at_ms, serial, text, None, None, None))
                continue
            self._flying.add(serial)
            envelope, body = self._put_in(attempt, serial)
            # `started_ms` is left out: it is the time of the entry.
            steps.append((at_ms, serial, text, envelope, body, _REST_OF_ATTEMPT.out(attempt) or None))
        return steps

    def _put_in(self, attempt: Attempt, serial: int) -> tuple[Value, Value]:
        """The envelope (whole, or the serial of the notification it was written with), and the rest of the body."""
        subscription, body = attempt.subscription, bytes_out(attempt.body)
        is_text = isinstance(body, str)
        of = 0 if subscription is None else subscription.id
        where = attempt[1:4]
        like, first, opening = self._envelopes.get(of, _NO_ENVELOPE)
        if like == where and (not is_text or body.startswith(opening)):
            return first, body[len(opening) :] if is_text else body
        opening = body[: max(body.find(_BEFORE_IDS), 0)] if is_text else ""
        self._envelopes[of] = where, serial, opening
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
                yield ANSWER, serial, at_ms, RESULT.out(result)

    def _also(self, notifications: Iterable[Notification]) -> Iterator[Line]:
        for notification in notifications:
            told = beside_entries(self._account, notification)
            if told:
                yield ALSO, notification.serial, told


_KIND = itemgetter(1)


def _changed(change: Change) -> Line:
    # Its time and note are also those of its entry. Changes do not share a line: `True` equals `1`, so sharing could
    # replace an attribute of one with that of another.
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
    """Steps of one kind as one line. Each field has values of one type: equal ones are the same in JSON."""
    if len(steps) == 1:
        return kind, *_less(steps[0], None)
    # A value that all share is written once. `count` compares identity first, and mostly that is enough.
    columns = [each[:1] if each.count(each[0]) == len(each) else each for each in zip(*steps, strict=True)]
    return EACH, kind, *_less(columns, (None,))


def _less(told: Sequence[Any], nothing: object) -> Sequence[Any]:
    end = len(told)
    while told[end - 1] == nothing:
        end -= 1
    return told[:end]
