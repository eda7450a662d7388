"""Only notifications of deletions fail: did the endpoint ask for what is gone, or has it not known the record?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import takewhile
from typing import TYPE_CHECKING

from copper_emulator.checks.earlier import as_named, named_in
from copper_emulator.checks.state import SURPLUS
from copper_emulator.core.model import Delivery, Event, Outcome
from copper_emulator.core.text import exception_text
from copper_emulator.remedies import refused_calls

if TYPE_CHECKING:
    from copper_emulator.checks.bench import Bench

_MISSING = 404

_NOTHING_TO_FETCH = (
    "What was deleted cannot be fetched: at a `delete` remove what you have, without asking for it, and take a 404 for "
    "a deletion, not for an error."
)
_NOT_KNOWN = (
    "Accept the deletion of what you do not have, and do nothing then: a `delete` may come twice, before the `new`, or "
    "for a record that was gone before you could fetch it."
)


def about_deletions(bench: Bench, bad: Iterable[Delivery]) -> str:
    """What helps if all that fails is of deletions, with a reason that shows; empty if it is otherwise."""
    deletions = [each for each in bad if each.topic.event is Event.DELETE and each.status not in _REFUSING]
    if len(deletions) < len(list(bad)):
        return ""
    if all(_asks_for_it(bench, each) for each in deletions):
        return _NOTHING_TO_FETCH
    return _NOT_KNOWN if all(_is_unknown(bench, each) for each in deletions) else ""


def about_the_gone(bench: Bench) -> str:
    """What helps if it has raised a 404, and has all that there is; empty if it is otherwise."""
    raised = [exception_text(each.exception) for each in bench.deliveries if each.exception is not None]
    is_missing = bool(raised) and all(re.search(rf"\b{_MISSING}\b", each) for each in raised)
    is_surplus = all(each.endswith(SURPLUS) for each in bench.trial.wrong)
    return _NOTHING_TO_FETCH if is_missing and is_surplus else ""


_REFUSING = range(300, 500)
"""Such an answer is no mistake in what it does with a deletion."""


def _asks_for_it(bench: Bench, delivery: Delivery) -> bool:
    named = {as_named(delivery.topic.type, record) for record in delivery.ids}
    refused = [call for call in refused_calls(bench.account, delivery) if f": {_MISSING} " in call]
    return any(named_in(call.partition(": ")[0]) in named for call in refused)


def _is_unknown(bench: Bench, delivery: Delivery) -> bool:
    """Whether it has reported the deletion before, was told of nothing else before, or got a 404 for it."""
    kind, ids = delivery.topic.type, set(delivery.ids)
    before = takewhile(lambda each: each is not delivery, bench.deliveries)
    of_it = [each for each in before if each.topic.type is kind and ids & set(each.ids)]
    accepted = [each for each in of_it if each.outcome is Outcome.DELIVERED]
    if not accepted or any(each.topic.event is Event.DELETE for each in accepted):
        return True
    named = {as_named(kind, record) for record in ids}
    return any(call.status == _MISSING and named_in(call.path) in named for call in bench.own_calls)
