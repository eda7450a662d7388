"""What do all models of the control API have in common: those of what it takes, and of what it answers?"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Taken(BaseModel):
    """The base of everything that is sent to the control API: what is not known is refused."""

    # Made ready at first use: a server that starts needs none of them yet.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Nothing(Taken):
    """For operations that need to be told nothing."""


class Shape(BaseModel):
    """The base of everything that is answered."""

    # Made ready at first use: a server that starts needs none of them yet.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class ErrorShape(Shape):
    """What was refused, and where it is known what would help."""

    error: str
    hint: str | None = None
