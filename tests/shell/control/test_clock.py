"""An account's clock: it runs or is frozen, can be moved ahead either way, and loses nothing in between."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from copper_emulator.shell.served.plan import ClockName
from tests.shell.served import Endpoint, Served, listening, serving

DEFAULT = "/accounts/default"
CLOCKS: list[ClockName] = ["wall", "manual"]

pytestmark = pytest.mark.asyncio


async def clock(served: Served, what: str = "", body: Any = None) -> Any:
    """Get the clock, or do something to it."""
    method = "POST" if what else "GET"
    status, answered = await served.control(method, f"{DEFAULT}/clock{what}", body if what else None)
    assert status == 200, answered
    return answered


def moment(shown: str) -> datetime:
    return datetime.fromisoformat(shown)


@pytest.mark.parametrize("begins", CLOCKS)
async def test_a_clock_says_whether_it_runs_and_can_be_switched(begins: ClockName) -> None:
    async with serving(clock=begins) as served:
        assert (await clock(served))["kind"] == begins
        for what, kind, running in [("freeze", "manual", False), ("run", "wall", True)] * 2:
            shown = await clock(served, f"/{what}", {})
            again = await clock(served, f"/{what}", {})

            assert (shown["kind"], shown["running"], again["running"]) == (kind, running, running)


async def test_what_is_due_later_goes_by_itself_once_time_runs() -> None:
    async with listening(Endpoint()) as endpoint, serving(clock="manual", to=endpoint, latency="20ms") as served:
        await served.subscribe("person", "update")
        await served.fire("person", "update", 17)

        await clock(served, "/run", {})

        assert (await endpoint.arrived.get())["ids"] == [17]


async def test_nothing_goes_by_itself_while_time_stands_still() -> None:
    async with listening(Endpoint()) as endpoint, serving(clock="wall", to=endpoint, latency="20ms") as served:
        await served.subscribe("person", "update")
        await served.fire("person", "update", 17)
        frozen = await clock(served, "/freeze", {})
        sent = len(endpoint.bodies)

        later = await clock(served)

        assert (later["now"], later["waiting"]) == (frozen["now"], 1 - sent)
        await clock(served, "/run-until-idle", {})
        assert [body["ids"] for body in endpoint.bodies] == [[17]]


async def test_a_clock_that_runs_can_be_played_ahead_and_runs_on_from_there() -> None:
    async with listening(Endpoint()) as endpoint, serving(clock="wall", to=endpoint, latency="15m") as served:
        await served.subscribe("person", "update")
        change = await served.fire("person", "update", 17)
        before = await clock(served)

        moved = await clock(served, "/advance", {"by": "1h"})
        after = await clock(served)

        (delivery,) = moved["deliveries"]
        assert delivery["started_at"] == change["notifications"][0]["due_at"] == before["next"]
        assert after["running"]
        assert moment(after["now"]) >= moment(moved["now"]) >= moment(before["now"]) + timedelta(hours=1)
        assert moment(after["now"]) < moment(before["now"]) + timedelta(hours=1, minutes=1)


async def test_a_clock_that_runs_can_be_played_ahead_until_nothing_waits() -> None:
    async with listening(Endpoint()) as endpoint, serving(clock="wall", to=endpoint, limits="1/10m") as served:
        await served.subscribe("person", "update")
        for record_id in (1, 2, 3):
            await served.fire("person", "update", record_id)

        moved = await clock(served, "/run-until-idle", {})

        assert (moved["waiting"], sorted(body["ids"][0] for body in endpoint.bodies)) == (0, [1, 2, 3])
        assert (await clock(served))["running"]


@pytest.mark.parametrize("begins", CLOCKS)
async def test_a_limit_for_playing_ahead_is_kept_and_the_clock_stays_what_it_was(begins: ClockName) -> None:
    async with serving(clock=begins, latency="15m") as served:
        await served.subscribe("person", "update")
        await served.fire("person", "update", 17)

        status, refused = await served.control("POST", f"{DEFAULT}/clock/run-until-idle", {"limit": "10m"})

        assert status == 409
        assert "1 notification still waiting after 10m" in refused["error"]
        assert refused["code"] == "not_idle"
        assert (await clock(served))["kind"] == begins


async def test_what_is_on_its_way_when_time_is_frozen_is_waited_for() -> None:
    async with listening(Endpoint(hangs=True)) as endpoint, serving(clock="wall", to=endpoint) as served:
        await served.subscribe("person", "update")
        await served.fire("person", "update", 17)
        await endpoint.arrived.get()

        freezing = asyncio.create_task(clock(served, "/freeze", {}))
        while (await clock(served))["running"] and not freezing.done():
            pass
        assert not freezing.done()
        endpoint.let_go.set()
        frozen = await freezing

        (ended,) = await served.journal(kind="ended")
        assert ended["delivery"]["outcome"] == "delivered"
        assert ended["at"] == frozen["now"], "while time stands still everything happens at one moment"
        assert ended["delivery"]["took_ms"] > 0


async def test_what_is_on_its_way_when_time_is_played_ahead_is_waited_for_first() -> None:
    async with listening(Endpoint(hangs=True)) as endpoint, serving(clock="wall", to=endpoint) as served:
        await served.subscribe("person", "update")
        await served.fire("person", "update", 17)
        await endpoint.arrived.get()

        moving = asyncio.create_task(clock(served, "/advance", {"by": "1h"}))
        while (await clock(served))["running"] and not moving.done():
            pass
        assert (await clock(served))["busy"]
        endpoint.let_go.set()
        moved = await moving
        assert not (await clock(served))["busy"]

        (ended,) = await served.journal(kind="ended")
        # The clock runs on from there, possibly even before it was asked for.
        assert moment(moved["now"]) - moment(ended["at"]) >= timedelta(hours=1)


async def test_what_an_endpoint_does_while_time_is_being_frozen_is_not_waited_for_by_itself() -> None:
    """It fires while the clock is frozen, when firing delivers: the notification goes out after its own answer."""

    class Firing(Endpoint):
        async def on_receive(self, body: dict[str, Any]) -> None:
            if body["ids"] == [1]:
                await served.fire("person", "update", 2)

    async with listening(Firing(hangs=True)) as endpoint, serving(clock="wall", to=endpoint) as served:
        await served.subscribe("person", "update")
        await served.fire("person", "update", 1)
        await endpoint.arrived.get()
        freezing = asyncio.create_task(clock(served, "/freeze", {}))
        while (await clock(served))["running"] and not freezing.done():
            pass

        endpoint.let_go.set()
        await freezing

        assert (await endpoint.arrived.get())["ids"] == [2]
        assert [entry["delivery"]["status"] for entry in await served.journal(kind="ended")][:1] == [200]


class Meddling(Endpoint):
    """An endpoint that does something to the clock while it is notified."""

    served: Served
    what: str
    answered: tuple[int, Any]

    async def on_receive(self, body: dict[str, Any]) -> None:
        self.answered = await self.served.control("POST", f"{DEFAULT}/clock/{self.what}", self.body)

    @property
    def body(self) -> dict[str, str]:
        return {"by": "1m"} if self.what == "advance" else {}


async def test_time_passes_also_when_what_was_just_written_is_still_on_its_way() -> None:
    async with listening(Endpoint()) as endpoint, serving(clock="manual", to=endpoint) as served:
        await served.subscribe("lead", "new")
        for number in range(4):
            # A call of Copper's API is answered before its notification has been answered.
            assert (await served.api("POST", "/leads", {"name": f"Ada {number}"}))[0] == 200
            assert (await clock(served, "/advance", {"by": "1s"}))["waiting"] == 0

        assert len(endpoint.bodies) == 4


@pytest.mark.parametrize("what", ["freeze", "run", "advance", "run-until-idle"])
async def test_the_clock_is_left_alone_by_an_endpoint_that_time_waits_for(what: str) -> None:
    async with listening(Meddling()) as endpoint, serving(clock="manual", to=endpoint) as served:
        assert isinstance(endpoint, Meddling)
        endpoint.served, endpoint.what = served, what
        await served.subscribe("person", "update")

        change = await served.fire("person", "update", 17)

        assert [n["state"] for n in change["notifications"]] == ["delivered"]
        status, refused = endpoint.answered
        assert status == 409
        assert "while notifications are on their way" in refused["error"]


@pytest.mark.parametrize("begins", CLOCKS)
async def test_however_the_clock_is_switched_each_is_sent_once_and_time_never_goes_back(begins: ClockName) -> None:
    moves = [("freeze", {}), ("run", {}), ("advance", {"by": "30ms"}), ("run-until-idle", {})]
    async with (
        listening(Endpoint()) as endpoint,
        # Any change made while a round is in flight counts as caused by it: here each may follow from the previous one.
        serving(clock=begins, to=endpoint, latency="0-50ms", limits="7/20ms", in_flight=3, echo_depth=100) as served,
    ):
        await served.subscribe("person", "update")
        moments: list[str] = []

        async def meddle() -> None:
            for place in range(25):
                what, body = moves[(3 * place + place // 4) % 4]
                status, answered = await served.control("POST", f"{DEFAULT}/clock/{what}", body)
                # 409 if another call is moving it at the moment.
                assert status in (200, 409), answered
                moments.append((await clock(served))["now"])

        async def change() -> None:
            for record_id in range(1, 61):
                await served.fire("person", "update", record_id)

        await asyncio.gather(meddle(), change())
        await clock(served, "/freeze", {})
        assert (await clock(served, "/run-until-idle", {}))["waiting"] == 0

        assert Counter(body["ids"][0] for body in endpoint.bodies) == Counter(range(1, 61))
        assert moments == sorted(moments)
        stamps = [entry["at"] for entry in await served.journal()]
        assert stamps == sorted(stamps)
        assert Counter(e["delivery"]["outcome"] for e in await served.journal(kind="ended")) == {"delivered": 60}


async def test_a_clock_that_waits_for_an_endpoint_says_that_it_cannot_be_moved() -> None:
    async with listening(Endpoint(hangs=True)) as endpoint, serving(clock="manual", to=endpoint) as served:
        await served.subscribe("person", "update")
        firing = asyncio.create_task(served.fire("person", "update", 17))
        await endpoint.arrived.get()

        assert (await clock(served))["busy"]
        endpoint.let_go.set()
        await firing
        assert not (await clock(served))["busy"]


async def test_running_until_idle_says_what_waits_for_a_paused_target() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint, latency="1m") as served:
        await served.subscribe("person", "update")
        target = "https://my-app.example/hooks/copper"
        await served.control("POST", f"{DEFAULT}/targets/pause", {"target": target})
        await served.fire("person", "update", 17)

        moved = await clock(served, "/run-until-idle", {})

        assert (moved["waiting"], moved["deliveries"]) == (1, [])
        assert moved["lines"] == [f"1 notification waits for {target}, which is paused: resume it"]
        shown = await clock(served)
        assert (shown["next"], shown["waiting"], shown["paused"]) == (None, 1, 1)


async def test_the_clock_says_what_waits_and_runs_until_nothing_does() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint, latency="15m", limits="1/10m") as served:
        await served.subscribe("person", "update")
        first = await served.fire("person", "update", 1)
        await served.fire("person", "update", 2)

        _, before = await served.control("GET", f"{DEFAULT}/clock")
        _, moved = await served.control("POST", f"{DEFAULT}/clock/run-until-idle", {})
        _, after = await served.control("GET", f"{DEFAULT}/clock")

        assert (before["kind"], before["waiting"]) == ("manual", 2)
        assert before["next"] == first["notifications"][0]["due_at"]
        assert [d["ids"] for d in moved["deliveries"]] == [[1], [2]]
        assert len(moved["lines"]) == 2
        assert (after["next"], after["waiting"], after["now"]) == (None, 0, moved["now"])


@pytest.mark.parametrize(
    "by", ["0", 0.0, -1, "-5m", "10", "soon", None, True, [], "9" * 400 + "s", 10**400, "4000d"], ids=repr
)
async def test_a_move_that_cannot_be_is_refused(by: Any) -> None:
    async with serving() as served:
        _, before = await served.control("GET", f"{DEFAULT}/clock")
        status, refused = await served.control("POST", f"{DEFAULT}/clock/advance", {"by": by})
        _, after = await served.control("GET", f"{DEFAULT}/clock")

        assert status == 422
        assert refused["error"].startswith("by: ")
        assert before == after


async def test_the_clock_stops_before_the_calendar_does() -> None:
    async with serving() as served:
        account = served.accounts.named("default")
        assert account is not None
        account.tenant.clock.move_to(249_999_000_000_000)

        status, refused = await served.control("POST", f"{DEFAULT}/clock/advance", {"by": "3600d"})

        assert status == 409
        assert "goes no further" in refused["error"]
