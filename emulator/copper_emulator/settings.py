"""Every setting of the emulator and its default; defaults are defined nowhere else.

A setting has the same name in Python, in the `copper` marker, as an ini key (`copper_limits`), as an option
(`--copper-limits`, `serve --limits`) and in a scenario, and its value is written the same way everywhere.

Values are parsed by pydantic (`setting_checks.py`), which is loaded when the first value is given: most accounts are
given none, and a test suite that keeps Copper's defaults does not need pydantic at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, FrozenInstanceError, dataclass, field, fields
from enum import Enum
from functools import cache
from types import MappingProxyType, ModuleType
from typing import Any, Literal, Self, get_type_hints

from copper_emulator.core.attributes import Attributes
from copper_emulator.core.fault import Fault
from copper_emulator.core.rules import MAX_IDS, Conversion, FetchRace, Latency, Limit, OverLimit, Rules, WindowKind
from copper_emulator.core.text import duration_text, in_words, no_such
from copper_emulator.core.topics import Profile
from copper_emulator.durations import limits_text, parse_duration, parse_latency, parse_limits
from copper_emulator.fault_texts import faults_text, parse_faults
from copper_emulator.real_dates import load
from copper_emulator.setting_values import parse_files, parse_hosts, parse_permits, parse_seed
from copper_emulator.version import __version__


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its meaning, how its values are parsed and shown, and which are allowed."""

    name: str
    default: Any
    description: str
    reads: Callable[..., Any] | None
    """Parses a written value; None where pydantic's own parsing is right."""
    shows: Callable[[Any], Any] | None
    """Writes a value in a form that can be parsed again."""
    bounds: Mapping[str, Any]
    """Constraints on a value, as arguments of pydantic's `Field`."""

    choices: tuple[str, ...] = ()
    """The words that it may be; none if it is not limited to certain words."""

    @property
    def kind(self) -> Any:
        """The type of the setting's values."""
        return _kinds()[self.name]

    @property
    def meaning(self) -> str:
        """The description, with the choices."""
        return f"{self.description} ({in_words(self.choices, last='or')})" if self.choices else self.description


def _setting(
    default: Any,
    description: str,
    *,
    reads: Callable[..., Any] | None = None,
    shows: Callable[[Any], Any] | None = None,
    **bounds: Any,
) -> Any:
    # init=False stops `dataclasses.replace` from passing parsed values to be parsed again: use `with_changes`.
    return field(
        init=False,
        default=default,
        metadata={"description": description, "reads": reads, "shows": shows, "bounds": bounds},
    )


def _duration(default: int, description: str, **bounds: Any) -> Any:
    return _setting(default, description, reads=parse_duration, shows=duration_text, **bounds)


def _limits(default: tuple[Limit, ...], description: str) -> Any:
    return _setting(default, description, reads=parse_limits, shows=limits_text)


