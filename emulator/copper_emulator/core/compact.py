"""How is JSON written on every wire: compact, in UTF-8, without what JSON does not have."""

from __future__ import annotations

import json
from typing import Any


def encode(value: Any) -> bytes:
    """Compact JSON in UTF-8, as bytes."""
    return _ENCODER.encode(value).encode()


def text_of(value: Any) -> str:
    """The same as text: a part of a larger one."""
    return _ENCODER.encode(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False)
"""Made once: `json.dumps` makes another one for each call that is not its default. JSON has no circles."""
