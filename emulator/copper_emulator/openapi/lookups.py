"""Which calls are there for what records refer to: the account, users, statuses, definitions and the like?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from copper_emulator.core.ids import MAX_ID
from copper_emulator.core.records.fields import Table
from copper_emulator.core.records.forms.custom import DATA_TYPES
from copper_emulator.core.records.forms.plain import ID_SCHEMA
from copper_emulator.core.records.lookups.tables import LOOKUPS
from copper_emulator.core.records.searching.filter_values import Amount
from copper_emulator.core.records.searching.search import MAX_PAGE_SIZE
from copper_emulator.core.records.searching.tags import TAGGED
from copper_emulator.core.records.tables import TABLES
from copper_emulator.openapi.operations import PATH_ID, Operation
from copper_emulator.openapi.schemas import (
    Schema,
    answer_object,
    any_of,
    array,
    changes_of,
    new_object,
    nullable,
    ref,
    shown,
)

LISTED = ("lead_statuses", "customer_sources", "loss_reasons", "contact_types", "pipelines", "users")
_DEFINITIONS, _TASK_TYPES = "custom_field_definitions", "custom_activity_types"
_TAG = "lookups"
_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}


def lookup_operations() -> Iterator[Operation]:
    """Every call for the account and the lookup tables."""
    yield Operation("view_account", "get", "/account", _TAG, "View the account", ref("Account"))
    for table in LISTED:
        yield _list(table)
    yield from _users()
    yield from _stages()
    yield Operation(
        "list_activity_types",
        "get",
        "/activity_types",
        _TAG,
        "List the types of activities",
        answer_object({"user": array(ref("ActivityType")), "system": array(ref("ActivityType"))}),
    )
    yield Operation(
        "list_tags",
        "get",
        "/tags",
        _TAG,
        "List the tags that records have",
        any_of(array(ref("Tag")), array(_TEXT)),
        query={
            "sort_by": {"type": "string", "enum": ["name", "count"]},
            "tag_names_only": {"type": "boolean"},
            "last_tag_value": _TEXT,
        },
        checks=True,
    )
    yield from _definitions()
    yield from _task_types()


def lookup_components() -> dict[str, Schema]:
    """Schemas of lookup table entries as shown, and of the bodies for those that clients can make."""
    written = entry(LOOKUPS[_DEFINITIONS])["properties"]
    definition = {name: schema for name, schema in written.items() if name != "canonical_name"}
    some = ["options", "currency", "connected_id"]
    counts = {f"count_{TABLES[kind].plural}": _COUNT for kind in TAGGED}
    stage = {"id": ID_SCHEMA, "name": _TEXT, "pipeline_id": ID_SCHEMA, "win_probability": {"type": ["integer", "null"]}}
    types = entry(LOOKUPS["activity_types"])
    return {
        **{component(name): entry(LOOKUPS[name]) for name in LISTED},
        "ActivityType": answer_object(
            {**types["properties"], "id": {"type": "integer", "minimum": 0, "maximum": MAX_ID}}
        ),
        "PipelineStage": answer_object(stage),
        "Account": answer_object(
            {
                "id": ID_SCHEMA,
                "name": nullable(_TEXT),
                "primary_timezone": nullable(_TEXT),
                "settings": {"type": ["object", "null"]},
                "logo_mini_url": nullable(_TEXT),
            }
        ),
        "Tag": answer_object({"name": _TEXT, "count": _COUNT, **counts}),
        "CustomFieldDefinition": answer_object(definition, optional=some),
        "WrittenCustomFieldDefinition": answer_object(written, optional=some),
        "CustomFieldDefinitionCreate": _definition_body(),
        "CustomFieldDefinitionUpdate": changes_of(LOOKUPS[_DEFINITIONS]),
        "CustomActivityType": _task_type(),
        "CustomActivityTypeCreate": _task_type_body(),
        "CustomActivityTypeUpdate": changes_of(LOOKUPS[_TASK_TYPES]),
    }


def entry(table: Table) -> Schema:
    """An entry of a lookup table as the API shows it."""
    return answer_object({"id": ID_SCHEMA, **{field.name: shown(field) for field in table}})


def component(table: str) -> str:
    """The component's name: `LeadStatus` for `lead_statuses`."""
    return LOOKUPS[table].noun.title().replace(" ", "")


def _list(table: str) -> Operation:
    words = table.replace("_", " ")
    return Operation(f"list_{table}", "get", f"/{table}", _TAG, f"List the {words}", array(ref(component(table))))


