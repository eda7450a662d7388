"""The lines that report what happens in an account, in a file that is only ever appended to.

A line reports only what earlier lines do not. A journal entry is one line: a list for the most frequent kinds,
otherwise the same object as in a snapshot. Consecutive entries that are the same step of several notifications share
one line, with a list per field, which has a single value if they all share it. A notification's state follows from its
entries, and an attempt ends with its notification; anything else about them has lines of its own. So nothing about a
delivery is written twice, and nothing that was written is changed.

`line_writer.py` makes lines, and `line_reader.py` turns them back into rows, so that there is one way to read an
account (`reading.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Line: TypeAlias = Sequence[Any] | Mapping[str, Any]

IN_LINES = ("attempts", "notifications")
"""The parts that have no rows in a file, because lines report them."""

ANSWER, ALSO, EACH = "answer", "also", "each"
"""The first items of lines that are not an entry.

`ANSWER`: an answer that counts as given later. `ALSO`: facts about a notification that its entries do not contain.
`EACH`: several steps of the kind that follows.
"""

IN_QUEUED = ("serial", "change", "subscription", "ids", "due_ms", "repeats", "tries")
IN_ENVELOPE = ("url", "headers", "subscription", "opening")
"""An attempt's URL, headers, subscription and start of the body; written once, then referred to by its serial."""

IN_ENDED = ("outcome", "status", "response_headers", "response_body", "route", "took_ms")
