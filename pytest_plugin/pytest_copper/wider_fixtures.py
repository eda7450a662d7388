"""Is a fixture being set up that is wider than one test? An account that it opens is not the test's own."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest


class WiderFixtures:
    """A plugin of its own, registered once somebody makes accounts: it sees all fixtures from then on."""

    def __init__(self) -> None:
        self._begun = 0

    def is_setting_up(self) -> bool:
        """Whether one is being set up now."""
        return self._begun > 0

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
        is_wider = fixturedef.scope != "function"
        self._begun += is_wider
        try:
            return (yield)
        finally:
            self._begun -= is_wider
