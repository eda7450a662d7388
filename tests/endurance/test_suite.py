"""The suite that `python -m endurance.parallel` runs thousands of times passes: one test of each of its shapes."""

from __future__ import annotations

from pathlib import Path

import pytest

from endurance import suite
from endurance.parallel import Suite


@pytest.mark.parametrize("options", [("-p", "no:xdist"), ("-n", "2")], ids=["in one process", "on two workers"])
def test_a_test_of_each_shape_passes(tmp_path: Path, options: tuple[str, ...]) -> None:
    number = len(suite.SHAPES)
    suite.write(tmp_path, number)

    run = Suite(tmp_path, patience=120).run(*options)

    assert run.failed == [], run.out
    assert (run.code, len(run.told)) == (0, number), run.out
