"""The pytest plugin of the Copper webhook emulator. Its fixtures need no import; the types of two of them are here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_copper.accounts import CopperFactory
    from pytest_copper.receiving import CopperEndpoint

__all__ = ["CopperEndpoint", "CopperFactory"]


def __getattr__(name: str) -> Any:
    # On first access, because every pytest run imports this package.
    if name == "CopperFactory":
        from pytest_copper.accounts import CopperFactory

        return CopperFactory
    if name == "CopperEndpoint":
        from pytest_copper.receiving import CopperEndpoint

        return CopperEndpoint
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
