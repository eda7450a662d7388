"""What is due when, and which notification may go next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from copper_emulator.core.agenda import Agenda, Lanes
from copper_emulator.core.model import Notification
from tests.core.builders import make_notification


def test_things_come_by_due_time_then_serial() -> None:
    agenda: Agenda[str] = Agenda()
    agenda.add(20, 1, "late")
    agenda.add(10, 3, "third")
    agenda.add(10, 2, "second")

    assert list(agenda.pop_due(20)) == ["second", "third", "late"]


def test_what_is_due_later_stays() -> None:
    agenda: Agenda[str] = Agenda()
    agenda.add(10, 1, "now")
    agenda.add(11, 2, "later")

    assert list(agenda.pop_due(10)) == ["now"]
    assert agenda.next_due() == 11
    assert len(agenda) == 1


def test_an_empty_agenda_has_no_next_moment() -> None:
    agenda: Agenda[str] = Agenda()

    assert agenda.next_due() is None
    assert list(agenda.pop_due(10)) == []
    assert len(agenda) == 0


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 99)), unique_by=lambda item: item[1]))
def test_any_order_of_adding_gives_the_same_order_of_coming(items: list[tuple[int, int]]) -> None:
    agenda: Agenda[tuple[int, int]] = Agenda()
    for item in items:
        agenda.add(*item, item)

    assert list(agenda.pop_due(9)) == sorted(items)


def number(serial: int) -> Notification:
    """A notification in the seat with the same number."""
    notification = make_notification(serial=serial)
    notification.seat = serial
    return notification


def taken(lanes: Lanes) -> list[tuple[str, int]]:
    """Take everything that may go; return targets and serials in that order."""
    found = []
    while lanes.first() is not None:
        target, notification = lanes.take_first()
        found.append((target, notification.serial))
    return found


def test_lanes_with_nothing_in_them_offer_nothing() -> None:
    lanes = Lanes(1)

    assert lanes.first() is None
    assert len(lanes) == 0
    assert lanes.clear() == []


def test_a_busy_target_is_passed_over() -> None:
    lanes = Lanes(1)
    for serial, target in [(1, "a"), (2, "a"), (3, "b")]:
        lanes.enter(target, number(serial))

    assert taken(lanes) == [("a", 1), ("b", 3)]
    assert lanes.is_busy("a")
    assert len(lanes) == 1


def test_a_released_target_goes_on_in_order() -> None:
    lanes = Lanes(1)
    for serial in (1, 2, 3):
        lanes.enter("a", number(serial))
    lanes.take_first()

    lanes.release("a")

    assert taken(lanes) == [("a", 2)]


def test_the_order_across_lanes_is_that_of_their_first() -> None:
    lanes = Lanes(2)
    for serial, target in [(1, "b"), (2, "a"), (3, "b"), (4, "a")]:
        lanes.enter(target, number(serial))

    first = lanes.first()

    assert first is not None
    assert first.serial == 1
    assert taken(lanes) == [("b", 1), ("a", 2), ("b", 3), ("a", 4)]


def test_two_at_once_are_two() -> None:
    lanes = Lanes(2)
    for serial in (1, 2, 3):
        lanes.enter("a", number(serial))

    assert taken(lanes) == [("a", 1), ("a", 2)]
    lanes.release("a")
    assert taken(lanes) == [("a", 3)]


def test_one_that_enters_a_busy_lane_waits_for_the_release() -> None:
    lanes = Lanes(1)
    lanes.enter("a", number(1))
    lanes.take_first()
    lanes.enter("a", number(2))

    assert lanes.first() is None
    lanes.release("a")
    assert taken(lanes) == [("a", 2)]


def test_releasing_one_of_two_leaves_the_other_under_way() -> None:
    lanes = Lanes(3)
    for serial in (1, 2):
        lanes.enter("a", number(serial))
    taken(lanes)

    lanes.release("a")
    lanes.enter("a", number(3))
    lanes.enter("a", number(4))
    lanes.enter("a", number(5))

    assert taken(lanes) == [("a", 3), ("a", 4)]


def test_clearing_gives_all_that_waited_by_seat_and_keeps_what_is_under_way() -> None:
    lanes = Lanes(1)
    lanes.enter("a", number(1))
    lanes.take_first()
    for serial, seat, target in [(3, 2, "a"), (4, 3, "c"), (2, 4, "b"), (5, 5, "a")]:
        notification = number(serial)
        notification.seat = seat
        lanes.enter(target, notification)

    assert [notification.serial for notification in lanes.clear()] == [3, 4, 2, 5]
    assert len(lanes) == 0
    assert lanes.first() is None
    assert lanes.is_busy("a")


def test_a_lane_that_was_cleared_while_busy_can_be_used_again() -> None:
    lanes = Lanes(1)
    lanes.enter("a", number(1))
    lanes.take_first()
    lanes.enter("a", number(2))
    lanes.clear()
    lanes.release("a")

    lanes.enter("a", number(3))

    assert taken(lanes) == [("a", 3)]


# --- paused targets -----------------------------------------------------------------------------------------


def test_a_paused_target_is_passed_over_and_goes_on_in_order() -> None:
    lanes = Lanes(1)
    for serial, target in [(1, "a"), (2, "a"), (3, "b")]:
        lanes.enter(target, number(serial))

    lanes.pause("a")

    assert (lanes.paused, lanes.is_paused("a"), lanes.is_paused("b")) == (frozenset({"a"}), True, False)
    assert taken(lanes) == [("b", 3)]
    lanes.resume("a")
    assert taken(lanes) == [("a", 1)]
    lanes.release("a")
    assert taken(lanes) == [("a", 2)]


def test_what_enters_a_paused_lane_waits_for_it_to_be_resumed() -> None:
    lanes = Lanes(1)
    lanes.pause("a")
    lanes.enter("a", number(1))

    assert lanes.first() is None
    lanes.resume("a")
    assert taken(lanes) == [("a", 1)]


def test_what_is_on_its_way_to_a_paused_target_still_counts() -> None:
    lanes = Lanes(1)
    lanes.enter("a", number(1))
    lanes.enter("a", number(2))
    lanes.take_first()

    lanes.pause("a")
    lanes.resume("a")
    assert lanes.first() is None, "resumed, but still busy"
    lanes.pause("a")
    lanes.release("a")
    assert lanes.first() is None, "no longer busy, but paused"
    lanes.resume("a")

    assert taken(lanes) == [("a", 2)]


def test_a_target_for_which_nothing_waits_can_be_paused_and_resumed() -> None:
    lanes = Lanes(1)

    lanes.pause("a")
    lanes.resume("a")

    assert lanes.first() is None
    assert lanes.paused == frozenset()


def test_a_paused_target_stays_paused_when_all_lanes_are_cleared() -> None:
    lanes = Lanes(1)
    lanes.enter("a", number(1))
    lanes.pause("a")

    for notification in lanes.clear():
        lanes.enter("a", notification)

    assert lanes.first() is None


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("enter"), st.sampled_from("abc")),
            st.tuples(st.sampled_from(["pause", "resume", "release"]), st.sampled_from("abc")),
            st.tuples(st.just("take"), st.just("")),
        ),
        max_size=40,
    ),
    st.integers(1, 2),
)
def test_whatever_is_done_each_target_gets_its_own_in_order_once_and_only_while_it_may(
    steps: list[tuple[str, str]], in_flight: int
) -> None:
    lanes = Lanes(in_flight)
    waiting: dict[str, list[int]] = {"a": [], "b": [], "c": []}
    flying, paused = dict.fromkeys("abc", 0), set[str]()
    for place, (step, target) in enumerate(steps):
        if step == "enter":
            lanes.enter(target, number(place))
            waiting[target].append(place)
        elif step == "pause" and target not in paused:
            lanes.pause(target)
            paused.add(target)
        elif step == "resume" and target in paused:
            lanes.resume(target)
            paused.remove(target)
        elif step == "release" and flying[target]:
            lanes.release(target)
            flying[target] -= 1
        free = [t for t in "abc" if waiting[t] and t not in paused and flying[t] < in_flight]
        first = lanes.first()

        assert (None if first is None else first.serial) == min((waiting[t][0] for t in free), default=None)
        assert len(lanes) == sum(map(len, waiting.values()))
        if step == "take" and first is not None:
            came, notification = lanes.take_first()
            assert waiting[came].pop(0) == notification.serial
            flying[came] += 1
