"""Samples for what a type requires, and the names by which types can be given."""

from __future__ import annotations

from typing import Any

import pytest

from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.kinds import kind_called
from copper_emulator.core.records.samples import missing, numbered, with_samples
from copper_emulator.core.records.tables import TABLES

SAMPLES = [
    (EntityType.LEAD, {"name": "Lead 3"}),
    (EntityType.PERSON, {"name": "Person 3"}),
    (EntityType.COMPANY, {"name": "Company 3"}),
    (EntityType.OPPORTUNITY, {"name": "Opportunity 3"}),
    (EntityType.PROJECT, {"name": "Project 3"}),
    (EntityType.TASK, {"name": "Task 3"}),
    (EntityType.ACTIVITY_LOG, {"details": "Activity 3", "type": {"category": "user", "id": 0}}),
]


@pytest.mark.parametrize(("kind", "sample"), SAMPLES, ids=lambda value: str(value) if isinstance(value, str) else "")
def test_a_record_that_nobody_said_anything_of_has_what_its_type_requires(
    kind: EntityType, sample: dict[str, Any]
) -> None:
    assert with_samples(kind, {}, 3) == sample


def test_there_is_a_sample_for_everything_required_but_the_parent_of_an_activity() -> None:
    assert {kind: missing(kind, {}) for kind in TABLES} == {
        **{kind: [] for kind in TABLES},
        EntityType.ACTIVITY_LOG: ["parent"],
    }
    assert missing(EntityType.ACTIVITY_LOG, {"parent": None}) == []


def test_what_is_given_stands_even_where_it_is_wrong() -> None:
    assert with_samples(EntityType.PERSON, {"name": "", "title": "Dr"}, 1) == {"name": "", "title": "Dr"}
    assert with_samples(EntityType.PERSON, {"name": None}, 1) == {"name": None}


def test_the_number_is_written_into_every_text() -> None:
    given = {"name": "Ada {n}", "emails": [{"email": "p{n}@example.com"}], "tags": ["{n}", "{n}{n}"], "age": 7}

    assert numbered(given, 12) == {
        "name": "Ada 12",
        "emails": [{"email": "p12@example.com"}],
        "tags": ["12", "1212"],
        "age": 7,
    }
    assert with_samples(EntityType.PERSON, given, 12)["name"] == "Ada 12"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("person", EntityType.PERSON),
        ("people", EntityType.PERSON),
        ("companies", EntityType.COMPANY),
        ("activity", EntityType.ACTIVITY_LOG),
        ("activities", EntityType.ACTIVITY_LOG),
        ("activity_log", EntityType.ACTIVITY_LOG),
    ],
)
def test_a_type_is_called_as_the_webhooks_or_as_the_paths_call_it(name: str, kind: EntityType) -> None:
    assert kind_called(name) is kind


def test_what_is_no_type_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(
        UsageError, match=r"there is no type 'persons'; did you mean 'person'\? The types are lead, person, company"
    ):
        kind_called("persons")
