"""One authority for all commands, in no one's home."""

from __future__ import annotations

import pytest

from tests.executing.commands import Executing


@pytest.fixture(scope="session")
def executing(tmp_path_factory: pytest.TempPathFactory) -> Executing:
    return Executing(tmp_path_factory.mktemp("executing") / "authority")
