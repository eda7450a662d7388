"""Is a fixture being set up that is wider than one test? Its account is not the test's own."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest


class WiderFixtures:
    """A plugin of its own, registered once somebody makes accounts: it sees every fixture of the tests from then on."""

    def __init__(self) -> None:
        self.begin = 0

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
        is_wider = fixturedef.scope != "function"
        self.begin += is_wider
        try:
            return (yield)
        finally:
            self.begin -= is_wider
