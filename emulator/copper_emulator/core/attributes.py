"""A misspelled attribute is answered with the one that may be meant.

Python itself suggests one only in the tracebacks that it prints, so not in a test's report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from copper_emulator.core.text import in_words, meant, suggesting

_FEW = 12
"""So many names are listed if none of them is similar."""


class Attributes:
    """A base for what tests look at."""

    __slots__ = ()

    if not TYPE_CHECKING:  # Type checkers must still reject unknown names.

        def __getattr__(self, name: str) -> Any:
            __tracebackhide__ = True
            if is_defined(self, name):
                return object.__getattribute__(self, name)
            wrong = f"{type(self).__name__} has no attribute {name!r}"
            # Python asks for names with underscores itself, often of objects that are not complete yet.
            if not name.startswith("_"):
                wrong = _with_those_meant(wrong, name, public_names(self))
            raise AttributeError(wrong, name=name, obj=self)


def is_defined(value: object, name: str) -> bool:
    """Whether the class has the name all the same: a property of it has then raised an AttributeError of its own.

    Python has dropped that error when it asks `__getattr__`; whoever asks the property again gets it.
    """
    return any(name in vars(each) for each in type(value).__mro__)


def _with_those_meant(wrong: str, name: str, names: list[str]) -> str:
    near = meant(name, names)
    rest = f"it has {in_words(names)}" if near is None and 0 < len(names) <= _FEW else ""
    return suggesting(wrong, near, rest)


def public_names(value: object) -> list[str]:
    """The names of an object's public attributes."""
    return [name for name in dir(value) if not name.startswith("_")]
