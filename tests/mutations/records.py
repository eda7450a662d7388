"""Mistakes in what a write does to records, and in what is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from copper_emulator.core.findings import Findings
from copper_emulator.core.records.forms.reading import Said
from copper_emulator.core.records.store import Stored
from copper_emulator.core.records.writing.action import Action


class KeepsWhatWasRight(Action):
    """Of a refused action the rows before the wrong one stay."""

    def create(self, body: Any) -> int:
        record_id = super().create(body)
        self._store.put(self._kind, self._created[record_id])
        return record_id


class SharesEmails(Action):
    """An email address may belong to two people."""

    def _claim(self, record_id: int | None, before: Stored | None, after: Stored, found: Findings) -> list[str]:
        return []


class ForgetsWhoHadIt(Action):
    """Two people of one action may be given the same address."""

    def _claim(self, record_id: int | None, before: Stored | None, after: Stored, found: Findings) -> list[str]:
        self._claimed.clear()
        return super()._claim(record_id, before, after, found)


class TouchesWhatStays(Action):
    """Writing the values that are there moves date_modified."""

    def _write(self, record_id: int, before: Stored, said: Said, found: Findings) -> None:
        super()._write(record_id, before, said, found)
        self._updated[record_id] = {**self._updated[record_id], "date_modified": self._now}


NOTHING_OF_ITS_OWN: Mapping[str, Any] = {}
"""Every name under which a field is told has the field's own value: a status is told by its id."""
