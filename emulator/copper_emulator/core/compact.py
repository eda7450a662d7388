"""How is JSON written on every wire: compact, in UTF-8, without what JSON does not have."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from json import encoder
from typing import Any, TypeAlias

Parts: TypeAlias = Callable[[Any, int], Iterable[str]]
"""Gives the text of a value in parts; the number is how deep it stands."""


def encode(value: Any) -> bytes:
    """Compact JSON in UTF-8, as bytes."""
    return text_of(value).encode()


def text_of(value: Any) -> str:
    """The same as text: a part of a larger one."""
    return "".join(_PARTS(value, 0))


def parts(make: Callable[..., Parts] | None) -> Parts:
    """How values are taken apart: what a `JSONEncoder` makes anew for each, which takes almost as long as to write one.

    `make` is what it makes that with. It is not documented; where it is missing, the encoder does as it always does.
    """
    # JSON has no circles.
    plain = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False)
    if make is None:
        return lambda value, _: plain.iterencode(value)
    return make(
        markers=None,
        default=plain.default,
        encoder=encoder.encode_basestring,
        indent=None,
        key_separator=plain.key_separator,
        item_separator=plain.item_separator,
        sort_keys=False,
        skipkeys=False,
        allow_nan=False,
    )


_PARTS = parts(getattr(encoder, "c_make_encoder", None))
