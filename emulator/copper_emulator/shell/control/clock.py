"""The control API for an account's clock: reading it, freezing it, letting it run, and playing time ahead."""

from __future__ import annotations

from collections import Counter
from typing import Any

from copper_emulator.core.account import Account
from copper_emulator.core.errors import NotIdle
from copper_emulator.core.model import Delivery, WaitsFor
from copper_emulator.core.text import count
from copper_emulator.core.wire import iso
from copper_emulator.shell.clock import check_reachable
from copper_emulator.shell.control.bases import Nothing
from copper_emulator.shell.control.models import Advance, ClockShape, MovedShape, RunUntilIdle
from copper_emulator.shell.control.operation import Operation
from copper_emulator.shell.control.shapes import DeliveryShape, shown_line
from copper_emulator.shell.guarding import Refused
from copper_emulator.shell.served.account import ServedAccount


async def read_clock(served: ServedAccount, params: Nothing) -> ClockShape:
    """Show what time it is for the account, and what waits for time to pass."""
    return clock_shape(served)


async def freeze(served: ServedAccount, params: Nothing) -> ClockShape:
    """Let time stand still from now on. What is on its way is waited for before this is answered."""
    await served.runner.freeze()
    return clock_shape(served)


async def run(served: ServedAccount, params: Nothing) -> ClockShape:
    """Let time run from the moment at which it stands."""
    await served.runner.go_on()
    return clock_shape(served)


async def advance(served: ServedAccount, params: Advance) -> MovedShape:
    """Play time ahead, deadline by deadline, and deliver what falls due on the way; a running clock then runs on."""
    check_reachable(served.tenant.now() + params.by, "; reset does not set it back")
    return _moved(served, await served.runner.advance(params.by))


async def run_until_idle(served: ServedAccount, params: RunUntilIdle) -> MovedShape:
    """Play time ahead until nothing waits for time to pass. 409 if that takes more time than the limit."""
    try:
        return _moved(served, await served.runner.run_until_idle(params.limit))
    except NotIdle as error:
        hint = "Allow more time with a longer limit (on the command line --limit)."
        raise Refused(409, error.why, hint=hint, code=error.code) from None


CLOCK_OPERATIONS: tuple[Operation[Any], ...] = (
    Operation("GET", "/clock", "What time it is", Nothing, ClockShape, read_clock),
    Operation("POST", "/clock/freeze", "Stop the clock", Nothing, ClockShape, freeze),
    Operation("POST", "/clock/run", "Let the clock run", Nothing, ClockShape, run),
    Operation("POST", "/clock/advance", "Advance the clock", Advance, MovedShape, advance),
    Operation("POST", "/clock/run-until-idle", "Advance until nothing waits", RunUntilIdle, MovedShape, run_until_idle),
)


def clock_shape(served: ServedAccount) -> ClockShape:
    tenant, clock = served.tenant, served.clock
    with tenant.lock:
        now = tenant.now()
        moment = tenant.account.next_moment(now)
        return ClockShape(
            kind="wall" if clock.running else "manual",
            running=clock.running,
            now=iso(now),
            next=None if moment is None else iso(max(moment, now)),
            waiting=len(tenant.account.waiting()),
            paused=sum(_paused(tenant.account).values()),
            busy=tenant.driving or (clock.runs_on and not clock.running),
        )


def _moved(served: ServedAccount, deliveries: list[Delivery]) -> MovedShape:
    tenant = served.tenant
    with tenant.lock:
        waiting = tenant.account.waiting()
        return MovedShape(
            now=iso(tenant.now()),
            waiting=len(waiting),
            deliveries=[DeliveryShape.of(delivery, served.hidden) for delivery in deliveries],
            lines=[*_lines(served, deliveries), *_paused_lines(tenant.account)],
        )


def _lines(served: ServedAccount, deliveries: list[Delivery]) -> list[str]:
    if not deliveries:
        return []
    ended = {id(delivery) for delivery in deliveries}
    entries = served.tenant.account.journal.entries
    found = []
    for entry in reversed(entries):
        if id(entry.delivery) in ended:
            found.append(shown_line(entry, served.hidden))
            if len(found) == len(ended):
                break
    return found[::-1]


def _paused_lines(account: Account) -> list[str]:
    """Lines about the notifications that the passing of time will not deliver."""
    return [
        f"{count(number, 'notification')} {'waits' if number == 1 else 'wait'} for {target}, which is paused: resume it"
        for target, number in _paused(account).items()
    ]


def _paused(account: Account) -> Counter[str]:
    """The number of notifications waiting for each paused target."""
    if not account.paused:
        return Counter()
    return Counter(
        account.target_of(notification)
        for notification in account.waiting()
        if account.wait_of(notification).what is WaitsFor.PAUSED
    )
