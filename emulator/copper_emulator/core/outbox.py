"""The outbox: the notifications that have not ended, and how far each has come.

scheduled -> due, in the lane of its target -> in flight -> answered, if the answer is scripted for later
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from copper_emulator.core.agenda import Agenda, Lanes
from copper_emulator.core.marks import Marks
from copper_emulator.core.model import Attempt, Hold, Notification, Reason, Result, State, Subscription, Wait, WaitsFor


class Outbox:
    """What an account still has to send, and what it has sent without an answer so far. Knows neither rules nor limits.

    A notification that becomes due enters the lane of its target and gets the next seat: seats are numbered across all
    lanes, so they say in which order notifications have become due.

    `marks` collects the notifications and scripted answers that have changed, so that they are saved (`state/`).
    """

    def __init__(self, in_flight: int, find: Callable[[int], Subscription | None], marks: Marks) -> None:
        self.lanes = Lanes(in_flight)
        self.agenda: Agenda[Notification] = Agenda()
        self.attempts: dict[int, Attempt] = {}
        """The attempts in flight, by the serial of their notification."""
        self.scripted_answers: dict[int, tuple[int, Attempt, Result]] = {}
        """The answers scripted for later, each with the time at which it counts as given, by notification serial."""
        self._find = find
        self._marks = marks
        self._answer_agenda: Agenda[int] = Agenda()
        self._lane_of: dict[int, str] = {}
        self._not_yet_held: deque[Notification] = deque()
        """Notifications that entered a lane after the last `hold_due`; some may have left it since."""
        self.last_seat = 0
        """The last seat that was given out."""
        self.hold: Hold | None = None
        """The hold shared by everything that is held; None while nothing is."""
        self._held_count = 0
        self._released_hold: Hold | None = None
        """A copy of the current hold for the notifications released from it; None until one is released."""

    def next_due(self) -> int | None:
        """When the next notification is due or the next scripted answer comes; None if there is neither."""
        due, answer_due = self.agenda.next_due(), self._answer_agenda.next_due()
        if due is None or answer_due is None:
            return answer_due if due is None else due
        return min(due, answer_due)

    def wait_of(self, notification: Notification, now: int) -> Wait:
        """What a notification that has not ended is waiting for at this moment, as far as limits do not hold it."""
        if notification.state is State.SENDING:
            return self._wait_for_answer(notification)
        if notification.due_ms > now:
            return Wait(WaitsFor.TIME, notification.due_ms)
        target = self.target_of(notification)
        if self.lanes.is_paused(target):
            return Wait(WaitsFor.PAUSED)
        if self.lanes.is_busy(target):
            return Wait(WaitsFor.TARGET)
        return Wait(WaitsFor.CALL)

    def _wait_for_answer(self, notification: Notification) -> Wait:
        scripted = self.scripted_answers.get(notification.serial)
        if scripted is None:
            return Wait(WaitsFor.ANSWER)
        at_ms, _, result = scripted
        return Wait(WaitsFor.ANSWER, at_ms, times_out=result.reason is Reason.TIMED_OUT)

    # --- due ------------------------------------------------------------------------------------------------

    def schedule(self, notification: Notification) -> None:
        """Put a notification on the agenda until it is due."""
        self.agenda.add(notification.due_ms, notification.serial, notification)

    def move_due(self, now: int, in_order: Callable[[Iterable[Notification]], list[Notification]]) -> None:
        """Move each notification due by now into the lane of its target, in the order that `in_order` returns."""
        due = self.agenda.next_due()
        if due is None or due > now:
            return
        for notification in in_order(self.agenda.pop_due(now)):
            self.enter_last(notification)

    def enter_last(self, notification: Notification) -> None:
        """Put a notification that has become due behind all others, in its target's lane."""
        self.last_seat += 1
        notification.seat = self.last_seat
        self._enter(notification)
        self._not_yet_held.append(notification)

    def seated_after(self, seat: int) -> Iterator[Notification]:
        """The notifications in a lane that have a later seat than this and are not held, last seat first."""
        for notification in reversed(self._not_yet_held):
            if notification.seat <= seat:
                break
            if notification.state is State.QUEUED:
                yield notification

    def rebuild_lanes(self) -> None:
        """Rebuild the lanes, because a due notification may have another target now, or a target more or less room.

        Each keeps its seat: they leave the lanes, and enter them again, in the order of their seats.
        """
        for notification in self.lanes.clear():
            self._enter(notification)

    def target_of(self, notification: Notification) -> str:
        """Where a notification goes according to its subscription now; empty if the subscription is gone."""
        subscription = self._find(notification.subscription)
        return subscription.target if subscription is not None else ""

    def hold_due(self, until_ms: int, by: str) -> tuple[int, list[Notification]]:
        """Hold everything that is due until `until_ms`, because of the limit `by`.

        Returns how many remain held although the window they waited for has renewed, and the notifications newly held.
        """
        still_held = 0
        if self.hold is None:
            self.hold, self._released_hold = Hold(until_ms, by), None
        elif (self.hold.until_ms, self.hold.by) != (until_ms, by):
            # Those still held are not visited one by one: a long queue outlasts many windows, and each would walk it.
            self.hold.until_ms, self.hold.by, self._released_hold = until_ms, by, None
            still_held = self._held_count
        newly_held = [notification for notification in self._not_yet_held if notification.state is State.QUEUED]
        self._not_yet_held.clear()
        for notification in newly_held:
            self._hold_one(self.hold, notification)
        return still_held, newly_held

    def _hold_one(self, hold: Hold, notification: Notification) -> None:
        notification.state, notification.hold = State.HELD, hold
        self._held_count += 1

    def _release_one(self, hold: Hold, notification: Notification) -> None:
        """Release a notification from its shared hold; it keeps a copy, as the shared one moves on without it."""
        if self._released_hold is None:
            self._released_hold = replace(hold)
        notification.hold = self._released_hold
        self._marks.mark("notifications", notification)
        self._held_count -= 1
        if not self._held_count:
            self.hold = None

    def forget_taken(self) -> None:
        """Remove those that have left their lanes from the front of `_not_yet_held`."""
        while self._not_yet_held and self._not_yet_held[0].state is not State.QUEUED:
            self._not_yet_held.popleft()

    def _enter(self, notification: Notification) -> None:
        self.lanes.enter(self.target_of(notification), notification)

    def allow_in_flight(self, in_flight: int) -> None:
        """Change how many may be in flight to one target from now on."""
        self.lanes.in_flight = in_flight
        self.rebuild_lanes()

    def restore(self, notifications: Iterable[Notification]) -> None:
        """Given all notifications of a saved account, put those not yet sent back where they were waiting."""
        for notification in sorted(notifications, key=lambda notification: notification.seat):
            self.last_seat = notification.seat
            if notification.state not in (State.QUEUED, State.HELD):
                continue
            if not notification.seat:
                self.schedule(notification)
                continue
            self._enter(notification)
            if notification.state is State.QUEUED:
                self._not_yet_held.append(notification)
            elif self.hold is None:
                raise ValueError(f"notification {notification.serial} is held, and nothing says by which limit")
            else:
                self._hold_one(self.hold, notification)

    # --- in flight ------------------------------------------------------------------------------------------

    def take_first(self) -> Notification:
        """Remove the first notification whose target is free from its lane, and count it as in flight."""
        target, notification = self.lanes.take_first()
        self._lane_of[notification.serial] = target
        if notification.state is State.HELD and self.hold is not None:
            self._release_one(self.hold, notification)
        return notification

    def is_target_busy(self, notification: Notification) -> bool:
        """Whether the target whose lane a notification has left is busy."""
        return self.lanes.is_busy(self._lane_of[notification.serial])

    def add_attempt(self, attempt: Attempt) -> None:
        """Note that an attempt is in flight."""
        self.attempts[attempt.notification.serial] = attempt

    def schedule_answer(self, attempt: Attempt, result: Result, at_ms: int) -> None:
        """Keep an answer until the moment at which it counts as given."""
        serial = attempt.notification.serial
        self.scripted_answers[serial] = (at_ms, attempt, result)
        self._answer_agenda.add(at_ms, serial, serial)
        self._marks.mark("attempts", serial)

    def take_due_answers(self, now: int) -> Iterator[tuple[Attempt, Result]]:
        """Remove and yield the scripted answers that are due by now, with their attempts."""
        for serial in self._answer_agenda.pop_due(now):
            _, attempt, result = self.scripted_answers.pop(serial)
            yield attempt, result

    def lane_of(self, notification: Notification) -> str | None:
        """The target whose lane an in-flight notification left; None if it was in no lane."""
        return self._lane_of.get(notification.serial)

    def restore_attempt(self, attempt: Attempt, lane: str | None, answer: tuple[int, Result] | None) -> None:
        """Restore an attempt that was in flight, with its scripted answer if there was one."""
        self.add_attempt(attempt)
        if lane is not None:
            self.lanes.occupy(lane)
            self._lane_of[attempt.notification.serial] = lane
        if answer is not None:
            self.schedule_answer(attempt, answer[1], answer[0])

    def remove_ended(self, notification: Notification) -> None:
        """Remove a notification that has ended, and free its target for the next."""
        self.attempts.pop(notification.serial, None)
        lane = self._lane_of.pop(notification.serial, None)
        if lane is not None:
            self.lanes.release(lane)
