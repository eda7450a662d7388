"""Which records a search finds, decided record by record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.records_machine.facts import LISTED, RENAMED, SORTED, STAGES, USERS, WORDS, WRONG, Row
from tests.records_machine.model import Model
from tests.records_machine.rows import Refused, owned


def search(model: Model, kind: str, filters: Row) -> tuple[list[int], int]:
    """The ids on the page, and the total number of records found."""
    if WRONG in str(filters) or filters.get("page_size", 1) > 200:
        raise Refused
    said = {"include_converted_leads": False, "sort_by": SORTED[kind], "page_number": 1, **filters}
    if "age" in said:
        said["minimum_created_date"] = max(said.get("minimum_created_date", 0), model.seconds - said["age"])
    rows = [model.shown(kind, number) for number in model.of[kind]]
    demands = [(name, value) for name, value in said.items() if name not in _OTHERS]
    found = [row for row in rows if all(_fits(row, name, value) for name, value in demands)]
    direction = said.get("sort_direction", "desc" if kind == "activity_log" else "asc")
    found.sort(key=lambda row: _place(row, said["sort_by"]), reverse=direction == "desc")
    size = said.get("page_size", 20 if "page_number" in filters else len(found))
    page = found[(said["page_number"] - 1) * size : said["page_number"] * size]
    return [row["id"] for row in page], len(found)


_OTHERS = ("sort_by", "sort_direction", "page_number", "page_size", "age")


def _place(row: Row, sort_by: str) -> tuple[bool, Any, int]:
    """The sort key: those without a value last, ties by id."""
    value: Any = row.get(RENAMED.get(sort_by, sort_by))
    if sort_by == "stage":
        value = list(STAGES).index(row["pipeline_stage_id"])
    elif sort_by == "assignee":
        value = USERS.get(row["assignee_id"])
    elif sort_by in ("status", "priority") and value is not None:
        value = WORDS.index(value)
    return value is None, value.casefold() if isinstance(value, str) else value or 0, row["id"]


def _fits(row: Row, name: str, value: Any) -> bool:
    bound, _, field = name.partition("_")
    if bound in ("minimum", "maximum"):
        own = row[RENAMED.get(field, field)]
        return own is not None and (own >= value if bound == "minimum" else own <= value)
    if name in LISTED:
        own = row[LISTED[name]]
        return (-2 if own is None else own) in value
    if name in _FITS:
        return _FITS[name](row, value)
    return (row[name] or "").casefold() == value.casefold() if isinstance(value, str) else bool(row[name] == value)


def _has_tags(row: Row, value: Any) -> bool:
    wanted, option = (value["value"], value["option"]) if isinstance(value, dict) else (value, "ANY")
    return _has(set(row["tags"]), set(wanted), option.lower())


def _has(own: set[Any], wanted: set[Any], option: str) -> bool:
    """Whether any, all or none of the wanted values match; if none are wanted, whether there are none."""
    return {"any": bool(own & wanted), "all": own >= wanted, "none": not own & wanted}[option] if wanted else not own


def _has_custom(row: Row, demands: list[Row]) -> bool:
    own = {each["custom_field_definition_id"]: each["value"] for each in row["custom_fields"]}
    return all(_meets(own[demand["custom_field_definition_id"]], demand) for demand in demands)


def _meets(own: Any, demand: Row) -> bool:
    """Whether a value meets a range, a value, or options."""
    if "minimum_value" in demand:
        return own is not None and demand["minimum_value"] <= own <= demand["maximum_value"]
    if not isinstance(demand["value"], list):
        return bool(own == demand["value"])
    mine = set(own) if isinstance(own, list) else {own} - {None}
    empty_will_do = bool(demand.get("allow_empty"))
    return _has(mine, set(demand["value"]), demand.get("option", "any")) or (empty_will_do and not mine)


_FITS: dict[str, Callable[[Row, Any], bool]] = {
    "include_converted_leads": lambda row, included: included or row.get("converted_at") is None,
    "phrase": lambda row, part: part.casefold() in row["name"].casefold(),
    "emails": lambda row, any_of: bool(owned(row) & {each.casefold() for each in any_of}),
    "tags": _has_tags,
    "custom_fields": _has_custom,
}
