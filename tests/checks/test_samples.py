"""The nine sample endpoints, over HTTP: the right one passes every row, each bug fails the rows that are about it."""

from __future__ import annotations

import pytest

from copper_emulator import Emulator, Report, check_names
from tests.checks.served import served, state_of
from tests.machine.samples import SAMPLES, InProcess, sample

LONG = "burst,slow-fetch,api-hangs"
"""Rows that take seconds and are about none of the bugs."""

TYPES = {f"type-{kind}" for kind in ("lead", "person", "company", "opportunity", "project", "task")}
BATCHES = {"batch-1", "batch-2", "batch-30"}
ORDER = {"late", "update-before-new", "updates-swapped", "again", "concurrent"}

FAILS: dict[str, set[str]] = {
    "first id only": {"batch-2", "batch-30", "gone-in-batch", "names"},
    "trusts order": {"updates-swapped"},
    "parses the body as a record": {"answers", "type-activity_log", *TYPES, *BATCHES, *ORDER},
    "ignores deletes": {*TYPES, *BATCHES, "late", "again", "concurrent"},
    "crashes on empty updated_attributes": {"answers", "empty-attributes", "absent-attributes", *TYPES, *BATCHES},
    "no secret check": {"secret-missing", "secret-wrong"},
    "loses a batch on one bad record": {"gone-in-batch"},
    "echo loop": {"echo", "answers", *TYPES, *BATCHES},
}
"""The rows that each bug must fail."""

AT_MOST: dict[str, set[str]] = {
    "first id only": FAILS["first id only"],
    "trusts order": FAILS["trusts order"] | {"concurrent"},
    "no secret check": FAILS["no secret check"],
    "loses a batch on one bad record": FAILS["loses a batch on one bad record"],
}
"""For narrow bugs: the only rows that they may fail."""


def checked(name: str, *, with_state: bool = True, skip: str | None = LONG) -> Report:
    # The tests read the report after the account has ended.
    with Emulator(strict=False) as copper:
        app = sample(name, api_url=copper.api_url, headers=copper.headers, secret="s3cret")
        with served(app) as url:
            state = state_of(url) if with_state else None
            return copper.check(url, secret={"key": "s3cret"}, state=state, skip=skip)


def failed(report: Report) -> set[str]:
    return {row.name for row in report.failed}


def test_the_right_one_passes_every_row() -> None:
    report = checked("right", skip=None)

    assert report.ok, report
    assert [row.name for row in report.rows] == check_names()
    # It fetches before it answers, which is fine until 30 ids meet a slow API.
    verdicts = {row.name: str(row.verdict) for row in report.rows if str(row.verdict) != "passed"}
    assert verdicts == {"slow-fetch": "warned"}
    assert not any(row.by_answers for row in report.rows)


def test_the_table_has_all_that_are_wrong() -> None:
    assert {*FAILS, "right"} == set(SAMPLES)


@pytest.mark.parametrize("name", FAILS)
def test_each_bug_fails_the_rows_that_are_about_it(name: str) -> None:
    report = checked(name)

    assert failed(report) >= FAILS[name], report
    assert failed(report) <= AT_MOST.get(name, set(check_names())), report
    assert all(row.evidence and row.advice for row in report.failed)


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("no secret check", {"secret-missing", "secret-wrong"}),
        ("crashes on empty updated_attributes", FAILS["crashes on empty updated_attributes"]),
        ("echo loop", {"echo"}),
        ("first id only", set()),
        ("trusts order", set()),
    ],
)
def test_without_a_state_only_what_answers_tell_is_found_and_the_report_says_so(name: str, rows: set[str]) -> None:
    report = checked(name, with_state=False)

    assert failed(report) >= rows
    assert bool(failed(report)) is bool(rows)
    assert any("only answers were judged" in note for note in report.notes)


def test_in_process_it_is_the_same() -> None:
    with Emulator(strict=False) as copper:
        right = sample("right", client=InProcess(copper), secret="s3cret")
        wrong = sample("first id only", client=InProcess(copper), secret="s3cret")
        copper.route("https://right.example", to=right, kind="wsgi")
        copper.route("https://wrong.example", to=wrong, kind="wsgi")
        secret = {"key": "s3cret"}

        assert copper.check("https://right.example/hook", secret=secret, state=lambda: right.copy).ok
        report = copper.check("https://wrong.example/hook", secret=secret, state=lambda: wrong.copy, skip=LONG)

    assert failed(report) == FAILS["first id only"]
