"""What a notification can report about an update: old and new values of fields, under the names it has for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, TypeAlias

from hypothesis import strategies as st

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.changed import is_same, reported_pair
from copper_emulator.core.records.fields import Access, Field, Null
from copper_emulator.core.records.tables import TABLES
from copper_emulator.core.records.writing.derived import NAME_PARTS
from pytest_copper.drawn_values import field_values, known_fields, lookups

Pairs: TypeAlias = dict[str, list[Any]]

_MOST = 3
_IDS = {kind: range(1, 4) for kind in EntityType}
_MOMENTS = st.integers(0, 4_000_000_000)


def updated_attributes(kind: EntityType) -> st.SearchStrategy[Pairs]:
    """`{name: [old, new]}` for one field or a few; no custom fields, as they differ from account to account."""
    reported = [field for field in known_fields(TABLES[kind]) if _is_reported(field)]
    some = st.lists(st.sampled_from(reported), min_size=1, max_size=_MOST, unique_by=lambda field: field.name)
    return some.flatmap(lambda fields: st.tuples(*map(_pairs, fields))).map(_together)


def _is_reported(field: Field) -> bool:
    # The parts of a name are reported together with the name.
    written = field.access is Access.ALWAYS and field.stored and field.name not in NAME_PARTS
    return written and bool(field.webhook_names)


def _together(each: tuple[Pairs, ...]) -> Pairs:
    return {name: pair for pairs in each for name, pair in pairs.items()}


def _pairs(field: Field) -> st.SearchStrategy[Pairs]:
    """A change of one field, under all its names; a stage has four."""
    # For other fields, None stands for the default or the value that is already there.
    clears = field.null is Null.CLEARS
    value = field_values(field, _IDS, clears=clears).map(lambda drawn: _as_shown(field, drawn))
    # Hypothesis often draws the same again, and tries harder to fill a list than to pass a filter.
    two = st.lists(value, min_size=2, max_size=2, unique_by=repr).filter(lambda pair: not is_same(field.form, *pair))
    since = st.tuples(_MOMENTS, _MOMENTS).map(sorted)
    return st.tuples(two, since).map(lambda drawn: _reported_pairs(field, *drawn))


def _reported_pairs(field: Field, values: list[Any], since: list[int]) -> Pairs:
    before, after = ({field.name: value, "date_stage_changed": at} for value, at in zip(values, since, strict=True))
    return {name: reported_pair(name, field, before, after, lookups(), since[1]) for name in field.webhook_names}


def _as_shown(field: Field, drawn: Any) -> Any:
    """A value as a record stores it, from a value as it may be written."""
    return field.form.blank() if drawn is None else field.form.read(drawn, _Everything())


class _Everything:
    """A new account in which every record exists."""

    trusting = False

    @property
    def zone(self) -> tzinfo:
        return lookups().zone

    def lookup(self, table: str) -> Mapping[int, Mapping[str, Any]]:
        return lookups().table(table)

    def default(self, table: str) -> int | None:
        return lookups().default(table)

    def has_record(self, kind: EntityType, record_id: int) -> bool:
        return True

    def definitions(self, kind: EntityType) -> Mapping[int, Mapping[str, Any]]:
        return {}
