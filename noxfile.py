"""Does it hold on every Python that is supported, and with the oldest and the newest of what it stands on?

`nox` runs all sessions with the Pythons that are here and says which it left out; `nox -s tests-3.12 -- tests/core`
runs one, over some of the tests. Each session has an environment of its own, in `.nox`; CONTRIBUTING.md has the table.
"""

from __future__ import annotations

import os
import shutil
import tomllib
from pathlib import Path

import nox

ROOT = Path(__file__).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
_CLASSIFIER = "Programming Language :: Python :: 3."
PYTHONS = [text.rpartition(" ")[2] for text in PROJECT["classifiers"] if text.startswith(_CLASSIFIER)]
"""Oldest first."""

BORDERS = (
    "tests/plugin",
    "tests/machine",
    "tests/shell/senders/test_http.py",
    "tests/shell/api/test_webhooks.py",
    "tests/test_settings.py",
    "tests/test_clean_exit.py",
    "tests/test_light_start.py",
    "tests/test_two_emulators.py",
)
"""Where pytest, pydantic, aiohttp and Hypothesis are met: what an older or a newer one of them would break."""

# The repository's own settings are in a form that pytest 9 is the first to read.
INI = """[pytest]
pythonpath = {root}
addopts = --import-mode=importlib -p pytester
filterwarnings = error
asyncio_default_fixture_loop_scope = function
"""


def find_pythons() -> None:
    """Put those of pyenv on PATH, before its own commands: those are there for every version, also where none is."""
    home = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for version in PYTHONS:
        for found in sorted((home / "versions").glob(f"{version}.*/bin/python{version}")):
            os.environ["PATH"] = f"{found.parent}{os.pathsep}{os.environ['PATH']}"


find_pythons()
HERE = [version for version in PYTHONS if shutil.which(f"python{version}")]

nox.needs_version = ">=2025.2"
nox.options.default_venv_backend = "venv"
nox.options.reuse_venv = "yes"
# A Python that is missing is told of and left out, in CI as well.
nox.options.error_on_missing_interpreters = False


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """All tests, or those that are named, with the versions in constraints.txt."""
    session.install("-q", "-c", "constraints.txt", "-e", ".[dev]")
    session.run("pytest", *(session.posargs or ["tests"]))


@nox.session(python=HERE[:1] or PYTHONS[:1])
def oldest(session: nox.Session) -> None:
    """The lowest versions that pyproject.toml asks for, on the oldest Python: where one meets them."""
    _say_what_is_missing(session, PYTHONS[0])
    required = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["hypothesis"]]
    floors = [line.replace(">=", "==") for line in required]
    session.install("-q", "--only-binary", ":all:", *floors, "pytest-asyncio", "pytest-xdist")
    session.install("-q", "--no-deps", ".")
    _run_at_the_borders(session)


@nox.session(python=HERE[-1:] or PYTHONS[-1:])
def newest(session: nox.Session) -> None:
    """The newest of everything, on the newest Python, as somebody gets it who installs today."""
    _say_what_is_missing(session, PYTHONS[-1])
    session.install("-q", "--upgrade", "--upgrade-strategy", "eager", ".[hypothesis]", "pytest-asyncio", "pytest-xdist")
    _run_at_the_borders(session)


def _say_what_is_missing(session: nox.Session, wanted: str) -> None:
    if session.python != wanted:
        session.warn(f"Python {wanted} is not here: this runs on {session.python}.")


def _run_at_the_borders(session: nox.Session) -> None:
    session.run("python", "-m", "pip", "check")
    session.run("python", "-m", "pip", "freeze", "--exclude", "copper-emulator")
    # Not in a folder for temporary files of nox's: that would be the tests' own, and above their inner runs.
    settings = Path(session.virtualenv.location) / "borders.ini"
    settings.write_text(INI.format(root=ROOT), encoding="utf-8")
    session.run("pytest", "-c", str(settings), f"--rootdir={ROOT}", "-rs", *(session.posargs or ("-n", "2", *BORDERS)))
