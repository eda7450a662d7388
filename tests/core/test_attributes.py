"""A misspelled attribute of what tests look at."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from copper_emulator.core.attributes import Attributes
from copper_emulator.core.model import EntityType, Event, Subscription, Topic
from copper_emulator.core.records.record import Record

SUBSCRIPTION = Subscription(1, 1, Topic(EntityType.PERSON, Event.NEW), "https://app.example/hook", 0)
MANY = type("Many", (Attributes,), {f"a{number}": number for number in range(13)})()
NONE = type("None_", (Attributes,), {})()
ADA = Record({"id": 17, "emails": []}, EntityType.PERSON)


@pytest.mark.parametrize(
    ("value", "name", "says"),
    [
        (SUBSCRIPTION, "targt", "Subscription has no attribute 'targt'; did you mean 'target'?"),
        (
            SUBSCRIPTION,
            "colour",
            "Subscription has no attribute 'colour'; it has created, created_ms, custom_field_computed_values, event, "
            "headers, id, key, secret, target, topic and type",
        ),
        (MANY, "colour", "Many has no attribute 'colour'"),
        (NONE, "colour", "None_ has no attribute 'colour'"),
        (SUBSCRIPTION, "_targt", "Subscription has no attribute '_targt'"),
        (
            ADA,
            "emial",
            "this record has no field 'emial'; did you mean 'emails'?",
        ),
        (ADA, "_emails", "this record has no field '_emails'"),
    ],
)
def test_it_is_answered_with_what_may_be_meant(value: Any, name: str, says: str) -> None:
    with pytest.raises(AttributeError) as raised:
        getattr(value, name)

    assert str(raised.value) == says


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_what_answers_so_can_still_be_copied(again: Any) -> None:
    assert again(SUBSCRIPTION) == SUBSCRIPTION


class _Failing(Attributes):
    """Its properties fail with an error that names something else."""

    @property
    def size(self) -> int:
        return len(self.missing)  # type: ignore[attr-defined]  # the mistake in question

    @property
    def _size(self) -> int:
        raise AttributeError("there is no size")


class _Inheriting(_Failing):
    pass


@pytest.mark.parametrize("made", [_Failing, _Inheriting])
@pytest.mark.parametrize(
    ("name", "says"),
    [("size", "has no attribute 'missing'; it has size"), ("_size", "there is no size")],
    ids=["public", "private"],
)
def test_the_error_of_a_property_is_its_own(made: type[_Failing], name: str, says: str) -> None:
    with pytest.raises(AttributeError) as raised:
        getattr(made(), name)

    assert str(raised.value).endswith(says)


def test_a_property_that_has_a_value_when_it_is_asked_again_gives_it() -> None:
    values = iter((AttributeError("not yet"), 17))

    class Late(Attributes):
        @property
        def size(self) -> int:
            value = next(values)
            if isinstance(value, AttributeError):
                raise value
            return value

    assert Late().size == 17
