"""The text of `typed_records.py`: for each type, what `create`, `update` and `search` accept, and its two classes."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.fields import Access
from copper_emulator.core.records.searching.custom_filters import CustomFieldFilters
from copper_emulator.core.records.searching.filter_parts import Filter
from copper_emulator.core.records.searching.filter_shapes import Listed
from copper_emulator.core.records.searching.filter_values import Amount, Flag
from copper_emulator.core.records.searching.search import PARAMETERS
from copper_emulator.core.records.tables import ACTIVITY, COMPANY, LEAD, OPPORTUNITY, PERSON, TABLES
from copper_emulator.core.records.writing.converting import PARTS
from copper_emulator.python_values import annotation
from tests.generate.parts import Entry, article, class_name, documented, module, on_create, on_update, said, typed_dict


def records_module() -> str:
    blocks = [block for kind in TABLES for block in typed_dicts(kind)]
    blocks += [conversion_dict(kind) for kind in PARTS]
    blocks += [face(kind, waits=waits) for waits in (False, True) for kind in TABLES]
    return module("Which fields and filters do the records of each type have in Python?", blocks)


def filters_of(kind: EntityType) -> list[Entry]:
    # In Python, nothing is paged unless requested.
    docs = {"page_size": "Records per page; all by default."}
    return [(name, annotation(each.form), docs.get(name, _doc(each))) for name, each in PARAMETERS[kind].items()]


def _doc(each: Filter) -> str:
    # For these, the annotation says enough.
    plain = isinstance(each.form, Listed | Amount | Flag | CustomFieldFilters)
    return each.doc if plain else said(each.form, each.doc)


def typed_dicts(kind: EntityType) -> Iterator[str]:
    table, name = TABLES[kind], class_name(TABLES[kind].noun)
    changes = [field for field in table if field.access is Access.ALWAYS]
    yield typed_dict(f"{name}Fields", f"The fields `{table.plural}.create` takes.", map(on_create, table.writable))
    yield typed_dict(f"{name}Changes", f"The fields `{table.plural}.update` takes.", map(on_update, changes))
    yield typed_dict(f"{name}Filters", f"The filters `{table.plural}.search` takes.", filters_of(kind))


def conversion_dict(kind: EntityType) -> str:
    entries = [on_create(field) for field in PARTS[kind]]
    doc = f"The fields `leads.convert` takes for {article(kind)}."
    return typed_dict(f"Converted{class_name(TABLES[kind].noun)}", doc, entries)


def conversion() -> Iterator[Entry]:
    """A description of each part of a conversion."""
    words = {
        PERSON: "where the person should differ from the lead,",
        COMPANY: "the company itself, or",
        OPPORTUNITY: "without it none is created; {}, or",
    }
    for kind, table in PARTS.items():
        yield str(kind), "", f"{words[kind]} any of {', '.join(table.by_name)}."


def face(kind: EntityType, *, waits: bool) -> str:
    """The class of one type: `People`, or `AsyncPeople`, whose calls that let time pass are awaited."""
    table, noun = TABLES[kind], class_name(TABLES[kind].noun)
    fields = {
        "create": documented(map(on_create, table.writable)),
        "update": documented(on_update(field) for field in table if field.access is Access.ALWAYS),
        "search": documented(filters_of(kind)),
        "convert": documented(conversion()),
    }
    words = {
        "kind": kind,
        "noun": noun,
        "a": article(table.noun),
        "plural": table.plural,
        "def": "async def" if waits else "def",
        "await": "await " if waits else "",
        **_examples(kind),
    }
    more = {PERSON: MERGE, COMPANY: MERGE, LEAD: CONVERT}.get(kind, "")
    text = (FACE + more).format(**words, **{name: indent(text, " " * 12) for name, text in fields.items()})
    if waits:
        return f"@calls_noted\nclass Async{class_name(table.plural)}(AsyncRecords):\n{text}"
    return f"class {class_name(table.plural)}(Records):\n{text}"


def _examples(kind: EntityType) -> dict[str, str]:
    """Arguments for examples of `create`, `create_many` and `update`."""
    if kind is ACTIVITY:
        made = "parent=ada, type={'category': 'user', 'id': 0}, details='Met'"
        return {"made": made, "rows": "{'parent': ada, ...}, {'parent': bob, ...}", "changed": "details='Met'"}
    return {"made": "name='Ada'", "rows": "{'name': 'Ada'}, {'name': 'Bob'}", "changed": "name='Grace'"}


FACE = '''\
    """The records of the type `{kind}`.

    A record or an entry of `copper.lookups` may stand for its id, and a date or datetime for a day or seconds.
    """

    @written_like("copper.{plural}.create({made})")
    {def} create(self, **fields: Unpack[{noun}Fields]) -> Record:
        """Create {a}; fires `{kind}/new`.

        Args:
{create}

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        made: list[Record] = {await}self._write(self._creating([fields]))
        return made[0]

    @written_like("copper.{plural}.create_many([{rows}])")
    {def} create_many(self, rows: Iterable[Mapping[str, Any]]) -> list[Record]:
        """Create records in one action, from the fields `create` takes; notifications have up to 30 ids."""
        made: list[Record] = {await}self._write(self._creating(rows))
        return made

    @written_like("copper.{plural}.update(17, {changed})")
    {def} update(self, id: int | Record, **fields: Unpack[{noun}Changes]) -> Record:
        """Change fields; fires `{kind}/update` if anything changed. None clears a field.

        Args:
            id: the record or its id.
{update}

        Raises:
            NotFound: there is no such record.
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        changed: list[Record] = {await}self._write(self._updating([id], fields))
        return changed[0]

    @written_like("copper.{plural}.update_many([17, 18], {changed})")
    {def} update_many(self, ids: Iterable[int | Record], **fields: Unpack[{noun}Changes]) -> list[Record]:
        """Change records in one action; one notification holds only records with the same old and new values."""
        changed: list[Record] = {await}self._write(self._updating(ids, fields))
        return changed

    {def} delete(self, id: int | Record) -> None:
        """Delete a record; fires `{kind}/delete`. Raises NotFound."""
        {await}self._write(self._deleting([id]))

    {def} delete_many(self, ids: Iterable[int | Record]) -> None:
        """Delete records in one action; notifications have up to 30 ids."""
        {await}self._write(self._deleting(ids))

    def search(self, **filters: Unpack[{noun}Filters]) -> list[Record]:
        """Return the records that match every filter, as they are now: the setting `search_lag` does not apply here.

        Args:
{search}

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
        """
        return self._found(filters)
'''

MERGE = '''
    {def} merge(self, winner: int | Record, loser: int | Record) -> Record:
        """Merge two records: the winner takes what it lacks from the loser, which is deleted.

        Fires `{kind}/delete` for the loser, and `{kind}/update` for the winner if it changed.

        Raises:
            NotFound: there is no such record.
            UsageError: both are the same record.
        """
        merged: Record = {await}self._write(self._merging(winner, loser))
        return merged
'''

CONVERT = '''
    {def} convert(
        self,
        id: int | Record,
        *,
        person: ConvertedPerson | None = None,
        company: ConvertedCompany | Record | None = None,
        opportunity: ConvertedOpportunity | None = None,
    ) -> Converted:
        """Convert a lead into a person with a company and, if asked for, an opportunity.

        Each created record fires `new`, and the lead `delete` (setting `lead_conversion`).

        Args:
            id: the lead or its id.
{convert}

        Raises:
            NotFound: there is no such lead.
            Invalid: the API would refuse it; the text is Copper's own.
        """
        parts = self._converting(id, person=person, company=company, opportunity=opportunity)
        became: dict[str, Record] = {await}self._write(parts)
        return Converted(became["person"], became.get("company"), became.get("opportunity"))
'''
