"""What does a converted lead become? A person, a company and, if requested, an opportunity.

The body's fields are those of the developer documentation (2019), which shows one exchange: converting a lead with the
email address mylead@noemail.com, without mentioning a company, creates the company Noemail with the domain noemail.com,
an assignee (though the opportunity has none) and the first contact type; the opportunity has priority null, win
probability 0 and details "". An integrator observed that the lead is removed, and that a company is created even if
none is mentioned. The rest is assumption: docs/assumptions.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from copper_emulator.core.errors import Invalid, raised_on_purpose
from copper_emulator.core.findings import INVALID, Findings
from copper_emulator.core.model import EntityType
from copper_emulator.core.performed import Converted
from copper_emulator.core.records.fields import Field, Table
from copper_emulator.core.records.forms.plain import Checkbox, Unfit
from copper_emulator.core.records.forms.references import RecordId
from copper_emulator.core.records.record import Record
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.switched_off import require
from copper_emulator.core.records.tables import COMPANY, LEAD, OPPORTUNITY, PERSON, TABLES, Stored
from copper_emulator.core.records.writing.action import Action, Command, Done
from copper_emulator.core.records.writing.derived import NAME_PARTS
from copper_emulator.core.records.writing.domains import domain_of, own_domain
from copper_emulator.core.records.writing.merging import take_over
from copper_emulator.core.records.writing.moving import hand_over
from copper_emulator.core.rules import Conversion
from copper_emulator.core.text import folded

__tracebackhide__ = raised_on_purpose


def _part(kind: EntityType, *names: str) -> tuple[Field, ...]:
    return tuple(replace(TABLES[kind].by_name[name], required=False) for name in names)


PARTS: Mapping[EntityType, Table] = {
    PERSON: Table("person of a conversion", "person", _part(PERSON, "name", "contact_type_id", "assignee_id")),
    COMPANY: Table(
        "company of a conversion",
        "company",
        (
            Field("id", RecordId(COMPANY), "The company the person joins; instead of a name."),
            replace(TABLES[COMPANY].by_name["name"], required=False),
            Field("exact_match", Checkbox(), "Whether a company must have exactly this name; here it always must."),
        ),
    ),
    OPPORTUNITY: Table(
        "opportunity of a conversion",
        "opportunity",
        _part(OPPORTUNITY, "name", "pipeline_id", "pipeline_stage_id", "monetary_value", "assignee_id"),
    ),
}
"""The parts that the body's `details` may have (developer docs, 2019); `plural` is the part's key, not a path."""

UNRATED: Mapping[str, Any] = {"priority": None, "win_probability": 0, "details": ""}
"""How an opportunity from a conversion differs from a created one (developer docs, 2019: a sample of each)."""


def convert(lead_id: int, body: Any) -> Command[dict[str, Record]]:
    """Convert a lead into a person with a company and, if `details` has one, an opportunity.

    Raises NotFound, Invalid, NotEnabled.

    The result has them under `person`, `company` (if there is one) and `opportunity` (if requested).
    """

    def command(store: RecordStore, now: int) -> tuple[dict[str, Record], Done]:
        require(store, LEAD)
        lead = store.stored(LEAD, lead_id)
        if lead["converted_at"] is not None:
            raise Invalid.fields([("Base", "Lead has already been converted")])
        conversion = _Conversion(store, now, lead, read_details(body, store))
        became = conversion.run()
        conversion.done.performed = [Converted(lead_id, body, {name: record.id for name, record in became.items()})]
        return became, conversion.done

    return command


@dataclass(frozen=True, slots=True)
class Details:
    """What a body says about each part; `opportunity` is None if not requested."""

    person: Mapping[str, Any]
    company: Mapping[str, Any]
    opportunity: Mapping[str, Any] | None


def read_details(body: Any, store: RecordStore) -> Details:
    """Read the details of a conversion. Raises Invalid with all mistakes in all parts."""
    findings = Findings(body, ("details",), "a conversion")
    details = findings.inner("details", [table.plural for table in PARTS.values()], "the details of a conversion")
    person = _read_part(PARTS[PERSON], details, store)
    company = _read_part(PARTS[COMPANY], details, store)
    opportunity = _read_part(PARTS[OPPORTUNITY], details, store)
    if "id" in company and "name" in company:
        findings.error("company", INVALID, "It has an id or a name, not both.")
    findings.raise_if_any()
    return Details(person, company, None if details.body.get("opportunity") is None else opportunity)


def _read_part(table: Table, details: Findings, store: RecordStore) -> dict[str, Any]:
    findings = details.inner(table.plural, list(table.by_name), f"the {table.noun}")
    values: dict[str, Any] = {}
    for field in table:
        given = findings.body.get(field.name)
        if given is None:
            continue
        try:
            values[field.name] = field.form.read(given, store)
        except Unfit as error:
            findings.error(field.name, error.about(field.name), error.hint)
    return values


class _Conversion:
    """One conversion, whose values are known to be valid, so that it cannot fail halfway."""

    def __init__(self, store: RecordStore, now: int, lead: Stored, details: Details) -> None:
        self.done = Done()
        self._store = store
        self._now = now
        self._lead = lead
        self._details = details
        email = lead["email"]
        self._known_person = None if email is None else store.owner(PERSON, email["email"])
        """The id of the person who already has the lead's email address."""

    def run(self) -> dict[str, Record]:
        company_id = self._ensure_company()
        person_id = self._ensure_person(company_id)
        opportunity_id = self._make_opportunity(person_id, company_id)
        hand_over(self._store, (LEAD, self._lead["id"]), (PERSON, person_id))
        self._end_lead(person_id, opportunity_id)
        ids = {PERSON: person_id, COMPANY: company_id, OPPORTUNITY: opportunity_id}
        return {
            PARTS[kind].plural: self._store.get(kind, record_id)
            for kind, record_id in ids.items()
            if record_id is not None
        }

    def _ensure_company(self) -> int | None:
        given = self._details.company
        if "id" in given:
            company_id: int = given["id"]
            return company_id
        if "name" in given:
            return self._ensure_company_called(given["name"]) if given["name"].strip() else None
        known = None if self._known_person is None else self._store.company_of(self._known_person)
        return self._ensure_company_of_lead() if known is None else known

    def _ensure_company_of_lead(self) -> int:
        """The company if neither the body nor a known person determines it."""
        email = self._lead["email"]
        domain = own_domain(email)
        if _first(self._lead["company_name"]) or domain is None:
            return self._ensure_company_called(_first(self._lead["company_name"], self._name))
        for candidate in (domain_of(email), domain):
            owner = self._store.owner(COMPANY, candidate)
            if owner is not None:
                return owner
        return self._ensure_company_called(domain.split(".")[0].capitalize(), domain)

    def _ensure_company_called(self, name: str, domain: str | None = None) -> int:
        # Copper's own matching is fuzzy, by undocumented rules.
        for record_id, company in self._store.of(COMPANY).items():
            if folded(company["name"].strip()) == folded(name.strip()):
                return record_id
        values = {
            "name": name,
            "email_domain": domain,
            "contact_type_id": next(iter(self._store.lookup("contact_types")), None),
            **self._shared(COMPANY),
            "assignee_id": self._lead["assignee_id"] or self._store.user,
        }
        return self._make(COMPANY, values)

    def _ensure_person(self, company_id: int | None) -> int:
        values = self._as_person()
        if self._known_person is None:
            return self._make(PERSON, {**values, "company_id": company_id})
        if company_id is not None and not {"id", "name"}.isdisjoint(self._details.company):
            # The body names the company, so the person moves to it.
            self._store.quietly((PERSON, self._known_person), {"company_id": company_id})
        self.done.and_then(
            take_over(self._store, self._now, (PERSON, self._known_person), {**values, "company_id": company_id})
        )
        return self._known_person

    def _as_person(self) -> dict[str, Any]:
        given = {name: value for name, value in self._details.person.items() if name != "name"}
        own = {name: self._lead[name] for name in NAME_PARTS} if self._name == self._lead["name"] else {}
        copied = ("address", "phone_numbers", "socials", "websites", "tags", "title", "details")
        return {
            "name": self._name,
            **own,
            **{name: self._lead[name] for name in copied},
            "emails": [] if self._lead["email"] is None else [self._lead["email"]],
            **self._shared(PERSON),
            **self._origin(),
            **given,
        }

    def _make_opportunity(self, person_id: int, company_id: int | None) -> int | None:
        given = self._details.opportunity
        if given is None:
            return None
        lead = self._lead
        return self._make(
            OPPORTUNITY,
            {
                **{name: lead[name] for name in ("customer_source_id", "monetary_value", "monetary_unit")},
                **UNRATED,
                **self._shared(OPPORTUNITY),
                **self._origin(),
                **given,
                "name": _first(given.get("name"), lead["company_name"], lead["name"]),
                "primary_contact_id": person_id,
                "company_id": company_id,
            },
        )

    def _end_lead(self, person_id: int, opportunity_id: int | None) -> None:
        action = Action(self._store, LEAD, self._now)
        if self._store.rules.lead_conversion is Conversion.DELETE:
            action.delete(self._lead["id"])
        else:
            into = {"converted_contact_id": person_id, "converted_opportunity_id": opportunity_id}
            action.set(self._lead["id"], {"converted_at": self._now // 1000, **into})
        self.done.and_then(action.commit())

    @property
    def _name(self) -> str:
        return _first(self._details.person.get("name"), self._lead["name"])

    def _shared(self, kind: EntityType) -> dict[str, Any]:
        """What every part takes from the lead: its assignee, and those custom fields that the part's type also has."""
        definitions = self._store.definitions(kind)
        custom = {key: value for key, value in self._lead["custom_fields"].items() if key in definitions}
        return {"assignee_id": self._lead["assignee_id"], "custom_fields": custom}

    def _origin(self) -> dict[str, Any]:
        source = {"lead_id": self._lead["id"], "converted_timestamp": self._now // 1000}
        return {"leads_converted_from": [source], "date_lead_created": self._lead["date_created"]}

    def _make(self, kind: EntityType, values: Mapping[str, Any]) -> int:
        action = Action(self._store, kind, self._now)
        record_id = action.make(values)
        self.done.and_then(action.commit())
        return record_id


def _first(*names: str | None) -> str:
    """The first of several names that is not blank; an empty text if there is none."""
    return next((name for name in names if name is not None and name.strip()), "")
