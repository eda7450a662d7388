"""Which settings does an account have, and where do they come from?

Later ones win: defaults, ini file, command line, the `copper_settings` fixture, the `copper` marker of the module, of
the class, of the function. Only `allow` accumulates: what one layer allows stays allowed.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from pytest_copper import options

if TYPE_CHECKING:
    from datetime import datetime

    from copper_emulator.settings import Settings

Layer = Mapping[str, Any]
"""Names and values as people write them."""

CONFIGURED = pytest.StashKey[Layer]()

_CONFIGURED_SETTINGS = pytest.StashKey["Settings"]()
"""`CONFIGURED` as Settings, made for the first test that has no others and shared by all such tests."""

URL = pytest.StashKey[str | None]()
"""The running server on which the tests have their accounts; None if that is this process."""

MARKED = pytest.StashKey[bool]()
"""Set on a test whose markers were read for an account."""

_SEED = "copper_seed"

_CHOSEN = pytest.StashKey[set[int]]()
"""Seeds chosen on the command line or at random: another run would draw from others."""

RANDOM = "random"
"""Chooses a new seed for each run; a seed given on the command line takes its place."""


def configure(config: pytest.Config) -> None:
    """Store what the ini file and the command line say. Raises UsageError for invalid values and misspelled names."""
    options.refuse_misspelled(config)
    layer: Layer = {}
    for found in options.given(config):
        try:
            layer = add(layer, {found.name: found.value})
        # SettingsError is a ValueError; importing it here would cost every run, even if it configures nothing.
        except ValueError as error:
            text = str(error).removeprefix(f"{found.name}: ")
            raise pytest.UsageError(f"{found.where}: {text}") from None
    if layer.get("seed") == RANDOM:
        chosen = getattr(config, "workerinput", {}).get(_SEED)
        layer = {**layer, "seed": _settings(layer).seed if chosen is None else chosen}
        config.option.copper_seed = str(layer["seed"])
    config.stash[CONFIGURED] = layer
    config.stash[_CHOSEN] = set() if config.getoption(_SEED, None) is None else {_settings(layer).seed}
    config.stash[URL] = options.url(config)
    _refuse_intercepting_elsewhere(config)


def _refuse_intercepting_elsewhere(config: pytest.Config) -> None:
    # The two may come from different places, such as the ini file: one line here beats an error in every test.
    if config.stash[URL] is not None and config.stash[CONFIGURED].get("intercept") in ("true", True):
        raise pytest.UsageError(
            "copper_intercept leads Copper's hosts to accounts of this process, and copper_url names a running server: "
            "leave out one of them (-o copper_intercept=false, -o copper_url=)"
        )


def hand_on(config: pytest.Config, workerinput: dict[str, Any]) -> None:
    """Pass the chosen seed to an xdist worker, which reads the command line itself."""
    workerinput[_SEED] = config.stash[CONFIGURED].get("seed")


def header(config: pytest.Config) -> str | None:
    """One line for the header of the run, if anything was configured."""
    layer, url = config.stash[CONFIGURED], config.stash[URL]
    if url is not None:
        return f"copper: accounts of {url}" + (f", {describe(_settings(layer))}" if layer else "")
    if not layer:
        return None
    settings = _settings(layer)
    strict = "strict" if settings.strict else "not strict"
    return f"copper: virtual time, {strict}, {describe(settings)}"


def describe(settings: Settings) -> str:
    """The settings that were given, and always the seed, as people write them."""
    names = {"seed", *settings.given} - {"strict"}
    return ", ".join(
        f"{name}={_written(getattr(settings, name), text)}" for name, text in settings.as_json(names).items()
    )


class OfItem(NamedTuple):
    """What a test's account begins with."""

    settings: Settings
    start: datetime | None
    """When its time begins; None for the present."""


def of_item(item: pytest.Item, overrides: object) -> OfItem:
    """The settings of a test's account; invalid ones are an error at set-up, without a traceback."""
    configured = item.config.stash[CONFIGURED]
    layer, start = _with_start(configured, None, overrides, "copper_settings (fixture)")
    for node, mark in reversed(list(item.iter_markers_with_node("copper"))):
        where = f"@pytest.mark.copper on {node.nodeid or node.name}"
        if mark.args:
            pytest.fail(f"{where}: settings are given by name, like copper(latency='30s')", pytrace=False)
        layer, start = _with_start(layer, start, mark.kwargs, where)
        item.stash[MARKED] = True
    return OfItem(_as_configured(item.config) if layer is configured else _drawing(layer, item.config), start)


