"""Connecting to a running server: which account, which key, a running clock, and what is impossible."""

from __future__ import annotations

import inspect
import json
import queue
import socket
import ssl
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from copper_emulator import AsyncCopper, Copper, Delivery, Emulator
from copper_emulator.control_client import Client
from copper_emulator.core.errors import RouteError, TimeError, UsageError
from copper_emulator.core.model import DEFAULT_EMAIL
from copper_emulator.remote import RemoteAsyncCopper, RemoteCopper, made
from copper_emulator.remote.account import _give_key
from copper_emulator.settings import Settings
from copper_emulator.shell import hook_watch
from tests.cli.processes import Process, run, started
from tests.faces.opening import create_by_api

TARGET = "https://app.example/hooks/copper"


@pytest.fixture
def server() -> Iterator[Process]:
    with started("serve", "--port", "0") as process:
        yield process


def test_the_only_account_is_meant_where_none_is_named(server: Process) -> None:
    with Copper.connect(server.url) as copper:
        assert copper.name == "default"
        ada = copper.people.create(name="Ada")
    with Copper.connect(server.url, account="default") as again:
        assert again.people.get(ada.id).name == "Ada", "the account stays"


def test_of_several_one_must_be_named(server: Process) -> None:
    other = made(RemoteCopper, server.url, "other", Settings())
    with pytest.raises(UsageError, match=r"several accounts; choose one with account=\.\.\.: default, other"):
        Copper.connect(server.url)
    with pytest.raises(UsageError, match="no account 'nobody'; the accounts are default and other"):
        Copper.connect(server.url, account="nobody")
    with Copper.connect(server.url, account="other") as copper:
        assert copper.name == "other"
    other.close()
    assert "other" not in run("status", server=server.url)[1]


def test_an_account_on_a_server_says_how_an_endpoint_is_checked(server: Process) -> None:
    with (
        Copper.connect(server.url) as copper,
        pytest.raises(UsageError, match=r"this account is on a server .*--copper-url"),
    ):
        copper.check(TARGET)


def test_its_settings_are_those_of_the_server(server: Process) -> None:
    """Durations and limits, too, in the same units."""
    values = {"timeout": "2s", "search_lag": "3s", "latency": "0-15m", "limits": "5/1m", "allow": "500"}

    with closing(made(RemoteCopper, server.url, "other", Settings(**values))) as copper:
        assert copper.settings == Settings(**values)
        copper.reset()
        assert copper.settings == Settings(**values)


def test_a_token_becomes_the_key_of_an_account_that_has_none(server: Process) -> None:
    with Copper.connect(server.url) as copper, pytest.raises(UsageError, match="does not tell which API keys"):
        copper.token  # noqa: B018
    with Copper.connect(server.url, token="mine") as copper:
        assert copper.headers["X-PW-AccessToken"] == "mine"
        copper.subscribe("person", "new", target=TARGET)
        assert [each.key for each in copper.subscriptions] == [1]


def test_an_account_without_a_key_can_be_used_except_for_what_needs_its_token() -> None:
    with started("serve", "--port", "0") as server, Copper.connect(server.url) as copper:
        made = copper.subscribe("person", "new", target=TARGET)
        assert copper.subscriptions == [made]
        assert copper.email == DEFAULT_EMAIL
        for ask in (lambda: copper.token, lambda: copper.headers, lambda: copper.oauth_headers):
            with pytest.raises(UsageError, match=r"name the one that account default .* token='\.\.\.'"):
                ask()
        copper.switch_key()
        assert (copper.headers["X-PW-AccessToken"], copper.email) == (copper.token, DEFAULT_EMAIL)
        # It is the account's first, and so has what was there before it.
        assert copper.subscriptions == [made]


@pytest.mark.parametrize("token", ["", "ok \u00fc", "\u20ac", "a\nb"], ids=ascii)
def test_a_token_that_cannot_be_a_key_is_refused(server: Process, token: str) -> None:
    with pytest.raises(UsageError, match=r"^token=\.\.\. is not an API key: "):
        Copper.connect(server.url, token=token)


@pytest.mark.parametrize("breaks_off", [True, False])
def test_a_key_that_cannot_be_given_since_nothing_answers_says_so(server: Process, *, breaks_off: bool) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/developer_api/v1"
        if breaks_off:
            threading.Thread(target=lambda: listening.accept()[0].close(), daemon=True).start()
        else:
            listening.close()
        with closing(Client(server.url)) as client, pytest.raises(UsageError, match=f"^nothing answers at {url} "):
            _give_key(client, "default", url, "mine")


