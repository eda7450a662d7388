"""The standalone server: accounts by token, and deliveries in the background on both clocks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from copper_emulator.core.errors import RouteError
from copper_emulator.core.ids import FIRST_RECORD_ID
from copper_emulator.core.model import EntityType, Event, Kind, Outcome, RecordChange, Topic
from copper_emulator.settings import Settings
from copper_emulator.shell.served.plan import ClockName, Plan
from copper_emulator.shell.serving.server import Server
from tests.shell.served import TARGET, Endpoint, Served, listening, serving

pytestmark = pytest.mark.asyncio

CLOCKS: list[ClockName] = ["wall", "manual"]

HEADERS = {"X-PW-AccessToken": "token-1", "X-PW-Application": "developer_api", "X-PW-UserEmail": "ada@example.com"}


# --- whose account ------------------------------------------------------------------------------------------


async def test_the_first_token_gets_the_default_account_and_the_next_one_an_account_of_its_own() -> None:
    async with serving() as served:
        await served.subscribe("person", "new", token="first")
        await served.subscribe("person", "update", token="second")

        _, answered = await served.control("GET", "/accounts")

        assert [(a["name"], a["keys"], a["subscriptions"]) for a in answered["accounts"]] == [
            ("default", 1, 1),
            ("account-2", 1, 1),
        ]


async def test_the_default_account_is_there_and_can_be_fired_at_before_any_token() -> None:
    async with serving() as served:
        change = await served.fire("person", "update", 17)

        assert change["note"] == "no subscription to person/update"
        assert served.accounts.named("default") is not None
        _, answered = await served.control("GET", "/accounts")
        assert [(a["name"], a["email"], a["keys"]) for a in answered["accounts"]] == [("default", None, 0)]


@pytest.mark.parametrize("clock", CLOCKS)
async def test_accounts_share_nothing(clock: ClockName) -> None:
    """Subscriptions, ids, journals and deliveries of one account are unknown to the other."""
    async with listening(Endpoint()) as endpoint, serving(clock=clock, to=endpoint) as served:
        first = await served.subscribe("person", "update", token="a", secret={"who": "first account"})
        second = await served.subscribe("person", "update", token="b", secret={"who": "second account"})
        assert (first, second) == (560_698, 580_698)

        await served.fire("person", "update", 17, account="account-2")
        body = await endpoint.arrived.get()
        await served.until("account-2", kind="ended")

        assert body["who"] == "second account"
        assert [entry["kind"] for entry in await served.journal("default")] == ["subscribed"]
        assert len(endpoint.bodies) == 1


async def test_fixed_tokens_open_their_accounts_and_any_other_is_answered_401() -> None:
    async with serving(tokens=("one", "two")) as served:
        assert (await served.api("GET", "/webhooks", token="one"))[0] == 200
        assert (await served.api("GET", "/webhooks", token="two"))[0] == 200
        status, body = await served.api("GET", "/webhooks", token="three")

        assert (status, body["success"]) == (401, False)
        assert [account.name for account in served.accounts] == ["default", "account-2"]


async def test_credentials_that_are_refused_open_no_account() -> None:
    async with serving() as served:
        status, _ = await served.api("GET", "/webhooks", token="first", email="")

        assert status == 401
        assert len(served.accounts) == 1
        account = served.accounts.named("default")
        assert account is not None
        assert account.tenant.account.keys == []


_GOOD = {
    "X-PW-AccessToken": b"secret-token",
    "X-PW-Application": b"developer_api",
    "X-PW-UserEmail": b"ada@example.com",
}


async def _raw_call(served: Served, path: str, **headers: bytes) -> tuple[int, str]:
    """A call with headers that clients do not send; return its status and its hint."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(served.server.url.rpartition(":")[2]))
    given = {**_GOOD, **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = [b"%s: %s" % (name.encode(), value) for name, value in given.items() if value]
    writer.write(
        b"\r\n".join([f"GET {path} HTTP/1.1".encode(), b"Host: localhost", *lines, b"Connection: close\r\n\r\n"])
    )
    answered = (await reader.read()).decode("latin-1")
    writer.close()
    await writer.wait_closed()
    _, _, hint = answered.partition("X-Copper-Emulator-Hint: ")
    return int(answered.split()[1]), hint.partition("\r\n")[0]


@pytest.mark.parametrize("name", sorted(_GOOD))
@pytest.mark.parametrize("value", [b"\xff@example.com", b"a\xc2\x9bb", b"a\tb"], ids=ascii)
async def test_a_header_that_cannot_be_shown_is_refused_and_opens_no_account(name: str, value: bytes) -> None:
    async with serving() as served:
        status, hint = await _raw_call(served, "/developer_api/v1/webhooks", **{name.replace("-", "_"): value})

        assert status == 401
        assert hint == f"Not printable UTF-8 text: {name}."
        status, answered = await served.control("GET", "/accounts")
        assert (status, [account["keys"] for account in answered["accounts"]]) == (200, [0])


async def test_an_email_in_utf_8_is_taken() -> None:
    async with serving() as served:
        status, _ = await _raw_call(served, "/developer_api/v1/webhooks", X_PW_UserEmail="zoë@example.com".encode())

        assert status == 200
        _, answered = await served.control("GET", "/accounts")
        assert [account["email"] for account in answered["accounts"]] == ["zoë@example.com"]


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/developer_api/v1/webhooks", {"X_PW_Application": b"another_api"}, 401),
        ("/developer_api/v1/webhooks", {"X_PW_Application": b""}, 401),
        ("/developer_api/v1/webhooks", {"X_PW_UserEmail": b""}, 401),
        ("/developer_api/v1/webhooks", {"X_PW_AccessToken": b""}, 401),
        ("/developer_api/v1/nonsense", {}, 404),
    ],
)
async def test_a_call_that_is_refused_opens_no_account_and_the_log_tells_of_it(
    path: str, headers: dict[str, bytes], status: int
) -> None:
    async with serving() as served:
        answered, hint = await _raw_call(served, path, **headers)

        assert answered == status
        assert [account.tenant.account.keys for account in served.accounts] == [[]]
        ((account, entry),) = served.log
        assert (account, entry.kind) == (None, Kind.REFUSED)
        assert entry.text.startswith(f"GET {path}: {status} ")
        assert entry.text.endswith(f"; {hint}")
        assert "secret-token" not in entry.text


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("evil.example:2929", "http://evil.example:2929", 403),
        # A page can hide its origin from the server, but not the name under which it calls.
        ("evil.example:2929", "null", 403),
        ("127.0.0.1.evil.example", "http://127.0.0.1.evil.example", 403),
        ("evil.example:2929", None, 200),
        ("127.0.0.1:2929", "http://127.0.0.1:2929", 200),
        ("emulator.internal:2929", "http://emulator.internal:2929", 200),
        # What a proxy of the application has passed on, with its own Host or the browser's.
        ("127.0.0.1:2929", "https://my-app.example", 200),
        ("copper:2929", "http://localhost:5173", 200),
        # A program with Copper's hosts in it, behind `exec` or `serve --proxy`.
        ("api.copper.com", "https://my-app.example", 200),
        ("api.prosperworks.com", "null", 200),
    ],
)
async def test_a_page_whose_own_name_leads_here_cannot_subscribe(host: str, origin: str | None, status: int) -> None:
    headers = {"Host": host, **HEADERS, **({} if origin is None else {"Origin": origin})}
    body = {"target": TARGET, "type": "person", "event": "update"}
    async with serving() as served:
        url = f"{served.server.url}/developer_api/v1/webhooks"
        async with served.session.post(url, json=body, headers=headers) as response:
            hint = response.headers.get("X-Copper-Emulator-Hint", "")

        _, there = await served.api("GET", "/webhooks")

    assert response.status == status
    assert len(there) == (status == 200)
    assert ("--trusted-host NAME" in hint) == (status == 403)


