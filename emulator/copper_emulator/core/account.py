"""One account and the path of one event, top to bottom.

    apply     a record changed       -> matching.py -> batching.py -> due when? -> agenda.py
    take      what may go now        -> ratelimit.py -> wire.py -> attempts for the shell to send, once each
    conclude  what came back         -> journal.py

The file is longer than others so that the path can be read in one piece; what a step does stands in its own module.
Nothing here waits or reads a clock: `now` is given, in milliseconds, and never decreases.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import methodcaller
from typing import Any, TypeVar

from copper_emulator.core.agenda import Agenda, Lanes
from copper_emulator.core.batching import cut
from copper_emulator.core.call_limits import CallLimits
from copper_emulator.core.draws import Draws
from copper_emulator.core.echo import echo_text
from copper_emulator.core.errors import CopperEmulatorError, EchoLoop
from copper_emulator.core.fault import Fault
from copper_emulator.core.faults import Faults
from copper_emulator.core.ids import Counters
from copper_emulator.core.journal import Journal
from copper_emulator.core.matching import matching, why_nobody
from copper_emulator.core.model import (
    ANSWERED,
    DEFAULT_EMAIL,
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
    Reason,
    RecordChange,
    Result,
    State,
    Subscription,
    Topic,
    Wait,
    WaitsFor,
)
from copper_emulator.core.ratelimit import RateLimiter
from copper_emulator.core.records.deeds import Deed
from copper_emulator.core.records.relations import Item
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.writing.action import Done
from copper_emulator.core.records.writing.excluded import given, given_activities, related, unrelated
from copper_emulator.core.records.writing.racing import RACE, race
from copper_emulator.core.rules import FetchRace, OverLimit, Rules
from copper_emulator.core.subscriptions import Draft, Subscriptions, parse_update
from copper_emulator.core.surface import Surface
from copper_emulator.core.text import count, duration_text, short_ids
from copper_emulator.core.wire import encode, notification_headers, notification_json

# A traceback shows the line of the test, not ours, when the error is one we raise on purpose.
__tracebackhide__ = methodcaller("errisinstance", CopperEmulatorError)

T = TypeVar("T")


class Account:
    """A tenant of Copper: its keys, records, subscriptions, limits, waiting notifications and journal."""

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
        self._counters = Counters() if counters is None else counters
        self.records = RecordStore(rules, self._counters, self._email)
        self.journal = Journal(on_entry)
        self.draws = Draws(rules.seed)
        self.faults = Faults(rules, self.draws, note=self._note_fault, lag=self.records.fall_behind)
        self.calls = CallLimits(rules.api_limits, rules.bulk_limits)
        self.causing: Notification | None = None
        self.moment = 0
        self._limiter = RateLimiter(rules.limits, rules.window)
        self._agenda: Agenda[Notification] = Agenda()
        self._answers: Agenda[tuple[Attempt, Result]] = Agenda()
        self._answer_due: dict[int, Wait] = {}
        self._lanes = Lanes(rules.in_flight)
        self._lane_of: dict[int, str] = {}
        self._unseen: deque[Notification] = deque()
        self._alike: dict[tuple[Topic, tuple[int, ...]], int] = {}
        self._echo: EchoLoop | None = None
        self._raced: set[tuple[EntityType, int]] = set()

    # --- keys -----------------------------------------------------------------------------------------------

    @property
    def key(self) -> Key:
        """The current key; earlier ones are refused."""
        return self.keys[-1]

    def switch_key(self, key: Key, now: int) -> None:
        """A new key replaces the current one. Subscriptions stay with the key that made them and go on firing."""
        self.keys.append(key)
        stale = len(self.subscriptions) - len(self.subscriptions.of_key(key.serial))
        self.journal.note(
            now,
            Kind.KEY_SWITCHED,
            f"{count(stale, 'subscription')} of earlier keys still {'fires' if stale == 1 else 'fire'}",
        )

    def _email(self) -> str:
        return self.key.email if self.keys else DEFAULT_EMAIL

    # --- subscriptions --------------------------------------------------------------------------------------

    def subscribe(self, draft: Draft, now: int) -> Subscription:
        """Create a subscription for the current key. Raises Invalid when the account is full."""
        if self.rules.replace_duplicates:
            for earlier in matching(draft.topic, self.subscriptions.of_key(self.key.serial)):
                self._remove(earlier, now, "replaced by a new one for the same topic")
        self.subscriptions.check_room()
        subscription = Subscription(
            id=self._counters.subscription(),
            key=self.key.serial,
            topic=draft.topic,
            target=draft.target,
            created_ms=now,
            secret=draft.secret,
            headers=draft.headers,
            custom_field_computed_values=draft.custom_field_computed_values,
        )
        self.subscriptions.add(subscription)
        self.journal.note(now, Kind.SUBSCRIBED, subscription=subscription)
        return subscription

    def update_subscription(self, subscription_id: int, body: Any, now: int) -> Subscription:
        """Change target, secret, headers or computed values. What waits is sent as the subscription then stands."""
        before = self.subscriptions.get(subscription_id, self.key.serial)
        after = parse_update(before, body, self.rules, surface=self.surface)
        self.subscriptions.add(after)
        self.journal.note(now, Kind.RESUBSCRIBED, subscription=after)
        if after.target != before.target:
            self._seat_anew()
        return after

    def unsubscribe(self, subscription_id: int, now: int) -> Subscription:
        """Delete one of the current key's. What waits for it is cancelled when its turn comes."""
        subscription = self.subscriptions.get(subscription_id, self.key.serial)
        self._remove(subscription, now, "")
        return subscription

    def _remove(self, subscription: Subscription, now: int, text: str) -> None:
        self.subscriptions.remove(subscription)
        self.journal.note(now, Kind.UNSUBSCRIBED, text, subscription=subscription)
        self._seat_anew()

    # --- records: what changes them goes down the path ------------------------------------------------------

    def act(self, deed: Deed[T], now: int, *, origin: str = "python") -> T:
        """Something is done to records (`records/deeds.py`); each change it made goes down the path, in order."""
        return self.perform(deed, now, origin=origin)[0]

    def perform(self, deed: Deed[T], now: int, *, origin: str = "python") -> tuple[T, Done]:
        """Like `act`; gives also what was done, and which names in the bodies were ignored."""
        result, done = deed(self.records, now)
        for change in done.changes:
            self.apply(change, now, origin=origin)
        self._note_unchanged(done, now)
        return result, done

    def _note_unchanged(self, done: Done, now: int) -> None:
        # Where something changed too, the names may be those of what changed.
        told = bool(done.ignored) and not done.changes
        ignored = f"; ignored, since only Copper writes them: {', '.join(done.ignored)}" if told else ""
        unchanged: dict[EntityType, list[int]] = {}
        for kind, record_id in done.unchanged:
            unchanged.setdefault(kind, []).append(record_id)
        for kind, same in unchanged.items():
            text = f"{Topic(kind, Event.UPDATE)} {short_ids(same)}: the values were the same{ignored}"
            self.journal.note(now, Kind.UNCHANGED, text, records=[(kind, each) for each in same])
        for kind, parents in given_activities(done.changes, self.records).items():
            self._note_excluded(given(kind, parents), [(kind, each) for each in parents], now)

    def relate(self, one: Item, other: Item, now: int) -> None:
        """Relate two records; the journal tells of it, and no notification. Raises NotFound, Invalid."""
        self.records.relate(one, other)
        self._note_excluded(related(one, other), [one, other], now)

    def unrelate(self, one: Item, other: Item, now: int) -> None:
        """Take a relation away; the journal tells of it, and no notification. Raises NotFound."""
        self.records.unrelate(one, other)
        self._note_excluded(unrelated(one, other), [one, other], now)

    def _note_excluded(self, text: str, records: Sequence[Item], now: int) -> None:
        self.journal.note(now, Kind.EXCLUDED, text, records=records)

    def _note_fault(self, now: int, text: str) -> None:
        self.journal.note(now, Kind.FAULT, text)

    # --- the path: apply, take, conclude --------------------------------------------------------------------

    def apply(self, happened: RecordChange, now: int, *, origin: str = "python") -> Change:
        """A change happened: match it, cut it into notifications and put them on the agenda."""
        self.moment = now
        self.faults.begin(now)
        self.faults.pass_to(now)
        causing = None if origin == RACE else self.causing
        depth = causing.change.depth + 1 if causing is not None else 0
        too_deep = depth > self.rules.echo_depth
        concerned = [] if too_deep else matching(happened.topic, self.subscriptions)
        change = Change(
            serial=self._counters.change(),
            topic=happened.topic,
            ids=happened.ids,
            updated_attributes=happened.updated_attributes,
            computed_attributes=happened.computed_attributes,
            at_ms=now,
            origin=origin,
            cause=causing.serial if causing is not None else None,
            depth=depth,
            subscriptions=tuple(subscription.id for subscription in concerned),
            note="" if concerned else self._too_deep() if too_deep else self._why_nobody(happened.topic),
        )
        self.journal.change(change)
        if too_deep:
            self._stop_echo(change, now)
        for subscription in concerned:
            due = now + self._latency(change, subscription)
            for ids in cut(happened.ids, *self.faults.sizes(subscription.target)):
                notification = Notification(self._counters.notification(), change, subscription.id, ids, due)
                self._queue(notification, now)
                twice = self.faults.made(notification, subscription.target)
                if twice is not None:
                    self._repeat(notification, twice, due, now)
        return change

    def take(self, now: int) -> list[Attempt]:
        """The next round: what may go at this moment, in order, each counted against the limits and now `sending`.

        One at a time with `in_flight` 1; else up to that many for each target. An empty round means that nothing can
        go before `next_moment`.
        """
        self.moment = now
        self.faults.pass_to(now)
        self._wake(now)
        contended = len(self._lanes) > self._limiter.room(now)
        attempts: list[Attempt] = []
        while (notification := self._lanes.first()) is not None and self._limiter.room(now):
            subscription = self.subscriptions.find(notification.subscription)
            if subscription is None:
                gone = Result(Outcome.CANCELLED, text=f"subscription {notification.subscription} was removed")
                self._end(self._leave_lane(now), gone, now)
                continue
            attempts.append(self._start(notification, subscription, now))
            target = self._lane_of[notification.serial]
            # Where room is short, those who come later must not overtake those who wait for their target in this round.
            if self.rules.in_flight == 1 or (contended and self._lanes.is_busy(target)):
                break
        if self._lanes and not self._limiter.room(now):
            self._stop_at_limit(now)
        while self._unseen and self._unseen[0].state is not State.QUEUED:
            self._unseen.popleft()
        return attempts

    def conclude(self, attempt: Attempt, result: Result, now: int) -> Delivery | None:
        """What came back. None when the answer is scripted for later; `finish` gives it when its time has come."""
        # Where nothing was sent there is no answer that could be slow.
        delay = result.delay_ms + (attempt.slower_ms if result.outcome in ANSWERED else 0)
        if not delay:
            return self._end(attempt, result, now)
        wait = min(delay, self.rules.timeout_ms)
        if delay >= self.rules.timeout_ms:
            result = self._timed_out(attempt, result)
        self._answers.add(now + wait, attempt.notification.serial, (attempt, replace(result, delay_ms=0)))
        too_late = result.reason is Reason.TIMED_OUT
        self._answer_due[attempt.notification.serial] = Wait(WaitsFor.ANSWER, now + wait, times_out=too_late)
        return None

    def finish(self, now: int) -> None:
        """Conclude the attempts whose scripted answers come by this moment."""
        self.moment = now
        for attempt, result in self._answers.pop_due(now):
            del self._answer_due[attempt.notification.serial]
            self._end(attempt, result, now)

    def next_moment(self, now: int) -> int | None:
        """The next moment at which anything can happen by itself; None when nothing waits for time."""
        moments = [self._agenda.next_due(), self._answers.next_due()]
        if self._lanes.first() is not None:
            moments.append(self._limiter.opens_at(now))
        return min((moment for moment in moments if moment is not None), default=None)

    def replay(
        self, topic: Topic, ids: tuple[int, ...], body: bytes, target: str, headers: Sequence[tuple[str, str]], now: int
    ) -> Attempt:
        """An attempt that sends a captured body again, outside matching and limits."""
        change = Change(self._counters.change(), topic, ids, {}, now, origin="replay", note="replay of a captured body")
        notification = Notification(self._counters.notification(), change, 0, ids, now, State.SENDING)
        self.journal.change(change)
        self.journal.queued(notification, now)
        self.journal.note(now, Kind.SENDING, "replay", notification=notification)
        return Attempt(notification, None, target, tuple(headers), body, now)

    # --- looking --------------------------------------------------------------------------------------------

    def waiting(self) -> list[Notification]:
        """Every notification that has not ended, in order of due time and serial."""
        alive = (State.QUEUED, State.HELD, State.SENDING)
        found = [notification for notification in self.journal.notifications if notification.state in alive]
        return sorted(found, key=lambda notification: (notification.due_ms, notification.serial))

    def wait_of(self, notification: Notification) -> Wait:
        """What a notification that has not ended waits for, at the last moment the account was told of."""
        now = self.moment
        if notification.state is State.SENDING:
            return self._answer_due.get(notification.serial, Wait(WaitsFor.ANSWER))
        if notification.due_ms > now:
            return Wait(WaitsFor.TIME, notification.due_ms)
        subscription = self.subscriptions.find(notification.subscription)
        if self._lanes.is_busy(subscription.target if subscription is not None else ""):
            return Wait(WaitsFor.TARGET)
        blocking = self._limiter.blocking(now)
        if blocking is not None:
            return Wait(WaitsFor.LIMIT, self._limiter.opens_at(now), str(blocking))
        return Wait(WaitsFor.CALL)

    def raise_echo(self) -> None:
        """Raise the error of an echo that was stopped since the last call, once."""
        error, self._echo = self._echo, None
        if error is not None:
            raise error

    # --- the steps' small print -----------------------------------------------------------------------------

    def _queue(self, notification: Notification, now: int) -> None:
        self._agenda.add(notification.due_ms, notification.serial, notification)
        self.journal.queued(notification, now)

    def _repeat(self, earlier: Notification, fault: Fault, due: int, now: int) -> None:
        self._queue(self.faults.again(earlier, fault, self._counters.notification(), due), now)

    def _too_deep(self) -> str:
        return f"not followed: more than {self.rules.echo_depth} deliveries caused each other"

    def _why_nobody(self, topic: Topic) -> str:
        return why_nobody(topic, self.subscriptions, self.rules.profile)

    def _latency(self, change: Change, subscription: Subscription) -> int:
        latency = self.faults.latency(subscription.target)
        low, high = latency.low_ms, latency.high_ms
        if low == high:
            return low
        # Keyed by what the change is, not by its serial: another change before it must not shift the draw.
        alike = (change.topic, change.ids)
        if subscription.id == change.subscriptions[0]:
            self._alike[alike] = self._alike.get(alike, 0) + 1
        nth = self._alike[alike]
        return self.draws.draw("latency", change.topic, change.ids, nth, subscription.id, low=low, high=high)

    def _wake(self, now: int) -> None:
        for notification in self.faults.in_order(self._agenda.pop_due(now)):
            self._seat(notification)
            self._unseen.append(notification)

    def _seat(self, notification: Notification) -> None:
        subscription = self.subscriptions.find(notification.subscription)
        self._lanes.enter(subscription.target if subscription is not None else "", notification)

    def _seat_anew(self) -> None:
        # What is due waits in the lane of its target, and that has just changed for some of it.
        for notification in self._lanes.clear():
            self._seat(notification)

    def _start(self, notification: Notification, subscription: Subscription, now: int) -> Attempt:
        # The request is made first: only what can be sent is counted and leaves its lane.
        body = encode(notification_json(notification, subscription, self.rules, now))
        attempt = Attempt(
            notification,
            subscription,
            subscription.target,
            notification_headers(subscription, self.rules),
            body,
            now,
        )
        self._leave_lane(now)
        self._limiter.count(now)
        notification.state = State.SENDING
        self.journal.note(now, Kind.SENDING, notification=notification)
        attempt = self.faults.meet(attempt, now)
        if attempt.instead is None:
            self._race(notification, subscription.target, now)
        return attempt

    def _race(self, notification: Notification, target: str, now: int) -> None:
        """Let something happen to its records before the endpoint can fetch them, where a rule or a fault has it."""
        kind = notification.type
        if notification.event is Event.DELETE or not self.faults.may_race:
            return
        there = self.records.of(kind)
        # Each only once: what the race changes is notified of, too, and would have no end.
        ids = [each for each in notification.ids if each in there and (kind, each) not in self._raced]
        outcome = self.faults.race(notification, target, now) if ids else FetchRace.NONE
        if outcome is not FetchRace.NONE:
            self._raced.update((kind, each) for each in ids)
            self.act(race(kind, ids, outcome), now, origin=RACE)

    def _leave_lane(self, now: int) -> Attempt:
        target, notification = self._lanes.take()
        self._lane_of[notification.serial] = target
        return Attempt(notification, None, "", (), b"", now)

    def _stop_at_limit(self, now: int) -> None:
        limit, opens = self._limiter.blocking(now), self._limiter.opens_at(now)
        if self.rules.over_limit is OverLimit.DROP:
            # What waits for a busy target has not come to the limit yet.
            while self._lanes.first() is not None:
                dropped = Result(Outcome.DROPPED, text=f"over the limit of {limit}")
                self._end(self._leave_lane(now), dropped, now)
            return
        while self._unseen:
            notification = self._unseen.popleft()
            if notification.state is State.QUEUED:
                notification.state = State.HELD
                notification.held_until_ms, notification.held_by = opens, str(limit)
                self.journal.note(now, Kind.HELD, f"by the limit of {limit}", notification=notification)

    def _timed_out(self, attempt: Attempt, result: Result) -> Result:
        by_fault = result.delay_ms < self.rules.timeout_ms or result.by_fault
        text = f"no answer within {duration_text(self.rules.timeout_ms)}" + (f", {attempt.blame}" if by_fault else "")
        return replace(Result.failure(Reason.TIMED_OUT, text), route=result.route, by_fault=by_fault)

    def _end(self, attempt: Attempt, result: Result, now: int) -> Delivery:
        notification = attempt.notification
        notification.state = State(result.outcome)
        lane = self._lane_of.pop(notification.serial, None)
        if lane is not None:
            self._lanes.release(lane)
        delivery = Delivery(
            notification=notification,
            outcome=result.outcome,
            target=attempt.url,
            started_ms=attempt.started_ms,
            ended_ms=now,
            status=result.status,
            reason=result.reason,
            text=result.text,
            request_body=attempt.body,
            request_headers=attempt.headers,
            response_headers=result.headers,
            response_body=result.body,
            exception=result.exception,
            traceback=result.traceback,
            route=result.route,
            subscription=attempt.subscription,
            faults=self.faults.touching(notification),
            by_fault=result.by_fault,
        )
        self.journal.ended(delivery)
        retry = self.faults.retry(delivery)
        if retry is not None:
            self._repeat(notification, retry, now + retry.span_ms, now)
        return delivery

    def _stop_echo(self, change: Change, now: int) -> None:
        self.journal.note(now, Kind.ECHO_STOPPED, change.note, change=change)
        if self._echo is None:
            self._echo = EchoLoop(echo_text(change, self.journal.notifications, self.rules.echo_depth))
