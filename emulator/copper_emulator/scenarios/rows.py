"""Reads the records in a file beside a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import EntityType
from copper_emulator.shell.seed_files import Seeds, read_seeds


def seeds_in(folder: Path, name: str, kind: EntityType, definitions: Mapping[int, Mapping[str, Any]]) -> Seeds:
    """The records to seed. Raises UsageError, which names the file."""
    found = read_seeds(folder / name, kind, definitions)
    if not found.rows:
        raise UsageError(f"{found.path} has no records")
    return found
