"""How is what happens in an account told line by line, in a file that is only added to?

A line tells what those before it do not. An entry of the journal is one: a list where it is of the kinds that most are,
else the object that it is in a snapshot. Several in a row that are steps of notifications, and all the same step, are
one line together: a list for each of their fields, of one value where they all have the same. A notification stands as
its entries say, and an attempt ends with its notification; what else there is to them has lines of its own. So nothing
of a delivery is written twice, and nothing that was written is changed.

`telling.py` makes lines, and `hearing.py` makes rows of them again: there is one way to read an account (`reading.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Line: TypeAlias = Sequence[Any] | Mapping[str, Any]

IN_LINES = ("attempts", "notifications")
"""The parts that have no rows in a file: lines tell of them."""

ANSWER, ALSO, EACH = "answer", "also", "each"
"""What lines begin with that are no entry: an answer that counts as given later; what there is to a notification beside
its entries; several steps of one kind, which is named next.
"""

IN_QUEUED = ("serial", "change", "subscription", "ids", "due_ms", "repeats", "tries")
IN_ENVELOPE = ("url", "headers", "subscription", "opening")
"""Where attempts go and as whose, and how their bodies begin: told once, and from then on by the first of them."""

IN_ENDED = ("outcome", "status", "response_headers", "response_body", "route", "took_ms")
