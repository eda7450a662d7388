"""Letting time pass: a plain generator of rounds, and the runners that drive it.

The generator yields the attempts of a round and is sent their results. It never waits and knows neither threads nor
loops, so the same one serves a synchronous test, an asynchronous one and the standalone server.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Generator
from typing import TypeAlias, TypeVar

from copper_emulator.core.account import Account
from copper_emulator.core.errors import NotIdle, TimeError, UsageError, raised_on_purpose
from copper_emulator.core.model import ANSWERED, Attempt, Delivery, Outcome, Result
from copper_emulator.core.moments import to_datetime
from copper_emulator.core.text import count, duration_text
from copper_emulator.shell.stage import Stage

__tracebackhide__ = raised_on_purpose

T = TypeVar("T")

Rounds: TypeAlias = Generator[list[Attempt], list[Result], T]


def settle(stage: Stage) -> Rounds[list[Delivery]]:
    """Deliver what is due, after catching up with frozen time that the test itself has moved."""
    with stage.lock:
        is_due = not stage.driving and _is_something_due(stage)
    return (yield from _outermost(stage, _pass_by(stage, 0))) if is_due else []


def advance(stage: Stage, delta_ms: int) -> Rounds[list[Delivery]]:
    """Deadline by deadline up to and including now + delta."""
    if stage.driving:
        raise TimeError("time cannot be moved inside a delivery; the endpoint's own calls only record")
    return _outermost(stage, _pass_by(stage, delta_ms))


def run_until_idle(stage: Stage, limit_ms: int) -> Rounds[list[Delivery]]:
    """From deadline to deadline until nothing waits. Raises NotIdle when that takes longer than the limit."""
    if stage.driving:
        raise TimeError("time cannot be moved inside a delivery; the endpoint's own calls only record")
    return _outermost(stage, _run_until_idle(stage, limit_ms))


def send_now(stage: Stage, attempt: Attempt) -> Rounds[Delivery | None]:
    """Send one attempt outside matching and limits (a replay), not from inside a delivery."""
    stage.driving = True
    try:
        yield from _round(stage, [attempt])
    finally:
        stage.driving = False
    return stage.account.journal.delivery_of(attempt.notification)


def _is_something_due(stage: Stage) -> bool:
    """Whether settling would do anything: most calls that settle find everything delivered."""
    if stage.moved_by_test() is not None or stage.account.has_echo:
        return True
    now = stage.clock.now()
    moment = stage.account.next_moment(now)
    return moment is not None and moment <= now


def _outermost(stage: Stage, passing: Rounds[list[Delivery]]) -> Rounds[list[Delivery]]:
    with stage.lock:
        if stage.driving:
            return []
        stage.driving = True
    try:
        return (yield from passing)
    finally:
        stage.driving = False


def _run_until_idle(stage: Stage, limit_ms: int) -> Rounds[list[Delivery]]:
    account = stage.account
    deliveries = yield from _pass_by(stage, 0)
    latest = stage.clock.now() + limit_ms
    while (moment := account.next_moment(stage.clock.now())) is not None:
        if moment > latest:
            raise NotIdle(_not_idle(account, moment, limit_ms))
        deliveries += yield from _pass_by(stage, moment - stage.clock.now())
    return deliveries


def _pass_by(stage: Stage, delta_ms: int) -> Rounds[list[Delivery]]:
    account, clock = stage.account, stage.clock
    until = _put_back(stage) + delta_ms
    deliveries = account.journal.deliveries
    first = len(deliveries)
    while True:
        now = clock.now()
        attempts = _next_round(stage, now)
        if attempts:
            yield from _round(stage, attempts)
        # Nobody else has had a chance to move frozen time.
        if attempts or stage.hooks:
            until = max(until, _put_back(stage))
        with stage.lock:
            moment = account.next_moment(now)
        if moment is None:
            break
        if attempts or moment <= now:
            continue
        if moment > until:
            break
        clock.move_to(moment)
    if until > now:
        clock.move_to(until)
        with stage.lock:
            account.finish(until)
    return deliveries[first:]


def _next_round(stage: Stage, now: int) -> list[Attempt]:
    """What may go now, when the answers that have come by now are concluded."""
    account = stage.account
    with stage.lock:
        before = len(account.journal.deliveries)
        account.finish(now)
    if stage.hooks:
        _run_hooks(stage, before)
    account.raise_echo()
    with stage.lock:
        return account.take(now)


def _put_back(stage: Stage) -> int:
    """Put frozen time back to the account's moment, so that each delivery is seen at its own; gives where it had been.

    What the test (or the endpoint, while it was notified) moved it forward counts as time that passes in this call.
    """
    moved, now = stage.moved_by_test(), stage.clock.now()
    if moved is None:
        return now
    stage.clock.move_to(now)
    return moved


def _round(stage: Stage, attempts: list[Attempt]) -> Rounds[None]:
    account = stage.account
    now = stage.clock.now()
    # Whatever is changed while a round is on its way was caused by it: by which of several is known only where one
    # endpoint runs after the other (delivering.py). Of the others the deepest chain is the one to follow.
    account.causing = max(attempts, key=_depth).notification if len(attempts) > 1 else attempts[0].notification
    before = len(account.journal.deliveries)
    # What a fault has answered is not sent.
    to_send = [attempt for attempt in attempts if attempt.instead is None]
    try:
        sent = iter((yield to_send) if to_send else ())
    except BaseException:
        with stage.lock:
            for attempt in attempts:
                account.conclude(attempt, Result(Outcome.UNKNOWN, text="interrupted while it was being sent"), now)
        raise
    finally:
        account.causing = None
    with stage.lock:
        for attempt in attempts:
            account.conclude(attempt, next(sent) if attempt.instead is None else attempt.instead, now)
    if stage.hooks:
        _run_hooks(stage, before)
    account.raise_echo()


def _depth(attempt: Attempt) -> int:
    return attempt.notification.change.depth


def _run_hooks(stage: Stage, since: int) -> None:
    account = stage.account
    stage.unhooked += [each for each in account.journal.deliveries[since:] if each.outcome in ANSWERED]
    while stage.unhooked:
        delivery = stage.unhooked.popleft()
        account.causing = delivery.notification
        try:
            for hook in list(stage.hooks):
                run_hook(hook, delivery)
        finally:
            account.causing = None


def run_hook(hook: Callable[[Delivery], object], delivery: Delivery) -> None:
    """Call it, once. Raises UsageError for an async one, which nobody would await."""
    answer = hook(delivery)
    if inspect.iscoroutine(answer):
        answer.close()
        raise UsageError(f"after_delivery takes a plain function, and {hook!r} is async")


def _not_idle(account: Account, moment: int, limit_ms: int) -> str:
    waiting = account.waiting()
    return (
        f"{count(len(waiting), 'notification')} still waiting after {duration_text(limit_ms)}; the next thing happens "
        f"at {to_datetime(moment):%Y-%m-%d %H:%M:%S} UTC. Allow more time: "
        f"{account.surface.idle_limit}."
    )


def run_sync(rounds: Rounds[T], send: Callable[[list[Attempt]], list[Result]]) -> T:
    """Drive from a bare frame."""
    __tracebackhide__ = True
    try:
        attempts = next(rounds)
        while True:
            try:
                results = send(attempts)
            except BaseException as error:
                rounds.throw(error)
                raise
            attempts = rounds.send(results)
    except StopIteration as stop:
        value: T = stop.value
        return value


async def run_async(rounds: Rounds[T], send: Callable[[list[Attempt]], Awaitable[list[Result]]]) -> T:
    """Drive on the running loop."""
    __tracebackhide__ = True
    try:
        attempts = next(rounds)
        while True:
            try:
                results = await send(attempts)
            except BaseException as error:
                rounds.throw(error)
                raise
            attempts = rounds.send(results)
    except StopIteration as stop:
        value: T = stop.value
        return value
