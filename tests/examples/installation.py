"""Where do the examples for web frameworks run? In environments of their own, like a user's who starts from one.

`make examples` runs this module; the tests use it. Each environment has what the example's own requirements name and
the wheel of copper-emulator, nothing else; the tests install the wheel of the current source there.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from tests.clients.installation import Environment

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
FRAMEWORKS = ("aiohttp", "django", "fastapi", "flask")


def environment(name: str) -> Environment:
    """The environment of one example."""
    own = [EXAMPLES / name / file for file in ("requirements.txt", "requirements-test.txt")]
    return Environment(
        ROOT / ".examples" / name,
        (*own, ROOT / "constraints.txt"),
        what=f"what examples/{name} requires in the versions",
        made_by="make examples",
        required="COPPER_EXAMPLES_REQUIRED",
    )


def build_wheel(folder: Path) -> Path:
    """Build the wheel of the current source, by the hook that pip calls, too."""
    program = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    name = _run([sys.executable, "-c", program, str(folder)]).split()[-1]
    return folder / name


def install(name: str, wheel: Path) -> None:
    """Make the environment anew, as the example's README says, with the pinned versions."""
    made = environment(name)
    # Without pip, whose installation takes longest: this environment's pip installs into the new one.
    venv.create(made.folder, clear=True, with_pip=False)
    requirements = ["-r", str(EXAMPLES / name / "requirements-test.txt"), "-c", str(ROOT / "constraints.txt")]
    _pip(made.folder, "--no-compile", str(wheel), *requirements)
    made.say_ready()


def put(wheel: Path, folder: Path) -> None:
    """Replace the installed wheel by this one."""
    _pip(folder, "--no-deps", "--no-index", "--force-reinstall", str(wheel))


def interpreter(folder: Path) -> Path:
    """The Python of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _pip(folder: Path, *arguments: str) -> None:
    into = ["--python", str(interpreter(folder)), "--disable-pip-version-check"]
    _run([sys.executable, "-m", "pip", *into, "install", "-qq", "--no-input", *arguments])


def _run(command: list[str]) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def main() -> None:
    """Make what is missing or out of date."""
    missing = [name for name in FRAMEWORKS if not environment(name).is_ready]
    with tempfile.TemporaryDirectory() as folder:
        wheel = build_wheel(Path(folder)) if missing else None
        for name in missing:
            sys.stdout.write(f"Installing what examples/{name} requires into .examples/{name}\n")
            sys.stdout.flush()
            assert wheel is not None
            install(name, wheel)


if __name__ == "__main__":
    main()
