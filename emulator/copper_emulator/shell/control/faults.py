"""The control API for faults."""

from __future__ import annotations

from typing import Any

from copper_emulator.core.fault import Fault
from copper_emulator.core.wire import iso
from copper_emulator.shell.control.bases import Nothing
from copper_emulator.shell.control.models import FaultShape, FaultsShape, Switch
from copper_emulator.shell.control.operation import Operation
from copper_emulator.shell.fault_switching import active, read, read_named, switch_off_named, switch_on
from copper_emulator.shell.served.account import ServedAccount


async def list_faults(served: ServedAccount, params: Nothing) -> FaultsShape:
    """List the faults that are on."""
    return _shape(served)


async def switch(served: ServedAccount, params: Switch) -> FaultsShape:
    """Switch faults off and on. A request that cannot be understood changes nothing."""
    faults = read(params.on)
    names = [] if params.off == "all" else read_named(params.off)
    if names or params.off == "all":
        switch_off_named(served.tenant, names)
    switch_on(served.tenant, faults)
    return _shape(served)


def _shape(served: ServedAccount) -> FaultsShape:
    tenant = served.tenant
    with tenant.lock:
        ends = {each.fault: each.until_ms for each in tenant.account.faults.state()[1]}
        return FaultsShape(faults=[_one(fault, ends.get(fault)) for fault in active(tenant)], seed=tenant.settings.seed)


def _one(fault: Fault, until_ms: int | None) -> FaultShape:
    return FaultShape(
        text=str(fault),
        name=fault.name,
        target=fault.target,
        beyond_spec=fault.beyond_spec,
        until=None if until_ms is None else iso(until_ms),
    )


FAULT_OPERATIONS: tuple[Operation[Any], ...] = (
    Operation("GET", "/faults", "Which faults are on", Nothing, FaultsShape, list_faults),
    Operation("POST", "/faults", "Switch faults on and off", Switch, FaultsShape, switch),
)
