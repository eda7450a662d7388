"""Drives an account and the plain model side by side and compares them after every step.

The account's class is a parameter, so that a mutated one, which must be caught, can be driven, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import zip_longest
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from copper_emulator.core.account import Account
from copper_emulator.core.errors import EchoLoop, Invalid, NotFound
from copper_emulator.core.model import (
    Attempt,
    EntityType,
    Key,
    Outcome,
    Reason,
    RecordChange,
    Result,
)
from copper_emulator.core.records import commands
from copper_emulator.core.records.record import Record
from copper_emulator.core.rules import Latency, Limit, OverLimit, Rules, WindowKind
from copper_emulator.core.subscriptions import parse_create
from copper_emulator.core.topics import Profile
from copper_emulator.core.wire import subscription_json
from tests.core.builders import FIRST_KEY, START, deliver, make_rules, topic
from tests.core.drawn_records import fields_of, one_of_these, rows_of
from tests.core.plain_model import Answer, Happened, Note, PlainModel, Sent
from tests.core.plain_records import NOTE, Refused

EXAMPLES = 100
STEPS = 40
"""The default budget, within which mutations must be caught, too."""


class Disagreement(AssertionError):
    """The account and the model disagree."""


# --- what is drawn ------------------------------------------------------------------------------------
# Everything is small and close together, so that deadlines, windows and answers often fall on the same
# millisecond, or on the one before or after.

TARGETS = ("https://a.example/hooks", "https://b.example/hooks")
KINDS = ("lead", "lead", "lead", "lead", "person", "task", "activity_log")

limits = st.lists(st.builds(Limit, st.integers(1, 4), st.integers(2, 40)), min_size=0, max_size=2).map(tuple)

latencies = st.one_of(
    st.just(Latency(0, 0)),
    st.integers(1, 20).map(lambda ms: Latency(ms, ms)),
    st.tuples(st.integers(0, 10), st.integers(5, 30)).map(lambda t: Latency(t[0], t[0] + t[1])),
)

all_rules = st.builds(
    make_rules,
    profile=st.sampled_from(Profile),
    limits=limits,
    over_limit=st.sampled_from([OverLimit.HOLD, OverLimit.HOLD, OverLimit.DROP]),
    window=st.sampled_from(WindowKind),
    latency=latencies,
    seed=st.integers(0, 3),
    batch=st.sampled_from([1, 2, 3, 30]),
    replace_duplicates=st.booleans(),
    timestamp_when_sent=st.booleans(),
    empty_attributes=st.booleans(),
    allow_http=st.booleans(),
    refuse_secret_collisions=st.booleans(),
    timeout_ms=st.integers(5, 20),
    in_flight=st.sampled_from([1, 1, 2, 3]),
    echo_depth=st.integers(1, 3),
)

secrets = st.sampled_from([None, {"key": "k"}, {"ids": "mine", "key": "k"}])
headers = st.sampled_from([None, {"X-Token": "t"}, {"content-type": "text/plain"}])
extras = st.fixed_dictionaries(
    {}, optional={"secret": secrets, "headers": headers, "custom_field_computed_values": st.booleans()}
)
events = st.sampled_from(["new", "update", "update", "delete"])
kinds = st.sampled_from(KINDS)
targets = st.sampled_from(TARGETS)
odd_targets = st.sampled_from([*TARGETS * 4, "http://127.0.0.1:5000/", "http://far.example/"])
picks = st.lists(st.integers(0, 9), min_size=1, max_size=7)
few_ids = st.lists(st.integers(1, 3), min_size=1, max_size=4)
indexes = st.integers(0, 5)
moves = st.fixed_dictionaries({"target": odd_targets})
bodies = st.one_of(
    moves,
    moves,
    st.fixed_dictionaries({}, optional={"secret": secrets, "headers": headers}),
    st.just({"event": "new"}),
)
waits = st.one_of(st.none(), st.just(0), st.integers(1, 8), st.integers(1, 60))

answers = st.one_of(
    st.builds(Answer, status=st.sampled_from([200, 204, 301, 500])),
    st.builds(Answer, status=st.sampled_from([200, 500]), delay=st.integers(1, 24)),
    st.builds(Answer, status=st.none(), reason=st.sampled_from(Reason), delay=st.integers(0, 3)),
    st.builds(Answer, status=st.none(), unsent=st.sampled_from([Outcome.BLOCKED, Outcome.BLOCKED, Outcome.LOST])),
    st.builds(Answer, echoes=st.just(value=True)),
    st.builds(Answer, echoes=st.just(value=True)),
)


def call(method: str, **arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Call]:
    """One of the machine's methods, and strategies for its arguments."""
    return st.tuples(st.just(method), st.fixed_dictionaries(arguments))


