"""Does the endpoint still do what it has acknowledged if its process ends right after the answer?

Copper makes one attempt, so what was only in the process's memory is lost. The API is slow meanwhile: work that is done
after the answer and begins with a fetch cannot be over when the process is killed.
"""

from __future__ import annotations

from typing import Protocol

from copper_emulator.checks.bench import Bench
from copper_emulator.checks.judging import delivery_text, shortened
from copper_emulator.checks.looking import read
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.checks.state import StateError
from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import Outcome
from copper_emulator.core.text import duration_text
from copper_emulator.shell.clock import monotonic
from copper_emulator.shell.delivering.driver import Rounds

_READY = 10.0
"""Seconds from when it listens until its state can be read."""
_LULL = 2.0
"""Seconds without a call of the API after which it has probably done all it does when it starts."""


class Service(Protocol):
    """The process behind the endpoint, if the check has started it."""

    def end(self) -> None:
        """Tell it to end, and wait until it has; it is killed if it does not."""

    def kill(self) -> bool:
        """End it without a warning; returns whether nobody listens any more."""

    def start(self) -> None:
        """Start it again, and wait until it listens. Raises UsageError if it does not."""

    def ended(self) -> int | None:
        """The exit code if it has ended by itself; None if it runs."""

    def printed(self, *, late: bool) -> list[str]:
        """The last lines of what it has printed since this was last asked; with `late`, it is still printing."""


_RUNS_ON = (
    "something still listens after the command was killed: it runs on without its command, so stop it yourself, and "
    "use --skip killed-after-answer"
)


def killed(bench: Bench) -> Rounds[Finding]:
    """Kill the service right after it has answered, start it again, and see what it knows."""
    service, kind = bench.plan.service, bench.kind_of_most
    if service is None or bench.plan.state is None:
        return Finding(Verdict.SKIPPED, f"it needs {_NEEDS[service is None]}")
    (before,) = yield from bench.create(kind)
    yield from bench.compare(lull=_LULL)
    if bench.trial.wrong:
        return Finding(Verdict.SKIPPED, "its state is wrong in any case")
    with bench.fault("api.slow=1s"):
        yield from bench.create(kind)
        is_over = service.kill()
    last = bench.deliveries[-1]
    evidence = delivery_text(bench, last)
    if not is_over:
        return Finding(Verdict.SKIPPED, _RUNS_ON)
    try:
        service.start()
    except UsageError as error:
        return Finding(Verdict.WARNED, f"{evidence}; then it was killed, and did not start again: {error}", STARTING)
    if last.outcome is not Outcome.DELIVERED:
        return Finding(Verdict.SKIPPED, f"it had not taken what came before the end: {evidence}")
    yield from _readable(bench)
    if not (yield from bench.believes_in(kind, before)):
        return Finding(Verdict.SKIPPED, "it keeps nothing when it ends: what its state had before is gone, too")
    yield from bench.compare(lull=_LULL)
    came = f"{evidence}; then it was killed at once and started again"
    if bench.trial.wrong:
        later = duration_text(round(max(bench.plan.patience, _LULL) * 1000))
        return Finding(Verdict.WARNED, f"{came}; {later} later {shortened(list(bench.trial.wrong.values()))}", ADVICE)
    return Finding(Verdict.PASSED, f"{came}, and has done what it had answered for")


ADVICE = (
    "Store the notification before you answer 2xx, in a table or a queue that outlives the process, and go on with "
    "what is stored when the service starts: Copper makes one attempt, and a deployment or a crash comes any time."
)
STARTING = (
    "A service must start after an end as it does otherwise, also when it was killed: look for a lock or a file with a "
    "process id that is left behind, and for a port that is listened on without SO_REUSEADDR."
)
NEEDS_COMMAND = "the command that starts the service: check URL -- COMMAND"
_NEEDS = {True: NEEDS_COMMAND, False: "the endpoint's state"}


def _readable(bench: Bench) -> Rounds[None]:
    # Many services listen before they are ready. The last word is the comparison's.
    until = monotonic() + _READY
    while bench.plan.state is not None and monotonic() < until:
        try:
            yield from read(bench.tenant, bench.plan.state, bench.plan.target)
        except StateError:
            yield from bench.rest()
        else:
            return
