"""Values for fields: a strategy for each form in `core/records/tables.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, singledispatch
from typing import Any

from hypothesis import strategies as st

from copper_emulator.core.model import DEFAULT_EMAIL, EntityType
from copper_emulator.core.records.fields import Field as TableField
from copper_emulator.core.records.fields import Null, Table
from copper_emulator.core.records.forms.contacts import ADDRESS_PARTS, MAX_TAG, Address, Entries, Entry, Tags
from copper_emulator.core.records.forms.plain import (
    EARLIEST_SECOND,
    LATEST_SECOND,
    CalendarDay,
    Moment,
    Number,
    OneOf,
    Text,
)
from copper_emulator.core.records.forms.references import (
    ActivityType,
    LookupId,
    LookupName,
    RecordId,
    Reference,
    StageId,
)
from copper_emulator.core.records.lookups.catalogue import Catalogue

Ids = Mapping[EntityType, Sequence[Any]]
"""The records that fields may name, by type: as ids, or as what a scenario writes in place of an id."""

# What people type, and what programs stumble over. No braces: a scenario reads `{n}` as the number of a record. Spelled
# out, because Hypothesis takes a second to sort all of Unicode when first asked for it, which it also is by a regular
# expression; its health check then finds that the values are made too slowly.
_LETTERS = (
    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz|~"
    "ÄÉÑÖØßçüğıŁœšž\N{COMBINING ACUTE ACCENT}ΩЖяאبไ李한あ👍🏽👩€"
    "\N{NO-BREAK SPACE}\N{ZERO WIDTH JOINER}\N{RIGHT SINGLE QUOTATION MARK}\N{FULLWIDTH COMMA}"
)

NAMES = st.sampled_from(("Ada", "Bob", "Ada Lovelace", "O'Brien", "Zoë", "李小龍")) | st.text(
    _LETTERS, min_size=1, max_size=8
).filter(lambda text: text.strip())
"""Names as people have them; shrunk failures show the first ones."""

_TEXTS = st.sampled_from(("A note", "Zoë's", "", "two\nlines")) | st.text(_LETTERS, max_size=8)

_WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=6)
_DOMAINS = _WORDS.map("{}.example".format)

UNIQUE = frozenset({"email", "emails", "email_domain"})
"""Fields whose values no two records may share."""

_CURRENCIES = ("USD", "EUR", "GBP")
_LARGEST = 1_000_000


def known_fields(table: Table) -> list[TableField]:
    """The fields of a type that every account has; custom fields differ from account to account."""
    return [field for field in table.writable if field.name != "custom_fields"]


def field_values(field: TableField, ids: Ids, *, clears: bool) -> st.SearchStrategy[Any]:
    """Values of one field; with `clears`, also None if that clears the field or sets its default."""
    if field.name in ("name", "details") and field.required:
        return NAMES
    if field.name == "monetary_unit":
        return st.sampled_from(_CURRENCIES)
    if field.name == "email_domain":
        return _DOMAINS
    found = values(field.form, ids)
    return found | st.none() if clears and field.null in (Null.CLEARS, Null.DEFAULT) else found


def can_be_drawn(field: TableField, ids: Ids) -> bool:
    """Whether there is a record for the field to name, if it must name one."""
    form = field.form
    kinds = form.kinds if isinstance(form, Reference) else (form.kind,) if isinstance(form, RecordId) else None
    return kinds is None or any(ids.get(kind) for kind in kinds)


@singledispatch
def values(form: Any, ids: Ids) -> st.SearchStrategy[Any]:
    """Values that a form accepts."""
    raise NotImplementedError(f"there are no values for {form}")


@values.register
def _(form: Text, ids: Ids) -> st.SearchStrategy[Any]:
    return _TEXTS


@values.register
def _(form: Number, ids: Ids) -> st.SearchStrategy[Any]:
    least, most = max(form.least, -_LARGEST), min(form.most, _LARGEST)
    return st.integers(int(least), int(most))


@values.register
def _(form: Moment, ids: Ids) -> st.SearchStrategy[Any]:
    return st.integers(EARLIEST_SECOND, LATEST_SECOND)


@values.register
def _(form: CalendarDay, ids: Ids) -> st.SearchStrategy[Any]:
    return st.dates().filter(lambda day: day.year >= 1900).map(lambda day: f"{day.month}/{day.day}/{day.year}")


@values.register
def _(form: OneOf, ids: Ids) -> st.SearchStrategy[Any]:
    return st.sampled_from(form.choices)


@values.register
def _(form: Address, ids: Ids) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({part: st.none() | _TEXTS for part in ADDRESS_PARTS})


@values.register
def _(form: Entry, ids: Ids) -> st.SearchStrategy[Any]:
    content = st.tuples(_WORDS, _DOMAINS).map("@".join) if form.key == "email" else NAMES
    return st.fixed_dictionaries({form.key: content, "category": st.sampled_from(form.categories)})


@values.register
def _(form: Entries, ids: Ids) -> st.SearchStrategy[Any]:
    return st.lists(values(form.each, ids), max_size=3)


@values.register
def _(form: Tags, ids: Ids) -> st.SearchStrategy[Any]:
    tags = st.sampled_from(("vip", "Zoë")) | st.text(_LETTERS, min_size=1, max_size=MAX_TAG).filter(str.strip)
    return st.lists(tags, unique=True, max_size=3)


@values.register
def _(form: LookupId, ids: Ids) -> st.SearchStrategy[Any]:
    return st.sampled_from(list(lookups().table(form.table)))


@values.register
def _(form: LookupName, ids: Ids) -> st.SearchStrategy[Any]:
    return st.sampled_from([entry["name"] for entry in lookups().table(form.table).values()])


@values.register
def _(form: StageId, ids: Ids) -> st.SearchStrategy[Any]:
    return st.sampled_from([stage["id"] for line in lookups().table("pipelines").values() for stage in line["stages"]])


@values.register
def _(form: RecordId, ids: Ids) -> st.SearchStrategy[Any]:
    return st.sampled_from(ids[form.kind])


@values.register
def _(form: Reference, ids: Ids) -> st.SearchStrategy[Any]:
    return st.sampled_from([{"type": str(kind), "id": each} for kind in form.kinds for each in ids.get(kind, ())])


@values.register
def _(form: ActivityType, ids: Ids) -> st.SearchStrategy[Any]:
    there = [entry for entry in lookups().table("activity_types").values() if entry["category"] == "user"]
    return st.sampled_from([{"category": "user", "id": entry["id"]} for entry in there])


@cache
def lookups() -> Catalogue:
    """The lookup tables of a new account; nothing writes to them."""
    return Catalogue(DEFAULT_EMAIL)
