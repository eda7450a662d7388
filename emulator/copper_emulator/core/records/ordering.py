"""Records sorted by a key, with the values that searches compare and their results, kept up to date.

A search looks at one value of each of many records. Records are large and scattered in memory, so reading the value
from each takes ten times as long as reading it from a list. Such a list is a `Column`. The result of a search is kept
as a `Part` of its order: when the search is repeated, only records written since have to be looked at.

What is kept is bounded: for each type, the `MOST_ORDERS` most recently used orders, each with its `MOST_COLUMNS` most
recently used columns and `MOST_PARTS` most recently used parts. The rest is made again when needed.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, MutableSequence, Sequence
from dataclasses import dataclass
from math import nan
from operator import itemgetter
from typing import Any, TypeAlias

from copper_emulator.core.records.edits import ONE_BY_ONE, edited
from copper_emulator.core.records.recent import Recent
from copper_emulator.core.records.tables import Stored

Key: TypeAlias = Callable[[Stored], Any]
"""Returns what a record is sorted by: values of one type, or None if it has none."""

MOST_ORDERS = 2
"""How many orders are kept per type; each takes as much memory as the values that it sorts by."""

MOST_COLUMNS = 6
"""How many columns are kept per order."""

MOST_PARTS = 4
"""How many parts are kept per order."""


def place_by(key: Key) -> Callable[[Stored], tuple[bool, Any, int]]:
    """A sort key for records from the given key: those without a value come last, ties are sorted by id."""

    def place(record: Stored) -> tuple[bool, Any, int]:
        value = key(record)
        return value is None, 0 if value is None else value, record["id"]

    return place


@dataclass(frozen=True, slots=True)
class Column:
    """One value of every record. `of` extracts it; columns with the same `name` must have an equivalent `of`.

    In a `number` column, None becomes NaN, which is neither less nor greater than anything. A column that is not `kept`
    depends on more than the record itself, so it cannot be cached.
    """

    name: str
    of: Callable[[Stored], Any]
    number: bool = False
    kept: bool = True

    def values(self, records: Iterable[Stored]) -> MutableSequence[Any]:
        """The column's values for these records."""
        values = map(self.of, records)
        if self.number:
            return array("d", [nan if value is None else value for value in values])
        return _shared(values)


Choose: TypeAlias = Callable[[int, Callable[[Column], Sequence[Any]]], Sequence[int]]
"""Takes the number of records and a function that returns a column of them; returns the row numbers to select."""


class Line:
    """The ids of records sorted by a key: records without a value come last, ties are sorted by id.

    `keys` holds the values of the records that have one. `made` is for callers to cache something per record: once they
    have set it, entries are inserted and deleted with the ids, and become None for records that are written.
    """

    def __init__(self, ids: MutableSequence[int], keys: MutableSequence[Any]) -> None:
        self.ids = ids
        self.keys = keys
        self.made: MutableSequence[Any] | None = None

    def place(self, value: Any, record_id: int) -> int:
        """The index at which a record is or would be."""
        if value is None:
            first, end = len(self.keys), len(self.ids)
        else:
            first, end = bisect_left(self.keys, value), bisect_right(self.keys, value)
        return bisect_left(self.ids, record_id, first, end)


class Part(Line):
    """The records of an order that `choose` selects."""

    def __init__(self, order: Order, choose: Choose) -> None:
        wanted = choose(len(order.ids), order.values)
        valued = bisect_left(wanted, len(order.keys))
        super().__init__([order.ids[each] for each in wanted], [order.keys[each] for each in wanted[:valued]])
        self._choose = choose

    def follow(self, before: Stored | None, after: Stored | None, key: Key) -> None:
        """Update the part for a written record: as it was `before` (None if new) and `after` (None if deleted)."""
        if before is not None and self._wants(before):
            value = key(before)
            place = self.place(value, before["id"])
            del self.ids[place]
            if self.made is not None:
                del self.made[place]
            if value is not None:
                del self.keys[place]
        if after is not None and self._wants(after):
            value = key(after)
            place = self.place(value, after["id"])
            self.ids.insert(place, after["id"])
            if self.made is not None:
                self.made.insert(place, None)
            if value is not None:
                self.keys.insert(place, value)

    def _wants(self, record: Stored) -> bool:
        return bool(self._choose(1, lambda column: column.values([record])))


