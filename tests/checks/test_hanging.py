"""The row in which a call of the API is never answered: who gives up, who waits for ever, and whom that stops."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests
from flask import Flask, request

from copper_emulator import Copper, Emulator
from copper_emulator.checks import hanging
from copper_emulator.checks.report import RowReport
from tests.checks.served import served, state_of

WAITS_FOR_EVER = None


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real clients wait for half a minute; these know better."""
    monkeypatch.setattr(hanging, "LONGEST", 1.5)
    monkeypatch.setattr(hanging, "LULL", 0.5)


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator(strict=False, timeout="1s") as account:
        yield account


class Mirror:
    """An application that stores the names of people."""

    def __init__(self, copper: Copper, *, timeout: float | None, tries: int = 3) -> None:
        self.copper, self.timeout, self.tries = copper, timeout, tries
        self.people: dict[int, Any] = {}
        self.threads: list[threading.Thread] = []
        """In which notifications are answered."""
        self.app = Flask(__name__)
        self.app.before_request(lambda: self.threads.append(threading.current_thread()))
        self.app.add_url_rule("/hook", view_func=self.take, methods=["POST"])
        self.app.add_url_rule("/state", view_func=lambda: {"person": self.people})

    def take(self) -> tuple[str, int]:
        fetched = [self.fetch(each) for each in request.get_json()["ids"]]
        return "", 200 if all(fetched) else 500

    def fetch(self, record_id: int) -> bool:
        for _ in range(self.tries):
            try:
                url = f"{self.copper.api_url}/people/{record_id}"
                answer = requests.get(url, headers=self.copper.headers, timeout=self.timeout)
            except requests.RequestException:
                continue
            if answer.status_code == 404:
                self.people.pop(record_id, None)
                return True
            if answer.ok:
                self.people[record_id] = {"name": answer.json()["name"]}
                return True
        return False


class Queued(Mirror):
    """Answers first; a single worker fetches."""

    def __init__(self, copper: Copper, *, timeout: float | None, tries: int = 3) -> None:
        super().__init__(copper, timeout=timeout, tries=tries)
        self._work: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work_on)

    def take(self) -> tuple[str, int]:
        for each in request.get_json()["ids"]:
            self._work.put(each)
        return "", 202

    def _work_on(self) -> None:
        while (record_id := self._work.get()) is not None:
            self.fetch(record_id)

    def __enter__(self) -> Queued:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._work.put(None)
        self._thread.join()


class OneLock(Mirror):
    """Handles one at a time, and answers afterwards."""

    def __init__(self, copper: Copper, *, timeout: float | None, tries: int = 3) -> None:
        super().__init__(copper, timeout=timeout, tries=tries)
        self._lock = threading.Lock()

    def fetch(self, record_id: int) -> bool:
        with self._lock:
            return super().fetch(record_id)


def row_of(
    copper: Copper, make: Callable[..., Mirror], *, timeout: float | None, tries: int = 3, looks: bool = True
) -> RowReport:
    """The row, played against an application that is served."""
    mirror = make(copper, timeout=timeout, tries=tries)
    with ExitStack() as stack:
        if isinstance(mirror, Queued):
            stack.enter_context(mirror)
        url = stack.enter_context(served(mirror.app))
        patience = "2s" if isinstance(mirror, Queued) else "0s"
        state = state_of(url.replace("/hook", "/state")) if looks else None
        report = copper.check(url, only="api-hangs", types="person", no_secret=True, patience=patience, state=state)
    for thread in mirror.threads:
        thread.join()
    return report["api-hangs"]


@pytest.mark.parametrize("make", [Mirror, Queued, OneLock])
@pytest.mark.parametrize("looks", [True, False], ids=["with its state", "by its answers"])
def test_who_gives_up_and_tries_again_passes(copper: Copper, make: type[Mirror], *, looks: bool) -> None:
    row = row_of(copper, make, timeout=0.5, looks=looks)

    assert str(row.verdict) == "passed", row
    assert row.evidence.startswith("it gave up a call that got no answer after ")
    assert ("3 records as Copper has them" in row.evidence) is looks


