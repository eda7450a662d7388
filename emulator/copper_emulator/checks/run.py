"""Plays the rows of a check one after the other, and reports on each.

Each has an account of its own and, unless a test has frozen time, a clock of its own. The clock starts as far before
the present as the row plays ahead: an endpoint that looks at its own clock sees no `timestamp` in the future, and none
that is older than Copper's longest delay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from copper_emulator.checks.bench import IDS_PER_ROW, Bench
from copper_emulator.checks.causes import Causes
from copper_emulator.checks.echo import ECHO_DEPTH, endless
from copper_emulator.checks.hints import about_type
from copper_emulator.checks.judging import (
    ABOUT_REDIRECT,
    ELSEWHERE,
    NO_CONTACT,
    NOT_HERE,
    about_path,
    about_refusal,
    also_bad,
    judged,
)
from copper_emulator.checks.keep_alive import connections_as_before
from copper_emulator.checks.lateness import Lateness
from copper_emulator.checks.looking import read
from copper_emulator.checks.meanwhile import about_repeats, unless_refused
from copper_emulator.checks.notes import notes_on
from copper_emulator.checks.plan import Plan
from copper_emulator.checks.presence import LOOKS, Calls, Presence
from copper_emulator.checks.printed import Printed
from copper_emulator.checks.races import AT_ONCE, BURST
from copper_emulator.checks.report import Finding, Report, RowReport, Verdict
from copper_emulator.checks.reviving import Reviving
from copper_emulator.checks.rows import PLAINEST, ROWS, Row
from copper_emulator.checks.state import NobodyThere, StateError, believed
from copper_emulator.checks.trial import TimeIsUp, Trial, timed
from copper_emulator.checks.uncalled import unless_untried
from copper_emulator.core.errors import EchoLoop, NotIdle, UsageError
from copper_emulator.core.ids import Counters
from copper_emulator.core.model import DISTRUSTFUL, EntityType, Outcome, Reason
from copper_emulator.core.rules import MAX_IDS, FetchRace, Latency, OverLimit
from copper_emulator.expectation import how
from copper_emulator.framework_refusals import about_framework
from copper_emulator.settings import Settings
from copper_emulator.shell.clock import monotonic
from copper_emulator.shell.delivering.driver import Rounds
from copper_emulator.shell.routing.destinations import Manner
from copper_emulator.shell.tenant import Tenant

OnRow = Callable[[RowReport], None]

IDS_PER_RUN = IDS_PER_ROW * (len(ROWS) + LOOKS + 1) + BURST
"""How many record ids a run may use."""

_NO_ANSWER = (Reason.TIMED_OUT, Reason.BROKEN_OFF)


def settings_for(own: Settings) -> Settings:
    """An account's settings as a check needs them; what rows vary themselves starts out as Copper has it."""
    return own.with_unchecked(
        {
            "limits": Settings.limits,
            "over_limit": OverLimit.HOLD,
            "latency": Latency(0, 0),
            "batch": MAX_IDS,
            "in_flight": AT_ONCE,
            "echo_depth": ECHO_DEPTH,
            "fetch_race": FetchRace.NONE,
            "faults": (),
            "allow_http": True,
        }
    )


def check(tenant: Tenant, plan: Plan, *, manner: Manner = Manner.APART, on_row: OnRow | None = None) -> Rounds[Report]:
    """Play a plan in accounts of its own, with the tenant's keys, routes and hooks.

    Args:
        tenant: the account.
        plan: what is checked, and how.
        manner: how the endpoint is called.
        on_row: called with the report of each row as it ends.

    Raises:
        UsageError: it was called inside a delivery.
        StateError: the state cannot be understood, which is found before anything is sent.
        Invalid: the target cannot be subscribed.
    """
    if tenant.driving:
        raise UsageError("check() cannot be called inside a delivery")
    began = monotonic()
    if plan.state is not None:
        believed((yield from read(tenant, plan.state, plan.target)))
    settings = settings_for(tenant.settings)
    bench = Bench(tenant, settings, plan, manner)
    running = _Run(bench, on_row, began)
    # Between rows, too, an endpoint that is still working must not reach the test's own account.
    with tenant.temporary_account(settings, Counters(tenant.place), tenant.clock), connections_as_before(tenant):
        rows = yield from running.rows()
    played = [row.name for row in rows if row.verdict is not Verdict.SKIPPED]
    late, seconds = running.lateness.note(), monotonic() - began
    cause = running.causes.common(rows)
    if cause and late:
        # Whoever begins with the row must not look for a mistake where there is none.
        cause, late = f"{cause}. But {late}", ""
    notes = notes_on(bench, (running.calls.note(), late, running.reviving.note()), played, running.cut_off)
    return Report(plan.shown, rows, notes, seconds, tuple(running.cut_off), reached=running.reached, cause=cause)


