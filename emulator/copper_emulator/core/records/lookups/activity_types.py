"""Which types may an activity have? Those of their own table, and custom activity types.

Copper's developer docs (list-activity-types, 2019 and read 2026-11-27): a custom activity type is "visible through the
Developer API for Activity Types", also when it is disabled; then it "cannot be used to create new Activities".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from copper_emulator.core.records.lookups.tables import ID_STARTS, SEEDS

Entries = Mapping[int, dict[str, Any]]

CUSTOM = "custom_activity_types"

_FOR_TASKS = range(ID_STARTS[CUSTOM], ID_STARTS[CUSTOM] + len(SEEDS[CUSTOM]))
"""Those of a new account: Phone Call and Meeting are activity types already, with other ids; To Do is for tasks."""


def with_custom(own: Entries, custom: Entries) -> Entries:
    """The activity types by id: the table's own, then custom ones, except those with the id of one before."""
    others = (each for type_id, each in custom.items() if type_id not in own and type_id not in _FOR_TASKS)
    return {**own, **{each["id"]: _shown(each) for each in others}}


def _shown(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": entry["id"],
        "category": "user",
        "name": entry["name"],
        "is_disabled": entry["is_disabled"],
        "count_as_interaction": entry["is_interaction"],
    }