async def test_a_call_that_is_refused_is_in_the_journal_of_its_account_with_what_would_help() -> None:
    async with serving() as served:
        await served.api("GET", "/webhooks")
        await served.api("GET", "/webhooks/17")

        (refused,) = await served.journal(kind="api-refused")
        assert "GET /developer_api/v1/webhooks/17: 404 Resource not found" in refused["line"]


async def test_a_token_that_is_not_among_the_fixed_ones_is_told_where_they_are_from() -> None:
    async with serving(tokens=("one",)) as served:
        status, hint = await _raw_call(served, "/developer_api/v1/webhooks")

        assert status == 401
        assert hint == "This token belongs to no account here. Use one that the server was given with --token."


# --- real time ----------------------------------------------------------------------------------------------


async def test_on_the_wall_clock_a_change_is_delivered_by_itself() -> None:
    async with listening(Endpoint()) as endpoint, serving(clock="wall", to=endpoint) as served:
        subscription = await served.subscribe("person", "update")
        await served.fire("person", "update", 17, 18, name=["Ada", "Ada Lovelace"])

        body = await endpoint.arrived.get()

        assert body["subscription_id"] == subscription
        assert (body["type"], body["event"], body["ids"]) == ("person", "update", [17, 18])
        assert body["updated_attributes"] == {"name": ["Ada", "Ada Lovelace"]}
        ended = await served.until(kind="ended")
        assert (ended["delivery"]["outcome"], ended["delivery"]["status"]) == ("delivered", 200)


