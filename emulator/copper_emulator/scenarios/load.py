"""Reads a scenario file into typed steps, or tells all that is wrong with it: file, line, key and what to write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from copper_emulator.core.errors import ScenarioError, UsageError, raised_on_purpose
from copper_emulator.core.text import count, meant, no_such_key, suggesting
from copper_emulator.scenarios.lines import Lines, Mistake, Mistaken, key_text, read, unmarked
from copper_emulator.scenarios.lines import Path as Keys
from copper_emulator.scenarios.model import Content
from copper_emulator.scenarios.readable import Parts
from copper_emulator.scenarios.references import reference_mistakes, setting_mistakes
from copper_emulator.scenarios.shipped import shipped_folder, shipped_names
from copper_emulator.settings import Settings
from copper_emulator.value_mistakes import shown, value_mistake

__tracebackhide__ = raised_on_purpose

_MAX_BYTES = 5_000_000


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario without errors. `source` is its file as it was given, for messages."""

    source: str
    content: Content
    lines: Lines

    @property
    def name(self) -> str:
        return self.content.name

    def line_of(self, *path: str | int) -> int:
        """The line of a value in the file."""
        return self.lines.of(path)

    @property
    def folder(self) -> Path:
        """The folder of the files that it names."""
        return Path(self.source).parent

    def with_settings(self, overrides: Mapping[str, Any]) -> Scenario:
        """The same with some settings replaced. The values are checked where they are used."""
        settings = {**self.content.settings, **overrides}
        return replace(self, content=self.content.model_copy(update={"settings": settings}))


def load(path: str | Path) -> Scenario:
    """Read a scenario: a file, or the name of one that comes with the emulator.

    Raises:
        ScenarioError: there is no such file, or something in it is wrong; each error is on a line of its own,
            `file:line: key: what is wrong`.
    """
    if "\n" in str(path):
        lines = count(len(str(path).splitlines()), "line")
        raise ScenarioError(f"this is text of {lines}, not the name of a file: write it to a file first")
    found = _find(Path(path))
    try:
        raw = found.read_bytes()
    except OSError as error:
        raise ScenarioError(f"{found}: cannot be read: {error.strerror}") from None
    return parse_bytes(raw, str(found))


def load_given(scenario: object) -> Scenario:
    """Read the scenario that `copper.play` is given. Raises UsageError if that cannot name a file; else as `load`."""
    if not isinstance(scenario, (str, PathLike)):
        takes = "a file, like 'tests/my_scenario.yaml', or the name of a scenario that comes with the emulator"
        raise UsageError(f"play takes {takes}, not {scenario!r}")
    return load(Path(scenario))


def parse_bytes(raw: bytes, source: str) -> Scenario:
    """Read a scenario from the bytes of its file. Raises ScenarioError; `source` names the file in its text."""
    if len(raw) > _MAX_BYTES:
        raise ScenarioError(f"{source}: is larger than {_MAX_BYTES:,} bytes, the most a scenario can have")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ScenarioError(f"{source}:{line}: this is not UTF-8 text") from None
    return parse(text, source)


def parse(text: str, source: str, *, alone: bool = False) -> Scenario:
    """Read a scenario from the text of its file. Raises ScenarioError; `source` names the file in its text.

    `alone`: there is only the text, without files beside it.
    """
    try:
        return Scenario(source, *_understood(text, None if alone else Path(source).parent))
    except Mistaken as found:
        ordered = sorted(dict.fromkeys(found.mistakes), key=lambda mistake: mistake.line)
        raise ScenarioError("\n".join(f"{source}:{mistake.line}: {mistake}" for mistake in ordered)) from None


def _understood(text: str, folder: Path | None) -> tuple[Content, Lines]:
    value, lines = read(unmarked(text))
    if not isinstance(value, dict):
        keys = ", ".join(Content.model_fields)
        message = f"a scenario must be a mapping of names to values ({keys}), not {shown(value)}"
        raise Mistaken(Mistake(lines.of(()), "", message))
    mistakes = list(_setting_mistakes(value, lines))
    try:
        content = Content.model_validate(value)
    except ValidationError as error:
        found = _inconsistent(Parts.beside(value), mistakes, lines, folder)
        raise Mistaken(*_mistakes(error, lines), *mistakes, *found) from None
    mistakes += _inconsistent(Parts.of(content), mistakes, lines, folder)
    if mistakes:
        raise Mistaken(*mistakes)
    return content, lines


def _inconsistent(parts: Parts, in_settings: Sequence[Mistake], lines: Lines, folder: Path | None) -> list[Mistake]:
    wrong = {each.key for each in in_settings}
    # Which topics exist depends on the profile.
    if key_text(("settings", "profile")) in wrong:
        return []
    right = {name: each for name, each in parts.settings.items() if key_text(("settings", name)) not in wrong}
    found = reference_mistakes(parts, Settings(**right), folder)
    return [Mistake(lines.of(path), key_text(path), message) for path, message in found]


def _setting_mistakes(value: Mapping[str, Any], lines: Lines) -> Iterator[Mistake]:
    settings = value.get("settings")
    if isinstance(settings, dict) and all(isinstance(name, str) for name in settings):
        for path, message in setting_mistakes(settings):
            yield Mistake(lines.of(path), key_text(path), message)


def _find(path: Path) -> Path:
    if path.is_file():
        return path
    names = shipped_names()
    if len(path.parts) == 1 and path.stem in names and path.suffix in ("", ".yaml"):
        return shipped_folder() / f"{path.stem}.yaml"
    if path.is_dir():
        raise ScenarioError(f"{path} is a folder; name the files in it")
    near = meant(path.name, _files_in(path.parent)) or meant(path.stem, names)
    if near is not None and near not in names:
        near = str(path.parent / near)
    come = f"give a file, or one of those that come with the emulator: {', '.join(names)}"
    raise ScenarioError(suggesting(f"there is no scenario {str(path)!r}", near, come))


def _files_in(folder: Path) -> list[str]:
    try:
        return sorted(each.name for each in folder.iterdir() if each.suffix in (".yaml", ".yml"))
    except OSError:
        return []


def step_mistakes(error: ValidationError) -> str:
    """What is wrong with a step that is not in a file, in the same words."""
    found = [(key_text(each["loc"]), _text(each, ("steps", 0, *each["loc"]))) for each in error.errors()]
    return "; ".join(f"{key}: {text}" if key else text for key, text in found)


def _mistakes(error: ValidationError, lines: Lines) -> Iterator[Mistake]:
    every = error.errors()
    for found in every:
        path = found["loc"]
        # A list whose values are all wrong is reported as too short as well.
        if found["type"] == "too_short" and any(other["loc"][: len(path)] == path != other["loc"] for other in every):
            continue
        if found["type"] == "no_value":
            path = (*path, found["ctx"]["name"])
        if found["type"] != "missing":
            # Below the keys of the file, pydantic names parts of its own.
            path = lines.known(path)
        yield Mistake(lines.of(path), key_text(path), _text(found, path))


def _text(found: Any, path: Keys) -> str:
    if found["type"] == "extra_forbidden":
        return no_such_key(str(path[-1]), _known_keys(path[:-1]))
    return value_mistake(found)


def _known_keys(path: Keys) -> list[str]:
    model: type[BaseModel] = Content
    for part in path:
        field = next((f for name, f in model.model_fields.items() if (f.alias or name) == part), None)
        found = _model_in(field.annotation) if field is not None else None
        # Names in `subscriptions` and numbers in `steps` are not fields; the model stays that of their parent.
        model = found or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_in(argument)
        if found is not None:
            return found
    return None
