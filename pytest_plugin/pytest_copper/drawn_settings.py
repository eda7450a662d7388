"""How may Copper behave without breaking a promise? Settings for an example, the plainest first."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

_SEEDS = st.integers(0, 63)

SETTINGS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.sampled_from((1, 2, 29)).map(lambda size: {"batch": size}),
    _SEEDS.map(lambda seed: {"latency": "0-15m", "seed": seed}),
    st.tuples(_SEEDS, st.sampled_from((1, 2, 29))).map(
        lambda drawn: {"latency": "0-15m", "seed": drawn[0], "batch": drawn[1]}
    ),
)
