"""Plays a scenario while it is still being written: one step at a time, each decided after the last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from copper_emulator.core.errors import ScenarioError
from copper_emulator.core.model import EntityType
from copper_emulator.operations import Operations
from copper_emulator.scenarios.acts import Acts
from copper_emulator.scenarios.load import step_mistakes
from copper_emulator.scenarios.model import Step, Subscription
from copper_emulator.scenarios.references import StepReader
from copper_emulator.shell.delivering.driver import Rounds


class Stepwise:
    """The steps of one scenario on one account. Names refer to what earlier steps have named.

    Args:
        run: plays rounds to their end.
        secret: what subscriptions send unless they have their own.
    """

    def __init__(
        self, operations: Operations, run: Callable[[Rounds[Any]], Any], secret: Mapping[str, str] | None
    ) -> None:
        self._acts = Acts(operations, None if secret is None else dict(secret), Path())
        self._reader = StepReader(operations.tenant.settings.profile, Path())
        self._run = run

    def subscribe(self, name: str, subscription: Mapping[str, Any]) -> None:
        """Subscribe as an entry under `subscriptions` in a file does. Raises Invalid with Copper's own text."""
        wanted = Subscription.model_validate(subscription)
        self._reader.know_subscription(name)
        self._acts.subscribe(name, wanted)

    def name_of(self, kind: EntityType, record_id: int) -> str | None:
        """The name by which the next step refers to a record; None if no step has named it."""
        return self._acts.name_of(kind, record_id)

    def play(self, step: Mapping[str, Any]) -> None:
        """Read a step and perform it."""
        self.perform(self.read(step))

    def perform(self, step: Step) -> None:
        """Perform what `read` returned. Raises what the step raises if it fails."""
        self._run(self._acts.perform(step))

    def read(self, step: Mapping[str, Any]) -> Step:
        """Read one entry of `steps`, without `at`: it may refer to what the steps read before it have named.

        Raises ScenarioError for what is no step or has no place here.
        """
        try:
            read = Step.model_validate(step)
        except ValidationError as error:
            raise ScenarioError(f"{step!r} is not a step of a scenario: {step_mistakes(error)}") from None
        if read.at is not None:
            raise ScenarioError(f"{step!r}: steps played one by one have no `at`; advance before the step")
        wrong = [f"{'.'.join(map(str, path))}: {text}" for path, text in self._reader.mistakes(read)]
        if wrong:
            raise ScenarioError(f"{step!r} cannot be played: {'; '.join(wrong)}")
        return read
