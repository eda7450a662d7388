"""One of several records: `imported.2` is the second of those that are named `imported`."""

from __future__ import annotations


def member(name: str) -> tuple[str, int] | None:
    """The name of the group and the number of its member, counted from 1; None for any other name."""
    group, dot, number = name.rpartition(".")
    return (group, int(number)) if dot and number.isascii() and number.isdecimal() and int(number) > 0 else None
