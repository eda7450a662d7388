"""Are the actions on records consistent: is every name defined before it is used, does it have the right type, does
every field exist?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as File
from typing import Any, TypeAlias

from copper_emulator.core.errors import Invalid, UsageError
from copper_emulator.core.model import DEFAULT_EMAIL, EntityType
from copper_emulator.core.records.fields import Access, Table
from copper_emulator.core.records.lookups.catalogue import Catalogue
from copper_emulator.core.records.relations import ALLOWED
from copper_emulator.core.records.samples import missing
from copper_emulator.core.records.tables import ID, TABLES
from copper_emulator.core.records.writing.converting import PARTS
from copper_emulator.core.text import count, in_words, meant, suggesting
from copper_emulator.scenarios.lines import Path
from copper_emulator.scenarios.names import Reference, member, references, references_in_fields
from copper_emulator.scenarios.record_parts import (
    Convert,
    Create,
    Define,
    Lookup,
    Merge,
    Relate,
    Seed,
    Unrelate,
    Update,
)
from copper_emulator.scenarios.values import Names
from copper_emulator.shell.seed_files import read_some_seeds

PathMistake: TypeAlias = tuple[Path, str]
"""A mistake: where it is, and what is wrong."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a name stands for: how many records, and of which type."""

    kind: EntityType
    number: int


