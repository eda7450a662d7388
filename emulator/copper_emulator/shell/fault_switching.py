"""Switching faults on and off in one account, for Python, scenarios and the control API alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from copper_emulator.core.account import Account
from copper_emulator.core.active_faults import ActiveFault, may_be_left_of, notes_own_end
from copper_emulator.core.errors import UsageError, raised_on_purpose
from copper_emulator.core.fault import Fault, FaultName
from copper_emulator.core.model import Kind
from copper_emulator.fault_texts import no_fault, parse_fault, parse_faults
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


def switch_on(tenant: AnyTenant, faults: Sequence[Fault]) -> None:
    """Switch faults on, in the given order."""
    for each in faults:
        tenant.record(partial(_switch_on, each))


def _switch_on(fault: Fault, account: Account, now: int) -> None:
    account.faults.switch_on(fault, now)


class Switched:
    """A fault that was switched on for a while, after which the one that it replaced is on again."""

    def __init__(self, tenant: AnyTenant, fault: Fault) -> None:
        self._tenant = tenant
        self._fault = fault
        self._replaced: ActiveFault | None = tenant.record(self._begin)

    def _begin(self, account: Account, now: int) -> ActiveFault | None:
        self._entries_before = len(account.journal.entries)
        replaced = account.faults.in_slot_of(self._fault, now)
        account.faults.switch_on(self._fault, now)
        return replaced

    def end(self) -> None:
        """Switch it off, and what is left of the other on again; unless it was switched off or replaced meanwhile."""
        self._tenant.record(self._end)

    def _end(self, account: Account, now: int) -> None:
        faults, fault, replaced = account.faults, self._fault, self._replaced
        switched_off = faults.switch_off(now, lambda other: may_be_left_of(fault, other))
        has_ended = bool(switched_off) or self._ended_by_itself(account)
        if replaced is None or replaced.is_over(now) or not has_ended:
            return
        if faults.in_slot_of(fault, now) is None:
            faults.switch_on(replaced.rest(now), now)

    def _ended_by_itself(self, account: Account) -> bool:
        entries = account.journal.entries[self._entries_before :]
        return any(entry.kind is Kind.FAULT and notes_own_end(entry.text, self._fault) for entry in entries)


def switch_off(tenant: AnyTenant, which: Callable[[Fault], bool]) -> list[Fault]:
    """Switch off the faults that `which` selects, and return them."""
    ended: list[Fault] = tenant.record(lambda account, now: account.faults.switch_off(now, which))
    return ended


def read_named(names: Sequence[object]) -> list[Fault | FaultName]:
    """Read names of faults, and faults as people write them. Raises UsageError for anything else."""
    __tracebackhide__ = True
    return [_read_named(each) for each in names]


def _read_named(given: object) -> Fault | FaultName:
    if isinstance(given, Fault):
        return given
    text = str(given).strip()
    if text.partition("@")[0].partition("=")[0] not in _NAMES:
        raise UsageError(no_fault(text))
    try:
        return parse_fault(text) if "=" in text or "@" in text else FaultName(text)
    except ValueError as error:
        raise UsageError(str(error)) from None


_NAMES = frozenset(FaultName)


def switch_off_named(tenant: AnyTenant, names: Sequence[object]) -> list[Fault]:
    """Switch off faults by name, or as people write them; without names, all. Returns them. Raises UsageError."""
    __tracebackhide__ = True
    wanted = read_named(names)
    return switch_off(tenant, lambda each: not wanted or each in wanted or each.name in wanted)
