"""The digest of a snapshot is the same for the same JSON, whoever has written it meanwhile."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from copper_emulator.shell.persistence.snapshots import digest_of

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-9, 9).map(float)
TEXTS = st.text() | st.sampled_from(["1.0,", "2.0]", "e+", "1e+16", ".0}"])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
STATES = st.dictionaries(st.text(max_size=5), VALUES, max_size=4)


def as_javascript_has_it(value: Any) -> Any:
    """The value as a language reads and writes it that has one kind of number: keys in another order, 12.0 as 12."""
    if isinstance(value, float):
        return int(value) if value == int(value) else value
    if isinstance(value, dict):
        return {name: as_javascript_has_it(each) for name, each in reversed(value.items())}
    return [as_javascript_has_it(each) for each in value] if isinstance(value, list) else value


@given(STATES)
def test_it_does_not_depend_on_who_wrote_the_json(state: dict[str, Any]) -> None:
    again = json.loads(json.dumps(as_javascript_has_it(state), ensure_ascii=False, indent=1))
    assert digest_of(again) == digest_of(state)


@given(STATES, STATES)
def test_it_differs_if_anything_does(one: dict[str, Any], other: dict[str, Any]) -> None:
    same = json.dumps(as_javascript_has_it(one), sort_keys=True) == json.dumps(
        as_javascript_has_it(other), sort_keys=True
    )
    assert (digest_of(one) == digest_of(other)) is same
