"""What has happened in an example, as a scenario file that can be pasted and replayed."""

from __future__ import annotations

from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from copper_emulator.core.errors import ScenarioError, raised_on_purpose
from copper_emulator.scenarios.lines import read as read_yaml
from copper_emulator.scenarios.lines import unmarked
from copper_emulator.scenarios.load import Scenario, load, parse

__tracebackhide__ = raised_on_purpose

Act: TypeAlias = list[dict[str, Any]]
"""Steps of a scenario that belong together: what the endpoint believes is judged after the last of them."""

_ENDLESS = 1_000_000
"""Columns: wide enough for each step to stay on one line."""


class Written:
    """A scenario while it is being written."""

    def __init__(self, name: str, settings: Mapping[str, Any], secret: Mapping[str, str] | None) -> None:
        self.settings = dict(settings)
        self.subscriptions: dict[str, dict[str, Any]] = {}
        self.acts: list[Act] = []
        self._name = name
        self._secret = secret

    @property
    def steps(self) -> Act:
        """All steps so far, in order."""
        return [step for act in self.acts for step in act]

    def __str__(self) -> str:
        lines = [f"name: {_flow(self._name)}"]
        if self.settings:
            # A set, as `allow` may be, is a list in YAML.
            plain = {
                name: sorted(value, key=str) if isinstance(value, Set) else value
                for name, value in self.settings.items()
            }
            lines.append(f"settings: {_flow(plain)}")
        if self._secret is not None:
            lines.append(f"secret: {_flow(dict(self._secret))}")
        if self.subscriptions:
            lines.append("subscriptions:")
            lines += [f"  {name}: {_flow(each)}" for name, each in self.subscriptions.items()]
        lines.append("steps:")
        for step in self.steps:
            first, *others = [f"{name}: {_flow(part)}" for name, part in step.items()]
            lines += [f"  - {first}", *(f"    {other}" for other in others)]
        return "\n".join(lines) + "\n"


def _flow(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=_ENDLESS, sort_keys=False)
    # After a plain scalar, YAML writes an end-of-document mark.
    return text.removesuffix("\n").removesuffix("\n...")


def read(scenario: str | Path) -> tuple[dict[str, Any], list[Act]]:
    """The settings and the steps of a scenario, given as a file, a name, or the text itself.

    Raises ScenarioError as `copper.play` does, and for steps at a fixed time, which cannot be played one by one.
    """
    found, content = _read(scenario)
    steps = content["steps"]
    for index, step in enumerate(steps):
        if "at" in step:
            line = found.line_of("steps", index)
            raise ScenarioError(f"{found.source}:{line}: a machine plays no step with `at`; advance before it")
    return content.get("settings") or {}, acts(steps)


def _read(scenario: str | Path) -> tuple[Scenario, dict[str, Any]]:
    # A file name has neither.
    if isinstance(scenario, str) and ("\n" in scenario or ": " in scenario):
        found, text = parse(scenario, "scenario"), scenario
    else:
        found = load(scenario)
        text = Path(found.source).read_text(encoding="utf-8-sig")
    # Read as `load` does: `off` is not False, and pytest's `E` before the lines does no harm.
    content: dict[str, Any] = read_yaml(unmarked(text))[0]
    return found, content


def acts(steps: Act) -> list[Act]:
    """Group the steps: an expectation belongs to the step before it."""
    together: list[Act] = []
    for step in steps:
        if "expect" in step and together:
            together[-1].append(step)
        else:
            together.append([step])
    return together
