"""Does a service that subscribes when it starts do so anew at every start?

Copper keeps each subscription, so from the second start on every change is notified more than once, until the account
has no room for another. The service is ended and started twice in the row's own account: at the first start nothing is
there of what it subscribed to before, and at the second all of it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from copper_emulator.checks.bench import Bench
from copper_emulator.checks.killing import NEEDS_COMMAND, STARTING
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import Subscription
from copper_emulator.core.rules import MAX_SUBSCRIPTIONS
from copper_emulator.core.text import in_words
from copper_emulator.shell.clock import monotonic
from copper_emulator.shell.delivering.driver import Rounds
from copper_emulator.timeline import masked

_LULL = 1.0
"""Seconds without a call of the API after which it has probably subscribed: many do so after they have begun to
listen."""
_SHOWN = 3


def restarted(bench: Bench) -> Rounds[Finding]:
    """End the service and start it again, and see what it has subscribed to more than once."""
    service = bench.plan.service
    if service is None:
        return Finding(Verdict.SKIPPED, f"it needs {NEEDS_COMMAND}")
    if not bench.has_subscribed:
        yield from _quiet(bench)
    if not bench.has_subscribed:
        return Finding(Verdict.SKIPPED, "it has subscribed to nothing through the API")
    made = bench.subscribed
    for _ in range(2):
        service.end()
        try:
            service.start()
        except UsageError as error:
            return Finding(Verdict.FAILED, f"it was told to end, and did not start again: {error}", STARTING)
        yield from _quiet(bench)
        before, made = made, bench.subscribed
        if several := _several(made):
            # What a service says each time it starts explains nothing.
            service.printed(late=False)
            starts = "started twice, it subscribed both times: " if before else "started once: "
            evidence = f"ended and, in an account that was new to it, {starts}there {several}"
            evidence = masked(evidence, bench.account.journal.subscriptions())
            return Finding(Verdict.FAILED, evidence, ADVICE if before else AT_ONCE)
        if not made:
            break
    return Finding(Verdict.PASSED, "ended and started again, it subscribed to nothing that it had subscribed to before")


ADVICE = (
    "Before it subscribes, let it list what there is (GET /webhooks), and create only what has no subscription with "
    "this target, type and event yet. What it created at earlier starts stays at Copper: each brings a notification of "
    f"its own for the same change, and an account has room for {MAX_SUBSCRIPTIONS}. Delete the surplus there (DELETE "
    "/webhooks/{id})."
)
AT_ONCE = (
    "Several of its processes do the same when they start (workers, a reloader), and none sees what another is just "
    "creating: subscribe in one place, like a step of the deployment, or under a lock that they share, and list what "
    "there is (GET /webhooks) first."
)


def _quiet(bench: Bench) -> Rounds[None]:
    calls, until = bench.api_calls, monotonic() + _LULL
    while monotonic() < until:
        yield from bench.rest()
        if calls != bench.api_calls:
            calls, until = bench.api_calls, monotonic() + _LULL


def _several(made: Iterable[Subscription]) -> str:
    """What there is more than one subscription for, and how many, after `there`; empty if there is nothing."""
    counted = Counter((each.target, str(each.topic)) for each in made)
    several = {what: number for what, number in counted.items() if number > 1}
    topics = [f"{number} to {topic}" for (_, topic), number in several.items()]
    targets = sorted({target for target, _ in several})
    shown = f"{in_words(topics, most=_SHOWN)}, at {in_words(targets, most=_SHOWN)}"
    return f"are now {shown.replace(' to ', ' subscriptions to ', 1)}" if several else ""
