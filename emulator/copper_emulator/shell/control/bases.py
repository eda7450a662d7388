"""Base classes of the control API's models: of what it takes, and of what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from copper_emulator.core.json_text import encode
from copper_emulator.core.text import no_such_key


class Taken(BaseModel):
    """The base of everything that is sent to the control API: unknown names are refused."""

    # Built at first use: a server needs none of the validators to start.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @classmethod
    def unknown(cls, name: str) -> str:
        """The error message for an unknown name."""
        known = list(cls.model_fields)
        none = "there is no such key: this operation takes none"
        return f"{name}: {no_such_key(name, known) if known else none}"


class Nothing(Taken):
    """For operations that take no values."""


class Shape(BaseModel):
    """The base of everything that is answered."""

    # Built at first use: a server needs none of the validators to start.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    def as_json(self) -> bytes:
        """The body of an answer."""
        return self.model_dump_json().encode()


class Plain(Shape):
    """A shape of plain JSON values only: strings, numbers, booleans, null, and lists and objects of these.

    It is created and serialised without pydantic, since building pydantic's validator and serialiser takes longer than
    everything else a server does for its first answer.
    """

    @classmethod
    def unvalidated(cls, **values: str | int | list[Any] | Mapping[str, Any] | None) -> Self:
        """Create one with these values and defaults for the others."""
        return cls.model_construct(None, **values)

    def as_json(self) -> bytes:
        return encode(self.__dict__)


class ErrorShape(Shape):
    """Why a request was refused, and, where that is known, what would help."""

    error: str
    hint: str | None = None
    code: Literal["not_idle"] | None = Field(
        None, description="Why, for programs: `not_idle` if something is still waiting after the longest time allowed"
    )
