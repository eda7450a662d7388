"""A local stand-in for Copper CRM's webhook service."""

from copper_emulator.async_copper import AsyncCopper
from copper_emulator.copper import Copper
from copper_emulator.core.errors import (
    ApiError,
    CopperEmulatorError,
    EchoLoop,
    Invalid,
    NotFound,
    NotIdle,
    RouteError,
    ScenarioError,
    SettingsError,
    TimeError,
    UsageError,
)
from copper_emulator.core.model import Change, Delivery, Entry, Notification, Outcome, Reason, Subscription
from copper_emulator.emulator import AsyncEmulator, Emulator
from copper_emulator.endpoint import Endpoint
from copper_emulator.expectations import ExpectationError
from copper_emulator.settings import Settings
from copper_emulator.shell.messages import Received, Response
from copper_emulator.verdict import VerdictError

__all__ = [
    "ApiError",
    "AsyncCopper",
    "AsyncEmulator",
    "Change",
    "Copper",
    "CopperEmulatorError",
    "Delivery",
    "EchoLoop",
    "Emulator",
    "Endpoint",
    "Entry",
    "ExpectationError",
    "Invalid",
    "NotFound",
    "NotIdle",
    "Notification",
    "Outcome",
    "Reason",
    "Received",
    "Response",
    "RouteError",
    "ScenarioError",
    "Settings",
    "SettingsError",
    "Subscription",
    "TimeError",
    "UsageError",
    "VerdictError",
]
