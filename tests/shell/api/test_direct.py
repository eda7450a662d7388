"""A call is answered the same, and has the same effects, whether it is answered directly or by aiohttp."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from hypothesis import given, settings
from hypothesis import strategies as st

from copper_emulator import Copper, Emulator, UsageError
from copper_emulator.core.ids import MAX_ID
from copper_emulator.settings import Settings
from copper_emulator.shell.api import direct
from copper_emulator.shell.host import Host
from copper_emulator.shell.served.plan import Plan
from copper_emulator.shell.serving.server import Server
from copper_emulator.shell.whole_request import WholeRequest
from tests.shell.api.client import BASE

START = datetime(2026, 3, 1, tzinfo=UTC)
TARGET = "https://my-app.example/hooks"

Told = tuple[int, list[tuple[str, str]], bytes]


class InOnePiece(http.client.HTTPConnection):
    """A connection that sends each request in one piece; http.client itself sends the head first."""

    waiting = b""

    def send(self, data: Any) -> None:
        self.waiting += data

    def getresponse(self) -> http.client.HTTPResponse:
        waiting, self.waiting = self.waiting, b""
        super().send(waiting)
        return super().getresponse()


class Side:
    """An account, and one kept connection to its API."""

    def __init__(self, copper: Copper) -> None:
        self.copper = copper
        self.person = copper.people.create(name="Ada", emails=[{"email": "ada@example.com", "category": "work"}]).id
        self.subscription = copper.subscribe("person", "new", target=TARGET).id
        self.headers = dict(copper.headers)
        self.connection = InOnePiece(copper.api_url.split("/")[2], timeout=20)

    def call(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Told:
        """The answer, without what is different each time."""
        own = {name: value.replace("TOKEN", self.copper.token) for name, value in headers.items()}
        path = path.replace("{person}", str(self.person)).replace("{subscription}", str(self.subscription))
        self.connection.request(method, path, body, own)
        answer = self.connection.getresponse()
        raw = answer.read()
        if answer.getheader("Connection") == "close":
            self.connection.close()
        kept = [(name, _timeless(value)) for name, value in answer.getheaders() if name != "Date"]
        return answer.status, sorted(kept), raw.replace(self.copper.token.encode(), b"TOKEN")

    @property
    def effects(self) -> tuple[list[str], list[str]]:
        """What the account's journal and its log of calls say."""
        said = [_timeless(str(entry)) for entry in self.copper.journal]
        return said, [str(call) for call in self.copper.api_calls]


def _timeless(text: str) -> str:
    """A text without when there is room again for a call: from the first refusal on, limits follow real time."""
    return re.sub(r"(room again at ).*", r"\1...", text)


@pytest.fixture(scope="module")
def hosts() -> Iterator[tuple[Host, Host]]:
    with closing(Host()) as directly, closing(Host(directly=False)) as by_aiohttp:
        yield directly, by_aiohttp


@contextmanager
def both(hosts: tuple[Host, Host], **rules: Any) -> Iterator[tuple[Side, Side]]:
    """The same account twice: one is answered directly, the other by aiohttp."""
    one, other = (Emulator(host=host, start=START, strict=False, **rules) for host in hosts)
    with one as first, other as second:
        sides = Side(first), Side(second)
        try:
            yield sides
        finally:
            for side in sides:
                side.connection.close()


CREDENTIALS = {"X-PW-AccessToken": "TOKEN", "X-PW-Application": "developer_api", "X-PW-UserEmail": "a@example.com"}
PATHS = st.sampled_from(
    f"""
    /people /people/ /people/{{person}} /people/{{person}}/ /people/17 /people/0 /people/{MAX_ID} /people/{MAX_ID + 1}
    /people/x /people/%31 /people// /people/search /people/search?page_size=1 /people/bulk_create /people/fetch_by_email
    /people/{{person}}/activities /people/{{person}}/related /people/{{person}}/related/tasks /companies/{{person}}
    /webhooks /webhooks/ /webhooks/{{subscription}} /webhooks/1 /leads /leads/upsert /account /users/me /users/search
    /custom_field_definitions/1 /tags /nowhere
    """.split()
)
OBJECTS: list[Any] = [
    {},
    [],
    "text",
    {"name": "Grace"},
    {"name": "Ada", "emails": [{"email": "ADA@example.com"}]},
    {"nme": "Grace"},
    {"name": "Bob", "id": 7},
    {"email": "ada@example.com"},
    {"page_size": 0},
    {"people": [{"name": "A"}, {}]},
    {"target": TARGET, "type": "person", "event": "update"},
    {"target": TARGET, "type": "update", "event": "person"},
    {"secret": {"key": "s"}},
    {"properties": {"name": "L"}, "match": {"field_name": "email", "field_value": "a@example.com"}},
]
NO_OBJECTS = [b"{", b"name=Grace", b"\xff", b"", b'"\\ud800"', b"x" * 70_000]
BODIES = st.sampled_from([None, *NO_OBJECTS, *(json.dumps(each).encode() for each in OBJECTS)])
EXTRA = st.sampled_from(
    [
        *[{}] * 8,
        {"Content-Type": "application/json"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "https://evil.example"},
        {"Host": "evil.example"},
        {"Origin": "https://evil.example", "Host": "evil.example"},
        {"Host": "api.copper.com"},
        {"Connection": "close"},
    ]
)
KEYS = st.sampled_from(
    [
        *[CREDENTIALS] * 6,
        {},
        {"Authorization": "Bearer TOKEN"},
        {"Authorization": "Bearer"},
        CREDENTIALS | {"X-PW-AccessToken": "unknown"},
        CREDENTIALS | {"X-PW-Application": "mine"},
        CREDENTIALS | {"X-PW-UserEmail": "\u00e5@example.com"},
    ]
)
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"])
ROUTES = st.sampled_from(
    [
        ("GET", "/people/{person}"),
        ("GET", "/people/17"),
        ("POST", "/people"),
        ("PUT", "/people/{person}"),
        ("DELETE", "/people/{person}"),
        ("POST", "/people/search"),
        ("POST", "/people/bulk_create"),
        ("PUT", "/leads/upsert"),
        ("GET", "/webhooks"),
        ("POST", "/webhooks"),
        ("PUT", "/webhooks/{subscription}"),
        ("DELETE", "/webhooks/{subscription}"),
    ]
)
NOTHING_MORE: dict[str, str] = {}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
USUAL = st.tuples(ROUTES, BODIES, st.just(CREDENTIALS), st.sampled_from([NOTHING_MORE, FORM]))
ANY = st.tuples(st.tuples(METHODS, PATHS), BODIES, KEYS, EXTRA)
CALLS = USUAL | ANY


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """The path of each request that could be answered directly, and whether it was."""
    answered: list[tuple[str, bool]] = []
    answer = direct.DirectApi.answer

    def seen(self: direct.DirectApi, whole: WholeRequest) -> bytes | None:
        found = answer(self, whole)
        answered.append((whole.target.removeprefix(BASE), found is not None))
        return found

    monkeypatch.setattr(direct.DirectApi, "answer", seen)
    return answered


