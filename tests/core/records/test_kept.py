"""Bytes that are kept are never too many, and never those of another thing."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as some

from copper_emulator.core.records.kept import Kept

MOST = 10


class Thing:
    """One that is equal to no other."""


ADA, BOB, CYD = Thing(), Thing(), Thing()

acts = some.lists(
    some.tuples(some.integers(0, 4), some.sampled_from([ADA, BOB, CYD]), some.none() | some.binary(max_size=MOST + 2)),
    max_size=40,
)


@settings(deadline=None)
@given(acts)
def test_there_are_never_more_than_may_be_and_none_is_another(acts: list[tuple[int, Thing, bytes | None]]) -> None:
    kept = Kept(MOST)
    last: dict[int, tuple[Thing, bytes]] = {}
    for number, thing, raw in acts:
        if raw is None:
            kept.drop(number)
            last.pop(number, None)
            assert kept.get(number, thing) is None
        else:
            kept.keep(number, thing, raw)
            last[number] = thing, raw
            assert kept.get(number, thing) == (raw if len(raw) <= MOST else None)
        found = {(each, one): kept.get(each, one) for each in range(5) for one in (ADA, BOB, CYD)}
        assert sum(len(each) for each in found.values() if each is not None) == kept.size <= MOST
        assert all(last[each] == (one, raw) for (each, one), raw in found.items() if raw is not None)


def test_what_was_made_of_another_thing_of_the_same_number_is_not_found() -> None:
    kept = Kept(MOST)
    first, second = {"id": 1}, {"id": 1}
    kept.keep(1, first, b"1")
    assert (kept.get(1, first), kept.get(1, second)) == (b"1", None)


def test_what_is_dropped_or_replaced_makes_room() -> None:
    kept = Kept(MOST)
    kept.keep(1, ADA, b"12345")
    kept.keep(2, BOB, b"123")
    kept.keep(2, CYD, b"12345")
    kept.drop(1)
    kept.keep(3, CYD, b"12345")
    assert [kept.get(1, ADA), kept.get(2, CYD), kept.get(3, CYD)] == [None, b"12345", b"12345"]


def test_after_all_went_there_is_all_the_room_again() -> None:
    kept = Kept(MOST)
    kept.keep(1, ADA, b"1234567890")
    kept.clear()
    kept.keep(2, ADA, b"12345")
    kept.keep(3, ADA, b"12345")
    assert [kept.get(number, ADA) for number in (1, 2, 3)] == [None, b"12345", b"12345"]