@dataclass
class _Run:
    bench: Bench
    on_row: OnRow | None
    began: float
    has_sent: bool = False
    has_taken: bool = False
    fails_at_once: bool = False
    """Not even the plainest notification was accepted."""
    takes_a_type: bool = False
    """The whole life of a record of some type was accepted."""
    takes_new_of: EntityType | None = None
    """The type of which at least a `new` was accepted."""
    refused_first: bool = False
    """Whether the first notification of the last row, a `new`, was not accepted."""
    reached: bool = True
    """False if nothing is there that could be sent to."""
    halted: str = ""
    stopped_in: str = ""
    """The row in which what works after the answers has ended."""
    cut_off: list[str] = field(default_factory=list)
    causes: Causes = field(default_factory=Causes)
    presence: Presence = field(init=False)
    calls: Calls = field(init=False)
    printed: Printed = field(init=False)
    reviving: Reviving = field(init=False)
    lateness: Lateness = field(init=False)

    def __post_init__(self) -> None:
        self.presence, self.calls, self.printed = Presence(self.bench), Calls(self.bench), Printed(self.bench)
        self.reviving, self.lateness = Reviving(self.bench, self.presence), Lateness(self.bench)

    def rows(self) -> Rounds[list[RowReport]]:
        done = []
        for row in self.bench.plan.rows:
            began = monotonic()
            if self.halted and not self._is_late():
                self.halted = self.reviving.tried(self.halted)
            reason = self._why_not(row)
            finding = Finding(Verdict.SKIPPED, reason) if reason else (yield from self._in_its_own_account(row))
            final = self._point_to_earlier(row, finding)
            seconds, failed = monotonic() - began, final.verdict is Verdict.FAILED
            printed = self.printed.after(row.name, failed=failed, since=self.stopped_in or row.name)
            by_answers = final.verdict is Verdict.PASSED and row.compares and self.bench.plan.state is None
            played = (row.name, row.about, final.verdict, final.evidence, final.advice, seconds, printed)
            done.append(RowReport(*played, by_answers=by_answers))
            if self.on_row is not None:
                self.on_row(done[-1])
        self.lateness.look()
        return done

    def _point_to_earlier(self, row: Row, finding: Finding) -> Finding:
        # A row that passes has advice only if it gives some itself.
        advice = self._advice_of(row, finding)
        final = self.causes.point_to_earlier(row.name, finding, plain=row.life or row is PLAINEST, several=row.several)
        # What is known of this type, or of all that came so far, says more than that another row has shown it.
        return final if advice == finding.advice else replace(finding, advice=advice)

    def _advice_of(self, row: Row, finding: Finding) -> str:
        """The finding's own, unless something more telling is known: this type alone fails, or nothing works yet."""
        self.takes_a_type = self.takes_a_type or (row.life and finding.verdict is Verdict.PASSED)
        if row is PLAINEST and finding.verdict is Verdict.PASSED:
            self.takes_new_of = self.bench.kind_of_most
        if row.kind is not None and row.life and self._takes_others(row.kind) and finding.advice == row.advice:
            return about_type(row.kind)
        if finding.verdict is not Verdict.FAILED or self.has_taken:
            return finding.advice
        if self.fails_at_once:
            return f"As in row {PLAINEST.name}: nothing has been accepted yet."
        self.fails_at_once = row is PLAINEST
        return finding.advice

    def _takes_others(self, kind: EntityType) -> bool:
        """The first of the types has none before it: that others are taken is known of their beginning alone."""
        return self.takes_a_type or (self.refused_first and self.takes_new_of not in (None, kind))

    def _why_not(self, row: Row) -> str:
        plan = self.bench.plan
        if self.halted:
            return self.halted
        if self._is_late():
            self.cut_off.append(row.name)
            return f"the check had already taken more than {plan.time_limit:.0f} s"
        if row.kind is not None and not self.bench.events(row.kind):
            return "its type is not among the endpoint's"
        if row.all_events and self.bench.main is None:
            return "it needs a type with new, update and delete"
        return "the endpoint is meant to accept all notifications" if row.secret and plan.open else ""

    def _is_late(self) -> bool:
        return monotonic() - self.began > self.bench.plan.time_limit

    def _in_its_own_account(self, row: Row) -> Rounds[Finding]:
        with self.bench.row(row.limit, row.ahead) as trial:
            finding = yield from self._play(row, trial)
            self.calls.after(row.name)
            self.lateness.after(row.name)
            may_have_ended = finding.verdict is Verdict.FAILED and self.calls.may_have_ended()
            if not self.has_sent:
                self.halted = self._no_contact() or ("" if row.secret else self._refused())
            self.halted = self.halted or self._taken_never(row)
            self.has_taken = self.bench.has_delivered
            self.has_sent = self.has_sent or bool(self.bench.deliveries)
            self.refused_first = any(each.outcome is not Outcome.DELIVERED for each in self.bench.deliveries[:1])
            gone = self.presence.gone(row.name, looks=finding.verdict is not Verdict.PASSED)
            crash = self.presence.finding(row.name, gone) if gone else finding
        if gone and row.service:
            # Who ends the service and starts it again has found out more.
            self.halted = f"it has not been running since row {row.name}"
            return finding
        if not gone:
            return (yield from self._unless_stopped(finding)) if may_have_ended else finding
        self.halted = gone
        self.reviving.crashed(row.name)
        return crash

    def _unless_stopped(self, finding: Finding) -> Rounds[Finding]:
        """The finding, unless nothing comes of anything any more; then the other rows would tell nothing new."""
        with self.bench.row(PLAINEST.limit, PLAINEST.ahead) as trial:
            try:
                has_ended = yield from timed(self.calls.has_ended(), trial)
            except TimeIsUp:
                # Something still goes on.
                has_ended = False
        if not has_ended:
            return finding
        self.stopped_in = self.calls.last_row
        self.halted = f"nothing has come of any notification since row {self.stopped_in}"
        return self.calls.stopped(finding)

    def _play(self, row: Row, trial: Trial) -> Rounds[Finding]:
        bench = self.bench
        try:
            return (yield from timed(_whole(bench, row), trial))
        except EchoLoop:
            return endless(bench)
        except NotIdle as error:
            return Finding(Verdict.FAILED, error.why, row.advice)
        except TimeIsUp:
            return Finding(Verdict.FAILED, f"not done after {row.limit:.0f} s", about_repeats(bench) or row.advice)
        except StateError as error:
            if isinstance(error, NobodyThere):
                yield from self.presence.ending()
            return Finding(Verdict.FAILED, str(error) + also_bad(bench), error.advice)

    def _no_contact(self) -> str:
        # If nobody answers the first notification, nobody will answer the others.
        first = next(iter(self.bench.deliveries), None)
        if first is None:
            return ""
        self.reached = first.reason not in NO_CONTACT and first.outcome is not Outcome.BLOCKED
        if not self.reached:
            return "the first notification did not reach the endpoint"
        return "the first notification was not answered" if first.reason in _NO_ANSWER else ""

    def _refused(self) -> str:
        # An endpoint that refuses everything the first row sent does not know the secret or is not at this URL; other
        # rows would tell nothing new.
        sent = self.bench.deliveries
        if sent and (about := about_framework(sent[0])):
            return f"everything that was sent was refused with {sent[0].status}: {about}."
        for statuses, about in (
            (DISTRUSTFUL, about_refusal(self.bench.plan)),
            (NOT_HERE, about_path(sent[0].status if sent else None)),
            (ELSEWHERE, ABOUT_REDIRECT),
        ):
            if sent and all(each.status in statuses for each in sent):
                return f"everything that was sent was refused with {sent[0].status}: {about}"
        return ""

    def _taken_never(self, row: Row) -> str:
        # If only `new` makes it crash, the other rows are worth playing.
        sent = self.bench.deliveries
        if not row.life or not sent or self.bench.has_delivered:
            return ""
        return f"nothing has been accepted up to row {row.name}, a record's whole life: {how(sent[-1])}"


def _whole(bench: Bench, row: Row) -> Rounds[Finding]:
    finding = yield from row.play(bench)
    if finding is None:
        yield from bench.end()
        finding = judged(bench, row.advice)
    if row.fetches and bench.plan.state is None:
        finding = yield from unless_untried(bench, finding)
    return unless_refused(bench, finding) if row.life or row.several or row is PLAINEST else finding
