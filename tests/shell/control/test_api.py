"""The control API: what it does, what it refuses and how it says so."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copper_emulator.settings import Settings
from copper_emulator.shell.control.api import OPERATIONS
from copper_emulator.shell.control.health import Health, ReadyShape
from copper_emulator.shell.control.journal import ReadJournal
from copper_emulator.shell.control.limits import ReadLimits
from copper_emulator.shell.control.notification_models import ListNotifications
from copper_emulator.shell.loop_thread import LoopThread
from copper_emulator.shell.served.plan import Plan
from copper_emulator.shell.serving.server import Server
from tests.shell.served import TARGET, Endpoint, listening, serving

DEFAULT = "/accounts/default"


# --- the server and its accounts ----------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_health_says_where_the_api_is_and_which_clock_the_server_has() -> None:
    async with serving() as served:
        status, health = await served.control("GET", "/health")

        assert status == 200
        assert health["api_url"] == f"{served.server.url}/developer_api/v1"
        assert (health["status"], health["clock"], health["accounts"]) == ("ok", "manual", 1)


@pytest.mark.asyncio
async def test_what_is_answered_without_a_check_is_what_its_model_takes() -> None:
    async with serving() as served:
        for path, model in (("/health", Health), ("/ready", ReadyShape)):
            _, answer = await served.control("GET", path)

            assert model.model_validate(answer).model_dump(mode="json") == answer


@pytest.mark.asyncio
async def test_an_operation_that_takes_nothing_refuses_what_it_is_told() -> None:
    async with serving() as served:
        status, refused = await served.control("GET", "/health?verbose=1")

        assert (status, refused["error"]) == (422, "verbose: there is no such key: this operation takes none")


@pytest.mark.asyncio
async def test_an_unknown_account_is_404_with_those_that_there_are() -> None:
    async with serving(tokens=("a", "b")) as served:
        for path in ("/journal", "/journal/stream", "/subscriptions", "/clock", ""):
            status, refused = await served.control("GET", f"/accounts/nobody{path}")

            assert status == 404
            assert "nobody" in refused["error"]
            assert "The accounts are default and account-2." in refused["hint"]


@pytest.mark.asyncio
async def test_a_path_or_method_that_does_not_exist_is_refused_as_json() -> None:
    async with serving() as served:
        assert await served.control("GET", "/nonsense") == (
            404,
            {
                "error": "there is no /_emulator/v1/nonsense in the control API",
                "hint": "GET /_emulator/docs lists its operations, all under /_emulator/v1.",
            },
        )
        assert (await served.control("GET", f"{DEFAULT}/nonsense"))[0] == 404
        status, refused = await served.control("DELETE", f"{DEFAULT}/journal")

        assert status == 405
        assert "GET" in refused["error"]


@pytest.mark.asyncio
async def test_the_emulated_api_keeps_its_own_envelope_beside_the_control_api() -> None:
    async with serving() as served:
        assert await served.api("GET", "/nonsense") == (404, {"error": "not_found"})


# --- fire ---------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_fire_answers_with_the_change_its_notifications_and_why() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        subscription = await served.subscribe("person", "update")

        change = await served.fire("person", "update", 17, 18, name=["Ada", "Ada Lovelace"])

        assert (change["type"], change["event"], change["ids"], change["origin"]) == (
            "person",
            "update",
            [17, 18],
            "fire",
        )
        assert change["updated_attributes"] == {"name": ["Ada", "Ada Lovelace"]}
        assert change["subscriptions"] == [subscription]
        assert [(n["ids"], n["state"]) for n in change["notifications"]] == [([17, 18], "delivered")]
        assert f"for subscription {subscription}: delivered (200)" in change["why"][1]


@pytest.mark.asyncio
async def test_on_a_running_clock_fire_is_answered_with_what_became_of_it_too() -> None:
    async with listening(Endpoint(status=503)) as endpoint, serving(to=endpoint, clock="wall") as served:
        await served.subscribe("person", "update")

        change = await served.fire("person", "update", 17)

        assert [n["state"] for n in change["notifications"]] == ["rejected"]
        assert "rejected (503)" in change["why"][1]


@pytest.mark.asyncio
async def test_on_a_running_clock_what_waits_for_its_target_is_waited_for_too() -> None:
    async with (
        listening(Endpoint()) as endpoint,
        serving(to=endpoint, clock="wall", in_flight=1, batch=1) as served,
    ):
        await served.subscribe("person", "update")

        change = await served.fire("person", "update", 17, 18, 19)

        assert [n["state"] for n in change["notifications"]] == ["delivered"] * 3


@pytest.mark.asyncio
async def test_on_a_running_clock_a_slow_endpoint_is_not_waited_for_and_nothing_waits_for_a_call() -> None:
    async with listening(Endpoint(hangs=True)) as endpoint, serving(to=endpoint, clock="wall", in_flight=1) as served:
        await served.subscribe("person", "update")

        first = await served.fire("person", "update", 17)
        second = await served.fire("person", "update", 18)

        assert first["why"][1].endswith("sent, not answered yet")
        assert second["why"][1].endswith("waits for its target, which has not answered the previous one")


@pytest.mark.asyncio
async def test_fire_says_when_nobody_listens_and_what_is_near() -> None:
    async with serving() as served:
        await served.subscribe("person", "new")

        change = await served.fire("person", "update")

        assert change["notifications"] == []
        assert change["note"] == "no subscription to person/update (there is one to person/new)"
        assert any("nobody was notified" in line for line in change["why"])


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({}, 422, "type: is missing; event: is missing; ids: is missing"),
        ([], 422, "must be a JSON object"),
        ({"type": "person", "event": "update", "ids": []}, 422, "ids: must not be empty"),
        ({"type": "person", "event": "update", "ids": [0]}, 422, "ids: 0 is too small: the least is 1"),
        ({"type": "person", "event": "update", "ids": [1, "2"]}, 422, "ids: '2' is not a whole number"),
        ({"type": "person", "event": "update", "ids": [True]}, 422, "ids: true is not a whole number"),
        ({"type": "person", "event": "update", "ids": [2**63]}, 422, "ids: 9223372036854775808 is too large"),
        ({"type": "person", "event": "update", "ids": 17}, 422, "ids: 17 is not a list"),
        (
            {"type": "person", "event": "update", "ids": [1], "id": 1},
            422,
            "id: there is no such key; did you mean 'ids'? The keys are ",
        ),
        ({"type": "persona", "event": "update", "ids": [1]}, 422, "there is no type 'persona'"),
        ({"type": "person", "event": "moved", "ids": [1]}, 422, "there is no event 'moved'"),
        (
            {"type": "activity_log", "event": "update", "ids": [1]},
            422,
            "update and delete too: allow them with copper-emulator reset --set profile=developer-docs.",
        ),
        ({"type": "person", "event": "update", "ids": [1], "updated_attributes": {"a": 1}}, 422, "[old, new]"),
        (
            {"type": "person", "event": "update", "ids": [1], "updated_attributes": [1]},
            422,
            "[1] is not a mapping of names to values",
        ),
    ],
)
async def test_a_wrong_event_is_refused_and_changes_nothing(body: Any, status: int, says: str) -> None:
    async with serving() as served:
        answered, refused = await served.control("POST", f"{DEFAULT}/fire", body)

        assert answered == status
        assert says in refused["error"]
        assert await served.journal() == []


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "raw", [b"{", b"\xff", b'"\\ud800"', b"NaN", b"1e999", b"[" * 5000, b"{}" + b" " * 1024**2], ids=range(7)
)
async def test_a_body_that_is_not_json_or_too_large_is_refused(raw: bytes) -> None:
    async with serving() as served:
        url = f"{served.server.url}/_emulator/v1{DEFAULT}/fire"
        async with served.session.post(url, data=io.BytesIO(raw)) as response:
            refused = await response.json()

            assert response.status in (400, 413)
            assert refused["error"]


# --- subscriptions, and what stays hidden -------------------------------------------------------------------


@pytest.mark.asyncio
async def test_subscriptions_show_the_names_of_secrets_and_headers_but_not_their_values() -> None:
    async with serving() as served:
        made = await served.subscribe("person", "new", secret={"key": "s3cret"}, headers={"X-Auth": "hush"})

        _, answered = await served.control("GET", f"{DEFAULT}/subscriptions")

        (shown,) = answered["subscriptions"]
        assert (shown["id"], shown["type"], shown["event"], shown["target"]) == (made, "person", "new", TARGET)
        assert (shown["secret"], shown["headers"]) == ({"key": "***"}, {"X-Auth": "***"})


@pytest.mark.asyncio
async def test_no_answer_shows_a_token_a_secret_or_the_value_of_a_custom_header() -> None:
    """Not where it was sent, not where the endpoint returns it, not where the API refused it."""
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        made = await served.subscribe(
            "person", "update", token="t0ken-value", secret={"key": "s3cret-value"}, headers={"X-Auth": "hush-value"}
        )
        await served.api("PUT", f"/webhooks/{made}", {"type": "lead"}, token="t0ken-value")
        await served.fire("person", "update")

        shown = [
            json.dumps(await served.control("GET", path))
            for path in ("/accounts", f"{DEFAULT}/journal", f"{DEFAULT}/subscriptions", f"{DEFAULT}/clock", DEFAULT)
        ]

        assert "s3cret-value" in json.dumps(endpoint.bodies)
        assert "got {" in shown[1]
        for text in shown:
            assert not [word for word in ("t0ken-value", "s3cret-value", "hush-value") if word in text]


# --- reset --------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_reset_takes_everything_but_the_key_and_the_time() -> None:
    async with serving(latency="10m") as served:
        first = await served.subscribe("person", "update")
        await served.fire("person", "update", 1)
        await served.control("POST", f"{DEFAULT}/clock/advance", {"by": "1m"})
        _, before = await served.control("GET", f"{DEFAULT}/clock")

        status, _ = await served.control("POST", f"{DEFAULT}/reset", {})

        assert status == 200
        assert await served.journal() == []
        assert await served.api("GET", "/webhooks") == (200, [])
        _, after = await served.control("GET", f"{DEFAULT}/clock")
        assert (after["now"], after["waiting"], after["next"]) == (before["now"], 0, None)
        assert await served.subscribe("person", "update") == first


@pytest.mark.asyncio
async def test_reset_leaves_other_accounts_alone() -> None:
    async with serving() as served:
        await served.subscribe("person", "update", token="a")
        await served.subscribe("person", "update", token="b")

        await served.control("POST", f"{DEFAULT}/reset")

        assert await served.api("GET", "/webhooks", token="a") == (200, [])
        assert len((await served.api("GET", "/webhooks", token="b"))[1]) == 1


# --- who may call -------------------------------------------------------------------------------------------


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("Host", "127.0.0.1:2929", 200),
        ("Host", "localhost", 200),
        ("Host", "app.localhost:80", 200),
        ("Host", "[::1]:2929", 200),
        ("Host", "emulator.internal:2929", 200),
        ("Host", "EMULATOR.internal", 200),
        ("Host", "evil.example", 403),
        ("Host", "127.0.0.1.evil.example", 403),
        ("Host", "localhost@evil.example", 403),
        ("Host", "evil@localhost", 403),
        ("Host", "localhost#.evil.example", 403),
        ("Host", "localhost/.evil.example", 403),
        ("Host", "localhost?.evil.example", 403),
        ("Host", "localhost\\.evil.example", 403),
        ("Host", "localhost:80:80", 403),
        ("Host", "http://localhost", 403),
        ("Host", "127.0.0.1 evil.example", 403),
        ("Host", "192.168.0.1", 403),
        ("Host", "", 403),
        ("Origin", "http://127.0.0.1:2929", 200),
        ("Origin", "http://localhost:3000", 200),
        ("Origin", "https://emulator.internal", 200),
        ("Origin", "https://evil.example", 403),
        ("Origin", "null", 403),
        ("Origin", "", 403),
        ("Origin", "http://localhost.evil.example", 403),
        ("Origin", "http://localhost#.evil.example", 403),
        ("Origin", "http://localhost/.evil.example", 403),
        ("Origin", "http://evil@localhost", 403),
        ("Origin", "file://localhost", 403),
        ("Origin", "localhost", 403),
    ],
)
async def test_only_who_calls_this_machine_by_its_own_name_is_let_in(header: str, value: str, status: int) -> None:
    async with serving() as served:
        answered, said = await served.control("GET", "/accounts", headers={header: value})

        assert answered == status
        if status == 403:
            assert header in said["error"]
            assert "--trusted-host" in said["hint"]


@pytest.mark.asyncio
async def test_a_page_of_another_site_cannot_fire() -> None:
    async with serving() as served:
        body = {"type": "person", "event": "update", "ids": [1]}
        status, _ = await served.control("POST", f"{DEFAULT}/fire", body, headers={"Origin": "https://evil.example"})

        assert status == 403
        assert await served.journal() == []


# --- what is hidden in what others say ----------------------------------------------------------------------


@pytest.mark.asyncio
async def test_what_a_refused_call_says_is_shown_without_secrets_and_with_what_would_help() -> None:
    async with serving() as served:
        await served.subscribe("person", "new", secret={"key": "hush-value"})
        await served.api("GET", "/webhooks/hush-value")

        (refused,) = await served.journal(kind="api-refused")

        assert refused["line"].endswith(
            "api refused GET /developer_api/v1/webhooks/***: 404 Resource not found; "
            "'***' is not a valid subscription id."
        )


async def _answer_with_another_secret(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b'"key":"second-value"')
    writer.write(b"HTTP/1.1 401 No\r\nX-Wanted: first-value\r\nContent-Length: 18\r\n\r\nwanted first-value")
    await writer.drain()
    writer.close()


@pytest.mark.asyncio
async def test_what_an_endpoint_says_is_shown_without_secrets_that_are_no_longer_used() -> None:
    async with await asyncio.start_server(_answer_with_another_secret, "127.0.0.1", 0) as endpoint, serving() as served:
        port = endpoint.sockets[0].getsockname()[1]
        account = served.accounts.named("default")
        assert account is not None
        account.tenant.routes.add("https://my-app.example", f"http://127.0.0.1:{port}")
        made = await served.subscribe("person", "update", secret={"key": "first-value"})
        await served.api("PUT", f"/webhooks/{made}", {"secret": {"key": "second-value"}})

        await served.fire("person", "update", 17)

        (ended,) = await served.journal(kind="ended")
        async with served.stream(query="kind=ended") as events:
            _, _, streamed = await anext(events)
        assert ended["delivery"]["response_body"] == "wanted ***"
        assert ["X-Wanted", "***"] in ended["delivery"]["response_headers"]
        assert "first-value" not in json.dumps(ended)
        assert streamed == ended


async def _answer_at_length(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b'"ids":')
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n" + b"x" * 3000)
    await writer.drain()
    writer.close()


@pytest.mark.asyncio
async def test_the_journal_has_the_beginnings_of_answers_or_all_that_is_kept_if_asked_for() -> None:
    async with await asyncio.start_server(_answer_at_length, "127.0.0.1", 0) as endpoint, serving() as served:
        port = endpoint.sockets[0].getsockname()[1]
        account = served.accounts.named("default")
        assert account is not None
        account.tenant.routes.add("https://my-app.example", f"http://127.0.0.1:{port}")
        await served.subscribe("person", "update")
        await served.fire("person", "update", 17)

        (short,) = await served.journal(kind="ended")
        (whole,) = await served.journal(kind="ended", whole="true")

    found = [(each["delivery"]["response_body"], each["delivery"]["response_cut"]) for each in (short, whole)]
    assert found == [("x" * 2000, True), ("x" * 3000, False)]


# --- whatever is sent ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    """One server for many requests, in a thread of its own."""
    thread = LoopThread("control-fuzz")
    server = Server(Plan(Settings(limits="off"), clock="manual"), port=0)
    thread.run(server.__aenter__())
    yield f"{server.url}/_emulator/v1"
    thread.run(server.__aexit__(None, None, None))
    thread.close()


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["person", "new", "10m"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_FIELDS = st.dictionaries(
    st.sampled_from(["name", "emails", "tags", "assignee_id", "custom_fields", "id"]) | st.text(max_size=6), _VALUES
)
_KEYS = st.sampled_from(["type", "event", "ids", "updated_attributes", "by", "limit"]) | st.text(max_size=6)
_NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["person", "activity_log", "nobody"]) | _VALUES,
        "event": st.sampled_from(["new", "update", "gone"]) | _VALUES,
        "ids": st.lists(st.integers() | _VALUES, max_size=40),
        "updated_attributes": st.dictionaries(st.text(max_size=8), st.lists(_VALUES, max_size=3)) | _VALUES,
        "by": st.text(alphabet="0123456789.smhd") | _VALUES,
        "limit": st.text(alphabet="0123456789.smhd") | _VALUES,
        "rows": st.lists(_FIELDS | _VALUES, max_size=3) | _VALUES,
        "count": st.integers(1, 5) | _VALUES,
        "fields": _FIELDS | _VALUES,
        "details": st.dictionaries(st.sampled_from(["person", "company", "opportunity"]), _FIELDS) | _VALUES,
        "id": st.integers() | _VALUES,
        "entry": _FIELDS | _VALUES,
    },
)
_BODIES = st.binary() | (_NEARLY | st.dictionaries(_KEYS, _VALUES) | _VALUES).map(
    lambda value: json.dumps(value).encode()
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    path=st.sampled_from(
        [operation.path.removeprefix("/") for operation in OPERATIONS if operation.method == "POST"]
    ).map(lambda path: path.replace("{type}", "person").replace("{table}", "users").replace("{serial}", "1")),
    body=_BODIES,
)
def test_no_body_gives_a_500(server_url: str, path: str, body: bytes) -> None:
    """Every body is accepted, or refused with an error of its own in JSON."""
    if path == "wait":
        # Otherwise the other requests would have to wait for it.
        body = body.replace(b"{", b'{"timeout":"1ms",', 1) if body.startswith(b'{"') else b'{"timeout":"1ms"}'
    response = requests.post(f"{server_url}{DEFAULT}/{path}", data=body, timeout=60)

    answered = response.json()
    assert response.status_code in (200, 400, 404, 408, 409, 422)
    assert response.status_code == 200 or answered["error"]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    path=st.sampled_from(["journal", "notifications", "clock", "subscriptions", "limits", "inbox", "targets", ""]),
    query=st.dictionaries(
        st.sampled_from([*ListNotifications.model_fields, *ReadJournal.model_fields, *ReadLimits.model_fields])
        | st.text(max_size=5),
        st.text(max_size=6) | st.integers().map(str) | st.lists(st.text(max_size=4), max_size=3),
        max_size=4,
    ),
)
def test_no_query_gives_a_500(server_url: str, path: str, query: dict[str, Any]) -> None:
    response = requests.get(f"{server_url}{DEFAULT}/{path}".rstrip("/"), params=query, timeout=60)

    answered = response.json()
    assert response.status_code in (200, 400, 422)
    assert response.status_code == 200 or answered["error"]
