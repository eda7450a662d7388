"""What an account should do with writes, in the plainest way; nothing is shared with the engine.

Records, relations and interactions are in `rows.py`, notifications in `telling.py`; merges, conversions and upserts in
`becoming.py`, searches in `finding.py`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import count

from tests.records_machine.facts import (
    BLANK,
    DEFINITIONS,
    FIRST_IDS,
    FIRST_STAGE,
    KEEPS,
    MISSING,
    NEVER,
    ON_NULL,
    ONCE,
    REFUSED,
    REQUIRED,
    STAGES,
    STATUS_IDS,
    WRONG,
    Row,
)
from tests.records_machine.rows import Refused, owned
from tests.records_machine.telling import Telling, changes


class Model(Telling):
    """One account."""

    def __init__(self, now: int, batch: int, *, keeps_leads: bool) -> None:
        super().__init__(now, batch)
        self.keeps_leads = keeps_leads
        self._ids = {kind: count(first) for kind, first in FIRST_IDS.items()}

    def write(self, kind: str, rows: Sequence[tuple[int | None, Row]], *, each: bool = False) -> list[int]:
        """Create (without an id) and update in one action, all or none; with `each`, one by one, 0 for a refusal."""
        before, pairs = {name: dict(of_kind) for name, of_kind in self.of.items()}, set(self.pairs)
        done: list[int] = []
        for number, body in rows:
            try:
                done.append(self._write(kind, number, body))
            except Refused:
                if not each:
                    self.of, self.pairs = before, pairs
                    raise
                done.append(0)
        ids = [number for number in dict.fromkeys(done) if number]
        self.tell(kind, "new", [number for number in ids if number not in before[kind]])
        self.tell_updates(kind, [before[kind][number] for number in ids if number in before[kind]])
        return done

    def seed(self, kind: str, body: Row, own: Row) -> int:
        """Add a record that existed from the start, with fields that only Copper writes."""
        if own.get("id") in self.of[kind]:
            raise Refused
        return self._write(kind, None, body, own)

    def delete(self, kind: str, ids: Sequence[int]) -> None:
        for number in ids:
            self.row(kind, number)
        for number in dict.fromkeys(ids):
            self.drop((kind, number))
        self.tell(kind, "delete", list(dict.fromkeys(ids)))

    def _write(self, kind: str, number: int | None, body: Row, own: Row | None = None) -> int:
        old = {} if number is None else self.row(kind, number)
        new = self._completed(kind, old, self._said(kind, old, body))
        if number is not None and not changes(kind, old, new):
            return number
        others = [row for row in self.of[kind].values() if row["id"] != number and kind in ("person", "company")]
        if any(owned(new) & owned(other) for other in others):
            raise Refused
        if number is None:
            free = (each for each in self._ids[kind] if each not in self.of[kind])
            new |= {"date_created": self.seconds, **(own or {})}
            number = int(new["id"] or next(free))
            new["id"] = number
        # An activity was always last changed when it was done.
        self.put(kind, {**new, "date_modified": new.get("activity_date", self.seconds)})
        if kind == "activity_log":
            self.interact(new, 0 if old else 1)
        return number

    def _said(self, kind: str, old: Row, body: Row) -> Row:
        """The fields of a valid body. Null for a field without a value is ignored."""
        said = {name: value for name, value in body.items() if name not in (ONCE[kind] if old else NEVER)}
        said = {name: value for name, value in said.items() if value is not None or old.get(name) is not None}
        nulls = {name: ON_NULL[kind][name] for name, value in said.items() if value is None}
        wrong = any(mark in json.dumps([said, nulls]) for mark in (WRONG, str(MISSING), REFUSED)) or "" in said.values()
        if wrong or not body.keys() <= BLANK[kind].keys() or not (old or REQUIRED[kind] <= said.keys()):
            raise Refused
        return {name: value for name, value in {**said, **nulls}.items() if value != KEEPS}

    def _completed(self, kind: str, old: Row, said: Row) -> Row:
        """A row as it will be, with what follows from the fields that were given."""
        new = {**(old or BLANK[kind]), **said}
        changed = {name for name in new if old.get(name, ...) != new[name]}
        if "custom_fields" in said:
            values = {item["custom_field_definition_id"]: item["value"] for item in said["custom_fields"]}
            # Several options are in the order of their ids.
            values = {each: sorted(value) if isinstance(value, list) else value for each, value in values.items()}
            unset = {each: DEFINITIONS[each].blank for each, value in values.items() if value is None}
            new["custom_fields"] = (old or BLANK[kind])["custom_fields"] | values | unset
        if "first_name" in new and "name" in changed:
            new["first_name"], new["last_name"] = [*new["name"].split(), None][:2]
        if kind == "lead":
            new["status_id"] = said.get("status_id", STATUS_IDS[new["status"]])
            new["status"] = {number: name for name, number in STATUS_IDS.items()}[new["status_id"]]
        if kind == "task" and "status" in changed:
            new["completed_date"] = self.seconds if new["status"] == "Completed" else None
        if new.get("activity_date", 0) is None:
            new["activity_date"] = self.seconds
        return self._placed(old, new, said) if kind == "opportunity" else new

    def _placed(self, old: Row, new: Row, said: Row) -> Row:
        """Add what comes with a new stage, and the company of the contact."""
        own, stage = old.get("pipeline_stage_id"), said.get("pipeline_stage_id")
        line = said.get("pipeline_id", old.get("pipeline_id"))
        if line == old.get("pipeline_id"):
            stage = stage or own or FIRST_STAGE[None]
        elif stage in (None, own):
            stage = FIRST_STAGE[line]
        elif STAGES[stage].pipeline_id != line:
            raise Refused
        new |= {"pipeline_stage_id": stage, "pipeline_id": STAGES[stage].pipeline_id}
        if stage != own:
            likely = STAGES[stage].win_probability if said.get("win_probability") is None else said["win_probability"]
            new |= {"date_stage_changed": self.seconds, "win_probability": likely}
        if not old and new["company_id"] is None and new["primary_contact_id"] is not None:
            new["company_id"] = self.row("person", new["primary_contact_id"])["company_id"]
        return new
