"""How does time pass? A plain generator yields rounds of attempts, and whoever drives it sends them.

The generator is sent the results of each round. A round without attempts waits: for what an asynchronous function of
the test returned, or else for a little real time. The generator itself never waits and knows neither threads nor loops,
so it serves a synchronous test, an asynchronous one and the standalone server alike.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Generator
from typing import TypeAlias, TypeVar

from copper_emulator.core.account import Account
from copper_emulator.core.errors import NotIdle, TimeError, raised_on_purpose
from copper_emulator.core.model import Attempt, Delivery, Outcome, Result
from copper_emulator.core.moments import to_datetime
from copper_emulator.core.text import count, duration_text
from copper_emulator.shell.awaited import Awaited
from copper_emulator.shell.hook_work import Hook, HookWork
from copper_emulator.shell.hooks import noting_hook
from copper_emulator.shell.tenant import Tenant

__tracebackhide__ = raised_on_purpose

T = TypeVar("T")

Rounds: TypeAlias = Generator[list[Attempt], list[Result], T]


def settle(tenant: Tenant) -> Rounds[list[Delivery]]:
    """Deliver what is due, after catching up with frozen time that the test itself has moved."""
    with tenant.lock:
        is_due = not tenant.driving and _is_something_due(tenant)
    return (yield from _drive_outermost(tenant, _pass_time(tenant, 0))) if is_due else []


def advance(tenant: Tenant, delta_ms: int) -> Rounds[list[Delivery]]:
    """Go from deadline to deadline, up to and including now + delta."""
    _check_movable(tenant)
    return _drive_outermost(tenant, _pass_time(tenant, delta_ms))


def run_until_idle(tenant: Tenant, limit_ms: int) -> Rounds[list[Delivery]]:
    """Go from deadline to deadline until nothing is waiting. Raises NotIdle if that takes longer than the limit."""
    _check_movable(tenant)
    return _drive_outermost(tenant, _run_until_idle(tenant, limit_ms))


def send_now(tenant: Tenant, *attempts: Attempt) -> Rounds[None]:
    """Send attempts outside matching and limits (replays), at once. Not to be called inside a delivery."""
    tenant.driving = True
    try:
        yield from _send_round(tenant, list(attempts))
    finally:
        tenant.driving = False


def _check_movable(tenant: Tenant) -> None:
    if tenant.driving:
        raise TimeError("time cannot be moved inside a delivery; the endpoint's own calls only record")


def _is_something_due(tenant: Tenant) -> bool:
    """Whether settling would do anything: most calls that settle find nothing left to deliver."""
    if tenant.follow_frozen_time() is not None or tenant.account.has_echo or tenant.hooks.pending:
        return True
    now = tenant.clock.now()
    moment = tenant.account.next_moment(now)
    return moment is not None and moment <= now


def _drive_outermost(tenant: Tenant, rounds: Rounds[list[Delivery]]) -> Rounds[list[Delivery]]:
    """Drive the rounds, unless something drives already: a call from inside a delivery leaves them to that."""
    with tenant.lock:
        if tenant.driving:
            return []
        tenant.driving = True
    try:
        return (yield from rounds)
    finally:
        tenant.driving = False


def _run_until_idle(tenant: Tenant, limit_ms: int) -> Rounds[list[Delivery]]:
    account = tenant.account
    deliveries = yield from _pass_time(tenant, 0)
    latest = tenant.clock.now() + limit_ms
    while (moment := account.next_moment(tenant.clock.now())) is not None:
        if moment > latest:
            raise NotIdle(_why_not_idle(account, moment, limit_ms), account.surface.idle_limit)
        deliveries += yield from _pass_time(tenant, moment - tenant.clock.now())
    return deliveries


def _pass_time(tenant: Tenant, delta_ms: int) -> Rounds[list[Delivery]]:
    """Deliver what is due, then move the clock to the next deadline, and so on until now + delta; return what ended.

    The clock is moved only when nothing more may go at its present moment.
    """
    account, clock = tenant.account, tenant.clock
    until = _rewind_frozen_time(tenant) + delta_ms
    deliveries = account.journal.deliveries
    first = len(deliveries)
    while True:
        now = clock.now()
        attempts = yield from _take_round(tenant, now)
        if attempts:
            yield from _send_round(tenant, attempts)
        # Only endpoints and hooks can have moved frozen time meanwhile.
        if attempts or tenant.hooks.registered:
            until = max(until, _rewind_frozen_time(tenant))
        with tenant.lock:
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
        with tenant.lock:
            account.finish(until)
    return deliveries[first:]


def _take_round(tenant: Tenant, now: int) -> Rounds[list[Attempt]]:
    """Conclude the answers that have arrived, and return the attempts that may go now."""
    account = tenant.account
    with tenant.lock:
        before = len(account.journal.deliveries)
        account.finish(now)
    if tenant.hooks.registered:
        yield from _run_hooks(tenant, before)
    account.raise_echo()
    with tenant.lock:
        return account.take(now)


def _rewind_frozen_time(tenant: Tenant) -> int:
    """Set frozen time back to the account's moment, so that each delivery sees its own; return where it was.

    Forward moves by the test, or by the endpoint while it was notified, count as time that passes in this call.
    """
    moved, now = tenant.follow_frozen_time(), tenant.clock.now()
    if moved is None:
        return now
    tenant.clock.move_to(now)
    return moved


_INTERRUPTED = Result(Outcome.UNKNOWN, text="interrupted while it was being sent")


def _send_round(tenant: Tenant, attempts: list[Attempt]) -> Rounds[None]:
    """Have the attempts sent, and conclude each with its result."""
    account = tenant.account
    now = tenant.clock.now()
    # Changes made while a round is under way are attributed to its notifications, or to one of them if endpoints run
    # one after the other (`in_tests.py`).
    account.causing = tuple([attempt.notification for attempt in attempts])
    before = len(account.journal.deliveries)
    # An attempt that a fault has already answered is not sent.
    to_send = [attempt for attempt in attempts if attempt.instead is None]
    try:
        results = iter((yield to_send) if to_send else ())
    except BaseException:
        with tenant.lock:
            for attempt in attempts:
                account.conclude(attempt, attempt.instead or _INTERRUPTED, now)
        raise
    finally:
        account.causing = ()
    with tenant.lock:
        for attempt in attempts:
            account.conclude(attempt, next(results) if attempt.instead is None else attempt.instead, now)
    if tenant.hooks.registered:
        yield from _run_hooks(tenant, before)
    account.raise_echo()


def _run_hooks(tenant: Tenant, since: int) -> Rounds[None]:
    account, hooks = tenant.account, tenant.hooks
    hooks.queue(account.journal.deliveries[since:])
    while hooks.pending and not hooks.are_held:
        hook, delivery = hooks.pending.popleft()
        account.causing = (delivery.notification,)
        try:
            yield from _run_hook(tenant, hook, delivery)
        finally:
            account.causing = ()


def _run_hook(tenant: Tenant, hook: Hook, delivery: Delivery) -> Rounds[None]:
    hooks = tenant.hooks
    with noting_hook(hook, delivery):
        answer = hooks.call(hook, delivery)
        if inspect.isawaitable(answer):
            yield from awaiting(tenant, HookWork(answer, delivery, hooks.workers))


def awaiting(tenant: Tenant, what: Awaited) -> Rounds[None]:
    """An empty round in which this is awaited."""
    tenant.awaited = what
    try:
        yield []
    finally:
        tenant.awaited = None


def _why_not_idle(account: Account, moment: int, limit_ms: int) -> str:
    waiting = account.waiting()
    depth = max([notification.change.depth for notification in waiting], default=0)
    echo = f", and it looks like an endless echo: {depth} deliveries in a row each led to the next" if depth > 2 else ""
    return (
        f"{count(len(waiting), 'notification')} still waiting after {duration_text(limit_ms)}{echo}; the next thing "
        f"happens at {to_datetime(moment):%Y-%m-%d %H:%M:%S} UTC"
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
