"""`copper.faults`, on both faces, with endpoints that are really called."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from copper_emulator import (
    AsyncCopper,
    AsyncEmulator,
    Copper,
    Emulator,
    Endpoint,
    ExpectationError,
    Received,
    UsageError,
    VerdictError,
)
from copper_emulator.core.fault import Fault, FaultName
from copper_emulator.core.model import Kind
from copper_emulator.fault_texts import FORMS, parse_fault
from copper_emulator.faults import Faults, SwitchedOn
from copper_emulator.shell.host import Host

TARGET = "https://billing.example.com/hooks/copper"
OTHER = "https://shop.example.com/hooks"


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    made = Host()
    yield made
    made.close()


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint(TARGET)


@pytest.fixture
def copper(host: Host, endpoint: Endpoint) -> Iterator[Copper]:
    """An account whose endpoint is notified of new people; the verdict at its end must be empty."""
    with Emulator(host=host) as made:
        made.route(TARGET, to=endpoint)
        made.subscribe("person", "new", target=TARGET)
        yield made


def people(copper: Copper, number: int) -> list[int]:
    return [person.id for person in copper.people.create_many({"name": f"P{n}"} for n in range(number))]


def test_the_next_are_lost_and_nothing_is_wrong_with_that(copper: Copper, endpoint: Endpoint) -> None:
    copper.faults.lose(next=3)
    ids = [people(copper, 1)[0] for _ in range(4)]

    assert [request.json["ids"] for request in endpoint.requests] == [[ids[3]]]
    copper.expect("person", "new", ids=ids[:3], outcome="lost", count=3)


@pytest.mark.parametrize("name", ["lose", "beyond_spec.duplicate", "beyond_spec.corrupt"])
def test_a_share_of_nothing_is_on_and_never_strikes(copper: Copper, endpoint: Endpoint, name: str) -> None:
    copper.subscribe("person", "update", target=endpoint.url)
    copper.faults.on(f"{name}=0%")

    for record in range(1, 21):
        copper.fire("person", "update", ids=record)

    assert [request.json["ids"] for request in endpoint.requests] == [[record] for record in range(1, 21)]
    assert [str(fault) for fault in copper.faults.active] == [f"{name}=0%"]
    assert {delivery.faults for delivery in copper.deliveries} == {()}


def test_a_share_is_lost(copper: Copper, endpoint: Endpoint) -> None:
    copper.faults.batches(1)
    copper.faults.lose(share=0.5)
    people(copper, 60)

    lost = [delivery for delivery in copper.deliveries if delivery.outcome == "lost"]
    assert len(lost) + len(endpoint.requests) == 60
    assert 15 < len(lost) < 45
    assert {delivery.fault for delivery in lost} == {"batches=1, lose=50%"}


def test_an_outage_is_over_after_its_span(copper: Copper, endpoint: Endpoint) -> None:
    copper.faults.outage("10m")
    missed = people(copper, 1)
    copper.advance("10m")
    heard = people(copper, 1)

    assert [request.json["ids"] for request in endpoint.requests] == [heard]
    copper.expect("person", "new", ids=missed, outcome="failed")
    assert copper.faults.active == []


def test_latency_is_that_of_changes_from_now_on(copper: Copper, endpoint: Endpoint) -> None:
    copper.faults.latency("0-15m")
    people(copper, 1)
    assert endpoint.requests == []
    copper.advance("15m")
    assert len(endpoint.requests) == 1
    assert copper.deliveries[0].fault == "latency=0-15m"


def test_what_is_due_at_the_same_moment_is_shuffled(copper: Copper, endpoint: Endpoint) -> None:
    copper.faults.shuffle()
    copper.faults.batches(1)
    ids = people(copper, 20)

    heard = [request.json["ids"][0] for request in endpoint.requests]
    assert heard != ids
    assert sorted(heard) == sorted(ids)


@pytest.mark.parametrize("sizes", [(1,), (29, 1), (30,), (7, 3)])
def test_the_same_changes_are_cut_otherwise(copper: Copper, endpoint: Endpoint, sizes: tuple[int, ...]) -> None:
    copper.faults.batches(*sizes)
    ids = people(copper, 30)

    heard = [request.json["ids"] for request in endpoint.requests]
    assert [number for batch in heard for number in batch] == ids
    assert [len(batch) for batch in heard] == {
        (1,): [1] * 30,
        (29, 1): [29, 1],
        (30,): [30],
        (7, 3): [7, 3] * 3,
    }[sizes]


def test_slow_answers_are_waited_for_in_virtual_time(copper: Copper, endpoint: Endpoint) -> None:
    copper.faults.slow("3s", next=1)
    people(copper, 1)
    assert len(endpoint.requests) == 1
    assert copper.deliveries == []
    copper.advance("3s")
    assert copper.deliveries[0].ended - copper.deliveries[0].started == timedelta(seconds=3)


def test_beyond_the_timeout_answers_come_too_late(copper: Copper, endpoint: Endpoint) -> None:
    copper.faults.slow("11s")
    people(copper, 1)
    copper.run_until_idle()

    assert len(endpoint.requests) == 1
    assert copper.deliveries[0].verdict == "failed: timed out (no answer within 10s, by the fault slow=11s)"


@pytest.mark.parametrize(("fault", "reason"), [("refuse", "refused"), ("hang", "timed out"), ("garble", "garbage")])
def test_the_endpoint_is_not_called(copper: Copper, endpoint: Endpoint, fault: str, reason: str) -> None:
    getattr(copper.faults, fault)(next=1)
    ids = people(copper, 1)
    copper.run_until_idle()
    people(copper, 1)

    assert len(endpoint.requests) == 1
    assert str(copper.deliveries[0].reason) == reason
    copper.expect("person", "new", ids=ids, outcome="failed")


@pytest.mark.parametrize(("fault", "status"), [("gone", 404), ("changed", 200)])
def test_a_record_is_not_what_it_was_when_the_endpoint_fetches_it(copper: Copper, fault: str, status: int) -> None:
    fetched: list[requests.Response] = []

    def fetch(request: Received) -> int:
        url = f"{copper.api_url}/people/{request.json['ids'][0]}"
        fetched.append(requests.get(url, headers=copper.headers, timeout=10))
        return 200

    copper.route(TARGET, to=fetch)
    getattr(copper.faults, fault)(next=1)
    people(copper, 1)
    people(copper, 1)

    assert [answer.status_code for answer in fetched] == [status, 200]
    if fault == "changed":
        assert [answer.json()["details"] for answer in fetched] == ["(changed before it was fetched)", None]


def test_searches_lie_behind(copper: Copper) -> None:
    def found() -> int:
        url = f"{copper.api_url}/people/search"
        return len(requests.post(url, headers=copper.headers, json={}, timeout=10).json())

    copper.faults.stale("5s")
    people(copper, 1)
    assert found() == 0
    copper.advance("5s")
    assert found() == 1


def test_duplicates_retries_and_corrupted_bodies_are_beyond_the_spec(copper: Copper, endpoint: Endpoint) -> None:
    copper.faults.beyond_spec.duplicate(share=1.0)
    people(copper, 1)
    assert endpoint.requests[0].body == endpoint.requests[1].body

    copper.faults.off()
    copper.faults.beyond_spec.retry(times=2, every="1m")
    endpoint.reply(503, times=2)
    ids = people(copper, 1)
    copper.run_until_idle()
    copper.expect("person", "new", ids=ids, status=503, count=2)
    assert [request.json["ids"] for request in endpoint.requests[2:]] == [ids] * 3

    copper.faults.beyond_spec.corrupt(next=1)
    people(copper, 1)
    with pytest.raises(json.JSONDecodeError):
        json.loads(endpoint.requests[-1].body)
    assert "beyond_spec.corrupt=1" in copper.timeline
    assert ", the same as #" in copper.timeline


def test_what_a_fault_did_is_told_as_it_is_written(copper: Copper) -> None:
    copper.faults.lose(next=1)
    ids = people(copper, 1)

    with pytest.raises(ExpectationError, match="lost by the fault lose=1"):
        copper.expect("person", "new", ids=ids)
    assert "lost by the fault lose=1" in str(copper.explain())
    assert [entry.text for entry in copper.journal if entry.kind is Kind.FAULT] == ["lose=1 is on", "lose=1 is used up"]


def test_what_the_endpoint_does_wrong_is_still_its_fault(host: Host, endpoint: Endpoint) -> None:
    with pytest.raises(AssertionError, match=r"rejected \(500"), Emulator(host=host) as copper:
        copper.route(TARGET, to=endpoint)
        copper.subscribe("person", "new", target=TARGET)
        copper.faults.slow("3s")
        endpoint.reply(500)
        people(copper, 1)
        copper.run_until_idle()


def test_a_fault_can_concern_one_target(copper: Copper, endpoint: Endpoint) -> None:
    shop = Endpoint(OTHER)
    copper.route(OTHER, to=shop)
    copper.subscribe("person", "new", target=OTHER)
    copper.faults.lose(next=5, target="https://shop.example.com")
    people(copper, 1)

    assert (len(endpoint.requests), len(shop.requests)) == (1, 0)
    assert repr(copper.faults) == "<faults: lose=5@https://shop.example.com>"


def test_a_with_statement_ends_it(copper: Copper, endpoint: Endpoint) -> None:
    with copper.faults.outage("10m") as outage:
        people(copper, 1)
        assert copper.faults.active == [outage]
    assert copper.faults.active == []
    people(copper, 1)

    assert len(endpoint.requests) == 1


def test_a_fault_replaces_one_of_the_same_target_however_that_is_written(copper: Copper) -> None:
    copper.faults.refuse(1, target="https://A.example:443/")
    copper.faults.refuse(2, target="https://b.example")

    with copper.faults.refuse(3, target="https://a.example"):
        assert [str(fault) for fault in copper.faults.active] == [
            "refuse=2@https://b.example",
            "refuse=3@https://a.example",
        ]

    assert [str(fault) for fault in copper.faults.active] == [
        "refuse=2@https://b.example",
        "refuse=1@https://A.example:443/",
    ]


def test_after_the_block_what_it_replaced_is_on_again(copper: Copper) -> None:
    copper.faults.latency("5m")
    with copper.faults.latency("30s"):
        assert repr(copper.faults) == "<faults: latency=30s>"
    assert repr(copper.faults) == "<faults: latency=5m>"
    with copper.faults.latency("30s"):
        copper.faults.off()
    assert copper.faults.active == []


def test_also_if_the_one_in_the_block_has_ended_by_itself(copper: Copper) -> None:
    copper.faults.lose(share=1.0)
    with copper.faults.lose(next=1):
        people(copper, 1)
        assert copper.faults.active == []
    assert repr(copper.faults) == "<faults: lose=100%>"

    copper.faults.outage("1h")
    with copper.faults.outage("5m"):
        copper.advance("6m")
    assert repr(copper.faults) == "<faults: lose=100% outage=54m>"


def test_but_not_if_it_was_switched_off_or_replaced_in_the_block(copper: Copper) -> None:
    copper.faults.lose(share=1.0)
    with copper.faults.lose(next=1):
        copper.faults.off()
    assert copper.faults.active == []

    copper.faults.lose(share=1.0)
    with copper.faults.lose(next=1):
        people(copper, 1)
        copper.faults.lose(next=7)
    assert repr(copper.faults) == "<faults: lose=7>"


def test_what_comes_back_after_a_block_is_what_was_left_of_it(copper: Copper) -> None:
    copper.faults.lose(next=2)
    people(copper, 1)
    with copper.faults.lose(share=0.5):
        pass
    assert repr(copper.faults) == "<faults: lose=1>"
    copper.faults.off()

    copper.faults.outage("10m")
    with copper.faults.outage("1h"):
        copper.advance("9m")
    assert repr(copper.faults) == "<faults: outage=1m>", "it would have ended a minute from now"
    with copper.faults.outage("1h"):
        copper.advance("2m")
    assert copper.faults.active == [], "it is over by now"


def test_a_fault_ends_with_its_block_also_if_another_stood_in_its_place_meanwhile(copper: Copper) -> None:
    with copper.faults.lose(next=3):
        people(copper, 1)
        with copper.faults.lose(next=1):
            pass
        assert repr(copper.faults) == "<faults: lose=2>"
    with copper.faults.outage("1h"):
        with copper.faults.outage("5m"):
            copper.advance("10m")
        assert repr(copper.faults) == "<faults: outage=50m>"
    assert copper.faults.active == []


def test_faults_are_switched_on_and_off_by_their_text(copper: Copper) -> None:
    copper.faults.on("lose=20%", "outage=10m gone", "slow=1s@https://a.example")
    assert repr(copper.faults) == "<faults: lose=20% outage=10m gone slow=1s@https://a.example>"

    assert [str(fault) for fault in copper.faults.off("gone", "lose=20%")] == ["lose=20%", "gone"]
    assert [str(fault) for fault in copper.faults.off("slow=1s@https://a.example")] == ["slow=1s@https://a.example"]
    assert [str(fault) for fault in copper.faults.off()] == ["outage=10m"]
    assert repr(copper.faults) == "<faults: off>"


@pytest.mark.parametrize(
    ("on", "off"),
    [
        ("slow=3000ms", "slow=3000ms"),
        ("slow=3s", "slow=3000ms"),
        ("lose=20.0%", "lose=20%"),
        ("latency=60s", "latency=1m"),
        ("beyond_spec.retry=8/1m", "beyond_spec.retry=8/1m"),
        ("slow=1s@https://a.example", "slow=1000ms@https://a.example"),
        ("garble=2", Fault(FaultName.GARBLE, next=2)),
    ],
)
def test_a_fault_is_switched_off_however_it_is_written(copper: Copper, on: str, off: str | Fault) -> None:
    copper.faults.on(on)

    assert copper.faults.off("lose=19%") == []
    assert len(copper.faults.off(off)) == 1
    assert copper.faults.active == []


def test_what_is_not_written_as_a_fault_switches_nothing_off(copper: Copper) -> None:
    copper.faults.on("lose=20%")
    for text, says in (("lose=nonsense", "lose: 'nonsense' is not"), ("loose", "there is no fault 'loose'")):
        with pytest.raises(UsageError, match=says):
            copper.faults.off("lose", text)
    assert len(copper.faults.active) == 1


@pytest.mark.parametrize("name", FaultName)
def test_the_example_in_python_is_the_one_in_text(copper: Copper, name: FaultName) -> None:
    switched: SwitchedOn = eval(f"faults.{FORMS[name].call}", {"faults": copper.faults})

    assert switched.fault == parse_fault(FORMS[name].example)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda faults: faults.lose(), "lose needs a value: write it like copper.faults.lose(share=0.2)"),
        (lambda faults: faults.lose(share=20), "lose: 20 is not a share: write it like 0.2 or '20%'"),
        (lambda faults: faults.outage("soon"), "outage: 'soon' is not a duration"),
        (lambda faults: faults.batches(), "batches: () is not a list of sizes"),
        (
            lambda faults: faults.lose("20%"),
            "lose: '20%' is not a whole number from 1 to a million; a share is written share='20%'",
        ),
        (
            lambda faults: faults.beyond_spec.corrupt(0.2),
            "0.2 is not a whole number from 1 to a million; a share is written share=0.2",
        ),
        (lambda faults: faults.refuse(0), "refuse: 0 is not a whole number from 1 to a million"),
        (lambda faults: faults.lose(1, target="billing"), "lose: 'billing' is not a target"),
        (
            lambda faults: faults.beyond_spec.duplicate(),
            "beyond_spec.duplicate needs a value: write it like copper.faults.beyond_spec.duplicate(share=0.1)",
        ),
        (
            lambda faults: faults.beyond_spec.corrupt(1, share=0.2),
            "not both: write it like copper.faults.beyond_spec.corrupt(next=1)",
        ),
        (
            lambda faults: faults.outage(),
            "outage: missing a required argument: 'span'; write it like copper.faults.outage('10m')",
        ),
        (
            lambda faults: faults.slow(),
            "slow: missing a required argument: 'span'; write it like copper.faults.slow('3s')",
        ),
        (
            lambda faults: faults.refuse(share=0.5),
            "refuse: got an unexpected keyword argument 'share'; write it like copper.faults.refuse(1)",
        ),
        (lambda faults: faults.on("loose=1"), "there is no fault 'loose'; did you mean 'lose'?"),
        (lambda faults: faults.on(""), "'' names no fault: write one, like on('lose=20%'); off() switches all off"),
        (lambda faults: faults.on(), "'' names no fault"),
        (lambda faults: faults.on("lose=1", "off"), "'off' names no fault"),
        (
            lambda faults: faults("lose=20%"),
            "copper.faults is not called: switch faults on by their methods, like copper.faults.lose(share=0.2), or as "
            "they are written, with copper.faults.on('lose=20%')",
        ),
        (lambda faults: faults.off("loose"), "there is no fault 'loose'"),
    ],
)
def test_what_cannot_be_changes_nothing_and_says_what_to_write(
    copper: Copper, call: Callable[[Faults], object], says: str
) -> None:
    copper.faults.shuffle()
    with pytest.raises(UsageError) as caught:
        call(copper.faults)

    assert says in str(caught.value)
    assert repr(copper.faults) == "<faults: shuffle>"


def test_reset_switches_all_off_but_those_of_the_settings(host: Host) -> None:
    with Emulator(host=host, faults="shuffle") as copper:
        copper.faults.lose(next=1)
        copper.faults.off("shuffle")
        copper.reset()

        assert repr(copper.faults) == "<faults: shuffle>"


def test_an_after_delivery_hook_runs_for_what_failed_by_a_fault_too(copper: Copper) -> None:
    seen: list[str] = []
    copper.after_delivery(lambda delivery: seen.append(delivery.fault))
    copper.faults.lose(next=1)
    copper.faults.refuse(next=1)
    for _ in range(3):
        people(copper, 1)

    assert seen == ["refuse=1", ""]


@pytest.mark.asyncio
async def test_the_asynchronous_face_has_the_same(host: Host) -> None:
    heard: list[Any] = []

    async def endpoint(request: Received) -> int:
        heard.append(request.json["ids"])
        return 200

    async with AsyncEmulator(host=host, in_flight=3) as copper:
        copper.route(TARGET, to=endpoint)
        copper.subscribe("person", "new", target=TARGET)
        copper.faults.batches(1)
        copper.faults.lose(next=1)
        copper.faults.garble(next=1)
        made = await copper.people.create_many([{"name": f"P{n}"} for n in range(4)])

        assert heard == [[made[2].id], [made[3].id]]
        assert [str(d.outcome) for d in copper.deliveries] == ["lost", "failed", "delivered", "delivered"]


def test_the_same_seed_gives_the_same_faults(host: Host) -> None:
    def lost(seed: int) -> list[int]:
        with Emulator(host=host, seed=seed, faults="lose=30% batches=1") as copper:
            copper.route(TARGET, to=lambda request: 200)
            copper.subscribe("person", "new", target=TARGET)
            people(copper, 40)
            return [d.ids[0] for d in copper.deliveries if d.outcome == "lost"]

    assert lost(1) == lost(1)
    assert lost(1) != lost(2)


def test_a_random_seed_is_chosen_once_and_told(host: Host) -> None:
    with Emulator(host=host, seed="random") as first, Emulator(host=host, seed="random") as second:
        assert first.settings.seed == first.settings.seed
        assert first.settings.seed != second.settings.seed


def drawing(copper: Copper) -> None:
    copper.faults.latency("0-1m")
    copper.route(TARGET, to=lambda request: 500)
    copper.subscribe("person", "new", target=TARGET)
    people(copper, 1)
    copper.run_until_idle()


def seed_line(copper: Copper | AsyncCopper, name: str) -> str:
    seed = copper.settings.seed
    return f"Drawn from seed {seed}; to repeat: {name}(seed={seed})"


def test_a_random_seed_is_told_at_the_end_of_the_verdict(host: Host) -> None:
    with pytest.raises(VerdictError) as raised, Emulator(host=host, seed="random") as copper:
        drawing(copper)

    assert str(raised.value).splitlines()[-1] == seed_line(copper, "Emulator")


def test_a_random_seed_is_told_at_the_end_of_what_the_block_raises(host: Host) -> None:
    with pytest.raises(ExpectationError) as raised, Emulator(host=host, seed="random") as copper:
        drawing(copper)
        copper.expect("person", "update")

    assert traceback.format_exception(raised.value)[-1] == seed_line(copper, "Emulator") + "\n"


@pytest.mark.asyncio
async def test_a_random_seed_is_told_by_the_asynchronous_one_too(host: Host) -> None:
    with pytest.raises(AssertionError) as raised:
        async with AsyncEmulator(host=host, seed="random", latency="0-1m") as copper:
            copper.subscribe("person", "new", target=TARGET)
            await copper.people.create(name="Ada")
            raise AssertionError("no")

    assert raised.value.__notes__ == [seed_line(copper, "AsyncEmulator")]


def drawing_nothing(copper: Copper) -> None:
    copper.route(TARGET, to=lambda request: 500)
    copper.subscribe("person", "new", target=TARGET)
    people(copper, 1)


@pytest.mark.parametrize(("seed", "play"), [("random", drawing_nothing), (7, drawing)])
def test_a_seed_is_not_told_where_it_is_known_or_nothing_was_drawn(
    host: Host, seed: object, play: Callable[[Copper], None]
) -> None:
    with pytest.raises(VerdictError) as raised, Emulator(host=host, seed=seed) as copper:
        play(copper)

    assert "seed" not in str(raised.value)


class FailingFaults(Faults):
    @property
    def newest(self) -> str:
        raise AttributeError("there is none")


def test_an_error_in_a_property_is_not_taken_for_a_missing_name(copper: Copper) -> None:
    with pytest.raises(AttributeError, match=r"^there is none$"):
        _ = FailingFaults(copper._tenant).newest
