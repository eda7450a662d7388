"""Plays a scenario while it is still being written: one step after the other, each decided after the last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from copper_emulator.operations import Operations
from copper_emulator.scenarios.acts import Acts
from copper_emulator.scenarios.model import Step, Subscription
from copper_emulator.shell.driver import Rounds


class Stepwise:
    """The steps of one scenario on one account. What a name stands for is known from the steps before.

    Args:
        run: plays rounds to their end.
        secret: what subscriptions send unless they name their own.
    """

    def __init__(
        self, operations: Operations, run: Callable[[Rounds[Any]], Any], secret: Mapping[str, str] | None
    ) -> None:
        self._acts = Acts(operations, None if secret is None else dict(secret), Path())
        self._run = run

    def subscribe(self, name: str, subscription: Mapping[str, Any]) -> None:
        """As what stands under `subscriptions` in a file. Raises Invalid with Copper's own text."""
        self._acts.subscribe(name, Subscription.model_validate(subscription))

    def play(self, step: Mapping[str, Any]) -> None:
        """One of what stands under `steps`, without `at`. Raises what the step's failure raises."""
        read = Step.model_validate(step)
        rounds = self._acts.of(read.action)(getattr(read, read.action))
        if rounds is not None:
            self._run(rounds)
