"""Where are the browser and axe-core? `make page` installs axe-core into .page; the browser is the machine's own.

axe-core is pinned in package.json and package-lock.json. It is not part of the page: the tests inject it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.installation import Environment

HERE = Path(__file__).parent
PACKAGE, LOCK = HERE / "package.json", HERE / "package-lock.json"
AXE = Environment(
    HERE.parents[1] / ".page", (PACKAGE, LOCK), what="axe-core", made_by="make page", required="COPPER_BROWSER_REQUIRED"
)

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str:
    """The machine's Chromium; without one the test is skipped, or fails if COPPER_BROWSER_REQUIRED=1 is set."""
    found = next((path for path in map(shutil.which, _NAMES) if path is not None), None)
    if found is not None:
        return found
    missing = (
        f"no browser for the tests of the page: none of {', '.join(_NAMES)} is on PATH. "
        "Install Chromium (on Debian: apt-get install chromium)."
    )
    if os.environ.get("COPPER_BROWSER_REQUIRED") == "1":
        pytest.fail(missing)
    pytest.skip(missing)


def axe_source() -> str:
    """axe-core as a script."""
    return (AXE.needed() / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def main() -> None:
    """Install axe-core as in the lock file, if it is missing or out of date."""
    if AXE.is_ready:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("axe-core comes with npm: install Node.js, then run `make page` again.")
    sys.stdout.write(f"Installing axe-core into {os.path.relpath(AXE.folder)}\n")
    shutil.rmtree(AXE.folder, ignore_errors=True)
    AXE.folder.mkdir(parents=True)
    for path in AXE.pins:
        shutil.copy(path, AXE.folder)
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    done = subprocess.run([npm, "ci", *quiet], cwd=AXE.folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"npm ci ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    AXE.say_ready()


if __name__ == "__main__":
    main()
