"""Plays storms of changes through an account and passes the log of sends to the checker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from copper_emulator.core.account import Account
from copper_emulator.core.model import Attempt, Outcome
from copper_emulator.core.rules import Latency, Limit, OverLimit, Rules, WindowKind
from tests.core.builders import FIRST_KEY, START, deliver, fire, make_rules, subscribe
from tests.core.checker import Queued, Send, check

EXAMPLES = 250
"""The default budget, within which mutations must be caught, too."""

TARGETS = tuple(f"https://{letter}.example/hooks" for letter in "abc")


@dataclass
class Storm:
    """Changes, each some milliseconds after the one before, with a number of records each."""

    rules: Rules
    targets: int
    changes: list[tuple[int, int]]


limits = st.lists(st.builds(Limit, st.integers(1, 6), st.integers(1, 50)), min_size=1, max_size=2).map(tuple)

latencies = st.one_of(
    st.just(Latency(0, 0)),
    st.tuples(st.integers(0, 20), st.integers(0, 60)).map(lambda t: Latency(t[0], t[0] + t[1])),
)

storms = st.builds(
    Storm,
    rules=st.builds(
        make_rules,
        limits=limits,
        over_limit=st.sampled_from(OverLimit),
        window=st.sampled_from(WindowKind),
        latency=latencies,
        seed=st.integers(0, 3),
        batch=st.integers(1, 3),
        in_flight=st.integers(1, 3),
    ),
    targets=st.integers(1, 3),
    changes=st.lists(
        st.tuples(st.one_of(st.just(0), st.integers(0, 30)), st.integers(1, 8)),
        min_size=1,
        max_size=25,
    ),
)


def play(storm: Storm, account_class: type[Account] = Account) -> Account:
    """Play a storm, check what was sent, and return the account."""
    account = account_class("storm", FIRST_KEY, storm.rules)
    for target in TARGETS[: storm.targets]:
        subscribe(account, "lead/update", target)
    attempts: list[Attempt] = []
    now = START
    for gap, records in storm.changes:
        attempts += deliver(account, now, now + gap)
        now += gap
        fire(account, "lead/update", range(1, records + 1), now, {"status": ["New", "Open"]})
    attempts += deliver(account, now, now + 10**9)
    judge(account, attempts, storm.rules)
    return account


def judge(account: Account, attempts: list[Attempt], rules: Rules) -> None:
    target_of = {subscription.id: subscription.target for subscription in account.subscriptions}
    queued = [Queued(n.serial, n.due_ms, target_of[n.subscription]) for n in account.journal.notifications]
    sends = [Send(a.started_ms, a.notification.serial, a.notification.due_ms, a.url) for a in attempts]
    check(
        sends,
        queued,
        [(limit.count, limit.length_ms) for limit in rules.limits],
        window=str(rules.window),
        policy=str(rules.over_limit),
        dropped=dropped_of(account),
        in_flight=rules.in_flight,
    )


def dropped_of(account: Account) -> list[int]:
    deliveries = account.journal.deliveries
    return [d.notification.serial for d in deliveries if d.outcome is Outcome.DROPPED]


def run(account_class: type[Account] = Account, *, with_seed: int | None = None) -> None:
    """Check storms of every kind within the default budget, on accounts of this class.

    With a seed, the run is determined by the seed, stops at the first violation and does not look for a
    shorter one.
    """

    def every_storm_keeps_the_rules(storm: Storm) -> None:
        play(storm, account_class)

    changed: dict[str, Any] = {}
    if with_seed is not None:
        changed = {"phases": [Phase.generate], "database": None, "report_multiple_bugs": False}
    budget = settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        **changed,
    )
    test = budget(given(storm=storms)(every_storm_keeps_the_rules))
    if with_seed is not None:
        test = seed(with_seed)(test)
    test()
