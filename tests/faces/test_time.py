"""Time passes when it is told to, and not otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from copper_emulator import Copper, Endpoint, NotIdle, TimeError
from tests.faces.conftest import TARGET, receiver
from tests.faces.opening import Open


def test_time_passes_when_it_is_told_to(opened: Open) -> None:
    copper = opened(latency="30s")
    endpoint = receiver(copper)
    copper.subscribe("person", "new", target=TARGET)
    before = copper.now
    copper.people.create(name="Ada")

    assert (copper.settle(), endpoint.requests) == ([], [])
    assert copper.advance(seconds=29) == []
    assert [each.status for each in copper.advance("1s")] == [200]
    copper.people.create(name="Grace")
    assert [each.status for each in copper.run_until_idle()] == [200]
    assert copper.now - before == timedelta(seconds=60)
    assert copper.run_until_idle(limit="5m") == []
    assert copper.advance("1m30s") == []
    assert copper.now - before == timedelta(seconds=150)


def test_a_request_has_the_moment_at_which_it_arrived(opened: Open) -> None:
    copper = opened(latency="30s")
    endpoint = receiver(copper)
    copper.subscribe("person", "new", target=TARGET)
    changed = copper.now

    copper.people.create(name="Ada")
    copper.advance("1m")
    copper.replay(
        {"event": "new", "type": "person", "ids": [17], "timestamp": "2020-02-02T02:02:02.000Z"}, target=TARGET
    )

    assert [request.at - changed for request in endpoint.requests] == [timedelta(seconds=30), timedelta(seconds=60)]


def test_run_until_idle_has_an_end(opened: Open) -> None:
    copper = opened(latency="2h")
    copper.subscribe("person", "new", target=TARGET)
    copper.fire("person", "new", ids=1)
    before = copper.now

    due = f"{before + timedelta(hours=2):%F %T} UTC"
    with pytest.raises(NotIdle, match=rf"1 notification still waiting after 1h.* at {due}\. Allow more time"):
        copper.run_until_idle()

    assert copper.now == before
    assert [each.started - before for each in copper.run_until_idle(limit="2h")] == [timedelta(hours=2)]


@pytest.mark.parametrize("delta", [timedelta(), timedelta(seconds=-1)], ids=str)
def test_advance_forward_only(copper: Copper, delta: timedelta) -> None:
    with pytest.raises(TimeError, match=r"use settle\(\)"):
        copper.advance(delta)


def test_advance_says_what_it_takes(copper: Copper) -> None:
    with pytest.raises(TimeError, match="say how far"):
        copper.advance()
    with pytest.raises(TimeError, match=r"takes no 'minute', only weeks, .*: advance\(minutes=1\)"):
        copper.advance(minute=1)
    with pytest.raises(TimeError, match=r"write advance\(seconds=60\) or advance\('1m'\)"):
        copper.advance(60)  # type: ignore[arg-type]  # what is tried is the wrong type
    with pytest.raises(TimeError, match="'ten minutes' is not a duration: write it like 30s"):
        copper.advance("ten minutes")


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        (60, r"write limit=timedelta\(seconds=60\) or limit='1m'"),
        ("soon", "limit: 'soon' is not a duration"),
        (timedelta(), "limit must be longer than 0"),
        (None, "limit: None is not a duration"),
    ],
    ids=str,
)
def test_a_wrong_limit_is_called_a_limit(copper: Copper, limit: Any, message: str) -> None:
    with pytest.raises(TimeError, match=message) as caught:
        copper.run_until_idle(limit=limit)

    assert "advance" not in str(caught.value)


def test_an_answer_is_given_once_whatever_it_is(copper: Copper, endpoint: Endpoint) -> None:
    endpoint.reply(503)
    copper.subscribe("person", "new", target=TARGET)

    copper.fire("person", "new", ids=1)
    copper.run_until_idle()

    copper.expect("person", "new", status=503, count=1)
    assert len(endpoint.requests) == 1
