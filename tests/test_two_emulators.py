"""Two emulators in one process never affect each other: each does what it would do if there were no other."""

from __future__ import annotations

import asyncio
import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copper_emulator import AsyncEmulator, Copper, Emulator, Endpoint, NotFound, UsageError
from copper_emulator.core.ids import FIRST_RECORD_ID
from copper_emulator.core.model import EntityType
from copper_emulator.shell.host import Host
from copper_emulator.shell.persistence.snapshots import snapshot

URL = "https://app.example/hook"
"""The same for both endpoints, so that a misdirected notification would reach one."""
START = datetime(2026, 11, 2, 9, tzinfo=UTC)
TIMEOUT = 30
_REAL_TIME = re.compile(r'"took_ms": [0-9.e-]+')


class Side:
    """One emulator with its endpoint, and everything that a step can do to it."""

    def __init__(self, copper: Copper) -> None:
        self.copper = copper
        self.endpoint = Endpoint(URL)
        self.routed()

    def routed(self) -> None:
        self.copper.route(URL, to=self.endpoint)
        self.copper.subscribe("person", "new", target=URL, secret={"key": "s3cret"})

    def subscribe(self, event: str) -> None:
        self.copper.subscribe("person", event, target=URL)

    def unsubscribe(self) -> None:
        for subscription in self.copper.subscriptions[:1]:
            self.copper.unsubscribe(subscription)

    def create(self, names: Sequence[str]) -> None:
        self.copper.people.create_many([{"name": name} for name in names])

    def update(self, id: int, name: str) -> None:
        with suppress(NotFound):
            self.copper.people.update(id, name=name)

    def delete(self, id: int) -> None:
        with suppress(NotFound):
            self.copper.people.delete(id)

    def fire(self, ids: Iterable[int]) -> None:
        self.copper.fire("person", "new", ids=ids)

    def fault(self, text: str) -> None:
        self.copper.faults.on(text)

    def calm(self) -> None:
        self.copper.faults.off()

    def reply(self, status: int) -> None:
        self.endpoint.reply(status, times=1)

    def hang(self) -> None:
        self.endpoint.hang(times=1)

    def advance(self, span: str) -> None:
        self.copper.advance(span)

    def switch_key(self) -> None:
        self.copper.switch_key()

    def reset(self) -> None:
        self.copper.reset()
        self.routed()

    def call(self, name: str) -> None:
        self._post(self.copper.api_url, name)

    def call_copper(self, name: str) -> None:
        """Call Copper's own host, which leads to the account of the key."""
        self._post("https://api.copper.com/developer_api/v1", name)

    def _post(self, base: str, name: str) -> None:
        headers = {**self.copper.headers, "Content-Type": "application/json"}
        request = urllib.request.Request(f"{base}/people", json.dumps({"name": name}).encode(), headers)
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            assert response.status == 200

    def seen(self) -> Any:
        """The account as one document, including its journal and records, and what the endpoint received."""
        state = json.dumps(snapshot(self.copper._here).state)
        return _REAL_TIME.sub("", state), self.copper.timeline, self.endpoint.requests


Step = Callable[[Side], None]


