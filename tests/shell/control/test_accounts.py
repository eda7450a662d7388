"""The control API on whole accounts."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from copper_emulator.core.errors import StateError
from copper_emulator.core.ids import LAST_PLACE
from copper_emulator.shell.persistence.snapshots import digest_of, read_snapshot
from copper_emulator.shell.served.accounts import place_of
from copper_emulator.shell.tls.authority import Authority
from tests.shell.served import Endpoint, Served, listening, serving


async def snapshot_of(served: Served, account: str = "default") -> dict[str, Any]:
    status, document = await served.control("GET", f"/accounts/{account}/snapshot")
    assert status == 200, document
    made: dict[str, Any] = document
    return made


# --- made and deleted ---------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_an_account_is_made_with_all_that_a_client_needs() -> None:
    async with serving() as served:
        status, made = await served.control("POST", "/accounts", {"name": "worker-1", "settings": {"latency": "1m"}})

        assert status == 201
        assert made["api_url"] == f"{served.server.url}/developer_api/v1"
        assert made["headers"]["X-PW-AccessToken"] == made["token"]
        status, person = await served.api("POST", "/people", {"name": "Ada"}, token=made["token"])
        assert (status, person["name"]) == (200, "Ada")
        _, settings = await served.control("GET", "/accounts/worker-1/settings")
        assert (settings["settings"]["latency"], settings["own"]) == ("1m", True)


@pytest.mark.asyncio
async def test_what_is_not_said_of_a_new_account_is_chosen() -> None:
    async with serving() as served:
        _, first = await served.control("POST", "/accounts", {})
        _, second = await served.control("POST", "/accounts", {"token": "mine", "email": "eve@example.com"})

        assert (first["name"], second["name"]) == ("account-2", "account-3")
        assert second["headers"]["X-PW-UserEmail"] == "eve@example.com"
        assert len(first["token"]) == 32


@pytest.mark.asyncio
async def test_names_and_tokens_belong_to_one_account() -> None:
    async with serving() as served:
        await served.control("POST", "/accounts", {"name": "one", "token": "mine"})

        status, name = await served.control("POST", "/accounts", {"name": "one"})
        assert (status, name["error"]) == (409, "there is already an account 'one'")
        status, token = await served.control("POST", "/accounts", {"name": "two", "token": "mine"})
        assert (status, token["error"]) == (409, "the token already belongs to an account")
        status, odd = await served.control("POST", "/accounts", {"name": "../x"})
        assert (status, odd["error"]) == (
            422,
            "name: '../x' is not allowed: use 1 to 64 letters, digits, dots, dashes and underscores, beginning with a "
            "letter or a digit",
        )
        status, empty = await served.control("POST", "/accounts", {"name": "", "token": "two words"})
        assert (status, empty["error"].startswith("name: '' is not allowed: use 1 to 64 letters, ")) == (422, True)
        assert empty["error"].endswith(
            "; token: 'two words' is not allowed: use 1 to 200 ASCII characters, without spaces"
        )
        status, setting = await served.control("POST", "/accounts", {"name": "two", "settings": {"colour": 1}})
        assert status == 422
        assert "colour" in setting["error"]
        assert [account.name for account in served.accounts] == ["default", "one"]


async def ids_of(served: Served, account: str) -> tuple[int, int]:
    """Of the next subscription and the next person."""
    new = {"target": f"https://inbox.example/{account}", "type": "lead", "event": "new"}
    _, subscribed = await served.control("POST", f"/accounts/{account}/subscriptions", new)
    _, made = await served.control("POST", f"/accounts/{account}/records/person/create", {"fields": {"name": "Ada"}})
    return subscribed["id"], made["records"][0]["id"]


FIRST, SECOND = (560_698, 94_808_711), (580_698, 94_828_711)


@pytest.mark.asyncio
async def test_accounts_that_tokens_open_share_no_id() -> None:
    async with serving(tokens=("one", "two")) as served:
        assert await ids_of(served, "default") == FIRST
        assert await ids_of(served, "account-2") == SECOND
        await served.control("POST", "/accounts/account-2/reset", {})
        assert await ids_of(served, "account-2") == SECOND


@pytest.mark.asyncio
async def test_an_account_that_is_made_has_the_ids_of_its_place_or_its_name() -> None:
    """And never because of which others there are: tests that run at the same time each make their own."""
    async with serving() as served:
        for said in ({}, {"place": 2}, {"name": "east"}, {"name": "west"}, {"name": "north", "place": 2}):
            assert (await served.control("POST", "/accounts", said))[0] == 201

        assert await ids_of(served, "account-2") == FIRST
        assert await ids_of(served, "account-3") == SECOND
        assert await ids_of(served, "north") == SECOND
        east, west = [await ids_of(served, name) for name in ("east", "west")]
        assert len({*east, *west, *FIRST}) == 6
        await served.control("DELETE", "/accounts/east")
        await served.control("POST", "/accounts", {"name": "east"})
        assert await ids_of(served, "east") == east

        status, refused = await served.control("POST", "/accounts", {"place": 0})
        assert (status, refused["error"].startswith("place: ")) == (422, True)


@pytest.mark.parametrize("name", ["default", "account-2", "account-999", "account-1000", "x", "ci-7"])
def test_every_name_has_a_place(name: str) -> None:
    assert 1 <= place_of(name) <= LAST_PLACE


@pytest.mark.asyncio
async def test_a_deleted_account_is_gone_and_its_name_is_free() -> None:
    async with serving() as served:
        await served.control("POST", "/accounts", {"name": "one", "token": "mine"})
        await served.subscribe("person", "new", token="mine")

        assert await served.control("DELETE", "/accounts/one") == (200, {"name": "one"})
        assert (await served.control("GET", "/accounts/one"))[0] == 404
        assert (await served.control("POST", "/accounts", {"name": "one", "token": "mine"}))[0] == 201
        assert (await served.control("GET", "/accounts/one"))[1]["subscriptions"] == 0


@pytest.mark.asyncio
async def test_the_default_account_is_always_there() -> None:
    async with serving() as served:
        status, refused = await served.control("DELETE", "/accounts/default")

        assert (status, refused["hint"]) == (409, "Reset it instead.")


# --- settings -----------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_settings_are_others_from_now_on() -> None:
    endpoint = Endpoint()
    async with listening(endpoint), serving(to=endpoint) as served:
        await served.subscribe("person", "new")
        await served.fire("person", "new", 1)

        status, settings = await served.control("POST", "/accounts/default/settings", {"latency": "10m", "batch": 1})
        assert (status, settings["settings"]["latency"]) == (200, "10m")
        change = await served.fire("person", "new", 2, 3)

        assert [notification["ids"] for notification in change["notifications"]] == [[2], [3]]
        assert [notification["state"] for notification in change["notifications"]] == ["queued", "queued"]
        assert [body["ids"] for body in endpoint.bodies] == [[1]]
        entries = await served.journal(kind="settings")
        assert entries[-1]["line"].endswith("new settings: latency 10m, batch 1")


@pytest.mark.asyncio
async def test_a_limit_that_stays_goes_on_counting() -> None:
    endpoint = Endpoint()
    async with listening(endpoint), serving(to=endpoint, limits="2/1m") as served:
        await served.subscribe("person", "new")
        await served.fire("person", "new", 1)
        await served.control("POST", "/accounts/default/settings", {"limits": "2/1m,9/10m"})
        await served.fire("person", "new", 2)
        await served.fire("person", "new", 3)
        assert [body["ids"] for body in endpoint.bodies] == [[1], [2]]


@pytest.mark.asyncio
async def test_what_other_settings_let_go_has_been_delivered_when_they_are_answered_while_time_stands_still() -> None:
    endpoint = Endpoint()
    async with listening(endpoint), serving(to=endpoint, limits="1/1m") as served:
        await served.subscribe("person", "new")
        for number in (1, 2, 3):
            await served.fire("person", "new", number)

        await served.control("POST", "/accounts/default/settings", {"limits": "off"})
        # Both are sent at once, and may arrive in either order.
        assert sorted(body["ids"] for body in endpoint.bodies) == [[1], [2], [3]]
        assert (await served.control("POST", "/accounts/default/clock/advance", {"by": "1ms"}))[0] == 200


@pytest.mark.asyncio
async def test_what_an_account_begins_with_needs_a_reset() -> None:
    async with serving(seed=7) as served:
        status, refused = await served.control("POST", "/accounts/default/settings", {"seed": 8, "latency": "1m"})
        assert (status, refused["error"]) == (409, "seed: an account starts with it and keeps it")
        assert refused["hint"] == (
            "Reset the account with it: copper-emulator reset --set seed=8, "
            'or POST .../reset {"settings": {"seed": 8}}.'
        )
        assert (await served.control("GET", "/accounts/default/settings"))[1]["settings"]["latency"] == "0"

        status, refused = await served.control("POST", "/accounts/default/settings", {"faults": "shuffle"})
        assert refused["hint"].startswith("Switch faults with copper-emulator faults, or POST .../faults.")
        _, refused = await served.control("POST", "/accounts/default/settings", {"faults": ["lose=2", "shuffle"]})
        assert """reset --set 'faults=["lose=2", "shuffle"]', or POST""" in refused["hint"]
        # The whole form may be sent, too.
        assert (await served.control("POST", "/accounts/default/settings", {"seed": 7, "latency": "1m"}))[0] == 200


@pytest.mark.parametrize("value", [None, [], {}, {"a": 1}, [None], 1.5, -1, "", "nonsense", True, "9" * 400, 1e300])
@pytest.mark.asyncio
async def test_no_setting_takes_what_it_cannot_have_or_breaks_by_it(value: object) -> None:
    async with serving() as served:
        _, shown = await served.control("GET", "/accounts/default/settings")
        for name in shown["settings"]:
            status, answered = await served.control("POST", "/accounts/default/settings", {name: value})
            assert status in (200, 409, 422), (name, answered)
        assert (await served.api("GET", "/webhooks"))[0] == 200


@pytest.mark.asyncio
async def test_a_reset_with_settings_is_what_later_resets_come_back_to() -> None:
    async with serving(latency="1m") as served:
        await served.control("POST", "/accounts/default/reset", {"settings": {"seed": 3}})
        await served.control("POST", "/accounts/default/settings", {"latency": "2m"})
        await served.control("POST", "/accounts/default/reset")

        _, settings = await served.control("GET", "/accounts/default/settings")
        assert (settings["settings"]["latency"], settings["settings"]["seed"], settings["own"]) == ("1m", 3, True)

        await served.control("POST", "/accounts/default/reset", {"settings": {}})
        _, settings = await served.control("GET", "/accounts/default/settings")
        assert (settings["settings"]["seed"], settings["own"]) == (0, False)


@pytest.mark.asyncio
async def test_an_account_of_a_server_cannot_be_made_to_intercept() -> None:
    async with serving() as served:
        for path, body in {
            "/accounts": {"name": "one", "settings": {"intercept": True}},
            "/accounts/default/settings": {"intercept": True},
            "/accounts/default/reset": {"settings": {"intercept": True}},
        }.items():
            status, refused = await served.control("POST", path, body)
            assert (status, refused["error"]) == (
                422,
                "intercept: only in tests; serve --proxy PORT leads Copper's hosts to a server",
            )
        assert (await served.control("POST", "/accounts/default/settings", {"intercept": False}))[0] == 200


# --- snapshots ----------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_restored_account_goes_on_where_the_snapshot_was_made() -> None:
    endpoint = Endpoint()
    async with listening(endpoint), serving(to=endpoint, latency="5m") as served:
        await served.subscribe("person", "new", secret={"key": "s3cret"})
        await served.api("POST", "/people", {"name": "Ada"})
        _, before = await served.control("GET", "/accounts/default")
        document = await snapshot_of(served)
        await served.control("POST", "/accounts/default/clock/advance", {"by": "1h"})
        await served.api("POST", "/people", {"name": "Eve"})

        status, after = await served.control("POST", "/accounts/default/restore", {"snapshot": document})

        assert (status, after) == (200, before)
        _, people = await served.api("POST", "/people/search", {})
        assert [person["name"] for person in people] == ["Ada"]
        await served.control("POST", "/accounts/default/clock/advance", {"by": "1h"})
        assert [body["key"] for body in endpoint.bodies] == ["s3cret", "s3cret"]


@pytest.mark.asyncio
async def test_a_snapshot_has_no_tokens_and_the_one_who_comes_first_gets_the_account() -> None:
    async with serving() as served:
        await served.api("POST", "/people", {"name": "Ada"}, token="of-the-first-server")
        document = await snapshot_of(served)
        assert "of-the-first-server" not in json.dumps(document)

    async with serving() as other:
        status, _ = await other.control("POST", "/accounts/default/restore", {"snapshot": document})
        assert status == 200
        assert (await other.control("GET", "/accounts/default"))[1]["email"] is None
        _, people = await other.api("POST", "/people/search", {}, token="of-the-second")
        assert [person["name"] for person in people] == ["Ada"]
        assert [account.name for account in other.accounts] == ["default"]


@pytest.mark.asyncio
async def test_the_token_of_an_account_stays_when_it_is_restored() -> None:
    async with serving() as served:
        await served.subscribe("person", "new", token="first")
        document = await snapshot_of(served)
        await served.control("POST", "/accounts", {"name": "copy", "token": "second"})
        await served.control("POST", "/accounts/copy/restore", {"snapshot": document})

        assert len((await served.api("GET", "/webhooks", token="second"))[1]) == 1
        assert len((await served.api("GET", "/webhooks", token="first"))[1]) == 1


@pytest.mark.asyncio
async def test_a_key_and_settings_that_come_while_a_restoring_waits_its_turn_stay_too() -> None:
    """It waits until the notification on its way has been answered."""
    endpoint = Endpoint(hangs=True)
    async with listening(endpoint), serving(to=endpoint) as served:
        await served.subscribe("person", "new")
        document = await snapshot_of(served)
        account = served.accounts.named("default")
        assert account is not None
        firing = asyncio.create_task(served.fire("person", "new", 1))
        await endpoint.arrived.get()
        saved = read_snapshot(document["version"], document["state"], document["digest"])
        restoring = asyncio.create_task(account.restore(saved))
        # By the time that another request has been answered, it waits.
        await served.control("GET", "/accounts/default")
        _, key = await served.control("POST", "/accounts/default/switch-key")
        await served.control("POST", "/accounts/default/settings", {"allow_targets": ["hooks.example.com"]})
        endpoint.let_go.set()
        await firing
        await restoring

        assert len((await served.api("GET", "/webhooks", token=key["token"]))[1]) == 1
        assert len(served.accounts) == 1
        _, settings = await served.control("GET", "/accounts/default/settings")
        assert settings["settings"]["allow_targets"] == ["hooks.example.com"]


@pytest.mark.asyncio
async def test_a_restored_account_has_the_earlier_keys_too_and_what_they_subscribed_to() -> None:
    """As with Copper, their subscriptions go on, and the new key sees nothing of them."""
    async with serving() as served:
        await served.subscribe("person", "new")
        _, key = await served.control("POST", "/accounts/default/switch-key")
        await served.subscribe("lead", "new", token=key["token"])
        _, before = await served.control("GET", "/accounts/default")
        document = await snapshot_of(served)
        await served.control("POST", "/accounts", {"name": "copy", "token": "mine"})

        status, after = await served.control("POST", "/accounts/copy/restore", {"snapshot": document})

        assert (status, after) == (200, {**before, "name": "copy"})
        assert (after["keys"], after["subscriptions"]) == (2, 2)
        _, own = await served.api("GET", "/webhooks", token="mine")
        assert [each["type"] for each in own] == ["lead"]
        kept = [dict((await snapshot_of(served, name))["state"]["stage"])["keys"] for name in ("default", "copy")]
        assert kept == [[[1, "", "ada@example.com"], [2, "", "ada@example.com"]]] * 2


@pytest.mark.asyncio
async def test_an_empty_account_can_be_put_back_too() -> None:
    async with serving() as served:
        empty = await snapshot_of(served)
        await served.api("POST", "/people", {"name": "Ada"})
        await served.control("POST", "/accounts/default/restore", {"snapshot": empty})

        assert (await served.api("POST", "/people/search", {}))[1] == []


@pytest.mark.asyncio
async def test_another_snapshot_does_not_open_the_way_to_real_hosts_or_say_whom_to_believe(tmp_path: Path) -> None:
    company = tmp_path / "company.pem"
    company.write_bytes(Authority.temporary().certificate_pem)
    async with serving(allow_targets="hooks.example.com", ca=company) as open_one:
        document = await snapshot_of(open_one)
    # As if restored on another machine, where the file does not exist.
    company.unlink()
    async with serving() as served:
        await served.control("POST", "/accounts/default/restore", {"snapshot": document})

        _, settings = await served.control("GET", "/accounts/default/settings")
        assert settings["settings"]["allow_targets"] == []
        assert settings["settings"]["ca"] == []


@pytest.mark.asyncio
async def test_an_account_is_restored_though_its_file_of_authorities_is_gone(tmp_path: Path) -> None:
    """It stays the setting, and the account keeps delivering."""
    company = tmp_path / "company.pem"
    company.write_bytes(Authority.temporary().certificate_pem)
    async with listening(Endpoint()) as endpoint, serving(to=endpoint, ca=company) as served:
        await served.subscribe("person", "new")
        document = await snapshot_of(served)
        company.unlink()

        status, after = await served.control("POST", "/accounts/default/restore", {"snapshot": document})

        assert status == 200, after
        await served.fire("person", "new", 1)
        assert (await endpoint.arrived.get())["ids"] == [1]


@pytest.mark.asyncio
async def test_another_snapshot_leads_to_no_machine_to_which_the_account_does_not_lead_already() -> None:
    there, here = "https://there.example", "https://here.example"
    async with serving() as served:
        await served.control("POST", "/accounts/default/routes", {"origin": there, "to": "http://192.0.2.1"})
        await served.control("POST", "/accounts/default/routes", {"origin": here, "to": "http://127.0.0.1:5000"})
        document = await snapshot_of(served)
    async with serving() as served:
        _, after = await served.control("POST", "/accounts/default/restore", {"snapshot": document})
        assert after["routes"] == [f"{here} -> http://127.0.0.1:5000"]

        await served.control("POST", "/accounts/default/routes", {"origin": f"{there}/", "to": "http://192.0.2.2"})
        _, after = await served.control("POST", "/accounts/default/restore", {"snapshot": document})
        assert sorted(after["routes"]) == [f"{here} -> http://127.0.0.1:5000", f"{there} -> http://192.0.2.2"]


@pytest.mark.asyncio
async def test_what_was_on_its_way_is_unknown_in_the_restored_account() -> None:
    endpoint = Endpoint(hangs=True)
    async with listening(endpoint), serving(to=endpoint, clock="wall") as served:
        await served.subscribe("person", "new")
        await served.fire("person", "new", 1)
        await endpoint.arrived.get()
        document = await snapshot_of(served)
        await served.control("POST", "/accounts/default/restore", {"snapshot": document})

        ended = await served.until(kind="ended")
        assert ended["delivery"]["outcome"] == "unknown"
        assert "unknown outcome, not retried" in ended["line"]
        assert len(endpoint.bodies) == 1


@pytest.mark.asyncio
async def test_a_reader_that_writes_whole_numbers_without_a_point_changes_nothing() -> None:
    async with serving() as served:
        await served.fire("opportunity", "update", 1, monetary_value=[1200.0, 1.5])
        document = await snapshot_of(served)
        text = json.dumps(document).replace("1200.0", "1200")

        status, _ = await served.control("POST", "/accounts/default/restore", {"snapshot": json.loads(text)})
        assert status == 200


def test_a_snapshot_that_is_nested_too_deep_is_none() -> None:
    with pytest.raises(StateError, match="nested too deep"):
        read_snapshot(1, {"a": _deep(100_000)}, "")


def _deep(levels: int) -> list[Any]:
    """Nested deeper than any Python can write."""
    made: list[Any] = []
    for _ in range(levels):
        made = [made]
    return made


def _changed(document: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {**document, **others}


@pytest.mark.asyncio
async def test_a_bad_snapshot_changes_nothing_and_says_what_is_wrong() -> None:
    async with serving() as served:
        await served.api("POST", "/people", {"name": "Ada"})
        document = await snapshot_of(served)
        state = document["state"]
        bad = {
            "version 9": _changed(document, version=9),
            "was altered after it was made": _changed(document, state={**state, "records": []}),
            "17 is not a mapping of names to values": _changed(document, state=17),
            "snapshot: is not one: GET .../snapshot and copper-emulator snapshot make them": {
                name: value for name, value in document.items() if name != "digest"
            },
            "snapshot: is not one: GET": "none",
            "snapshot: is not one: ": _changed(document, type="person"),
            "is not an account": _changed(document, state={}, digest=digest_of({})),
            "not lists of rows": _changed(document, state={"a": 17}, digest=digest_of({"a": 17})),
            "is not lists": _changed(document, state={"stage": [[{}, 1]]}, digest=digest_of({"stage": [[{}, 1]]})),
        }
        for text, each in bad.items():
            status, refused = await served.control("POST", "/accounts/default/restore", {"snapshot": each})
            assert status == 422, each
            assert text in refused["error"], refused

        assert (await served.control("GET", "/accounts/default"))[1]["changes"] == 1
        assert (await served.api("POST", "/people/search", {}))[1][0]["name"] == "Ada"