def test_both_ways_are_one_api(hosts: tuple[Host, Host], answered: list[tuple[str, bool]]) -> None:
    made = 0

    @settings(max_examples=150)
    @given(calls=st.lists(CALLS, min_size=1, max_size=12), limited=st.booleans())
    def compare(calls: list[Any], *, limited: bool) -> None:
        nonlocal made
        rules = {"api_limits": "5/1m"} if limited else {}
        with both(hosts, **rules) as (one, other):
            for (method, path), body, key, extra in calls:
                made += 1
                headers = {**key, **extra}
                assert one.call(method, BASE + path, body, headers) == other.call(method, BASE + path, body, headers)
            assert one.effects == other.effects

    compare()
    # Otherwise aiohttp's way would have been compared with itself.
    assert sum(directly for _, directly in answered) > made / 5


def test_what_is_plain_is_answered_directly(answered: list[tuple[str, bool]]) -> None:
    with closing(Host()) as host, Emulator(host=host, start=START, strict=False) as copper:
        side = Side(copper)
        for method, path in [
            ("GET", "/people/{person}"),
            ("GET", "/people/17"),
            ("POST", "/people"),
            ("GET", "/x/y/z"),
            ("GET", "/people/{person}?x=1"),
        ]:
            side.call(method, BASE + path, None, CREDENTIALS)
        copper.faults.api.status(503)
        side.call("GET", f"{BASE}/account", None, CREDENTIALS)
        copper.faults.off()
        side.call("GET", f"{BASE}/account", None, CREDENTIALS)
        side.connection.close()
    assert answered == [
        (f"/people/{side.person}", True),
        ("/people/17", True),
        ("/people", True),
        ("/x/y/z", False),
        (f"/people/{side.person}?x=1", False),
        ("/account", False),
        ("/account", True),
    ]


def test_a_variable_has_everything_answered_by_aiohttps_server(
    answered: list[tuple[str, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COPPER_EMULATOR_SERVER", "aiohttp")
    with closing(Host()) as host, Emulator(host=host, strict=False) as copper:
        side = Side(copper)
        assert side.call("GET", f"{BASE}/account", None, CREDENTIALS)[0] == 200
        side.connection.close()
    assert answered == []


def test_the_variable_has_no_other_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPPER_EMULATOR_SERVER", "gunicorn")
    wanted = "COPPER_EMULATOR_SERVER=gunicorn: write aiohttp, or leave it out"
    with closing(Host()) as host, Emulator(host=host) as copper, pytest.raises(UsageError, match=wanted):
        _ = copper.api_url


@pytest.mark.parametrize(
    ("variable", "state", "expected"),
    [("", None, [("/account", True)]), ("aiohttp", None, []), ("", "state", [])],
    ids=["plain", "the variable", "a state file"],
)
def test_a_server_answers_directly_unless_it_is_not_to(
    answered: list[tuple[str, bool]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    variable: str,
    state: str | None,
    expected: list[tuple[str, bool]],
) -> None:
    """With a state file an answer waits until what it says is written."""
    monkeypatch.setenv("COPPER_EMULATOR_SERVER", variable)
    file = None if state is None else str(tmp_path / state)

    async def call() -> None:
        async with Server(Plan(Settings()), port=0, state=file) as server, ClientSession() as session:
            headers = {**CREDENTIALS, "X-PW-AccessToken": "opens an account"}
            async with session.get(f"{server.url}{BASE}/account", headers=headers) as answer:
                assert answer.status == 200

    asyncio.run(call())
    assert answered == expected
