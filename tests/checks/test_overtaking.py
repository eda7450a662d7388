"""The row in which a fetch is answered after a later fetch: who is taken in, and who is not."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import pytest
import requests

from copper_emulator import AsyncCopper, AsyncEmulator, Copper, Delivery, Emulator, Received
from copper_emulator.checks import overtaking
from copper_emulator.checks.report import RowReport

TARGET = "https://app.example/hook"


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator(strict=False) as account:
        yield account


def played(copper: Copper, hook: Any, known: dict[int, Any], **options: Any) -> RowReport:
    copper.route("https://app.example", to=hook)
    chosen = {"state": lambda: {"person": known}, "patience": "2s", **options}
    return copper.check(TARGET, only="overtaken", types="person", no_secret=True, **chosen)["overtaken"]


def fetch(copper: Copper, known: dict[int, Any], ids: list[int]) -> None:
    for each in ids:
        known[each] = requests.get(f"{copper.api_url}/people/{each}", headers=copper.headers, timeout=10).json()


def in_threads(copper: Copper, known: dict[int, Any]) -> Callable[[Received], int]:
    """A thread for each notification: two fetches of one record may be under way."""

    def hook(request: Received) -> int:
        threading.Thread(target=fetch, args=(copper, known, request.json["ids"])).start()
        return 202

    return hook


def in_tasks(copper: Copper, known: dict[int, Any], *, keeps_the_newer: bool) -> Any:
    begun: set[asyncio.Task[None]] = set()

    async def work(ids: list[int]) -> None:
        async with aiohttp.ClientSession(headers=copper.headers) as client:
            for each in ids:
                async with client.get(f"{copper.api_url}/people/{each}") as answer:
                    record = await answer.json()
                if keeps_the_newer and known.get(each, record)["date_modified"] > record["date_modified"]:
                    continue
                known[each] = record

    async def hook(request: Received) -> int:
        begun.add(asyncio.create_task(work(request.json["ids"])))
        return 202

    return hook


@pytest.mark.parametrize("make", [in_threads, lambda *given: in_tasks(*given, keeps_the_newer=False)])
def test_who_stores_what_arrives_last_is_taken_in(copper: Copper, make: Callable[..., Any]) -> None:
    known: dict[int, Any] = {}
    row = played(copper, make(copper, known), known)

    assert str(row.verdict) == "failed"
    assert row.evidence.startswith("an answer of the API overtook an earlier one; person ")
    assert "name is 'Renamed " in row.evidence
    assert row.advice == overtaking.ADVICE


@pytest.mark.parametrize("event", ["new", "update"])
def test_what_is_still_fetched_of_an_earlier_row_is_not_held_against_it(copper: Copper, event: str) -> None:
    """Of a record that was told of four times, and is gone by then; at `update`, just before the fetch that is late."""
    known: dict[int, Any] = {}
    heard: list[int] = []
    statuses: list[int] = []

    def catch_up(event_now: str, ids: list[int]) -> None:
        if event_now == event and not statuses:
            url = f"{copper.api_url}/people/{heard[0]}"
            statuses.extend(requests.get(url, headers=copper.headers, timeout=10).status_code for _ in range(4))
        fetch(copper, known, ids)

    def hook(request: Received) -> int:
        told = request.json
        heard.extend(told["ids"])
        if told["ids"] == heard[:1]:
            fetch(copper, known, told["ids"])
        else:
            threading.Thread(target=catch_up, args=(told["event"], told["ids"])).start()
        return 202

    copper.route("https://app.example", to=hook)
    options: dict[str, Any] = {"state": lambda: {"person": dict(known)}, "patience": "2s"}
    report = copper.check(TARGET, only="same-second,overtaken", types="person", no_secret=True, **options)
    row = report["overtaken"]

    assert report["same-second"].ok
    assert statuses == [404] * 4
    assert row.evidence.startswith("an answer of the API overtook an earlier one; person "), row
    assert "the API refused" not in row.evidence
    assert row.advice == overtaking.ADVICE


@pytest.mark.parametrize("patience", ["2s", "0"])
def test_who_keeps_the_newer_is_not(copper: Copper, patience: str) -> None:
    known: dict[int, Any] = {}
    row = played(copper, in_tasks(copper, known, keeps_the_newer=True), known, patience=patience)

    assert str(row.verdict) == "passed", row
    assert row.evidence.startswith("an answer of the API overtook an earlier one; 3 notifications")


def test_who_works_on_one_at_a_time_is_not(copper: Copper) -> None:
    known: dict[int, Any] = {}
    waiting: queue.Queue[list[int]] = queue.Queue()

    def work() -> None:
        while ids := waiting.get():
            fetch(copper, known, ids)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        row = played(copper, lambda request: waiting.put(request.json["ids"]), known)
    finally:
        waiting.put([])
        worker.join()

    assert str(row.verdict) == "passed", row
    assert row.evidence.startswith("while a fetch was under way, it did not begin another; 3 notifications")


def test_a_hook_that_waits_for_the_work_hides_nothing(copper: Copper) -> None:
    """Without patience: the hook waits for every other row's work, and here only when the record has changed again."""
    known: dict[int, Any] = {}
    begun: list[threading.Thread] = []

    def hook(request: Received) -> int:
        begun.append(threading.Thread(target=fetch, args=(copper, known, request.json["ids"])))
        begun[-1].start()
        return 202

    def wait_for_work(_delivery: object) -> None:
        for thread in begun:
            thread.join()

    copper.after_delivery(wait_for_work)
    row = played(copper, hook, known, patience="0")

    assert str(row.verdict) == "failed", row
    assert row.evidence.startswith("an answer of the API overtook an earlier one; person ")


