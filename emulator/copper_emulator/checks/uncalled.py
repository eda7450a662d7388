"""Was the API called at all in a row that is about what it answers? If not, the row has tried nothing."""

from __future__ import annotations

from copper_emulator.checks.bench import Bench
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.shell.delivering.driver import Rounds

BEGINS = 2.0
"""Seconds of real time in which an endpoint that works after its answer must have begun to fetch."""


def wait_for_call(bench: Bench, *, before: int = 0) -> Rounds[bool]:
    """Give an endpoint that works after its answer time to call the API; whether the row has more calls than before."""
    return (yield from bench.until(lambda: len(bench.own_calls) > before, min(bench.plan.patience, BEGINS)))


def not_called(bench: Bench) -> str:
    """That the API was not called meanwhile; with its token, if there is one that counts."""
    return "the API was not called meanwhile" + ("" if bench.plan.any_token else " with its token")


def untried(bench: Bench) -> Finding:
    """What a row ends with that needs a call, and had none."""
    is_refused = bench.calls_here and not bench.api_calls
    if bench.has_called and not is_refused:
        helps = f"choose types for which it fetches ({bench.plan.named('--types', 'types=')})"
    else:
        helps = f"let the endpoint fetch from {_where(bench)}"
    patience = bench.plan.named("--patience", "patience='2s'")
    later = "" if bench.plan.patience else f"; if it fetches after its answer, give it time ({patience})"
    return Finding(Verdict.SKIPPED, not_called(bench), f"To have it tried, {helps}{later}.")


def _where(bench: Bench) -> str:
    api = bench.plan.api
    return "the account's API" if api is None else api.base_url_text(any_token=bench.plan.any_token)


def unless_untried(bench: Bench, found: Finding) -> Rounds[Finding]:
    """The finding, unless the row has passed because the API was not called."""
    if found.verdict is Verdict.PASSED and not (yield from wait_for_call(bench)):
        return untried(bench)
    return found
