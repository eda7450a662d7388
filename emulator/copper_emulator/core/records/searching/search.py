"""Which records does a search find, and which page of them does it show?

    query = parse_search(kind, body, url_query, store)      from a request to the API; always paged
    query = parse_filters(kind, filters, store)             from a call in Python; all matches, unless it asks for pages
    result = find(store, query, now)                        the records of the page, and how many match in all

Filters are combined with "and" (developer docs). Only the first 100,000 matches can be paged to, according to the
developer docs; pages beyond are empty. `total` counts all matches, as `X-PW-TOTAL` is said to do.
"""

from __future__ import annotations

import re
from bisect import insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

from copper_emulator.core.errors import raised_on_purpose
from copper_emulator.core.findings import Findings
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.forms.plain import OneOf, Text, Unfit, object_schema
from copper_emulator.core.records.ordering import Column, Key, Line, place_by
from copper_emulator.core.records.searching.conditions import AnyOf, Setting, no_demand
from copper_emulator.core.records.searching.demands import Condition, Hits, Values
from copper_emulator.core.records.searching.filter_parts import Filter
from copper_emulator.core.records.searching.filter_shapes import AnyOrAll, Listed
from copper_emulator.core.records.searching.filter_values import Amount
from copper_emulator.core.records.searching.filters import FILTERS
from copper_emulator.core.records.searching.sorting import DEFAULT_DIRECTIONS, DEFAULT_SORTS, DIRECTIONS, SORTS
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.tables import PERSON, TABLES, Stored

__tracebackhide__ = raised_on_purpose

DEFAULT_PAGE_SIZE = 20
MAX_PAGE_SIZE = 200

MOST_PAGED = 100_000
"""How many matches can be paged to (developer docs)."""

_NO_FILTERS = frozenset({"custom_field_computed_values"})
"""Parameters in a search's URL that are not filters; the API layer handles them."""

