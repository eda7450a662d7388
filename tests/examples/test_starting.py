"""Started as its README says, each example subscribes itself at Copper's own host, and runs until it is ended."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pytest
import requests

from tests.cli.processes import PATIENCE
from tests.examples.installation import EXAMPLES
from tests.examples.test_languages import require

pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are not part of an installed copy")

TARGET = "https://example.com/hooks/copper"
CONFIGURATION = {"TOKEN": "a-token", "EMAIL": "ada@example.com", "TARGET": TARGET, "SECRET": "s3cret"}

LIFESPAN = """
import asyncio
from main import app

async def start_and_end():
    async with app.router.lifespan_context(app):
        pass

asyncio.run(start_and_end())
"""
"""Does with FastAPI's application what a server does, because there is none among the requirements."""

JOBS = {
    "django": [["manage.py", "migrate"], *(["manage.py", "copper", job] for job in ("subscribe", "work", "reconcile"))],
    "fastapi": [["-c", LIFESPAN]],
    "flask": [["-m", "flask", "--app", "mirror:from_environment()", job] for job in ("work", "reconcile")],
    "php": [["job.php", job] for job in ("subscribe", "work", "reconcile")],
}
SERVERS = {"aiohttp": "board.py", "node": "server.js", "ruby": "billing.rb"}


def programs(name: str) -> str:
    """The program that runs an example's files."""
    if name not in ("node", "php", "ruby"):
        return sys.executable
    require(name)
    return name


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of the example under test."""
    folder = tmp_path / "project"
    shutil.copytree(EXAMPLES / request.getfixturevalue("name"), folder)
    return folder


@contextmanager
def started(command: list[str], project: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a command under `exec`, with the variables that the README says to export; its base URL is Copper's."""
    own = {f"{prefix}_{name}": value for prefix in ("COPPER", "MIRROR") for name, value in CONFIGURATION.items()}
    popen = subprocess.Popen(
        [sys.executable, "-m", "copper_emulator", "exec", "--", *command],
        cwd=project,
        env={**os.environ, **own, "PORT": "0", "BILLING_FILE": str(project / "billing.json")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield popen
    finally:
        if popen.poll() is None:
            # exec passes it on, and ends when the command has ended.
            popen.send_signal(signal.SIGINT)
        popen.communicate()


def subscribed(text: str) -> list[str]:
    """The events to which someone has subscribed, according to a timeline."""
    return re.findall(rf"subscribed +\d+ \w+/(\w+) -> {TARGET}", text)


@pytest.mark.parametrize("name", JOBS)
def test_its_jobs_reach_copper_by_its_own_name(name: str, project: Path) -> None:
    program = programs(name)
    script = " && ".join('"$0" ' + " ".join(f"'{word}'" for word in job) for job in JOBS[name])
    with started(["sh", "-c", script, program], project) as popen:
        _, told = popen.communicate(timeout=PATIENCE)

    assert popen.returncode == 0, told
    assert subscribed(told) == ["new", "update", "delete"]


@pytest.mark.parametrize("name", SERVERS)
def test_its_server_reaches_copper_by_its_own_name(name: str, project: Path) -> None:
    with started([programs(name), SERVERS[name]], project) as popen:
        assert popen.stderr is not None
        url = re.search(r"http://[\d.:]+", popen.stderr.readline())
        assert url is not None
        journal = f"{url[0]}/_emulator/v1/accounts/default/journal/stream"
        with requests.get(journal, params={"since": 0}, stream=True, timeout=PATIENCE) as stream:
            seen = (line for line in stream.iter_lines(chunk_size=1) if b'"subscribed"' in line)
            assert len(list(islice(seen, 3))) == 3
        popen.send_signal(signal.SIGINT)
        _, told = popen.communicate(timeout=PATIENCE)

    assert subscribed(told) == ["new", "update", "delete"]
