"""Who an account is, where it sends, and who listens."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from typing import Any

import pytest

from copper_emulator import ApiError, Copper, Endpoint, Invalid, NotFound, RouteError, UsageError
from tests.faces.conftest import TARGET
from tests.faces.opening import Open


def test_the_api_answers_to_its_key(copper: Copper) -> None:
    request = urllib.request.Request(f"{copper.api_url}/webhooks", headers=copper.headers)
    with urllib.request.urlopen(request) as response:
        assert json.load(response) == []
    assert copper.headers["X-PW-AccessToken"] == copper.token
    assert copper.oauth_headers == {"Authorization": f"Bearer {copper.token}"}
    assert copper.email == "you@example.com"


def test_after_a_switch_the_old_key_is_refused_and_its_subscription_fires(copper: Copper, endpoint: Endpoint) -> None:
    old, headers, token = copper.subscribe("person", "new", target=TARGET), copper.headers, copper.token
    copper.switch_key()

    with pytest.raises(urllib.error.HTTPError, match="401") as refused:
        urllib.request.urlopen(urllib.request.Request(f"{copper.api_url}/webhooks", headers=headers))
    refused.value.close()
    copper.people.create(name="Ada")
    assert copper.token != token
    assert copper.subscriptions == []
    assert [request.json["subscription_id"] for request in endpoint.requests] == [old.id]
    with pytest.raises(NotFound, match="belongs to an earlier API key"):
        copper.unsubscribe(old)


def test_a_key_after_a_reset_is_another_one(copper: Copper) -> None:
    copper.switch_key()
    copper.reset()
    old = copper.subscribe("person", "new", target=TARGET)

    copper.switch_key()

    assert copper.subscriptions == []
    with pytest.raises(NotFound, match="belongs to an earlier API key"):
        copper.unsubscribe(old)


def test_settings_are_those_it_was_opened_with(opened: Open) -> None:
    assert opened(latency="30s").settings.latency.low_ms == 30_000


def test_after_a_block_with_a_fault_what_is_left_of_the_one_it_replaced_is_on_again(copper: Copper) -> None:
    copper.faults.outage("1h")

    with copper.faults.outage("5m"):
        copper.advance("6m")
    with copper.faults.outage("2h"):
        copper.advance("4m")

    assert [str(fault) for fault in copper.faults.active] == ["outage=50m"]


def test_reset_makes_it_as_new_but_for_token_and_clock(copper: Copper, endpoint: Endpoint) -> None:
    subscription = copper.subscribe("person", "new", target=TARGET)
    ada = copper.people.create(name="Ada")
    copper.expect("person", "new")
    copper.faults.on("shuffle")
    copper.advance(minutes=1)
    token, now = copper.token, copper.now

    copper.reset()

    assert (copper.token, copper.now) == (token, now)
    assert (copper.subscriptions, copper.changes, copper.deliveries, copper.journal) == ([], [], [], [])
    assert (copper.people.search(), copper.faults.active) == ([], [])
    assert copper.people.create(name="Bob").id == ada.id
    assert copper.subscribe("person", "new", target=TARGET).id == subscription.id
    copper.fire("person", "new", ids=1)
    copper.expect("person", "new", ids=1, outcome="blocked")


# --- subscriptions and routes ---------------------------------------------------------------------------------------


def test_a_subscription_is_what_was_asked_for(copper: Copper) -> None:
    subscription = copper.subscribe("lead", "update", target=TARGET, secret={"key": "s3cret"}, headers={"X-A": "b"})

    assert (subscription.id, str(subscription.topic), subscription.target) == (560698, "lead/update", TARGET)
    assert (subscription.secret, subscription.headers) == ({"key": "s3cret"}, {"X-A": "b"})
    assert copper.subscriptions == [subscription]
    copper.unsubscribe(subscription)
    assert copper.subscriptions == []


def test_what_is_looked_at_can_be_in_a_set(copper: Copper, endpoint: Endpoint) -> None:
    copper.subscribe("person", "update", target=TARGET, secret={"key": "s3cret"}, headers={"X-Tenant": "north"})
    ada = copper.people.create(name="Ada", tags=["a"])
    copper.people.update(ada.id, tags=["a", "b"])

    for found in (copper.subscriptions, copper.changes, copper.notifications, copper.deliveries, copper.journal):
        assert len(set(found)) == len(found) > 0
    assert len(endpoint.requests) == 1


def test_what_the_api_would_refuse_is_refused(copper: Copper) -> None:
    with pytest.raises(Invalid, match="Invalid URI For External Request"):
        copper.subscribe("person", "update", target="http://app.example")
    with pytest.raises(Invalid) as caught:
        copper.subscribe("activity_log", "update", target=TARGET)
    assert (caught.value.status, caught.value.message) == (
        422,
        "Invalid input: Validation errors: Event: is not included in the list",
    )
    assert isinstance(caught.value, ApiError)
    with pytest.raises(NotFound):
        copper.unsubscribe(17)


@pytest.mark.parametrize(
    ("extras", "message"),
    [
        ({"secret": "s3cret"}, "Secret: must be an object of strings"),
        ({"secret": [1]}, "Secret: must be an object of strings"),
        ({"headers": 5}, "Headers: must be an object of strings"),
        ({"custom_field_computed_values": "yes"}, "must be true or false"),
        ({"secret": {"key": "\ud800"}}, "half a surrogate pair"),
        ({"target": TARGET + "/\ud800"}, "half a surrogate pair"),
    ],
    ids=ascii,
)
def test_what_a_subscription_cannot_have_is_refused_with_coppers_text(
    copper: Copper, extras: dict[str, Any], message: str
) -> None:
    with pytest.raises(ApiError, match=message):
        copper.subscribe("person", "new", **{"target": TARGET, **extras})

    assert copper.subscriptions == []


def test_a_forgotten_route_blocks(copper: Copper) -> None:
    copper.subscribe("person", "new", target="https://elsewhere.example/hook")

    copper.fire("person", "new", ids=1)

    [delivery] = copper.expect("person", "new", outcome="blocked")
    assert delivery.text.startswith("no route for https://elsewhere.example")


def test_what_is_no_destination_is_refused(copper: Copper) -> None:
    with pytest.raises(RouteError, match="not a destination"):
        copper.route("https://app.example", to=17)


# --- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "meant"),
    [("persons", "people"), ("activity_log", "activities"), ("lead", "leads"), ("advanced", "advance")],
)
def test_a_wrong_name_says_which_was_meant(copper: Copper, name: str, meant: str) -> None:
    with pytest.raises(AttributeError, match=f"copper has no '{name}'; did you mean '{meant}'"):
        getattr(copper, name)


@pytest.mark.parametrize("name", ["create", "get", "update", "delete", "search", "merge", "convert"])
def test_what_is_done_with_records_is_said_to_be_in_their_collections(copper: Copper, name: str) -> None:
    with pytest.raises(AttributeError) as raised:
        getattr(copper, name)

    found = re.search(rf"like copper\.(\w+)\.{name}\(", str(raised.value))
    assert found is not None
    assert callable(getattr(getattr(copper, found[1]), name))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        *((name, "search") for name in ("find", "all", "list", "filter")),
        *((name, "create") for name in ("add", "insert")),
        ("fetch", "get"),
        ("save", "update"),
        ("remove", "delete"),
    ],
)
def test_what_other_libraries_do_with_records_is_said_in_the_words_of_these(
    copper: Copper, name: str, meant: str
) -> None:
    with pytest.raises(AttributeError, match=f"copper.people has no '{name}'; did you mean '{meant}'"):
        getattr(copper.people, name)


@pytest.mark.parametrize("name", ["configure", "config", "options", "set"])
def test_where_settings_are_given_is_said_to_who_would_change_them_here(copper: Copper, name: str) -> None:
    with pytest.raises(AttributeError) as raised:
        getattr(copper, name)

    given = copper._tenant.account.surface.setting("latency", "5m")
    assert str(raised.value) == f"copper has no '{name}': settings are given like {given}; copper.settings shows them"


@pytest.mark.parametrize("name", ["resend", "snapshot", "restore", "record"])
def test_a_command_without_a_namesake_is_named_as_a_command(copper: Copper, name: str) -> None:
    with pytest.raises(AttributeError, match=rf"copper has no '{name}': .*copper-emulator {name}$"):
        getattr(copper, name)


def test_what_sends_again_in_python_is_replay(copper: Copper) -> None:
    with pytest.raises(AttributeError, match=r"copper(_async)?\.replay\(delivery\.body, target=delivery\.target\)"):
        copper.resend(1)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["resets", "rset", "rest"])
def test_reset_is_meant_by_what_is_hardly_anything_else(copper: Copper, name: str) -> None:
    with pytest.raises(AttributeError, match=r"did you mean 'reset'\?"):
        getattr(copper, name)


@pytest.mark.parametrize("name", ["create", "relate", "unrelate", "related"])
def test_what_is_done_with_records_is_found_in_their_collections(copper: Copper, name: str) -> None:
    with pytest.raises(AttributeError, match=rf"in the collection of each type, like copper\.people\.{name}\("):
        getattr(copper, name)


@pytest.mark.parametrize("name", ["restart", "revert", "resend"])
def test_nothing_else_is_taken_for_reset(copper: Copper, name: str) -> None:
    with pytest.raises(AttributeError) as raised:
        getattr(copper, name)

    assert "'reset'" not in str(raised.value)


def max_of_two(one: object, two: object) -> None: ...


WRONG: dict[str, tuple[Any, str]] = {
    "unsubscribe text": (lambda c: c.unsubscribe("x"), r"what subscribe\(\) returned, or its id, not 'x'"),
    "a hook that is none": (lambda c: c.after_delivery(3), "a function of a delivery, not 3"),
    "a hook that takes nothing": (
        lambda c: c.after_delivery(lambda: 1),
        "<lambda> cannot be called like that: write it",
    ),
    "a hook that takes too much": (lambda c: c.after_delivery(max_of_two), "with the delivery, and max_of_two cannot"),
    "no JSON at all": (lambda c: c.subscribe("person", "new", target=object()), "a subscription must be JSON"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_refused_with_what_to_write(copper: Copper, name: str) -> None:
    call, message = WRONG[name]

    with pytest.raises(UsageError, match=message):
        call(copper)

    assert copper.journal == []


def test_its_representation_says_what_has_happened_and_changes_nothing(copper: Copper, face: str) -> None:
    if face.startswith("there"):
        where = r"account \S+ at http://127\.0\.0\.1:\d+/developer_api/v1"
        assert re.fullmatch(rf"<Remote\w*Copper: {where}>", represented(copper))
        # Nothing is fetched for these, either.
        assert repr(copper.faults) == "<faults of an account of a server>"
        assert repr(copper.lookups.users) == "<copper.lookups.users of an account of a server>"
        assert repr(copper.lookups.account) == "<copper.lookups.account of an account of a server>"
        return
    assert represented(copper).endswith("Copper: not used yet>")
    made = Endpoint(TARGET)
    copper.route("https://app.example", to=made)
    copper.subscribe("person", "new", target=TARGET)
    copper.people.create(name="Ada")
    entries = len(copper.journal)

    assert represented(copper).endswith("Copper: 1 subscription, 1 change, 1 delivery, 0 waiting>")
    assert repr(made) == f"<Endpoint {TARGET}: 1 request>"
    assert represented(copper.people) == "<copper.people>"
    assert repr(copper.lookups) == "<copper.lookups>"
    assert repr(copper.faults.api) == "<copper.faults.api>"
    assert repr(copper.faults.beyond_spec) == "<copper.faults.beyond_spec>"
    told = copper.explain(type="person")
    assert repr(told) == f"<Explanation of {len(told.lines)} lines: {told.lines[0]}>"
    assert len(copper.journal) == entries


def represented(value: Any) -> str:
    # The asynchronous face is wrapped, to be asked like the synchronous one.
    return repr(getattr(value, "_it", value))
