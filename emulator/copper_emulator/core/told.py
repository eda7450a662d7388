"""What was done to an account, told so that it can be done again: what was given, and the ids that came of it.

`Account.on_told` is given each of these when it has been done. What Copper, a fault or an endpoint did by itself is not
told: it happens by itself again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from copper_emulator.core.fault import Fault
from copper_emulator.core.model import EntityType, Subscription, Topic

Rows: TypeAlias = tuple[tuple[int, Any], ...]
"""Ids of records, each with the body that was given for it."""

Named: TypeAlias = tuple[EntityType, int]
"""A record by its type and id."""


@dataclass(frozen=True, slots=True)
class Created:
    """New records, in one action."""

    kind: EntityType
    rows: Rows


@dataclass(frozen=True, slots=True)
class Updated:
    """Fields of records were written, in one action."""

    kind: EntityType
    rows: Rows


@dataclass(frozen=True, slots=True)
class Deleted:
    """Records were removed, in one action."""

    kind: EntityType
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Seeded:
    """Records that nothing else tells of."""

    kind: EntityType
    rows: Rows


@dataclass(frozen=True, slots=True)
class Merged:
    """Two records became one."""

    kind: EntityType
    winner: int
    loser: int


@dataclass(frozen=True, slots=True)
class Converted:
    """A lead became other records: by the name of each part its id."""

    lead: int
    body: Any
    became: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Related:
    """Two records were related."""

    one: Named
    other: Named


@dataclass(frozen=True, slots=True)
class Unrelated:
    """A relation was taken away."""

    one: Named
    other: Named


@dataclass(frozen=True, slots=True)
class Entered:
    """A lookup table has a new entry."""

    table: str
    entry: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EntryChanged:
    """An entry of a lookup table has new values."""

    table: str
    id: int
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EntryRemoved:
    """An entry of a lookup table was taken away."""

    table: str
    id: int


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """What the account says of itself has new values."""

    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fired:
    """A bare event."""

    topic: Topic
    ids: tuple[int, ...]
    updated_attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Replayed:
    """A body was sent once more, or a made-up one."""

    body: bytes
    target: str
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription was made."""

    subscription: Subscription


@dataclass(frozen=True, slots=True)
class Resubscribed:
    """A subscription was changed."""

    before: Subscription
    after: Subscription


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """A subscription was deleted."""

    subscription: Subscription


@dataclass(frozen=True, slots=True)
class KeySwitched:
    """The account got a new key."""


@dataclass(frozen=True, slots=True)
class Paused:
    """A target gets nothing more."""

    target: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """A target gets what waited for it."""

    target: str


@dataclass(frozen=True, slots=True)
class RulesChanged:
    """The account plays by other rules."""


@dataclass(frozen=True, slots=True)
class FaultOn:
    """A fault was switched on."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class FaultsOff:
    """Faults were switched off; `left` are still on."""

    faults: tuple[Fault, ...]
    left: tuple[Fault, ...]


Told: TypeAlias = (
    Created
    | Updated
    | Deleted
    | Seeded
    | Merged
    | Converted
    | Related
    | Unrelated
    | Entered
    | EntryChanged
    | EntryRemoved
    | AccountChanged
    | Fired
    | Replayed
    | Subscribed
    | Resubscribed
    | Unsubscribed
    | KeySwitched
    | Paused
    | Resumed
    | RulesChanged
    | FaultOn
    | FaultsOff
)

EntryTold: TypeAlias = Entered | EntryChanged | EntryRemoved | AccountChanged
"""What is told of the lookup tables."""
