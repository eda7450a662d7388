"""Bugs that integrators have, beside endpoints without them: found by the row that is about it, and by no other."""

from __future__ import annotations

import json
import queue
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from copper_emulator import Copper, Emulator, Report, Response
from copper_emulator.checks import races
from copper_emulator.checks.plan import Plan, rows_of
from copper_emulator.checks.run import check
from copper_emulator.shell.delivering.driver import run_sync
from tests.checks.served import served, state_of
from tests.machine.samples import OverHttp, Row, Sample
from tests.threads import in_a_thread

TARGET = "https://app.example/hook"
Hook = Callable[[dict[str, Any]], object]


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator(strict=False) as account:
        yield account


def played(copper: Copper, hook: Hook, rows: str, **options: Any) -> Report:
    copper.route("https://app.example", to=lambda request: hook(request.json))
    return copper.check(TARGET, **{"only": rows, "types": "person", "no_secret": True, **options})


def verdicts(report: Report) -> dict[str, str]:
    """Of the rows that have not passed."""
    return {row.name: str(row.verdict) for row in report.rows if str(row.verdict) != "passed"}


class Mirror:
    """Stores people as fetched, and forgets those that are gone."""

    def __init__(self, copper: Copper) -> None:
        self.url, self.headers = f"{copper.api_url}/people", copper.headers
        self.people: dict[int, Any] = {}

    def fetch(self, record_id: int) -> dict[str, Any] | None:
        answer = requests.get(f"{self.url}/{record_id}", headers=self.headers, timeout=10)
        return answer.json() if answer.ok else None

    def sync(self, record_id: int) -> None:
        record = self.fetch(record_id)
        if record is None:
            self.people.pop(record_id, None)
        else:
            self.people[record_id] = {"name": record["name"]}

    def hook(self, body: dict[str, Any]) -> None:
        for each in body["ids"]:
            self.sync(each)

    def state(self) -> object:
        return {"person": dict(self.people)}


def test_who_stores_whatever_it_is_told_of_is_not_blamed_for_a_type_that_the_check_made_up(copper: Copper) -> None:
    """Its state has that type from then on, in a database for the next check as well."""
    stored: dict[str, dict[int, None]] = {}

    def hook(body: dict[str, Any]) -> None:
        for each in body["ids"]:
            stored.setdefault(body["type"], {})[each] = None

    for _ in range(2):
        assert verdicts(played(copper, hook, "answers,unknown-type,content-type", state=lambda: stored)) == {}
    assert "invoice" in stored


class Worker:
    """Answers first, and does the work in a thread, one after the other."""

    def __init__(self, work: Callable[[str, int], None]) -> None:
        self._todo: queue.Queue[tuple[str, int] | None] = queue.Queue()
        self._work = work
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Worker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._todo.put(None)
        self._thread.join()

    def hook(self, body: dict[str, Any]) -> None:
        for each in body["ids"]:
            self._todo.put((body["event"], each))

    def die(self) -> None:
        """Do nothing more than what is waiting now."""
        self._todo.put(None)

    def _run(self) -> None:
        while (job := self._todo.get()) is not None:
            self._work(*job)


AFTER_DELETE = "in-time,no-redirect,type-person,delete-before-update,updates-swapped,again"


def test_who_asks_forever_for_what_is_gone_is_told_that_a_404_does_not_change(copper: Copper) -> None:
    """What was notified in a row that judges no state is worked off before its records are gone."""
    mirror, is_over = Mirror(copper), threading.Event()

    def stubborn(event: str, record_id: int) -> None:
        while event != "delete" and mirror.fetch(record_id) is None and not is_over.wait(0.02):
            pass
        mirror.sync(record_id)

    with Worker(stubborn) as worker:
        report = played(copper, worker.hook, AFTER_DELETE, state=mirror.state, patience="500ms")
        is_over.set()

    assert verdicts(report) == {"updates-swapped": "failed", "again": "failed"}, report
    for row in report.failed:
        assert row.advice.startswith("It made the same call "), row
        assert "a 404 will not change, so remove the record and go on" in row.advice


def test_who_takes_a_404_for_a_deletion_passes_with_a_worker_too(copper: Copper) -> None:
    mirror = Mirror(copper)
    with Worker(lambda _, record_id: mirror.sync(record_id)) as worker:
        report = played(copper, worker.hook, AFTER_DELETE, state=mirror.state, patience="10s")

    assert verdicts(report) == {}, report


