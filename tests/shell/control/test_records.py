"""The control API for records and lookup tables: what it does, what is reported about it, and what it refuses."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from tests.shell.served import Endpoint, Served, listening, serving

DEFAULT = "/accounts/default"


async def did(served: Served, path: str, body: Any = None) -> Any:
    """Call an operation on records, which must succeed."""
    status, answered = await served.control("POST", f"{DEFAULT}{path}", {} if body is None else body)
    assert status == 200, answered
    return answered


async def create(served: Served, kind: str, **fields: Any) -> int:
    """Create a record; return its id."""
    answered = await did(served, f"/records/{kind}/create", {"fields": fields})
    made: int = answered["records"][0]["id"]
    return made


def told(answered: Any) -> list[tuple[str, str, list[int]]]:
    """The changes in an answer."""
    return [(change["type"], change["event"], change["ids"]) for change in answered["changes"]]


# --- create, update, delete ---------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_create_answers_with_the_record_the_change_and_what_became_of_it() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        subscription = await served.subscribe("person", "new")

        answered = await did(served, "/records/person/create", {"fields": {"name": "Ada", "tags": ["vip"]}})

        (record,), (change,) = answered["records"], answered["changes"]
        assert (record["name"], record["first_name"], record["tags"]) == ("Ada", "Ada", ["vip"])
        assert (change["ids"], change["origin"]) == ([record["id"]], "control")
        assert [(n["subscription"], n["state"]) for n in change["notifications"]] == [(subscription, "delivered")]
        assert f"for subscription {subscription}: delivered (200)" in change["why"][1]
        assert [body["ids"] for body in endpoint.bodies] == [[record["id"]]]


@pytest.mark.asyncio
async def test_what_is_created_is_there_for_a_client_of_copper() -> None:
    async with serving() as served:
        made = await create(served, "people", name="Ada")
        await served.subscribe("person", "new")

        assert (await served.api("GET", f"/people/{made}"))[1]["name"] == "Ada"


@pytest.mark.asyncio
async def test_a_count_makes_as_many_in_one_action_with_numbers_and_samples() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "new")

        answered = await did(
            served, "/records/person/create", {"count": 61, "fields": {"emails": [{"email": "p{n}@example.com"}]}}
        )

        assert [len(body["ids"]) for body in endpoint.bodies] == [30, 30, 1]
        last = answered["records"][60]
        assert (last["name"], last["emails"][0]["email"]) == ("Person 61", "p61@example.com")


@pytest.mark.asyncio
async def test_names_that_cannot_be_written_are_answered() -> None:
    async with serving() as served:
        made = await did(served, "/records/person/create", {"fields": {"id": 17, "date_created": 1}})
        ids = [made["records"][0]["id"]]

        changed = await did(served, "/records/person/update", {"ids": ids, "fields": {"company_id": 5, "title": "x"}})
        deleted = await did(served, "/records/person/delete", {"ids": ids})

        assert [each["ignored"] for each in (made, changed, deleted)] == [["id", "date_created"], ["company_id"], []]


@pytest.mark.asyncio
async def test_rows_are_taken_exactly_as_they_are() -> None:
    async with serving() as served:
        answered = await did(served, "/records/company/create", {"rows": [{"name": "Acme {n}"}, {"name": "Engines"}]})
        status, refused = await served.control(
            "POST", f"{DEFAULT}/records/company/create", {"rows": [{"name": "More"}, {"details": "nameless"}]}
        )

        assert [record["name"] for record in answered["records"]] == ["Acme {n}", "Engines"]
        assert (status, refused["error"]) == (422, "Invalid input: Validation errors: Name: can't be blank")
        assert (await served.control("GET", DEFAULT))[1]["changes"] == 1


@pytest.mark.asyncio
async def test_an_activity_needs_its_parent_and_is_a_note_of_its_own_accord() -> None:
    async with serving() as served:
        ada = await create(served, "person", name="Ada")

        answered = await did(served, "/records/activity/create", {"fields": {"parent": {"type": "person", "id": ada}}})
        status, refused = await served.control("POST", f"{DEFAULT}/records/activity/create", {})

        (note,) = answered["records"]
        assert (note["type"], note["details"]) == ({"category": "user", "id": 0}, "Activity 1")
        assert told(answered) == [("activity_log", "new", [note["id"]])]
        assert (status, refused["error"]) == (422, "Invalid input: Validation errors: Parent: can't be blank")


@pytest.mark.asyncio
async def test_update_tells_apart_what_was_different_and_leaves_out_what_was_the_same() -> None:
    async with serving() as served:
        ada = await create(served, "person", name="Ada", title="Dr")
        bob = await create(served, "person", name="Bob")
        eve = await create(served, "person", name="Eve", title="Prof")

        answered = await did(served, "/records/person/update", {"ids": [ada, bob, eve], "fields": {"title": "Prof"}})

        assert [record["title"] for record in answered["records"]] == ["Prof"] * 3
        assert told(answered) == [("person", "update", [ada]), ("person", "update", [bob])]
        assert answered["changes"][0]["updated_attributes"] == {"title": ["Dr", "Prof"]}


@pytest.mark.asyncio
async def test_delete_removes_and_nothing_of_it_is_left_to_show() -> None:
    async with serving() as served:
        ada, bob = await create(served, "lead", name="Ada"), await create(served, "lead", name="Bob")

        answered = await did(served, "/records/leads/delete", {"ids": [ada, bob]})

        assert answered["records"] == []
        assert told(answered) == [("lead", "delete", [ada, bob])]
        status, refused = await served.control("POST", f"{DEFAULT}/records/lead/delete", {"ids": [ada]})
        assert (status, refused["error"]) == (404, "Resource not found")
        assert f"There is no lead {ada}" in refused["hint"]


@pytest.mark.asyncio
async def test_on_real_time_the_answer_does_not_wait_for_what_it_caused() -> None:
    async with listening(Endpoint(hangs=True)) as endpoint, serving(to=endpoint, clock="wall") as served:
        await served.subscribe("person", "new")

        answered = await did(served, "/records/person/create")

        assert [n["state"] for n in answered["changes"][0]["notifications"]] in (["queued"], ["sending"])


# --- merge and convert --------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_merge_answers_with_the_winner() -> None:
    async with serving() as served:
        ada = await create(served, "person", name="Ada")
        twin = await create(served, "person", name="Ada", title="Dr")

        answered = await did(served, "/records/person/merge", {"winner": ada, "loser": twin})

        assert [(record["id"], record["title"]) for record in answered["records"]] == [(ada, "Dr")]
        assert told(answered) == [("person", "delete", [twin]), ("person", "update", [ada])]


@pytest.mark.asyncio
async def test_convert_answers_with_what_the_lead_has_become() -> None:
    async with serving() as served:
        lead = await create(served, "lead", name="Ada Lovelace")
        other = await create(served, "lead", name="Grace Hopper")

        answered = await did(
            served, "/records/lead/convert", {"id": lead, "details": {"opportunity": {"name": "Engine"}}}
        )
        bare = await did(served, "/records/lead/convert", {"id": other, "details": {"company": {"name": ""}}})

        assert (answered["person"]["name"], answered["opportunity"]["name"]) == ("Ada Lovelace", "Engine")
        assert answered["opportunity"]["company_id"] == answered["company"]["id"]
        assert [change["type"] for change in answered["changes"]] == ["company", "person", "opportunity", "lead"]
        assert (bare["person"]["name"], bare["company"], bare["opportunity"]) == ("Grace Hopper", None, None)


# --- seed and search ----------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_seeded_records_are_there_and_nobody_is_told() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint) as served:
        await served.subscribe("person", "new")

        rows = await did(served, "/records/person/seed", {"rows": [{"id": 17, "name": "Ada", "interaction_count": 3}]})
        more = await did(served, "/records/person/seed", {"count": 2})

        assert rows["ids"] == [17]
        assert len(more["ids"]) == 2
        assert (await served.api("GET", "/people/17"))[1]["interaction_count"] == 3
        assert [entry["kind"] for entry in await served.journal()] == ["subscribed"]
        assert endpoint.bodies == []


@pytest.mark.asyncio
async def test_a_wrong_row_is_named_and_none_is_seeded() -> None:
    async with serving() as served:
        body = {"rows": [{"id": 17, "name": "Ada"}, {"id": 18}]}
        status, refused = await served.control("POST", f"{DEFAULT}/records/person/seed", body)
        await served.subscribe("person", "new")

        assert (status, refused["error"]) == (422, "Invalid input: Validation errors: Name: can't be blank")
        assert refused["hint"].startswith("Row 2.")
        assert (await served.api("GET", "/people/17"))[0] == 404


@pytest.mark.asyncio
async def test_many_records_may_come_in_one_request_that_is_larger_than_others_may_be() -> None:
    async with serving() as served:
        rows = [{"name": f"Person {number}", "details": "x" * 1000} for number in range(2000)]

        seeded = await _post(served, "/records/person/seed", {"rows": rows})
        created = await _post(served, "/records/person/create", {"rows": rows})
        updated = await _post(served, "/records/person/update", {"ids": [1], "fields": {"details": "x" * 2**20}})

        assert (seeded, created, updated) == (200, 200, 413)


async def _post(served: Served, path: str, body: Any) -> int:
    raw = io.BytesIO(json.dumps(body).encode())
    async with served.session.post(f"{served.server.url}/_emulator/v1{DEFAULT}{path}", data=raw) as response:
        return response.status


@pytest.mark.asyncio
async def test_search_finds_what_coppers_own_search_finds() -> None:
    async with serving() as served:
        ada = await create(served, "person", name="Ada")
        await create(served, "person", name="Bob")

        found = await did(served, "/records/person/search", {"filters": {"name": "Ada"}})
        page = await did(served, "/records/people/search", {"filters": {"page_size": 1}})
        status, refused = await served.control("POST", f"{DEFAULT}/records/person/search", {"filters": {"nme": "Ada"}})

        assert [record["id"] for record in found["records"]] == [ada]
        assert (len(page["records"]), page["total"]) == (1, 2)
        assert status == 422
        assert "nme" in refused["error"]


# --- lookup tables ------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_lookup_table_can_be_read_and_changed() -> None:
    async with serving() as served:
        path = f"{DEFAULT}/lookups/loss_reasons"
        _, before = await served.control("GET", path)

        added = await did(served, "/lookups/loss_reasons/add", {"entry": {"id": 17, "name": "Moved away"}})
        changed = await did(served, "/lookups/loss_reasons/update", {"id": 17, "fields": {"name": "Moved"}})
        _, between = await served.control("GET", path)
        left = await did(served, "/lookups/loss_reasons/remove", {"id": 17})

        assert added["entry"] == {"id": 17, "name": "Moved away"}
        assert changed["entry"] == {"id": 17, "name": "Moved"}
        assert between["entries"] == [*before["entries"], changed["entry"]]
        assert left == before


@pytest.mark.asyncio
async def test_what_records_have_stays_in_the_tables() -> None:
    async with serving() as served:
        deal = await did(served, "/records/opportunity/create", {"fields": {"name": "Deal"}})
        [deal_id] = (record["id"] for record in deal["records"])
        path = f"{DEFAULT}/lookups/pipelines"
        _, before = await served.control("GET", path)

        gone = await served.control("POST", f"{path}/remove", {"id": 213_214})
        moved = await served.control("POST", f"{path}/update", {"id": 213_214, "fields": {"stages": ["Won"]}})

        for (status, answer), what in ((gone, "pipeline 213214 (Sales)"), (moved, "stage 987790 (Qualified)")):
            assert status == 422
            assert f"{what} cannot be removed while opportunities have it: [{deal_id}]" in str(answer)
        assert await served.control("GET", path) == (200, before)


@pytest.mark.asyncio
async def test_values_of_a_custom_field_go_with_its_options_and_with_itself() -> None:
    """A definition made anew under the same id is a different field."""
    async with serving() as served:
        table = "/lookups/custom_field_definitions"
        gold, silver = {"id": 1, "name": "Gold"}, {"id": 2, "name": "Silver"}
        level = {"name": "Level", "data_type": "Dropdown", "available_on": ["person"], "options": [gold, silver]}
        await did(served, f"{table}/add", {"entry": {**level, "id": 17}})
        await did(served, f"{table}/add", {"entry": {**level, "id": 18}})
        values = [{"custom_field_definition_id": 17, "value": 1}, {"custom_field_definition_id": 18, "value": 1}]
        made = await did(served, "/records/person/create", {"fields": {"custom_fields": values}})

        await did(served, f"{table}/update", {"id": 17, "fields": {"options": [silver]}})
        await did(served, f"{table}/remove", {"id": 18})
        await did(served, f"{table}/add", {"entry": {**level, "id": 18}})
        found = await did(served, "/records/person/search")

        assert made["records"][0]["custom_fields"] == values
        assert [each["value"] for each in found["records"][0]["custom_fields"]] == [None, None]


# --- what the account says of itself --------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_the_account_can_be_read_and_changed() -> None:
    async with serving() as served:
        _, before = await served.control("GET", f"{DEFAULT}/details")
        named = await did(served, "/details", {"name": "Engines", "primary_timezone": "Europe/London"})
        changed = await did(served, "/details", {"settings": {"setting_enable_leads": False}})
        _, after = await served.control("GET", f"{DEFAULT}/details")

        assert before == {
            "id": 100_624,
            "name": "Dev API Sandbox",
            "primary_timezone": "America/Los_Angeles",
            "settings": {"setting_team_permissions_enabled": False, "setting_enable_leads": True},
            "logo_mini_url": None,
        }
        assert named == {**before, "name": "Engines", "primary_timezone": "Europe/London"}
        assert changed == after
        assert after == {**named, "settings": {**before["settings"], "setting_enable_leads": False}}
        assert await did(served, "/details", {"name": None}) == after


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("create", {"fields": {"name": "Ada"}}),
        ("update", {"ids": [17], "fields": {"name": "Ada"}}),
        ("delete", {"ids": [17]}),
        ("convert", {"id": 17}),
        ("search", {}),
        ("seed", {"rows": [{"name": "Ada"}]}),
    ],
)
async def test_leads_that_are_switched_off_are_refused(path: str, body: Any) -> None:
    async with serving() as served:
        await did(served, "/details", {"settings": {"setting_enable_leads": False}})

        status, refused = await served.control("POST", f"{DEFAULT}/records/lead/{path}", body)

        assert (status, refused["error"].splitlines()[0]) == (403, "Feature not enabled")
        assert "Leads are switched off in this account" in str(refused)
        assert (await did(served, "/records/person/create", {"fields": {"name": "Ada"}}))["records"]


# --- what is refused ----------------------------------------------------------------------------------------

REFUSED = [
    (
        "/records/persona/create",
        {},
        422,
        "there is no type 'persona'; did you mean 'person'? The types are lead, person",
    ),
    ("/records/person/create", {"type": "lead"}, 422, "type: is already in the path"),
    ("/records/person/create", {"rows": [{}], "count": 2}, 422, "takes either rows, or count and fields"),
    ("/records/person/create", {"rows": []}, 422, "rows: must not be empty"),
    ("/records/person/create", {"rows": [17]}, 422, "rows: 17 is not a mapping of names to values"),
    ("/records/person/create", {"count": 10_001}, 422, "count: 10001 is too large: the most is 10000"),
    ("/records/person/create", {"count": True}, 422, "count: true is not a whole number"),
    ("/records/person/create", {"fields": {"nme": "Ada"}}, 422, "Base: Unrecognized attributes specified: nme"),
    ("/records/person/create", {"fields": {"name": 17}}, 422, "Name: must be a string"),
    ("/records/person/update", {"fields": {}}, 422, "ids: is missing"),
    ("/records/person/update", {"ids": [], "fields": {}}, 422, "ids: must not be empty"),
    ("/records/person/update", {"ids": [17], "fields": {"name": "x"}}, 404, "Resource not found"),
    ("/records/person/delete", {"ids": ["17"]}, 422, "ids: '17' is not a whole number"),
    ("/records/person/merge", {"winner": 17}, 422, "loser: is missing"),
    ("/records/person/merge", {"winner": 17, "loser": 17}, 422, "cannot be merged with itself"),
    ("/records/lead/merge", {"winner": 17, "loser": 18}, 422, "people can be merged, and companies, not leads"),
    ("/records/person/convert", {"id": 17}, 422, "only leads can be converted, not people"),
    ("/records/lead/convert", {"id": 17}, 404, "Resource not found"),
    ("/records/person/nonsense", {}, 404, "there is no "),
    ("/lookups/nonsense/add", {"entry": {"name": "x"}}, 422, "there is no lookup table 'nonsense'"),
    ("/lookups/users/add", {"entry": {"name": "x"}}, 422, "Email: can't be blank"),
    ("/lookups/users/update", {"id": 17, "fields": {}}, 404, "Resource not found"),
    ("/lookups/users/remove", {"id": -1}, 422, "id: -1 is too small: the least is 0"),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(("path", "body", "status", "says"), REFUSED)
async def test_what_cannot_be_done_is_refused_and_changes_nothing(path: str, body: Any, status: int, says: str) -> None:
    async with serving() as served:
        answered, refused = await served.control("POST", f"{DEFAULT}{path}", body)

        assert answered == status
        assert says in refused["error"]
        assert await served.journal() == []
