"""Which records are in a file? JSON as the API answers it, or CSV with the names of fields in its first row."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any, TypeAlias

from copper_emulator.core.errors import BadRequest, UsageError, raised_on_purpose
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.forms.custom import custom_form
from copper_emulator.core.records.tables import ID, TABLES
from copper_emulator.core.text import choices, count, json_name, meant, suggesting
from copper_emulator.core.wire import parse_body

__tracebackhide__ = raised_on_purpose

Definitions: TypeAlias = Mapping[int, Mapping[str, Any]]
"""The custom fields of the type, by id."""

Schema: TypeAlias = Mapping[str, Any]

SEPARATOR = ";"
"""Separates the values of a list in one cell."""

_SEPARATORS = re.compile(r"[;\t]")
"""What some spreadsheets write between the columns, instead of commas."""


@dataclass(frozen=True, slots=True)
class Seeds:
    """The rows of a file, as `commands.seed` takes them; `numbers` are their row numbers in the file."""

    path: Path
    rows: list[dict[str, Any]]
    numbers: Sequence[int]
    columns: Sequence[str] = ()

    def position(self, row: int, mistakes: Sequence[tuple[str, str]]) -> str:
        """Where a mistake in a row is: `people.csv, row 3, column emails.`"""
        fields = dict.fromkeys(name for name, _ in mistakes if name != "Base")
        columns = [column for column in self.columns if column.partition(".")[0] in fields]
        named = f"column {' and '.join(columns)}" if columns else f"field {' and '.join(fields)}"
        return f"{self.path}, row {self.numbers[row - 1]}{f', {named}' if fields else ''}."


def read_seeds(path: Path, kind: EntityType, definitions: Definitions) -> Seeds:
    """Read the records in a file, by its suffix. Raises UsageError with the file, and the row or column, at fault."""
    if path.suffix.lower() not in _READERS and path.exists():
        raise UsageError(f"{path}: records are read from .json and .csv files")
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    return seeds_in(raw, path, kind, definitions)


def read_some_seeds(path: Path, kind: EntityType, definitions: Definitions) -> Seeds:
    """Like `read_seeds`, for a file that must not be empty."""
    found = read_seeds(path, kind, definitions)
    if not found.rows:
        raise UsageError(f"{path} has no records")
    return found


def seeds_in(raw: bytes, path: Path, kind: EntityType, definitions: Definitions) -> Seeds:
    """Parse a file's content; without a suffix it is JSON if it begins like JSON, else CSV. Raises UsageError."""
    begins_as = ".json" if raw.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"[", b"{") else ".csv"
    try:
        return _READERS[path.suffix.lower() or begins_as](raw, path, kind, definitions)
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8: {error.reason} at byte {error.start}") from None


# --- JSON -------------------------------------------------------------------------------------------------------


def _read_json(raw: bytes, path: Path, kind: EntityType, definitions: Definitions) -> Seeds:
    try:
        rows = _json(raw.removeprefix(codecs.BOM_UTF8))
    except ValueError as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    if isinstance(rows, dict) and isinstance(rows.get("records"), list):
        # In this form the command line prints the records it finds.
        rows = rows["records"]
    if not isinstance(rows, list):
        raise UsageError(f"{path} must be an array of objects, as the API's search returns; it is {json_name(rows)}")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise UsageError(f"{path}, row {number} must be an object, not {json_name(row)}")
    return Seeds(path, rows, range(1, len(rows) + 1))


def _json(raw: bytes) -> Any:
    """Parse JSON as the API reads a body. Raises ValueError."""
    try:
        return parse_body(raw)
    except BadRequest as error:
        raise ValueError(error.hint.replace("The body", "it", 1)) from None


# --- CSV --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """A column: where its values belong in a record, and how they are parsed."""

    name: str
    read: Callable[[str], Any]
    parts: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", tuple(self.name.split(".")))

    def put(self, row: dict[str, Any], text: str) -> None:
        """Set a cell's value in a record. An empty cell sets nothing."""
        if not text:
            return
        value = self.read(text)
        if len(self.parts) == 1:
            row[self.name] = value
        elif self.parts[0] == "custom_fields":
            values = row.setdefault("custom_fields", [])
            values.append({"custom_field_definition_id": int(self.parts[1]), "value": value})
        else:
            row.setdefault(self.parts[0], {})[self.parts[1]] = value


