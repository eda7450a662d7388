"""The recording receiver refuses at once what it could not answer later."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from copper_emulator import Emulator, Endpoint, UsageError

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a delay in words": ({"delay": "abc"}, "delay: 'abc' is not a duration: write it like 30s"),
    "a delay below 0": ({"delay": -1}, "delay: a duration must be between 0 and ten years"),
    "a status below 100": ({"status": 99}, r"status=99 is not an HTTP status; .* like reply\(503\)"),
    "a status above 599": ({"status": 999}, "status=999 is not an HTTP status"),
    "a status as text": ({"status": "200"}, "status='200' is not an HTTP status"),
    "True as status": ({"status": True}, "status=True is not an HTTP status"),
    "an object as body": ({"body": 5}, "body=5: give text, bytes, or a dict or list that can be written as JSON"),
    "no JSON in a body": ({"body": {"when": timedelta()}}, "body=.*: give text, bytes"),
    "headers in pairs": ({"headers": [("A", "b")]}, "headers=.*: write a mapping, like {'Location'"),
    "no times": ({"times": 0}, "times=0: give a number of requests, at least 1"),
    "times as text": ({"times": "2"}, "times='2': give a number of requests"),
}


@pytest.mark.parametrize(("values", "text"), WRONG.values(), ids=WRONG)
def test_an_answer_that_cannot_be_given_is_refused_at_once(values: dict[str, Any], text: str) -> None:
    endpoint = Endpoint("https://billing.example.com/hooks")
    with pytest.raises(UsageError, match=text):
        endpoint.reply(**values)
    # Nothing of it remains in the script.
    assert endpoint._otherwise().status == 200
    assert not endpoint._script


@pytest.mark.parametrize("how", ["refuse", "hang", "break_off"])
@pytest.mark.parametrize("times", [0, -1, "2", True])
def test_a_number_of_times_that_is_none_is_refused(how: str, times: Any) -> None:
    with pytest.raises(UsageError, match="give a number of requests, at least 1"):
        getattr(Endpoint("https://billing.example.com/hooks"), how)(times=times)


def test_a_request_read_as_if_it_were_its_body_is_answered_with_the_way_to_it() -> None:
    with Emulator() as copper:
        received: list[Any] = []
        copper.route("https://app.example", to=received.append)
        copper.subscribe("person", "new", target="https://app.example/hook")
        copper.people.create(name="Ada")

    with pytest.raises(TypeError, match=r"a Received is a request, not its body: write \.json\['ids'\]"):
        received[0]["ids"]


def test_an_answer_has_headers_and_what_has_arrived_can_be_forgotten() -> None:
    endpoint = Endpoint("https://billing.example.com/hooks")
    endpoint.reply(302, headers={"Location": "https://my-app.example/"}, times=1)
    with Emulator(allow={302}) as copper:
        copper.route(endpoint.url, to=endpoint)
        copper.subscribe("person", "new", target=endpoint.url)
        copper.people.create(name="Ada")
        endpoint.clear()
        grace = copper.people.create(name="Grace")

        assert [dict(delivery.response_headers) for delivery in copper.deliveries] == [
            {"Location": "https://my-app.example/"},
            {},
        ]
        assert [request.json["ids"] for request in endpoint.requests] == [[grace.id]]
