"""JSON text as it is written everywhere: compact, in UTF-8, without anything that JSON does not allow."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from json import encoder
from typing import Any, TypeAlias

Serializer: TypeAlias = Callable[[Any, int], Iterable[str]]
"""Yields the text of a value in parts; the number is the depth of the value."""


def encode(value: Any) -> bytes:
    """Compact JSON in UTF-8, as bytes."""
    return compact_json(value).encode()


def compact_json(value: Any) -> str:
    """Compact JSON as text, to be part of a larger one."""
    return "".join(_SERIALIZE(value, 0))


def with_lists(value: Any) -> Any:
    """The value as JSON would have it where Python has tuples: with lists, in lists as well."""
    return [with_lists(each) for each in value] if isinstance(value, list | tuple) else value


def build_serializer(make: Callable[..., Serializer] | None) -> Serializer:
    """Build a serializer, once; `JSONEncoder` builds one for each value, which takes almost as long as writing it.

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


_SERIALIZE = build_serializer(getattr(encoder, "c_make_encoder", None))
