"""Which records are switched off in the account? Leads, if its `setting_enable_leads` is false.

Two integrations then got 403 "Feature not enabled" for leads and /lead_statuses (docs/facts.md). That nothing new can
name a lead either is an assumption (docs/assumptions.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from copper_emulator.core.errors import NotEnabled, raised_on_purpose
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.lookups.tables import ENABLE_LEADS
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.tables import ACTIVITY, LEAD, TASK

__tracebackhide__ = raised_on_purpose

_PATHS = ("leads", "lead_statuses")

NAMING_LEADS: Mapping[EntityType, str] = {TASK: "related_resource", ACTIVITY: "parent"}
"""The field in which records of a type may name a lead."""


def is_of_leads(path: str) -> bool:
    """Whether a path of the API, like `/leads/{id}`, exists only while leads are switched on."""
    return path.split("/")[1] in _PATHS


def is_switched_off(store: RecordStore, kind: EntityType) -> bool:
    """Whether a type is switched off; its records are kept, but no call for leads sees or changes them."""
    # As long as nothing has used the lookup tables, the account's settings are the defaults.
    return kind is LEAD and store.has_catalogue and not store.catalogue.has_leads


def require(store: RecordStore, kind: EntityType) -> None:
    """Raise NotEnabled if records of a type are switched off."""
    if is_switched_off(store, kind):
        raise NotEnabled(hint=f"Leads are switched off in this account: {ENABLE_LEADS} of its settings is false.")


def require_named(store: RecordStore, kind: EntityType, values: Mapping[str, Any]) -> None:
    """Raises NotEnabled where what is said of a new record names one of a type that is switched off."""
    named = values.get(NAMING_LEADS[kind]) if kind in NAMING_LEADS else None
    if named is not None and named["type"] == LEAD:
        require(store, LEAD)
