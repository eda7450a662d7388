"""The thread that serves the API and sends over HTTP: starts when needed, finds accounts by token, ends when told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest
import requests
from aiohttp import web

from copper_emulator import Copper, Emulator, ExpectationError, Received, UsageError
from copper_emulator.core.model import Kind
from copper_emulator.shell.host import Host
from copper_emulator.shell.loop_thread import LoopThread
from tests.forks import in_a_fork, needs_fork

TARGET = "https://billing.example.com/hooks/copper"


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()
    yield host
    host.close()


def listed(copper: Copper, headers: dict[str, str]) -> int:
    return requests.get(copper.api_url + "/webhooks", headers=headers, timeout=10).status_code


def test_it_starts_no_thread_before_it_is_needed(host: Host) -> None:
    before = threading.active_count()
    with Emulator(host=host):
        assert threading.active_count() == before


def test_it_binds_one_port_of_this_machine_and_keeps_it(host: Host) -> None:
    urls = {host.url() for _ in range(3)}
    assert len(urls) == 1
    assert urls.pop().startswith("http://127.0.0.1:")


def test_many_threads_that_need_it_at_once_start_one(host: Host) -> None:
    urls: list[str] = []
    barrier = threading.Barrier(8)

    def ask() -> None:
        barrier.wait(10)
        urls.append(host.url())
        assert host.http() is not None

    asking = [threading.Thread(target=ask) for _ in range(8)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert len(urls) == 8
    assert len(set(urls)) == 1


def test_an_account_that_has_left_is_unknown(host: Host) -> None:
    with Emulator(host=host) as staying:
        with Emulator(host=host) as leaving:
            headers = leaving.headers
            assert listed(staying, headers) == 200
        assert listed(staying, headers) == 401
        assert listed(staying, staying.headers) == 200


def test_each_request_finds_its_account_by_its_token(host: Host) -> None:
    body = {"target": "https://a.example/", "type": "lead", "event": "new"}
    with Emulator(host=host) as first, Emulator(host=host) as second:
        for copper, times in ((first, 1), (second, 2)):
            for _ in range(times):
                requests.post(copper.api_url + "/webhooks", json=body, headers=copper.headers, timeout=10)
        assert (len(first.subscriptions), len(second.subscriptions)) == (1, 2)


def test_calls_over_the_api_meet_changes_in_the_test_without_losing_any(host: Host) -> None:
    """Two threads on one account: every id once, every entry numbered."""
    body = {"target": "https://a.example/", "type": "lead", "event": "new"}
    with Emulator(host=host) as copper:

        def subscribe() -> None:
            with requests.Session() as session:
                for _ in range(40):
                    answer = session.post(copper.api_url + "/webhooks", json=body, headers=copper.headers, timeout=10)
                    assert answer.status_code == 200

        other = threading.Thread(target=subscribe)
        other.start()
        for record in range(1, 201):
            copper.fire("person", "update", ids=record)
        other.join()
        assert len({subscription.id for subscription in copper.subscriptions}) == 40
        assert [entry.number for entry in copper.journal] == list(range(1, 241))


def test_it_can_be_closed_twice_and_used_again(host: Host) -> None:
    before = threading.active_count()
    host.url()
    host.close()
    host.close()
    assert threading.active_count() == before
    with Emulator(host=host) as copper:
        assert listed(copper, copper.headers) == 200


def test_closing_ends_connections_that_clients_keep_open(host: Host) -> None:
    with Emulator(host=host) as copper, requests.Session() as session:
        url = copper.api_url + "/webhooks"
        assert session.get(url, headers=copper.headers, timeout=10).status_code == 200
        host.close()
        with pytest.raises(requests.ConnectionError):
            session.get(url, headers=copper.headers, timeout=10)


def test_a_loop_thread_ends_what_still_runs_on_it() -> None:
    ended: list[str] = []

    async def stay() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    async def start() -> asyncio.Task[None]:
        task = asyncio.ensure_future(stay())
        await asyncio.to_thread(int)
        return task

    thread = LoopThread("test")
    task = thread.run(start())
    thread.close()
    assert (ended, task.cancelled()) == (["cancelled"], True)


def test_its_ca_file_is_there_until_its_last_client_has_gone(host: Host) -> None:
    file, there = host.ca_file(), []

    class Client:
        async def close(self) -> None:
            there.append(file.exists())

    host.url()
    vars(host)["_children"] = Client()
    host.close()

    assert there == [True]
    assert not file.parent.exists()


def test_what_fails_while_it_is_closed_keeps_nothing_else_open(host: Host) -> None:
    class Failing:
        async def close(self) -> None:
            raise OSError("a part that cannot be closed")

    before = threading.active_count()
    file = host.ca_file()
    with Emulator(host=host) as copper, requests.Session() as session:
        url = copper.api_url + "/webhooks"
        assert session.get(url, headers=copper.headers, timeout=10).status_code == 200
        vars(host)["_children"] = Failing()
        with pytest.raises(OSError, match="cannot be closed"):
            host.close()
        assert threading.active_count() == before
        assert not file.exists()
        with pytest.raises(requests.ConnectionError):
            session.get(url, headers=copper.headers, timeout=10)


@needs_fork
def test_a_forked_process_leaves_the_ca_file_to_its_parent(host: Host) -> None:
    host.url()
    file = host.ca_file()
    in_a_fork(host.close)

    assert file.exists()


@needs_fork
def test_in_a_forked_process_it_says_that_its_thread_is_not_there(host: Host) -> None:
    """And does not wait forever for a thread that does not exist."""

    async def nothing() -> None:
        pass

    def use() -> None:
        try:
            host.submit(nothing())
        finally:
            host.close()

    host.url()
    with pytest.raises(UsageError, match="this process was forked from the one in which the emulator runs"):
        in_a_fork(use)
    assert requests.get(host.url(), timeout=10).status_code == 404


def used(host: Host) -> int:
    with Emulator(host=host) as copper:
        return listed(copper, copper.headers)


@needs_fork
def test_a_forked_process_can_start_one_that_has_not_been_started(host: Host) -> None:
    assert in_a_fork(lambda: used(host)) == 200
    assert used(host) == 200


@needs_fork
def test_the_accounts_of_a_forked_process_are_not_served_by_a_thread_of_its_parent(host: Host) -> None:
    host.url()
    with pytest.raises(UsageError, match="this process was forked from the one in which the emulator runs"):
        in_a_fork(lambda: used(host))


def stale() -> dict[str, str]:
    return {"X-PW-AccessToken": "stale", "X-PW-Application": "developer_api", "X-PW-UserEmail": "ada@example.com"}


def refusals(copper: Copper) -> list[str]:
    return [entry.text for entry in copper.journal if entry.kind is Kind.REFUSED]


def test_a_call_with_a_token_of_no_account_is_in_the_journal_of_the_only_account(host: Host) -> None:
    """A service that subscribes with an old key when it starts, and ignores the answer."""
    with Emulator(host=host) as copper:
        body = {"target": "https://a.example/", "type": "person", "event": "new"}
        # The first that is done with this account, and without its token.
        requests.post(copper.api_url + "/webhooks", json=body, headers=stale(), timeout=10)
        ada = copper.people.create(name="Ada")
        with pytest.raises(ExpectationError) as failed:
            copper.expect("person", "new", ids=ada)
        said = "POST /developer_api/v1/webhooks: 401 Unauthorized; This token belongs to no account here."
        assert f"The API refused: {said}" in str(failed.value)
        assert "Fix what the API refused, or subscribe before the change" in str(failed.value)
        assert said in copper.timeline


def fetching_with_the_key_of(copper: Copper) -> Callable[[Received], object]:
    def hook(request: Received) -> int:
        url = f"{copper.api_url}/people/{request.json['ids'][0]}"
        return requests.get(url, headers=copper.headers, timeout=10).status_code

    return hook


KEY_OF_THE_OTHER = "The call used the key of another open account, that of Emulator."


def test_an_endpoint_that_calls_with_the_key_of_another_account_is_told_so(host: Host) -> None:
    with Emulator(host=host) as acme, Emulator(host=host, place=2, strict=False) as globex:
        globex.route(TARGET, to=fetching_with_the_key_of(acme))
        globex.subscribe("person", "new", target=TARGET)
        ada = globex.people.create(name="Ada")
        with pytest.raises(ExpectationError) as failed:
            globex.expect("person", "new", ids=ada)

        *_, refused, advice = str(failed.value).splitlines()
        path = f"/developer_api/v1/people/{ada.id}"
        assert refused == (
            f"While it was being notified, the API refused GET {path}: 404 Resource not found; "
            f"There is no person {ada.id}. {KEY_OF_THE_OTHER}"
        )
        assert advice == (
            "Have the endpoint call the API with the key of the account that notifies it; or, if this is intended, "
            "expect it with status=404."
        )
        assert [KEY_OF_THE_OTHER in text for text in refusals(acme)] == [False]


def test_a_call_that_another_account_refuses_for_other_reasons_is_no_mix_up(host: Host) -> None:
    with Emulator(host=host) as acme, Emulator(host=host, place=2, strict=False) as globex:
        bob = acme.people.create(name="Bob")

        def write_there(_: Received) -> int:
            url = f"{acme.api_url}/people/{bob.id}"
            return requests.put(url, headers=acme.headers, json={"emails": "none"}, timeout=10).status_code

        globex.route(TARGET, to=write_there)
        globex.subscribe("person", "new", target=TARGET)
        globex.people.create(name="Ada")

        assert globex.deliveries[0].status == 422
        assert (len(refusals(acme)), refusals(globex)) == (1, [])


def test_a_call_with_the_key_of_another_account_while_nothing_is_being_notified_is_in_that_one_alone(
    host: Host,
) -> None:
    with Emulator(host=host) as acme, Emulator(host=host, place=2) as globex:
        globex.people.create(name="Ada")
        assert requests.get(f"{acme.api_url}/people/17", headers=acme.headers, timeout=10).status_code == 404
        assert (len(refusals(acme)), refusals(globex)) == (1, [])


def test_a_call_that_any_of_two_endpoints_may_have_made_is_in_the_account_of_its_key_alone(host: Host) -> None:
    with Emulator(host=host, strict=False) as acme, Emulator(host=host, place=2, strict=False) as globex:
        acme.route(TARGET, to=fetching_with_the_key_of(acme))
        acme.subscribe("person", "delete", target=TARGET)

        def meanwhile(_: Received) -> None:
            acme.fire("person", "delete", ids=17)

        globex.route(TARGET, to=meanwhile)
        globex.subscribe("person", "new", target=TARGET)
        globex.people.create(name="Ada")
        acme.settle()
        assert (len(refusals(acme)), refusals(globex)) == (1, [])


def test_the_record_of_another_account_is_said_to_be_that(host: Host) -> None:
    with Emulator(host=host) as acme, Emulator(host=host, place=2) as globex:
        ada = acme.people.create(name="Ada")
        globex.people.create(name="Bob")
        with pytest.raises(ExpectationError) as failed:
            globex.expect("person", "new", ids=ada)

    first, *_, last = str(failed.value).splitlines()
    assert first.endswith(f", but person {ada.id} is a record of another open account, that of Emulator.")
    assert last == "Expect it of the account that has it, or make the change in this one."


def test_a_call_with_the_token_of_an_account_that_has_ended_says_so(host: Host) -> None:
    with Emulator(host=host) as ended:
        url, headers = ended.api_url, ended.headers
    with Emulator(host=host) as copper:
        assert copper.journal == []
        answered = requests.get(url + "/webhooks", headers=headers, timeout=10)
        assert answered.status_code == 401
        said = "This is the token of an account that has ended. Whatever still uses it has outlived the account: "
        assert answered.headers["X-Copper-Emulator-Hint"].startswith(said)
        assert said in refusals(copper)[0]


def test_a_call_with_a_token_of_no_account_may_be_meant_for_any_account_that_is_there(host: Host) -> None:
    with Emulator(host=host) as first, Emulator(host=host) as second:
        assert (first.subscriptions, second.subscriptions) == ([], [])
        assert listed(first, stale()) == 401
        assert [len(refusals(copper)) for copper in (first, second)] == [1, 1]


def test_a_call_with_a_token_of_no_account_during_a_delivery_is_that_accounts(host: Host) -> None:
    with Emulator(host=host) as first, Emulator(host=host) as second:
        first.route("https://a.example", to=lambda _: listed(first, stale()) and 200)
        first.subscribe("person", "new", target="https://a.example/")
        second.people.create(name="Bob")
        first.people.create(name="Ada")
        assert [len(refusals(copper)) for copper in (first, second)] == [1, 0]


def test_closing_an_account_inside_its_block_is_enough() -> None:
    with Emulator() as copper:
        copper.people.create(name="Ada")

        copper.close()
        copper.close()


def test_threads_that_close_it_at_once_wait_for_one_end() -> None:
    failed: list[BaseException] = []

    def close(host: Host, together: threading.Barrier) -> None:
        together.wait()
        try:
            host.close()
        except BaseException as error:  # noqa: BLE001 - whatever a thread raises is the finding
            failed.append(error)

    for _ in range(20):
        host = Host()
        host.url()
        together = threading.Barrier(3)
        threads = [threading.Thread(target=close, args=(host, together)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert not failed


def test_a_keyboard_interrupt_of_an_aiohttp_endpoint_is_the_outcome_of_its_delivery() -> None:
    async def answer(request: web.Request) -> web.Response:
        raise KeyboardInterrupt

    app = web.Application()
    app.router.add_post("/hook", answer)
    with Emulator(allow={500}) as copper:
        copper.route("https://my-app.example", to=app)
        copper.subscribe("person", "update", target="https://my-app.example/hook")

        for person in (1, 2):
            copper.fire("person", "update", ids=person)

        assert [type(delivery.exception) for delivery in copper.deliveries] == [KeyboardInterrupt] * 2
