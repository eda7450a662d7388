"""YAML as plain values, with the line of each.

It is read more strictly than by PyYAML: `on`, `off`, `yes` and dates stay text (so that `limits: off` means what it
says), and a duplicate key is an error instead of a riddle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from textwrap import dedent
from typing import Any, TypeAlias

import yaml

Path: TypeAlias = tuple[str | int, ...]
"""The path of a value: `("steps", 3, "create", "count")`."""

_MAX_DEPTH = 50
_MAX_VALUES = 200_000

_MARKED = re.compile(r"E(\s|$)")

_WORDS: Mapping[str, bool | None] = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,39})")
_FLOAT = re.compile(r"[-+]?[0-9]*\.[0-9]+([eE][-+]?[0-9]{1,2})?")
"""Numbers in every version of YAML. A phone number that begins with 0 stays text."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """An error in a file: the line (from 1), the key as a reader would write it, and what is wrong."""

    line: int
    key: str
    text: str

    def __str__(self) -> str:
        return f"{self.key}: {self.text}" if self.key else self.text


class Mistaken(Exception):
    """The text cannot be read; `mistakes` says where and why."""

    def __init__(self, *mistakes: Mistake) -> None:
        super().__init__(*map(str, mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class Lines:
    """The line of every value, by its path."""

    by_path: Mapping[Path, int] = field(default_factory=dict)

    def of(self, path: Path) -> int:
        """The line of a value; if it is missing, the line of what it is missing from."""
        return self.by_path[self.known(path)]

    def known(self, path: Path) -> Path:
        """The longest beginning of a path that exists in the file."""
        while path and path not in self.by_path:
            path = path[:-1]
        return path


def read(text: str) -> tuple[Any, Lines]:
    """Read YAML text: its value in JSON's types, and its lines. Raises Faulty."""
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
            by_path: dict[Path, int] = {(): 1 if root is None else root.start_mark.line + 1}
            value = None if root is None else _Reading(by_path).value(root, ())
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        what = ", ".join(part for part in (error.context, error.problem) if part)
        raise Mistaken(Mistake(line, "", f"this is not YAML: {what}")) from None
    except yaml.YAMLError as error:
        raise Mistaken(Mistake(1, "", f"this is not YAML: {str(error).splitlines()[0]}")) from None
    except RecursionError:
        raise Mistaken(Mistake(1, "", f"this is nested deeper than {_MAX_DEPTH} levels")) from None
    return value, Lines(by_path)


def unmarked(text: str) -> str:
    """The text without the `E` and blanks that pytest puts before every line of a failure; any other text unchanged.

    This way, the output of a failed test can be copied and played.
    """
    lines = text.splitlines()
    if not any(lines) or not all(_MARKED.match(line) or not line.strip() for line in lines):
        return text
    return dedent("\n".join(line[1:] for line in lines))


def key_text(path: Path) -> str:
    """`steps[4].create.count`, counting steps from 1 as a reader does."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


class _Loader(yaml.SafeLoader):
    # PyYAML must not guess types: `_scalar` decides what a bare scalar is, by the few rules of YAML 1.2.
    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML's own class attribute, never written to

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        # Otherwise it takes PyYAML a second before a thousand brackets are too deep for Python.
        if self._depth > 2 * _MAX_DEPTH:
            raise RecursionError
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


class _Reading:
    def __init__(self, by_path: dict[Path, int]) -> None:
        self._by_path = by_path

    def value(self, node: yaml.Node, path: Path) -> Any:
        if len(path) > _MAX_DEPTH:
            raise _mistake(node, path, f"nested deeper than {_MAX_DEPTH} levels (does an alias contain itself?)")
        if len(self._by_path) > _MAX_VALUES:
            raise _mistake(node, path, f"the file holds more than {_MAX_VALUES:,} values")
        self._by_path.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return {name: self.value(child, (*path, name)) for name, child in self._items(node, path)}
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*path, index)) for index, child in enumerate(node.value)]
        return self._scalar(node, path)

    def _items(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, yaml.Node]]:
        for key, child in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _mistake(key, path, "a key must be a plain name")
            name, line = _text(key, path), key.start_mark.line + 1
            # Quoted, it is an ordinary name (YAML 1.1, merge key type).
            if name == "<<" and _is_bare(key):
                raise _mistake(key, path, "merge keys (<<) are not supported; write the values out")
            if (*path, name) in self._by_path:
                first = self._by_path[(*path, name)]
                raise Mistaken(Mistake(line, key_text((*path, name)), f"appears twice, first on line {first}"))
            self._by_path[(*path, name)] = line
            yield name, child

    def _scalar(self, node: yaml.Node, path: Path) -> Any:
        if node.tag not in ("tag:yaml.org,2002:str", "!"):
            raise _mistake(node, path, f"the tag {node.tag} is not supported; write plain values")
        text = _text(node, path)
        if not _is_bare(node):
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        return float(text) if _FLOAT.fullmatch(text) else text


def _text(node: yaml.Node, path: Path) -> str:
    text: str = node.value
    try:
        # As in JSON, which YAML includes, two escapes can stand for one character.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        raise _mistake(node, path, "this has half a surrogate pair (\\ud800 to \\udfff) in it") from None


def _is_bare(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and not node.style


def _mistake(node: yaml.Node, path: Path, text: str) -> Mistaken:
    return Mistaken(Mistake(node.start_mark.line + 1, key_text(path), text))
