"""What the machine of the records draws: few fields with few values, so that the same ones meet often.

A record that is meant stands as a small number among those there are: `resolved` makes an id of it.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.records_machine.facts import CALL, FRUITS, NOTE, SCORE, SIZE, VIP, Row

KINDS = ("lead", "person", "company", "opportunity", "project", "task", "activity_log")
MISSING = 17
"""No record's id."""


def email(address: str) -> Row:
    return {"email": address, "category": "work"}


def custom(definition: int, value: Any) -> Row:
    return {"custom_field_definition_id": definition, "value": value}


Table = dict[str, list[Any]]

FRUIT = [[custom(FRUITS, each)] for each in ([1], [1, 2], [2, 1], [3], None)]
SHARED: Table = {
    "name": ["Ada", "Ada Lovelace", "Bob", "bob"],
    "details": [None, "once", "twice"],
    "tags": [None, [], ["a"], ["a", "b"], ["b", "a"]],
    "assignee_id": [137_658, 137_659, None],
}
SIZES = [[custom(SIZE, 11)], [custom(SIZE, 12)], [custom(SIZE, None)]]
VALUES = [0, 10, 20, None]
BOXES = [[custom(VIP, True)], [custom(VIP, False)]]
SCORES = [[custom(SCORE, each)] for each in (1, 2, None)]
FOREIGN = [0, 0, 1, 9, None]

FIELDS: dict[str, Table] = {
    "lead": {
        **SHARED,
        "title": ["Countess", None],
        "status": ["Open", "Junk", None],
        "status_id": [208_232, 208_231, None],
        "email": [email("a@a.example"), email("B@a.example"), None],
        "company_name": ["Acme", "acme", "Bell", None],
        "monetary_value": VALUES,
        "custom_fields": [*FRUIT, *SIZES, *BOXES, *SCORES, [custom(SIZE, 11), custom(FRUITS, [2])]],
    },
    "person": {
        **SHARED,
        "title": ["Countess", "countess", None],
        "emails": [[email("a@a.example")], [email("A@a.example"), email("b@a.example")], [], None],
        "contact_type_id": [451_490, None],
        "company_id": FOREIGN,
        "custom_fields": [*FRUIT, *SIZES, *BOXES, *SCORES],
    },
    "company": {
        **SHARED,
        "name": ["Acme", "acme", "Bell"],
        "email_domain": ["a.example", "A.example", "b.example", None],
        "contact_type_id": [451_490, None],
        "primary_contact_id": FOREIGN,
        "custom_fields": [*FRUIT, *BOXES],
    },
    "opportunity": {
        **SHARED,
        "company_id": FOREIGN,
        "primary_contact_id": FOREIGN,
        "pipeline_id": [213_214, 213_215, None],
        "pipeline_stage_id": [987_790, 987_792, 987_794, 987_797, None],
        "status": ["Won", "Open", None],
        "priority": ["High", "Low", None],
        "monetary_value": VALUES,
        "win_probability": [50, None],
        "custom_fields": [*FRUIT, *SIZES, *BOXES],
    },
    "project": {
        **SHARED,
        "status": ["Completed", "Open", None],
        "related_resource": [("company", 0), ("person", 9)],
        "custom_fields": SCORES,
    },
    "task": {
        **SHARED,
        "status": ["Completed", "Completed", "Open", None],
        "priority": ["High", None],
        "due_date": [1_790_000_000, 1_790_000_600, None],
        "related_resource": [("lead", 0), ("person", 0), ("person", 1), ("company", 0), ("opportunity", 0), ("lead", 9)],
        "custom_fields": SIZES,
    },
    "activity_log": {
        "details": ["once", "twice"],
        "activity_date": [1_790_000_000, 1_790_086_400, None],
        "parent": [("lead", 0), ("person", 0), ("person", 1), ("company", 0), ("opportunity", 0), ("person", 9)],
        "type": [{"id": each, "category": "user"} for each in (CALL, CALL, NOTE)],
    },
}
"""What a write of each type says. References may be to a record that is not there."""

