"""Where is what comes with the package beside its code: the scenarios, the README and the documentation?"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def shipped(name: str) -> Path:
    """That file or folder: in the installed package or, for an editable install, at the top of the repository."""
    installed = _PACKAGE / f"_{name}"
    return installed if installed.exists() else _PACKAGE.parent.parent / name