def test_a_key_is_given_to_the_server_itself_and_not_through_a_proxy(
    server: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with Copper.connect(server.url, token="mine") as copper:
        assert copper.token == "mine"


def test_a_hook_that_does_not_return_is_named_although_another_has_returned_meanwhile(
    server: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook that makes something happen calls the next one, for that."""
    shown: queue.Queue[str] = queue.Queue()
    monkeypatch.setattr(hook_watch, "show", shown.put)
    monkeypatch.setattr(hook_watch, "PATIENCE", 1_000)
    monkeypatch.setattr(hook_watch, "CHECK_EVERY", 0.01)
    said: list[str] = []

    def hook(delivery: Delivery) -> None:
        if delivery.event == "new":
            copper.people.update(delivery.ids[0], title="Dr")
            said.append(shown.get(timeout=30))

    with Copper.connect(server.url, token="mine") as copper:
        copper.route("https://app.example", to=lambda request: 200)
        for event in ("new", "update"):
            copper.subscribe("person", event, target=TARGET)
        copper.after_delivery(hook)
        copper.people.create(name="Ada")
        assert [delivery.event for delivery in copper.deliveries] == ["new", "update"]

    [text] = said
    assert "person/new" in text
    assert not [each for each in threading.enumerate() if each.name == "copper-emulator-hooks"]


def test_an_endpoint_cannot_move_time_while_it_is_notified() -> None:
    raised: list[str] = []
    with started("serve", "--port", "0", "--clock", "manual") as server, Copper.connect(server.url) as copper:

        def impatient(_request: object) -> int:
            with pytest.raises(TimeError) as caught:
                copper.run_until_idle()
            raised.append(str(caught.value))
            return 200

        copper.route("https://app.example", to=impatient)
        copper.subscribe("person", "new", target=TARGET)
        copper.fire("person", "new", ids=1)
    assert [text.partition(" while")[0] for text in raised] == ["the clock cannot be moved"]


def test_while_the_clock_runs_what_is_due_has_been_delivered_when_a_call_returns(server: Process) -> None:
    bodies: list[Any] = []
    with Copper.connect(server.url) as copper:
        copper.route("https://app.example", to=lambda request: bodies.append(request.json))
        copper.subscribe("person", "new", target=TARGET)
        before = copper.now
        ada = copper.people.create(name="Ada")

        assert [body["ids"] for body in bodies] == [[ada.id]]
        copper.expect("person", "new", ids=ada, status=200)
        copper.advance(hours=1)
        assert (copper.now - before).total_seconds() >= 3600


def test_an_application_of_this_process_is_served_for_as_long_as_the_connection_lasts(server: Process) -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("202 Accepted", [("X-App", "wsgi")])
        return [environ["HTTP_HOST"].encode(), b" ", environ["PATH_INFO"].encode()]

    with Copper.connect(server.url) as copper:
        copper.route("https://app.example", to=app)
        copper.subscribe("person", "new", target=TARGET)
        copper.people.create(name="Ada")
        (delivery,) = copper.expect("person", "new", status=202)
        assert (dict(delivery.response_headers)["X-App"], delivery.response_body) == (
            "wsgi",
            b"app.example /hooks/copper",
        )
    with Copper.connect(server.url) as again:
        again.people.create(name="Grace")
        again.expect("person", "new", outcome="failed")


def test_what_a_server_cannot_reach_is_refused_with_what_to_do(server: Process, tmp_path: Path) -> None:
    async def hook(request: Any) -> int:
        return 200

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        """Never called."""

    with Copper.connect(server.url) as copper:
        with pytest.raises(UsageError, match="give a plain function, or a URL"):
            copper.route("https://app.example", to=hook)
        with pytest.raises(RouteError, match="serve this asgi application yourself"):
            copper.route("https://app.example", to=asgi)
        with pytest.raises(UsageError, match="copper-emulator check"):
            copper.check(TARGET)
        file = tmp_path / "captured.json"
        file.write_text('{"type": "person", "event": "new", "ids": [17]}', encoding="utf-16")
        with pytest.raises(UsageError, match="can replay only UTF-8 text"):
            copper.replay(file, target=TARGET)


def test_nothing_there_and_something_else_there_are_told_apart() -> None:
    with pytest.raises(UsageError, match=r"nothing answers at http://127\.0\.0\.1:1"):
        Copper.connect("http://127.0.0.1:1")
    for url in ("127.0.0.1:2929", "https://127.0.0.1", "http://", "http://127.0.0.1:x"):
        with pytest.raises(UsageError, match="not a server URL"):
            Copper.connect(url)
    with Emulator() as copper, pytest.raises(UsageError, match="not a copper-emulator"):
        Copper.connect(copper.api_url)


@pytest.mark.asyncio
async def test_the_asynchronous_face_awaits_the_server_while_its_loop_goes_on(server: Process) -> None:
    copper = made(RemoteAsyncCopper, server.url, "asynchronous", Settings(latency="30s"))
    bodies: list[Any] = []
    copper.route("https://app.example", to=lambda request: bodies.append(request.json))
    copper.subscribe("person", "new", target=TARGET)
    ada = await copper.people.create(name="Ada")
    assert bodies == []
    await copper.advance("30s")
    await copper.expect("person", "new", ids=ada, status=200)
    await copper.expect_none()
    assert [body["ids"] for body in bodies] == [[ada.id]]
    with pytest.raises(UsageError, match="copper-emulator check"):
        await copper.check(TARGET)
    await copper.close()
    assert copper.people.get(ada).name == "Ada", "as it was last"

    connected = AsyncCopper.connect(server.url)
    await connected.people.create(name="Grace")
    assert [each.name for each in connected.people.search()] == ["Grace"]
    await connected.close()


def test_a_call_that_was_not_awaited_is_reported_once(server: Process) -> None:
    copper = made(RemoteAsyncCopper, server.url, "forgetful", Settings())
    call = copper.settle()
    assert "1 call not awaited, so nothing was done: settle" in copper.verdict()

    copper.leave()

    assert inspect.getcoroutinestate(call) == inspect.CORO_CLOSED, "Python would warn of it, too"


def test_a_server_that_speaks_tls_is_reached_over_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPPER_EMULATOR_AUTHORITY", str(tmp_path / "authority"))
    with (
        started("serve", "--port", "0", "--tls-port", "0") as process,
        Copper.connect(process.url, token="t") as copper,
    ):
        context = ssl.create_default_context(cafile=str(copper.ca_file))
        request = urllib.request.Request(f"{copper.tls_api_url}/webhooks", headers=copper.headers)
        with urllib.request.urlopen(request, context=context) as answer:
            assert answer.status == 200

        monkeypatch.setenv("COPPER_EMULATOR_AUTHORITY", str(tmp_path / "another"))
        with pytest.raises(UsageError, match=r"there is no .*another/certificate\.pem: .* copper-emulator ca --export"):
            str(copper.ca_file)


def test_a_server_that_does_not_speak_tls_says_how_it_would(server: Process) -> None:
    with Copper.connect(server.url) as copper, pytest.raises(UsageError, match="copper-emulator serve --tls-port 0"):
        assert copper.tls_api_url


# --- what is still on its way ---------------------------------------------------------------------------------------


def test_an_account_goes_when_what_is_still_on_its_way_has_come_back(server: Process) -> None:
    answered = threading.Event()
    copper = made(RemoteCopper, server.url, "goes-late", Settings(strict=False))
    copper.route("https://app.example", to=lambda request: 200 if answered.wait(5) else 500)
    copper.subscribe("person", "new", target=TARGET)
    create_by_api(copper, ["Ada"])
    later = threading.Timer(0.8, answered.set)
    later.start()

    copper.close()

    later.join()
    assert "goes-late" not in names_at(server)


@pytest.mark.parametrize("act", ["expect", "close"])
def test_what_comes_back_one_after_the_other_is_waited_for_each(server: Process, act: str) -> None:
    copper = made(RemoteCopper, server.url, f"each-{act}", Settings(timeout="300ms", strict=False))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        copper.route("https://app.example", to=f"http://127.0.0.1:{silent.getsockname()[1]}")
        copper.subscribe("person", "new", target=TARGET)
        create_by_api(copper, (f"Ada {number}" for number in range(8)))

        if act == "expect":
            assert len(copper.expect("person", "new", outcome="failed", count=8)) == 8
        copper.close()

    assert f"each-{act}" not in names_at(server)


def names_at(server: Process) -> list[str]:
    accounts = json.loads(urllib.request.urlopen(f"{server.url}/_emulator/v1/accounts").read())["accounts"]
    return [each["name"] for each in accounts]
