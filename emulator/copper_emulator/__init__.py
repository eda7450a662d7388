"""A local test double for Copper CRM's webhook service.

The public names are imported from their modules on first access: `import copper_emulator` alone loads neither aiohttp
nor pydantic, which would slow down every CLI command and every pytest run.
"""

# Python 3.8 must be able to read this file: a child of an intercepting test (interception/) may run it.
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from copper_emulator.version import __version__ as __version__

if TYPE_CHECKING:
    from copper_emulator.async_copper import AsyncCopper
    from copper_emulator.checks import CheckFailed, CheckWarning, Report, check_names
    from copper_emulator.claiming import ExpectationError
    from copper_emulator.copper import Copper
    from copper_emulator.core.call_log import ApiCall
    from copper_emulator.core.errors import (
        ApiError,
        BadRequest,
        CopperEmulatorError,
        EchoLoop,
        Invalid,
        NotEnabled,
        NotFound,
        NotIdle,
        RouteError,
        ScenarioError,
        SettingsError,
        TimeError,
        UsageError,
    )
    from copper_emulator.core.model import (
        Change,
        Delivery,
        EntityType,
        Entry,
        Event,
        Kind,
        Notification,
        Outcome,
        Reason,
        State,
        Subscription,
        Topic,
    )
    from copper_emulator.core.records.record import Record
    from copper_emulator.emulator import AsyncEmulator, Emulator
    from copper_emulator.endpoint import Endpoint
    from copper_emulator.explain import Explanation
    from copper_emulator.faults import Faults
    from copper_emulator.scenarios import ScenarioFailed, ScenarioResult
    from copper_emulator.settings import Settings
    from copper_emulator.shell.intercepting.answering import Interception
    from copper_emulator.shell.routing.messages import Received, Response
    from copper_emulator.verdict import VerdictError

__all__ = [
    "ApiCall",
    "ApiError",
    "AsyncCopper",
    "AsyncEmulator",
    "BadRequest",
    "Change",
    "CheckFailed",
    "CheckWarning",
    "Copper",
    "CopperEmulatorError",
    "Delivery",
    "EchoLoop",
    "Emulator",
    "Endpoint",
    "EntityType",
    "Entry",
    "Event",
    "ExpectationError",
    "Explanation",
    "Faults",
    "Interception",
    "Invalid",
    "Kind",
    "NotEnabled",
    "NotFound",
    "NotIdle",
    "Notification",
    "Outcome",
    "Reason",
    "Received",
    "Record",
    "Report",
    "Response",
    "RouteError",
    "ScenarioError",
    "ScenarioFailed",
    "ScenarioResult",
    "Settings",
    "SettingsError",
    "State",
    "Subscription",
    "TimeError",
    "Topic",
    "UsageError",
    "VerdictError",
    "check_names",
]

_HOMES = {
    "async_copper": "AsyncCopper",
    "checks": "CheckFailed CheckWarning Report check_names",
    "copper": "Copper",
    "core.call_log": "ApiCall",
    "core.errors": (
        "ApiError BadRequest CopperEmulatorError EchoLoop Invalid NotEnabled NotFound NotIdle RouteError ScenarioError "
        "SettingsError TimeError UsageError"
    ),
    "core.records.record": "Record",
    "core.model": "Change Delivery EntityType Entry Event Kind Notification Outcome Reason State Subscription Topic",
    "emulator": "AsyncEmulator Emulator",
    "endpoint": "Endpoint",
    "explain": "Explanation",
    "faults": "Faults",
    "claiming": "ExpectationError",
    "scenarios": "ScenarioFailed ScenarioResult",
    "settings": "Settings",
    "shell.intercepting.answering": "Interception",
    "shell.routing.messages": "Received Response",
    "verdict": "VerdictError",
}
"""Module -> the public names it defines."""


def __getattr__(name: str) -> Any:
    from copper_emulator.real_dates import load

    for module, names in _HOMES.items():
        if name in names.split():
            return getattr(load(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__]
