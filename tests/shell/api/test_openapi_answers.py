"""Every operation, with real data of every type, is called and answers as described."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

pytest.importorskip("jsonschema", reason="jsonschema holds answers against their schemas")

from copper_emulator import Emulator
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.tables import TABLES
from tests.shell.api.client import BASE
from tests.shell.api.described import DOCUMENT, OPERATIONS, Checked, check_answer
from tests.shell.api.samples import SAMPLES, Sample, filled

TARGET = "https://my-app.example/hooks/copper"


@pytest.fixture
def client() -> Iterator[Checked]:
    with Emulator(profile="developer-docs", strict=False) as copper:
        yield Checked(copper)


def try_records(client: Checked, sample: Sample) -> None:
    """Every operation that all types have."""
    noun, plural = TABLES[EntityType(sample.kind)].noun, sample.plural
    least = client.do(f"create_{noun}", filled(client, sample.least))
    made = client.do(f"create_{noun}", filled(client, sample.full))
    client.do(f"view_{noun}", id=made["id"])
    client.do(f"update_{noun}", {**made, "details": "changed"}, id=made["id"])
    client.do(f"update_{noun}", {}, id=made["id"])
    assert len(client.do(f"search_{plural}", {"page_size": 200})) >= 2
    if sample.kind != "activity_log":
        client.do(f"view_{noun}", id=made["id"], query="?custom_field_computed_values=true")
        client.do(f"search_{plural}", {"name": made["name"]}, query="?custom_field_computed_values=true")
        note = {"parent": {"type": sample.kind, "id": made["id"]}, "type": {"category": "user", "id": 0}}
        client.ok("POST", "/activities", {**note, "details": "A note"})
        assert client.do(f"search_activities_of_{noun}", {}, id=made["id"])
    assert client.do(f"delete_{noun}", id=least["id"])["is_deleted"]
    if sample.kind == "activity_log":
        assert client.do("view_activity", id=least["id"])["is_deleted"]


def try_bulk(client: Checked, sample: Sample) -> None:
    if f"bulk_create_{sample.plural}" in OPERATIONS:
        made = client.do(f"bulk_create_{sample.plural}", {sample.plural: [filled(client, sample.least)]})
        # An error in one of them is in its place.
        answer = client.call("POST", f"{BASE}/{sample.plural}/bulk_create", {sample.plural: [{"details": 7}]})
        check_answer(f"bulk_create_{sample.plural}", answer)
        assert answer.json[0]["success"] is False
    if f"bulk_update_{sample.plural}" in OPERATIONS:
        changes = [{"id": made[0]["id"], "details": "changed"}, {"id": 17, "details": "nobody"}]
        client.do(f"bulk_update_{sample.plural}", {sample.plural: changes})


RELATIONS = {
    "lead": "task",
    "person": "company",
    "company": "person",
    "opportunity": "company",
    "project": "person",
    "task": "lead",
}


def try_relations(client: Checked, kind: str, other: str) -> None:
    plural, other_plural = TABLES[EntityType(kind)].plural, TABLES[EntityType(other)].plural
    one = client.ok("POST", f"/{plural}", {"name": "One"})["id"]
    two = client.ok("POST", f"/{other_plural}", {"name": "Two"})["id"]
    body = {"resource": {"id": two, "type": other}}
    client.do(f"relate_{kind}", body, id=one)
    assert client.do(f"view_related_of_{kind}", id=one) == [body["resource"]]
    assert client.do(f"view_related_of_{kind}_by_type", id=one, plural=other_plural) == [body["resource"]]
    client.do(f"unrelate_{kind}", body, id=one)


def try_leads_and_people(client: Checked) -> None:
    lead = client.ok("POST", "/leads", {"name": "Ada", "email": {"email": "ada@lead.example"}})
    match = {"field_name": "email", "field_value": "ada@lead.example"}
    assert client.do("upsert_lead", {"properties": {"name": "Ada L"}, "match": match})["id"] == lead["id"]
    became = client.do("convert_lead", {"details": {"opportunity": {"name": "Engine"}}}, id=lead["id"])
    assert set(became) == {"person", "company", "opportunity"}
    bare = client.ok("POST", "/leads", {"name": "Bob"})
    client.do("convert_lead", {"details": {"company": {"name": ""}}}, id=bare["id"])
    assert client.do("fetch_person_by_email", {"email": "ada@lead.example"})["id"] == became["person"]["id"]


LISTS = (
    "lead_statuses",
    "customer_sources",
    "loss_reasons",
    "contact_types",
    "pipelines",
    "users",
    "pipeline_stages",
    "activity_types",
    "tags",
    "custom_field_definitions",
    "custom_activity_types",
)


def try_lookups(client: Checked) -> None:
    client.do("view_account")
    for name in LISTS:
        assert client.do(f"list_{name}")
    assert client.do("list_tags", query="?tag_names_only=true")
    client.do("view_user", id="me")
    client.do("search_users", {})
    client.do("search_pipeline_stages", {"page_size": 3})
    client.do("list_stages_of_pipeline", id=client.ok("GET", "/pipelines")[0]["id"])
    made = client.do("create_custom_activity_type", {"name": "Visit", "icon_type": "Room"})
    client.do("view_custom_activity_type", id=made["id"])
    client.do("update_custom_activity_type", {"is_disabled": True}, id=made["id"])


def try_definitions(client: Checked) -> list[dict[str, Any]]:
    """Custom fields of each data type, on every type."""
    types = DOCUMENT["components"]["schemas"]["CustomFieldDefinitionCreate"]["properties"]["data_type"]["enum"]
    made = []
    for data_type in types:
        body = {"name": data_type, "data_type": data_type, "available_on": list(RELATIONS)}
        if data_type in ("Dropdown", "MultiSelect"):
            body["options"] = [{"name": "Apples"}, {"name": "Pears"}]
        if data_type == "Currency":
            body["currency"] = "USD"
        made.append(client.do("create_custom_field_definition", body))
    client.do("view_custom_field_definition", id=made[0]["id"])
    client.do("update_custom_field_definition", {"name": "Another"}, id=made[0]["id"])
    spare = client.ok("POST", "/custom_field_definitions", {"name": "Spare", "data_type": "URL"})
    client.do("delete_custom_field_definition", id=spare["id"])
    return made


def try_webhooks(client: Checked) -> None:
    client.do("create_subscription", {"target": TARGET, "type": "person", "event": "new"})
    extras = {"secret": {"key": "s3cret"}, "headers": {"X-Key": "s3cret"}, "custom_field_computed_values": True}
    made = client.do("create_subscription", {"target": TARGET, "type": "lead", "event": "update", **extras})
    client.do("view_subscription", id=made["id"])
    client.do("update_subscription", {"secret": None}, id=made["id"])
    assert len(client.do("list_subscriptions")) == 2
    client.do("delete_subscription", id=made["id"])


def value_for(definition: Mapping[str, Any]) -> Any:
    """A valid value for a custom field."""
    data_type = definition["data_type"]
    if data_type in ("Dropdown", "MultiSelect"):
        option = definition["options"][0]["id"]
        return option if data_type == "Dropdown" else [option]
    values = {"Checkbox": True, "Date": 1_496_799_000, "Float": 1.5, "Currency": 10, "Percentage": 50}
    return values.get(data_type, "text")


def test_every_operation_answers_as_it_is_described_to_requests_as_they_are_described(client: Checked) -> None:
    definitions = try_definitions(client)
    values = [{"custom_field_definition_id": each["id"], "value": value_for(each)} for each in definitions]
    for sample in SAMPLES:
        try_records(client, sample)
        try_bulk(client, sample)
        if sample.kind != "activity_log":
            client.do(f"create_{sample.kind}", {**filled(client, sample.least), "custom_fields": values})
            client.do(f"search_{sample.plural}", {}, query="?custom_field_computed_values=true")
    for kind, other in RELATIONS.items():
        try_relations(client, kind, other)
    try_leads_and_people(client)
    try_lookups(client)
    try_webhooks(client)

    assert client.called == set(OPERATIONS)
