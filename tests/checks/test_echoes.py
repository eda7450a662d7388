"""Echoes that go from a person to its company and back: which are found, and which writes are right."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from copper_emulator import Copper, Emulator, Received
from copper_emulator.checks import echo
from copper_emulator.checks.report import RowReport

TARGET = "https://app.example/hook"
PLURALS = {"person": "people", "company": "companies"}


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator(strict=False) as account:
        yield account


class Writing:
    """Keeps people and companies, and writes to the one when the other has changed."""

    def __init__(self, copper: Copper) -> None:
        self.copper = copper
        self.known: dict[str, dict[int, Any]] = {"person": {}, "company": {}}
        self.lock = threading.Lock()
        self.numbers = iter(range(1_000_000))

    def handle(self, told: dict[str, Any]) -> None:
        kind = told["type"]
        for each in told["ids"]:
            with self.lock:
                answer = self.call("GET", kind, each)
                if answer.ok:
                    self.known[kind][each] = answer.json()
            if told["event"] == "update":
                self.changed(kind, each)

    def call(self, method: str, kind: str, record_id: int, body: Any = None) -> requests.Response:
        url = f"{self.copper.api_url}/{PLURALS[kind]}/{record_id}"
        return requests.request(method, url, headers=self.copper.headers, json=body, timeout=10)

    def changed(self, kind: str, record_id: int) -> None:
        if kind == "company":
            for person in [one for one, it in self.known["person"].items() if it["company_id"] == record_id]:
                self.write("person", person, self.note(kind, record_id))
        elif company := self.known["person"][record_id]["company_id"]:
            self.write("company", company, self.note(kind, record_id))

    def note(self, kind: str, record_id: int) -> str:
        return f"{kind} changed, {next(self.numbers)}"

    def write(self, kind: str, record_id: int, details: str) -> None:
        self.call("PUT", kind, record_id, {"details": details})


class OneWay(Writing):
    def changed(self, kind: str, record_id: int) -> None:
        if kind == "person":
            super().changed(kind, record_id)


class OnlyWhatDiffers(Writing):
    """Each has the other's name in its details."""

    def note(self, kind: str, record_id: int) -> str:
        return f"with {self.known[kind][record_id]['name']}"

    def write(self, kind: str, record_id: int, details: str) -> None:
        if self.known[kind][record_id]["details"] != details:
            super().write(kind, record_id, details)


def played(copper: Copper, app: Writing, hook: Callable[[dict[str, Any]], object], types: str, **how: Any) -> RowReport:
    def take(received: Received) -> int:
        hook(received.json)
        return 200

    copper.route("https://app.example", to=take)
    return copper.check(TARGET, only="echo", types=types, no_secret=True, state=lambda: app.known, **how)["echo"]


@pytest.mark.parametrize(
    ("make", "verdict", "came"),
    [
        (Writing, "failed", "an endless echo: 6 deliveries in a row each made the endpoint change a record"),
        (OneWay, "passed", "it wrote back 1 time, then stopped; 6 notifications answered 2xx"),
        (OnlyWhatDiffers, "passed", "it wrote back 2 times, then stopped; 7 notifications answered 2xx"),
    ],
)
def test_what_it_writes_may_come_back_from_another_record(
    copper: Copper, make: Callable[[Copper], Writing], verdict: str, came: str
) -> None:
    app = make(copper)
    row = played(copper, app, app.handle, "person,company")

    assert str(row.verdict) == verdict, row
    assert row.evidence.startswith(came), row
    assert verdict == "passed" or row.advice == echo.ECHO


def test_who_writes_after_its_answers_is_found_too(copper: Copper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(echo, "_GOES_ON", 2.0)
    app = Writing(copper)
    with ThreadPoolExecutor() as pool:
        row = played(copper, app, lambda told: pool.submit(app.handle, told), "person,company", patience="2s")

    assert (str(row.verdict), row.advice) == ("failed", echo.ECHO)


@pytest.mark.parametrize("types", ["person", "person,lead"])
def test_without_companies_there_is_no_way_between(copper: Copper, types: str) -> None:
    app = Writing(copper)
    row = played(copper, app, app.handle, types)

    assert row.evidence.startswith("it wrote nothing back; 2 notifications answered 2xx"), row