def test_a_worker_that_waits_for_ever_is_found(copper: Copper) -> None:
    row = row_of(copper, Queued, timeout=WAITS_FOR_EVER)

    assert str(row.verdict) == "failed", row
    assert row.evidence.startswith("a call that got no answer was not given up in 1.5 s; while a call got no answer: ")
    assert row.evidence.count("is missing from the state") == 1
    assert row.advice.startswith("Give each call of the API a timeout")


def test_without_a_state_it_shows_in_that_nothing_is_fetched_any_more(copper: Copper) -> None:
    row = row_of(copper, Queued, timeout=WAITS_FOR_EVER, looks=False)

    assert str(row.verdict) == "failed", row
    assert row.evidence.endswith("; the next record was not fetched")


@pytest.mark.parametrize("looks", [True, False], ids=["with its state", "by its answers"])
def test_a_lock_that_is_held_during_the_call_is_found(copper: Copper, *, looks: bool) -> None:
    row = row_of(copper, OneLock, timeout=WAITS_FOR_EVER, looks=looks)

    assert str(row.verdict) == "failed", row
    assert row.evidence.startswith("a call that got no answer was not given up in 1.5 s; ")


def test_a_thread_that_waits_for_ever_while_others_go_on_is_a_warning(copper: Copper) -> None:
    row = row_of(copper, Mirror, timeout=WAITS_FOR_EVER)

    assert str(row.verdict) == "warned", row
    assert row.evidence.startswith("a call that got no answer was not given up in 1.5 s; ")
    assert row.advice.startswith("Give each call of the API a timeout")


@pytest.mark.parametrize("make", [Mirror, Queued])
def test_who_gives_up_and_drops_it_is_warned(copper: Copper, make: type[Mirror]) -> None:
    row = row_of(copper, make, timeout=0.5, tries=1)

    assert str(row.verdict) == "warned", row
    assert row.evidence.startswith("it gave up a call that got no answer after ")


def test_who_calls_nothing_is_not_tried(copper: Copper) -> None:
    row = row_of(copper, Mirror, timeout=0.5, tries=0, looks=False)
    assert str(row.verdict) == "failed"

    app = Flask(__name__)
    app.add_url_rule("/hook", view_func=lambda: "", methods=["POST"])
    with served(app) as url:
        row = copper.check(url, only="api-hangs", types="person", no_secret=True)["api-hangs"]

    assert str(row.verdict) == "skipped"
    assert row.evidence == "the API was not called meanwhile with its token"


def test_in_this_process_it_would_stop_the_check(copper: Copper) -> None:
    mirror = Mirror(copper, timeout=WAITS_FOR_EVER)
    copper.route("https://app.example", mirror.app)

    row = copper.check("https://app.example/hook", only="api-hangs", types="person", no_secret=True)["api-hangs"]

    assert str(row.verdict) == "skipped"
    assert "in this process" in row.evidence
    assert row.advice == "To have it tried, serve the endpoint and check its URL."


def test_what_waits_does_not_hold_up_the_next_row(copper: Copper) -> None:
    """A worker that waits for ever is freed with the row."""
    mirror = Queued(copper, timeout=WAITS_FOR_EVER)
    with mirror, served(mirror.app) as url:
        report = copper.check(
            url,
            only="api-hangs,gone-in-batch",
            types="person",
            no_secret=True,
            patience="2s",
            state=state_of(url.replace("/hook", "/state")),
        )

    assert [str(row.verdict) for row in report.rows] == ["failed", "passed"], report


def test_whose_state_is_wrong_anyway_nothing_is_waited_for(copper: Copper) -> None:
    """It would have to wait in vain for longer than the check is given."""
    mirror = Mirror(copper, timeout=WAITS_FOR_EVER)
    with served(mirror.app) as url:
        report = copper.check(url, only="api-hangs", types="person", no_secret=True, state=lambda: {"person": []})

    assert "is missing from the state" in report["api-hangs"].evidence
    assert str(report["api-hangs"].verdict) == "failed"
    assert len(mirror.threads) == 1
