"""What is the shortest list of events that fails in the same way? Looked for once Hypothesis has done what it can.

Hypothesis shrinks the choices that led to the events, and may keep an event because it cannot remove it together with
the choices that depend on it. Here the events themselves are removed and simplified.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar

from copper_emulator.shell.clock import monotonic
from pytest_copper.conditions import other_orders
from pytest_copper.story import Step
from pytest_copper.written import Act

T = TypeVar("T")

Drawn: TypeAlias = dict[str, Any]
Case: TypeAlias = tuple[Drawn, list[Act]]

_MOST = 400
"""Attempts; enough for a dozen events."""

_LONGEST = 30.0
"""Seconds of real time for all of them: an endpoint that is too slow is so in each."""


class Shortening(Generic[T]):
    """Looks for the shortest case that still fails.

    Args:
        play: plays a case; returns its outcome if it failed in the same way, else None.
        own: the user's own settings, which are kept.
    """

    def __init__(self, play: Callable[[Drawn, list[Act]], T | None], own: Mapping[str, Any]) -> None:
        self._play = play
        self._own = own
        self._left = _MOST
        self._until = monotonic() + _LONGEST

    def of(self, case: Case) -> T | None:
        """The outcome of the shortest case found; None if not even the first fails again."""
        shortest = self._play(*case)
        while True:
            better = next((found for each in _plainer(*case) if (found := self._failing(each)) is not None), None)
            if better is None:
                return shortest
            case, shortest = better

    def _failing(self, case: Case) -> tuple[Case, T] | None:
        drawn, acts = case
        # Without one of the events, late notifications come in another order: try them all.
        for each in [drawn, *other_orders(drawn, self._own)]:
            if self._left == 0 or monotonic() >= self._until:
                return None
            self._left -= 1
            found = self._play(each, acts)
            if found is not None:
                return (each, acts), found
        return None


def _plainer(drawn: Drawn, acts: list[Act]) -> Iterator[Case]:
    """Cases that are a little plainer, those with most removed first."""
    for number in (2, 1):
        for index in range(len(acts) - number + 1):
            yield drawn, _in_order([*acts[:index], *acts[index + number :]])
    for name in drawn:
        if name != "seed":
            yield {key: value for key, value in drawn.items() if key not in (name, *_WITH.get(name, ()))}, acts
    for moved in _faults_earlier(acts):
        yield drawn, moved
    for index, act in enumerate(acts):
        for plainer in _plainer_acts(act):
            yield drawn, _in_order([*acts[:index], plainer, *acts[index + 1 :]])


_WITH = {"latency": ("seed",)}


def _faults_earlier(acts: list[Act]) -> Iterator[list[Act]]:
    """The acts with one fault moved before the act that precedes it: then it may need no wait."""
    for index in range(1, len(acts)):
        if _is_fault(acts[index]) and not _is_fault(acts[index - 1]):
            yield [*acts[: index - 1], acts[index], acts[index - 1], *acts[index + 1 :]]


def _is_fault(act: Act) -> bool:
    return bool(act) and bool(act[0].get("faults", "off") != "off")


def _plainer_acts(act: Act) -> Iterator[Act]:
    for index, step in enumerate(act):
        # Expectations must keep a step to which they belong.
        if len([each for each in act if "expect" not in each]) > 1 and "expect" not in step:
            yield [*act[:index], *act[index + 1 :]]
        for plainer in _plainer_steps(step):
            yield [*act[:index], plainer, *act[index + 1 :]]


def _plainer_steps(step: Step) -> Iterator[Step]:
    action, part = next(iter(step.items()))
    if not isinstance(part, dict) or len(step) > 1:
        # One that is to be refused stays as it is.
        return
    for number in range(1, min(part.get("count", 1), 3)):
        yield {action: {**part, "count": number}}
    fields = part.get("fields", {})
    for name in fields if len(fields) > 1 else ():
        yield {action: {**part, "fields": {other: value for other, value in fields.items() if other != name}}}
    names = part.get("records", [])
    for name in names if len(names) > 1 else ():
        yield {action: {**part, "records": [name]}}


def _in_order(acts: list[Act]) -> list[Act]:
    """Renumber names as if there had been only these events: `person_1`, and `Ada 2` for a new name."""
    text = json.dumps(acts)
    for place, (name, number) in enumerate(_made(acts), 1):
        ordered = f"{name.rpartition('_')[0]}_{place}"
        text = text.replace(f'"{name}"', f'"{ordered}"').replace(f'"{name}.', f'"{ordered}.')
        text = re.sub(rf'"({ordered})\.(\d+)"', partial(_member, number), text)
    found: list[Act] = json.loads(_renamed_in_order(text.replace('"count": 1, ', "")))
    return found


def _renamed_in_order(text: str) -> str:
    """Renumber new names in their order: `Ada 2`, `Ada 3`."""
    given = dict.fromkeys(re.findall(r'"Ada (\d+)"', text))
    numbers = {number: str(place) for place, number in enumerate(given, 2)}
    return re.sub(r'"Ada (\d+)"', lambda found: f'"Ada {numbers[found[1]]}"', text)


def _member(number: int, found: re.Match[str]) -> str:
    """A member of a group that now has `number` members; the last if it had a higher number."""
    return f'"{found[1]}"' if number == 1 else f'"{found[1]}.{min(int(found[2]), number)}"'


def _made(acts: list[Act]) -> Iterator[tuple[str, int]]:
    """The names of created records, as the machine itself gives them, and how many records each stands for."""
    for step in (step for act in acts for step in act):
        if "create" in step and re.fullmatch(r".+_\d+", step["create"].get("as", "")):
            yield step["create"]["as"], step["create"].get("count", 1)
        if "convert" in step:
            for name in step["convert"].get("as", {}).values():
                yield name, 1
