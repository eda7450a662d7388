"""The log of the API's calls: what is kept of each, and how many."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from copper_emulator.core.call_log import KEPT, ApiCall, CallLog
from tests.core.builders import START


def test_a_call_has_no_status_until_it_is_answered() -> None:
    log = CallLog()
    noted = log.note("GET", "/developer_api/v1/people/17", START, None)
    [before] = log.calls()
    noted.status = 200
    [after] = log.calls()

    assert (before.status, str(before)) == (None, "GET /people/17 -> no answer")
    assert (after.status, str(after), repr(after)) == (200, "GET /people/17 -> 200", "GET /people/17 -> 200")


def test_calls_are_in_the_order_in_which_they_arrived() -> None:
    log = CallLog()
    first = log.note("GET", "/developer_api/v1/people/17", START, 3)
    second = log.note("POST", "/developer_api/v1/people/search", START + 1, None)
    second.status, first.status = 200, 404

    assert log.calls() == [
        ApiCall(1, "GET", "/people/17", 404, START, 3),
        ApiCall(2, "POST", "/people/search", 200, START + 1),
    ]


def test_a_moment_is_told_in_utc() -> None:
    assert ApiCall(1, "GET", "/account", 200, 1_772_442_000_000).at == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_only_the_latest_are_kept_under_their_own_numbers() -> None:
    log = CallLog()
    for each in range(1, KEPT + 3):
        log.note("GET", f"/developer_api/v1/people/{each}", START, None)

    calls = log.calls()
    assert (len(calls), log.total) == (10_000, 10_002)
    assert [(calls[place].number, calls[place].path) for place in (0, -1)] == [
        (3, "/people/3"),
        (10_002, "/people/10002"),
    ]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("/developer_api/v1/people/search?name=Ada%20L&page_size=2", "/people/search?name=Ada%20L&page_size=2"),
        ("/developer_api/v1/people/17/", "/people/17/"),
        ("/developer_api/v1", "/"),
        ("/developer_api/v1?x=1", "?x=1"),
        ("/developer_api/v10/people", "/developer_api/v10/people"),
        ("/v1/developer_api/v1/people", "/v1/developer_api/v1/people"),
        ("https://api.copper.com/developer_api/v1/people/17", "/people/17"),
        ("http://127.0.0.1:2929/people", "/people"),
        ("/developer_api/v1/people/\udcff", r"/people/\udcff"),
        ("/developer_api/v1/people/ä", "/people/ä"),
    ],
)
def test_a_path_begins_after_the_base_and_is_as_it_was_sent(sent: str, shown: str) -> None:
    log = CallLog()
    log.note("GET", sent, START, None)

    assert [call.path for call in log.calls()] == [shown]
