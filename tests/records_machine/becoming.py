"""What happens to records that become others: a merge, a conversion, an upsert."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from tests.records_machine.facts import DEFINITIONS, NEVER, Row
from tests.records_machine.model import Model
from tests.records_machine.rows import Item, Refused, leads_to, owned
from tests.records_machine.telling import changes

CALLER, POTENTIAL = 137_658, 451_490
"""The user to whom the key belongs, and the contact type Potential Customer."""
UNRATED: Row = {"priority": None, "win_probability": 0, "details": ""}
"""Fields of an opportunity made from a lead."""


def merge(model: Model, kind: str, winner: int, loser: int) -> int:
    """Merge two records into one, the winner."""
    model.row(kind, winner)
    left = model.row(kind, loser)
    rest = _hand_over(model, (kind, loser), (kind, winner))
    model.drop((kind, loser))
    for other in rest:
        with suppress(Refused):
            model.relate((kind, winner), other)
    model.tell(kind, "delete", [loser])
    _gain(model, kind, winner, left)
    return winner


def convert(model: Model, number: int, details: Row) -> Row:
    """Turn a lead into a person, usually with a company, and on request an opportunity; return their ids."""
    lead = model.row("lead", number)
    company = details.get("company")
    if lead["converted_at"] is not None or (company or {}).get("id", None) not in {None, *model.of["company"]}:
        raise Refused
    known = next((each for each, row in model.of["person"].items() if owned(lead) & owned(row)), None)
    name = details.get("person", {}).get("name", lead["name"])
    company_id = None if known is None else model.row("person", known)["company_id"]
    if company or company_id is None:
        company_id = _company(model, lead, company or _unsaid(model, lead, name))
    origin = {"leads_converted_from": [{"lead_id": number, "converted_timestamp": model.seconds}]}
    origin |= {"date_lead_created": lead["date_created"]}
    values = {each: lead[each] for each in ("title", "details", "tags")} | _shared("person", lead)
    values |= {"name": name, "emails": [lead["email"]] if lead["email"] else [], "company_id": company_id} | origin
    person = _make(model, "person", values) if known is None else known
    if known is not None:
        if company and company_id is not None:
            model.put("person", {**model.row("person", known), "company_id": company_id})
        _gain(model, "person", known, values)
    deal = None
    if "opportunity" in details:
        values = {"name": lead["company_name"] or lead["name"], "monetary_value": lead["monetary_value"]} | origin
        values |= {**_shared("opportunity", lead), **details["opportunity"]}
        deal = _make(model, "opportunity", {**values, "primary_contact_id": person, "company_id": company_id})
        model.put("opportunity", {**model.row("opportunity", deal), **UNRATED})
    _hand_over(model, ("lead", number), ("person", person))
    if not model.keeps_leads:
        model.delete("lead", [number])
    else:
        old = model.row("lead", number)
        into = {"converted_at": model.seconds, "converted_contact_id": person, "converted_opportunity_id": deal}
        model.put("lead", {**old, **into, "date_modified": model.seconds})
        model.tell_updates("lead", [old])
    return {"person": person, "company": company_id, "opportunity": deal}


def upsert(model: Model, name: str, value: str, properties: Row) -> int:
    """Change the lead with this name or email address, or create one."""
    leads = [row for row in model.of["lead"].values() if row["converted_at"] is None]
    texts = [((row["email"] or {}).get("email", "") if name == "email" else row["name"]).casefold() for row in leads]
    alike = [row["id"] for row, text in zip(leads, texts, strict=True) if text == value.casefold()]
    if len(alike) > 1:
        raise Refused
    return model.write("lead", [(alike[0] if alike else None, properties)])[0]


def _unsaid(model: Model, lead: Row, name: str) -> Row:
    """The company for a conversion that does not name one."""
    if lead["company_name"] or not lead["email"]:
        return {"name": lead["company_name"] or name}
    domain = lead["email"]["email"].split("@")[1].lower()
    owners = [
        each for each, row in model.of["company"].items() if (row["email_domain"] or "").casefold() == domain.casefold()
    ]
    return {"id": owners[0]} if owners else {"name": domain.split(".")[0].title(), "email_domain": domain}


def _company(model: Model, lead: Row, said: Row) -> int | None:
    """The company with this id or name, created if there is none; None for an empty name."""
    if "id" in said or not said["name"]:
        return said.get("id")
    called = [each for each, row in model.of["company"].items() if row["name"].casefold() == said["name"].casefold()]
    if called:
        return called[0]
    shared = _shared("company", lead)
    shared["assignee_id"] = shared["assignee_id"] or CALLER
    return _make(model, "company", {**said, "contact_type_id": POTENTIAL, **shared})


def _shared(kind: str, lead: Row) -> Row:
    """What everything that a lead becomes has in common with it."""
    custom = {each: value for each, value in lead["custom_fields"].items() if kind in DEFINITIONS[each].kinds}
    return {"assignee_id": lead["assignee_id"], "custom_fields": custom}


def _make(model: Model, kind: str, values: Row) -> int:
    custom = [{"custom_field_definition_id": each, "value": value} for each, value in values["custom_fields"].items()]
    number = model.seed(kind, {**values, "custom_fields": custom}, {})
    model.tell(kind, "new", [number])
    return number


def _hand_over(model: Model, old: Item, new: Item) -> list[Item]:
    """Make references and activities of one record belong to another; return the relations that no field expresses."""
    related = model.related(old)
    led = [item for item in model.items if old in leads_to(item[0], model.row(*item))]
    for item in model.items:
        model.redirect(item, old, new)
    row = model.row(*old)
    model.count(new, row["interaction_count"], row.get("date_last_contacted"))
    model.put(old[0], {**model.row(*old), "interaction_count": 0})
    return [item for item in related if item not in led]


def _gain(model: Model, kind: str, number: int, other: Row) -> None:
    """Give a record what it lacks."""
    old = model.row(kind, number)
    own = NEVER | {"name", "first_name", "last_name", "interaction_count", "date_last_contacted"}
    new = {**old, **{name: _both(old[name], value) for name, value in other.items() if name not in own}}
    model.put(kind, {**new, "date_modified": model.seconds} if changes(kind, old, new) else new)
    model.tell_updates(kind, [old])


def _both(own: Any, other: Any) -> Any:
    """Fill blanks, unite lists."""
    if isinstance(own, dict):
        return own | {each: value for each, value in other.items() if own[each] == DEFINITIONS[each].blank}
    if isinstance(own, list):
        there = [str(each).casefold() for each in own]
        return own + [each for each in other if str(each).casefold() not in there]
    return other if own is None else own
