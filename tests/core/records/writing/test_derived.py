"""What follows from a write: name parts, status, stage and pipeline, completion, currency, an activity's date."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copper_emulator.core.account import Account
from copper_emulator.core.errors import Invalid
from copper_emulator.core.model import EntityType
from copper_emulator.core.records import commands
from copper_emulator.core.records.writing.derived import NAME_PARTS, split_name
from tests.core.builders import START, make_account
from tests.core.records.playing import (
    ACTIVITY,
    COMPANY,
    LEAD,
    NOTE,
    NOW,
    OPPORTUNITY,
    PERSON,
    PROJECT,
    TASK,
    get,
    log,
    make,
    seed,
)

DAY = 86_400_000
LATER = START + 3 * DAY


def write(account: Account, kind: EntityType, record_id: int, *, now: int = LATER, **fields: Any) -> dict[str, Any]:
    """Update a record; return what was reported."""
    _, done = commands.update(kind, [record_id], fields)(account.records, now)
    return {name: pair for change in done.changes for name, pair in change.updated_attributes.items()}


def shows(account: Account, kind: EntityType, record_id: int, *names: str) -> tuple[Any, ...]:
    record = get(account, kind, record_id)
    return tuple(record[name] for name in names)


# --- names ------------------------------------------------------------------------------------------------

NAMES: dict[str, tuple[str | None, ...]] = {
    "Ada": (None, "Ada", None, None, None),
    "Ada Lovelace": (None, "Ada", None, "Lovelace", None),
    "Ada King Lovelace": (None, "Ada", "King", "Lovelace", None),
    "Ada King Gordon Lovelace": (None, "Ada", "King Gordon", "Lovelace", None),
    "Dr. Ada Lovelace": ("Dr.", "Ada", None, "Lovelace", None),
    "prof Ada Lovelace, PhD": ("prof", "Ada", None, "Lovelace", "PhD"),
    # Two people in Copper's documentation of 2019, there with these parts.
    "Jo Bennett, (sample)": (None, "Jo", None, "Bennett", "(sample)"),
    "Michael Scott, (sample)": (None, "Michael", None, "Scott", "(sample)"),
    "Lovelace, Ada": (None, "Lovelace,", None, "Ada", None),
    "Lovelace, Jr.": (None, "Lovelace", None, None, "Jr."),
    "Ada Lovelace , Jr.": (None, "Ada", None, "Lovelace", "Jr."),
    ", Jr.": (None, None, None, None, "Jr."),
    "Mr. Charles Babbage Jr.": ("Mr.", "Charles", None, "Babbage", "Jr."),
    "  Ada   Lovelace ": (None, "Ada", None, "Lovelace", None),
    "Dr.": (None, "Dr.", None, None, None),
    "Dr. Jr.": ("Dr.", "Jr.", None, None, None),
    "Miss III": ("Miss", "III", None, None, None),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_has_parts(name: str) -> None:
    assert tuple(split_name(name)[part] for part in NAME_PARTS) == NAMES[name]


@given(st.text())
def test_no_word_of_a_name_is_lost(name: str) -> None:
    parts = split_name(name)

    words = " ".join(part for part in parts.values() if part)
    assert words.replace(",", " ").split() == name.replace(",", " ").split()


@pytest.mark.parametrize("kind", [LEAD, PERSON])
def test_a_new_name_gives_all_parts_anew(kind: EntityType) -> None:
    account = make_account()
    record_id = make(account, kind, name="Dr. Ada King Lovelace")

    told = write(account, kind, record_id, name="Grace Hopper")

    assert shows(account, kind, record_id, *NAME_PARTS) == (None, "Grace", None, "Hopper", None)
    assert sorted(told) == ["first_name", "last_name", "middle_name", "name", "prefix"]


@pytest.mark.parametrize("kind", [LEAD, PERSON])
def test_new_parts_give_the_name_anew(kind: EntityType) -> None:
    account = make_account()
    record_id = make(account, kind, name="Ada Lovelace")

    told = write(account, kind, record_id, prefix="Lady", last_name="King")

    assert told == {
        "name": ["Ada Lovelace", "Lady Ada King"],
        "prefix": [None, "Lady"],
        "last_name": ["Lovelace", "King"],
    }
    assert get(account, kind, record_id).name == "Lady Ada King"


@pytest.mark.parametrize("kind", [LEAD, PERSON])
def test_a_suffix_stands_after_a_comma(kind: EntityType) -> None:
    """So Copper's documentation of 2019 shows a person of these parts."""
    account = make_account()
    record_id = make(account, kind, name="Jo Bennett")

    told = write(account, kind, record_id, suffix="(sample)")

    assert told == {"name": ["Jo Bennett", "Jo Bennett, (sample)"], "suffix": [None, "(sample)"]}


