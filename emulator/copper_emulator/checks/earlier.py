"""Is a call of the API about a record of a row that has ended? It says nothing about the row that is played meanwhile.

An endpoint that works after its answers makes such calls.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from copper_emulator.core.call_log import ApiCall
from copper_emulator.core.model import Delivery, EntityType
from copper_emulator.core.records.tables import TABLES
from copper_emulator.shell.check_support import CheckOptions

_NAMED = re.compile(r"/([a-z_]+)/(\d+)\b")

Named: TypeAlias = tuple[str, str]
"""A record's plural and id, as they are in paths."""


def named_in(call: str) -> Named | None:
    """The record that a call is about, by its path or by a text with it; None if the path names none."""
    found = _NAMED.search(call.partition("?")[0])
    return None if found is None else (found[1], found[2])


def as_named(kind: EntityType, record: int) -> Named:
    return TABLES[kind].plural, str(record)


class Earlier:
    """The records of the rows that have ended. No two rows have a record in common."""

    def __init__(self) -> None:
        self._told = Counter[Named]()
        """How many notifications have told of each."""

    def ended(self, touched: Iterable[tuple[EntityType, int]], deliveries: Iterable[Delivery]) -> None:
        """A row has ended that had these records and deliveries."""
        self._told.update(dict.fromkeys((as_named(*each) for each in touched), 0))
        self._told.update(as_named(each.topic.type, record) for each in deliveries for record in each.ids)

    @contextmanager
    def unhindered(self, options: CheckOptions) -> Iterator[None]:
        """Let the calls about these records be answered at once for the length of a block: faults are for its own."""
        options.is_unhindered = self.has
        try:
            yield
        finally:
            options.is_unhindered = None

    def has(self, call: str) -> bool:
        """Whether a call is about one of these records."""
        return named_in(call) in self._told

    def told(self, named: Named) -> int:
        """How many notifications have told of a record."""
        return self._told[named]

    def times_before(self, call: str) -> int:
        """How many notifications have told of the record that a call is about; 0 if it is none of these."""
        named = named_in(call)
        return 0 if named is None else self._told[named]


def fetches_due(calls: Iterable[ApiCall], deliveries: Iterable[Delivery], earlier: Earlier) -> int:
    """How many fetches there were of records, each no oftener than it was told of: who asks forever gets nowhere."""
    told = Counter(as_named(each.topic.type, record) for each in deliveries for record in each.ids)
    asked = Counter(named for call in calls if (named := named_in(call.path)) is not None)
    return sum(min(times, told[named] + earlier.told(named)) for named, times in asked.items())
