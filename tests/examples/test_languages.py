"""The examples in other languages work under `copper-emulator exec`, with Copper's host hard-coded in them."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.processes import PATIENCE
from tests.examples.installation import EXAMPLES

pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are not part of an installed copy")

COMMANDS = {
    "node": "node --test",
    "php": "php test.php",
    "ruby": "ruby test_billing.rb",
    "shell": "sh test.sh",
}
"""The commands that the READMEs give after `copper-emulator exec --`."""

PACKAGES = {"node": "nodejs", "php": "php-cli and php-curl", "ruby": "ruby", "curl": "curl", "sh": "dash"}
"""Debian's package names, for the message if one is missing."""

ALSO = {"shell": ["curl"]}

PARTS = {
    "php": ["php", "-r", "exit(extension_loaded('curl') ? 0 : 1);"],
    "ruby": ["ruby", "-e", "require 'webrick'; require 'minitest'"],
}
"""Commands that check for parts that not every installation of a runtime has."""


def require(name: str) -> None:
    """Skip if the runtime is missing, or fail if everything must be installed."""
    needed = [COMMANDS[name].split()[0], *ALSO.get(name, [])]
    missing = [program for program in needed if shutil.which(program) is None]
    if not missing and name in PARTS and subprocess.run(PARTS[name], capture_output=True, check=False).returncode:
        missing = [f"all of {name}"]
    if not missing:
        return
    names = " and ".join(f"{program} (on Debian: {PACKAGES[program.split()[-1]]})" for program in missing)
    if os.environ.get("COPPER_RUNTIMES_REQUIRED") == "1":
        pytest.fail(f"{names} is not installed, and COPPER_RUNTIMES_REQUIRED=1 asks for it")
    pytest.skip(f"examples/{name} needs {names}, which is not installed")


def outcome_of(project: Path, command: str) -> tuple[int, str]:
    """Run a project's tests as its README says; return the exit code and the output."""
    done = subprocess.run(
        [sys.executable, "-m", "copper_emulator", "exec", "--", *shlex.split(command)],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_its_suite_passes_with_coppers_host_written_into_it(name: str, tmp_path: Path) -> None:
    require(name)
    project = tmp_path / name
    shutil.copytree(EXAMPLES / name, project)

    code, output = outcome_of(project, COMMANDS[name])

    assert code == 0, output
    assert "no call to Copper's API arrived" not in output
    hosts = [path for path in project.iterdir() if "https://api.copper.com/developer_api/v1" in path.read_text()]
    assert len(hosts) == 1, "there is no base URL to set"


@pytest.mark.parametrize(
    ("name", "file", "right", "wrong", "said"),
    [
        pytest.param(
            "node",
            "billing.js",
            "response.writeHead(401)",
            "response.writeHead(204)",
            "status=401, but it was delivered (204)",
            id="node: a forgery is answered as if it were right",
        ),
        pytest.param(
            "node",
            "billing.js",
            "if (!seen.has(id)) this.noted.add(id)",
            "",
            "not ok 4 - what was lost is found by reconciling",
            id="node: nobody looks for who was deleted",
        ),
        pytest.param(
            "php",
            "job.php",
            "fetch(array_keys($missing), $people, $copper);",
            "",
            "FAIL what was lost is found by reconciling",
            id="php: nobody looks for who was deleted",
        ),
        pytest.param(
            "php",
            "hook.php",
            "getenv('COPPER_SECRET')",
            "'other'",
            "FAIL a person is known and followed until she is deleted",
            id="php: it knows another secret",
        ),
        pytest.param(
            "ruby",
            "billing.rb",
            "    missing.each { |id| look_after(id) }\n",
            "",
            "TestBilling#test_what_was_lost_is_found_by_reconciling",
            id="ruby: nobody looks for who was deleted",
        ),
        pytest.param(
            "shell",
            "subscribe.sh",
            'grep -F "\\"target\\":\\"$target\\""',
            "grep -F elsewhere",
            "it subscribes to three topics, and the second time to nothing",
            id="shell: it subscribes again and again",
        ),
    ],
)
def test_its_suite_sees_its_faults(name: str, file: str, right: str, wrong: str, said: str, tmp_path: Path) -> None:
    require(name)
    project = tmp_path / name
    shutil.copytree(EXAMPLES / name, project)
    text = (project / file).read_text(encoding="utf-8")
    assert right in text
    (project / file).write_text(text.replace(right, wrong), encoding="utf-8")

    code, output = outcome_of(project, COMMANDS[name])

    assert code != 0
    assert said in output, output


@pytest.mark.parametrize("name", COMMANDS)
def test_its_readme_and_the_document_say_how_it_is_run(name: str) -> None:
    document = EXAMPLES.parent / "docs/other-languages.md"

    for path in (EXAMPLES / name / "README.md", document):
        assert f"copper-emulator exec -- {COMMANDS[name]}" in path.read_text(encoding="utf-8")
