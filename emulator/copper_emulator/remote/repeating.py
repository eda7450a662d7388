"""What an account reports of a call of the core, repeated as calls of the control API, and the results of those.

The call was tried on a copy of the account first, so its result is known except for ids, which the server assigns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from copper_emulator.control_client import Client
from copper_emulator.core import performed
from copper_emulator.core.account import Account
from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import Change, EntityType, Subscription
from copper_emulator.core.records.record import Record, kind_of

Ids = dict[tuple[str, int], int]
"""The server's id of a thing, by its kind and its id in the copy."""


class Repeater:
    """Repeats on a server what a copy of the account has reported."""

    def __init__(self, client: Client, path: str) -> None:
        self._client = client
        self._path = path
        self._known: dict[type, Callable[[Any], Any]] = {
            performed.Created: self._created,
            performed.Updated: self._updated,
            performed.Deleted: lambda each: self._records(each.kind, "delete", {"ids": list(each.ids)}),
            performed.Seeded: self._seeded,
            performed.Merged: lambda each: self._records(
                each.kind, "merge", {"winner": each.winner, "loser": each.loser}
            ),
            performed.Converted: self._converted,
            performed.Entered: lambda each: self._lookup(each.table, "add", {"entry": dict(each.entry)}),
            performed.EntryChanged: lambda each: self._lookup(
                each.table, "update", {"id": each.id, "fields": each.body}
            ),
            performed.EntryRemoved: lambda each: self._lookup(each.table, "remove", {"id": each.id}),
            performed.AccountChanged: lambda each: self._post("/details", each.fields),
            performed.Fired: self._fired,
            performed.Subscribed: self._subscribed,
            performed.Resubscribed: self._resubscribed,
            performed.Unsubscribed: lambda each: self._client.delete(f"{path}/subscriptions/{each.subscription.id}"),
            performed.FaultOn: lambda each: self._post("/faults", {"on": [str(each.fault)]}),
            performed.FaultsOff: lambda each: self._post("/faults", {"off": [str(fault) for fault in each.faults]}),
            performed.Related: lambda each: self._relation("relate", each),
            performed.Unrelated: lambda each: self._relation("unrelate", each),
        }

    def repeat(self, what: performed.Performed) -> Ids:
        """Do it on the server; returns the ids that differ from those of the copy."""
        do = self._known.get(type(what))
        if do is None:
            raise UsageError(f"{type(what).__name__}: this cannot be done on a server")
        ids = do(what)
        return ids if type(what) in _GIVING_IDS else {}

    def _post(self, verb: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._client.post(f"{self._path}{verb}", body)

    def _records(self, kind: EntityType, verb: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._post(f"/records/{kind}/{verb}", body)

    def _lookup(self, table: str, verb: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._post(f"/lookups/{table}/{verb}", body)

    def _created(self, made: performed.Created) -> Ids:
        answered = self._records(made.kind, "create", {"rows": [body for _, body in made.rows]})
        return _others(made.kind, made.rows, [record["id"] for record in answered["records"]])

    def _seeded(self, made: performed.Seeded) -> Ids:
        return _others(
            made.kind, made.rows, self._records(made.kind, "seed", {"rows": [body for _, body in made.rows]})["ids"]
        )

    def _updated(self, written: performed.Updated) -> None:
        bodies = [body for _, body in written.rows]
        if any(body != bodies[0] for body in bodies):
            raise UsageError("several records with fields of their own cannot be updated on a server in one action")
        ids = [record_id for record_id, _ in written.rows]
        self._records(written.kind, "update", {"ids": ids, "fields": bodies[0]})

    def _converted(self, converted: performed.Converted) -> Ids:
        details = (converted.body or {}).get("details") or {}
        answered = self._records(EntityType.LEAD, "convert", {"id": converted.lead, "details": details})
        return {
            (part, here): answered[part]["id"]
            for part, here in converted.became.items()
            if answered[part] is not None and answered[part]["id"] != here
        }

    def _fired(self, fired: performed.Fired) -> Ids:
        topic = fired.topic
        attributes = {"updated_attributes": dict(fired.updated_attributes)} if fired.updated_attributes else {}
        answered = self._post(
            "/fire", {"type": str(topic.type), "event": str(topic.event), "ids": list(fired.ids), **attributes}
        )
        return {("change", 0): answered["serial"]}

    def _subscribed(self, made: performed.Subscribed) -> Ids:
        subscription = made.subscription
        names = ("secret", "headers", "custom_field_computed_values")
        extras = {name: getattr(subscription, name) for name in names}
        body = {
            "type": str(subscription.type),
            "event": str(subscription.event),
            "target": subscription.target,
            **{name: value for name, value in extras.items() if value is not None},
        }
        answered = self._post("/subscriptions", body)
        return {("subscription", subscription.id): answered["id"]}

    def _resubscribed(self, changed: performed.Resubscribed) -> None:
        names = ("target", "secret", "headers", "custom_field_computed_values")
        before, after = changed.before, changed.after
        body = {name: getattr(after, name) for name in names if getattr(before, name) != getattr(after, name)}
        self._client.put(f"{self._path}/subscriptions/{after.id}", body)

    def _relation(self, verb: str, each: performed.Related | performed.Unrelated) -> None:
        kind, record_id = each.one
        other = {"type": str(each.other[0]), "id": each.other[1]}
        self._records(kind, verb, {"id": record_id, "other": other})


_GIVING_IDS = (performed.Created, performed.Seeded, performed.Converted, performed.Fired, performed.Subscribed)


def _others(kind: EntityType, rows: performed.Rows, ids: Sequence[int]) -> Ids:
    pairs = zip((here for here, _ in rows), ids, strict=True)
    return {(str(kind), here): there for here, there in pairs if here != there}


def as_there(result: Any, ids: Iterable[Ids], account: Account) -> Any:
    """A call's result as the account now has it: with the server's ids, and journal items replaced by its own."""
    return _true(result, {key: value for each in ids for key, value in each.items()}, account)


def _true(result: Any, ids: Ids, account: Account) -> Any:
    if isinstance(result, Record):
        kind = kind_of(result)
        there = ids.get((str(kind), result.id))
        return result if there is None or kind is None else account.records.get(kind, there)
    if isinstance(result, Subscription):
        there = ids.get(("subscription", result.id), result.id)
        return account.subscriptions.find(there) or result
    if isinstance(result, Change):
        serial = ids.get(("change", 0), result.serial)
        return next((change for change in account.journal.changes if change.serial == serial), result)
    if isinstance(result, list):
        # Bare ids are those of seeded records, all of one type.
        others = {here: to for (_, here), to in ids.items()}
        return [others.get(each, each) if isinstance(each, int) else _true(each, ids, account) for each in result]
    if isinstance(result, dict):
        return {name: _true(each, ids, account) for name, each in result.items()}
    return result
