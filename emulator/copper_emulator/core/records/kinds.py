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


_OTHER_WORDS: Mapping[str, EntityType] = {
    "contact": EntityType.PERSON,
    "organization": EntityType.COMPANY,
    "organisation": EntityType.COMPANY,
    "deal": EntityType.OPPORTUNITY,
}
"""What other services call them."""


def no_type(name: object) -> str:
    """What to say of a name that is no type, and which may be meant."""
    word = str(name).lower()
    meant = KINDS.get(word) or _OTHER_WORDS.get(word.removesuffix("s"))
    advice = f"; did you mean {str(meant)!r}?" if meant is not None else ""
    return f"there is no type {name!r}; it is one of {', '.join(EntityType)}{advice}"


def kind_called(name: str) -> EntityType:
    """Raises UsageError for what is no type of records."""
    try:
        return KINDS[name]
    except KeyError:
        raise UsageError(f"there are no records of type {name!r}; the types are {', '.join(EntityType)}") from None
