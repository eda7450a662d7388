"""What do all parts of a scenario file have in common?"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError


class Part(BaseModel):
    """What all parts of a file have in common: no unknown keys, and a key that is there has a value."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, validate_by_name=False)

    @model_validator(mode="before")
    @classmethod
    def _written_out(cls, value: Any) -> Any:
        # `update:` with nothing after it reads as null; report that instead of playing as if the key were absent.
        empty = [name for name, item in value.items() if item is None] if isinstance(value, dict) else []
        if empty:
            raise PydanticCustomError("no_value", "has no value", {"name": empty[0]})
        return value
