"""Records in the order of a field, kept while records change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from copper_emulator.core.model import EntityType

Stored = Mapping[str, Any]


class Orders:
    """The orders of one type's records that searches have asked for."""

    def __init__(self, kind: EntityType) -> None:
        self._kind = kind

    def touch(self, record_id: int, before: Stored | None) -> None:
        """A record was written: the one that stood in its place, or None."""
