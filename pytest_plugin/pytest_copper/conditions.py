"""Ways Copper may behave without breaking a promise: settings and faults for an example, the plainest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hypothesis import strategies as st

ORDERS = 8
"""How many seeds are tried if notifications come late: each seed makes them come in another order."""

_LATE = st.integers(0, ORDERS - 1).map(lambda seed: {"latency": "0-15m", "seed": seed})
_SIZES = st.sampled_from((1, 2, 29)).map(lambda size: {"batch": size})

SETTINGS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}), _LATE, _SIZES, st.tuples(_LATE, _SIZES).map(lambda drawn: {**drawn[0], **drawn[1]}), _LATE
)

HARMLESS = ("shuffle", "batches=29,1")
"""Faults that break none of Copper's promises."""

_LOSSY = ("lose=1", "outage=10m")


ALL_ORDERS: tuple[dict[str, Any], ...] = (
    {"batch": 1},
    {"batch": 29},
    *({"latency": "0-15m", "seed": seed} for seed in range(ORDERS)),
    {"latency": "0-15m", "seed": 0, "batch": 1},
)
"""Settings under which the same changes are notified in other orders and other batches."""


def faults(active: Iterable[str], *, lossy: bool) -> list[str]:
    """The faults that can be switched on now; with `lossy`, also those that lose notifications."""
    known = (*_LOSSY, *HARMLESS) if lossy else HARMLESS
    return [each for each in known if each not in set(active)]


def other_orders(drawn: Mapping[str, Any], own: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The drawn settings with every other seed, if notifications come late and the user's `own` fix no seed."""
    together = {**drawn, **own}
    if "latency" not in together or "seed" in own:
        return []
    return [{**drawn, "seed": seed} for seed in range(ORDERS) if seed != together.get("seed", 0)]
