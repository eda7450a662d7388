"""What may people call a type of records? As the webhooks do, or as the API's paths do: `person`, `people`."""

from __future__ import annotations

from collections.abc import Mapping

from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.tables import TABLES

KINDS: Mapping[str, EntityType] = {
    name: kind for kind, table in TABLES.items() for name in (str(kind), table.noun, table.plural)
}
"""Every name of every type."""


def kind_called(name: str) -> EntityType:
    """Raises UsageError for what is no type of records."""
    try:
        return KINDS[name]
    except KeyError:
        raise UsageError(f"there are no records of type {name!r}; the types are {', '.join(EntityType)}") from None