def _users() -> Iterator[Operation]:
    me = {"id": any_of(PATH_ID, {"type": "string", "const": "me"})}
    yield Operation("view_user", "get", "/users/{id}", _TAG, "View a user, by id or as me", ref("User"), path_parts=me)
    yield _paged("users", "user", ref("User"))


def _stages() -> Iterator[Operation]:
    stages = array(ref("PipelineStage"))
    yield Operation("list_pipeline_stages", "get", "/pipeline_stages", _TAG, "List the stages of all pipelines", stages)
    yield Operation(
        "list_stages_of_pipeline",
        "get",
        "/pipeline_stages/pipeline/{id}",
        _TAG,
        "List the stages of one pipeline",
        stages,
    )
    yield _paged("pipeline_stages", "stage", ref("PipelineStage"))


def _paged(table: str, noun: str, items: Schema) -> Operation:
    paging = {
        "page_number": dict(Amount(1, whole=True).schema),
        "page_size": dict(Amount(1, MAX_PAGE_SIZE, whole=True).schema),
    }
    return Operation(
        f"search_{table}",
        "post",
        f"/{table}/search",
        _TAG,
        f"List a page of them; every {noun} is found, whatever else the body says",
        array(items, maxItems=MAX_PAGE_SIZE),
        body={"type": "object", "properties": paging},
        query=paging,
        paged=True,
    )


def _definitions() -> Iterator[Operation]:
    path, written = f"/{_DEFINITIONS}/{{id}}", ref("WrittenCustomFieldDefinition")
    shown_one, noun = ref("CustomFieldDefinition"), "custom field definition"
    yield Operation(f"list_{_DEFINITIONS}", "get", f"/{_DEFINITIONS}", _TAG, f"List the {noun}s", array(shown_one))
    yield Operation(
        "create_custom_field_definition",
        "post",
        f"/{_DEFINITIONS}",
        _TAG,
        f"Create a {noun}",
        written,
        body=ref("CustomFieldDefinitionCreate"),
        body_required=True,
    )
    yield Operation("view_custom_field_definition", "get", path, _TAG, f"View a {noun}", shown_one)
    yield Operation(
        "update_custom_field_definition",
        "put",
        path,
        _TAG,
        f"Change a {noun}; options are replaced as a whole",
        written,
        body=ref("CustomFieldDefinitionUpdate"),
    )
    yield Operation(
        "delete_custom_field_definition",
        "delete",
        path,
        _TAG,
        f"Delete a {noun}, and the values that records have of it",
        ref("Deleted"),
    )


def _task_types() -> Iterator[Operation]:
    path, shown_one, noun = f"/{_TASK_TYPES}/{{id}}", ref("CustomActivityType"), "custom activity type"
    yield Operation(f"list_{_TASK_TYPES}", "get", f"/{_TASK_TYPES}", _TAG, f"List the {noun}s", array(shown_one))
    yield Operation(
        "create_custom_activity_type",
        "post",
        f"/{_TASK_TYPES}",
        _TAG,
        f"Create a {noun}",
        shown_one,
        body=ref("CustomActivityTypeCreate"),
        body_required=True,
    )
    yield Operation("view_custom_activity_type", "get", path, _TAG, f"View a {noun}", shown_one)
    yield Operation(
        "update_custom_activity_type",
        "put",
        path,
        _TAG,
        f"Change a {noun}",
        shown_one,
        body=ref("CustomActivityTypeUpdate"),
    )


def _task_type() -> Schema:
    # The API shows the account's id in it, and null instead of false.
    properties = {**entry(LOOKUPS[_TASK_TYPES])["properties"], "company_id": ID_SCHEMA}
    return answer_object({**properties, "is_default_task_type": {"type": ["boolean", "null"], "enum": [True, None]}})


def _definition_body() -> Schema:
    # The API cannot make Connect fields.
    body = new_object(LOOKUPS[_DEFINITIONS])
    settable = {name: schema for name, schema in body["properties"].items() if name != "connected_id"}
    types = {"type": "string", "enum": [each for each in DATA_TYPES if each != "Connect"]}
    filterable = {"description": "Whether searches and upserts can ask for it; false if it is not given."}
    return _with(_with({**body, "properties": settable}, "data_type", types), "is_filterable", filterable)


def _task_type_body() -> Schema:
    # Its icon has a default in Python only.
    body = _with(new_object(LOOKUPS[_TASK_TYPES]), "icon_type", LOOKUPS[_TASK_TYPES].by_name["icon_type"].form.schema)
    return {**body, "required": [*body["required"], "icon_type"]}


def _with(body: Schema, name: str, schema: Mapping[str, Any]) -> Schema:
    return {**body, "properties": {**body["properties"], name: {**body["properties"][name], **schema}}}
