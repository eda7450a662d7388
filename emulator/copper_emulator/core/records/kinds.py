"""Accepted names for record types: those of the webhooks or of the API's paths, like `person` or `people`."""

from __future__ import annotations

from collections.abc import Mapping

from copper_emulator.core.errors import UsageError, raised_on_purpose
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.tables import TABLES
from copper_emulator.core.topics import no_type

__tracebackhide__ = raised_on_purpose

KINDS: Mapping[str, EntityType] = {
    name: kind for kind, table in TABLES.items() for name in (str(kind), table.noun, table.plural)
}
"""Every name of every type."""


def type_named(name: object) -> EntityType | None:
    """The type of a name, in any case; None for what is none."""
    return KINDS.get(name.lower()) if isinstance(name, str) else None


def kind_called(name: str) -> EntityType:
    """The type with this name, in any case. Raises UsageError for an unknown name."""
    kind = type_named(name)
    if kind is None:
        raise UsageError(no_type(name))
    return kind
