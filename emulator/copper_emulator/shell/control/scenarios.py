"""The control API for scenarios: listing them, and playing one on an account."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Self

from aiohttp import web
from pydantic import Field, model_validator

from copper_emulator.core.errors import CopperEmulatorError
from copper_emulator.core.text import choices, sentence
from copper_emulator.core.wire import iso
from copper_emulator.shell.control.bases import Nothing, Shape, Taken
from copper_emulator.shell.control.models import MAX_NUMBER
from copper_emulator.shell.control.operation import Operation, ServerOperation
from copper_emulator.shell.control.setting_texts import differing
from copper_emulator.shell.guarding import Refused
from copper_emulator.shell.served.account import ServedAccount
from copper_emulator.shell.served.accounts import Accounts
from copper_emulator.shell.served.runs import Offer, Play, PlayedStep, Player, Run, RunState

_LARGE = 2 * 1024 * 1024
"""Bytes allowed in a request with a scenario in it."""

_MOST_SECONDS = 60.0


class StartRun(Taken):
    """Which scenario to play: one of the server's, by name, or the text of one."""

    name: str | None = Field(None, max_length=200, examples=["first_notification"])
    scenario: str | None = Field(None, max_length=1_000_000, description="instead of a name: the text of its file")
    target: str | None = Field(
        None,
        max_length=2048,
        description="receives all of its notifications; by default its targets go where the routes lead",
    )
    reset: bool = Field(False, strict=True, description="reset the account before playing")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.name is None) == (self.scenario is None):
            raise ValueError("takes either name or scenario")
        return self


class OfRun(Taken):
    """Which run, and how long to wait for news of it."""

    run: int = Field(ge=1, le=MAX_NUMBER, description="in the path: its number")
    after: int | None = Field(
        None, ge=0, le=MAX_NUMBER, description="answer once more than this many steps were played"
    )
    timeout: float = Field(30.0, gt=0, le=_MOST_SECONDS, description="seconds to wait for that, in real time")


class ScenarioShape(Shape):
    """A scenario that the server can play by its name."""

    name: str
    title: str
    shows: str
    about: str = Field(description="what a correct endpoint does with it and what a wrong one does, for people to read")
    steps: int
    settings: list[str] = Field(description="the names of the settings it needs; it then needs a fresh account")
    fault: str | None = Field(description="why it cannot be played, else null")

    @classmethod
    def of(cls, offer: Offer) -> ScenarioShape:
        return cls(
            name=offer.name,
            title=offer.title,
            shows=offer.shows,
            about=offer.about,
            steps=offer.steps,
            settings=list(offer.settings),
            fault=offer.fault or None,
        )


class ScenariosShape(Shape):
    """All scenarios, by name."""

    scenarios: list[ScenarioShape]


class StartedShape(Shape):
    """A run has begun."""

    run: int


class CheckedShape(Shape):
    """A scenario that can be played."""

    title: str
    total_steps: int


class PlayedShape(Shape):
    """One step as it was played."""

    number: int = Field(description="counts from 1; 0 is what is subscribed before the first step")
    line: int = Field(description="where it is in the file")
    text: str
    at_ms: int = Field(description="the scenario's time at its end, in milliseconds")
    ended: int = Field(description="notifications that ended during it")
    passed: bool
    message: str | None = Field(description="what was wrong, else null")

    @classmethod
    def of(cls, step: PlayedStep) -> PlayedShape:
        return cls(
            number=step.number,
            line=step.line,
            text=step.text,
            at_ms=step.at_ms,
            ended=step.ended,
            passed=not step.failure,
            message=step.failure or None,
        )


class RunShape(Shape):
    """One run at a glance."""

    run: int
    name: str | None = Field(description="null if the text was sent")
    title: str
    state: RunState
    played: int = Field(description="steps so far")
    total_steps: int
    started_at: str
    ended_at: str | None
    sent: int | None = Field(description="notifications, once it is over")
    waiting: int | None = Field(description="notifications that had not ended by then")
    left: list[str] = Field(description="settings that the account keeps, like latency 0-15m, until a reset")
    failure: str | None = Field(description="what went wrong, else null")


class RunsShape(Shape):
    """The runs of an account, newest first."""

    runs: list[RunShape]


class WholeRunShape(RunShape):
    """One run with its step log."""

    steps: list[PlayedShape]
    verdict: str | None = Field(description="what else went wrong that no step asked about, else null")
    timeline: list[str] = Field(description="what happened, for people to read, once it is over")
    drawn_from: int | None = Field(description="the seed, if anything was drawn from it")


async def list_scenarios(accounts: Accounts, request: web.Request, params: Nothing) -> ScenariosShape:
    """List the scenarios that can be played by name."""
    player = _player(accounts.plan.player)
    offers = await asyncio.to_thread(player.offers)
    return ScenariosShape(scenarios=[ScenarioShape.of(offer) for offer in offers])


