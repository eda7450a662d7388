"""The settings as options of the command line and the ini file, without importing what checks them.

The table repeats the names and descriptions of `copper_emulator.settings.Settings`, which is slow to import; a test
keeps the two in step.
"""

from __future__ import annotations

import os
import re
from typing import Any, Literal, NamedTuple, TypeAlias

import pytest

IniType: TypeAlias = Literal["string", "bool", "int", "int or word"]


class Option(NamedTuple):
    """One setting as an option: its description, and how an ini file holds its value."""

    help: str
    ini: IniType = "string"


OPTIONS = {
    "profile": Option(
        "which of Copper's two tables of topics applies (they differ in activity_log) (support-page or developer-docs)"
    ),
    "limits": Option("notifications an account may be sent, like 600/1m,1800/10m, or off"),
    "over_limit": Option("what happens to a notification over a limit (hold or drop)"),
    "window": Option("kind of limit window (fixed or rolling)"),
    "latency": Option("time from change to notification: 0, 30s, or a range like 0-15m"),
    "seed": Option("seed of all random draws; random chooses one", "int or word"),
    "batch": Option("most ids in one notification", "int"),
    "duplicates": Option(
        "the same topic subscribed twice: both deliver, or the new one replaces the old (deliver or replace)"
    ),
    "timestamp": Option("which moment a notification's timestamp gives (change or sent)"),
    "empty_attributes": Option(
        "updated_attributes in new and delete: {} as recorded, or absent as documented (present or absent)"
    ),
    "secret_collision": Option(
        "a secret key with the name of a payload key: accept with a hint, or refuse (accept or refuse)"
    ),
    "allow_http": Option("accept http:// targets on loopback", "bool"),
    "allow_targets": Option("hosts beyond loopback that notifications may go to (never Copper's own)"),
    "ca": Option("PEM file of certificate authorities to trust for https:// endpoints"),
    "timeout": Option("how long an endpoint may take to answer"),
    "in_flight": Option("notifications sent at once to one target; 1 sends strictly one by one", "int"),
    "echo_depth": Option("how many deliveries may each cause the next before it counts as a loop", "int"),
    "user_agent": Option("User-Agent of notifications"),
    "lead_conversion": Option("what happens to a converted lead: deleted, or kept and updated (delete or update)"),
    "read_only_fields": Option(
        "what a write does with fields that cannot be written: ignore them with a hint, or refuse (ignore or refuse)"
    ),
    "search_lag": Option("how long searches do not find new records yet, and still find deleted ones"),
    "fetch_race": Option(
        "what happens to a record between its notification and the endpoint's fetch (none, deleted or changed)"
    ),
    "api_limits": Option("API calls allowed in rolling windows, like 180/1m as documented, or off"),
    "bulk_limits": Option("the same for bulk calls alone, like 3/1s as documented, or off"),
    "faults": Option("faults that are on from the start, like lose=20% outage=10m, or off"),
    "intercept": Option("whether calls to https://api.copper.com reach the account, while a test has it", "bool"),
    "strict": Option("whether unexpected problems fail the test at its end", "bool"),
    "allow": Option("what may go wrong without failing the test: statuses, outcomes, exception, due"),
}


class GivenSetting(NamedTuple):
    """A setting that was given, and where."""

    where: str
    name: str
    value: Any


def add(parser: pytest.Parser) -> None:
    """Add every setting as `--copper-NAME=VALUE` and as the ini option `copper_NAME`."""
    group = parser.getgroup("copper", "emulated Copper accounts (values as in Python, like 0-15m, true, 500,blocked)")
    for name, option in OPTIONS.items():
        taken: dict[str, Any] = {"metavar": "VALUE"} if name not in _SWITCHES else _SWITCHED_ON
        group.addoption(_flag(name), dest=_key(name), default=None, help=_escaped(option.help), **taken)
        parser.addini(_key(name), option.help, type=_ini_type(option.ini), default=None)
    group.addoption(_flag(URL), dest=_key(URL), metavar="URL", default=None, help=_URL_HELP)
    parser.addini(_key(URL), _URL_HELP, default=None)


_SWITCHES = frozenset({"intercept"})
"""Settings whose option takes no value and switches them on."""

_SWITCHED_ON = {"action": "store_const", "const": "true"}

URL = "url"

