"""Every field of every type: what it accepts, what it refuses and with which message, what null does, what is reported.

The values are from Copper's documentation and from recorded answers, where there are any; the ids are a new account's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from copper_emulator.core.model import EntityType
from tests.core.builders import START
from tests.core.records.playing import ACTIVITY, COMPANY, LEAD, OPPORTUNITY, PERSON, PROJECT, TASK, custom, email

DAY = 86_400_000
NOW = START // 1000
LATER = NOW + 3 * DAY // 1000
"""`NOW` is when a record is created, `LATER` when it is changed."""

FIRST, SECOND = 94_808_711, 94_808_712
"""Two people and two companies that exist; the first record of each other type has the first number, too."""
FIRST_PROJECT = 3_716_921

COLOUR = 100_764
"""A custom field of the data type String, on every type."""

BLANK = "can't be blank"
NO_STRING = "must be a string"
UNLISTED = "is not included in the list"
TAKEN = "has already been taken"


@dataclass(frozen=True)
class Refused:
    """A write that is refused, with these words after the field's label."""

    words: str


KEPT = object()
"""Null leaves the value as it is."""


@dataclass(frozen=True)
class Row:
    """One field. `first` is written at creation, `second` by an update: each is the value given and the value shown.

    `told` is everything that a notification reports for the update from the first to the second; `unset` is what a
    record shows if the field was not given; `refused` are values with the words after the label; `beside` are other
    fields that the record needs because of this one.
    """

    first: tuple[Any, Any]
    second: tuple[Any, Any]
    told: Mapping[str, Any]
    null: Any
    unset: Any
    refused: tuple[tuple[Any, str], ...]
    writes: str = "always"
    beside: Mapping[str, Any] = field(default_factory=dict)


def _same(value: Any) -> tuple[Any, Any]:
    return value, value


def _row(name: str, first: Any, second: Any, refused: list[tuple[Any, str]], **more: Any) -> Row:
    """A field that shows what was written, is reported under its own name and is emptied by null."""
    given: dict[str, Any] = {"null": None, "unset": None, "told": {name: [first, second]}, **more}
    return Row(_same(first), _same(second), refused=tuple(refused), **given)


def _text(name: str, **more: Any) -> Row:
    return _row(name, "one", "two", [(7, NO_STRING), (["one"], NO_STRING), (False, NO_STRING)], **more)


def _id(name: str, first: int, second: int, **more: Any) -> Row:
    """An id of something; the messages for invalid ids are recorded."""
    label = name.replace("_", " ").title()
    no_id = f"Invalid value for {label}: IDs must be positive integers: "
    refused = [
        ("test", f"{no_id}test"),
        (0, f"{no_id}0"),
        (-1, f"{no_id}-1"),
        (1.5, f"{no_id}1.5"),
        (True, f"{no_id}true"),
        ([first], f"{no_id}[{first}]"),
        (2**63, f"{no_id}{2**63}"),
        (17, "must exist"),
    ]
    return _row(name, first, second, refused, **more)


def _day(name: str) -> Row:
    """A date: Unix seconds in every sample, mm/dd/yyyy in the documentation; in Los Angeles, 8 hours behind."""
    return Row(
        _same(1_496_799_000),
        ("01/23/2017", 1_485_158_400),
        {name: [1_496_799_000, 1_485_158_400]},
        None,
        None,
        (
            (-2_209_039_201, "is invalid"),
            (1.5, "is invalid"),
            (True, "is invalid"),
            ("tomorrow", "is invalid"),
            ("13/41/2017", "is invalid"),
        ),
    )


def _one_of(name: str, first: str, second: str, **more: Any) -> Row:
    return _row(name, first, second, [("Sometimes", UNLISTED), (first.lower(), UNLISTED), (7, UNLISTED)], **more)


