"""What holds for all tests: none of them finds or leaves anything in the home of whoever runs them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

import pytest

# The tests of the plugin alone run without it, too.
with suppress(ImportError):
    from hypothesis import HealthCheck, settings

    # No test is timed: a machine that is busy with other work makes no example wrong.
    # In CI the same examples are drawn in every run; that stays.
    settings.register_profile("untimed", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def _no_authority_of_anybodys_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    name = "COPPER_EMULATOR_AUTHORITY"
    before = os.environ.get(name)
    os.environ[name] = str(tmp_path_factory.mktemp("kept") / "authority")
    yield
    if before is None:
        del os.environ[name]
    else:
        os.environ[name] = before
