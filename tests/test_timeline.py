"""The journal as people read it."""

from __future__ import annotations

import pytest

from copper_emulator.core.model import Delivery, Entry, Kind, Outcome
from copper_emulator.timeline import line
from tests.core.builders import START, TARGET, make_notification


@pytest.mark.parametrize(
    ("outcome", "detail", "end"),
    [
        (
            Outcome.BLOCKED,
            "no route. Allow it: --allow-target billing.example.com",
            "--allow-target billing.example.com",
        ),
        (Outcome.DELIVERED, "", " after 1ms"),
    ],
)
def test_how_long_it_took_is_told_of_what_was_sent_alone(outcome: Outcome, detail: str, end: str) -> None:
    notification = make_notification()
    delivery = Delivery(notification, outcome, TARGET, START, START + 1, text=detail)
    told = line(Entry(1, START + 1, Kind.ENDED, "", None, notification, delivery))

    assert told.endswith(end)
