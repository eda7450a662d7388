"""Records in the order of a key, with what searches compare of them, kept while records change.

Searching means looking at one value of each of many records. Records are large and lie scattered in memory, so that
asking every one of them takes ten times as long as reading the same values from a list. Such a list is a `Column`.

What is kept is bounded: of each type the `MOST_ORDERS` orders that were asked for last, each with the `MOST_COLUMNS`
columns that were asked for last. What was dropped is made anew when a search asks for it again.
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

MOST_ORDERS = 2
"""Orders that are kept of a type: each takes as much memory as the values that it sorts by."""

MOST_COLUMNS = 6
"""Columns that are kept of an order."""

ONE_BY_ONE = 32
"""Edits of a long list that are made in place; with more, one pass over the list is cheaper."""

Edit: TypeAlias = tuple[int, bool]
"""A place in a list, and whether something comes in front of what is there, or that goes."""

_id = itemgetter("id")


def place_by(key: Key) -> Callable[[Stored], tuple[bool, Any, int]]:
    """The place of single records in the order of a key: those without a value last, ties by id."""

    def place(record: Stored) -> tuple[bool, Any, int]:
        value = key(record)
        return value is None, 0 if value is None else value, record["id"]

    return place


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
        return _shared(values)


class Order:
    """All records of a type by one key: those without a value last, ties by id.

    `keys` are the values of the first `rows`; the rows beyond them have none. `touched` are the records that were
    written since, as they were before; `catch_up` brings them to their new places.
    """

    def __init__(self, records: Iterable[Stored], key: Key, stamp: object) -> None:
        by_id = sorted(records, key=_id)
        values = _shared(map(key, by_id))
        numbers = [number for number, value in enumerate(values) if value is not None]
        # A stable sort: equal values stay in the order of their ids.
        numbers.sort(key=values.__getitem__)
        self.keys: MutableSequence[Any] = [values[number] for number in numbers]
        self.rows: MutableSequence[Stored] = [by_id[number] for number in numbers]
        self.rows += [row for row, value in zip(by_id, values, strict=True) if value is None]
        self.stamp = stamp
        self.touched: dict[int, Stored | None] = {}
        self._columns: dict[str, tuple[Column, MutableSequence[Any]]] = {}

    @property
    def bears(self) -> int:
        """How many touched records are brought to their places; with more, sorting anew is cheaper."""
        return max(64, len(self.rows) // 20)

    def values(self, column: Column) -> Sequence[Any]:
        """A column of the rows; if it may be kept, worked out the first time."""
        if not column.kept:
            return column.values(self.rows)
        kept = self._columns.pop(column.name, None) or (column, column.values(self.rows))
        _keep(self._columns, column.name, kept, MOST_COLUMNS)
        return kept[1]

    def catch_up(self, records: Mapping[int, Stored], key: Key) -> None:
        """Bring the touched records to where they belong now."""
        going: list[int] = []
        coming: list[Stored] = []
        for record_id, before in self.touched.items():
            after = records.get(record_id)
            if before is not None:
                place = self._place(key(before), record_id)
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

    def _edit(self, going: list[int], coming: list[Stored], key: Key) -> None:
        """Take out the rows in these places, and put in these records, which are in order."""
        keys = [key(record) for record in coming]
        edits = [(self._place(value, _id(record)), True) for value, record in zip(keys, coming, strict=True)]
        # In the same place, what comes stands in front of what goes: the sort is stable.
        edits = sorted([*edits, *((place, False) for place in going)], key=itemgetter(0))
        # Rows without a value are behind all keys, and what comes among them has none.
        keys = [value for value in keys if value is not None]
        valued, left = [], len(keys)
        for place, comes in edits:
            if comes and left:
                left -= 1
                valued.append((place, True))
            elif not comes and place < len(self.keys):
                valued.append((place, False))
        self.keys = _edited(self.keys, valued, keys)
        self.rows = _edited(self.rows, edits, coming)
        for name, (column, values) in self._columns.items():
            self._columns[name] = column, _edited(values, edits, column.values(coming))

    def _replace(self, place: int, record: Stored) -> None:
        self.rows[place] = record
        for column, values in self._columns.values():
            values[place] = column.values([record])[0]

    def _place(self, value: Any, record_id: int) -> int:
        if value is None:
            first, end = len(self.keys), len(self.rows)
        else:
            first, end = bisect_left(self.keys, value), bisect_right(self.keys, value)
        return bisect_left(self.rows, record_id, first, end, key=_id)


def _shared(values: Iterable[Any]) -> list[Any]:
    """Equal values become the same object: few objects take little memory, and are near each other in it."""
    seen: dict[Any, Any] = {}
    return [seen.setdefault(value, value) for value in values]


def _edited(values: MutableSequence[Any], edits: Sequence[Edit], coming: Sequence[Any]) -> MutableSequence[Any]:
    """The values with edits made, which are in the order of their places."""
    if len(edits) <= ONE_BY_ONE:
        last = reversed(coming)
        for place, comes in reversed(edits):
            if comes:
                values.insert(place, next(last))
            else:
                del values[place]
        return values
    edited, end, first = values[:0], 0, iter(coming)
    for place, comes in edits:
        edited += values[end:place]
        end = place
        if comes:
            edited.append(next(first))
        else:
            end += 1
    edited += values[end:]
    return edited


def _keep(kept: dict[str, Any], name: str, value: Any, most: int) -> None:
    """Make this the last that was asked for; the first goes where there are too many."""
    kept[name] = value
    if len(kept) > most:
        del kept[next(iter(kept))]


class Orders:
    """The orders of one type's records that searches have asked for last; `lag_ms` is how far searches lie behind.

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
        order = self._kept.pop(name, None)
        if order is None or order.stamp != stamp:
            order = Order(records.values(), key, stamp)
        _keep(self._kept, name, order, MOST_ORDERS)
        order.catch_up(records, key)
        return order
