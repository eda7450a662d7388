"""The advice is about what has gone wrong, and one mistake is not told as several."""

from __future__ import annotations

import asyncio
import json
import queue
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from copper_emulator import Copper, Emulator, Received, Report
from copper_emulator.checks.deletions import _NOT_KNOWN, _NOTHING_TO_FETCH
from copper_emulator.checks.earlier import Earlier, fetches_due
from copper_emulator.checks.judging import _AFTERWARDS, _LEFT_OUT, AFTERWARDS
from copper_emulator.checks.staleness import _KEPT
from copper_emulator.core.call_log import ApiCall
from tests.checks.test_common_bugs import Mirror, played, verdicts
from tests.machine.samples import PLURALS

TARGET = "https://app.example/hook"


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator(strict=False) as account:
        yield account


class Keeper(Mirror):
    """Stores all fields of records of every type, and remembers the newest timestamp of each."""

    def __init__(self, copper: Copper) -> None:
        super().__init__(copper)
        self.api_url = copper.api_url
        self.records: dict[str, dict[int, Any]] = {kind: {} for kind in PLURALS}
        self.told: dict[tuple[str, int], str] = {}

    def get(self, kind: str, record_id: int) -> requests.Response:
        return requests.get(f"{self.api_url}/{PLURALS[kind]}/{record_id}", headers=self.headers, timeout=10)

    def keep(self, kind: str, record_id: int) -> None:
        answer = self.get(kind, record_id)
        if answer.ok:
            self.records[kind][record_id] = answer.json()
        else:
            self.records[kind].pop(record_id, None)

    def hook(self, body: dict[str, Any]) -> None:
        for each in body["ids"]:
            self.keep(body["type"], each)

    def state(self) -> object:
        return {kind: dict(records) for kind, records in self.records.items()}


def by_row(report: Report) -> dict[str, str]:
    return {row.name: row.advice for row in report.rows if row.advice}


def test_an_exception_of_the_same_place_is_told_once(copper: Copper) -> None:
    """The other rows would advise of larger bodies, of users that were added, of emails."""

    def hook(body: dict[str, Any]) -> None:
        if body["event"] == "update":
            _ = body["updated_attributes"]["name"]

    rows = "type-person,empty-attributes,large-attributes,values,emails,custom-fields,new-references"
    report = played(copper, hook, rows)

    assert verdicts(report) == dict.fromkeys(rows.split(",")[1:], "failed")
    own, *others = [row.advice for row in report.failed]
    assert own.startswith("Read the keys you need by their names, with a default")
    assert set(others) == {"As in row empty-attributes."}
    assert "5 of the 6 failed rows fail as empty-attributes does" in str(report)


def test_an_exception_of_another_place_is_another_mistake(copper: Copper) -> None:
    def hook(body: dict[str, Any]) -> None:
        if not body["updated_attributes"] and body["event"] == "update":
            raise KeyError("name")
        if "details" in body["updated_attributes"]:
            raise KeyError("name")

    report = played(copper, hook, "empty-attributes,large-attributes")

    assert report["large-attributes"].advice.startswith("Allow larger bodies")


def test_an_exception_about_an_answer_of_the_api_is_no_other_mistake_hidden(copper: Copper) -> None:
    """The same line raises it after a 429, a 503 and a 404, and what helps differs."""
    mirror, names = Keeper(copper), dict[int, str]()

    def hook(body: dict[str, Any]) -> None:
        for each in body["ids"]:
            if body["event"] != "delete":
                names[each] = mirror.get(body["type"], each).json()["name"]

    rows = "type-person,rate-limited,api-down-once,gone,gone-in-batch"
    report = played(copper, hook, rows)

    assert verdicts(report) == dict.fromkeys(rows.split(",")[1:], "failed")
    assert report["rate-limited"].advice.startswith("Fetch again after a 429 or 5xx")
    assert "treat a 404 as a deletion" in report["gone"].advice
    assert report["gone-in-batch"].advice.startswith("Handle each id by itself")
    assert "fail as" not in str(report)


def test_an_answer_is_not_left_out_for_what_a_task_raises_beside_it(copper: Copper) -> None:
    tasks = set[asyncio.Task[None]]()

    async def fail() -> None:
        raise RuntimeError("audit failed")

    async def hook(_: Received) -> object:
        tasks.add(asyncio.create_task(fail()))
        return 422, "no such customer"

    copper.route(TARGET, to=hook)
    report = copper.check(TARGET, only="answers", types="person", no_secret=True)

    assert "answering no such customer" in report["answers"].evidence