_URL_HELP = "a running server where each test has an account of its own; env reads COPPER_EMULATOR_URL"


def refuse_misspelled(config: pytest.Config) -> None:
    """Raise UsageError for an ini option that is probably one of these; pytest only warns and uses the default."""
    known = [_key(name) for name in (*OPTIONS, URL)]
    # pytest 9 deprecates `inicfg`, and has no other public way to see all that an ini file says.
    configured = vars(config)
    for name in configured.get("_inicfg") or configured.get("inicfg") or ():
        if name.startswith(_key("")) and name not in known:
            _refuse_if_meant(name, known)


def _refuse_if_meant(name: str, known: list[str]) -> None:
    # Imported only for a name that is not known: no other run should pay for it.
    from copper_emulator.core.text import meant, suggesting

    if name == _key("start"):
        raise pytest.UsageError(f"ini option {name}: a start is given with a marker, @pytest.mark.copper(start=...)")
    # Compared without what all have in common, which would make everything look alike.
    near = meant(name.removeprefix(_key("")), [each.removeprefix(_key("")) for each in known])
    if near is not None:
        raise pytest.UsageError(suggesting(f"there is no ini option {name}", _key(near)))


def url(config: pytest.Config) -> str | None:
    """The running server to use, if one was named. Raises UsageError for what is no URL of a server.

    So it does if the environment should name it and does not.
    """
    given: str | None = config.getoption(_key(URL), None)
    named: str | None = given or config.getini(_key(URL)) or None
    where = _flag(URL) if given else f"ini option {_key(URL)}"
    if named == "env":
        named, where = os.environ.get("COPPER_EMULATOR_URL"), f"{where}=env"
        if not named:
            raise pytest.UsageError(f"{where}: the environment has no COPPER_EMULATOR_URL")
    if named is not None and not _looks_like_a_server(named):
        _check_url(named, where)
    return named


def _looks_like_a_server(named: str) -> bool:
    return re.fullmatch(r"http://[\w.-]+(:\d{1,4})?/?", named) is not None


def _check_url(named: str, where: str) -> None:
    # Imported only for what does not look like one: no run should pay for this that has no account.
    from copper_emulator.control_client import Client
    from copper_emulator.core.errors import UsageError

    try:
        Client(named)
    except UsageError as error:
        raise pytest.UsageError(f"{where}: {error}") from None


def _ini_type(ini: IniType) -> Any:
    # pytest before 9.2 has no ini type for a number or a word; native TOML then has to quote the number.
    if ini == "int or word":
        return int | str if pytest.version_tuple >= (9, 2) else "string"
    return ini


def given(config: pytest.Config) -> list[GivenSetting]:
    """The settings given, the command line overriding the ini file. Raises UsageError for a value of the wrong type."""
    return [found for name in OPTIONS if (found := _given(config, name)) is not None]


def _given(config: pytest.Config, name: str) -> GivenSetting | None:
    value = config.getoption(_key(name), None)
    if value is not None:
        return GivenSetting(_flag(name), name, value)
    where = f"ini option {_key(name)}"
    try:
        value = config.getini(_key(name))
    except (TypeError, ValueError, pytest.UsageError) as error:
        raise pytest.UsageError(f"{where}: {error}") from None
    if name == "ca" and isinstance(value, str):
        value = _beside_the_ini_file(config, value)
    return None if value is None else GivenSetting(where, name, value)


def _beside_the_ini_file(config: pytest.Config, files: str) -> list[str]:
    # Relative to the ini file, wherever the run is started from.
    folder = config.rootpath if config.inipath is None else config.inipath.parent
    return [str(folder / file.strip()) for line in files.splitlines() for file in line.split(",") if file.strip()]


def on_command_line(config: pytest.Config) -> dict[str, tuple[str, ...]]:
    """The options given on the command line or in `addopts`, each with its value if it takes one."""
    values = {name: config.getoption(_key(name), None) for name in OPTIONS}
    return {_flag(name): () if name in _SWITCHES else (value,) for name, value in values.items() if value is not None}


def _flag(name: str) -> str:
    return f"--copper-{name.replace('_', '-')}"


def _key(name: str) -> str:
    return f"copper_{name}"


def _escaped(text: str) -> str:
    # argparse formats help texts with %.
    return text.replace("%", "%%")
