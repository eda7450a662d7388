"""What records should be, implemented a second time in the plainest way: a few types, and only the fields drawn.

Every value is written here as the API shows it, and every rule as a line of code; nothing is shared with the engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]

FIRST_RECORD = {"lead": 94_808_711, "person": 94_808_711, "task": 3_716_921, "activity_log": 3_061_844_455}
USERS = (137_658, 137_659)
STATUSES = {208_231: "New", 208_232: "Open", 208_233: "Unqualified", 208_234: "Junk"}
NOTE = {"category": "user", "id": 0}

NAMES: Row = dict.fromkeys(("name", "prefix", "first_name", "middle_name", "last_name", "suffix"))
CONTACT: Row = {"address": None, "phone_numbers": [], "socials": [], "websites": [], "title": None}
SHARED: Row = {"assignee_id": None, "details": None, "tags": [], "custom_fields": []}

BLANK: dict[str, Row] = {
    "lead": {
        **NAMES,
        **CONTACT,
        **SHARED,
        **dict.fromkeys(("company_name", "customer_source_id", "email", "monetary_unit", "monetary_value")),
        **dict.fromkeys(("converted_unit", "converted_value")),
        **dict.fromkeys(("converted_opportunity_id", "converted_contact_id", "converted_at", "date_last_contacted")),
        "interaction_count": 0,
        "status": "New",
        "status_id": 208_231,
    },
    "person": {
        **NAMES,
        **CONTACT,
        **SHARED,
        **dict.fromkeys(("company_id", "company_name", "date_last_contacted", "date_lead_created")),
        "contact_type_id": 451_492,
        "emails": [],
        "interaction_count": 0,
        "leads_converted_from": [],
    },
    "task": {
        **SHARED,
        **dict.fromkeys(("name", "due_date", "reminder_date", "completed_date")),
        "related_resource": {"id": None, "type": None},
        "priority": "None",
        "status": "Open",
        "custom_activity_type_id": 3,
    },
    "activity_log": {**dict.fromkeys(("parent", "type", "details", "old_value", "new_value")), "user_id": USERS[0]},
}
"""A new record for which only the name was given."""

REPORTED = {
    "lead": ("name", "first_name", "last_name", "assignee_id", "details", "status_id", "status", "tags"),
    "person": ("name", "first_name", "last_name", "assignee_id", "details", "emails", "tags"),
    "task": ("name", "assignee_id", "completed_date", "status", "details", "tags"),
    "activity_log": ("details",),
}
"""The attributes that notifications report, in their order."""


class Refused(Exception):
    """The model expects the account to refuse this, with this error class."""


@dataclass
class PlainRecords:
    """Records by type and id."""

    of: dict[str, dict[int, Row]] = field(default_factory=lambda: {kind: {} for kind in BLANK})
    _drawn: dict[str, int] = field(default_factory=lambda: dict(FIRST_RECORD))

    def create(self, kind: str, rows: Sequence[Row], now: int) -> list[int]:
        """Create records; all or none."""
        made: dict[int, Row] = {}
        for row in rows:
            record = {**deepcopy(BLANK[kind]), "date_created": now // 1000, "date_modified": now // 1000}
            if kind == "activity_log":
                record["activity_date"] = now // 1000
            values = self._read(kind, row, record, new=True)
            self._write(kind, record, values, now, new=True)
            self._check_emails(record, [*self.of[kind].values(), *made.values()])
            # An id that was drawn is used up, even if the call fails.
            record["id"] = self._drawn[kind]
            self._drawn[kind] += 1
            made[record["id"]] = record
        self.of[kind].update(made)
        return list(made)

    def update(self, kind: str, ids: Sequence[int], fields: Row, now: int) -> list[tuple[Row, list[int]]]:
        """Update records, all or none; return each change with the records in which it is the same."""
        written: dict[int, Row] = {}
        for number in dict.fromkeys(ids):
            if number not in self.of[kind]:
                raise Refused("NotFound")
            before = self.of[kind][number]
            after = deepcopy(before)
            self._write(kind, after, self._read(kind, fields, before, new=False), now, new=False)
            if any(not same(before[name], after[name]) for name in REPORTED[kind]):
                after["date_modified"] = after.get("activity_date", now // 1000)
            else:
                after = before
            others = {**self.of[kind], **written}
            self._check_emails(after, [other for key, other in others.items() if key != number])
            written[number] = after
        groups: list[tuple[Row, list[int]]] = []
        for number, after in written.items():
            pairs = differences(kind, self.of[kind][number], after)
            self.of[kind][number] = after
            alike = next((members for attributes, members in groups if attributes == pairs), None)
            if alike is None:
                groups.append((pairs, [number]))
            else:
                alike.append(number)
        return [(attributes, members) for attributes, members in groups if attributes]

    def delete(self, kind: str, ids: Sequence[int]) -> list[int]:
        """Delete records; all or none."""
        chosen = list(dict.fromkeys(ids))
        if any(number not in self.of[kind] for number in chosen):
            raise Refused("NotFound")
        for number in chosen:
            del self.of[kind][number]
        return chosen

    # --- reading a body ---------------------------------------------------------------------------

    def _read(self, kind: str, body: Row, record: Row, *, new: bool) -> Row:
        values = {}
        for name, value in body.items():
            if name not in record:
                raise Refused("Invalid")
            if kind == "activity_log" and name in ("parent", "type") and not new:
                continue
            self._check(kind, name, value, record, new=new)
            if value is not None or not new:
                values[name] = value
        required = {"activity_log": ("parent", "type", "details")}.get(kind, ("name",))
        if any(values.get(name) in (None, "") for name in required if new or name in values):
            raise Refused("Invalid")
        return values

    def _check(self, kind: str, name: str, value: Any, record: Row, *, new: bool) -> None:
        if value is None:
            # A task's assignee cannot be removed; null is allowed if there is none.
            wrong = (kind, name) == ("task", "assignee_id") and not new and record[name] is not None
        elif name == "assignee_id":
            wrong = value not in USERS
        elif name == "status_id":
            wrong = value not in STATUSES
        elif name == "status":
            wrong = value not in (STATUSES.values() if kind == "lead" else ("Open", "Completed"))
        elif name == "parent":
            wrong = value["id"] not in self.of[value["type"]]
        elif name == "tags":
            wrong = any(len(tag) > 50 for tag in value)
        else:
            wrong = name in ("name", "details") and not isinstance(value, str)
        if wrong:
            raise Refused("Invalid")

    def _check_emails(self, record: Row, others: Iterable[Row]) -> None:
        mine = {entry["email"].casefold() for entry in record.get("emails", [])}
        theirs = {entry["email"].casefold() for other in others for entry in other.get("emails", [])}
        if mine & theirs:
            raise Refused("Invalid")

    # --- writing ----------------------------------------------------------------------------------

    def _write(self, kind: str, record: Row, values: Row, now: int, *, new: bool) -> None:
        for name, value in values.items():
            if name in ("tags", "emails"):
                record[name] = list(value or [])
            elif value is not None or name in ("details", "assignee_id"):
                record[name] = value
        if kind == "lead":
            self._write_status(record, values)
        if kind == "task" and values.get("status") is not None:
            self._complete(record, now)
        if kind in ("lead", "person") and "name" in values:
            first, *rest = record["name"].split()
            record["first_name"], record["last_name"] = first, rest[0] if rest else None

    def _write_status(self, lead: Row, values: Row) -> None:
        by_name = {name: number for number, name in STATUSES.items()}
        if "status_id" in values:
            lead["status_id"] = values["status_id"] or 208_231
        elif "status" in values:
            lead["status_id"] = by_name[values["status"] or "New"]
        lead["status"] = STATUSES[lead["status_id"]]

    def _complete(self, task: Row, now: int) -> None:
        if task["status"] == "Open":
            task["completed_date"] = None
        elif task["completed_date"] is None:
            task["completed_date"] = now // 1000


def same(old: Any, new: Any) -> bool:
    """Whether two values are the same; tags have no order."""
    if isinstance(old, list) and isinstance(new, list) and all(isinstance(item, str) for item in old + new):
        return set(old) == set(new)
    return bool(old == new)


def differences(kind: str, before: Row, after: Row) -> Row:
    """Old and new values of the attributes that are reported."""
    return {name: [before[name], after[name]] for name in REPORTED[kind] if not same(before[name], after[name])}
