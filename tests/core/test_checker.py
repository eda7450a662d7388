"""The checker refuses doctored logs, and an account passes it in every storm."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from copper_emulator.core.rules import Latency, OverLimit, WindowKind
from tests.core.builders import COPPER_LIMITS, MINUTE, START, make_rules
from tests.core.checker import Queued, Send, Violation, check
from tests.core.storms import Storm, dropped_of, play, run

LIMITS = [(2, 10), (3, 30)]


def log(*moments: int, target: str = "") -> list[Send]:
    """One send at each moment, all due at 0, numbered from 1."""
    return [Send(ms, serial, 0, target) for serial, ms in enumerate(moments, start=1)]


def queue_of(sends: Sequence[Send]) -> list[Queued]:
    return [Queued(send.serial, send.due_ms, send.target) for send in sends]


def complaint(
    sends: Sequence[Send],
    queued: Sequence[Queued] | None = None,
    *,
    limits: Sequence[tuple[int, int]] = LIMITS,
    window: str = "fixed",
    policy: str = "hold",
    dropped: Sequence[int] = (),
    in_flight: int = 1,
) -> str:
    """The checker's complaint, or an empty text."""
    try:
        check(
            sends,
            queue_of(sends) if queued is None else queued,
            limits,
            window=window,
            policy=policy,
            dropped=dropped,
            in_flight=in_flight,
        )
    except Violation as violation:
        return str(violation)
    return ""


# Seven, all due at 0, over 2 in 10 ms and 3 in 30 ms. Fixed: the short window opens at 0, 10, 30, 40, 60; the long one
# at 0, 30, 60. Rolling windows give the same here, because each window is filled when it opens.
RIGHT = log(0, 0, 10, 30, 30, 40, 60)


@pytest.mark.parametrize("window", ["fixed", "rolling"])
def test_a_right_log_passes(window: str) -> None:
    assert complaint(RIGHT, window=window) == ""


def test_no_sends_are_right_when_nothing_was_queued() -> None:
    assert complaint([]) == ""


def test_without_limits_everything_goes_when_it_is_due() -> None:
    assert complaint(log(0, 0, 0), limits=[]) == ""


def test_a_window_is_fixed_to_its_first_send() -> None:
    """Two at 9 and two at 10: the fixed window that opened at 0 has ended, but there are four within 10 ms."""
    sends = [Send(0, 1, 0), Send(9, 2, 9), Send(10, 3, 10), Send(10, 4, 10)]

    assert complaint(sends, limits=[(2, 10)], window="fixed") == ""
    assert complaint(sends, limits=[(2, 10)], window="rolling") == ("over the limit of 2 in 10 ms: span from 9")


def test_a_right_drop_passes() -> None:
    sends = log(0, 0)
    queued = [*queue_of(sends), Queued(3, 0), Queued(4, 9)]

    assert complaint(sends, queued, limits=[(2, 10)], policy="drop", dropped=[3, 4]) == ""


