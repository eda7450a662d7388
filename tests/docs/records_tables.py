"""The tables of docs/records.md, generated from those in the code: what the document must contain."""

from __future__ import annotations

from collections.abc import Mapping

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.fields import Access, Field
from copper_emulator.core.records.lookups.tables import LOOKUPS, SEEDS
from copper_emulator.core.records.searching.filters import FILTERS
from copper_emulator.core.records.searching.sorting import DEFAULT_DIRECTIONS, DEFAULT_SORTS, SORTS
from copper_emulator.core.records.tables import TABLES

_FIELDS = ("field", "value", "written", "null", "reported", "")
_FILTERS = ("filter", "types", "value", "")


def table(*rows: tuple[str, ...]) -> str:
    """Rows as Markdown; the first is the header."""
    ruled = [rows[0], tuple("---" for _ in rows[0]), *rows[1:]]
    return "".join(f"| {' | '.join(row)} |\n" for row in ruled)


def field_tables() -> str:
    """One table for each type."""
    parts = []
    for each in TABLES.values():
        rows = [_field(field) for field in each if field.name not in ("date_created", "date_modified")]
        parts.append(f"### {each.plural.capitalize()}\n\n{table(_FIELDS, *rows)}\n")
    return (
        "".join(parts) + "Every type has `id`, `date_created` and `date_modified` as well, which only Copper writes.\n"
    )


def _field(field: Field) -> tuple[str, ...]:
    written = {Access.ALWAYS: "yes", Access.CREATE: "on create", Access.NEVER: "no"}[field.access]
    null = "" if field.access is not Access.ALWAYS else str(field.null)
    reported = ", ".join(f"`{name}`" for name in field.webhook_names) if field.stored else ""
    name = f"**`{field.name}`**" if field.required else f"`{field.name}`"
    return name, field.form.words, written, null, reported, field.doc


def filter_tables() -> str:
    """All filters, each once with the types that have it alike; and what each type can be sorted by."""
    alike: dict[tuple[str, str, str], list[EntityType]] = {}
    for kind, filters in FILTERS.items():
        for name, each in filters.items():
            alike.setdefault((name, each.form.words, each.doc), []).append(kind)
    rows = [(f"`{name}`", _types(kinds), words, doc) for (name, words, doc), kinds in alike.items()]
    sorts = [
        (TABLES[kind].plural, f"`{DEFAULT_SORTS[kind]}` {DEFAULT_DIRECTIONS[kind]}", _names(SORTS[kind]))
        for kind in EntityType
    ]
    return f"{table(_FILTERS, *rows)}\n{table(('type', 'sorted by', '`sort_by` may be'), *sorts)}"


def _types(kinds: list[EntityType]) -> str:
    return "all" if len(kinds) == len(FILTERS) else ", ".join(TABLES[kind].plural for kind in kinds)


def _names(names: Mapping[str, object]) -> str:
    return ", ".join(names)


def lookup_table() -> str:
    """The entries of a new account in each lookup table."""
    rows = [
        (f"`{name}`", ", ".join(f"`{field.name}`" for field in each), ", ".join(str(s["name"]) for s in SEEDS[name]))
        for name, each in LOOKUPS.items()
    ]
    return table(("table", "fields", "what a new account has"), *rows)
