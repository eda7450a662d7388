"""Mistakes in what a write does to records, and in what is reported about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from copper_emulator.core.findings import Findings
from copper_emulator.core.records.forms.reading import BodyFields
from copper_emulator.core.records.tables import Stored
from copper_emulator.core.records.writing.action import Action


class KeepsWhatWasRight(Action):
    """The rows before the wrong one survive a refused action."""

    def create(self, body: Any) -> int:
        record_id = super().create(body)
        self._store.put(self._kind, self._created[record_id])
        return record_id


class SharesEmails(Action):
    """An email address may belong to two people."""

    def _claim(self, record_id: int | None, before: Stored | None, after: Stored, findings: Findings) -> list[str]:
        return []


class ForgetsWhoHadIt(Action):
    """Two people in one action may be given the same address."""

    def _claim(self, record_id: int | None, before: Stored | None, after: Stored, findings: Findings) -> list[str]:
        self._claimed.clear()
        return super()._claim(record_id, before, after, findings)


class TouchesWhatStays(Action):
    """Writing the existing values changes date_modified."""

    def _write(self, record_id: int, before: Stored, fields: BodyFields, findings: Findings) -> None:
        super()._write(record_id, before, fields, findings)
        self._updated[record_id] = {**self._updated[record_id], "date_modified": self._now}


NOTHING_OF_ITS_OWN: Mapping[str, Any] = {}
"""Under every name, a field is reported with its own value: a status as its id."""
