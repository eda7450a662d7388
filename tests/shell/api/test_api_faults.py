"""Calls of the API affected by a fault: what a client over HTTP gets, and where that is reported."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import requests
from aiohttp import ClientError

from copper_emulator import Copper, Emulator, VerdictError
from copper_emulator.core.model import Kind
from copper_emulator.shell.api import hindering
from copper_emulator.shell.clock import monotonic, pause
from copper_emulator.shell.host import Host
from tests.shell.served import serving

TARGET = "https://app.example/hook"


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator() as account:
        yield account


def called(copper: Copper, path: str = "/webhooks", *, patience: float = 10) -> requests.Response:
    return requests.get(f"{copper.api_url}{path}", headers=copper.headers, timeout=patience)


def told(copper: Copper) -> list[str]:
    return [entry.text for entry in copper.journal if entry.kind in (Kind.REFUSED, Kind.FAULT)]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_the_next_calls_are_refused_and_the_journal_tells_by_which_fault(copper: Copper, status: int) -> None:
    copper.faults.api.status(status, next=2)

    answers = [called(copper) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert answers[0].json()["status"] == status
    assert answers[0].headers["X-Copper-Emulator-Hint"] == f"by the fault api.status={status},2"
    refused = [text for text in told(copper) if text.startswith("GET")]
    assert [text.startswith(f"GET /developer_api/v1/webhooks: {status} ") for text in refused] == [True, True]
    assert all(text.endswith(f"; by the fault api.status={status},2") for text in refused)


def test_for_a_span_of_virtual_time_all_calls_are_refused(copper: Copper) -> None:
    copper.faults.api.status(503, span="10m")

    assert [called(copper).status_code for _ in range(2)] == [503, 503]
    copper.advance("10m")
    assert called(copper).status_code == 200


def test_what_a_test_does_in_python_meets_none(copper: Copper) -> None:
    with copper.faults.api.status(503, span="10m"):
        ada = copper.people.create(name="Ada")

        assert copper.people.get(ada.id).name == "Ada"


def test_a_refused_call_does_nothing(copper: Copper) -> None:
    copper.faults.api.status(500)

    answer = requests.post(f"{copper.api_url}/people", json={"name": "Ada"}, headers=copper.headers, timeout=10)

    assert answer.status_code == 500
    assert copper.people.search() == []


def test_unknown_paths_are_refused_as_all_others_and_calls_of_other_accounts_are_not(copper: Copper) -> None:
    copper.faults.api.status(503, next=2)

    assert called(copper, "/nothing/here").status_code == 503
    with Emulator() as other:
        assert called(other).status_code == 200
    assert called(copper).status_code == 503


def test_a_slow_api_takes_real_time_for_as_many_calls_as_are_said(copper: Copper) -> None:
    copper.faults.api.slow("200ms", next=1)
    began = monotonic()

    assert called(copper).status_code == 200
    assert monotonic() - began >= 0.2
    assert copper.faults.active == []
    assert copper._here.account.call_log.total == 1


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_what_is_slow_is_done_though_its_client_has_given_up(copper: Copper, method: str) -> None:
    ada = copper.people.create(name="Ada")
    path, left = ("/people", ["Ada", "Grace"]) if method == "POST" else (f"/people/{ada.id}", [])
    copper.faults.api.slow("300ms", next=1)

    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.request(method, f"{copper.api_url}{path}", json={"name": "Grace"}, headers=copper.headers, timeout=0.1)

    until = monotonic() + 10
    while [each.name for each in copper.people.search()] != left and monotonic() < until:
        pause(0.01)
    assert [each.name for each in copper.people.search()] == left
    assert [entry.text for entry in copper.journal if entry.kind is Kind.REFUSED] == []


def test_a_call_that_hangs_outlasts_the_patience_of_the_client(copper: Copper) -> None:
    copper.faults.api.hang()

    with pytest.raises(requests.exceptions.ReadTimeout):
        called(copper, patience=0.2)

    assert called(copper).status_code == 200
    assert told(copper) == [
        "api.hang=1 is on",
        "api.hang=1 is used up",
        "GET /developer_api/v1/webhooks: never answered; by the fault api.hang=1",
    ]


def test_a_client_without_patience_is_cut_off_some_day(copper: Copper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hindering, "LONGEST", 0.1)
    copper.faults.api.hang()

    with pytest.raises(requests.exceptions.ConnectionError):
        called(copper)


def test_the_verdict_tells_an_endpoint_which_fault_refused_its_call(copper: Copper) -> None:
    def hook(request: object) -> int:
        return 204 if called(copper).ok else 500

    copper.route("https://app.example", to=hook)
    copper.subscribe("person", "new", target=TARGET)
    copper.faults.api.status(429)
    copper.people.create(name="Ada")

    with pytest.raises(AssertionError) as missed:
        copper.expect("person", "new", status=204)
    reason = "the API refused GET /developer_api/v1/webhooks: 429 Too many requests; by the fault api.status=429,1"
    assert reason in str(missed.value)
    assert reason in copper.verdict()
    assert "allow it: " in copper.verdict()
    copper.expect("person", "new", status=500)
    assert copper.verdict() == ""


def test_who_means_it_allows_the_answer() -> None:
    with pytest.raises(VerdictError), Emulator() as copper:
        _fail(copper)
    with Emulator(allow=500) as copper:
        _fail(copper)


def _fail(copper: Copper) -> None:
    copper.route("https://app.example", to=lambda _: 204 if called(copper).ok else 500)
    copper.subscribe("person", "new", target=TARGET)
    copper.faults.api.status(503)
    copper.people.create(name="Ada")


HOLDING = pytest.mark.parametrize("fault", ["api.hang=1", "api.slow=60s,1"])
"""For a minute: longer than the patience of any client here."""


@HOLDING
def test_a_call_that_is_held_is_cut_off_when_its_account_ends(fault: str) -> None:
    with closing(Host()) as host, ThreadPoolExecutor(1) as clients:
        with Emulator(host=host) as copper:
            copper.faults.on(fault)
            call = clients.submit(called, copper, patience=30)
            until = monotonic() + 10
            while not copper._here.account.call_log.total and monotonic() < until:
                pause(0.01)

        assert isinstance(call.exception(), requests.exceptions.ConnectionError)
        with Emulator(host=host) as other:
            assert called(other).ok


@HOLDING
@pytest.mark.asyncio
@pytest.mark.parametrize("end", ["the server", "the account", "what it was, by a reset", "what it was, by a restore"])
async def test_a_call_to_a_server_is_cut_off_when_that_or_the_account_ends(fault: str, end: str) -> None:
    async with serving(faults=fault) as served:
        await served.control("POST", "/accounts", {"name": "another", "token": "token-1"})
        # The client tries a GET once more by itself.
        call = asyncio.create_task(served.api("POST", "/people", {"name": "Ada"}))
        async with served.stream("another") as journal:
            async for _, _, entry in journal:
                if entry["line"].endswith(" is used up"):
                    break

        if end == "the server":
            served.accounts.close()
        elif end == "what it was, by a reset":
            assert (await served.control("POST", "/accounts/another/reset"))[0] == 200
        elif end == "what it was, by a restore":
            _, document = await served.control("GET", "/accounts/another/snapshot")
            assert (await served.control("POST", "/accounts/another/restore", {"snapshot": document}))[0] == 200
        else:
            assert (await served.control("DELETE", "/accounts/another"))[0] == 200
        with pytest.raises(ClientError):
            await asyncio.wait_for(call, 30)
