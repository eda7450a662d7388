"""Values as JSON, and back."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest

from copper_emulator.core.active_faults import ActiveFault
from copper_emulator.core.fault import Fault, FaultName
from copper_emulator.core.model import (
    Attempt,
    Change,
    Delivery,
    Hold,
    Notification,
    Outcome,
    Reason,
    Result,
    State,
)
from copper_emulator.core.read_only import read_only
from copper_emulator.core.rules import Latency
from copper_emulator.core.state.forms import (
    ACTIVE,
    ATTEMPT,
    CHANGE,
    DELIVERY,
    FAULT,
    HOLD,
    NOTIFICATION,
    RESULT,
    SUBSCRIPTION,
    Form,
)
from tests.core.builders import START, TARGET, make_change, make_notification, make_subscription, topic

SUBSCRIBED = make_subscription("person/update", secret={"key": "k"}, headers={"X": "y"})
NOTE = make_notification()
HELD = Hold(START + 9, "600/1m")
RAW = b"\xff\x00 no text"
ANSWERED = Result(
    Outcome.REJECTED,
    500,
    Reason.GARBAGE,
    "text",
    (("A", "b"),),
    RAW,
    7,
    ValueError("out of order"),
    "Traceback ...",
    "http://127.0.0.1",
    by_fault=True,
    took_ms=1.5,
)

VALUES: list[tuple[Form[Any], Any, dict[str, Any]]] = [
    (SUBSCRIPTION, SUBSCRIBED, {}),
    (
        CHANGE,
        Change(
            3,
            topic("person/update"),
            (1, 2),
            read_only({"name": ["a", None]}),
            START,
            "api",
            7,
            2,
            (9,),
            "note",
            read_only({"name": [1, 2]}),
            4,
            5,
        ),
        {},
    ),
    (
        NOTIFICATION,
        Notification(4, NOTE.change, 5, (1, 2), START, State.HELD, HELD, 2, 1, 77, 8),
        {"change": NOTE.change, "hold": HELD, "rank": 77, "seat": 8},
    ),
    (HOLD, HELD, {}),
    (RESULT, ANSWERED, {}),
    (
        ATTEMPT,
        Attempt(NOTE, SUBSCRIBED, TARGET, (("A", "b"),), "ä".encode(), START, ANSWERED, 9, "by the fault lose=1"),
        {"notification": NOTE},
    ),
    (
        DELIVERY,
        Delivery(
            NOTE,
            Outcome.FAILED,
            TARGET,
            START,
            START + 1,
            None,
            Reason.EXCEPTION,
            "text",
            b"{}",
            (("A", "b"),),
            (("C", "d"),),
            RAW,
            ValueError("out of order"),
            "Traceback ...",
            "route",
            SUBSCRIBED,
            ("lose=1",),
            by_fault=True,
            took_ms=0.25,
        ),
        {"notification": NOTE},
    ),
    (FAULT, Fault(FaultName.LATENCY, 1, 2, 3, Latency(4, 5), (6, 7), "https://a.example", 429), {}),
    (ACTIVE, ActiveFault(Fault(FaultName.SHUFFLE), 3, START), {}),
]


def names_of(value: Any) -> tuple[str, ...]:
    """The names of a value's fields: some values are dataclasses, others named tuples."""
    return getattr(value, "_fields", ()) or tuple(field.name for field in fields(value))


@pytest.mark.parametrize(("form", "value", "others"), VALUES, ids=lambda each: type(each).__name__)
def test_every_field_comes_back(form: Form[Any], value: Any, others: dict[str, Any]) -> None:
    read = form.read(json.loads(json.dumps(form.dump(value))), **others)

    for name in names_of(value):
        seen, expected = getattr(read, name), getattr(value, name)
        if name == "exception":
            assert repr(seen) == repr(expected)
        elif name == "instead":
            assert RESULT.dump(seen) == RESULT.dump(expected)
        else:
            assert seen == expected, name
            assert type(seen) is type(expected), name


@pytest.mark.parametrize(("form", "value", "others"), VALUES, ids=lambda each: type(each).__name__)
def test_the_values_of_this_test_have_no_default(form: Form[Any], value: Any, others: dict[str, Any]) -> None:
    """Otherwise a new field that is not stored would go unnoticed."""
    told = form.dump(value)
    dull = set(names_of(value)) - told.keys() - others.keys()
    assert not dull - {"status", "custom_field_computed_values"}


def test_what_goes_without_saying_is_left_out() -> None:
    assert CHANGE.dump(make_change()) == {
        "serial": 1,
        "topic": "lead/new",
        "ids": [17],
        "updated_attributes": {},
        "at_ms": START,
    }


def test_an_exception_is_kept_as_it_was_written() -> None:
    read = RESULT.read(RESULT.dump(ANSWERED))

    assert str(read.exception) == repr(read.exception) == "ValueError('out of order')"
