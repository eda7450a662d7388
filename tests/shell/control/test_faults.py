"""Faults over the control API."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.shell.served import Endpoint, listening, serving

FAULTS = "/accounts/default/faults"


@pytest.mark.asyncio
async def test_faults_are_listed_switched_on_and_off() -> None:
    async with serving(seed=7) as served:
        assert await served.control("GET", FAULTS) == (200, {"faults": [], "seed": 7})

        status, shown = await served.control(
            "POST", FAULTS, {"on": ["lose=20%", "beyond_spec.corrupt=1@https://my-app.example"]}
        )
        assert status == 200
        assert shown["faults"] == [
            {"text": "lose=20%", "name": "lose", "target": "", "beyond_spec": False, "until": None},
            {
                "text": "beyond_spec.corrupt=1@https://my-app.example",
                "name": "beyond_spec.corrupt",
                "target": "https://my-app.example",
                "beyond_spec": True,
                "until": None,
            },
        ]
        assert await served.control("GET", FAULTS) == (200, shown)

        _, shown = await served.control("POST", FAULTS, {"off": ["lose"], "on": ["shuffle"]})
        assert [fault["name"] for fault in shown["faults"]] == ["beyond_spec.corrupt", "shuffle"]
        _, shown = await served.control("POST", FAULTS, {"off": "all"})
        assert shown["faults"] == []
        assert [entry["kind"] for entry in await served.journal()] == ["fault"] * 6


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"on": ["loose=3"]}, "there is no fault 'loose'; did you mean 'lose'?"),
        ({"on": ["lose"]}, "lose needs a value: write it like lose=20%"),
        ({"off": ["loose"], "on": ["gone"]}, "there is no fault 'loose'; did you mean 'lose'?"),
        ({"off": "al"}, """off: 'al' is neither a list nor "all": write it like ["lose"]"""),
        ({"on": "lose=3"}, """on: 'lose=3' is not a list: write it like ["lose=20%", "outage=10m"]"""),
        ({"of": []}, "of: there is no such key; did you mean 'off'?"),
    ],
)
async def test_what_cannot_be_is_refused_and_changes_nothing(body: dict[str, object], says: str) -> None:
    async with serving() as served:
        await served.control("POST", FAULTS, {"on": ["shuffle"]})

        status, refused = await served.control("POST", FAULTS, body)

        assert (status, says in refused["error"]) == (422, True), refused
        _, shown = await served.control("GET", FAULTS)
        assert [fault["text"] for fault in shown["faults"]] == ["shuffle"]


@pytest.mark.asyncio
async def test_a_delivery_says_which_faults_had_to_do_with_it() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "update")
        await served.control("POST", FAULTS, {"on": ["batches=1", "lose=1", "beyond_spec.duplicate=1"]})

        change = await served.fire("person", "update", 17, 18)

        assert [notification["repeats"] for notification in change["notifications"]] == [None, 1, None]
        ended = [entry["delivery"] for entry in await served.journal(kind="ended")]
        assert [(delivery["outcome"], delivery["fault"]) for delivery in ended] == [
            ("lost", "batches=1, beyond_spec.duplicate=1, lose=1"),
            ("delivered", "beyond_spec.duplicate=1"),
            ("delivered", "batches=1"),
        ]
        assert [body["ids"] for body in endpoint.bodies] == [[17], [18]]


@pytest.mark.asyncio
async def test_real_time_knows_faults_too() -> None:
    async with listening(Endpoint()) as endpoint, serving(clock="wall", to=endpoint, faults="refuse=1") as served:
        await served.subscribe("person", "update")
        await served.control("POST", FAULTS, {"on": ["slow=50ms"]})
        await served.fire("person", "update", 17)
        await served.fire("person", "update", 18)

        ended = []
        async with served.stream(query="kind=ended") as events:
            async for _, _, entry in events:
                ended.append(entry["delivery"])
                if len(ended) == 2:
                    break

        assert [(delivery["outcome"], delivery["fault"]) for delivery in ended] == [
            ("failed", "refuse=1"),
            ("delivered", "slow=50ms"),
        ]
        assert [body["ids"] for body in endpoint.bodies] == [[18]]


@pytest.mark.asyncio
async def test_reset_comes_back_to_those_of_the_command_line() -> None:
    async with serving(faults="shuffle") as served:
        await served.control("POST", FAULTS, {"off": "all", "on": ["gone"]})
        await served.control("POST", "/accounts/default/reset", {})

        _, shown = await served.control("GET", FAULTS)
        assert [fault["text"] for fault in shown["faults"]] == ["shuffle"]


@pytest.mark.asyncio
async def test_a_fault_that_ends_by_itself_says_when() -> None:
    async with serving() as served:
        _, clock = await served.control("GET", "/accounts/default/clock")

        _, shown = await served.control("POST", FAULTS, {"on": ["outage=1h", "shuffle"]})

        outage, shuffle = shown["faults"]
        assert datetime.fromisoformat(outage["until"]) - datetime.fromisoformat(clock["now"]) == timedelta(hours=1)
        assert shuffle["until"] is None


@pytest.mark.asyncio
async def test_the_first_call_of_an_account_that_it_opens_meets_the_faults_of_the_start() -> None:
    async with serving(faults="api.status=503") as served:
        _, shown = await served.control("GET", FAULTS)
        assert shown["faults"][0]["text"] == "api.status=503,1"

        assert [(await served.api("GET", "/webhooks"))[0] for _ in range(2)] == [503, 200]
        kinds = [entry["kind"] for entry in await served.journal()]
        assert kinds == ["fault", "fault", "api refused"]


@pytest.mark.asyncio
async def test_the_control_api_tells_until_when_calls_are_refused_and_meets_no_fault_itself() -> None:
    async with serving() as served:
        _, shown = await served.control("POST", FAULTS, {"on": ["api.status=500,10m"]})
        (fault,) = shown["faults"]

        assert (fault["name"], fault["target"], fault["beyond_spec"]) == ("api.status", "", False)
        assert fault["until"] is not None
