"""Writing a scenario as YAML text from which `scenarios/lines.py` reads exactly the same values.

Whatever fits is put on one line, as people would; text that could be read as something else is double-quoted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_WIDTH = 116

_PLAIN = re.compile(
    r"[A-Za-z][A-Za-z0-9_.()'/ +=%-]*(?<! )|https?://[A-Za-z0-9._~:/-]*[A-Za-z0-9/]|\+?[0-9]+[a-z][0-9a-z]*|\+0"
)
_WORDS = frozenset({"null", "true", "false", "on", "off", "yes", "no", "y", "n"})
"""Words that this or other YAML parsers read as something other than text."""


def document(value: Mapping[str, Any]) -> str:
    """The text of a whole file for a mapping."""
    return "".join(f"{line}\n" for line in _block(value, 0))


def _block(value: Any, indent: int) -> Iterator[str]:
    """The lines of a mapping or list in block style, each member beginning a line of its own."""
    lead = " " * indent
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _member(f"{lead}{_text(str(name))}:", item, indent)
        return
    for item in value:
        if isinstance(item, Remark):
            yield f"{lead}# {item}"
            continue
        first, *rest = _block(item, indent + 2) if _is_step(item) or not _fits(lead, item) else [_flow(item)]
        yield f"{lead}- {first.lstrip()}"
        yield from rest


def _member(head: str, item: Any, indent: int) -> Iterator[str]:
    if not isinstance(item, Mapping | list | tuple) or (_fits(head, item) and not _has_steps(item)):
        yield f"{head} {_flow(item)}"
        return
    yield head
    yield from _block(item, indent + 2)


class Remark(str):
    """A comment in place of a member of a list."""

    __slots__ = ()


class Step(dict[str, Any]):
    """A mapping always written in block style, however short it is."""


def _is_step(item: Any) -> bool:
    return isinstance(item, Step)


def _has_steps(item: Any) -> bool:
    return isinstance(item, list | tuple) and any(isinstance(each, Step | Remark) for each in item)


def _fits(lead: str, item: Any) -> bool:
    return not item or len(lead) + len(_flow(item)) < _WIDTH


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_text(str(name))}: {_flow(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        return _text(value)
    return json.dumps(value)


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS and "  " not in text:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if _is_shown(c) else f"\\U{ord(c):08X}" for c in quoted)


def _is_shown(character: str) -> bool:
    # YAML does not allow other characters unescaped, and breaks lines at some that JSON does not.
    return character.isprintable() and not "\ud800" <= character <= "\udfff"
