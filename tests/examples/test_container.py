"""The parts of the container recipe that run without a container engine: its commands, as a user other than root."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import requests
import yaml

from tests.cli.processes import PATIENCE, Process
from tests.examples.installation import EXAMPLES

FOLDER = EXAMPLES / "container"
NOBODY = 65534
READY = "/_emulator/v1/ready"

pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are not part of an installed copy")


def instructions() -> dict[str, str]:
    """The Dockerfile's instructions, each of which occurs once, on one line."""
    text = re.sub(r"^\s*#.*\n", "", (FOLDER / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = [line.split(None, 1) for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    found = {name: rest.strip() for name, rest in lines}
    assert len(found) == len(lines)
    return found


def command(instruction: str) -> list[str]:
    """The command of an instruction, which must be in the form that needs no shell."""
    parts: list[str] = json.loads("[" + instructions()[instruction].partition("[")[2])
    return parts


def here(parts: list[str]) -> list[str]:
    """The same command with the programs of this environment."""
    programs = {"copper-emulator": [sys.executable, "-m", "copper_emulator"], "python": [sys.executable]}
    return [*programs[parts[0]], *parts[1:]]


def not_as_root() -> list[str]:
    """A prefix that runs a command as a user who can only write files of their own.

    That user may read others, because the interpreter of these tests may be in root's home.
    """
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("root needs setpriv (util-linux) to be somebody else")
    capabilities = [f"--{kind}-caps=+dac_read_search" for kind in ("inh", "ambient")]
    return [setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *capabilities]


@contextmanager
def contained(volume: Path, *options: str) -> Iterator[Process]:
    """The entry point, with options appended as by `docker run`: a free port, and another folder."""
    added = ["--port", "0", "--state", str(volume / "state.sqlite"), *options]
    popen = subprocess.Popen(
        [*not_as_root(), *here(command("ENTRYPOINT")), *added],
        env={"PATH": os.environ["PATH"], "COPPER_EMULATOR_AUTHORITY": str(volume / "authority")},
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert popen.stdout is not None
        first_line = popen.stdout.readline().rstrip("\n")
        assert first_line, popen.communicate(timeout=PATIENCE)
        yield Process(popen, first_line)
    finally:
        if popen.poll() is None:
            popen.kill()
        popen.communicate()


@pytest.fixture
def volume() -> Iterator[Path]:
    """A folder that belongs to the user who runs the command; pytest's own folders are below one of root's."""
    with TemporaryDirectory() as name:
        if os.geteuid() == 0:
            os.chown(name, NOBODY, NOBODY)
        yield Path(name)


def healthy(url: str) -> subprocess.CompletedProcess[str]:
    """Run the health check's own command, on the port that was chosen."""
    parts = here(command("HEALTHCHECK"))
    assert f"http://127.0.0.1:2929{READY}" in parts[-1]
    at = [part.replace("http://127.0.0.1:2929", url) for part in parts]
    return subprocess.run([*not_as_root(), *at], capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_the_image_is_slim_and_its_user_is_a_number_that_owns_the_volume() -> None:
    found = instructions()

    assert found["FROM"].endswith("-slim")
    assert found["EXPOSE"] == "2929"
    [volume] = json.loads(found["VOLUME"])
    assert int(found["USER"]) > 0
    assert f"--uid {found['USER']} " in found["RUN"]
    assert f"--owner {found['USER']} --mode 0700 {volume}" in found["RUN"]
    options = command("ENTRYPOINT")
    assert options[options.index("--state") + 1].startswith(f"{volume}/")
    assert found["ENV"] == f"COPPER_EMULATOR_AUTHORITY={volume}/authority"


def test_the_image_has_the_wheel_and_nothing_else_of_the_repository() -> None:
    assert re.fullmatch(r"copper_emulator-\*\.whl /tmp/", instructions()["COPY"])


def test_its_command_serves_as_who_is_not_root_and_keeps_its_state(volume: Path) -> None:
    token = {"X-PW-AccessToken": "a-token", "X-PW-Application": "developer_api", "X-PW-UserEmail": "ada@example.com"}
    with contained(volume) as process:
        made = requests.post(
            f"{process.url}/developer_api/v1/people", json={"name": "Ada"}, headers=token, timeout=PATIENCE
        )
        assert made.status_code == 200, made.text
        assert (volume / "state.sqlite").stat().st_uid == (NOBODY if os.geteuid() == 0 else os.geteuid())
        # The signal by which a container engine ends it.
        assert process.end(signal.SIGTERM)[0] == 0

    with contained(volume) as process:
        found = requests.get(
            f"{process.url}/developer_api/v1/people/{made.json()['id']}", headers=token, timeout=PATIENCE
        )
        assert found.json()["name"] == "Ada"


def test_the_health_check_says_whether_it_serves(volume: Path) -> None:
    with contained(volume) as process:
        url = process.url
        checked = healthy(url)
        assert checked.returncode == 0, checked.stderr

    assert healthy(url).returncode == 1


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("copper:2929", 200),
        ("localhost:2929", 200),
        ("127.0.0.1:2929", 200),
        ("billing:2929", 403),
        ("copper.evil.example", 403),
    ],
)
def test_other_containers_call_the_control_api_by_the_name_that_is_trusted(
    volume: Path, host: str, status: int
) -> None:
    with contained(volume) as process:
        answered = requests.get(f"{process.url}/_emulator/v1/accounts", headers={"Host": host}, timeout=PATIENCE)
        assert answered.status_code == status
        # Copper's own API is open to anyone with a token, under any host name.
        api = requests.get(
            f"{process.url}/developer_api/v1/webhooks",
            headers={
                "Host": host,
                "X-PW-AccessToken": "a-token",
                "X-PW-Application": "developer_api",
                "X-PW-UserEmail": "ada@example.com",
            },
            timeout=PATIENCE,
        )
        assert api.status_code == 200


def test_the_composition_names_the_host_that_is_trusted_and_shows_the_port_to_this_machine_only(volume: Path) -> None:
    services = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))["services"]
    options = command("ENTRYPOINT")

    assert options[options.index("--trusted-host") + 1] in services
    assert services["copper"]["ports"] == ["127.0.0.1:2929:2929"]
    assert services["copper"]["volumes"] == [f"copper:{json.loads(instructions()['VOLUME'])[0]}"]
    assert services["billing"]["environment"]["COPPER_API_URL"] == "http://copper:2929/developer_api/v1"
    with contained(volume, *services["copper"]["command"]) as process:
        routes = requests.get(f"{process.url}/_emulator/v1/accounts/default/routes", timeout=PATIENCE).json()["routes"]
    assert [(each["origin"], each["to"]) for each in routes] == [("https://billing.example.com", "http://billing:5000")]
