"""Bodies that must be accepted, drawn from the field tables themselves: a value for any field, by its form."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from hypothesis import strategies as st

from copper_emulator.core.account import Account
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.fields import Access, Field
from copper_emulator.core.records.forms.contacts import ADDRESS_PARTS, MAX_TAG, Address, Entries, Entry, Tags
from copper_emulator.core.records.forms.custom import DATA_TYPES, CustomFields, Option, Options, Percent, custom_form
from copper_emulator.core.records.forms.plain import (
    EARLIEST_SECOND,
    LATEST_SECOND,
    CalendarDay,
    Checkbox,
    Moment,
    Number,
    OneOf,
    Several,
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
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.tables import TABLES
from tests.core.builders import make_account
from tests.core.records.playing import ACTIVITY, LEAD, NOTE, define, make

texts = st.text(st.characters(codec="utf-8"), max_size=8)
names = texts.filter(lambda text: text.strip())

OPTIONS = ("Apples", "Bananas", "Cherries")


def rich_account(**rules: Any) -> Account:
    """Two records of each type, and a custom field of each data type on every type that can have one."""
    account = make_account(**rules)
    kinds = [kind for kind in EntityType if kind is not ACTIVITY]
    for data_type in DATA_TYPES:
        more = {"options": OPTIONS} if data_type in ("Dropdown", "MultiSelect") else {}
        define(account, data_type, data_type, *kinds, **{name: list(value) for name, value in more.items()})
    for kind in kinds:
        for name in ("one", "two"):
            make(account, kind, name=name)
    lead = next(iter(account.records.of(LEAD)))
    for _ in range(2):
        make(account, ACTIVITY, parent={"type": "lead", "id": lead}, type=NOTE, details="Hello")
    return account


@singledispatch
def values(form: Any, store: RecordStore) -> st.SearchStrategy[Any]:
    """Values that a form accepts, as a record shows them."""
    raise NotImplementedError(f"there are no values for {form}")


@values.register
def _(form: Text, store: RecordStore) -> st.SearchStrategy[Any]:
    return texts


@values.register
def _(form: Number, store: RecordStore) -> st.SearchStrategy[Any]:
    whole = st.integers(form.least, form.most)
    return whole if form.whole else whole | st.floats(form.least, form.most).map(lambda number: number + 0.0)


@values.register
def _(form: Percent, store: RecordStore) -> st.SearchStrategy[Any]:
    return st.integers(form.least, form.most)


@values.register
def _(form: Checkbox, store: RecordStore) -> st.SearchStrategy[Any]:
    return st.booleans()


@values.register
def _(form: Moment, store: RecordStore) -> st.SearchStrategy[Any]:
    return st.integers(EARLIEST_SECOND, LATEST_SECOND)


@values.register
def _(form: CalendarDay, store: RecordStore) -> st.SearchStrategy[Any]:
    days = st.dates().filter(lambda day: day.year >= 1900)
    return days.map(lambda day: f"{day.month}/{day.day}/{day.year}")


@values.register
def _(form: OneOf, store: RecordStore) -> st.SearchStrategy[Any]:
    return st.sampled_from(form.choices)


@values.register
def _(form: Several, store: RecordStore) -> st.SearchStrategy[Any]:
    return st.lists(values(form.each, store), unique=True, max_size=3)


@values.register
def _(form: Options, store: RecordStore) -> st.SearchStrategy[Any]:
    return st.lists(values(form.each, store), unique=True).map(sorted)


@values.register
def _(form: Option, store: RecordStore) -> st.SearchStrategy[Any]:
    return st.sampled_from([option_id for option_id, _ in form.options])


@values.register
def _(form: Address, store: RecordStore) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({part: st.none() | texts for part in ADDRESS_PARTS})


@values.register
def _(form: Entry, store: RecordStore) -> st.SearchStrategy[Any]:
    content = st.from_regex(r"[a-z]{1,5}@[a-z]{1,5}\.example", fullmatch=True) if form.key == "email" else names
    return st.fixed_dictionaries({form.key: content, "category": st.sampled_from(form.categories)})


@values.register
def _(form: Entries, store: RecordStore) -> st.SearchStrategy[Any]:
    return st.lists(values(form.each, store), max_size=3)


@values.register
def _(form: Tags, store: RecordStore) -> st.SearchStrategy[Any]:
    return st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=MAX_TAG), unique=True, max_size=4)


@values.register
def _(form: LookupId, store: RecordStore) -> st.SearchStrategy[Any]:
    return st.sampled_from(list(store.lookup(form.table)))


@values.register
def _(form: LookupName, store: RecordStore) -> st.SearchStrategy[Any]:
    return st.sampled_from([entry["name"] for entry in store.lookup(form.table).values()])


@values.register
def _(form: StageId, store: RecordStore) -> st.SearchStrategy[Any]:
    return st.sampled_from([stage["id"] for line in store.lookup("pipelines").values() for stage in line["stages"]])


@values.register
def _(form: RecordId, store: RecordStore) -> st.SearchStrategy[Any]:
    return st.sampled_from(list(store.of(form.kind)))


@values.register
def _(form: Reference, store: RecordStore) -> st.SearchStrategy[Any]:
    there = [{"id": number, "type": str(kind)} for kind in form.kinds for number in store.of(kind)]
    return st.sampled_from(there)


@values.register
def _(form: ActivityType, store: RecordStore) -> st.SearchStrategy[Any]:
    there = [entry for entry in store.lookup("activity_types").values() if entry["category"] == "user"]
    return st.sampled_from([{"id": entry["id"], "category": "user"} for entry in there])


@values.register
def _(form: CustomFields, store: RecordStore) -> st.SearchStrategy[Any]:
    """All of them, in their order, as a record shows them."""
    every = [
        st.fixed_dictionaries(
            {
                "custom_field_definition_id": st.just(definition_id),
                "value": st.just(custom_form(definition).blank()) | values(custom_form(definition), store),
            }
        )
        for definition_id, definition in store.definitions(form.kind).items()
    ]
    return st.tuples(*every).map(list)


def bodies(kind: EntityType, store: RecordStore, *accesses: Access) -> st.SearchStrategy[dict[str, Any]]:
    """Some of a type's fields that can be written this way; a new record always has the required ones."""
    writable = {field.name: _field(field, store) for field in TABLES[kind] if field.access in accesses}
    required = {field.name for field in TABLES[kind] if field.required and Access.CREATE in accesses}
    chosen = st.lists(st.sampled_from(sorted(writable)), unique=True, max_size=5)
    return chosen.flatmap(
        lambda names: st.fixed_dictionaries({name: writable[name] for name in sorted({*required, *names})})
    ).map(_without_contradictions)


def _field(field: Field, store: RecordStore) -> st.SearchStrategy[Any]:
    return names if field.required and isinstance(field.form, Text) else values(field.form, store)


def _without_contradictions(body: dict[str, Any]) -> dict[str, Any]:
    """Keep only one of two fields that mean the same, and a currency only with an amount."""
    dropped = {
        "status": "status_id" in body,
        "pipeline_id": "pipeline_stage_id" in body,
        "monetary_unit": "monetary_value" not in body,
    }
    return {name: value for name, value in body.items() if not dropped.get(name)}