def test_a_name_may_be_a_suffix_alone() -> None:
    account = make_account()
    record_id = make(account, LEAD, name="Ada")

    write(account, LEAD, record_id, first_name=None, suffix="III")

    assert shows(account, LEAD, record_id, "name", "suffix") == ("III", "III")


@pytest.mark.parametrize("name", ["Jo Bennett, (sample)", "Jo Bennett (sample)"])
def test_parts_with_a_suffix_may_make_up_the_whole_name(name: str) -> None:
    account = make_account()

    made = make(account, PERSON, name=name, first_name="Jo Bennett", suffix="(sample)")

    assert shows(account, PERSON, made, "name", *NAME_PARTS) == (name, None, "Jo Bennett", None, None, "(sample)")


def test_parts_without_anything_in_them_leave_the_name() -> None:
    account = make_account()
    record_id = make(account, LEAD, name="Ada")

    write(account, LEAD, record_id, first_name=" ")

    assert shows(account, LEAD, record_id, "name", "first_name") == ("Ada", " ")


def test_parts_that_come_with_the_name_are_the_writers_own() -> None:
    account = make_account()

    made = make(account, PERSON, name="Ada King", first_name="Augusta", last_name="Lovelace")
    assert shows(account, PERSON, made, "name", "first_name", "last_name") == ("Ada King", "Augusta", "Lovelace")

    write(account, PERSON, made, name="Ada Byron", middle_name="B.")
    assert shows(account, PERSON, made, "name", *NAME_PARTS) == ("Ada Byron", None, "Ada", "B.", "Byron", None)


def test_where_the_parts_that_come_with_a_name_make_up_all_of_it_there_are_no_others() -> None:
    account = make_account()

    made = make(account, PERSON, name="Ada King Lovelace", prefix="Ada King", first_name="Lovelace")
    assert shows(account, PERSON, made, *NAME_PARTS) == ("Ada King", "Lovelace", None, None, None)

    write(account, PERSON, made, name="Grace Hopper", first_name="Grace Hopper")
    assert shows(account, PERSON, made, "name", *NAME_PARTS) == ("Grace Hopper", None, "Grace Hopper", None, None, None)


def test_the_same_name_again_leaves_the_parts() -> None:
    account = make_account()
    made = make(account, PERSON, name="Ada King", first_name="Augusta")

    assert write(account, PERSON, made, name="Ada King") == {}
    assert get(account, PERSON, made).first_name == "Augusta"


def test_a_name_is_never_empty() -> None:
    account = make_account()
    made = make(account, PERSON, name="Ada")

    assert write(account, PERSON, made, first_name=None) == {"first_name": ["Ada", None]}
    assert get(account, PERSON, made).name == "Ada"


def test_other_types_have_a_name_and_no_parts() -> None:
    account = make_account()
    for kind in (COMPANY, OPPORTUNITY, PROJECT, TASK):
        assert "first_name" not in get(account, kind, make(account, kind, name="Ada Lovelace"))


# --- a lead's status --------------------------------------------------------------------------------------


def test_a_status_may_be_written_by_its_name_or_its_id() -> None:
    account = make_account()
    by_name, by_id = make(account, LEAD, name="a", status="Open"), make(account, LEAD, name="b", status_id=208_232)

    for lead in (by_name, by_id):
        assert shows(account, LEAD, lead, "status", "status_id") == ("Open", 208_232)


def test_the_id_wins() -> None:
    account = make_account()
    lead = make(account, LEAD, name="a", status="Open", status_id=208_234)
    assert get(account, LEAD, lead).status == "Junk"

    assert write(account, LEAD, lead, status="Open", status_id=208_231) == {
        "status_id": [208_234, 208_231],
        "status": ["Junk", "New"],
    }


def test_the_default_is_the_one_that_is_marked() -> None:
    account = make_account()
    account.records.catalogue.update("lead_statuses", 208_232, {"is_default": True})

    assert get(account, LEAD, make(account, LEAD, name="a")).status == "Open"


# --- stage and pipeline -----------------------------------------------------------------------------------


def deal(account: Account, **fields: Any) -> int:
    return make(account, OPPORTUNITY, name="Deal", **fields)