def _several(name: str, key: str, category: str, other: str) -> Row:
    """Several values with their categories, such as phone numbers."""
    invalid = "is invalid"
    return Row(
        _same([{key: "one", "category": other}]),
        (
            [{key: "two"}, {key: "one", "category": other}],
            [{key: "two", "category": category}, {key: "one", "category": other}],
        ),
        {
            name: [
                [{key: "one", "category": other}],
                [{key: "two", "category": category}, {key: "one", "category": other}],
            ]
        },
        [],
        [],
        (
            ("one", invalid),
            (["one"], invalid),
            ([{}], invalid),
            ([{key: ""}], invalid),
            ([{key: 7}], invalid),
            ([{key: "one", "category": "moon"}], invalid),
            ([{key: "one", "category": {}}], invalid),
            ([{key: "one", "kind": "work"}], invalid),
        ),
    )


def _never(value: Any, unset: Any = None) -> Row:
    """A field that only Copper writes."""
    return Row(_same(value), _same(value), {}, KEPT, unset, (), "never")


NAME = Row(
    _same("one"),
    _same("two"),
    {"name": ["one", "two"]},
    Refused(BLANK),
    Refused(BLANK),
    ((7, NO_STRING), ("", BLANK), (" ", BLANK)),
)
FULL_NAME = Row(
    _same("Ada Lovelace"),
    _same("Dr. Ada King"),
    {
        "name": ["Ada Lovelace", "Dr. Ada King"],
        "prefix": [None, "Dr."],
        "last_name": ["Lovelace", "King"],
    },
    Refused(BLANK),
    Refused(BLANK),
    NAME.refused,
)


WHOLE = "Prof. Ada King Lovelace, Jr."
PART_NAMES = ("prefix", "first_name", "middle_name", "last_name", "suffix")


def _part(name: str, second: str) -> Row:
    """A part of a person's name, which the whole name follows."""
    first = dict(zip(PART_NAMES, WHOLE.replace(",", "").split(), strict=True))[name]
    told = {"name": [WHOLE, WHOLE.replace(first, second)], name: [first, second]}
    return Row(_same(first), _same(second), told, None, first, ((7, NO_STRING),), beside={"name": WHOLE})


PREFIX, FIRST_NAME = _part("prefix", "Mrs."), _part("first_name", "Eva")
MIDDLE_NAME, LAST_NAME, SUFFIX = _part("middle_name", "Gordon"), _part("last_name", "Byron"), _part("suffix", "III")

HOME = {"street": "301 Howard St", "city": "San Francisco", "state": "CA", "postal_code": "94105", "country": "US"}
NOWHERE = dict.fromkeys(HOME)
ADDRESS = Row(
    _same(HOME),
    ({"city": "London"}, {**NOWHERE, "city": "London"}),
    {"address": [HOME, {**NOWHERE, "city": "London"}]},
    None,
    None,
    (("London", "is invalid"), ({"town": "London"}, "is invalid"), ({"city": 7}, "is invalid")),
)
ASSIGNEE = _id("assignee_id", 137_658, 137_659)
ASSIGNEE_FOR_GOOD = _id("assignee_id", 137_658, 137_659, null=Refused(BLANK))
DETAILS = _text("details")
TITLE = _text("title")
TAGS = Row(
    _same(["vip", "new"]),
    (["vip", "old", "vip"], ["vip", "old"]),
    {"tags": [["vip", "new"], ["vip", "old"]]},
    [],
    [],
    (
        ("vip", "is invalid"),
        ([7], "is invalid"),
        ([""], "is invalid"),
        (["a" * 51], "is too long (maximum is 50 characters)"),
    ),
)
PHONE_NUMBERS = _several("phone_numbers", "number", "mobile", "home")
SOCIALS = _several("socials", "url", "linkedin", "other")
WEBSITES = _several("websites", "url", "work", "personal")
CUSTOMER_SOURCE = _id("customer_source_id", 331_240, 331_241)
CONTACT_TYPE = _id("contact_type_id", 451_490, 451_491, null=451_492, unset=451_492)
AMOUNTS: list[tuple[Any, str]] = [
    ("100", "is not a number"),
    (True, "is not a number"),
    (10**16, f"must be less than or equal to {10**15}"),
    (-(10**16), f"must be greater than or equal to {-(10**15)}"),
]
MONETARY_UNIT = _row("monetary_unit", "USD", "EUR", [(7, NO_STRING)], null=KEPT, beside={"monetary_value": 100})
MONETARY_VALUE = _row("monetary_value", 100, 77_000.5, AMOUNTS)
CUSTOM_FIELDS = Row(
    ([custom(COLOUR, "red")], [custom(COLOUR, "red")]),
    ([custom(COLOUR, "blue")], [custom(COLOUR, "blue")]),
    {"custom_fields": {str(COLOUR): ["red", "blue"]}},
    KEPT,
    [custom(COLOUR, None)],
    (
        ("red", "is invalid"),
        (["red"], "is invalid"),
        ([custom(COLOUR, 7)], "is invalid"),
        ([custom(17, "red")], "is invalid"),
        ([{"value": "red"}], "is invalid"),
        ([{**custom(COLOUR, "red"), "colour": "red"}], "is invalid"),
    ),
)
CONVERTED_VALUE = _never(77_000.0)
INTERACTIONS = _never(3, 0)
MOMENT = _never(1_489_018_784)
CREATED = _never(1_489_018_784, NOW)

