"""Where are the published clients installed, and how? `make clients` runs this module; the tests use it.

They have environments of their own, because their pinned versions must not affect what the emulator is tested with. The
exact versions are in requirements.txt, package.json and package-lock.json.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / ".clients"
REQUIREMENTS, PACKAGE, LOCK = HERE / "requirements.txt", HERE / "package.json", HERE / "package-lock.json"

_STAMP = ".ready"


@dataclass(frozen=True)
class Environment:
    """A folder with clients, made from files with pinned versions.

    `made_by` is the command that makes it, and `required` the variable that says that it must exist.
    """

    folder: Path
    pins: tuple[Path, ...]
    what: str = "the published clients"
    made_by: str = "make clients"
    required: str = "COPPER_CLIENTS_REQUIRED"

    @property
    def is_ready(self) -> bool:
        """Whether it was made at this place, from the pinned versions as they are now."""
        stamp = self.folder / _STAMP
        return stamp.is_file() and stamp.read_text() == self._state()

    def say_ready(self) -> None:
        (self.folder / _STAMP).write_text(self._state())

    def needed(self) -> Path:
        """Return its folder; if it was not made, skip the test, or fail it if `required`=1 is set."""
        if not self.is_ready:
            missing = f"{self.folder} does not have {self.what} that are pinned: run `{self.made_by}`"
            if os.environ.get(self.required) == "1":
                pytest.fail(missing)
            pytest.skip(missing)
        return self.folder

    def _state(self) -> str:
        # Scripts in a virtual environment contain its absolute path, so a checkout that was moved needs a new one.
        digest = hashlib.sha256(b"".join(path.read_bytes() for path in self.pins))
        return f"{self.folder}\n{digest.hexdigest()}"


PYTHON = Environment(FOLDER / "python", (REQUIREMENTS,))
NODE = Environment(FOLDER / "node", (PACKAGE, LOCK))


def python() -> str:
    """The interpreter with the Python clients."""
    return str(_interpreter(PYTHON.needed()))


def node_folder() -> Path:
    """The folder whose node_modules has n8n's nodes."""
    return NODE.needed()


def install_python() -> None:
    """Make a virtual environment of this interpreter, with the Python clients."""
    venv.create(PYTHON.folder, clear=True, with_pip=True)
    pip = [str(_interpreter(PYTHON.folder)), "-m", "pip", "install", "-qq", "--no-input", "--disable-pip-version-check"]
    [builder] = [line for line in REQUIREMENTS.read_text().splitlines() if line.startswith("setuptools==")]
    # The build backend first, at its pinned version, so that building needs no second environment.
    _run([*pip, builder])
    _run([*pip, "--no-build-isolation", "-r", str(REQUIREMENTS)])
    PYTHON.say_ready()


def install_node() -> None:
    """Install n8n's workflow library as in the lock file, and the parts of n8n's nodes that concern Copper."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise SystemExit("n8n's nodes need Node.js 18 or newer with npm; install them, then run `make clients` again.")
    shutil.rmtree(NODE.folder, ignore_errors=True)
    NODE.folder.mkdir(parents=True)
    for path in NODE.pins:
        shutil.copy(path, NODE.folder)
    quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    # Scripts would build a sandbox for expressions, which needs a compiler and is never used here.
    _run([npm, "ci", "--ignore-scripts", *quiet], NODE.folder)
    for name, wanted in json.loads(PACKAGE.read_text())["unpacked"].items():
        with tempfile.TemporaryDirectory() as place:
            _run([npm, "pack", "--silent", "--pack-destination", place, f"{name}@{wanted['version']}"], NODE.folder)
            [archive] = Path(place).iterdir()
            _check(archive, wanted["integrity"])
            _unpack(archive, wanted["files"], NODE.folder / "node_modules" / name)
    NODE.say_ready()


def _interpreter(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _run(command: Sequence[str], folder: Path = HERE) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def _check(archive: Path, integrity: str) -> None:
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != integrity:
        raise SystemExit(f"{archive.name} is not the file that package.json names: {found} instead of {integrity}")


def _unpack(archive: Path, files: Sequence[str], to: Path) -> None:
    """Unpack only the named files and folders: the rest of the package is hundreds of other services."""
    with tarfile.open(archive) as packed:
        for member in packed.getmembers():
            inner = member.name.removeprefix("package/")
            content = packed.extractfile(member) if inner.startswith(tuple(files)) else None
            if content is not None:
                (to / inner).parent.mkdir(parents=True, exist_ok=True)
                (to / inner).write_bytes(content.read())


def main() -> None:
    """Make what is missing or out of date."""
    for environment, install in ((PYTHON, install_python), (NODE, install_node)):
        if not environment.is_ready:
            sys.stdout.write(f"Installing published clients into {os.path.relpath(environment.folder)}\n")
            sys.stdout.flush()
            install()


if __name__ == "__main__":
    main()
