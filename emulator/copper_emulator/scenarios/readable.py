"""Which parts of a scenario can be read although others cannot, so that their mistakes are told at the same time?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from copper_emulator.core.text import meant
from copper_emulator.scenarios.model import Content, Step, Subscription

M = TypeVar("M", bound=BaseModel)

_NAME_NOTHING = frozenset(
    {"at", "advance", "run_until_idle", "faults", "update", "delete", "resubscribe", "unsubscribe", "refused"}
    | {"expect", "expect_none", "expect_totals"}
)
"""Keys of steps on which no later step depends: none of them names anything."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The subscriptions and steps that can be read; in the place of one that cannot there is None."""

    settings: Mapping[str, Any]
    subscriptions: Mapping[str, Subscription | None]
    steps: tuple[Step | None, ...]

    @classmethod
    def of(cls, content: Content) -> Parts:
        """All parts of a scenario that can be read as a whole."""
        return cls(content.settings, content.subscriptions, content.steps)

    @classmethod
    def beside(cls, value: Mapping[str, Any]) -> Parts:
        """The parts that can be read of a scenario that cannot, up to the first wrong step that may name something.

        What that one names is unknown, and every use of it later would look like a mistake.
        """
        settings, subscriptions, steps = (value.get(name) for name in ("settings", "subscriptions", "steps"))
        read: list[Step | None] = []
        for each in steps if isinstance(steps, list) else ():
            step = _read(Step, each)
            if step is None and not _names_nothing(each):
                break
            read.append(step)
        found = subscriptions if isinstance(subscriptions, dict) else {}
        return cls(
            settings if isinstance(settings, dict) and all(isinstance(name, str) for name in settings) else {},
            {str(name): _read(Subscription, each) for name, each in found.items()},
            tuple(read),
        )


def _read(model: type[M], value: object) -> M | None:
    try:
        return model.model_validate(value)
    except ValidationError:
        return None


def _names_nothing(step: object) -> bool:
    known = Step.model_fields
    return isinstance(step, dict) and all(meant(str(key), known) in _NAME_NOTHING for key in step)