Call = tuple[str, dict[str, Any]]

subscription_calls = st.one_of(
    call("create_subscription", kind=kinds, event=events, url=odd_targets, extras=extras),
    call("update_subscription", pick=indexes, body=bodies),
    call("update_subscription", pick=indexes, body=bodies),
    call("delete_subscription", pick=indexes),
    call("switch_key"),
)
change_calls = st.one_of(
    one_of_these([call("create_records", kind=st.just(kind), rows=rows_of(kind)) for kind in KINDS]),
    one_of_these([call("update_records", kind=st.just(kind), picks=picks, fields=fields_of(kind)) for kind in KINDS]),
    call("delete_records", kind=kinds, picks=picks),
    call("fire", kind=kinds, event=events, ids=few_ids),
    call("fire_many", event=events, count=st.sampled_from([2, 5, 12, 31, 61])),
)
answer_calls = call("answer_with", url=targets, answer=answers)
pause_calls = call("pause_or_resume", url=targets)
calls = st.one_of(*[subscription_calls] * 2, *[change_calls] * 5, answer_calls, pause_calls)


class AccountMachine(RuleBasedStateMachine):
    """Everything one can do to an account, in any order."""

    account_class: ClassVar[type[Account]] = Account

    account_rules: Rules
    account: Account
    model: PlainModel

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.sent: list[Sent] = []
        self.ready = False

    # --- settings ---------------------------------------------------------------------------------

    @initialize(
        rules=all_rules,
        extras=st.tuples(extras, extras),
        answers=st.tuples(answers, answers),
    )
    def begin(self, rules: Rules, extras: tuple[dict[str, Any], ...], answers: tuple[Answer, ...]) -> None:
        self.account_rules = rules
        self.account = self.account_class("machine", FIRST_KEY, rules)
        self.model = PlainModel(rules)
        self.ready = True
        for url, event, extra, answer in zip(TARGETS, ("new", "update"), extras, answers, strict=True):
            self.answer_with(url, answer)
            self.create_subscription("lead", "update", url, {})
            self.create_subscription("lead", event, url, extra)
        self.create_subscription("task", "update", TARGETS[0], {})
        self.create_records("lead", [{"name": "new"}, {"name": "new"}, {"name": "old"}])

    # --- one turn ---------------------------------------------------------------------------------
    # A single rule: Hypothesis switches rules off at random to vary its runs, and a run without changes or
    # without time shows nothing. What matters here is how they interact.

    @rule(call=calls, then=waits)
    def turn(self, call: Call, then: int | None) -> None:
        method, arguments = call
        getattr(self, method)(**arguments)
        if then is not None:
            self.pass_time(then)

    # --- subscriptions and keys -------------------------------------------------------------------

    def create_subscription(self, kind: str, event: str, url: str, extras: dict[str, Any]) -> None:
        body = {"target": url, "type": kind, "event": event, **extras}
        self.same_answer(
            lambda: subscription_json(self.account.subscribe(parse_create(body, self.account_rules), self.now)),
            lambda: self.model.shown(self.model.subscribe(body, self.now)),
        )

    def update_subscription(self, pick: int, body: dict[str, Any]) -> None:
        number = self.some_subscription(pick)
        self.same_answer(
            lambda: subscription_json(self.account.update_subscription(number, body, self.now)),
            lambda: self.model.shown(self.model.update_subscription(number, body)),
        )

    def delete_subscription(self, pick: int) -> None:
        number = self.some_subscription(pick)
        self.same_answer(
            lambda: self.account.unsubscribe(number, self.now).id,
            lambda: self.model.unsubscribe(number),
        )

    def switch_key(self) -> None:
        self.model.key += 1
        self.account.switch_key(Key(self.model.key, f"token-{self.model.key}", ""), self.now)

    # --- records and changes ----------------------------------------------------------------------

    def create_records(self, kind: str, rows: list[dict[str, Any]]) -> None:
        if kind == "activity_log":
            parents = self.some_records("lead", [len(row) for row in rows])
            found = [{"parent": {"type": "lead", "id": number}, "type": NOTE} for number in parents]
            rows = [{**parent, **row} for parent, row in zip(found, rows, strict=True)]
        self.same_answer(
            lambda: as_dicts(self.account.act(commands.create(EntityType(kind), rows), self.now)),
            lambda: self.model.create(kind, rows, self.now),
        )

    def update_records(self, kind: str, picks: list[int], fields: dict[str, Any]) -> None:
        ids = self.some_records(kind, picks)
        self.same_answer(
            lambda: as_dicts(self.account.act(commands.update(EntityType(kind), ids, fields), self.now)),
            lambda: self.model.update(kind, ids, fields, self.now),
        )

    def delete_records(self, kind: str, picks: list[int]) -> None:
        ids = self.some_records(kind, picks)
        self.same_answer(
            lambda: self.account.act(commands.delete(EntityType(kind), ids), self.now),
            lambda: self.model.delete(kind, ids, self.now),
        )

    def fire(self, kind: str, event: str, ids: list[int]) -> None:
        attributes = {"name": [None, "Ada"]} if event == "update" else {}
        self.model.change(kind, event, ids, attributes, self.now)
        record_change = RecordChange(topic(f"{kind}/{event}"), tuple(ids), attributes)
        self.account.apply(record_change, self.now)

    def fire_many(self, event: str, count: int) -> None:
        self.fire("lead", event, list(range(1, count + 1)))

    # --- endpoints and time -----------------------------------------------------------------------

    def answer_with(self, url: str, answer: Answer) -> None:
        if answer.echoes and self.account_rules.in_flight > 1:
            return  # With several in flight, the order in which endpoints make changes is not the model's.
        self.model.answers[url] = answer

    def pause_or_resume(self, url: str) -> None:
        if url in self.model.paused:
            self.model.paused.remove(url)
            self.account.resume(url, self.now)
        else:
            self.model.paused.add(url)
            self.account.pause(url, self.now)

    def pass_time(self, ms: int) -> None:
        until = self.now + ms
        deliver(self.account, self.now, until, self.endpoint)
        self.model.walk(self.now, until)
        self.now = until
        self.compare()

    def endpoint(self, attempt: Attempt) -> Result:
        serial = attempt.notification.serial
        self.sent.append(Sent(attempt.started_ms, serial, attempt.url, attempt.headers, attempt.body.decode()))
        answer = self.model.answers.get(attempt.url, Answer())
        if answer.echoes:
            self.account.causing = (attempt.notification,)
            record_change = RecordChange(topic("task/update"), (1,), {"n": [0, 1]})
            self.account.apply(record_change, attempt.started_ms)
            self.account.causing = ()
        if answer.unsent is not None:
            return Result(answer.unsent, text="not sent")
        if answer.reason is not None:
            return Result.failure(answer.reason, "no answer", delay_ms=answer.delay)
        assert answer.status is not None
        return Result.answered(answer.status, delay_ms=answer.delay)

    def teardown(self) -> None:
        """Check that, once all targets are resumed, time alone leaves nothing waiting, and that the records are
        the model's."""
        if not self.ready:
            return
        for url in sorted(self.model.paused):
            self.pause_or_resume(url)
        while self.model.waiting():
            self.pass_time(500)
        self.agree("moments to wait for", self.account.next_moment(self.now), None)
        for kind, records in self.model.records.of.items():
            stored = self.account.records
            seen = as_dicts(stored.get(EntityType(kind), number) for number in stored.of(EntityType(kind)))
            self.agree(f"records of the type {kind}", seen, list(records.values()))

    # --- comparing --------------------------------------------------------------------------------

    def compare(self) -> None:
        account, model = self.account, self.model
        self.compare_sent()
        self.agree(
            "changes", [seen_change(c) for c in account.journal.changes], [plain_change(c) for c in model.changes]
        )
        self.agree(
            "notifications",
            [self.seen_note(n) for n in account.journal.notifications],
            [plain_note(n) for n in model.notes],
        )
        self.agree("what waits", [n.serial for n in account.waiting()], [n.serial for n in model.waiting()])
        waits = [self.seen_wait(n) for n in account.waiting()]
        self.agree("waits", waits, [model.wait_of(n, account.moment) for n in model.waiting()])
        shown = [subscription_json(s) for s in account.subscriptions.of_key(model.key)]
        self.agree("subscriptions of the key", shown, model.listed())
        self.compare_echo()

    def compare_sent(self) -> None:
        seen, expected = self.sent, self.model.sent
        if self.account_rules.in_flight > 1:
            # Targets are served side by side: within a moment, only the order for each target is guaranteed.
            seen = sorted(seen, key=lambda sent: (sent.ms, sent.url))
            expected = sorted(expected, key=lambda sent: (sent.ms, sent.url))
        self.agree("sends", seen, expected)

    def compare_echo(self) -> None:
        stopped = False
        try:
            self.account.raise_echo()
        except EchoLoop:
            stopped = True
        self.agree("echo stopped", stopped, self.model.echo_stopped)
        self.model.echo_stopped = False

    def seen_note(self, note: Any) -> tuple[object, ...]:
        """A notification of the account, with how it ended, in the terms of `plain_note`."""
        seen = (note.serial, note.subscription, note.ids, note.due_ms, str(note.state))
        held = (note.held_until_ms, note.held_by)
        delivery = self.account.journal.delivery_of(note)
        if delivery is None:
            return (*seen, *held, None)
        reason = None if delivery.reason is None else str(delivery.reason)
        ended = (delivery.target, delivery.started_ms, delivery.ended_ms, delivery.status, reason)
        return (*seen, *held, (str(delivery.outcome), *ended))

    def seen_wait(self, note: Any) -> tuple[str, int | None, str]:
        wait = self.account.wait_of(note)
        return wait.what.name.lower(), wait.until_ms, wait.limit

    def agree(self, what: str, seen: object, expected: object) -> None:
        if seen == expected:
            return
        self.ready = False
        if isinstance(seen, list) and isinstance(expected, list):
            pairs = enumerate(zip_longest(seen, expected))
            place, (seen, expected) = next((place, pair) for place, pair in pairs if pair[0] != pair[1])
            what = f"{what}, number {place + 1}"
        raise Disagreement(f"{what}:\n  account {seen!r}\n  model   {expected!r}")

    def same_answer(self, account: Callable[[], object], model: Callable[[], object]) -> None:
        """Ask both; they must give the same answer, or refuse for the same reason."""
        try:
            expected = model()
        except Refused as error:
            expected = f"refused: {error}"
        try:
            seen = account()
        except (Invalid, NotFound) as error:
            seen = f"refused: {type(error).__name__}"
        self.agree("answer", seen, expected)

    # --- picking ----------------------------------------------------------------------------------

    def some_subscription(self, pick: int) -> int:
        """The id of an existing subscription of any key; usually one with notifications waiting."""
        overdue = self.now if pick < 3 else self.now + 100
        wanted = {note.sub for note in self.model.waiting() if note.due <= overdue and pick < 5}
        subs = [sub.id for sub in self.model.subs if sub.id in wanted]
        subs = subs or [sub.id for sub in self.model.subs]
        return subs[pick % len(subs)] if subs else 17

    def some_records(self, kind: str, picks: list[int]) -> list[int]:
        """Ids of existing records; the highest picks stand for one that does not exist."""
        numbers = list(self.model.records.of[kind])
        return [numbers[pick % len(numbers)] if numbers and pick < 9 else 17 for pick in picks]


