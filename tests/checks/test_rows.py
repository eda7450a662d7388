"""What each row sends, and that it finds what it is meant to find: endpoints with only one mistake each."""

from __future__ import annotations

import hmac
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from copper_emulator import CheckFailed, Copper, Emulator, Received, Report, Response, UsageError, check_names
from copper_emulator.checks.report import RowReport
from copper_emulator.checks.rows import ROWS
from copper_emulator.checks.state import StateError
from tests.checks.served import served

TARGET = "https://app.example/hook"
SECRET = {"key": "s3cret"}
Answer = Callable[[dict[str, Any], Received], object]


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator() as account:
        yield account


@pytest.fixture
def lenient() -> Iterator[Copper]:
    with Emulator(strict=False) as account:
        yield account


def played(copper: Copper, answer: Answer, **options: Any) -> Report:
    def hook(request: Received) -> object:
        return answer(request.json, request)

    copper.route("https://app.example", to=hook)
    return copper.check(TARGET, **{"secret": SECRET, **options})


def sent(copper: Copper, row: str, **options: Any) -> list[dict[str, Any]]:
    """The bodies that one row sends."""
    bodies: list[dict[str, Any]] = []
    played(copper, lambda body, _: bodies.append(body), only=row, **options)
    return bodies


def told(bodies: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(body["event"], len(body["ids"])) for body in bodies]


def strict(body: dict[str, Any], _: Received) -> object:
    return 200 if body.get("key") == "s3cret" else 401


def test_every_row_says_what_it_does_and_what_to_do() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert all(row.about and row.advice for row in ROWS)


@pytest.mark.parametrize("number", [1, 2, 30])
def test_batches_have_their_number_of_ids_in_each_notification(copper: Copper, number: int) -> None:
    assert told(sent(copper, f"batch-{number}")) == [("new", number), ("update", number), ("delete", number)]


def test_every_topic_there_is_is_sent(copper: Copper) -> None:
    topics = {(body["type"], body["event"]) for name in check_names() if name.startswith("type-")
              for body in sent(copper, name)}  # fmt: skip

    assert len(topics) == 6 * 3 + 1


def test_with_the_other_profile_activities_have_all_events() -> None:
    with Emulator(profile="developer-docs") as copper:
        assert [body["event"] for body in sent(copper, "type-activity_log")] == ["new", "update", "delete"]


@pytest.mark.parametrize(
    ("row", "events"),
    [
        ("update-before-new", ["update", "new"]),
        ("delete-before-update", ["new", "delete", "update"]),
        ("delete-before-new", ["delete", "new"]),
        ("again", ["new", "new", "update", "update", "delete", "delete"]),
        ("gone", ["new", "delete"]),
    ],
)
def test_the_order_in_which_a_row_tells_is_the_one_it_is_named_after(
    copper: Copper, row: str, events: list[str]
) -> None:
    bodies = sent(copper, row)

    assert [body["event"] for body in bodies] == events
    assert len({tuple(body["ids"]) for body in bodies}) == 1


def test_an_endpoint_that_stores_twice_what_comes_twice_is_found(copper: Copper) -> None:
    """Its table has no unique id; its state lists all rows."""
    rows: list[int] = []

    def insert(body: dict[str, Any], _: Received) -> None:
        if body["event"] == "new":
            rows.extend(body["ids"])
        elif body["event"] == "delete":
            rows[:] = [each for each in rows if each not in body["ids"]]

    report = played(copper, insert, only="answers,again", state=lambda: {"person": rows}, types=["person"])

    assert report["answers"].ok
    assert str(report["again"].verdict) == "failed"
    assert "is in the state 2 times" in report["again"].evidence


def second_of(body: dict[str, Any]) -> str:
    return str(body["timestamp"])[:19]


SAME: dict[str, Callable[[dict[str, Any]], object]] = {
    "type, event and ids": lambda body: (body["type"], body["event"], tuple(body["ids"])),
    "type, event, ids and second": lambda body: (body["type"], body["event"], tuple(body["ids"]), second_of(body)),
    "type, event, ids and timestamp": lambda body: (body["type"], body["event"], *body["ids"], body["timestamp"]),
}


@pytest.mark.parametrize("name", SAME)
def test_who_takes_the_second_of_two_updates_for_the_first_again_is_found(copper: Copper, name: str) -> None:
    """Found by a row of its own; names in other scripts are unrelated to it."""
    seen: set[object] = set()
    stored: dict[int, Any] = {}

    def hook(body: dict[str, Any], _: Received) -> None:
        if SAME[name](body) in seen:
            return
        seen.add(SAME[name](body))
        for each in body["ids"]:
            stored.pop(each, None)
            if body["event"] != "delete":
                answer = requests.get(f"{copper.api_url}/people/{each}", headers=copper.headers, timeout=10)
                if answer.status_code == 200:
                    stored[each] = {"name": answer.json()["name"]}

    rows = "answers,type-person,batch-30,again,same-second,other-scripts"
    report = played(copper, hook, only=rows, types="person", state=lambda: {"person": stored})

    assert [row.name for row in report.failed] == ["same-second"], report
    assert "after the second of two updates within a second: person" in report["same-second"].evidence
    # Whoever takes the third for the same as well has not fetched since it was told of that.
    begins = (
        "It was told that" if name == "type, event and ids" else "Skip no notification because it resembles another"
    )
    assert report["same-second"].advice.startswith(begins)


def test_two_updates_within_a_second_differ_in_nothing_but_their_values(copper: Copper) -> None:
    new, first, second, third = sent(copper, "same-second")

    assert new["event"] == "new"
    differing = {key for key in first if first[key] != second[key]}
    assert differing == {"updated_attributes"}
    assert first["updated_attributes"]["name"][1] == second["updated_attributes"]["name"][0]
    assert {key for key in first if first[key] != third[key]} == {"updated_attributes", "timestamp"}


