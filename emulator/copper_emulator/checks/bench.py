"""What rows work with: an account and its records, what the endpoint answered, and what it believes.

It is longer than other modules so that anyone who writes a row finds all of that in one class.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

from copper_emulator.checks.earlier import Earlier, fetches_due
from copper_emulator.checks.forms import other_forms
from copper_emulator.checks.looking import looked_at
from copper_emulator.checks.state import SURPLUS, Believed, difference, foreign_fields
from copper_emulator.checks.trial import Trial
from copper_emulator.core.account import Account
from copper_emulator.core.call_log import ApiCall
from copper_emulator.core.errors import NotFound
from copper_emulator.core.ids import Counters
from copper_emulator.core.model import Delivery, EntityType, Event, Kind, Outcome, Subscription, Topic
from copper_emulator.core.records import commands
from copper_emulator.core.subscriptions import Draft, parse_create
from copper_emulator.core.text import duration_text
from copper_emulator.core.topics import events_of
from copper_emulator.core.wire import iso
from copper_emulator.durations import HOUR_MS
from copper_emulator.fault_texts import parse_faults
from copper_emulator.operations import LocalOperations, captured
from copper_emulator.settings import Settings
from copper_emulator.shell.check_support import Gate, LateAnswer
from copper_emulator.shell.clock import Clock, VirtualClock, monotonic
from copper_emulator.shell.delivering.driver import Rounds, send_now
from copper_emulator.shell.frozen import frozen_now
from copper_emulator.shell.routing.destinations import Manner
from copper_emulator.shell.tenant import Tenant
from copper_emulator.timeline import masking

if TYPE_CHECKING:
    from copper_emulator.checks.plan import Plan

T = TypeVar("T")

IDS_PER_ROW = 100
"""Ids for each row, unless it makes more records. Rows share none: an endpoint may rightly assume that a deleted id
never comes back."""

LATE_MS = 900_000
"""Copper's longest delay: 15 minutes."""

APART_MS = 1_000
"""Milliseconds between the changes of a record where a row is about something else than changes within one second:
`date_modified` is in whole seconds, and some endpoints take two changes within one for the same."""

_BRIEFLY = 0.5
"""Seconds of patience with the next step of a row that is wrong already."""


_REPLAYED = 0
"""The subscription of what is sent as it is."""


