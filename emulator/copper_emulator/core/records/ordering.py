"""Records in the order of a key, with what searches compare of them and find, kept while records change.

Searching means looking at one value of each of many records. Records are large and lie scattered in memory, so that
asking every one of them takes ten times as long as reading the same values from a list. Such a list is a `Column`. What
a search found is a `Part` of its order: asked again, only those that were written since have to be looked at.

What is kept is bounded: of each type the `MOST_ORDERS` orders that were asked for last, each with the `MOST_COLUMNS`
columns and the `MOST_PARTS` parts that were asked for last. What was dropped is made anew when a search asks for it
again.
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

Stored: TypeAlias = Mapping[str, Any]
Key: TypeAlias = Callable[[Stored], Any]
"""What a record is sorted by: values of one type, or None where there is none."""

MOST_ORDERS = 2
"""Orders that are kept of a type: each takes as much memory as the values that it sorts by."""

MOST_COLUMNS = 6
"""Columns that are kept of an order."""

MOST_PARTS = 4
"""Parts that are kept of an order."""


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


Choose: TypeAlias = Callable[[int, Callable[[Column], Sequence[Any]]], Sequence[int]]
"""Is told how many records there are and asks for columns of them; gives the numbers of those that are wanted."""


class Line:
    """The ids of records by one key: those without a value last, ties by id.

    `keys` are the values of the first of them; those beyond have none. Where somebody has put there what was `made` of
    each record, it is None for one that was written since.
    """

    def __init__(self, ids: MutableSequence[int], keys: MutableSequence[Any]) -> None:
        self.ids = ids
        self.keys = keys
        self.made: MutableSequence[Any] | None = None

    def place(self, value: Any, record_id: int) -> int:
        """Where a record stands, or would."""
        if value is None:
            first, end = len(self.keys), len(self.ids)
        else:
            first, end = bisect_left(self.keys, value), bisect_right(self.keys, value)
        return bisect_left(self.ids, record_id, first, end)


class Part(Line):
    """Those records of an order that `choose` wants."""

    def __init__(self, order: Order, choose: Choose) -> None:
        wanted = choose(len(order.ids), order.values)
        valued = bisect_left(wanted, len(order.keys))
        super().__init__([order.ids[each] for each in wanted], [order.keys[each] for each in wanted[:valued]])
        self._choose = choose

    def follow(self, before: Stored | None, after: Stored | None, key: Key) -> None:
        """A record was written: what stood in its place and what does now."""
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
    """All records of a type in the order of a key.

    `touched` are those that were written since, as they were before; `catch_up` brings them to their new places.
    """

    def __init__(self, records: Mapping[int, Stored], key: Key, stamp: object) -> None:
        by_id = sorted(records)
        values = _shared(key(records[each]) for each in by_id)
        numbers = [number for number, value in enumerate(values) if value is not None]
        # A stable sort: equal values stay in the order of their ids.
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
        """How many touched records are brought to their places; with more, sorting anew is cheaper."""
        return max(64, len(self.ids) // 20)

    def values(self, column: Column) -> Sequence[Any]:
        """A column of the records; if it may be kept, worked out the first time."""
        if not column.kept:
            return column.values(self._rows())
        kept = self._columns.pop(column.name, None) or (column, column.values(self._rows()))
        _keep(self._columns, column.name, kept, MOST_COLUMNS)
        return kept[1]

    def part(self, name: Hashable, choose: Choose) -> Part:
        """Those that `choose` wants, which looks at nothing but the records; the `name` is the same for the same."""
        part = self._parts.pop(name, None) or Part(self, choose)
        _keep(self._parts, name, part, MOST_PARTS)
        return part

    def catch_up(self, key: Key) -> None:
        """Bring the touched records to where they belong now."""
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
        """Take out what is in these places, and put in these records, which are in order."""
        keys, ids = [key(record) for record in coming], [record["id"] for record in coming]
        edits = [(self.place(value, each), True) for value, each in zip(keys, ids, strict=True)]
        # In the same place, what comes stands in front of what goes: the sort is stable.
        edits = sorted([*edits, *((place, False) for place in going)], key=itemgetter(0))
        # Records without a value are behind all keys, and what comes among them has none.
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
    """Equal values become the same object: few objects take little memory, and are near each other in it."""
    seen: dict[Any, Any] = {}
    return [seen.setdefault(value, value) for value in values]


def _keep(kept: dict[Any, Any], name: Hashable, value: Any, most: int) -> None:
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
        """All of the type's records in the order called `name`, as they are now.

        With another `stamp`, every key may be another.
        """
        order = self._kept.pop(name, None)
        if order is None or order.stamp != stamp:
            order = Order(records, key, stamp)
        _keep(self._kept, name, order, MOST_ORDERS)
        order.catch_up(key)
        return order