async def fetched_by_two_workers(copper: AsyncCopper) -> RowReport:
    known: dict[int, Any] = {}
    waiting: asyncio.Queue[list[int]] = asyncio.Queue()

    async def work() -> None:
        async with aiohttp.ClientSession(headers=copper.headers) as client:
            while ids := await waiting.get():
                for each in ids:
                    async with client.get(f"{copper.api_url}/people/{each}") as answer:
                        known[each] = await answer.json()
                waiting.task_done()

    async def hook(request: Received) -> int:
        waiting.put_nowait(request.json["ids"])
        return 202

    copper.route("https://app.example", to=hook)
    copper.after_delivery(lambda delivery: waiting.join())
    workers = [asyncio.create_task(work()) for _ in range(2)]
    chosen: dict[str, Any] = {"state": lambda: {"person": known}, "no_secret": True}
    report = await copper.check(TARGET, only="overtaken", types="person", **chosen)
    for _ in workers:
        waiting.put_nowait([])
    await asyncio.gather(*workers)
    return report["overtaken"]


@pytest.mark.asyncio
async def test_a_hook_that_is_awaited_hides_nothing() -> None:
    async with AsyncEmulator(strict=False) as copper:
        row = await fetched_by_two_workers(copper)

    assert str(row.verdict) == "failed", row
    assert row.evidence.startswith("an answer of the API overtook an earlier one; person ")


def test_work_that_a_hook_does_has_nothing_overtaken(copper: Copper) -> None:
    known: dict[int, Any] = {}
    waiting: list[list[int]] = []

    def do_work(_delivery: object) -> None:
        while waiting:
            fetch(copper, known, waiting.pop(0))

    copper.after_delivery(do_work)
    row = played(copper, lambda request: waiting.append(request.json["ids"]), known, patience="0")

    assert str(row.verdict) == "skipped"
    assert row.evidence == "it fetched nothing before the after_delivery hook ran, so nothing could be overtaken"


def test_who_fetches_nothing_has_nothing_overtaken_with_a_hook_either(copper: Copper) -> None:
    known: dict[int, Any] = {}
    copper.after_delivery(lambda delivery: None)
    row = played(copper, lambda request: known.update({each: {} for each in request.json["ids"]}), known)

    assert row.evidence == "it fetched nothing soon after the update, so nothing could be overtaken"


def test_hooks_that_were_held_back_do_not_run_after_a_row_that_ended_in_an_echo(copper: Copper) -> None:
    known: dict[int, Any] = {}
    seen: list[Delivery] = []
    begun: list[threading.Thread] = []

    def hook(request: Received) -> int:
        each = request.json["ids"][0]
        begun.append(threading.Thread(target=fetch, args=(copper, known, [each])))
        begun[-1].start()
        if request.json["event"] == "update":
            change = {"title": f"Dr {len(begun)}"}
            requests.put(f"{copper.api_url}/people/{each}", headers=copper.headers, json=change, timeout=10)
        return 202

    copper.after_delivery(seen.append)
    played(copper, hook, known)
    during_check = len(seen)
    copper.settle()

    assert len(seen) == during_check
    for thread in begun:
        thread.join()


def test_for_who_fetches_before_it_answers_it_is_not_played_and_that_is_no_proof(copper: Copper) -> None:
    known: dict[int, Any] = {}
    row = played(copper, lambda request: fetch(copper, known, request.json["ids"]), known)

    assert str(row.verdict) == "skipped"
    assert row.evidence.startswith(
        "it fetches before it answers, and in this process the record changes again only after"
    )
    assert row.evidence.endswith("so a later fetch may still overtake another")
    assert row.advice == overtaking.ADVICE


def test_who_fetches_nothing_has_nothing_overtaken(copper: Copper) -> None:
    known: dict[int, Any] = {}
    row = played(copper, lambda request: known.update({each: {} for each in request.json["ids"]}), known)

    assert str(row.verdict) == "skipped"
    assert row.evidence == "it fetched nothing soon after the update, so nothing could be overtaken"


def test_who_answers_badly_fails_though_nothing_is_overtaken(copper: Copper) -> None:
    known: dict[int, Any] = {}

    def hook(request: Received) -> int:
        known.update({each: {} for each in request.json["ids"]})
        return 200 if request.json["event"] == "new" else 500

    assert str(played(copper, hook, known).verdict) == "failed"


@pytest.mark.parametrize(
    ("state", "says"), [(None, "it needs the endpoint's state"), (dict, "its state is wrong anyway")]
)
def test_it_says_nothing_where_it_cannot_be_seen(copper: Copper, state: Any, says: str) -> None:
    row = played(copper, lambda request: 200, {}, state=state, patience="0")

    assert (str(row.verdict), row.evidence) == ("skipped", says)
