"""Bytes that are kept are never too many."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as some

from copper_emulator.core.records.kept import Kept

MOST = 10

acts = some.lists(some.tuples(some.integers(0, 4), some.none() | some.binary(max_size=MOST + 2)), max_size=40)


@settings(deadline=None)
@given(acts)
def test_there_are_never_more_than_may_be_and_none_is_another(acts: list[tuple[int, bytes | None]]) -> None:
    kept: Kept[int] = Kept(MOST)
    last: dict[int, bytes] = {}
    for key, raw in acts:
        kept.drop(key)
        assert key not in kept
        if raw is not None:
            kept.keep(key, raw)
            last[key] = raw
            assert kept.get(key) == (raw if len(raw) <= MOST else None)
        assert sum(map(len, kept.values())) <= MOST
        assert kept.items() <= last.items()


def test_what_is_dropped_makes_room() -> None:
    kept: Kept[str] = Kept(MOST)
    kept.keep("a", b"12345")
    kept.keep("b", b"12345")
    kept.drop("a")
    kept.keep("c", b"12345")
    assert dict(kept) == {"b": b"12345", "c": b"12345"}


def test_after_all_went_there_is_all_the_room_again() -> None:
    kept: Kept[str] = Kept(MOST)
    kept.keep("a", b"1234567890")
    kept.clear()
    kept.keep("b", b"12345")
    kept.keep("c", b"12345")
    assert list(kept) == ["b", "c"]
