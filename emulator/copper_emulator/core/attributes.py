"""A misspelled attribute is answered with the one that may be meant.

Python itself suggests one only in the tracebacks that it prints, so not in a test's report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from copper_emulator.core.text import meant, suggesting


class Attributes:
    """A base for what tests look at."""

    __slots__ = ()

    if not TYPE_CHECKING:  # Type checkers must still reject unknown names.

        def __getattr__(self, name: str) -> Any:
            __tracebackhide__ = True
            wrong = f"{type(self).__name__} has no attribute {name!r}"
            # Python asks for names with underscores itself, often of objects that are not complete yet.
            near = None if name.startswith("_") else meant(name, public_names(self))
            raise AttributeError(suggesting(wrong, near), name=name, obj=self)


def public_names(value: object) -> list[str]:
    """The names of an object's public attributes."""
    return [name for name in dir(value) if not name.startswith("_")]
