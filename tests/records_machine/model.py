"""What an account should have, find and tell, in the plainest way; nothing is shared with the engine.

Records are rows as the API shows them, except that custom fields are kept by their ids, and that a lead's status and
the name of a company are looked up when a row is shown. Rows are never changed in place.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

from tests.records_machine.facts import (
    BLANK,
    BOUND_OF,
    CALL,
    COPPERS_OWN,
    DEFINITIONS,
    DONE,
    ENDED,
    FIELD_OF,
    FIRST_STAGE,
    KEPT,
    NAMED,
    ON_NULL,
    ONCE,
    ORDER,
    QUIET,
    RELATED,
    REQUIRED,
    SORTED_BY,
    STAGES,
    STATUSES,
    USERS,
    Row,
)

Item = tuple[str, int]
NOWHERE: Row = {"id": None, "type": None}


class Refused(Exception):
    """The model expects this to be refused: 404, or else 422."""

    def __init__(self, status: int = 422) -> None:
        super().__init__(status)
        self.status = status


class Model:
    """One account; `now` is in milliseconds."""

    def __init__(self, now: int, first_ids: dict[str, int], *, batch: int, keeps_leads: bool) -> None:
        self.now, self.batch, self.keeps_leads = now, batch, keeps_leads
        self.of: dict[str, dict[int, Row]] = {kind: {} for kind in BLANK}
        self.pairs: set[frozenset[Item]] = set()
        self.stubs: set[int] = set()
        self.subscriptions: list[Row] = []
        self.told: list[Row] = []
        self._ids = {kind: count(first) for kind, first in first_ids.items()}

    # --- reading ----------------------------------------------------------------------------------------------

    def row(self, kind: str, number: Any) -> Row:
        if number not in self.of[kind]:
            raise Refused(404)
        return self.of[kind][number]

    def shown(self, kind: str, number: int, *, computed: bool = False) -> Row:
        row = dict(self.row(kind, number))
        if kind == "lead":
            row["status"] = STATUSES[row["status_id"]]
        elif "company_id" in row:
            row["company_name"] = self.of["company"].get(row["company_id"], {}).get("name")
        if "custom_fields" in row:
            row["custom_fields"] = [
                {"custom_field_definition_id": each, "value": value, **({"computed_value": names(each, value)} if computed else {})}
                for each, value in row["custom_fields"].items()
            ]
        return row

    def related(self, item: Item) -> list[Item]:
        return sorted(other for pair in self.pairs if item in pair for other in pair - {item})

    # --- writing ----------------------------------------------------------------------------------------------

    def write(self, kind: str, rows: Sequence[tuple[int | None, Row]], *, each: bool = False) -> list[int | None]:
        """Creates (without an id) and updates in one action, all or none; or `each` for itself, None if refused."""
        before, done = ({name: dict(rows_) for name, rows_ in self.of.items()}, set(self.pairs)), []
        for number, body in rows:
            try:
                done.append(self._write(kind, number, body))
            except Refused:
                if not each:
                    self.of, self.pairs = before
                    raise
                done.append(None)
        old = before[0][kind]
        ids = [number for number in dict.fromkeys(done) if number is not None]
        self._tell(kind, "new", [number for number in ids if number not in old])
        self._tell_updates(kind, {number: old[number] for number in ids if number in old})
        return done

    def seed(self, kind: str, rows: Sequence[Row]) -> list[int]:
        saved, told = ({name: dict(rows_) for name, rows_ in self.of.items()}, set(self.pairs)), len(self.told)
        try:
            ids = []
            for row in rows:
                said = self._read(kind, {name: value for name, value in row.items() if name not in COPPERS_OWN}, {})
                given = {name: value for name, value in row.items() if name in COPPERS_OWN and value is not None}
                if given.get("id") in self.of[kind]:
                    raise Refused
                ids.append(self._new(kind, said, given))
        except Refused:
            self.of, self.pairs = saved
            raise
        return ids

    def delete(self, kind: str, ids: Sequence[int]) -> None:
        for number in ids:
            self.row(kind, number)
        for number in dict.fromkeys(ids):
            self._drop((kind, number))
        self._tell(kind, "delete", list(dict.fromkeys(ids)))

    def _write(self, kind: str, number: int | None, body: Row) -> int:
        if number is None:
            return self._new(kind, self._read(kind, body, {}))
        old = self.row(kind, number)
        new = self._complete(kind, old, self._read(kind, body, old))
        if changes(kind, old, new):
            self._claim(kind, new)
            self._put(kind, {**new, "date_modified": self.now // 1000})
            if kind == "activity_log":
                self._contact(new, 0)
        return number

    def _new(self, kind: str, said: Row, given: Row | None = None) -> int:
        row = {**self._complete(kind, {}, said), **(given or {})}
        self._claim(kind, row)
        dates = {name: row[name] or self.now // 1000 for name in ("date_created", "date_modified")}
        number = row["id"] or next(number for number in self._ids[kind] if number not in self.of[kind])
        self._put(kind, {**row, **dates, "id": number})
        if kind == "activity_log":
            self._contact(row, 1)
        return number

    def _read(self, kind: str, body: Row, old: Row) -> Row:
        """What a body says, where it is right."""
        said = {}
        for name, value in body.items():
            if name not in BLANK[kind] and (kind, name) != ("lead", "status"):
                raise Refused
            if name in COPPERS_OWN or (old and (name in ONCE or (kind, name) == ("person", "company_id"))):
                continue
            if value is None and (not old or name in KEPT or old.get(name, "") is None):
                continue
            if value is None and name == "status" and kind != "lead":
                continue
            blank = name in REQUIRED[kind] and value in (None, "")
            if blank or (value is None and name == "assignee_id" and kind in ("task", "project")):
                raise Refused
            if value is not None and not self._fits(kind, name, value):
                raise Refused
            said[name] = ON_NULL.get(name, [] if isinstance(BLANK[kind].get(name), list) else None) if value is None else value
        if not old and not said.keys() >= set(REQUIRED[kind]):
            raise Refused
        return said

    def _fits(self, kind: str, name: str, value: Any) -> bool:
        if name in NAMED:
            return value in self.of[NAMED[name]]
        if name in ("parent", "related_resource"):
            return value["id"] in self.of[value["type"]] and (kind != "project" or value["type"] in ("person", "company", "opportunity"))
        if name == "custom_fields":
            return all(_fits_custom(kind, item["custom_field_definition_id"], item["value"]) for item in value)
        listed: dict[str, Any] = {"assignee_id": USERS, "user_id": USERS, "status_id": STATUSES, "pipeline_id": FIRST_STAGE}
        listed |= {"pipeline_stage_id": STAGES, "priority": ("None", "High") if kind == "task" else ORDER[-4:]}
        listed["status"] = STATUSES.values() if kind == "lead" else ENDED if kind == "opportunity" else DONE
        if name in listed:
            return value in listed[name]
        if name == "tags":
            return all(len(tag) <= 50 for tag in value)
        return name not in ("name", "details", "title") or isinstance(value, str)

    def _complete(self, kind: str, old: Row, said: Row) -> Row:
        """A row as it will be, with what follows from what is said."""
        new = {**(old or BLANK[kind]), **said}
        if "custom_fields" in said:
            custom = said["custom_fields"]
            if isinstance(custom, list):
                custom = {item["custom_field_definition_id"]: item["value"] for item in custom}
            blanks = {each: DEFINITIONS[each].blank for each, value in custom.items() if value is None}
            new["custom_fields"] = {**(old or BLANK[kind])["custom_fields"], **custom, **blanks}
        moved = {name for name in new if not old or old.get(name) != new[name]}
        if "first_name" in new and "name" in said and "name" in moved:
            first, *rest = new["name"].split()
            new |= {"first_name": first, "last_name": rest[0] if rest else None}
        if kind == "lead" and (status := new.pop("status", None)) is not None and "status_id" not in said:
            new["status_id"] = next(each for each, name in STATUSES.items() if name == status)
        if kind == "opportunity":
            self._place(old, new, said)
        if kind == "task" and (not old or "status" in moved):
            new["completed_date"] = self.now // 1000 if new["status"] == "Completed" else None
        if kind == "activity_log" and not old:
            new["user_id"] = new["user_id"] or min(USERS)
            new["activity_date"] = self.now // 1000 if new["activity_date"] is None else new["activity_date"]
        return new

    def _place(self, old: Row, new: Row, said: Row) -> None:
        if not old and new["company_id"] is None and new["primary_contact_id"] is not None:
            new["company_id"] = self.of["person"][new["primary_contact_id"]]["company_id"]
        if "pipeline_stage_id" in said:
            new["pipeline_id"] = STAGES[new["pipeline_stage_id"]][1]
        elif not old or old["pipeline_id"] != new["pipeline_id"]:
            new["pipeline_id"] = new["pipeline_id"] or min(FIRST_STAGE)
            new["pipeline_stage_id"] = FIRST_STAGE[new["pipeline_id"]]
        if not old or old["pipeline_stage_id"] != new["pipeline_stage_id"]:
            new["date_stage_changed"] = self.now // 1000
            if said.get("win_probability") is None:
                new["win_probability"] = STAGES[new["pipeline_stage_id"]][2]

    def _claim(self, kind: str, row: Row) -> None:
        """An email address belongs to one person, a domain to one company."""
        others = [other for other in self.of[kind].values() if other["id"] != row["id"]]
        if kind != "lead" and any(owned(kind, row) & owned(kind, other) for other in others):
            raise Refused

    def _put(self, kind: str, row: Row) -> None:
        item = (kind, row["id"])
        before = leads_to(self.of[kind].get(row["id"], {}))
        self.of[kind][row["id"]] = row
        after = leads_to(row)
        for other in before - after:
            if item not in leads_to(self.of[other[0]].get(other[1], {})):
                self.pairs.discard(frozenset((item, other)))
        self.pairs |= {frozenset((item, other)) for other in after - before}

    def _set(self, item: Item, fields: Row) -> None:
        """What is no change of the record."""
        self._put(item[0], {**self.row(*item), **fields})

    def _drop(self, item: Item) -> None:
        row = self.of[item[0]].pop(item[1])
        for other in self.related(item):
            self.pairs.discard(frozenset((item, other)))
            self._redirect(other, item, None)
        if item[0] == "activity_log":
            self.stubs.add(item[1])
            self._contact({**row, "activity_date": 0}, -1)

    # --- relations and activities: quietly --------------------------------------------------------------------

    def relate(self, one: Item, other: Item) -> None:
        for item in (one, other):
            self.row(*item)
        if frozenset((one[0], other[0])) not in RELATED:
            raise Refused
        for this, that in ((one, other), (other, one)):
            there = [each for each in self.related(this) if each != that]
            if this[0] == "task" and there:
                raise Refused
            if (this[0], that[0]) == ("person", "company") and any(each[0] == "company" for each in there):
                raise Refused
        self.pairs.add(frozenset((one, other)))
        for this, that in ((one, other), (other, one)):
            row = self.row(*this)
            if that[0] == "company" and row.get("company_id", 0) is None:
                self._set(this, {"company_id": that[1]})
            if this[0] == "task":
                self._set(this, {"related_resource": {"id": that[1], "type": that[0]}})

    def unrelate(self, one: Item, other: Item) -> None:
        self.row(*one)
        if other not in self.related(one):
            raise Refused(404)
        self.pairs.discard(frozenset((one, other)))
        self._redirect(one, other, None)
        self._redirect(other, one, None)

    def _redirect(self, item: Item, old: Item, new: Item | None) -> bool:
        """Let the fields that lead to one record lead to another, or nowhere. Whether there are any."""
        row = self.row(*item)
        fields: Row = {name: new and new[1] for name, kind in NAMED.items() if (kind, row.get(name)) == old}
        if row.get("related_resource") == {"id": old[1], "type": old[0]}:
            fields["related_resource"] = {"id": new[1], "type": new[0]} if new else BLANK[item[0]]["related_resource"]
        self._set(item, fields)
        return fields != {}

    def _contact(self, activity: Row, by: int) -> None:
        """A call counts for the record it was made for."""
        if activity["type"]["id"] == CALL:
            self._count((activity["parent"]["type"], activity["parent"]["id"]), by, activity["activity_date"])

    def _count(self, item: Item, by: int, last: int | None) -> None:
        row = self.of[item[0]].get(item[1], {})
        if "interaction_count" in row:
            dates = {} if "date_last_contacted" not in row else {"date_last_contacted": max(row["date_last_contacted"] or 0, last or 0) or None}
            self._set(item, {"interaction_count": row["interaction_count"] + by, **dates})

    # --- records that become others ---------------------------------------------------------------------------

    def merge(self, kind: str, winner: int, loser: int) -> int:
        self.row(kind, winner)
        left = self.row(kind, loser)
        self._hand_over((kind, loser), (kind, winner))
        self._drop((kind, loser))
        self._tell(kind, "delete", [loser])
        self._gain(kind, winner, left)
        return winner

    def _hand_over(self, old: Item, new: Item) -> None:
        """What led to one record leads to another, where there is room; so do activities and interactions."""
        for other in self.related(old):
            if not self._redirect(other, old, new):
                self.pairs.discard(frozenset((old, other)))
                try:
                    self.relate(new, other)
                except Refused:
                    pass
        for number, activity in list(self.of["activity_log"].items()):
            if activity["parent"] == {"id": old[1], "type": old[0]}:
                self._set(("activity_log", number), {"parent": {"id": new[1], "type": new[0]}})
        row = self.row(*old)
        self._count(new, row["interaction_count"], row.get("date_last_contacted"))
        self._set(old, {"interaction_count": 0})

    def _gain(self, kind: str, number: int, other: Row) -> None:
        """A record takes what it lacks."""
        old = self.row(kind, number)
        own = {"name", "first_name", "last_name", "id", *COPPERS_OWN}
        gained = {name: both(old[name], value) for name, value in other.items() if name in old and name not in own}
        new = {**old, **gained}
        self._put(kind, {**new, "date_modified": self.now // 1000} if changes(kind, old, new) else new)
        self._tell_updates(kind, {number: old})

    def convert(self, number: int, details: Row) -> Row:
        lead = self.row("lead", number)
        person, company, deal = (details.get(name) or {} for name in ("person", "company", "opportunity"))
        wrong = company.get("id", 0) and company["id"] not in self.of["company"]
        if lead["converted_at"] is not None or wrong or {"id", "name"} <= company.keys():
            raise Refused
        known = next((each for each, row in self.of["person"].items() if owned("lead", lead) & owned("person", row)), None)
        name = person.get("name") or lead["name"]
        if "id" in company:
            company_id = company["id"]
        elif "name" in company:
            company_id = self._company(company["name"], lead) if company["name"] else None
        else:
            theirs = known and self.of["person"][known]["company_id"]
            company_id = theirs or self._company(lead["company_name"] or name, lead)
        values = {each: lead[each] for each in ("title", "details", "tags")} | shared("person", lead)
        origin = {"leads_converted_from": [{"lead_id": number, "converted_timestamp": self.now // 1000}]}
        origin |= {"date_lead_created": lead["date_created"]}
        values |= {"emails": [lead["email"]] if lead["email"] else [], "company_id": company_id, **origin}
        if known is None:
            person_id = self._make("person", {"name": name, **values})
        else:
            person_id = known
            if company_id and company:
                self._set(("person", person_id), {"company_id": company_id})
            self._gain("person", person_id, values)
        deal_id = None
        if details.get("opportunity") is not None:
            values = {"name": lead["company_name"] or lead["name"], "monetary_value": lead["monetary_value"]}
            values |= {**shared("opportunity", lead), **origin, **deal}
            deal_id = self._make("opportunity", {**values, "primary_contact_id": person_id, "company_id": company_id})
        self._hand_over(("lead", number), ("person", person_id))
        self._end(number, person_id, deal_id)
        return {"person": person_id, "company": company_id, "opportunity": deal_id}

    def _company(self, name: str, lead: Row) -> int:
        there = (number for number, row in self.of["company"].items() if row["name"].lower() == name.lower())
        number = next(there, None)
        return self._make("company", {"name": name, **shared("company", lead)}) if number is None else number

    def _make(self, kind: str, values: Row) -> int:
        number = self._new(kind, values)
        self._tell(kind, "new", [number])
        return number

    def _end(self, number: int, person_id: int, deal_id: int | None) -> None:
        if not self.keeps_leads:
            return self.delete("lead", [number])
        old = self.row("lead", number)
        into = {"converted_contact_id": person_id, "converted_opportunity_id": deal_id, "converted_at": self.now // 1000}
        self._set(("lead", number), {**into, "date_modified": self.now // 1000})
        return self._tell_updates("lead", {number: old})

    def upsert(self, name: str, value: str, properties: Row) -> int:
        def told(row: Row) -> str:
            return str((row["email"] or {}).get("email", "") if name == "email" else row["name"]).lower()

        alike = [each for each, row in self.of["lead"].items() if not row["converted_at"] and told(row) == value.lower()]
        if len(alike) > 1:
            raise Refused
        [number] = self.write("lead", [(alike[0] if alike else None, properties)])
        assert number is not None
        return number

    # --- searching --------------------------------------------------------------------------------------------

    def search(self, kind: str, filters: Row) -> tuple[list[int], int]:
        """The ids on the page, and how many there are in all."""
        default = {"lead": "name", "person": "first_name", "company": "date_modified", "opportunity": "name", "project": "name", "task": "due_date"}
        sort_by = filters.get("sort_by", default.get(kind, "activity_date"))
        descending = filters.get("sort_direction", "desc" if kind == "activity_log" else "asc") == "desc"

        def place(row: Row) -> tuple[bool, Any, int]:
            value = self._sorted_by(row, sort_by)
            return value is None, 0 if value is None else value, row["id"]

        rows = [self.shown(kind, number) for number in self.of[kind]]
        chosen = {"include_converted_leads": False, **filters}
        found = [row for row in rows if all(self._meets(row, name, value) for name, value in chosen.items())]
        ids = [row["id"] for row in sorted(found, key=place, reverse=descending)]
        size = filters.get("page_size", 20 if "page_number" in filters else len(ids))
        first = (filters.get("page_number", 1) - 1) * size
        return ids[first : first + size], len(ids)

    def _sorted_by(self, row: Row, name: str) -> Any:
        if name == "assignee":
            return None if row["assignee_id"] is None else USERS[row["assignee_id"]].lower()
        if name == "stage":
            return list(STAGES).index(row["pipeline_stage_id"])
        value = row[SORTED_BY.get(name, name)]
        if name in ("status", "priority"):
            return ORDER.index(value)
        return value.lower() if isinstance(value, str) else value

    def _meets(self, row: Row, name: str, value: Any) -> bool:
        bound, _, rest = name.partition("_")
        if bound in ("minimum", "maximum"):
            own = row[BOUND_OF.get(rest, rest)]
            return own is not None and (own >= value if bound == "minimum" else own <= value)
        if name in FIELD_OF:
            own = row[FIELD_OF[name]]
            return (-2 if own is None else own) in value
        if name == "tags":
            wanted, option = (value["value"], value["option"]) if isinstance(value, dict) else (value, "ANY")
            fits = {"ALL": set(wanted) <= set(row["tags"]), "ANY": bool(set(wanted) & set(row["tags"]))}
            return fits[option] if wanted else not row["tags"]
        if name == "emails":
            entries = row["emails"] if "emails" in row else [row["email"]] if row["email"] else []
            return bool({entry["email"].lower() for entry in entries} & {each.lower() for each in value})
        if name == "custom_fields":
            own = {item["custom_field_definition_id"]: item["value"] for item in row["custom_fields"]}
            return all(_meets_custom(own[item["custom_field_definition_id"]], item) for item in value)
        if name == "age":
            return bool(row["date_created"] >= self.now // 1000 - value)
        if name == "phrase":
            return value.lower() in row["name"].lower()
        if name == "include_converted_leads":
            return value or row.get("converted_at") is None
        if name in ("sort_by", "sort_direction", "page_number", "page_size"):
            return True
        own = row[name]
        return bool(own.lower() == value.lower() if isinstance(own, str) else own == value)

    # --- telling ----------------------------------------------------------------------------------------------

    def _tell_updates(self, kind: str, before: dict[int, Row]) -> None:
        """Records with equal old and new values share notifications."""
        groups: dict[str, list[int]] = {}
        for number, old in before.items():
            plain = self._attributes(kind, old, self.of[kind][number])
            computed = self._attributes(kind, old, self.of[kind][number], computed=True)
            if plain:
                groups.setdefault(json.dumps([plain, computed], sort_keys=True), []).append(number)
        for text, ids in groups.items():
            self._tell(kind, "update", ids, *json.loads(text))

    def _tell(self, kind: str, event: str, ids: list[int], plain: Row | None = None, computed: Row | None = None) -> None:
        moment = datetime.fromtimestamp(self.now // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        for each in self.subscriptions:
            for first in range(0, len(ids) if (each["type"], each["event"]) == (kind, event) else 0, self.batch):
                self.told.append(
                    {
                        "subscription_id": each["id"],
                        "event": event,
                        "type": kind,
                        "ids": ids[first : first + self.batch],
                        "updated_attributes": (computed if each["computed"] else plain) or {},
                        "timestamp": f"{moment}.{self.now % 1000:03}Z",
                    }
                )

    def _attributes(self, kind: str, old: Row, new: Row, *, computed: bool = False) -> Row:
        told: Row = {name: [old[name], new[name]] for name in changes(kind, old, new) if name != "custom_fields"}
        if "status_id" in told:
            told["status"] = [STATUSES[each] for each in told["status_id"]]
        if "pipeline_stage_id" in told:
            told["stage_id"] = told.pop("pipeline_stage_id")
            told["stage"] = [STAGES[each][0] for each in told["stage_id"]]
            told["last_stage_at"] = [old["date_stage_changed"], new["date_stage_changed"]]
            told["days_in_stage"] = [(self.now // 1000 - since) // 86_400 for since in told["last_stage_at"]]
        custom = {
            str(each): [names(each, value) if computed else value for value in (old["custom_fields"][each], now)]
            for each, now in new.get("custom_fields", {}).items()
            if not same(old["custom_fields"][each], now)
        }
        return {**told, **({"custom_fields": custom} if custom else {})}


def changes(kind: str, old: Row, new: Row) -> list[str]:
    """The fields that are told to have changed."""
    quiet = QUIET | ({"company_id"} if kind == "person" else set())
    return [name for name in new if name not in quiet and not same(old[name], new[name])]


def same(old: Any, new: Any) -> bool:
    """Tags and options have no order."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(same(old[name], new[name]) for name in new)
    if isinstance(old, list) and isinstance(new, list) and not any(isinstance(each, dict) for each in old + new):
        return set(old) == set(new)
    return bool(old == new)


