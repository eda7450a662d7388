"""Which scenarios come with the emulator, and where are they?"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent.parent
_INSTALLED = _PACKAGE / "_scenarios"
_SOURCE_TREE = _PACKAGE.parent.parent / "scenarios"
"""Their folder in the repository, used by an editable install."""


def shipped_folder() -> Path:
    """The folder of the shipped scenarios: beside the installed package, or at the top of the source tree."""
    return _INSTALLED if _INSTALLED.is_dir() else _SOURCE_TREE


def shipped_names() -> list[str]:
    """The names by which `run` and `play()` find them: file names without the extension."""
    return sorted(path.stem for path in shipped_folder().glob("*.yaml"))
