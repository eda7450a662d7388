"""Whatever was done to an account: once stored and restored, it goes on as if nothing had happened."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from copper_emulator.core.account import Account
from copper_emulator.core.errors import ApiError
from copper_emulator.core.fault import WHOLE, Fault, FaultName
from copper_emulator.core.model import Attempt, EntityType, Result
from copper_emulator.core.records import commands
from copper_emulator.core.rules import Latency, Limit, OverLimit, Rules, WindowKind
from copper_emulator.core.state import rows
from tests.core.builders import START, deliver, fire, make_account, make_rules, subscribe, topic
from tests.core.drawn_records import one_of_these
from tests.core.machine import AccountMachine, Call, calls, waits
from tests.core.state.filing import Filed, again

PERSON, COMPANY, TASK, ACTIVITY = (
    EntityType.PERSON,
    EntityType.COMPANY,
    EntityType.TASK,
    EntityType.ACTIVITY_LOG,
)
TARGETS = ("https://a.example/hooks", "https://b.example/hooks")


class Restarted(AccountMachine):
    """Before each turn, the account is restored from what has been written so far."""

    filed: Filed | None = None

    @rule(call=calls, then=waits)
    def turn(self, call: Call, then: int | None) -> None:
        if self.filed is None:
            self.filed = Filed(self.account)
        self.filed.follow()
        # The error of an echo is raised by the call that lets time pass, of which there is none across a restart.
        echo = self.account._echo
        self.account = again(self.account, self.filed.rows)
        self.account._echo = echo
        self.filed = Filed(self.account)
        super().turn(call, then)


def test_an_account_that_is_read_again_before_each_turn_agrees_with_the_model() -> None:
    run_state_machine_as_test(
        Restarted,
        settings=settings(
            max_examples=25,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )


# --- records, faults and the rest, which the model does not know --------------------------------------------

Act = Callable[[Account, int], object]


@dataclass(frozen=True)
class Command:
    """Something to do, with the text that is shown when a test fails."""

    text: str
    act: Act

    def __repr__(self) -> str:
        return self.text


def _some(kind: EntityType, pick: int) -> Callable[[Account], int]:
    def found(account: Account) -> int:
        there = list(account.records.of(kind))
        return there[pick % len(there)] if there else 17

    return found


def _create(kind: EntityType, pick: int) -> Act:
    def act(account: Account, now: int) -> object:
        body: dict[str, Any] = {"name": f"name {pick}"}
        if kind is PERSON:
            body |= {"emails": [{"email": f"p{pick}@a.example", "category": "work"}], "tags": ["b", "a"]}
            body["company_id"] = _some(COMPANY, pick)(account) if account.records.of(COMPANY) else None
        if kind is ACTIVITY:
            parent = {"type": "person", "id": _some(PERSON, pick)(account)}
            body = {"parent": parent, "type": {"category": "user", "id": 190_711 * (pick % 2)}, "details": "once"}
        return account.act(commands.create(kind, [body]), now)

    return act


def _update(kind: EntityType, pick: int) -> Act:
    def act(account: Account, now: int) -> object:
        fields: dict[str, Any] = {"details": f"as of {pick}"}
        definitions = list(account.records.catalogue.definitions(kind))
        if definitions and pick % 2:
            fields["custom_fields"] = [{"custom_field_definition_id": definitions[0], "value": f"v{pick}"}]
        if kind is ACTIVITY and pick % 3 == 0:
            fields = {"parent": {"type": "person", "id": _some(PERSON, pick + 1)(account)}}
        return account.act(commands.update(kind, [_some(kind, pick)(account)], fields), now)

    return act


def _related(pick: int, how: str) -> Act:
    def act(account: Account, now: int) -> None:
        pair = (PERSON, _some(PERSON, pick)(account)), (COMPANY, _some(COMPANY, pick)(account))
        (account.relate if how == "relate" else account.unrelate)(*pair, now)

    return act


def _table(pick: int) -> Act:
    def act(account: Account, now: int) -> object:
        catalogue = account.records.catalogue
        if pick % 2:
            return catalogue.add("contact_types", {"name": f"type {pick}"})
        return catalogue.add(
            "custom_field_definitions", {"name": f"f{pick}", "data_type": "String", "available_on": ["person"]}
        )

    return act


def _resubscribe(pick: int) -> Act:
    def act(account: Account, now: int) -> object:
        there = [each.id for each in account.subscriptions]
        if pick % 4 == 3 and there:
            return account.unsubscribe(there[pick % len(there)], now)
        if pick % 2 and there:
            return account.update_subscription(there[pick % len(there)], {"target": TARGETS[pick // 2 % 2]}, now)
        return subscribe(account, ("person/update", "person/new")[pick // 2 % 2], TARGETS[pick % 2], now=now)

    return act


def _fault(pick: int) -> Act:
    faults = (
        Fault(FaultName.LOSE, share=WHOLE // 3),
        Fault(FaultName.SHUFFLE),
        Fault(FaultName.SLOW, span_ms=7),
        Fault(FaultName.STALE, span_ms=30),
        Fault(FaultName.OUTAGE, span_ms=15),
        Fault(FaultName.RETRY, next=2, span_ms=5),
        Fault(FaultName.DUPLICATE, share=WHOLE // 2),
        Fault(FaultName.CHANGED, next=2),
        Fault(FaultName.BATCHES, sizes=(1, 2)),
        Fault(FaultName.CORRUPT, next=1),
        Fault(FaultName.LATENCY, latency=Latency(0, 9)),
        Fault(FaultName.API_STATUS, status=503, span_ms=9),
    )
    if pick == len(faults):
        return lambda account, now: account.faults.switch_off(now)
    return lambda account, now: account.faults.switch_on(faults[pick % len(faults)], now)


def _pause(pick: int) -> Act:
    target = TARGETS[pick % 2]
    return lambda account, now: account.pause(target, now) if pick % 3 else account.resume(target, now)


def _fire(pick: int) -> Act:
    return lambda account, now: fire(account, "person/update", range(1, pick + 2), now, {"name": ["a", "b"]})


def _call(account: Account, now: int) -> None:
    account.call_limits.count(now, bulk=True)


def _replay(account: Account, now: int) -> None:
    attempt = account.replay(topic("person/new"), (1,), b"\xff", TARGETS[0], (), now)
    account.conclude(attempt, Result.answered(200, body=b"\xfe", delay_ms=3), now)


KINDS = st.sampled_from([PERSON, PERSON, COMPANY, TASK, ACTIVITY, ACTIVITY])
PICKS = st.integers(0, 11)


def _delete(kind: EntityType, pick: int) -> Act:
    return lambda account, now: account.act(commands.delete(kind, [_some(kind, pick)(account)]), now)


def of_records(text: str, act: Callable[[EntityType, int], Act]) -> st.SearchStrategy[Command]:
    return st.builds(lambda kind, pick: Command(f"{text} {kind} {pick}", act(kind, pick)), KINDS, PICKS)


def of_pick(text: str, act: Callable[[int], Act]) -> st.SearchStrategy[Command]:
    return st.builds(lambda pick: Command(f"{text} {pick}", act(pick)), PICKS)


some_deeds = one_of_these(
    [
        *[of_records("create", _create)] * 2,
        *[of_records("update", _update)] * 2,
        of_records("delete", _delete),
        of_pick("relate", lambda pick: _related(pick, "relate")),
        of_pick("unrelate", lambda pick: _related(pick, "unrelate")),
        of_pick("table", _table),
        of_pick("subscription", _resubscribe),
        *[of_pick("fault", _fault)] * 2,
        of_pick("pause", _pause),
        of_pick("fire", _fire),
        st.sampled_from([Command("call", _call), Command("replay", _replay)]),
    ]
)
turns = st.lists(st.tuples(some_deeds, st.sampled_from([0, 0, 1, 4, 12, 40])), max_size=12)
some_rules = st.builds(
    make_rules,
    limits=st.sampled_from([(), (Limit(2, 10),), (Limit(2, 10), Limit(5, 60))]),
    over_limit=st.sampled_from(OverLimit),
    window=st.sampled_from(WindowKind),
    latency=st.sampled_from([Latency(0, 0), Latency(0, 20)]),
    in_flight=st.integers(1, 2),
    search_lag_ms=st.sampled_from([0, 20]),
    api_limits=st.sampled_from([(), (Limit(3, 20),)]),
    timeout_ms=st.just(50),
)


def answer(attempt: Attempt) -> Result:
    """A different answer for each attempt, but the same in every run: right or wrong, at once or late."""
    if attempt.instead is not None:
        return attempt.instead
    serial = attempt.notification.serial
    return Result.answered((200, 500, 204)[serial % 3], body=b"\xff\x00", delay_ms=(0, 6, 0, 17)[serial % 4])


def play(account: Account, history: list[tuple[Command, int]], now: int) -> int:
    for command, later in history:
        # Anything refused is refused by the account and by its copy alike.
        with suppress(ApiError):
            command.act(account, now)
        deliver(account, now, now + later, answer)
        now += later
    return now


def state_of(account: Account) -> dict[str, Any]:
    """The whole state, as it would be read from a file. Rows whose order does not matter are sorted by key."""
    read: dict[str, Any] = json.loads(json.dumps(rows(account)))
    # Places only express an order.
    read["relations"] = [key for key, _ in read["relations"]]
    activities = [value for _, value in read["records"] if "place" in value]
    for place, value in enumerate(sorted(activities, key=lambda value: value["place"])):
        value["place"] = place
    seated = [value for _, value in read["notifications"] if "seat" in value]
    for seat, value in enumerate(sorted(seated, key=lambda value: value["seat"])):
        value["seat"] = seat
    for part in ("notifications", "attempts", "latencies", "draws", "raced", "subscriptions"):
        read[part].sort()
    return read


@settings(max_examples=120, deadline=None)
@given(rules=some_rules, before=turns, between=turns, after=turns, as_rows=st.booleans())
def test_an_account_goes_on_as_if_it_had_not_been_written_down(
    rules: Rules,
    before: list[tuple[Command, int]],
    between: list[tuple[Command, int]],
    after: list[tuple[Command, int]],
    *,
    as_rows: bool,
) -> None:
    account = make_account()
    account = Account("test", account.key, rules)
    subscribe(account, "person/update", TARGETS[0])
    subscribe(account, "person/new", TARGETS[1])
    for kind in (COMPANY, PERSON, ACTIVITY, TASK):
        _create(kind, 1)(account, START)
    now = play(account, before, START)
    filed = Filed(account, as_rows=as_rows)
    now = play(account, between, now)
    filed.follow()
    other = again(account, filed.rows)
    assert state_of(other) == state_of(account)

    play(account, after, now)
    play(other, after, now)
    assert state_of(other) == state_of(account)
