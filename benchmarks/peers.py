"""Where are the peers that the emulator is compared with, and in which versions?

Each is installed from PyPI into its own environment, `.peers/NAME`, when a rig first needs it. Versions not pinned
here come from constraints.txt.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from functools import cache
from pathlib import Path

from benchmarks.measuring import Unavailable

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".peers"
CONSTRAINTS = ROOT / "constraints.txt"

REQUIREMENTS: dict[str, tuple[str, ...]] = {
    # For the cost of the plugin; all of them use the `pytest` version in constraints.txt.
    "pytest-httpserver": ("pytest", "pytest-httpserver==1.2.0"),
    "respx": ("pytest", "respx==0.23.1"),
    "moto": ("pytest==9.2.0", "moto==5.2.5"),
    "pytest-aiohttp": ("pytest", "pytest-aiohttp==1.1.1"),
    # Receivers of deliveries
    "uvicorn": ("uvicorn==0.54.0", "httptools==0.9.0", "h11", "starlette"),
    "flask": ("Flask", "waitress==3.0.2"),
    # Other emulators
    "localstripe": ("localstripe==1.15.10",),
    # Without the extra `server`, which installs what services other than SNS need.
    "moto-server": ("moto==5.2.5", "Flask==3.1.3", "flask-cors==6.0.5"),
}
ON_ITS_OWN = ("moto", "moto-server")
"""Peers whose requirements conflict with constraints.txt."""
OURS = "copper-emulator"
"""An environment with the wheel of the current source and its requirements, as users have it: no other plugin."""


@cache
def python_of(name: str) -> Path:
    """The Python of a peer's environment, which is created if it is missing or out of date."""
    folder = PEERS / name
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = "\n".join((sys.version, str(folder), *REQUIREMENTS.get(name, (CONSTRAINTS.read_text(),))))
    stamp = folder / ".ready"
    if not stamp.is_file() or stamp.read_text() != wanted:
        # Without pip, whose installation takes longest: this environment's pip installs into the new one.
        venv.create(folder, clear=True, with_pip=False)
        if name != OURS:
            held = () if name in ON_ITS_OWN else ("-c", str(CONSTRAINTS))
            _install(python, *REQUIREMENTS[name], *held)
        stamp.write_text(wanted)
    if name == OURS:
        _put_present_source(python)
    return python


def command_of(name: str, command: str) -> Path:
    """A command in a peer's environment, such as `uvicorn`."""
    return python_of(name).with_name(command)


@cache
def wrk() -> Path:
    """The load generator wrk: from PATH, or installed from the distribution's packages if possible."""
    found = shutil.which("wrk")
    if found is None and hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "wrk"]):
            subprocess.run(["apt-get", *arguments], capture_output=True, check=False)
        found = shutil.which("wrk")
    if found is None:
        raise Unavailable("no wrk on PATH")
    return Path(found)


def _put_present_source(python: Path) -> None:
    """Install the wheel of the current source, replacing any earlier one, and its requirements."""
    program = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    with tempfile.TemporaryDirectory() as folder:
        built = subprocess.run([sys.executable, "-c", program, folder], cwd=ROOT, capture_output=True, check=True)
        wheel = str(Path(folder, built.stdout.decode().split()[-1]))
        _install(python, wheel, "-c", str(CONSTRAINTS))
        _install(python, wheel, "--no-deps", "--no-index", "--force-reinstall")


def _install(python: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    done = subprocess.run(
        [*command, "install", "-qq", "--no-input", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise Unavailable(f"pip could not install it ({said[-1] if said else done.returncode})")