class RecordReader:
    """Reads the actions on records in order and knows which names are defined so far.

    Args:
        folder: where the scenario's own files are; None if it has none.
    """

    def __init__(self, folder: File | None) -> None:
        self._folder = folder
        self._named: dict[str, Named] = {}
        self._reads: dict[str, Callable[[Any, Path], Iterator[PathMistake]]] = {
            "create": self._create,
            "update": self._update,
            "delete": lambda delete, path: self.known(delete.records, (*path, "records")),
            "merge": self._merge,
            "convert": self._convert,
            "seed": self._seed,
            "relate": lambda relate, path: self._relation(relate, relate.to, (*path, "to")),
            "unrelate": lambda unrelate, path: self._relation(unrelate, unrelate.from_, (*path, "from")),
            "replay": lambda replay, path: self.values(replay.body, (*path, "body")),
            "define": self._entry,
            "lookup": self._entry,
        }

    @cached_property
    def _catalogue(self) -> Catalogue:
        # The same rules as when it is played, on lookup tables of its own.
        return Catalogue(DEFAULT_EMAIL)

    def mistakes(self, action: str, part: Any, path: Path) -> Iterator[PathMistake]:
        """What is wrong with one action; nothing for those that are not on records."""
        if action in self._reads:
            yield from self._reads[action](part, (*path, action))

    def define(self, name: str | None, kind: EntityType, number: int, path: Path) -> Iterator[PathMistake]:
        """Register a name for records."""
        if name is None:
            return
        if name in self._named:
            yield path, f"there are already records {name!r}; give these a different name"
        self._named[name] = Named(kind, number)

    def known(self, names: Names, path: Path, kind: EntityType | None = None) -> Iterator[PathMistake]:
        """Check names of records of one type: the given one, or that of the first."""
        for name in names:
            known = self._known(name)
            if known is None:
                yield path, unknown("records", name, self._named)
                continue
            if kind is not None and known.kind is not kind:
                yield path, f"{name!r} is of type {known.kind}, not {kind}"
            kind = kind or known.kind

    def single(self, name: object, path: Path, kind: EntityType | None = None) -> Iterator[PathMistake]:
        """Check the name of a single record."""
        if not isinstance(name, str):
            yield path, f"must be the name of a record, not {name!r}"
            return
        yield from self.known((name,), path, kind)
        known = self._known(name)
        if known is not None and known.number != 1:
            yield path, f"{name!r} stands for {count(known.number, 'record')}; only one is allowed here"

    def number(self, names: Names) -> int:
        """How many records these names stand for together."""
        return sum(known.number for name in names if (known := self._known(name)) is not None)

    def values(self, value: Any, path: Path) -> Iterator[PathMistake]:
        """Check the references in a value."""
        for reference in references(value, path):
            yield from self._reference(reference)

    def _known(self, name: str) -> Named | None:
        one = member(name) if name not in self._named else None
        if one is None:
            return self._named.get(name)
        group = self._named.get(one[0])
        return Named(group.kind, 1) if group is not None and one[1] <= group.number else None

    # --- the actions ----------------------------------------------------------------------------------------

    def _create(self, create: Create, path: Path) -> Iterator[PathMistake]:
        for row, inner in _written(create.rows, create.fields, path):
            yield from self._fields(TABLES[create.type], row, inner)
            yield from _unwritable(TABLES[create.type], row, inner, (Access.NEVER,))
        if create.rows is None:
            yield from self._complete(create.type, create.fields, (*path, "fields"))
        yield from self.define(create.as_, create.type, create.number, (*path, "as"))

    def _update(self, update: Update, path: Path) -> Iterator[PathMistake]:
        yield from self.known(update.records, (*path, "records"))
        known = self._known(update.records[0])
        if known is not None:
            for row, inner in _written(update.rows, update.fields or {}, path):
                yield from self._fields(TABLES[known.kind], row, inner)
                yield from _unwritable(TABLES[known.kind], row, inner, (Access.NEVER, Access.CREATE))
        number, all_known = self.number(update.records), all(self._known(name) for name in update.records)
        if update.rows is not None and all_known and number != len(update.rows):
            there = "there is" if len(update.rows) == 1 else "there are"
            yield (*path, "rows"), f"{there} {count(len(update.rows), 'row')} for {count(number, 'record')}"

    def _merge(self, merge: Merge, path: Path) -> Iterator[PathMistake]:
        yield from self.single(merge.winner, (*path, "winner"))
        known = self._known(merge.winner)
        yield from self.single(merge.loser, (*path, "loser"), None if known is None else known.kind)
        if merge.winner == merge.loser:
            yield (*path, "loser"), "a record cannot be merged into itself"

    def _convert(self, convert: Convert, path: Path) -> Iterator[PathMistake]:
        yield from self.single(convert.lead, (*path, "lead"), EntityType.LEAD)
        for part, fields in convert.details.items():
            yield from self._fields(PARTS[EntityType(part)], fields, (*path, part), own_id=False)
        for part, name in convert.named.items():
            if part == "opportunity" and convert.opportunity is None:
                yield (*path, "as", part), "no opportunity is made without `opportunity` and its fields"
            yield from self.define(name, EntityType(part), 1, (*path, "as", part))

    def _seed(self, seed: Seed, path: Path) -> Iterator[PathMistake]:
        number = seed.count
        if seed.file is not None and self._folder is None:
            yield (*path, "file"), "a scenario that is sent has no files beside it; write rows"
        elif seed.file is not None and self._folder is not None:
            try:
                number = len(
                    read_some_seeds(self._folder / seed.file, seed.type, self._catalogue.definitions(seed.type)).rows
                )
            except UsageError as error:
                yield (*path, "file"), str(error)
        elif seed.rows is not None:
            number = len(seed.rows)
            for index, row in enumerate(seed.rows):
                yield from self._fields(TABLES[seed.type], row, (*path, "rows", index))
        else:
            yield from self._fields(TABLES[seed.type], seed.fields, (*path, "fields"))
            yield from self._complete(seed.type, seed.fields, (*path, "fields"))
        yield from self.define(seed.as_, seed.type, number, (*path, "as"))

    def _relation(self, part: Relate | Unrelate, other: str, path: Path) -> Iterator[PathMistake]:
        yield from self.known(part.records, (*path[:-1], "records"))
        yield from self.single(other, path)
        one, two = self._known(part.records[0]), self._known(other)
        if one is not None and two is not None and two.kind not in ALLOWED.get(one.kind, ()):
            allowed = ", ".join(sorted(ALLOWED.get(one.kind, ()))) or "nothing"
            yield path, f"a {one.kind} cannot be related to a {two.kind}; it can be to {allowed}"

    def _entry(self, part: Define | Lookup, path: Path) -> Iterator[PathMistake]:
        inner = path if isinstance(part, Define) else (*path, "add")
        try:
            self._catalogue.add(part.table, part.entry)
        except Invalid as error:
            for name, message in error.mistakes:
                where, text = (inner, message) if name == "Base" else ((*inner, name), message)
                yield where, f"{text}. {error.hint}".removesuffix(". ")

    # --- fields ---------------------------------------------------------------------------------------------

    def _fields(
        self, table: Table, fields: Mapping[str, Any], path: Path, *, own_id: bool = True
    ) -> Iterator[PathMistake]:
        for name in fields:
            if name not in table and not (own_id and name == "id"):
                its = f"its fields are {in_words(each.name for each in table.writable)}"
                yield (*path, name), suggesting(f"a {table.noun} has no such field", meant(name, table.by_name), its)
        for reference in references_in_fields(table, fields, path):
            yield from self._reference(reference)

    def _complete(self, kind: EntityType, fields: Mapping[str, Any], path: Path) -> Iterator[PathMistake]:
        for name in missing(kind, fields):
            yield (
                (*path, name),
                f"is missing; name it, like {name}: {{type: person, id: {{record: ada}}}}",
            )

    def _reference(self, reference: Reference) -> Iterator[PathMistake]:
        yield from self.single(reference.name, (*reference.path, "record"), reference.kind)


def _written(
    rows: Sequence[Mapping[str, Any]] | None, fields: Mapping[str, Any], path: Path
) -> list[tuple[Mapping[str, Any], Path]]:
    """The fields that are written, with their paths."""
    if rows is None:
        return [(fields, (*path, "fields"))]
    return [(row, (*path, "rows", index)) for index, row in enumerate(rows)]


def _unwritable(
    table: Table, fields: Mapping[str, Any], path: Path, refused: Sequence[Access]
) -> Iterator[PathMistake]:
    """Fields that Copper would ignore: a scenario that names one means it to be written."""
    for name in fields:
        field = ID if name == ID.name else table.by_name[name] if name in table else None
        if field is not None and field.access in refused:
            yield (*path, name), f"cannot be written: {field.unwritable}"


def unknown(what: str, name: str, known: Mapping[str, object] | set[str]) -> str:
    """The message about a name that nothing has been given so far."""
    so_far = f"{'only ' if len(known) == 1 else ''}{in_words(sorted(known))}"
    there = f"the steps before this one have named {so_far}" if known else "no step before this one has named any"
    wrong = f"there {'are no records' if what == 'records' else 'is no subscription'} {name!r}"
    return suggesting(wrong, meant(name, known), there)