def _with_start(layer: Layer, start: datetime | None, further: object, where: str) -> tuple[Layer, datetime | None]:
    """A layer with another on top, and the start, which is no setting: the further one says it, or it stays."""
    if not isinstance(further, Mapping) or "start" not in further:
        return _added(layer, further, where), start
    from copper_emulator.core.errors import UsageError
    from copper_emulator.start import moment

    try:
        start = moment(further["start"])
    except UsageError as error:
        text = f"{where}: {error}"
    else:
        return _added(layer, {name: value for name, value in further.items() if name != "start"}, where), start
    pytest.fail(text, pytrace=False)


def _as_configured(config: pytest.Config) -> Settings:
    if _CONFIGURED_SETTINGS not in config.stash:
        config.stash[_CONFIGURED_SETTINGS] = _settings(config.stash[CONFIGURED])
    return config.stash[_CONFIGURED_SETTINGS]


def intercepts(item: pytest.Item) -> bool:
    """Whether a test's account intercepts, according to the marker, the ini file or the command line.

    The fixture `copper_settings` is not considered: its value is not known before it is set up.
    """
    marked = [mark.kwargs["intercept"] for mark in item.iter_markers("copper") if "intercept" in mark.kwargs]
    chosen = marked[0] if marked else item.config.stash[CONFIGURED].get("intercept", False)
    if isinstance(chosen, bool):
        return chosen
    try:
        return _settings({"intercept": chosen}).intercept
    except ValueError:
        # The account's set-up will report it, saying where the wrong value is.
        return False


def of_call(config: pytest.Config, values: Layer) -> Settings:
    """The settings of an account made by `make_copper`. Raises SettingsError."""
    __tracebackhide__ = True
    return _drawing(add(config.stash[CONFIGURED], values), config)


def replay(item: pytest.Item, seed: int) -> str:
    """The command line that reruns a test with the same draws, from the directory in which this run was started."""
    file, *inside = str(item.nodeid).split("::")
    node = "::".join([_from_start(item.config, file), *inside])
    given = options.on_command_line(item.config)
    given.pop("--copper-seed", None)
    words = (word for flag, values in given.items() for word in (flag, *values))
    return shlex.join(["pytest", node, *words, "--copper-seed", str(seed)])


def _from_start(config: pytest.Config, file: str) -> str:
    # Node ids are relative to the rootdir, paths on the command line to where the run was started.
    started = config.invocation_params.dir
    try:
        return Path(os.path.relpath(config.rootpath / file, started)).as_posix()
    except ValueError:  # Another drive.
        return str(config.rootpath / file)


def is_chosen(config: pytest.Config, seed: int) -> bool:
    """Whether this seed must be given to draw from it again; one fixed by a file, a fixture or a marker need not be."""
    return seed in config.stash[_CHOSEN]


def _drawing(layer: Layer, config: pytest.Config) -> Settings:
    """The settings; a random seed is replaced by the command line's, so that this alone repeats a run."""
    __tracebackhide__ = True
    if layer.get("seed") != RANDOM:
        return _settings(layer)
    given = config.getoption(_SEED, None)
    settings = _settings(layer if given is None else {**layer, "seed": given})
    config.stash[_CHOSEN].add(settings.seed)
    return settings


def add(layer: Layer, further: Layer) -> Layer:
    """A layer with another on top. Raises SettingsError for invalid values in the upper one."""
    __tracebackhide__ = True
    if not further:
        return layer
    upper = _settings(further)
    merged = {**layer, **further}
    if "allow" in layer and "allow" in further:
        merged["allow"] = _settings({"allow": layer["allow"]}).allow | upper.allow
    return merged


def _added(layer: Layer, further: object, where: str) -> Layer:
    if further == {}:
        return layer
    from copper_emulator.core.errors import SettingsError

    if not isinstance(further, Mapping) or not all(isinstance(name, str) for name in further):
        pytest.fail(f"{where}: give a dict of settings, like {{'latency': '30s'}}, not {further!r}", pytrace=False)
    try:
        return add(layer, further)
    except SettingsError as error:
        text = f"{where}: {error}{_or_start(further)}"
    pytest.fail(text, pytrace=False)


def _or_start(names: Iterable[str]) -> str:
    """That a start was probably meant, which is not among the settings."""
    from copper_emulator.core.text import meant

    is_meant = any(name not in options.OPTIONS and meant(name, ["start"]) for name in names)
    return "; start, if that is meant, is when virtual time begins" if is_meant else ""


def _settings(values: Layer) -> Settings:
    from copper_emulator.settings import Settings

    __tracebackhide__ = True
    return Settings(**values)


def _written(value: object, text: object) -> str:
    if isinstance(value, frozenset):
        return "{" + ",".join(sorted(map(str, value))) + "}"
    return ",".join(map(str, text)) if isinstance(text, list) else str(text)
