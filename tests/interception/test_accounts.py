"""Which account answers: by the key that was sent, otherwise the latest that intercepts; none after the end."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any

import pytest
import requests

from copper_emulator import AsyncEmulator, Copper, Emulator, UsageError
from copper_emulator.interception.process import PROCESS
from pytest_copper.accounts import CopperFactory
from tests.interception.clients import BASE, HEADERS

MakeCopper = CopperFactory


def called(token: str = HEADERS["X-PW-AccessToken"], *, session: Any = requests, path: str = "/account") -> Any:
    return session.get(BASE + path, headers={**HEADERS, "X-PW-AccessToken": token}, timeout=10)


def names(token: str = HEADERS["X-PW-AccessToken"]) -> list[str]:
    """The people in the account that answers."""
    answered = requests.post(
        f"{BASE}/people/search", json={}, headers={**HEADERS, "X-PW-AccessToken": token}, timeout=10
    )
    return [person["name"] for person in answered.json()]


def test_any_key_is_the_accounts_and_so_is_its_own(copper: Copper) -> None:
    copper.people.create(name="Ada")
    with copper.intercept():
        assert names("production-key") == names("another") == names(copper.token) == ["Ada"]


def test_an_oauth_token_is_one_too(copper: Copper) -> None:
    with copper.intercept():
        for header in ({"Authorization": "Bearer of-the-application"}, copper.oauth_headers):
            assert requests.get(f"{BASE}/account", headers=header, timeout=10).status_code == 200


def test_a_client_like_a_browser_may_name_any_origin(copper: Copper) -> None:
    with copper.intercept():
        for origin in ("https://my-app.example", "https://api.copper.com", "chrome-extension://abcdef", "null"):
            answered = requests.get(f"{BASE}/account", headers={**HEADERS, "Origin": origin}, timeout=10)
            assert answered.status_code == 200


def test_what_is_subscribed_so_is_visible_to_the_test(copper: Copper) -> None:
    with copper.intercept():
        body = {"target": "https://app.example/hook", "type": "person", "event": "new"}
        made = requests.post(f"{BASE}/webhooks", json=body, headers=HEADERS, timeout=10).json()

    assert [each.id for each in copper.subscriptions] == [made["id"]]


def test_what_happens_only_through_intercepted_calls_is_judged() -> None:
    with (
        pytest.raises(AssertionError, match=r"1 notification due but never sent, first person/new"),
        Emulator() as copper,
    ):
        copper.intercept()
        body = {"target": "https://app.example/hook", "type": "person", "event": "new"}
        requests.post(f"{BASE}/webhooks", json=body, headers=HEADERS, timeout=10).raise_for_status()
        requests.post(f"{BASE}/people", json={"name": "Ada"}, headers=HEADERS, timeout=10).raise_for_status()


def test_a_key_that_is_demanded_is_the_only_one(copper: Copper) -> None:
    with copper.intercept(token="configured"):
        assert called("configured").status_code == 200
        assert called(copper.token).status_code == 200
        refused = called("forgotten")

    assert refused.status_code == 401
    assert "the key that copper.intercept(token=...) was given" in refused.headers["X-Copper-Emulator-Hint"]
    assert "GET /developer_api/v1/account: 401" in copper.timeline
    assert "configured" not in copper.timeline + str(refused.headers) + refused.text


def test_the_key_of_an_account_that_has_ended_is_called_that(make_copper: MakeCopper) -> None:
    with make_copper() as earlier:
        token = earlier.token
    with make_copper() as copper, copper.intercept(token="configured"):
        refused = called(token)

    assert refused.status_code == 401
    assert refused.headers["X-Copper-Emulator-Hint"].startswith("This is the token of an account that has ended.")


@pytest.mark.parametrize("token", ["", 17, b"key", "two\nlines"])
def test_what_is_no_key_is_refused_and_nothing_is_intercepted(copper: Copper, token: Any) -> None:
    with pytest.raises(UsageError, match="takes the API key that the application uses"):
        copper.intercept(token=token)

    assert PROCESS.ways() == ()


def test_after_switch_key_the_applications_key_is_the_old_one(copper: Copper) -> None:
    with copper.intercept():
        copper.switch_key()

        assert called("the-application's").status_code == 401
        assert called(copper.token).status_code == 200


def test_calls_count_against_the_limits_of_the_account(make_copper: MakeCopper) -> None:
    with make_copper(api_limits="1/1m", intercept=True):
        assert [called().status_code for _ in range(2)] == [200, 429]


# --- several ----------------------------------------------------------------------------------------------------


def test_the_latest_answers_and_after_it_the_one_before(make_copper: MakeCopper) -> None:
    with make_copper() as first, make_copper() as second:
        first.people.create(name="Ada")
        second.people.create(name="Bob")
        with first.intercept():
            with second.intercept():
                assert names() == ["Bob"]
            assert names() == ["Ada"]


def test_each_is_reached_with_its_own_key_and_the_one_that_it_demands(make_copper: MakeCopper) -> None:
    with make_copper() as first, make_copper() as second:
        first.people.create(name="Ada")
        second.people.create(name="Bob")
        with first.intercept(token="a"), second.intercept(token="b"):
            assert [names(token) for token in ("a", "b", first.token, second.token)] == [
                ["Ada"],
                ["Bob"],
                ["Ada"],
                ["Bob"],
            ]
            assert called("c").status_code == 401


def test_what_one_does_not_take_goes_to_one_that_takes_anything(make_copper: MakeCopper) -> None:
    with make_copper(intercept=True) as first, make_copper() as second, second.intercept(token="b"):
        first.people.create(name="Ada")

        assert (names("b"), names("c")) == ([], ["Ada"])


def test_an_account_that_does_not_intercept_is_reached_with_its_own_key(make_copper: MakeCopper) -> None:
    with make_copper(intercept=True), make_copper() as other:
        other.people.create(name="Ada")

        assert names(other.token) == ["Ada"]


def test_two_emulators_with_servers_of_their_own_are_told_apart_as_well() -> None:
    with Emulator(intercept=True) as first, Emulator(intercept=True) as second:
        first.people.create(name="Ada")
        second.people.create(name="Bob")

        assert [names(token) for token in (first.token, second.token, "?")] == [["Ada"], ["Bob"], ["Bob"]]


def test_the_same_account_may_intercept_twice(copper: Copper) -> None:
    with copper.intercept():
        with copper.intercept():
            assert called().status_code == 200
        assert called().status_code == 200
    assert PROCESS.ways() == ()


# --- the end ----------------------------------------------------------------------------------------------------


def test_a_connection_that_was_kept_is_answered_by_whoever_intercepts_then(make_copper: MakeCopper) -> None:
    with requests.Session() as session:
        with make_copper(intercept=True) as first:
            first.people.create(name="Ada")
            assert called(session=session).status_code == 200

        late = called(session=session)
        assert late.status_code == 421
        assert late.json()["message"].startswith("copper-emulator: no test intercepts api.copper.com now")
        assert "copper.intercept()" in late.headers["X-Copper-Emulator-Hint"]

        with make_copper(intercept=True) as second:
            [bob] = second.people.seed([{"name": "Bob"}])
            assert called(session=session, path=f"/people/{bob.id}").json()["name"] == "Bob"


def failing(copper: Copper) -> None:
    copper.intercept()
    raise LookupError("in the middle of it")


def skipped(copper: Copper) -> None:
    copper.intercept()
    pytest.skip("in the middle of it")


@pytest.mark.parametrize("test", [failing, skipped])
def test_it_ends_with_the_account_however_the_test_ends(test: Callable[[Copper], None]) -> None:
    before = dict(os.environ)
    with pytest.raises((LookupError, pytest.skip.Exception), match="in the middle of it"), Emulator() as copper:
        test(copper)
    assert PROCESS.ways() == ()
    assert dict(os.environ) == before


def test_it_can_be_ended_earlier_and_again(copper: Copper) -> None:
    interception = copper.intercept()
    interception.end()
    interception.end()

    assert PROCESS.ways() == ()
    assert interception.environment == {}


def test_reset_leaves_it(copper: Copper) -> None:
    with copper.intercept():
        copper.people.create(name="Ada")
        copper.reset()

        assert names() == []


def test_the_setting_is_undone_where_the_account_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no temporary file can be written."""
    monkeypatch.setenv("TMPDIR", "/dev/null/nowhere")
    monkeypatch.setattr("tempfile.tempdir", "/dev/null/nowhere")
    with pytest.raises(UsageError, match="Copper's hosts cannot be intercepted"):
        Emulator(intercept=True).__enter__()

    assert PROCESS.ways() == ()


