"""What does an endpoint believe there is at Copper, and where does that differ from the truth?

A state is an object with a key for each type: its records by id, `{"person": {"17": {"name": "Ada"}}}`, or in a list,
`{"person": [17, 18]}` or `{"person": [{"id": 17, "name": "Ada"}]}`. The endpoint lacks the records that the state does
not name, and has twice those that a list names twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, TypeAlias

from copper_emulator.checks.forms import form_of, may_be_same
from copper_emulator.core.errors import UsageError, raised_on_purpose
from copper_emulator.core.model import EntityType
from copper_emulator.core.topics import no_type

__tracebackhide__ = raised_on_purpose

Source: TypeAlias = Callable[[], object]
"""Called to get the state, or something that is awaited to get it."""

Fields: TypeAlias = Mapping[str, Any]
Copies: TypeAlias = Sequence[Fields]
"""Everything that a state has of one record: two in a list mean that it was stored twice."""
Believed: TypeAlias = Mapping[EntityType, Mapping[int, Copies]]

_FORM = '{"person": {"17": {"name": "Ada"}}}, or a list of ids, {"person": [17]}'
MADE_UP = "invoice"
"""A type that Copper does not have, which a row sends: who stores whatever it is told of has it in its state."""
MISSING = "is missing from the state"
SURPLUS = "is in the state, but not at Copper"
"""The ending of a difference that no fetch could have fixed."""
DIFFERS = " in the state and "
"""Stands in a difference if the record is known, with another value."""
OTHER_FORM = ", perhaps the same in another form"
"""The ending of what a difference says of a field if the value may mean the same."""
TIMES = " times"
"""The ending of a difference if the state has a record more than once."""

_MOST_SHOWN = 60
"""How many characters of a value are shown."""


class StateError(UsageError):
    """The state is not available, or cannot be understood."""

    advice = "The state must be available at all times."


class Misshapen(StateError):
    """The state is there, and has not the form of one."""

    advice = f"A state has for each type its records by id, each with its fields, like {_FORM}."


class NobodyThere(StateError):
    """The source of the state does not answer."""


def believed(state: object) -> Believed:
    """Read a state as it was given, into records by type and id. Raises StateError."""
    if not isinstance(state, Mapping):
        raise Misshapen(f"a state is an object of types, like {_FORM}; this is {short(state)}")
    return {_kind(name): _by_id(_records(str(name), records)) for name, records in state.items() if name != MADE_UP}


def _by_id(records: Iterable[tuple[int, Fields]]) -> Mapping[int, Copies]:
    found: dict[int, list[Fields]] = {}
    for record_id, fields in records:
        found.setdefault(record_id, []).append(fields)
    return found


def _kind(name: object) -> EntityType:
    try:
        return EntityType(str(name))
    except ValueError:
        raise Misshapen(f"the state's types: {no_type(name)}") from None


def _records(kind: str, records: object) -> Iterable[tuple[int, Fields]]:
    if isinstance(records, Mapping):
        return [(_id(kind, each), _fields(kind, fields)) for each, fields in records.items()]
    if isinstance(records, Iterable) and not isinstance(records, str | bytes):
        return [_listed(kind, each) for each in records]
    raise Misshapen(f"the state's {kind} is {short(records)}; write {_FORM}")


def _listed(kind: str, record: object) -> tuple[int, Fields]:
    if isinstance(record, Mapping):
        return _id(kind, record.get("id")), _fields(kind, record)
    return _id(kind, record), {}


def _id(kind: str, given: object) -> int:
    text = str(given)
    if isinstance(given, bool) or not (text.isascii() and text.isdecimal()) or len(text) > 20:
        raise Misshapen(f"the state's {kind} has {short(given)} where an id should be")
    return int(text)


def _fields(kind: str, fields: object) -> Fields:
    if isinstance(fields, Mapping):
        return fields
    if fields is None or fields is True:
        return {}
    raise Misshapen(f"the state's {kind} has {short(fields)} for a record; write its fields, or null for none")


def difference(kind: EntityType, record_id: int, copies: Copies, truth: Fields | None) -> str:
    """How the endpoint's copy of a record differs from Copper's; empty if it does not."""
    what = f"{kind} {record_id}"
    if not copies:
        return "" if truth is None else f"{what} {MISSING}"
    if truth is None:
        return f"{what} {SURPLUS}"
    if len(copies) > 1:
        return f"{what} is in the state {len(copies)}{TIMES}"
    [copy] = copies
    wrong = [
        _told(kind, name, mine, theirs)
        for name in copy
        if name in truth
        for mine, theirs in [(_plain(copy[name]), _plain(truth[name]))]
        if mine != theirs and not form_of(kind, name, mine, theirs)
    ]
    return f"{what}: {'; '.join(wrong)}" if wrong else ""


def _told(kind: EntityType, name: str, mine: Any, theirs: Any) -> str:
    where, shown, at_copper = _apart(name, mine, theirs)
    form = OTHER_FORM if may_be_same(kind, name, mine, theirs) else ""
    return f"{where} is {shown}{DIFFERS}{at_copper} at Copper{form}"


def differs_in_form_alone(difference: str) -> bool:
    """Whether that may be all there is to a difference."""
    return all(each.endswith(OTHER_FORM) for each in difference.split("; "))


def foreign_fields(kind: EntityType, copies: Copies, truth: Fields) -> Iterator[str]:
    """The fields of copies that the record does not have, each with its type."""
    return (f"{kind}.{name}" for copy in copies for name in copy if name not in truth and copy[name] is not None)


def _apart(name: str, mine: Any, theirs: Any) -> tuple[str, str, str]:
    """What differs, and both values as shown; if they read the same up to where they are cut, the part that differs."""
    if short(mine) != short(theirs):
        return name, short(mine), short(theirs)
    if isinstance(mine, list) and isinstance(theirs, list):
        pairs = enumerate(zip_longest(mine, theirs, fillvalue=_NOTHING))
        return next(_apart(f"{name}[{at}]", *pair) for at, pair in pairs if pair[0] != pair[1])
    if isinstance(mine, dict) and isinstance(theirs, dict):
        pairs_of = ((key, mine.get(key, _NOTHING), theirs.get(key, _NOTHING)) for key in {**mine, **theirs})
        return next(_apart(f"{name}.{key}", one, other) for key, one, other in pairs_of if one != other)
    one, other = str(mine), str(theirs)
    # One that is longer goes on where the other ends.
    differs = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    begin = max(differs - _BEFORE, 0)
    return name, short(f"...{one[begin:]}"), short(f"...{other[begin:]}")


class _Nothing:
    def __repr__(self) -> str:
        return "nothing"


_NOTHING = _Nothing()
_BEFORE = 20
"""How many characters are shown before those that differ."""


def _plain(value: object) -> object:
    try:
        return json.loads(json.dumps(value, sort_keys=True))
    except (TypeError, ValueError):
        return value


def short(value: object, most: int = _MOST_SHOWN) -> str:
    text = repr(value)
    return text if len(text) <= most else f"{text[:most]}..."
