"""Limits and latencies as text, and Copper's own figures."""

from __future__ import annotations

import pytest

from copper_emulator.core.rules import MAX_IDS, MAX_SUBSCRIPTIONS, Latency, Limit
from tests.core.builders import COPPER_LIMITS


def test_the_figures_of_copper() -> None:
    assert (MAX_IDS, MAX_SUBSCRIPTIONS) == (30, 100)
    assert [str(limit) for limit in COPPER_LIMITS] == ["600/1m", "1800/10m"]


def test_a_limit_reads_as_the_settings_write_it() -> None:
    assert str(Limit(3, 1_500)) == "3/1s500ms"


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(0, 0, "0"), (30_000, 30_000, "30s"), (0, 900_000, "0-15m"), (250, 1_000, "250ms-1s")],
)
def test_a_latency_reads_as_the_settings_write_it(low: int, high: int, text: str) -> None:
    assert str(Latency(low, high)) == text