DOCTORED: dict[str, tuple[str, Callable[[], str]]] = {
    "one more in the fixed window": (
        "over the limit of 2 in 10 ms: window from 0",
        lambda: complaint(log(0, 0, 9, 30, 30, 40, 60)),
    ),
    "one more in the long fixed window": (
        "over the limit of 3 in 30 ms: window from 0",
        lambda: complaint(log(0, 0, 10, 29, 30, 40, 60)),
    ),
    "a millisecond early in a rolling window": (
        "over the limit of 2 in 10 ms: span from 0",
        lambda: complaint(log(0, 0, 9, 30, 30, 40, 60), window="rolling"),
    ),
    "a millisecond early in the long rolling window": (
        "over the limit of 3 in 30 ms: span from 0",
        lambda: complaint(log(0, 0, 10, 29, 30, 40, 60), window="rolling"),
    ),
    "a millisecond late": (
        "held though there was room: 3",
        lambda: complaint(log(0, 0, 11, 30, 30, 41, 60)),
    ),
    "a millisecond late, rolling": (
        "held though there was room: 3",
        lambda: complaint(log(0, 0, 11, 30, 30, 41, 60), window="rolling"),
    ),
    "held without any limit": (
        "held though there was room: 1",
        lambda: complaint(log(1), limits=[]),
    ),
    "held at first, before the window was full": (
        "held though there was room: 2",
        lambda: complaint(log(0, 5, 10), limits=[(2, 10)]),
    ),
    "before it is due": (
        "sent before it was due: 1",
        lambda: complaint([Send(4, 1, 5)]),
    ),
    "the last one missing": (
        "lost: 7 and 0 more",
        lambda: complaint(RIGHT[:-1], queue_of(RIGHT)),
    ),
    "one in the middle missing": (
        "lost: 4 and 0 more",
        lambda: complaint([*RIGHT[:3], *RIGHT[4:]], queue_of(RIGHT)),
    ),
    "the last one again": (
        "sent twice: 7",
        lambda: complaint([*RIGHT, Send(61, 7, 0)], queue_of(RIGHT)),
    ),
    "one that nobody queued": (
        "sent though never queued: 7",
        lambda: complaint(RIGHT, queue_of(RIGHT[:-1])),
    ),
    "another target": (
        "sent as another than it was queued: 1",
        lambda: complaint(log(0, target="b"), [Queued(1, 0, "a")]),
    ),
    "another due time": (
        "sent as another than it was queued: 1",
        lambda: complaint(log(0), [Queued(1, 5)]),
    ),
    "two change places": (
        "out of order: 1 after 2",
        lambda: complaint([Send(0, 2, 0), Send(0, 1, 0)]),
    ),
    "serial before due time": (
        "out of order: 2 after 1",
        lambda: complaint([Send(10, 1, 5), Send(10, 2, 0)], limits=[]),
    ),
    "two of a target change places": (
        "out of order: 1 after 2",
        lambda: complaint([Send(0, 2, 0, "a"), Send(0, 1, 0, "a")], in_flight=2),
    ),
    "overtaken by another target": (
        "out of order: 1 was overtaken at an earlier moment",
        lambda: complaint([Send(0, 2, 0, "b"), Send(10, 1, 0, "a")], limits=[(1, 10)], in_flight=2),
    ),
    "the log goes back": (
        "time went back: 2 after 1",
        lambda: complaint([Send(5, 1, 0), Send(4, 2, 0)]),
    ),
    "dropped under hold": (
        "dropped though the policy is hold: 8",
        lambda: complaint(RIGHT, [*queue_of(RIGHT), Queued(8, 0)], dropped=[8]),
    ),
    "held under drop": (
        "held though the policy is drop: 3",
        lambda: complaint(log(0, 0, 10), policy="drop"),
    ),
    "dropped with room": (
        "dropped though there was room: 2",
        lambda: complaint(log(0), [Queued(1, 0), Queued(2, 0)], limits=[(2, 10)], policy="drop", dropped=[2]),
    ),
    "dropped when the window is over": (
        "dropped though there was room: 2",
        lambda: complaint(log(0), [Queued(1, 0), Queued(2, 10)], limits=[(1, 10)], policy="drop", dropped=[2]),
    ),
    "dropped without a limit": (
        "dropped though there was room: 1",
        lambda: complaint([], [Queued(1, 0)], limits=[], policy="drop", dropped=[1]),
    ),
    "the wrong one of a moment dropped": (
        "dropped though a later one of its moment went: 1",
        lambda: complaint(
            [Send(0, 2, 0)],
            [Queued(1, 0), Queued(2, 0)],
            limits=[(1, 10)],
            policy="drop",
            dropped=[1],
        ),
    ),
    "sent and dropped": (
        "sent and dropped: 1",
        lambda: complaint(log(0), policy="drop", dropped=[1]),
    ),
    "dropped but never queued": (
        "dropped though never queued: 9",
        lambda: complaint(log(0), policy="drop", dropped=[9]),
    ),
}


@pytest.mark.parametrize(("expected", "ask"), DOCTORED.values(), ids=DOCTORED.keys())
def test_a_doctored_log_is_refused(expected: str, ask: Callable[[], str]) -> None:
    assert ask() == expected


def test_targets_may_go_side_by_side_within_a_moment() -> None:
    sends = [Send(0, 1, 0, "a"), Send(0, 3, 0, "b"), Send(0, 2, 0, "a")]

    assert complaint(sends, limits=[], in_flight=2) == ""
    assert complaint(sends, limits=[], in_flight=1) == "out of order: 2 after 3"


def test_every_storm_keeps_the_rules() -> None:
    """Both policies, both kinds of window, any limits and latencies, one or more in flight."""
    run()


@pytest.mark.parametrize("window", WindowKind)
@pytest.mark.parametrize("policy", OverLimit)
def test_10_000_changes_keep_the_limits_of_copper(policy: OverLimit, window: WindowKind) -> None:
    rules = make_rules(limits=COPPER_LIMITS, over_limit=policy, window=window)

    account = play(Storm(rules, 1, [(0, 1)] * 10_000))

    deliveries = account.journal.deliveries
    assert len(deliveries) == 10_000
    if policy is OverLimit.DROP:
        assert len(dropped_of(account)) == 10_000 - 600
    else:
        # 1,800 in each ten minutes: five times ten minutes, then 1,000 more, 600 of them at once.
        assert deliveries[-1].ended_ms == START + 51 * MINUTE
        assert deliveries[599].ended_ms == START
        assert deliveries[600].ended_ms == START + MINUTE
        assert deliveries[1_800].ended_ms == START + 10 * MINUTE


def test_10_000_changes_spread_over_20_minutes_and_late_keep_the_limits_of_copper() -> None:
    rules = make_rules(limits=COPPER_LIMITS, in_flight=4, latency=Latency(0, 15 * MINUTE))

    play(Storm(rules, 3, [(360, 1)] * 3_334))
