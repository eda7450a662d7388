"""Hooks, chains and answers that come late, through the synchronous face."""

from datetime import UTC, datetime

import pytest

from copper_emulator import EchoLoop, Emulator, Endpoint

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