async def test_latency_is_waited_for_in_real_time() -> None:
    async with listening(Endpoint()) as endpoint, serving(clock="wall", to=endpoint, latency="20ms") as served:
        await served.subscribe("person", "update")
        change = await served.fire("person", "update")
        await endpoint.arrived.get()

        sending = await served.until(kind="sending")

        assert change["notifications"][0]["due_at"] > change["at"]
        assert sending["at"] >= change["notifications"][0]["due_at"]


async def test_at_most_in_flight_requests_are_with_one_target_and_the_others_wait() -> None:
    async with listening(Endpoint(hangs=True)) as endpoint, serving(clock="wall", to=endpoint, in_flight=3) as served:
        await served.subscribe("person", "update")
        for record_id in range(1, 9):
            await served.fire("person", "update", record_id)
        for _ in range(3):
            await endpoint.arrived.get()
        started = await served.journal(kind="sending")
        endpoint.let_go.set()
        for _ in range(5):
            await endpoint.arrived.get()

        assert len(started) == 3
        assert endpoint.most_at_once == 3
        assert sorted(body["ids"][0] for body in endpoint.bodies) == list(range(1, 9))


@pytest.mark.parametrize("in_flight", [1, 2])
async def test_a_hanging_endpoint_holds_up_only_itself(in_flight: int) -> None:
    async with (
        listening(Endpoint(hangs=True)) as slow,
        listening(Endpoint()) as quick,
        serving(clock="wall", to=quick, allow_http=True, in_flight=in_flight) as served,
    ):
        await served.subscribe("person", "update", target=slow.url + "/slow")
        await served.subscribe("person", "update", target=TARGET)
        for record_id in range(1, 6):
            await served.fire("person", "update", record_id)

        quick_ids = sorted([(await quick.arrived.get())["ids"][0] for _ in range(5)])

        assert quick_ids == [1, 2, 3, 4, 5]
        assert slow.most_at_once <= in_flight


async def test_over_a_limit_the_rest_is_held_and_says_until_when() -> None:
    async with listening(Endpoint()) as endpoint, serving(clock="wall", to=endpoint, limits="2/10m") as served:
        await served.subscribe("person", "update")
        for record_id in (1, 2, 3):
            await served.fire("person", "update", record_id)
        held = await served.until(kind="held")

        assert held["notification"]["ids"] == [3]
        assert held["notification"]["held_by"] == "2/10m"
        assert "held" in held["line"]
        assert "renews" in held["line"]
        assert {(await endpoint.arrived.get())["ids"][0] for _ in range(2)} == {1, 2}
        assert endpoint.arrived.empty()


