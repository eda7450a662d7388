"""What is the shortest list of events that fails in the same way? For when Hypothesis has done what it can.

Hypothesis shrinks the choices that have led to the events, and may leave one that it cannot take away together with
the choices that depend on it. Here the events themselves are taken away, and made plainer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from pytest_copper.conditions import other_orders
from pytest_copper.story import Step
from pytest_copper.written import Written

Options = dict[str, Any]
Case = tuple[Options, list[Step]]
Again = Callable[[Options, list[Step]], Written | None]
"""Lets a case happen again, and gives what was written down if it failed in the same way."""

_MOST = 400
"""Attempts; enough for a dozen events, and an end for what is slow."""


class Shortening:
    """Looks for the shortest case that still fails.

    Args:
        again: lets a case happen again.
    """

    def __init__(self, again: Again) -> None:
        self._again = again
        self._left = _MOST

    def of(self, case: Case) -> Case:
        """The case without anything that it can do without."""
        while True:
            better = next((found for each in _plainer(*case) if (found := self._failing(each)) is not None), None)
            if better is None:
                return case
            case = better

    def _failing(self, case: Case) -> Case | None:
        options, steps = case
        # What comes late comes in another order when an event is missing.
        for each in [options, *other_orders(options)]:
            if self._left == 0:
                return None
            self._left -= 1
            if self._again(each, steps) is not None:
                return each, steps
        return None


def _plainer(options: Options, steps: list[Step]) -> Iterator[Case]:
    """Cases that are a little plainer, those with most taken away first."""
    events = list(_events(steps))
    for number in (2, 1):
        for index in range(len(events) - number + 1):
            yield options, _in_order([step for event in [*events[:index], *events[index + number :]] for step in event])
    for name in options:
        if name != "seed":
            yield {key: value for key, value in options.items() if key not in (name, *_WITH.get(name, ()))}, steps
    for moved in _faults_earlier(events):
        yield options, [step for event in moved for step in event]
    for index, step in enumerate(steps):
        for plainer in _plainer_steps(step):
            yield options, _in_order([*steps[:index], plainer, *steps[index + 1 :]])


def _events(steps: list[Step]) -> Iterator[list[Step]]:
    """What is expected of a step belongs to it."""
    for index, step in enumerate(steps):
        if "expect" not in step:
            yield [step, *(each for each in steps[index + 1 : index + 2] if "expect" in each)]


def _faults_earlier(events: list[list[Step]]) -> Iterator[list[list[Step]]]:
    """What goes wrong before something happens needs no wait in between."""
    for index in range(1, len(events)):
        if _is_fault(events[index]) and not _is_fault(events[index - 1]):
            yield [*events[: index - 1], events[index], events[index - 1], *events[index + 1 :]]


def _is_fault(event: list[Step]) -> bool:
    return bool(event[0].get("faults", "off") != "off")


_WITH = {"latency": ("seed",)}


def _plainer_steps(step: Step) -> Iterator[Step]:
    ((action, part),) = step.items()
    if not isinstance(part, dict):
        return
    for number in range(1, min(part.get("count", 1), 3)):
        yield {action: {**part, "count": number}}
    fields = part.get("fields", {})
    for name in fields if len(fields) > 1 else ():
        yield {action: {**part, "fields": {other: value for other, value in fields.items() if other != name}}}
    names = part.get("records", [])
    for name in names if len(names) > 1 else ():
        yield {action: {**part, "records": [name]}}


def _in_order(steps: list[Step]) -> list[Step]:
    """The same with the names that the events would have had by themselves: `person_1`, and `Ada 2` for a new name."""
    text = json.dumps(steps)
    made = 0
    for step in steps:
        for name, number in _names(step):
            made += 1
            ordered = f"{name.rpartition('_')[0]}_{made}"
            text = text.replace(f'"{name}"', f'"{ordered}"').replace(f'"{name}.', f'"{ordered}.')
            text = re.sub(rf'"({ordered})\.(\d+)"', partial(_member, number), text)
    found: list[Step] = json.loads(_renamed_in_order(text.replace('"count": 1, ', "")))
    return found


def _renamed_in_order(text: str) -> str:
    """New names count the events: `Ada 2`, `Ada 3`."""
    given = dict.fromkeys(re.findall(r'"Ada (\d+)"', text))
    numbers = {number: str(place) for place, number in enumerate(given, 2)}
    return re.sub(r'"Ada (\d+)"', lambda found: f'"Ada {numbers[found[1]]}"', text)


def _member(number: int, found: re.Match[str]) -> str:
    """One of so many; of fewer than there were, the last."""
    return f'"{found[1]}"' if number == 1 else f'"{found[1]}.{min(int(found[2]), number)}"'


def _names(step: Step) -> Iterator[tuple[str, int]]:
    if "create" in step:
        yield step["create"]["as"], step["create"].get("count", 1)
    if "convert" in step:
        for name in step["convert"]["as"].values():
            yield name, 1
