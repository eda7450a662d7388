"""How JSON is written everywhere: compact, in UTF-8, without anything that JSON does not allow."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from json import encoder
from typing import Any, TypeAlias

Parts: TypeAlias = Callable[[Any, int], Iterable[str]]
"""Yields the text of a value in parts; the number is the depth of the value."""


def encode(value: Any) -> bytes:
    """Compact JSON in UTF-8, as bytes."""
    return text_of(value).encode()


def text_of(value: Any) -> str:
    """Compact JSON as text, to be part of a larger one."""
    return "".join(_PARTS(value, 0))


def parts(make: Callable[..., Parts] | None) -> Parts:
    """A serializer built once; `JSONEncoder` builds one for each value, which takes almost as long as writing it.

    `make` is the undocumented function with which it builds one; if that is missing, the encoder is used as usual.
    """
    # Values to be written as JSON contain no cycles.
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
