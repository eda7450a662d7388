"""What is due when, and what may be sent next.

`Agenda` holds what lies in the future; `Lanes` holds what is due and waits for room under the limits or for its target.
Looking up the next item takes the same time however many are waiting.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

from copper_emulator.core.model import Notification

T = TypeVar("T")


class Agenda(Generic[T]):
    """Items with a due time, handed out by due time and then by serial."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, T]] = []

    def add(self, due_ms: int, serial: int, item: T) -> None:
        heappush(self._heap, (due_ms, serial, item))

    def next_due(self) -> int | None:
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now: int) -> Iterator[T]:
        """Remove and yield everything due at or before `now`, in order."""
        while self._heap and self._heap[0][0] <= now:
            yield heappop(self._heap)[2]

    def __len__(self) -> int:
        return len(self._heap)


class Lanes:
    """Due notifications, in one lane per target; a lane whose target is busy or paused is skipped.

    Notifications enter in the order of their seats, so the head of a lane is its first. Lanes are ordered by their
    heads. A target is busy while `in_flight` of its notifications are in flight.
    """

    def __init__(self, in_flight: int) -> None:
        self.in_flight = in_flight
        """Changed only by `Outbox`, which then rebuilds the lanes."""
        self._lanes: dict[str, deque[Notification]] = {}
        self._busy: dict[str, int] = {}
        self._paused: set[str] = set()
        self._heads: list[tuple[int, str]] = []
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def unpaused(self) -> int:
        """How many wait for a target that is not paused."""
        if not self._paused:
            return self._size
        return self._size - sum(len(self._lanes.get(target, ())) for target in self._paused)

    def enter(self, target: str, notification: Notification) -> None:
        lane = self._lanes.get(target)
        if lane is None:
            lane = self._lanes[target] = deque()
        lane.append(notification)
        self._size += 1
        if len(lane) == 1 and self._is_free(target):
            self._offer(target)

    def first(self) -> Notification | None:
        """The first notification whose target is free, left in place; None if there is none."""
        return self._lanes[self._heads[0][1]][0] if self._heads else None

    def take_first(self) -> tuple[str, Notification]:
        """Remove and return the first notification whose target is free, and count it as in flight."""
        target = heappop(self._heads)[1]
        lane = self._lanes[target]
        notification = lane.popleft()
        self._size -= 1
        self.occupy(target)
        if not lane:
            del self._lanes[target]
        elif self._is_free(target):
            self._offer(target)
        return target, notification

    def occupy(self, target: str) -> None:
        """Count one more notification in flight to a target."""
        self._busy[target] = self._busy.get(target, 0) + 1

    def is_busy(self, target: str) -> bool:
        return self._busy.get(target, 0) >= self.in_flight

    def release(self, target: str) -> None:
        """Count one notification fewer in flight to a target."""
        still_in_flight = self._busy[target] - 1
        if still_in_flight:
            self._busy[target] = still_in_flight
        else:
            del self._busy[target]
        # Before this one ended, the target was busy.
        if still_in_flight == self.in_flight - 1 and target in self._lanes and not self.is_paused(target):
            self._offer(target)

    @property
    def paused(self) -> frozenset[str]:
        return frozenset(self._paused)

    def is_paused(self, target: str) -> bool:
        return target in self._paused

    def pause(self, target: str) -> None:
        """Send nothing to a target until it is resumed; what is in flight stays counted."""
        self._paused.add(target)
        # A full pass is fine: pausing is rare, and there is at most one head per free target.
        self._heads = [head for head in self._heads if head[1] != target]
        heapify(self._heads)

    def resume(self, target: str) -> None:
        """Send to a paused target again, starting with the head of its lane."""
        self._paused.remove(target)
        if target in self._lanes and not self.is_busy(target):
            self._offer(target)

    def clear(self) -> list[Notification]:
        """Remove and return all waiting notifications, in order; what is in flight stays counted."""
        notifications = sorted(
            (notification for lane in self._lanes.values() for notification in lane),
            key=lambda notification: notification.seat,
        )
        self._lanes.clear()
        self._heads.clear()
        self._size = 0
        return notifications

    def _is_free(self, target: str) -> bool:
        return not (self.is_busy(target) or self.is_paused(target))

    def _offer(self, target: str) -> None:
        heappush(self._heads, (self._lanes[target][0].seat, target))
