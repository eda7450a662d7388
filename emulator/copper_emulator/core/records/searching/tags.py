"""Which tags are there, and on how many records? Tags exist only on records.

The six types, the names of the counts and the two ways to list come from the developer docs and a client's schema.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.tables import COMPANY, LEAD, OPPORTUNITY, PERSON, PROJECT, TABLES, TASK
from copper_emulator.core.text import folded

TAGGED = (PERSON, LEAD, COMPANY, OPPORTUNITY, PROJECT, TASK)
"""The types that can have tags, in the order of the counts."""


def tag_names(store: RecordStore, *, after: str | None = None) -> list[str]:
    """The tags, sorted by name; with `after`, only those that come after it."""
    names = sorted({name for names in _counts(store).values() for name in names}, key=_by_name)
    return names if after is None else [name for name in names if _by_name(name) > _by_name(after)]


def tag_counts(store: RecordStore, *, by_count: bool = False) -> list[dict[str, Any]]:
    """Each tag with the number of records that have it, sorted by name or, with `by_count`, most used first."""
    counts = _counts(store)
    names = sorted({name for names in counts.values() for name in names}, key=_by_name)
    tags = [_tag(name, counts) for name in names]
    return sorted(tags, key=lambda tag: -tag["count"]) if by_count else tags


def _counts(store: RecordStore) -> dict[EntityType, Counter[str]]:
    return {kind: Counter(tag for record in store.of(kind).values() for tag in record["tags"]) for kind in TAGGED}


def _tag(name: str, counts: dict[EntityType, Counter[str]]) -> dict[str, Any]:
    of_type = {f"count_{TABLES[kind].plural}": counted[name] for kind, counted in counts.items()}
    return {"name": name, "count": sum(of_type.values()), **of_type}


def _by_name(name: str) -> tuple[str, str]:
    return folded(name), name