class Order(Line):
    """All records of a type, sorted by a key.

    `touched` holds records written since, as they were before; `catch_up` moves them to their new places.
    """

    def __init__(self, records: Mapping[int, Stored], key: Key, stamp: object) -> None:
        by_id = sorted(records)
        values = _shared(key(records[each]) for each in by_id)
        numbers = [number for number, value in enumerate(values) if value is not None]
        # The sort is stable: equal values stay in order of id.
        numbers.sort(key=values.__getitem__)
        ids = [by_id[number] for number in numbers]
        ids += [each for each, value in zip(by_id, values, strict=True) if value is None]
        super().__init__(ids, [values[number] for number in numbers])
        self.stamp = stamp
        self.touched: dict[int, Stored | None] = {}
        self._records = records
        self._columns: dict[Hashable, tuple[Column, MutableSequence[Any]]] = {}
        self._parts: dict[Hashable, Part] = {}

    @property
    def bears(self) -> int:
        """How many touched records are worth moving to their new places; with more, sorting anew is cheaper."""
        return max(64, len(self.ids) // 20)

    def values(self, column: Column) -> Sequence[Any]:
        """A column of the records, cached if it may be kept."""
        if not column.kept:
            return column.values(self._rows())
        kept = self._columns.pop(column.name, None) or (column, column.values(self._rows()))
        _keep(self._columns, column.name, kept, MOST_COLUMNS)
        return kept[1]

    def part(self, name: Hashable, choose: Choose) -> Part:
        """The records that `choose` selects by their contents alone; cached by `name`, which stands for the choice."""
        part = self._parts.pop(name, None) or Part(self, choose)
        _keep(self._parts, name, part, MOST_PARTS)
        return part

    def catch_up(self, key: Key) -> None:
        """Move the touched records to where they belong now."""
        if not self.touched:
            return
        self._follow(key)
        going: list[int] = []
        coming: list[Stored] = []
        for record_id, before in self.touched.items():
            after = self._records.get(record_id)
            if before is not None:
                place = self.place(key(before), record_id)
                if after is not None and key(before) == key(after):
                    self._replace(place, after)
                    continue
                going.append(place)
            if after is not None:
                coming.append(after)
        self.touched.clear()
        if going or coming:
            coming.sort(key=place_by(key))
            self._edit(going, coming, key)

    def _follow(self, key: Key) -> None:
        if len(self.touched) > ONE_BY_ONE:
            self._parts.clear()
        for part in self._parts.values():
            for record_id, before in self.touched.items():
                part.follow(before, self._records.get(record_id), key)

    def _rows(self) -> Iterator[Stored]:
        return map(self._records.__getitem__, self.ids)

    def _edit(self, going: list[int], coming: list[Stored], key: Key) -> None:
        """Remove the rows at the places `going` and insert the records `coming`, which are in order."""
        keys, ids = [key(record) for record in coming], [record["id"] for record in coming]
        edits = [(self.place(value, each), True) for value, each in zip(keys, ids, strict=True)]
        # The sort is stable: at the same place, insertions come before deletions.
        edits = sorted([*edits, *((place, False) for place in going)], key=itemgetter(0))
        # Records without a value come after all keys, so edits among them leave `keys` alone.
        keys = [value for value in keys if value is not None]
        valued, left = [], len(keys)
        for place, comes in edits:
            if comes and left:
                left -= 1
                valued.append((place, True))
            elif not comes and place < len(self.keys):
                valued.append((place, False))
        self.keys = edited(self.keys, valued, keys)
        self.ids = edited(self.ids, edits, ids)
        if self.made is not None:
            self.made = edited(self.made, edits, [None] * len(coming))
        for name, (column, values) in self._columns.items():
            self._columns[name] = column, edited(values, edits, column.values(coming))

    def _replace(self, place: int, record: Stored) -> None:
        if self.made is not None:
            self.made[place] = None
        for column, values in self._columns.values():
            values[place] = column.values([record])[0]


def _shared(values: Iterable[Any]) -> list[Any]:
    """The values, equal ones being the same object: fewer objects take less memory and are closer together in it."""
    seen: dict[Any, Any] = {}
    return [seen.setdefault(value, value) for value in values]


def _keep(kept: dict[Any, Any], name: Hashable, value: Any, most: int) -> None:
    """Add a value as the most recently used, dropping the least recently used if there are too many."""
    kept[name] = value
    if len(kept) > most:
        del kept[next(iter(kept))]


class Orders:
    """The most recently used orders of one type's records; `lag_ms` is how far searches lag behind.

    `writes` counts writes: anything worked out from these records is out of date once it has grown.
    """

    def __init__(self, lag_ms: int) -> None:
        self.writes = 0
        self.recent = Recent(lag_ms)
        self._kept: dict[str, Order] = {}

    def touch(self, record_id: int, before: Stored | None, after: Stored | None, now: int | None) -> None:
        """Note a written record, `before` and `after`. `now` is None if lagging searches are to see it at once."""
        self.writes += 1
        for name, order in list(self._kept.items()):
            order.touched.setdefault(record_id, before)
            if len(order.touched) > order.bears:
                del self._kept[name]
        if before is None:
            self.recent.note_created(record_id, now)
        elif after is None:
            self.recent.note_deleted(before, now)

    def order(self, name: str, records: Mapping[int, Stored], key: Key, stamp: object) -> Order:
        """All of the type's records in the order called `name`, up to date.

        A changed `stamp` means that any key may have changed, so the order is made anew.
        """
        order = self._kept.pop(name, None)
        if order is None or order.stamp != stamp:
            order = Order(records, key, stamp)
        _keep(self._kept, name, order, MOST_ORDERS)
        order.catch_up(key)
        return order
