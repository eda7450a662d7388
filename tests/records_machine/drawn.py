"""What the machine of the records draws: few fields with few values, so that the same ones coincide often.

A reference to a record is a `Pick`; anything to be refused contains one of the two marks of `facts.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.records_machine.facts import CALL, FRUITS, KINDS, LINKS, MISSING, NOTE, RELATED, SCORE, SIZE, VIP, WRONG, Row

Table = dict[str, list[Any]]
Call = tuple[str, Row]

START = 1_790_000_000
"""The second at which everything begins."""
DAY = 86_400


class Pick(NamedTuple):
    """One of the records of a type, by its place; from 9 on, one that does not exist."""

    kind: str
    place: int


def a(kind: str, place: int) -> Row:
    return {"id": Pick(kind, place), "type": kind}


def email(address: str) -> Row:
    return {"email": address, "category": "work"}


def custom(definition: int, value: Any) -> Row:
    return {"custom_field_definition_id": definition, "value": value}


def _some(kind: str) -> list[Any]:
    return [*(Pick(kind, place) for place in (0, 1, 2, 3, 9)), None]


# --- what writes say ----------------------------------------------------------------------------------------------

_SHARED: Table = {
    "name": ["Ada", "Ada Lovelace", "Bob", "bob"],
    "details": [None, "once", "twice"],
    "tags": [None, [], ["a"], ["a", "b"], ["b", "a"]],
    "assignee_id": [137_658, 137_659, None],
}
_FRUITS = [[custom(FRUITS, each)] for each in ([1], [1, 2], [2, 1], [3], None)]
_SIZES = [[custom(SIZE, each)] for each in (11, 12, None)]
_BOXES = [[custom(VIP, each)] for each in (True, False)]
_SCORES = [[custom(SCORE, each)] for each in (1, 2, None)]

FIELDS: dict[str, Table] = {
    "lead": {
        **_SHARED,
        "title": ["Countess", None],
        "status": ["Open", "Junk", None],
        "status_id": [208_232, 208_231, None],
        "email": [email("a@a.example"), email("B@a.example"), None],
        "company_name": ["Acme", "acme", "Bell", None],
        "monetary_value": [0, 10, 20, None],
        "custom_fields": [*_FRUITS, *_SIZES, *_BOXES, *_SCORES, [custom(SIZE, 11), custom(FRUITS, [2])]],
    },
    "person": {
        **_SHARED,
        "title": ["Countess", "countess", None],
        "emails": [[email("a@a.example")], [email("A@a.example"), email("b@a.example")], [], None],
        "contact_type_id": [451_490, None],
        "company_id": _some("company"),
        "custom_fields": [*_FRUITS, *_SIZES, *_BOXES, *_SCORES],
    },
    "company": {
        **_SHARED,
        "name": ["Acme", "acme", "Bell"],
        "email_domain": ["a.example", "A.example", "b.example", None],
        "contact_type_id": [451_490, None],
        "primary_contact_id": _some("person"),
        "custom_fields": [*_FRUITS, *_BOXES],
    },
    "opportunity": {
        **_SHARED,
        "company_id": _some("company"),
        "primary_contact_id": _some("person"),
        "pipeline_id": [213_214, 213_215, None],
        "pipeline_stage_id": [987_790, 987_792, 987_794, 987_797, None],
        "status": ["Won", "Open", None],
        "priority": ["High", "Low", None],
        "monetary_value": [0, 10, 20, None],
        "win_probability": [50, None],
        "custom_fields": [*_FRUITS, *_SIZES, *_BOXES],
    },
    "project": {
        **_SHARED,
        "status": ["Completed", "Open", None],
        "related_resource": [a("company", 3), a("person", 9)],
        "custom_fields": _SCORES,
    },
    "task": {
        **_SHARED,
        "status": ["Completed", "Open", None],
        "priority": ["High", None],
        "due_date": [START, START + 600, -DAY, None],
        "related_resource": [a(kind, place) for kind in ("lead", "person", "company", "project") for place in (0, 2)],
        "custom_fields": _SIZES,
    },
    "activity_log": {
        "details": ["once", "twice"],
        "activity_date": [START, START + DAY, -DAY, None],
        "parent": [a(kind, place) for kind in ("lead", "person", "company", "opportunity") for place in (0, 2, 9)],
        "type": [{"id": each, "category": "user"} for each in (CALL, CALL, NOTE)],
    },
}
ODD: Table = {
    "name": [None, "", [WRONG]],
    "details": [[WRONG], None],
    "tags": [[WRONG * 11]],
    "assignee_id": [MISSING],
    "status": [WRONG],
    "custom_fields": [[custom(MISSING, 1)], [custom(FRUITS, [1, MISSING])]],
    WRONG: ["red"],
}
"""Values that at least some types refuse."""
IGNORED: Table = {"id": [17], "date_modified": [1]}
"""What the API ignores and Python refuses."""

OFTEN = ("status", "pipeline_stage_id", "tags")
"""Drawn more often, because more follows from these, or they are less simple."""

LEAST: dict[str, Row] = {kind: {"name": "Ada"} for kind in KINDS} | {
    "company": {"name": "Acme"},
    "activity_log": {"details": "once", "parent": a("person", 0), "type": {"id": CALL, "category": "user"}},
}
"""The fields that a new record needs."""
FIRST: dict[str, list[Row]] = {
    "company": [{"name": "Bell", "tags": ["b"]}, {"name": "Acme", "email_domain": "a.example", "assignee_id": 137_658}],
    "person": [
        {"name": "Ada", "tags": ["a"]},
        {"name": "Ada Lovelace", "company_id": Pick("company", 2), "custom_fields": _SIZES[0]},
        {
            "name": "Bob",
            "company_id": Pick("company", 2),
            "emails": [email("a@a.example")],
            "custom_fields": _FRUITS[1],
        },
    ],
    "lead": [
        {"name": "Ada", "tags": ["a", "b"], "monetary_value": 10},
        {"name": "Bob", "tags": ["a"], "email": email("a@a.example"), "custom_fields": _FRUITS[0] + _SIZES[0]},
    ],
    "opportunity": [
        {"name": "Ada", "tags": ["a"], "monetary_value": 10},
        {"name": "Bob", "primary_contact_id": Pick("person", 3), "pipeline_stage_id": 987_792, "monetary_value": 20},
    ],
    "project": [{"name": "Ada", "tags": ["a"], "related_resource": a("company", 0)}],
    "task": [
        {"name": "Ada", "tags": ["b"], "due_date": START, "status": "Completed"},
        {"name": "Bob", "status": "Completed", "related_resource": a("lead", 2)},
    ],
    "activity_log": [LEAST["activity_log"]],
}
"""The initial records, beside one that distinguishes the accounts."""


def one_of_these(strategies: list[st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """One of these, each weighted by how often it is listed; `one_of` would count each once."""
    return st.sampled_from(strategies).flatmap(lambda drawn: drawn)


def _one(table: Table) -> st.SearchStrategy[tuple[str, Any]]:
    # First the name, then its value, so that a name with many values is not drawn more often than another.
    names = [name for name in table for _ in range(3 if name in OFTEN else 1)]
    return st.sampled_from(names).flatmap(lambda name: st.tuples(st.just(name), st.sampled_from(table[name])))


def _fields(kind: str, least: int, most: int) -> st.SearchStrategy[Row]:
    each = one_of_these([*[_one(FIELDS[kind])] * 24, _one(ODD), _one(IGNORED)])
    return st.lists(each, min_size=least, max_size=most, unique_by=lambda pair: pair[0]).map(dict)


def bodies(kind: str) -> st.SearchStrategy[Row]:
    """The fields of an update."""
    return _fields(kind, 2, 4)


def rows(kind: str) -> st.SearchStrategy[Row]:
    """The fields of a new record."""
    return _fields(kind, 0, 3).map(lambda fields: {**LEAST[kind], **fields})


def seeds(kind: str) -> st.SearchStrategy[Row]:
    """The fields of a seeded record, without any that might not fit together, and without later records."""
    left_out = {"pipeline_id", "related_resource", *LINKS}
    return rows(kind).map(lambda row: {name: value for name, value in row.items() if name not in left_out})


# --- what searches say --------------------------------------------------------------------------------------------


def _from_to(name: str, *values: int) -> Table:
    return {f"minimum_{name}": [*values], f"maximum_{name}": [*values]}


_FILTERS: Table = {
    "name": ["ada", "BOB", "Acme"],
    "assignee_ids": [[137_658], [-2], [137_659, -2]],
    "tags": [["a"], [], *[{"option": option, "value": ["a", "b"]} for option in ("ALL", "ALL", "ANY")]],
    **_from_to("created_date", START, START + 1),
    **_from_to("modified_date", START, START + 1, START + DAY),
}
_CUSTOM = [
    *([custom(VIP, each)] for each in (True, False)),
    *([custom(FRUITS, each)] for each in ([1], [1, 2], [])),
    *([{**custom(FRUITS, [1, 2]), "option": option}] for option in ("all", "none")),
    [{**custom(FRUITS, [3]), "allow_empty": True}],
]
_VALUES = _from_to("monetary_value", 0, 10, 20)
_COUNTS = _from_to("interaction_count", 0, 1, 2)
_AGE: Table = {"age": [0, 1, DAY]}
_TYPES: Table = {"contact_type_ids": [[451_490], [451_490, 451_492]]}
_RANGE = {"custom_field_definition_id": SCORE, "minimum_value": 1, "maximum_value": 1}

FILTERS: dict[str, Table] = {
    "lead": {
        **_FILTERS,
        **_VALUES,
        **_COUNTS,
        **_AGE,
        "status_ids": [[208_231], [208_232, 208_234]],
        "emails": [["A@A.example"], ["a@a.example", "b@a.example"]],
        "company_name": ["ACME"],
        "include_converted_leads": [True, False],
        "custom_fields": [*_CUSTOM, [_RANGE], [{**custom(SIZE, [11]), "allow_empty": True}, custom(VIP, False)]],
    },
    "person": {
        **_FILTERS,
        **_COUNTS,
        **_AGE,
        **_TYPES,
        "custom_fields": _CUSTOM,
        "emails": [["A@A.example"], ["b@a.example"]],
        "company_ids": [[Pick("company", 2)], [Pick("company", 1), -2], [-2]],
        "title": ["countess"],
    },
    "company": {
        **_FILTERS,
        **_COUNTS,
        **_TYPES,
        "custom_fields": _CUSTOM,
        "primary_contact_ids": [[Pick("person", 0), Pick("person", 1)]],
    },
    "opportunity": {
        **_FILTERS,
        **_VALUES,
        **_from_to("win_probability", 5, 20, 50),
        **_from_to("stage_change_date", START, START + 1, START + DAY),
        "custom_fields": _CUSTOM,
        "company_ids": [[Pick("company", 2)], [-2]],
        "primary_contact_ids": [[Pick("person", 0), Pick("person", 3)]],
        "pipeline_ids": [[213_214], [213_215]],
        "pipeline_stage_ids": [[987_790], [987_792, 987_797]],
        "statuses": [["Open"], ["Won", "Lost"]],
        "priorities": [["None"], ["Low", "High"]],
    },
    "project": {**_FILTERS, "statuses": [["Open"], ["Completed"]]},
    "task": {
        **_FILTERS,
        **_from_to("due_date", START, START + 600, -1),
        **_from_to("completed_date", START, START + 1),
        "statuses": [["Open"], ["Completed"]],
        "phrase": ["AD", "o"],
        "related_resource": [a("person", 0), a("lead", 2)],
    },
    "activity_log": {
        **_from_to("activity_date", START, START + DAY, -1),
        "parent": [a("person", 0), a("lead", 0)],
        "user_ids": [[137_658], [137_659]],
    },
}
for _kind in KINDS[:-1]:
    FILTERS[_kind]["ids"] = [[Pick(_kind, 1), Pick(_kind, 9)], [Pick(_kind, 0), Pick(_kind, 2)]]

_DATES = ["date_created", "date_modified"]
SORTS = {
    "lead": ["last_name", "value", "status", "assignee", "last_interaction", "interaction_count", *_DATES],
    "person": ["name", "title", "assignee", *_DATES],
    "company": ["name", "email_domain", "interaction_count", *_DATES],
    "opportunity": ["company_name", "monetary_value", "stage", "status", "priority", "win_probability", *_DATES],
    "project": ["status", *_DATES],
    "task": ["name", "status", "priority", "completed_date", *_DATES],
    "activity_log": _DATES,
}
ODD_FILTERS: list[Row] = [{WRONG: "red"}, {"page_size": 201}, {"sort_by": WRONG}]


def filters(kind: str) -> st.SearchStrategy[Row]:
    """Some filters, an order, a page."""
    some = st.lists(_one(FILTERS[kind]), min_size=1, max_size=2).map(dict)
    order = st.fixed_dictionaries(
        {}, optional={"sort_by": st.sampled_from(SORTS[kind]), "sort_direction": st.sampled_from(["asc", "desc"])}
    )
    pages: list[Row] = [{}, {}, {"page_size": 2}, {"page_size": 1, "page_number": 2}, {"page_number": 1}]
    odd = st.sampled_from([*[{}] * 30, *ODD_FILTERS])
    parts = st.tuples(some, order, st.sampled_from(pages), odd)
    return parts.map(lambda drawn: {name: part[name] for part in drawn for name in part})


# --- what is done -------------------------------------------------------------------------------------------------


def _call(method: str, **arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Call]:
    """One of the machine's methods, and strategies for its arguments."""
    return st.tuples(st.just(method), st.fixed_dictionaries(arguments))


