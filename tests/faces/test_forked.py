"""An account belongs to its process: in a forked one, what would be lost is refused. A server's is everybody's."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Callable
from typing import Any, cast

import pytest

from copper_emulator import Copper, Emulator, Endpoint, UsageError
from tests.faces.conftest import TARGET
from tests.faces.opening import Awaited, Open
from tests.forks import in_a_fork, needs_fork

pytestmark = needs_fork

REFUSED = r"^this process was forked from .* before the fork, read copper\.api_url and copper\.headers .*intercept\(\)"

FIRST: dict[str, Callable[[Any], object]] = {
    "api_url": lambda copper: copper.api_url,
    "tls_api_url": lambda copper: copper.tls_api_url,
    "ca_file": lambda copper: copper.ca_file,
}
"""What starts something, unless it has been used before the fork."""

READ = {"headers": lambda copper: copper.headers, "journal": lambda copper: copper.journal}

ACTS: dict[str, Callable[[Any], object]] = {
    "create": lambda copper: copper.people.create(name="Ada"),
    "fire": lambda copper: copper.fire("person", "new", ids=17),
    "lookups": lambda copper: copper.lookups.customer_sources.add(name="Fair"),
    "faults": lambda copper: copper.faults.on("lose=20%"),
    "subscribe": lambda copper: copper.subscribe("person", "new", target=TARGET),
    "route": lambda copper: copper.route("https://app.example", to=Endpoint(TARGET)),
    "after_delivery": lambda copper: copper.after_delivery(print),
    "switch_key": lambda copper: copper.switch_key(),
    "intercept": lambda copper: copper.intercept(),
    "settle": lambda copper: copper.settle(),
    "advance": lambda copper: copper.advance("1m"),
    "run_until_idle": lambda copper: copper.run_until_idle(),
    "expect": lambda copper: copper.expect("person", "new"),
    "expect_none": lambda copper: copper.expect_none(),
    "replay": lambda copper: copper.replay({"type": "person", "event": "new", "ids": [1]}, target=TARGET),
    "reset": lambda copper: copper.reset(),
}


@pytest.fixture(params=["here", "here_async"])
def face(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def anew(copper: Copper) -> Copper:
    """The same account; on a loop of its own if it is asynchronous, as a forked process has to make one."""
    if not isinstance(copper, Awaited):
        return copper
    return cast("Copper", Awaited(copper._it, asyncio.new_event_loop()))


def fetched(copper: Copper, record_id: int) -> str:
    request = urllib.request.Request(f"{copper.api_url}/people/{record_id}", headers=copper.headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        name: str = json.load(response)["name"]
    return name


@pytest.mark.parametrize("act", [*FIRST.values(), *READ.values(), *ACTS.values()], ids=[*FIRST, *READ, *ACTS])
def test_an_account_that_was_not_used_before_is_not_made_in_a_fork(
    copper: Copper, act: Callable[[Any], object]
) -> None:
    with pytest.raises(UsageError, match=REFUSED):
        in_a_fork(lambda: act(anew(copper)))
    assert copper.people.create(name="Ada").name == "Ada"


@pytest.mark.parametrize("act", [*FIRST.values(), *ACTS.values()], ids=[*FIRST, *ACTS])
def test_what_a_fork_would_do_to_a_used_account_alone_is_refused(copper: Copper, act: Callable[[Any], object]) -> None:
    entries = len(copper.journal)
    with pytest.raises(UsageError, match=REFUSED):
        in_a_fork(lambda: act(anew(copper)))
    assert len(copper.journal) == entries


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_and_so_it_is_where_the_server_had_been_started(copper: Copper, act: Callable[[Any], object]) -> None:
    assert copper.api_url
    with copper.intercept(), pytest.raises(UsageError, match=REFUSED):
        in_a_fork(lambda: act(anew(copper)))


def test_what_was_read_before_the_fork_can_be_read_in_it(copper: Copper) -> None:
    before = copper.api_url, copper.tls_api_url, copper.ca_file, copper.headers

    assert in_a_fork(lambda: (copper.api_url, copper.tls_api_url, copper.ca_file, copper.headers)) == before


def test_a_fork_may_have_an_account_of_its_own(copper: Copper) -> None:
    assert copper.api_url

    def with_its_own() -> str:
        with Emulator() as other:
            return fetched(other, other.people.create(name="Bob").id)

    assert in_a_fork(with_its_own) == "Bob"


@pytest.mark.parametrize("face", ["here", "here_async", "there", "there_async"], indirect=True)
def test_a_client_in_a_fork_reaches_the_account(copper: Copper) -> None:
    assert copper.api_url
    ada = copper.people.create(name="Ada")

    assert in_a_fork(lambda: fetched(copper, ada.id)) == "Ada"
    assert [str(call) for call in copper.api_calls] == [f"GET /people/{ada.id} -> 200"]


@pytest.mark.parametrize("face", ["there", "there_async"], indirect=True)
def test_what_a_fork_does_to_an_account_of_a_server_is_done(opened: Open) -> None:
    copper = opened()
    copper.subscribe("person", "new", target=TARGET)
    copper.route("https://app.example", to=(endpoint := Endpoint(TARGET)))

    ada = in_a_fork(lambda: anew(copper).people.create(name="Ada").id)

    copper.expect("person", "new", ids=ada)
    assert endpoint.requests[0].json["ids"] == [ada]
