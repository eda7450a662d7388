"""What was done to an account, in a form that lets it be done again: the arguments, and the resulting ids.

`Account.on_performed` is called with each of these once it has been done. What Copper, a fault or an endpoint did by
itself is not reported: it will happen again by itself.
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
    """Records were created, in one action."""

    kind: EntityType
    rows: Rows


@dataclass(frozen=True, slots=True)
class Updated:
    """Fields of records were written, in one action."""

    kind: EntityType
    rows: Rows


@dataclass(frozen=True, slots=True)
class Deleted:
    """Records were deleted, in one action."""

    kind: EntityType
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Seeded:
    """Records were put in place without a change."""

    kind: EntityType
    rows: Rows


@dataclass(frozen=True, slots=True)
class Merged:
    """Two records were merged into one."""

    kind: EntityType
    winner: int
    loser: int


@dataclass(frozen=True, slots=True)
class Converted:
    """A lead was converted: `became` maps the name of each part to the id of its record."""

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
    """A relation was removed."""

    one: Named
    other: Named


@dataclass(frozen=True, slots=True)
class Entered:
    """An entry was added to a lookup table."""

    table: str
    entry: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EntryChanged:
    """An entry of a lookup table was changed."""

    table: str
    id: int
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EntryRemoved:
    """An entry of a lookup table was removed."""

    table: str
    id: int


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """The account's own details were changed."""

    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fired:
    """A bare event was fired."""

    topic: Topic
    ids: tuple[int, ...]
    updated_attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Replayed:
    """A captured or made-up body was sent."""

    body: bytes
    target: str
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription was created."""

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
    """A target was paused."""

    target: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """A paused target was resumed."""

    target: str


@dataclass(frozen=True, slots=True)
class RulesChanged:
    """The account's rules were changed."""


@dataclass(frozen=True, slots=True)
class FaultOn:
    """A fault was switched on."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class FaultsOff:
    """Faults were switched off; `left` are still on."""

    faults: tuple[Fault, ...]
    left: tuple[Fault, ...]


Performed: TypeAlias = (
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

EntryPerformed: TypeAlias = Entered | EntryChanged | EntryRemoved | AccountChanged
"""What can be reported about lookup tables."""