@pytest.mark.asyncio
async def test_an_asynchronous_emulator_has_it_too() -> None:
    async with AsyncEmulator(intercept=True):
        assert len(PROCESS.ways()) == 1
    assert PROCESS.ways() == ()


def test_the_tls_listener_is_nobodys_who_asks_for_another_host(copper: Copper) -> None:
    """Under its own address it serves the API, as the plain one does: an unknown key opens nothing."""
    with copper.intercept() as interception:
        [way] = PROCESS.ways()
        answered = requests.get(
            f"https://127.0.0.1:{way.port}/developer_api/v1/account",
            headers=HEADERS,
            verify=interception.environment["COPPER_EMULATOR_CA"],
            timeout=10,
        )
    assert answered.status_code == 401


def test_where_a_library_has_replaced_every_socket_it_says_so_and_changes_nothing(
    copper: Copper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As httpretty and mocket do."""
    copper.api_url  # noqa: B018 - starts the server, whose sockets are then real
    kind = type("socket", (), {"__module__": "httpretty.core", "connect": socket.socket.connect})
    with monkeypatch.context() as replaced:
        replaced.setattr(socket, "socket", kind)
        with pytest.raises(
            UsageError, match="while httpretty has its own class in the place of sockets: switch it off"
        ):
            copper.intercept()
    assert PROCESS.ways() == ()
    with copper.intercept():
        assert called().status_code == 200
