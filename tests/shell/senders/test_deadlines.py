"""Whatever takes too long is told so in time, however many there are, with a single timer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from copper_emulator.shell.senders.deadlines import Deadlines


class Loop:
    """The clock and the timers of a loop, without waiting."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], None]) -> Any:
        self.timers.append((when, callback))
        return self.timers[-1]

    def pass_to(self, moment: float) -> None:
        while self.timers and min(self.timers)[0] <= moment:
            first = min(self.timers, key=lambda timer: timer[0])
            self.timers.remove(first)
            self.now = first[0]
            first[1]()
        self.now = moment


class One:
    """Records when it expires."""

    def __init__(self, loop: Loop, then: Callable[[], object] = lambda: None) -> None:
        self.at: float | None = None
        self._loop = loop
        self._then = then

    def expire(self) -> None:
        self.at = self._loop.now
        self._then()


def of(loop: Any) -> Deadlines:
    return Deadlines(1_000, loop)


def test_each_expires_at_its_own_time_and_what_has_ended_does_not() -> None:
    loop = Loop()
    deadlines = of(loop)
    first, ended, last = One(loop), One(loop), One(loop)
    for moment, one in ((0.0, first), (0.25, ended), (0.5, last)):
        loop.pass_to(moment)
        deadlines.begin(one)
    deadlines.end(ended)

    loop.pass_to(5.0)

    assert (first.at, ended.at, last.at) == (1.0, None, 1.5)
    assert not deadlines.is_used


def test_one_timer_is_enough() -> None:
    loop = Loop()
    deadlines = of(loop)
    for number in range(100):
        loop.pass_to(number / 1_000)
        deadlines.begin(One(loop))
        assert len(loop.timers) == 1


def test_what_begins_while_others_expire_has_its_whole_time() -> None:
    loop = Loop()
    deadlines = of(loop)
    next_one = One(loop)
    deadlines.begin(One(loop, then=lambda: deadlines.begin(next_one)))

    loop.pass_to(5.0)

    assert next_one.at == 2.0


def test_after_a_time_in_which_nothing_was_on_its_way_there_is_a_timer_again() -> None:
    loop = Loop()
    deadlines = of(loop)
    early, late = One(loop), One(loop)
    deadlines.begin(early)
    deadlines.end(early)
    loop.pass_to(3.0)
    deadlines.begin(late)

    loop.pass_to(5.0)

    assert (early.at, late.at) == (None, 4.0)
