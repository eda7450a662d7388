"""The row in which a fetch is answered after a later one, for served endpoints that fetch before they answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from flask import Flask, request

from copper_emulator import Copper, Emulator
from copper_emulator.checks import overtaking
from copper_emulator.checks.report import RowReport
from tests.checks.served import served, state_of

OVERTOOK = "an answer of the API overtook an earlier one; "
WAITED = "while a fetch was under way, it did not begin another; "


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator(strict=False) as account:
        yield account


class Mirror:
    """Stores people as they were fetched, whichever answer comes last."""

    def __init__(self, copper: Copper) -> None:
        self.copper = copper
        self.people: dict[int, Any] = {}
        self.bodies: list[dict[str, Any]] = []
        self.app = Flask(__name__)
        self.app.add_url_rule("/hook", view_func=self.take, methods=["POST"])
        self.app.add_url_rule("/state", view_func=lambda: {"person": self.people})

    def take(self) -> tuple[str, int]:
        told = request.get_json()
        self.bodies.append(told)
        self.handle(told)
        return "", 204

    def handle(self, told: dict[str, Any]) -> None:
        for each in told["ids"]:
            self.store(each, self.fetch(each), told)

    def fetch(self, record_id: int) -> Any:
        url = f"{self.copper.api_url}/people/{record_id}"
        return requests.get(url, headers=self.copper.headers, timeout=10).json()

    def store(self, record_id: int, record: Any, told: dict[str, Any]) -> None:
        self.people[record_id] = record


class KeepsTheNewer(Mirror):
    def store(self, record_id: int, record: Any, told: dict[str, Any]) -> None:
        if self.people.get(record_id, record)["date_modified"] <= record["date_modified"]:
            self.people[record_id] = record


class KeepsWhatWasToldLater(Mirror):
    """By the notification's time."""

    def __init__(self, copper: Copper) -> None:
        super().__init__(copper)
        self.told: dict[int, str] = {}

    def store(self, record_id: int, record: Any, told: dict[str, Any]) -> None:
        if self.told.get(record_id, "") <= told["timestamp"]:
            self.people[record_id], self.told[record_id] = record, told["timestamp"]


class OneAtATime(Mirror):
    def __init__(self, copper: Copper) -> None:
        super().__init__(copper)
        self.lock = threading.Lock()

    def handle(self, told: dict[str, Any]) -> None:
        with self.lock:
            super().handle(told)


def row_of(copper: Copper, mirror: Mirror, url: str) -> RowReport:
    state = state_of(url.replace("/hook", "/state"))
    return copper.check(url, only="overtaken", types="person", no_secret=True, state=state)["overtaken"]


@pytest.mark.parametrize(
    ("make", "verdict", "came"),
    [
        (Mirror, "failed", OVERTOOK),
        (KeepsTheNewer, "passed", OVERTOOK),
        (KeepsWhatWasToldLater, "passed", OVERTOOK),
        (OneAtATime, "passed", WAITED),
    ],
)
def test_two_threads_may_fetch_at_the_same_time(
    copper: Copper, make: Callable[[Copper], Mirror], verdict: str, came: str
) -> None:
    mirror = make(copper)
    with served(mirror.app) as url:
        row = row_of(copper, mirror, url)

    assert str(row.verdict) == verdict, row
    assert row.evidence.startswith(came)
    assert verdict == "passed" or row.advice == overtaking.ADVICE
    *_, first, second = mirror.bodies
    before, after = second["updated_attributes"]["name"]
    assert first["updated_attributes"]["name"][1] == before
    assert first["timestamp"] < second["timestamp"]
    assert first.keys() == mirror.bodies[1].keys()
    assert first["subscription_id"] == mirror.bodies[1]["subscription_id"]
    assert (mirror.people[first["ids"][0]]["name"] == after) is (verdict == "passed")


def test_a_single_thread_fetches_one_after_the_other(copper: Copper) -> None:
    mirror = Mirror(copper)
    with served(mirror.app, in_threads=False) as url:
        row = row_of(copper, mirror, url)

    assert str(row.verdict) == "passed", row
    assert row.evidence.startswith(WAITED)


class FetchesLate(Mirror):
    """Fetches when it is told of something else, or a little later."""

    def __init__(self, copper: Copper) -> None:
        super().__init__(copper)
        self.heard = threading.Event()
        self.order: list[str] = []

    def handle(self, told: dict[str, Any]) -> None:
        name = str(told["updated_attributes"].get("name", ["", "new"])[1])
        self.order.append(f"told of {name}")
        self.heard.set()
        self.heard = heard = threading.Event()
        heard.wait(0.2)
        self.order.append(f"fetches {name}")
        super().handle(told)


def test_it_is_told_of_the_second_change_only_once_it_has_fetched_for_the_first(copper: Copper) -> None:
    """Copper could not have told of it before: the fetch would have seen it."""
    mirror = FetchesLate(copper)
    with served(mirror.app) as url:
        row_of(copper, mirror, url)

    *_, first, second = mirror.bodies
    before, after = second["updated_attributes"]["name"]
    assert mirror.order[-4:] == [f"told of {before}", f"fetches {before}", f"told of {after}", f"fetches {after}"]
    assert first["updated_attributes"]["name"][1] == before
