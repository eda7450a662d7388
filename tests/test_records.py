"""Records as a test writes, finds and seeds them, and the notifications about them."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from copper_emulator import AsyncEmulator, Copper, Emulator, Endpoint, Invalid, NotEnabled, NotFound, Record, UsageError
from copper_emulator.core.model import EntityType
from copper_emulator.records import Records

TARGET = "https://crm.example/hooks"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECONDS = int(START.timestamp())


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator(start=START) as copper:
        yield copper


@pytest.fixture
def endpoint(copper: Copper) -> Endpoint:
    endpoint = Endpoint(TARGET)
    copper.route("https://crm.example", to=endpoint)
    return endpoint


def told(endpoint: Endpoint) -> list[tuple[str, list[int]]]:
    """Topics and ids of what an endpoint received, in order."""
    return [(f"{request.json['type']}/{request.json['event']}", request.json["ids"]) for request in endpoint.requests]


def api(copper: Copper, method: str, path: str, body: Any = None) -> Any:
    """The API's answer to an OAuth client."""
    request = urllib.request.Request(
        f"{copper.api_url}{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={**copper.oauth_headers, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        return json.loads(response.read())


# --- records, entries and dates where ids and numbers go --------------------------------------------------------


def test_records_go_where_ids_go(copper: Copper) -> None:
    acme = copper.companies.create(name="Acme")
    ada = copper.people.create(name="Ada", company_id=acme)
    deal = copper.opportunities.create(name="Deal", primary_contact_id=ada, company_id=acme)
    task = copper.tasks.create(name="Call", related_resource=deal)
    call = copper.lookups.activity_types.named("Phone Call")
    activity = copper.activities.create(parent=ada, type=call, details="Hello")
    copper.companies.update(acme, primary_contact_id=ada)

    assert (ada.company_id, ada.company_name) == (acme.id, "Acme")
    assert (deal.primary_contact_id, deal.company_id) == (ada.id, acme.id)
    assert task.related_resource == {"id": deal.id, "type": "opportunity"}
    assert activity.parent == {"id": ada.id, "type": "person"}
    assert activity.type == {"id": call.id, "category": "user"}
    assert copper.companies.get(acme).primary_contact_id == ada.id
    assert copper.people.search(company_ids=[acme]) == [copper.people.get(ada)]
    assert copper.activities.search(parent=ada, activity_types=[call]) == [activity]


def test_entries_of_lookup_tables_go_where_their_ids_go(copper: Copper) -> None:
    junk, second = copper.lookups.lead_statuses.named("Junk"), copper.lookups.users.named("Second User")

    lead = copper.leads.create(name="Ada", status_id=junk, assignee_id=second)

    assert (lead.status, lead.assignee_id) == ("Junk", second.id)
    assert copper.leads.search(status_ids=[junk], assignee_ids=[second]) == [lead]


def test_a_record_of_another_type_is_no_company(copper: Copper) -> None:
    ada = copper.people.create(name="Ada")

    with pytest.raises(UsageError, match=f"record {ada.id} is of the type person, not company"):
        copper.people.create(name="Bob", company_id=ada)
    with pytest.raises(UsageError, match="status_id takes an entry of lead_statuses, not 'Demo User' of users"):
        copper.leads.create(name="Bob", status_id=copper.lookups.users.named("Demo User"))
    with pytest.raises(Invalid, match="Parent: is invalid"):
        copper.activities.create(parent=Record({"id": 1}), type={"category": "user", "id": 0}, details="x")


# It is nine in UTC, and the account's day, in Los Angeles, began at eight.
MOMENTS: dict[str, tuple[Any, int]] = {
    "a datetime": (START, SECONDS),
    "seconds": (SECONDS, SECONDS),
    "a day": (date(2026, 3, 2), SECONDS - 3600),
    "a day as text": ("3/2/2026", SECONDS - 3600),
}


@pytest.mark.parametrize(("given", "kept"), MOMENTS.values(), ids=MOMENTS.keys())
def test_moments_are_written_as_python_has_them(copper: Copper, given: Any, kept: int) -> None:
    task = copper.tasks.create(name="Call", due_date=given)

    assert task.due_date == kept


@pytest.mark.parametrize("given", [date(2026, 3, 2), START, "03/02/2026"], ids=["date", "datetime", "text"])
def test_days_are_written_as_python_has_them(copper: Copper, given: Any) -> None:
    deal = copper.opportunities.create(name="Deal", close_date=given)

    assert deal.close_date == "3/2/2026"
    assert copper.opportunities.search(close_date=given) == [deal]


def test_dates_of_custom_fields_are_written_as_python_has_them(copper: Copper) -> None:
    born = copper.lookups.custom_field_definitions.add(name="Born", data_type="Date", available_on=["person"])

    def custom(**given: Any) -> Any:
        return [{"custom_field_definition_id": born, **given}]

    ada = copper.people.create(name="Ada", custom_fields=custom(value=date(1960, 5, 17)))
    bob = copper.people.create(name="Bob", custom_fields=custom(value=datetime(1969, 12, 31, 23, 59, tzinfo=UTC)))

    # In Los Angeles, the day began seven hours after midnight in UTC.
    shown = [each.custom_fields[0]["value"] for each in (ada, bob)]
    assert shown == [datetime(1960, 5, 17, 7, tzinfo=UTC).timestamp(), -60]
    noon = datetime(1960, 5, 17, 12, tzinfo=UTC)
    assert copper.people.search(custom_fields=custom(maximum_value=noon)) == [ada]
    assert copper.people.search(custom_fields=custom(minimum_value=noon)) == [bob]
    with pytest.raises(UsageError, match="value needs a time zone"):
        copper.people.update(ada, custom_fields=custom(value=datetime(1960, 5, 17)))  # noqa: DTZ001 - what is tested
    with pytest.raises(UsageError, match="Object of type date is not JSON serializable"):
        copper.people.update(ada, address=cast("Any", {"city": date(1960, 5, 17)}))


def test_days_are_those_of_the_accounts_time_zone(copper: Copper) -> None:
    copper.lookups.account.update(primary_timezone="Europe/London")
    task = copper.tasks.create(name="Call", due_date=date(2026, 3, 2))

    # Nine hours before it was nine.
    assert task.due_date == SECONDS - 9 * 3600
    with pytest.raises(UsageError, match="no time zone is called 'London' on this machine"):
        copper.lookups.account.update(primary_timezone="London")


def test_a_datetime_without_a_zone_could_be_any_moment(copper: Copper) -> None:
    with pytest.raises(UsageError, match=r"due_date needs a time zone: datetime\(\.\.\., tzinfo=UTC\)"):
        copper.tasks.create(name="Call", due_date=datetime(2026, 3, 2))  # noqa: DTZ001 - what is tested


def test_moments_in_searches_are_written_as_python_has_them(copper: Copper) -> None:
    ada = copper.people.create(name="Ada")

    assert copper.people.search(minimum_created_date=START) == [ada]
    assert copper.people.search(maximum_created_date=datetime(2026, 3, 2, 8, 59, tzinfo=UTC)) == []


@pytest.mark.parametrize("tags", [["b", "a"], ("b", "a")], ids=["list", "tuple"])
def test_lists_are_written_as_python_has_them(copper: Copper, tags: Any) -> None:
    assert copper.people.create(name="Ada", tags=tags).tags == ["b", "a"]


def test_sets_are_written_in_an_order_that_is_the_same_on_every_run(copper: Copper) -> None:
    assert copper.people.create(name="Ada", tags={"b", "c", "a"}).tags == ["a", "b", "c"]  # type: ignore[arg-type]


# --- what cannot be -------------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[Callable[[Copper, Record], object], type[Exception], str]] = {
    "no name": (
        lambda c, ada: c.people.create(),  # type: ignore[call-arg]
        Invalid,
        "422 Invalid input: Validation errors: Name: can't be blank",
    ),
    "an unknown field": (
        lambda c, ada: c.people.update(ada, nmae="Bob"),  # type: ignore[call-arg]
        Invalid,
        "422 Invalid input: Validation errors: Base: Unrecognized attributes specified: nmae",
    ),
    "an id": (
        lambda c, ada: c.people.create(name="Bob", id=5),  # type: ignore[call-arg]
        UsageError,
        "the emulator assigns a record's id, as Copper does; leave it out, or seed the record",
    ),
    "what only Copper writes": (
        lambda c, ada: c.people.update(ada, interaction_count=5),  # type: ignore[call-arg]
        UsageError,
        "interaction_count of a person is written by Copper only; leave it out, or seed the record",
    ),
    "what is written once": (
        lambda c, ada: c.people.update_many([ada], company_id=5),  # type: ignore[call-arg]
        UsageError,
        "company_id of a person can only be set when it is created, as through Copper's API",
    ),
    "one of several rows": (
        lambda c, ada: c.people.create_many([{"name": "Bob"}, {"name": ""}]),
        Invalid,
        "422 Invalid input: Validation errors: Name: can't be blank",
    ),
    "a row that is none": (
        lambda c, ada: c.people.create_many(["Bob"]),  # type: ignore[list-item]
        UsageError,
        "a record's fields must be a mapping, not 'Bob'",
    ),
    "no JSON": (
        lambda c, ada: c.people.create(name=object()),  # type: ignore[arg-type]
        UsageError,
        "a record's fields must be JSON: Object of type object is not JSON serializable",
    ),
    "an unknown filter": (
        lambda c, ada: c.people.search(nmae="Ada"),  # type: ignore[call-arg]
        Invalid,
        "422 Invalid input: Validation errors: Base: Unrecognized attributes specified: nmae",
    ),
    "a filter that is no JSON": (
        lambda c, ada: c.people.search(name=object()),  # type: ignore[arg-type]
        UsageError,
        "the filters of a search must be JSON: ",
    ),
    "a merge of leads": (
        lambda c, ada: c.leads.merge(1, 2),  # type: ignore[attr-defined]
        AttributeError,
        "copper.leads has no 'merge': only copper.people and copper.companies have it",
    ),
    "a conversion of people": (
        lambda c, ada: c.people.convert(ada),  # type: ignore[attr-defined]
        AttributeError,
        "copper.people has no 'convert': only copper.leads has it",
    ),
    "what no records have": (
        lambda c, ada: c.people.seek(ada),  # type: ignore[attr-defined]
        AttributeError,
        "People has no attribute 'seek'; did you mean 'seed'?",
    ),
    "a merge with itself": (lambda c, ada: c.people.merge(ada, ada), UsageError, "person"),
    "a merge with nobody": (lambda c, ada: c.people.merge(ada, 17), NotFound, "404 Resource not found"),
    "a conversion of nobody": (lambda c, ada: c.leads.convert(17), NotFound, "404 Resource not found"),
    "a conversion of a person": (lambda c, ada: c.leads.convert(ada), UsageError, "record "),
    "a conversion into a person": (
        lambda c, ada: c.leads.convert(c.leads.create(name="Bob"), company=ada),
        UsageError,
        "record ",
    ),
    "seeds that are none": (
        lambda c, ada: c.people.seed({"name": "Bob"}),  # type: ignore[dict-item]
        UsageError,
        "give a list of records, like ",
    ),
    "the name of a file": (
        lambda c, ada: c.people.seed("people.json"),  # type: ignore[arg-type]
        UsageError,
        "pass a file as pathlib.Path('people.json')",
    ),
    "a seed with an id that is taken": (
        lambda c, ada: c.people.seed([{"name": "Bob", "id": 5}, {"name": "Cy", "id": ada.id}]),
        Invalid,
        "422 Invalid input: Validation errors: Id: 94808711 is already there\nRow 2.",
    ),
}


