"""Values that say the same in another form, as a database shows them, are no mistakes; no mistake is taken for one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copper_emulator import Copper, Emulator, Report
from copper_emulator.checks.forms import form_of, may_be_same
from copper_emulator.checks.hints import _FORMS
from copper_emulator.checks.state import difference
from copper_emulator.core.model import EntityType
from tests.checks.test_common_bugs import played, verdicts
from tests.checks.test_fitting_advice import Keeper

PERSON, LEAD, DEAL, TASK = EntityType.PERSON, EntityType.LEAD, EntityType.OPPORTUNITY, EntityType.TASK
SECOND = 1_795_948_486
EMAILS = [{"category": "work", "email": "a@x.example"}, {"category": "other", "email": "b@x.example"}]


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator(strict=False) as account:
        yield account


@pytest.mark.parametrize(
    ("kind", "name", "mine", "theirs", "form"),
    [
        (PERSON, "date_modified", "2026-11-29T10:34:46+00:00", SECOND, "an ISO time"),
        (PERSON, "date_modified", "2026-11-29T12:34:46+02:00", SECOND, "an ISO time"),
        (PERSON, "date_modified", "2026-11-29T10:34:46.000Z", SECOND, "an ISO time"),
        (PERSON, "date_created", "2026-11-29 10:34:46", SECOND, "an ISO time"),
        (TASK, "due_date", datetime(2026, 11, 29, 10, 34, 46, tzinfo=UTC), SECOND, "an ISO time"),
        (PERSON, "date_modified", str(SECOND), SECOND, "a number as text"),
        (DEAL, "close_date", "2027-03-15", "3/15/2027", "an ISO date"),
        (DEAL, "close_date", date(2027, 3, 15), "3/15/2027", "an ISO date"),
        (DEAL, "close_date", "2027-03-15T00:00:00.000Z", "3/15/2027", "an ISO date"),
        (DEAL, "monetary_value", "1200.00", 1200, "a number as text"),
        (DEAL, "monetary_value", "1250.50", 1250.5, "a number as text"),
        (DEAL, "monetary_value", "0.00", 0, "a number as text"),
        (DEAL, "pipeline_id", "17", 17, "a number as text"),
        (PERSON, "emails", ["a@x.example", "b@x.example"], EMAILS, "without categories"),
        (PERSON, "phone_numbers", ["1"], [{"number": "1", "category": "work"}], "without categories"),
        (PERSON, "websites", ["x"], [{"url": "x", "category": "work"}], "without categories"),
        (LEAD, "email", "a@x.example", EMAILS[0], "without categories"),
        (PERSON, "emails", json.dumps(EMAILS), EMAILS, "JSON as text"),
        (PERSON, "tags", '["a", "b"]', ["a", "b"], "JSON as text"),
        (PERSON, "tags", "[]", [], "JSON as text"),
    ],
)
def test_what_says_the_same_in_another_form_is_the_same(
    kind: EntityType, name: str, mine: Any, theirs: Any, form: str
) -> None:
    assert form_of(kind, name, mine, theirs) == form
    assert difference(kind, 17, [{name: mine}], {name: theirs}) == ""


@pytest.mark.parametrize(
    ("kind", "name", "mine", "theirs"),
    [
        (PERSON, "date_modified", "2026-11-29T10:34:47+00:00", SECOND),
        (PERSON, "date_modified", "2026-11-29T10:34:46.500Z", SECOND),
        (PERSON, "date_modified", "2026-11-29T10:34:46-05:00", SECOND),
        (PERSON, "date_modified", "2026-11-29", SECOND),
        # The day alone, though it begins then.
        (TASK, "due_date", "2026-11-29", SECOND - 10 * 3600 - 34 * 60 - 46),
        (PERSON, "date_modified", None, SECOND),
        (PERSON, "date_last_contacted", "2026-11-29T10:34:46+00:00", None),
        (DEAL, "close_date", "2027-03-14T23:00:00.000Z", "3/15/2027"),
        (DEAL, "close_date", "2027-03-15T00:00:00+02:00", "3/15/2027"),
        # Taken for the day first.
        (DEAL, "close_date", "2027-01-12", "12/1/2027"),
        (DEAL, "monetary_value", "1,200", 1200),
        (DEAL, "monetary_value", "", 0),
        (DEAL, "monetary_value", None, 0),
        # What is text is that text.
        (PERSON, "details", "2027-03-15", "3/15/2027"),
        (PERSON, "details", "1200", "1200.00"),
        (PERSON, "emails", ["b@x.example", "a@x.example"], EMAILS),
        (PERSON, "emails", ["a@x.example"], EMAILS),
        (PERSON, "emails", [], EMAILS),
        (PERSON, "tags", "a", []),
        (PERSON, "tags", "None", []),
        (PERSON, "tags", "a", ["a,b"]),
    ],
)
def test_what_says_something_else_is_not(kind: EntityType, name: str, mine: Any, theirs: Any) -> None:
    assert form_of(kind, name, mine, theirs) == ""
    told = difference(kind, 17, [{name: mine}], {name: theirs})
    assert told.startswith(f"{kind} 17: {name} is ")
    assert told.endswith(" at Copper")


def test_a_decimal_is_its_number() -> None:
    assert difference(DEAL, 17, [{"monetary_value": Decimal("1200.00")}], {"monetary_value": 1200}) == ""


@pytest.mark.parametrize("mine", ["met,oslo", "met, oslo", "oslo;met", ["oslo", "met"], {"met", "oslo"}])
def test_tags_that_may_be_the_same_are_told_so_and_differ(mine: Any) -> None:
    told = difference(PERSON, 17, [{"tags": mine}], {"tags": ["met", "oslo"]})

    assert told.endswith("in the state and ['met', 'oslo'] at Copper, perhaps the same in another form")


seconds = st.integers(-2_000_000_000, 4_000_000_000)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(seconds, seconds, zones)
def test_another_second_is_never_the_same(one: int, other: int, zone: timezone) -> None:
    shown = datetime.fromtimestamp(one, zone).isoformat()

    assert bool(form_of(PERSON, "date_modified", shown, other)) is (one == other)
    assert form_of(PERSON, "date_modified", shown, one)


@given(st.dates(), st.dates())
def test_another_day_is_never_the_same(one: date, other: date) -> None:
    theirs = f"{other.month}/{other.day}/{other.year:04}"

    assert bool(form_of(DEAL, "close_date", one.isoformat(), theirs)) is (one == other)


amounts = st.decimals(-(10**12), 10**12, places=2)


@given(amounts, amounts)
def test_another_amount_is_never_the_same(one: Decimal, other: Decimal) -> None:
    assert bool(form_of(DEAL, "monetary_value", f"{one:.2f}", float(other))) is (one == other)


texts = st.lists(st.text("ab, ;", min_size=1, max_size=4), max_size=4, unique=True)


@given(texts, texts)
def test_other_texts_are_never_the_same(one: list[str], other: list[str]) -> None:
    entries = [{"email": each, "category": "work"} for each in other]

    assert bool(form_of(PERSON, "emails", one, entries)) is (one == other)
    if set(one) != set(other):
        assert not may_be_same(PERSON, "tags", one, other)
        assert not form_of(PERSON, "tags", json.dumps(one), other)


plain_tags = st.lists(st.text("ab ").map(str.strip).filter(bool), max_size=4, unique=True)


@given(plain_tags, plain_tags, st.sampled_from(",;|"))
def test_other_joined_tags_are_never_the_same(one: list[str], other: list[str], separator: str) -> None:
    assert not form_of(PERSON, "tags", separator.join(one), other)
    if set(one) != set(other):
        assert not may_be_same(PERSON, "tags", separator.join(one), other)


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
TRUTHS: list[tuple[EntityType, str, Any]] = [
    (PERSON, "date_modified", SECOND),
    (PERSON, "emails", EMAILS),
    (PERSON, "tags", ["met"]),
    (PERSON, "address", None),
    (LEAD, "email", EMAILS[0]),
    (DEAL, "close_date", "3/15/2027"),
    (DEAL, "monetary_value", 1200),
    (PERSON, "custom_fields", [{"custom_field_definition_id": 1, "value": None}]),
    (PERSON, "unknown", 17),
]


@given(anything, st.sampled_from(TRUTHS))
def test_whatever_a_state_has_can_be_compared(mine: Any, truth: tuple[EntityType, str, Any]) -> None:
    kind, name, theirs = truth

    difference(kind, 17, [{name: mine}], {name: theirs})


def dumped(record: dict[str, Any]) -> dict[str, Any]:
    """As an ORM might show it."""
    shown = {**record, "date_modified": datetime.fromtimestamp(record["date_modified"], UTC).isoformat()}
    if "emails" in shown:
        shown["emails"] = [entry["email"] for entry in shown["emails"]]
    if shown.get("close_date"):
        month, day, year = map(int, shown["close_date"].split("/"))
        shown["close_date"] = date(year, month, day).isoformat()
    if shown.get("monetary_value") is not None:
        shown["monetary_value"] = f"{shown['monetary_value']:.2f}"
    return shown


def joined(record: dict[str, Any]) -> dict[str, Any]:
    return {**record, "tags": ",".join(record["tags"])}


def checked(copper: Copper, rows: str, show: Callable[[dict[str, Any]], dict[str, Any]]) -> Report:
    keeper = Keeper(copper)

    def state() -> object:
        return {kind: {each: show(row) for each, row in rows.items()} for kind, rows in keeper.records.items()}

    return played(copper, keeper.hook, rows, types="person,opportunity", state=state)


def test_a_right_endpoint_passes_whose_state_has_other_forms_and_one_note_says_so(copper: Copper) -> None:
    report = checked(copper, "type-person,type-opportunity,batch-2,late,values,opportunity-values,emails", dumped)

    assert verdicts(report) == {}, report
    assert [note for note in report.notes if "another form" in note] == [
        "the state has values in another form than Copper, which were compared by what they say: "
        "opportunity.close_date (an ISO date), opportunity.date_modified (an ISO time), opportunity.monetary_value "
        "(a number as text), person.date_modified (an ISO time), person.emails (without categories)"
    ]


def test_a_wrong_value_in_another_form_is_still_found(copper: Copper) -> None:
    def day_first(record: dict[str, Any]) -> dict[str, Any]:
        shown = dumped(record)
        if shown.get("close_date") == "2027-12-01":
            shown["close_date"] = "2027-01-12"
        return shown

    report = checked(copper, "opportunity-values", day_first)

    assert "close_date is '2027-01-12' in the state and '12/1/2027' at Copper" in report["opportunity-values"].evidence
    assert "month first" in report["opportunity-values"].advice


def test_joined_tags_are_told_once_and_not_as_a_mistake_of_the_row(copper: Copper) -> None:
    report = checked(copper, "type-person,values,late,opportunity-values", joined)

    # Where there are none, a text is no list either.
    first, *others = report.failed
    assert first.advice == _FORMS
    assert {row.advice for row in others} == {f"As in row {first.name}."}
    assert len(others) == 3


def test_what_differs_otherwise_as_well_is_not_hidden_by_that(copper: Copper) -> None:
    report = checked(copper, "values", lambda record: {**joined(record), "details": "Met in Bergen"})

    assert "details is 'Met in Bergen'" in report["values"].evidence
    assert report["values"].advice != _FORMS