def as_dicts(records: Iterable[Record]) -> list[dict[str, Any]]:
    return [dict(record) for record in records]


def seen_change(change: Any) -> tuple[object, ...]:
    return (
        (change.serial, str(change.topic), change.ids, change.updated_attributes, change.at_ms),
        (change.cause, change.depth, change.returns, change.subscriptions, change.note != ""),
    )


def plain_change(change: Happened) -> tuple[object, ...]:
    name = f"{change.type}/{change.event}"
    return (
        (change.serial, name, change.ids, change.attributes, change.at),
        (change.cause, change.depth, change.returns, change.subs, not change.subs),
    )


def plain_note(note: Note) -> tuple[object, ...]:
    seen = (note.serial, note.sub, note.ids, note.due, note.state, note.held_until, note.held_by)
    if note.ended is None:
        return (*seen, None)
    ended = (note.state, note.url, note.started, note.ended, note.status, note.reason)
    return (*seen, ended)


def run(account_class: type[Account] = Account, *, with_seed: int | None = None) -> None:
    """Run the machine within the default budget, on accounts of this class.

    With a seed, the run is determined by the seed, stops at the first disagreement and does not look for
    a shorter one.
    """
    machine = type("Driven", (AccountMachine,), {"account_class": account_class})
    budget = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    if with_seed is not None:
        machine = seed(with_seed)(machine)
        budget = settings(budget, phases=[Phase.generate], database=None, report_multiple_bugs=False)
    run_state_machine_as_test(machine, settings=budget)
