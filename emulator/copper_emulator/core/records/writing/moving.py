"""What does a record pass on to the one that takes its place? Relations, fields that refer to it, activities.

Neither relations nor new activities are changes of a record, so none of this is notified or affects `date_modified`.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from copper_emulator.core.errors import Invalid
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.interactions import interaction_fields
from copper_emulator.core.records.relations import LINKS, Item, linked
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.tables import ACTIVITY, PERSON


def hand_over(store: RecordStore, old: Item, new: Item) -> None:
    """Make everything that refers to the old record refer to the new one; relations it cannot have are dropped."""
    for other in store.relations.of(old):
        # A seeded record may refer to one that was never seeded.
        if store.has_record(*other):
            _redirect(store, other, old, new)
    if old[0] is PERSON:
        store.replace_contact(old[1], by=new[1])
    for activity_id in store.activities.of(old):
        store.quietly((ACTIVITY, activity_id), {"parent": _reference(new)})
    # Interactions that are left came with the record, not from activities.
    record = store.stored(*old)
    store.quietly(
        new,
        interaction_fields(new[0], store.stored(*new), record["interaction_count"], record.get("date_last_contacted")),
    )
    store.quietly(old, interaction_fields(old[0], record, -record["interaction_count"], None))


def _redirect(store: RecordStore, other: Item, old: Item, new: Item) -> None:
    record = store.stored(*other)
    names = [name for name in LINKS.get(other[0], ()) if linked(other[0], name, record) == old]
    store.quietly(other, {name: _link(other[0], name, new) for name in names})
    if not names:
        store.relations.remove(old, other)
        # A person can have only one company: the new record keeps its own.
        with suppress(Invalid):
            store.relate(new, other)


def _link(kind: EntityType, name: str, item: Item) -> Any:
    return _reference(item) if LINKS[kind][name] is None else item[1]


def _reference(item: Item) -> dict[str, Any]:
    return {"id": item[1], "type": str(item[0])}