@dataclass(frozen=True, init=False)
class Settings(Attributes):
    """How an emulated account behaves. `copper-emulator docs assumptions` says why, where Copper says nothing."""

    profile: Profile = _setting(
        Profile.SUPPORT_PAGE, "which of Copper's two tables of topics applies (they differ in activity_log)"
    )
    limits: tuple[Limit, ...] = _limits(
        parse_limits("600/1m,1800/10m"), "notifications an account may be sent, like 600/1m,1800/10m, or off"
    )
    over_limit: OverLimit = _setting(OverLimit.HOLD, "what happens to a notification over a limit")
    window: WindowKind = _setting(WindowKind.FIXED, "kind of limit window")
    latency: Latency = _setting(
        Latency(0, 0),
        "time from change to notification: 0, 30s, or a range like 0-15m",
        reads=parse_latency,
        shows=str,
    )
    seed: int = _setting(0, "seed of all random draws; random chooses one", reads=parse_seed)
    batch: int = _setting(MAX_IDS, "most ids in one notification", ge=1, le=MAX_IDS)
    duplicates: Literal["deliver", "replace"] = _setting(
        "deliver", "the same topic subscribed twice: both deliver, or the new one replaces the old"
    )
    timestamp: Literal["change", "sent"] = _setting("change", "which moment a notification's timestamp gives")
    empty_attributes: Literal["present", "absent"] = _setting(
        "present", "updated_attributes in new and delete: {} as recorded, or absent as documented"
    )
    secret_collision: Literal["accept", "refuse"] = _setting(
        "accept", "a secret key with the name of a payload key: accept with a hint, or refuse"
    )
    allow_http: bool = _setting(False, "accept http:// targets on loopback")
    allow_targets: frozenset[str] = _setting(
        frozenset(), "hosts beyond loopback that notifications may go to (never Copper's own)", reads=parse_hosts
    )
    ca: tuple[str, ...] = _setting(
        (),
        "PEM file of certificate authorities to trust for https:// endpoints",
        reads=parse_files,
    )
    timeout: int = _duration(10_000, "how long an endpoint may take to answer", gt=0)
    in_flight: int = _setting(1, "notifications sent at once to one target; 1 sends strictly one by one", ge=1, le=1000)
    echo_depth: int = _setting(25, "how many deliveries may each cause the next before it counts as a loop", ge=0)
    user_agent: str = _setting(
        f"copper-emulator/{__version__}", "User-Agent of notifications", pattern=r"^[\x20-\x7e]+$"
    )
    lead_conversion: Conversion = _setting(
        Conversion.DELETE, "what happens to a converted lead: deleted, or kept and updated"
    )
    read_only_fields: Literal["ignore", "refuse"] = _setting(
        "ignore", "what a write does with fields that cannot be written: ignore them with a hint, or refuse"
    )
    search_lag: int = _duration(0, "how long searches do not find new records yet, and still find deleted ones")
    fetch_race: FetchRace = _setting(
        FetchRace.NONE, "what happens to a record between its notification and the endpoint's fetch"
    )
    api_limits: tuple[Limit, ...] = _limits(
        (), "API calls allowed in rolling windows, like 180/1m as documented, or off"
    )
    bulk_limits: tuple[Limit, ...] = _limits((), "the same for bulk calls alone, like 3/1s as documented, or off")
    faults: tuple[Fault, ...] = _setting(
        (),
        "faults that are on from the start, like lose=20% outage=10m, or off",
        reads=parse_faults,
        shows=faults_text,
    )
    intercept: bool = _setting(False, "whether calls to https://api.copper.com reach the account, while a test has it")
    strict: bool = _setting(True, "whether unexpected problems fail the test at its end")
    allow: frozenset[int | str] = _setting(
        frozenset(),
        "what may go wrong without failing the test: statuses, outcomes, exception, due",
        reads=parse_permits,
    )

    def __init__(self, /, **values: Any) -> None:
        """Take values as people write them. Raises SettingsError with every mistake found."""
        __tracebackhide__ = True
        # Values not given are left to the class attributes.
        self.__dict__.update(_read(values))

    def __repr__(self) -> str:
        """Those that differ from the defaults, as people write them."""
        written = self.as_json(self.differing)
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in written.items())})"

    @classmethod
    def from_document(cls, values: Mapping[str, Any]) -> Self:
        """Settings from a state file or a snapshot: the files they name need not exist here. Raises SettingsError."""
        return cls().with_unchecked(_read(values, elsewhere=True))

    def with_changes(self, values: Mapping[str, Any]) -> Self:
        """These settings with some replaced and checked like new ones. Raises SettingsError."""
        # The others are not parsed again: their milliseconds would be taken for seconds.
        return self.with_unchecked(_read(values))

    def __replace__(self, /, **values: Any) -> Self:
        """Support `copy.replace`, from Python 3.13 on."""
        return self.with_changes(values)

    def with_unchecked(self, values: Mapping[str, Any]) -> Self:
        """These settings with some replaced by values as they are: nothing parses or checks them."""
        changed = type(self)()
        changed.__dict__.update(self.__dict__, **values)
        return changed

    @property
    def given(self) -> frozenset[str]:
        """The names of the settings that were given a value, even if it is the default."""
        return frozenset(self.__dict__)

    @property
    def differing(self) -> list[str]:
        """The names of the settings whose values differ from the defaults."""
        return [name for name, setting in SETTINGS.items() if getattr(self, name) != setting.default]

    def only(self, names: Iterable[str]) -> Self:
        """These settings for the given names, and the defaults for all others."""
        return type(self)().with_unchecked({name: getattr(self, name) for name in names})

    def as_json(self, names: Iterable[str] | None = None) -> dict[str, Any]:
        """Some settings, by default all, in their written form and ready for JSON."""
        document: dict[str, Any] = _checks().as_json(self, frozenset(SETTINGS if names is None else names))
        return document

    def rules(self) -> Rules:
        """What the core needs of the settings, in its own terms."""
        return Rules(
            profile=self.profile,
            limits=self.limits,
            over_limit=self.over_limit,
            window=self.window,
            latency=self.latency,
            seed=self.seed,
            batch=self.batch,
            replace_duplicates=self.duplicates == "replace",
            timestamp_when_sent=self.timestamp == "sent",
            empty_attributes=self.empty_attributes == "present",
            allow_http=self.allow_http,
            refuse_secret_collisions=self.secret_collision == "refuse",
            timeout_ms=self.timeout,
            in_flight=self.in_flight,
            echo_depth=self.echo_depth,
            user_agent=self.user_agent,
            lead_conversion=self.lead_conversion,
            refuse_read_only=self.read_only_fields == "refuse",
            search_lag_ms=self.search_lag,
            fetch_race=self.fetch_race,
            api_limits=self.api_limits,
            bulk_limits=self.bulk_limits,
            faults=self.faults,
        )


