"""Switching faults on and off in one account, for Python, scenarios and the control API alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from copper_emulator.core.account import Account
from copper_emulator.core.errors import UsageError, raised_on_purpose
from copper_emulator.core.fault import Fault, FaultName
from copper_emulator.fault_texts import no_fault, parse_faults
from copper_emulator.shell.any_tenant import AnyTenant

__tracebackhide__ = raised_on_purpose


def read(texts: object) -> tuple[Fault, ...]:
    """Parse faults as people write them. Raises UsageError."""
    __tracebackhide__ = True
    try:
        return parse_faults(texts)
    except ValueError as error:
        raise UsageError(str(error)) from None


def active(tenant: AnyTenant) -> list[Fault]:
    """The faults that are on at this moment."""
    with tenant.lock:
        return tenant.account.faults.active(tenant.now())


def switch_on(tenant: AnyTenant, faults: Sequence[Fault]) -> list[Fault]:
    """Switch faults on, in the given order; returns those that they replaced."""
    return [replaced for each in faults for replaced in tenant.record(partial(_switch_on, each))]


def _switch_on(fault: Fault, account: Account, now: int) -> list[Fault]:
    replaced = [other for other in account.faults.active(now) if other.slot == fault.slot]
    account.faults.switch_on(fault, now)
    return replaced


def switch_off(tenant: AnyTenant, which: Callable[[Fault], bool]) -> list[Fault]:
    """Switch off the faults that `which` selects, and return them."""
    ended: list[Fault] = tenant.record(lambda account, now: account.faults.switch_off(now, which))
    return ended


def check_names(names: Sequence[str]) -> Sequence[str]:
    """Return names of faults, or faults as they are written. Raises UsageError for anything else."""
    __tracebackhide__ = True
    known = {str(name) for name in FaultName}
    wrong = [name for name in names if str(name).partition("@")[0].partition("=")[0] not in known]
    if wrong:
        raise UsageError(no_fault(str(wrong[0])))
    return names


def switch_off_named(tenant: AnyTenant, names: Sequence[str]) -> list[Fault]:
    """Switch off faults by name or written form; without names, all. Returns them. Raises UsageError."""
    __tracebackhide__ = True
    check_names(names)
    return switch_off(tenant, lambda each: not names or str(each) in names or each.name in names)
