"""Accepted names for record types: those of the webhooks or of the API's paths, like `person` or `people`."""

from __future__ import annotations

from collections.abc import Mapping

from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.tables import TABLES
from copper_emulator.core.text import meant

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
"""What other services call these types."""


def type_named(name: object) -> EntityType | None:
    """The type of a name, in any case; None for what is none."""
    return KINDS.get(name.lower()) if isinstance(name, str) else None


def no_type(name: object) -> str:
    """The message for an unknown type name, with the type that was probably meant."""
    return f"there is no type {name!r}; the types are {', '.join(EntityType)}{_advice(name)}"


def _advice(name: object) -> str:
    near = meant_type(name)
    return f"; did you mean {str(near)!r}?" if near is not None else ""


def meant_type(name: object) -> EntityType | None:
    """The type probably meant by an unknown name."""
    word = str(name).lower()
    one = word.removesuffix("s")
    return KINDS.get(word) or KINDS.get(one) or _OTHER_WORDS.get(one) or KINDS.get(meant(word, KINDS) or "")


def kind_called(name: str) -> EntityType:
    """The type with this name. Raises UsageError for an unknown name."""
    kind = type_named(name)
    if kind is None:
        raise UsageError(f"there are no records of type {name!r}; the types are {', '.join(EntityType)}{_advice(name)}")
    return kind
