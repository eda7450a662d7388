"""An account with something of everything, and the description of the API with that account's own ids in it."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from copper_emulator import Copper
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.forms.custom import DATA_TYPES, custom_form
from copper_emulator.core.records.forms.plain import EARLIEST_SECOND, CalendarDay
from copper_emulator.core.records.lookups.tables import AVAILABLE
from copper_emulator.core.records.relations import ALLOWED
from copper_emulator.core.records.tables import TABLES
from copper_emulator.openapi import describe
from copper_emulator.openapi.schemas import array, nullable

TARGET = "https://my-app.example/hooks/copper"
_REQUESTS = ("Create", "Update", "Search", "Conversion", "Upsert", "Relation", "Match", "EmailAddress")
"""How the names of components for request bodies end."""


@dataclass(frozen=True)
class Furnished:
    """The account's data: ids and related items by the first part of their paths, lookup tables, people's emails."""

    ids: Mapping[str, Sequence[int]]
    tables: Mapping[str, Sequence[Mapping[str, Any]]]
    related: Mapping[str, Sequence[Mapping[str, Any]]]
    emails: Sequence[str]

    @property
    def items(self) -> list[dict[str, Any]]:
        """Every record that can be referred to, by type and id."""
        return [
            {"id": each, "type": str(kind)}
            for kind, table in TABLES.items()
            if kind is not EntityType.ACTIVITY_LOG
            for each in self.ids[table.plural]
        ]

    @property
    def definitions(self) -> Sequence[Mapping[str, Any]]:
        return self.tables["custom_field_definitions"]


def furnish(copper: Copper) -> Furnished:
    """Give a new account two records of each type, custom fields of each data type, and a subscription."""
    for data_type in DATA_TYPES:
        _add_definition(copper, data_type)
    for number in (1, 2):
        _add_records(copper, number)
    subscription = copper.subscribe("person", "update", target=TARGET, secret={"key": "s3cret"})
    tables = {name: list(getattr(copper.lookups, name)) for name in _LOOKUPS}
    ids = {table.plural: [each.id for each in getattr(copper, table.plural).search()] for table in TABLES.values()}
    return Furnished(
        {**ids, **{name: [each.id for each in tables[name]] for name in tables}, "webhooks": [subscription.id]},
        tables,
        {TABLES[kind].plural: _related(copper, kind) for kind in ALLOWED},
        [person.emails[0]["email"] for person in copper.people.search()],
    )


def _add_definition(copper: Copper, data_type: str) -> None:
    more: dict[str, Any] = {"data_type": data_type, "available_on": AVAILABLE}
    if data_type in ("Dropdown", "MultiSelect"):
        more["options"] = ["Apples", "Pears"]
    if data_type == "Currency":
        more["currency"] = "USD"
    copper.lookups.custom_field_definitions.add(name=f"A {data_type}", **more)


def _related(copper: Copper, kind: EntityType) -> list[dict[str, Any]]:
    records = copper._tenant.account.records
    items = [item for each in records.of(kind) for item in records.relations.of((kind, each))]
    return [{"id": record_id, "type": str(of_kind)} for of_kind, record_id in items]


_LOOKUPS = (
    "users",
    "lead_statuses",
    "customer_sources",
    "loss_reasons",
    "contact_types",
    "pipelines",
    "activity_types",
    "custom_activity_types",
    "custom_field_definitions",
)


def _add_records(copper: Copper, number: int) -> None:
    company = copper.companies.create(name=f"Company {number}", email_domain=f"company{number}.example", tags=["big"])
    person = copper.people.create(
        name=f"Ada {number} Lovelace",
        company_id=company.id,
        emails=[{"email": f"ada{number}@company{number}.example"}],
        address={"city": "London"},
    )
    lead = copper.leads.create(
        name=f"Lead {number}", email={"email": f"lead{number}@leads.example"}, tags=["big", "new"]
    )
    opportunity = copper.opportunities.create(name=f"Opportunity {number}", primary_contact_id=person.id)
    copper.projects.create(name=f"Project {number}", related_resource={"id": opportunity.id, "type": "opportunity"})
    copper.tasks.create(name=f"Task {number}", due_date=1_496_799_000, related_resource={"id": lead.id, "type": "lead"})
    note = {"category": "user", "id": 0}
    copper.activities.create(parent={"id": person.id, "type": "person"}, type=note, details=f"Note {number}")


def described_for(furnished: Furnished) -> dict[str, Any]:
    """The description of the API, with the account's ids as the possible ids in requests.

    Answers stay as they are described, because they are what is tested.
    """
    document = copy.deepcopy(describe())
    for path, methods in document["paths"].items():
        ids = furnished.ids.get(_table_of(path))
        for operation in methods.values():
            for parameter in operation["parameters"]:
                if parameter["name"] == "id" and ids is not None:
                    parameter["schema"] = {"enum": [*ids, *(["me"] if path.startswith("/users") else [])]}
    own = _own_values(furnished)
    for name, schema in document["components"]["schemas"].items():
        if name.endswith(_REQUESTS):
            _narrow(schema, {**own, **_only_in(name, furnished)}, furnished)
    _shorten_months(document["components"]["schemas"])
    _narrow_relations(document["paths"], furnished)
    return document


def _narrow_relations(paths: dict[str, Any], furnished: Furnished) -> None:
    """Only existing relations can be removed."""
    for table, items in furnished.related.items():
        body = {"type": "object", "properties": {"resource": one_of(items)}, "required": ["resource"]}
        operation = paths[f"/{table}/{{id}}/related"]["delete"]
        operation["requestBody"]["content"]["application/json"]["schema"] = {**body, "additionalProperties": False}


def _only_in(component: str, furnished: Furnished) -> dict[str, Any]:
    """Values for names that have a different meaning elsewhere."""
    if component.endswith("Search"):
        return {"custom_fields": _custom_filters(furnished)}
    if component == "LeadUpsert":
        # Everything else is tested where leads are created.
        lead = {
            "name": {"type": "string", "pattern": r"\S"},
            "email": nullable({"$ref": "#/components/schemas/EmailInput"}),
        }
        return {
            "properties": {"type": "object", "properties": lead, "required": ["name"], "additionalProperties": False}
        }
    if component == "EmailAddress":
        return {"email": one_of(furnished.emails)}
    if component.endswith("Conversion"):
        return {"id": one_of(furnished.ids["companies"])}
    return {}


def _shorten_months(schema: Any) -> None:
    """Exclude days after the 28th where a pattern asks for a date, because it cannot express how long months are."""
    if isinstance(schema, dict):
        if schema.get("pattern") == CalendarDay().schema["pattern"]:
            schema["pattern"] = "^([1-9]|1[0-2])/([1-9]|1[0-9]|2[0-8])/(19|20)[0-9]{2}$"
        for inner in schema.values():
            _shorten_months(inner)
    elif isinstance(schema, list):
        for inner in schema:
            _shorten_months(inner)


def _table_of(path: str) -> str:
    parts = path.strip("/").split("/")
    return "pipelines" if parts[1:2] == ["pipeline"] else parts[0]


def _narrow(schema: dict[str, Any], own: Mapping[str, Any], furnished: Furnished) -> None:
    """Replace open-ended values by the account's own, at every depth."""
    for inner in schema.get("anyOf", ()):
        _narrow(inner, own, furnished)
    for name, inner in schema.get("properties", {}).items():
        if inner.get("readOnly") or "enum" in inner or inner.get("type") == "null":
            continue
        if "category" in inner.get("properties", {}):
            schema["properties"][name] = own["activity_type"]
        elif "custom_field_definition_id" in inner.get("properties", {}):
            schema["properties"][name] = {"anyOf": [_custom_value(each, unset=False) for each in furnished.definitions]}
        elif name in own or name in _RECORDS:
            narrower = (
                own[name]
                if name in own
                else one_of([each for each in furnished.items if each["type"] in _types_in(inner)])
            )
            schema["properties"][name] = nullable(narrower) if _takes_null(inner) else narrower
        else:
            _narrow(inner, own, furnished)


