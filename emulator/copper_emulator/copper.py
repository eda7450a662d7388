"""The synchronous face: the account that the `copper` fixture yields.

This file is a little longer than most, so that its class can be read in one piece, beside its asynchronous twin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from copper_emulator.argument_errors import written_like
from copper_emulator.core.errors import raised_on_purpose
from copper_emulator.core.model import Change, Delivery, EntityType
from copper_emulator.core.records.record import Record
from copper_emulator.expectation import Expectation
from copper_emulator.face import Face, records_of
from copper_emulator.operations import HOUR, longest, span
from copper_emulator.records import Act
from copper_emulator.shell.any_tenant import AnyTenant
from copper_emulator.shell.delivering.driver import Rounds
from copper_emulator.shell.delivering.in_tests import SyncDispatcher
from copper_emulator.shell.delivering.thread_turns import ThreadTurns
from copper_emulator.shell.running_loop import check_thread
from copper_emulator.typed_records import (
    Activities,
    Companies,
    Leads,
    Opportunities,
    People,
    Projects,
    Tasks,
)

if TYPE_CHECKING:
    from copper_emulator.checks.report import Report
    from copper_emulator.remote import RemoteCopper
    from copper_emulator.scenarios import ScenarioResult
    from copper_emulator.scenarios.stepwise import Stepwise

__tracebackhide__ = raised_on_purpose

T = TypeVar("T")


class Copper(Face):
    """An emulated Copper account. A call that lets time pass returns once everything due has been delivered.

    The records, by type:

        people          person
        leads           lead
        companies       company
        opportunities   opportunity
        projects        project
        tasks           task
        activities      activity_log

    What they refer to (users, statuses, pipelines, custom fields) is in `lookups`.
    """

    leads = records_of(EntityType.LEAD, Leads)
    people = records_of(EntityType.PERSON, People)
    companies = records_of(EntityType.COMPANY, Companies)
    opportunities = records_of(EntityType.OPPORTUNITY, Opportunities)
    projects = records_of(EntityType.PROJECT, Projects)
    tasks = records_of(EntityType.TASK, Tasks)
    activities = records_of(EntityType.ACTIVITY_LOG, Activities)

    def _begin(self) -> None:
        super()._begin()
        self._turns = ThreadTurns()

    @cached_property
    def _dispatcher(self) -> SyncDispatcher:
        return SyncDispatcher(self._here, self._host)

    @staticmethod
    def connect(url: str, *, account: str | None = None, token: str | None = None) -> RemoteCopper:
        """Connect to an account of a running server; the result has the same methods.

        When a call returns, everything it made due has been delivered, whether or not the server's clock is frozen.

        Args:
            url: where the server listens, like `http://127.0.0.1:2929`.
            account: which of the server's accounts, if there are several.
            token: the account's API key; an account without one is given this one.

        Raises:
            UsageError: nothing answers at that URL, or there is no such account.
        """
        from copper_emulator.remote import RemoteCopper, connect

        return connect(RemoteCopper, url, account=account, token=token)

    def start(self, app: object) -> None:
        """Start an ASGI or aiohttp application now, not at its first delivery: for one that subscribes at startup.

        It runs until the account ends. When the call returns, everything its startup made due has been delivered.

        Raises:
            RouteError: its startup failed, or it has none.
            UsageError: the call comes from inside a delivery.
        """
        __tracebackhide__ = True
        self._drive(self._start(app))

    def _start(self, app: object) -> Rounds[list[Delivery]]:
        with self._here.starting(), self._turns.starting():
            self._dispatcher.start(app)
        return (yield from self._operations.settle())

    # --- making things happen -------------------------------------------------------------------------------

    @written_like("copper.fire('person', 'update', ids=17)")
    def fire(
        self,
        type: str,
        event: str,
        *,
        ids: int | Record | Iterable[int | Record],
        updated_attributes: Mapping[str, Any] | None = None,
    ) -> Change:
        """Fire a bare event, which needs no record and creates none.

        If no subscription matches, that is no error: the change's `note` says so.

        Args:
            type: lead, person, company, opportunity, project, task or activity_log.
            event: new, update or delete.
            ids: the records concerned, or their ids; more than 30 become several notifications.
            updated_attributes: {field: (old, new)}, for an update only; new and delete carry none.

        Raises:
            UsageError: the topic does not exist, or the ids or attributes are invalid.
        """
        return self._drive(self._operations.fire(type, event, ids, updated_attributes))

    @written_like("copper.replay(body, target='https://my-app.example/hook')")
    def replay(
        self, body: Mapping[str, Any] | str | Path, *, target: str, headers: Mapping[str, str] | None = None
    ) -> Delivery:
        """Deliver a captured body verbatim: a mapping, JSON text, or a file. Bypasses matching and limits.

        If the endpoint scripts a delayed answer, the call waits for it in virtual time.
        """
        return self._drive(self._operations.replay(body, target, headers))

    @written_like("copper.play('tests/my_scenario.yaml')")
    def play(self, scenario: str | Path) -> ScenarioResult:
        """Play a scenario file against this account. Raises ScenarioFailed, which names the first step that failed."""
        from copper_emulator.scenarios import load_given, play

        __tracebackhide__ = True
        loaded = load_given(scenario)
        return self._drive(play(loaded, self._operations)).checked()

    @written_like("copper.check('https://my-app.example/hook', secret={'key': 's3cret'})")
    def check(
        self,
        target: str,
        *,
        secret: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        no_secret: bool = False,
        types: str | Iterable[str] | None = None,
        only: str | Iterable[str] | None = None,
        skip: str | Iterable[str] | None = None,
        state: Callable[[], object] | None = None,
        patience: timedelta | str = "0",
        time_limit: timedelta | str = "5m",
    ) -> Report:
        """Check how an endpoint copes with what Copper may send it; the report has one row per thing tried.

        The check plays in accounts of its own, which use this account's key, routes and hooks; frozen time moves on.
        Nothing of it appears in this account's journal. A failed report fails the test at its end, unless the test
        looked at it (`checked()`, `ok`, `rows`).

        Args:
            target: the endpoint: a target that has a route, or a loopback URL.
            secret: what the endpoint expects in the body beside the payload, {"key": "s3cret"}.
            headers: what the endpoint expects in the headers.
            no_secret: the endpoint is meant to accept notifications without a secret or headers.
            types: the record types the endpoint handles; all by default.
            only: names of the rows to play; `copper_emulator.check_names()` lists them all.
            skip: names of rows not to play.
            state: returns what the endpoint believes exists, {"person": {17: {"name": "Ada"}}} or {"person": [17]}. It
                may be asynchronous, and is then awaited on the loop of the endpoint.
            patience: how long `state` may take to become right, in real time: "2s" if work goes on after the answer.
                It needs a `state`; without one, wait for such work in an `after_delivery` hook.
            time_limit: no further row starts after this much real time.

        Raises:
            UsageError: there is no row or type of that name, or the state cannot be understood.
            Invalid: the target cannot be subscribed.
        """
        from copper_emulator.checks.plan import plan_of
        from copper_emulator.checks.run import check

        plan = plan_of(
            target,
            secret=secret,
            headers=headers,
            no_secret=no_secret,
            types=types,
            only=only,
            skip=skip,
            state=state,
            patience=patience,
            time_limit=time_limit,
        )
        return self._reported(self._drive(check(self._here, plan, manner=self._dispatcher.manner(target))))

    # --- time -----------------------------------------------------------------------------------------------

    def settle(self) -> list[Delivery]:
        """Deliver what is due now, without moving the clock. Returns what was delivered, in order."""
        return self._drive(self._operations.settle())

    def advance(self, delta: timedelta | str | None = None, /, **parts: float) -> list[Delivery]:
        """`advance(minutes=10)` or `advance("10m")`: from deadline to deadline, up to and including now + 10 minutes.

        Raises:
            TimeError: the span is zero or negative (use settle()), or the call comes from inside a delivery.
        """
        return self._drive(self._operations.advance(span(delta, parts)))

    def run_until_idle(self, *, limit: timedelta | str = HOUR) -> list[Delivery]:
        """Move the clock from deadline to deadline until nothing is waiting. Raises NotIdle beyond `limit` ("1h")."""
        return self._drive(self._operations.run_until_idle(longest(limit)))

    # --- judging: settles first, never moves the clock ------------------------------------------------------

    @written_like("copper.expect('person', 'update', ids=17)")
    def expect(
        self,
        type: str,
        event: str,
        *,
        ids: int | Record | Iterable[int | Record] | None = None,
        updated_attributes: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        target: str | None = None,
        status: int | None = None,
        outcome: str | None = None,
        count: int | None = None,
    ) -> list[Delivery]:
        """Return the deliveries that match, and claim them: an identical second call needs further ones.

        Args:
            type: lead, person, company, opportunity, project, task or activity_log.
            event: new, update or delete.
            ids: records or their ids: exactly the union over the claimed deliveries, in any order.
            updated_attributes: {field: (old, new)} for the fields that matter; {} fits only an empty one, at any level.
            body: the keys of the notification that matter, which may include secret keys; {} as above.
            target: the subscription's target.
            status: the status the endpoint answered; by default, if outcome is not given either, any 2xx.
            outcome: delivered, rejected, failed, dropped, lost, blocked, cancelled or unknown.
            count: the exact number of deliveries.

        Raises:
            ExpectationError: names the closest deliveries, field by field, and says what to do.
        """
        __tracebackhide__ = True
        expectation = Expectation.of(
            type,
            event,
            ids=ids,
            updated_attributes=updated_attributes,
            body=body,
            target=target,
            status=status,
            outcome=outcome,
            count=count,
        )
        return self._drive(self._operations.expect(expectation))

    @written_like("copper.expect_none('person', 'update', ids=17)")
    def expect_none(
        self,
        type: str | None = None,
        event: str | None = None,
        *,
        ids: int | Record | Iterable[int | Record] | None = None,
        target: str | None = None,
    ) -> None:
        """Assert that nothing unclaimed went out: of this type and event, about any of these ids, to this target.

        Raises:
            ExpectationError: names what did go out, and says how to claim it.
        """
        __tracebackhide__ = True
        expectation = Expectation.of(type, event, ids=ids, target=target)
        self._drive(self._operations.expect_none(expectation))

    # --- for Emulator and Records ---------------------------------------------------------------------------

    @property
    def _of_records(self) -> tuple[AnyTenant, Callable[[Act], Any]]:
        return self._tenant, self._write

    def _write(self, act: Act) -> Any:
        return self._drive(self._operations.write(act))

    def _drive(self, rounds: Rounds[T]) -> T:
        __tracebackhide__ = True
        check_thread(self._here)
        return self._turns.drive(rounds, self._dispatcher.send, self._operations.settle)

    def close(self) -> None:
        """Leave the host and shut down the applications that were started; Emulator calls this."""
        try:
            self.leave()
        finally:
            self.stop_apps()

    def stop_apps(self) -> None:
        """Shut down the applications that were started."""
        if "_dispatcher" in vars(self):
            self._dispatcher.close()


def stepwise(copper: Copper, *, secret: Mapping[str, str] | None = None) -> Stepwise:
    """Play the steps of a scenario on an account as they are decided; `pytest_copper.machine` uses it.

    Not a method, because it has no asynchronous counterpart.
    """
    from copper_emulator.scenarios.stepwise import Stepwise

    return Stepwise(copper._operations, copper._drive, secret)  # noqa: SLF001 - part of the same face