def test_late_is_fifteen_minutes(copper: Copper) -> None:
    late = []
    played(copper, lambda body, request: late.append(f"{request.at:%H:%M:%S}" != body["timestamp"][11:19]), only="late")

    assert late == [True, True, True]


def test_of_two_swapped_updates_the_newer_comes_first(copper: Copper) -> None:
    first, second = sent(copper, "updates-swapped")[1:]

    assert first["updated_attributes"]["name"][0] == second["updated_attributes"]["name"][1]


def test_a_body_made_by_hand_has_the_id_of_the_subscription_to_its_topic(copper: Copper) -> None:
    """An endpoint may look its subscription up by that, and find the type and the event there."""
    rows = ("unknown-keys", "empty-attributes", "again")
    bodies = [body for row in rows for body in sent(copper, row, types=["lead", "person"])]

    ids: dict[tuple[str, str], set[int]] = {}
    for body in bodies:
        ids.setdefault((body["type"], body["event"]), set()).add(body["subscription_id"])
    # One after the other by type and event, in each row anew.
    assert ids == {("person", "delete"): {560_701}, ("person", "new"): {560_702}, ("person", "update"): {560_703}}


@pytest.mark.parametrize(
    ("row", "attributes"),
    [("empty-attributes", [{}, {}, {}]), ("absent-attributes", [None, None])],
)
def test_attributes_are_empty_or_absent(copper: Copper, row: str, attributes: list[object]) -> None:
    assert [body.get("updated_attributes") for body in sent(copper, row)] == attributes


def test_large_attributes_are_larger_than_many_frameworks_allow(copper: Copper) -> None:
    assert len(json.dumps(sent(copper, "large-attributes")[-1])) > 100 * 1024


def test_a_name_comes_in_every_script_and_as_utf_8(copper: Copper) -> None:
    bodies: list[bytes] = []
    played(copper, lambda _, request: bodies.append(request.body), only="other-scripts")

    assert len(bodies) == 5
    assert ["山田 花子".encode() in body for body in bodies] == [False, False, True, False, False]
    assert ["Zoë Łukasiewicz".encode() in body for body in bodies] == [False, True, False, False, False]
    assert b"Ada \xf0\x9f\x9a\x80" in bodies[-1]


def test_values_come_from_null_and_go_back_to_it(copper: Copper) -> None:
    there, gone = (body["updated_attributes"] for body in sent(copper, "values")[1:])

    assert there["details"] == [None, "Met in Oslo"]
    assert there["tags"] == [[], ["met", "oslo"]]
    assert there["address"][1]["city"] == "Oslo"
    assert gone == {name: [new, old] for name, (old, new) in there.items()}


@pytest.mark.parametrize("kind", ["lead", "company", "opportunity", "project", "task"])
def test_types_without_an_address_have_the_other_values(copper: Copper, kind: str) -> None:
    there = sent(copper, "values", types=kind)[1]["updated_attributes"]

    assert ("address" in there) is (kind in ("lead", "company"))
    assert {"details", "tags"} <= set(there)


def test_custom_fields_are_nested(copper: Copper) -> None:
    changes = [body["updated_attributes"]["custom_fields"] for body in sent(copper, "custom-fields")[1:]]

    assert all(isinstance(pair, list) and len(pair) == 2 for change in changes for pair in change.values())
    assert [len(change) for change in changes] == [6, 6, 6]
    number, text, day, checkbox, dropdown, several = changes[1].values()
    assert (text, number, day) == (["chosen: 1", "chosen: 2"], [1.5, 2], [1_800_000_000, 1_800_086_400])
    assert checkbox == [True, False]
    assert dropdown[0] != dropdown[1]
    assert [len(each) for each in several] == [1, 2]


def test_an_opportunity_changes_its_value_its_day_and_its_stage(copper: Copper) -> None:
    changes = [body["updated_attributes"] for body in sent(copper, "opportunity-values")[1:]]

    def told(name: str) -> list[Any]:
        return [change[name] for change in changes if name in change]

    assert told("monetary_value") == [[None, 1200], [1200, 1250.5], [1250.5, None]]
    assert told("close_date") == [[None, "3/15/2027"], ["3/15/2027", None], [None, "12/1/2027"]]
    moves = told("stage_id")
    assert [move[1] for move in moves[:-1]] == [move[0] for move in moves[1:]]
    assert len({stage for move in moves for stage in move}) == 3
    alone = changes[2]
    assert "stage_id" in alone
    assert not {"monetary_value", "close_date", "pipeline_stage_id"} & set(alone)


def test_a_person_has_several_emails_another_first_one_and_none(copper: Copper) -> None:
    changes = [body["updated_attributes"]["emails"] for body in sent(copper, "emails")[1:]]

    assert [len(change[1]) for change in changes] == [3, 2, 0]
    assert changes[0][1][0] != changes[1][1][0]


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [({}, "passed"), ({"invoice": 422, "archive": 400}, "passed"), ({"invoice": 500}, "warned"),
     ({"archive": 503}, "warned")],
)  # fmt: skip
def test_what_nobody_knows_yet_must_not_break_the_endpoint(
    copper: Copper, answers: dict[str, int], verdict: str
) -> None:
    def hook(body: dict[str, Any], request: Received) -> object:
        strictly = strict(body, request)
        return answers.get(body["type"], answers.get(body["event"], strictly))

    row = played(copper, hook, only="unknown-type")["unknown-type"]

    assert str(row.verdict) == verdict, row
    assert all(word in row.evidence for word in answers)


def test_a_type_that_is_looked_up_in_a_table_is_found(copper: Copper) -> None:
    def hook(body: dict[str, Any], _: Received) -> object:
        return {"person": 200}[body["type"]]

    row = played(copper, hook, only="unknown-type", types="person")["unknown-type"]

    assert (str(row.verdict), "KeyError" in row.evidence) == ("warned", True)