@pytest.mark.parametrize(("act", "error", "text"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_is_said_and_changes_nothing(
    copper: Copper, act: Callable[[Copper, Record], object], error: type[Exception], text: str
) -> None:
    ada = copper.people.create(name="Ada")

    with pytest.raises(error) as caught:
        act(copper, ada)

    assert str(caught.value).startswith(text)
    assert copper.people.search() == [ada]


def test_fields_that_are_no_plain_texts_are_shown_where_they_are_missing(copper: Copper) -> None:
    with pytest.raises(Invalid) as caught:
        copper.activities.create(details="Met")  # type: ignore[call-arg]

    assert caught.value.message == "Invalid input: Validation errors: Parent: can't be blank\nType: can't be blank"
    assert caught.value.hint == (
        "parent is `{id, type}` of a lead, person, company, opportunity, project, task, "
        'like {"id": 17, "type": "person"}. '
        'type is `{category, id}` of a user activity type, like {"category": "user", "id": 0}.'
    )


def test_fields_that_cannot_be_written_are_refused_in_coppers_words_where_the_api_refuses_them() -> None:
    with Emulator(read_only_fields="refuse") as copper, pytest.raises(Invalid, match="Unrecognized attributes"):
        copper.people.create(name="Ada", date_created=5)  # type: ignore[call-arg]


# --- searching ------------------------------------------------------------------------------------------------


def test_a_search_finds_everything_that_fits_every_filter(copper: Copper) -> None:
    rows = [{"name": f"Person {n:03}", "tags": ["even"] if n % 2 == 0 else ["odd"]} for n in range(250)]
    copper.people.create_many(rows)

    assert [each.name for each in copper.people.search()] == [row["name"] for row in rows]
    assert len(copper.people.search(tags=["even"])) == 125
    assert [each.name for each in copper.people.search(tags={"even"}, name="person 002")] == ["Person 002"]
    assert [each.name for each in copper.people.search(sort_direction="desc", page_size=2, page_number=2)] == [
        "Person 247",
        "Person 246",
    ]


def test_a_search_in_a_test_does_not_lag_behind() -> None:
    with Emulator(search_lag="10m") as copper:
        gone = copper.people.create(name="Bob")
        copper.advance("10m")
        ada = copper.people.create(name="Ada")
        copper.people.delete(gone)

        assert copper.people.search() == [ada]
        assert [each["name"] for each in api(copper, "POST", "/people/search", {})] == ["Bob"]


# --- leads that are switched off --------------------------------------------------------------------------------

ON_LEADS: dict[str, Callable[[Copper], object]] = {
    "create": lambda c: c.leads.create(name="Eve"),
    "create_many": lambda c: c.leads.create_many([{"name": "Eve"}]),
    "update": lambda c: c.leads.update(17, name="Eve"),
    "update_many": lambda c: c.leads.update_many([17], name="Eve"),
    "delete": lambda c: c.leads.delete(17),
    "delete_many": lambda c: c.leads.delete_many([17]),
    "get": lambda c: c.leads.get(17),
    "search": lambda c: c.leads.search(),
    "seed": lambda c: c.leads.seed([{"name": "Eve"}]),
    "seed from a file": lambda c: c.leads.seed(Path("leads.json")),
    "convert": lambda c: c.leads.convert(17),
}


@pytest.mark.parametrize("call", ON_LEADS.values(), ids=ON_LEADS.keys())
def test_leads_that_are_switched_off_are_refused(copper: Copper, call: Callable[[Copper], object]) -> None:
    copper.leads.seed([{"id": 17, "name": "Ada"}])
    copper.lookups.account.update(settings={"setting_enable_leads": False})

    with pytest.raises(NotEnabled) as caught:
        call(copper)

    assert str(caught.value) == (
        "403 Feature not enabled\n"
        "Leads are switched off in this account: setting_enable_leads of its settings is false."
    )
    assert copper.changes == []
    copper.lookups.account.update(settings={"setting_enable_leads": True})
    assert [lead.name for lead in copper.leads.search()] == ["Ada"]


# --- merging and converting -----------------------------------------------------------------------------------


def test_companies_are_merged_with_their_people(copper: Copper) -> None:
    acme, twin = copper.companies.create(name="Acme"), copper.companies.create(name="ACME Ltd")
    ada = copper.people.create(name="Ada", company_id=twin)

    copper.companies.merge(acme.id, twin.id)

    assert copper.people.get(ada).company_id == acme.id


def test_a_lead_becomes_a_person_a_company_and_an_opportunity(copper: Copper, endpoint: Endpoint) -> None:
    for kind, event in (("person", "new"), ("company", "new"), ("opportunity", "new"), ("lead", "delete")):
        copper.subscribe(kind, event, target=TARGET)
    lead = copper.leads.create(name="Ada King", company_name="Acme")

    became = copper.leads.convert(
        lead, person={"assignee_id": copper.lookups.users.named("Second User")}, opportunity={"name": "Deal"}
    )

    assert became.company is not None
    assert became.opportunity is not None
    assert (became.person.name, became.company.name, became.opportunity.name) == ("Ada King", "Acme", "Deal")
    assert became.person.assignee_id == copper.lookups.users.named("Second User").id
    assert sorted(told(endpoint)) == [
        ("company/new", [became.company.id]),
        ("lead/delete", [lead.id]),
        ("opportunity/new", [became.opportunity.id]),
        ("person/new", [became.person.id]),
    ]


def test_a_lead_joins_a_company_and_becomes_no_opportunity_that_is_not_asked_for(copper: Copper) -> None:
    acme = copper.companies.create(name="Acme")

    became = copper.leads.convert(copper.leads.create(name="Ada").id, company=acme)
    alone = copper.leads.convert(copper.leads.create(name="Bob"), company={"name": ""}, opportunity={})

    assert (became.person.company_id, became.company, became.opportunity) == (acme.id, acme, None)
    assert alone.company is None
    assert alone.opportunity is not None


# --- seeding --------------------------------------------------------------------------------------------------


def test_seeded_records_were_always_there(copper: Copper, endpoint: Endpoint) -> None:
    copper.subscribe("person", "new", target=TARGET)
    acme = copper.companies.create(name="Acme")
    changes = copper.changes

    ada, bob = copper.people.seed([{"name": "Ada", "id": 17, "company_id": acme}, {"name": "Bob", "date_created": 5}])

    assert (ada.id, ada.company_name, bob.date_created) == (17, "Acme", 5)
    assert endpoint.requests == []
    assert copper.changes == changes
    assert copper.people.update(ada, title="Dr").title == "Dr"


def test_seeded_records_are_read_when_they_are_asked_for(copper: Copper) -> None:
    made = copper.people.seed({"name": name} for name in ("Ada", "Bob", "Cy"))
    copper.people.update(made[0], title="Dr")

    assert len(made) == 3
    assert (made[0].title, made[-1].name) == ("Dr", "Cy")
    assert [each.name for each in made[1:]] == ["Bob", "Cy"]
    assert [each.name for each in made] == ["Ada", "Bob", "Cy"]
    assert repr(made) == "<3 seeded records>"
    assert copper.people.get(made[1]) in made


def test_what_the_api_answers_is_a_file_to_seed_from(copper: Copper, tmp_path: Path) -> None:
    acme = copper.companies.create(name="Acme")
    copper.people.create(name="Dr. Ada King", company_id=acme, emails=[{"email": "ada@x.example", "category": "work"}])
    copper.companies.update(acme, primary_contact_id=copper.people.search()[0])
    for plural in ("companies", "people"):
        answer = api(copper, "POST", f"/{plural}/search", {})
        (tmp_path / f"{plural}.json").write_text(json.dumps(answer), encoding="utf-8")

    with Emulator() as other:
        other.companies.seed(tmp_path / "companies.json")
        other.people.seed(tmp_path / "people.json")

        assert other.companies.search() == copper.companies.search()
        assert other.people.search() == copper.people.search()
        assert other.changes == []


def test_a_table_is_a_file_to_seed_from(copper: Copper, tmp_path: Path) -> None:
    field = copper.lookups.custom_field_definitions.add(name="Size", data_type="Float", available_on=["person"])
    path = tmp_path / "people.csv"
    path.write_text(
        f"id,name,emails,tags,address.city,custom_fields.{field.id},date_created\n"
        "17,Ada King,ada@x.example;ada@y.example,vip;north,London,1.5,1490045452\n"
        ",Bob,,,,,\n",
        encoding="utf-8",
    )

    ada, bob = copper.people.seed(path)

    assert (ada.id, ada.last_name, ada.tags, ada.date_created) == (17, "King", ["vip", "north"], 1_490_045_452)
    assert ada.address["city"] == "London"
    assert [email["email"] for email in ada.emails] == ["ada@x.example", "ada@y.example"]
    assert ada.custom_fields == [{"custom_field_definition_id": field.id, "value": 1.5}]
    assert (bob.name, bob.tags, bob.address) == ("Bob", [], None)


# --- the asynchronous face ------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_only_what_lets_time_pass_is_awaited() -> None:
    async with AsyncEmulator() as copper:
        [ada] = copper.people.seed([{"name": "Ada"}])
        bob, cy = await copper.people.create_many([{"name": "Bob", "title": "Dr"}, {"name": "Cy"}])
        await copper.people.update_many([bob, cy], details="met")
        merged = await copper.people.merge(ada, bob)
        became = await copper.leads.convert(await copper.leads.create(name="Dan"), opportunity={})
        await copper.people.delete(cy)
        await copper.tasks.delete_many([await copper.tasks.create(name="Call")])
        await copper.people.update(ada, assignee_id=copper.lookups.users.named("Demo User"))

        assert (merged.title, merged.details) == ("Dr", "met")
        assert became.opportunity is not None
        assert [each.name for each in copper.people.search()] == ["Ada", "Dan"]
        assert copper.people.get(ada).assignee_id == 137_658


class FailingPeople(Records):
    """Has the name of what only leads can do."""

    @property
    def convert(self) -> object:
        raise AttributeError("there is none")


def test_an_error_in_a_property_is_not_taken_for_a_missing_name(copper: Copper) -> None:
    people = FailingPeople(EntityType.PERSON, copper._tenant, lambda act: None)
    with pytest.raises(AttributeError, match=r"^there is none$"):
        _ = people.convert