_RECORDS = ("related_resource", "parent", "resource")
"""Fields that refer to a record by type and id."""


def _types_in(schema: Mapping[str, Any]) -> Sequence[str]:
    """The types that a reference to a record may have."""
    if "anyOf" in schema:
        return [name for each in schema["anyOf"] for name in _types_in(each)]
    if "$ref" in schema:
        return [str(kind) for kind in EntityType]
    names: Sequence[str] = schema.get("properties", {}).get("type", {}).get("enum", ())
    return names


def _takes_null(schema: Mapping[str, Any]) -> bool:
    types = schema.get("type", ())
    return "null" in types or any(_takes_null(each) for each in schema.get("anyOf", ()))


def _own_values(furnished: Furnished) -> dict[str, Any]:
    ids, tables = furnished.ids, furnished.tables
    people, companies = one_of(ids["people"]), one_of(ids["companies"])
    stages = [stage["id"] for line in tables["pipelines"] for stage in line["stages"]]
    types = [{"category": "user", "id": each["id"]} for each in tables["activity_types"] if each["category"] == "user"]
    values = {f"{noun}_id": one_of(ids[table]) for noun, table in _REFERENCES.items()}
    return {
        **values,
        "company_id": companies,
        "primary_contact_id": people,
        "pipeline_stage_id": one_of(stages),
        "status": one_of([each["name"] for each in tables["lead_statuses"]]),
        "activity_type": one_of(types),
        "activity_types": array(one_of(types)),
        "custom_field_definition_id": one_of([each["id"] for each in furnished.definitions]),
        "custom_fields": array({"anyOf": [_custom_value(each) for each in furnished.definitions]}),
        "target": one_of([TARGET, "https://other.example/hooks"]),
    }


