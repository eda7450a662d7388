"""Expressing what was done in an account as steps of a scenario."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from copper_emulator.core import performed
from copper_emulator.core.arguments import captured_topic
from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import EntityType, Subscription
from copper_emulator.core.records.fields import Access
from copper_emulator.core.records.lookups.tables import LOOKUPS
from copper_emulator.core.records.samples import NUMBER, numbered, with_samples
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.tables import TABLES
from copper_emulator.shell.recording.names import Names
from copper_emulator.shell.recording.yaml_text import Remark

StepOrRemark = dict[str, Any] | Remark
"""One action with its parts, or a comment on something that no action can do."""

_OUR_OWN = frozenset({"content-type", "user-agent"})


class Steps:
    """Turns what was done during one recording into actions, with the names given so far."""

    def __init__(self, store: RecordStore) -> None:
        self.names = Names(store)
        self._subscriptions: dict[int, str] = {}
        self._used: Counter[str] = Counter()
        self._steps_of: dict[type, Callable[[Any], Iterator[StepOrRemark]]] = {
            performed.Created: self._created,
            performed.Updated: self._updated,
            performed.Deleted: self._deleted,
            performed.Seeded: self._seeded,
            performed.Merged: self._merged,
            performed.Converted: self._converted,
            performed.Related: lambda each: self._relation(each, "relate", "to"),
            performed.Unrelated: lambda each: self._relation(each, "unrelate", "from"),
            performed.Entered: self._entered,
            performed.Fired: self._fired,
            performed.Replayed: self._replayed,
            performed.Subscribed: self._subscribed,
            performed.Resubscribed: self._resubscribed,
            performed.Unsubscribed: self._unsubscribed,
            performed.Paused: lambda each: unrepeatable(f"the target {each.target} was paused"),
            performed.Resumed: lambda each: unrepeatable(f"the target {each.target} was resumed"),
            performed.RulesChanged: lambda _: unrepeatable("settings were changed"),
            performed.KeySwitched: lambda _: iter([{"switch_key": True}]),
            performed.FaultOn: lambda each: iter([{"faults": [str(each.fault)]}]),
            performed.FaultsOff: self._faults_off,
            performed.EntryChanged: lambda each: unrepeatable(f"{LOOKUPS[each.table].noun} {each.id} was changed"),
            performed.EntryRemoved: lambda each: unrepeatable(f"{LOOKUPS[each.table].noun} {each.id} was removed"),
            performed.AccountChanged: lambda each: iter([{"account": dict(each.fields)}] if each.fields else ()),
        }

    def of(self, what: performed.Performed) -> list[StepOrRemark]:
        """The steps that repeat what was done."""
        return list(self._steps_of[type(what)](what))

    def subscription(self, subscription: Subscription) -> tuple[str, dict[str, Any]]:
        """Name a subscription; return the name and the subscription's parts."""
        name = f"{subscription.type}_{subscription.event}"
        self._used[name] += 1
        if self._used[name] > 1:
            name = f"{name}_{self._used[name]}"
        self._subscriptions[subscription.id] = name
        extras = ("secret", "headers", "custom_field_computed_values")
        given = {extra: getattr(subscription, extra) for extra in extras}
        topic, target = str(subscription.topic), subscription.target
        return name, {
            "topic": topic,
            "target": target,
            **{extra: value for extra, value in given.items() if value is not None},
        }

    # --- records --------------------------------------------------------------------------------------------

    def _created(self, made: performed.Created) -> Iterator[StepOrRemark]:
        rows = [self._fields(made.kind, body, Access.NEVER) for _, body in made.rows]
        name = self.names.give(made.kind, [record_id for record_id, _ in made.rows])
        yield {"create": {"type": str(made.kind), "as": name, **_alike(made.kind, rows)}}

    def _updated(self, written: performed.Updated) -> Iterator[StepOrRemark]:
        ids = [record_id for record_id, _ in written.rows]
        names = self.names.all_of(written.kind, ids)
        if names is None:
            yield _unknown("update", written.kind, ids)
            return
        rows = [self._fields(written.kind, body, Access.NEVER, Access.CREATE) for _, body in written.rows]
        if not any(rows):
            yield Remark(f"an update of {', '.join(names)} named nothing writable")
            return
        same = all(row == rows[0] for row in rows) and len(set(names)) == len(names) and not _has_number(rows[0])
        yield {"update": {"records": _one(names), **({"fields": rows[0]} if same else {"rows": rows})}}

    def _deleted(self, removed: performed.Deleted) -> Iterator[StepOrRemark]:
        names = self.names.all_of(removed.kind, removed.ids)
        yield _unknown("delete", removed.kind, removed.ids) if names is None else {"delete": {"records": _one(names)}}

    def _seeded(self, made: performed.Seeded) -> Iterator[StepOrRemark]:
        rows = [_known_fields(made.kind, body) for _, body in made.rows]
        name = self.names.give(made.kind, [record_id for record_id, _ in made.rows])
        yield {"seed": {"type": str(made.kind), "as": name, "rows": rows}}

    def _merged(self, merged: performed.Merged) -> Iterator[StepOrRemark]:
        names = self.names.all_of(merged.kind, [merged.winner, merged.loser])
        if names is None:
            yield _unknown("merge", merged.kind, [merged.winner, merged.loser])
        else:
            yield {"merge": {"winner": names[0], "loser": names[1]}}

    def _converted(self, converted: performed.Converted) -> Iterator[StepOrRemark]:
        lead = self.names.of(EntityType.LEAD, converted.lead)
        if lead is None:
            yield _unknown("convert", EntityType.LEAD, [converted.lead])
            return
        details = converted.body.get("details") if isinstance(converted.body, Mapping) else None
        parts = {part: self._part(part, given) for part, given in (details or {}).items() if given is not None}
        named = {
            part: self.names.give(EntityType(part), [record_id])
            for part, record_id in converted.became.items()
            if self.names.of(EntityType(part), record_id) is None
        }
        yield {"convert": {"lead": lead, **({"as": named} if named else {}), **parts}}

    def _part(self, part: str, given: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: self.names.reference(EntityType(part), value) if name == "id" else self.names.value(value)
            for name, value in given.items()
        }

    def _relation(self, related: performed.Related | performed.Unrelated, verb: str, to: str) -> Iterator[StepOrRemark]:
        one, other = self.names.of(*related.one), self.names.of(*related.other)
        if one is None or other is None:
            yield _unknown(verb, related.one[0], [related.one[1]])
        else:
            yield {verb: {"records": one, to: other}}

    def _fields(self, kind: EntityType, body: Mapping[str, Any], *fixed: Access) -> dict[str, Any]:
        """The fields of a body that can be written; the others were ignored."""
        by_name = TABLES[kind].by_name
        written = {name: value for name, value in body.items() if name in by_name and by_name[name].access not in fixed}
        return self.names.fields(kind, written)

    # --- what else happens ----------------------------------------------------------------------------------

    def _entered(self, entered: performed.Entered) -> Iterator[StepOrRemark]:
        yield {"lookup": {"table": entered.table, "add": dict(entered.entry)}}

    def _fired(self, fired: performed.Fired) -> Iterator[StepOrRemark]:
        names = self.names.all_of(fired.topic.type, fired.ids)
        which: dict[str, Any] = {"ids": _one(fired.ids)} if names is None else {"records": _one(names)}
        given = self.names.value(fired.updated_attributes)
        yield {"fire": {"topic": str(fired.topic), **which, **({"updated_attributes": given} if given else {})}}

    def _replayed(self, replayed: performed.Replayed) -> Iterator[StepOrRemark]:
        try:
            captured_topic(replayed.body)
        except UsageError:
            yield from unrepeatable("a body that is not a notification was sent")
            return
        body = json.loads(replayed.body)
        headers = {name: value for name, value in replayed.headers if name.lower() not in _OUR_OWN}
        ids = [self.names.reference(EntityType(body["type"]), each) for each in body["ids"]]
        parts = {"target": replayed.target, "body": {**body, "ids": ids}, **({"headers": headers} if headers else {})}
        yield {"replay": parts}

    def _subscribed(self, made: performed.Subscribed) -> Iterator[StepOrRemark]:
        name, parts = self.subscription(made.subscription)
        yield {"subscribe": {"as": name, **parts}}

    def _resubscribed(self, changed: performed.Resubscribed) -> Iterator[StepOrRemark]:
        name = self._subscriptions.get(changed.after.id)
        keys = ("target", "secret", "headers", "custom_field_computed_values")
        others = [key for key in keys if getattr(changed.before, key) != getattr(changed.after, key)]
        given = {key: getattr(changed.after, key) for key in others if getattr(changed.after, key) is not None}
        if name is not None and given:
            yield {"resubscribe": {"subscription": name, **given}}
        for key in others:
            if key not in given:
                yield from unrepeatable(f"the {key} of subscription {name} was removed")

    def _unsubscribed(self, removed: performed.Unsubscribed) -> Iterator[StepOrRemark]:
        name = self._subscriptions.get(removed.subscription.id)
        if name is not None:
            yield {"unsubscribe": name}

    def _faults_off(self, off: performed.FaultsOff) -> Iterator[StepOrRemark]:
        yield {"faults": "off"}
        if off.left:
            yield {"faults": [str(fault) for fault in off.left]}


