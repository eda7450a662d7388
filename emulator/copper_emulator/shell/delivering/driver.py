"""How does time pass? A plain generator yields rounds of attempts, and runners drive it.

The generator is sent the results of each round. A round without attempts waits: for what a hook returned, or else for a
little real time. The generator itself never waits and knows neither threads nor loops, so it serves a
synchronous test, an asynchronous one and the standalone server alike.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Generator
from typing import TypeAlias, TypeVar

from copper_emulator.core.account import Account
from copper_emulator.core.errors import NotIdle, TimeError, raised_on_purpose
from copper_emulator.core.model import ANSWERED, Attempt, Delivery, Outcome, Result
from copper_emulator.core.moments import to_datetime
from copper_emulator.core.text import count, duration_text
from copper_emulator.shell.hooks import Awaited, Hook, named
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
    """Go from deadline to deadline, up to and including now + delta."""
    _check_movable(stage)
    return _outermost(stage, _pass_by(stage, delta_ms))


def run_until_idle(stage: Stage, limit_ms: int) -> Rounds[list[Delivery]]:
    """Go from deadline to deadline until nothing is waiting. Raises NotIdle if that takes longer than the limit."""
    _check_movable(stage)
    return _outermost(stage, _run_until_idle(stage, limit_ms))


def send_now(stage: Stage, attempt: Attempt) -> Rounds[Delivery | None]:
    """Send one attempt outside matching and limits (a replay). Not to be called inside a delivery."""
    stage.driving = True
    try:
        yield from _round(stage, [attempt])
    finally:
        stage.driving = False
    return stage.account.journal.delivery_of(attempt.notification)


def _check_movable(stage: Stage) -> None:
    if stage.driving:
        raise TimeError("time cannot be moved inside a delivery; the endpoint's own calls only record")


def _is_something_due(stage: Stage) -> bool:
    """Whether settling would do anything: most calls that settle find nothing left to deliver."""
    if stage.follow_frozen_time() is not None or stage.account.has_echo:
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
            raise NotIdle(_why_not_idle(account, moment, limit_ms), account.surface.idle_limit)
        deliveries += yield from _pass_by(stage, moment - stage.clock.now())
    return deliveries


def _pass_by(stage: Stage, delta_ms: int) -> Rounds[list[Delivery]]:
    account, clock = stage.account, stage.clock
    until = _put_back(stage) + delta_ms
    deliveries = account.journal.deliveries
    first = len(deliveries)
    while True:
        now = clock.now()
        attempts = yield from _next_round(stage, now)
        if attempts:
            yield from _round(stage, attempts)
        # Otherwise nothing has had a chance to move frozen time.
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


def _next_round(stage: Stage, now: int) -> Rounds[list[Attempt]]:
    """Conclude the answers that have arrived, and return the attempts that may go now."""
    account = stage.account
    with stage.lock:
        before = len(account.journal.deliveries)
        account.finish(now)
    if stage.hooks:
        yield from _run_hooks(stage, before)
    account.raise_echo()
    with stage.lock:
        return account.take(now)


def _put_back(stage: Stage) -> int:
    """Set frozen time back to the account's moment, so that each delivery sees its own; return where it was.

    Forward moves by the test, or by the endpoint while it was notified, count as time that passes in this call.
    """
    moved, now = stage.follow_frozen_time(), stage.clock.now()
    if moved is None:
        return now
    stage.clock.move_to(now)
    return moved


_INTERRUPTED = Result(Outcome.UNKNOWN, text="interrupted while it was being sent")


def _round(stage: Stage, attempts: list[Attempt]) -> Rounds[None]:
    account = stage.account
    now = stage.clock.now()
    # Changes made while a round is under way are attributed to it: to the right one of several attempts only if the
    # endpoints run one after the other (in_tests.py), otherwise to the one at the end of the longest chain.
    account.causing = max(attempts, key=_depth).notification if len(attempts) > 1 else attempts[0].notification
    before = len(account.journal.deliveries)
    # An attempt that a fault has already answered is not sent.
    to_send = [attempt for attempt in attempts if attempt.instead is None]
    try:
        sent = iter((yield to_send) if to_send else ())
    except BaseException:
        with stage.lock:
            for attempt in attempts:
                account.conclude(attempt, attempt.instead or _INTERRUPTED, now)
        raise
    finally:
        account.causing = None
    with stage.lock:
        for attempt in attempts:
            account.conclude(attempt, next(sent) if attempt.instead is None else attempt.instead, now)
    if stage.hooks:
        yield from _run_hooks(stage, before)
    account.raise_echo()


def _depth(attempt: Attempt) -> int:
    return attempt.notification.change.depth


def _run_hooks(stage: Stage, since: int) -> Rounds[None]:
    account = stage.account
    stage.unhooked += [each for each in account.journal.deliveries[since:] if each.outcome in ANSWERED]
    while stage.unhooked:
        delivery = stage.unhooked.popleft()
        account.causing = delivery.notification
        try:
            for hook in list(stage.hooks):
                yield from _run_hook(stage, hook, delivery)
        finally:
            account.causing = None


def _run_hook(stage: Stage, hook: Hook, delivery: Delivery) -> Rounds[None]:
    with named(hook, delivery):
        answer = hook(delivery)
        if inspect.isawaitable(answer):
            stage.awaited = Awaited(answer, delivery)
            try:
                yield []
            finally:
                stage.awaited = None


def _why_not_idle(account: Account, moment: int, limit_ms: int) -> str:
    waiting = account.waiting()
    return (
        f"{count(len(waiting), 'notification')} still waiting after {duration_text(limit_ms)}; the next thing happens "
        f"at {to_datetime(moment):%Y-%m-%d %H:%M:%S} UTC"
    )


def run_sync(rounds: Rounds[T], send: Callable[[list[Attempt]], list[Result]]) -> T:
    """Drive the rounds from a bare frame."""
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
    """Drive the rounds on the running loop."""
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