_REFERENCES = {
    "assignee": "users",
    "user": "users",
    "customer_source": "customer_sources",
    "loss_reason": "loss_reasons",
    "contact_type": "contact_types",
    "pipeline": "pipelines",
    "status": "lead_statuses",
    "custom_activity_type": "custom_activity_types",
}


def one_of(values: Sequence[Any]) -> dict[str, Any]:
    return {"enum": list(values)}


def _custom_value(definition: Mapping[str, Any], *, unset: bool = True) -> dict[str, Any]:
    value = _value_schema(definition)
    if unset:
        return _of_definition(definition, {"value": nullable(value)}, required=[])
    return _of_definition(definition, {"value": {**value, "minLength": 1, "minItems": 1}}, required=["value"])


def _value_schema(definition: Mapping[str, Any]) -> dict[str, Any]:
    if definition["data_type"] in ("Dropdown", "MultiSelect"):
        option = one_of([each["id"] for each in definition["options"]])
        return option if definition["data_type"] == "Dropdown" else array(option)
    return dict(custom_form(definition).schema)


def _custom_filters(furnished: Furnished) -> dict[str, Any]:
    return array({"anyOf": [_custom_filter(each) for each in furnished.definitions]})


def _custom_filter(definition: Mapping[str, Any]) -> dict[str, Any]:
    data_type, value = definition["data_type"], _value_schema(definition)
    if data_type in ("Dropdown", "MultiSelect", "Connect"):
        each = value if data_type == "Dropdown" else value["items"]
        options = {"option": one_of(["any", "all", "none"])} if data_type != "Dropdown" else {}
        empty = {"type": "boolean"}
        return _of_definition(definition, {"value": array(each), "allow_empty": empty, **options}, required=["value"])
    if data_type == "Date":
        value = {"type": "integer", "minimum": EARLIEST_SECOND, "maximum": 2**31}
    return _of_definition(definition, {"value": value}, required=["value"])


def _of_definition(
    definition: Mapping[str, Any], properties: Mapping[str, Any], *, required: list[str]
) -> dict[str, Any]:
    of = {"custom_field_definition_id": one_of([definition["id"]])}
    return {
        "type": "object",
        "properties": {**of, **properties},
        "required": [*of, *required],
        "additionalProperties": False,
    }
