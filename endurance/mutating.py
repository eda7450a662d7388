"""Draw nearly valid inputs: something in a valid one is flipped, cut, spliced, nested, too large, or of another type.

Everything is drawn from the given `Random`, so that an input can be reproduced by its seed and number.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

NUMBERS: tuple[Any, ...] = (
    *(0, -1, 1, 2**31, 2**63, -(2**63) - 1, 2**64, 10**40, 10**400),
    *(0.5, -0.0, 1e-9, 1e22, 1e308, float("inf"), float("nan")),
)
TEXTS = (
    *("", " ", "\x00", "\u0000a", "\ud800", "\udfff\ud800", "\ufeff", "\u202eabc", "e\u0301", "\uff21\uff22", "🙂" * 3),
    *(
        "null",
        "true",
        "NaN",
        "-1",
        "1e999",
        "0x10",
        "\uff11\uff12",
        "9" * 400,
        "a" * 5000,
        "../../etc/passwd",
        "%00",
        "%ff%fe",
    ),
    *("{}", "[]", '{"$ref":"#"}', "*", "&a", "!!python/object:os.system", "{n}", "${x}", "' OR 1=1 --", "<script>"),
    *("0s", "99999999999h", "-5m", "1/0s", "600/1m,600/1m", "0-0", "5-1m", "nan%", "101%", "@", "https://", "//", "::"),
    *("2026-13-45T99:99:99Z", "0000-00-00", "9999-12-31T23:59:59.999999999Z", "person", "update", "all", "off"),
)
PLAIN: tuple[Any, ...] = (None, True, False, [], {}, [[]], {"": None}, [None] * 50, {"id": {}}, *NUMBERS, *TEXTS)
MARKS = (
    b"\x00",
    b"\xff",
    b"\r\n",
    b"\n",
    b"\t",
    b" ",
    b"\xc3\x28",
    b"\xed\xa0\x80",
    b'"',
    b"'",
    b"{",
    b"}",
    b"[",
    b"]",
)
DEEP = 20_000


def mutated_value(draw: Random, value: Any) -> Any:
    """A copy of a JSON value with one thing changed, at any depth."""
    if isinstance(value, dict) and value and draw.random() < 0.85:
        return _mutated_object(draw, value)
    if isinstance(value, list) and value and draw.random() < 0.8:
        return _mutated_array(draw, value)
    if isinstance(value, str) and draw.random() < 0.5:
        return mutated_text(draw, value)
    if isinstance(value, int) and not isinstance(value, bool) and draw.random() < 0.4:
        return draw.choice((value + 1, value - 1, -value, value * 10**20, f"{value % 10**300}.0", [value]))
    return draw.choice(PLAIN)


def _mutated_object(draw: Random, value: dict[str, Any]) -> dict[str, Any]:
    name, way, made = draw.choice(list(value)), draw.random(), dict(value)
    if way < 0.6:
        made[name] = mutated_value(draw, value[name])
    elif way < 0.75:
        del made[name]
    elif way < 0.85:
        made[mutated_text(draw, name)] = made.pop(name)
    elif way < 0.92:
        made[name] = nested(draw, value[name])
    else:
        made[draw.choice(TEXTS)] = draw.choice((*PLAIN, value))
    return made


def _mutated_array(draw: Random, value: list[Any]) -> list[Any]:
    place, way = draw.randrange(len(value)), draw.random()
    if way < 0.6:
        return [*value[:place], mutated_value(draw, value[place]), *value[place + 1 :]]
    if way < 0.75:
        return value[:place] + value[place + 1 :]
    if way < 0.9:
        return value[: place + 1] + value[place:]
    return value * draw.randrange(2, 40)


def nested(draw: Random, value: Any) -> Any:
    """A value wrapped in some levels of lists and objects."""
    for _ in range(draw.choice((1, 2, 5, 60))):
        value = [value] if draw.random() < 0.5 else {"a": value}
    return value


def mutated_text(draw: Random, text: str) -> str:
    """A text with a part of it cut, doubled, or replaced."""
    place, way = draw.randrange(len(text) + 1), draw.random()
    if way < 0.2:
        return text[:place]
    if way < 0.4:
        return text[:place] + draw.choice(TEXTS) + text[place:]
    if way < 0.6:
        return text[:place] + chr(draw.choice((draw.randrange(128), draw.randrange(0x11_0000)))) + text[place + 1 :]
    if way < 0.7:
        return text + text[place:]
    if way < 0.8:
        return text.swapcase()
    return draw.choice(TEXTS)


def mutated_bytes(draw: Random, raw: bytes, other: bytes = b"") -> bytes:
    """Bytes with something flipped, cut, doubled, inserted, or with the end of another input."""
    place, way = draw.randrange(len(raw) + 1), draw.random()
    if way < 0.3:
        return raw[:place] + bytes([draw.randrange(256)]) + raw[place + 1 :]
    if way < 0.45:
        return raw[:place]
    if way < 0.6:
        return raw[:place] + draw.choice(MARKS) + raw[place:]
    if way < 0.75:
        end = min(len(raw), place + draw.randrange(1, 40))
        return raw[:end] + raw[place:end] * draw.randrange(1, 5) + raw[end:]
    if way < 0.9:
        return raw[:place] + other[draw.randrange(len(other) + 1) :]
    return raw[:place] + raw[place + draw.randrange(1, 40) :]


def json_bytes(draw: Random, value: Any) -> bytes:
    """A value as a request body: nearly always its JSON."""
    try:
        raw = json.dumps(value).encode()
    except ValueError:
        # More digits than Python converts to text.
        return b"9" * 5000
    way = draw.random()
    if way < 0.9:
        return raw
    if way < 0.94:
        return mutated_bytes(draw, raw)
    if way < 0.96:
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    if way < 0.97:
        return raw.decode().encode("utf-16")
    return draw.choice(
        (b"", b"null", b"[" * DEEP, b'{"a":' * DEEP, b"9" * 5000, b"1e99999", raw + raw, b"\xef\xbb\xbf" + raw)
    )
