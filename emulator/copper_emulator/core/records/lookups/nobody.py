"""What may entries of lookup tables refer to? Nothing: neither records nor other entries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.forms.plain import Known


class _Nobody:
    """A `Known` that knows nothing, since entries of lookup tables refer to nothing."""

    trusting = False
    zone = UTC

    def lookup(self, table: str) -> Mapping[int, Mapping[str, Any]]:
        return {}

    def default(self, table: str) -> int | None:
        return None

    def has_record(self, kind: EntityType, record_id: int) -> bool:
        return False

    def definitions(self, kind: EntityType) -> Mapping[int, Mapping[str, Any]]:
        return {}


NOBODY: Known = _Nobody()
