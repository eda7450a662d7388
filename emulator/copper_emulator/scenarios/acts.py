"""What each action of a scenario does to the account, and what each check looks at.

The actions on records are in `record_acts.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from copper_emulator.claiming import ExpectationError
from copper_emulator.core.errors import ApiError, UsageError
from copper_emulator.core.fault import Fault
from copper_emulator.core.model import EntityType
from copper_emulator.core.subscriptions import parse_create
from copper_emulator.core.text import duration_text
from copper_emulator.expectation import Expectation
from copper_emulator.operations import Operations
from copper_emulator.scenarios.model import (
    Expect,
    ExpectNone,
    ExpectTotals,
    NamedSubscription,
    Resubscribe,
    Step,
    Subscription,
    Which,
)
from copper_emulator.scenarios.record_acts import RecordActs
from copper_emulator.scenarios.span import Watch, own_writes, totals
from copper_emulator.scenarios.targets import whole
from copper_emulator.scenarios.values import Names
from copper_emulator.shell.delivering.driver import Rounds
from copper_emulator.shell.fault_switching import Switched, switch_off_named

Done = Rounds[None] | None
"""An act that lets time pass is a generator of rounds; one that only records something is done when it is called."""


class Acts:
    """The actions on one account, and what the file's names stand for so far."""

    def __init__(self, operations: Operations, secret: dict[str, str] | None, folder: Path) -> None:
        self._operations = operations
        self._tenant = operations.tenant
        self._secret = secret
        self._is_down = False
        self._records = RecordActs(operations, folder)
        self._subscriptions: dict[str, int] = {}
        self._switched: list[Switched] = []
        self.start = operations.tenant.now()
        self.first_entry = len(operations.tenant.account.journal.entries)

    def name_of(self, kind: EntityType, record_id: int) -> str | None:
        """The name by which steps refer to a record; None if no step has named it."""
        return self._records.name_of(kind, record_id)

    def perform(self, step: Step) -> Rounds[None]:
        """Perform a step, or see that the API refuses it, if it says so. Raises what the step raises if it fails."""
        refused = step.refused
        try:
            rounds = self._of(step.action)(getattr(step, step.action))
            if rounds is not None:
                yield from rounds
        except ApiError as error:
            if refused is None:
                raise
            self._tenant.refused(f"{step.action}: {error.status} {error.message}")
            if error.status != refused:
                wrong = f"The API should have refused this with {refused}; it said: {error}"
                raise ExpectationError(wrong) from None
        else:
            if refused is not None:
                raise ExpectationError(f"The API should have refused this with {refused}, but accepted it.")

    def _of(self, action: str) -> Callable[[Any], Done]:
        """The function for the action of this name."""
        known: dict[str, Callable[[Any], Done]] = {
            **self._records.by_name,
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "resubscribe": self._resubscribe,
            "switch_key": self._switch_key,
            "endpoint": self._endpoint,
            "faults": self._faults,
            "advance": self._advance,
            "run_until_idle": self._run_until_idle,
            "expect": self._expect,
            "expect_none": self._expect_none,
            "expect_totals": self._expect_totals,
        }
        return known[action]

    # --- subscriptions, keys and the endpoint ---------------------------------------------------------------

    def subscribe(self, name: str, subscription: Subscription) -> None:
        """Subscribe with the current key, under a name from the file. Raises Invalid with Copper's own text."""
        extras: dict[str, Any] = {
            "secret": subscription.secret if subscription.secret is not None else self._secret,
            "headers": subscription.headers,
            "custom_field_computed_values": subscription.custom_field_computed_values,
        }
        body = {
            "target": whole(subscription.target),
            "type": str(subscription.topic.type),
            "event": str(subscription.topic.event),
            **{key: value for key, value in extras.items() if value is not None},
        }
        made = self._tenant.record(
            lambda account, now: account.subscribe(parse_create(body, account.rules, surface=account.surface), now)
        )
        self._subscriptions[name] = made.id

    def adopt(self, name: str, subscription: Subscription) -> None:
        """Let a name from the file stand for an existing subscription to its topic. Raises UsageError."""
        with self._tenant.lock:
            made = [each for each in self._tenant.account.subscriptions if each.topic == subscription.topic]
        if not made:
            raise UsageError(f"nobody has subscribed to {subscription.topic}")
        self._subscriptions[name] = made[0].id

    def _subscribe(self, subscription: NamedSubscription) -> None:
        self.subscribe(subscription.as_, subscription)

    def _unsubscribe(self, names: Names) -> None:
        for name in names:
            self._remove(self._subscription(name))

    def _resubscribe(self, change: Resubscribe) -> None:
        wanted = self._subscription(change.subscription)
        body = change.changed
        if "target" in body:
            body["target"] = whole(body["target"])
        self._tenant.record(lambda account, now: account.update_subscription(wanted, body, now))

    def _remove(self, subscription: int) -> None:
        self._tenant.record(lambda account, now: account.unsubscribe(subscription, now))

    def _subscription(self, name: str) -> int:
        if name not in self._subscriptions:
            raise UsageError(f"the subscription {name!r} was never made: the API refused it")
        return self._subscriptions[name]

    def _switch_key(self, _: bool) -> None:  # noqa: FBT001 - the file says `switch_key: true`
        self._tenant.switch_key()

    def _endpoint(self, state: str) -> None:
        self._is_down = state == "down"
        if self._is_down:
            self._tenant.take_down()
        else:
            self._tenant.bring_up()

    def _faults(self, faults: tuple[Fault, ...]) -> None:
        if faults:
            self._switched += [Switched(self._tenant, fault) for fault in faults]
        else:
            switch_off_named(self._tenant, ())
            self._switched.clear()

    def end(self) -> None:
        """Bring the endpoint back up, and end the faults that the scenario has switched on, as a `with` block does."""
        if self._is_down:
            self._tenant.bring_up()
        while self._switched:
            self._switched.pop().end()

    # --- time -----------------------------------------------------------------------------------------------

    def _advance(self, span_ms: int) -> Rounds[None]:
        yield from self._operations.advance(span_ms)

    def _run_until_idle(self, limit_ms: int) -> Rounds[None]:
        yield from self._operations.run_until_idle(limit_ms)

    # --- checks ---------------------------------------------------------------------------------------------

    def _expect(self, expect: Expect) -> Rounds[None]:
        expectation = self._expectation(
            expect,
            count=expect.count,
            status=expect.status,
            outcome=expect.outcome,
            body=self._records.resolved(expect.body),
            updated_attributes=self._records.resolved(expect.updated_attributes),
        )
        yield from self._operations.settle()
        if expect.within is None:
            yield from self._operations.expect(expectation)
        else:
            yield from self._expect_within(expectation, expect.within)

    def _expect_within(self, expectation: Expectation, span_ms: int) -> Rounds[None]:
        watch = Watch(expectation, self._tenant, self._operations.claims)
        began = self._tenant.clock.now()
        yield from self._wait_for(watch, began + span_ms)
        try:
            yield from self._operations.expect(expectation)
        except ExpectationError as error:
            comes_at = watch.last_comes_at()
            if comes_at is None or comes_at <= began + span_ms:
                raise
            longer = f"Or let this step wait longer: within: {duration_text(comes_at - began)}."
            raise ExpectationError(f"{error} {longer}") from None

    def _wait_for(self, watch: Watch, latest: int) -> Rounds[None]:
        """Advance from deadline to deadline until the expectation could be met, or nothing more happens in time."""
        while not watch.could_be_met():
            now = self._tenant.clock.now()
            moment = self._tenant.account.next_moment(now)
            if moment is None or moment > latest:
                return
            yield from self._operations.advance(max(moment - now, 1))

    def _expect_none(self, which: ExpectNone) -> Rounds[None]:
        yield from self._operations.expect_none(self._expectation(which))

    def _expect_totals(self, wanted: ExpectTotals) -> Rounds[None]:
        yield from self._operations.settle()
        now = self._tenant.clock.now()
        until = now + 1 if wanted.until is None else self.start + wanted.until
        counted = totals(self._tenant.account, self.first_entry, self.start + wanted.since, until, wanted.topic)
        wrong = [
            f"{total:,} {'was' if total == 1 else 'were'} {name}, not {n:,}"
            for name, n in wanted.wanted.items()
            if (total := counted[name]) != n
        ]
        if wrong:
            all_of_them = ", ".join(f"{name} {total:,}" for name, total in counted.items())
            raise ExpectationError(f"{'; '.join(wrong)}. Altogether: {all_of_them}.")

    def own_writes(self, act: object) -> str:
        """What to say about the endpoint's own writes if a check of how many there were has failed; may be empty."""
        if not isinstance(act, Expect | ExpectNone | ExpectTotals) or (isinstance(act, Expect) and act.count is None):
            return ""
        with self._tenant.lock:
            return own_writes(self._tenant.account, self.first_entry, act.topic)

    def _expectation(self, which: Which, *, body: Mapping[str, Any] | None = None, **rest: Any) -> Expectation:
        kind, event = (None, None) if which.topic is None else (which.topic.type, which.topic.event)
        ids = which.ids if which.records is None else self._records.ids(which.records)
        if which.to is not None:
            body = {**(body or {}), "subscription_id": self._subscription(which.to)}
        return Expectation.of(kind, event, ids=ids, body=body, **rest)
