"""Where ids begin, and that they count up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copper_emulator.core.errors import UsageError
from copper_emulator.core.ids import FIRST_RECORD_ID, LAST_PLACE, Counters, check_place
from copper_emulator.core.model import EntityType


def test_every_type_counts_for_itself() -> None:
    counters = Counters()

    assert [counters.next_record(EntityType.LEAD) for _ in range(3)] == [
        94_808_711,
        94_808_712,
        94_808_713,
    ]
    assert counters.next_record(EntityType.TASK) == 3_716_921


def test_a_lead_and_a_person_may_share_an_id() -> None:
    counters = Counters()

    assert counters.next_record(EntityType.LEAD) == counters.next_record(EntityType.PERSON)


def test_activities_lie_beyond_32_bits() -> None:
    assert FIRST_RECORD_ID[EntityType.ACTIVITY_LOG] > 2**31


@pytest.mark.parametrize("kind", EntityType)
def test_every_type_has_a_beginning(kind: EntityType) -> None:
    assert Counters().next_record(kind) == FIRST_RECORD_ID[kind]


def test_records_can_be_made_to_begin_further_on() -> None:
    counters = Counters()
    counters.next_record(EntityType.LEAD)
    counters.start_records(1_000)

    assert [counters.next_record(EntityType.LEAD), counters.next_record(EntityType.LEAD)] == [94_809_711, 94_809_712]
    assert counters.next_record(EntityType.TASK) == 3_717_921
    assert counters.next_subscription() == 560_698


def test_subscriptions_share_one_sequence() -> None:
    counters = Counters()

    assert [counters.next_subscription(), counters.next_subscription()] == [560_698, 560_699]


def test_changes_and_notifications_count_from_1() -> None:
    counters = Counters()

    assert [counters.next_change(), counters.next_change()] == [1, 2]
    assert [counters.next_notification(), counters.next_notification()] == [1, 2]


def test_two_accounts_do_not_meet() -> None:
    first, second = Counters(), Counters()
    first.next_change()

    assert second.next_change() == 1


def test_numbers_that_a_journal_has_are_not_drawn_again() -> None:
    counters = Counters()
    counters.restore({"change": 3, "notification": 9})
    counters.go_beyond(change=4, notification=7)

    assert (counters.next_change(), counters.next_notification()) == (5, 9)


def test_what_a_journal_does_not_tell_of_the_numbers_is_all_but_the_changes_and_notifications() -> None:
    counters = Counters(3)
    state = counters.state()

    assert counters.beside_journal() == tuple(
        number for name, number in state.items() if name not in ("change", "notification")
    )
    counters.next_change()
    counters.next_notification()
    assert counters.beside_journal() == Counters(3).beside_journal()
    counters.next_record(EntityType.TASK)
    assert counters.beside_journal() != Counters(3).beside_journal()


def test_accounts_at_different_places_share_no_id() -> None:
    """Copper's ids are unique across accounts, and so an endpoint may have them as keys."""
    first, second, third = Counters(), Counters(2), Counters(3)

    assert [each.next_subscription() for each in (first, second, third)] == [560_698, 580_698, 600_698]
    assert [each.next_record(EntityType.PERSON) for each in (first, second, third)] == [
        94_808_711,
        94_828_711,
        94_848_711,
    ]
    second.start_records(1_000)
    assert second.next_record(EntityType.TASK) == 3_716_921 + 20_000 + 1_000
    assert second.next_change() == 1


def test_the_ids_of_the_last_place_fit_into_32_bits() -> None:
    last = Counters(LAST_PLACE)

    assert last.next_subscription() < 2**31 - 20_000
    assert last.next_record(EntityType.PERSON) < 2**31 - 20_000


def test_counters_that_go_on_keep_their_place_however_many_ids_they_drew() -> None:
    many = Counters(2)
    for _ in range(20_001):
        many.next_subscription()
    restored = Counters()
    restored.restore(many.state())

    assert restored.place == 2
    assert restored.next_subscription() == 580_698 + 20_001


def test_the_place_of_an_earlier_state_is_that_of_its_subscription_ids() -> None:
    restored = Counters()
    restored.restore({"subscription": 580_700})

    assert restored.place == 2


@given(st.integers(1, LAST_PLACE), st.sampled_from(EntityType), st.integers(0, 25_000))
def test_ids_can_be_counted_as_in_the_first_range(place: int, kind: EntityType, nth: int) -> None:
    first, here = Counters(), Counters(place)
    for counters in (first, here):
        counters.start_records(nth)
    record = first.next_record(kind)

    assert here.records_in_first(kind, [here.next_record(kind), 17]) == (record, 17)
    assert here.subscription_in_first(here.next_subscription()) == first.next_subscription()


@pytest.mark.parametrize("place", [0, -1, 100_001, True, "2"])
def test_places_count_from_1(place: object) -> None:
    check_place(1)
    with pytest.raises(UsageError, match="count from 1, to 100,000 at most"):
        check_place(place)
