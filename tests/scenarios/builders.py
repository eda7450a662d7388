"""Shortcuts for scenarios written in tests: they take a text, and return how it was played."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from copper_emulator import Copper, Received, ScenarioError
from copper_emulator.scenarios import Performance, ScenarioResult, parse, perform

HEAD = """\
name: story
subscriptions:
  made: {topic: person/new, target: /hook}
  changed: {topic: person/update, target: /hook}
steps:
"""
"""Five lines before the first step, which is therefore on line 6."""


def story(steps: str) -> str:
    """A scenario with these steps."""
    return HEAD + dedent(steps).lstrip("\n")


def performed(text: str) -> Performance:
    """Play a scenario against the built-in endpoint."""
    return perform(parse(text, "story.yaml"), settings={})


def mistake_in(text: str) -> str:
    """The error message for a scenario's text."""
    with pytest.raises(ScenarioError) as raised:
        parse(text, "story.yaml")
    return str(raised.value)


def failure_of(text: str) -> str:
    """Why a scenario fails against the built-in endpoint."""
    result = performed(text).result
    assert not result.passed
    return result.failure


def answering(copper: Copper, answer: Callable[[Received], object]) -> None:
    """Route the targets of scenarios that are only paths."""
    copper.route("https://endpoint.example", answer)


__all__ = ["HEAD", "Performance", "ScenarioResult", "answering", "failure_of", "mistake_in", "performed", "story"]
