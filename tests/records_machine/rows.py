"""The model's records and what is between them: relations and interactions, whose changes cause no notifications.

A record is a row as the API shows it, except that its custom fields are stored by their ids. Rows are never changed in
place.
"""

from __future__ import annotations

from typing import Any

from tests.records_machine.facts import BLANK, CALL, KINDS, LINKS, RELATED, Row

Item = tuple[str, int]


class Refused(Exception):
    """The account has to refuse this, with this status."""

    def __init__(self, status: int = 422) -> None:
        super().__init__(status)
        self.status = status


class Rows:
    """The records of one account by type and id, and the relations that no field expresses."""

    def __init__(self) -> None:
        self.of: dict[str, dict[int, Row]] = {kind: {} for kind in KINDS}
        self.pairs: set[frozenset[Item]] = set()

    @property
    def items(self) -> list[Item]:
        return [(kind, number) for kind in KINDS for number in self.of[kind]]

    def row(self, kind: str, number: int) -> Row:
        if number not in self.of[kind]:
            raise Refused(404)
        return self.of[kind][number]

    def shown(self, kind: str, number: int) -> Row:
        row = dict(self.row(kind, number))
        if "company_id" in row:
            row["company_name"] = self.of["company"].get(row["company_id"], {}).get("name")
        if "custom_fields" in row:
            custom = row["custom_fields"].items()
            row["custom_fields"] = [{"custom_field_definition_id": each, "value": value} for each, value in custom]
        return row

    def put(self, kind: str, row: Row) -> None:
        self.of[kind][row["id"]] = row
        self.pairs -= {frozenset(((kind, row["id"]), other)) for other in leads_to(kind, row)}

    def drop(self, item: Item) -> None:
        """Remove a record with its relations; an activity takes its interaction with it."""
        row = self.of[item[0]].pop(item[1])
        self.pairs = {pair for pair in self.pairs if item not in pair}
        for other in self.items:
            self.redirect(other, item, None)
        if item[0] == "activity_log":
            self.interact(row, -1)

    # --- relations ------------------------------------------------------------------------------------------------

    @property
    def relations(self) -> set[frozenset[Item]]:
        return self.pairs | {
            frozenset((item, other)) for item in self.items for other in leads_to(item[0], self.row(*item))
        }

    def related(self, item: Item) -> list[Item]:
        return sorted(other for pair in self.relations if item in pair for other in pair - {item})

    def relate(self, one: Item, other: Item) -> None:
        rows = self.row(*one), self.row(*other)
        for this, that in ((one, other), (other, one)):
            kinds = {each[0] for each in self.related(this) if each != that}
            if frozenset((one[0], other[0])) not in RELATED or (this[0] == "task" and kinds):
                raise Refused
            if (this[0], that[0]) == ("person", "company") and "company" in kinds:
                raise Refused
        if other not in self.related(one):
            self.pairs.add(frozenset((one, other)))
        for row, (kind, _), that in ((rows[0], one, other), (rows[1], other, one)):
            if that[0] == "company" and row.get("company_id", 0) is None:
                self.put(kind, {**row, "company_id": that[1]})
            if kind == "task":
                self.put(kind, {**row, "related_resource": reference(that)})

    def unrelate(self, one: Item, other: Item) -> None:
        self.pairs.discard(frozenset((one, other)))
        for this, that in ((one, other), (other, one)):
            if that in leads_to(this[0], self.row(*this)):
                self.redirect(this, that, None)

    def redirect(self, item: Item, old: Item, new: Item | None) -> bool:
        """Make the fields that refer to one record refer to another, or to none; return whether there are any."""
        kind, row = item[0], self.row(*item)
        fields: Row = {name: new and new[1] for name, to in LINKS.items() if (to, row.get(name)) == old}
        for name in ("related_resource", "parent") if new else ("related_resource",):
            if row.get(name) == reference(old):
                fields[name] = reference(new) if new else BLANK[kind][name]
        self.put(kind, {**row, **fields})
        return fields != {}

    # --- interactions ---------------------------------------------------------------------------------------------

    def interact(self, activity: Row, by: int) -> None:
        """Apply an activity to its parent: a call counts."""
        if activity["type"]["id"] == CALL:
            parent = activity["parent"]
            self.count((parent["type"], parent["id"]), by, activity["activity_date"] if by >= 0 else None)

    def count(self, item: Item, by: int, last: int | None) -> None:
        """Add this many interactions to a record, the last of them at this time."""
        row = self.of[item[0]].get(item[1], {})
        if "date_last_contacted" in row:
            seconds = [each for each in (row["date_last_contacted"], last) if each is not None]
            row = {**row, "date_last_contacted": max(seconds, default=None)}
        if "interaction_count" in row:
            self.put(item[0], {**row, "interaction_count": row["interaction_count"] + by})


def reference(item: Item) -> Row:
    return {"id": item[1], "type": item[0]}


def leads_to(of_kind: str, row: Row) -> set[Item]:
    """The records to which the fields of a row relate it."""
    other: Any = row.get("related_resource") or BLANK["task"]["related_resource"]
    fields = {} if of_kind == "company" else LINKS
    found = {(kind, row.get(name)) for name, kind in fields.items()} | {(other["type"], other["id"])}
    return {(kind, number) for kind, number in found if number is not None}


def owned(row: Row) -> set[str]:
    """What only one record of its type can have: email addresses or a domain."""
    entries = row.get("emails", [row.get("email")])
    texts = [entry["email"] for entry in entries if entry] + [row.get("email_domain") or ""]
    return {text.casefold() for text in texts if text}
