"""How is something shown while a test runs? Past pytest's capturing, which keeps everything until the test ends."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest


def show(config: pytest.Config, text: str) -> None:
    """Show a text on standard error now."""
    capturing: Any = config.pluginmanager.getplugin("capturemanager")
    with nullcontext() if capturing is None else capturing.global_and_fixture_disabled():
        sys.stderr.write(text)
        sys.stderr.flush()
