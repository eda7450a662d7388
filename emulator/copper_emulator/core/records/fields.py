"""The building blocks of the field tables: a field, and a table of fields with lookups derived from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from copper_emulator.core.records.forms.plain import Form
from copper_emulator.core.records.forms.references import ActivityType, LookupId, RecordId, Reference


class Access(StrEnum):
    """When a field may be written."""

    ALWAYS = "always"
    CREATE = "on create only"
    NEVER = "never"


class Null(StrEnum):
    """What null in an update does."""

    CLEARS = "clears"
    KEEPS = "keeps the old value"
    DEFAULT = "sets the default"
    REFUSED = "is refused"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record.

    `default` is its value at creation if none is given, and what `Null.DEFAULT` sets; the name of a lookup table
    stands for that table's default entry. `reported` lists its names in `updated_attributes`: its own name if None,
    empty for what Copper calls metadata. A field that is not `stored` is worked out when it is shown.
    """

    name: str
    form: Form
    doc: str
    required: bool = False
    access: Access = Access.ALWAYS
    null: Null = Null.CLEARS
    default: Any = None
    reported: tuple[str, ...] | None = None
    stored: bool = True

    @property
    def how_written(self) -> str:
        """A hint for a missing required field: how to write it, if it is not plain text."""
        form = self.form
        if not isinstance(form, ActivityType | Reference):
            return ""
        return f"{self.name} is {form.words}, like {form.example}."

    @property
    def unwritable(self) -> str:
        """Why it cannot be written, or why not by an update if a create may set it; empty if it always can."""
        if self.access is not Access.CREATE:
            return "only Copper writes it" if self.access is Access.NEVER else ""
        instead = "; relate the records instead" if isinstance(self.form, RecordId) else ""
        return f"it can be given only at creation{instead}"

    @property
    def webhook_names(self) -> tuple[str, ...]:
        """Its names in `updated_attributes`."""
        return (self.name,) if self.reported is None else self.reported

    @property
    def looked_up(self) -> str | None:
        """The lookup table whose default entry is this field's default, if any."""
        return self.form.table if isinstance(self.form, LookupId) and self.default == self.form.table else None

    @property
    def initial(self) -> Any:
        """Its value at creation if none is given and the default is not `looked_up`."""
        return self.form.blank() if self.default is None else self.default


@dataclass(frozen=True, slots=True)
class Table:
    """The fields of one kind of object, in the order in which they are shown.

    `plural` is its path in the API. Writes may also name the `unheeded` attributes, which have no effect.

    The rest is computed once, because every write needs it: fields (`by_name`) and forms (`forms`) by name; the fields
    that a create may set (`writable`) and their names (`writable_names`); the names that a read shows (`shown_names`),
    that a write may contain (`accepted_names`), that are not stored (`unstored`) and that some or all writes cannot set
    (`restricted_names`); the stored defaults (`initial`), and which fields default to an entry of which lookup table
    (`looked_up`).
    """

    noun: str
    plural: str
    fields: tuple[Field, ...]
    unheeded: tuple[str, ...] = ()
    by_name: Mapping[str, Field] = field(init=False, repr=False, compare=False)
    forms: Mapping[str, Form] = field(init=False, repr=False, compare=False)
    writable: tuple[Field, ...] = field(init=False, repr=False, compare=False)
    writable_names: tuple[str, ...] = field(init=False, repr=False, compare=False)
    shown_names: frozenset[str] = field(init=False, repr=False, compare=False)
    accepted_names: frozenset[str] = field(init=False, repr=False, compare=False)
    unstored: tuple[str, ...] = field(init=False, repr=False, compare=False)
    restricted_names: frozenset[str] = field(init=False, repr=False, compare=False)
    initial: Mapping[str, Any] = field(init=False, repr=False, compare=False)
    looked_up: tuple[tuple[str, str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        writable = tuple(each for each in self.fields if each.access is not Access.NEVER)
        by_name = {each.name: each for each in self.fields}
        object.__setattr__(self, "by_name", by_name)
        object.__setattr__(self, "forms", {each.name: each.form for each in self.fields})
        object.__setattr__(self, "writable", writable)
        object.__setattr__(self, "writable_names", tuple(each.name for each in writable))
        object.__setattr__(self, "shown_names", frozenset({"id", *by_name}))
        object.__setattr__(self, "accepted_names", self.shown_names | {*self.unheeded})
        object.__setattr__(self, "unstored", tuple(each.name for each in self.fields if not each.stored))
        not_always = (each.name for each in self.fields if each.access is not Access.ALWAYS)
        restricted_names = frozenset({"id", *self.unheeded, *not_always})
        stored = [each for each in self.fields if each.stored]
        looked_up = tuple((each.name, each.looked_up) for each in stored if each.looked_up is not None)
        object.__setattr__(self, "restricted_names", restricted_names)
        object.__setattr__(self, "initial", {each.name: each.initial for each in stored})
        object.__setattr__(self, "looked_up", looked_up)

    def __contains__(self, name: object) -> bool:
        return name in self.by_name

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def why_ignored(self, name: str) -> str:
        """Why an attribute in a write had no effect."""
        if name in self:
            return self.by_name[name].unwritable
        return "Copper sets it" if name == "id" else "it has no effect"
