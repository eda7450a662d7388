"""Do the tests pass on every supported Python, and with the oldest and the newest dependencies?

`nox` runs all sessions with the Pythons that are installed and reports those it skipped;
`nox -s tests-3.12 -- tests/core` runs one session on some of the tests. Each session has its own environment in
`.nox`; CONTRIBUTING.md has the table.
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
"""The tests that use pytest, pydantic, aiohttp and Hypothesis most: what an older or newer version would break."""

OF_THE_LOWEST = ("3.11", "3.12")
"""The Pythons for which the lowest versions have wheels."""

# The repository's own settings are in a form that only pytest 9 and later can read.
INI = """[pytest]
pythonpath = {root}
addopts = --import-mode=importlib -p pytester
filterwarnings = error
asyncio_default_fixture_loop_scope = function
"""


def find_pythons() -> None:
    """Put pyenv's Pythons on PATH before its shims, which exist for every version, even one that is not installed."""
    home = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for version in PYTHONS:
        for found in sorted((home / "versions").glob(f"{version}.*/bin/python{version}")):
            os.environ["PATH"] = f"{found.parent}{os.pathsep}{os.environ['PATH']}"


find_pythons()
HERE = [version for version in PYTHONS if shutil.which(f"python{version}")]

nox.needs_version = ">=2025.2"
nox.options.default_venv_backend = "venv"
nox.options.reuse_venv = "yes"
# A missing Python is reported and skipped, in CI as well.
nox.options.error_on_missing_interpreters = False


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """All tests, or those given as arguments, with the versions in constraints.txt."""
    session.install("-q", "-c", "constraints.txt", "-e", ".[dev]")
    session.run("pytest", *(session.posargs or ["tests"]))


@nox.session(python=HERE[:1] or PYTHONS[:1])
def oldest(session: nox.Session) -> None:
    """The tests in BORDERS with the lowest versions that pyproject.toml allows, on the oldest Python."""
    if HERE and HERE[0] not in OF_THE_LOWEST:
        session.skip(f"the lowest versions have wheels for Python {' and '.join(OF_THE_LOWEST)} only")
    _say_what_is_missing(session, PYTHONS[0])
    required = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["hypothesis"]]
    floors = [line.replace(">=", "==") for line in required]
    session.install("-q", "--only-binary", ":all:", *floors, "pytest-asyncio", "pytest-xdist")
    session.install("-q", "--no-deps", ".")
    _run_at_the_borders(session)


@nox.session(python=HERE[-1:] or PYTHONS[-1:])
def newest(session: nox.Session) -> None:
    """The tests in BORDERS with the newest versions, on the newest Python, as someone who installs today gets them."""
    _say_what_is_missing(session, PYTHONS[-1])
    session.install("-q", "--upgrade", "--upgrade-strategy", "eager", ".[hypothesis]", "pytest-asyncio", "pytest-xdist")
    _run_at_the_borders(session)


def _say_what_is_missing(session: nox.Session, wanted: str) -> None:
    if session.python != wanted:
        session.warn(f"Python {wanted} is not here: this runs on {session.python}.")


def _run_at_the_borders(session: nox.Session) -> None:
    session.run("python", "-m", "pip", "check")
    session.run("python", "-m", "pip", "freeze", "--exclude", "copper-emulator")
    session.run("copper-emulator", "run", "first_notification", silent=True)
    # Not in nox's temporary folder, which the tests use, too: there it would be above their inner runs.
    settings = Path(session.virtualenv.location) / "borders.ini"
    settings.write_text(INI.format(root=ROOT), encoding="utf-8")
    session.run("pytest", "-c", str(settings), f"--rootdir={ROOT}", "-rs", *(session.posargs or ("-n", "2", *BORDERS)))
