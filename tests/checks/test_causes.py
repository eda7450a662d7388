"""A row that fails for what a plainer one has shown says so, in place of advice about something else."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from copper_emulator import Copper, Emulator, Received, Report, Response
from copper_emulator.checks.echo import ECHO
from copper_emulator.checks.page import page

TARGET = "https://app.example/hook"


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator(strict=False) as account:
        yield account


class Endpoint:
    """It knows people and leads, and what it does wrong is said by event."""

    def __init__(self, copper: Copper, **wrong: Any) -> None:
        self.known: dict[str, dict[int, None]] = {"person": {}, "lead": {}}
        self.wrong = wrong
        copper.route(TARGET, to=self)

    def __call__(self, request: Received) -> object:
        body = request.json
        does = self.wrong.get(body["event"])
        if does == "raises":
            raise KeyError("name")
        known = self.known[body["type"]]
        if body["event"] == "delete":
            for each in body["ids"]:
                known.pop(each, None)
        elif body["event"] == "new":
            known.update(dict.fromkeys(body["ids"] if does != "first" else body["ids"][:1]))
        return Response(does, body=f"about {body['ids'][0]}") if isinstance(does, int) else 200

    def checked(self, copper: Copper, only: str, *, types: str = "lead,person") -> Report:
        return copper.check(TARGET, only=only, types=types, no_secret=True, state=lambda: self.known)


def advice(report: Report) -> dict[str, str]:
    return {row.name: row.advice for row in report.failed}


@pytest.mark.parametrize(
    ("does", "came"), [("raises", "failed: exception (KeyError('name'))"), (500, "rejected (500)")]
)
def test_what_a_plain_row_has_shown_is_told_once(copper: Copper, does: object, came: str) -> None:
    endpoint = Endpoint(copper, update=does)

    report = endpoint.checked(copper, "type-lead,type-person,batch-30,late,again,values")

    assert "so fetch each (`GET /leads/{id}`)" in report["type-lead"].advice
    assert came in report["type-lead"].evidence
    assert {row.advice for row in report.failed[1:]} == {"As in row type-lead."}
    assert report["again"].evidence == "2 of 6 notifications not answered 2xx"
    # With the first row that shows it, at the top.
    second = str(report).splitlines()[1]
    assert second.startswith("5 of the 6 failed rows fail as type-lead does, so begin there: 1 of 3 notifications not ")
    assert came in second
    assert report.to_json()["cause"] == second
    assert "5 of the 6 failed rows fail as type-lead does" in page(report)


def test_a_state_that_is_wrong_in_the_same_way_is_told_once_too(copper: Copper) -> None:
    endpoint = Endpoint(copper)
    endpoint.known["person"] = _NeverEmptied()

    report = endpoint.checked(copper, "type-lead,type-person,batch-2,late,gone")

    assert report["type-lead"].ok
    assert advice(report)["batch-2"] == "As in row type-person."
    assert advice(report)["late"] == "As in row type-person."
    assert report["batch-2"].evidence.endswith("is in the state, but not at Copper; and 1 more")


class _NeverEmptied(dict[int, None]):
    def pop(self, *_: object) -> None:
        """Keep it."""


def test_that_only_the_first_id_is_dealt_with_is_told_by_the_row_with_two(copper: Copper) -> None:
    """Neither a record that is gone nor how searches lag is the reason."""
    rows = "in-time,type-person,batch-2,batch-30,late,gone-in-batch,search-behind"
    report = Endpoint(copper, new="first").checked(copper, rows)

    told = advice(report)
    assert "Handle all of `ids`" in told.pop("batch-2")
    assert told == {"batch-30": "As in row batch-2.", "gone-in-batch": "As in row batch-2."}
    assert str(report["search-behind"].verdict) == "skipped"
    assert report["search-behind"].advice == "As in row batch-2."


def test_who_deals_with_the_first_id_alone_is_not_told_of_searches_without_that_row_either(copper: Copper) -> None:
    row = Endpoint(copper, new="first").checked(copper, "search-behind")["search-behind"]

    assert (str(row.verdict), row.evidence) == ("skipped", "its state is wrong even if searches see everything")


def test_one_of_several_that_fails_for_what_one_alone_does_is_like_that_one(copper: Copper) -> None:
    """Whoever keeps what is deleted keeps one of three as well."""
    endpoint = Endpoint(copper)
    endpoint.known["person"] = _NeverEmptied()

    report = endpoint.checked(copper, "type-person,gone-in-batch")

    assert advice(report)["gone-in-batch"] == "As in row type-person."


def test_too_many_ids_to_be_accepted_are_no_matter_of_time(copper: Copper) -> None:
    def hook(request: Received) -> int:
        return 500 if len(request.json["ids"]) > 1 else 200

    copper.route(TARGET, to=hook)
    report = copper.check(TARGET, only="answers,in-time", no_secret=True)

    assert "Handle all of `ids`" in report["in-time"].advice


@pytest.mark.parametrize("rows", ["type-person,again", "again", "concurrent"])
def test_what_is_stored_more_than_once_is_to_be_written_by_its_id(copper: Copper, rows: str) -> None:
    stored: list[int] = []

    def hook(request: Received) -> None:
        body = request.json
        if body["event"] == "delete":
            stored[:] = [each for each in stored if each not in body["ids"]]
        else:
            stored.extend(body["ids"])

    copper.route(TARGET, to=hook)
    report = copper.check(TARGET, only=rows, types="person", no_secret=True, state=lambda: {"person": stored})

    first, *others = report.failed
    assert "times" in first.evidence
    assert first.advice.startswith("Write each record over what you have under its id (upsert")
    assert {row.advice for row in others} <= {"As in row type-person."}


def test_what_fails_with_one_type_says_nothing_of_special_rows_with_another(copper: Copper) -> None:
    """Of people, only deletes are not taken; of leads, nothing special has been tried."""
    endpoint = Endpoint(copper)

    def hook(request: Received) -> object:
        body = request.json
        strange = body["type"] == "lead" or "details" in body.get("updated_attributes", {})
        return 500 if body["event"] == "update" and strange else endpoint(request)

    copper.route(TARGET, to=hook)
    report = endpoint.checked(copper, "type-lead,type-person,values")

    assert [row.name for row in report.failed] == ["type-lead", "values"]
    assert "each be null" in report["values"].advice


def test_several_plain_rows_may_have_shown_it_together(copper: Copper) -> None:
    report = Endpoint(copper, new=500, delete=501).checked(copper, "answers,type-person,late", types="person")

    assert advice(report)["late"] == "As in rows answers and type-person."


def echoing(copper: Copper, only: str, answer: Callable[[dict[str, Any]], int]) -> Report:
    """Of an endpoint that writes at every notification."""
    numbers = iter(range(1_000_000))

    def hook(request: Received) -> int:
        copper.people.update(request.json["ids"][0], details=f"seen {next(numbers)}")
        return answer(request.json)

    copper.route(TARGET, to=hook)
    return copper.check(TARGET, only=only, types="person", no_secret=True)


ECHOES = "an endless echo: 6 deliveries in a row each made the endpoint change a record (person/update "


@pytest.mark.parametrize("status", [200, 500], ids=["accepted", "refused"])
def test_an_endless_echo_is_told_once(copper: Copper, status: int) -> None:
    """Also what else goes wrong in each of them."""
    rows = "answers,in-time,type-person,batch-2,late,again,echo"
    report = echoing(copper, rows, lambda body: status if body["event"] == "update" else 200)

    first, *others = report.failed
    assert (first.name, len(others)) == ("answers", 6)
    assert first.evidence.startswith(ECHOES)
    assert first.advice == ECHO
    also = "; 6 of 7 notifications not answered 2xx: person/update [" if status == 500 else ""
    assert also in first.evidence
    assert all(row.evidence.startswith(f"an endless echo{also}") for row in others), report
    assert {row.advice for row in others} == {"As in row answers."}
    assert report.cause.startswith(f"6 of the 7 failed rows fail as answers does, so begin there: {ECHOES}")


def test_records_made_without_end_are_an_echo_too(copper: Copper) -> None:
    def hook(_: Received) -> int:
        request = urllib.request.Request(f"{copper.api_url}/people", b'{"name": "Ada"}', copper.headers)
        return int(urllib.request.urlopen(request).status)

    copper.route(TARGET, to=hook)
    row = copper.check(TARGET, only="answers", types="person", no_secret=True)["answers"]

    assert row.evidence.startswith("an endless echo: 120 deliveries in a row each made the endpoint change a record (")
    assert row.advice == ECHO


def test_an_echo_does_not_hide_what_else_goes_wrong(copper: Copper) -> None:
    row = echoing(copper, "answers,batch-2", lambda body: 500 if len(body["ids"]) > 1 else 200)["batch-2"]

    assert row.evidence.startswith(ECHOES)
    assert "; 1 of 7 notifications not answered 2xx: person/new [" in row.evidence
    assert row.advice == ECHO


def test_another_status_is_another_cause(copper: Copper) -> None:
    def hook(request: Received) -> int:
        return 413 if len(request.body) > 64 * 1024 else 500 if request.json["event"] == "update" else 200

    copper.route(TARGET, to=hook)
    report = copper.check(TARGET, only="type-person,large-attributes,late", types="person", no_secret=True)

    assert report["late"].advice == "As in row type-person."
    assert report["large-attributes"].advice.startswith("Allow larger bodies")


def test_few_rows_that_fail_alike_need_no_line_of_their_own(copper: Copper) -> None:
    assert Endpoint(copper, update=500).checked(copper, "type-lead,type-person,late").cause == ""
