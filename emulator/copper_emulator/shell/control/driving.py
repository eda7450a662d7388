"""The control API for tests driven from outside: delivering what is due, relations, and switching the key."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.kinds import kind_called
from copper_emulator.core.text import duration_text
from copper_emulator.core.wire import iso
from copper_emulator.shell.control.bases import Nothing, Shape, Taken
from copper_emulator.shell.control.models import Duration, RecordId, Word
from copper_emulator.shell.control.operation import Operation
from copper_emulator.shell.control.record_models import OfType
from copper_emulator.shell.delivering.background import PATIENCE_MS
from copper_emulator.shell.served.account import ServedAccount


class Other(Taken):
    """A record, by its type and id."""

    type: Word = Field(description="person or people, lead or leads, ...")
    id: RecordId


class Relation(OfType):
    """Two records."""

    id: RecordId
    other: Other


class RelatedShape(Shape):
    """What a record is related to."""

    type: EntityType
    id: int
    related: list[dict[str, Any]] = Field(description="{type, id} of each")
    changed: bool = Field(description="false if they were related already")


class Settle(Taken):
    """How long to wait, while time stands still, for what is on its way, before the request is refused."""

    within: Duration = Field(
        PATIENCE_MS, validate_default=False, json_schema_extra={"default": duration_text(PATIENCE_MS)}
    )


class SettledShape(Shape):
    """Everything that was due has been delivered."""

    now: str
    notifications: list[int] = Field(description="the serials of those that ended, in order")


class KeyShape(Shape):
    """The account's key from now on."""

    token: str
    headers: dict[str, str] = Field(description="a client of Copper calls the emulated API with these")


async def settle_account(served: ServedAccount, params: Settle) -> SettledShape:
    """Deliver what is due, and wait for what is on its way; time stands still meanwhile.

    409 if that takes longer than `within`: an endpoint that settles while it is notified would wait for its own answer.
    """
    deliveries = await served.runner.settle(within_ms=params.within)
    return SettledShape(now=iso(served.tenant.now()), notifications=[each.notification.serial for each in deliveries])


async def switch_key(served: ServedAccount, params: Nothing) -> KeyShape:
    """Give the account a new key; the old one is answered 401 from now on, but its subscriptions keep firing."""
    key = served.tenant.switch_key()
    return KeyShape(token=key.token, headers=key.headers)


async def relate(served: ServedAccount, params: Relation) -> RelatedShape:
    """Relate two records; Copper sends no notifications about relations. Relating them twice is no error."""
    one, other = (kind_called(params.type), params.id), (kind_called(params.other.type), params.other.id)
    is_new = served.tenant.record(lambda account, now: account.relate(one, other, now))
    return _related(served, params, changed=is_new)


async def unrelate(served: ServedAccount, params: Relation) -> RelatedShape:
    """Remove a relation; Copper sends no notifications about relations."""
    one, other = (kind_called(params.type), params.id), (kind_called(params.other.type), params.other.id)
    served.tenant.record(lambda account, now: account.unrelate(one, other, now))
    return _related(served, params)


def _related(served: ServedAccount, params: Relation, *, changed: bool = True) -> RelatedShape:
    kind = kind_called(params.type)
    with served.tenant.lock:
        others = served.tenant.account.records.relations.of((kind, params.id))
    related = [{"type": str(each), "id": number} for each, number in others]
    return RelatedShape(type=kind, id=params.id, related=related, changed=changed)


DRIVING_OPERATIONS: tuple[Operation[Any], ...] = (
    Operation("POST", "/clock/settle", "Deliver what is due", Settle, SettledShape, settle_account),
    Operation("POST", "/records/{type}/relate", "Relate two records", Relation, RelatedShape, relate),
    Operation("POST", "/records/{type}/unrelate", "Remove a relation", Relation, RelatedShape, unrelate),
    Operation("POST", "/switch-key", "Switch the key", Nothing, KeyShape, switch_key),
)