def unrepeatable(what: str) -> Iterator[Remark]:
    """A comment in place of a step."""
    yield Remark(f"{what}: no scenario step can do this")


def _known_fields(kind: EntityType, body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name in TABLES[kind] or name == "id"}


def _alike(kind: EntityType, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Rows in their shortest form: fields alone for one row, a count if `{n}` accounts for all differences."""
    if len(rows) == 1:
        return {"fields": rows[0]} if not _has_number(rows[0]) else {"rows": rows}
    pattern = _as_pattern(rows[1], 2)
    if all(with_samples(kind, pattern, number) == row for number, row in enumerate(rows, start=1)):
        return {"count": len(rows), "fields": pattern}
    return {"rows": list(rows)}


def _as_pattern(value: Any, number: int) -> Any:
    """The value with `{n}` in place of every occurrence of the record's number."""
    if isinstance(value, str):
        return value.replace(str(number), NUMBER)
    if isinstance(value, list):
        return [_as_pattern(item, number) for item in value]
    if isinstance(value, dict):
        return {name: _as_pattern(item, number) for name, item in value.items()}
    return value


def _has_number(row: Mapping[str, Any]) -> bool:
    """Whether any text has a literal `{n}`, which would be replaced when the scenario is played."""
    return bool(numbered(dict(row), 0) != row)


def _one(names: Sequence[Any]) -> Any:
    return names[0] if len(names) == 1 else list(names)


def _unknown(verb: str, kind: EntityType, ids: Sequence[int]) -> Remark:
    which = ", ".join(map(str, ids[:3])) + (", ..." if len(ids) > 3 else "")
    return Remark(f"{verb} {kind} {which}: left out, since no earlier step created the record")
