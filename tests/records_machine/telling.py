"""What an account's endpoint should receive: notifications, in order and word for word."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from tests.records_machine.facts import DEFINITIONS, QUIET, STAGES, Row
from tests.records_machine.rows import Rows


class Telling(Rows):
    """The records of one account and the notifications about them; `now` is in milliseconds."""

    def __init__(self, now: int, batch: int) -> None:
        super().__init__()
        self.now, self.batch = now, batch
        self.subscriptions: list[Row] = []
        self.told: list[Row] = []

    @property
    def seconds(self) -> int:
        return self.now // 1000

    def tell_updates(self, kind: str, before: Sequence[Row]) -> None:
        """Notify updates; records with the same old and new values share notifications."""
        groups: dict[str, list[int]] = {}
        for old in before:
            new = self.of[kind][old["id"]]
            told = [self._attributes(kind, old, new, computed=computed) for computed in (False, True)]
            if told[0]:
                groups.setdefault(json.dumps(told, sort_keys=True), []).append(old["id"])
        for text, ids in groups.items():
            self.tell(kind, "update", ids, json.loads(text))

    def tell(self, kind: str, event: str, ids: Sequence[int], attributes: Sequence[Row] = ({}, {})) -> None:
        moment = datetime.fromtimestamp(self.seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        for each in self.subscriptions:
            if (each["type"], each["event"]) == (kind, event):
                for first in range(0, len(ids), self.batch):
                    body = {"subscription_id": each["id"], "event": event, "type": kind}
                    body |= {"ids": ids[first : first + self.batch], "updated_attributes": attributes[each["computed"]]}
                    self.told.append({**body, "timestamp": f"{moment}.{self.now % 1000:03}Z"})

    def _attributes(self, kind: str, old: Row, new: Row, *, computed: bool) -> Row:
        told = changes(kind, old, new)
        if "pipeline_stage_id" in told:
            ids, since = told.pop("pipeline_stage_id"), [row["date_stage_changed"] for row in (old, new)]
            told |= {"stage_id": ids, "stage": [STAGES[each].name for each in ids]}
            told |= {"last_stage_at": since, "days_in_stage": [(self.seconds - each) // 86_400 for each in since]}
        if "custom_fields" in told:
            was, now = told["custom_fields"]
            pairs = {each: [was[each], value] for each, value in now.items() if not same(was[each], value)}
            named_pairs = {each: [named(each, value) for value in pair] for each, pair in pairs.items()}
            told["custom_fields"] = {str(each): pair for each, pair in (named_pairs if computed else pairs).items()}
        return told


def changes(kind: str, old: Row, new: Row) -> Row:
    """Old and new value of each field whose change is reported."""
    return {name: [old[name], new[name]] for name in new if name not in QUIET[kind] and not same(old[name], new[name])}


def same(old: Any, new: Any) -> bool:
    """Whether two values are the same; tags and options have no order."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(same(old[name], new[name]) for name in new)
    if isinstance(old, list) and isinstance(new, list) and not any(isinstance(each, dict) for each in old + new):
        return set(old) == set(new)
    return bool(old == new)


def named(definition: int, value: Any) -> Any:
    """A custom field's value with the names of its options."""
    options = DEFINITIONS[definition].options
    return [options[each] for each in value] if isinstance(value, list) else options.get(value, value)
