"""The records of one type, as a test writes them: `copper.people`, `copper.leads` and their siblings.

Every write fires what Copper would fire, and what is due has been delivered when the call returns.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from operator import methodcaller
from typing import Any, TypeAlias

from copper_emulator.core.account import Account
from copper_emulator.core.bare import record_id
from copper_emulator.core.errors import CopperEmulatorError, UsageError
from copper_emulator.core.model import EntityType
from copper_emulator.core.records import deeds
from copper_emulator.core.records.record import Record
from copper_emulator.shell.stage import Stage

# A traceback shows the line of the test, not ours, when the error is one we raise on purpose.
__tracebackhide__ = methodcaller("errisinstance", CopperEmulatorError)

Act: TypeAlias = Callable[[Account, int], Any]


def as_sent(fields: object) -> Any:
    """A record's fields as the API would read them. Raises UsageError for what is no JSON."""
    if not isinstance(fields, Mapping):
        raise UsageError(f"a record's fields must be a mapping, not {fields!r}")
    try:
        text = json.dumps(dict(fields), allow_nan=False, ensure_ascii=False)
        text.encode()
        return json.loads(text)
    except (TypeError, ValueError) as error:
        raise UsageError(f"a record's fields must be JSON: {error}") from None


def rows_of(rows: object) -> list[Any]:
    """Rows for several records. Raises UsageError for what is no list of them."""
    if isinstance(rows, Mapping | str | bytes) or not isinstance(rows, Iterable):
        raise UsageError(f"give a list of records, like [{{'name': 'Ada'}}, {{'name': 'Bob'}}], not {rows!r}")
    return list(rows)


class _Reader:
    def __init__(self, kind: EntityType, stage: Stage) -> None:
        self._kind = kind
        self._stage = stage

    def get(self, id: int | Record) -> Record:
        """The record as it stands, by its id or an earlier copy of it. Raises NotFound."""
        wanted = record_id(id, self._kind)
        with self._stage.lock:
            return self._stage.account.records.get(self._kind, wanted)

    def _creating(self, rows: Iterable[Mapping[str, Any]]) -> Act:
        sent = [as_sent(row) for row in rows_of(rows)]
        return lambda account, now: account.act(deeds.create(self._kind, sent), now)

    def _updating(self, given: Iterable[int | Record], fields: Mapping[str, Any]) -> Act:
        ids = self._several(given, "update")
        sent = as_sent(fields)
        return lambda account, now: account.act(deeds.update(self._kind, ids, sent), now)

    def _deleting(self, given: Iterable[int | Record]) -> Act:
        ids = self._several(given, "delete")
        return lambda account, now: account.act(deeds.delete(self._kind, ids), now)

    def _several(self, given: Iterable[int | Record], verb: str) -> list[int]:
        if isinstance(given, Mapping | str | bytes) or not isinstance(given, Iterable):
            raise UsageError(f"{verb}_many takes several ids or records, like [17, 18]; for one there is {verb}()")
        return [record_id(one, self._kind) for one in given]


class Records(_Reader):
    """The synchronous face of one type's records."""

    def __init__(self, kind: EntityType, stage: Stage, write: Callable[[Act], Any]) -> None:
        super().__init__(kind, stage)
        self._write = write

    def create(self, **fields: Any) -> Record:
        """Make a record; fires `new`."""
        return self.create_many([fields])[0]

    def create_many(self, rows: Iterable[Mapping[str, Any]]) -> list[Record]:
        """Make records in one action; notifications of up to 30 ids."""
        made: list[Record] = self._write(self._creating(rows))
        return made

    def update(self, id: int | Record, **fields: Any) -> Record:
        """Change fields; fires `update` if anything changed. Raises NotFound."""
        return self.update_many([id], **fields)[0]

    def update_many(self, ids: Iterable[int | Record], **fields: Any) -> list[Record]:
        """Change records in one action; those whose old and new values differ go into different notifications."""
        changed: list[Record] = self._write(self._updating(ids, fields))
        return changed

    def delete(self, id: int | Record) -> None:
        """Remove a record; fires `delete`. Raises NotFound."""
        self.delete_many([id])

    def delete_many(self, ids: Iterable[int | Record]) -> None:
        """Remove records in one action; notifications of up to 30 ids."""
        self._write(self._deleting(ids))


class AsyncRecords(_Reader):
    """The asynchronous face of one type's records."""

    def __init__(self, kind: EntityType, stage: Stage, write: Callable[[Act], Awaitable[Any]]) -> None:
        super().__init__(kind, stage)
        self._write = write

    async def create(self, **fields: Any) -> Record:
        """Make a record; fires `new`."""
        return (await self.create_many([fields]))[0]

    async def create_many(self, rows: Iterable[Mapping[str, Any]]) -> list[Record]:
        """Make records in one action; notifications of up to 30 ids."""
        made: list[Record] = await self._write(self._creating(rows))
        return made

    async def update(self, id: int | Record, **fields: Any) -> Record:
        """Change fields; fires `update` if anything changed. Raises NotFound."""
        return (await self.update_many([id], **fields))[0]

    async def update_many(self, ids: Iterable[int | Record], **fields: Any) -> list[Record]:
        """Change records in one action; those whose old and new values differ go into different notifications."""
        changed: list[Record] = await self._write(self._updating(ids, fields))
        return changed

    async def delete(self, id: int | Record) -> None:
        """Remove a record; fires `delete`. Raises NotFound."""
        await self.delete_many([id])

    async def delete_many(self, ids: Iterable[int | Record]) -> None:
        """Remove records in one action; notifications of up to 30 ids."""
        await self._write(self._deleting(ids))