@pytest.mark.parametrize("clock", CLOCKS)
async def test_each_change_is_sent_once_whatever_the_answer(clock: ClockName) -> None:
    async with listening(Endpoint(status=500)) as endpoint, serving(clock=clock, to=endpoint) as served:
        await served.subscribe("person", "update")
        for record_id in range(1, 41):
            await served.fire("person", "update", record_id)
        for _ in range(40):
            await endpoint.arrived.get()
        while len(await served.journal(kind="ended")) < 40:
            await served.until(kind="ended")

        entries = await served.journal(kind="ended")
        assert sorted(entry["notification"]["serial"] for entry in entries) == list(range(1, 41))
        assert {entry["delivery"]["outcome"] for entry in entries} == {"rejected"}
        assert len(endpoint.bodies) == 40


# --- a clock that stands still ------------------------------------------------------------------------------


async def test_on_the_manual_clock_nothing_goes_before_its_time_and_then_at_its_own_moment() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint, latency="10m") as served:
        await served.subscribe("person", "update")
        change = await served.fire("person", "update")
        _, early = await served.control("POST", "/accounts/default/clock/advance", {"by": "9m59s"})
        _, moved = await served.control("POST", "/accounts/default/clock/advance", {"by": "1h"})

        assert early["deliveries"] == []
        assert [d["started_at"] for d in moved["deliveries"]] == [change["notifications"][0]["due_at"]]
        assert moved["now"] > moved["deliveries"][0]["ended_at"]
        assert len(endpoint.bodies) == 1


async def test_what_is_due_has_been_delivered_when_fire_is_answered_on_the_manual_clock() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "update")

        change = await served.fire("person", "update", *range(1, 62))

        assert [len(n["ids"]) for n in change["notifications"]] == [30, 30, 1]
        assert {n["state"] for n in change["notifications"]} == {"delivered"}
        # They were in flight together, and arrive in any order.
        assert sorted(len(body["ids"]) for body in endpoint.bodies) == [1, 30, 30]


async def test_each_of_two_clients_at_once_is_answered_when_its_own_change_has_been_delivered() -> None:
    """On the manual clock, while something else holds up the deliveries."""
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "update")
        account = served.accounts.named("default")
        assert account is not None
        let_go = asyncio.Event()
        holding = asyncio.create_task(account.runner.run_alone(let_go.wait))

        clients = [asyncio.create_task(served.fire("person", "update", each)) for each in (17, 18)]
        while len(account.tenant.account.journal.changes) < len(clients):
            await account.news.wait()
        # Anything that would be answered by now has been, because this call came later.
        await served.control("GET", "/accounts/default/clock")
        let_go.set()
        answers = await asyncio.gather(*clients)

        await holding
        assert [[each["state"] for each in change["notifications"]] for change in answers] == [["delivered"]] * 2


async def test_the_same_calls_on_the_manual_clock_give_the_same_journal() -> None:
    async def play() -> list[Any]:
        async with listening(Endpoint()) as endpoint, serving(to=endpoint, latency="0-15m", limits="5/1m") as served:
            await served.subscribe("person", "update")
            await served.subscribe("person", "update", target="https://my-app.example/other")
            _, clock = await served.control("GET", "/accounts/default/clock")
            for record_id in range(1, 11):
                await served.fire("person", "update", record_id)
            await served.control("POST", "/accounts/default/clock/run-until-idle", {})
            first = served.log[0][1].at_ms
            assert clock["waiting"] == 0
            return [
                (entry.number, entry.kind, entry.at_ms - first, entry.notification and entry.notification.serial)
                for _, entry in served.log
            ]

    once, again = await play(), await play()

    assert once == again
    assert sum(1 for line in once if line[1] is Kind.ENDED) == 20


class _Caller(Endpoint):
    """Fires a change itself whenever it is notified of a person."""

    served: Served

    async def on_receive(self, body: dict[str, Any]) -> None:
        if body["type"] == "person":
            await self.served.fire("lead", "update", 5)