def test_a_page_about_an_exception_that_is_told_is_left_out(copper: Copper) -> None:
    app = pytest.importorskip("flask").Flask("billing")

    @app.post("/hook")
    def hook() -> object:
        raise KeyError("name")

    copper.route(TARGET, to=app)
    report = copper.check(TARGET, only="answers", types="person", no_secret=True)

    assert "KeyError('name')" in report["answers"].evidence
    assert "answering" not in report["answers"].evidence


def test_who_fetches_what_was_deleted_is_told_that_there_is_nothing_to_fetch(copper: Copper) -> None:
    mirror = Keeper(copper)

    def hook(body: dict[str, Any]) -> None:
        for each in body["ids"]:
            if body["event"] == "delete":
                mirror.get(body["type"], each).raise_for_status()
            mirror.keep(body["type"], each)

    report = played(copper, hook, "type-person,again", state=mirror.state)

    assert by_row(report) == {"type-person": _NOTHING_TO_FETCH, "again": "As in row type-person."}


def test_who_cannot_delete_what_it_does_not_have_is_told_that_this_happens(copper: Copper) -> None:
    mirror = Keeper(copper)

    def hook(body: dict[str, Any]) -> None:
        for each in body["ids"]:
            if body["event"] == "delete" and mirror.records[body["type"]].pop(each, None) is None:
                raise LookupError("unknown")
            mirror.keep(body["type"], each)

    for row in ("delete-before-new", "again", "gone", "gone-in-batch"):
        assert by_row(played(copper, hook, row, state=mirror.state)) == {row: _NOT_KNOWN}
    assert verdicts(played(copper, hook, "type-person,batch-2", state=mirror.state)) == {}


@pytest.mark.parametrize(
    ("status", "is_known"), [(404, True), (410, True), (500, True), (400, False), (422, False)], ids=str
)
def test_who_answers_that_there_is_no_such_record_is_not_told_to_look_at_its_path(
    copper: Copper, status: int, *, is_known: bool
) -> None:
    mirror = Keeper(copper)

    def hook(request: Received) -> int:
        kind, record = request.json["type"], request.json["ids"][0]
        if request.json["event"] == "delete":
            return status if mirror.records[kind].pop(record, None) is None else 200
        mirror.keep(kind, record)
        return 200

    copper.route(TARGET, to=hook)
    report = copper.check(TARGET, only="answers,again", types="person", no_secret=True, state=mirror.state)

    assert verdicts(report) == {"again": "failed"}
    assert (report["again"].advice == _NOT_KNOWN) is is_known
    assert "path" not in report["again"].advice


def test_a_deletion_that_fails_in_a_plain_life_is_none_of_the_unknown(copper: Copper) -> None:
    def hook(body: dict[str, Any]) -> None:
        if body["event"] == "delete":
            raise LookupError("no handler")

    assert played(copper, hook, "type-person")["type-person"].advice.startswith("See its log")


def test_who_skips_what_is_no_newer_passes_where_changes_are_a_second_apart(copper: Copper) -> None:
    """It fails in the row about two changes within a second, and in no row that is about something else."""
    mirror = Keeper(copper)

    def hook(body: dict[str, Any]) -> None:
        for each in body["ids"]:
            if mirror.told.get((body["type"], each), "") < body["timestamp"]:
                mirror.told[body["type"], each] = body["timestamp"]
                mirror.keep(body["type"], each)

    rows = "delete-before-update,delete-before-new,empty-attributes,absent-attributes,overtaken,same-second"
    report = played(copper, hook, rows, state=mirror.state)

    assert verdicts(report) == {"overtaken": "skipped", "same-second": "failed"}


def test_a_last_delete_is_later_than_what_comes_again_before(copper: Copper) -> None:
    told = list[tuple[str, str]]()
    copper.route(TARGET, to=lambda request: told.append((request.json["event"], request.json["timestamp"])))

    copper.check(TARGET, only="again", types="person", no_secret=True)

    assert len({time for _, time in told}) == len({event for event, _ in told}) == 3


