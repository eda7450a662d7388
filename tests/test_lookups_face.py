"""`copper.lookups`: what records refer to, read and changed by a test."""

from __future__ import annotations

import copy
import json
import pickle
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from copper_emulator import (
    AsyncEmulator,
    Copper,
    CopperEmulatorError,
    Emulator,
    Endpoint,
    Invalid,
    NotFound,
    UsageError,
)
from copper_emulator.core.records.lookups.tables import LOOKUPS, SEEDS


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator() as copper:
        yield copper


def api(copper: Copper, path: str) -> Any:
    request = urllib.request.Request(f"{copper.api_url}{path}", headers=copper.headers)
    with urllib.request.urlopen(request) as response:
        return json.loads(response.read())


ADDED: dict[str, dict[str, Any]] = {
    "users": {"name": "Eve", "email": "eve@example.com"},
    "lead_statuses": {"name": "Hot", "order": 5},
    "customer_sources": {"name": "Fair"},
    "loss_reasons": {"name": "Weather"},
    "contact_types": {"name": "Partner"},
    "pipelines": {"name": "Hiring", "stages": ["Applied", {"name": "Hired", "win_probability": 100}]},
    "activity_types": {"name": "Lunch", "count_as_interaction": True},
    "custom_activity_types": {"name": "Lunch", "icon_type": "Event"},
    "custom_field_definitions": {"name": "Colour", "data_type": "Dropdown", "options": ["Red", "Blue"]},
}


@pytest.mark.parametrize("name", LOOKUPS)
def test_every_table_can_be_read_and_changed(copper: Copper, name: str) -> None:
    table = getattr(copper.lookups, name)
    seeds = [entry["name"] for entry in SEEDS[name]]
    assert ([entry.name for entry in table], len(table)) == (seeds, len(seeds))

    added = table.add(**ADDED[name])
    assert (table[added.id], table.named(added.name)) == (added, added)
    assert added in table
    assert added.id in table

    changed = table.update(added, name="Another")
    assert (changed.id, changed.name, table[added.id]) == (added.id, "Another", changed)

    table.remove(added.id)
    assert added not in table
    assert [entry.name for entry in table] == seeds


def test_an_entry_may_bring_its_id(copper: Copper) -> None:
    """Otherwise, data seeded from another account would have to be translated."""
    eve = copper.lookups.users.add(id=17, name="Eve", email="eve@example.com")

    assert eve.id == 17
    assert copper.leads.create(name="Ada", assignee_id=17).assignee_id == 17
    with pytest.raises(Invalid, match="Id: is already there"):
        copper.lookups.users.add(id=17, name="Bob", email="bob@example.com")


def test_what_is_changed_here_the_api_shows(copper: Copper) -> None:
    hot = copper.lookups.lead_statuses.add(name="Hot", is_default=True)

    assert hot.id in [status["id"] for status in api(copper, "/lead_statuses")]
    assert copper.leads.create(name="Ada").status == "Hot"
    assert [status.name for status in copper.lookups.lead_statuses if status.is_default] == ["Hot"]


def test_nothing_of_it_is_notified(copper: Copper, endpoint: Endpoint) -> None:
    copper.subscribe("lead", "update", target=endpoint.url)
    lead = copper.leads.create(name="Ada")

    copper.lookups.lead_statuses.update(lead.status_id, name="Fresh")

    assert copper.leads.get(lead).status == "Fresh"
    copper.expect_none()


@pytest.fixture
def endpoint(copper: Copper) -> Endpoint:
    endpoint = Endpoint("https://crm.example/hooks")
    copper.route("https://crm.example", to=endpoint)
    return endpoint


def test_a_new_custom_field_is_one_of_its_types_at_once(copper: Copper) -> None:
    ada = copper.people.create(name="Ada")
    field = copper.lookups.custom_field_definitions.add(
        name="Colour", data_type="Dropdown", available_on=["person"], options=["Red", "Blue"]
    )
    red = field.options[0]["id"]

    copper.people.update(ada, custom_fields=[{"custom_field_definition_id": field.id, "value": red}])
    assert copper.people.get(ada).custom_fields == [{"custom_field_definition_id": field.id, "value": red}]

    copper.lookups.custom_field_definitions.remove(field)
    assert copper.people.get(ada).custom_fields == []


def test_the_account_can_be_read_and_changed(copper: Copper) -> None:
    account = copper.lookups.account
    account.update(
        name="Analytical Engines", primary_timezone="Europe/London", logo_mini_url="https://logo.example/1.png"
    )
    account.update()

    assert dict(account) == api(copper, "/account")
    assert account["logo_mini_url"] == "https://logo.example/1.png"
    assert (account.name, account.id, account["primary_timezone"]) == (
        "Analytical Engines",
        100_624,
        "Europe/London",
    )
    assert len(account) == 5
    account["settings"]["setting_enable_leads"] = False
    assert account["settings"]["setting_enable_leads"] is True
    assert repr(account).startswith("<copper.lookups.account: {'id': 100624,")


def test_reset_brings_back_what_a_new_account_has(copper: Copper) -> None:
    lookups = copper.lookups
    lookups.users.add(name="Eve", email="eve@example.com")
    lookups.loss_reasons.remove(lookups.loss_reasons.named("Price"))
    lookups.account.update(name="Analytical Engines")

    copper.reset()

    assert [user.name for user in lookups.users] == ["Demo User", "Second User"]
    assert [reason.name for reason in lookups.loss_reasons] == ["Competitor", "Features", "Price", "Other"]
    assert lookups.account.name == "Dev API Sandbox"