@pytest.mark.parametrize(
    ("wanted", "verdict"), [("application/json", "warned"), ("application/json; charset=utf-8", "passed")]
)
def test_who_compares_the_whole_type_of_the_content_is_warned(copper: Copper, wanted: str, verdict: str) -> None:
    def hook(_: dict[str, Any], request: Received) -> int:
        return 200 if request.headers["Content-Type"] in ("application/json", wanted) else 415

    row = played(copper, hook, only="answers,content-type")["content-type"]

    assert str(row.verdict) == verdict
    assert row.advice.startswith("Read the body as JSON whatever follows") is (verdict == "warned")


def test_who_takes_nothing_is_not_warned_of_the_type_of_the_content(lenient: Copper) -> None:
    report = played(lenient, lambda body, _: 500, only="content-type")

    assert str(report["content-type"].verdict) == "failed"


def test_a_burst_reaches_both_limits(copper: Copper) -> None:
    minutes: dict[str, int] = {}

    def count(_: object, request: Received) -> None:
        minute = f"{request.at:%H:%M:%S}"
        minutes[minute] = minutes.get(minute, 0) + 1

    played(copper, count, only="burst")

    assert list(minutes.values()) == [600, 600, 600, 1]


def test_rows_do_not_share_records(copper: Copper) -> None:
    seen: dict[str, set[int]] = {}
    for name in ("batch-2", "batch-30", "again"):
        seen[name] = {each for body in sent(copper, name) for each in body["ids"]}
    one_run: list[int] = []
    played(copper, lambda body, _: one_run.append(body["ids"][0]) if body["event"] == "new" else None,
           only="batch-1,batch-2,type-person")  # fmt: skip

    assert len(set(one_run)) == 3


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (401, "passed"),
        (403, "passed"),
        (404, "warned"),
        (422, "warned"),
        (200, "failed"),
        (204, "failed"),
        (500, "failed"),
    ],
)
def test_a_wrong_secret_must_be_refused(copper: Copper, status: int, verdict: str) -> None:
    report = played(copper, lambda body, _: 200 if body.get("key") == "s3cret" else status, only="secret-wrong")

    assert str(report["secret-wrong"].verdict) == verdict


def _secret(body: dict[str, Any]) -> str:
    return str(body.get("key", ""))


TAKEN: dict[str, tuple[Callable[[dict[str, Any]], bool], str]] = {
    "a prefix": (lambda body: _secret(body) != "" and "s3cret".startswith(_secret(body)), "a prefix of it"),
    "other case": (lambda body: _secret(body).lower() == "s3cret", "the same in different case"),
    "an empty one": (lambda body: body.get("key") in ("s3cret", ""), "an empty one"),
    "the same length": (lambda body: isinstance(body.get("key"), str) and len(_secret(body)) == 6,
                        "the same in different case, one of the same length"),
    "null": (lambda body: body.get("key", "") in ("s3cret", None), "null"),
    "a loose comparison": (lambda body: body.get("key") in ("s3cret", 0, True), "a number, true"),
    "contains": (lambda body: "s3cret" in (body.get("key") or []) if not isinstance(body.get("key"), int | bool)
                 else False, "a list containing it"),
    "anywhere in the body": (lambda body: "s3cret" in json.dumps(body),
                             "a list containing it, the right one under a different key"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_taken_for_the_secret_is_told(copper: Copper, name: str) -> None:
    is_taken, told_as = TAKEN[name]
    report = played(copper, lambda body, _: 200 if is_taken(body) else 401, only="answers,secret-missing,secret-wrong")

    assert [str(row.verdict) for row in report.rows] == ["passed", "passed", "failed"], report
    assert report["secret-wrong"].evidence == f"{told_as}: it was answered 200 instead of 401"


def test_who_stumbles_over_a_secret_is_told_over_which_and_how_to_compare(copper: Copper) -> None:
    def hook(body: dict[str, Any], _: Received) -> int:
        # A common implementation.
        return 200 if hmac.compare_digest(body.get("key", ""), "s3cret") else 401

    row = played(copper, hook, only="secret-wrong")["secret-wrong"]

    assert str(row.verdict) == "failed"
    assert all(f"{each}: failed: exception" in row.evidence or f"{each}, " in row.evidence
               for each in ("null", "a number", "true", "a list containing it", "one in another script"))  # fmt: skip
    assert "hmac.compare_digest raises TypeError" in row.advice


def test_who_compares_bytes_stumbles_over_none(copper: Copper) -> None:
    def hook(body: dict[str, Any], _: Received) -> int:
        given = body.get("key")
        is_right = isinstance(given, str) and hmac.compare_digest(given.encode(), b"s3cret")
        return 200 if is_right else 401

    row = played(copper, hook, only="secret-wrong")["secret-wrong"]

    assert (str(row.verdict), row.evidence) == ("passed", "refused with 401, each of 19")


def test_a_header_is_probed_as_well(copper: Copper) -> None:
    def hook(_: object, request: Received) -> int:
        return 200 if request.headers.get("X-Key", "").lower() == "s3cret" else 401

    row = played(copper, hook, secret=None, headers={"X-Key": "s3cret"}, only="secret-wrong")["secret-wrong"]

    assert row.evidence == "the same in different case: it was answered 200 instead of 401"


def test_who_answers_200_to_a_wrong_secret_and_does_nothing_is_warned(copper: Copper) -> None:
    report = played(copper, lambda *_: 200, only="secret-missing,secret-wrong", state=dict)

    assert {str(row.verdict) for row in report.rows} == {"warned"}
    assert "but nothing was done" in report["secret-wrong"].evidence


def test_who_refuses_and_does_it_anyway_fails(copper: Copper) -> None:
    seen: list[int] = []

    def hook(body: dict[str, Any], _: Received) -> int:
        seen.extend(body["ids"])
        return 401

    assert not played(copper, hook, only="secret-wrong", state=lambda: {"person": seen}).ok


def test_a_header_can_stand_for_the_secret(copper: Copper) -> None:
    def hook(_: object, request: Received) -> int:
        return 200 if request.headers.get("X-Key") == "s3cret" else 401

    rows = "answers,secret-missing,secret-wrong,again"
    assert played(copper, hook, secret=None, headers={"X-Key": "s3cret"}, only=rows).ok


def test_without_a_secret_everybody_is_believed_unless_that_is_meant(copper: Copper) -> None:
    rows = "secret-missing,secret-wrong"
    report = played(copper, lambda *_: 200, secret=None, only=rows)
    meant = played(copper, lambda *_: 200, secret=None, no_secret=True, only=rows)

    assert [str(row.verdict) for row in report.rows] == ["failed", "skipped"]
    assert "no_secret=True" in report["secret-missing"].advice
    assert [str(row.verdict) for row in meant.rows] == ["skipped", "skipped"]


@pytest.mark.parametrize(
    ("answer", "row", "verdict", "says"),
    [
        (Response(307, headers={"Location": "/hook/"}), "no-redirect", "failed", "to /hook/"),
        (Response(200), "no-redirect", "passed", ""),
        (Response(200, delay="6s"), "in-time", "warned", "answered after 6.0 s; it times out at 10s"),
        (Response(200, delay="20s"), "in-time", "failed", "timed out"),
        (Response(413), "large-attributes", "failed", "413"),
        (Response(500, body="KeyError: 'name'"), "unknown-keys", "failed", "KeyError: 'name'"),
    ],
)
def test_what_an_answer_means(copper: Copper, answer: Response, row: str, verdict: str, says: str) -> None:
    report = played(copper, lambda *_: answer, only=row)

    assert str(report[row].verdict) == verdict, report
    assert says in report[row].evidence


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Response(401), "the one that the endpoint expects"),
        (Response(301), "redirects are not followed"),
        (Response(405), "that it accepts POST"),
        (Response(200, delay="20s"), "Answer first and work afterwards"),
    ],
)
def test_the_advice_is_about_the_answer(copper: Copper, answer: Response, says: str) -> None:
    assert says in played(copper, lambda *_: answer, only="batch-2")["batch-2"].advice


