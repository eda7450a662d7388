"""Bugs that plain records do not show: ids and names that two share, changes made again, odd names, conversions."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import pytest

from copper_emulator import Copper, Emulator, Report
from tests.checks.served import served, state_of
from tests.machine.samples import InProcess, OverHttp, Row, Sample

TARGET = "https://app.example/hook"
SECRET = {"key": "s3cret"}
ROWS = (
    "answers,type-lead,type-person,same-name,batch-2,batch-30,other-scripts,again,same-second,back-and-forth,same-id,"
    "converted,names,gone-in-batch,search-behind"
)


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator(strict=False) as account:
        yield account


class OneTable(Sample):
    """Its rows are found by their id alone, and the type is a column."""

    def remember(self, kind: str, record_id: int, row: Row) -> None:
        for other in self.copy:
            self.copy[other].pop(record_id, None)
        self.copy[kind][record_id] = row

    def fetch(self, kind: str, record_id: int) -> None:
        super().fetch(kind, record_id)
        if record_id in self.copy[kind]:
            self.remember(kind, record_id, self.copy[kind][record_id])


class RemembersTheDeletedById(Sample):
    """Does nothing more for what has been deleted, and does not look at its type."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.gone: set[int] = set()

    def notified(self, body: Row) -> None:
        if body["event"] == "delete":
            self.gone.update(body["ids"])
            super().notified(body)
        else:
            super().notified({**body, "ids": [each for each in body["ids"] if each not in self.gone]})


class UniqueNames(Sample):
    """Its table has a unique constraint on the name."""

    def fetch(self, kind: str, record_id: int) -> None:
        record = self._client.get(kind, record_id)
        if record and self.named(kind, record.get("name", "")) - {record_id}:
            raise ValueError("duplicate key value violates unique constraint people_name_key")
        super().fetch(kind, record_id)

    def named(self, kind: str, name: str) -> set[int]:
        return {each for each, row in self.copy[kind].items() if row.get("name") == name}


class LeavesOutWhatHasAName(UniqueNames):
    """`INSERT OR IGNORE`, into a table with such a constraint."""

    def fetch(self, kind: str, record_id: int) -> None:
        with suppress(ValueError):
            super().fetch(kind, record_id)


class WritesByName(UniqueNames):
    """Overwrites whatever has the name."""

    def fetch(self, kind: str, record_id: int) -> None:
        for other in self.named(kind, (self._client.get(kind, record_id) or {}).get("name", "")):
            self.copy[kind].pop(other)
        super().fetch(kind, record_id)


class RenamesByName(Sample):
    """Gives the new name to all that have the old one."""

    def fetch(self, kind: str, record_id: int) -> None:
        before = self.copy[kind].get(record_id, {}).get("name")
        super().fetch(kind, record_id)
        now = self.copy[kind].get(record_id, {}).get("name")
        for row in self.copy[kind].values():
            if now is not None and row["name"] == before:
                row["name"] = now


class SkipsTheSameChange(Sample):
    """Takes an update with the same values for the same update."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.seen: set[str] = set()

    def notified(self, body: Row) -> None:
        change = repr((body["type"], body["ids"], body["updated_attributes"]))
        if body["event"] != "update" or change not in self.seen:
            self.seen.add(change)
            super().notified(body)


class NeedsTwoNames(Sample):
    """A first name and a last name, and a space between."""

    def fetch(self, kind: str, record_id: int) -> None:
        record = self._client.get(kind, record_id)
        if record is not None and kind == "person":
            _first, _last = record["name"].split(" ")
        super().fetch(kind, record_id)


class WritesItsOwnSql(Sample):
    """Without parameters."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.database = sqlite3.connect(":memory:")

    def fetch(self, kind: str, record_id: int) -> None:
        super().fetch(kind, record_id)
        name = self.copy[kind].get(record_id, {}).get("name")
        self.database.execute(f"SELECT '{name}'")


class TakesThemInTheOrderOfIds(Sample):
    """Searches for all of them at once, and takes the answers in the order in which it was told of them."""

    def notified(self, body: Row) -> None:
        super().notified(body)
        there = sorted(set(body["ids"]) & set(self.copy[body["type"]]))
        rows = sorted((self.copy[body["type"]][each] for each in there), key=lambda row: str(row["name"]))
        self.copy[body["type"]].update(zip(there, rows, strict=True))