@pytest.mark.parametrize("clock", CLOCKS)
async def test_an_endpoint_may_change_something_while_it_is_notified(clock: ClockName) -> None:
    async with listening(_Caller()) as endpoint, serving(clock=clock, to=endpoint) as served:
        assert isinstance(endpoint, _Caller)
        endpoint.served = served
        await served.subscribe("person", "update")
        await served.subscribe("lead", "update")

        await served.fire("person", "update", 17)

        assert [(await endpoint.arrived.get())["type"] for _ in range(2)] == ["person", "lead"]
        person = await served.until(kind="ended")
        assert (person["delivery"]["type"], person["delivery"]["outcome"]) == ("person", "delivered")


async def test_a_change_made_while_a_round_is_on_its_way_names_the_notification_that_caused_it() -> None:
    async with listening(_Caller()) as endpoint, serving(to=endpoint) as served:
        assert isinstance(endpoint, _Caller)
        endpoint.served = served
        await served.subscribe("person", "update")

        change = await served.fire("person", "update", 17)

        assert [n["state"] for n in change["notifications"]] == ["delivered"]
        assert [e["change"]["cause"] for e in await served.journal(kind="change")] == [None, 1]


class _Echo(Endpoint):
    served: Served

    async def on_receive(self, body: dict[str, Any]) -> None:
        await self.served.fire("person", "update", 17)


async def test_an_echo_is_stopped_and_told_and_the_server_goes_on() -> None:
    async with listening(_Echo()) as endpoint, serving(to=endpoint, echo_depth=3) as served:
        assert isinstance(endpoint, _Echo)
        endpoint.served = served
        await served.subscribe("person", "update")

        body = {"type": "person", "event": "update", "ids": [17]}
        status, refused = await served.control("POST", "/accounts/default/fire", body)

        assert status == 409
        assert "Echo loop" in refused["error"]
        assert len(endpoint.bodies) == 4
        assert [e["change"]["ids"] for e in await served.journal(kind="echo-stopped")] == [[17]]
        assert (await served.control("GET", "/health"))[0] == 200


class _EchoOfPeople(_Echo):
    async def on_receive(self, body: dict[str, Any]) -> None:
        if body["type"] == "person":
            await super().on_receive(body)


async def test_what_else_was_due_when_an_echo_was_stopped_goes_without_a_further_call() -> None:
    """The call that moved time has ended with the error, and nobody needs to make another."""
    settings: dict[str, Any] = {"echo_depth": 3, "in_flight": 1, "batch": 1, "latency": "1s"}
    async with listening(_EchoOfPeople()) as endpoint, serving(to=endpoint, **settings) as served:
        assert isinstance(endpoint, _EchoOfPeople)
        endpoint.served = served
        await served.subscribe("person", "update")
        await served.subscribe("company", "update", target=f"{TARGET}/companies")
        await served.fire("person", "update", 17)
        await served.fire("company", "update", *range(1, 31))
        # What an echo makes is due at once, while most of the companies still wait.
        assert (await served.control("POST", "/accounts/default/settings", {"latency": "0"}))[0] == 200

        status, refused = await served.control("POST", "/accounts/default/clock/advance", {"by": "10s"})
        assert (status, "Echo loop" in refused["error"]) == (409, True)

        async with asyncio.timeout(60):
            companies = [body["ids"][0] async for body in arriving(endpoint, "company", 30)]
        assert companies == [*range(1, 31)]


async def arriving(endpoint: Endpoint, kind: str, number: int) -> AsyncIterator[dict[str, Any]]:
    """The next bodies about a type, in the order in which they come."""
    while number:
        body = await endpoint.arrived.get()
        if body["type"] == kind:
            number -= 1
            yield body


class _ApiEcho(Endpoint):
    served: Served

    async def on_receive(self, body: dict[str, Any]) -> None:
        change = {"name": f"Ada {len(self.bodies)}"}
        assert (await self.served.api("PUT", f"/people/{body['ids'][0]}", change))[0] == 200


