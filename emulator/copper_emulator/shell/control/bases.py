"""What do all models of the control API have in common: those of what it takes, and of what it answers?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from copper_emulator.core.compact import encode


class Taken(BaseModel):
    """The base of everything that is sent to the control API: what is not known is refused."""

    # Made ready at first use: a server that starts needs none of them yet.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @classmethod
    def unknown(cls, name: str) -> str:
        """What to say of a name that is not known."""
        known = ", ".join(cls.model_fields)
        return f"{name}: not known; " + (f"known are {known}" if known else "nothing is taken here")


class Nothing(Taken):
    """For operations that need to be told nothing."""


class Shape(BaseModel):
    """The base of everything that is answered."""

    # Made ready at first use: a server that starts needs none of them yet.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    def as_json(self) -> bytes:
        """What is sent."""
        return self.model_dump_json().encode()


class Plain(Shape):
    """A shape of what JSON has, too: texts, numbers and flags, and lists and objects of them.

    It is made and written as it is: what pydantic would first have to make ready takes longer than all else that a
    server does for its first answer.
    """

    @classmethod
    def told(cls, **values: str | int | list[Any] | Mapping[str, Any] | None) -> Self:
        """One with these values, and the defaults of the others."""
        return cls.model_construct(None, **values)

    def as_json(self) -> bytes:
        return encode(self.__dict__)


class ErrorShape(Shape):
    """What was refused, and where it is known what would help."""

    error: str
    hint: str | None = None
