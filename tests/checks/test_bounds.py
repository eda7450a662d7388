"""A check ends by itself: each row keeps its time limit, and what it leaves behind affects no one."""

from __future__ import annotations

from dataclasses import replace

from copper_emulator import Emulator, Report
from copper_emulator.checks.plan import Plan, rows_of
from copper_emulator.checks.run import check
from copper_emulator.checks.trial import TimeIsUp, Trial, timed
from copper_emulator.core.model import Attempt, Result
from copper_emulator.shell.delivering.driver import Rounds, run_sync

TARGET = "https://app.example/hook"


def played(*limits: tuple[str, float], heard: list[int]) -> Report:
    """Run rows with limits of their own, in this order."""
    rows = [replace(rows_of(name, None)[0], limit=limit) for name, limit in limits]
    with Emulator() as copper:
        copper.route("https://app.example", to=lambda request: heard.append(len(request.json["ids"])))
        plan = Plan(TARGET, TARGET, rows=rows)
        return run_sync(check(copper._here, plan), copper._dispatcher.send)


def test_a_row_ends_at_its_limit() -> None:
    heard: list[int] = []
    report = played(("batch-2", 0.0), heard=heard)

    assert report["batch-2"].evidence == "not done after 0 s"
    assert heard == [2]


def test_a_burst_that_is_broken_off_tells_how_fast_it_went() -> None:
    heard: list[int] = []
    report = played(("burst", 0.0), heard=heard)

    assert report["burst"].evidence.startswith("cut short: ")
    assert len(heard) == 16


def test_what_was_broken_off_does_not_reach_the_next_row() -> None:
    heard: list[int] = []
    report = played(("burst", 0.0), ("batch-2", 60.0), heard=heard)

    assert report["batch-2"].ok, report
    assert heard == [1] * 16 + [2, 2, 2]


def test_rounds_are_told_that_time_is_up() -> None:
    told: list[str] = []

    def rounds() -> Rounds[str]:
        try:
            while True:
                yield []
        except TimeIsUp:
            told.append("up")
            raise

    def send(attempts: list[Attempt]) -> list[Result]:
        return []

    try:
        run_sync(timed(rounds(), Trial(0.0, 0.0)), send)
    except TimeIsUp:
        told.append("raised")

    assert told == ["up", "raised"]
