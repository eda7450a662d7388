"""Are the draws the same on every machine and every Python? Each random fault, with its outcomes written out.

They are computed here a second time, by the formula alone: BLAKE2b of the seed, of what is drawn and of what is sent,
taken as a fraction of the range.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from hashlib import blake2b
from typing import Any

import pytest

from copper_emulator import Copper, Emulator, Endpoint

TARGET = "https://billing.example.com/hooks/copper"
IDS = tuple(range(1, 9))
SUBSCRIPTION = 560_698
SEED = 7
LATE = [465_221, 888_042, 541_034, 253_585, 20_028, 319_093, 734_388, 391_792]


def told(copper: Copper, endpoint: Endpoint) -> None:
    """Notify the endpoint of eight new people, one after another."""
    copper.route(TARGET, to=endpoint)
    assert copper.subscribe("person", "new", target=TARGET).id == SUBSCRIPTION
    for each in IDS:
        copper.fire("person", "new", ids=each)
    copper.advance("15m")


def heard(**settings: Any) -> list[bytes]:
    """The bodies that arrive, in order."""
    endpoint = Endpoint(TARGET)
    with Emulator(seed=SEED, start=datetime(2026, 3, 2, 9, 0, tzinfo=UTC), **settings) as copper:
        told(copper, endpoint)
        return [request.body for request in endpoint.requests]


def ids_heard(**settings: Any) -> list[int]:
    endpoint = Endpoint(TARGET)
    with Emulator(seed=SEED, **settings) as copper:
        told(copper, endpoint)
        return [request.json["ids"][0] for request in endpoint.requests]


def late(**settings: Any) -> list[int]:
    """How many milliseconds after its change each notification is due."""
    with Emulator(seed=SEED, **settings) as copper:
        told(copper, Endpoint(TARGET))
        return [each.due_ms - each.change.at_ms for each in copper.notifications]


def lengths(**settings: Any) -> list[int]:
    return [len(body) for body in heard(**settings)]


def number(purpose: str, *key: object, low: int = 0, high: int) -> int:
    """The number drawn, computed from its definition."""
    written = f"{SEED}\x1f{purpose}" + "".join(f"\x1f{part}" for part in key)
    fraction = Fraction(int(blake2b(written.encode("utf-8"), digest_size=8).hexdigest(), 16), 2**64)
    return low + math.floor(fraction * (high - low + 1))


def hit(purpose: str, each: int) -> bool:
    """Whether a share of one half includes it."""
    return number(purpose, "person/new", f"({each},)", SUBSCRIPTION, 1, high=999_999) < 500_000


def lost() -> list[int]:
    return [each for each in IDS if not hit("lose", each)]


def doubled() -> list[int]:
    return [again for each in IDS for again in [each] * (1 + hit("beyond_spec.duplicate", each))]


def shuffled() -> list[int]:
    return sorted(IDS, key=lambda each: number("shuffle", "person/new", f"({each},)", SUBSCRIPTION, 1, high=999_999))


def delayed() -> list[int]:
    return [number("latency", "person/new", f"({each},)", 1, SUBSCRIPTION, high=900_000) for each in IDS]


def cut() -> list[int]:
    whole = lengths()
    return [
        1 + number("cut", "person/new", f"({each},)", SUBSCRIPTION, 1, high=length - 2)
        if hit("beyond_spec.corrupt", each)
        else length
        for each, length in zip(IDS, whole, strict=True)
    ]


@pytest.mark.parametrize(
    ("see", "settings", "computed", "written"),
    [
        (ids_heard, {"faults": "lose=50%"}, lost, [1, 2, 4, 7, 8]),
        (ids_heard, {"faults": "beyond_spec.duplicate=50%"}, doubled, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 7, 8]),
        (ids_heard, {"faults": "shuffle latency=30s"}, shuffled, [7, 2, 4, 3, 8, 6, 1, 5]),
        (late, {"faults": "latency=0-15m"}, delayed, LATE),
        (late, {"latency": "0-15m"}, delayed, LATE),
        (lengths, {"faults": "beyond_spec.corrupt=50%"}, cut, [119, 106, 129, 103, 54, 106, 129, 86]),
    ],
    ids=["lose", "duplicate", "shuffle", "latency", "the setting latency", "corrupt"],
)
def test_what_is_drawn_follows_from_seed_purpose_and_what_is_sent(
    see: Callable[..., list[int]], settings: dict[str, str], computed: Callable[[], list[int]], written: list[int]
) -> None:
    assert computed() == written
    assert see(**settings) == written


@pytest.mark.parametrize("others", [(), (17,), (17, 18, 19)])
def test_changes_of_other_records_shift_nothing(others: tuple[int, ...]) -> None:
    with Emulator(seed=SEED, faults="lose=50%") as copper:
        copper.route(TARGET, to=Endpoint(TARGET))
        copper.subscribe("person", "new", target=TARGET)
        for each in (*others, *IDS):
            copper.fire("person", "new", ids=each)

        lost_ones = [each.ids[0] for each in copper.deliveries if each.outcome == "lost"]
    assert [each for each in IDS if each not in lost_ones] == [1, 2, 4, 7, 8]


def test_a_record_made_before_gives_the_others_other_ids_and_so_other_draws() -> None:
    def late_by(*names: str) -> list[int]:
        with Emulator(seed=SEED, latency="0-15m") as copper:
            copper.route(TARGET, to=Endpoint(TARGET))
            copper.subscribe("person", "new", target=TARGET)
            for name in names:
                copper.people.create(name=name)
            copper.advance("15m")
            return [each.due_ms - each.change.at_ms for each in copper.notifications]

    alone, second = late_by("Ada"), late_by("Bob", "Ada")
    assert second[0] == alone[0]
    assert second[1] != alone[0]


@pytest.mark.parametrize("faults", ["lose=50%", "beyond_spec.duplicate=50%", "latency=0-15m", "shuffle latency=30s"])
def test_further_accounts_draw_the_same(faults: str) -> None:
    """The ids are other ones there; what becomes of the third new person is the same."""

    def told_at(place: int) -> list[tuple[int, str, int]]:
        with Emulator(seed=SEED, faults=faults, place=place) as copper:
            copper.route(TARGET, to=Endpoint(TARGET))
            copper.subscribe("person", "new", target=TARGET)
            people = [copper.people.create(name=name).id for name in "ABCDEFGH"]
            copper.advance("15m")
            return [
                (people.index(each.ids[0]), each.outcome, each.notification.due_ms - each.notification.change.at_ms)
                for each in copper.deliveries
            ]

    assert told_at(2) == told_at(50_000) == told_at(1)
