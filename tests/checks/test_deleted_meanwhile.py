"""The row in which a record is deleted while a fetch of it is under way: who brings it back, and who does not."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import pytest
import requests
from flask import Flask, request

from copper_emulator import Copper, Emulator, Received
from copper_emulator.checks import overtaking
from copper_emulator.checks.report import RowReport
from tests.checks.served import served, state_of

TARGET = "https://app.example/hook"
ROW = "deleted-meanwhile"
TOLD = "it was told of the `delete` while a fetch of the record was under way"
REMOVED = f"{TOLD}, and removed it before that was answered; "


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator(strict=False) as account:
        yield account


class Mirror:
    """Fetches one record after the other; what is deleted is removed at once, whatever is under way."""

    def __init__(self, copper: Copper) -> None:
        self.copper = copper
        self.people: dict[int, Any] = {}
        self.lock = threading.Lock()

    def handle(self, told: dict[str, Any]) -> None:
        for each in told["ids"]:
            if told["event"] == "delete":
                self.remove(each)
            else:
                with self.lock:
                    self.fetch(each)

    def fetch(self, record_id: int) -> None:
        url = f"{self.copper.api_url}/people/{record_id}"
        answer = requests.get(url, headers=self.copper.headers, timeout=10)
        if answer.ok:
            self.store(record_id, answer.json())
        else:
            self.people.pop(record_id, None)

    def store(self, record_id: int, record: Any) -> None:
        self.people[record_id] = record

    def remove(self, record_id: int) -> None:
        self.people.pop(record_id, None)


class RemovesInTurn(Mirror):
    def remove(self, record_id: int) -> None:
        with self.lock:
            super().remove(record_id)


class FetchesToRemove(Mirror):
    """A `delete` is one more reason to fetch, in turn."""

    def remove(self, record_id: int) -> None:
        with self.lock:
            self.fetch(record_id)


class RemembersTheDeleted(Mirror):
    def __init__(self, copper: Copper) -> None:
        super().__init__(copper)
        self.gone: set[int] = set()

    def store(self, record_id: int, record: Any) -> None:
        if record_id not in self.gone:
            super().store(record_id, record)

    def remove(self, record_id: int) -> None:
        self.gone.add(record_id)
        super().remove(record_id)


MAKERS = [
    (Mirror, "failed", REMOVED),
    (RemovesInTurn, "passed", f"{TOLD}; "),
    (FetchesToRemove, "passed", f"{TOLD}; "),
    (RemembersTheDeleted, "passed", REMOVED),
]


def judge(row: RowReport, verdict: str, came: str) -> None:
    assert str(row.verdict) == verdict, row
    assert row.evidence.startswith(came), row
    if verdict == "failed":
        assert "is in the state, but not at Copper" in row.evidence
        assert row.advice == overtaking.DELETE_WAITS
    else:
        assert row.evidence.endswith("1 record as Copper has it")


@pytest.mark.parametrize(("make", "verdict", "came"), MAKERS)
def test_who_works_after_its_answer(copper: Copper, make: Callable[[Copper], Mirror], verdict: str, came: str) -> None:
    mirror = make(copper)
    begun: list[threading.Thread] = []

    def hook(received: Received) -> int:
        begun.append(threading.Thread(target=mirror.handle, args=(received.json,)))
        begun[-1].start()
        return 202

    copper.route("https://app.example", to=hook)
    state: dict[str, Any] = {"state": lambda: {"person": dict(mirror.people)}, "patience": "2s"}
    row = copper.check(TARGET, only=ROW, types="person", no_secret=True, **state)[ROW]
    for thread in begun:
        thread.join()

    judge(row, verdict, came)


@pytest.mark.parametrize(("make", "verdict", "_came"), MAKERS)
def test_who_fetches_before_it_answers(
    copper: Copper, make: Callable[[Copper], Mirror], verdict: str, _came: str
) -> None:
    mirror = make(copper)
    app = Flask(__name__)

    @app.post("/hook")
    def take() -> tuple[str, int]:
        mirror.handle(request.get_json())
        return "", 204

    app.add_url_rule("/state", view_func=lambda: {"person": mirror.people})
    with served(app) as url:
        state = state_of(url.replace("/hook", "/state"))
        row = copper.check(url, only=ROW, types="person", no_secret=True, state=state)[ROW]

    judge(row, verdict, TOLD)


@pytest.mark.parametrize("remembers", [False, True])
def test_who_works_in_tasks(copper: Copper, *, remembers: bool) -> None:
    people: dict[int, Any] = {}
    gone: set[int] = set()
    begun: set[asyncio.Task[None]] = set()

    async def fetch(record_id: int) -> None:
        url = f"{copper.api_url}/people/{record_id}"
        async with aiohttp.ClientSession(headers=copper.headers) as client, client.get(url) as answer:
            record = await answer.json()
        if record_id not in gone:
            people[record_id] = record

    async def hook(received: Received) -> int:
        [each] = received.json["ids"]
        if received.json["event"] == "delete":
            people.pop(each, None)
            gone.update([each] if remembers else [])
        else:
            begun.add(asyncio.create_task(fetch(each)))
        return 202

    copper.route("https://app.example", to=hook)
    row = copper.check(TARGET, only=ROW, types="person", no_secret=True, state=lambda: {"person": people})[ROW]

    judge(row, "passed" if remembers else "failed", REMOVED)


def test_in_this_process_it_is_not_played_for_who_fetches_before_it_answers_and_that_is_no_proof(
    copper: Copper,
) -> None:
    mirror = Mirror(copper)
    copper.route("https://app.example", to=lambda received: mirror.handle(received.json))
    state: dict[str, Any] = {"state": lambda: {"person": mirror.people}}
    row = copper.check(TARGET, only=ROW, types="person", no_secret=True, **state)[ROW]

    assert str(row.verdict) == "skipped"
    assert row.evidence.endswith("Copper need not wait for it, so a `delete` may still overtake a fetch")
    assert row.advice == overtaking.DELETE_WAITS
