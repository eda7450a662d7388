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
class Codec:
    """How a field's value is written as JSON, and read."""

    dump: Callable[[Any], Any]
    read: Callable[[Any], Any]


class Form(Generic[T]):
    """A dataclass or named tuple as an object of its fields: JSON's own types as they are, others by their `Codec`."""

    def __init__(self, make: Callable[..., T], *, without: tuple[str, ...] = (), **codecs: Codec) -> None:
        self._make = make
        self._without = without
        self._codecs = codecs
        fields = {name: default for name, default in _defaults(make).items() if name not in without}
        self._fields = tuple((name, codecs.get(name)) for name in fields)
        self._defaults = tuple(fields.values())
        self._values = attrgetter(*fields)

    def dump(self, value: T) -> dict[str, Any]:
        return {
            name: item if codec is None or item is None else codec.dump(item)
            for (name, codec), item, default in zip(self._fields, self._values(value), self._defaults, strict=True)
            if item != default
        }

    def dump_all(self, values: Sequence[T], columns: Any) -> list[dict[str, Any] | None]:
        """`dump` of each, or None if every field has its default. Each field of `columns` has the values of all."""
        fields = zip(self._values(columns), self._defaults, strict=True)
        if all(column.count(default) == len(values) for column, default in fields):
            # Mostly this is so, and looking at each would take several times as long.
            return [None] * len(values)
        return [self.dump(value) or None for value in values]

    def excluding(self, *names: str) -> Form[T]:
        """The same form without these fields."""
        return Form(self._make, without=(*self._without, *names), **self._codecs)

    def read(self, saved: Mapping[str, Any], **others: Any) -> T:
        """`others` are the fields that are not in the JSON."""
        codecs = self._codecs
        values = {
            name: codecs[name].read(item) if name in codecs and item is not None else item
            for name, item in saved.items()
        }
        return self._make(**values, **others)

    @property
    def codec(self) -> Codec:
        """This form as a `Codec` for a field."""
        return Codec(self.dump, self.read)


def _defaults(make: Any) -> dict[str, Any]:
    """Each field with its default, which is not written; `_ALWAYS` if it has none."""
    if issubclass(make, tuple):
        return {name: make._field_defaults.get(name, _ALWAYS) for name in make._fields}
    return {each.name: _default(each) for each in fields(make)}


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


def dump_bytes(raw: bytes) -> Any:
    """As text if it is UTF-8, otherwise as an object with Base64."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(raw).decode()}


def read_bytes(saved: Any) -> bytes:
    return b64decode(saved["base64"]) if isinstance(saved, dict) else bytes(saved, "utf-8")


def _read_headers(saved: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in saved)


_TOPIC = Codec(topic_text, read_topic)
_NUMBERS = Codec(list, tuple)
_BYTES = Codec(dump_bytes, read_bytes)
_HEADERS = Codec(lambda headers: [list(pair) for pair in headers], _read_headers)
_EXCEPTION = Codec(repr, Remembered)
_OUTCOME = Codec(str, Outcome)
_REASON = Codec(str, Reason)

_ATTRIBUTES = Codec(dict, read_only)

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
NOTIFICATION = Form(Notification, without=("change", "hold", "rank", "seat"), ids=_NUMBERS, state=Codec(str, State))
RESULT = Form(Result, outcome=_OUTCOME, reason=_REASON, headers=_HEADERS, body=_BYTES, exception=_EXCEPTION)
ATTEMPT = Form(
    Attempt,
    without=("notification",),
    subscription=SUBSCRIPTION.codec,
    headers=_HEADERS,
    body=_BYTES,
    instead=RESULT.codec,
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
    subscription=SUBSCRIPTION.codec,
    faults=_NUMBERS,
)
FAULT = Form(Fault, name=Codec(str, FaultName), latency=Form(Latency).codec, sizes=_NUMBERS)
ACTIVE = Form(ActiveFault, fault=FAULT.codec)
