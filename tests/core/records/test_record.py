"""A single record as it is returned to callers."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.record import COLLECTIONS, Record, kind_of


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


def test_its_fields_are_listed_for_completion() -> None:
    record = Record({"id": 17, "name": "Ada"})

    assert {"id", "name", "items", "get"} <= set(dir(record))
    assert "email" not in dir(record)


def test_a_record_can_be_copied() -> None:
    record = Record({"id": 17})

    assert copy.copy(record) == copy.deepcopy(record) == record


@pytest.mark.parametrize("kind", EntityType)
def test_a_record_cannot_be_changed_by_its_attributes(kind: EntityType) -> None:
    """It is a copy, so the change would be lost; the message says what to do."""
    with pytest.raises(AttributeError) as caught:
        Record({"id": 17}, kind).name = "Ada"

    assert str(caught.value) == (f"a record is a copy; change it with copper.{COLLECTIONS[kind]}.update(17, name=...)")


def test_a_record_cannot_be_changed_by_its_items_either() -> None:
    record: Any = Record({"id": 17}, EntityType.LEAD)
    with pytest.raises(TypeError, match=r"a record is a copy; change it with copper\.leads\.update\(17, name=\.\.\.\)"):
        record["name"] = "Ada"


def test_a_record_of_no_known_type_cannot_be_changed_either() -> None:
    with pytest.raises(AttributeError, match=r"copper\.people\.update\(id, name=\.\.\.\)"):
        Record({}).name = "Ada"


@pytest.mark.parametrize("kind", EntityType)
def test_a_record_knows_its_type_beside_its_fields(kind: EntityType) -> None:
    record = Record({"id": 17}, kind)

    assert kind_of(record) is kind
    assert kind_of(pickle.loads(pickle.dumps(record))) is kind
    assert list(record) == ["id"]


def test_a_record_made_by_hand_has_no_type() -> None:
    assert kind_of(Record({"id": 17})) is None
