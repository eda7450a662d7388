"""What did the API refuse while a row was played? It may be why the row failed, or show that passing means nothing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from copper_emulator.checks.causes import Cause
from copper_emulator.checks.earlier import as_named, named_in
from copper_emulator.checks.fetched_from import about_api
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.checks.state import SURPLUS
from copper_emulator.checks.uncalled import not_called
from copper_emulator.core.model import Delivery, Event, Kind
from copper_emulator.core.text import count
from copper_emulator.remedies import refused_calls

if TYPE_CHECKING:
    from copper_emulator.checks.bench import Bench

_LOOKED_AT = 3
"""How many of the bad answers are looked at."""
_MAX_CALL = 200
"""Characters of a refused call: its path, and what to do about it."""


def calls_of_the_bad(bench: Bench, bad: list[Delivery]) -> str:
    """What the API refused before the bad answers, or that it was never called; either may explain them."""
    refused = [call for each in bad[:_LOOKED_AT] for call in refused_calls(bench.account, each)]
    return _calls(bench, refused, may_be_missed=_has_crashed(bad))


def calls_of_the_wrong(bench: Bench, wrong: list[str]) -> str:
    """The same for a wrong state, for which the API may also have been called after the answer."""
    if all(each.endswith(SURPLUS) for each in wrong):
        return ""
    gone, refused = _gone(bench), _refused(bench)
    telling = [call for call, times in refused.items() if not call.endswith(gone) and not _are_late(bench, call, times)]
    return _calls(bench, telling, may_be_missed=True)


def _gone(bench: Bench) -> tuple[str, ...]:
    """The ends of refusals from which one learns that a record is gone, of which one was told."""
    return tuple(f"There is no {kind} {each}." for kind, each in bench.trial.touched)


def unless_refused(bench: Bench, found: Finding) -> Finding:
    """The finding, unless nothing but answers was judged and every call of the API was refused.

    For rows in which the API refuses nothing but what is gone.
    """
    if found.verdict is not Verdict.PASSED or bench.plan.state is not None:
        return found
    gone = _gone(bench)
    refused = [call for call in _refused(bench) if not call.endswith(gone) and not bench.earlier.has(call)]
    if not refused or any(call.status is None or call.status < _REFUSED for call in bench.own_calls):
        return found
    brief = f"every call of the API was refused: {_shown(refused)}"
    cause = Cause("", f"every call: {refused[0].partition(': ')[2].partition(';')[0]}")
    return Finding(Verdict.WARNED, f"{found.evidence}, but {brief}", _MEND, frozenset({cause}), brief)


_REFUSED = 400
_MEND = (
    "Mend that call: a record is at `GET /people/{id}`, under the plural of its type. To Copper a 2xx means done, so "
    "log what the API refuses: nothing else shows it."
)


def about_uncalled(bench: Bench, bad: list[Delivery]) -> str:
    """What helps if the API was never called and that may be why the answers are bad; empty if it is otherwise."""
    return about_api(bench, answered=False) if _has_crashed(bad) else ""


def about_repeats(bench: Bench) -> str:
    """What helps if the same missing record is fetched again and again; empty if none is.

    One fetch for each notification is no repetition, even if the record has gone meanwhile, also with its row.
    """
    for call, times in _refused(bench).most_common():
        if _NOT_THERE in call and times >= _STUBBORN and times > _told(bench, call):
            return (
                f"It made the same call {times:,} times ({call.partition(':')[0]}), and its record is gone: a 404 will "
                "not change, so remove the record and go on, or all that comes after it waits for good."
            )
    return ""


_NOT_THERE = ": 404 Resource not found"
_STUBBORN = 4


def _refused(bench: Bench) -> Counter[str]:
    """The calls that the API has refused in this row, with the reason, and how often each came."""
    return Counter(entry.text for entry in bench.account.journal.entries if entry.kind is Kind.REFUSED)


def _told(bench: Bench, call: str) -> int:
    """How many notifications, of this row and of those before it, have told of the record of a call."""
    named = named_in(call)
    here = sum(as_named(each.topic.type, record) == named for each in bench.deliveries for record in each.ids)
    return here + bench.earlier.times_before(call)


def _are_late(bench: Bench, call: str, times: int) -> bool:
    """Whether these are fetches for notifications of earlier rows, which come so late that the record is gone."""
    return _NOT_THERE in call and times <= bench.earlier.times_before(call)


def _has_crashed(bad: list[Delivery]) -> bool:
    # What was deleted need not be fetched.
    return any(each.topic.event is not Event.DELETE and _is_crash(each) for each in bad)


def _is_crash(delivery: Delivery) -> bool:
    return delivery.exception is not None or (delivery.status is not None and delivery.status >= 500)


def _calls(bench: Bench, refused: list[str], *, may_be_missed: bool) -> str:
    if refused:
        return f"; meanwhile the API refused {_shown(refused)}"
    if may_be_missed and not bench.calls_here:
        return f"; {not_called(bench)}"
    return ""


def _shown(refused: list[str]) -> str:
    """The first refused call, and how many others there are."""
    first, *others = dict.fromkeys(refused)
    shown = first if len(first) <= _MAX_CALL else f"{first[:_MAX_CALL]}..."
    return shown + (f", and {count(len(others), 'other call')}" if others else "")
