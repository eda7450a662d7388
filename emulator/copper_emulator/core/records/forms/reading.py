"""Reading the body of a create or an update into the values of a table's fields, collecting every mistake in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from copper_emulator.core.errors import raised_on_purpose
from copper_emulator.core.findings import BLANK, Findings
from copper_emulator.core.records.fields import Access, Field, Null, Table
from copper_emulator.core.records.forms.plain import Known, Unfit
from copper_emulator.core.records.forms.references import LookupId, LookupName

__tracebackhide__ = raised_on_purpose


_NOTHING: Mapping[str, Any] = MappingProxyType({})


class BodyFields(NamedTuple):
    """The fields of a body: the values that it sets, and the names that were ignored.

    `defaults` are the values of a new object for stored fields that its body does not set.
    """

    values: Mapping[str, Any]
    ignored: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = _NOTHING

    @property
    def complete(self) -> dict[str, Any]:
        """The values of a new object, before any others are derived from them."""
        return {**self.defaults, **self.values}


class Reading:
    """Reads bodies against an account.

    Args:
        known: what values are checked against.
        refuse_read_only: reject fields that cannot be written, instead of ignoring them.
    """

    def __init__(self, known: Known, *, refuse_read_only: bool = False) -> None:
        self._known = known
        self._refuse_read_only = refuse_read_only
        self._defaults: dict[str, Mapping[str, Any]] = {}

    def create(self, table: Table, body: Any) -> tuple[BodyFields, Findings]:
        """Read the body of a create; the caller raises the findings."""
        findings = self._findings(table, body, table.accepted_names)
        ignored = self._ignored_names(table, findings, (Access.NEVER,))
        values = self._new_values(table.writable, findings)
        return BodyFields(values, ignored, self.defaults(table)), findings

    def update(self, table: Table, body: Any, before: Mapping[str, Any] = _NOTHING) -> tuple[BodyFields, Findings]:
        """Read the body of an update; the caller raises the findings.

        Null for a field that was null `before` is ignored, so that a record can be written back as it was read.
        """
        findings = self._findings(table, body, table.accepted_names)
        ignored = self._ignored_names(table, findings, (Access.NEVER, Access.CREATE))
        values: dict[str, Any] = {}
        for field in table:
            if field.name not in findings.body or field.access is not Access.ALWAYS:
                continue
            given = findings.body[field.name]
            if given is None and before.get(field.name, ...) is None:
                continue
            if is_blank(field, given):
                self._apply_null(field, values, findings)
            else:
                self._read(field, given, values, findings)
        return BodyFields(values, ignored), findings

    def seed(self, table: Table, body: Any) -> tuple[BodyFields, Findings]:
        """Like `create`, but also accepts fields that only Copper writes, in the form in which a read shows them."""
        findings = self._findings(table, body, table.shown_names)
        return BodyFields(self._new_values(table.fields, findings), (), self.defaults(table)), findings

    def defaults(self, table: Table) -> Mapping[str, Any]:
        """Values of a new object's stored fields if not given. Sharing them is safe: stored values never change."""
        if table.noun not in self._defaults:
            looked_up = {name: self._known.default(of) for name, of in table.looked_up}
            self._defaults[table.noun] = {**table.initial, **looked_up}
        return self._defaults[table.noun]

    def _findings(self, table: Table, body: Any, known: Collection[str]) -> Findings:
        return Findings(body, known, f"a {table.noun}", listed=table.writable_names)

    def _new_values(self, fields: Iterable[Field], findings: Findings) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for field in fields:
            given = findings.body.get(field.name)
            if given is not None and not is_blank(field, given):
                self._read(field, given, values, findings)
            elif field.required:
                findings.error(field.name, BLANK, field.how_written)
        return values

    def _ignored_names(self, table: Table, findings: Findings, accesses: tuple[Access, ...]) -> tuple[str, ...]:
        if table.restricted_names.isdisjoint(findings.body):
            return ()
        named = [field.name for field in table if field.access in accesses and field.name in findings.body]
        named += [name for name in table.unheeded if name in findings.body]
        ignored = (("id",) if "id" in findings.body else ()) + tuple(named)
        if ignored and self._refuse_read_only:
            findings.not_writable(ignored)
            return ()
        return ignored

    def _apply_null(self, field: Field, values: dict[str, Any], findings: Findings) -> None:
        if field.null is Null.REFUSED:
            findings.error(field.name, BLANK)
        elif field.null is Null.CLEARS:
            values[field.name] = field.form.blank()
        elif field.null is Null.DEFAULT:
            values[field.name] = self._default_on_null(field)

    def _default_on_null(self, field: Field) -> Any:
        if isinstance(field.form, LookupId | LookupName):
            default = self._known.default(field.form.table)
            entry = self._known.lookup(field.form.table).get(default) if default is not None else None
            return entry["name"] if entry is not None and isinstance(field.form, LookupName) else default
        return field.default

    def _read(self, field: Field, given: Any, values: dict[str, Any], findings: Findings) -> None:
        try:
            values[field.name] = field.form.read(given, self._known)
        except Unfit as error:
            findings.error(field.name, error.about(field.name), error.hint)


def is_blank(field: Field, value: Any) -> bool:
    """Whether a value counts as missing: null or, for a required field, empty or whitespace-only text."""
    return value is None or (field.required and isinstance(value, str) and not value.strip())
