"""Schemathesis tests the API by its description: nothing is answered with 500, nothing that is not described.

`trying.py` says what it does and what it leaves out. The calls are the same on every run.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from copper_emulator.openapi import describe

if find_spec("schemathesis") is None:
    pytest.skip("schemathesis makes the calls", allow_module_level=True)

ROOT = Path(__file__).parents[3]
PARTS = [
    ["leads", "people", "companies"],
    ["opportunities", "projects", "tasks", "activities", "lookups", "webhooks"],
]
"""Two halves of the calls, so that two processes of pytest can share the work."""


def test_the_parts_are_the_whole_api() -> None:
    assert sorted(tag for part in PARTS for tag in part) == sorted(tag["name"] for tag in describe()["tags"])


@pytest.mark.parametrize("tags", PARTS, ids="-".join)
def test_no_call_is_answered_with_500_or_otherwise_than_described(tags: list[str]) -> None:
    tried = subprocess.run(
        [sys.executable, "-m", "tests.shell.api.trying", *tags],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )

    assert tried.returncode == 0, tried.stdout + tried.stderr