def leads_to(row: Row) -> set[Item]:
    """The records that the fields of one lead to."""
    named = {(kind, row[name]) for name, kind in NAMED.items() if row.get(name) is not None}
    other = row.get("related_resource") or NOWHERE
    return named if other["id"] is None else {*named, (other["type"], other["id"])}


def owned(kind: str, row: Row) -> set[str]:
    """What only one record of a type can have; of a lead, what a person would have."""
    entries = row.get("emails", [row["email"]] if row.get("email") else [])
    return {entry["email"].lower() for entry in entries} | ({row["email_domain"].lower()} if row.get("email_domain") else set())


def shared(kind: str, lead: Row) -> Row:
    """What everything that a lead becomes has of it."""
    custom = {each: value for each, value in lead["custom_fields"].items() if kind in DEFINITIONS[each].kinds}
    return {"assignee_id": lead["assignee_id"], "custom_fields": custom}


def both(own: Any, other: Any) -> Any:
    if isinstance(own, dict):
        return {**own, **{name: both(own.get(name), value) for name, value in other.items()}}
    if isinstance(own, list) and isinstance(other, list):
        return own + [each for each in other if each not in own]
    return other if own is None or own is False or own == [] else own


def names(definition: int, value: Any) -> Any:
    """A custom field with its options by name."""
    options = DEFINITIONS[definition].options
    return [options[each] for each in value] if isinstance(value, list) else options.get(value, value)


def _fits_custom(kind: str, definition: int, value: Any) -> bool:
    if definition not in DEFINITIONS or kind not in DEFINITIONS[definition].kinds:
        return False
    options = DEFINITIONS[definition].options
    return value is None or not options or set(value if isinstance(value, list) else [value]) <= options.keys()


def _meets_custom(own: Any, demand: Row) -> bool:
    if "minimum_value" in demand:
        return own is not None and demand["minimum_value"] <= own <= demand["maximum_value"]
    wanted = demand["value"]
    if not isinstance(wanted, list):
        return bool(own == wanted)
    mine = set(own) if isinstance(own, list) else set() if own is None else {own}
    if not wanted or (demand.get("allow_empty") and not mine):
        return not mine
    option = demand.get("option", "any")
    return {"any": bool(mine & set(wanted)), "all": mine >= set(wanted), "none": not mine & set(wanted)}[option]