FIRST: dict[str, list[Row]] = {
    "company": [{"name": "Acme", "email_domain": "a.example"}],
    "person": [{"name": "Bob", "company_id": 3, "emails": [email("a@a.example")], "custom_fields": FRUIT[1]}],
    "lead": [{"name": "Bob", "email": email("a@a.example"), "company_name": "Acme", "custom_fields": FRUIT[0] + SIZES[0]}],
    "opportunity": [{"name": "Bob", "company_id": 3, "primary_contact_id": 3, "monetary_value": 10}],
    "project": [],
    "task": [{"name": "Bob", "related_resource": ("lead", 3)}],
}
"""Records of the beginning."""

ODD: Table = {
    "name": [None, "", 7],
    "details": [["once"], None],
    "tags": [["a" * 51]],
    "assignee_id": [MISSING],
    "status": ["Late"],
    "custom_fields": [[custom(MISSING, 1)], [custom(FRUITS, [1, 4])]],
    "colour": ["red"],
}
"""What is refused, by some types at least."""

COPPERS_OWN: Table = {"id": [MISSING], "interaction_count": [9], "date_modified": [1], "completed_date": [1]}
"""What the API ignores, and Python refuses."""


def _pairs(table: Table) -> list[tuple[str, Any]]:
    return [(name, value) for name, values in table.items() for value in values]