STATUS_TOLD = {"status_id": [208_232, 208_234], "status": ["Open", "Junk"]}


def _stage(name: str, first: int, second: int, **more: Any) -> Row:
    """A field that moves an opportunity from one stage to another, three days after it was created."""
    told = {
        "stage_id": [987_790, more["stage"][0]],
        "stage": ["Qualified", more["stage"][1]],
        "last_stage_at": [NOW, LATER],
        "days_in_stage": [3, 0],
        "win_probability": [5, 10],
        **more["own"],
    }
    return _id(name, first, second, told=told, null=KEPT, unset=first)


def _reference(first: str, second: str, other: str, **more: Any) -> Row:
    """A reference to a record of one of several types; `other` is a type that is none of them."""
    there = {"project": FIRST_PROJECT}
    one, two = ({"id": there.get(kind, FIRST), "type": kind} for kind in (first, second))
    refused = (
        (FIRST, "is invalid"),
        ({"id": FIRST}, "is invalid"),
        ({**one, "name": "Ada"}, "is invalid"),
        ({"id": FIRST, "type": other}, UNLISTED),
        ({"id": FIRST, "type": "deal"}, UNLISTED),
        ({"id": FIRST, "type": 7}, UNLISTED),
        ({"id": 17, "type": first}, "must exist"),
        ({"id": "x", "type": first}, "Invalid value for {}: IDs must be positive integers: x"),
    )
    return Row(_same(one), _same(two), {}, KEPT, refused=refused, writes="create", **more)


