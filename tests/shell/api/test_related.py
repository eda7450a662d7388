"""Relations over real HTTP: which pairs are possible, from both ends, and that no notification reports them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from copper_emulator import Emulator
from tests.shell.api.client import BASE, Client, check_refused

PLURALS = {
    "lead": "leads",
    "person": "people",
    "company": "companies",
    "opportunity": "opportunities",
    "project": "projects",
    "task": "tasks",
}

ALLOWED = {
    "lead": {"task"},
    "person": {"company", "opportunity", "task", "project"},
    "company": {"opportunity", "person", "task", "project"},
    "opportunity": {"company", "person", "task", "project"},
    "project": {"company", "person", "opportunity", "task"},
    "task": {"company", "person", "opportunity", "lead", "project"},
}
"""The developer documentation's list."""


@pytest.fixture
def client() -> Iterator[Client]:
    with Emulator() as copper:
        yield Client(copper)


def make(client: Client, kind: str) -> int:
    found: int = client.ok("POST", f"/{PLURALS[kind]}", {"name": f"A {kind}"})["id"]
    return found


def related(kind: str, record_id: int, *, slash: str = "") -> str:
    return f"/{PLURALS[kind]}/{record_id}/related{slash}"


def resource(kind: str, record_id: int) -> dict[str, Any]:
    return {"resource": {"id": record_id, "type": kind}}


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(("one", "other"), list(product(PLURALS, PLURALS)), ids=lambda kind: kind)
def test_exactly_the_documented_pairs_can_be_related(client: Client, one: str, other: str, slash: str) -> None:
    this, that = make(client, one), make(client, other)
    path = BASE + related(one, this, slash=slash)
    before = client.state()

    added = client.call("POST", path, resource(other, that))

    if other not in ALLOWED[one]:
        check_refused(client, before, added, 422, f"Invalid input: {one} cannot be related to {other}")
        assert added.hint
        return
    assert added.raw == b'{"added":true,"resource":{"id":%d,"type":"%s"}}' % (that, other.encode())
    assert client.call("GET", path).json == [{"id": that, "type": other}]
    assert client.ok("GET", related(other, that)) == [{"id": this, "type": one}]
    assert client.ok("GET", f"{related(one, this)}/{PLURALS[other]}{slash}") == [{"id": that, "type": other}]
    assert client.ok("GET", f"{related(one, this)}/{PLURALS[one]}") == []

    removed = client.call("DELETE", path, resource(other, that))

    assert removed.raw == b'{"removed":true,"resource":{"id":%d,"type":"%s"}}' % (that, other.encode())
    assert client.call("GET", path).raw == b"[]"
    assert client.ok("GET", related(other, that)) == []
    assert client.ok("GET", f"/{PLURALS[other]}/{that}")["id"] == that


def test_a_relation_that_is_there_already_is_answered_alike_with_a_hint(client: Client) -> None:
    ada, acme = make(client, "person"), make(client, "company")

    first, again = (client.call("POST", BASE + related("person", ada), resource("company", acme)) for _ in range(2))

    assert (first.status, first.raw) == (again.status, again.raw)
    assert (first.hint, again.hint) == ("", "They were related already: nothing has changed.")


def test_relations_are_no_change_of_a_record(client: Client) -> None:
    """The person's company follows all the same (developer docs, update a person)."""
    ada, company = make(client, "person"), make(client, "company")
    happened = client.copper.changes
    client.copper.advance(minutes=1)
    before = client.ok("GET", f"/people/{ada}")

    client.ok("POST", related("person", ada), resource("company", company))
    joined = client.ok("GET", f"/people/{ada}")
    client.ok("DELETE", related("person", ada), resource("company", company))

    assert joined == {**before, "company_id": company, "company_name": "A company"}
    assert client.ok("GET", f"/people/{ada}") == before
    assert client.copper.changes == happened


