"""Where ids begin, and that they count up."""

from __future__ import annotations

import pytest

from copper_emulator.core.ids import FIRST_RECORD_ID, Counters
from copper_emulator.core.model import EntityType


def test_every_type_counts_for_itself() -> None:
    counters = Counters()

    assert [counters.record(EntityType.LEAD) for _ in range(3)] == [
        94_808_711,
        94_808_712,
        94_808_713,
    ]
    assert counters.record(EntityType.TASK) == 3_716_921


def test_a_lead_and_a_person_may_share_an_id() -> None:
    counters = Counters()

    assert counters.record(EntityType.LEAD) == counters.record(EntityType.PERSON)


def test_activities_lie_beyond_32_bits() -> None:
    assert FIRST_RECORD_ID[EntityType.ACTIVITY_LOG] > 2**31


@pytest.mark.parametrize("kind", EntityType)
def test_every_type_has_a_beginning(kind: EntityType) -> None:
    assert Counters().record(kind) == FIRST_RECORD_ID[kind]


def test_records_can_be_made_to_begin_further_on() -> None:
    counters = Counters()
    counters.record(EntityType.LEAD)
    counters.start_records(1_000)

    assert [counters.record(EntityType.LEAD), counters.record(EntityType.LEAD)] == [94_809_711, 94_809_712]
    assert counters.record(EntityType.TASK) == 3_717_921
    assert counters.subscription() == 560_698


def test_subscriptions_share_one_sequence() -> None:
    counters = Counters()

    assert [counters.subscription(), counters.subscription()] == [560_698, 560_699]


def test_changes_and_notifications_count_from_1() -> None:
    counters = Counters()

    assert [counters.change(), counters.change()] == [1, 2]
    assert [counters.notification(), counters.notification()] == [1, 2]


def test_two_accounts_do_not_meet() -> None:
    first, second = Counters(), Counters()
    first.change()

    assert second.change() == 1


def test_numbers_that_a_journal_has_are_not_drawn_again() -> None:
    counters = Counters()
    counters.restore({"change": 3, "notification": 9})
    counters.go_beyond(change=4, notification=7)

    assert (counters.change(), counters.notification()) == (5, 9)
    assert counters.beside_journal() == {**counters.state(), "change": 0, "notification": 0}
