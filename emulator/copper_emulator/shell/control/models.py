"""Models that several parts of the control API share, in addition to those in `shapes.py`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    PlainSerializer,
    StrictInt,
    StringConstraints,
    WithJsonSchema,
)

from copper_emulator.core.ids import MAX_ID
from copper_emulator.core.model import Kind, Outcome
from copper_emulator.core.text import duration_text
from copper_emulator.durations import HOUR_MS, parse_duration
from copper_emulator.shell.control.bases import Plain, Shape, Taken
from copper_emulator.shell.control.shapes import DeliveryShape, EntryShape
from copper_emulator.shell.served.plan import ClockName
from copper_emulator.value_mistakes import shown

MAX_NUMBER = 10**9
"""The highest serial or entry number accepted: no journal grows that long."""


def _kind(value: object) -> object:
    """Accept `api-refused` and `api_refused` for `api refused`."""
    return value.replace("-", " ").replace("_", " ") if isinstance(value, str) else value


DURATION_SCHEMA = {
    "anyOf": [
        {"type": "string", "pattern": r"^(\d+(\.\d+)?(ms|s|m|h|d))+$"},
        {"type": "number", "description": "seconds"},
    ]
}
_DURATION = WithJsonSchema({**DURATION_SCHEMA, "examples": ["10m", "1h30m", "250ms", 90]})

Duration = Annotated[int, Field(gt=0), BeforeValidator(parse_duration), PlainSerializer(duration_text), _DURATION]
"""Above 0: `10m`, `1h30m`, `250ms`, or a number of seconds; held in milliseconds."""
RecordId = Annotated[StrictInt, Field(ge=1, le=MAX_ID)]
Word = Annotated[str, StringConstraints(max_length=100)]
KindName = Annotated[Kind, BeforeValidator(_kind)]


class Fire(Taken):
    """A bare event, which needs no record and creates none."""

    type: Word = Field(examples=["person"])
    event: Word = Field(examples=["update"])
    ids: list[RecordId] = Field(min_length=1, description="more than 30 become several notifications")
    updated_attributes: dict[str, Any] = Field(
        default_factory=dict, description="{field: [old, new]}; those of custom fields are in custom_fields"
    )


class Advance(Taken):
    """How far to move the clock."""

    by: Duration


class RunUntilIdle(Taken):
    """How far the clock may be moved."""

    limit: Duration = Field(HOUR_MS, validate_default=False, json_schema_extra={"default": "1h"})


def _several(given: object) -> object:
    if not isinstance(given, list):
        raise ValueError(f'{shown(given)} is not a list: write it like ["lose=20%", "outage=10m"]')
    return given


def _several_or_all(given: object) -> object:
    if given != "all" and not isinstance(given, list):
        raise ValueError(f'{shown(given)} is neither a list nor "all": write it like ["lose"]')
    return given


class Switch(Taken):
    """Faults to switch off and on, in the usual notation; switching off is done first."""

    on: Annotated[list[Word], BeforeValidator(_several)] = Field(
        default_factory=list, description="like lose=20%, outage=10m", max_length=100
    )
    off: Annotated[list[Word] | Literal["all"], BeforeValidator(_several_or_all)] = Field(
        default_factory=list, description="names, or faults as written; or all"
    )


class AccountShape(Plain):
    """An account at a glance."""

    name: str
    email: str | None = Field(description="of its current key, null before it has one")
    keys: int
    now: str
    running: bool = Field(description="whether its clock runs")
    subscriptions: int
    changes: int
    waiting: int = Field(description="notifications that have not ended")
    outcomes: dict[Outcome, int]
    routes: list[str]


class AccountsShape(Plain):
    """All accounts of the server."""

    accounts: list[AccountShape]


class JournalShape(Shape):
    """Entries of a journal."""

    entries: list[EntryShape]
    first: int = Field(description="the number of the earliest entry that is kept, 0 before there is one")
    last: int = Field(description="the number of the journal's last entry, to go on from with `since`")
    count: int = Field(description="how many entries are kept, whether they match or not")
    life: str = Field(description="a different one after each reset; LIFE-NUMBER is the id of an event of the stream")


class FaultShape(Shape):
    """A fault that is on."""

    text: str = Field(description="as written, like lose=20%")
    name: str
    target: str = Field(description="how the targets that it applies to begin; empty for all")
    beyond_spec: bool = Field(description="whether it is something that Copper does not do")
    until: str | None = Field(description="when it ends by itself; null if it does not")


class FaultsShape(Shape):
    """The faults that are on, in the order in which they were switched on."""

    faults: list[FaultShape]
    seed: int = Field(description="what draws come from; the setting of that name repeats them")


class ClockShape(Shape):
    """An account's clock, and what waits for time to pass."""

    kind: ClockName = Field(description="wall while it runs, manual while it stands still")
    running: bool
    now: str
    next: str | None = Field(description="when the next thing happens by itself, null when nothing waits for time")
    waiting: int
    paused: int = Field(description="those of them whose target is paused: time alone does not send them")
    busy: bool = Field(description="it cannot be moved now: it is being moved, or waits for an endpoint's answer")


class MovedShape(Shape):
    """What a move of the clock delivered."""

    now: str
    waiting: int
    deliveries: list[DeliveryShape]
    lines: list[str] = Field(description="the deliveries, for people to read")
