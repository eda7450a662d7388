"""Schemathesis tests the control API by its description: no 500, nothing that is not described.

`trying.py` says what it does and what it leaves out. The calls are the same on every run.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

if find_spec("schemathesis") is None:
    pytest.skip("schemathesis makes the calls", allow_module_level=True)

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("half", [0, 1], ids=["one half", "the other"])
def test_no_call_is_answered_with_500_or_otherwise_than_described(half: int) -> None:
    tried = subprocess.run(
        [sys.executable, "-m", "tests.shell.control.trying", "--half", str(half)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )

    assert tried.returncode == 0, tried.stdout + tried.stderr
