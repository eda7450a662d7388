"""What an `expect` may still claim: always the same as looking at every delivery again, however much was claimed."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from copper_emulator.claims import Claims
from copper_emulator.core.journal import Journal
from copper_emulator.core.model import Change, Delivery, EntityType, Event, Notification, Outcome, Topic

TOPICS = [
    Topic(EntityType.PERSON, Event.NEW),
    Topic(EntityType.PERSON, Event.UPDATE),
    Topic(EntityType.LEAD, Event.NEW),
]
IDS = st.lists(st.integers(1, 5), min_size=1, max_size=3, unique=True).map(tuple)

Arrives = tuple[Topic, tuple[int, ...]]


def delivery(serial: int, topic: Topic, ids: tuple[int, ...]) -> Delivery:
    change = Change(serial=serial, topic=topic, ids=ids, updated_attributes={}, at_ms=0, origin="test")
    return Delivery(Notification(serial, change, 1, ids, 0), Outcome.DELIVERED, "https://a.example/", 0, 0)


def plainly(claims: Claims, journal: Journal, topic: Topic, ids: Iterable[int] | None) -> list[Delivery]:
    return [
        each
        for each in journal.deliveries
        if not claims.is_claimed(each)
        and each.notification.topic == topic
        and (ids is None or set(each.ids) & set(ids))
    ]


@settings(deadline=None)
@given(
    arriving=st.lists(st.tuples(st.sampled_from(TOPICS), IDS), max_size=12),
    asked=st.lists(st.tuples(st.sampled_from(TOPICS), st.none() | IDS, st.integers(0, 3)), max_size=12),
)
def test_nothing_is_missed_and_nothing_is_offered_twice(
    arriving: list[Arrives], asked: list[tuple[Topic, tuple[int, ...] | None, int]]
) -> None:
    claims, journal = Claims(), Journal()
    coming = iter(enumerate(arriving, start=1))
    for topic, ids, claimed in asked:
        for serial, (its_topic, its_ids) in [each for each, _ in zip(coming, range(2), strict=False)]:
            journal.write_ended(delivery(serial, its_topic, its_ids))

        offered = claims.unclaimed(journal, topic, ids)

        assert offered == plainly(claims, journal, topic, ids)
        claims.claim(offered[:claimed], named=False)
        assert claims.unclaimed(journal, topic, ids) == offered[claimed:]


def test_another_journal_is_read_from_its_start() -> None:
    claims, first, second = Claims(), Journal(), Journal()
    first.write_ended(delivery(1, TOPICS[0], (17,)))
    claims.unclaimed(first, TOPICS[0], None)
    second.write_ended(delivery(2, TOPICS[0], (18,)))

    assert claims.unclaimed(second, TOPICS[0], None) == second.deliveries


def test_what_was_claimed_is_open_again_after_a_reset() -> None:
    claims, journal = Claims(), Journal()
    journal.write_ended(delivery(1, TOPICS[0], (17,)))
    claims.claim(claims.unclaimed(journal, TOPICS[0], (17,)), named=True)
    assert claims.unclaimed(journal, TOPICS[0], (17,)) == []

    claims.clear()

    assert claims.unclaimed(journal, TOPICS[0], (17,)) == journal.deliveries
