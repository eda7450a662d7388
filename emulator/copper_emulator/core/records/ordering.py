"""Records in the order of a key, with what searches compare of them, kept while records change.

Searching means looking at one value of each of many records. Records are large and lie scattered in memory, so that
asking every one of them takes ten times as long as reading the same values from a list. Such a list is a `Column`.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, MutableSequence, Sequence
from dataclasses import dataclass
from math import nan
from operator import itemgetter
from typing import Any, TypeAlias

from copper_emulator.core.records.recent import Recent

Stored: TypeAlias = Mapping[str, Any]
Key: TypeAlias = Callable[[Stored], Any]
"""What a record is sorted by: values of one type, or None where there is none."""

_id = itemgetter("id")


@dataclass(frozen=True, slots=True)
class Column:
    """One value of every record: `of` tells it, the `name` is the same for the same `of`.

    Where it is a `number`, none is NaN, which is neither less nor greater than anything. One that is not `kept` depends
    on more than the record itself.
    """

    name: str
    of: Callable[[Stored], Any]
    number: bool = False
    kept: bool = True

    def values(self, records: Iterable[Stored]) -> MutableSequence[Any]:
        """The values of these records."""
        values = map(self.of, records)
        if self.number:
            return array("d", [nan if value is None else value for value in values])
        # Equal values become the same object: few objects are near each other in memory.
        seen: dict[Any, Any] = {}
        return [seen.setdefault(value, value) for value in values]


class Order:
    """All records of a type by one key: those without a value last, ties by id.

    `keys` are the values of the first `rows`; the rows beyond them have none. `touched` are the records that were
    written since, as they were before; `catch_up` brings them to their new places.
    """

    def __init__(self, records: Iterable[Stored], key: Key, stamp: object) -> None:
        by_id = sorted(records, key=_id)
        values = [key(row) for row in by_id]
        numbers = [number for number, value in enumerate(values) if value is not None]
        # A stable sort: equal values stay in the order of their ids.
        numbers.sort(key=values.__getitem__)
        self.keys = [values[number] for number in numbers]
        self.rows = [by_id[number] for number in numbers]
        self.rows += [row for row, value in zip(by_id, values, strict=True) if value is None]
        self.stamp = stamp
        self.touched: dict[int, Stored | None] = {}
        self._columns: dict[str, tuple[Column, MutableSequence[Any]]] = {}

    @property
    def bears(self) -> int:
        """How many touched records are brought to their places one by one; with more, sorting anew is cheaper."""
        return max(64, len(self.rows) // 200)

    def values(self, column: Column) -> Sequence[Any]:
        """A column of the rows; kept from the first time it is asked for."""
        if not column.kept:
            return column.values(self.rows)
        if column.name not in self._columns:
            self._columns[column.name] = column, column.values(self.rows)
        return self._columns[column.name][1]

    def catch_up(self, records: Mapping[int, Stored], key: Key) -> None:
        """Bring the touched records to where they belong now."""
        for record_id, before in self.touched.items():
            after = records.get(record_id)
            if before is not None and after is not None and key(before) == key(after):
                place = self._place(key(after), record_id)
                self.rows[place] = after
                for column, values in self._columns.values():
                    values[place] = column.values([after])[0]
                continue
            if before is not None:
                self._remove(key(before), record_id)
            if after is not None:
                self._insert(key(after), after)
        self.touched.clear()

    def _place(self, value: Any, record_id: int) -> int:
        if value is None:
            first, end = len(self.keys), len(self.rows)
        else:
            first, end = bisect_left(self.keys, value), bisect_right(self.keys, value)
        return bisect_left(self.rows, record_id, first, end, key=_id)

    def _remove(self, value: Any, record_id: int) -> None:
        place = self._place(value, record_id)
        del self.rows[place]
        if value is not None:
            del self.keys[place]
        for _, values in self._columns.values():
            del values[place]

    def _insert(self, value: Any, record: Stored) -> None:
        place = self._place(value, record["id"])
        self.rows.insert(place, record)
        if value is not None:
            self.keys.insert(place, value)
        for column, values in self._columns.values():
            values.insert(place, column.values([record])[0])


class Orders:
    """The orders of one type's records that searches have asked for; `lag_ms` is how far searches lie behind.

    `writes` counts the writes: what is worked out from these records is out of date when it has grown.
    """

    def __init__(self, lag_ms: int) -> None:
        self.writes = 0
        self.recent = Recent(lag_ms)
        self._kept: dict[str, Order] = {}

    def touch(self, record_id: int, before: Stored | None, after: Stored | None, now: int | None) -> None:
        """A record was written: what stood in its place and what does now. `now` is None for what was always so."""
        self.writes += 1
        for name, order in list(self._kept.items()):
            order.touched.setdefault(record_id, before)
            if len(order.touched) > order.bears:
                del self._kept[name]
        if before is None:
            self.recent.created(record_id, now)
        elif after is None:
            self.recent.deleted(before, now)

    def order(self, name: str, records: Mapping[int, Stored], key: Key, stamp: object) -> Order:
        """All records in the order called `name`, as they are now. With another `stamp`, every key may be another."""
        order = self._kept.get(name)
        if order is None or order.stamp != stamp:
            order = self._kept[name] = Order(records.values(), key, stamp)
        order.catch_up(records, key)
        return order