def one_of_these(strategies: list[st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """One of them, each as often as it stands there; `one_of` would take each once."""
    return st.sampled_from(strategies).flatmap(lambda drawn: drawn)


def _field(table: Table) -> st.SearchStrategy[tuple[str, Any]]:
    # First the field, then its value: each field as often as another.
    return st.sampled_from(list(table)).flatmap(lambda name: st.tuples(st.just(name), st.sampled_from(table[name])))


def bodies(kind: str, *, most: int = 4) -> st.SearchStrategy[Row]:
    """What an update says."""
    right = _field(FIELDS[kind])
    each = one_of_these([*[right] * 40, _field(ODD), _field(COPPERS_OWN)])
    return st.lists(each, min_size=2, max_size=most, unique_by=lambda pair: pair[0]).map(dict)


def rows(kind: str) -> st.SearchStrategy[Row]:
    """What a new record is made of."""
    least: Row = {"name": "Ada"}
    if kind == "activity_log":
        least = {"details": "once", "parent": ("person", 0), "type": {"id": CALL, "category": "user"}}
    elif kind == "company":
        least = {"name": "Acme"}
    more = one_of_these([*[_field(FIELDS[kind])] * 40, _field(ODD), _field(COPPERS_OWN)])
    return st.lists(more, max_size=4).map(lambda pairs: {**least, **dict(pairs)})


NUMBERS = {"lead": ["monetary_value", "interaction_count"], "opportunity": ["monetary_value", "win_probability"]}
BOUNDS: Table = {
    **{f"{bound}_created_date": [1_790_000_000, 1_790_000_001] for bound in ("minimum", "maximum")},
    **{f"{bound}_modified_date": [1_790_000_000, 1_790_000_001, 1_790_090_001] for bound in ("minimum", "maximum")},
}
_OPTIONS = [
    {**custom(FRUITS, value), **more}
    for value in ([1], [1, 2], [3], [])
    for more in ({}, {"option": "all"}, {"option": "none"}, {"option": "any", "allow_empty": True})
]
_FILTERS: Table = {
    "ids": [[0, 1], [0, 9], [1]],
    "assignee_ids": [[137_658], [-2], [137_659, -2]],
    "name": ["ada", "BOB", "Acme"],
    "tags": [["a"], ["a", "b"], [], {"option": "ALL", "value": ["a", "b"]}, {"option": "ANY", "value": ["b"]}],
    **BOUNDS,
}
_AMOUNTS: Table = {f"{bound}_monetary_value": [0, 10, 20] for bound in ("minimum", "maximum")}
_COUNTS: Table = {f"{bound}_interaction_count": [0, 1, 2] for bound in ("minimum", "maximum")}
_AGE: Table = {"age": [0, 1, 90_000]}
_CUSTOM: Table = {"custom_fields": [*([each] for each in _OPTIONS), [custom(VIP, True)], [custom(VIP, False)]]}

FILTERS: dict[str, Table] = {
    "lead": {
        **_FILTERS,
        **_AMOUNTS,
        **_COUNTS,
        **_AGE,
        "status_ids": [[208_231], [208_232, 208_234]],
        "emails": [["A@A.example"], ["a@a.example", "b@a.example"]],
        "company_name": ["ACME"],
        "include_converted_leads": [True, False],
        "custom_fields": [
            *_CUSTOM["custom_fields"],
            [{**custom(SIZE, [11]), "allow_empty": True}],
            [{"custom_field_definition_id": SCORE, "minimum_value": 1, "maximum_value": 1}],
            [custom(SIZE, [11]), custom(VIP, False)],
        ],
    },
    "person": {
        **_FILTERS,
        **_COUNTS,
        **_AGE,
        **_CUSTOM,
        "emails": [["A@A.example"], ["b@a.example"]],
        "company_ids": [[0], [0, 1], [-2]],
        "contact_type_ids": [[451_490]],
        "title": ["countess"],
    },
    "company": {**_FILTERS, **_COUNTS, **_CUSTOM, "contact_type_ids": [[451_492]], "primary_contact_ids": [[0]]},
    "opportunity": {
        **_FILTERS,
        **_AMOUNTS,
        **_CUSTOM,
        "company_ids": [[0], [-2]],
        "primary_contact_ids": [[0, 1]],
        "pipeline_ids": [[213_215]],
        "pipeline_stage_ids": [[987_790], [987_792, 987_797]],
        "statuses": [["Open"], ["Won", "Lost"]],
        "priorities": [["None"], ["Low", "High"]],
        "minimum_win_probability": [5, 20],
        "maximum_stage_change_date": [1_790_000_000, 1_790_090_001],
    },
    "project": {**_FILTERS, "statuses": [["Completed"]]},
    "task": {
        **_FILTERS,
        "statuses": [["Open"], ["Completed"]],
        "phrase": ["AD", "o"],
        "minimum_due_date": [1_790_000_000, 1_790_000_600],
        "maximum_due_date": [1_790_000_000],
        "minimum_completed_date": [1_790_000_000],
        "related_resource": [("person", 0), ("company", 0)],
    },
    "activity_log": {
        "parent": [("person", 0), ("lead", 0)],
        "user_ids": [[137_658], [137_659]],
        "minimum_activity_date": [1_790_000_000, 1_790_000_001],
        "maximum_activity_date": [1_790_000_000, 1_790_086_400],
    },
}
_DATES = ["date_created", "date_modified"]
SORTS: dict[str, list[str]] = {
    "lead": ["name", "last_name", "value", "status", "assignee", "last_interaction", "interaction_count", *_DATES],
    "person": ["name", "title", "assignee", *_DATES],
    "company": ["name", "email_domain", "interaction_count", *_DATES],
    "opportunity": ["name", "company_name", "monetary_value", "stage", "status", "priority", "deal_last_stage", *_DATES],
    "project": ["name", "status", *_DATES],
    "task": ["name", "status", "priority", "due_date", "completed_date", *_DATES],
    "activity_log": ["activity_date", *_DATES],
}
ODD_FILTERS: Table = {"colour": ["red"], "page_size": [201], "sort_by": ["colour"]}


def searches(kind: str) -> st.SearchStrategy[Row]:
    """Several filters, an order, a page."""
    some = st.lists(_field(FILTERS[kind]), max_size=2).map(dict)
    order = st.fixed_dictionaries(
        {}, optional={"sort_by": st.sampled_from(SORTS[kind]), "sort_direction": st.sampled_from(["asc", "desc"])}
    )
    pages = st.sampled_from([{}, {}, {"page_size": 2}, {"page_size": 1, "page_number": 2}, {"page_number": 1}])
    odd = one_of_these([*[st.just({})] * 20, _field(ODD_FILTERS).map(lambda pair: dict([pair]))])
    return st.tuples(some, order, pages, odd).map(lambda parts: {name: part[name] for part in parts for name in part})


conversions = st.fixed_dictionaries(
    {},
    optional={
        "person": st.sampled_from([{"name": "Eve"}, {}]),
        "company": st.sampled_from([{"name": "Bell"}, {"name": "ACME"}, {"name": ""}, {"id": 0}, {"id": 9}]),
        "opportunity": st.sampled_from([{"name": "Deal"}, {}, {"pipeline_stage_id": 987_797, "monetary_value": 10}]),
    },
)
matches = st.sampled_from([("email", "A@A.example"), ("email", "b@a.example"), ("name", "ada"), ("name", "Eve")])