_BRACKETS = re.compile(r"\[\d*\]$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed search. A `page_size` of None means all matches."""

    kind: EntityType
    filters: Mapping[str, Any]
    sort_by: str
    descending: bool
    page_number: int = 1
    page_size: int | None = None


class SearchResult(NamedTuple):
    """The result of a search: the ids of `all` matches, the slice of them on the `page`, and the records to read from.

    `among` has those records by id. If it `lasts`, the same search has the same result until something is written.
    `line`, if not None, is the cached line that the ids belong to; read them before the next write, which changes it.
    """

    all: Sequence[int]
    page: slice
    among: Mapping[int, Stored]
    total: int
    lasts: bool = True
    line: Line | None = None

    @property
    def ids(self) -> Sequence[int]:
        """The ids on the page."""
        return self.all[self.page]

    @property
    def records(self) -> list[Stored]:
        """The stored records on the page."""
        return [self.among[each] for each in self.ids]


def _parameters(kind: EntityType) -> Mapping[str, Filter]:
    by, direction = DEFAULT_SORTS[kind], DEFAULT_DIRECTIONS[kind]
    size = f"Records per page; {DEFAULT_PAGE_SIZE} by default."
    return {
        **FILTERS[kind],
        "sort_by": Filter(OneOf(tuple(SORTS[kind])), "id", no_demand, f"What to sort by; {by} by default."),
        "sort_direction": Filter(OneOf(DIRECTIONS), "id", no_demand, f"{direction} by default."),
        "page_number": Filter(Amount(1, whole=True), "id", no_demand, "The page, counted from 1."),
        "page_size": Filter(Amount(1, MAX_PAGE_SIZE, whole=True), "id", no_demand, size),
    }


PARAMETERS: Mapping[EntityType, Mapping[str, Filter]] = {kind: _parameters(kind) for kind in EntityType}
"""Every parameter of a search by type: its filters, and those for sorting and paging."""

_PLACES = {kind: {name: place for place, name in enumerate(known)} for kind, known in PARAMETERS.items()}

_DEFAULTS: Mapping[EntityType, Mapping[str, Any]] = {
    kind: {name: each.default for name, each in filters.items() if each.default is not None}
    for kind, filters in FILTERS.items()
}
"""The filters that apply if not given, with their values."""


def body_schema(kind: EntityType) -> dict[str, Any]:
    """The JSON Schema of a search's body."""
    return object_schema({name: {**each.schema, "description": each.doc} for name, each in PARAMETERS[kind].items()})


def parse_search(kind: EntityType, body: Any, query: Mapping[str, str], store: RecordStore) -> Query:
    """Parse a request to the API. The URL's query takes the same parameters as the body, which wins. Raises Invalid."""
    given = {**_of_url(kind, query), **body} if isinstance(body, dict) else body
    return _query(kind, {"page_size": DEFAULT_PAGE_SIZE, **_read(kind, given, store)})


def with_those_of_people(query: Query, store: RecordStore) -> Query:
    """A search for a company's activities, for those of its people as well.

    So they are in the answer of `/companies/{id}/activities` in the developer docs of 2019.
    """
    company = query.filters["parent"]
    people = (item for item in store.relations.of(company) if item[0] is PERSON)
    return replace(query, filters={**query.filters, "parent": AnyOf((company, *people))})


def parse_filters(kind: EntityType, filters: Mapping[str, Any], store: RecordStore) -> Query:
    """Parse filters from Python: tuples and sets count as lists, and pages are optional. Raises Invalid."""
    given = _read(kind, {name: _listed(value) for name, value in filters.items()}, store)
    return _query(kind, {"page_size": DEFAULT_PAGE_SIZE, **given} if "page_number" in given else given)


def find(store: RecordStore, query: Query, now_ms: int, *, lag: bool = True) -> SearchResult:
    """Run a search. With `lag`, new and deleted records are seen late, as the setting `search_lag` says."""
    setting = Setting(store, query.kind, now_ms // 1000)
    filters = FILTERS[query.kind]
    conditions = [each for name, value in query.filters.items() for each in filters[name].conditions(value, setting)]
    recent = store.orders[query.kind].recent
    unseen, gone = ((), []) if recent.is_empty or not lag else recent.differences(now_ms)
    lasts = recent.is_empty and not any(filters[name].timed for name in query.filters)
    fitting, among = _fitting(store, query, conditions, keep=lasts), store.of(query.kind)
    ids, line = (fitting.ids, fitting) if isinstance(fitting, Line) else (fitting, None)
    if unseen or gone:
        late = [gone[hit] for hit in _chosen(conditions, len(gone), lambda column: column.values(gone))]
        among = {**among, **{record["id"]: record for record in late}}
        seen = [each for each in ids if each not in unseen]
        ids, line = _with_late(seen, late, among, SORTS[query.kind][query.sort_by].key(store)), None
    return SearchResult(ids, _page(len(ids), query), among, len(ids), lasts, line)


def _fitting(store: RecordStore, query: Query, conditions: Sequence[Condition], *, keep: bool) -> Line | Sequence[int]:
    """The ids of all matches in order, or the cached line with them. What filters find is cached only if `keep`."""
    sort, records = SORTS[query.kind][query.sort_by], store.of(query.kind)
    key = sort.key(store)
    narrowed = _narrowed(store, query)
    if narrowed is not None:
        few = sorted((records[each] for each in narrowed if each in records), key=place_by(key))
        return [few[hit]["id"] for hit in _chosen(conditions, len(few), lambda column: column.values(few))]
    order = store.orders[query.kind].order(query.sort_by, records, key, sort.stamp(store))
    if not conditions:
        return order
    choose = partial(_chosen, conditions)
    if keep and all(condition.column.kept for condition in conditions):
        return order.part(tuple(condition.name for condition in conditions), choose)
    return [order.ids[hit] for hit in choose(len(order.ids), order.values)]


def _with_late(ids: list[int], late: Iterable[Stored], among: Mapping[int, Stored], key: Key) -> Sequence[int]:
    """The ids in order, with those of deleted records that are still seen."""
    place = place_by(key)
    for record in late:
        insort(ids, record["id"], key=lambda each: place(among[each]))
    return ids


def _narrowed(store: RecordStore, query: Query) -> frozenset[int] | None:
    """The ids that may match, if a filter can tell (None if not); some may belong to no record."""
    filters = FILTERS[query.kind]
    narrowed = [
        frozenset(narrow(store, value))
        for name, value in query.filters.items()
        if (narrow := filters[name].narrow) is not None
    ]
    return frozenset.intersection(*narrowed) if narrowed else None


def _chosen(conditions: Iterable[Condition], number: int, values: Callable[[Column], Values]) -> Hits:
    """The matching rows among the given number of rows."""
    hits: Hits = range(number)
    for condition in conditions:
        hits = condition.keep(values(condition.column), hits)
    return hits


def _page(number: int, query: Query) -> slice:
    """The slice of `number` matches in ascending order that is the page; it runs backwards if descending."""
    first, end = 0, number
    if query.page_size is not None:
        first = (query.page_number - 1) * query.page_size
        end = min(first + query.page_size, MOST_PAGED, number)
    if first >= end:
        return slice(0)
    if not query.descending:
        return slice(first, end)
    last = number - 1 - end
    # A stop before the first must be None: -1 would mean the last.
    return slice(number - 1 - first, None if last < 0 else last, -1)


def _query(kind: EntityType, given: Mapping[str, Any]) -> Query:
    return Query(
        kind,
        {**_DEFAULTS[kind], **{name: value for name, value in given.items() if name in FILTERS[kind]}},
        given.get("sort_by", DEFAULT_SORTS[kind]),
        given.get("sort_direction", DEFAULT_DIRECTIONS[kind]) == "desc",
        given.get("page_number", 1),
        given.get("page_size"),
    )


def _read(kind: EntityType, given: Any, store: RecordStore) -> dict[str, Any]:
    """Read parameters by their forms, ignoring null and empty values without a meaning. Raises Invalid."""
    known = PARAMETERS[kind]
    findings = Findings(given, known, f"a search of {TABLES[kind].plural}")
    values: dict[str, Any] = {}
    # In the order of the parameters, so that mistakes are reported in that order.
    for name in sorted(known.keys() & findings.body.keys(), key=_PLACES[kind].__getitem__):
        each, value = known[name], findings.body[name]
        if _is_absent(value, each):
            continue
        try:
            values[name] = each.form.read(value, store)
        except Unfit as error:
            findings.error(name, error.about(name), error.hint)
    findings.raise_if_any()
    return values


def _is_absent(value: Any, parameter: Filter) -> bool:
    """Whether a value counts as not given: null, and an empty text or list, unless it is the one that has a meaning."""
    if value not in ("", []):
        return value is None
    return not parameter.empty or isinstance(value, str) is not isinstance(parameter.form, Text)


def _of_url(kind: EntityType, query: Mapping[str, str]) -> dict[str, Any]:
    """The parameters in a URL's query; lists may be written `ids=1,2`, `ids[]=1` or `ids[0]=1`."""
    known = PARAMETERS[kind]
    given: dict[str, Any] = {}
    for key, value in query.items():
        if key in _NO_FILTERS:
            continue
        name = _BRACKETS.sub("", key)
        if name in known and isinstance(known[name].form, Listed | AnyOrAll):
            several = [value] if name != key else value.split(",") if value else []
            given[name] = [*given.get(name, ()), *several]
        else:
            given[key] = value
    return given


def _listed(value: Any) -> Any:
    """Convert collections to lists, recursively, as in JSON."""
    if isinstance(value, list | tuple | set | frozenset):
        return [_listed(each) for each in value]
    if isinstance(value, dict):
        return {name: _listed(each) for name, each in value.items()}
    return value