def test_a_row_that_is_wrong_already_is_not_blamed_for_what_is_still_under_way(copper: Copper) -> None:
    mirror = Mirror(copper)

    def work(event: str, record_id: int) -> None:
        if event != "update":
            threading.Event().wait(0.05)
            mirror.sync(record_id)

    with Worker(work) as worker:
        report = played(copper, worker.hook, "type-person", state=mirror.state, patience="500ms")

    evidence = report["type-person"].evidence
    assert "after update: person" in evidence
    assert "after delete" not in evidence
    # The 404 with which it learnt of the deletion explains nothing.
    assert "the API refused" not in evidence


def one_by_one(mirror: Mirror, ids: list[int]) -> None:
    for each in ids:
        mirror.sync(each)


def side_by_side(mirror: Mirror, ids: list[int]) -> None:
    threads = [threading.Thread(target=mirror.sync, args=(each,)) for each in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def in_one_search(mirror: Mirror, ids: list[int]) -> None:
    answer = requests.post(f"{mirror.url}/search", json={"ids": ids}, headers=mirror.headers, timeout=10)
    mirror.people.update({each["id"]: {"name": each["name"]} for each in answer.json()})


def first_alone(mirror: Mirror, ids: list[int]) -> None:
    mirror.sync(ids[0])


@pytest.mark.parametrize(
    ("fetches", "expected", "says"),
    [
        (one_by_one, {"slow-fetch": "warned"}, "2 calls of the API"),
        (side_by_side, {}, "; several at a time"),
        (in_one_search, {}, "; fewer calls than ids"),
        # That is found in other rows.
        (first_alone, {}, "; fewer calls than ids"),
    ],
)
def test_only_who_fetches_one_after_the_other_is_told_how_long_thirty_would_take(
    copper: Copper, fetches: Callable[[Mirror, list[int]], None], expected: dict[str, str], says: str
) -> None:
    mirror = Mirror(copper)
    report = played(copper, lambda body: fetches(mirror, body["ids"]), "slow-fetch", state=mirror.state)

    assert verdicts(report) == expected, report
    assert says in report["slow-fetch"].evidence


@pytest.mark.parametrize(("is_serial", "expected"), [(True, {"concurrent": "warned"}), (False, {})])
def test_who_lets_each_wait_for_the_fetch_of_the_one_before_is_warned(
    copper: Copper, *, is_serial: bool, expected: dict[str, str]
) -> None:
    """With a lock around everything, like a server with one worker."""
    mirror, lock = Mirror(copper), threading.Lock()
    of_a_record = [threading.Lock() for _ in range(64)]

    def app(environ: Any, start_response: Any) -> list[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            body = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
            with lock if is_serial else nullcontext(), of_a_record[body["ids"][0] % 64]:
                mirror.hook(body)
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(mirror.state()).encode()]

    with served(app) as url:
        report = copper.check(url, only="concurrent", types="person", no_secret=True, state=state_of(url))

    assert verdicts(report) == expected, report
    if is_serial:
        assert "handled one after the other, each waiting for its fetch of 100 ms" in report["concurrent"].evidence
        assert "more workers or threads" in report["concurrent"].advice


@pytest.mark.parametrize(
    ("status", "body", "is_told"),
    [
        (403, "<h1>Forbidden</h1><p>CSRF verification failed. Request aborted.</p>", True),
        (400, "The CSRF token is missing.", True),
        (422, "ActionController::InvalidAuthenticityToken", True),
        (419, "<title>Page Expired</title>", True),
        (403, "Forbidden", False),
        (500, "the CSRF token is missing", False),
    ],
)
def test_who_wants_the_token_of_its_forms_is_told_to_exempt_the_hook(
    copper: Copper, status: int, body: str, *, is_told: bool
) -> None:
    row = played(copper, lambda _: Response(status, body=body), "answers", no_secret=False)["answers"]

    assert str(row.verdict) == "failed"
    assert ("exempt this URL" in row.advice) is is_told, row


def test_whose_framework_does_not_serve_the_host_is_told_to_allow_it(copper: Copper) -> None:
    report = played(copper, lambda _: Response(400, body="Invalid host header"), "answers,type-person", no_secret=False)

    assert "add it to those allowed (Django: ALLOWED_HOSTS;" in report["answers"].advice
    assert "add it to those allowed" in report["type-person"].evidence


def test_where_all_is_refused_for_want_of_that_token_the_rest_is_skipped_with_the_reason(copper: Copper) -> None:
    report = played(copper, lambda _: Response(403, body="CSRF verification failed"), "answers,type-person")

    assert verdicts(report) == {"answers": "failed", "type-person": "skipped"}
    assert "The framework wants the token of its own forms (CSRF)" in report["type-person"].evidence


def test_who_has_a_limit_of_its_own_is_told_to_lift_it(copper: Copper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(races, "BURST", 60)
    heard: list[int] = []

    def limited(body: dict[str, Any]) -> int:
        heard.extend(body["ids"])
        return 429 if len(heard) > 30 else 200

    row = played(copper, limited, "burst")["burst"]

    assert str(row.verdict) == "failed"
    assert row.advice.startswith("It, or a proxy before it, limits how often it is called: exempt this URL")


def by_schema(body: dict[str, Any]) -> object:
    """As FastAPI does with a model that has `key: str`."""
    if not isinstance(body.get("key"), str):
        return Response(422, body='{"detail":[{"type":"string_type","loc":["body","key"]}]}')
    return 200 if body["key"] == "s3cret" else 401


def by_schema_alone(body: dict[str, Any]) -> object:
    return 200 if body.get("key") == "s3cret" else 422


@pytest.mark.parametrize(("hook", "expected"), [(by_schema, {}), (by_schema_alone, {"secret-wrong": "warned"})])
def test_a_secret_that_is_no_text_may_be_refused_by_a_schema(
    copper: Copper, hook: Hook, expected: dict[str, str]
) -> None:
    rows = "answers,secret-missing,secret-wrong"
    report = played(copper, hook, rows, secret={"key": "s3cret"}, no_secret=False)

    assert verdicts(report) == expected, report


def no_nulls(body: dict[str, Any]) -> int:
    """As a model with `updated_attributes: dict[str, list[str]]` does it."""
    values = [value for pair in body["updated_attributes"].values() for value in pair]
    return 422 if None in values else 200


def test_who_minds_null_is_told_so_and_of_neither_size_nor_scripts(copper: Copper) -> None:
    report = played(copper, no_nulls, "type-person,large-attributes,other-scripts,values")

    assert verdicts(report) == {"values": "failed"}, report


def test_who_minds_large_bodies_or_other_scripts_is_told_of_those(copper: Copper) -> None:
    def small(body: dict[str, Any]) -> int:
        return 413 if len(json.dumps(body)) > 100_000 else 200

    def in_ascii(body: dict[str, Any]) -> int:
        return 200 if json.dumps(body, ensure_ascii=False).isascii() else 500

    rows = "type-person,large-attributes,other-scripts,values"
    assert verdicts(played(copper, small, rows)) == {"large-attributes": "failed"}
    assert verdicts(played(copper, in_ascii, rows)) == {"other-scripts": "failed"}


class ByDate(Mirror):
    """Stores what was fetched only if it is newer, or at least no older, than what it has."""

    def __init__(self, copper: Copper, *, newer: bool) -> None:
        super().__init__(copper)
        self._newer = newer
        self._dates: dict[int, int] = {}

    def sync(self, record_id: int) -> None:
        record = self.fetch(record_id)
        if record is None:
            self.people.pop(record_id, None)
            return
        date, had = record["date_modified"], self._dates.get(record_id, -1)
        if date > had or (date == had and not self._newer):
            self._dates[record_id] = date
            self.people[record_id] = {"name": record["name"], "emails": record["emails"]}


@pytest.mark.parametrize(("newer", "expected"), [(True, {"same-second": "failed"}), (False, {})])
def test_who_takes_two_changes_within_a_second_for_one_is_found_by_the_row_about_that(
    copper: Copper, *, newer: bool, expected: dict[str, str]
) -> None:
    mirror = ByDate(copper, newer=newer)
    rows = (
        "type-person,batch-2,updates-swapped,again,same-second,large-attributes,other-scripts,values,emails,"
        "custom-fields,concurrent,echo"
    )
    report = played(copper, mirror.hook, rows, state=mirror.state)

    # Plain functions are not called at once.
    assert verdicts(report) == {**expected, "concurrent": "skipped"}, report


@pytest.mark.parametrize(
    ("leaves_out", "expected"), [(True, {"update-before-new": "warned"}), (False, {})], ids=["leaves out", "stores"]
)
def test_who_leaves_out_the_update_of_what_it_does_not_know_is_warned(
    copper: Copper, *, leaves_out: bool, expected: dict[str, str]
) -> None:
    """As `UPDATE ... WHERE id = ?` does, which changes nothing where there is no row."""
    mirror = Mirror(copper)

    def hook(body: dict[str, Any]) -> None:
        if not leaves_out or body["event"] != "update" or body["ids"][0] in mirror.people:
            mirror.hook(body)

    report = played(copper, hook, "update-before-new,updates-swapped", state=mirror.state)

    assert verdicts(report) == expected, report
    if leaves_out:
        assert "after the update the person is not in the state" in report["update-before-new"].evidence
        assert "a record that is older than the subscription has none" in report["update-before-new"].advice


def test_rows_after_the_burst_share_no_records_with_it(copper: Copper, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that was killed and has lost a record would otherwise have it from the burst."""
    monkeypatch.setattr(races, "BURST", 250)
    heard: list[int] = []
    copper.route("https://app.example", to=lambda request: heard.extend(request.json["ids"]))
    burst, first = rows_of("burst", None)[0], rows_of("batch-30", None)[0]
    plan = Plan(TARGET, TARGET, rows=[burst, first, replace(first, name="another")])

    run_sync(check(copper._here, plan), copper._dispatcher.send)

    assert len(heard) == 250 + 2 * 3 * 30
    assert len(set(heard)) == 250 + 2 * 30


def test_a_queue_that_is_worked_off_while_the_state_is_read_slowly_is_waited_for(
    copper: Copper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look at the state may take longer than the whole patience. Meanwhile the API is called."""
    monkeypatch.setattr(races, "BURST", 40)
    app, waiting = Sample(OverHttp(copper.api_url, copper.headers), "s3cret"), list[Row]()

    def state() -> object:
        for body in waiting[:10]:
            app.notified(body)
        del waiting[:10]
        return app.copy

    copper.route("https://app.example", to=lambda request: waiting.append(request.json))
    report = copper.check(TARGET, secret={"key": "s3cret"}, state=state, only="burst", types="person", patience="1ms")

    assert verdicts(report) == {}, report


def test_who_answers_a_burst_and_leaves_some_out_is_not_told_to_answer_first(
    copper: Copper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(races, "BURST", 40)
    mirror = Mirror(copper)

    def hook(body: dict[str, Any]) -> None:
        if len(mirror.people) < 30:
            mirror.hook(body)

    row = played(copper, hook, "burst", state=mirror.state)["burst"]

    assert "missing from the state" in row.evidence
    assert row.advice.endswith(races.ALL_ANSWERED)
    assert races.BURST_ADVICE not in row.advice


class Answering(BaseHTTPRequestHandler):
    """Answers 200, and keeps the connection open as HTTP/1.1 has it."""

    protocol_version = "HTTP/1.1"
    has_length = True

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        if self.has_length:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Log nothing."""


class Endless(Answering):
    has_length = False

    def do_POST(self) -> None:
        super().do_POST()
        # Also after `Connection: close`, which is sent where Django is loaded: closing would end the answer.
        self.close_connection = False


@contextmanager
def handled_by(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    with in_a_thread(server):
        yield f"http://127.0.0.1:{server.server_port}/hook"


def test_who_does_not_say_where_its_answer_ends_is_told_to() -> None:
    with Emulator(strict=False, timeout="200ms") as copper, handled_by(Endless) as url:
        report = copper.check(url, only="answers,type-person", no_secret=True)

    assert verdicts(report) == {"answers": "failed", "type-person": "skipped"}
    assert "the answer began, but did not end within 200ms" in report["answers"].evidence
    assert report["answers"].advice.startswith("End the answer: send its Content-Length")
    assert report["type-person"].evidence == "the first notification was not answered"


def test_who_says_where_its_answer_ends_passes() -> None:
    with Emulator(strict=False) as copper, handled_by(Answering) as url:
        assert verdicts(copper.check(url, only="answers,type-person", no_secret=True)) == {}


class Closing(BaseHTTPRequestHandler):
    """Closes the connection, without an answer, when it is told of a type that it does not know."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if body["type"] in TYPES:
            self.send_response(200)
            self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Log nothing."""


@pytest.mark.parametrize("types", [("person",), ()], ids=["later", "from the beginning"])
def test_who_closes_a_connection_may_be_a_tls_server_until_it_has_answered(
    copper: Copper, monkeypatch: pytest.MonkeyPatch, types: tuple[str, ...]
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "TYPES", types)
    with handled_by(Closing) as url:
        report = copper.check(url, only="answers,unknown-type", no_secret=True)

    row = report["unknown-type" if types else "answers"]
    assert "connection closed without an answer" in row.evidence
    assert ("TLS" in row.evidence) is not bool(types)


TYPES: tuple[str, ...] = ()


def test_what_an_endpoint_subscribes_to_itself_is_no_part_of_the_check(copper: Copper) -> None:
    """A service that has just been started may still do so; here nothing may be sent to its target."""
    mirror = Mirror(copper)

    def hook(body: dict[str, Any]) -> None:
        if body["event"] == "new":
            wanted = {"target": "https://billing.example.com/hook", "type": "person", "event": "update"}
            requests.post(f"{copper.api_url}/webhooks", json=wanted, headers=copper.headers, timeout=10)
        mirror.hook(body)

    report = played(copper, hook, "answers,type-person,again", state=mirror.state)

    assert verdicts(report) == {}, report
    assert report["type-person"].evidence.startswith("3 notifications answered 2xx")


def test_who_remembers_what_it_has_seen_is_told_that_it_did_not_fetch(copper: Copper) -> None:
    """By event and id, forever: its first update is taken over, its second is not."""
    mirror, seen = Mirror(copper), set[tuple[str, int]]()

    def hook(body: dict[str, Any]) -> None:
        for each in body["ids"]:
            if (body["event"], each) not in seen:
                seen.add((body["event"], each))
                mirror.sync(each)

    report = played(copper, hook, "type-person,again,same-second,values,large-attributes", state=mirror.state)

    assert verdicts(report) == {"same-second": "failed"}, report
    advice = report["same-second"].advice
    assert re.match(r"It was told that person \d+ has changed, and has not fetched it since: fetch at every ", advice)
    assert "remembered as seen" in advice


def cached(mirror: Mirror) -> Hook:
    """Its HTTP client keeps what was answered once."""
    answers: dict[int, Any] = {}

    def hook(body: dict[str, Any]) -> None:
        for each in body["ids"]:
            if each not in answers:
                answers[each] = mirror.fetch(each)
            mirror.people[each] = {"name": answers[each]["name"]}

    return hook


def inserting(mirror: Mirror) -> Hook:
    """As with `INSERT OR IGNORE`: what is there stays as it is."""

    def hook(body: dict[str, Any]) -> None:
        for each in body["ids"]:
            record = mirror.fetch(each)
            if record is None:
                mirror.people.pop(each, None)
            else:
                mirror.people.setdefault(each, {"name": record["name"], "details": record["details"]})

    return hook


@pytest.mark.parametrize(
    ("makes", "says"),
    [
        (cached, "and has not fetched it since: fetch at every notification."),
        (inserting, "fetch each (`GET /people/{id}`), write it over what you have, and remove what was deleted."),
    ],
)
def test_who_does_not_take_over_updates_is_told_so_once_whatever_changes(
    copper: Copper, makes: Callable[[Mirror], Hook], says: str
) -> None:
    mirror = Mirror(copper)
    rows = "type-person,updates-swapped,large-attributes,other-scripts,values,search-behind"
    report = played(copper, makes(mirror), rows, state=mirror.state)

    assert says in report["type-person"].advice
    others = [row for row in report.rows if row.name != "type-person" and str(row.verdict) != "passed"]
    assert others
    assert {row.advice for row in others} == {"As in row type-person."}, report


def test_who_never_fetches_over_http_is_not_told_that_it_has_not_since(copper: Copper) -> None:
    """Its records may come to it in another way."""
    people: dict[int, Any] = {}

    def hook(body: dict[str, Any]) -> None:
        if body["event"] == "new":
            people.update({each: {"name": copper.people.get(each)["name"]} for each in body["ids"]})

    report = played(copper, hook, "type-person", state=lambda: {"person": people})

    assert "so fetch each (`GET /people/{id}`)" in report["type-person"].advice


def test_a_worker_that_has_died_is_told_of_in_one_row_and_nothing_more_is_tried(copper: Copper) -> None:
    """It does so at its second deletion, and the state is right once more."""
    mirror, gone = Mirror(copper), list[int]()

    def work(event: str, record_id: int) -> None:
        gone.extend([record_id] * (event == "delete"))
        if len(gone) == 2:
            worker.die()
        mirror.sync(record_id)

    with Worker(work) as worker:
        rows = "type-person,batch-1,again,other-scripts,values"
        report = played(copper, worker.hook, rows, state=mirror.state, patience="1s")

    assert verdicts(report) == {"again": "failed", "other-scripts": "skipped", "values": "skipped"}, report
    assert "nothing comes of a plain notification any more, either" in report["again"].evidence
    assert report["again"].advice.startswith("It has done nothing since row batch-1. What works after the answers (a ")
    assert report["values"].evidence == "nothing has come of any notification since row batch-1"


def test_a_worker_that_has_died_of_something_late_is_told_to_look_in_the_row_that_was_about_that(
    copper: Copper,
) -> None:
    """It fetches for the update that overtook its deletion when that row has passed, and dies of the 404."""
    mirror, waiting, known = Mirror(copper), list[int](), set[int]()
    dead = list[int]()

    def hook(body: dict[str, Any]) -> None:
        [record_id] = body["ids"]
        if waiting and not dead:
            mirror.sync(waiting[0])
            dead.append(waiting[0])
        if dead:
            return
        if body["event"] == "update" and record_id in known and record_id not in mirror.people:
            waiting.append(record_id)
        else:
            known.add(record_id)
            mirror.sync(record_id)

    rows = "type-person,delete-before-update,updates-swapped,again"
    report = played(copper, hook, rows, state=mirror.state, patience="1s")

    assert verdicts(report) == {"updates-swapped": "failed", "again": "skipped"}, report
    assert "It has done nothing since row delete-before-update." in report["updates-swapped"].advice
    assert "timestamp" not in report["updates-swapped"].advice
    assert report["again"].evidence == "nothing has come of any notification since row delete-before-update"


def test_a_worker_that_leaves_something_out_is_not_taken_for_dead(copper: Copper) -> None:
    """It dislikes notifications without updated_attributes, and fetches nothing in the row about those."""
    mirror = Mirror(copper)

    def hook(body: dict[str, Any]) -> None:
        if "updated_attributes" in body:
            worker.hook(body)

    with Worker(lambda _, record_id: mirror.sync(record_id)) as worker:
        rows = "type-person,absent-attributes,other-scripts"
        report = played(copper, hook, rows, state=mirror.state, patience="1s")

    assert verdicts(report) == {"absent-attributes": "failed"}, report


@pytest.mark.parametrize("shared", [True, False])
def test_processes_that_answer_with_a_memory_each_are_told_to_share(copper: Copper, *, shared: bool) -> None:
    """Whoever comes next answers, as with several workers."""
    mirrors = [Mirror(copper), Mirror(copper)]
    turn = iter(range(1_000_000))

    def next_one() -> Mirror:
        return mirrors[0 if shared else next(turn) % 2]

    rows = "other-scripts"
    report = played(
        copper, lambda body: next_one().hook(body), rows, state=lambda: next_one().state(), patience="500ms"
    )

    assert report["other-scripts"].ok is shared, report
    assert ("several processes (workers) answer, each with a memory" in report["other-scripts"].advice) is not shared


def test_who_becomes_right_step_by_step_is_not_taken_for_several(copper: Copper) -> None:
    mirror = Mirror(copper)

    def work(event: str, record_id: int) -> None:
        threading.Event().wait(0.03)
        if event == "new":
            mirror.sync(record_id)

    with Worker(work) as worker:
        report = played(copper, worker.hook, "batch-30", state=mirror.state, patience="200ms")

    assert not report.ok
    assert "several processes" not in report["batch-30"].advice
