"""How single values are written in a scenario file, and the JSON Schema of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, PlainSerializer, WithJsonSchema

from copper_emulator.core.fault import Fault
from copper_emulator.core.ids import MAX_ID
from copper_emulator.core.model import EntityType, Event, Outcome, Topic
from copper_emulator.core.records.forms.custom import DATA_TYPES
from copper_emulator.core.records.kinds import KINDS, type_named
from copper_emulator.core.records.lookups.tables import AVAILABLE, LOOKUPS
from copper_emulator.core.text import duration_text, no_such
from copper_emulator.core.topics import no_event, no_type, swapped
from copper_emulator.durations import HOUR_MS, parse_duration
from copper_emulator.fault_texts import OFF, parse_faults

MAX_COUNT = 100_000


def _parse_topic(value: object) -> object:
    if isinstance(value, Topic):
        return value
    # `person.update` too, as on the command line.
    kind, slash, event = value.lower().replace(".", "/").partition("/") if isinstance(value, str) else ("", "", "")
    if not slash:
        raise ValueError(f"{value!r} is not a topic: write type and event, like person/update")
    if event not in set(Event):
        if wrong := swapped(kind, event):
            raise ValueError(wrong)
        _parse_type(kind)
        raise ValueError(no_event(event))
    return Topic(_parse_type(kind), Event(event))


def _parse_type(value: object) -> EntityType:
    found = type_named(value)
    if found is None:
        raise ValueError(no_type(value))
    return found


def _parse_outcome(value: object) -> Outcome:
    if isinstance(value, str) and value in set(Outcome):
        return Outcome(value)
    raise ValueError(no_such("outcome", value, Outcome))


def _known(words: Sequence[str], what: str) -> Callable[[str], str]:
    """A validator that accepts only these words; `what` is the term for such a word."""

    def check(value: str) -> str:
        if value not in words:
            raise ValueError(no_such(what, value, words))
        return value

    return check


def _words(words: Sequence[str]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": [*words]})


def _parse_moment(value: object) -> int:
    return parse_duration(value.strip().removeprefix("+") if isinstance(value, str) else value)


def _moment_text(ms: int) -> str:
    return f"+{duration_text(ms)}"


def _one_or_many(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


def _no_names(values: Sequence[object]) -> Sequence[object]:
    name = next((each for each in values if isinstance(each, str)), None)
    if name is not None:
        raise ValueError(f"{name!r} is not a whole number; records that the file has named are given in `records`")
    return values


def _parse_idle(value: object) -> int:
    return HOUR_MS if value is True else parse_duration(value)


def _parse_fault_list(value: object) -> tuple[Fault, ...]:
    faults = parse_faults(value)
    if not faults and value != OFF:
        raise ValueError("needs faults, like [lose=20%, outage=10m], or off")
    return faults


def _fault_texts(faults: tuple[Fault, ...]) -> object:
    return [*map(str, faults)] or OFF


def _check_target(value: str) -> str:
    if not value.startswith("/") and "://" not in value:
        raise ValueError(f"{value!r} is not a target: write a full https:// URL, or a path that begins with /")
    return value


_TABLES = tuple(LOOKUPS)
_DURATION = {"type": ["string", "number"], "examples": ["10m", "1m30s", "250ms"]}
_MOMENT = {"type": ["string", "number"], "examples": ["+0", "+10m"]}
_FAULTS: dict[str, JsonValue] = {"examples": [["lose=20%", "outage=10m"], "shuffle", "off"]}
_TOPICS = f"^({'|'.join(KINDS)})[./]({'|'.join(Event)})$"

Duration = Annotated[
    int, BeforeValidator(parse_duration), PlainSerializer(duration_text), WithJsonSchema({**_DURATION})
]
Moment = Annotated[int, BeforeValidator(_parse_moment), PlainSerializer(_moment_text), WithJsonSchema({**_MOMENT})]
TopicName = Annotated[
    Topic,
    BeforeValidator(_parse_topic),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": _TOPICS, "examples": ["person/update"]}),
]
Type = Annotated[EntityType, BeforeValidator(_parse_type), WithJsonSchema({"type": "string", "enum": [*KINDS]})]
OutcomeName = Annotated[
    Outcome, BeforeValidator(_parse_outcome), WithJsonSchema({"type": "string", "enum": [*Outcome]})
]
FaultList = Annotated[
    tuple[Fault, ...],
    BeforeValidator(_parse_fault_list),
    PlainSerializer(_fault_texts),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}], **_FAULTS}
    ),
]
"""Empty for `off`."""
DataType = Annotated[str, AfterValidator(_known(DATA_TYPES, "data type")), _words(DATA_TYPES)]
CustomType = Annotated[str, AfterValidator(_known(AVAILABLE, "type with custom fields")), _words(AVAILABLE)]
LookupTable = Annotated[str, AfterValidator(_known(_TABLES, "lookup table")), _words(_TABLES)]
Name = Annotated[str, Field(min_length=1)]
Names = Annotated[
    tuple[Name, ...],
    BeforeValidator(_one_or_many),
    Field(min_length=1),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}, "minItems": 1, "minLength": 1}),
]
Ids = Annotated[
    tuple[Annotated[int, Field(strict=True, ge=1)], ...],
    BeforeValidator(_no_names),
    BeforeValidator(_one_or_many),
    Field(min_length=1),
    WithJsonSchema(
        {"type": ["integer", "array"], "items": {"type": "integer", "minimum": 1}, "minItems": 1, "minimum": 1}
    ),
]
Id = Annotated[int, Field(strict=True, ge=1, le=MAX_ID)]
Count = Annotated[int, Field(strict=True, ge=1, le=MAX_COUNT)]
Total = Annotated[int, Field(strict=True, ge=0)]
Status = Annotated[int, Field(strict=True, ge=100, le=599)]
Flag = Annotated[bool, Field(strict=True)]
Target = Annotated[str, AfterValidator(_check_target)]
Fields: TypeAlias = dict[str, JsonValue]
IdleLimit = Annotated[
    int,
    BeforeValidator(_parse_idle),
    Field(gt=0),
    PlainSerializer(duration_text),
    WithJsonSchema({"type": ["boolean", "string", "number"], "examples": [True, "30m"], "not": {"const": False}}),
]
