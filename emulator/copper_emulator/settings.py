"""Every setting of the emulator, with its default: the one place where defaults stand.

A setting has the same name in Python, in the `copper` marker, as an ini key (`copper_limits`), as an option
(`--copper-limits`, `serve --limits`) and in a scenario, and the same way to write its value everywhere.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError, ValidationInfo

from copper_emulator.core.errors import AuthorityError, SettingsError
from copper_emulator.core.fault import Fault
from copper_emulator.core.model import Outcome
from copper_emulator.core.rules import MAX_IDS, Conversion, FetchRace, Latency, Limit, OverLimit, Rules, WindowKind
from copper_emulator.core.targets import is_copper
from copper_emulator.core.text import duration_text, meant
from copper_emulator.core.topics import Profile
from copper_emulator.durations import limits_text, parse_duration, parse_latency, parse_limits
from copper_emulator.fault_texts import faults_text, parse_faults
from copper_emulator.value_faults import value_fault
from copper_emulator.version import __version__

Milliseconds = Annotated[int, BeforeValidator(parse_duration), PlainSerializer(duration_text)]
LatencyRange = Annotated[Latency, BeforeValidator(parse_latency), PlainSerializer(str)]
Limits = Annotated[tuple[Limit, ...], BeforeValidator(parse_limits), PlainSerializer(limits_text)]
Faults = Annotated[tuple[Fault, ...], BeforeValidator(parse_faults), PlainSerializer(faults_text)]

DUE = "due"
"""The name under which `allow` permits what was due and never given the chance to go."""

_PERMITS = frozenset({*(str(outcome) for outcome in Outcome), DUE, "exception"})


RANDOM = "random"
"""The seed that is another one each time."""


def _parse_seed(value: object) -> object:
    if value == RANDOM:
        return secrets.randbelow(2**32)
    if isinstance(value, str) and not re.fullmatch(r"\s*[+-]?\d+\s*", value):
        raise ValueError(f"{value!r} is neither a whole number nor {RANDOM}")
    return value


def _parse_permits(value: object) -> frozenset[int | str]:
    """`500,blocked` or {500, "blocked"}: statuses, outcomes, `exception` (in the endpoint) or `due`."""
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, int) and not isinstance(value, bool):
        value = [value]
    if not isinstance(value, Iterable) or isinstance(value, Mapping):
        raise ValueError(f"{value!r} is not a set of statuses and outcomes")
    return frozenset(_parse_permit(item) for item in value)


def _parse_permit(item: object) -> int | str:
    text = str(item)
    if text.isdecimal() and 100 <= int(text) <= 599:
        return int(text)
    if text in _PERMITS:
        return text
    raise ValueError(f"{item!r} is neither a status (100 to 599) nor one of {', '.join(sorted(_PERMITS))}")


def _parse_hosts(value: object) -> frozenset[str]:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, Iterable) or isinstance(value, Mapping):
        raise ValueError(f"{value!r} is not a list of hosts")
    hosts = frozenset(str(item).lower() for item in value)
    for host in hosts:
        if "/" in host or (":" in host.strip("[]") and not host.startswith("[")):
            raise ValueError(f"{host!r} is not a host: write only its name, like hooks.example.com")
    forbidden = {host for host in hosts if is_copper(host)}
    if forbidden:
        raise ValueError(f"nothing is ever delivered to Copper itself ({', '.join(sorted(forbidden))})")
    return hosts


def _parse_files(value: object, info: ValidationInfo) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, Path):
        value = [value]
    if not isinstance(value, Iterable) or isinstance(value, Mapping | bytes):
        raise ValueError(f"{value!r} is not a list of files")
    paths = [Path(item) if isinstance(item, str | Path) else _no_file(item) for item in value]
    if info.context != _ELSEWHERE:
        for path in paths:
            _check_authorities(path)
    # Absolute, for what reads it later may be somewhere else.
    return tuple(str(path.absolute()) for path in paths)


def _no_file(item: object) -> Path:
    raise ValueError(f"{item!r} is no name of a file")


def _check_authorities(path: Path) -> None:
    # Imported at first need: it brings OpenSSL with it.
    from copper_emulator.ca_files import check_file

    try:
        check_file(path)
    except AuthorityError as error:
        raise ValueError(str(error)) from None


_ELSEWHERE = "written down elsewhere"
"""What pydantic hands on where the files that settings name may be those of another machine, or of another time."""

Seed = Annotated[int, BeforeValidator(_parse_seed)]
Permits = Annotated[frozenset[int | str], BeforeValidator(_parse_permits)]
Hosts = Annotated[frozenset[str], BeforeValidator(_parse_hosts)]
Files = Annotated[tuple[str, ...], BeforeValidator(_parse_files)]


class Settings(BaseModel):
    """How an emulated account behaves. Where Copper is silent, docs/assumptions.md gives the default's reason."""

    # What checks values is made with the first that is given, not with the class: most accounts are given none.
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True)

    profile: Profile = Field(
        Profile.SUPPORT_PAGE, description="which of Copper's two tables of topics applies (they differ in activity_log)"
    )
    limits: Limits = Field(
        parse_limits("600/1m,1800/10m"),
        description="notifications an account may be sent, like 600/1m,1800/10m, or off",
    )
    over_limit: OverLimit = Field(OverLimit.HOLD, description="what happens to a notification over a limit")
    window: WindowKind = Field(WindowKind.FIXED, description="kind of limit window")
    latency: LatencyRange = Field(
        Latency(0, 0), description="time from change to notification: 0, 30s, or a range like 0-15m"
    )
    seed: Seed = Field(0, description="where all draws come from; random chooses one")
    batch: int = Field(MAX_IDS, ge=1, le=MAX_IDS, description="most ids in one notification")
    duplicates: Literal["deliver", "replace"] = Field(
        "deliver", description="the same topic subscribed twice: both deliver, or the new one replaces the old"
    )
    timestamp: Literal["change", "sent"] = Field("change", description="what a notification's timestamp tells")
    empty_attributes: Literal["present", "absent"] = Field(
        "present", description="updated_attributes in new and delete: {} as recorded, or absent as documented"
    )
    secret_collision: Literal["accept", "refuse"] = Field(
        "accept", description="a secret key with the name of a payload key: accept with a hint, or refuse"
    )
    allow_http: bool = Field(False, description="accept http:// targets on loopback")
    allow_targets: Hosts = Field(
        frozenset(), description="hosts beyond loopback that may really be sent to (never Copper's own)"
    )
    ca: Files = Field(
        (), description="file of certificate authorities (PEM) that https:// endpoints may have their certificates from"
    )
    timeout: Milliseconds = Field(10_000, gt=0, description="how long an endpoint may take to answer")
    in_flight: int = Field(
        1, ge=1, le=1000, description="how many at once to one target; 1 sends strictly one after another"
    )
    echo_depth: int = Field(
        25, ge=0, description="how many deliveries may each cause the next before it is called a loop"
    )
    user_agent: str = Field(
        f"copper-emulator/{__version__}", pattern=r"^[\x20-\x7e]+$", description="User-Agent of notifications"
    )
    lead_conversion: Conversion = Field(
        Conversion.DELETE, description="what becomes of a converted lead: deleted, or kept and updated"
    )
    read_only_fields: Literal["ignore", "refuse"] = Field(
        "ignore", description="what a write does with fields that cannot be written: ignore them with a hint, or refuse"
    )
    search_lag: Milliseconds = Field(
        0, description="how long searches do not see new records yet, and still see deleted ones"
    )
    fetch_race: FetchRace = Field(
        FetchRace.NONE, description="what happens to a record between its notification and the endpoint's fetch"
    )
    api_limits: Limits = Field((), description="calls of the API in rolling windows, like 180/1m as documented, or off")
    bulk_limits: Limits = Field((), description="the same for bulk calls alone, like 3/1s as documented, or off")
    faults: Faults = Field((), description="faults that are on from the start, like lose=20% outage=10m, or off")
    intercept: bool = Field(
        False, description="whether calls of https://api.copper.com lead to the account, while a test has it"
    )
    strict: bool = Field(True, description="whether what went wrong unexpectedly fails the test at its end")
    allow: Permits = Field(
        frozenset(), description="what may go wrong without failing the test: statuses, outcomes, exception, due"
    )

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Settings from names and values as people write them. Raises SettingsError with every fault found."""
        __tracebackhide__ = True
        if not values:
            # The defaults are never checked, so there is nothing to make the checks for.
            return cls.model_construct()
        try:
            return cls(**values)
        except ValidationError as error:
            raise SettingsError(_explain(error)) from None

    @classmethod
    def written(cls, values: Mapping[str, Any]) -> Self:
        """Settings as they were written down: the files that they name need not be here. Raises SettingsError."""
        try:
            return cls.model_validate(dict(values), context=_ELSEWHERE)
        except ValidationError as error:
            raise SettingsError(_explain(error)) from None

    def with_changes(self, values: Mapping[str, Any]) -> Self:
        """These settings with some replaced, checked like new ones. Raises SettingsError."""
        changed = self.of(values)
        # What stays was read once: read again, its milliseconds would be taken for seconds.
        return self.model_copy(update={name: getattr(changed, name) for name in changed.model_fields_set})

    def rules(self) -> Rules:
        """What of it the core needs, in its own words."""
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


def _no_setting(name: str) -> str:
    near = meant(name, Settings.model_fields)
    hint = f" Did you mean {near}?" if near is not None else ""
    return f"there is no setting {name!r}.{hint} The settings are {', '.join(Settings.model_fields)}"


def _explain(error: ValidationError) -> str:
    lines = []
    for fault in error.errors():
        name = str(fault["loc"][0]) if fault["loc"] else "settings"
        if fault["type"] == "extra_forbidden":
            lines.append(_no_setting(name))
        else:
            lines.append(f"{name}: {value_fault(dict(fault))}")
    return "; ".join(dict.fromkeys(lines))
