"""Settings for all tests: none of them reads or leaves anything in the home directory of whoever runs them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

import pytest

# The tests of the plugin on its own also run without Hypothesis.
with suppress(ImportError):
    from hypothesis import HealthCheck, settings

    # No deadlines: an example is not wrong because the machine is busy with other work.
    # In CI the same examples are still drawn in every run.
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
