"""The examples do what they show, run as a user would run them."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent.parent / "examples"

pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are not part of an installed copy")


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    # pytest's own variables would otherwise reach the inner run.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


def plugin_options() -> list[str]:
    """Empty if the plugin is installed; its name if these tests run from the source tree."""
    return [] if entry_points(group="pytest11", name="copper") else ["-p", "pytest_copper.plugin"]


def test_the_sample_applications_own_tests_pass() -> None:
    """A user's suite: its own folder, its own configuration, the `copper` fixture, and no plugin for async tests."""
    done = run("-m", "pytest", "-q", "-W", "error", "-p", "no:asyncio", *plugin_options(), folder=EXAMPLES / "billing")

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\b1\d passed", done.stdout)


def test_the_sample_applications_tests_see_its_faults(tmp_path: Path) -> None:
    """If only the first id is handled, exactly the test for that fails."""
    for file in ("billing.py", "test_billing.py", "pytest.ini"):
        text = (EXAMPLES / "billing" / file).read_text(encoding="utf-8")
        (tmp_path / file).write_text(text.replace("for id in ids]", "for id in ids[:1]]"), encoding="utf-8")

    done = run("-m", "pytest", "-q", *plugin_options(), folder=tmp_path)

    assert done.returncode == 1
    assert re.findall(r"^FAILED \S+::(\w+)", done.stdout, re.MULTILINE) == ["test_everyone_in_a_bulk_change_is_seen"]


def test_the_demo_shows_a_notification_and_a_scenario_and_ends_by_itself() -> None:
    done = run("-W", "error", str(EXAMPLES / "demo.py"), folder=EXAMPLES)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    for text in (
        "billing listens on http://127.0.0.1:",
        "Copper emulator ready at http://127.0.0.1:",
        '"target":"https://billing.example.com/hooks/copper"',
        "told: person/update, ids [17], name 'Ada' -> 'Ada Lovelace'",
        '"to_fetch":[17]',
        "delivered #1 person/update [17]",
        "PASSED  late and out of order",
    ):
        assert text in done.stdout, text


def test_the_demo_leaves_nothing_running() -> None:
    """Every address that it printed refuses connections afterwards."""
    done = run(str(EXAMPLES / "demo.py"), folder=EXAMPLES)

    ports = {int(port) for port in re.findall(r"http://127\.0\.0\.1:(\d+)", done.stdout)}
    assert len(ports) >= 3
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5).close()


def test_links_in_the_examples_lead_somewhere() -> None:
    wrong = [
        f"{path.parent.name}: {target}"
        for path in EXAMPLES.rglob("README.md")
        for target in re.findall(r"\]\((?!https?://)([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]

    assert wrong == []


def test_every_example_is_in_the_list() -> None:
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    there = {
        path.name for path in EXAMPLES.iterdir() if not path.name.startswith((".", "__")) and path.name != "README.md"
    }

    assert set(re.findall(r"^\| \[`([^`]+)`\]", text, re.MULTILINE)) == there