def test_who_compares_dates_of_modification_is_told_that_they_are_whole_seconds(copper: Copper) -> None:
    mirror = Keeper(copper)

    def hook(body: dict[str, Any]) -> None:
        for each in body["ids"]:
            record, has = mirror.get(body["type"], each), mirror.records[body["type"]].get(each)
            if not record.ok or has is None or has["date_modified"] < record.json()["date_modified"]:
                mirror.keep(body["type"], each)

    report = played(copper, hook, "same-second,overtaken", state=mirror.state)

    assert verdicts(report) == {"same-second": "failed", "overtaken": "skipped"}
    assert "`date_modified`, which is in whole seconds" in report["same-second"].advice


@pytest.mark.parametrize("fetches", [True, False], ids=["fetches for the delete", "does not"])
def test_who_leaves_out_updates_is_told_so_though_it_fetches_for_the_delete(copper: Copper, *, fetches: bool) -> None:
    mirror = Keeper(copper)

    def hook(body: dict[str, Any]) -> None:
        if body["event"] == "new" or (body["event"] == "delete" and fetches):
            mirror.hook(body)
        elif body["event"] == "delete":
            mirror.records[body["type"]].pop(body["ids"][0], None)

    advice = played(copper, hook, "type-person", state=mirror.state)["type-person"].advice

    assert "has changed, and has not fetched it since" in advice
    assert "a handler that is never called (the events are `new`, `update` and `delete`)" in advice


def test_who_fetches_for_an_update_and_stores_nothing_is_not_told_that_it_did_not(copper: Copper) -> None:
    mirror = Keeper(copper)

    def hook(body: dict[str, Any]) -> None:
        if body["event"] == "update":
            mirror.get(body["type"], body["ids"][0])
        else:
            mirror.hook(body)

    assert "not fetched" not in played(copper, hook, "type-person", state=mirror.state)["type-person"].advice


def test_who_never_writes_null_is_told_that_values_are_cleared(copper: Copper) -> None:
    mirror = Keeper(copper)

    def hook(body: dict[str, Any]) -> None:
        for each in body["ids"]:
            before = mirror.records[body["type"]].get(each, {})
            mirror.keep(body["type"], each)
            if now := mirror.records[body["type"]].get(each):
                now.update({name: value for name, value in before.items() if not now[name]})

    report = played(copper, hook, "values,opportunity-values,emails", state=mirror.state, types="person,opportunity")

    assert by_row(report) == dict.fromkeys(("values", "opportunity-values", "emails"), _KEPT)


@pytest.mark.parametrize("null", ["", 0, False], ids=repr)
def test_who_writes_null_in_another_way_has_kept_nothing(copper: Copper, null: object) -> None:
    mirror = Keeper(copper)

    def hook(body: dict[str, Any]) -> None:
        mirror.hook(body)
        for record in mirror.records[body["type"]].values():
            record.update({name: null for name, value in record.items() if value is None})

    report = played(copper, hook, "type-person", state=mirror.state)

    assert verdicts(report) == {"type-person": "failed"}
    assert report["type-person"].advice != _KEPT


def test_who_leaves_out_what_is_old_is_told_that_copper_is_late(copper: Copper) -> None:
    mirror = Keeper(copper)

    def hook(body: dict[str, Any]) -> None:
        # The endpoint's own clock is what is tested.
        if datetime.now(UTC) - datetime.fromisoformat(body["timestamp"]) < timedelta(minutes=5):  # noqa: TID251
            mirror.hook(body)

    report = played(copper, hook, "answers,late", state=mirror.state)

    assert verdicts(report) == {"late": "failed"}
    assert report["late"].advice.startswith(_LEFT_OUT)


def test_a_body_that_is_refused_as_any_other_needs_no_other_content_type(copper: Copper) -> None:
    def hook(body: dict[str, Any]) -> None:
        if body["event"] == "new":
            raise KeyError("name")

    report = played(copper, hook, "answers,type-person,content-type")

    assert report["content-type"].advice in ("As in row answers.", "As in rows answers and type-person.")


@pytest.mark.parametrize("row", ["unknown-records", "new-references"])
def test_no_two_types_have_the_same_id_where_that_is_not_what_the_row_is_about(copper: Copper, row: str) -> None:
    told = set[tuple[str, int]]()
    copper.route(TARGET, to=lambda request: told.update((request.json["type"], each) for each in request.json["ids"]))

    copper.check(TARGET, only=row, no_secret=True, state=dict)

    assert len({record_id for _, record_id in told}) == len(told) > 4


