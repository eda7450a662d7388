"""Cached bytes never exceed their limit, and are never those of something else."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as some

from copper_emulator.core.records.byte_cache import ByteCache

MOST = 10


acts = some.lists(some.tuples(some.integers(0, 4), some.none() | some.binary(max_size=MOST + 2)), max_size=40)


@settings(deadline=None)
@given(acts)
def test_there_are_never_more_than_may_be_and_none_is_another(acts: list[tuple[int, bytes | None]]) -> None:
    kept = ByteCache(MOST)
    last: dict[int, bytes] = {}
    for number, raw in acts:
        if raw is None:
            kept.drop(number)
            last.pop(number, None)
            assert kept.get([number]) == [None]
        else:
            kept.keep(number, raw)
            last[number] = raw
            assert kept.get([number]) == [raw if len(raw) <= MOST else None]
        found = dict(zip(range(5), kept.get(range(5)), strict=True))
        assert sum(len(raw) for raw in found.values() if raw is not None) == kept.size <= MOST
        assert all(last[each] == raw for each, raw in found.items() if raw is not None)


def test_what_is_dropped_or_replaced_makes_room() -> None:
    kept = ByteCache(MOST)
    kept.keep(1, b"12345")
    kept.keep(2, b"123")
    kept.keep(2, b"12345")
    kept.drop(1)
    kept.keep(3, b"12345")
    assert kept.get([1, 2, 3]) == [None, b"12345", b"12345"]


def test_after_all_went_there_is_all_the_room_again() -> None:
    kept = ByteCache(MOST)
    kept.keep(1, b"1234567890")
    kept.clear()
    kept.keep(2, b"12345")
    kept.keep(3, b"12345")
    assert kept.get([1, 2, 3]) == [None, b"12345", b"12345"]
