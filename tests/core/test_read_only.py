"""JSON that cannot be changed: like plain JSON in everything else."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from copy import copy, deepcopy
from typing import Any

import pytest

from copper_emulator.core.json_text import encode
from copper_emulator.core.read_only import read_only

VALUE = {"tags": [["b", "a"], None], "address": {"city": "Bern"}, "none": {}}

CHANGES: dict[str, Callable[[Any], object]] = {
    "set a key": lambda value: value.__setitem__("x", 1),
    "delete a key": lambda value: value.__delitem__("tags"),
    "clear": lambda value: value.clear(),
    "pop": lambda value: value.pop("tags"),
    "popitem": lambda value: value.popitem(),
    "setdefault": lambda value: value.setdefault("x", 1),
    "update": lambda value: value.update(x=1),
    "merge": lambda value: value.__ior__({"x": 1}),
    "set a key deep down": lambda value: value["address"].update(city="Thun"),
    "set a key of nothing": lambda value: value["none"].update(city="Thun"),
    "set an item": lambda value: value["tags"].__setitem__(0, 1),
    "delete an item": lambda value: value["tags"].__delitem__(0),
    "extend in place": lambda value: value["tags"].__iadd__([1]),
    "repeat in place": lambda value: value["tags"].__imul__(2),
    "append": lambda value: value["tags"].append(1),
    "clear a list": lambda value: value["tags"].clear(),
    "extend": lambda value: value["tags"].extend([1]),
    "insert": lambda value: value["tags"].insert(0, 1),
    "pop an item": lambda value: value["tags"].pop(),
    "remove": lambda value: value["tags"].remove(None),
    "reverse": lambda value: value["tags"].reverse(),
    "sort": lambda value: value["tags"][0].sort(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_it_cannot_be_changed(change: Callable[[Any], object]) -> None:
    value = read_only(VALUE)

    with pytest.raises(TypeError, match="cannot be changed; change a copy"):
        change(value)

    assert value == VALUE
    change(deepcopy(VALUE))


def test_it_does_not_change_with_what_it_was_made_from() -> None:
    given = deepcopy(VALUE)
    value = read_only(given)
    given["tags"][0].append("c")  # type: ignore[index]

    assert value == VALUE


def test_it_equals_plain_json_and_is_shown_and_written_like_it() -> None:
    value = read_only(VALUE)

    assert value == VALUE
    assert repr(value) == repr(VALUE)
    assert json.dumps(value) == json.dumps(VALUE)
    assert encode(value) == encode(VALUE)
    assert isinstance(value, dict)
    assert isinstance(value["tags"], list)


@pytest.mark.parametrize("value", [None, "text", 7, True, (1, 2), read_only(VALUE)])
def test_what_cannot_be_changed_anyway_stays_as_it_is(value: object) -> None:
    assert read_only(value) is value


def test_copies_are_plain() -> None:
    value = read_only(VALUE)

    for again in (deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert again == VALUE
        assert (type(again), type(again["tags"]), type(again["tags"][0])) == (dict, list, list)
    for again in (copy(value), value.copy(), value | {}):
        assert again == VALUE
        assert type(again) is dict
    for listed in (copy(value["tags"]), value["tags"].copy(), value["tags"] + []):
        assert listed == VALUE["tags"]
        assert type(listed) is list


def test_equal_ones_have_one_hash() -> None:
    assert hash(read_only(VALUE)) == hash(read_only(deepcopy(VALUE)))
    assert hash(read_only({"a": 1, "b": [2]})) == hash(read_only({"b": [2], "a": 1}))
