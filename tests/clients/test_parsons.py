"""parsons: its Copper connector, which only reads and checks no status."""

from __future__ import annotations

from typing import Any

import pytest

from copper_emulator import Copper
from tests.clients.installation import python
from tests.clients.programs import DRIVERS, WRONG_TOKEN, run, told


def parsons(copper: Copper, *acts: Any, token: str | None = None) -> list[Any]:
    found: list[Any] = run(
        [python(), "-W", "ignore", str(DRIVERS / "drive_parsons.py")], stdin=told(copper, acts, token=token)
    ).json
    return found


def search(type: str, **filters: Any) -> list[Any]:
    return ["paginate_request", {"endpoint": f"/{type}/search", "req_type": "POST", "filters": filters}]


def test_it_reads_451_people_in_as_many_pages_as_the_total_asks_for(copper: Copper) -> None:
    """Only X-PW-TOTAL tells it how many pages there are."""
    seeded = copper.people.seed(
        [{"name": f"Number {n:03}", "emails": [{"email": f"n{n}@example.com", "category": "work"}]} for n in range(451)]
    )

    [tables] = parsons(copper, ["get_people", {}])

    assert {row["id"] for row in tables["people"]} == {person.id for person in seeded}
    assert len(tables["people"]) == 451
    assert {row["emails_email"] for row in tables["people_emails"]} == {f"n{n}@example.com" for n in range(451)}


def test_it_reads_activities_and_one_page_alone(copper: Copper) -> None:
    ada = copper.people.create(name="Ada")
    copper.people.seed([{"name": f"Number {number:03}"} for number in range(250)])
    noted = copper.activities.create(
        parent={"type": "person", "id": ada.id}, type={"category": "user", "id": 0}, details="x"
    )

    activities, second_page = parsons(copper, search("activities"), search("people", page_number=2))

    assert [(row["id"], row["details"]) for row in activities] == [(noted.id, "x")]
    assert len(second_page) == 51


def test_it_reads_types_and_custom_fields_with_its_own_odd_paths(copper: Copper) -> None:
    """With a slash at the end, followed by `?%7B%7D`."""
    copper.lookups.custom_field_definitions.add(
        name="Color", data_type="Dropdown", available_on=["person"], options=[{"name": "red"}, {"name": "blue"}]
    )

    contact_types, activity_types, custom_fields = parsons(
        copper, ["get_contact_types", {}], ["get_activity_types", {}], ["get_custom_fields", {}]
    )

    assert [row["name"] for row in contact_types] == [each.name for each in copper.lookups.contact_types]
    assert "Note" in {row["name"] for row in activity_types["activity_types"]}
    assert [row["name"] for row in custom_fields["custom_fields"]] == ["Color"]
    assert {row["options_name"] for row in custom_fields["custom_fields_options"]} == {"red", "blue"}


def test_an_error_comes_back_as_if_it_were_a_row(copper: Copper) -> None:
    refused, missing = parsons(
        copper, search("people", pageSize=5), ["paginate_request", {"endpoint": "/people/999999999", "req_type": "GET"}]
    )
    [stranger] = parsons(copper, search("people"), token=WRONG_TOKEN)

    assert refused == [
        {
            "success": False,
            "status": 422,
            "message": "Invalid input: Validation errors: Base: Unrecognized attributes specified: pageSize",
        }
    ]
    assert missing == [{"success": False, "status": 404, "message": "Resource not found"}]
    assert [(row["success"], row["status"]) for row in stranger] == [(False, 401)]


@pytest.mark.copper(api_limits="1/1m")
def test_a_call_over_the_limit_comes_back_as_a_row_too(copper: Copper) -> None:
    first, second = parsons(copper, search("people"), search("people"))

    assert first == []
    assert [row["status"] for row in second] == [429]
