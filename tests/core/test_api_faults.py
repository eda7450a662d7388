"""What faults do to a call of the API."""

from __future__ import annotations

import pytest

from copper_emulator.core.account import Account
from copper_emulator.core.errors import Faulted
from copper_emulator.core.fault import Fault, FaultName
from copper_emulator.core.model import Kind
from tests.core.builders import MINUTE, SECOND, START, answer_ok, fire, make_account, subscribe

BUSY = Fault(FaultName.API_STATUS, status=429, next=2)


def met(account: Account, now: int = START) -> list[str]:
    return [str(fault) for fault in account.faults.apply_to_call(now)] if account.faults.has_call_faults else []


def told(account: Account) -> list[str]:
    return [entry.text for entry in account.journal.entries if entry.kind is Kind.FAULT]


def on(*faults: Fault) -> Account:
    account = make_account()
    for fault in faults:
        account.faults.switch_on(fault, START)
    return account


def test_the_next_calls_meet_it_and_then_it_is_fine_again() -> None:
    account = on(BUSY)

    assert [met(account) for _ in range(3)] == [["api.status=429,2"], ["api.status=429,2"], []]
    assert told(account) == ["api.status=429,2 is on", "api.status=429,2 is used up"]


def test_all_calls_meet_it_for_so_long_and_then_it_is_over() -> None:
    account = on(Fault(FaultName.API_STATUS, status=503, span_ms=MINUTE))

    assert [met(account, START + after) for after in (0, MINUTE - 1, MINUTE)] == [
        ["api.status=503,1m"],
        ["api.status=503,1m"],
        [],
    ]
    assert told(account)[-1].startswith("api.status=503,1m is over since")


def test_one_of_the_rules_begins_with_the_first_call() -> None:
    account = make_account(faults=(Fault(FaultName.API_STATUS, status=503, span_ms=MINUTE),))
    later = START + 5 * MINUTE

    assert [met(account, later), met(account, later + MINUTE)] == [["api.status=503,1m"], []]


def test_a_slow_call_may_be_refused_as_well_but_by_one_fault_alone() -> None:
    slow = Fault(FaultName.API_SLOW, span_ms=3 * SECOND, next=2)
    account = on(Fault(FaultName.API_HANG, next=1), Fault(FaultName.API_STATUS, status=500, next=1), slow)

    assert [met(account) for _ in range(3)] == [
        ["api.slow=3s,2", "api.hang=1"],
        ["api.slow=3s,2", "api.status=500,1"],
        [],
    ]


def test_faults_of_notifications_hinder_no_call_and_those_of_calls_no_notification() -> None:
    account = on(Fault(FaultName.REFUSE, next=1))
    assert met(account) == []

    account = on(BUSY, Fault(FaultName.API_HANG, next=1), Fault(FaultName.API_SLOW, span_ms=SECOND))
    subscribe(account, "lead/new")
    fire(account, "lead/new", [1])
    (attempt,) = account.take(START)
    account.conclude(attempt, answer_ok(attempt), START)
    assert [delivery.verdict for delivery in account.journal.deliveries] == ["delivered (200)"]
    assert account.journal.deliveries[0].faults == ()


@pytest.mark.parametrize(
    ("status", "message"), [(429, "Too many requests"), (500, "Internal server error"), (503, "Service unavailable")]
)
def test_a_refusal_has_its_status_and_the_common_envelope(status: int, message: str) -> None:
    error = Faulted(status, hint="by the fault")

    assert error.body == {"success": False, "status": status, "message": message}
    assert Faulted.status == 500
