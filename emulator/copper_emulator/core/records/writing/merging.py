"""What happens when two records are merged? The winner keeps its own values and takes what it lacks from the loser.

Copper fires `delete` for the loser (reported by an integrator). That it fires `update` for the winner is an assumption,
and so is the rule for taking over values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from copper_emulator.core.errors import UsageError, raised_on_purpose
from copper_emulator.core.model import EntityType
from copper_emulator.core.performed import Merged
from copper_emulator.core.records.fields import Field
from copper_emulator.core.records.forms.contacts import Entries
from copper_emulator.core.records.forms.custom import CustomFields
from copper_emulator.core.records.record import Record
from copper_emulator.core.records.relations import Item
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.tables import COMPANY, PERSON, TABLES, Stored
from copper_emulator.core.records.writing.action import Action, Command, Done
from copper_emulator.core.records.writing.derived import NAME_PARTS
from copper_emulator.core.records.writing.moving import hand_over
from copper_emulator.core.text import folded

__tracebackhide__ = raised_on_purpose

_ITS_OWN = frozenset(
    # Name parts go with the name; interactions move with the activities (`moving.py`).
    {"name", *NAME_PARTS, "interaction_count", "date_last_contacted", "date_created", "date_modified"}
)


def merge(kind: EntityType, winner_id: int, loser_id: int) -> Command[Record]:
    """Merge two people or two companies into the winner and return it. Raises UsageError, NotFound."""
    if kind not in (PERSON, COMPANY):
        raise UsageError(f"people can be merged, and companies, not {TABLES[kind].plural}")
    if winner_id == loser_id:
        raise UsageError(f"{kind} {winner_id} cannot be merged with itself; name two records")

    def command(store: RecordStore, now: int) -> tuple[Record, Done]:
        store.stored(kind, winner_id)
        loser = store.stored(kind, loser_id)
        hand_over(store, (kind, loser_id), (kind, winner_id))
        losing = Action(store, kind, now)
        losing.delete(loser_id)
        done = losing.commit()
        done.and_then(take_over(store, now, (kind, winner_id), loser))
        done.performed = [Merged(kind, winner_id, loser_id)]
        return store.get(kind, winner_id), done

    return command


def take_over(store: RecordStore, now: int, item: Item, values: Mapping[str, Any]) -> Done:
    """Give a record those of the values that it lacks; metadata without a notification."""
    kind, record_id = item
    gained = gains(kind, store.stored(*item), values)
    reported = {name: value for name, value in gained.items() if TABLES[kind].by_name[name].webhook_names}
    store.quietly(item, {name: value for name, value in gained.items() if name not in reported})
    action = Action(store, kind, now)
    action.set(record_id, reported)
    return action.commit()


def gains(kind: EntityType, record: Stored, values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a record that change when it takes what it lacks: blanks are filled, lists are combined."""
    gained = {
        field.name: _both(field, record[field.name], values[field.name])
        for field in TABLES[kind]
        if field.stored and field.name in values and field.name not in _ITS_OWN
    }
    return {name: value for name, value in gained.items() if value != record[name]}


def _both(field: Field, own: Any, other: Any) -> Any:
    if isinstance(field.form, CustomFields):
        return {**own, **{key: value for key, value in other.items() if _lacks(own.get(key), value)}}
    if isinstance(own, list) and isinstance(other, list):
        return own + _new(field, own, other)
    return other if _lacks(own, other) else own


def _lacks(own: Any, other: Any) -> bool:
    return _is_blank(own) and not _is_blank(other)


def _new(field: Field, own: list[Any], other: list[Any]) -> list[Any]:
    keys, new = [_key(field, value) for value in own], []
    for value in other:
        if (key := _key(field, value)) not in keys:
            keys.append(key)
            new.append(value)
    return new


def _key(field: Field, value: Any) -> Any:
    """What makes two items of a list the same."""
    if not isinstance(field.form, Entries):
        return value
    key = field.form.each.key
    return folded(value[key]) if key == "email" else value[key]


def _is_blank(value: Any) -> bool:
    if isinstance(value, dict):
        return all(part is None for part in value.values())
    return value is None or value in ("", [])
