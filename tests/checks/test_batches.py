"""A batch is played of each type whose records the endpoint follows: each may have a handler of its own."""

from __future__ import annotations

from typing import Any

import requests

from copper_emulator import Copper, Received, Report

TARGET = "https://app.example/hook"
PATHS = {"person": "people", "company": "companies", "lead": "leads"}
ALL = 30


def checked(copper: Copper, only: str, **handled: int) -> tuple[Report, dict[str, list[list[int]]]]:
    """Check an endpoint that handles this many ids of a notification of each type, and takes no notice of other types.

    Returns the ids of the `new` notifications as well, by type.
    """
    stored: dict[str, dict[int, Any]] = {}
    made: dict[str, list[list[int]]] = {}

    def hook(request: Received) -> None:
        body = request.json
        if body["event"] == "new":
            made.setdefault(body["type"], []).append(body["ids"])
        mine = stored.setdefault(body["type"], {})
        for each in body["ids"][: handled.get(body["type"], 0)]:
            url = f"{copper.api_url}/{PATHS[body['type']]}/{each}"
            answer = requests.get(url, headers=copper.headers, timeout=10)
            if answer.status_code == 200:
                mine[each] = answer.json()
            else:
                mine.pop(each, None)

    copper.route("https://app.example", to=hook)
    report = copper.check(TARGET, types=PATHS, only=only, no_secret=True, state=lambda: stored)
    assert report.rows
    return report, made


def test_a_type_of_which_only_the_first_id_is_handled_fails_the_smallest_batch(copper: Copper) -> None:
    rows = "type-person,type-company,type-lead,batch-2,batch-30"
    report, _ = checked(copper, rows, person=ALL, company=1, lead=ALL)

    assert [str(row.verdict) for row in report.rows] == ["passed", "passed", "passed", "failed", "passed"]
    assert report["batch-2"].evidence.startswith("after new: company ")
    assert "Handle all of `ids`" in report["batch-2"].advice


def test_a_type_that_fails_already_with_one_record_is_left_out_of_the_batch(copper: Copper) -> None:
    report, made = checked(copper, "type-person,type-lead,type-company,batch-2", person=ALL, lead=ALL)

    assert [str(row.verdict) for row in report.rows] == ["passed", "passed", "failed", "passed"]
    assert {kind: [len(ids) for ids in each] for kind, each in made.items()} == {
        "person": [1, 2],
        "lead": [1, 2],
        "company": [1],
    }
    # That ids are unique only within a type is another row's subject.
    assert not {*made["person"][1]} & {*made["lead"][1]}


def test_played_alone_it_is_about_the_main_type(copper: Copper) -> None:
    report, made = checked(copper, "batch-2", person=ALL)

    assert report.ok
    assert {kind: [len(ids) for ids in each] for kind, each in made.items()} == {"person": [2]}


def test_other_types_have_different_names_there_since_no_row_has_shown_whether_equal_ones_matter(
    copper: Copper,
) -> None:
    names: dict[str, list[str]] = {}

    def hook(request: Received) -> None:
        body = request.json
        if body["event"] == "new" and len(body["ids"]) == 2:
            url = f"{copper.api_url}/{PATHS[body['type']]}"
            answers = (requests.get(f"{url}/{each}", headers=copper.headers, timeout=10) for each in body["ids"])
            names[body["type"]] = [answer.json()["name"] for answer in answers]

    copper.route("https://app.example", to=hook)
    report = copper.check(TARGET, types=PATHS, only="type-person,type-company,type-lead,batch-2", no_secret=True)

    assert report.ok
    assert {kind: len({*each}) for kind, each in names.items()} == {"person": 1, "company": 2, "lead": 2}
