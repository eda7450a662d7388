"""What time is it for a checked endpoint? Nothing comes from the future, and what should be late is late for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from freezegun import freeze_time

from copper_emulator import Emulator, Received, Report
from tests.checks.served import served, state_of
from tests.machine.samples import sample

TARGET = "https://app.example/hook"
LATE_ROWS = {"late", "update-before-new", "delete-before-update", "delete-before-new", "updates-swapped"}
MOST = timedelta(minutes=15)
READING = timedelta(minutes=2)
"""How long a row may take in real time, during which its own clock is frozen."""


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the endpoint's own clock is what is tested


def age(request: Received) -> timedelta:
    """How old a notification is by the receiver's clock."""
    return now() - datetime.fromisoformat(request.json["timestamp"])


def checked(answer: Callable[[Received], object], **options: Any) -> Report:
    with Emulator(strict=False) as copper:
        copper.route("https://app.example", to=answer)
        return copper.check(TARGET, no_secret=True, **options)


def refusing_after(most: timedelta) -> Callable[[Received], int]:
    def hook(request: Received) -> int:
        return 401 if age(request) > most else 200

    return hook


def test_nothing_comes_from_the_future_and_nothing_is_older_than_copper_may_be_late() -> None:
    ages: list[timedelta] = []
    report = checked(lambda request: ages.append(age(request)))

    assert not report.failed
    assert min(ages) > timedelta(0)
    assert max(ages) < MOST + READING


def test_nor_does_anything_in_the_rows_that_are_only_for_endpoints_that_are_served() -> None:
    ages: list[timedelta] = []
    with Emulator(strict=False) as copper:
        right = sample("right", api_url=copper.api_url, headers=copper.headers)

        def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
            if environ["REQUEST_METHOD"] == "POST":
                body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
                ages.append(now() - datetime.fromisoformat(json.loads(body)["timestamp"]))
                environ["wsgi.input"] = BytesIO(body)
            return right(environ, start_response)

        with served(app) as url:
            only = "api-hangs,overtaken"
            report = copper.check(url, only=only, secret={"key": "s3cret"}, types="person", state=state_of(url))

    assert [str(row.verdict) for row in report.rows] == ["passed", "passed"], report
    assert min(ages) > timedelta(0)


def test_who_refuses_what_is_old_by_its_own_clock_is_found_out() -> None:
    report = checked(refusing_after(timedelta(minutes=5)), skip="burst")

    assert {row.name for row in report.failed} == LATE_ROWS
    assert "refuse nothing because its timestamp" in report["late"].advice
    assert "2 of 3 notifications not answered 2xx" in report["late"].evidence


def test_who_takes_what_may_be_late_passes() -> None:
    assert checked(refusing_after(MOST + READING), only=LATE_ROWS).ok


def test_a_row_alone_says_that_it_may_be_the_age() -> None:
    advice = checked(refusing_after(timedelta(minutes=5)), only="updates-swapped")["updates-swapped"].advice

    assert advice.endswith("Or it refuses old timestamps: Copper may take 15 minutes.")


def test_who_has_believed_before_is_not_told_of_its_secret() -> None:
    advice = checked(refusing_after(timedelta(minutes=5)), only="answers,updates-swapped")["updates-swapped"].advice

    assert "secret" not in advice


def test_the_tests_own_clock_stays_where_it_is() -> None:
    with Emulator() as copper:
        copper.route("https://app.example", to=lambda request: 200)
        before = copper.now
        copper.check(TARGET, no_secret=True, only="late")

        assert copper.now == before


@pytest.mark.parametrize(("most", "fails"), [(14, LATE_ROWS), (15, set())])
def test_where_time_is_frozen_the_endpoint_sees_it_pass(most: int, fails: set[str]) -> None:
    with freeze_time("2026-03-02 09:00"):
        report = checked(refusing_after(timedelta(minutes=most)), skip="burst")

        assert {row.name for row in report.failed} == fails
        assert now() > datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