def _read(values: Mapping[str, Any], *, elsewhere: bool = False) -> Mapping[str, Any]:
    __tracebackhide__ = True
    return _checks().read(values, elsewhere=elsewhere) if values else {}


def _checks() -> ModuleType:
    # `load`, because the first settings with a value may be made while time is frozen.
    return load("copper_emulator.setting_checks")


@cache
def _kinds() -> Mapping[str, Any]:
    return get_type_hints(Settings)


def _choices(annotated: Field[Any]) -> tuple[str, ...]:
    if isinstance(annotated.default, Enum):
        return tuple(map(str, type(annotated.default)))
    # Annotations are texts here; resolving those of all settings would make loading this module several times slower.
    written = str(annotated.type)
    return tuple(re.findall(r"[\w-]+", written)[1:]) if written.startswith("Literal[") else ()


SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {each.name: Setting(each.name, each.default, choices=_choices(each), **each.metadata) for each in fields(Settings)}
)
"""All settings by name, in order."""


def no_setting(name: str) -> str:
    """The error text for an unknown setting, with the name that may be meant."""
    return no_such("setting", name, SETTINGS)


def _refuse_change(self: Settings, name: str, value: object = "...") -> None:
    __tracebackhide__ = True
    if name not in SETTINGS:
        raise FrozenInstanceError(no_setting(name))
    given = f"{name}={value!r}"
    meanwhile = f"; while it is used, copper.faults.latency({value!r})" if name == "latency" else ""
    raise FrozenInstanceError(
        f"an account has its settings from the start: give them with @pytest.mark.copper({given}), the fixture "
        f"copper_settings, copper_{name} in the ini file, make_copper({given}) or Emulator({given}), and to an account "
        f"of a running server with copper-emulator settings{meanwhile}"
    )


# Not in the class, where `dataclass` itself puts these: they refuse, too, but do not say what to do instead.
Settings.__setattr__ = _refuse_change  # type: ignore[assignment, method-assign]
Settings.__delattr__ = _refuse_change  # type: ignore[assignment, method-assign]


# People are referred to `help(copper_emulator.Settings)` for the list of settings.
Settings.__doc__ = f"{Settings.__doc__}\n\n" + "\n".join(
    f"{name}: {setting.meaning}" for name, setting in SETTINGS.items()
)