_MOST = (*("lead", "opportunity", "task") * 2, "person", "company", "project", "activity_log")
_PLACES = st.sampled_from([*[0, 1, 2, 3] * 6, 4, 9])
_SEVERAL = st.lists(_PLACES, min_size=1, max_size=3)
_TWO = [*sorted(sorted(two) for two in RELATED) * 3, ["lead", "person"], ["task", "task"]]
_ITEMS = st.tuples(st.sampled_from(_TWO), st.booleans(), _PLACES, _PLACES).map(
    lambda drawn: tuple(map(Pick, drawn[0][:: -1 if drawn[1] else 1], drawn[2:]))
)
_DETAILS = st.fixed_dictionaries(
    {},
    optional={
        "person": st.sampled_from([{"name": "Eve"}, {}]),
        "company": st.sampled_from(
            [{"name": "Bell"}, {"name": "ACME"}, {"name": ""}, {"id": Pick("company", 0)}, {"id": Pick("company", 9)}]
        ),
        "opportunity": st.sampled_from([{"name": "Deal"}, {}, {"pipeline_stage_id": 987_797, "monetary_value": 20}]),
    },
)
_MATCHES = st.sampled_from([("email", "A@A.example"), ("email", "b@a.example"), ("name", "ada"), ("name", "Eve")])
_OWN = st.sampled_from([{}, {"id": 500}, {"date_created": 1}])