def step(name: str, *values: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    """A method of a side, and strategies for its arguments."""
    return st.tuples(*values).map(lambda drawn: Named(name, drawn))


class Named:
    """A step whose repr says what it does, for failing examples."""

    def __init__(self, name: str, values: tuple[Any, ...]) -> None:
        self.name, self.values = name, values

    def __call__(self, side: Side) -> None:
        getattr(side, self.name)(*self.values)

    def __repr__(self) -> str:
        return f"{self.name}{self.values}"


names = st.sampled_from(["Ada", "Bob", "Grace"])
# The ids of an account's first records, whatever happens in another account.
ids = st.integers(FIRST_RECORD_ID[EntityType.PERSON], FIRST_RECORD_ID[EntityType.PERSON] + 3)
FAULTS = ("lose=50%", "lose=1", "outage=1m", "batches=1", "latency=0-2m", "refuse=1", "shuffle", "slow=3s", "gone=1")
STEPS = st.one_of(
    step("create", st.lists(names, min_size=1, max_size=3)),
    step("create", st.lists(names, min_size=1, max_size=3)),
    step("update", ids, names),
    step("delete", ids),
    step("fire", st.lists(st.integers(1, 99), min_size=1, max_size=40)),
    step("subscribe", st.sampled_from(["new", "update", "delete"])),
    step("unsubscribe"),
    step("fault", st.sampled_from(FAULTS)),
    step("calm"),
    step("reply", st.sampled_from([500, 404, 301])),
    step("hang"),
    step("advance", st.sampled_from(["1s", "1m", "10m"])),
    step("advance", st.sampled_from(["1s", "1m", "10m"])),
    step("switch_key"),
    step("reset"),
    step("call", names),
    step("call_copper", names),
)
TURNS = st.lists(st.tuples(st.integers(0, 1), STEPS), max_size=24)
SETTINGS = st.fixed_dictionaries(
    {
        "limits": st.sampled_from(["3/1m", "600/1m", "off"]),
        "over_limit": st.sampled_from(["hold", "drop"]),
        "latency": st.sampled_from(["0", "30s", "0-5m"]),
        "in_flight": st.sampled_from([1, 4]),
        "seed": st.integers(0, 3),
    }
)


@pytest.fixture(scope="module")
def hosts() -> Iterator[tuple[Host, Host]]:
    """Two server threads, each of which may serve several accounts."""
    made = Host(), Host()
    yield made
    for host in made:
        host.close()


def emulator(host: Host, given: dict[str, Any]) -> Emulator:
    return Emulator(host=host, start=START, strict=False, intercept=True, **given)


def alone(host: Host, given: dict[str, Any], steps: Iterable[Step]) -> Any:
    with emulator(host, given) as copper:
        side = Side(copper)
        for each in steps:
            each(side)
        return side.seen()


@settings(deadline=None, max_examples=40)
@given(first=SETTINGS, second=SETTINGS, turns=TURNS, where=st.sampled_from([0, 1]))
def test_steps_in_turn_do_what_they_do_alone(
    hosts: tuple[Host, Host], first: dict[str, Any], second: dict[str, Any], turns: list[tuple[int, Step]], where: int
) -> None:
    """On one server thread, as the accounts of a session are, or each on its own."""
    with emulator(hosts[0], first) as one, emulator(hosts[where], second) as another:
        sides = Side(one), Side(another)
        for which, each in turns:
            each(sides[which])
        together = [side.seen() for side in sides]

    assert together == [
        alone(hosts[0], given, [each for turn, each in turns if turn == which])
        for which, given in enumerate([first, second])
    ]


@settings(deadline=None, max_examples=20)
@given(first=st.lists(STEPS, max_size=15), second=st.lists(STEPS, max_size=15))
def test_steps_in_two_threads_do_what_they_do_alone(
    hosts: tuple[Host, Host], first: list[Step], second: list[Step]
) -> None:
    def by_itself(steps: list[Step]) -> Any:
        return alone(hosts[0], {"latency": "0-5m"}, steps)

    with ThreadPoolExecutor(2) as threads:
        together = list(threads.map(by_itself, [first, second]))

    assert together == [by_itself(first), by_itself(second)]


def test_an_endpoint_of_one_may_drive_the_other() -> None:
    """A call inside a delivery is only recorded, but only in the account that delivers."""
    with Emulator() as one, Emulator() as another:
        heard = Endpoint("https://behind.example/hook")
        another.route(heard.url, to=heard)
        another.subscribe("person", "new", target=heard.url)

        def passed_on(_: object) -> int:
            another.people.create(name="Bob")
            return 200 if len(heard.requests) == 1 else 500

        one.route(URL, to=passed_on)
        one.subscribe("lead", "new", target=URL)
        one.leads.create(name="Ada")

        one.expect("lead", "new", status=200)
        another.expect("person", "new", count=1)
        one.expect_none()


def test_a_key_of_one_is_none_of_the_other() -> None:
    with Emulator() as one, Emulator() as another:
        request = urllib.request.Request(f"{another.api_url}/account", headers=one.headers)
        with pytest.raises(urllib.error.HTTPError, match="401") as refused:
            urllib.request.urlopen(request, timeout=TIMEOUT)
        refused.value.close()


def test_two_that_are_used_together_share_no_id() -> None:
    with Emulator() as one, Emulator(place=2) as another:
        made = [each.people.create(name="Ada").id for each in (one, another)]
        subscribed = [each.subscribe("person", "new", target=URL).id for each in (one, another)]
        another.reset()

        assert made == [94_808_711, 94_828_711]
        assert subscribed == [560_698, 580_698]
        assert another.subscribe("person", "new", target=URL).id == 580_698


def test_a_place_that_cannot_be_is_refused() -> None:
    with pytest.raises(UsageError, match=r"place=0: .* count from 1"), Emulator(place=0):
        pass


@pytest.mark.asyncio
async def test_two_on_one_loop_do_what_they_do_alone() -> None:
    """Each notification of one is in flight while one of the other is."""

    async def done(status: int, meeting: asyncio.Barrier) -> str:
        async def hook(_: object) -> int:
            await meeting.wait()
            return status

        async with AsyncEmulator(start=START, strict=False) as copper:
            copper.route(URL, to=hook)
            copper.subscribe("person", "new", target=URL)
            for number in range(5):
                await copper.people.create(name=f"Person {number} of {status}")
                await copper.advance("1s")
            return copper.timeline

    async with asyncio.timeout(TIMEOUT):
        meeting = asyncio.Barrier(2)
        together = await asyncio.gather(done(200, meeting), done(404, meeting))

        assert list(together) == [await done(200, asyncio.Barrier(1)), await done(404, asyncio.Barrier(1))]
