"""Which faults are switched on in an account, and what do they do to a notification on its path, or to a call?

The path asks at each step: how late, cut how, in which order, sent or answered by a fault, sent once more; the API asks
before it answers a call. Without faults every answer is what the rules say. Shares and orders are draws (`draws.py`),
the same for the same seed. It is longer than other modules because all of them answer from one list of what is on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from copper_emulator.core.draws import Draws
from copper_emulator.core.fault import WHOLE, Fault, FaultName
from copper_emulator.core.marks import Marks
from copper_emulator.core.model import Attempt, Delivery, Notification, Outcome, Reason, Result
from copper_emulator.core.moments import to_datetime
from copper_emulator.core.rules import FetchRace, Latency, Rules
from copper_emulator.core.told import FaultOn, FaultsOff

_RACES = {FaultName.GONE: FetchRace.DELETED, FaultName.CHANGED: FetchRace.CHANGED}

_ANSWERS = {
    FaultName.LOSE: Result(Outcome.LOST, by_fault=True),
    FaultName.OUTAGE: Result(Outcome.FAILED, reason=Reason.REFUSED, by_fault=True),
    FaultName.REFUSE: Result(Outcome.FAILED, reason=Reason.REFUSED, by_fault=True),
    FaultName.HANG: Result(Outcome.FAILED, reason=Reason.TIMED_OUT, by_fault=True),
    FaultName.GARBLE: Result(Outcome.FAILED, reason=Reason.GARBAGE, by_fault=True),
}
"""Faults that stand between an account and the endpoint: nothing is sent, and this is what came back."""

_ENDING = (FaultName.OUTAGE, FaultName.API_STATUS)
"""Faults whose span is the time for which they are on, where they have one."""

_REFUSING_CALLS = (FaultName.API_STATUS, FaultName.API_HANG)


Alike: TypeAlias = tuple[object, ...]
"""What a draw is for: a purpose, a topic, ids, and a subscription."""


@dataclass(slots=True)
class Active:
    """A fault that is on: how many more it concerns, and when it is over, where it ends by itself."""

    fault: Fault
    left: int | None
    until_ms: int | None = None

    def is_over(self, now: int) -> bool:
        return self.until_ms is not None and now >= self.until_ms


class Faults:
    """The faults of one account. At most one of each name for a target: a new one takes the place of the old.

    Those of the rules are on from the start; their time counts from the first change. `note` writes the journal's
    entry for each that is switched on or off, `lag` tells the records how far searches lie behind.
    """

    def __init__(
        self,
        rules: Rules,
        draws: Draws,
        *,
        note: Callable[[int, str], None],
        lag: Callable[[int], None],
        tell: Callable[[FaultOn | FaultsOff], None],
        marks: Marks,
    ) -> None:
        self._rules = rules
        self._draws = draws
        self._note = note
        self._lag = lag
        self._tell = tell
        self._marks = marks
        self._active = [Active(fault, fault.next) for fault in rules.faults]
        self._begun = not self._active
        self.alike: Counter[Alike] = Counter()
        self._touched: dict[int, list[str]] = {}
        if self._active:
            self._tell_lag()

    # --- switched on and off ----------------------------------------------------------------------------------

    def active(self, now: int) -> list[Fault]:
        """What is on, in the order in which it was switched on."""
        return [active.fault for active in self._active if not active.is_over(now)]

    def on(self, fault: Fault, now: int) -> None:
        """Switch one on, in place of one with its name and target."""
        self.begin(now)
        self._active = [a for a in self._active if (a.fault.name, a.fault.target) != (fault.name, fault.target)]
        self._active.append(Active(fault, fault.next, _end_of(fault, now)))
        self._note(now, f"{fault} is on")
        self._tell_lag()
        self._tell(FaultOn(fault))

    def off(self, now: int, which: Callable[[Fault], bool] = lambda _: True) -> list[Fault]:
        """Switch off those that are meant, and say which they were."""
        ended = [active for active in self._active if which(active.fault)]
        for active in ended:
            self._end(active, now, "is off")
        if ended:
            self._tell(FaultsOff(tuple(active.fault for active in ended), tuple(self.active(now))))
        return [active.fault for active in ended]

    def begin(self, now: int) -> None:
        """The first moment of the account: those of the rules begin."""
        if self._begun:
            return
        self._begun = True
        for active in self._active:
            active.until_ms = _end_of(active.fault, now)
            self._note(now, f"{active.fault} is on")

    def pass_to(self, now: int) -> None:
        """Time has come to this moment: what is over is off."""
        for active in tuple(self._active):
            if active.until_ms is not None and active.is_over(now):
                self._end(active, now, f"is over since {to_datetime(active.until_ms):%H:%M:%S}")

    def _end(self, active: Active, now: int, how: str) -> None:
        self._active.remove(active)
        self._note(now, f"{active.fault} {how}")
        self._tell_lag()

    def _tell_lag(self) -> None:
        stale = self._last((FaultName.STALE,), "")
        self._lag(self._rules.search_lag_ms if stale is None else stale.fault.span_ms)

    def play_by(self, rules: Rules) -> None:
        """Other rules from now on; what is on stays on."""
        self._rules = rules
        self._tell_lag()

    # --- what is kept of it -----------------------------------------------------------------------------------

    def on_now(self) -> tuple[bool, tuple[Active, ...]]:
        """Whether those of the rules have begun, and what is on, with what is left of each."""
        return self._begun, tuple(replace(active) for active in self._active)

    def restore(
        self, *, begun: bool, active: Iterable[Active], touched: Mapping[int, Sequence[str]], alike: Mapping[Alike, int]
    ) -> None:
        """Go on from here."""
        self._begun, self._active = begun, list(active)
        self._touched = {serial: list(texts) for serial, texts in touched.items()}
        self.alike = Counter(alike)
        self._tell_lag()

    # --- what a change becomes ----------------------------------------------------------------------------------

    def latency(self, target: str) -> Latency:
        """From how long to how long after the change its notifications are due."""
        late = self._last((FaultName.LATENCY,), target)
        return self._rules.latency if late is None or late.fault.latency is None else late.fault.latency

    def sizes(self, target: str) -> tuple[int, ...]:
        """How many ids each of its notifications has at most, in turn."""
        cut = self._last((FaultName.BATCHES,), target)
        return (self._rules.batch,) if cut is None else cut.fault.sizes

    def made(self, notification: Notification, target: str) -> Fault | None:
        """A notification was cut and dated; the fault by which it is to be sent twice, if there is one."""
        if not self._active:
            return None
        for name in (FaultName.LATENCY, FaultName.BATCHES):
            shaping = self._last((name,), target)
            if shaping is not None:
                self._touch(notification, shaping.fault)
        twice = self._last((FaultName.DUPLICATE,), target)
        hit = twice is not None and self._hits(twice, notification, notification.change.at_ms)
        return twice.fault if twice is not None and hit else None

    def again(self, earlier: Notification, fault: Fault, serial: int, due: int) -> Notification:
        """What Copper never does: the same once more."""
        tries = earlier.tries + (fault.name is FaultName.RETRY)
        again = Notification(
            serial, earlier.change, earlier.subscription, earlier.ids, due, repeats=earlier.serial, tries=tries
        )
        self._touch(again, fault)
        return again

    def in_order(self, due: Iterable[Notification]) -> list[Notification]:
        """What falls due, in the order in which it goes."""
        notifications = list(due)
        shuffle = self._last((FaultName.SHUFFLE,), "")
        if shuffle is None or len(notifications) < 2:
            return notifications
        for notification in notifications:
            notification.rank = self._draw(FaultName.SHUFFLE, notification, WHOLE - 1)
        shuffled = sorted(notifications, key=lambda notification: notification.place)
        for before, after in zip(notifications, shuffled, strict=True):
            if before is not after:
                self._touch(after, shuffle.fault)
        return shuffled

    # --- what is sent -------------------------------------------------------------------------------------------

    def meet(self, attempt: Attempt, now: int) -> Attempt:
        """The attempt as the faults leave it: answered by one of them, or slower, or with a broken body."""
        if not self._active:
            return attempt
        notification, target = attempt.notification, attempt.url
        for active in list(self._active):
            answer = _ANSWERS.get(active.fault.name)
            if answer and active.fault.concerns(target) and self._hits(active, notification, now):
                blame = active.fault.blame
                wait = self._rules.timeout_ms if active.fault.name is FaultName.HANG else 0
                return attempt._replace(instead=answer._replace(text=blame, delay_ms=wait), blame=blame)
        slow = self._last((FaultName.SLOW,), target)
        if slow is not None and self._hits(slow, notification, now):
            attempt = attempt._replace(slower_ms=slow.fault.span_ms, blame=slow.fault.blame)
        corrupt = self._last((FaultName.CORRUPT,), target)
        if corrupt is not None and self._hits(corrupt, notification, now):
            # Cut off somewhere: what is left of an object is never JSON.
            kept = self._draw("cut", notification, len(attempt.body) - 2) + 1
            attempt = attempt._replace(body=attempt.body[:kept])
        return attempt

    @property
    def may_race(self) -> bool:
        """Whether anything may happen to records before they are fetched."""
        if self._rules.fetch_race is not FetchRace.NONE:
            return True
        return bool(self._active) and any(active.fault.name in _RACES for active in self._active)

    def race(self, notification: Notification, target: str, now: int) -> FetchRace:
        """What happens to a notification's records before the endpoint can fetch them."""
        racing = self._last(tuple(_RACES), target)
        if racing is None:
            return self._rules.fetch_race
        self._hits(racing, notification, now)
        return _RACES[racing.fault.name]

    # --- what clients call --------------------------------------------------------------------------------------

    @property
    def hinder_calls(self) -> bool:
        """Whether any fault concerns calls of the API."""
        return bool(self._active) and any(active.fault.of_calls for active in self._active)

    def meet_call(self, now: int) -> tuple[Fault, ...]:
        """The faults that a call of the API meets: one that slows it, and one by which it is refused or hangs."""
        self.begin(now)
        self.pass_to(now)
        slow = next((a for a in self._active if a.fault.name is FaultName.API_SLOW), None)
        refusing = next((a for a in self._active if a.fault.name in _REFUSING_CALLS), None)
        met = [active for active in (slow, refusing) if active is not None]
        for active in met:
            self._use(active, now)
        return tuple(active.fault for active in met)

    # --- what came of it ----------------------------------------------------------------------------------------

    def touching(self, notification: Notification) -> tuple[str, ...]:
        """The faults that have had to do with a notification, as they are written."""
        return tuple(dict.fromkeys(self.touched(notification))) if self._touched else ()

    def touched(self, notification: Notification) -> Sequence[str]:
        """The same each time that one had to do with it."""
        return self._touched.get(notification.serial, ())

    def retry(self, delivery: Delivery) -> Fault | None:
        """The fault by which a failed delivery is tried once more, if it is."""
        retry = self._last((FaultName.RETRY,), delivery.target)
        if retry is None:
            return None
        tried = delivery.outcome in (Outcome.REJECTED, Outcome.FAILED) and not delivery.replayed
        if not tried or delivery.notification.tries >= (retry.fault.next or 0):
            return None
        return retry.fault

    # --- the small print ------------------------------------------------------------------------------------------

    def _last(self, names: tuple[FaultName, ...], target: str) -> Active | None:
        """Of several that are on, the one that was switched on last."""
        if not self._active:
            return None
        found = (a for a in reversed(self._active) if a.fault.name in names and a.fault.concerns(target))
        return next(found, None)

    def _hits(self, active: Active, notification: Notification, now: int) -> bool:
        """Whether a fault takes this notification: by its share, or as one of the next so many."""
        fault = active.fault
        if fault.share is not None and self._draw(fault.name, notification, WHOLE - 1) >= fault.share:
            return False
        self._touch(notification, fault)
        self._use(active, now)
        return True

    def _use(self, active: Active, now: int) -> None:
        if active.left is not None:
            active.left -= 1
            if not active.left:
                self._end(active, now, "is used up")

    def _touch(self, notification: Notification, fault: Fault) -> None:
        self._touched.setdefault(notification.serial, []).append(str(fault))
        self._marks.mark("notifications", notification)

    def _draw(self, purpose: str, notification: Notification, high: int) -> int:
        # Keyed by what is sent, not by its serial: a change of other records before it must not shift the draw.
        what = (purpose, notification.topic, notification.ids, notification.subscription)
        self.alike[what] += 1
        self._marks.mark("draws", what)
        return self._draws.draw(purpose, *what[1:], self.alike[what], low=0, high=high)


def _end_of(fault: Fault, now: int) -> int | None:
    """When one that is on from now on is over by itself."""
    return now + fault.span_ms if fault.name in _ENDING and fault.span_ms else None
