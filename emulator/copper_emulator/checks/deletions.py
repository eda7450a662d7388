"""Only notifications of deletions fail: did the endpoint ask for what is gone, or has it not known the record?"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from copper_emulator.checks.earlier import Named, as_named, named_in
from copper_emulator.checks.state import SURPLUS
from copper_emulator.core.call_log import ApiCall
from copper_emulator.core.model import Delivery, Event, Outcome
from copper_emulator.core.text import exception_text

if TYPE_CHECKING:
    from copper_emulator.checks.bench import Bench

_MISSING = 404

_NOTHING_TO_FETCH = (
    "It asked for what was deleted, and got a 404: at a `delete` remove what you have, without asking for it, and "
    "elsewhere take a 404 for a deletion, not for an error."
)
_NOT_KNOWN = (
    "Accept the deletion of what you do not have, and do nothing then: a `delete` may come twice, before the `new`, or "
    "for a record that was gone before you could fetch it."
)


def about_deletions(bench: Bench, bad: Sequence[Delivery]) -> str:
    """What helps if all that fails is of deletions, with a reason that shows; empty if it is otherwise."""
    if any(each.topic.event is not Event.DELETE or each.status in _REFUSING for each in bad):
        return ""
    if all(_asks_for_it(bench, each) for each in bad):
        return _NOTHING_TO_FETCH
    return _NOT_KNOWN if all(_is_unknown(bench, each) for each in bad) else ""


def is_of_the_gone(bench: Bench, bad: Sequence[Delivery]) -> bool:
    """Whether it answers that there is no such record, rather than no such path: it has accepted others there."""
    return bench.has_delivered and all(each.status in _GONE and each.topic.event is Event.DELETE for each in bad)


def about_the_gone(bench: Bench) -> str:
    """What helps if it has raised a 404, and has all that there is; empty if it is otherwise."""
    raised = [each for each in bench.deliveries if each.exception is not None]
    # Another server, or another path, may have answered 404, too.
    is_missing = bool(raised) and all(_names_a_404(each) and _asks_for_it(bench, each) for each in raised)
    is_surplus = all(each.endswith(SURPLUS) for each in bench.trial.wrong)
    return _NOTHING_TO_FETCH if is_missing and is_surplus else ""


def _names_a_404(delivery: Delivery) -> bool:
    text = "" if delivery.exception is None else exception_text(delivery.exception)
    return re.search(rf"\b{_MISSING}\b", text) is not None


_GONE = (_MISSING, 410)
_REFUSING = frozenset(range(300, 500)).difference(_GONE)
"""Such an answer is no mistake in what it does with a deletion."""


def _asks_for_it(bench: Bench, delivery: Delivery) -> bool:
    calls = [call for call in bench.own_calls if call.during == delivery.notification.serial]
    return _is_missed(calls, {as_named(delivery.topic.type, record) for record in delivery.ids})


def _is_missed(calls: Iterable[ApiCall], records: Container[Named]) -> bool:
    """Whether one of these records was asked for when it was gone."""
    missed = (named_in(call.path) for call in calls if call.status == _MISSING)
    return any(named is not None and named in records for named in missed)


def _is_unknown(bench: Bench, delivery: Delivery) -> bool:
    """Whether it has reported the deletion before, was told of nothing else before, or got a 404 for it."""
    kind, ids = delivery.topic.type, set(delivery.ids)
    before = takewhile(lambda each: each is not delivery, bench.deliveries)
    of_it = [each for each in before if each.topic.type is kind and ids & set(each.ids)]
    accepted = [each for each in of_it if each.outcome is Outcome.DELIVERED]
    if not accepted or any(each.topic.event is Event.DELETE for each in accepted):
        return True
    return _is_missed(bench.own_calls, {as_named(kind, record) for record in ids})