async def start_run(served: ServedAccount, params: StartRun) -> StartedShape:
    """Play a scenario on the account, in virtual time: if its clock is running, it stands still until the end.

    A scenario that needs other settings can be played only on an account in which nothing has happened. `reset` makes
    it such an account, with the server's own settings and the scenario's.
    """
    play = _wanted(served, params)
    under_way = served.runs.playing
    if under_way is not None:
        raise Refused(409, f"run {under_way.number} is being played; wait for its end")
    play.check(served.tenant)
    # The run counts from now on: a request to play another while this one is being prepared is refused.
    run = served.runs.begin(params.name, play, served.tenant.now())
    try:
        await _prepare(served, play, reset=params.reset)
        task = served.spawn(_play(served, play, run))
    except BaseException:
        served.runs.forget(run)
        raise
    task.add_done_callback(lambda _: run.mark_broken_off(served.tenant.now()))
    return StartedShape(run=run.number)


async def check_scenario(served: ServedAccount, params: StartRun) -> CheckedShape:
    """Check whether a scenario can be understood, without playing it. Faults are answered as when playing it."""
    play = _wanted(served, params)
    play.check(served.tenant)
    return CheckedShape(title=play.title, total_steps=play.total_steps)


async def list_runs(served: ServedAccount, params: Nothing) -> RunsShape:
    """List the runs of scenarios, newest first."""
    return RunsShape(runs=[RunShape(**_at_a_glance(run)) for run in served.runs][::-1])


async def show_run(served: ServedAccount, params: OfRun) -> WholeRunShape:
    """Show one run with its steps. With `after`, answer once more steps than that were played, or the run is over."""
    run = served.runs.find(params.run)
    if run is None:
        kept = sentence(choices("run", [each.number for each in served.runs]))
        raise Refused(404, f"there is no run {params.run} of this account", hint=kept)
    if params.after is not None:
        await run.wait_for_steps(params.after, params.timeout)
    end = run.end
    return WholeRunShape(
        **_at_a_glance(run),
        steps=[PlayedShape.of(step) for step in run.steps],
        verdict=end.verdict or None if end is not None else None,
        timeline=end.timeline.splitlines() if end is not None else [],
        drawn_from=end.drawn_from if end is not None else None,
    )


SCENARIOS = ServerOperation("GET", "/scenarios", "All scenarios", Nothing, ScenariosShape, list_scenarios)

SCENARIO_OPERATIONS: tuple[Operation[Any], ...] = (
    Operation("POST", "/scenarios/run", "Play a scenario", StartRun, StartedShape, start_run, _LARGE),
    Operation("POST", "/scenarios/check", "Check a scenario", StartRun, CheckedShape, check_scenario, _LARGE),
    Operation("GET", "/scenarios/runs", "All runs", Nothing, RunsShape, list_runs),
    Operation("GET", "/scenarios/runs/{run}", "Follow a run", OfRun, WholeRunShape, show_run),
)


def _player(player: Callable[[], Player] | None) -> Player:
    if player is None:
        raise Refused(409, "this server was started without scenarios", hint="copper-emulator serve has them.")
    return player()


def _wanted(served: ServedAccount, params: StartRun) -> Play:
    player = _player(served.player)
    if params.name is not None:
        return player.named(params.name, params.target)
    return player.written(params.scenario or "", params.target)


async def _prepare(served: ServedAccount, play: Play, *, reset: bool) -> None:
    """Bring the account into the state the scenario needs. Raises Refused."""
    tenant = served.tenant
    if reset:
        # Not the account's own settings: the scenario was not written for them. Except allow_targets, since a scenario
        # must not decide where notifications may really be sent.
        usual = served.plan.settings.with_changes({"allow_targets": tenant.settings.allow_targets})
        await served.begin_anew(play.settings(usual))
        return
    wanted = play.settings(tenant.settings)
    if wanted == tenant.settings:
        return
    if tenant.account.journal.entries:
        needed = ", ".join(differing(wanted, tenant.settings))
        raise Refused(
            409,
            f"{play.title} needs different settings from this account's ({needed}), and something has already happened "
            "in it",
            hint='Play it with --reset ("reset": true), which empties the account first.',
        )
    await served.begin_anew(wanted)


async def _play(served: ServedAccount, play: Play, run: Run) -> None:
    try:
        end = await served.runner.play(lambda: play.rounds(served.tenant, run.add))
    except CopperEmulatorError as error:
        run.failure, run.state = str(error), RunState.FAILED
    except Exception as error:  # noqa: BLE001 - an error in one scenario must not end the server
        run.failure, run.state = f"{type(error).__name__}: {error}", RunState.FAILED
    else:
        run.end, run.failure = end, end.failure or end.verdict
        run.state = RunState.FAILED if run.failure else RunState.PASSED
    run.ended_ms, run.left_settings = served.tenant.now(), differing(served.tenant.settings, served.tenant.own_settings)
    run.wake()


def _at_a_glance(run: Run) -> dict[str, Any]:
    return {
        "run": run.number,
        "name": run.name,
        "title": run.title,
        "state": run.state,
        "played": len(run.steps),
        "total_steps": run.total_steps,
        "started_at": iso(run.started_ms),
        "ended_at": None if run.ended_ms is None else iso(run.ended_ms),
        "sent": None if run.end is None else run.end.sent,
        "waiting": None if run.end is None else run.end.waiting,
        "left": list(run.left_settings),
        "failure": run.failure or None,
    }
