"""Each form of value: what it accepts, what it refuses, and that its JSON Schema agrees."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from copper_emulator.core.ids import MAX_ID
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.fields import Field
from copper_emulator.core.records.forms.contacts import Address, Entries, Entry, Tags
from copper_emulator.core.records.forms.custom import CustomFields, Option
from copper_emulator.core.records.forms.plain import (
    EARLIEST_SECOND,
    LABEL,
    LATEST_SECOND,
    MAX_AMOUNT,
    CalendarDay,
    Checkbox,
    Form,
    Moment,
    Number,
    OneOf,
    Several,
    Shown,
    ShownAmount,
    Text,
    Unfit,
)
from copper_emulator.core.records.forms.references import (
    ActivityType,
    LookupId,
    LookupName,
    RecordId,
    Reference,
    StageId,
)
from copper_emulator.core.records.lookups.tables import LOOKUPS, AnyId, Key, Parts
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.tables import TABLES
from tests.core.records.playing import COMPANY, LEAD, PERSON, TASK, custom
from tests.core.records.valid_values import rich_account, texts

FIRST = 94_808_711
EMAIL = Entry("email", ("work", "other"))
FRUIT = Option(((7, "Apples"), (8, "Bananas")))
INVALID = "is invalid"


def no_id(shown: str) -> str:
    return f"Invalid value for {LABEL}: IDs must be positive integers: {shown}"


@dataclass(frozen=True)
class Case:
    """A form; what it is called, in Python and for people; values it accepts, with what is stored; and what it refuses.

    `beyond` are values that only the account can refuse: the schema accepts them.
    """

    form: Form
    python: str
    words: str
    takes: tuple[tuple[Any, Any], ...]
    refuses: tuple[tuple[Any, str], ...] = ()
    beyond: tuple[tuple[Any, str], ...] = ()
    blank: Any = None


CASES: dict[str, Case] = {
    "text": Case(
        Text(), "str", "text", (("", ""), ("Ada", "Ada")), ((7, "must be a string"), (["a"], "must be a string"))
    ),
    "number": Case(
        Number(),
        "float",
        "number",
        ((0, 0), (-2.5, -2.5), (10**15, 10**15)),
        (
            ("1", "is not a number"),
            (True, "is not a number"),
            (10**16, "must be less than or equal to 1000000000000000"),
            (-(10**16), "must be greater than or equal to -1000000000000000"),
        ),
    ),
    "key": Case(
        Key(),
        "str",
        "text",
        (("Dropdown_Field_1", "dropdown_field_1"), ("", "")),
        ((7, "must be a string"),),
    ),
    "id": Case(
        AnyId(),
        "int",
        "id",
        ((1, 1), (2**63 - 1, 2**63 - 1)),
        (
            (0, "must be greater than or equal to 1"),
            (2**63, "must be less than or equal to 9223372036854775807"),
            (1.5, "must be an integer"),
            ("1", "is not a number"),
        ),
    ),
    "per cent": Case(
        Number(0, 100, whole=True),
        "int",
        "whole number from 0 to 100",
        ((0, 0), (100, 100), (50.0, 50)),
        (
            (50.5, "must be an integer"),
            (101, "must be less than or equal to 100"),
            (-1, "must be greater than or equal to 0"),
        ),
    ),
    "rank": Case(
        Number(0, 1_000),
        "float",
        "number from 0 to 1,000",
        ((0.5, 0.5),),
        ((-1, "must be greater than or equal to 0"),),
    ),
    "checkbox": Case(
        Checkbox(),
        "bool",
        "true or false",
        ((True, True), (False, False)),
        ((1, "must be true or false"),),
        blank=False,
    ),
    "moment": Case(
        Moment(),
        "int | str",
        "Unix seconds, or mm/dd/yyyy",
        (
            (0, 0),
            (-1, -1),
            (-2_209_039_200, -2_209_039_200),
            (253_402_300_799, 253_402_300_799),
            ("01/23/2017", 1_485_158_400),
            # Seven hours after midnight in UTC, in summer time.
            ("5/17/1960", -303_757_200),
            ("1/1/1900", -2_208_960_000),
        ),
        (
            (-2_209_039_201, INVALID),
            (253_402_300_800, INVALID),
            (1.5, INVALID),
            (True, INVALID),
            ("2017-01-23", INVALID),
            ("23/1/2017", INVALID),
            ("12/31/1899", INVALID),
        ),
        (("2/29/2017", INVALID),),
    ),
    "day": Case(
        CalendarDay(),
        "str",
        "M/D/YYYY, or D/M/YYYY if D is over 12",
        (
            ("1/23/2017", "1/23/2017"),
            ("01/03/2017", "1/3/2017"),
            ("12/11/2017", "12/11/2017"),
            ("13/1/2017", "1/13/2017"),
            ("31/12/2017", "12/31/2017"),
            ("1/1/1900", "1/1/1900"),
        ),
        (
            (1_485_129_600, INVALID),
            ("2017-01-23", INVALID),
            ("", INVALID),
            ("1/23/17", INVALID),
            ("13/13/2017", INVALID),
            ("32/1/2017", INVALID),
            ("0/1/2017", INVALID),
            ("12/31/1899", INVALID),
        ),
        (("2/29/2017", INVALID), ("30/2/2017", INVALID)),
    ),
    "one of": Case(
        OneOf(("Open", "Won")),
        'Literal["Open", "Won"]',
        "one of Open, Won",
        (("Won", "Won"),),
        (("won", "is not included in the list"),),
    ),
    "several": Case(
        Several(OneOf(("a", "b"))),
        'Sequence[Literal["a", "b"]]',
        "list of one of a, b",
        (([], []), (["b", "a", "b"], ["b", "a"])),
        (("a", INVALID), (["c"], "is not included in the list")),
        blank=[],
    ),
    "lookup": Case(
        LookupId("users"),
        "int",
        "id of one of `users`",
        ((137_658, 137_658),),
        (
            (0, no_id("0")),
            ("x", no_id("x")),
            ([1], no_id("[1]")),
            ({}, no_id("{}")),
            (True, no_id("true")),
            (2**63, no_id(str(2**63))),
        ),
        ((17, "must exist"),),
    ),
    "lookup by name": Case(
        LookupName("lead_statuses"),
        "str",
        "name of one of `lead_statuses`",
        (("Open", "Open"),),
        ((208_231, "is not included in the list"), (["Open"], "is not included in the list")),
        (("Late", "is not included in the list"),),
    ),
    "stage": Case(
        StageId(),
        "int",
        "id of a pipeline's stage",
        ((987_795, 987_795),),
        (("x", no_id("x")),),
        ((213_214, "must exist"),),
    ),
    "record": Case(
        RecordId(COMPANY),
        "int",
        "id of a company",
        ((FIRST, FIRST),),
        ((1.0e300, no_id("1e+300")),),
        ((17, "must exist"),),
    ),
    "reference": Case(
        Reference((PERSON, COMPANY)),
        "Mapping[str, Any]",
        "`{id, type}` of a person, company",
        (({"type": "person", "id": FIRST}, {"id": FIRST, "type": "person"}),),
        (
            (FIRST, INVALID),
            ({"id": FIRST}, INVALID),
            ({"id": FIRST, "type": "person", "name": "Ada"}, INVALID),
            ({"id": FIRST, "type": "lead"}, "is not included in the list"),
            ({"id": FIRST, "type": ["person"]}, "is not included in the list"),
            ({"id": None, "type": None}, "is not included in the list"),
            ({"id": "x", "type": "person"}, no_id("x")),
        ),
        (({"id": 17, "type": "person"}, "must exist"),),
    ),
    "activity type": Case(
        ActivityType(),
        "Mapping[str, Any]",
        "`{category, id}` of a user activity type",
        (({"category": "user", "id": 0}, {"id": 0, "category": "user"}),),
        (
            (0, INVALID),
            ({"category": "user"}, INVALID),
            ({"category": "system", "id": 1}, "is not included in the list"),
            ({"category": "user", "id": "0"}, "must exist"),
            ({"category": "user", "id": False}, "must exist"),
        ),
        (({"category": "user", "id": 3}, "must exist"),),
    ),
    "address": Case(
        Address(),
        "Mapping[str, str | None]",
        "`{street, city, state, postal_code, country}`",
        (
            (
                {"city": "London", "state": None},
                {"street": None, "city": "London", "state": None, "postal_code": None, "country": None},
            ),
        ),
        (("London", INVALID), ({"city": 7}, INVALID), ({"town": "London"}, INVALID)),
    ),
    "entry": Case(
        EMAIL,
        "Mapping[str, str]",
        "`{email, category}`; the category is work or other",
        (
            ({"email": "a@b"}, {"email": "a@b", "category": "work"}),
            ({"email": "a@b", "category": "other"}, {"email": "a@b", "category": "other"}),
        ),
        (
            ("a@b", INVALID),
            ({}, INVALID),
            ({"email": ""}, INVALID),
            ({"email": "ab"}, INVALID),
            ({"email": "a b@c"}, INVALID),
            ({"email": "a@b", "category": "moon"}, INVALID),
            ({"email": "a@b", "kind": "work"}, INVALID),
        ),
    ),
    "entries": Case(
        Entries(Entry("url", ("work",))),
        "Sequence[Mapping[str, str]]",
        "list of `{url, category}`; the category is work",
        (([], []), ([{"url": "x"}], [{"url": "x", "category": "work"}])),
        (({"url": "x"}, INVALID), ([{"url": ""}], INVALID)),
        blank=[],
    ),
    "tags": Case(
        Tags(),
        "Sequence[str]",
        "list of texts of at most 50 characters",
        (([], []), (["b", "a", "b"], ["b", "a"]), (["a" * 50], ["a" * 50])),
        (("a", INVALID), ([""], INVALID), ([7], INVALID), (["a" * 51], "is too long (maximum is 50 characters)")),
        blank=[],
    ),
    "option": Case(
        FRUIT,
        "int",
        "id of an option",
        ((8, 8),),
        (
            ("8", "is not included in the list"),
            (True, "is not included in the list"),
            ([8], "is not included in the list"),
        ),
        ((9, "is not included in the list"),),
    ),
    "custom fields": Case(
        CustomFields(LEAD),
        "Sequence[Mapping[str, Any]]",
        "list of `{custom_field_definition_id, value}`",
        (([], {}), ([custom(100_764, "red"), custom(100_767, None)], {100_764: "red", 100_767: None})),
        (
            ("red", INVALID),
            (["red"], INVALID),
            ([{"value": "red"}], INVALID),
            ([{**custom(100_764, "red"), "name": "x"}], INVALID),
        ),
        (([custom(17, "red")], INVALID), ([custom(100_764, 7)], INVALID)),
        blank={},
    ),
    "parts": Case(
        Parts((Field("rank", Number(0, 9), "Its place.", default=0),)),
        "Sequence[str | Mapping[str, Any]]",
        "list of `{id, name, rank}`",
        (
            ([], []),
            (["Apples"], [{"name": "Apples", "rank": 0}]),
            ([{"name": "Apples", "rank": 3, "id": 7}], [{"id": 7, "name": "Apples", "rank": 3}]),
        ),
        (
            ("Apples", INVALID),
            ([""], INVALID),
            ([7], INVALID),
            ([{"rank": 3}], INVALID),
            ([{"name": "Apples", "colour": "red"}], INVALID),
            ([{"name": "Apples", "rank": 10}], "must be less than or equal to 9"),
            ([{"name": "Apples", "id": 0}], "must be greater than or equal to 1"),
        ),
        blank=[],
    ),
    "shown": Case(
        Shown("int | None", "number", "integer"),
        "int | None",
        "number",
        ((0, 0), (7, 7), (MAX_ID, MAX_ID)),
        ((-1, INVALID), (MAX_ID + 1, INVALID), ("7", INVALID)),
    ),
    "shown moment": Case(
        Shown("int | None", "Unix seconds", "integer", bounds=(EARLIEST_SECOND, LATEST_SECOND)),
        "int | None",
        "Unix seconds",
        ((EARLIEST_SECOND, EARLIEST_SECOND), (LATEST_SECOND, LATEST_SECOND)),
        ((EARLIEST_SECOND - 1, INVALID), (LATEST_SECOND + 1, INVALID), (10**400, INVALID)),
    ),
    "shown amount": Case(
        ShownAmount("float | None", "number", "number"),
        "float | None",
        "number",
        ((-0.5, -0.5), (MAX_AMOUNT, MAX_AMOUNT)),
        ((MAX_AMOUNT + 1, INVALID), (-MAX_AMOUNT - 1, INVALID), (float("inf"), INVALID), ("dear", INVALID)),
    ),
    "shown truth": Case(
        Shown("bool | None", "true or false", "boolean"),
        "bool | None",
        "true or false",
        ((True, True), (False, False)),
        ((1, INVALID), ("true", INVALID)),
    ),
    "shown text": Case(Shown("str | None", "text", "string"), "str | None", "text", (("USD", "USD"),), ((7, INVALID),)),
    "shown list": Case(
        Shown("Sequence[int]", "list", "integer", many=True), "Sequence[int]", "list", (([7], [7]),), blank=[]
    ),
}


@pytest.fixture(scope="module")
def known() -> RecordStore:
    """A store with custom fields of every data type, the first of them a String."""
    return rich_account().records


def is_valid(schema: Mapping[str, Any], value: Any) -> bool:
    return bool(Draft202012Validator(schema).is_valid(value))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_form_keeps_what_it_takes(case: Case, known: RecordStore) -> None:
    for given_value, kept in case.takes:
        read = case.form.read(given_value, known)
        assert (read, type(read)) == (kept, type(kept))


REFUSED = [
    pytest.param(case, value, words, id=f"{name}-{number} {value!r:.30}")
    for name, case in CASES.items()
    for number, (value, words) in enumerate((*case.refuses, *case.beyond), start=1)
]


@pytest.mark.parametrize(("case", "value", "words"), REFUSED)
def test_a_form_refuses_the_rest(case: Case, value: Any, words: str, known: RecordStore) -> None:
    with pytest.raises(Unfit) as caught:
        case.form.read(value, known)

    assert str(caught.value) == caught.value.message == words


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_schema_takes_and_refuses_the_same(case: Case) -> None:
    """Except for what only the account knows."""
    Draft202012Validator.check_schema(case.form.schema)
    assert [value for value, _ in (*case.takes, *case.beyond) if not is_valid(case.form.schema, value)] == []
    assert [value for value, _ in case.refuses if is_valid(case.form.schema, value)] == []


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_form_says_what_it_is(case: Case) -> None:
    assert (case.form.python, case.form.words, case.form.blank()) == (case.python, case.words, case.blank)


@pytest.mark.parametrize(("text", "amount"), [("250000.0", 250_000), ("5000.0", 5_000), ("-0.25", -0.25), ("7", 7)])
def test_an_amount_that_was_recorded_as_text_is_a_number(text: str, amount: float, known: RecordStore) -> None:
    assert ShownAmount("float | None", "number", "number").read(text, known) == amount


@pytest.mark.parametrize("text", ["", "1e5", "nan", " 5", "5,0", "9" * 18])
def test_no_other_text_is_an_amount(text: str, known: RecordStore) -> None:
    with pytest.raises(Unfit, match=INVALID):
        ShownAmount("float | None", "number", "number").read(text, known)


def test_every_form_of_the_tables_is_here() -> None:
    here = {type(case.form).__name__ for case in CASES.values()}
    tables = [*TABLES.values(), *LOOKUPS.values()]

    assert {type(field.form).__name__ for table in tables for field in table} - here == set()


EVERYTHING = rich_account().records


@settings(deadline=None)
@given(
    st.sampled_from([case.form for case in CASES.values()]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | texts,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "type", "email", "city"]), inner)
        ),
    ),
)
def test_a_form_takes_or_refuses_and_never_fails(form: Form, value: Any) -> None:
    with suppress(Unfit):
        form.read(value, EVERYTHING)


# --- hints ------------------------------------------------------------------------------------------------

HINTS: dict[str, tuple[Form, Any, str]] = {
    "user": (
        LookupId("users"),
        17,
        "There is no 17 among users; the entries are 137658 (Demo User) and 137659 (Second User).",
    ),
    "user's id as text": (LookupId("users"), "137658", "Send 137658 as a number, without quotes."),
    "fraction as text": (LookupId("users"), "1.5", ""),
    "amount as text": (Number(), "-5.5", "Send -5.5 as a number, without quotes."),
    "no amount": (Number(), "five", ""),
    "amount over all as text": (Number(), "9" * 16, ""),
    "no id as text": (LookupId("users"), "0", ""),
    "id with zeros as text": (LookupId("users"), "00137658", "Send 137658 as a number, without quotes."),
    "status": (
        LookupName("lead_statuses"),
        "Late",
        "There is no name 'Late'; the names are New, Open, Unqualified and Junk.",
    ),
    "stage": (StageId(), 17, "There is no stage 17; the stages are 987790 (Qualified), 987791 (Follow-up), "),
    "record": (RecordId(TASK), 17, "There is no task 17."),
    "reference": (Reference((PERSON,)), 17, 'Write it like {"id": 17, "type": "person"}.'),
    "reference's type": (
        Reference((PERSON,)),
        {"id": 17, "type": "lead"},
        "The type cannot be 'lead' here; the only type is person.",
    ),
    "activity type": (
        ActivityType(),
        {"category": "user", "id": 17},
        "There is no activity type 17; the activity types are 0 (Note), 190711",
    ),
    "activity type as text": (
        ActivityType(),
        {"category": "user", "id": "0"},
        "Send 0 as a number, without quotes.",
    ),
    "moment": (Moment(), 1.5, "A date is a whole number of Unix seconds from -2,209,039,200 to 253,402,300,799."),
    "milliseconds": (
        Moment(),
        1_496_799_000_000,
        "A date is a whole number of Unix seconds from -2,209,039,200 to 253,402,300,799: 1496799000000 looks like "
        "milliseconds.",
    ),
    "more than all milliseconds": (
        Moment(),
        10**18,
        "A date is a whole number of Unix seconds from -2,209,039,200 to 253,402,300,799.",
    ),
    "seconds as text": (Moment(), "1496799000", "Send 1496799000 as a number, without quotes."),
    "day without slashes": (Moment(), "20170123", "A day is written mm/dd/yyyy, like 1/23/2017."),
    "milliseconds as text": (Moment(), "1496799000000000", "A day is written mm/dd/yyyy, like 1/23/2017."),
    "seconds before all": (
        Moment(),
        -2_512_771_200,
        "A date is a whole number of Unix seconds from -2,209,039,200 to 253,402,300,799.",
    ),
    "day": (CalendarDay(), 17, "A day is written mm/dd/yyyy, like 1/23/2017."),
    "day before all": (CalendarDay(), "12/31/1899", "The first day is 1/1/1900."),
    "date before all": (Moment(), "12/31/1899", "The first day is 1/1/1900."),
    "milliseconds before 1970": (
        Moment(),
        -303_757_200_000,
        "A date is a whole number of Unix seconds from -2,209,039,200 to 253,402,300,799: -303757200000 looks like "
        "milliseconds.",
    ),
    "truth": (Moment(), True, "A date is a whole number of Unix seconds from -2,209,039,200 to 253,402,300,799."),
    "word": (OneOf(("a", "b")), "c", "There is no choice 'c'; the choices are a and b."),
    "list": (Several(Text()), "a", 'It has to be a list, like ["a"].'),
    "long text for a list": (Several(Text()), "a" * 41, "It has to be a list."),
    "address": (Address(), "London", "An address is an object of texts: street, city, state, postal_code and country."),
    "address's parts": (
        Address(),
        {"town": "x"},
        "There is no key 'town'; the keys are street, city, state, postal_code and country.",
    ),
    "email": (EMAIL, {"email": "ada"}, "'ada' is not an email address."),
    "category": (
        EMAIL,
        {"email": "a@b", "category": "moon"},
        "There is no category 'moon'; the categories are work and other.",
    ),
    "entries": (Entries(EMAIL), "a@b", "It is a list of {email, category}; the category is work or other."),
    "tags": (Tags(), "vip", "Tags are a list of texts, none of them empty."),
    "an empty tag": (Tags(), [""], "Tags are a list of texts, none of them empty."),
    "option": (FRUIT, 9, "The options are 7 (Apples) and 8 (Bananas)."),
    "option as text": (FRUIT, "7", "Send 7 as a number, without quotes."),
    "option's name as text": (FRUIT, "2024", "The options are 7 (Apples) and 8 (Bananas)."),
    "no options": (Option(()), 9, "There are no options."),
    "custom fields": (CustomFields(LEAD), "red", 'Write it like [{"custom_field_definition_id": 17, "value": "..."}].'),
    "custom field": (
        CustomFields(LEAD),
        [custom(17, 1)],
        "There is no custom field 17 on a lead; the custom fields are 100764 (String), ",
    ),
    "custom field's id as text": (
        CustomFields(LEAD),
        [{"custom_field_definition_id": "100764", "value": "x"}],
        "Send 100764 as a number, without quotes.",
    ),
    "custom field without an id": (
        CustomFields(LEAD),
        [{"value": "x"}],
        "A value needs the custom_field_definition_id of its custom field; the custom fields are 100764 (String), ",
    ),
    "custom value": (
        CustomFields(LEAD),
        [custom(100_764, 7)],
        "Custom field 100764 (String, String): must be a string.",
    ),
}


@pytest.mark.parametrize(("form", "value", "hint"), HINTS.values(), ids=HINTS.keys())
def test_a_refusal_says_what_would_help(form: Form, value: Any, hint: str, known: RecordStore) -> None:
    with pytest.raises(Unfit) as caught:
        form.read(value, known)

    assert caught.value.hint.startswith(hint)


def test_where_there_is_nothing_the_hint_says_so() -> None:
    store = rich_account().records
    for pipeline_id in list(store.lookup("pipelines")):
        store.catalogue.remove("pipelines", pipeline_id)

    for form, none in ((LookupId("pipelines"), "; there are no entries."), (StageId(), "; there are no stages.")):
        with pytest.raises(Unfit) as caught:
            form.read(17, store)
        assert caught.value.hint.endswith(none)
    with pytest.raises(Unfit) as caught:
        CustomFields(EntityType.ACTIVITY_LOG).read([custom(17, 1)], store)
    assert caught.value.hint == "There is no custom field 17 on a activity_log; there are no custom fields."


# --- what the account decides -----------------------------------------------------------------------------


def test_a_disabled_activity_type_cannot_be_given_to_new_activities() -> None:
    store = rich_account().records
    store.catalogue.update("activity_types", 190_711, {"is_disabled": True})

    with pytest.raises(Unfit, match="is invalid") as caught:
        ActivityType().read({"category": "user", "id": 190_711}, store)

    assert caught.value.hint == "The activity type Phone Call is disabled."


def test_an_unset_reference_of_a_task_is_written_as_it_is_shown(known: RecordStore) -> None:
    form = Reference((PERSON,), empty=True)

    assert form.blank() == {"id": None, "type": None}
    assert form.read({"id": None, "type": None}, known) == {"id": None, "type": None}


def test_a_long_value_is_cut_in_the_message(known: RecordStore) -> None:
    with pytest.raises(Unfit) as caught:
        LookupId("users").read("x" * 1_000, known)

    assert caught.value.message == no_id("x" * 100)


def test_what_is_no_number_at_all_is_refused(known: RecordStore) -> None:
    """JSON has neither of these values, but Python does."""
    for value, words in ((float("nan"), "is not a number"), (float("inf"), f"must be less than or equal to {10**15}")):
        for form in (Number(), Number(-(10**15), whole=True)):
            with pytest.raises(Unfit, match=words):
                form.read(value, known)
