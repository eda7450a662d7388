"""Plays a scenario on an account: each step in order, at its time, up to the first that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from copper_emulator.claiming import ExpectationError
from copper_emulator.core.errors import CopperEmulatorError, TimeError, UsageError
from copper_emulator.operations import Operations
from copper_emulator.scenarios.acts import Acts, Done
from copper_emulator.scenarios.load import Scenario
from copper_emulator.scenarios.model import Step
from copper_emulator.scenarios.result import ScenarioResult, StepResult
from copper_emulator.scenarios.span import totals
from copper_emulator.scenarios.words import adopt_text, moment_text, step_text, subscribe_text
from copper_emulator.shell.delivering.driver import Rounds
from copper_emulator.timeline import timeline

OnStep = Callable[[StepResult], object]


def play(
    scenario: Scenario,
    operations: Operations,
    *,
    on_step: OnStep | None = None,
    prepared: bool = False,
    adopts: bool = False,
) -> Rounds[ScenarioResult]:
    """Play a scenario on an account, up to the first step that fails; the result says which.

    `on_step` is called after each step. The account keeps the scenario's settings afterwards; one that is `prepared`
    has them already. With `adopts` it makes no subscriptions but uses the account's own to the same topics.

    Raises:
        UsageError: the scenario needs other settings than the account has, and something has already happened in it.
    """
    yield from operations.settle()
    if not prepared:
        _use_settings(scenario, operations)
    player = _Player(scenario, operations, adopts=adopts)
    played: list[StepResult] = []
    try:
        for number, line, text, act in player.script():
            step = yield from player.played(number, line, text, act)
            played.append(step)
            if on_step is not None:
                on_step(step)
            if not step.passed:
                break
    finally:
        player.end()
    return player.result(played)


def _use_settings(scenario: Scenario, operations: Operations) -> None:
    tenant, named = operations.tenant, scenario.content.settings
    wanted = tenant.own_settings.with_changes(named)
    if wanted == tenant.settings:
        return
    if tenant.account.journal.entries:
        what = f"the settings {', '.join(named)}" if named else "the settings that this account began with"
        raise UsageError(
            f"{scenario.source} needs {what}, and something has happened in this account already: play it in a test of "
            "its own, after copper.reset(), or on an account created with these settings"
        )
    tenant.use_settings(wanted)


class _Player:
    """One performance of a scenario."""

    def __init__(self, scenario: Scenario, operations: Operations, *, adopts: bool) -> None:
        self._scenario = scenario
        self._adopts = adopts
        self._operations = operations
        self._tenant = operations.tenant
        self._acts = Acts(operations, scenario.content.secret, scenario.folder)

    def script(self) -> Iterator[tuple[int, int, str, Callable[[], Done]]]:
        """Everything to play, in order: number, line, description, and the act itself."""
        content, line_of = self._scenario.content, self._scenario.line_of
        for name, subscription in content.subscriptions.items():
            act = partial(self._acts.adopt if self._adopts else self._acts.subscribe, name, subscription)
            text = (adopt_text if self._adopts else subscribe_text)(name, subscription)
            yield 0, line_of("subscriptions", name), text, act
        for index, step in enumerate(content.steps):
            yield index + 1, line_of("steps", index), step_text(step), partial(self._step, step)

    def played(self, number: int, line: int, text: str, act: Callable[[], Done]) -> Rounds[StepResult]:
        """Play one act; returns how it went."""
        before, failure = self._ended, ""
        try:
            rounds = act()
            if rounds is not None:
                yield from rounds
        except (ExpectationError, CopperEmulatorError) as error:
            failure = str(error)
        at = self._tenant.clock.now() - self._acts.start
        return StepResult(number, line, text, at, self._ended - before, failure)

    @property
    def _ended(self) -> int:
        """How many notifications have ended."""
        return len(self._tenant.account.journal.deliveries)

    def end(self) -> None:
        """Undo what would otherwise outlast it."""
        self._acts.end()

    def result(self, played: list[StepResult]) -> ScenarioResult:
        """What was played, with its part of the journal."""
        first, start = self._acts.first_entry, self._acts.start
        with self._tenant.lock:
            account = self._tenant.account
            shown = timeline(account.journal.entries[first:])
            counted = totals(account, first, start, self._tenant.clock.now() + 1, None)
        content, source = self._scenario.content, self._scenario.source
        return ScenarioResult(
            content.name, source, tuple(played), len(content.steps), counted["sent"], shown, counted["waiting"]
        )

    def _step(self, step: Step) -> Rounds[None]:
        if step.at is not None:
            yield from self._until(step.at)
        try:
            yield from self._acts.perform(step)
        except ExpectationError as error:
            note = self._acts.own_writes(getattr(step, step.action))
            raise ExpectationError(f"{error}\n{note}" if note else str(error)) from None

    def _until(self, at: int) -> Rounds[None]:
        yield from self._operations.settle()
        wait = self._acts.start + at - self._tenant.clock.now()
        if wait < 0:
            already = moment_text(self._tenant.clock.now() - self._acts.start)
            raise TimeError(f"{moment_text(at)} is in the past: it is already {already}, and time only moves forward")
        if wait > 0:
            yield from self._operations.advance(wait)
