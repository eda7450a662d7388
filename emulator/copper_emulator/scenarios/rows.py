"""The records in a file that stands beside a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import EntityType
from copper_emulator.shell.seed_files import Seeds, read_seeds


def seeds_in(folder: Path, name: str, kind: EntityType, definitions: Mapping[int, Mapping[str, Any]]) -> Seeds:
    """What is to be seeded. Raises UsageError, with the file's name."""
    found = read_seeds(folder / name, kind, definitions)
    if not found.rows:
        raise UsageError(f"{found.path} has no records")
    return found
