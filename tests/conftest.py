"""What holds for all tests: none of them finds or leaves anything in the home of whoever runs them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


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
