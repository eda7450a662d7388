"""What waits, and in which order it is told that it is held."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from copper_emulator.core.marks import Marks
from copper_emulator.core.model import State
from copper_emulator.core.outbox import Outbox
from tests.core.builders import START, make_notification, make_subscription

TARGETS = [f"https://{number}.example.com/" for number in range(3)]
targets = st.sampled_from(TARGETS)
numbers = st.integers(1, 3)
calls = st.one_of(
    st.tuples(st.just("seat"), numbers),
    st.tuples(st.just("seat"), numbers),
    st.tuples(st.just("move"), numbers, targets),
    st.tuples(st.just("pause or resume"), targets),
    st.tuples(st.just("leave")),
    st.tuples(st.just("forget")),
    st.tuples(st.just("hold")),
)


@given(st.integers(1, 3), st.lists(calls, max_size=30))
def test_whatever_has_left_or_moved_all_that_waits_is_newly_held_once_in_the_order_in_which_it_waits(
    in_flight: int, drawn: list[tuple[object, ...]]
) -> None:
    subscriptions = {number: make_subscription(id=number, target=TARGETS[number - 1]) for number in (1, 2, 3)}
    outbox = Outbox(in_flight, subscriptions.get, Marks())
    queued = []
    for serial, (call, *said) in enumerate([*drawn, ("hold",)], start=1):
        match call, *said:
            case "seat", int(number):
                queued.append(make_notification(serial=serial, subscription=number))
                outbox.enter_last(queued[-1])
            case "move", int(number), str(target):
                subscriptions[number] = replace(subscriptions[number], target=target)
                outbox.rebuild_lanes()
            case "pause or resume", str(target):
                lanes = outbox.lanes
                (lanes.resume if lanes.is_paused(target) else lanes.pause)(target)
            case ["leave"] if outbox.lanes.first() is not None:
                left = outbox.take_first()
                left.state = State.SENDING
                queued = [each for each in queued if each is not left]
            case ["forget"]:
                outbox.forget_taken()
            case ["hold"]:
                _, held = outbox.hold_due(START + serial, "1/1m")
                assert held == sorted(queued, key=lambda notification: notification.seat) == queued
                assert {each.state for each in held} <= {State.HELD}
                queued = []