NEW_DEALS: dict[str, tuple[dict[str, Any], tuple[Any, ...]]] = {
    "nothing": ({}, (213_214, 987_790, 5)),
    "a pipeline": ({"pipeline_id": 213_215}, (213_215, 987_795, 10)),
    "a stage": ({"pipeline_stage_id": 987_797}, (213_215, 987_797, 50)),
    "both": ({"pipeline_id": 213_215, "pipeline_stage_id": 987_798}, (213_215, 987_798, 75)),
    "a probability of its own": ({"pipeline_stage_id": 987_797, "win_probability": 51}, (213_215, 987_797, 51)),
}


@pytest.mark.parametrize(("fields", "expected"), NEW_DEALS.values(), ids=NEW_DEALS.keys())
def test_an_opportunity_begins_at_a_stage(fields: dict[str, Any], expected: tuple[Any, ...]) -> None:
    """The first stage of the default pipeline, or of the given one."""
    account = make_account()

    shown = shows(account, OPPORTUNITY, deal(account, **fields), "pipeline_id", "pipeline_stage_id", "win_probability")

    assert shown == expected


def test_a_stage_move_tells_the_names_of_the_webhook() -> None:
    account = make_account()
    made = deal(account)

    told = write(account, OPPORTUNITY, made, pipeline_stage_id=987_794)

    assert list(told.items()) == [
        ("stage_id", [987_790, 987_794]),
        ("stage", ["Qualified", "Negotiation"]),
        ("last_stage_at", [NOW, LATER // 1000]),
        ("days_in_stage", [3, 0]),
        ("win_probability", [5, 80]),
    ]
    assert get(account, OPPORTUNITY, made).date_stage_changed == LATER // 1000


def test_days_in_a_stage_are_whole_ones() -> None:
    account = make_account()
    made = deal(account)

    assert write(account, OPPORTUNITY, made, now=START + DAY - 1_000, pipeline_stage_id=987_791)["days_in_stage"] == [
        0,
        0,
    ]
    assert write(account, OPPORTUNITY, made, now=START + 2 * DAY, pipeline_stage_id=987_792)["days_in_stage"] == [1, 0]


def test_an_opportunity_seeded_with_a_later_date_has_been_in_its_stage_no_day() -> None:
    account = make_account()
    made = seed(account, OPPORTUNITY, name="Deal", date_stage_changed=LATER // 1000)

    assert write(account, OPPORTUNITY, made, now=START, pipeline_stage_id=987_791)["days_in_stage"] == [0, 0]


def test_a_move_to_another_pipeline_goes_to_its_first_stage() -> None:
    account = make_account()
    made = deal(account, pipeline_stage_id=987_793)

    told = write(account, OPPORTUNITY, made, pipeline_id=213_215)

    assert (told["pipeline_id"], told["stage_id"]) == ([213_214, 213_215], [987_793, 987_795])
    assert write(account, OPPORTUNITY, made, pipeline_id=213_215) == {}


SALES = (
    "The stages of Sales (213214) are 987790 (Qualified), 987791 (Follow-up), 987792 (Presentation), "
    "987793 (Contract Sent), 987794 (Negotiation)."
)


def test_a_new_opportunity_is_in_no_stage_of_another_pipeline() -> None:
    account = make_account()

    with pytest.raises(Invalid) as caught:
        deal(account, pipeline_id=213_214, pipeline_stage_id=987_798)

    assert (caught.value.mistakes, caught.value.hint) == ((("pipeline_stage_id", "is invalid"),), SALES)
    assert list(account.records.of(OPPORTUNITY)) == []


def test_an_opportunity_moves_to_no_stage_of_another_pipeline() -> None:
    account = make_account()
    made = deal(account, pipeline_stage_id=987_798)
    before = get(account, OPPORTUNITY, made)

    with pytest.raises(Invalid) as caught:
        write(account, OPPORTUNITY, made, pipeline_id=213_214, pipeline_stage_id=987_797)

    assert (caught.value.mistakes, caught.value.hint) == ((("pipeline_stage_id", "is invalid"),), SALES)
    assert get(account, OPPORTUNITY, made) == before


def test_a_stage_that_is_only_written_back_does_not_hold_a_move_to_another_pipeline() -> None:
    account = make_account()
    made = deal(account, pipeline_stage_id=987_793)

    told = write(account, OPPORTUNITY, made, pipeline_id=213_215, pipeline_stage_id=987_793)

    assert (told["pipeline_id"], told["stage_id"]) == ([213_214, 213_215], [987_793, 987_795])


def test_a_pipeline_that_is_only_written_back_does_not_hold_a_move_to_a_stage_of_another() -> None:
    account = make_account()
    made = deal(account)

    told = write(account, OPPORTUNITY, made, pipeline_id=213_214, pipeline_stage_id=987_797)

    assert (told["pipeline_id"], told["stage_id"]) == ([213_214, 213_215], [987_790, 987_797])


def test_a_seeded_opportunity_whose_stage_is_of_another_pipeline_is_put_right_by_its_pipeline() -> None:
    account = make_account()
    made = seed(account, OPPORTUNITY, name="Deal", pipeline_id=213_214, pipeline_stage_id=987_797)
    assert shows(account, OPPORTUNITY, made, "pipeline_id", "pipeline_stage_id") == (213_214, 987_797)

    told = write(account, OPPORTUNITY, made, pipeline_id=213_215, pipeline_stage_id=987_797)

    assert told == {"pipeline_id": [213_214, 213_215]}


def test_a_stage_of_another_pipeline_takes_the_opportunity_there() -> None:
    account = make_account()
    made = deal(account)

    told = write(account, OPPORTUNITY, made, pipeline_stage_id=987_795)

    assert told["pipeline_id"] == [213_214, 213_215]


def test_a_probability_that_is_written_stays_and_one_that_is_cleared_stays_cleared_until_the_stage_changes() -> None:
    account = make_account()
    made = deal(account)

    write(account, OPPORTUNITY, made, pipeline_stage_id=987_791, win_probability=99)
    assert get(account, OPPORTUNITY, made).win_probability == 99
    write(account, OPPORTUNITY, made, win_probability=None)
    assert get(account, OPPORTUNITY, made).win_probability is None
    write(account, OPPORTUNITY, made, details="x")
    assert get(account, OPPORTUNITY, made).win_probability is None
    write(account, OPPORTUNITY, made, pipeline_stage_id=987_792)
    assert get(account, OPPORTUNITY, made).win_probability == 20


def test_an_account_without_pipelines_has_opportunities_without_stages() -> None:
    account = make_account()
    for pipeline_id in (213_214, 213_215):
        account.records.catalogue.remove("pipelines", pipeline_id)
    made = deal(account)

    assert shows(account, OPPORTUNITY, made, "pipeline_id", "pipeline_stage_id", "win_probability") == (
        None,
        None,
        None,
    )

    added = account.records.catalogue.add("pipelines", {"name": "Late", "stages": ["In"]})
    told = write(account, OPPORTUNITY, made, pipeline_id=added["id"])
    assert told["stage"] == [None, "In"]


# --- the company of the primary contact -------------------------------------------------------------------


def test_a_new_opportunity_has_the_company_of_its_primary_contact() -> None:
    """As in the reply to a create in the developer docs."""
    account = make_account()
    engines, mills = make(account, COMPANY, name="Engines"), make(account, COMPANY, name="Mills")
    ada, bob = make(account, PERSON, name="Ada", company_id=engines), make(account, PERSON, name="Bob")

    assert shows(account, OPPORTUNITY, deal(account, primary_contact_id=ada), "company_id", "company_name") == (
        engines,
        "Engines",
    )
    assert get(account, OPPORTUNITY, deal(account, primary_contact_id=ada, company_id=mills)).company_id == mills
    assert get(account, OPPORTUNITY, deal(account, primary_contact_id=bob)).company_id is None


def test_an_opportunity_keeps_its_company_when_its_contact_changes() -> None:
    account = make_account()
    engines = make(account, COMPANY, name="Engines")
    ada = make(account, PERSON, name="Ada", company_id=engines)
    made = deal(account)

    write(account, OPPORTUNITY, made, primary_contact_id=ada)

    assert get(account, OPPORTUNITY, made).company_id is None


# --- completion -------------------------------------------------------------------------------------------


def test_a_task_that_is_completed_has_the_moment() -> None:
    account = make_account()
    task = make(account, TASK, name="Call")

    assert write(account, TASK, task, status="Completed") == {
        "completed_date": [None, LATER // 1000],
        "status": ["Open", "Completed"],
    }
    assert write(account, TASK, task, now=LATER + DAY, status="Completed") == {}
    assert write(account, TASK, task, now=LATER + DAY, status="Open")["completed_date"] == [LATER // 1000, None]


def test_a_task_may_be_completed_from_the_start() -> None:
    account = make_account()

    assert get(account, TASK, make(account, TASK, name="Call", status="Completed")).completed_date == NOW


# --- money ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [LEAD, OPPORTUNITY])
def test_a_currency_is_kept_only_beside_a_value(kind: EntityType) -> None:
    """A vendor's guide: without a value Copper drops the unit."""
    account = make_account()
    alone = make(account, kind, name="x", monetary_unit="EUR")
    both = make(account, kind, name="x", monetary_unit="EUR", monetary_value=5)
    assert get(account, kind, alone).monetary_unit is None
    assert get(account, kind, both).monetary_unit == "EUR"

    told = write(account, kind, both, monetary_value=None)

    assert told == {"monetary_unit": ["EUR", None], "monetary_value": [5, None]}


@pytest.mark.parametrize("kind", [LEAD, OPPORTUNITY])
def test_the_converted_value_is_the_value_and_is_not_told(kind: EntityType) -> None:
    """The emulator knows no exchange rates."""
    account = make_account()
    made = make(account, kind, name="x", monetary_value=5)
    assert shows(account, kind, made, "converted_unit", "converted_value") == (None, None)

    told = write(account, kind, made, monetary_unit="EUR", monetary_value=6)

    assert told == {"monetary_unit": [None, "EUR"], "monetary_value": [5, 6]}
    assert shows(account, kind, made, "converted_unit", "converted_value") == ("EUR", 6)


# --- activities -------------------------------------------------------------------------------------------


def test_an_activity_happens_now_and_is_the_callers() -> None:
    account = make_account()
    lead = make(account, LEAD, name="Ada")

    note = log(account, LEAD, lead, NOTE)
    earlier = log(account, LEAD, lead, NOTE, activity_date=17, user_id=137_659)

    assert shows(account, ACTIVITY, note, "activity_date", "user_id") == (NOW, 137_658)
    assert shows(account, ACTIVITY, earlier, "activity_date", "user_id") == (17, 137_659)


@pytest.mark.parametrize(
    ("created", "done"),
    [(1_576_779_242, 1_576_771_200), (1_576_779_184, 1_576_782_000), (1_496_710_787, 1_496_710_783)],
)
def test_an_activity_was_last_changed_when_it_was_done(created: int, done: int) -> None:
    """Recorded in 2019, twice, and in the sample of the documentation: even before it was created, or after."""
    account = make_account()
    lead = make(account, LEAD, name="Ada")
    note = make(account, ACTIVITY, now=created * 1000, **on(lead), activity_date=done)

    dates = shows(account, ACTIVITY, note, "activity_date", "date_created", "date_modified")

    assert dates == (done, created, done)
    told = write(account, ACTIVITY, note, details="Bye")
    assert told == {"details": ["Hello", "Bye"]}
    assert shows(account, ACTIVITY, note, "activity_date", "date_modified") == (done, done)


def test_an_update_does_not_show_when_an_activity_was_changed() -> None:
    """Activity 3061844454 of the documentation of 2019: fetched, and found again after its details were changed."""
    account = make_account()
    dates = {"activity_date": 1_496_710_783, "date_created": 1_496_710_787, "date_modified": 1_496_710_783}
    lead = make(account, LEAD, name="Ada")
    call = seed(account, ACTIVITY, **{**on(lead), "details": "Demo phone call"}, **dates)

    write(account, ACTIVITY, call, details="This is an update")

    assert shows(account, ACTIVITY, call, "details", *dates) == ("This is an update", *dates.values())
    write(account, ACTIVITY, call, activity_date=1_496_710_000)
    assert shows(account, ACTIVITY, call, "date_modified") == (1_496_710_000,)


def test_and_so_was_one_that_was_always_there_unless_it_says_otherwise() -> None:
    account = make_account()
    lead = make(account, LEAD, name="Ada")
    done = seed(account, ACTIVITY, **on(lead), activity_date=17)
    changed = seed(account, ACTIVITY, **on(lead), activity_date=17, date_created=18, date_modified=19)

    assert shows(account, ACTIVITY, done, "date_created", "date_modified") == (NOW, 17)
    assert shows(account, ACTIVITY, changed, "date_created", "date_modified") == (18, 19)


def on(lead: int) -> dict[str, Any]:
    """A note on a lead."""
    return {"parent": {"type": "lead", "id": lead}, "type": NOTE, "details": "Hello"}


def test_an_update_does_not_move_an_activity() -> None:
    account = make_account()
    note = log(account, LEAD, make(account, LEAD, name="Ada"), NOTE)

    write(account, ACTIVITY, note, details="Bye")

    assert shows(account, ACTIVITY, note, "details", "activity_date") == ("Bye", NOW)
