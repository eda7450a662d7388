"""JSON on the wire is what Python's own encoder writes, however it is made."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from copper_emulator.core.json_text import build_serializer, encode, with_lists

plain = (
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False, allow_infinity=False) | some.text()
)
values = some.recursive(
    plain,
    lambda inner: some.lists(inner) | some.tuples(inner) | some.dictionaries(some.text() | some.integers(), inner),
    max_leaves=20,
)


@given(values)
def test_every_value_is_written_as_python_writes_it(value: Any) -> None:
    expected = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    assert encode(value) == expected.encode()
    assert "".join(build_serializer(None)(value, 0)) == expected


@given(some.recursive(plain, lambda inner: some.lists(inner) | some.tuples(inner), max_leaves=20))
def test_tuples_are_lists_in_json(value: Any) -> None:
    assert with_lists(value) == json.loads(json.dumps(value))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"deep": [float("-inf")]}, {1, 2}, b"bytes", [object()]])
def test_what_json_does_not_have_is_refused_as_python_refuses_it(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)) as expected:
        json.dumps(value, allow_nan=False)

    with pytest.raises(type(expected.value), match=str(expected.value)[:40]):
        encode(value)
