"""Endpoints that do not call the API, or are refused every call: rows that have tried nothing, or show nothing."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from copper_emulator import Copper, Emulator, Report
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.tables import TABLES

TARGET = "https://app.example/hook"
ABOUT_CALLS = ["unknown-records", "slow-fetch", "rate-limited", "api-down-once", "search-behind", "echo"]
LONG = "burst,concurrent"


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator(strict=False) as account:
        yield account


def played(copper: Copper, hook: Callable[[dict[str, Any]], object], **options: Any) -> Report:
    copper.route("https://app.example", to=lambda request: hook(request.json))
    return copper.check(TARGET, **{"no_secret": True, **options})


def skipped(report: Report) -> list[str]:
    return [row.name for row in report.rows if str(row.verdict) == "skipped"]


def fetch(copper: Copper, body: dict[str, Any], **headers: str) -> None:
    if body["type"] not in set(EntityType):
        return
    for each in body["ids"]:
        url = f"{copper.api_url}/{TABLES[EntityType(body['type'])].plural}/{each}"
        tries = (requests.get(url, headers={**copper.headers, **headers}, timeout=10) for _ in range(3))
        next((each for each in tries if each.status_code not in (429, 503)), None)


def test_who_takes_everything_and_fetches_nothing_has_tried_nothing_there(copper: Copper) -> None:
    report = played(copper, lambda body: 200, skip=LONG)

    # In this process it has no connections, and must not hang; it is meant to believe everybody, and nobody says what
    # it stores.
    others = {"kept-connection", "api-refuses-key", "api-hangs", "secret-missing", "secret-wrong"}
    others |= {"overtaken", "deleted-meanwhile"}
    assert {*skipped(report)} == {*ABOUT_CALLS, *others}
    for name in ABOUT_CALLS:
        assert report[name].evidence == "the API was not called meanwhile with its token"
        assert report[name].advice == (
            "To have it tried, let the endpoint fetch from the account's API; if it fetches after its answer, give it "
            "time (patience='2s')."
        )
    assert report.ok
    by_answers = [row.name for row in report.rows if row.by_answers]
    assert {"answers", "gone", "gone-in-batch", "new-references", "late"} <= set(by_answers)
    assert not {"kept-connection", "no-redirect", "in-time", "unknown-type", *skipped(report)} & set(by_answers)
    assert f"({len(by_answers)} by their answers alone)" in report.summary


def test_who_fetches_for_some_types_is_told_to_choose_them(copper: Copper) -> None:
    def hook(body: dict[str, Any]) -> None:
        if body["type"] == "lead":
            fetch(copper, body)

    report = played(copper, hook, only=["type-lead", *ABOUT_CALLS], types="lead,person")

    assert skipped(report) == ABOUT_CALLS
    assert report["echo"].advice.startswith("To have it tried, choose types for which it fetches (types=)")
    assert skipped(played(copper, hook, only=ABOUT_CALLS, types="lead")) == ["unknown-records"]


def test_who_calls_with_another_token_is_told_to_fetch_with_the_right_one(copper: Copper) -> None:
    report = played(copper, lambda body: fetch(copper, body, **{"X-PW-AccessToken": "other"}), only=ABOUT_CALLS)

    assert skipped(report) == ABOUT_CALLS
    assert all("let the endpoint fetch from the account's API" in report[name].advice for name in ABOUT_CALLS)


def test_who_fetches_passes_without_a_state(copper: Copper) -> None:
    report = played(copper, lambda body: fetch(copper, body), only=ABOUT_CALLS, types="person")

    assert skipped(report) == []
    assert report["echo"].evidence.startswith("it wrote nothing back; 2 notifications answered 2xx")


def test_who_fetches_after_its_answer_is_given_the_time_to_begin(copper: Copper) -> None:
    """It begins only when the answer has long been there."""
    timers: list[threading.Timer] = []

    def hook(body: dict[str, Any]) -> None:
        timers.append(threading.Timer(0.2, fetch, (copper, body)))
        timers[-1].start()

    report = played(copper, hook, only="unknown-records,slow-fetch,search-behind", types="person", patience="2s")

    assert skipped(report) == []
    assert " of the API, each taking 2.0 s" in report["slow-fetch"].evidence
    for each in timers:
        each.join()


def test_a_state_that_is_right_without_a_call_has_been_compared(copper: Copper) -> None:
    known: dict[int, Any] = {}

    def hook(body: dict[str, Any]) -> None:
        for each in body["ids"]:
            if body["event"] == "delete":
                known.pop(each, None)
            else:
                known[each] = {}

    report = played(copper, hook, only=ABOUT_CALLS, types="person", state=lambda: {"person": known})

    assert skipped(report) == ["slow-fetch", "rate-limited", "api-down-once", "echo"]
    assert report.ok


def test_who_writes_back_without_a_call_is_told_of_its_echo(copper: Copper) -> None:
    """In a test it may write through the account."""

    def hook(body: dict[str, Any]) -> None:
        if body["event"] == "update" and "name" in body["updated_attributes"]:
            copper.people.update(body["ids"][0], details="seen")

    assert str(played(copper, hook, only="echo", types="person")["echo"].verdict) == "passed"


PLAIN = "answers,type-person,type-company,batch-2,gone"


def asking(copper: Copper, path: str, **headers: str) -> Callable[[dict[str, Any]], None]:
    """Fetches at `path`, and does not mind what is answered."""

    def hook(body: dict[str, Any]) -> None:
        plural = TABLES[EntityType(body["type"])].plural
        for each in body["ids"]:
            url = f"{copper.api_url}/{path.format(type=body['type'], plural=plural)}/{each}"
            requests.get(url, headers={**copper.headers, **headers}, timeout=10)

    return hook


@pytest.mark.parametrize(
    ("path", "headers", "says"),
    [
        ("{type}", {}, "GET /developer_api/v1/person/N: 404 not_found; There is no /developer_api/v1/person/N; "),
        ("{plural}", {"X-PW-AccessToken": "other"}, "GET /developer_api/v1/people/N: 401 Unauthorized; "),
        ("leads", {}, "GET /developer_api/v1/leads/N: 404 Resource not found; There is no lead N."),
    ],
    ids=["no such path", "another token", "the path of another type"],
)
def test_who_is_refused_every_call_and_answers_2xx_is_warned_without_a_state(
    copper: Copper, path: str, headers: dict[str, str], says: str
) -> None:
    report = played(copper, asking(copper, path, **headers), only=PLAIN, types="person,company")

    # What is gone may be refused.
    assert {row.name: str(row.verdict) for row in report.rows if str(row.verdict) != "passed"} == dict.fromkeys(
        PLAIN.split(",")[:-1], "warned"
    )
    evidence = re.sub(r"\d{5,}", "N", report["answers"].evidence)
    assert evidence.startswith("1 notification answered 2xx, ")
    assert f", but every call of the API was refused: {says}" in evidence
    assert report["answers"].advice.startswith("Mend that call: a record is at `GET /people/{id}`, under the plural")
    assert report["batch-2"].advice == "As in row answers."


def test_who_is_refused_the_calls_for_one_type_is_warned_there(copper: Copper) -> None:
    report = played(copper, asking(copper, "people"), only=PLAIN, types="person,company")

    assert [row.name for row in report.rows if str(row.verdict) != "passed"] == ["type-company"]
    assert "There is no person " in report["type-company"].evidence


def test_who_fetches_so_late_that_all_is_gone_is_not_warned(copper: Copper) -> None:
    """Without a state nobody waits, and a queue may come to it only when the record, and even its row, has ended."""
    told: list[dict[str, Any]] = []
    fetch = asking(copper, "{plural}")

    def hook(body: dict[str, Any]) -> None:
        told.append(body)
        if body["event"] == "delete":
            for each in told[-4:]:
                fetch(each)

    report = played(copper, hook, only=PLAIN, types="person,company")

    assert {str(row.verdict) for row in report.rows} == {"passed"}
