"""What the evidence of a row says that its advice does not know, like connections that were made a second time."""

from __future__ import annotations

import pytest

from copper_emulator.checks.hints import about_connections, about_type
from copper_emulator.core.model import EntityType

QUICK, SECOND_TRY, THIRD_TRY, SLOW = 4.0, 1_012.0, 3_020.0, 1_700.0


def test_who_lets_few_connections_wait_is_told() -> None:
    told = about_connections([QUICK] * 12 + [SECOND_TRY] * 3 + [THIRD_TRY])

    assert told.startswith("4 of 16 had to connect a second time: allow more waiting connections (the listen backlog; ")
    assert told.endswith(". ")


@pytest.mark.parametrize(
    "took",
    [
        [],
        [QUICK] * 16,
        # By chance: one of very many.
        [QUICK] * 30 + [SECOND_TRY],
        # An endpoint that takes its time, sometimes a second.
        [SLOW] * 12 + [SECOND_TRY] * 4,
        [100.0 * each for each in range(1, 17)],
    ],
)
def test_who_is_slow_in_another_way_is_not(took: list[float]) -> None:
    assert about_connections(took) == ""


@pytest.mark.parametrize(
    ("kind", "own"),
    [
        (EntityType.LEAD, "leads have one `email`, not a list of them, and are fetched with `GET /leads/{id}`."),
        (EntityType.PERSON, "people are fetched with `GET /people/{id}`."),
    ],
)
def test_what_a_type_has_of_its_own_is_told(kind: EntityType, own: str) -> None:
    assert about_type(kind).endswith(f": {own}")