REFUSED: dict[str, tuple[Callable[[Copper], object], type[Exception], str]] = {
    "the user of the API key": (
        lambda c: c.lookups.users.remove(137_658),
        UsageError,
        "user 137658 (Demo User) cannot be removed: the account's API key belongs to it, and /users/me answers it",
    ),
    "settings that are none": (
        lambda c: c.lookups.account.update(settings=["off"]),  # type: ignore[arg-type]
        UsageError,
        "the account's settings are an object, like {'setting_enable_leads': false}, not ['off']",
    ),
    "an entry that is used": (
        lambda c: c.lookups.users.remove(137_659),
        UsageError,
        "user 137659 (Second User) cannot be removed while leads have it: [94808711]",
    ),
    "a stage that is used": (
        lambda c: c.lookups.pipelines.update(213_214, stages=["New"]),
        UsageError,
        "stage 987790 (Qualified) cannot be removed while opportunities have it: [94808711]",
    ),
    "an entry of another table": (
        lambda c: c.lookups.users.remove(c.lookups.loss_reasons.named("Price")),
        UsageError,
        "'Price' is an entry of loss_reasons, not of users",
    ),
    "no entry": (
        lambda c: c.lookups.users.remove("Demo User"),  # type: ignore[arg-type]
        UsageError,
        "give an entry's id, like 17, or the entry itself, not 'Demo User'",
    ),
    "a name in the place of an id": (
        lambda c: c.lookups.users["Eve"],  # type: ignore[index]
        UsageError,
        "get entries by id, or by name with copper.lookups.users.named('Eve'); the entries are 137658 Demo User and ",
    ),
    "an id that is not there": (
        lambda c: c.lookups.users[17],
        NotFound,
        "404 Resource not found\nThere is no user 17.",
    ),
    "a name that is not there": (
        lambda c: c.lookups.users.named("Eve"),
        NotFound,
        "404 Resource not found\nThere is no user 'Eve'; the users are Demo User and Second User.",
    ),
    "a name in an empty table": (
        lambda c: c.lookups.custom_field_definitions.named("Eve"),
        NotFound,
        "404 Resource not found\nThere is no custom field definition 'Eve'; there are no custom field definitions.",
    ),
    "an update of nobody": (lambda c: c.lookups.users.update(17, name="Eve"), NotFound, "404 Resource not found"),
    "no name": (
        lambda c: c.lookups.users.add(email="eve@example.com"),  # type: ignore[call-arg]
        Invalid,
        "422 Invalid input: Validation errors: Name: can't be blank",
    ),
    "an unknown field": (
        lambda c: c.lookups.users.update(137_658, nmae="Eve"),  # type: ignore[call-arg]
        Invalid,
        "422 Invalid input: Validation errors: Base: Unrecognized attributes specified: nmae",
    ),
    "no JSON": (
        lambda c: c.lookups.users.add(name=object(), email="eve@example.com"),  # type: ignore[arg-type]
        UsageError,
        "an entry's fields must be JSON: ",
    ),
    "an account that is no JSON": (
        lambda c: c.lookups.account.update(settings={"a": object()}),
        UsageError,
        "the account's fields must be JSON: ",
    ),
}


@pytest.mark.parametrize(("act", "error", "text"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_is_said_and_changes_nothing(
    copper: Copper, act: Callable[[Copper], object], error: type[CopperEmulatorError], text: str
) -> None:
    copper.leads.create(name="Ada", assignee_id=137_659)
    copper.opportunities.create(name="Deal")
    before = [list(getattr(copper.lookups, name)) for name in LOOKUPS]

    with pytest.raises(error) as caught:
        act(copper)

    assert str(caught.value).startswith(text)
    assert [list(getattr(copper.lookups, name)) for name in LOOKUPS] == before


def test_an_entry_is_a_copy_whose_fields_are_attributes(copper: Copper) -> None:
    sales = copper.lookups.pipelines.named("Sales")
    sales.stages[0]["name"] = "Changed"
    sales["stages"].clear()

    assert copper.lookups.pipelines[sales.id].stages[0]["name"] == "Qualified"
    assert list(sales) == ["id", "name", "stages", "type", "is_revenue"]
    assert len(sales) == 5
    told = "name='Sales', stages=[], type='opportunity', is_revenue=True"
    assert repr(sales) == f"LookupEntry(id={sales.id}, {told})"
    assert copy.copy(sales) == pickle.loads(pickle.dumps(sales)) == sales
    with pytest.raises(AttributeError, match="this entry has no field 'stage'"):
        _ = sales.stage
    with pytest.raises(AttributeError, match=rf"change it with copper\.lookups\.pipelines\.update\({sales.id}, name="):
        sales.name = "Buying"  # type: ignore[misc]  # what is tested


def test_a_table_shows_what_it_has(copper: Copper) -> None:
    assert repr(copper.lookups.users) == "<copper.lookups.users: 137658 Demo User, 137659 Second User>"
    assert repr(copper.lookups.custom_field_definitions) == "<copper.lookups.custom_field_definitions: none>"


@pytest.mark.asyncio
async def test_the_asynchronous_face_has_the_same_and_nothing_of_it_is_awaited() -> None:
    async with AsyncEmulator() as copper:
        hot = copper.lookups.lead_statuses.add(name="Hot")

        assert (await copper.leads.create(name="Ada", status_id=hot)).status == "Hot"