def test_a_secret_in_an_answer_is_not_shown(copper: Copper) -> None:
    report = played(copper, lambda *_: Response(500, body="bad secret s3cret"), only="answers")

    assert not report.ok
    assert "s3cret" not in str(report)


def test_an_endpoint_that_is_not_there_is_not_asked_again(copper: Copper) -> None:
    report = copper.check("http://127.0.0.1:9/hook")

    assert not report.ok
    assert "Start the endpoint" in report["answers"].advice
    assert {str(row.verdict) for row in report.rows[1:]} == {"skipped"}


def answering_once(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    listener.close()
    with connection:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def test_an_endpoint_that_ended_after_a_row_that_passed_is_told_once_with_what_it_answered_last(copper: Copper) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/hook"
    thread = threading.Thread(target=answering_once, args=(listener,))
    thread.start()
    report = copper.check(url, only="answers,no-redirect,batch-2,again", types="person")
    thread.join()

    assert [str(row.verdict) for row in report.rows] == ["passed", "failed", "skipped", "skipped"], report
    told = r"the endpoint has not answered since person/new \[\d+\] in row answers: it has probably crashed"
    assert all(re.match(told, row.evidence) for row in report.rows[1:])
    assert report["no-redirect"].advice.startswith("Let no notification end the process")


def test_what_speaks_no_http_is_not_to_be_started(copper: Copper) -> None:
    """A function that answers does, so it is a listener that says something else."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"220 mail.example.com ready\r\n")

    thread = threading.Thread(target=answer)
    thread.start()
    with listener:
        report = copper.check(f"http://127.0.0.1:{listener.getsockname()[1]}/hook", only="answers", no_secret=True)
        thread.join()

    assert report["answers"].advice.startswith("What came is not an HTTP answer: fix what answers there")


def test_a_port_without_tls_is_to_be_called_without_it(copper: Copper) -> None:
    with served(lambda environ, start: (start("200 OK", []), [b""])[1]) as url:
        report = copper.check(url.replace("http:", "https:"), only="answers", no_secret=True)

    assert report["answers"].advice.startswith("Write http:// in the URL")


def test_a_state_that_is_gone_while_the_endpoint_is_there_is_the_states_own(copper: Copper) -> None:
    heard: list[object] = []

    def state() -> object:
        if heard:
            raise StateError("GET http://127.0.0.1:5001/state: Connection refused")
        return {}

    report = played(copper, lambda body, _: heard.append(body), only="answers,again", state=state)

    assert {row.advice for row in report.rows} == {"The state must be available at all times."}


def test_a_state_of_the_wrong_shape_is_told_how_one_looks(copper: Copper) -> None:
    names: dict[int, str] = {}

    def hears(body: Any, _: object) -> None:
        names.update(dict.fromkeys(body["ids"], "Ada"))

    report = played(copper, hears, only="answers", state=lambda: {"person": names})

    assert "the state's person has 'Ada' for a record" in report["answers"].evidence
    assert report["answers"].advice == (
        "A state has for each type its records by id, each with its fields, like "
        '{"person": {"17": {"name": "Ada"}}}, or a list of ids, {"person": [17]}.'
    )


def test_a_target_without_a_route_is_told(copper: Copper) -> None:
    report = copper.check("https://nobody.example/hook")

    assert "no route for https://nobody.example" in report["answers"].evidence


def test_only_the_types_that_are_asked_for_are_told(copper: Copper) -> None:
    types: set[str] = set()
    report = played(
        copper, lambda body, _: types.add(body["type"]), types="lead,activity_log", skip="burst,unknown-type"
    )

    assert types == {"lead", "activity_log"}
    assert report["type-person"].evidence == "its type is not among the endpoint's"


def test_activities_alone_skip_what_needs_all_events(copper: Copper) -> None:
    report = played(copper, strict, types=["activity_log"], skip="burst")

    assert report.ok
    assert str(report["again"].verdict) == "skipped"
    assert str(report["type-activity_log"].verdict) == "passed"


def test_after_the_time_limit_no_row_begins(copper: Copper) -> None:
    report = played(copper, strict, time_limit="0")

    assert {row.evidence for row in report.rows} == {"the check had already taken more than 0 s"}


def test_what_the_time_limit_left_out_is_no_success(copper: Copper) -> None:
    report = played(copper, strict, only="answers,late", time_limit="0")

    assert (report.ok, report.played, list(report.cut_off)) == (False, 0, ["answers", "late"])
    with pytest.raises(CheckFailed, match="the time limit left out 2 rows, so this is not a success: allow more"):
        report.checked()


def test_what_was_only_skipped_is_no_success_and_no_failure(copper: Copper) -> None:
    report = played(copper, strict, only="late", types="activity_log")

    assert (report.ok, report.played) == (False, 0)
    assert report.checked() is report


def test_who_refuses_everything_is_told_so_once_and_sent_no_more(copper: Copper) -> None:
    heard: list[object] = []

    def hook(body: dict[str, Any], _: Received) -> int:
        heard.append(body)
        return 401

    report = played(copper, hook, skip="burst")

    given = "secret={...}"
    refused = f"he secret given to the check ({given}) is probably not the one that the endpoint expects"
    assert refused in report["answers"].advice
    assert "or it does not know the subscription: an endpoint that looks at `subscrip" in report["answers"].advice
    assert len(heard) == 1
    assert {str(row.verdict) for row in report.rows[1:]} == {"skipped"}
    assert f"everything that was sent was refused with 401: t{refused}" in report["late"].evidence


@pytest.mark.parametrize("status", [404, 405])
def test_where_no_hook_is_no_more_is_sent(copper: Copper, status: int) -> None:
    heard: list[object] = []

    def hook(body: dict[str, Any], _: Received) -> int:
        heard.append(body)
        return status

    report = played(copper, hook, skip="burst")

    assert len(heard) == 1
    said = (
        f"everything that was sent was refused with {status}: check that the path is the webhook's, and that it accepts"
    )
    assert {row.evidence.startswith(said) for row in report.rows[1:]} == {True}
    assert ("or it does not know the subscription" in report["answers"].advice) is (status == 404)


def test_who_redirects_everything_is_sent_no_more(copper: Copper) -> None:
    report = played(copper, lambda *_: Response(302, headers={"Location": "/hook/"}))

    assert report.summary == f"0 rows passed, 1 failed, {len(check_names()) - 1} skipped"
    why = "everything that was sent was refused with 302: register the final URL"
    assert {row.evidence.startswith(why) for row in report.rows[1:]} == {True}


@pytest.mark.parametrize("status", [400, 500])
def test_who_takes_nothing_of_a_whole_life_is_sent_no_more(copper: Copper, status: int) -> None:
    """Every other row would find the same, with advice about something else."""
    report = played(copper, lambda *_: status)

    verdicts = [str(row.verdict) for row in report.rows]
    # The second row is about connections, of which an endpoint in this process has none.
    assert verdicts == ["failed", "skipped", "passed", "failed", "failed", *["skipped"] * (len(check_names()) - 5)]
    assert [report[row].advice for row in ("in-time", "type-lead")] == [
        "As in row answers: nothing has been accepted yet."
    ] * 2
    why = f"nothing has been accepted up to row type-lead, a record's whole life: it was rejected ({status})"
    assert {row.evidence for row in report.rows[5:]} == {why}
    first, last = report.rows[5].name, report.rows[-1].name
    # Told once, and nothing of how rows are called that were not.
    assert str(report).count(why) == 1
    assert f"skipped  {first} to {last} ({len(check_names()) - 5})  {why}\n" in str(report)
    assert "in this process the endpoint is called" not in str(report)


def test_who_raises_at_new_alone_is_sent_the_rest(copper: Copper) -> None:
    def hook(body: dict[str, Any], _: Received) -> int:
        if body["event"] == "new":
            raise KeyError("name")
        return 200

    report = played(copper, hook, only="answers,type-person,again")

    assert [str(row.verdict) for row in report.rows] == ["failed"] * 3
    assert "this is the plainest notification there is" in report["answers"].advice
    assert report["type-person"].advice == "As in row answers."


@pytest.mark.parametrize(
    ("kind", "own"),
    [
        (
            "activity_log",
            "activities have no name (their text is in `details`), and are fetched with `GET ",
        ),
        ("task", "tasks have a `name` alone, no first and last name, and are fetched with `GET /tasks/{id}`."),
    ],
)
def test_who_takes_other_types_is_advised_of_what_the_one_has_of_its_own(copper: Copper, kind: str, own: str) -> None:
    def hook(body: dict[str, Any], _: Received) -> object:
        return Response(500, body="Cannot read properties of undefined") if body["type"] == kind else 200

    report = played(copper, hook, only=f"answers,type-person,type-{kind}")

    assert [str(row.verdict) for row in report.rows] == ["passed", "passed", "failed"]
    assert report[f"type-{kind}"].advice.startswith(
        "Other types are accepted, so look for what is special about this one: "
    )
    assert own in report[f"type-{kind}"].advice


def test_so_is_who_does_not_take_the_first_of_the_types(copper: Copper) -> None:
    def hook(body: dict[str, Any], _: Received) -> int:
        return 500 if body["type"] == "lead" else 200

    report = played(copper, hook, only="answers,type-lead,type-person")

    assert [str(row.verdict) for row in report.rows] == ["passed", "failed", "passed"]
    assert report["type-lead"].advice.startswith(
        "Other types are accepted, so look for what is special about this one: leads "
    )


@pytest.mark.parametrize(
    ("types", "event"), [(None, "update"), ("lead", "new"), ("lead,company", "update")], ids=["no update", "one", "two"]
)
def test_where_it_is_not_known_that_others_are_taken_nothing_is_said_of_them(
    copper: Copper, types: str | None, event: str
) -> None:
    """Of the record that the plainest row makes only the beginning was taken, or it was this type's, once."""
    begun = False

    def hook(body: dict[str, Any], _: Received) -> int:
        nonlocal begun
        taken = body["event"] != event or (event == "new" and not begun)
        begun = True
        return 200 if taken else 500

    report = played(copper, hook, only="answers,type-lead", types=types and types.split(","))

    assert [str(row.verdict) for row in report.rows] == ["passed", "failed"]
    assert "Other types" not in report["type-lead"].advice


@pytest.mark.parametrize(("page", "is_told"), [(20, True), (19, False), (200, False)])
def test_who_stores_one_page_of_a_search_is_told_of_pages(copper: Copper, page: int, *, is_told: bool) -> None:
    """The notification has 30 records."""
    stored: dict[int, Any] = {}

    def hook(body: dict[str, Any], _: Received) -> None:
        found = requests.post(
            f"{copper.api_url}/people/search", json={"page_size": page, "ids": body["ids"]}, headers=copper.headers,
            timeout=10,
        ).json()  # fmt: skip
        stored.update({each["id"]: each for each in found if each["id"] in body["ids"]})
        if body["event"] == "delete":
            stored.clear()

    report = played(copper, hook, only="batch-1,batch-30", types="person", state=lambda: {"person": stored})
    row = report["batch-30"]

    assert (report["batch-1"].ok, row.ok) == (True, page == 200), report
    told = "Exactly 20 of 30 are right: a search's page has 20 unless page_size asks for more (up to 200). Handle all"
    assert row.advice.startswith(told) == is_told


def test_what_fails_at_something_special_is_sent_the_rest(copper: Copper) -> None:
    report = played(copper, lambda *_: 500, only="unknown-keys,values")

    assert [str(row.verdict) for row in report.rows] == ["failed", "failed"]
    assert "check before you read one as text" in report["values"].advice


@pytest.mark.parametrize("status", [401, 404])
def test_who_refuses_the_right_secret_too_proves_nothing(copper: Copper, status: int) -> None:
    report = played(copper, lambda *_: status, only="secret-missing,secret-wrong")

    assert (report.played, report.ok) == (0, False)
    evidence = f"refused with {status}, but so is the right one: that proves nothing"
    assert {row.evidence for row in report.rows} == {evidence}


def test_where_no_row_is_left_that_is_told(copper: Copper) -> None:
    with pytest.raises(UsageError, match="no row is left to play: skip leaves out all that only names"):
        copper.check(TARGET, only="answers", skip="answers")
    with pytest.raises(UsageError, match="no row is left to play: skip leaves out every row"):
        copper.check(TARGET, skip=check_names())


def test_who_has_answered_before_is_sent_what_comes_after_a_404(copper: Copper) -> None:
    report = played(copper, lambda body, _: 404 if len(body["ids"]) > 1 else 200, only="answers,batch-2,again")

    assert [str(row.verdict) for row in report.rows] == ["passed", "failed", "passed"]


# --- what the API has to say -------------------------------------------------------------------------------------


def fetched(copper: Copper, path: str, **headers: str) -> int:
    return requests.get(f"{copper.api_url}/{path}", headers={**copper.headers, **headers}, timeout=10).status_code


@pytest.mark.parametrize("headers", [{}, {"X-PW-AccessToken": "another"}], ids=["another record", "another token"])
def test_a_crash_is_told_with_the_call_that_was_refused_meanwhile(copper: Copper, headers: dict[str, str]) -> None:
    status = 401 if headers else 404

    def hook(body: dict[str, Any], _: Received) -> int:
        assert fetched(copper, "people/17", **headers) == status
        return 500

    evidence = played(copper, hook, only="answers")["answers"].evidence

    assert f"rejected (500); meanwhile the API refused GET /developer_api/v1/people/17: {status} " in evidence


def test_of_several_calls_the_first_is_told(copper: Copper) -> None:
    def hook(body: dict[str, Any], _: Received) -> int:
        return 500 if 404 in [fetched(copper, f"people/{number}") for number in (17, 18, 19)] else 200

    evidence = played(copper, hook, only="answers")["answers"].evidence

    assert "people/17: 404" in evidence
    assert evidence.endswith(", and 2 other calls")


MISSED = "; the API was not called meanwhile with its token"


@pytest.mark.parametrize(
    ("answer", "state", "is_told"),
    [
        (500, None, True),
        (200, {}, True),
        (200, None, False),
        (409, None, False),
    ],
    ids=["a crash", "an empty state", "nothing wrong", "a refusal"],
)
def test_where_nobody_asked_the_api_that_is_told(
    copper: Copper, answer: int, state: dict[str, Any] | None, *, is_told: bool
) -> None:
    given = {} if state is None else {"state": lambda: state, "patience": "0"}
    report = played(copper, lambda *_: answer, only="answers", **given)

    assert report["answers"].evidence.endswith(MISSED) == is_told, report


def test_it_is_not_where_somebody_did(copper: Copper) -> None:
    def hook(body: dict[str, Any], _: Received) -> int:
        return fetched(copper, f"people/{body['ids'][0]}") + 300

    assert "meanwhile" not in played(copper, hook, only="answers")["answers"].evidence


def test_nor_for_what_no_fetch_could_have_repaired(copper: Copper) -> None:
    """An endpoint that keeps deleted records, or cannot handle a delete."""
    known: set[int] = set()

    def hook(body: dict[str, Any], _: Received) -> int:
        known.update(body["ids"])
        return 500 if body["event"] == "delete" else 200

    crashed = played(copper, hook, only="batch-1")["batch-1"].evidence
    kept = played(copper, lambda body, _: known.update(body["ids"]), only="batch-1", state=lambda: {"person": known})

    assert "1 of 3 notifications" in crashed
    assert kept["batch-1"].evidence.endswith("is in the state, but not at Copper")
    assert MISSED not in crashed


def test_what_was_refused_after_the_answer_is_told_of_a_state_that_lacks_something(copper: Copper) -> None:
    wanted: list[int] = []

    def state() -> dict[str, Any]:
        # The queue's worker, which works when the state is read.
        while wanted:
            fetched(copper, f"persons/{wanted.pop()}")
        return {}

    report = played(copper, lambda body, _: wanted.extend(body["ids"]), only="answers", state=state, patience="0")

    lacks = "is missing from the state; meanwhile the API refused GET /developer_api/v1/persons/"
    assert lacks in report["answers"].evidence


@pytest.mark.parametrize("row", ["delete-before-new", "updates-swapped"])
@pytest.mark.parametrize(("status", "is_told"), [(422, True), (500, False), (200, False)])
def test_the_age_is_spoken_of_where_a_notification_was_refused(
    copper: Copper, row: str, status: int, *, is_told: bool
) -> None:
    state = {"state": dict, "patience": "0"} if status == 200 and row == "updates-swapped" else {}
    failing = played(copper, lambda *_: status, only=row, **state)[row]

    assert failing.advice.startswith("Copper may take 15 minutes") == is_told
    assert status == 200 or "Treat a notification as a hint" in failing.advice


def test_who_refuses_a_wrong_secret_is_sent_what_comes_after(copper: Copper) -> None:
    assert played(copper, strict, only="secret-wrong,again").ok


def test_one_mistake_is_told_once_with_how_often(copper: Copper) -> None:
    report = played(
        copper, lambda body, _: Response(500, body=f"no such person {body['ids'][0]}"), only="burst", types="person"
    )
    evidence = report["burst"].evidence

    assert evidence.startswith("1,801 of 1,801 notifications not answered 2xx: person/new [")
    assert evidence.count("no such person") == 1
    assert "(1,801 times)" in evidence
    assert report["burst"].advice.startswith("Look in the endpoint's own log: it accepts none of them")


def test_who_takes_only_some_of_a_burst_is_told_of_queues(copper: Copper) -> None:
    report = played(copper, lambda body, _: 200 if body["ids"][0] % 2 else 503, only="burst", types="person")

    assert report["burst"].advice.startswith("Answer first and work afterwards, from a queue")


@pytest.mark.parametrize(
    ("calls", "verdict", "says"),
    [
        (0, "skipped", "let the endpoint fetch"),
        (1, "passed", ""),
        (2, "warned", "for 30 ids that would be 60 s, and it times out at 10s. Answer first and fetch afterwards"),
    ],
)
def test_who_waits_for_fetches_is_warned_where_thirty_would_take_too_long(
    copper: Copper, calls: int, verdict: str, says: str
) -> None:
    def hook(body: dict[str, Any], _: Received) -> None:
        for each in body["ids"][:calls]:
            requests.get(f"{copper.api_url}/people/{each}", headers=copper.headers, timeout=10)

    row = played(copper, hook, only="slow-fetch", types="person")["slow-fetch"]

    assert str(row.verdict) == verdict, row
    assert says in row.advice


def test_what_a_failed_row_left_waiting_does_not_reach_the_next(copper: Copper) -> None:
    heard: list[int] = []

    def hook(body: dict[str, Any], _: Received) -> int:
        heard.append(len(body["ids"]))
        if body["event"] != "delete":
            copper.people.update(body["ids"][0], name=f"Echo {len(heard)}")
        return 200

    report = played(copper, hook, secret=None, only="echo,secret-missing", no_secret=True, types="person")

    assert "an endless echo" in report["echo"].evidence
    assert str(report["secret-missing"].verdict) == "skipped"


def test_who_writes_back_once_does_not_echo(copper: Copper) -> None:
    def hook(body: dict[str, Any], _: Received) -> int:
        if body["event"] == "update" and "name" in body["updated_attributes"]:
            copper.people.update(body["ids"][0], details="seen")
        return 200

    assert played(copper, hook, only="echo").ok


def test_a_state_that_becomes_right_in_time_is_right(copper: Copper) -> None:
    heard: list[int] = []
    asked: list[int] = []

    def state() -> object:
        asked.append(1)
        return {"person": heard if len(asked) > 3 else []}

    def hook(body: dict[str, Any], _: Received) -> None:
        heard.extend(body["ids"])

    assert played(copper, hook, only="answers", state=state, patience="10s").ok
    asked.clear()
    assert not played(copper, hook, only="answers", state=state).ok


def test_fields_that_copper_has_not_are_noted(copper: Copper) -> None:
    heard: list[int] = []
    report = played(
        copper,
        lambda body, _: heard.extend(body["ids"]),
        only="answers",
        state=lambda: {"person": {each: {"nickname": "A"} for each in heard}},
    )

    assert report.ok
    assert report.notes[-1].endswith("they were not compared: person.nickname")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"only": "nothing"}, "there is no row 'nothing'; the rows are answers, "),
        ({"only": "lated"}, r"there is no row 'lated'; did you mean 'late'\? The rows are answers, "),
        ({"no_secret": True}, "without a secret has none: leave out either no_secret=True or secret="),
        ({"skip": ["bursts"]}, "there is no row 'bursts'"),
        ({"only": ""}, "only names nothing"),
        ({"types": "persons"}, "there is no type 'persons'"),
        ({"types": "persons"}, "did you mean 'person'"),
        ({"state": {"person": []}}, "state takes a function"),
        ({"state": lambda: [17]}, "a state is an object of types"),
        ({"patience": "soon"}, "patience: 'soon' is not a duration"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_sent(copper: Copper, options: dict[str, Any], says: str) -> None:
    heard: list[object] = []
    with pytest.raises(UsageError, match=says):
        played(copper, lambda body, _: heard.append(body), **options)
    assert heard == []


def searching(copper: Copper, known: dict[int, Any], *, each_by_id: bool) -> Answer:
    """Looks records up in a search; and what is not there by its id, or takes it for deleted."""

    def answer(body: dict[str, Any], _: Received) -> object:
        url, ids = f"{copper.api_url}/people", body["ids"]
        found = requests.post(f"{url}/search", json={"ids": ids}, headers=copper.headers, timeout=10).json()
        if each_by_id:
            fetched = [requests.get(f"{url}/{each}", headers=copper.headers, timeout=10) for each in ids]
            found = [each.json() for each in fetched if each.ok]
        for each in ids:
            known.pop(each, None)
        known.update({each["id"]: {"name": each["name"]} for each in found})
        return 200

    return answer


def search_behind(copper: Copper, *, each_by_id: bool) -> RowReport:
    known: dict[int, Any] = {}
    answer = searching(copper, known, each_by_id=each_by_id)
    return played(copper, answer, only="search-behind", types="person", state=lambda: {"person": known}).rows[0]


def test_who_takes_what_a_search_does_not_see_for_deleted_is_warned(copper: Copper) -> None:
    row = search_behind(copper, each_by_id=False)

    assert str(row.verdict) == "warned"
    # Two new ones that it does not see, and the deleted one that it still sees.
    assert row.evidence.count("is missing from the state") == 2
    assert row.evidence.count("but not at Copper") == 1
    assert row.advice.startswith("Fetch each by its id")


def test_who_fetches_by_id_does_not_mind_how_late_searches_are(copper: Copper) -> None:
    assert str(search_behind(copper, each_by_id=True).verdict) == "passed"


def test_who_is_wrong_in_any_case_is_not_warned_of_searches(copper: Copper) -> None:
    report = played(copper, strict, only="search-behind", state=dict)

    assert str(report["search-behind"].verdict) == "skipped"
    assert "even if searches see everything" in report["search-behind"].evidence


@pytest.mark.parametrize(("status", "verdict"), [(200, "passed"), (500, "failed")])
def test_without_a_state_the_answers_tell_who_stumbles_at_a_late_search(
    copper: Copper, status: int, verdict: str
) -> None:
    def answer(body: dict[str, Any], _: Received) -> int:
        found = requests.post(f"{copper.api_url}/people/search", json={}, headers=copper.headers, timeout=10).json()
        return 200 if {each["id"] for each in found} >= set(body["ids"]) else status

    report = played(copper, answer, only="search-behind", types="person", no_secret=True, secret=None)

    assert str(report["search-behind"].verdict) == verdict, report


def test_a_state_that_never_gets_right_fails_the_row_with_many_at_once(copper: Copper) -> None:
    """It is waited for there as elsewhere, with nothing to send meanwhile."""
    row = played(copper, strict, only="concurrent", state=dict, patience="20ms")["concurrent"]

    assert str(row.verdict) == "failed"
    assert "after 16 new at once: person" in row.evidence
    assert row.advice.startswith("Handle several at once")


def test_a_state_that_raises_in_the_middle_fails_one_row_and_not_the_check(copper: Copper) -> None:
    known: dict[int, Any] = {}
    asked: list[int] = []

    def state() -> object:
        asked.append(len(known))
        if len(asked) == 2:
            raise RuntimeError("database is locked")
        return {"person": known}

    def answer(body: dict[str, Any], _: Received) -> object:
        known.update({each: {} for each in body["ids"]})
        return 200

    report = played(copper, answer, only="answers,in-time", types="person", no_secret=True, secret={}, state=state)

    assert [str(row.verdict) for row in report.rows] == ["failed", "passed"]
    assert report["answers"].evidence == "the state is not available: it raised RuntimeError('database is locked')"


def test_a_state_that_cannot_be_had_does_not_hide_what_was_answered(lenient: Copper) -> None:
    asked: list[int] = []

    def state() -> object:
        asked.append(1)
        if len(asked) > 1:
            raise RuntimeError("database is locked")
        return {}

    evidence = played(lenient, lambda body, _: 500, only="answers", types="person", state=state)["answers"].evidence

    assert "RuntimeError('database is locked'); person/new [" in evidence
    assert evidence.endswith("]: rejected (500)")


def test_a_state_that_raises_at_once_is_the_tests_own_error(copper: Copper) -> None:
    def state() -> object:
        raise RuntimeError("no such table")

    with pytest.raises(RuntimeError, match="no such table"):
        played(copper, strict, only="answers", state=state)


def test_a_worker_that_has_died_is_told_of_once(lenient: Copper) -> None:
    """It fetches in the first three rows, and then nothing any more."""
    copper = lenient
    known: dict[int, Any] = {}
    rows = "batch-1,batch-2,batch-30,late,again,same-second"

    def answer(body: dict[str, Any], _: Received) -> object:
        if len(known) < 33:
            for each in body["ids"]:
                requests.get(f"{copper.api_url}/people/{each}", headers=copper.headers, timeout=10)
                known[each] = {}
        return 200

    report = played(
        copper, answer, only=rows, types="person", no_secret=True, secret={}, state=lambda: {"person": known}
    )

    assert [note for note in report.notes if "the API has not been called" in note] == [
        "the API has not been called since row batch-30, and 3 rows failed without a call: what works after the "
        "answers (a thread, a queue's worker) has probably ended there; see its log"
    ]


def test_who_never_calls_the_api_is_not_taken_for_dead(lenient: Copper) -> None:
    report = played(lenient, strict, only="batch-1,batch-2,batch-30,again", types="person", state=dict)

    assert not [note for note in report.notes if "the API has not been called" in note]


def test_an_exception_that_tells_of_a_whole_request_is_cut(copper: Copper) -> None:
    def answer(body: dict[str, Any], _: Received) -> object:
        raise RuntimeError("x" * 5000)

    assert len(played(copper, answer, only="answers")["answers"].evidence) < 400
