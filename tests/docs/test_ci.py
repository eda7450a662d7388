"""Whatever docs/ci.md presents as runnable is run, and the rest is at least checked for its form."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from copper_emulator.cli import main
from tests.cli.processes import PATIENCE

DOCUMENT = (Path(__file__).parents[2] / "docs/ci.md").read_text(encoding="utf-8")


def script() -> str:
    [found] = re.findall(r"<!-- run with sh -->\n\n```sh\n(.*?)```", DOCUMENT, re.DOTALL)
    return str(found)


def workflows() -> list[tuple[str, Any]]:
    """Every YAML block, with the file name from its first line."""
    blocks = re.findall(r"```yaml\n# (\S+)\n(.*?)```", DOCUMENT, re.DOTALL)
    assert len(blocks) == DOCUMENT.count("```yaml")
    return [(name, yaml.safe_load(text)) for name, text in blocks]


def lines(name: str, content: Any) -> list[str]:
    """The commands of a workflow, line by line."""
    if name == ".gitlab-ci.yml":
        return [line for job in content.values() for line in job["script"]]
    return [step["run"] for job in content["jobs"].values() for step in job["steps"] if "run" in step]


def ran(text: str, folder: Path, *, command: str | None = None) -> tuple[int, str]:
    """Run the script, with a `copper-emulator` on PATH from this environment, or another command by that name."""
    program = folder / "bin" / "copper-emulator"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n{command or f"exec {sys.executable} -m copper_emulator"} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    done = subprocess.run(
        ["sh", "-c", text],
        cwd=folder,
        env={**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no sh")
def test_the_script_starts_a_server_uses_it_and_ends_it(tmp_path: Path) -> None:
    code, output = ran(script(), tmp_path)

    assert code == 0, output
    assert "person" in output
    assert "Copper emulator ended." in (tmp_path / "serve.log").read_text()


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no sh")
def test_the_script_says_why_a_server_did_not_start(tmp_path: Path) -> None:
    code, output = ran(script(), tmp_path, command="echo port 2929 is in use >&2; exit 1;")

    assert code == 1
    assert "port 2929 is in use" in output


@pytest.mark.parametrize(("name", "content"), workflows())
def test_a_workflow_has_the_commands_and_options_that_there_are(name: str, content: Any) -> None:
    found = lines(name, content)

    assert found
    for line in found:
        words = shlex.split(line)
        if Path(words[0]).name != "copper-emulator":
            continue
        command = main.get_command(click.Context(main), words[1])
        assert command is not None, line
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words[: words.index("--")] if word.startswith("--")} <= known


def test_a_service_is_called_by_a_name_that_the_image_trusts() -> None:
    called = set(re.findall(r"COPPER_EMULATOR_URL: http://([\w.]+):2929", DOCUMENT))

    assert called == {"127.0.0.1", "copper"}
    services = [content["test"]["services"] for name, content in workflows() if "services" in content.get("test", {})]
    assert [service["alias"] for [service] in services] == ["copper"]
