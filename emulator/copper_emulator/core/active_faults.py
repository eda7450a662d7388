"""The active faults of an account: what they do to a notification on its path, or to an API call.

The path asks at each step: how late, cut how, in which order, sent or answered by a fault, sent again; the API asks
before it answers a call. Without faults, the rules alone decide. Shares and orders are drawn (`draws.py`) and the same
for the same seed. The module is longer than others because every answer comes from the same list of active faults.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from copper_emulator.core.draws import Draws
from copper_emulator.core.fault import WHOLE, Fault, FaultName
from copper_emulator.core.marks import Marks
from copper_emulator.core.model import UNSUCCESSFUL, Attempt, Delivery, Notification, Outcome, Reason, Result
from copper_emulator.core.moments import to_datetime
from copper_emulator.core.performed import FaultOn, FaultsOff
from copper_emulator.core.rules import FetchRace, Latency, Rules

_RACES = {FaultName.GONE: FetchRace.DELETED, FaultName.CHANGED: FetchRace.CHANGED}

_ANSWERS = {
    FaultName.LOSE: Result(Outcome.LOST, by_fault=True),
    FaultName.OUTAGE: Result(Outcome.FAILED, reason=Reason.REFUSED, by_fault=True),
    FaultName.REFUSE: Result(Outcome.FAILED, reason=Reason.REFUSED, by_fault=True),
    FaultName.HANG: Result(Outcome.FAILED, reason=Reason.TIMED_OUT, by_fault=True),
    FaultName.GARBLE: Result(Outcome.FAILED, reason=Reason.GARBAGE, by_fault=True),
}
"""Faults between an account and the endpoint: nothing is sent, and this is the result."""

_ENDING = (FaultName.OUTAGE, FaultName.API_STATUS)
"""Faults whose span, if they have one, limits how long they stay on."""

_OFF, _OVER, _USED_UP = "is off", "is over", "is used up"
"""How a fault has ended, as it is noted."""

_REFUSING_CALLS = (FaultName.API_STATUS, FaultName.API_HANG)


DrawKey: TypeAlias = tuple[object, ...]
"""What a draw is for: a purpose, a topic, ids, and a subscription."""


@dataclass(slots=True)
class ActiveFault:
    """A fault that is on: how many more it will affect, and when it ends; None if there is no such limit."""

    fault: Fault
    left: int | None
    until_ms: int | None = None

    def is_over(self, now: int) -> bool:
        return self.until_ms is not None and now >= self.until_ms

    def rest(self, now: int) -> Fault:
        """What is left of it: the fault that, switched on now, affects as many and ends at the same moment."""
        span_ms = self.fault.span_ms if self.until_ms is None else self.until_ms - now
        return replace(self.fault, next=self.left, span_ms=span_ms)


class ActiveFaults:
    """The active faults of one account. At most one per name and target: a new one replaces the old.

    Faults from the rules are on from the start; their time counts from the first change. `note` writes a journal entry
    whenever a fault is switched on or off; `set_lag` tells the records by how much searches lag behind.
    """

    def __init__(
        self,
        rules: Rules,
        draws: Draws,
        *,
        note: Callable[[int, str], None],
        set_lag: Callable[[int], None],
        on_performed: Callable[[FaultOn | FaultsOff], None],
        marks: Marks,
    ) -> None:
        self._rules = rules
        self._draws = draws
        self._note = note
        self._set_lag = set_lag
        self._on_performed = on_performed
        self._marks = marks
        self._active = [ActiveFault(fault, fault.next) for fault in rules.faults]
        self._begun = not self._active
        self.draw_counts: Counter[DrawKey] = Counter()
        """How many numbers were drawn for each key."""
        self._touched: dict[int, list[str]] = {}
        if self._active:
            self._report_lag()

    # --- switched on and off ----------------------------------------------------------------------------------

    def active(self, now: int) -> list[Fault]:
        """The faults that are on, in the order in which they were switched on."""
        return [active.fault for active in self._active if not active.is_over(now)]

    def in_slot_of(self, fault: Fault, now: int) -> ActiveFault | None:
        """A copy of the active fault with the same name and target, which this one would replace."""
        here = (active for active in self._active if active.fault.slot == fault.slot and not active.is_over(now))
        return next(map(replace, here), None)

    def switch_on(self, fault: Fault, now: int) -> None:
        """Switch a fault on, replacing one with the same name and target."""
        self.begin(now)
        self._active = [a for a in self._active if a.fault.slot != fault.slot]
        self._active.append(ActiveFault(fault, fault.next, _end_of(fault, now)))
        self._note(now, f"{fault} is on")
        self._report_lag()
        self._on_performed(FaultOn(fault))

    def switch_off(self, now: int, which: Callable[[Fault], bool] = lambda _: True) -> list[Fault]:
        """Switch off and return the faults for which `which` is true."""
        ended = [active for active in self._active if which(active.fault)]
        for active in ended:
            self._end(active, now, _OFF)
        if ended:
            self._on_performed(FaultsOff(tuple(active.fault for active in ended), tuple(self.active(now))))
        return [active.fault for active in ended]

    def begin(self, now: int) -> None:
        """Start the faults from the rules, at the first moment of the account."""
        if self._begun:
            return
        self._begun = True
        for active in self._active:
            active.until_ms = _end_of(active.fault, now)
            self._note(now, f"{active.fault} is on")

    def pass_to(self, now: int) -> None:
        """Move time to `now`: faults that are over are switched off."""
        for active in tuple(self._active):
            if active.until_ms is not None and active.is_over(now):
                self._end(active, now, f"{_OVER} since {to_datetime(active.until_ms):%H:%M:%S}")

    def _end(self, active: ActiveFault, now: int, how: str) -> None:
        self._active.remove(active)
        self._note(now, f"{active.fault} {how}")
        self._report_lag()

    def _report_lag(self) -> None:
        stale = self._latest((FaultName.STALE,), "")
        self._set_lag(self._rules.search_lag_ms if stale is None else stale.fault.span_ms)

    def play_by(self, rules: Rules) -> None:
        """Use other rules from now on; active faults stay on."""
        self._rules = rules
        self._report_lag()

    # --- saved state ------------------------------------------------------------------------------------------

    def state(self) -> tuple[bool, tuple[ActiveFault, ...]]:
        """Whether the faults from the rules have started, and a copy of the active faults."""
        return self._begun, tuple(map(replace, self._active))

    def restore(
        self,
        *,
        begun: bool,
        active: Iterable[ActiveFault],
        touched: Mapping[int, Sequence[str]],
        draw_counts: Mapping[DrawKey, int],
    ) -> None:
        """Continue from a saved state."""
        self._begun, self._active = begun, list(active)
        self._touched = {serial: list(texts) for serial, texts in touched.items()}
        self.draw_counts = Counter(draw_counts)
        self._report_lag()

    # --- what a change becomes ----------------------------------------------------------------------------------

    def latency(self, target: str) -> Latency:
        """The range of delays between a change and its notifications to this target."""
        late = self._latest((FaultName.LATENCY,), target)
        return self._rules.latency if late is None or late.fault.latency is None else late.fault.latency

    def sizes(self, target: str) -> tuple[int, ...]:
        """The largest numbers of ids in notifications to this target, in turn."""
        cut = self._latest((FaultName.BATCHES,), target)
        return (self._rules.batch,) if cut is None else cut.fault.sizes

    def touch_new(self, notification: Notification, target: str) -> Fault | None:
        """Note the faults that shaped a new notification; return the one that sends it twice, if any."""
        if not self._active:
            return None
        for name in (FaultName.LATENCY, FaultName.BATCHES):
            shaping = self._latest((name,), target)
            if shaping is not None:
                self._touch(notification, shaping.fault)
        duplicate = self._latest((FaultName.DUPLICATE,), target)
        hit = duplicate is not None and self._try_on(duplicate, notification, notification.change.at_ms)
        return duplicate.fault if duplicate is not None and hit else None

    def repeat(self, earlier: Notification, fault: Fault, serial: int, due: int) -> Notification:
        """Make the same notification once more, because of a fault; Copper never does."""
        tries = earlier.tries + (fault.name is FaultName.RETRY)
        repeated = Notification(
            serial, earlier.change, earlier.subscription, earlier.ids, due, repeats=earlier.serial, tries=tries
        )
        self._touch(repeated, fault)
        return repeated

    def in_order(self, due: Iterable[Notification]) -> list[Notification]:
        """Due notifications in the order in which they are sent."""
        notifications = list(due)
        shuffle = self._latest((FaultName.SHUFFLE,), "")
        if shuffle is None or len(notifications) < 2:
            return notifications
        for notification in notifications:
            notification.rank = self._draw(FaultName.SHUFFLE, notification, WHOLE - 1)
        shuffled = sorted(notifications, key=lambda notification: notification.turn)
        for before, after in zip(notifications, shuffled, strict=True):
            if before is not after:
                self._touch(after, shuffle.fault)
        return shuffled

    # --- what is sent -------------------------------------------------------------------------------------------

    def apply_to(self, attempt: Attempt, now: int) -> Attempt:
        """Return the attempt as the faults leave it: answered by one of them, slowed down, or with a broken body."""
        if not self._active:
            return attempt
        notification, target = attempt.notification, attempt.url
        for active in list(self._active):
            answer = _ANSWERS.get(active.fault.name)
            if answer and active.fault.concerns(target) and self._try_on(active, notification, now):
                blame = active.fault.blame
                wait = self._rules.timeout_ms if active.fault.name is FaultName.HANG else 0
                return attempt._replace(instead=answer._replace(text=blame, delay_ms=wait), blame=blame)
        slow = self._latest((FaultName.SLOW,), target)
        if slow is not None and self._try_on(slow, notification, now):
            attempt = attempt._replace(slower_ms=slow.fault.span_ms, blame=slow.fault.blame)
        corrupt = self._latest((FaultName.CORRUPT,), target)
        if corrupt is not None and self._try_on(corrupt, notification, now):
            # Truncated: a proper prefix of a JSON object is never valid JSON.
            length = self._draw("cut", notification, len(attempt.body) - 2) + 1
            attempt = attempt._replace(body=attempt.body[:length])
        return attempt

    @property
    def can_race(self) -> bool:
        """Whether anything can happen to records before they are fetched."""
        if self._rules.fetch_race is not FetchRace.NONE:
            return True
        return bool(self._active) and any(active.fault.name in _RACES for active in self._active)

    def race(self, notification: Notification, target: str, now: int) -> FetchRace:
        """What happens to a notification's records before the endpoint can fetch them."""
        racing = self._latest(tuple(_RACES), target)
        if racing is None:
            return self._rules.fetch_race
        self._try_on(racing, notification, now)
        return _RACES[racing.fault.name]

    # --- what clients call --------------------------------------------------------------------------------------

    @property
    def has_call_faults(self) -> bool:
        """Whether any fault affects API calls."""
        return bool(self._active) and any(active.fault.of_calls for active in self._active)

    def apply_to_call(self, now: int) -> tuple[Fault, ...]:
        """Count an API call against the faults that affect it, and return them.

        At most two: one that slows it down, and one that refuses it or lets it hang.
        """
        self.begin(now)
        self.pass_to(now)
        slow = next((a for a in self._active if a.fault.name is FaultName.API_SLOW), None)
        refusing = next((a for a in self._active if a.fault.name in _REFUSING_CALLS), None)
        affecting = [active for active in (slow, refusing) if active is not None]
        for active in affecting:
            self._use(active, now)
        return tuple(active.fault for active in affecting)

    # --- afterwards ---------------------------------------------------------------------------------------------

    def faults_of(self, notification: Notification) -> tuple[str, ...]:
        """The faults that have affected a notification, in their text form, each once."""
        return tuple(dict.fromkeys(self.uses_on(notification))) if self._touched else ()

    def uses_on(self, notification: Notification) -> Sequence[str]:
        """As `faults_of`, but with one item for each time that a fault affected it."""
        return self._touched.get(notification.serial, ())

    def retry_of(self, delivery: Delivery) -> Fault | None:
        """The fault by which a failed delivery is tried again; None if it is not."""
        retry = self._latest((FaultName.RETRY,), delivery.target)
        if retry is None:
            return None
        is_failure = delivery.outcome in UNSUCCESSFUL and not delivery.replayed
        if not is_failure or delivery.notification.tries >= (retry.fault.next or 0):
            return None
        return retry.fault

    # --- details --------------------------------------------------------------------------------------------------

    def _latest(self, names: tuple[FaultName, ...], target: str) -> ActiveFault | None:
        """Of the active faults with these names for this target, the one switched on last."""
        if not self._active:
            return None
        found = (a for a in reversed(self._active) if a.fault.name in names and a.fault.concerns(target))
        return next(found, None)

    def _try_on(self, active: ActiveFault, notification: Notification, now: int) -> bool:
        """Let a fault affect this notification, if its share says so; return whether it does."""
        fault = active.fault
        if fault.share is not None and self._draw(fault.name, notification, WHOLE - 1) >= fault.share:
            return False
        self._touch(notification, fault)
        self._use(active, now)
        return True

    def _use(self, active: ActiveFault, now: int) -> None:
        if active.left is not None:
            active.left -= 1
            if not active.left:
                self._end(active, now, _USED_UP)

    def _touch(self, notification: Notification, fault: Fault) -> None:
        self._touched.setdefault(notification.serial, []).append(str(fault))
        self._marks.mark("notifications", notification)

    def _draw(self, purpose: str, notification: Notification, high: int) -> int:
        # Keyed by what is sent, not by its serial: a change of other records before it must not shift the draw.
        key = (purpose, notification.topic, notification.ids, notification.subscription)
        self.draw_counts[key] += 1
        self._marks.mark("draws", key)
        sent = self._draws.keyed(notification.topic, notification.ids, notification.subscription)
        return self._draws.draw(purpose, *sent, self.draw_counts[key], low=0, high=high)


def may_be_left_of(other: Fault, fault: Fault) -> bool:
    """Whether a fault is another, or what can be left of that: the same, for fewer or for a shorter time."""
    if fault.name is FaultName.RETRY or replace(fault, next=other.next, span_ms=other.span_ms) != other:
        return fault == other
    fewer = fault.next is not None and other.next is not None and fault.next < other.next
    shorter = fault.name in _ENDING and fault.span_ms < other.span_ms
    return (fewer or fault.next == other.next) and (shorter or fault.span_ms == other.span_ms)


def notes_own_end(text: str, fault: Fault) -> bool:
    """Whether a note says that this fault has ended by itself, rather than been switched off."""
    return text.startswith((f"{fault} {_OVER}", f"{fault} {_USED_UP}"))


def _end_of(fault: Fault, now: int) -> int | None:
    """When a fault switched on now ends by itself; None if it does not."""
    return now + fault.span_ms if fault.name in _ENDING and fault.span_ms else None