@pytest.mark.parametrize(("path", "body"), [("settle", {}), ("advance", {"by": "1s"}), ("run-until-idle", {})], ids=str)
async def test_the_next_call_that_waits_hears_of_an_echo_that_a_call_of_the_api_began(
    path: str, body: dict[str, Any]
) -> None:
    """That call is answered before anything is delivered."""
    async with listening(_ApiEcho()) as endpoint, serving(to=endpoint, echo_depth=3) as served:
        assert isinstance(endpoint, _ApiEcho)
        endpoint.served = served
        await served.subscribe("person", "update")
        _, ada = await served.api("POST", "/people", {"name": "Ada"})
        assert (await served.api("PUT", f"/people/{ada['id']}", {"name": "Eve"}))[0] == 200

        while not await served.journal(kind="echo-stopped"):
            pass
        _, before = await served.control("GET", "/accounts/default/clock")
        status, refused = await served.control("POST", f"/accounts/default/clock/{path}", body)
        _, after = await served.control("GET", "/accounts/default/clock")
        again = await served.control("POST", f"/accounts/default/clock/{path}", body)

        assert status == 409
        assert after["now"] == before["now"]
        assert "Echo loop" in refused["error"]
        assert again[0] == 200


@pytest.mark.parametrize("path", ["clock/run", "reset"])
async def test_of_an_echo_before_time_went_on_or_began_again_no_call_hears(path: str) -> None:
    async with listening(_ApiEcho()) as endpoint, serving(to=endpoint, echo_depth=3) as served:
        assert isinstance(endpoint, _ApiEcho)
        endpoint.served = served
        await served.subscribe("person", "update")
        _, ada = await served.api("POST", "/people", {"name": "Ada"})
        assert (await served.api("PUT", f"/people/{ada['id']}", {"name": "Eve"}))[0] == 200
        while not await served.journal(kind="echo-stopped"):
            pass

        assert (await served.control("POST", f"/accounts/default/{path}", {}))[0] == 200

        assert (await served.control("POST", "/accounts/default/clock/settle", {}))[0] == 200


FIRST_PERSON = FIRST_RECORD_ID[EntityType.PERSON]


class _WhileOthersWork(Endpoint):
    served: Served

    async def on_receive(self, body: dict[str, Any]) -> None:
        if body["ids"][0] < FIRST_PERSON + 30:
            assert (await self.served.api("POST", "/people", {"name": "Ada"}))[0] == 200


async def test_a_client_that_makes_records_during_deliveries_is_not_taken_for_an_echo() -> None:
    async with listening(_WhileOthersWork()) as endpoint, serving(to=endpoint, echo_depth=3) as served:
        assert isinstance(endpoint, _WhileOthersWork)
        endpoint.served = served
        await served.subscribe("person", "new")

        assert (await served.api("POST", "/people", {"name": "Ada"}))[0] == 200
        assert (await served.control("POST", "/accounts/default/clock/settle", {"within": "10s"}))[0] == 200

        assert [body["ids"] for body in endpoint.bodies] == [[FIRST_PERSON + number] for number in range(31)]
        assert await served.journal(kind="echo-stopped") == []


async def test_a_change_that_any_part_of_the_server_records_is_delivered_by_itself() -> None:
    """Even on the manual clock, where it is due at once."""
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "update")
        account = served.accounts.named("default")
        assert account is not None

        happened = RecordChange(Topic(EntityType.PERSON, Event.UPDATE), (5,))
        account.tenant.record(lambda core, now: core.apply(happened, now))

        assert (await endpoint.arrived.get())["ids"] == [5]


# --- reset and end ------------------------------------------------------------------------------------------


async def test_reset_cuts_off_what_is_on_its_way_and_keeps_key_and_routes() -> None:
    async with listening(Endpoint(hangs=True)) as endpoint, serving(clock="wall", to=endpoint) as served:
        await served.subscribe("person", "update")
        await served.fire("person", "update", 1)
        await endpoint.arrived.get()

        status, shown = await served.control("POST", "/accounts/default/reset", {})
        after = await served.journal()
        endpoint.let_go.set()
        await served.subscribe("person", "update")
        await served.fire("person", "update", 2)

        assert (status, shown["keys"], shown["subscriptions"], shown["changes"]) == (200, 1, 0, 0)
        assert len(shown["routes"]) == 1
        assert after == []
        assert (await endpoint.arrived.get())["ids"] == [2]
        assert [entry["number"] for entry in await served.journal(kind="subscribed")] == [1]


