"""Searches: one page of results, and their total number (developer.copper.com, list by search)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from copper_emulator.core.findings import Findings
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.forms.plain import Unfit
from copper_emulator.core.records.relations import ALLOWED
from copper_emulator.core.records.searching.filter_values import Amount
from copper_emulator.core.records.searching.search import (
    DEFAULT_PAGE_SIZE,
    MAX_PAGE_SIZE,
    Query,
    find,
    parse_search,
    with_those_of_people,
)
from copper_emulator.core.records.tables import ACTIVITY, COMPANY, TABLES
from copper_emulator.shell.api.answers import answer, answer_raw
from copper_emulator.shell.api.calls import Act, Call, routes_of
from copper_emulator.shell.api.json_answer import JsonAnswer
from copper_emulator.shell.api.lookups import entries_of, stages_of
from copper_emulator.shell.api.search_cache import Answer, SearchRequest, search_cache


def search(kind: EntityType, call: Call) -> JsonAnswer:
    """200 with a bare array; filters and page may be given in the body or in the query."""
    asked = SearchRequest(kind, call.raw, call.request.raw_path.partition("?")[2])
    with call.tenant.lock:
        store = call.records
        cache, version = search_cache(store), store.version
        known = cache.answers.get(asked, version)
        if known is None:
            query = cache.queries.get(asked, store.lookups)
            if query is None:
                query = parse_search(kind, call.body, call.url_query, store)
                cache.queries.keep(asked, store.lookups, query)
            known, lasts = _found(query, call)
            if lasts:
                cache.answers.keep(asked, version, known)
    return _answered(known)


def activities(kind: EntityType, call: Call) -> JsonAnswer:
    """200 with the activities of one record, a company's with its people's, or 404; the body may filter by type."""
    wanted = call.id(TABLES[kind].noun)
    body = call.body
    if isinstance(body, dict):
        body = {**body, "parent": {"id": wanted, "type": str(kind)}}
    with call.tenant.lock:
        call.records.stored(kind, wanted)
        query = parse_search(ACTIVITY, body, call.url_query, call.records)
        if kind is COMPANY:
            query = with_those_of_people(query, call.records)
        found, _ = _found(query, call)
    return _answered(found)


def users(call: Call) -> JsonAnswer:
    """200 with a page of the users; there are no filters."""
    return _page(entries_of("users", call), call)


def pipeline_stages(call: Call) -> JsonAnswer:
    """200 with a page of the stages; not documented, but an existing client calls it."""
    return _page(stages_of(call), call)


def _found(query: Query, call: Call) -> tuple[Answer, bool]:
    """The results of a search, and whether they stay the same until the next write; under the lock."""
    found = find(call.records, query, call.tenant.now())
    if found.line is None or call.with_computed:
        page = call.json(query.kind, found.ids, found.among)
    else:
        page = call.records.read_page(query.kind, found.line, found.page)
    return Answer(_joined(page), found.total), found.lasts


def _answered(found: Answer) -> JsonAnswer:
    return answer_raw(found.raw, total=found.total)


def _joined(page: list[bytes]) -> bytes:
    """Join encoded records into an array, in one piece: copying a page of 200 takes as long as finding it."""
    if not page:
        return b"[]"
    page[0] = b"[" + page[0]
    page[-1] += b"]"
    return b",".join(page)


_PAGES: Mapping[str, tuple[Amount, int]] = {
    "page_number": (Amount(1, whole=True), 1),
    "page_size": (Amount(1, MAX_PAGE_SIZE, whole=True), DEFAULT_PAGE_SIZE),
}
"""The parameters for a page of a table, each with its form and default; others are ignored."""


def _page(entries: Sequence[Any], call: Call) -> JsonAnswer:
    """Answer with a page of a table, as for a search."""
    body = call.body
    found = Findings(body, body, "the page of a table", listed=tuple(_PAGES))
    paging: dict[str, int] = {}
    for name, (form, default) in _PAGES.items():
        value = found.body.get(name, call.query.get(name))
        try:
            paging[name] = default if value is None else int(form.read(value, call.records))
        except Unfit as error:
            found.error(name, error.message, error.hint)
    found.raise_if_any()
    first = (paging["page_number"] - 1) * paging["page_size"]
    return answer(entries[first : first + paging["page_size"]], total=len(entries))


def _rows(kind: EntityType) -> list[tuple[str, str, Act]]:
    plural = TABLES[kind].plural
    of_one: list[tuple[str, str, Act]] = [("POST", f"/{plural}/{{id}}/activities", partial(activities, kind))]
    return [("POST", f"/{plural}/search", partial(search, kind)), *(of_one if kind in ALLOWED else ())]


routes = [
    *(route for kind in EntityType for route in routes_of(_rows(kind))),
    *routes_of([("POST", "/users/search", users), ("POST", "/pipeline_stages/search", pipeline_stages)]),
]
