"""Custom field definitions and custom activity types over real HTTP, and what happens to the values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from copper_emulator import Emulator
from copper_emulator.core.model import EntityType
from tests.shell.api.client import BASE, Client, check_refused

PATH = "/custom_field_definitions"
FIRST = 100_764
OPTION = 262_644


@pytest.fixture
def client() -> Iterator[Client]:
    with Emulator() as copper:
        yield Client(copper)


def define(client: Client, data_type: str = "String", **fields: Any) -> Any:
    return client.ok("POST", PATH, {"name": "Fruits", "data_type": data_type, "available_on": ["person"], **fields})


APPLES_AND_PEARS = [{"name": "Apples"}, {"name": "Pears"}]

SHAPES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    **{data_type: ({}, {}) for data_type in ("String", "Text", "URL", "Date", "Checkbox", "Float", "Percentage")},
    "Currency": ({"currency": "CAD"}, {"currency": "CAD"}),
    "Dropdown": ({"options": APPLES_AND_PEARS[:1]}, {"options": [{"id": OPTION, "name": "Apples", "rank": 0}]}),
    "MultiSelect": (
        {"options": APPLES_AND_PEARS},
        {"options": [{"id": OPTION, "name": "Apples", "rank": 0}, {"id": OPTION + 1, "name": "Pears", "rank": 1}]},
    ),
}


@pytest.mark.parametrize(("data_type", "shape"), SHAPES.items(), ids=SHAPES)
def test_a_definition_has_the_recorded_shape(
    client: Client, data_type: str, shape: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    """`canonical_name` only in the answers to writes; options and currency only where there can be any."""
    sent, own = shape
    base = {"id": FIRST, "name": "Fruits"}
    rest = {"data_type": data_type, "available_on": ["person"], "is_filterable": False, **own}

    made = define(client, data_type, **sent)

    assert list(made.items()) == list({**base, "canonical_name": None, **rest}.items())
    for shown in (client.ok("GET", PATH)[0], client.ok("GET", f"{PATH}/{FIRST}")):
        assert list(shown.items()) == list({**base, **rest}.items())
    assert client.ok("PUT", f"{PATH}/{FIRST}", {"name": "Fruit"}) == {**made, "name": "Fruit"}


@pytest.mark.parametrize("given", [{}, {"is_filterable": None}, {"is_filterable": True}], ids=str)
def test_what_is_not_said_to_be_in_filters_is_not(client: Client, given: dict[str, Any]) -> None:
    """Documented: it "defaults to false if not provided"."""
    assert define(client, **given)["is_filterable"] is bool(given.get("is_filterable"))


def test_the_canonical_name_is_downcased_at_creation_and_stays(client: Client) -> None:
    made = define(client, canonical_name="Fruit_Field_1")
    answer = client.call("PUT", f"{BASE}{PATH}/{FIRST}", {"canonical_name": "other"})

    assert made["canonical_name"] == "fruit_field_1"
    assert (answer.json, answer.hint) == (
        made,
        "Not writable and therefore ignored: canonical_name (setting read_only_fields).",
    )
    assert "canonical_name" not in client.ok("GET", f"{PATH}/{FIRST}")
    assert client.copper.lookups.custom_field_definitions[FIRST].canonical_name == "fruit_field_1"


def test_what_is_made_through_the_api_is_searched_and_matched_by_once_it_is_in_filters(client: Client) -> None:
    definition = define(client, available_on=["lead"])
    value = {"custom_field_definition_id": definition["id"], "value": "red"}
    lead = client.ok("POST", "/leads", {"name": "Ada", "custom_fields": [value]})
    searched = ("POST", f"{BASE}/leads/search", {"custom_fields": [value]})
    match = {"field_name": "custom", "field_value": value}
    matched = ("PUT", f"{BASE}/leads/upsert", {"properties": {"title": "Countess"}, "match": match})

    for call in (searched, matched):
        answer = client.call(*call)
        assert answer.status == 422
        assert f"Fruits is not included in filters; set is_filterable of custom field {FIRST}." in answer.hint

    client.ok("PUT", f"{PATH}/{FIRST}", {"is_filterable": True})

    assert [found["id"] for found in client.call(*searched).json] == [lead["id"]]
    assert client.call(*matched).json["id"] == lead["id"]


def test_every_path_works_with_a_trailing_slash(client: Client) -> None:
    made = client.ok("POST", f"{PATH}/", {"name": "x", "data_type": "String"})
    one = f"{PATH}/{made['id']}/"
    shown = {name: value for name, value in made.items() if name != "canonical_name"}
    assert client.ok("GET", one) == shown
    assert client.ok("GET", f"{PATH}/") == [shown]
    assert client.ok("PUT", one, {}) == made
    assert client.ok("DELETE", one) == {"id": made["id"], "is_deleted": True}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Name: can't be blank\nData Type: can't be blank"),
        ({"name": "x", "data_type": "Connect"}, "Data Type: is not included in the list"),
        ({"name": "x", "data_type": "Dropdown"}, "Options: can't be blank"),
        ({"name": "x", "data_type": "MultiSelect", "options": [{"name": "a"}]}, "Options: can't be blank"),
        ({"name": "x", "data_type": "String", "options": [{"name": "a"}]}, "Options: is invalid"),
        ({"name": "x", "data_type": "Currency", "currency": "Euro"}, "Currency: is invalid"),
        ({"name": "x", "data_type": "String", "kind": 1}, "Base: Unrecognized attributes specified: kind"),
        ([], "Base: must be a JSON object"),
    ],
    ids=str,
)
def test_a_wrong_definition_is_not_made(client: Client, body: Any, message: str) -> None:
    before = client.state()
    answer = client.call("POST", BASE + PATH, body)
    check_refused(client, before, answer, 422, f"Invalid input: Validation errors: {message}")
    assert client.ok("GET", PATH) == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("given_id", ["1", "x", "9" * 30])
@pytest.mark.parametrize("path", [PATH, "/custom_activity_types"])
def test_an_unknown_id_is_not_there(client: Client, path: str, given_id: str, method: str) -> None:
    if path != PATH and (method, given_id) in (("GET", "1"), ("PUT", "1")):
        given_id = "99"
    answer = client.call(method, f"{BASE}{path}/{given_id}", {})
    if path != PATH and method == "DELETE":
        assert (answer.status, answer.json) == (404, {"error": "not_found"})
    else:
        check_refused(client, client.state(), answer, 404, "Resource not found")


def test_the_id_is_given_by_the_api_alone(client: Client) -> None:
    answer = client.call("POST", BASE + PATH, {"id": 17, "name": "x", "data_type": "String"})
    assert (answer.status, answer.json["id"]) == (200, FIRST)
    assert "id" in answer.hint


def test_definitions_of_connect_fields_name_each_other_as_recorded(client: Client) -> None:
    ends: list[dict[str, Any]] = [
        {
            "id": own,
            "name": name,
            "data_type": "Connect",
            "available_on": ["company"],
            "is_filterable": False,
            "connected_id": other,
        }
        for own, name, other in ((705393, "Parent of", 705394), (705394, "Child of", 705393))
    ]
    for end in ends:
        client.copper.lookups.custom_field_definitions.add(**end)
    define(client)

    assert client.ok("GET", PATH)[:2] == ends
    assert client.ok("GET", f"{PATH}/705394") == ends[1]
    assert "connected_id" not in client.ok("GET", f"{PATH}/{FIRST}")


@pytest.mark.parametrize(
    ("method", "path", "data_type"),
    [("POST", PATH, "String"), ("PUT", f"{PATH}/17", "Connect")],
    ids=["new", "another"],
)
def test_the_other_end_of_a_connect_field_is_not_for_clients_to_set(
    client: Client, method: str, path: str, data_type: str
) -> None:
    client.copper.lookups.custom_field_definitions.add(id=17, name="Parent of", data_type="Connect", connected_id=18)

    answer = client.call(method, BASE + path, {"name": "x", "data_type": data_type, "connected_id": 19})

    assert answer.status == 200
    assert "connected_id" in answer.hint
    assert client.copper.lookups.custom_field_definitions[17]["connected_id"] == 18


def test_what_cannot_be_changed_is_ignored_and_named(client: Client) -> None:
    made = define(client)

    answer = client.call("PUT", f"{BASE}{PATH}/{FIRST}", {"id": 17, "name": "Fruit", "data_type": "Float"})
    type_ = client.call("PUT", f"{BASE}/custom_activity_types/1", {"id": 17, "name": "Ring"})

    assert (answer.status, answer.json) == (200, {**made, "name": "Fruit"})
    assert answer.hint == "Not writable and therefore ignored: id, data_type (setting read_only_fields)."
    assert (type_.status, type_.json["id"], type_.json["name"]) == (200, 1, "Ring")
    assert type_.hint == "Not writable and therefore ignored: id (setting read_only_fields)."


@pytest.mark.parametrize(
    ("method", "path", "body", "named"),
    [
        ("PUT", f"{PATH}/{FIRST}", {"data_type": "Float"}, "data_type"),
        ("PUT", "/custom_activity_types/1", {"id": 1, "name": "Ring"}, "id"),
        ("POST", PATH, {"id": 17, "name": "x", "data_type": "String"}, "id"),
        ("POST", "/custom_activity_types", {"id": 17, "name": "x", "icon_type": "Phone"}, "id"),
    ],
)
def test_what_cannot_be_written_is_refused_where_that_is_set(method: str, path: str, body: Any, named: str) -> None:
    with Emulator(read_only_fields="refuse") as copper:
        client = Client(copper)
        define(client)
        before = client.state()

        answer = client.call(method, BASE + path, body)

        message = f"Invalid input: Validation errors: Base: Unrecognized attributes specified: {named}"
        check_refused(client, before, answer, 422, message)
        assert answer.hint == f"Not writable and therefore refused: {named} (setting read_only_fields)."
        unknown = client.call("PUT", f"{BASE}{PATH}/17", {"data_type": "Float"})
        assert unknown.status == 404


# --- what becomes of the values -----------------------------------------------------------------------------------


def with_value(client: Client, definition_id: int, value: Any) -> int:
    fields = [{"custom_field_definition_id": definition_id, "value": value}]
    found: int = client.ok("POST", "/people", {"name": "Ada", "custom_fields": fields})["id"]
    return found


def value_of(client: Client, record_id: int) -> list[Any]:
    return [field["value"] for field in client.ok("GET", f"/people/{record_id}")["custom_fields"]]


def test_a_deleted_definition_takes_its_values_away_quietly(client: Client) -> None:
    definition, other = define(client)["id"], define(client, name="Other")["id"]
    ada = with_value(client, definition, "x")
    client.copper.advance(minutes=1)
    before = client.ok("GET", f"/people/{ada}")
    happened = client.copper.changes

    client.ok("DELETE", f"{PATH}/{definition}")

    rest = [{"custom_field_definition_id": other, "value": None}]
    assert client.ok("GET", f"/people/{ada}") == {**before, "custom_fields": rest}
    assert client.copper._tenant.account.records.stored(EntityType.PERSON, ada)["custom_fields"] == {}
    assert client.copper.changes == happened


def test_options_are_replaced_as_a_whole_and_lost_ones_are_unset(client: Client) -> None:
    definition = define(client, "MultiSelect", options=APPLES_AND_PEARS)
    apples, pears = (option["id"] for option in definition["options"])
    both, one = with_value(client, definition["id"], [apples, pears]), with_value(client, definition["id"], [pears])
    happened = client.copper.changes

    options = [{"id": apples, "name": "Green apples"}, {"name": "Plums"}]
    changed = client.ok("PUT", f"{PATH}/{definition['id']}", {"options": options})

    assert changed["options"] == [
        {"id": apples, "name": "Green apples", "rank": 0},
        {"id": pears + 1, "name": "Plums", "rank": 1},
    ]
    assert (value_of(client, both), value_of(client, one)) == ([[apples]], [[]])
    assert client.copper.changes == happened


def test_a_definition_that_leaves_a_type_takes_its_values_along(client: Client) -> None:
    definition = define(client)["id"]
    ada = with_value(client, definition, "x")
    client.ok("PUT", f"{PATH}/{definition}", {"available_on": ["lead"]})
    assert value_of(client, ada) == []
    client.ok("PUT", f"{PATH}/{definition}", {"available_on": ["person"]})
    assert value_of(client, ada) == [None]


# --- custom activity types ----------------------------------------------------------------------------------------


def activity_type(id: int, name: str, icon: str, **other: Any) -> dict[str, Any]:
    return {
        "id": id,
        "company_id": 100624,
        "icon_type": icon,
        "is_disabled": False,
        "is_interaction": False,
        "name": name,
        "is_default_task_type": None,
        **other,
    }


THERE = [
    activity_type(1, "Phone Call", "Phone", is_interaction=True),
    activity_type(2, "Meeting", "Event", is_interaction=True),
    activity_type(3, "To Do", "Todo", is_default_task_type=True),
]


def test_custom_activity_types_have_the_documented_shape(client: Client) -> None:
    types = "/custom_activity_types"
    assert client.call("GET", BASE + types).raw == client.call("GET", f"{BASE}{types}/").raw
    assert client.ok("GET", types) == THERE
    assert list(client.ok("GET", types)[0]) == list(THERE[0])

    made = client.ok("POST", types, {"name": "Demo", "icon_type": "Videocam"})

    assert made == activity_type(4, "Demo", "Videocam")
    changed = client.ok("PUT", f"{types}/4/", {"icon_type": "Mic"})
    assert changed == client.ok("GET", f"{types}/4") == {**made, "icon_type": "Mic"}


def test_activities_can_have_a_custom_activity_type_until_it_is_disabled(client: Client) -> None:
    """Developer docs, list-activity-types: disabled ones are still shown, and searched by."""
    lunch = client.ok("POST", "/custom_activity_types", {"name": "Lunch", "icon_type": "Event", "is_interaction": True})
    shown = {
        "id": lunch["id"],
        "category": "user",
        "name": "Lunch",
        "is_disabled": False,
        "count_as_interaction": True,
    }
    assert client.ok("GET", "/activity_types")["user"][-1] == shown
    ada = client.ok("POST", "/people", {"name": "Ada"})["id"]
    kind = {"id": lunch["id"], "category": "user"}
    body = {"parent": {"id": ada, "type": "person"}, "type": kind, "details": "At the inn"}

    eaten = client.ok("POST", "/activities", body)

    assert eaten["type"] == kind
    assert client.ok("GET", f"/people/{ada}")["interaction_count"] == 1
    client.ok("PUT", f"/custom_activity_types/{lunch['id']}", {"is_disabled": True})
    assert client.ok("GET", "/activity_types")["user"][-1] == {**shown, "is_disabled": True}
    assert client.ok("POST", "/activities/search", {"activity_types": [kind]}) == [eaten]
    before = client.state()
    answer = client.call("POST", f"{BASE}/activities", body)
    check_refused(client, before, answer, 422, "Invalid input: Validation errors: Type: is invalid")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Name: can't be blank\nIcon Type: can't be blank"),
        ({"name": "x"}, "Icon Type: can't be blank"),
        ({"icon_type": "Mic"}, "Name: can't be blank"),
        ({"name": "x", "icon_type": "Whale"}, "Icon Type: is not included in the list"),
        (17, "Base: must be a JSON object"),
    ],
    ids=str,
)
def test_a_wrong_activity_type_is_not_made(client: Client, body: Any, message: str) -> None:
    before = client.state()
    answer = client.call("POST", f"{BASE}/custom_activity_types", body)
    check_refused(client, before, answer, 422, f"Invalid input: Validation errors: {message}")
    assert client.ok("GET", "/custom_activity_types") == THERE