class _Resetting(Endpoint):
    """Requests a reset while it is notified."""

    served: Served
    answered: tuple[int, Any]

    async def on_receive(self, body: dict[str, Any]) -> None:
        self.answered = await self.served.control("POST", "/accounts/default/reset", {})


async def test_after_a_reset_what_was_secret_before_is_hidden_no_longer() -> None:
    """Otherwise, a server that is reset again and again would look for more texts in everything it shows."""
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        for secret in ("Lovelace", ""):
            await served.control("POST", "/accounts/default/reset", {})
            await served.subscribe("person", "update", secret={"key": secret} if secret else {})
            await served.fire("person", "update", 17, name=["Ada", "Lovelace"])

            _, told = await served.control("GET", "/accounts/default/notifications/1")
            assert ("Lovelace" in str(told["delivery"]["response_body"])) is not bool(secret), told["delivery"][
                "response_body"
            ]


async def test_a_reset_out_of_a_delivery_is_refused_where_it_would_wait_for_itself() -> None:
    async with listening(_Resetting()) as endpoint, serving(clock="manual", to=endpoint) as served:
        assert isinstance(endpoint, _Resetting)
        endpoint.served = served
        await served.subscribe("person", "update")

        change = await served.fire("person", "update", 17)

        assert [n["state"] for n in change["notifications"]] == ["delivered"]
        status, refused = endpoint.answered
        assert status == 409
        assert "cannot be reset while notifications are on their way" in refused["error"]
        assert (await served.control("POST", "/accounts/default/reset", {}))[0] == 200


async def test_what_is_on_its_way_when_the_server_ends_is_unknown() -> None:
    async with listening(Endpoint(hangs=True)) as endpoint:
        async with serving(clock="wall", to=endpoint) as served:
            await served.subscribe("person", "update")
            await served.fire("person", "update", 1)
            await endpoint.arrived.get()

        ended = [entry for _, entry in served.log if entry.kind is Kind.ENDED]
        assert [entry.delivery.outcome for entry in ended if entry.delivery] == [Outcome.UNKNOWN]


async def test_a_target_without_a_route_is_blocked_with_what_would_allow_it() -> None:
    async with serving() as served:
        await served.subscribe("person", "update")
        await served.fire("person", "update")

        (ended,) = await served.journal(kind="ended")

        assert ended["delivery"]["outcome"] == "blocked"
        assert "copper-emulator routes https://my-app.example=" in ended["line"]


@pytest.mark.parametrize("target", ["https://nowhere.example/", "https://127.0.0.1:1/"])
async def test_a_target_that_cannot_be_sent_to_holds_up_nothing(target: str) -> None:
    """The first one passes Copper's check but is no URL for the HTTP client; at the second nothing listens."""
    async with listening(Endpoint()) as endpoint, serving(clock="wall", to=endpoint) as served:
        await served.subscribe("person", "update", target=target)
        await served.subscribe("lead", "update")
        await served.fire("person", "update", 1)
        failed = await served.until(kind="ended")
        await served.fire("lead", "update", 2)

        assert failed["delivery"]["outcome"] in ("failed", "blocked")
        assert (await endpoint.arrived.get())["ids"] == [2]


async def test_a_port_that_is_taken_is_an_error_and_leaves_nothing_behind() -> None:
    async with serving() as served:
        port = int(served.server.url.rpartition(":")[2])

        with pytest.raises(OSError, match="address already in use"):
            async with Server(Plan(Settings()), port=port):
                pass


async def test_a_route_that_cannot_be_understood_is_an_error_and_leaves_nothing_behind() -> None:
    with pytest.raises(RouteError, match="nonsense"):
        async with Server(Plan(Settings(), routes=[("nonsense", "http://127.0.0.1:1")]), port=0):
            pass
