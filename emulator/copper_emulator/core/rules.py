"""The rules of one account, already parsed: `settings.py` makes them from what people write."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from copper_emulator.core.text import duration_text
from copper_emulator.core.topics import Profile

if TYPE_CHECKING:
    from copper_emulator.core.fault import Fault

MAX_IDS = 30
"""Most ids in one notification; more are split into several (developer.copper.com, webhooks overview)."""

MAX_SUBSCRIPTIONS = 100
"""Active subscriptions an account may have (developer.copper.com, webhooks overview)."""


PAYLOAD_KEYS = ("subscription_id", "event", "type", "ids", "updated_attributes", "timestamp")
"""A notification's own keys, in their recorded order; a secret of the same name cannot replace them."""


class OverLimit(StrEnum):
    """What happens to notifications that exceed a limit. Copper says only that sending stops until the limit renews."""

    HOLD = "hold"
    DROP = "drop"


class WindowKind(StrEnum):
    """fixed: opens with the first notification, renews when it ends. rolling: always the latest span of time."""

    FIXED = "fixed"
    ROLLING = "rolling"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` notifications in `length_ms`."""

    count: int
    length_ms: int

    def __str__(self) -> str:
        return _limit_text(self.count, self.length_ms)


@lru_cache(maxsize=100)
def _limit_text(count: int, length_ms: int) -> str:
    # Cached, as it is needed with every change that meets a limit.
    return f"{count}/{duration_text(length_ms)}"


@dataclass(frozen=True, slots=True)
class Latency:
    """How long after the change a notification is due: drawn between `low_ms` and `high_ms`, both inclusive."""

    low_ms: int
    high_ms: int

    def __str__(self) -> str:
        if self.low_ms == self.high_ms:
            return duration_text(self.low_ms)
        return f"{duration_text(self.low_ms)}-{duration_text(self.high_ms)}"


class Conversion(StrEnum):
    """What becomes of a converted lead: deleted, as observed, or kept and updated with what it became."""

    DELETE = "delete"
    UPDATE = "update"


class FetchRace(StrEnum):
    """What happens to a record between its notification and the endpoint's fetch of it."""

    NONE = "none"
    DELETED = "deleted"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Rules:
    """One account's settings as the core needs them. The defaults are in `settings.py` alone."""

    profile: Profile
    limits: tuple[Limit, ...]
    over_limit: OverLimit
    window: WindowKind
    latency: Latency
    seed: int
    batch: int
    replace_duplicates: bool
    timestamp_when_sent: bool
    empty_attributes: bool
    allow_http: bool
    refuse_secret_collisions: bool
    timeout_ms: int
    in_flight: int
    echo_depth: int
    user_agent: str
    lead_conversion: Conversion
    refuse_read_only: bool
    search_lag_ms: int
    fetch_race: FetchRace
    api_limits: tuple[Limit, ...]
    bulk_limits: tuple[Limit, ...]
    faults: tuple[Fault, ...]