@pytest.mark.parametrize(
    ("write", "rows"),
    [(str.title, "back-and-forth,converted"), (lambda name: name[:30], "back-and-forth,converted")],
    ids=["capitals", "cut"],
)
def test_who_changes_names_is_found_by_the_row_about_names(
    copper: Copper, write: Callable[[str], str], rows: str
) -> None:
    mirror = Keeper(copper)

    def hook(body: dict[str, Any]) -> None:
        mirror.hook(body)
        for each in mirror.records[body["type"]].values():
            each["name"] = write(each["name"])

    options = {"state": mirror.state, "types": "lead,person,company,opportunity"}
    report = played(copper, hook, f"{rows},names", **options)

    assert verdicts(report) == {"names": "failed"}
    assert "Store it as it is: whole, and with its own capitals." in report["names"].advice


def works_off(copper: Copper, mirror: Keeper) -> Callable[[Received], None]:
    """An endpoint that notes what it is told, and a thread that waits for the next notification to work it off."""
    noted = list[dict[str, Any]]()

    def hook(request: Received) -> None:
        if noted:
            worker = threading.Thread(target=mirror.hook, args=(noted.pop(),))
            worker.start()
            worker.join()
        noted.append(request.json)

    return hook


def test_who_works_after_its_answer_is_told_first_that_it_was_given_no_time(copper: Copper) -> None:
    mirror = Keeper(copper)
    copper.route(TARGET, to=works_off(copper, mirror))

    report = copper.check(
        TARGET, only="answers,type-lead,type-person,type-company,batch-1", no_secret=True, state=mirror.state
    )

    assert report["answers"].advice.startswith(_AFTERWARDS)
    second = str(report).splitlines()[1]
    assert "so begin there: " in second
    assert "the endpoint works on after its answer, and was judged before it was done" in second
    assert not any("works on after" in note for note in report.notes)


def test_keys_are_found_in_whatever_order_they_are(copper: Copper) -> None:
    def hook(body: dict[str, Any]) -> None:
        _, event, *_ = body.values()
        assert event in ("new", "update", "delete")

    report = played(copper, hook, "type-person,unknown-keys")

    assert verdicts(report) == {"unknown-keys": "failed"}
    assert report["unknown-keys"].advice.startswith("Read the keys you need by their names")


@pytest.mark.parametrize("row", ["type-person", "gone", "delete-before-new"])
def test_who_raises_a_404_after_its_answer_is_told_what_it_says(copper: Copper, row: str) -> None:
    mirror, tasks = Keeper(copper), set[asyncio.Task[None]]()

    async def work(body: dict[str, Any]) -> None:
        for each in body["ids"]:
            (await asyncio.to_thread(mirror.get, body["type"], each)).raise_for_status()
            await asyncio.to_thread(mirror.keep, body["type"], each)

    async def hook(request: Received) -> int:
        tasks.add(asyncio.create_task(work(request.json)))
        return 200

    copper.route(TARGET, to=hook)
    report = copper.check(TARGET, only=row, types="person", no_secret=True, state=mirror.state)

    assert report[row].advice == _NOTHING_TO_FETCH


def test_who_raises_a_404_and_stores_nothing_is_told_of_more_than_the_deletion(copper: Copper) -> None:
    mirror, tasks = Keeper(copper), set[asyncio.Task[None]]()

    async def work(body: dict[str, Any]) -> None:
        (await asyncio.to_thread(mirror.get, body["type"], body["ids"][0])).raise_for_status()

    async def hook(request: Received) -> int:
        tasks.add(asyncio.create_task(work(request.json)))
        return 200

    copper.route(TARGET, to=hook)
    report = copper.check(TARGET, only="type-person", types="person", no_secret=True, state=mirror.state)

    assert verdicts(report) == {"type-person": "failed"}
    assert report["type-person"].advice != _NOTHING_TO_FETCH


