"""Endpoints of this process that work in a thread after they have answered: what the check says of them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from copper_emulator import Copper, Emulator, Received, Report
from copper_emulator.checks import echo

TARGET = "https://app.example/hook"
NOTE = "the endpoint works on after its answer, and was judged before it was done"


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator(strict=False) as account:
        yield account


def checked(copper: Copper, hook: Callable[[Received], object], **options: Any) -> Report:
    copper.route("https://app.example", to=hook)
    return copper.check(TARGET, no_secret=True, types="person", **options)


def fetch(copper: Copper, record: int) -> None:
    requests.get(f"{copper.api_url}/people/{record}", headers=copper.headers, timeout=10)


def one_behind(copper: Copper) -> Callable[[Received], object]:
    """It fetches what it was told of when it is told of something else."""
    told: list[int] = []

    def hook(request: Received) -> int:
        earlier, told[:] = list(told), request.json["ids"]
        for record in set(earlier) - set(told):
            fetch(copper, record)
        return 200

    return hook


def late_notes(report: Report) -> list[str]:
    return [note for note in report.notes if NOTE in note]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("answers,batch-1", "1 call of the API came after the end of its row (answers)"),
        ("answers,batch-2,again", "3 calls of the API came after the end of their rows (answers, batch-2)"),
    ],
)
def test_calls_that_come_after_the_end_of_their_row_are_told(copper: Copper, rows: str, told: str) -> None:
    report = checked(copper, one_behind(copper), only=rows)

    assert late_notes(report) == [
        f"{told}: {NOTE}; give the check its state and patience (patience='2s'), or wait for that "
        "work in a hook, copper.after_delivery(...)"
    ]


def test_of_many_rows_with_such_calls_a_few_are_named(copper: Copper) -> None:
    rows = "answers,batch-1,late,again,unknown-keys,same-second"

    [note] = late_notes(checked(copper, one_behind(copper), only=rows))

    assert note.startswith("5 calls of the API came after the end of their rows (answers, batch-1, late and 2 more): ")


def test_who_fetches_before_it_answers_is_told_nothing(copper: Copper) -> None:
    def hook(request: Received) -> int:
        for record in request.json["ids"]:
            fetch(copper, record)
        return 200

    assert not late_notes(checked(copper, hook, only="answers,batch-2,echo"))


def test_with_a_state_and_patience_a_row_may_end_before_the_work(copper: Copper) -> None:
    known: set[int] = set()
    behind = one_behind(copper)

    def hook(request: Received) -> object:
        known.update(request.json["ids"])
        return behind(request)

    report = checked(copper, hook, only="answers,unknown-keys", state=lambda: {"person": list(known)}, patience="2s")

    assert not late_notes(report)


def test_work_that_a_hook_waits_for_belongs_to_its_row(copper: Copper) -> None:
    with Worker(copper) as tasks:
        copper.after_delivery(lambda _: tasks.join())

        def hook(request: Received) -> int:
            for record in request.json["ids"]:
                tasks.put(record)
            return 200

        assert not late_notes(checked(copper, hook, only="answers,batch-2"))


def test_an_echo_of_work_after_the_answer_is_found_without_patience(
    copper: Copper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(echo, "_BEGINS", 30.0)
    monkeypatch.setattr(echo, "_GOES_ON", 30.0)
    numbers = iter(range(1_000_000))

    def write(record: int) -> None:
        url = f"{copper.api_url}/people/{record}"
        requests.put(url, headers=copper.headers, json={"name": f"N{next(numbers)}"}, timeout=10)

    with ThreadPoolExecutor() as pool:

        def hook(request: Received) -> int:
            for record in request.json["ids"]:
                pool.submit(write, record)
            return 200

        row = checked(copper, hook, only="echo")["echo"]

    assert (row.verdict, row.advice) == ("failed", echo.ECHO)
    assert "it changed the record" in row.evidence


class Worker:
    """A thread that fetches what is put into its queue."""

    def __init__(self, copper: Copper) -> None:
        self._copper = copper
        self._tasks: queue.Queue[int | None] = queue.Queue()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> queue.Queue[int | None]:
        self._thread.start()
        return self._tasks

    def __exit__(self, *_: object) -> None:
        self._tasks.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (record := self._tasks.get()) is not None:
            fetch(self._copper, record)
            self._tasks.task_done()


def test_what_is_still_fetched_of_an_earlier_row_is_no_call_of_the_next(copper: Copper) -> None:
    """It is not slow, it is not counted, and it does not use up the refusals that are meant for others."""
    known: set[int] = set()
    heard: list[list[int]] = []

    def hook(request: Received) -> int:
        ids = request.json["ids"]
        heard.append(ids)
        for each in heard[-2:-1]:
            fetch(copper, each[0])
        # One call for all of them.
        answer = requests.post(f"{copper.api_url}/people/search", json={"ids": ids}, headers=copper.headers, timeout=10)
        known.update(each["id"] for each in answer.json()) if answer.ok else None
        return 200

    rows = "answers,slow-fetch,api-down-once"
    report = checked(copper, hook, only=rows, state=lambda: {"person": list(known)})

    assert str(report["answers"].verdict) == "passed"
    assert report["slow-fetch"].evidence.startswith("1 call of the API, each taking 2.0 s; "), report
    assert report["slow-fetch"].evidence.endswith("; fewer calls than ids")
    assert "meanwhile the API refused POST /developer_api/v1/people/search: 503 " in report["api-down-once"].evidence
