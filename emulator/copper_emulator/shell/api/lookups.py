"""What records refer to: the account, its users, statuses, pipelines and other lookup tables; all read-only."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from copper_emulator.core.errors import NotFound
from copper_emulator.core.findings import NOT_LISTED, Findings
from copper_emulator.core.records.searching.tags import tag_counts, tag_names
from copper_emulator.shell.api.answers import answer
from copper_emulator.shell.api.calls import Act, Call, routes_of
from copper_emulator.shell.api.json_answer import JsonAnswer

PLAIN = ("lead_statuses", "customer_sources", "loss_reasons", "contact_types", "pipelines", "users")
"""The tables that are answered as a bare array of their entries, without pages."""


def account(call: Call) -> JsonAnswer:
    """200 with the account's name and settings."""
    with call.tenant.lock:
        shown = dict(call.records.catalogue.account)
    return answer(shown)


def entries(table: str, call: Call) -> JsonAnswer:
    """200 with every entry of a table."""
    return answer(entries_of(table, call))


def view_user(call: Call) -> JsonAnswer:
    """200 with one user, by id, or as `me` the one to whom the API key belongs."""
    with call.tenant.lock:
        wanted = call.records.user if call.request.match_info["id"] == "me" else call.id("user")
        if wanted is None:
            raise NotFound(hint="The account has no users.")
        shown = call.records.catalogue.get("users", wanted)
    return answer(shown)


def pipeline_stages(call: Call) -> JsonAnswer:
    """200 with the stages of all pipelines, each with its pipeline's id."""
    return answer(stages_of(call))


def stages_of_pipeline(call: Call) -> JsonAnswer:
    """200 with the stages of one pipeline, or 404."""
    wanted = call.id("pipeline")
    with call.tenant.lock:
        call.records.catalogue.get("pipelines", wanted)
    return answer([stage for stage in stages_of(call) if stage["pipeline_id"] == wanted])


def activity_types(call: Call) -> JsonAnswer:
    """200 with `{"user":[...],"system":[...]}`."""
    there = entries_of("activity_types", call)
    return answer({name: [each for each in there if each["category"] == name] for name in ("user", "system")})


def tags(call: Call) -> JsonAnswer:
    """200 with every tag that any record has, with counts, or with `tag_names_only=true` only the names."""
    found = Findings(call.query, tuple(call.query), "a list of tags")
    found.check("sort_by", lambda value: value in ("name", "count"), NOT_LISTED, "sort_by must be name or count.")
    found.raise_if_any()
    with call.tenant.lock:
        if call.flag("tag_names_only"):
            return answer(tag_names(call.records, after=call.query.get("last_tag_value")))
        tags = tag_counts(call.records, by_count=call.query.get("sort_by") == "count")
    return answer(tags)


def entries_of(table: str, call: Call) -> list[dict[str, Any]]:
    """The current entries of a table, not copied: a change replaces an entry, never modifies it."""
    with call.tenant.lock:
        return list(call.records.catalogue.table(table).values())


def stages_of(call: Call) -> list[dict[str, Any]]:
    """The stages of all pipelines, in order."""
    return [_stage(stage, line["id"]) for line in entries_of("pipelines", call) for stage in line["stages"]]


def _stage(stage: Mapping[str, Any], pipeline_id: int) -> dict[str, Any]:
    chance = stage["win_probability"]
    return {"id": stage["id"], "name": stage["name"], "pipeline_id": pipeline_id, "win_probability": chance}


def _rows() -> list[tuple[str, str, Act]]:
    return [
        ("GET", "/account", account),
        *(("GET", f"/{table}", partial(entries, table)) for table in PLAIN),
        ("GET", "/users/{id}", view_user),
        ("GET", "/pipeline_stages", pipeline_stages),
        ("GET", "/pipeline_stages/pipeline/{id}", stages_of_pipeline),
        ("GET", "/activity_types", activity_types),
        ("GET", "/tags", tags),
    ]


routes = routes_of(_rows())
