"""What records refer to, over real HTTP: the shapes of the documentation's samples and of recorded answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from copper_emulator import Emulator
from tests.shell.api.client import BASE, Client, check_refused

STAGES = [
    {"id": 987790, "name": "Qualified", "pipeline_id": 213214, "win_probability": 5},
    {"id": 987791, "name": "Follow-up", "pipeline_id": 213214, "win_probability": 10},
    {"id": 987792, "name": "Presentation", "pipeline_id": 213214, "win_probability": 20},
    {"id": 987793, "name": "Contract Sent", "pipeline_id": 213214, "win_probability": 40},
    {"id": 987794, "name": "Negotiation", "pipeline_id": 213214, "win_probability": 80},
    {"id": 987795, "name": "First Meeting", "pipeline_id": 213215, "win_probability": 10},
    {"id": 987796, "name": "Partner Meeting", "pipeline_id": 213215, "win_probability": 25},
    {"id": 987797, "name": "Negotiation", "pipeline_id": 213215, "win_probability": 50},
    {"id": 987798, "name": "Term Sheet", "pipeline_id": 213215, "win_probability": 75},
]
ME = {"id": 137658, "name": "Demo User", "email": "you@example.com", "groups": [{"id": 1, "name": "Sales"}]}
SECOND = {"id": 137659, "name": "Second User", "email": "second@example.com", "groups": []}

ANSWERS: dict[str, Any] = {
    "/account": {
        "id": 100624,
        "name": "Dev API Sandbox",
        "primary_timezone": "America/Los_Angeles",
        "settings": {"setting_team_permissions_enabled": False, "setting_enable_leads": True},
        "logo_mini_url": None,
    },
    "/lead_statuses": [
        {"id": 208231, "name": "New", "order": 1, "is_default": True},
        {"id": 208232, "name": "Open", "order": 2, "is_default": False},
        {"id": 208233, "name": "Unqualified", "order": 3, "is_default": False},
        {"id": 208234, "name": "Junk", "order": 4, "is_default": False},
    ],
    "/contact_types": [
        {"id": 451490, "name": "Potential Customer"},
        {"id": 451491, "name": "Current Customer"},
        {"id": 451492, "name": "Uncategorized"},
        {"id": 451493, "name": "Other"},
    ],
    "/pipeline_stages": STAGES,
    "/pipeline_stages/pipeline/213215": STAGES[5:],
    "/users": [ME, SECOND],
    "/users/137659": SECOND,
    "/users/me": ME,
    "/activity_types": {
        "user": [
            {"id": 0, "category": "user", "name": "Note", "is_disabled": False, "count_as_interaction": False},
            {
                "id": 190711,
                "category": "user",
                "name": "Phone Call",
                "is_disabled": False,
                "count_as_interaction": True,
            },
            {"id": 190712, "category": "user", "name": "Meeting", "is_disabled": False, "count_as_interaction": True},
        ],
        "system": [
            {
                "id": 1,
                "category": "system",
                "name": "Property Changed",
                "is_disabled": False,
                "count_as_interaction": False,
            },
            {
                "id": 3,
                "category": "system",
                "name": "Pipeline Stage Changed",
                "is_disabled": False,
                "count_as_interaction": False,
            },
        ],
    },
    "/tags": [],
    "/custom_field_definitions": [],
}


@pytest.fixture
def client() -> Iterator[Client]:
    with Emulator() as copper:
        yield Client(copper)


@pytest.mark.parametrize("slash", ["", "/", "?page_size=200", "/?%7B%7D"])
@pytest.mark.parametrize(("path", "expected"), ANSWERS.items(), ids=ANSWERS)
def test_a_lookup_answers_its_table(client: Client, path: str, expected: Any, slash: str) -> None:
    """In the recorded order of keys. Clients append slashes and pages to the address, and send an empty object."""
    answer = client.call("GET", BASE + path + slash)
    assert (answer.status, answer.json) == (200, expected)
    assert [list(entry) for entry in _entries(answer.json)] == [list(entry) for entry in _entries(expected)]


def _entries(answer: Any) -> list[Any]:
    return answer if isinstance(answer, list) else [answer]


@pytest.mark.parametrize(
    ("path", "first"),
    [
        ("/customer_sources", {"id": 331240, "name": "Email"}),
        ("/loss_reasons", {"id": 308582, "name": "Competitor"}),
        (
            "/pipelines",
            {
                "id": 213214,
                "name": "Sales",
                "stages": [{name: stage[name] for name in ("id", "name", "win_probability")} for stage in STAGES[:5]],
                # Since November 2024 (changelog of the developer docs).
                "type": "opportunity",
                "is_revenue": True,
            },
        ),
    ],
)
def test_a_lookup_is_a_bare_array(client: Client, path: str, first: Any) -> None:
    answer = client.ok("GET", path)
    assert answer[0] == first
    assert {tuple(entry) for entry in answer} == {tuple(first)}


@pytest.mark.parametrize("path", ["/users/137660", "/users/you", "/users/0", "/pipeline_stages/pipeline/1"])
def test_an_unknown_user_or_pipeline_is_not_there(client: Client, path: str) -> None:
    before = client.state()
    check_refused(client, before, client.call("GET", BASE + path), 404, "Resource not found")


def test_me_is_the_user_whose_email_the_key_has(client: Client) -> None:
    catalogue = client.copper._tenant.account.records.catalogue
    catalogue.update("users", 137658, {"email": "other@example.com"})
    catalogue.update("users", 137659, {"email": client.copper.headers["X-PW-UserEmail"]})
    assert client.ok("GET", "/users/me")["id"] == 137659


@pytest.mark.parametrize("path", ["/users/search", "/users/search/"])
def test_users_are_searched_by_pages_alone(client: Client, path: str) -> None:
    """A filter by `emails` is ignored (seen by an integrator)."""
    assert client.ok("POST", path, {}) == [ME, SECOND]
    assert client.ok("POST", path, {"page_size": 1, "page_number": 2, "emails": ["x@example.com"]}) == [SECOND]
    assert client.ok("POST", path + "?page_size=1") == [ME]
    assert client.ok("POST", path, {"page_number": 2}) == []
    assert client.call("POST", BASE + path, {"page_size": 1}).headers["X-PW-TOTAL"] == "2"


@pytest.mark.parametrize("path", ["/pipeline_stages/search", "/pipeline_stages/search/"])
def test_stages_can_be_searched_as_a_client_does(client: Client, path: str) -> None:
    assert client.ok("POST", path + "?page_size=200", {}) == STAGES
    assert client.ok("POST", path, {"page_size": 4, "page_number": 3}) == STAGES[8:]


# --- tags ---------------------------------------------------------------------------------------------------------


def tagged(client: Client) -> None:
    for plural, tags in (
        ("people", ["vip", "Berlin"]),
        ("people", ["vip"]),
        ("leads", ["vip", "cold"]),
        ("companies", ["Berlin"]),
        ("opportunities", []),
        ("projects", ["apple"]),
        ("tasks", ["vip"]),
    ):
        client.ok("POST", f"/{plural}", {"name": "x", "tags": tags})


def test_tags_are_counted_for_each_type(client: Client) -> None:
    tagged(client)
    told = client.ok("GET", "/tags")
    assert [tag["name"] for tag in told] == ["apple", "Berlin", "cold", "vip"]
    assert list(told[3].items()) == [
        ("name", "vip"),
        ("count", 4),
        ("count_people", 2),
        ("count_leads", 1),
        ("count_companies", 0),
        ("count_opportunities", 0),
        ("count_projects", 0),
        ("count_tasks", 1),
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort_by=name", ["apple", "Berlin", "cold", "vip"]),
        ("sort_by=count", ["vip", "Berlin", "apple", "cold"]),
        ("last_tag_value=Berlin", ["apple", "Berlin", "cold", "vip"]),
    ],
)
def test_tags_are_sorted_by_name_or_count(client: Client, query: str, expected: list[str]) -> None:
    tagged(client)
    assert [tag["name"] for tag in client.ok("GET", f"/tags?{query}")] == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["apple", "Berlin", "cold", "vip"]),
        ("&last_tag_value=Berlin", ["cold", "vip"]),
        ("&last_tag_value=berlinale", ["cold", "vip"]),
        ("&last_tag_value=vip", []),
        ("&sort_by=count", ["apple", "Berlin", "cold", "vip"]),
    ],
)
def test_the_names_alone_go_on_after_the_last_one_seen(client: Client, query: str, expected: list[str]) -> None:
    tagged(client)
    assert client.ok("GET", f"/tags/?tag_names_only=true{query}") == expected


def test_tags_are_those_that_records_have_now(client: Client) -> None:
    ada = client.ok("POST", "/people", {"name": "Ada", "tags": ["a", "b"]})["id"]
    client.ok("PUT", f"/people/{ada}", {"tags": ["b", "c"]})
    assert client.ok("GET", "/tags?tag_names_only=true") == ["b", "c"]
    client.ok("DELETE", f"/people/{ada}")
    assert client.ok("GET", "/tags?tag_names_only=true") == []


def test_tags_cannot_be_sorted_by_anything_else(client: Client) -> None:
    before = client.state()
    answer = client.call("GET", f"{BASE}/tags?sort_by=age")
    check_refused(client, before, answer, 422, "Invalid input: Validation errors: Sort By: is not included in the list")


@pytest.mark.parametrize("path", ["/users/search", "/pipeline_stages/search"])
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "Base: must be a JSON object"),
        ({"page_number": "x"}, "Page Number: is not a number"),
        ({"page_size": {}, "page_number": True}, "Page Number: is not a number\nPage Size: is not a number"),
        ({"page_size": 201}, "Page Size: must be less than or equal to 200"),
        ({"page_number": 0}, "Page Number: must be greater than or equal to 1"),
    ],
    ids=str,
)
def test_a_page_that_cannot_be_is_refused(client: Client, path: str, body: Any, message: str) -> None:
    before = client.state()
    answer = client.call("POST", BASE + path, body)
    check_refused(client, before, answer, 422, f"Invalid input: Validation errors: {message}")
