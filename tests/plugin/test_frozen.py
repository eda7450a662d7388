"""Tests that freeze time: the account follows, moves frozen time along, and nothing hangs."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Inner

HEAD = """
import time
from datetime import UTC, datetime, timedelta
from urllib.request import Request, urlopen

import pytest

seen = []

def endpoint(request):
    seen.append(datetime.now(UTC).isoformat())
    return 200

def check(copper):
    assert copper.now.isoformat() == "2026-02-03T04:05:06+00:00"
    copper.route("https://billing.example.com", to=endpoint)
    copper.subscribe("lead", "new", target="https://billing.example.com")
    copper.fire("lead", "new", ids=1)
    copper.advance(minutes=10)
    assert seen.pop() == "2026-02-03T04:05:36+00:00"
    assert datetime.now(UTC).isoformat() == copper.now.isoformat() == "2026-02-03T04:15:06+00:00"
    # The server's thread answers while time stands still.
    with urlopen(Request(copper.api_url + "/webhooks", headers=copper.headers), timeout=30) as answer:
        assert answer.status == 200

pytestmark = pytest.mark.copper(latency="30s")
"""


def test_freezegun_as_decorator_context_and_fixture(inner: Inner) -> None:
    """A decorator freezes after the fixtures are set up; the account starts at its first use."""
    pytest.importorskip("freezegun")
    inner.tests(
        HEAD
        + """
from freezegun import freeze_time

@freeze_time("2026-02-03 04:05:06")
def test_decorator(copper):
    check(copper)

def test_context(copper):
    with freeze_time("2026-02-03 04:05:06"):
        check(copper)

@pytest.fixture
def frozen():
    with freeze_time("2026-02-03 04:05:06") as frozen:
        yield frozen

def test_fixture_before(frozen, copper):
    check(copper)

def test_fixture_after(copper, frozen):
    check(copper)

def test_tick(frozen, copper):
    copper.fire("lead", "new", ids=1)
    frozen.tick(3600)
    copper.settle()
    assert copper.now.isoformat() == "2026-02-03T05:05:06+00:00"

@freeze_time("2026-02-03 04:05:06")
class TestClass:
    def test_method(self, copper):
        check(copper)

@freeze_time("2026-02-03 04:05:06")
def test_made(make_copper):
    with make_copper(latency="30s") as copper:
        check(copper)
"""
    )
    inner.run().assert_outcomes(passed=7)


def test_time_machine_as_decorator_and_fixture(inner: Inner) -> None:
    pytest.importorskip("time_machine")
    inner.tests(
        HEAD
        + """
import time_machine as machine

MOMENT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)

@machine.travel(MOMENT, tick=False)
def test_decorator(copper):
    check(copper)

def test_fixture(copper, time_machine):
    time_machine.move_to(MOMENT, tick=False)
    check(copper)
"""
    )
    inner.run().assert_outcomes(passed=2)


def test_a_verdict_and_its_report_in_frozen_time(inner: Inner) -> None:
    pytest.importorskip("freezegun")
    inner.tests(
        HEAD
        + """
from freezegun import freeze_time

@freeze_time("2026-02-03 04:05:06")
def test_one(copper):
    copper.subscribe("lead", "new", target="https://billing.example.com")
    copper.fire("lead", "new", ids=1)
    copper.advance(minutes=10)
"""
    )
    result = inner.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["- lead/new *: blocked*", "2026-02-03 04:05:06.000  change *", "2026-02-03 04:05:36.000    blocked *"]
    )


def test_an_asynchronous_test_in_frozen_time(inner: Inner) -> None:
    pytest.importorskip("freezegun")
    pytest.importorskip("pytest_asyncio")
    inner.tests(
        HEAD
        + """
from freezegun import freeze_time

@pytest.mark.asyncio
@freeze_time("2026-02-03 04:05:06")
async def test_one(copper_async):
    copper_async.route("https://billing.example.com", to=endpoint)
    copper_async.subscribe("lead", "new", target="https://billing.example.com")
    await copper_async.fire("lead", "new", ids=1)
    await copper_async.advance(minutes=10)
    assert seen.pop() == "2026-02-03T04:05:36+00:00"
    assert copper_async.now.isoformat() == "2026-02-03T04:15:06+00:00"
"""
    )
    inner.run().assert_outcomes(passed=1)
