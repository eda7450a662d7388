"""Every framework through the plugin, in separate pytest runs that find it as an installed plugin."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which pytest finds the plugin's entry point, even if the distribution is not installed."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    if not metadata.entry_points(group="pytest11", name="copper"):
        info = tmp_path_factory.mktemp("installed") / "copper_emulator-0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: copper-emulator\nVersion: 0\n", encoding="utf-8")
        (info / "entry_points.txt").write_text("[pytest11]\ncopper = pytest_copper.plugin\n", encoding="utf-8")
        paths.append(str(info.parent))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "DJANGO_"))}
    return {**kept, "PYTHONPATH": os.pathsep.join(paths)}


@pytest.mark.parametrize(("folder", "expected"), [("with_plugin", 8), ("django_project", 50)])
def test_the_tests_of_a_project_pass(folder: str, expected: int, environment: dict[str, str]) -> None:
    """The exact number of tests, so that none is skipped."""
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", HERE / folder / "pytest.ini", "-q", HERE / folder / "inner.py"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"{expected} passed in" in ran.stdout.splitlines()[-1]
