"""Endpoints that do not know yet what a record refers to: users and stages added later, and records of long ago."""

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


class HasForeignKeys(Sample):
    """Like tables with foreign keys: a row must be there before another can refer to it."""

    def fetch(self, kind: str, record_id: int) -> None:
        record = self._client.get(kind, record_id) or {}
        for other, found in (("company", record.get("company_id")), ("person", record.get("primary_contact_id"))):
            if found is not None and found not in self.copy[other]:
                raise LookupError(f"there is no {other} {found}")
        for reference in (record.get("related_resource"), record.get("parent")):
            if reference is not None and reference["id"] is not None:
                self.copy[reference["type"]][reference["id"]]
        super().fetch(kind, record_id)


class FetchesWhatItMeets(HasForeignKeys):
    """Fetches each record that another refers to before that."""

    def fetch(self, kind: str, record_id: int) -> None:
        record = self._client.get(kind, record_id) or {}
        references = [record.get("related_resource"), record.get("parent")]
        references += [
            {"type": "company", "id": record.get("company_id")},
            {"type": "person", "id": record.get("primary_contact_id")},
        ]
        for reference in references:
            if reference is not None and reference["id"] is not None:
                Sample.fetch(self, reference["type"], reference["id"])
        super().fetch(kind, record_id)


@pytest.mark.parametrize("kind", [kind for kind in EntityType if kind is not EntityType.LEAD])
def test_who_requires_each_record_that_another_refers_to_fails(copper: Copper, kind: EntityType) -> None:
    report = played(copper, HasForeignKeys(InProcess(copper), "s3cret"), "unknown-records", types=[str(kind)])

    assert str(report["unknown-records"].verdict) == "failed", report
    assert "no foreign key" in report["unknown-records"].advice


def test_leads_refer_to_no_record(copper: Copper) -> None:
    report = played(copper, HasForeignKeys(InProcess(copper), "s3cret"), "unknown-records", types="lead")

    assert str(report["unknown-records"].verdict) == "skipped", report


@pytest.mark.parametrize("right", [FetchesWhatItMeets, Sample])
def test_who_fetches_them_first_or_does_not_require_them_passes(copper: Copper, right: type[Sample]) -> None:
    report = played(copper, right(InProcess(copper), "s3cret"), "unknown-records")

    assert str(report["unknown-records"].verdict) == "passed", report
    assert report["unknown-records"].evidence.startswith("6 notifications answered 2xx")
