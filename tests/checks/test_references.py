"""Endpoints that read users, stages and fields once, and are then told of records that refer to later ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from copper_emulator import Copper, Emulator, Report
from copper_emulator.core.model import EntityType
from tests.machine.samples import InProcess, Row, Sample

TARGET = "https://app.example/hook"


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator(strict=False) as account:
        yield account


class Resolving(Sample):
    """Puts names in the place of ids. It reads each list when it first needs it, and again if an id is not in it."""

    reads_again = True

    def __init__(self, copper: Copper) -> None:
        super().__init__(InProcess(copper), "s3cret")
        self._lookups = copper.lookups
        self.names: dict[str, dict[int, str]] = {}

    def fetch(self, kind: str, record_id: int) -> None:
        record = self._client.get(kind, record_id) or {}
        for field, table in (("assignee_id", "users"), ("user_id", "users"), ("contact_type_id", "contact_types")):
            if record.get(field) is not None:
                self.name(table, record[field])
        if "pipeline_stage_id" in record:
            self.name("stages", record["pipeline_stage_id"])
        for custom in record.get("custom_fields", ()):
            if custom["value"] is not None:
                self.name("options", custom["value"])
        super().fetch(kind, record_id)

    def name(self, table: str, entry_id: int) -> str:
        if table not in self.names or (self.reads_again and entry_id not in self.names[table]):
            self.names[table] = {entry["id"]: entry["name"] for entry in self.read(table)}
        return self.names[table][entry_id]

    def read(self, table: str) -> list[Row]:
        if table == "stages":
            return [stage for pipeline in self._lookups.pipelines for stage in pipeline["stages"]]
        if table == "options":
            return [option for field in self._lookups.custom_field_definitions for option in field["options"]]
        entries: Any = getattr(self._lookups, table)
        return list(entries)


class ReadsOnce(Resolving):
    reads_again = False


class ReadsOneListOnce(Resolving):
    once = ""

    def name(self, table: str, entry_id: int) -> str:
        self.reads_again = table != self.once
        return super().name(table, entry_id)


def played(copper: Copper, app: Sample, rows: str = "answers,new-references", **options: Any) -> Report:
    copper.route("https://app.example", to=app, kind="wsgi")
    return copper.check(TARGET, only=rows, secret={"key": "s3cret"}, state=lambda: app.copy, **options)


def test_who_reads_a_list_again_passes(copper: Copper) -> None:
    app = Resolving(copper)
    report = played(copper, app)

    assert [str(row.verdict) for row in report.rows] == ["passed"] * 2, report
    assert "New Colleague" in app.names["users"].values()
    assert "New Caller" in app.names["users"].values()


def test_who_reads_all_lists_once_fails_for_every_type(copper: Copper) -> None:
    report = played(copper, ReadsOnce(copper))

    assert str(report["answers"].verdict) == "passed"
    assert str(report["new-references"].verdict) == "failed"
    assert "7 of 14 notifications not answered 2xx" in report["new-references"].evidence
    assert "read that list again" in report["new-references"].advice


@pytest.mark.parametrize(
    ("table", "kinds"),
    {
        "users": ["lead", "person", "company", "opportunity", "project", "task", "activity_log"],
        "contact_types": ["person", "company"],
        "stages": ["opportunity"],
        "options": ["lead", "person", "company", "opportunity", "project", "task"],
    }.items(),
)
def test_what_was_added_to_each_list_is_referred_to_by_the_types_that_have_the_field(
    copper: Copper, table: str, kinds: list[str]
) -> None:
    app = ReadsOneListOnce(copper)
    app.once = table
    for kind in EntityType:
        report = played(copper, app, types=[str(kind)])

        assert str(report["new-references"].verdict) == ("failed" if kind in kinds else "passed"), report
        app.names.clear()


def test_what_is_added_is_also_new_to_who_knows_what_the_test_has_added(copper: Copper) -> None:
    app = ReadsOnce(copper)
    for number in range(10):
        copper.lookups.users.add(name="Ours", email=f"ours-{number}@example.com")
        copper.lookups.contact_types.add(name="Ours")
        copper.lookups.pipelines.add(name="Ours", stages=["First", "Last"])
    for table in ("users", "contact_types", "stages"):
        app.names[table] = {entry["id"]: entry["name"] for entry in app.read(table)}

    report = played(copper, app, types="person,opportunity,activity_log")

    assert report["new-references"].evidence.startswith("3 of 6 notifications not answered 2xx")
    failed = ("person/update", "opportunity/update", "activity_log/new")
    assert all(topic in report["new-references"].evidence for topic in failed), report
