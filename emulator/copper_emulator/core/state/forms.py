"""The emulator's values as JSON, and back.

A field that has its default is left out. Only what this module wrote is read back; anything it cannot read raises
KeyError, TypeError or ValueError, which `reading.py` reports as a mistake in the document.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from operator import attrgetter
from typing import Any, Generic, TypeVar

from copper_emulator.core.active_faults import ActiveFault
from copper_emulator.core.fault import Fault, FaultName
from copper_emulator.core.model import (
    Attempt,
    Change,
    Delivery,
    EntityType,
    Event,
    Hold,
    Notification,
    Outcome,
    Reason,
    Result,
    State,
    Subscription,
    Topic,
)
from copper_emulator.core.read_only import read_only
from copper_emulator.core.records.relations import Item
from copper_emulator.core.rules import Latency

T = TypeVar("T")

_ALWAYS = object()


@dataclass(frozen=True, slots=True)
class Way:
    """How a field's value is written and read."""

    out: Callable[[Any], Any]
    read: Callable[[Any], Any]


class Form(Generic[T]):
    """A dataclass or named tuple as an object of its fields: JSON's own types as they are, others by their `Way`."""

    def __init__(self, made: Callable[..., T], *, without: tuple[str, ...] = (), **ways: Way) -> None:
        self._made = made
        self._without = without
        self._ways = ways
        fields = {name: default for name, default in _defaults(made).items() if name not in without}
        self._fields = tuple((name, ways.get(name)) for name in fields)
        self._defaults = tuple(fields.values())
        self._values = attrgetter(*fields)

    def out(self, value: T) -> dict[str, Any]:
        return {
            name: found if way is None or found is None else way.out(found)
            for (name, way), found, default in zip(self._fields, self._values(value), self._defaults, strict=True)
            if found != default
        }

    def all_out(self, values: Sequence[T], columns: Any) -> list[dict[str, Any] | None]:
        """`out` of each, or None if every field has its default. Each field of `columns` has the values of all."""
        fields = zip(self._values(columns), self._defaults, strict=True)
        if all(column.count(default) == len(values) for column, default in fields):
            # Mostly this is so, and looking at each would take several times as long.
            return [None] * len(values)
        return [self.out(each) or None for each in values]

    def less(self, *names: str) -> Form[T]:
        """The same form without these fields."""
        return Form(self._made, without=(*self._without, *names), **self._ways)

    def read(self, told: Mapping[str, Any], **others: Any) -> T:
        """`others` are the fields that are not in the JSON."""
        ways = self._ways
        values = {
            name: ways[name].read(found) if name in ways and found is not None else found
            for name, found in told.items()
        }
        return self._made(**values, **others)

    @property
    def way(self) -> Way:
        """This form as a `Way` for a field."""
        return Way(self.out, self.read)


def _defaults(made: Any) -> dict[str, Any]:
    """Each field with its default, which is not written; `_ALWAYS` if it has none."""
    if issubclass(made, tuple):
        return {name: made._field_defaults.get(name, _ALWAYS) for name in made._fields}
    return {each.name: _default(each) for each in fields(made)}


def _default(field: Any) -> Any:
    if field.default is not MISSING:
        return field.default
    return _ALWAYS if field.default_factory is MISSING else field.default_factory()


class Remembered(Exception):
    """An endpoint's exception from a process that has ended: only its repr is left."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __repr__(self) -> str:
        return self.text


def topic_text(topic: Topic) -> str:
    return str(topic)


def read_topic(text: str) -> Topic:
    kind, _, event = text.partition("/")
    return Topic(EntityType(kind), Event(event))


def item_text(item: Item) -> str:
    return f"{item[0]}/{item[1]}"


def read_item(text: str) -> Item:
    kind, _, record_id = text.partition("/")
    return EntityType(kind), int(record_id)


def bytes_out(raw: bytes) -> Any:
    """As text if it is UTF-8, otherwise as an object with Base64."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(raw).decode()}


def read_bytes(told: Any) -> bytes:
    return b64decode(told["base64"]) if isinstance(told, dict) else bytes(told, "utf-8")


def _pairs(told: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in told)


_TOPIC = Way(topic_text, read_topic)
_NUMBERS = Way(list, tuple)
_BYTES = Way(bytes_out, read_bytes)
_HEADERS = Way(lambda headers: [list(pair) for pair in headers], _pairs)
_EXCEPTION = Way(repr, Remembered)
_OUTCOME = Way(str, Outcome)
_REASON = Way(str, Reason)

_ATTRIBUTES = Way(dict, read_only)

SUBSCRIPTION = Form(Subscription, topic=_TOPIC)
CHANGE = Form(
    Change,
    topic=_TOPIC,
    ids=_NUMBERS,
    subscriptions=_NUMBERS,
    updated_attributes=_ATTRIBUTES,
    computed_attributes=_ATTRIBUTES,
)
HOLD = Form(Hold)
NOTIFICATION = Form(Notification, without=("change", "hold", "rank", "seat"), ids=_NUMBERS, state=Way(str, State))
RESULT = Form(Result, outcome=_OUTCOME, reason=_REASON, headers=_HEADERS, body=_BYTES, exception=_EXCEPTION)
ATTEMPT = Form(
    Attempt,
    without=("notification",),
    subscription=SUBSCRIPTION.way,
    headers=_HEADERS,
    body=_BYTES,
    instead=RESULT.way,
)
DELIVERY = Form(
    Delivery,
    without=("notification",),
    outcome=_OUTCOME,
    reason=_REASON,
    request_body=_BYTES,
    request_headers=_HEADERS,
    response_headers=_HEADERS,
    response_body=_BYTES,
    exception=_EXCEPTION,
    subscription=SUBSCRIPTION.way,
    faults=_NUMBERS,
)
FAULT = Form(Fault, name=Way(str, FaultName), latency=Form(Latency).way, sizes=_NUMBERS)
ACTIVE = Form(ActiveFault, fault=FAULT.way)
