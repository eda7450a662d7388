"""The records that the machines draw: few fields with few values, so that the same ones coincide often."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Table = dict[str, list[Any]]


def email(address: str) -> dict[str, str]:
    return {"email": address, "category": "work"}


FIELDS: Table = {
    "name": ["new", "old", "old friend"],
    "details": [None, "once"],
    "tags": [None, ["a"], ["a", "b"], ["b", "a"]],
    "assignee_id": [137_658, 137_659],
}

OWN: dict[str, Table] = {
    "lead": {**FIELDS, "status": ["New", "Open", "Open", None], "status_id": [208_231, 208_234, None]},
    "person": {**FIELDS, "emails": [None, [email("a@a.example")], [email("A@a.example"), email("b@a.example")]]},
    "task": {**FIELDS, "status": ["Open", "Completed", None]},
    "activity_log": {"details": ["once", "twice"]},
}

ODD: Table = {
    "name": [None, "", 7],
    "details": [["once"]],
    "tags": [["a" * 51]],
    "assignee_id": [None, 17],
    "status": ["Late"],
    "colour": ["red"],
}
"""Values that at least some types refuse."""


def _pairs(table: Table) -> list[tuple[str, Any]]:
    return [(name, value) for name, values in table.items() for value in values]


def fields_of(kind: str, *, most: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    """The fields of an update."""
    drawn = one_of_these([st.sampled_from(_pairs(OWN[kind]))] * 14 + [st.sampled_from(_pairs(ODD))])
    return st.lists(drawn, min_size=1, max_size=most).map(dict)


def row_of(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """A new record, without an activity's parent and type. Most are valid, so that actions on several can succeed."""
    first = {"details": "once"} if kind == "activity_log" else {"name": "new"}
    right = st.lists(st.sampled_from(_pairs(OWN[kind])), max_size=2).map(lambda pairs: {**first, **dict(pairs)})
    return one_of_these([right] * 24 + [fields_of(kind)])


def one_of_these(strategies: list[st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """One of these, each weighted by how often it is listed; `one_of` would count each once."""
    return st.sampled_from(strategies).flatmap(lambda drawn: drawn)


def rows_of(kind: str, *, most: int = 7) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(row_of(kind), min_size=1, max_size=most)
