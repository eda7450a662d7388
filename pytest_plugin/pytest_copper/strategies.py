"""Hypothesis strategies for what happens in Copper: fields, changes, notifications, and sequences of changes.

    from hypothesis import given
    from pytest_copper import strategies as copper_st

    @given(fields=copper_st.fields("person"))
    def test_any_person_is_kept(make_copper, fields): ...

Everything drawn is valid: the emulator, like Copper, accepts it. The plainest values come first, so that a failure
shrinks to them: it shows `Ada`.
"""

from __future__ import annotations

from typing import Any

import pytest_copper.require_hypothesis  # noqa: F401 - raises if Hypothesis is missing
from copper_emulator.core.errors import raised_on_purpose

# isort: split
from hypothesis import strategies as st

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.kinds import kind_called
from pytest_copper.drawn_records import bodies, changes, fields
from pytest_copper.story import Story

__tracebackhide__ = raised_on_purpose

__all__ = ["bodies", "changes", "fields", "sequences"]


def sequences(*types: str, most: int = 20) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Sequences of events in the life of records of these types, as the steps of a scenario.

    Each step is possible when its turn comes: records that it updates, merges or converts exist by then.
    """
    kinds = [kind_called(type) for type in types] or [EntityType.PERSON]
    return _sequence(kinds, most)


@st.composite
def _sequence(draw: st.DrawFn, kinds: list[EntityType], most: int) -> list[dict[str, Any]]:
    story = Story(kinds)
    steps = list(story.beginning())
    for step in steps:
        story.happened(step)
    for _ in range(draw(st.integers(1, most))):
        step = draw(st.one_of(story.possible()))
        story.happened(step)
        steps.append(step)
    return steps