ROWS: Mapping[EntityType, Mapping[str, Row]] = {
    LEAD: {
        "name": FULL_NAME,
        "prefix": PREFIX,
        "first_name": FIRST_NAME,
        "last_name": LAST_NAME,
        "middle_name": MIDDLE_NAME,
        "suffix": SUFFIX,
        "address": ADDRESS,
        "assignee_id": ASSIGNEE,
        "company_name": _text("company_name"),
        "customer_source_id": CUSTOMER_SOURCE,
        "details": DETAILS,
        "email": Row(
            _same(email("ada@example.com", "personal")),
            ({"email": "ada@work.example"}, email("ada@work.example")),
            {"email": [email("ada@example.com", "personal"), email("ada@work.example")]},
            None,
            None,
            (
                ("ada@example.com", "is invalid"),
                ([email("ada@example.com")], "is invalid"),
                ({"email": "ada"}, "is invalid"),
                ({"email": ""}, "is invalid"),
                (email("ada@example.com", "moon"), "is invalid"),
            ),
        ),
        "interaction_count": INTERACTIONS,
        "monetary_unit": MONETARY_UNIT,
        "monetary_value": MONETARY_VALUE,
        "converted_unit": _never("USD"),
        "converted_value": CONVERTED_VALUE,
        "socials": SOCIALS,
        "status": _one_of("status", "Open", "Junk", told=STATUS_TOLD, null="New", unset="New"),
        "status_id": _id("status_id", 208_232, 208_234, told=STATUS_TOLD, null=208_231, unset=208_231),
        "tags": TAGS,
        "title": TITLE,
        "websites": WEBSITES,
        "phone_numbers": PHONE_NUMBERS,
        "custom_fields": CUSTOM_FIELDS,
        "date_created": CREATED,
        "date_modified": CREATED,
        "date_last_contacted": MOMENT,
        "converted_opportunity_id": _never(17),
        "converted_contact_id": _never(17),
        "converted_at": MOMENT,
    },
    PERSON: {
        "name": FULL_NAME,
        "prefix": PREFIX,
        "first_name": FIRST_NAME,
        "middle_name": MIDDLE_NAME,
        "last_name": LAST_NAME,
        "suffix": SUFFIX,
        "address": ADDRESS,
        "assignee_id": ASSIGNEE,
        "company_id": _id("company_id", FIRST, SECOND, told={}, null=KEPT, writes="create"),
        "company_name": _never("Mills"),
        "contact_type_id": CONTACT_TYPE,
        "details": DETAILS,
        "emails": Row(
            _same([email("eva@example.com", "other")]),
            (
                [email("eva@example.com", "other"), {"email": "eva@work.example"}],
                [email("eva@example.com", "other"), email("eva@work.example")],
            ),
            {
                "emails": [
                    [email("eva@example.com", "other")],
                    [email("eva@example.com", "other"), email("eva@work.example")],
                ]
            },
            [],
            [],
            (
                ("eva@example.com", "is invalid"),
                ([email("eva")], "is invalid"),
                ([email("eva@example.com", "moon")], "is invalid"),
                ([email("BOB@example.com")], TAKEN),
            ),
        ),
        "phone_numbers": PHONE_NUMBERS,
        "socials": SOCIALS,
        "tags": TAGS,
        "title": TITLE,
        "websites": WEBSITES,
        "custom_fields": CUSTOM_FIELDS,
        "date_created": CREATED,
        "date_modified": CREATED,
        "date_last_contacted": MOMENT,
        "interaction_count": INTERACTIONS,
        "leads_converted_from": _never([{"id": 17}], []),
        "date_lead_created": MOMENT,
    },
    COMPANY: {
        "name": NAME,
        "address": ADDRESS,
        "assignee_id": ASSIGNEE,
        "contact_type_id": _id("contact_type_id", 451_490, 451_491, null=451_492),
        "details": DETAILS,
        "email_domain": _row("email_domain", "one.example", "two.example", [(7, NO_STRING), ("MILLS.example", TAKEN)]),
        "phone_numbers": PHONE_NUMBERS,
        "primary_contact_id": _id("primary_contact_id", FIRST, SECOND),
        "socials": SOCIALS,
        "tags": TAGS,
        "websites": WEBSITES,
        "custom_fields": CUSTOM_FIELDS,
        "interaction_count": INTERACTIONS,
        "date_created": CREATED,
        "date_modified": CREATED,
    },
    OPPORTUNITY: {
        "name": NAME,
        "assignee_id": ASSIGNEE,
        "close_date": Row(
            ("1/23/2017", "1/23/2017"),
            ("11/09/2018", "11/9/2018"),
            {"close_date": ["1/23/2017", "11/9/2018"]},
            None,
            None,
            ((1_485_129_600, "is invalid"), ("2017-01-23", "is invalid"), ("13/41/2017", "is invalid")),
        ),
        "company_id": _id("company_id", FIRST, SECOND),
        "company_name": _never("Mills"),
        "customer_source_id": CUSTOMER_SOURCE,
        "details": DETAILS,
        "loss_reason_id": _id("loss_reason_id", 308_582, 308_583),
        "pipeline_id": _stage(
            "pipeline_id", 213_214, 213_215, stage=(987_795, "First Meeting"), own={"pipeline_id": [213_214, 213_215]}
        ),
        "pipeline_is_revenue": _never(False, True),
        "pipeline_stage_id": _stage("pipeline_stage_id", 987_790, 987_791, stage=(987_791, "Follow-up"), own={}),
        "pipeline_type": _never("project", "opportunity"),
        "primary_contact_id": _id("primary_contact_id", FIRST, SECOND),
        "priority": _one_of("priority", "Low", "High", null="None", unset="None"),
        "status": _one_of("status", "Lost", "Won", null=KEPT, unset="Open"),
        "tags": TAGS,
        "interaction_count": INTERACTIONS,
        "monetary_unit": MONETARY_UNIT,
        "monetary_value": MONETARY_VALUE,
        "converted_unit": _never("USD"),
        "converted_value": CONVERTED_VALUE,
        "win_probability": _row(
            "win_probability",
            50,
            60,
            [
                (-1, "must be greater than or equal to 0"),
                (101, "must be less than or equal to 100"),
                (50.5, "must be an integer"),
                ("50", "is not a number"),
            ],
            unset=5,
        ),
        "date_stage_changed": CREATED,
        "date_last_contacted": MOMENT,
        "leads_converted_from": _never([{"id": 17}], []),
        "date_lead_created": MOMENT,
        "date_created": CREATED,
        "date_modified": CREATED,
        "custom_fields": CUSTOM_FIELDS,
    },
    PROJECT: {
        "name": NAME,
        "related_resource": _reference("person", "company", "lead", unset=None),
        "assignee_id": ASSIGNEE_FOR_GOOD,
        "status": _one_of("status", "Open", "Completed", null=KEPT, unset="Open"),
        "details": DETAILS,
        "tags": TAGS,
        "custom_fields": CUSTOM_FIELDS,
        "date_created": CREATED,
        "date_modified": CREATED,
    },
    TASK: {
        "name": NAME,
        "related_resource": _reference("project", "lead", "task", unset={"id": None, "type": None}),
        "assignee_id": ASSIGNEE_FOR_GOOD,
        "due_date": _day("due_date"),
        "reminder_date": _day("reminder_date"),
        "completed_date": MOMENT,
        "priority": _one_of("priority", "None", "High", null="None", unset="None"),
        "status": _one_of(
            "status",
            "Open",
            "Completed",
            told={"status": ["Open", "Completed"], "completed_date": [None, LATER]},
            null=KEPT,
            unset="Open",
        ),
        "details": DETAILS,
        "tags": TAGS,
        "custom_fields": CUSTOM_FIELDS,
        "date_created": CREATED,
        "date_modified": CREATED,
        "custom_activity_type_id": _id("custom_activity_type_id", 1, 2, null=3, unset=3),
    },
    ACTIVITY: {
        "parent": _reference("lead", "task", "activity_log", unset=Refused(BLANK)),
        "type": Row(
            ({"category": "user", "id": 0, "name": "Note"}, {"id": 0, "category": "user"}),
            ({"category": "user", "id": 190_711}, {"id": 190_711, "category": "user"}),
            {},
            KEPT,
            Refused(BLANK),
            (
                (0, "is invalid"),
                ({"id": 0}, "is invalid"),
                ({"category": "system", "id": 1}, UNLISTED),
                ({"category": "user", "id": 1}, "must exist"),
                ({"category": "user", "id": [0]}, "must exist"),
                ({"category": "user", "id": False}, "must exist"),
            ),
            "create",
        ),
        "user_id": _id("user_id", 137_658, 137_659, null=KEPT, unset=137_658),
        "details": _text("details", null=Refused(BLANK), unset=Refused(BLANK)),
        "activity_date": Row(
            _same(1_496_710_783),
            _same(1_496_710_784),
            {"activity_date": [1_496_710_783, 1_496_710_784]},
            KEPT,
            NOW,
            (("tomorrow", "is invalid"), (-2_209_039_201, "is invalid")),
        ),
        "old_value": _never({"stage": "one"}),
        "new_value": _never({"stage": "two"}),
        "date_created": CREATED,
        "date_modified": CREATED,
    },
}
"""In the order of the tables, which is that of the samples."""
