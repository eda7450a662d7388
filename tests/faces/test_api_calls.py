"""What did a service ask the API for? The same on every face."""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import timedelta

import pytest

from copper_emulator import ApiCall, Copper, Received
from tests.cli.processes import Process
from tests.faces.conftest import TARGET
from tests.faces.opening import Faces, Open, create_by_api


def ask(copper: Copper, path: str, *, method: str = "GET", body: bytes | None = None) -> int:
    """Call the API as a service does; the status of its answer."""
    headers = {**copper.headers, "Content-Type": "application/json"}
    request = urllib.request.Request(f"{copper.api_url}{path}", body, headers, method=method)
    try:
        with urllib.request.urlopen(request) as response:
            return int(response.status)
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code


def texts(copper: Copper) -> list[str]:
    return [str(call) for call in copper.api_calls]


def test_calls_are_there_in_order_with_their_answers(copper: Copper) -> None:
    ada = copper.people.create(name="Ada")
    assert copper.api_calls == []

    ask(copper, f"/people/{ada.id}")
    ask(copper, "/people/search?page_size=2", method="POST", body=b'{"name": "Ada"}')
    ask(copper, "/people/1")

    assert texts(copper) == [
        f"GET /people/{ada.id} -> 200",
        "POST /people/search?page_size=2 -> 200",
        "GET /people/1 -> 404",
    ]
    assert repr(copper.api_calls[0]) == f"GET /people/{ada.id} -> 200"
    assert [call.number for call in copper.api_calls] == [1, 2, 3]


def test_a_call_has_its_parts_and_the_time_of_the_account(copper: Copper) -> None:
    copper.advance(minutes=5)
    now = copper.now

    ask(copper, "/account")
    copper.advance(minutes=1)

    [call] = copper.api_calls
    assert (call.method, call.path, call.status, call.during) == ("GET", "/account", 200, None)
    assert (call.at, call.at.utcoffset()) == (now, timedelta())
    with pytest.raises(AttributeError):
        call.status = 500  # type: ignore[misc]  # it cannot be changed


def test_a_call_during_a_delivery_names_the_notification(copper: Copper) -> None:
    def fetches(request: Received) -> int:
        return 200 if all(ask(copper, f"/people/{each}") == 200 for each in request.json["ids"]) else 500

    copper.route("https://app.example", to=fetches)
    copper.subscribe("person", "new", target=TARGET)
    copper.subscribe("person", "update", target=TARGET)

    ada = copper.people.create(name="Ada")
    copper.people.update(ada, name="Ada Lovelace")
    ask(copper, "/users", method="GET")

    assert [(call.path, call.during) for call in copper.api_calls[:2]] == [
        (f"/people/{ada.id}", delivery.notification.serial) for delivery in copper.deliveries
    ]
    assert copper.api_calls[2].during is None


def test_refused_calls_are_there_if_they_name_the_account(copper: Copper) -> None:
    old = copper.headers
    copper.switch_key()
    for headers in ({**copper.headers, "X-PW-Application": "other"}, old, {}):
        with pytest.raises(urllib.error.HTTPError, match="401") as refused:
            urllib.request.urlopen(urllib.request.Request(f"{copper.api_url}/webhooks", headers=headers))
        refused.value.close()
    ask(copper, "/persons/17")
    ask(copper, "/people/17", method="PATCH")
    ask(copper, "/webhooks", method="POST", body=b"{")

    assert texts(copper) == [
        "GET /webhooks -> 401",
        "GET /webhooks -> 401",
        "GET /persons/17 -> 404",
        "PATCH /people/17 -> 404",
        "POST /webhooks -> 400",
    ]


def test_a_call_over_the_limit_is_there_with_its_status(opened: Open) -> None:
    copper = opened(api_limits="1/1m")

    ask(copper, "/account")
    ask(copper, "/account")

    assert texts(copper) == ["GET /account -> 200", "GET /account -> 429"]


def test_a_call_that_a_fault_refuses_is_there(copper: Copper) -> None:
    copper.faults.on("api.status=503")

    ask(copper, "/account")

    assert texts(copper) == ["GET /account -> 503"]


def test_a_call_that_is_never_answered_is_there_when_its_client_gives_up(copper: Copper) -> None:
    copper.faults.on("api.hang")
    request = urllib.request.Request(f"{copper.api_url}/account", headers=copper.headers)

    with pytest.raises(TimeoutError):
        urllib.request.urlopen(request, timeout=0.1)

    assert [(str(call), call.status) for call in copper.api_calls] == [("GET /account -> no answer", None)]


def test_a_reset_forgets_them_and_begins_to_count_anew(copper: Copper) -> None:
    ask(copper, "/account")

    copper.reset()

    assert copper.api_calls == []
    ask(copper, "/users")
    assert [(call.number, call.path) for call in copper.api_calls] == [(1, "/users")]


def test_what_the_test_does_itself_is_not_there(copper: Copper) -> None:
    ada = copper.people.create(name="Ada")
    copper.people.search(name="Ada")
    copper.people.delete(ada)
    copper.subscribe("person", "new", target=TARGET)

    assert copper.api_calls == []


def test_what_comes_after_a_look_is_in_the_next_one(copper: Copper) -> None:
    create_by_api(copper, ["Ada"])
    looked = copper.api_calls
    create_by_api(copper, ["Bob"])

    assert (len(looked), len(copper.api_calls)) == (1, 2)
    assert isinstance(looked[0], ApiCall)


def test_they_can_be_read_after_the_end(face: str, server: Process) -> None:
    faces = Faces(face, server.url, "the-end")
    copper = faces.open()
    ask(copper, "/account")

    faces.close()

    assert texts(copper) == ["GET /account -> 200"]
