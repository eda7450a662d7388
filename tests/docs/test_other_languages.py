"""The examples in other languages run as they stand, against a real server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.processes import PATIENCE, Process, run, started

DOCUMENT = Path(__file__).parents[2] / "docs/other-languages.md"


@pytest.fixture(scope="module")
def server() -> Iterator[Process]:
    with started("serve", "--port", "0") as process:
        yield process


def block(program: str) -> str:
    """The example that a program runs."""
    found = re.search(rf"<!-- run with {program} -->\n\n```\w+\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert found is not None
    return found[1]


def require(*programs: str) -> None:
    """Skip where one is missing, or fail where everything must be there."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing and os.environ.get("COPPER_CLIENTS_REQUIRED") == "1":
        pytest.fail(f"{', '.join(missing)} is not installed, and COPPER_CLIENTS_REQUIRED=1 asks for it")
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed")


def ran(server: Process, *command: str) -> tuple[int, str]:
    done = subprocess.run(
        command,
        env={**os.environ, "COPPER_EMULATOR_URL": server.url},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_example_for_node_passes_and_leaves_nothing(server: Process, tmp_path: Path) -> None:
    require("node")
    file = tmp_path / "billing.test.mjs"
    file.write_text(block("node"))

    code, out = ran(server, "node", "--test", str(file))

    assert code == 0, out
    assert "pass 1" in out
    assert "account-" not in run("status", server=server.url)[1]


def test_the_example_for_node_fails_where_the_application_is_wrong(server: Process, tmp_path: Path) -> None:
    require("node")
    file = tmp_path / "billing.test.mjs"
    file.write_text(block("node").replace('notification.key !== "s3cret"', 'notification.key !== "other"'))

    code, out = ran(server, "node", "--test", str(file))

    assert code != 0
    assert "but it was rejected (401)" in out


def test_the_example_for_curl_passes_and_says_why(server: Process, tmp_path: Path) -> None:
    require("bash", "curl")
    file = tmp_path / "example.sh"
    file.write_text(block("bash"))

    code, out = ran(server, "bash", str(file))

    assert code == 0, out
    assert "rejected (503)" in out
    assert "curl-" not in run("status", server=server.url)[1]
