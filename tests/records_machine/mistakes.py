"""Small mistakes in what records do, find and report, each as it could be made in the engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from copper_emulator.core.findings import Findings
from copper_emulator.core.model import EntityType, Event, Key, RecordChange, Topic
from copper_emulator.core.records import changed, commands
from copper_emulator.core.records.fields import Field
from copper_emulator.core.records.forms import custom
from copper_emulator.core.records.forms.plain import Several
from copper_emulator.core.records.forms.reading import Reading
from copper_emulator.core.records.interactions import Activities, Contact
from copper_emulator.core.records.ordering import Column
from copper_emulator.core.records.record import Record
from copper_emulator.core.records.relations import Relations
from copper_emulator.core.records.searching import conditions, search
from copper_emulator.core.records.searching.demands import Condition, meets
from copper_emulator.core.records.searching.search import SearchResult, find
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.writing import action, converting, derived, merging
from copper_emulator.core.records.writing.action import Action, Command, Done
from copper_emulator.shell.api import searches
from copper_emulator.shell.host import Host
from copper_emulator.shell.tenant import Tenant
from tests.mutations import records
from tests.mutations.catalogue import Patch

_right_attributes = changed.updated_attributes
_right_merge = commands.merge
_right_seed = commands.seed
_right_remove = Activities.remove
_right_quietly = RecordStore.quietly
_right_page = search._page
_right_known = Host.known


def without_days(*given: Any) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """A stage move does not report days_in_stage."""
    told, named = _right_attributes(*given)
    told.pop("days_in_stage", None)
    return told, named


def forgets_the_loser(kind: EntityType, winner_id: int, loser_id: int) -> Command[Record]:
    """A merge does not report that the loser is gone."""

    def command(store: RecordStore, now: int) -> tuple[Record, Done]:
        winner, done = _right_merge(kind, winner_id, loser_id)(store, now)
        done.changes = [change for change in done.changes if change.topic.event is not Event.DELETE]
        return winner, done

    return command


class OneByOne(Action):
    """Records that changed alike are reported one by one."""

    def commit(self) -> Done:
        done = super().commit()
        done.changes = [replace(change, ids=(each,)) for change in done.changes for each in change.ids]
        return done


def more_than(column: Column, least: float) -> Condition:
    """A lower bound excludes the bound itself."""
    return Condition(column, lambda least, values, hits: [hit for hit in hits if values[hit] > least], least)


def less_than(column: Column, most: float) -> Condition:
    """An upper bound excludes the bound itself."""
    return Condition(column, lambda most, values, hits: [hit for hit in hits if values[hit] < most], most)


def any_will_do(column: Column, chosen: Any) -> Condition:
    """A filter by several values of a record (its tags, its email addresses) is not applied."""
    return Condition(column, lambda chosen, values, hits: hits)


def page_forwards(number: int, query: search.Query) -> slice:
    """A page of a descending order is read from its beginning."""
    return _right_page(number, replace(query, descending=False))


def total_of_the_page(*given: Any, **more: Any) -> SearchResult:
    """A search reports how many records are on the page, not how many there are."""
    found = find(*given, **more)
    return found._replace(total=len(found.ids))


def ids_stay(definition: Mapping[str, Any], value: Any) -> Any:
    """A subscription that asks for the names of options gets their ids."""
    return value


def still_counted(self: Activities, activity: Mapping[str, Any]) -> list[Contact]:
    """A deleted activity still counts."""
    _right_remove(self, activity)
    return []


def loudly(self: RecordStore, item: Any, fields: dict[str, Any]) -> None:
    """Something that is no change of a record (a relation, metadata) changes its date_modified."""
    _right_quietly(self, item, {**fields, "date_modified": 1} if fields else fields)


def kept(self: Relations, one: Any, other: Any) -> None:
    """A relation that is removed stays."""


def the_first_account(self: Host, token: str) -> tuple[Tenant, Key] | None:
    """Every token opens the first account."""
    first = self._tenants[0]
    return _right_known(self, token) and (first, first.account.key)


def stays_completed(write: derived.Write) -> None:
    """A reopened task keeps the date of its completion."""
    if write.before is not None and write.after["status"] == "Open":
        write.after["completed_date"] = write.before["completed_date"]


def not_from_the_lead(self: Any, kind: EntityType) -> dict[str, Any]:
    """A conversion leaves the lead's assignee and custom fields behind."""
    return {}


def null_says_nothing(self: Reading, field: Field, values: dict[str, Any], findings: Findings) -> None:
    """Null leaves a field as it is."""


def makes_another(body: Any) -> Command[Record]:
    """An upsert does not look for an existing lead."""

    def command(store: RecordStore, now: int) -> tuple[Record, Done]:
        [made], done = commands.create(EntityType.LEAD, [body["properties"]])(store, now)
        return made, done

    return command


def tells_of_seeds(kind: EntityType, rows: Iterable[Any], *place: Any) -> Command[list[int]]:
    """Seeded records are reported as new ones."""

    def command(store: RecordStore, now: int) -> tuple[list[int], Done]:
        ids, _ = _right_seed(kind, rows, *place)(store, now)
        return ids, Done([RecordChange(Topic(kind, Event.NEW), tuple(ids))])

    return command


def hands_over_nothing(store: RecordStore, old: Any, new: Any) -> None:
    """References to the loser of a merge, or to a converted lead, are lost."""


MISTAKES: dict[str, Patch] = {
    "a stage move does not tell days_in_stage": Patch(action, "updated_attributes", without_days),
    "a merge does not tell of the loser": Patch(commands, "merge", forgets_the_loser),
    "records that changed alike are told one by one": Patch(commands, "Action", OneByOne),
    "a write of the same moves date_modified": Patch(commands, "Action", records.TouchesWhatStays),
    "options are told by their ids": Patch(changed, "computed", ids_stay),
    "options stay in the order in which they were sent": Patch(custom.Options, "read", Several.read),
    "a bound from below leaves itself out": Patch(conditions, "from_number", more_than),
    "a bound from above leaves itself out": Patch(conditions, "to_number", less_than),
    "ALL tags means any": Patch(conditions, "holds", meets),
    "tags are not asked for": Patch(conditions, "meets", any_will_do),
    "a descending page is read from the wrong end": Patch(search, "_page", page_forwards),
    "the total is that of the page": Patch(searches, "find", total_of_the_page),
    "a reopened task stays completed": Patch(
        derived, "RULES", {**derived.RULES, "task": (*derived.RULES["task"], stays_completed)}
    ),
    "a deleted activity goes on counting": Patch(Activities, "remove", still_counted),
    "a relation moves date_modified": Patch(RecordStore, "quietly", loudly),
    "a relation cannot be taken away": Patch(Relations, "remove", kept),
    "an account reads another's records": Patch(Host, "known", the_first_account),
    "null says nothing": Patch(Reading, "_apply_null", null_says_nothing),
    "an upsert makes another lead": Patch(commands, "upsert", makes_another),
    "seeded records are told": Patch(commands, "seed", tells_of_seeds),
    "a merge hands nothing over": Patch(merging, "hand_over", hands_over_nothing),
    "a conversion forgets what the lead had": Patch(converting._Conversion, "_shared", not_from_the_lead),
}
"""In addition to those in `tests/mutations`: what only this machine plays, or sees through the faces."""
