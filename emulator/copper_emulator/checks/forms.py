"""Does a value in a state say the same as Copper's in another form? Databases show some values in one of their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeAlias

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.forms.contacts import Entries, Entry, Tags
from copper_emulator.core.records.forms.plain import CalendarDay, Form, Moment, as_number
from copper_emulator.core.records.tables import TABLES

Fields: TypeAlias = Mapping[str, Any]

_SECONDS = TABLES[EntityType.PERSON].by_name["date_modified"].form
"""Of a time that Copper alone writes."""


def form_of(kind: EntityType, name: str, mine: Any, theirs: Any) -> str:
    """In which other form a value of the state has all that Copper's says; empty if it says something else."""
    field = TABLES[kind].by_name.get(name)
    if field is None or mine is None or theirs is None:
        return ""
    shown = mine.isoformat() if isinstance(mine, date) else mine
    return next((form for form, means_same in _FORMS.items() if means_same(field.form, shown, theirs)), "")


def other_forms(kind: EntityType, copies: Iterable[Fields], truth: Fields) -> Iterator[str]:
    """The fields that the copies of a record have in another form, each with its type and that form."""
    for copy in copies:
        for name, mine in copy.items():
            if name in truth and mine != truth[name] and (form := form_of(kind, name, mine, truth[name])):
                yield f"{kind}.{name} ({form})"


def may_be_same(kind: EntityType, name: str, mine: Any, theirs: Any) -> bool:
    """Whether these are Copper's tags joined, or in another order: that may also come of taking the list for a text."""
    field = TABLES[kind].by_name.get(name)
    return field is not None and isinstance(field.form, Tags) and any(_same_texts(tags, theirs) for tags in _tags(mine))


def _tags(mine: Any) -> Iterator[Collection[Any]]:
    """The tags that a text may join, or those of a list or a set."""
    if isinstance(mine, str):
        yield from ([tag.strip() for tag in mine.split(separator) if tag.strip()] for separator in ",;|")
    elif isinstance(mine, list | set | frozenset):
        yield mine


def _same_texts(mine: Collection[Any], theirs: Collection[Any]) -> bool:
    return len(mine) == len(theirs) and set(map(repr, mine)) == set(map(repr, theirs))


def _is_time(form: Form, mine: Any, theirs: Any) -> bool:
    """Without a zone it is UTC. A day alone is less than Copper says."""
    if not isinstance(theirs, int) or not (isinstance(form, Moment) or form == _SECONDS):
        return False
    moment = None if _day(mine) else _moment(mine)
    return moment is not None and moment - _BEGINNING == timedelta(seconds=theirs)


_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def _is_day(form: Form, mine: Any, theirs: Any) -> bool:
    """Alone, or as its first moment."""
    moment = _moment(mine) if isinstance(form, CalendarDay) else None
    if moment is None or moment.time() != time(0) or moment.utcoffset() != timedelta(0):
        return False
    return bool(theirs == f"{moment.month}/{moment.day}/{moment.year:04}")


def _moment(text: Any) -> datetime | None:
    """What an ISO text says; None if it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _day(text: Any) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except (TypeError, ValueError):
        return False


def _is_number(_: Form, mine: Any, theirs: Any) -> bool:
    return isinstance(mine, str) and not isinstance(theirs, bool | str) and bool(as_number(mine) == theirs)


def _is_content(form: Form, mine: Any, theirs: Any) -> bool:
    """The email addresses, numbers or URLs alone: whoever has no categories need not show them."""
    if isinstance(form, Entry):
        return bool(mine == theirs[form.key])
    return isinstance(form, Entries) and bool(mine == [entry[form.each.key] for entry in theirs])


def _is_json(_: Form, mine: Any, theirs: Any) -> bool:
    if not isinstance(mine, str) or not isinstance(theirs, list | dict):
        return False
    try:
        return bool(json.loads(mine) == theirs)
    except (ValueError, RecursionError):
        return False


_FORMS: Mapping[str, Callable[[Form, Any, Any], bool]] = {
    "an ISO time": _is_time,
    "an ISO date": _is_day,
    "a number as text": _is_number,
    "without categories": _is_content,
    "JSON as text": _is_json,
}
