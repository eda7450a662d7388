"""The lookup tables of an account: what a new one has, and how they are changed."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copper_emulator.core.errors import Invalid, NotFound, UsageError
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.forms.custom import (
    DATA_TYPES,
    CustomFields,
    blank_custom,
    computed,
    custom_form,
    read_custom,
)
from copper_emulator.core.records.forms.plain import Moment, Unfit
from copper_emulator.core.records.forms.references import LookupId, RecordId
from copper_emulator.core.records.lookups.catalogue import Catalogue
from copper_emulator.core.records.lookups.nobody import NOBODY
from copper_emulator.core.records.lookups.tables import ACCOUNT, AVAILABLE, ICONS, LOOKUPS
from copper_emulator.core.records.writing.seeding import Trusting
from copper_emulator.core.zones import day_of
from tests.core.builders import make_account

DEFINITIONS = "custom_field_definitions"


def new() -> Catalogue:
    return Catalogue("ada@example.com")


def names(catalogue: Catalogue, table: str) -> dict[int, str]:
    return {entry_id: entry["name"] for entry_id, entry in catalogue.table(table).items()}


def refused(act: Callable[[], object]) -> list[tuple[str, str]]:
    """The faults for which a call is refused."""
    with pytest.raises(Invalid) as caught:
        act()
    return list(caught.value.mistakes)


# --- activity types -----------------------------------------------------------------------------------------


def test_a_custom_activity_type_is_an_activity_type_too() -> None:
    """Developer docs, list-activity-types: "visible through the Developer API for Activity Types"."""
    catalogue = new()
    usual = dict(catalogue.table("activity_types"))

    lunch = catalogue.add("custom_activity_types", {"name": "Lunch", "icon_type": "Event", "is_interaction": True})

    shown = {
        "id": lunch["id"],
        "category": "user",
        "name": "Lunch",
        "is_disabled": False,
        "count_as_interaction": True,
    }
    assert catalogue.table("activity_types") == {**usual, lunch["id"]: shown}
    catalogue.update("custom_activity_types", lunch["id"], {"is_disabled": True})
    assert catalogue.get("activity_types", lunch["id"]) == {**shown, "is_disabled": True}
    assert catalogue.own("activity_types") == usual
    restored = new()
    restored.restore(deepcopy(catalogue.state()))
    assert restored.table("activity_types") == catalogue.table("activity_types")


def test_a_custom_activity_type_gives_way_to_another_of_its_id() -> None:
    catalogue = new()
    catalogue.add("activity_types", {"id": 9, "name": "Lunch"})
    before = dict(catalogue.table("activity_types"))

    catalogue.add("custom_activity_types", {"id": 9, "name": "Brunch"})

    assert catalogue.table("activity_types") == before


def test_the_custom_activity_types_of_a_new_account_are_for_tasks() -> None:
    catalogue = new()
    for type_id in list(catalogue.own("activity_types")):
        catalogue.remove("activity_types", type_id)

    assert catalogue.table("activity_types") == {}


def test_a_custom_activity_type_is_removed_where_it_was_added() -> None:
    catalogue = new()
    catalogue.add("custom_activity_types", {"name": "Lunch"})

    with pytest.raises(
        UsageError, match=r"^activity type 4 \(Lunch\) is one of custom_activity_types: remove it there$"
    ):
        catalogue.remove("activity_types", 4)

    catalogue.remove("custom_activity_types", 4)
    assert 4 not in catalogue.table("activity_types")


# --- what a new account has (the samples of the developer documentation) -----------------------------------

SEEDED: dict[str, dict[int, str]] = {
    "users": {137_658: "Demo User", 137_659: "Second User"},
    "lead_statuses": {208_231: "New", 208_232: "Open", 208_233: "Unqualified", 208_234: "Junk"},
    "customer_sources": {
        331_240: "Email",
        331_241: "Cold Call",
        331_242: "Advertising",
        331_243: "Event",
        331_244: "Referral",
        331_245: "Other",
    },
    "loss_reasons": {308_582: "Competitor", 308_583: "Features", 308_584: "Price", 308_585: "Other"},
    "contact_types": {
        451_490: "Potential Customer",
        451_491: "Current Customer",
        451_492: "Uncategorized",
        451_493: "Other",
    },
    "pipelines": {213_214: "Sales", 213_215: "Business Development"},
    "activity_types": {
        0: "Note",
        190_711: "Phone Call",
        190_712: "Meeting",
        1: "Property Changed",
        3: "Pipeline Stage Changed",
    },
    "custom_activity_types": {1: "Phone Call", 2: "Meeting", 3: "To Do"},
    DEFINITIONS: {},
}


def test_a_new_account_has_what_the_samples_show() -> None:
    assert {table: names(new(), table) for table in LOOKUPS} == SEEDED


SHAPES: dict[str, dict[str, Any]] = {
    "users": {"id": 137_658, "name": "Demo User", "email": "ada@example.com", "groups": [{"id": 1, "name": "Sales"}]},
    "lead_statuses": {"id": 208_231, "name": "New", "order": 1, "is_default": True},
    "customer_sources": {"id": 331_240, "name": "Email"},
    "loss_reasons": {"id": 308_582, "name": "Competitor"},
    "contact_types": {"id": 451_490, "name": "Potential Customer"},
    "activity_types": {
        "id": 0,
        "category": "user",
        "name": "Note",
        "is_disabled": False,
        "count_as_interaction": False,
    },
    "custom_activity_types": {
        "id": 1,
        "name": "Phone Call",
        "icon_type": "Phone",
        "is_disabled": False,
        "is_interaction": True,
        "is_default_task_type": False,
    },
}


@pytest.mark.parametrize("table", SHAPES)
def test_an_entry_has_the_keys_of_the_sample(table: str) -> None:
    first = next(iter(new().table(table).values()))

    assert list(first.items()) == list(SHAPES[table].items())


def test_pipelines_have_their_stages_in_order() -> None:
    stages = [stage for pipeline in new().table("pipelines").values() for stage in pipeline["stages"]]

    assert [(stage["id"], stage["name"], stage["win_probability"]) for stage in stages] == [
        (987_790, "Qualified", 5),
        (987_791, "Follow-up", 10),
        (987_792, "Presentation", 20),
        (987_793, "Contract Sent", 40),
        (987_794, "Negotiation", 80),
        (987_795, "First Meeting", 10),
        (987_796, "Partner Meeting", 25),
        (987_797, "Negotiation", 50),
        (987_798, "Term Sheet", 75),
    ]
    assert list(stages[0]) == ["id", "name", "win_probability"]


def test_the_account_is_that_of_the_sample() -> None:
    assert new().account == {
        "id": 100_624,
        "name": "Dev API Sandbox",
        "primary_timezone": "America/Los_Angeles",
        "settings": {"setting_team_permissions_enabled": False, "setting_enable_leads": True},
        "logo_mini_url": None,
    }


def test_pipelines_bring_revenue_by_opportunities_unless_they_say_otherwise() -> None:
    """`type` and `is_revenue`: changelog of the developer docs, 2024-11-11; their values: its overview of
    opportunities."""
    catalogue = new()
    assert [(each["type"], each["is_revenue"]) for each in catalogue.table("pipelines").values()] == [
        ("opportunity", True)
    ] * 2
    assert list(catalogue.get("pipelines", 213_214)) == ["id", "name", "stages", "type", "is_revenue"]

    hiring = catalogue.add("pipelines", {"name": "Hiring", "stages": ["New"], "type": "item", "is_revenue": False})

    assert (hiring["type"], hiring["is_revenue"]) == ("item", False)
    changed = catalogue.update("pipelines", hiring["id"], {"type": None, "is_revenue": None})
    assert (changed["type"], changed["is_revenue"]) == ("opportunity", True)
    with pytest.raises(Invalid, match="Type: is not included in the list"):
        catalogue.update("pipelines", hiring["id"], {"type": "Opportunity"})


def test_what_was_written_down_before_that_was_known_is_completed() -> None:
    catalogue = new()
    told = deepcopy(catalogue.state())
    del told["account"]["logo_mini_url"]
    for pipeline in told["tables"]["pipelines"]:
        del pipeline["type"], pipeline["is_revenue"]

    other = new()
    other.restore(told)

    assert other.state() == catalogue.state()
    assert list(other.get("pipelines", 213_214)) == ["id", "name", "stages", "type", "is_revenue"]


def test_the_account_can_be_changed() -> None:
    catalogue = new()

    assert catalogue.change_account({"name": "Engines"})["name"] == "Engines"
    assert new().account["name"] == "Dev API Sandbox"
    with pytest.raises(
        UsageError,
        match=r"the account has no 'id' or 'colour'; it has name, primary_timezone, settings and logo_mini_url",
    ):
        catalogue.change_account({"id": 5, "colour": "red"})


def test_settings_that_are_not_named_stay() -> None:
    catalogue = new()
    catalogue.change_account({"settings": {"setting_enable_leads": False}})
    catalogue.change_account({"settings": {"setting_team_permissions_enabled": True}})

    assert catalogue.account["settings"] == {
        "setting_team_permissions_enabled": True,
        "setting_enable_leads": False,
    }
    assert catalogue.account["name"] == "Dev API Sandbox"


def test_an_unknown_setting_of_the_account_is_refused_with_those_that_there_are() -> None:
    catalogue = new()

    with pytest.raises(UsageError) as caught:
        catalogue.change_account({"settings": {"setting_enable_lead": False}})

    assert str(caught.value) == (
        "there is no setting of the account 'setting_enable_lead'; did you mean 'setting_enable_leads'? "
        "The settings of the account are setting_team_permissions_enabled and setting_enable_leads"
    )
    assert catalogue.has_leads


def test_a_setting_that_was_kept_before_can_still_be_changed() -> None:
    catalogue = new()
    catalogue.restore({**catalogue.state(), "account": {**catalogue.account, "settings": {"setting_other": 1}}})

    assert catalogue.change_account({"settings": {"setting_other": 2}})["settings"] == {"setting_other": 2}


@pytest.mark.parametrize(
    "settings", [None, [], "off", False, {"setting_enable_leads": "false"}, {"setting_enable_leads": None}], ids=repr
)
def test_settings_are_an_object(settings: Any) -> None:
    catalogue = new()

    with pytest.raises(
        UsageError, match=r"the account's settings are an object, like \{'setting_enable_leads': false\}"
    ):
        catalogue.change_account({"settings": settings})

    assert catalogue.account == new().account


@pytest.mark.parametrize("settings", [{}, *({"setting_enable_leads": value} for value in (True, False))], ids=str)
def test_leads_are_there_unless_they_are_switched_off(settings: dict[str, Any]) -> None:
    catalogue = new()
    catalogue.change_account({"settings": settings})

    assert catalogue.has_leads is (settings.get("setting_enable_leads") is not False)


def test_settings_that_were_kept_as_something_else_switch_nothing_off() -> None:
    catalogue = new()
    catalogue.restore({**catalogue.state(), "account": {**catalogue.account, "settings": None}})

    assert catalogue.has_leads
    assert catalogue.change_account({"settings": {"setting_enable_leads": False}})["settings"] == {
        "setting_enable_leads": False
    }


def test_a_changed_time_zone_is_that_of_days() -> None:
    store = make_account().records
    for name, midnight in (("Asia/Tokyo", 1_607_990_400 - 9 * 3_600), ("UTC", 1_607_990_400)):
        store.catalogue.change_account({"primary_timezone": name})

        assert Moment().read("12/15/2020", store) == Moment().read("12/15/2020", Trusting(store)) == midnight


@pytest.mark.parametrize("name", ["Mars/Base", "", None, 5, "localtime", "posixrules"])
def test_no_account_is_in_a_time_zone_that_nobody_knows(name: Any) -> None:
    catalogue = new()

    with pytest.raises(UsageError, match=f"no time zone is called {name!r} on this machine; write it like Ameri"):
        catalogue.change_account({"name": "Engines", "primary_timezone": name})
    assert catalogue.account == new().account


@pytest.mark.parametrize("field", ["name", "logo_mini_url"])
@pytest.mark.parametrize("value", ["", 5, None])
def test_what_an_account_is_called_is_a_text(field: str, value: Any) -> None:
    catalogue = new()

    with pytest.raises(UsageError, match=f"the account's {field} must be a text that is not empty, not {value!r}"):
        catalogue.change_account({field: value})
    assert catalogue.account == new().account


def test_an_account_that_was_stored_in_an_unknown_zone_has_no_days() -> None:
    """Dates given as Unix seconds still work."""
    store = make_account().records
    store.catalogue.restore({**store.catalogue.state(), "account": {**ACCOUNT, "primary_timezone": "Mars/Base"}})

    assert Moment().read(17, store) == 17
    with pytest.raises(Unfit) as caught:
        Moment().read("12/15/2020", store)
    assert caught.value.message == "is invalid"
    assert caught.value.hint.startswith("The account's time zone 'Mars/Base' is not known on this machine: ")


# Local mean time, until 1945 in Tonga and 1972 in Liberia, has odd seconds; Toronto once skipped 23:30 to 0:30.
ZONES = (
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "America/Toronto",
    "Africa/Monrovia",
    "Asia/Kolkata",
    "Etc/GMT+12",
    "Etc/GMT-14",
    "Europe/Berlin",
    "Pacific/Tongatapu",
    "UTC",
)


@given(st.sampled_from(ZONES), st.dates(date(1900, 1, 1), date(1972, 12, 31)) | st.dates(date(1900, 1, 1)))
def test_a_day_that_was_written_as_text_is_that_day_in_the_accounts_zone(zone: str, day: date) -> None:
    store = make_account().records
    store.catalogue.change_account({"primary_timezone": zone})

    second = Moment().read(f"{day.month}/{day.day}/{day.year}", store)

    assert day_of(second, store.zone) == day
    # What is shown can be written back.
    assert Moment().read(second, store) == second


# --- definitions ------------------------------------------------------------------------------------------


def test_a_canonical_name_is_of_lower_case_and_stands_for_one_field() -> None:
    catalogue = new()
    body = {"name": "A", "data_type": "String"}

    made = catalogue.add(DEFINITIONS, {**body, "canonical_name": "Field_Key_1"})

    assert made["canonical_name"] == "field_key_1"
    assert [catalogue.add(DEFINITIONS, each)["canonical_name"] for each in (body, body)] == [None, None]
    with pytest.raises(Invalid, match="Canonical Name: has already been taken"):
        catalogue.add(DEFINITIONS, {**body, "canonical_name": "FIELD_KEY_1"})
    assert catalogue.update(DEFINITIONS, made["id"], {"canonical_name": "other"}) == made


def test_an_entry_that_was_stored_before_its_table_had_a_field_has_it_blank() -> None:
    catalogue = new()
    made = catalogue.add(DEFINITIONS, {"name": "A", "data_type": "String"})
    state = catalogue.state()
    old = {name: value for name, value in made.items() if name != "canonical_name"}

    catalogue.restore({**state, "tables": {**state["tables"], DEFINITIONS: [old]}})

    assert list(catalogue.get(DEFINITIONS, made["id"]).items()) == list(made.items())


# --- add, update, remove ----------------------------------------------------------------------------------

ENTRIES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "users": (
        {"name": "Eve", "email": "eve@example.com"},
        {"groups": ["Sales"]},
        {"groups": [{"id": 2, "name": "Sales"}]},
    ),
    "lead_statuses": ({"name": "Hot"}, {"order": 9}, {"order": 9}),
    "customer_sources": ({"name": "Fair"}, {"name": "Trade fair"}, {"name": "Trade fair"}),
    "loss_reasons": ({"name": "Time"}, {"name": "Timing"}, {"name": "Timing"}),
    "contact_types": ({"name": "Press"}, {"name": "Media"}, {"name": "Media"}),
    "pipelines": (
        {"name": "Support", "stages": [{"name": "In", "win_probability": 1}, "Out"]},
        {"stages": [{"id": 987_799, "name": "In"}, "Lost"]},
        {
            "stages": [
                {"id": 987_799, "name": "In", "win_probability": 0},
                {"id": 987_801, "name": "Lost", "win_probability": 0},
            ]
        },
    ),
    "activity_types": ({"name": "Lunch"}, {"is_disabled": True}, {"is_disabled": True}),
    "custom_activity_types": ({"name": "Lunch", "icon_type": "Event"}, {"icon_type": "Mic"}, {"icon_type": "Mic"}),
    DEFINITIONS: (
        {"name": "Fruits", "data_type": "Dropdown", "options": ["Apples", {"name": "Pears"}]},
        {"options": [{"name": "Plums"}]},
        {"options": [{"id": 262_646, "name": "Plums", "rank": 0}]},
    ),
}
"""For each table: a new entry, a change to it, and the result."""


def test_every_table_has_its_row() -> None:
    assert list(ENTRIES) == list(LOOKUPS)


@pytest.mark.parametrize("table", ENTRIES)
def test_an_entry_can_be_added_changed_and_taken_away(table: str) -> None:
    catalogue = new()
    body, change, changed = ENTRIES[table]
    before = dict(catalogue.table(table))

    entry = catalogue.add(table, body)
    assert catalogue.get(table, entry["id"]) == entry
    assert entry["name"] == body["name"]
    assert list(catalogue.table(table)) == [*before, entry["id"]]

    assert catalogue.update(table, entry["id"], change) == {**entry, **changed}
    assert catalogue.get(table, entry["id"]) == {**entry, **changed}

    catalogue.remove(table, entry["id"])
    assert catalogue.table(table) == before


@pytest.mark.parametrize("table", ENTRIES)
def test_what_is_not_there_cannot_be_changed_or_taken_away(table: str) -> None:
    catalogue = new()
    acts: list[Callable[[], object]] = [
        lambda: catalogue.get(table, 5),
        lambda: catalogue.update(table, 5, {}),
        lambda: catalogue.remove(table, 5),
    ]
    for act in acts:
        with pytest.raises(NotFound) as caught:
            act()
        assert caught.value.hint == f"There is no {LOOKUPS[table].noun} 5."


@pytest.mark.parametrize("table", ENTRIES)
def test_a_name_is_required_and_unknown_keys_are_refused(table: str) -> None:
    catalogue = new()
    body = ENTRIES[table][0]
    entry_id = catalogue.add(table, body)["id"]
    before = dict(catalogue.table(table))

    assert ("name", "can't be blank") in refused(lambda: catalogue.add(table, {}))
    assert refused(lambda: catalogue.add(table, {**body, "colour": "red"})) == [
        ("Base", "Unrecognized attributes specified: colour")
    ]
    assert refused(lambda: catalogue.update(table, entry_id, {"name": None, "colour": "red"})) == [
        ("Base", "Unrecognized attributes specified: colour"),
        ("name", "can't be blank"),
    ]
    assert catalogue.table(table) == before


def test_an_unknown_table_is_told_with_those_there_are() -> None:
    acts: list[Callable[[], object]] = [
        lambda: new().table("colours"),
        lambda: new().get("colours", 1),
        lambda: new().add("colours", {"name": "red"}),
        lambda: new().update("colours", 1, {}),
        lambda: new().remove("colours", 1),
        lambda: new().default("colours"),
    ]
    for act in acts:
        with pytest.raises(
            UsageError, match="there is no lookup table 'colours'; the lookup tables are users, lead_statuses"
        ):
            act()


@pytest.mark.parametrize("table", ENTRIES)
def test_an_id_may_be_given_and_is_never_given_again(table: str) -> None:
    catalogue = new()
    body = ENTRIES[table][0]
    next_id = new().add(table, body)["id"]

    assert catalogue.add(table, {**body, "id": next_id})["id"] == next_id
    assert catalogue.add(table, body)["id"] == next_id + 1
    assert refused(lambda: catalogue.add(table, {**body, "id": next_id})) == [("id", "is already there")]


@pytest.mark.parametrize("wanted", ["5", True, 5.0, [5], 0, -1, 2**63], ids=repr)
def test_what_is_no_id_is_refused(wanted: Any) -> None:
    assert refused(lambda: new().add("loss_reasons", {"name": "Time", "id": wanted})) == [("id", "is not an id")]


def test_an_activity_type_may_have_the_id_of_notes() -> None:
    catalogue = new()
    catalogue.remove("activity_types", 0)

    assert catalogue.add("activity_types", {"name": "Note", "id": 0})["id"] == 0
    assert refused(lambda: catalogue.add("activity_types", {"name": "Note", "id": -1})) == [("id", "is not an id")]


def test_an_id_in_a_change_is_ignored() -> None:
    catalogue = new()

    assert catalogue.update("loss_reasons", 308_582, {"id": 5, "name": "x"}) == {"id": 308_582, "name": "x"}


def test_what_was_handed_in_does_not_change_the_table() -> None:
    catalogue = new()
    stages = [{"name": "In"}]
    entry_id = catalogue.add("pipelines", {"name": "Support", "stages": stages})["id"]

    stages[0]["name"] = "Out"

    assert catalogue.get("pipelines", entry_id)["stages"][0]["name"] == "In"


# --- parts ------------------------------------------------------------------------------------------------

WRONG_PARTS: dict[str, Any] = {
    "no list": "In",
    "a number": [7],
    "no name": [{"win_probability": 5}],
    "an empty name": [""],
    "an unknown key": [{"name": "In", "colour": "red"}],
    "a wrong number": [{"name": "In", "win_probability": 101}],
    "a wrong id": [{"name": "In", "id": 0}],
    "an id of text": [{"name": "In", "id": "5"}],
    "an id twice": [{"name": "In", "id": 5}, {"name": "Out", "id": 5}],
    "another's id": [{"name": "In", "id": 987_790}],
}


@pytest.mark.parametrize("stages", WRONG_PARTS.values(), ids=WRONG_PARTS.keys())
def test_wrong_stages_are_refused(stages: Any) -> None:
    catalogue = new()
    before = dict(catalogue.table("pipelines"))

    assert [name for name, _ in refused(lambda: catalogue.add("pipelines", {"name": "x", "stages": stages}))] == [
        "stages"
    ]
    assert [name for name, _ in refused(lambda: catalogue.update("pipelines", 213_215, {"stages": stages}))] == [
        "stages"
    ]
    assert catalogue.table("pipelines") == before


@pytest.mark.parametrize("stages", [None, []], ids=["null", "none"])
def test_a_pipeline_has_stages(stages: Any) -> None:
    catalogue = new()

    assert refused(lambda: catalogue.add("pipelines", {"name": "x", "stages": stages})) == [
        ("stages", "can't be blank")
    ]
    assert refused(lambda: catalogue.update("pipelines", 213_214, {"stages": stages})) == [("stages", "can't be blank")]


def test_a_pipeline_keeps_the_stages_whose_ids_are_given() -> None:
    catalogue = new()
    first, second = (
        {"id": stage["id"], "name": stage["name"]} for stage in catalogue.get("pipelines", 213_214)["stages"][:2]
    )

    changed = catalogue.update("pipelines", 213_214, {"stages": [second, {**first, "name": "Fresh"}]})

    assert [(stage["id"], stage["name"]) for stage in changed["stages"]] == [(987_791, "Follow-up"), (987_790, "Fresh")]


def test_users_share_their_groups() -> None:
    catalogue = new()
    sales = {"id": 1, "name": "Sales"}

    assert catalogue.update("users", 137_659, {"groups": [sales]})["groups"] == [sales]


def test_ranks_may_be_given() -> None:
    options = [{"name": "Apples", "rank": 5}, {"name": "Pears"}, "Plums"]

    entry = new().add(DEFINITIONS, {"name": "Fruits", "data_type": "Dropdown", "options": options})

    assert [(option["name"], option["rank"]) for option in entry["options"]] == [
        ("Apples", 5),
        ("Pears", 1),
        ("Plums", 2),
    ]


# --- defaults ---------------------------------------------------------------------------------------------

DEFAULTS = {
    "lead_statuses": 208_231,
    "custom_activity_types": 3,
    "contact_types": 451_492,
    "pipelines": 213_214,
    "users": 137_658,
    DEFINITIONS: None,
}


@pytest.mark.parametrize("table", DEFAULTS)
def test_what_is_taken_where_nothing_is_said(table: str) -> None:
    assert new().default(table) == DEFAULTS[table]


@pytest.mark.parametrize(
    ("table", "mark", "old"),
    [("lead_statuses", "is_default", 208_231), ("custom_activity_types", "is_default_task_type", 3)],
)
def test_there_is_one_default(table: str, mark: str, old: int) -> None:
    catalogue = new()

    added = catalogue.add(table, {"name": "Hot", mark: True})["id"]
    assert catalogue.default(table) == added
    assert not catalogue.get(table, old)[mark]

    catalogue.update(table, old, {mark: True})
    assert catalogue.default(table) == old
    assert [entry_id for entry_id, entry in catalogue.table(table).items() if entry[mark]] == [old]

    catalogue.update(table, old, {mark: False})
    assert catalogue.default(table) is None


def test_without_uncategorized_there_is_no_default_contact_type() -> None:
    catalogue = new()
    catalogue.update("contact_types", 451_492, {"name": "Unsorted"})

    assert catalogue.default("contact_types") is None


# --- asking -----------------------------------------------------------------------------------------------


def test_names_and_ids() -> None:
    catalogue = new()

    assert catalogue.name("lead_statuses", 208_232) == "Open"
    assert catalogue.name("lead_statuses", 5) is None
    assert catalogue.name("lead_statuses", None) is None
    assert catalogue.named("lead_statuses", "Open") == 208_232
    assert catalogue.named("lead_statuses", "Late") is None


def test_a_stage_is_found_with_its_pipeline() -> None:
    catalogue = new()
    found = catalogue.stage(987_797)

    assert found is not None
    assert (found[0], found[1]["name"]) == (213_215, "Negotiation")
    assert catalogue.stage(5) is None
    assert catalogue.stage(None) is None


def test_a_user_is_found_by_the_email_of_the_key() -> None:
    catalogue = new()

    assert catalogue.user_of("second@example.com") == 137_659
    assert catalogue.user_of("nobody@example.com") == 137_658
    for user_id in list(catalogue.table("users")):
        catalogue.remove("users", user_id)
    assert catalogue.user_of("second@example.com") is None


def test_entries_themselves_refer_to_nothing() -> None:
    assert not NOBODY.trusting
    assert NOBODY.default("users") is None
    for form in (LookupId("users"), RecordId(EntityType.LEAD)):
        with pytest.raises(Unfit, match="must exist"):
            form.read(137_658, NOBODY)
    with pytest.raises(Unfit, match="is invalid"):
        CustomFields(EntityType.LEAD).read([{"custom_field_definition_id": 5}], NOBODY)


def test_definitions_are_those_available_on_a_type() -> None:
    catalogue = new()
    assert catalogue.definitions(EntityType.LEAD) == {}

    entry = catalogue.add(DEFINITIONS, {"name": "x", "data_type": "String", "available_on": ["lead", "task", "lead"]})
    assert entry["available_on"] == ["lead", "task"]
    assert list(catalogue.definitions(EntityType.LEAD)) == [entry["id"]]
    assert catalogue.definitions(EntityType.PERSON) == {}

    catalogue.update(DEFINITIONS, entry["id"], {"available_on": ["person"]})
    assert catalogue.definitions(EntityType.LEAD) == {}
    assert list(catalogue.definitions(EntityType.PERSON)) == [entry["id"]]

    catalogue.remove(DEFINITIONS, entry["id"])
    assert catalogue.definitions(EntityType.PERSON) == {}


# --- custom field definitions -----------------------------------------------------------------------------

OPTIONS = ["Apples", "Pears"]

WRONG_DEFINITIONS: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "nothing": ({}, [("name", "can't be blank"), ("data_type", "can't be blank")]),
    "an unknown data type": ({"name": "x", "data_type": "Color"}, [("data_type", "is not included in the list")]),
    "an unknown type": (
        {"name": "x", "data_type": "String", "available_on": ["user"]},
        [("available_on", "is not included in the list")],
    ),
    "activities": (
        {"name": "x", "data_type": "String", "available_on": ["activity_log"]},
        [("available_on", "is not included in the list")],
    ),
    "a Dropdown without options": ({"name": "x", "data_type": "Dropdown"}, [("options", "can't be blank")]),
    "a MultiSelect with one": (
        {"name": "x", "data_type": "MultiSelect", "options": ["a"]},
        [("options", "can't be blank")],
    ),
    "a String with options": ({"name": "x", "data_type": "String", "options": OPTIONS}, [("options", "is invalid")]),
    "a String with a currency": ({"name": "x", "data_type": "String", "currency": "EUR"}, [("currency", "is invalid")]),
    "a String with another end": (
        {"name": "x", "data_type": "String", "connected_id": 17},
        [("connected_id", "is invalid")],
    ),
    "an end that is no id": (
        {"name": "x", "data_type": "Connect", "connected_id": 0},
        [("connected_id", "must be greater than or equal to 1")],
    ),
    "a long currency": ({"name": "x", "data_type": "Currency", "currency": "EURO"}, [("currency", "is invalid")]),
}


@pytest.mark.parametrize(("body", "faults"), WRONG_DEFINITIONS.values(), ids=WRONG_DEFINITIONS.keys())
def test_a_wrong_definition_is_refused(body: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    catalogue = new()

    assert refused(lambda: catalogue.add(DEFINITIONS, body)) == faults
    assert catalogue.table(DEFINITIONS) == {}


def test_a_definitions_data_type_stays_and_its_options_must_fit_it() -> None:
    catalogue = new()
    entry = catalogue.add(DEFINITIONS, {"name": "x", "data_type": "MultiSelect", "options": OPTIONS})

    assert catalogue.update(DEFINITIONS, entry["id"], {"data_type": "String"}) == entry
    assert refused(lambda: catalogue.update(DEFINITIONS, entry["id"], {"options": ["one"]})) == [
        ("options", "can't be blank")
    ]
    assert refused(lambda: catalogue.update(DEFINITIONS, entry["id"], {"options": None})) == [
        ("options", "can't be blank")
    ]


def test_options_are_replaced_as_a_whole_with_fresh_ids() -> None:
    """As in the reply that the developer docs show."""
    catalogue = new()
    entry = catalogue.add(DEFINITIONS, {"name": "x", "data_type": "Dropdown", "options": OPTIONS})
    other = catalogue.add(DEFINITIONS, {"name": "y", "data_type": "Dropdown", "options": ["Plums"]})

    changed = catalogue.update(DEFINITIONS, entry["id"], {"options": ["Apples", "Plums"]})

    assert [option["id"] for each in (entry, other, changed) for option in each["options"]] == [
        *(262_644, 262_645),
        262_646,
        *(262_647, 262_648),
    ]
    assert [option["rank"] for option in changed["options"]] == [0, 1]


def test_the_types_and_icons_that_there_are() -> None:
    assert AVAILABLE == ("lead", "person", "company", "opportunity", "project", "task")
    assert len(ICONS) == len(set(ICONS)) == 26
    assert refused(lambda: new().add("custom_activity_types", {"name": "x", "icon_type": "Sun"})) == [
        ("icon_type", "is not included in the list")
    ]


# --- values of custom fields ------------------------------------------------------------------------------

APPLES, PEARS = 262_644, 262_645

NO_NUMBER = "is not a number"

CUSTOM: dict[str, tuple[list[tuple[Any, Any]], list[tuple[Any, str]], Any]] = {
    "String": ([("red", "red"), ("", "")], [(7, "must be a string")], None),
    "Text": ([("a\nb", "a\nb")], [(["a"], "must be a string")], None),
    "URL": ([("www.example.com", "www.example.com")], [(7, "must be a string")], None),
    "Date": (
        [(1_511_942_400, 1_511_942_400), ("11/29/2017", 1_511_942_400), ("5/17/1960", -303_757_200), (-1, -1), (0, 0)],
        [("29 Nov", "is invalid"), ("12/31/1899", "is invalid")],
        None,
    ),
    "Checkbox": (
        [(True, True), (False, None)],
        [("true", "must be true or false"), (1, "must be true or false")],
        False,
    ),
    "Float": ([(42.0, 42.0), (789, 789.0), ("-0.125", -0.125)], [("", NO_NUMBER), ("4,2", NO_NUMBER)], None),
    "Currency": (
        [(1_000, 1_000.0), ("55.5", 55.5), ("2", 2.0)],
        [(True, NO_NUMBER), ("$2", NO_NUMBER), ("9" * 18, f"must be less than or equal to {10**15}")],
        None,
    ),
    "Percentage": ([(95, 95), (150, 150), (0.34, 0), ("99.9", 99), (-1.5, -1)], [("50%", NO_NUMBER)], None),
    "Dropdown": (
        [(PEARS, PEARS)],
        [
            ("Pears", "is not included in the list"),
            (5, "is not included in the list"),
            ([PEARS], "is not included in the list"),
        ],
        None,
    ),
    "MultiSelect": (
        [([PEARS, APPLES, PEARS], [APPLES, PEARS]), ([], None)],
        [(PEARS, "is invalid"), ([5], "is not included in the list")],
        [],
    ),
    "Connect": (
        [([17, 18], [17, 18]), ([], None)],
        [(17, "is invalid"), ([0], "must be greater than or equal to 1")],
        [],
    ),
}
"""For each data type: values with what is stored (null is shown as unset), what is refused, and the blank."""


def test_every_data_type_has_its_row() -> None:
    assert sorted(CUSTOM) == sorted(DATA_TYPES)


@pytest.mark.parametrize("data_type", CUSTOM)
def test_the_values_of_a_custom_field(data_type: str) -> None:
    store = make_account().records
    more = {"options": OPTIONS} if data_type in ("Dropdown", "MultiSelect") else {}
    definition = store.catalogue.add(DEFINITIONS, {"name": "Field", "data_type": data_type, **more})
    kept, wrong, blank = CUSTOM[data_type]

    read = [read_custom(definition, value, store) for value, _ in kept]
    assert [(each, type(each)) for each in read] == [(each, type(each)) for _, each in kept]
    assert read_custom(definition, None, store) is None
    assert blank_custom(definition) == custom_form(definition).blank() == blank
    for value, words in wrong:
        with pytest.raises(Unfit) as caught:
            read_custom(definition, value, store)
        assert caught.value.message == "is invalid"
        assert caught.value.hint.startswith(f"Custom field {definition['id']} (Field, {data_type}): {words}.")


@pytest.mark.parametrize("data_type", CUSTOM)
def test_computed_values_of_a_custom_field(data_type: str) -> None:
    more = {"options": OPTIONS} if data_type in ("Dropdown", "MultiSelect") else {}
    definition = new().add(DEFINITIONS, {"name": "Field", "data_type": data_type, **more})
    wanted = {"Dropdown": (PEARS, "Pears"), "MultiSelect": ([PEARS, APPLES], ["Pears", "Apples"])}
    value, expected = wanted.get(data_type, ("red", "red"))

    assert computed(definition, value) == expected
    assert computed(definition, blank_custom(definition)) == blank_custom(definition)