class OneContactForEachEmail(Sample):
    """Leads and people have one table, in which an email address stands once."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.emails: dict[tuple[str, int], set[str]] = {}

    def fetch(self, kind: str, record_id: int) -> None:
        record = self._client.get(kind, record_id) or {}
        entries = [*(record.get("emails") or ()), *([record["email"]] if record.get("email") else ())]
        mine = {entry["email"] for entry in entries}
        if any(mine & others for who, others in self.emails.items() if who != (kind, record_id)):
            raise ValueError("duplicate key value violates unique constraint contacts_email_key")
        self.emails[kind, record_id] = mine
        super().fetch(kind, record_id)

    def forget(self, kind: str, record_id: int) -> None:
        self.emails.pop((kind, record_id), None)
        super().forget(kind, record_id)


class RemovesWhoHasTheEmail(Sample):
    """With a lead, whoever has its email address."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.email: dict[str, list[int]] = {}
        self.of_lead: dict[int, str] = {}

    def fetch(self, kind: str, record_id: int) -> None:
        super().fetch(kind, record_id)
        record = self._client.get(kind, record_id) or {}
        if kind == "lead" and record.get("email"):
            self.of_lead[record_id] = record["email"]["email"]
        for entry in record.get("emails") or ():
            self.email.setdefault(entry["email"], []).append(record_id)

    def forget(self, kind: str, record_id: int) -> None:
        super().forget(kind, record_id)
        for person in self.email.get(self.of_lead.get(record_id, ""), []) if kind == "lead" else []:
            self.copy["person"].pop(person, None)


BUGS: dict[type[Sample], tuple[str, str]] = {
    OneTable: ("same-id", "by its type and its id together"),
    RemembersTheDeletedById: ("same-id", "by its type and its id together"),
    UniqueNames: ("same-name", "no unique constraint on a name"),
    LeavesOutWhatHasAName: ("same-name", "no unique constraint on a name"),
    WritesByName: ("same-name", "key by id"),
    RenamesByName: ("same-name", "look none up by its name"),
    SkipsTheSameChange: ("back-and-forth", "a change may be undone and made again"),
    NeedsTwoNames: ("names", "it may be one word or many"),
    WritesItsOwnSql: ("names", "Pass it to the database as a parameter"),
    TakesThemInTheOrderOfIds: ("names", "Match what you fetched with the ids"),
    OneContactForEachEmail: ("converted", "no unique key on it across types"),
    RemovesWhoHasTheEmail: ("converted", "remove the lead alone"),
}


def played(copper: Copper, app: Sample, rows: str | None, **options: Any) -> Report:
    copper.route("https://app.example", to=app, kind="wsgi")
    return copper.check(TARGET, **{"only": rows, "secret": SECRET, "state": lambda: app.copy, **options})


def verdicts(report: Report) -> dict[str, str]:
    """Of the rows that have not passed."""
    return {row.name: str(row.verdict) for row in report.rows if str(row.verdict) != "passed"}


class HandlesEachOnce(Sample):
    """Takes a second update of a record for one that has come again."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.seen: set[tuple[Any, ...]] = set()

    def notified(self, body: Row) -> None:
        what = (body["type"], body["event"], *body["ids"])
        if what not in self.seen:
            self.seen.add(what)
            super().notified(body)


def test_who_takes_a_second_update_for_the_first_is_found_by_the_row_that_is_about_it(copper: Copper) -> None:
    """It knows types from each other."""
    app = HandlesEachOnce(OverHttp(copper.api_url, copper.headers), "s3cret")
    report = played(copper, app, "same-second,same-name,same-id", types="person,lead")

    assert verdicts(report) == {"same-second": "failed"}


def test_who_has_none_of_these_bugs_passes(copper: Copper) -> None:
    report = played(copper, Sample(InProcess(copper), "s3cret"), ROWS)

    assert verdicts(report) == {}, report


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_each_is_found_by_the_row_that_is_about_it_and_by_no_other(copper: Copper, bug: type[Sample]) -> None:
    row, advice = BUGS[bug]
    report = played(copper, bug(InProcess(copper), "s3cret"), ROWS)

    assert verdicts(report) == {row: "failed"}, report
    assert advice in report[row].advice


def test_names_differ_where_they_are_not_what_a_row_is_about(copper: Copper) -> None:
    report = played(copper, UniqueNames(InProcess(copper), "s3cret"), None, skip="batch-2,batch-30,burst,slow-fetch")

    assert [row.name for row in report.failed] == ["same-name"], report


def test_where_several_are_changed_to_one_name_that_is_told(copper: Copper) -> None:
    """Nobody has played the row that is about it."""
    report = played(copper, UniqueNames(InProcess(copper), "s3cret"), "batch-2")

    advice = report["batch-2"].advice
    assert advice.startswith("Handle all of `ids`")
    assert advice.endswith("have the same name, as records at Copper may: tell them apart by their ids.")


def test_who_handles_the_first_id_of_updates_alone_is_found_though_it_minds_names(copper: Copper) -> None:
    class FirstOfUpdates(UniqueNames):
        def notified(self, body: Row) -> None:
            super().notified({**body, "ids": body["ids"][:1]} if body["event"] == "update" else body)

    report = played(copper, FirstOfUpdates(InProcess(copper), "s3cret"), "same-name,batch-2")

    assert "details is 'Met in Oslo' in the state" in report["batch-2"].evidence


def test_a_name_that_was_not_taken_is_told(copper: Copper) -> None:
    report = played(copper, WritesItsOwnSql(InProcess(copper), "s3cret"), "names")

    assert report["names"].evidence.endswith('; with the names "Conor O\'Brien"')


def test_who_stores_what_has_an_old_value_in_this_row_is_told_what_is_said_of_that_elsewhere(copper: Copper) -> None:
    """The row's own advice is for endpoints that are right until a change is made again."""

    class OnlyOnce(Sample):
        def fetch(self, kind: str, record_id: int) -> None:
            if record_id not in self.copy[kind]:
                super().fetch(kind, record_id)

    app = OnlyOnce(OverHttp(copper.api_url, copper.headers), "s3cret")
    report = played(copper, app, "back-and-forth,same-id")

    assert "has not fetched it since" in report["back-and-forth"].advice
    assert "has not fetched it since" in report["same-id"].advice


