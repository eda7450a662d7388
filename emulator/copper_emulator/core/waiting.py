"""The notifications that have not ended, and how far each has come.

later -> due, in the lane of its target -> in flight -> answered, if the answer is scripted for later
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from copper_emulator.core.agenda import Agenda, Lanes
from copper_emulator.core.marks import Marks
from copper_emulator.core.model import Attempt, Hold, Notification, Reason, Result, State, Subscription, Wait, WaitsFor
from copper_emulator.core.ratelimit import RateLimiter


class Waiting:
    """What an account still has to send, and what it has sent without an answer so far. Knows neither rules nor limits.

    `marks` collects the notifications and scripted answers that have changed, so that they are saved (`state/`).
    """

    def __init__(self, in_flight: int, find: Callable[[int], Subscription | None], marks: Marks) -> None:
        self.lanes = Lanes(in_flight)
        self.agenda: Agenda[Notification] = Agenda()
        self.flying: dict[int, Attempt] = {}
        self.answered: dict[int, tuple[int, Attempt, Result]] = {}
        """The answers scripted for later, with the time at which each will have come, by notification serial."""
        self._find = find
        self._marks = marks
        self._answers: Agenda[int] = Agenda()
        self._lane_of: dict[int, str] = {}
        self._unseen: deque[Notification] = deque()
        self._seats = 0
        self.hold: Hold | None = None
        """The hold shared by everything that is held; None while nothing is."""
        self._held = 0
        self._left: Hold | None = None
        """A copy of the current hold: notifications that are released keep it, while the shared one moves on."""

    def next_due(self) -> int | None:
        """When the next notification is due or the next scripted answer comes; None if there is neither."""
        due, answer = self.agenda.next_due(), self._answers.next_due()
        if due is None or answer is None:
            return answer if due is None else due
        return min(due, answer)

    def wait_of(self, notification: Notification, now: int, limiter: RateLimiter) -> Wait:
        """What a notification that has not ended is waiting for at this moment."""
        if notification.state is State.SENDING:
            return self._answer_of(notification)
        if notification.due_ms > now:
            return Wait(WaitsFor.TIME, notification.due_ms)
        target = self.target_of(notification)
        if self.lanes.is_paused(target):
            return Wait(WaitsFor.PAUSED)
        if self.lanes.is_busy(target):
            return Wait(WaitsFor.TARGET)
        blocking = limiter.blocking(now)
        if blocking is not None:
            return Wait(WaitsFor.LIMIT, limiter.opens_at(now), str(blocking))
        return Wait(WaitsFor.CALL)

    def _answer_of(self, notification: Notification) -> Wait:
        known = self.answered.get(notification.serial)
        if known is None:
            return Wait(WaitsFor.ANSWER)
        at_ms, _, result = known
        return Wait(WaitsFor.ANSWER, at_ms, times_out=result.reason is Reason.TIMED_OUT)

    # --- due ------------------------------------------------------------------------------------------------

    def later(self, notification: Notification) -> None:
        """Put a notification on the agenda until it is due."""
        self.agenda.add(notification.due_ms, notification.serial, notification)

    def wake(self, now: int, in_order: Callable[[Iterable[Notification]], list[Notification]]) -> None:
        """Move each notification due by now into the lane of its target, in the order that `in_order` returns."""
        due = self.agenda.next_due()
        if due is None or due > now:
            return
        for notification in in_order(self.agenda.pop_due(now)):
            self.seat(notification)

    def seat(self, notification: Notification) -> None:
        """Put a due notification behind the others in its target's lane."""
        self._seats += 1
        notification.seat = self._seats
        self._enter(notification)
        self._unseen.append(notification)

    @property
    def seats(self) -> int:
        """The last seat that was taken."""
        return self._seats

    def seated_after(self, seat: int) -> Iterator[Notification]:
        """Those that have taken seats after this one and still wait there, except those held; the last one first."""
        for notification in reversed(self._unseen):
            if notification.seat <= seat:
                break
            if notification.state is State.QUEUED:
                yield notification

    def seat_anew(self) -> None:
        """Rebuild the lanes after subscriptions have changed: a due notification may have another target now.

        Each keeps its seat: they come out of the lanes, and enter others, in the order of their seats.
        """
        for notification in self.lanes.clear():
            self._enter(notification)

    def target_of(self, notification: Notification) -> str:
        """Where a notification goes according to its subscription now; empty if the subscription is gone."""
        subscription = self._find(notification.subscription)
        return subscription.target if subscription is not None else ""

    def keep_back(self, until_ms: int, by: str) -> tuple[int, list[Notification]]:
        """Hold everything that is due until `until_ms`, because of the limit `by`.

        Returns how many remain held although the window they waited for has renewed, and the notifications newly held.
        """
        stay = 0
        if self.hold is None:
            self.hold, self._left = Hold(until_ms, by), None
        elif (self.hold.until_ms, self.hold.by) != (until_ms, by):
            # Those that stay are not visited one by one: a long queue outlasts many windows, and each would walk it.
            self.hold.until_ms, self.hold.by, self._left = until_ms, by, None
            stay = self._held
        anew = [notification for notification in self._unseen if notification.state is State.QUEUED]
        self._unseen.clear()
        for notification in anew:
            self._share(self.hold, notification)
        return stay, anew

    def _share(self, hold: Hold, notification: Notification) -> None:
        notification.state, notification.hold = State.HELD, hold
        self._held += 1

    def _part(self, hold: Hold, notification: Notification) -> None:
        """Release a notification from its shared hold; it keeps a copy, as the shared one moves on without it."""
        if self._left is None:
            self._left = replace(hold)
        notification.hold = self._left
        self._marks.mark("notifications", notification)
        self._held -= 1
        if not self._held:
            self.hold = None

    def forget_gone(self) -> None:
        """Drop notifications that have already left from the front of `_unseen`, the candidates for holding."""
        while self._unseen and self._unseen[0].state is not State.QUEUED:
            self._unseen.popleft()

    def _enter(self, notification: Notification) -> None:
        self.lanes.enter(self.target_of(notification), notification)

    def allow(self, in_flight: int) -> None:
        """Change how many may be in flight to one target from now on."""
        everything = self.lanes.clear()
        self.lanes.allow(in_flight)
        for notification in everything:
            self._enter(notification)

    def restore(self, notifications: Iterable[Notification]) -> None:
        """From all notifications there ever were, put those not yet sent back where they were waiting."""
        for notification in sorted(notifications, key=lambda notification: notification.seat):
            self._seats = notification.seat
            if notification.state not in (State.QUEUED, State.HELD):
                continue
            if not notification.seat:
                self.later(notification)
                continue
            self.lanes.enter(self.target_of(notification), notification)
            if notification.state is State.QUEUED:
                self._unseen.append(notification)
            elif self.hold is None:
                raise ValueError(f"notification {notification.serial} is held, and nothing says by which limit")
            else:
                self._share(self.hold, notification)

    # --- in flight ------------------------------------------------------------------------------------------

    def leave(self) -> Notification:
        """Remove the first notification whose target is free from its lane, and count it as in flight."""
        target, notification = self.lanes.take()
        self._lane_of[notification.serial] = target
        if notification.state is State.HELD and self.hold is not None:
            self._part(self.hold, notification)
        return notification

    def fills_lane(self, notification: Notification) -> bool:
        """Whether a notification that has left its lane has made its target busy."""
        return self.lanes.is_busy(self._lane_of[notification.serial])

    def fly(self, attempt: Attempt) -> None:
        """Note that an attempt is in flight."""
        self.flying[attempt.notification.serial] = attempt

    def answer_later(self, attempt: Attempt, result: Result, at_ms: int) -> None:
        """Keep an answer that counts as given at a later moment."""
        serial = attempt.notification.serial
        self.answered[serial] = (at_ms, attempt, result)
        self._answers.add(at_ms, serial, serial)
        self._marks.mark("attempts", serial)

    def answers(self, now: int) -> Iterator[tuple[Attempt, Result]]:
        """Remove and yield the scripted answers that are due by now, with their attempts."""
        for serial in self._answers.pop_due(now):
            _, attempt, result = self.answered.pop(serial)
            yield attempt, result

    def lane_of(self, notification: Notification) -> str | None:
        """The target whose lane an in-flight notification left; None if it was in no lane."""
        return self._lane_of.get(notification.serial)

    def put_back(self, attempt: Attempt, lane: str | None, answer: tuple[int, Result] | None) -> None:
        """Restore an attempt that was in flight, with its scripted answer if there was one."""
        self.fly(attempt)
        if lane is not None:
            self.lanes.occupy(lane)
            self._lane_of[attempt.notification.serial] = lane
        if answer is not None:
            self.answer_later(attempt, answer[1], answer[0])

    def land(self, notification: Notification) -> None:
        """Remove a notification that has ended, and free its target for the next."""
        self.flying.pop(notification.serial, None)
        lane = self._lane_of.pop(notification.serial, None)
        if lane is not None:
            self.lanes.release(lane)