def _each(make: Callable[[str, st.SearchStrategy[str]], st.SearchStrategy[Call]]) -> st.SearchStrategy[Call]:
    return one_of_these([make(kind, st.just(kind)) for kind in _MOST])


_creates = _each(lambda kind, kinds: _call("create", kind=kinds, rows=st.lists(rows(kind), min_size=1, max_size=3)))
_updates = _each(lambda kind, kinds: _call("update", kind=kinds, places=_SEVERAL, body=bodies(kind)))
_searches = _each(lambda kind, kinds: _call("search", kind=kinds, filters=filters(kind)))
_winners = st.permutations([0, 1, 2, 3, 9]).map(lambda places: places[:2])
_rare = [
    *[_call("relate", two=_ITEMS)] * 2,
    _call("unrelate", place=st.integers(0, 30)),
    _call("merge", kind=st.sampled_from(["person", "company"]), two=_winners),
    _call("convert", place=_PLACES, details=_DETAILS),
    _call("upsert", match=_MATCHES, properties=bodies("lead")),
    one_of_these([_call("seed", kind=st.just(kind), row=seeds(kind), own=_OWN) for kind in KINDS[:-1]]),
    _call("delete", kind=st.sampled_from(_MOST), places=_SEVERAL),
    _call("switch_key"),
]
calls = one_of_these([_creates] * 4 + [_updates] * 9 + [_searches] * 7 + _rare)
waits = st.sampled_from([0, 0, 0, 400, 1_000, 1_000 * DAY])
"""Milliseconds."""
