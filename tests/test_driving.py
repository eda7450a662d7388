"""Hooks, chains and late answers, through the synchronous face."""

from datetime import UTC, datetime

import pytest

from copper_emulator import Delivery, EchoLoop, Emulator, Endpoint, NotIdle, Received

TARGET = "https://billing.example.com/hooks/copper"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_a_hook_that_raises_leaves_the_account_in_order() -> None:
    with Emulator(start=START) as copper:
        endpoint = Endpoint(TARGET)
        copper.route("https://billing.example.com", to=endpoint)
        copper.subscribe("person", "new", target=TARGET)
        endpoint.reply(200, delay="3s", times=1)
        for number in (1, 2, 3):
            copper.fire("person", "new", ids=number)

        def check(delivery: object) -> None:
            raise LookupError("not in the books")

        copper.after_delivery(check)
        for _ in range(3):
            with pytest.raises(LookupError, match="not in the books"):
                copper.run_until_idle()

        assert [str(n.state) for n in copper.notifications] == ["delivered", "delivered", "delivered"]
        assert len(copper.deliveries) == 3


def test_a_hook_after_a_late_answer_is_part_of_the_chain() -> None:
    with Emulator(echo_depth=3) as copper:
        late = Endpoint(TARGET)
        late.reply(200, delay="1s")
        copper.route("https://billing.example.com", to=late)
        copper.subscribe("person", "update", target=TARGET)
        copper.after_delivery(lambda delivery: copper.fire("person", "update", ids=1))
        copper.fire("person", "update", ids=1)

        with pytest.raises(EchoLoop, match="Echo loop: 3 deliveries in a row"):
            copper.run_until_idle()


def test_a_hook_that_raises_keeps_those_of_the_same_round_until_time_passes_again() -> None:
    with Emulator(in_flight=5) as copper:
        copper.route("https://billing.example.com", to=Endpoint(TARGET))
        for number in (1, 2, 3):
            copper.subscribe("person", "new", target=f"{TARGET}/{number}")
        hooked: list[str] = []

        def hook(delivery: Delivery) -> None:
            hooked.append(delivery.target)
            if len(hooked) == 1:
                raise LookupError("not in the books")

        copper.after_delivery(hook)
        with pytest.raises(LookupError, match="not in the books"):
            copper.fire("person", "new", ids=1)
        assert hooked == [f"{TARGET}/1"]

        copper.fire("person", "new", ids=2)
        assert hooked == [f"{TARGET}/{number}" for number in (1, 2, 3, 1, 2, 3)]


def test_an_endless_echo_that_takes_its_time_is_told_where_the_time_runs_out() -> None:
    with Emulator(start=START, latency="10m") as copper:

        def endpoint(_request: Received) -> None:
            copper.fire("person", "update", ids=1)

        copper.route("https://billing.example.com", to=endpoint)
        copper.subscribe("person", "update", target=TARGET)
        copper.fire("person", "update", ids=1)

        with pytest.raises(NotIdle, match="it looks like an endless echo: 6 deliveries in a row each led to the next"):
            copper.run_until_idle()


def test_of_several_at_once_the_one_whose_endpoint_runs_is_the_cause() -> None:
    with Emulator(in_flight=5) as copper:

        def second(_request: object) -> int:
            if len(copper.changes) == 1:
                copper.people.create(name="Grace")
            return 200

        copper.route("https://first.example", to=lambda request: 200)
        copper.route("https://second.example", to=second)
        copper.subscribe("person", "new", target="https://first.example/hook")
        theirs = copper.subscribe("person", "new", target="https://second.example/hook")

        copper.people.create(name="Ada")

        _, caused = copper.changes
        [cause] = [each for each in copper.notifications if each.serial == caused.cause]
        assert cause.subscription == theirs.id