class Bench:
    """What rows are written with. A method that lets time pass is a generator of rounds, as elsewhere.

    Raises Invalid if the target cannot be subscribed.
    """

    def __init__(self, tenant: Tenant, settings: Settings, plan: Plan, manner: Manner) -> None:
        self.tenant = tenant
        self.plan = plan
        self.manner = manner
        self.trial = Trial(0.0, 0.0)
        self.foreign: set[str] = set()
        """Fields in the state that Copper's records do not have, each with its type, like `activity_log.name`."""
        self.other_forms: set[str] = set()
        """Fields that the state has in another form than Copper, each with its type and that form."""
        self.minds_same_names = False
        """Whether the row about that has shown that it fails where records of a type have the same name."""
        self.earlier = Earlier()
        self.lived: list[EntityType] = []
        """Types of which the endpoint has followed a record's whole life."""
        self._settings = settings
        self._counters = Counters(tenant.place)
        self._start, self._began = tenant.now(), monotonic()
        self._operations = LocalOperations(tenant)
        self._number = count(plan.first + 1)
        self._drafts = list(self._drafted())
        self.masked = masking(draft.subscription(0, 0, 0) for draft in self._drafts)
        """Masks the endpoint's secrets in a text."""
        self._has_delivered = False
        self._has_called = False
        self._has_worked = False
        self._subscriptions: dict[tuple[str, str], int] = {}
        self._before_the_rows = tenant.account
        self._has_subscribed = False
        self._ids_beyond = plan.first
        self._made = 0
        """How many records the row has made."""

    @property
    def account(self) -> Account:
        return self.tenant.account

    def events(self, kind: EntityType) -> frozenset[Event]:
        """The events of a type that the endpoint can be notified of."""
        return events_of(kind, self.tenant.settings.profile) if kind in self.plan.types else frozenset()

    @property
    def main(self) -> EntityType | None:
        """The type that most rows use: person, or the first that has all events."""
        usable = self._with_all_events
        return EntityType.PERSON if EntityType.PERSON in usable else next(iter(usable), None)

    @property
    def kind_of_most(self) -> EntityType:
        """The type of rows that need no other event than `new`."""
        return self.main or self.plan.types[0]

    @property
    def beside_main(self) -> EntityType | None:
        """Another type that has all events, if there is one."""
        return next((kind for kind in self._with_all_events if kind is not self.main), None)

    @property
    def _with_all_events(self) -> list[EntityType]:
        return [kind for kind in self.plan.types if len(self.events(kind)) == len(Event)]

    @property
    def has_hooks(self) -> bool:
        """Whether something is called after each delivery, which may wait for the endpoint's work."""
        return bool(self.tenant.hooks.registered)

    # --- before and after a row -----------------------------------------------------------------------------

    @contextmanager
    def row(self, limit: float, ahead: int) -> Iterator[Trial]:
        """Give a row its own account, with every topic of the plan's types subscribed, until the block ends."""
        self._ids_beyond += max(IDS_PER_ROW, self._made)
        self._made = 0
        self._counters.start_records(self._ids_beyond)
        beside = self.tenant.temporary_account(self._settings, self._counters, self._clock(ahead))
        with beside, self.earlier.unhindered(self.tenant.check_options):
            made = [self.tenant.record(partial(_subscribe, draft=draft)) for draft in self._drafts]
            self._subscriptions = {(each.topic.type, each.topic.event): each.id for each in made}
            self.trial = Trial(monotonic(), limit, ahead)
            yield self.trial
            self._has_delivered = self.has_delivered
            self._has_called = self.has_called
            self._has_worked = self.has_worked
            self._has_subscribed = self.has_subscribed
            self.earlier.ended(self.trial.touched, self.deliveries)

    @property
    def api_calls(self) -> int:
        """How often the API was called during this row with the account's token."""
        return self.tenant.account.call_log.total

    @property
    def own_calls(self) -> list[ApiCall]:
        """Those calls, without what the endpoint still asks about the records of earlier rows."""
        return [each for each in self.tenant.account.call_log.calls() if not self.earlier.has(each.path)]

    def _clock(self, ahead: int) -> Clock:
        if frozen_now() is not None:
            # The account's clock takes frozen time along, which the endpoint sees as well.
            return self.tenant.clock
        return VirtualClock(self._start + int((monotonic() - self._began) * 1000) - ahead)

    def _drafted(self) -> Iterator[Draft]:
        rules = self._settings.rules()
        for kind in self.plan.types:
            for event in sorted(self.events(kind)):
                body: dict[str, Any] = {"target": self.plan.target, "type": str(kind), "event": str(event)}
                extras = {"secret": dict(self.plan.secret), "headers": dict(self.plan.headers)}
                body.update({name: extra for name, extra in extras.items() if extra})
                yield parse_create(body, rules)

    @property
    def deliveries(self) -> list[Delivery]:
        """The deliveries that have ended since the row began, without those that a row has let get lost.

        There are none for what the endpoint has subscribed to itself.
        """
        deliveries = [each for each in self.account.journal.deliveries if each.outcome is not Outcome.LOST]
        if not self.subscribed:
            return deliveries
        own = {_REPLAYED, *self._subscriptions.values()}
        return [each for each in deliveries if each.notification.subscription in own]

    @property
    def subscribed(self) -> list[Subscription]:
        """What the endpoint has subscribed to itself, through the API, in this row's account."""
        own = set(self._subscriptions.values())
        with self.tenant.lock:
            return [each for each in self.account.subscriptions if each.id not in own]

    @property
    def has_subscribed(self) -> bool:
        """Whether it has, in this row or before: a service that was just started may do so in any account."""
        early = self.plan.service is not None and len(self._before_the_rows.subscriptions) > 0
        return self._has_subscribed or early or bool(self.subscribed)

    @property
    def has_delivered(self) -> bool:
        """Whether the endpoint has accepted a notification, in this row or an earlier one."""
        return self._has_delivered or any(each.outcome is Outcome.DELIVERED for each in self.deliveries)

    @property
    def has_called(self) -> bool:
        """Whether the API was called, in this row or an earlier one."""
        return self._has_called or self.calls_here

    @property
    def calls_here(self) -> bool:
        """Whether the API was called in this row. Calls with another token count too: they did come here."""
        return self.api_calls > 0 or any(entry.kind is Kind.REFUSED for entry in self.account.journal.entries)

    @property
    def has_worked(self) -> bool:
        """Whether anything has, for which one fetches: a record in the state or, without one, an answer."""
        delivered = [each for each in self.deliveries if each.outcome is Outcome.DELIVERED]
        took = any(each.topic.event is not Event.DELETE for each in delivered)
        return self._has_worked or (took if self.plan.state is None else self.trial.has_right)

    def use_new_ids(self) -> None:
        """Give the next records ids that none of the row has, of whatever type: each type counts for itself."""
        self._counters.start_records(self._ids_beyond + self._made)

    # --- doing ----------------------------------------------------------------------------------------------

    def create(self, kind: EntityType, number: int = 1, **fields: Any) -> Rounds[list[int]]:
        """Create records in one action, each with a name of its own; returns their ids."""
        names = [self.new_name(kind) for _ in range(number)]
        return (yield from self.create_named(kind, names, **fields))

    def create_named(self, kind: EntityType, names: Iterable[str], **fields: Any) -> Rounds[list[int]]:
        """Create a record of each name in one action; returns their ids."""
        rows = [{**self._row(kind, name), **fields} for name in names]
        made = yield from self._operations.write(lambda account, now: account.act(commands.create(kind, rows), now))
        return self.touch(kind, [record.id for record in made])

    def update(self, kind: EntityType, ids: Iterable[int], **fields: Any) -> Rounds[None]:
        """Write the same fields to several records in one action."""
        act = commands.update(kind, list(ids), fields)
        yield from self._operations.write(lambda account, now: account.act(act, now))

    def rename(self, kind: EntityType, ids: Iterable[int], to: str = "") -> Rounds[None]:
        """Give records another name, or activities other details; one that none has had, unless it is given."""
        name = "details" if kind is EntityType.ACTIVITY_LOG else "name"
        yield from self.update(kind, ids, **{name: to or f"Renamed {next(self._number)}"})

    def delete(self, kind: EntityType, ids: Iterable[int]) -> Rounds[None]:
        """Delete records in one action."""
        act = commands.delete(kind, list(ids))
        yield from self._operations.write(lambda account, now: account.act(act, now))

    def convert(self, lead: int, details: Mapping[str, Any]) -> Rounds[dict[EntityType, int]]:
        """Convert a lead; returns what it has become."""
        act = commands.convert(lead, {"details": details})
        became = yield from self._operations.write(lambda account, now: account.act(act, now))
        return {EntityType(name): record.id for name, record in became.items()}

    def seed(self, kind: EntityType, **fields: Any) -> int:
        """Add a record without notifying anybody; returns its id, which may be among the fields."""
        rows = [{**self._row(kind, self.new_name(kind)), **fields}]
        (made,) = self.tenant.record(lambda account, now: account.act(commands.seed(kind, rows), now))
        return int(made)

    def add_entry(self, table: str, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        """Add an entry to one of the tables that records refer to; returns it with its id, which may be given."""
        added: Mapping[str, Any] = self.tenant.record(lambda account, now: account.records.catalogue.add(table, entry))
        return added

    def touch(self, kind: EntityType, ids: list[int]) -> list[int]:
        """Note that the endpoint was told of these records, so its state must have them right."""
        self.trial.touched.update(dict.fromkeys((kind, each) for each in ids))
        return ids

    def body(self, kind: EntityType, event: str, ids: list[int], **others: Any) -> dict[str, Any]:
        """A notification's body as Copper would send it, for sending it in some other way."""
        attributes = {"name": self.renamed(kind, ids[0])} if event == "update" else {}
        # An event that nobody knows yet has no subscription of its own.
        any_of_them = next(iter(self._subscriptions.values()))
        return {
            **self.plan.secret,
            "subscription_id": self._subscriptions.get((kind, event), any_of_them),
            "event": event,
            "type": str(kind),
            "ids": ids,
            "updated_attributes": attributes,
            "timestamp": iso(self.tenant.now()),
            **others,
        }

    def renamed(self, kind: EntityType, record_id: int) -> list[Any]:
        """The pair [old, new] of a rename that ends with the record's present name."""
        return ["Before", (self._truth(kind, record_id) or {}).get("name")]

    def send(self, body: Mapping[str, Any] | str, headers: Mapping[str, str] | None = None) -> Rounds[Delivery]:
        """Send one body as it is."""
        sent = self.plan.headers if headers is None else headers
        return (yield from self._operations.replay(body, self.plan.target, sent))

    def send_both(self, first: Mapping[str, Any], second: Mapping[str, Any], opens: Callable[[], bool]) -> Rounds[None]:
        """Send two bodies as they are, the second while the first is under way, as soon as `opens` says so."""
        target, headers = self.plan.target, self.plan.headers
        attempts = [self._operations.replaying(*captured(body), target, headers) for body in (first, second)]
        self.tenant.check_options.gate = Gate(attempts[-1], opens, _BRIEFLY)
        try:
            yield from send_now(self.tenant, *attempts)
        finally:
            self.tenant.check_options.gate = None

    def send_unknown(self, body: Mapping[str, Any]) -> Rounds[Delivery]:
        """Send a body with an unknown type or event; it is recorded as the `new` of a known type."""
        kind, raw = self.kind_of_most, json.dumps(body).encode()
        topic, ids = Topic(kind, Event.NEW), tuple(body["ids"])
        return (yield from self._operations.replay_as(topic, ids, raw, self.plan.target, self.plan.headers))

    def advance(self, ms: int) -> Rounds[None]:
        """Let virtual time pass."""
        yield from self._operations.advance(ms)

    def apart(self) -> Rounds[None]:
        """Let so much virtual time pass that the next change has another `date_modified`."""
        yield from self.advance(APART_MS)

    def idle(self) -> Rounds[None]:
        """Let virtual time pass until nothing is waiting."""
        yield from self._operations.run_until_idle(HOUR_MS)

    def rest(self) -> Rounds[None]:
        """Let a moment of real time pass in which an endpoint can work."""
        yield []
        yield from self._operations.settle()

    def until(self, holds: Callable[[], bool], seconds: float) -> Rounds[bool]:
        """Wait until something holds, up to that many seconds of real time; whether it does."""
        until = monotonic() + seconds
        while not holds() and monotonic() < until:
            yield from self.rest()
        return holds()

    @contextmanager
    def playing(self, **changes: Any) -> Iterator[None]:
        """Change the account's rules for the length of a block."""
        account = self.account
        before = account.rules
        account.rules = replace(before, **changes)
        try:
            yield
        finally:
            account.rules = before

    @contextmanager
    def fault(self, text: str) -> Iterator[None]:
        """Switch on a fault, written as everywhere, like `latency=15m`, for the length of a block."""
        (fault,) = parse_faults(text)
        self.tenant.record(lambda account, now: account.faults.switch_on(fault, now))
        try:
            yield
        finally:
            self.tenant.record(lambda account, now: account.faults.switch_off(now, lambda each: each == fault))

    @contextmanager
    def together(self) -> Iterator[None]:
        """Send what goes at once in the block concurrently, to async endpoints in this process as well."""
        options = self.tenant.check_options
        options.sends_concurrently, self.tenant.check_measurements.loop_blocked_seconds = True, 0.0
        try:
            yield
        finally:
            options.sends_concurrently = False

    @contextmanager
    def slow_api(self, seconds: float, *, calls: int) -> Iterator[None]:
        """Make each API call take `seconds`, and wait for leftover tasks that make up to `calls` of them in a row."""
        options = self.tenant.check_options
        before, self.tenant.check_measurements.most_api_calls_held = options.background_patience, 0
        options.background_patience = before + seconds * calls
        try:
            with self.fault(f"api.slow={duration_text(round(seconds * 1000))}"):
                yield
        finally:
            options.background_patience = before

    @contextmanager
    def late_answer(self, seconds: float, then: Callable[[], object] = lambda: None) -> Iterator[LateAnswer]:
        """The next answer of the API is long on its way; nobody waits meanwhile for what an endpoint leaves behind.

        `then` is called as soon as it has been made. Hooks, which may wait for the endpoint, run afterwards.
        """
        options = self.tenant.check_options
        before, options.late_answer = options.background_patience, LateAnswer(seconds, then)
        options.background_patience, self.tenant.hooks.are_held = 0.0, True
        try:
            yield options.late_answer
        except BaseException:
            # Nothing of this row concerns a later one.
            self.tenant.hooks.pending.clear()
            raise
        finally:
            options.late_answer, options.background_patience, self.tenant.hooks.are_held = None, before, False

    def answered(self) -> Rounds[None]:
        """Wait until the API holds back no more calls: work that is not done in tasks may still be waiting for them."""
        while self.tenant.check_measurements.api_calls_held:
            yield []

    def late(self, span: str) -> AbstractContextManager[None]:
        """Delay the notifications of what is changed in the block."""
        return self.fault(f"latency={span}")

    def new_name(self, kind: EntityType) -> str:
        """One that no record has had."""
        return f"{kind} {next(self._number)}".capitalize()

    def _row(self, kind: EntityType, name: str) -> dict[str, Any]:
        self._made += 1
        if kind is EntityType.ACTIVITY_LOG:
            parent = {"type": "person", "id": self.seed(EntityType.PERSON)}
            return {"parent": parent, "type": {"category": "user", "id": 0}, "details": name}
        if kind is EntityType.PERSON:
            email = f"person-{next(self._number)}@example.com"
            return {"name": name, "emails": [{"email": email, "category": "work"}]}
        return {"name": name}

    # --- looking --------------------------------------------------------------------------------------------

    def end(self) -> Rounds[None]:
        """Wait until everything is answered, then check the state."""
        yield from self.idle()
        yield from self.compare()

    def compare(self, when: str = "", *, lull: float = 0.0) -> Rounds[None]:
        """Check that the state has the touched records as Copper has them, waiting for it up to `patience` seconds.

        With `lull`, in seconds, the wait is at least that long and starts again after each call of the API: an endpoint
        whose call is refused pauses before it calls again. Without, it starts again after each fetch that is due: a
        queue may have much before it, of earlier rows as well.
        """
        if self.plan.state is None:
            return
        patience = max(self.plan.patience, lull)
        # A row that is wrong already is not worth the whole wait, but must not be blamed for what is under way.
        span = min(patience, _BRIEFLY) if self.trial.wrong else patience
        calls, until = self._progress(lull), monotonic() + span
        looks: list[frozenset[str]] = []
        while True:
            # The last look begins when the wait is over: one may itself take long, while the endpoint works.
            began = monotonic()
            if (now := self._progress(lull)) > calls:
                calls, until = now, began + (patience if lull else span)
            wrong = yield from self._differences()
            if self.trial.wrong.keys() >= set(wrong) or began >= until:
                break
            self.trial.looked(looks, wrong)
            yield from self.rest()
        self.trial.compared = max(self.trial.compared, len(self.trial.touched))
        if wrong and not self.trial.wrong and not any(each.endswith(SURPLUS) for each in wrong):
            self.trial.first_touched = len(self.trial.touched)
            self.trial.first_right = self.trial.first_touched - len(wrong)
        # A lasting difference is recorded once, with the moment it was first seen.
        for each in wrong:
            self.trial.wrong.setdefault(each, f"{when}: {each}" if when else each)

    def _progress(self, lull: float) -> int:
        """How many calls of the API show that the endpoint is still working; none are asked for without patience."""
        if lull:
            return self.api_calls
        return fetches_due(self.account.call_log.calls(), self.deliveries, self.earlier) if self.plan.patience else 0

    def believes_in(self, kind: EntityType, record_id: int) -> Rounds[bool | None]:
        """Whether the state has a record; None without a state."""
        state = yield from self._state()
        return None if state is None else record_id in state.get(kind, {})

    def _state(self) -> Rounds[Believed | None]:
        if self.plan.state is None:
            return None
        return (yield from looked_at(self.tenant, self.plan.state, self.plan.target))

    def _differences(self) -> Rounds[list[str]]:
        state = yield from self._state()
        if state is None:
            return []
        found = []
        for kind, each in self.trial.touched:
            copies, truth = state.get(kind, {}).get(each, ()), self._truth(kind, each)
            if truth is not None:
                self.foreign.update(foreign_fields(kind, copies, truth))
                self.other_forms.update(other_forms(kind, copies, truth))
            found.append(difference(kind, each, copies, truth))
            self.trial.has_right = self.trial.has_right or bool(copies and not found[-1])
        return [text for text in found if text]

    def _truth(self, kind: EntityType, record_id: int) -> Mapping[str, Any] | None:
        with self.tenant.lock:
            try:
                record = self.account.records.get(kind, record_id)
            except NotFound:
                return None
        # A deleted activity can still be read.
        return None if record.get("is_deleted") else record


def _subscribe(account: Account, now: int, *, draft: Draft) -> Subscription:
    return account.subscribe(draft, now)
