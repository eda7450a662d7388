"""Which calls are there for records of a type, and what do they accept and answer?"""

from __future__ import annotations

from collections.abc import Iterator

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.fields import Table
from copper_emulator.core.records.forms.plain import ID_SCHEMA, object_schema
from copper_emulator.core.records.relations import ALLOWED
from copper_emulator.core.records.searching.search import MAX_PAGE_SIZE, PARAMETERS, body_schema
from copper_emulator.core.records.switched_off import NAMING_LEADS
from copper_emulator.core.records.tables import ACTIVITY, COMPANY, ID, LEAD, OPPORTUNITY, PERSON, TABLES
from copper_emulator.core.records.writing.bulk import MAX_BULK
from copper_emulator.core.records.writing.converting import PARTS, UNRATED
from copper_emulator.core.records.writing.upserting import MATCHED
from copper_emulator.openapi.operations import COMPUTED, Operation
from copper_emulator.openapi.schemas import (
    Schema,
    answer_object,
    any_of,
    array,
    changes_of,
    given,
    new_object,
    nullable,
    ref,
    shown,
)

BULK_CREATED = (LEAD, PERSON, COMPANY, OPPORTUNITY, ACTIVITY)
BULK_UPDATED = (LEAD, PERSON, COMPANY)

MATCHED_BY_TEXT = tuple(name for name in MATCHED if name != "custom")

_FILLED: Schema = {"type": "string", "minLength": 1}
_FLAG: Schema = {"type": "boolean"}
_PAGING = ("sort_by", "sort_direction", "page_number", "page_size")
_DELETED = ref("Deleted")


def record_operations(kind: EntityType) -> Iterator[Operation]:
    """Every call for records of a type."""
    yield from _single(kind)
    yield _search(kind)
    yield from _bulk(kind)
    if kind in ALLOWED:
        yield _activities(kind)
        yield from _related(kind)
    if kind is LEAD:
        yield from _of_leads()
    if kind is PERSON:
        yield _fetch_by_email()


def record_components(kind: EntityType) -> dict[str, Schema]:
    """Schemas of a type's records as shown, and of the bodies that clients send."""
    table, noun = TABLES[kind], name_of(kind)
    id_ = {**ID.form.schema, "description": ID.doc}
    changes = changes_of(table)
    fields = {field.name: shown(field) for field in table}
    if kind is OPPORTUNITY:
        fields |= {name: nullable(fields[name]) for name, value in UNRATED.items() if value is None}
    components = {
        noun: answer_object({"id": id_, **fields}),
        f"{noun}Create": new_object(table),
        f"{noun}Update": changes,
        f"{noun}Search": body_schema(kind),
    }
    if kind in BULK_UPDATED:
        components[f"{noun}BulkUpdate"] = object_schema({**changes["properties"], "id": id_}, required=["id"])
    return components


def common_components() -> dict[str, Schema]:
    """Schemas of answers that several types share."""
    kinds = {"type": "string", "enum": [str(kind) for kind in ALLOWED]}
    symbols = array(answer_object({"error": {"type": "string"}}))
    failed = {
        "success": {"type": "boolean", "const": False},
        "message": {"type": "object", "additionalProperties": symbols},
    }
    conversion = {table.plural: nullable(_conversion_part(kind, table)) for kind, table in PARTS.items()}
    return {
        "Deleted": answer_object({"id": ID_SCHEMA, "is_deleted": {"type": "boolean", "const": True}}),
        "Item": answer_object({"id": ID_SCHEMA, "type": kinds}),
        "Relation": object_schema({"resource": ref("Item")}, required=["resource"]),
        "ItemError": answer_object({**failed, "id": ID_SCHEMA}, optional=["id"]),
        "LeadConversion": object_schema({"details": nullable(object_schema(conversion))}),
        "Converted": answer_object(
            {table.plural: ref(name_of(kind)) for kind, table in PARTS.items()},
            optional=[PARTS[COMPANY].plural, PARTS[OPPORTUNITY].plural],
        ),
        "LeadUpsert": object_schema(
            {"properties": ref("LeadCreate"), "match": ref("LeadMatch")}, required=["properties", "match"]
        ),
        "LeadMatch": any_of(_match(list(MATCHED_BY_TEXT), _FILLED), _match(["custom"], _custom_match())),
        "EmailAddress": object_schema({"email": _FILLED}, required=["email"]),
    }


def name_of(kind: EntityType) -> str:
    """The type's name in the names of components."""
    return TABLES[kind].noun.title()


def _conversion_part(kind: EntityType, table: Table) -> Schema:
    part = {field.name: {**nullable(given(field.form)), "description": field.doc} for field in table}
    if kind is not COMPANY:
        return object_schema(part)
    # Either an id or a name.
    return any_of(*(object_schema({**part, name: {"type": "null"}}) for name in ("id", "name")))


def _match(names: list[str], value: Schema) -> Schema:
    of = {"field_name": {"type": "string", "enum": names}, "field_value": value}
    return object_schema(of, required=list(of))


def _custom_match() -> Schema:
    of = {"custom_field_definition_id": ID_SCHEMA, "value": {"not": {"enum": [None, "", []]}}}
    return object_schema(of, required=list(of))


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'ao' else 'a'} {noun}"


