"""What is advised if an endpoint refuses a subscription and accepts another: not the secret that it has accepted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import requests

from copper_emulator import Copper, Emulator, ExpectationError, VerdictError

ORIGIN = "https://billing.example.com"
TARGET = f"{ORIGIN}/hooks/copper"
SECRET = {"secret": {"key": "s3cret"}}
HEADERS = {"headers": {"X-Secret": "s3cret"}}
NO_SECRET: Mapping[str, Any] = {}


def refused(copper: Copper, status: int, known: Mapping[str, Any], unknown: Mapping[str, Any], event: str) -> list[int]:
    """Notify an endpoint that knows one of two subscriptions; returns the ids of both."""
    ids: list[int] = []
    copper.route(ORIGIN, to=lambda request: 200 if request.json["subscription_id"] == ids[0] else status)
    ids.append(copper.subscribe("person", "update", target=TARGET, **known).id)
    ids.append(copper.subscribe("person", event, **{"target": TARGET, **unknown}).id)
    copper.fire("person", "update", ids=17)
    if event != "update":
        copper.fire("person", event, ids=17)
    return ids


def advice(status: int, known: Mapping[str, Any], unknown: Mapping[str, Any], event: str = "update") -> str:
    """The advice of `explain`, in which the subscriptions are called A and B."""
    with Emulator(strict=False) as copper:
        first, second = refused(copper, status, known, unknown, event)
        line = copper.explain(type="person", id=17).lines[-1]
    return line.replace(str(first), "A").replace(str(second), "B")


@pytest.mark.parametrize("status", [401, 403])
def test_the_same_secret_was_accepted(status: int) -> None:
    assert advice(status, SECRET, SECRET) == (
        "For #2: Fix the endpoint: it accepted the same secret for subscription A, so perhaps it does not know "
        "subscription B, or expects another secret for it."
    )


def test_the_same_headers_were_accepted() -> None:
    assert advice(401, HEADERS, HEADERS) == (
        "For #2: Fix the endpoint: it accepted the same headers for subscription A, so perhaps it does not know "
        "subscription B, or expects other headers for it."
    )


def test_it_was_accepted_without_a_secret() -> None:
    assert advice(401, NO_SECRET, NO_SECRET) == (
        "For #2: Fix the endpoint: it accepted subscription A, which has no secret either, so perhaps it does not know "
        "subscription B."
    )


def test_an_endpoint_that_accepted_it_with_its_earlier_secret_knows_it() -> None:
    answers = iter([200, 200, 401])
    with Emulator(strict=False) as copper:
        copper.route(ORIGIN, to=lambda request: next(answers))
        copper.subscribe("person", "new", target=TARGET, secret=SECRET["secret"])
        known = copper.subscribe("person", "update", target=TARGET, secret={"key": "earlier"})
        copper.fire("person", "new", ids=17)
        copper.fire("person", "update", ids=17)
        url = f"{copper.api_url}/webhooks/{known.id}"
        assert requests.put(url, headers=copper.headers, json=SECRET, timeout=10).ok
        copper.fire("person", "update", ids=17)
        line = copper.explain(type="person", id=17).lines[-1]

    assert line.startswith("For #3: ")
    assert "does not know" not in line


def test_that_of_another_topic_was_accepted() -> None:
    assert advice(401, SECRET, SECRET, "delete") == (
        "For #2: Fix the endpoint: it accepted the same secret for subscription A, so perhaps it does not know "
        "subscription B, or takes no person/delete, or expects another secret for it."
    )


def test_a_path_that_was_accepted_is_right() -> None:
    assert advice(404, SECRET, NO_SECRET) == (
        "For #2: Fix the endpoint: it accepted subscription A at the same target, so perhaps it does not know "
        "subscription B."
    )


@pytest.mark.parametrize(
    ("status", "unknown", "begins"),
    [
        (401, {"secret": {"key": "another"}}, "Fix the endpoint, or subscribe with the secret it expects: under a"),
        (401, NO_SECRET, "Fix the endpoint, or subscribe with the secret it expects: the subscription has none"),
        (401, {**SECRET, "target": f"{TARGET}/2"}, "Fix the endpoint, or subscribe with the secret it expects: under"),
        (404, {**SECRET, "target": f"{TARGET}/2"}, "Check that the target's path is the webhook's"),
        (405, SECRET, "Check that the target's path is the webhook's"),
        (500, SECRET, "Fix the endpoint."),
    ],
)
def test_what_was_accepted_otherwise_shows_nothing(status: int, unknown: Mapping[str, Any], begins: str) -> None:
    told = advice(status, SECRET, unknown)

    assert begins in told or status == 500
    assert "it accepted" not in told


def test_a_subscription_that_was_accepted_itself_is_known() -> None:
    with Emulator(strict=False) as copper:
        refused(copper, 401, SECRET, SECRET, "update")
        copper.route(ORIGIN, to=lambda request: 200)
        copper.fire("person", "update", ids=17)

        assert [delivery.status for delivery in copper.deliveries] == [200, 401, 200, 200]
        assert "subscribe with the secret it expects" in copper.explain(type="person", id=17).lines[-1]


def test_a_replay_has_no_subscription_that_could_be_known() -> None:
    with Emulator(strict=False) as copper:
        copper.route(ORIGIN, to=lambda request: 200)
        copper.replay({"type": "person", "event": "update", "ids": [17]}, target=TARGET)
        copper.route(ORIGIN, to=lambda request: 401)
        copper.subscribe("person", "update", target=TARGET)
        copper.fire("person", "update", ids=17)
        copper.replay({"type": "person", "event": "update", "ids": [17]}, target=TARGET)

        assert [delivery.status for delivery in copper.deliveries] == [200, 401, 401]
        assert "it accepted" not in "".join(copper.explain(type="person", id=17).lines)


def test_expect_and_the_verdict_say_the_same() -> None:
    says = "Fix the endpoint: it accepted the same secret for subscription "
    with pytest.raises(VerdictError) as judged, Emulator() as copper:
        refused(copper, 401, SECRET, SECRET, "update")
        with pytest.raises(ExpectationError) as unmet:
            copper.expect("person", "update", ids=17, count=2)

    assert says in str(unmet.value)
    assert says in str(judged.value)