def _read_csv(raw: bytes, path: Path, kind: EntityType, definitions: Definitions) -> Seeds:
    rows: list[dict[str, Any]] = []
    numbers: list[int] = []
    lines = _lines(path, csv.reader(StringIO(raw.decode("utf-8-sig"), newline=""), strict=True))
    header = [name.strip() for name in next(lines, (1, []))[1]]
    columns = [_column(path, kind, definitions, name) for name in _distinct(path, header)]
    for number, cells in lines:
        if len(cells) > len(columns):
            raise UsageError(f"{path}, row {number} has {count(len(cells), 'cell')} in {count(len(columns), 'column')}")
        if any(cells):
            rows.append(_row(path, number, columns, cells))
            numbers.append(number)
    return Seeds(path, rows, numbers, header)


def _lines(path: Path, reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    # Rows are numbered as in a spreadsheet: the first has the field names.
    number = 0
    while True:
        number += 1
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UsageError(f"{path}, row {number} is not CSV: {error}") from None


def _row(path: Path, number: int, columns: Sequence[Column], cells: Sequence[str]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column, text in zip(columns, cells, strict=False):
        try:
            column.put(row, text)
        except ValueError as error:
            raise UsageError(f"{path}, row {number}, column {column.name} cannot be read: {error}") from None
    return row


def _distinct(path: Path, header: Sequence[str]) -> Sequence[str]:
    if not any(header):
        raise UsageError(f"{path} has no field names in its first row")
    if len(header) == 1 and (found := _SEPARATORS.search(header[0])):
        sign = "tabs" if found[0] == "\t" else repr(found[0])
        raise UsageError(f"{path}: its columns are separated by {sign}; save it with commas between them")
    for name in header:
        if header.count(name) > 1:
            raise UsageError(f"{path} has the column {name!r} twice")
        # Otherwise the column of the whole and that of its part would overwrite each other.
        if name.partition(".")[0] in header and "." in name:
            raise UsageError(f"{path} has a column {name.partition('.')[0]!r} and one of its parts, {name!r}; keep one")
    return header


def _column(path: Path, kind: EntityType, definitions: Definitions, name: str) -> Column:
    table = TABLES[kind]
    first, dot, part = name.partition(".")
    if first not in table.shown_names:
        raise _no_column(path, name, f"a {table.noun} has no field {first!r}", "field", table.shown_names, first)
    form = ID.form if first == "id" else table.by_name[first].form
    if not dot:
        return Column(name, _reader_of_cell(form.schema))
    if first == "custom_fields":
        ids = [str(definition_id) for definition_id in definitions]
        if part not in ids:
            what = f"a {table.noun} has no custom field {part!r}"
            raise _no_column(path, name, what, "custom field", ids, part)
        return Column(name, _reader_of_cell(custom_form(definitions[int(part)]).schema))
    parts: Mapping[str, Schema] = form.schema.get("properties", {})
    if part not in parts:
        raise _no_column(path, name, f"{first} has no part {part!r}", "part", list(parts), part)
    return Column(name, _reader_of_cell(parts[part]))


def _no_column(
    path: Path, name: str, what: str, noun: str, known: Sequence[str] | frozenset[str], given: str
) -> UsageError:
    wrong = suggesting(f"{path}, column {name!r}: {what}", meant(given, known), choices(noun, sorted(known)))
    return UsageError(wrong)


_READERS: Mapping[str, Callable[[bytes, Path, EntityType, Definitions], Seeds]] = {
    ".json": _read_json,
    ".csv": _read_csv,
}
"""By file suffix."""


# --- one cell ---------------------------------------------------------------------------------------------------


def _reader_of_cell(schema: Schema) -> Callable[[str], Any]:
    """How to parse a cell, given its value's JSON Schema. Text that does not fit stays text, to be refused later."""
    kinds = {kind for each in schema.get("anyOf", [schema]) for kind in _types(each)}
    if "array" in kinds:
        return partial(_list_of, _reader_of_cell(schema["items"]))
    if "object" in kinds:
        return partial(_object, schema.get("required", ()))
    if kinds & {"integer", "number"}:
        return _number
    return _boolean if "boolean" in kinds else _text


def _types(schema: Schema) -> Sequence[str]:
    types = schema.get("type", ())
    return [types] if isinstance(types, str) else types


def _list_of(read_item: Callable[[str], Any], text: str) -> Any:
    if text.startswith("["):
        return _json(text.encode())
    return [read_item(item) for item in map(str.strip, text.split(SEPARATOR)) if item]


def _object(required: Sequence[str], text: str) -> Any:
    if text.startswith("{"):
        return _json(text.encode())
    # An object with a single required member, like an email address, may be written as just that.
    return {required[0]: text} if len(required) == 1 else text


_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,18})?", re.ASCII)


def _number(text: str) -> int | float | str:
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return text
    return float(match[0]) if match[1] else int(match[0])


def _boolean(text: str) -> bool | str:
    return {"true": True, "false": False}.get(text.strip().lower(), text)


def _text(text: str) -> str:
    return text
