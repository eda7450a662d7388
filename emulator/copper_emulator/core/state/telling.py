"""What of an account has not been told yet, as lines?"""

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
"""The fields of a line that is a step of a notification; where the last of them are None, they are left out."""

_CHANGE, _QUEUED, _SENDING, _ENDED = Kind.CHANGE, Kind.QUEUED, Kind.SENDING, Kind.ENDED

_REST_OF_ATTEMPT = ATTEMPT.less(*IN_ENVELOPE, "body", "started_ms")
_UNSENT = DELIVERY.less("ended_ms", *IN_ENDED)
_SENT = _UNSENT.less("target", "started_ms", "request_body", "request_headers", "subscription")
"""What more there is to an end: where nothing was told of an attempt, and where it was."""

_BEFORE_IDS = ',"ids":'
"""Where bodies of a subscription begin to differ: from here on they are, mostly, those of all who hear of a change."""

_Envelope: TypeAlias = tuple[tuple[Any, ...], int, str]
"""Of one that was told: whose, where to and as what, with which notification, and how bodies in it begin."""

_NO_ENVELOPE: _Envelope = ((), 0, "")


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
        # Of so many as `Entries.parts` gives them: a call for each would take as long again.
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
    return EACH, kind, *_less(columns, (None,))


def _less(told: Sequence[Any], nothing: object) -> Sequence[Any]:
    end = len(told)
    while told[end - 1] == nothing:
        end -= 1
    return told[:end]