def test_with_one_type_alone_there_is_no_other_with_the_same_id(copper: Copper) -> None:
    app = Sample(InProcess(copper), "s3cret")

    assert verdicts(played(copper, app, "same-id,converted", types="person")) == {
        "same-id": "skipped",
        "converted": "skipped",
    }
    assert verdicts(played(copper, app, "same-id,converted", types="lead,task")) == {"converted": "skipped"}


def test_types_that_count_from_elsewhere_have_the_same_id_all_the_same(copper: Copper) -> None:
    report = played(copper, OneTable(InProcess(copper), "s3cret"), "same-id", types="person,task")

    assert "after the new of each, person and task, with one id" in report["same-id"].evidence


def test_who_waits_for_another_name_of_the_stage_is_told_how_it_is_reported(copper: Copper) -> None:
    class WaitsForApiNames(Sample):
        def notified(self, body: Row) -> None:
            wanted = {"name", "monetary_value", "close_date", "pipeline_stage_id"}
            if body["event"] != "update" or wanted & set(body["updated_attributes"]):
                super().notified(body)

        def fetch(self, kind: str, record_id: int) -> None:
            record = self._client.get(kind, record_id)
            if record is not None:
                self.copy[kind][record_id] = {"pipeline_stage_id": record.get("pipeline_stage_id")}

    row = played(copper, WaitsForApiNames(InProcess(copper), "s3cret"), "opportunity-values")["opportunity-values"]

    assert row.evidence.startswith("with another pipeline_stage_id: opportunity")
    assert "reported as `stage_id`" in row.advice


