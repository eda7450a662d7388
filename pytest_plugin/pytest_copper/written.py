"""What has happened, as a scenario file that can be pasted and replayed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

_ENDLESS = 1_000_000
"""Columns: every step stands on one line."""


class Written:
    """A scenario while it is being written."""

    def __init__(self, name: str, settings: Mapping[str, Any], secret: Mapping[str, str] | None) -> None:
        self.settings = dict(settings)
        self.subscriptions: dict[str, dict[str, Any]] = {}
        self.steps: list[dict[str, Any]] = []
        self._name = name
        self._secret = secret

    def __str__(self) -> str:
        lines = [f"name: {_flow(self._name)}"]
        if self.settings:
            lines.append(f"settings: {_flow(self.settings)}")
        if self._secret is not None:
            lines.append(f"secret: {_flow(dict(self._secret))}")
        if self.subscriptions:
            lines.append("subscriptions:")
            lines += [f"  {name}: {_flow(each)}" for name, each in self.subscriptions.items()]
        lines.append("steps:")
        lines += [f"  - {action}: {_flow(part)}" for step in self.steps for action, part in step.items()]
        return "\n".join(lines) + "\n"


def _flow(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=_ENDLESS, sort_keys=False)
    # A single word is followed by the mark of a document's end.
    return text.removesuffix("\n").removesuffix("\n...")


def read(scenario: str | Path) -> dict[str, Any]:
    """What a scenario says, as it stands there: a file, or the text itself."""
    text = scenario.read_text(encoding="utf-8") if isinstance(scenario, Path) else scenario
    content: dict[str, Any] = yaml.safe_load(text)
    return content