def _single(kind: EntityType) -> Iterator[Operation]:
    table, noun, tag = TABLES[kind], name_of(kind), TABLES[kind].plural
    path, a_noun = f"/{tag}/{{id}}", _a(table.noun)
    record = ref(noun)
    stays = kind is ACTIVITY
    yield Operation(
        f"create_{table.noun}",
        "post",
        f"/{tag}",
        tag,
        f"Create {a_noun}; 200, not 201",
        record,
        body=ref(f"{noun}Create"),
        body_required=True,
        names_leads=kind in NAMING_LEADS,
    )
    yield Operation(
        f"view_{table.noun}",
        "get",
        path,
        tag,
        f"View {a_noun}" + (", or that it was deleted" if stays else ""),
        any_of(record, _DELETED) if stays else record,
        query=None if stays else {COMPUTED: _FLAG},
    )
    yield Operation(
        f"update_{table.noun}",
        "put",
        path,
        tag,
        f"Change {a_noun}: only the fields that are sent",
        record,
        body=ref(f"{noun}Update"),
    )
    yield Operation(f"delete_{table.noun}", "delete", path, tag, f"Delete {a_noun}", _DELETED)


def _search(kind: EntityType) -> Operation:
    noun, tag = name_of(kind), TABLES[kind].plural
    paging = {name: PARAMETERS[kind][name].schema for name in _PAGING}
    return Operation(
        f"search_{tag}",
        "post",
        f"/{tag}/search",
        tag,
        f"Search {tag}; filters are combined with and",
        array(ref(noun), maxItems=MAX_PAGE_SIZE),
        body=ref(f"{noun}Search"),
        query={**{name: dict(schema) for name, schema in paging.items()}, COMPUTED: _FLAG},
        paged=True,
    )


def _activities(kind: EntityType) -> Operation:
    table = TABLES[kind]
    return Operation(
        f"search_activities_of_{table.noun}",
        "post",
        f"/{table.plural}/{{id}}/activities",
        table.plural,
        f"Search the activities of {_a(table.noun)}",
        array(ref("Activity"), maxItems=MAX_PAGE_SIZE),
        body=ref("ActivitySearch"),
        paged=True,
    )


def _bulk(kind: EntityType) -> Iterator[Operation]:
    noun, tag = name_of(kind), TABLES[kind].plural
    answer = array(any_of(ref(noun), ref("ItemError")), maxItems=MAX_BULK)
    for word, kinds, item in (("create", BULK_CREATED, "Create"), ("update", BULK_UPDATED, "BulkUpdate")):
        if kind in kinds:
            items = array(ref(f"{noun}{item}"), maxItems=MAX_BULK)
            yield Operation(
                f"bulk_{word}_{tag}",
                "post",
                f"/{tag}/bulk_{word}",
                tag,
                f"{word.title()} several {tag}: each has its result, or its error, in its place",
                answer,
                body=object_schema({tag: items}, required=[tag]),
                body_required=True,
                names_leads=word == "create" and kind in NAMING_LEADS,
            )


def _related(kind: EntityType) -> Iterator[Operation]:
    table, items = TABLES[kind], array(ref("Item"))
    noun, tag = table.noun, table.plural
    path, relation = f"/{tag}/{{id}}/related", ref("Relation")
    plurals = {"plural": {"type": "string", "enum": [TABLES[other].plural for other in ALLOWED]}}

    def answer(word: str) -> Schema:
        return answer_object({word: {"type": "boolean", "const": True}, "resource": ref("Item")})

    yield Operation(f"view_related_of_{noun}", "get", path, tag, "View all that it is related to", items)
    yield Operation(
        f"view_related_of_{noun}_by_type",
        "get",
        path + "/{plural}",
        tag,
        "View what it is related to, of one type",
        items,
        path_parts=plurals,
    )
    yield Operation(
        f"relate_{noun}",
        "post",
        path,
        tag,
        "Relate it to another record",
        answer("added"),
        body=relation,
        body_required=True,
        names_leads=True,
    )
    yield Operation(
        f"unrelate_{noun}",
        "delete",
        path,
        tag,
        "Remove a relation; a DELETE with a body",
        answer("removed"),
        body=relation,
        body_required=True,
    )


def _of_leads() -> Iterator[Operation]:
    tag = TABLES[LEAD].plural
    yield Operation(
        "upsert_lead",
        "put",
        f"/{tag}/upsert",
        tag,
        "Change the lead that matches, or create one",
        ref("Lead"),
        body=ref("LeadUpsert"),
        body_required=True,
    )
    yield Operation(
        "convert_lead",
        "post",
        f"/{tag}/{{id}}/convert",
        tag,
        "Convert a lead into a person, a company and an opportunity",
        ref("Converted"),
        body=ref("LeadConversion"),
    )


def _fetch_by_email() -> Operation:
    tag = TABLES[PERSON].plural
    return Operation(
        "fetch_person_by_email",
        "post",
        f"/{tag}/fetch_by_email",
        tag,
        "View the person with an email address",
        ref("Person"),
        body=ref("EmailAddress"),
        body_required=True,
        query={COMPUTED: _FLAG},
        misses=True,
    )