def test_a_relation_that_is_there_can_be_added_again(client: Client) -> None:
    ada, task = make(client, "person"), make(client, "task")
    for _ in range(2):
        client.ok("POST", related("person", ada), resource("task", task))
    assert client.ok("GET", related("task", task)) == [{"id": ada, "type": "person"}]


@pytest.mark.parametrize(("one", "first", "second"), [("person", "company", "company"), ("task", "lead", "person")])
def test_where_there_may_be_only_one_the_second_is_refused(client: Client, one: str, first: str, second: str) -> None:
    this, old, new = make(client, one), make(client, first), make(client, second)
    client.ok("POST", related(one, this), resource(first, old))
    before = client.state()

    answer = client.call("POST", BASE + related(one, this), resource(second, new))

    check_refused(client, before, answer, 422, f"Invalid input: {one} {this} is already related to {first} {old}")
    assert client.ok("GET", related(one, this)) == [{"id": old, "type": first}]


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Resource: can't be blank"),
        ({"resource": None}, "Resource: can't be blank"),
        ({"id": 17, "type": "task"}, "Base: Unrecognized attributes specified: id, type\nResource: can't be blank"),
        ({"resource": 17}, "Resource: is invalid"),
        ({"resource": {"id": 17}}, "Resource: is invalid"),
        ({"resource": {"id": 17, "type": "task", "name": "x"}}, "Resource: is invalid"),
        ({"resource": {"id": 17, "type": "tasks"}}, "Resource: is not included in the list"),
        ({"resource": {"id": 17, "type": ["task"]}}, "Resource: is not included in the list"),
        (
            {"resource": {"id": "test", "type": "task"}},
            "Resource: Invalid value for Resource Id: IDs must be positive integers: test",
        ),
        ([], "Base: must be a JSON object"),
    ],
    ids=str,
)
def test_a_wrong_body_relates_nothing(client: Client, method: str, body: Any, message: str) -> None:
    ada = make(client, "person")
    before = client.state()
    answer = client.call(method, BASE + related("person", ada), body)
    check_refused(client, before, answer, 422, f"Invalid input: Validation errors: {message}")


def test_both_records_have_to_be_there(client: Client) -> None:
    ada = make(client, "person")
    before = client.state()
    for method, path, body in (
        ("POST", related("person", ada), resource("task", 17)),
        ("POST", related("person", 17), resource("person", ada)),
        ("DELETE", related("person", ada), resource("task", 17)),
        ("DELETE", related("person", 17), resource("person", ada)),
        ("GET", related("person", 17), None),
        ("GET", related("person", 17) + "/tasks", None),
        ("GET", related("person", ada) + "/task", None),
        ("GET", "/people/x/related", None),
    ):
        check_refused(client, before, client.call(method, BASE + path, body), 404, "Resource not found")


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_the_path_with_a_type_only_shows_relations(client: Client, method: str) -> None:
    """The developer docs of 2019 have a page for each call; relating and removing are at the path without a type."""
    ada, acme = make(client, "person"), make(client, "company")

    answer = client.call(method, f"{BASE}{related('person', ada)}/companies", resource("company", acme))

    assert (answer.status, answer.json) == (404, {"error": "not_found"})
    assert client.ok("GET", related("person", ada)) == []


def test_a_relation_that_is_not_there_cannot_be_removed(client: Client) -> None:
    ada, task = make(client, "person"), make(client, "task")
    before = client.state()
    answer = client.call("DELETE", BASE + related("person", ada), resource("task", task))
    check_refused(client, before, answer, 404, "Resource not found")
    assert "is not related to" in answer.hint


def test_a_deleted_record_leaves_its_relations(client: Client) -> None:
    ada, task = make(client, "person"), make(client, "task")
    client.ok("POST", related("person", ada), resource("task", task))
    client.ok("DELETE", f"/tasks/{task}")
    assert client.ok("GET", related("person", ada)) == []


def test_activities_have_no_relations(client: Client) -> None:
    answer = client.call("GET", f"{BASE}/activities/17/related")
    assert (answer.status, answer.json) == (404, {"error": "not_found"})
