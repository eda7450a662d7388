"""Which scenarios come with the emulator?"""

from __future__ import annotations

from pathlib import Path

from copper_emulator.shipped import shipped


def shipped_folder() -> Path:
    """The folder of the shipped scenarios."""
    return shipped("scenarios")


def shipped_names() -> list[str]:
    """The names by which `run` and `play()` find them: file names without the extension."""
    return sorted(path.stem for path in shipped_folder().glob("*.yaml"))
