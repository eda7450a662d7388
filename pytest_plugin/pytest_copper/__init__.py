"""The pytest plugin of the Copper webhook emulator. Its fixtures need no import; the types of two of them are here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_copper.accounts import CopperFactory
    from pytest_copper.receiving import CopperEndpoint

__all__ = ["CopperEndpoint", "CopperFactory"]


_HOMES = {"CopperEndpoint": "receiving", "CopperFactory": "accounts"}
"""Name -> the module that defines it."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # On first access, because every pytest run imports this package.
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
