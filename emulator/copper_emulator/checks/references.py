"""Does the endpoint cope with references to what it does not know yet?

Those are users, stages, fields and options that were added since it last read them, and records that were there before
it was notified of any.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from copper_emulator.checks.bench import APART_MS, Bench
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.core.model import EntityType, Event
from copper_emulator.core.records.lookups.tables import AVAILABLE, ID_STARTS
from copper_emulator.core.records.tables import TABLES
from copper_emulator.shell.delivering.driver import Rounds

ADDED_MS = 2 * APART_MS
"""Milliseconds after which the last change goes out."""

ADDED = (
    "Users, statuses, pipelines with their stages, and custom fields with their options are added to an account at any "
    "time. If a record refers to an id that you do not know, read that list again (`GET /users`, `GET /pipelines`, "
    "`GET /custom_field_definitions`), and store the record even if the id is not in it then, either."
)

UNKNOWN = (
    "A record may refer to any other: to one that is older than your subscriptions, and to one whose `new` comes later "
    "or was lost. So do not require that you have it (no foreign key), or fetch it when you meet it."
)

_BEYOND = 500_000
"""How far the ids of what is added lie beyond those of a new account, so that they are new in any other row, too."""

_ADDED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "assignee_id": ("users", {"name": "New Colleague", "email": "new.colleague@example.com"}),
    "user_id": ("users", {"name": "New Caller", "email": "new.caller@example.com"}),
    "status_id": ("lead_statuses", {"name": "Revived"}),
    "contact_type_id": ("contact_types", {"name": "Partner"}),
    "customer_source_id": ("customer_sources", {"name": "Podcast"}),
    "custom_activity_type_id": ("custom_activity_types", {"name": "Site Visit"}),
    "pipeline_id": ("pipelines", {"name": "Renewals", "stages": [{"name": "Due"}, {"name": "Renewed"}]}),
}
"""By the field that refers to it: the table, and what is added to that."""

_TO_RECORDS: Mapping[str, Callable[[Bench], Any]] = {
    "company_id": lambda bench: bench.seed(EntityType.COMPANY),
    "primary_contact_id": lambda bench: bench.seed(EntityType.PERSON),
    "related_resource": lambda bench: {"type": "person", "id": bench.seed(EntityType.PERSON)},
    "parent": lambda bench: {"type": "company", "id": bench.seed(EntityType.COMPANY)},
}
"""By the field that refers to it: a record of which nobody is notified."""


def unknown_records(bench: Bench) -> Rounds[Finding | None]:
    """A record of each type refers to records that are older than the endpoint's subscriptions."""
    referring = [kind for kind in bench.plan.types if TABLES[kind].by_name.keys() & _TO_RECORDS.keys()]
    if not referring:
        return Finding(Verdict.SKIPPED, "leads refer to no other record")
    used = set[int]()
    for kind in referring:
        _pass_over(bench, kind, used)
        fields = {name: make(bench) for name, make in _TO_RECORDS.items() if name in TABLES[kind].by_name}
        used.update((yield from bench.create(kind, **fields)))
    return None


def _pass_over(bench: Bench, kind: EntityType, used: Collection[int]) -> None:
    """Let the next record of a type have an id that no other here has: who mixes up types is found in another row."""
    next_id = bench.seed(kind) + 1
    while next_id in used:
        next_id = bench.seed(kind) + 1


def added(bench: Bench) -> Rounds[None]:
    """A record of each type refers to what the account has had all along, and then to what is new."""
    ids: dict[EntityType, list[int]] = {}
    tier = _add_dropdown(bench, 1, "Check: Tier")
    used = set[int]()
    for kind in bench.plan.types:
        _pass_over(bench, kind, used)
        known = {field: _first(bench, table) for field, (table, _) in _ADDED.items()}
        ids[kind] = yield from bench.create(kind, **_fitting(kind, known, tier))
        used.update(ids[kind])
    yield from bench.compare("before anything was added")
    yield from bench.apart()
    new = {field: _add(bench, number, *entry)["id"] for number, (field, entry) in enumerate(_ADDED.items(), start=1)}
    region = _add_dropdown(bench, 2, "Check: Region")
    for kind in bench.plan.types:
        fields = _fitting(kind, new, region)
        if Event.UPDATE in bench.events(kind):
            yield from bench.update(kind, ids[kind], **fields)
        else:
            yield from bench.create(kind, **fields)
    yield from bench.compare("after references to what was added")


def _first(bench: Bench, table: str) -> int:
    return int(next(iter(bench.account.records.catalogue.table(table))))


def _fitting(kind: EntityType, references: Mapping[str, int], dropdown: Mapping[str, Any]) -> dict[str, Any]:
    """The references that a type can have. Without a stage, an opportunity is in its pipeline's first."""
    fields: dict[str, Any] = {name: given for name, given in references.items() if name in TABLES[kind].by_name}
    if str(kind) in AVAILABLE:
        chosen = {"custom_field_definition_id": dropdown["id"], "value": dropdown["options"][0]["id"]}
        fields["custom_fields"] = [chosen]
    return fields


def _add_dropdown(bench: Bench, number: int, name: str) -> Mapping[str, Any]:
    options = [{"id": ID_STARTS["options"] + _BEYOND + number, "name": "First"}]
    entry = {"name": name, "data_type": "Dropdown", "available_on": list(AVAILABLE), "options": options}
    return _add(bench, number, "custom_field_definitions", entry)


def _add(bench: Bench, number: int, table: str, entry: Mapping[str, Any]) -> Mapping[str, Any]:
    return bench.add_entry(table, {"id": ID_STARTS[table] + _BEYOND + number, **entry})
