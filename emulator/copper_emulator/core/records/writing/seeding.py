"""What are seeded records checked against? The account, but they may also refer to records that are seeded later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.forms.plain import Known


class Trusting:
    """The `Known` for records that were read from Copper: the account, but any record is taken to exist.

    People refer to their company and companies to their primary contact, so one of them has to come first.
    """

    trusting = True

    def __init__(self, known: Known) -> None:
        self._known = known

    @property
    def zone(self) -> tzinfo:
        return self._known.zone

    def lookup(self, table: str) -> Mapping[int, Mapping[str, Any]]:
        return self._known.lookup(table)

    def default(self, table: str) -> int | None:
        return self._known.default(table)

    def has_record(self, kind: EntityType, record_id: int) -> bool:
        return True

    def definitions(self, kind: EntityType) -> Mapping[int, Mapping[str, Any]]:
        return self._known.definitions(kind)