@pytest.mark.parametrize("has_state", [True, False], ids=["state", "no state"])
def test_a_404_of_another_server_is_none_of_a_deleted_record(copper: Copper, *, has_state: bool) -> None:
    mirror, tasks = Keeper(copper), set[asyncio.Task[None]]()

    async def work(body: dict[str, Any]) -> None:
        await asyncio.to_thread(mirror.hook, body)
        raise RuntimeError("POST https://chat.example/rooms/abc: 404")

    async def hook(request: Received) -> int:
        tasks.add(asyncio.create_task(work(request.json)))
        return 200

    copper.route(TARGET, to=hook)
    state = mirror.state if has_state else None
    report = copper.check(TARGET, only="answers,type-person", types="person", no_secret=True, state=state)

    assert verdicts(report) == dict.fromkeys(("answers", "type-person"), "warned" if has_state else "failed")
    assert {row.advice for row in report.rows} == {AFTERWARDS}


def test_a_schema_that_is_too_narrow_is_told_of_whatever_the_row_is_about(copper: Copper) -> None:
    def hook(request: Received) -> object:
        pairs = request.json.get("updated_attributes", {}).values()
        if all(isinstance(each, list) and isinstance(each[1], str) for each in pairs):
            return 200
        told = [{"loc": ["body", "updated_attributes"], "msg": "Input should be a valid string"}]
        return 422, json.dumps({"detail": told})

    copper.route(TARGET, to=hook)
    rows = ("values", "emails", "custom-fields", "new-references")
    report = copper.check(TARGET, only=rows, types="person", no_secret=True)

    assert {row.advice.partition(":")[0] for row in report.failed} == {
        "It reads the body by a schema that is too narrow"
    }
    assert len(report.failed) == len(rows)


def test_a_schema_that_misses_something_else_is_not_taken_for_that(copper: Copper) -> None:
    def hook(request: Received) -> object:
        told = [{"loc": ["body", "account"], "msg": "Field required", "input": request.json}]
        return (422, json.dumps({"detail": told})) if request.json["event"] == "update" else 200

    copper.route(TARGET, to=hook)
    report = copper.check(TARGET, only="emails", types="person", no_secret=True)

    assert report["emails"].advice.startswith("Do not rely on an email")


def test_who_repeats_what_it_was_sent_says_nothing_of_its_schema(copper: Copper) -> None:
    def hook(request: Received) -> object:
        if len(request.json["ids"]) < 30:
            return 200
        return 400, json.dumps({"error": "too many ids", "received": request.json})

    copper.route(TARGET, to=hook)
    report = copper.check(TARGET, only="batch-30", types="person", no_secret=True)

    assert report["batch-30"].advice.startswith("Handle all of `ids`")


def test_who_fetches_and_keeps_the_old_values_is_told_what_keeps_them(copper: Copper) -> None:
    mirror = Keeper(copper)

    def hook(body: dict[str, Any]) -> None:
        for each in body["ids"]:
            before = mirror.records[body["type"]].get(each)
            mirror.keep(body["type"], each)
            if before and each in mirror.records[body["type"]]:
                mirror.records[body["type"]][each] = before

    advice = played(copper, hook, "type-person", state=mirror.state)["type-person"].advice

    assert advice.endswith("An endpoint that gets or creates it, or ignores conflicts, keeps old values.")


def test_a_queue_that_is_long_is_waited_for_while_it_is_worked_off(copper: Copper) -> None:
    """Between two looks at the state one record is fetched, and thirty looks take longer than the patience."""
    mirror, noted, looks = Keeper(copper), queue.SimpleQueue[tuple[str, int] | None](), threading.Semaphore(0)

    def work() -> None:
        while told := noted.get():
            looks.acquire()
            mirror.keep(*told)

    def state() -> object:
        looks.release()
        return mirror.state()

    worker = threading.Thread(target=work)
    worker.start()

    def hook(body: dict[str, Any]) -> None:
        for each in body["ids"]:
            noted.put((body["type"], each))

    report = played(copper, hook, "batch-30", state=state, patience="600ms")
    noted.put(None)
    worker.join()

    assert verdicts(report) == {}


def test_who_asks_again_and_again_for_one_record_gets_nowhere() -> None:
    calls = [ApiCall(number, "GET", "/people/17", 404, 0) for number in range(1, 9)]
    earlier = Earlier()

    assert fetches_due(calls, [], earlier) == 0

    earlier._told["people", "17"] = 2

    assert fetches_due(calls[:1], [], earlier) == 1
    assert fetches_due(calls, [], earlier) == 2
