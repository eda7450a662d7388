"""One account and the path of one event, top to bottom.

    apply     a record changed       -> listeners.py -> latencies.py -> batching.py -> outbox.py
    take      what may be sent now   -> ratelimit.py -> wire.py -> attempts for the shell to send, once each
    conclude  what came back         -> concluding.py -> journal.py

The file is longer than others so that the path can be read in one piece; the details of each step are in its own
module. Nothing here waits or reads a clock: `now` is an argument, in milliseconds, and never decreases.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from copper_emulator.core.active_faults import ActiveFaults
from copper_emulator.core.batching import cut
from copper_emulator.core.call_limits import CallLimits
from copper_emulator.core.call_log import CallLog
from copper_emulator.core.concluding import delivery_by, timeout_result
from copper_emulator.core.draws import Draws
from copper_emulator.core.echo import FROM_ANYBODY, NO_LINK, Link, deepest, echo_text, link_of, not_followed
from copper_emulator.core.errors import EchoLoop, raised_on_purpose
from copper_emulator.core.fault import Fault
from copper_emulator.core.ids import Counters
from copper_emulator.core.journal import Journal
from copper_emulator.core.latencies import Latencies
from copper_emulator.core.listeners import Listeners
from copper_emulator.core.marks import Marks
from copper_emulator.core.matching import matching
from copper_emulator.core.model import (
    ANSWERED,
    DEFAULT_EMAIL,
    UNREACHED,
    Attempt,
    Change,
    Delivery,
    EntityType,
    Entry,
    Event,
    Key,
    Kind,
    Notification,
    Outcome,
    RecordChange,
    Result,
    State,
    Subscription,
    Topic,
    Wait,
    WaitsFor,
)
from copper_emulator.core.moments import stamp
from copper_emulator.core.outbox import Outbox
from copper_emulator.core.performed import (
    Fired,
    KeySwitched,
    Paused,
    Performed,
    Related,
    Replayed,
    Resubscribed,
    Resumed,
    RulesChanged,
    Subscribed,
    Unrelated,
    Unsubscribed,
)
from copper_emulator.core.ratelimit import RateLimiter, Window
from copper_emulator.core.read_only import read_only
from copper_emulator.core.records.commands import Command
from copper_emulator.core.records.relations import Item
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.switched_off import require
from copper_emulator.core.records.writing.action import Done
from copper_emulator.core.records.writing.notes import Note, notes_of, related, unrelated
from copper_emulator.core.records.writing.racing import RACE, race
from copper_emulator.core.rules import FetchRace, OverLimit, Rules
from copper_emulator.core.subscriptions import Draft, Subscriptions, parse_update
from copper_emulator.core.surface import Surface
from copper_emulator.core.text import count
from copper_emulator.core.wire import FRAMING, Envelopes

__tracebackhide__ = raised_on_purpose

T = TypeVar("T")

_STATE_AFTER = {outcome: State(outcome) for outcome in Outcome}


def _no_time_flows() -> bool:
    return False


def _no_app_is_unstarted() -> str:
    return ""


def _nobody_has_it(_kind: str, _record_id: object) -> str:
    return ""


def _answers_only(_target: str) -> bool:
    return False


class Inside(NamedTuple):
    """The internals of an account that only `state/`, which saves and restores it, may see."""

    counters: Counters
    limiter: RateLimiter
    outbox: Outbox
    latency_counts: dict[tuple[Topic, tuple[int, ...]], int]
    raced: set[Item]


class Account:
    """An account of Copper: its keys, records, subscriptions, limits, waiting notifications and journal."""

    def __init__(
        self,
        name: str,
        key: Key | None,
        rules: Rules,
        *,
        on_entry: Callable[[Entry], None] | None = None,
        counters: Counters | None = None,
        surface: Surface = Surface.PYTHON,
    ) -> None:
        self.name = name
        self.surface = surface
        self.keys = [key] if key is not None else []
        self.rules = rules
        self.subscriptions = Subscriptions()
        self.marks = Marks()
        self._counters = Counters() if counters is None else counters
        self.journal = Journal(on_entry, self.marks)
        self.draws = Draws(rules.seed, self._counters)
        self.faults = ActiveFaults(
            rules,
            self.draws,
            note=self._note_fault,
            set_lag=self._set_search_lag,
            on_performed=self._report,
            marks=self.marks,
        )
        self.call_limits = CallLimits(rules.api_limits, rules.bulk_limits)
        self.call_log = CallLog()
        self.causing: tuple[Notification, ...] = ()
        """The notifications during whose delivery something is done now."""
        self.on_performed: Callable[[Performed], None] | None = None
        """Called with each thing that is done to the account, once it has been done (`performed.py`)."""
        self.time_flows: Callable[[], bool] = _no_time_flows
        """Whether time passes by itself now, so that due notifications are sent without a call; False by default."""
        self.unstarted_app: Callable[[], str] = _no_app_is_unstarted
        """Names an application that has a route but was not started yet; empty if there is none."""
        self.may_work_on: Callable[[str], bool] = _answers_only
        """Whether a target's endpoint may do something after its answer that nothing waits for; False by default."""
        self.owner_elsewhere: Callable[[str, object], str] = _nobody_has_it
        """Names what made the other open account that has this record (type, id); empty if none has it."""
        self.moment = 0
        self._limiter = RateLimiter(rules.limits, rules.window)
        self._outbox = Outbox(rules.in_flight, self.subscriptions.find, self.marks)
        self._latencies = Latencies(self.draws, self.marks)
        self._envelopes = Envelopes()
        self._listeners = Listeners(self.subscriptions, surface)
        self._echo: EchoLoop | None = None
        self._raced: set[Item] = set()

    @cached_property
    def records(self) -> RecordStore:
        """The records; the store is created on first use, because tests of webhooks alone need none."""
        return RecordStore(self.rules, self._counters, self._email, self._report, self.marks)

    def has_record(self, kind: str, record_id: object) -> bool:
        """Whether the account has this record; does not create the store only to answer."""
        if "records" not in self.__dict__ or not isinstance(record_id, int):
            return False
        return record_id in self.records.of(EntityType(kind))

    @property
    def place(self) -> int:
        """The number of its id range among the accounts used together, from 1 (`ids.py`)."""
        return self._counters.place

    @property
    def inside(self) -> Inside:
        return Inside(self._counters, self._limiter, self._outbox, self._latencies.draw_counts, self._raced)

    def play_by(self, rules: Rules) -> None:
        """Use these rules from now on. Limits that are in both the old and the new rules keep their counts."""
        self.rules = self.records.rules = rules
        self.faults.play_by(rules)
        limiter, call_limits = RateLimiter(rules.limits, rules.window), CallLimits(rules.api_limits, rules.bulk_limits)
        limiter.take_over(self._limiter)
        call_limits.take_over(self.call_limits)
        self._limiter, self.call_limits = limiter, call_limits
        self._outbox.allow_in_flight(rules.in_flight)
        self._report(RulesChanged())

    # --- keys -----------------------------------------------------------------------------------------------

    @property
    def key(self) -> Key:
        """The current key; calls with earlier keys are refused."""
        return self.keys[-1]

    def switch_key(self, key: Key, now: int) -> None:
        """Replace the current key. Subscriptions stay with the key that made them and keep firing."""
        self.keys.append(key)
        stale = len(self.subscriptions) - len(self.subscriptions.of_key(key.serial))
        if stale:
            text = f"{count(stale, 'subscription')} from earlier keys still {'fires' if stale == 1 else 'fire'}"
        else:
            text = "the earlier key is refused from now on" if len(self.keys) > 1 else "the account has its first key"
        self.journal.note(now, Kind.KEY_SWITCHED, text)
        self._report(KeySwitched())

    def _email(self) -> str:
        return self.key.email if self.keys else DEFAULT_EMAIL

    # --- subscriptions --------------------------------------------------------------------------------------

    def subscribe(self, draft: Draft, now: int) -> Subscription:
        """Create a subscription for the current key. Raises Invalid when the account is full."""
        if self.rules.replace_duplicates:
            for earlier in matching(draft.topic, self.subscriptions.of_key(self.key_serial)):
                self._remove(earlier, now, "replaced by a new one for the same topic")
        self.subscriptions.check_room()
        subscription = draft.subscription(self._counters.next_subscription(), self.key_serial, now)
        self.subscriptions.add(subscription)
        self.journal.note(now, Kind.SUBSCRIBED, subscription=subscription)
        self._report(Subscribed(subscription))
        return subscription

    @property
    def key_serial(self) -> int:
        """The serial of the current key; before there is a key, the serial that the first will have."""
        return self.keys[-1].serial if self.keys else 1

    def update_subscription(self, subscription_id: int, body: Any, now: int, *, key: int | None = None) -> Subscription:
        """Change target, secret, headers or computed values of a subscription.

        Waiting notifications use the subscription as it is when they are sent. `key` is the owner, by default the
        current key.
        """
        before = self.subscriptions.get(subscription_id, self.key_serial if key is None else key)
        after = parse_update(before, body, self.rules, surface=self.surface)
        self.subscriptions.add(after)
        self.journal.note(now, Kind.RESUBSCRIBED, subscription=after)
        if after.target != before.target:
            self._outbox.rebuild_lanes()
        self._report(Resubscribed(before, after))
        return after

    def unsubscribe(self, subscription_id: int, now: int, *, key: int | None = None) -> Subscription:
        """Delete a subscription of `key`, by default the current one. Its notifications are cancelled at their turn."""
        subscription = self.subscriptions.get(subscription_id, self.key_serial if key is None else key)
        self._remove(subscription, now, "")
        self._report(Unsubscribed(subscription))
        return subscription

    def _remove(self, subscription: Subscription, now: int, text: str) -> None:
        self.subscriptions.remove(subscription)
        self.journal.note(now, Kind.UNSUBSCRIBED, text, subscription=subscription)
        self._outbox.rebuild_lanes()

    # --- targets --------------------------------------------------------------------------------------------

    @property
    def paused(self) -> frozenset[str]:
        """The targets to which nothing is sent until they are resumed."""
        return self._outbox.lanes.paused

    def target_of(self, notification: Notification) -> str:
        """Where a notification goes according to its subscription now; empty if the subscription is gone."""
        return self._outbox.target_of(notification)

    def pause(self, target: str, now: int) -> None:
        """Send nothing to a target until it is resumed; deliveries already in flight continue."""
        if target not in self.paused:
            self._outbox.lanes.pause(target)
            self.journal.note(now, Kind.PAUSED, target)
            self._report(Paused(target))

    def resume(self, target: str, now: int) -> None:
        """Send to a paused target again, in order."""
        if target in self.paused:
            self._outbox.lanes.resume(target)
            self.journal.note(now, Kind.RESUMED, target)
            self._report(Resumed(target))

    # --- records: their changes go down the path ------------------------------------------------------------

    def act(self, command: Command[T], now: int, *, origin: str = "python") -> T:
        """Do something to records (`records/commands.py`); each change it makes goes down the path, in order."""
        return self.perform(command, now, origin=origin)[0]

    def perform(self, command: Command[T], now: int, *, origin: str = "python") -> tuple[T, Done]:
        """Like `act`, but also return what was done, including the names in the bodies that were ignored."""
        result, done = command(self.records, now)
        for change in done.changes:
            self.apply(change, now, origin=origin)
        for note in notes_of(done, self.records):
            self._note(note, now)
        if origin != RACE:
            self._report(*done.performed)
        return result, done

    def fire(self, record_change: RecordChange, now: int, *, origin: str = "fire") -> Change:
        """Fire a bare event: it needs no record and creates none."""
        change = self.apply(record_change, now, origin=origin)
        if self.on_performed is not None:
            self._report(Fired(record_change.topic, record_change.ids, record_change.updated_attributes))
        return change

    def relate(self, one: Item, other: Item, now: int) -> bool:
        """Relate two records; noted in the journal, without a notification. Raises NotFound, Invalid, NotEnabled.

        Returns False if they were related already.
        """
        for kind, _ in (one, other):
            require(self.records, kind)
        is_new = self.records.relate(one, other)
        self._note(related(one, other, is_new=is_new), now)
        self._report(Related(one, other))
        return is_new

    def unrelate(self, one: Item, other: Item, now: int) -> None:
        """Remove a relation; noted in the journal, without a notification. Raises NotFound."""
        self.records.unrelate(one, other)
        self._note(unrelated(one, other), now)
        self._report(Unrelated(one, other))

    def _note(self, note: Note, now: int) -> None:
        self.journal.note(now, note.kind, note.text, records=note.records)

    def _set_search_lag(self, lag_ms: int) -> None:
        self.records.set_search_lag(lag_ms)

    def _note_fault(self, now: int, text: str) -> None:
        self.journal.note(now, Kind.FAULT, text)

    def _report(self, *performed: Performed) -> None:
        # What an endpoint does during a delivery is left out: if the rest is done again, the endpoint does it again.
        if self.on_performed is not None and not self.causing:
            for action in performed:
                self.on_performed(action)

    # --- the path: apply, take, conclude --------------------------------------------------------------------

    def apply(self, record_change: RecordChange, now: int, *, origin: str = "python") -> Change:
        """Record a change, match it, cut it into notifications and put them on the agenda."""
        self.moment = now
        self.faults.begin(now)
        self.faults.pass_to(now)
        cause = None if origin == RACE or not self.causing else deepest(self.causing)
        link = NO_LINK if cause is None else self._link(record_change, origin)
        limit = None if cause is None else link.limit(self.rules.echo_depth)
        if limit is None:
            concerned, note = self._listeners.of(record_change.topic, self.rules.profile)
        else:
            concerned, note = [], not_followed(limit)
        change = Change(
            serial=self._counters.next_change(),
            topic=record_change.topic,
            ids=record_change.ids,
            updated_attributes=read_only(record_change.updated_attributes),
            computed_attributes=read_only(record_change.computed_attributes),
            at_ms=now,
            origin=origin,
            cause=cause.serial if cause is not None else None,
            depth=link.depth,
            returns=link.returns,
            untold=link.untold,
            subscriptions=tuple([subscription.id for subscription in concerned]),
            note=note,
        )
        self.journal.write_change(change)
        if limit is not None:
            self._stop_echo(change, now, limit)
        if concerned:
            self._cut(change, concerned, now)
        return change

    def _link(self, record_change: RecordChange, origin: str) -> Link:
        ours = origin not in FROM_ANYBODY
        return link_of(record_change, self.causing, self.journal.latest_about, is_the_endpoints=ours)

    def _cut(self, change: Change, concerned: Sequence[Subscription], now: int) -> None:
        """Put the notifications of a change to these subscriptions on the agenda."""
        latencies = [self.faults.latency(subscription.target) for subscription in concerned]
        for subscription, latency in zip(concerned, self._latencies.draw(change, concerned, latencies), strict=True):
            due = now + latency
            for ids in cut(change.ids, *self.faults.sizes(subscription.target)):
                notification = Notification(self._counters.next_notification(), change, subscription.id, ids, due)
                self._queue(notification, now)
                duplicate = self.faults.touch_new(notification, subscription.target)
                if duplicate is not None:
                    self._repeat(notification, duplicate, due, now)

    def take(self, now: int) -> list[Attempt]:
        """The next round: what may be sent at this moment, in order, each counted against the limits and now `sending`.

        At most one attempt if `in_flight` is 1, otherwise up to that many per target. An empty round means that nothing
        can be sent before `next_moment`.
        """
        self.moment = now
        self.faults.pass_to(now)
        outbox = self._outbox
        outbox.move_due(now, self.faults.in_order)
        if not outbox.lanes:
            return []
        room = self._limiter.room(now)
        contended = outbox.lanes.unpaused > room
        attempts: list[Attempt] = []
        while room and (notification := outbox.lanes.first()) is not None:
            subscription = self.subscriptions.find(notification.subscription)
            if subscription is None:
                gone = Result(Outcome.CANCELLED, text=f"subscription {notification.subscription} was removed")
                self._end(self._unsent_attempt(outbox.take_first(), now), gone, now)
                continue
            attempts.append(self._start(notification, subscription, now))
            room -= 1
            # When room is short, later ones must not overtake those that wait for their busy target in this round.
            if self.rules.in_flight == 1 or (contended and outbox.is_target_busy(notification)):
                break
        if not room and outbox.lanes.unpaused:
            self._stop_at_limit(now)
        outbox.forget_taken()
        return attempts

    def conclude(self, attempt: Attempt, result: Result, now: int) -> Delivery | None:
        """Conclude an attempt. Returns None if the answer is scripted for later; `finish` then concludes it."""
        # Only an answer can be slow: if nothing was sent or nobody was there, there is none.
        is_slow = attempt.slower_ms and result.outcome in ANSWERED and result.reason not in UNREACHED
        delay = result.delay_ms + (attempt.slower_ms if is_slow else 0)
        if not delay:
            return self._end(attempt, result, now)
        wait = min(delay, self.rules.timeout_ms)
        if delay >= self.rules.timeout_ms:
            result = timeout_result(attempt, result, self.rules.timeout_ms)
        self._outbox.schedule_answer(attempt, result._replace(delay_ms=0), now + wait)
        return None

    def finish(self, now: int) -> None:
        """Conclude the attempts whose scripted answers are due by this moment."""
        self.moment = now
        if self._outbox.scripted_answers:
            for attempt, result in self._outbox.take_due_answers(now):
                self._end(attempt, result, now)

    def next_moment(self, now: int) -> int | None:
        """The next moment at which anything can happen by itself; None when nothing is waiting for time."""
        due = self._outbox.next_due()
        if self._outbox.lanes.first() is None or (due is not None and due <= now):
            return due
        opens = self._limiter.opens_at(now)
        return opens if due is None else min(due, opens)

    def replay(
        self,
        topic: Topic,
        ids: tuple[int, ...],
        body: bytes,
        target: str,
        headers: Sequence[tuple[str, str]],
        now: int,
        *,
        note: str = "replay of a captured body",
    ) -> Attempt:
        """An attempt that sends a captured body again, outside matching and limits; `note` describes it."""
        sent_headers = tuple((name, value) for name, value in headers if name.lower() not in FRAMING)
        change = Change(self._counters.next_change(), topic, ids, read_only({}), now, origin="replay", note=note)
        notification = Notification(self._counters.next_notification(), change, 0, ids, now, State.SENDING)
        self.journal.write_change(change)
        self.journal.write_queued(notification, now)
        self.journal.write_stage(notification, Kind.SENDING, now, "replay")
        self._report(Replayed(body, target, sent_headers))
        attempt = Attempt(notification, None, target, sent_headers, body, now)
        self._outbox.add_attempt(attempt)
        return attempt

    # --- queries --------------------------------------------------------------------------------------------

    def waiting(self) -> list[Notification]:
        """Every notification that has not ended, by due time and then serial."""
        return sorted(self.journal.not_ended(), key=lambda notification: (notification.due_ms, notification.serial))

    def wait_of(self, notification: Notification) -> Wait:
        """What a notification that has not ended is waiting for, at the latest `now` that the account was given."""
        wait = self._outbox.wait_of(notification, self.moment)
        if wait.what is not WaitsFor.CALL:
            return wait
        blocking = self._limiter.blocking(self.moment)
        if blocking is not None:
            return Wait(WaitsFor.LIMIT, self._limiter.opens_at(self.moment), str(blocking))
        return Wait(WaitsFor.GOING) if self.time_flows() else wait

    @property
    def windows(self) -> Sequence[Window]:
        """The sending limits, each with its count."""
        return self._limiter.windows

    def attempt_of(self, notification: Notification) -> Attempt | None:
        """The request of a notification that is in flight; None for any other notification."""
        return self._outbox.attempts.get(notification.serial)

    @property
    def has_echo(self) -> bool:
        """Whether an echo loop was stopped that `raise_echo` has not raised yet."""
        return self._echo is not None

    def raise_echo(self) -> None:
        """Raise the error of an echo loop that was stopped since the last call, once."""
        error, self._echo = self._echo, None
        if error is not None:
            raise error

    # --- details of the steps -------------------------------------------------------------------------------

    def _queue(self, notification: Notification, now: int) -> None:
        self._outbox.schedule(notification)
        self.journal.write_queued(notification, now)

    def _repeat(self, earlier: Notification, fault: Fault, due: int, now: int) -> None:
        self._queue(self.faults.repeat(earlier, fault, self._counters.next_notification(), due), now)

    def _start(self, notification: Notification, subscription: Subscription, now: int) -> Attempt:
        # The request is built first: only what can be sent is counted and leaves its lane.
        envelope = self._envelopes.of(subscription, self.rules)
        body = envelope.body(notification, now)
        attempt = Attempt(notification, subscription, subscription.target, envelope.headers, body, now)
        self._outbox.take_first()
        self._limiter.count(now)
        notification.state = State.SENDING
        self.journal.write_stage(notification, Kind.SENDING, now)
        attempt = self.faults.apply_to(attempt, now)
        self._outbox.add_attempt(attempt)
        if attempt.instead is None:
            self._race(notification, subscription.target, now)
        return attempt

    def _race(self, notification: Notification, target: str, now: int) -> None:
        """Delete or change a notification's records before the endpoint can fetch them, if a rule or fault says so."""
        if not self.faults.can_race or notification.event is Event.DELETE:
            return
        kind = notification.type
        records = self.records.of(kind)
        # Each record only once: the race's change is itself notified, which would otherwise race again without end.
        ids = [
            record_id for record_id in notification.ids if record_id in records and (kind, record_id) not in self._raced
        ]
        outcome = self.faults.race(notification, target, now) if ids else FetchRace.NONE
        if outcome is not FetchRace.NONE:
            for record_id in ids:
                self._raced.add((kind, record_id))
                self.marks.mark("raced", (kind, record_id))
            self.act(race(kind, ids, outcome), now, origin=RACE)

    def _unsent_attempt(self, notification: Notification, now: int) -> Attempt:
        return Attempt(notification, None, "", (), b"", now)

    def _stop_at_limit(self, now: int) -> None:
        limit, opens = self._limiter.blocking(now), self._limiter.opens_at(now)
        if self.rules.over_limit is OverLimit.DROP:
            # Notifications waiting for a busy target have not reached the limit yet.
            while self._outbox.lanes.first() is not None:
                dropped = Result(Outcome.DROPPED, text=f"over the limit of {limit}")
                self._end(self._unsent_attempt(self._outbox.take_first(), now), dropped, now)
            return
        still_held, newly_held = self._outbox.hold_due(opens, str(limit))
        if not still_held and not newly_held:
            return
        text = f"by the limit of {limit}, which renews {stamp(opens)}"
        # One entry for all of them: a long queue outlasts many windows, and an entry for each would grow quadratically.
        if still_held:
            self.journal.note(now, Kind.HELD, f"{count(still_held, 'notification')} still, {text}")
        for notification in newly_held:
            self.journal.write_stage(notification, Kind.HELD, now, text)

    def _end(self, attempt: Attempt, result: Result, now: int) -> Delivery:
        notification = attempt.notification
        notification.state = _STATE_AFTER[result.outcome]
        self._outbox.remove_ended(notification)
        delivery = delivery_by(attempt, result, now, self.faults.faults_of(notification))
        self.journal.write_ended(delivery)
        retry = self.faults.retry_of(delivery)
        if retry is not None:
            self._repeat(notification, retry, now + retry.span_ms, now)
        return delivery

    def _stop_echo(self, change: Change, now: int, limit: int) -> None:
        self.journal.note(now, Kind.ECHO_STOPPED, change.note, change=change)
        if self._echo is None:
            self._echo = EchoLoop(echo_text(change, self.journal.notifications, limit))
