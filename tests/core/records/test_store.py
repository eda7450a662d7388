"""Records, and what counts as a change to them."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from copper_emulator.core.errors import NotFound, UsageError
from copper_emulator.core.ids import Counters
from copper_emulator.core.model import EntityType, RecordChange
from copper_emulator.core.records.store import Record, RecordStore, kind_of
from tests.core.builders import topic

LEAD = EntityType.LEAD


def store_with(*rows: dict[str, Any]) -> tuple[RecordStore, list[int]]:
    """A store with these leads, and their ids."""
    store = RecordStore()
    return store, [record.id for record in store.create(LEAD, rows, Counters().record)]


# --- one record ---------------------------------------------------------------------------------------


def test_a_record_is_a_mapping_whose_fields_are_attributes() -> None:
    record = Record({"id": 17, "name": "Ada"})

    assert record.id == 17
    assert record["name"] == record.name == "Ada"
    assert dict(record) == {"id": 17, "name": "Ada"}
    assert len(record) == 2
    assert repr(record) == "Record(id=17, name='Ada')"


def test_a_field_that_is_not_there_is_named() -> None:
    record = Record({"id": 17})

    with pytest.raises(AttributeError, match="this record has no field 'name'"):
        _ = record.name
    with pytest.raises(KeyError):
        _ = record["name"]


def test_a_record_can_be_copied() -> None:
    record = Record({"id": 17})

    assert copy.copy(record) == copy.deepcopy(record) == record


def test_a_record_cannot_be_changed_by_its_attributes() -> None:
    """It is a copy: the change would go nowhere, and the text says what to do."""
    store = RecordStore()
    [person] = store.create(EntityType.PERSON, [{"name": "Ada"}], Counters().record)

    with pytest.raises(AttributeError) as caught:
        person.name = "Ada Lovelace"

    assert str(caught.value) == "a record is a copy; change it with copper.people.update(94808711, name=...)"


def test_a_record_of_no_known_type_cannot_be_changed_either() -> None:
    with pytest.raises(AttributeError, match=r"copper\.people\.update\(id, name=\.\.\.\)"):
        Record({}).name = "Ada"


@pytest.mark.parametrize("kind", EntityType)
def test_a_record_knows_its_type_beside_its_fields(kind: EntityType) -> None:
    [record] = RecordStore().create(kind, [{}], Counters().record)

    assert kind_of(record) is kind
    assert kind_of(pickle.loads(pickle.dumps(record))) is kind
    assert list(record) == ["id"]


def test_a_record_made_by_hand_has_no_type() -> None:
    assert kind_of(Record({"id": 17})) is None


# --- create -------------------------------------------------------------------------------------------


def test_records_get_ids_in_the_order_of_their_rows() -> None:
    store, ids = store_with({"name": "a"}, {"name": "b"})

    assert [dict(store.get(LEAD, number)) for number in ids] == [
        {"id": 94_808_711, "name": "a"},
        {"id": 94_808_712, "name": "b"},
    ]


def test_later_changes_to_a_row_change_nothing() -> None:
    row: dict[str, Any] = {"tags": ["a"]}
    store, [number] = store_with(row)
    row["tags"].append("b")

    assert store.get(LEAD, number).tags == ["a"]


def test_what_was_handed_out_is_a_copy_all_the_way_down() -> None:
    """Else a script that adds to the tags it read, and writes them back, changes nothing."""
    store, [number] = store_with({"tags": ["a"]})
    tags = store.get(LEAD, number).tags
    tags.append("b")

    _, changes = store.update(LEAD, [number], {"tags": tags})

    assert [change.updated_attributes for change in changes] == [{"tags": [["a"], ["a", "b"]]}]


WRONG_ROWS: dict[str, tuple[Any, str]] = {
    "no mapping": ("Ada", "a record's fields must be a mapping, not 'Ada'"),
    "an id": ({"id": 1}, "a record's id is given by the emulator, as by Copper; leave it out"),
    "not JSON": ({"name": object}, "a record's fields must be JSON: "),
    "NaN": ({"value": float("nan")}, "a record's fields must be JSON: "),
    "half a surrogate pair": ({"name": "\ud800"}, "a record's fields must be JSON: "),
}


@pytest.mark.parametrize(("row", "text"), WRONG_ROWS.values(), ids=WRONG_ROWS.keys())
def test_a_wrong_row_is_refused_and_nothing_is_made(row: Any, text: str) -> None:
    store, counters = RecordStore(), Counters()

    with pytest.raises(UsageError) as caught:
        store.create(LEAD, [{"name": "right"}, row], counters.record)

    assert str(caught.value).startswith(text)
    assert counters.record(LEAD) == 94_808_711


@pytest.mark.parametrize("rows", [{"name": "Ada"}, "Ada", b"Ada", 7], ids=["mapping", "text", "bytes", "number"])
def test_rows_are_a_list(rows: Any) -> None:
    with pytest.raises(UsageError) as caught:
        RecordStore().create(LEAD, rows, Counters().record)

    assert str(caught.value) == (f"give a list of records, like [{{'name': 'Ada'}}, {{'name': 'Bob'}}], not {rows!r}")


# --- update -------------------------------------------------------------------------------------------


def test_records_with_the_same_old_and_new_values_share_a_change() -> None:
    store, [first, second, third] = store_with({"status": "New"}, {"status": "Open"}, {"status": "New"})

    records, changes = store.update(LEAD, [third, second, first], {"status": "Junk"})

    assert [record.id for record in records] == [third, second, first]
    assert changes == [
        RecordChange(topic("lead/update"), (third, first), {"status": ["New", "Junk"]}),
        RecordChange(topic("lead/update"), (second,), {"status": ["Open", "Junk"]}),
    ]


def test_only_what_differs_is_reported() -> None:
    store, [number] = store_with({"name": "Ada", "status": "New"})

    _, [change] = store.update(LEAD, [number], {"name": "Ada", "status": "Open", "title": "Dr"})

    assert change.updated_attributes == {"status": ["New", "Open"], "title": [None, "Dr"]}
    assert dict(store.get(LEAD, number)) == {
        "id": number,
        "name": "Ada",
        "status": "Open",
        "title": "Dr",
    }


def test_writing_what_is_there_is_no_change() -> None:
    store, [number] = store_with({"name": "Ada"})

    records, changes = store.update(LEAD, [number], {"name": "Ada"})

    assert changes == []
    assert dict(records[0]) == {"id": number, "name": "Ada"}


def test_a_record_named_twice_is_written_once() -> None:
    store, [number] = store_with({"name": "Ada"})

    records, [change] = store.update(LEAD, [number, number], {"name": "Bob"})

    assert len(records) == 1
    assert change.ids == (number,)


def test_one_missing_record_stops_the_whole_update() -> None:
    store, [number] = store_with({"name": "Ada"})

    with pytest.raises(NotFound) as caught:
        store.update(LEAD, [number, 17], {"name": "Bob"})

    assert caught.value.hint == (
        "There is no lead 17. Create it first, or use fire('lead', ...) for a bare event that needs no record."
    )
    assert store.get(LEAD, number).name == "Ada"


def test_wrong_fields_stop_the_whole_update() -> None:
    store, [number] = store_with({"name": "Ada"})

    with pytest.raises(UsageError, match="leave it out"):
        store.update(LEAD, [number], {"id": 5})


def test_what_was_reported_does_not_change_afterwards() -> None:
    store, [number] = store_with({"tags": ["a"]})
    _, [change] = store.update(LEAD, [number], {"tags": ["b"]})
    store.get(LEAD, number).tags.append("c")
    store.update(LEAD, [number], {"tags": []})

    assert change.updated_attributes == {"tags": [["a"], ["b"]]}


# --- delete -------------------------------------------------------------------------------------------


def test_what_is_deleted_is_gone() -> None:
    store, [first, second] = store_with({}, {})

    assert store.delete(LEAD, [first, first]) == (first,)

    with pytest.raises(NotFound):
        store.get(LEAD, first)
    assert store.get(LEAD, second).id == second


def test_one_missing_record_stops_the_whole_delete() -> None:
    store, [number] = store_with({})

    with pytest.raises(NotFound):
        store.delete(LEAD, [number, 17])

    assert store.get(LEAD, number).id == number


@pytest.mark.parametrize("number", [17, "17", None, [17]], ids=repr)
def test_whatever_is_no_id_is_not_found(number: Any) -> None:
    store, _ = store_with({})

    with pytest.raises(NotFound, match="Resource not found"):
        store.get(LEAD, number)