class LooksThenInserts(Sample):
    """Its table has no unique key: it looks whether the record is there, fetches it, and inserts or updates."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.rows: list[Row] = []

    def fetch(self, kind: str, record_id: int) -> None:
        known = [row for row in self.rows if row["id"] == record_id]
        record: Mapping[str, Any] = self._client.get(kind, record_id) or {}
        for row in known:
            row["name"] = record["name"]
        if not known:
            self.rows.append({"id": record_id, "name": record["name"]})
        self.copy = {"person": self.rows}  # type: ignore[dict-item]  # a state may be a list

    def forget(self, kind: str, record_id: int) -> None:
        self.rows[:] = [row for row in self.rows if row["id"] != record_id]


def test_who_looks_first_and_then_inserts_has_a_record_twice_that_changes_while_it_is_new(copper: Copper) -> None:
    app = LooksThenInserts(OverHttp(copper.api_url, copper.headers), "s3cret")
    with served(app) as url:
        report = copper.check(
            url, secret=SECRET, state=state_of(url), types="person", only="answers,again,batch-30,concurrent"
        )

    assert verdicts(report) == {"concurrent": "failed"}, report
    assert "after a new and 15 updates of it at once: person" in report["concurrent"].evidence
    assert "To look first whether it is there and then insert is not enough" in report["concurrent"].advice


def unguarded(copper: Copper, types: str, events: str, **options: Any) -> Report:
    """What the check says of an endpoint of which one handler does not compare the secret."""
    app = Sample(InProcess(copper), "s3cret")

    def hook(request: Any) -> int:
        body = request.json
        if body.get("key") != "s3cret" and not (body["type"] in types and body["event"] in events):
            return 401
        if options.get("works", True):
            app.notified(body)
        return 200

    copper.route("https://app.example", to=hook)
    wanted = {name: value for name, value in options.items() if name != "works"}
    return copper.check(TARGET, **{"secret": SECRET, "state": lambda: app.copy, "only": "secret-missing", **wanted})


@pytest.mark.parametrize(
    ("types", "events", "evidence"),
    [
        (
            "person",
            "delete",
            "person/delete: it was answered 200 instead of 401, and the record is no longer in the state",
        ),
        ("person", "update", "person/update: it was answered 200 instead of 401, and the record is in the state"),
        ("company", "new", "company/new: it was answered 200 instead of 401, and the record is in the state"),
    ],
)
def test_a_handler_that_does_not_look_is_found_beside_those_that_do(
    copper: Copper, types: str, events: str, evidence: str
) -> None:
    """So is one that only looks whether there is a secret."""
    missing = unguarded(copper, types, events)["secret-missing"]
    wrong = unguarded(copper, types, events, only="secret-wrong")["secret-wrong"]

    assert (str(missing.verdict), missing.evidence) == ("failed", evidence)
    assert (str(wrong.verdict), wrong.evidence) == ("failed", f"a different one for {evidence}")


def test_who_does_nothing_for_a_type_may_say_so_to_everybody_but_is_warned(copper: Copper) -> None:
    """Without a state, who fetches nothing is taken for idle; of the main type that would prove nothing."""
    report = unguarded(copper, "company,task", "new", works=False, state=None)
    own = unguarded(copper, "person", "update", works=False, state=None)

    assert str(report["secret-missing"].verdict) == "warned"
    assert report["secret-missing"].evidence == (
        "company/new, task/new: it was answered 200 instead of 401, but nothing was fetched"
    )
    assert str(own["secret-missing"].verdict) == "failed"


def test_who_fetches_for_a_notification_without_the_secret_has_believed_it(copper: Copper) -> None:
    client = OverHttp(copper.api_url, copper.headers)

    def hook(request: Any) -> int:
        body = request.json
        if body.get("key") != "s3cret" and body["type"] != "company":
            return 401
        client.get(body["type"], body["ids"][0])
        return 200

    copper.route("https://app.example", to=hook)
    row = copper.check(TARGET, secret=SECRET, only="secret-missing")["secret-missing"]

    assert (str(row.verdict), row.evidence) == ("failed", "company/new: it was answered 200 instead of 401")


def test_who_answers_first_and_fetches_afterwards_has_believed_it_too(copper: Copper) -> None:
    client, threads = OverHttp(copper.api_url, copper.headers), list[threading.Thread]()

    def hook(request: Any) -> int:
        body = request.json
        if body.get("key") != "s3cret" and body["type"] != "company":
            return 401
        # The answer does not wait for it.
        threads.append(threading.Thread(target=client.get, args=(body["type"], body["ids"][0])))
        threads[-1].start()
        return 202

    copper.route("https://app.example", to=hook)
    row = copper.check(TARGET, secret=SECRET, only="secret-missing", types="person,company", patience="10s")
    for thread in threads:
        thread.join()

    assert (str(row["secret-missing"].verdict), row["secret-missing"].evidence) == (
        "failed",
        "company/new: it was answered 202 instead of 401",
    )


def test_who_answers_first_and_believes_afterwards_fails_too(copper: Copper) -> None:
    """A moment after the answer nothing has been done yet; that is no proof."""
    app, todo = Sample(InProcess(copper), "s3cret"), list[Row]()

    def state() -> object:
        # Its worker comes to it when somebody looks a second time.
        looked.append(None)
        if len(looked) % 3 == 0:
            while todo:
                app.notified(todo.pop(0))
        return app.copy

    looked = list[None]()
    copper.route("https://app.example", to=lambda request: todo.append(request.json))
    report = copper.check(TARGET, secret=SECRET, only="secret-missing", types="person", state=state, patience="2s")

    assert str(report["secret-missing"].verdict) == "failed"
    assert "and the record is in the state" in report["secret-missing"].evidence


@pytest.mark.parametrize("row", ["names", "back-and-forth", "converted", "same-id"])
def test_activities_have_these_rows_too_where_they_have_all_events(row: str) -> None:
    with Emulator(profile="developer-docs", strict=False) as account:
        report = played(account, Sample(InProcess(account), "s3cret"), row, types="activity_log")

        assert str(report[row].verdict) == ("skipped" if row in ("converted", "same-id") else "passed"), report


def test_who_takes_only_the_subscriptions_that_it_knows_is_told_that_each_row_has_others(copper: Copper) -> None:
    """From the second row on nothing comes of anything, as if a worker had died."""
    known = list[int]()

    class KnowsItsSubscriptions(Sample):
        def notified(self, body: Row) -> None:
            known.append(body["subscription_id"])
            if body["subscription_id"] == known[0]:
                super().notified(body)

    app = KnowsItsSubscriptions(OverHttp(copper.api_url, copper.headers), "s3cret")
    report = played(copper, app, "answers,type-person", types="person", patience="10ms")

    assert verdicts(report) == {"type-person": "failed"}
    assert "If it looks at `subscription_id`: each row has subscriptions of its own" in report["type-person"].advice
