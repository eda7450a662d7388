"""The fields with which records can be created and updated, and the notifications that are possible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from copper_emulator.core.errors import UsageError, raised_on_purpose
from copper_emulator.core.model import EntityType, Event, Topic
from copper_emulator.core.records.fields import Access
from copper_emulator.core.records.fields import Field as TableField
from copper_emulator.core.records.kinds import kind_called
from copper_emulator.core.records.tables import TABLES
from copper_emulator.core.records.writing.derived import NAME_PARTS
from copper_emulator.core.topics import Profile, advice, exists, no_event
from copper_emulator.core.wire import iso
from pytest_copper.drawn_changes import updated_attributes
from pytest_copper.drawn_values import UNIQUE, Ids, can_be_drawn, field_values, known_fields
from pytest_copper.machine_checks import checked_secret

__tracebackhide__ = raised_on_purpose

Fields = dict[str, Any]

_MOST_FIELDS = 4
_TIMES = st.integers(0, 4_000_000_000_000).map(iso)


def fields(
    type: str, *, records: Mapping[str, Sequence[Any]] | None = None, unique: bool = True
) -> st.SearchStrategy[Fields]:
    """Fields for `create`: all that the type requires and some of the others.

    Args:
        type: lead, person, company, opportunity, project, task or activity_log.
        records: ids of records that fields may name, by type, like {"company": [17]}; an activity needs a parent.
        unique: whether to include emails and email domains, which no two records may share.
    """
    kind, ids = kind_called(type), _ids(records)
    every = {field.name: field for field in known_fields(TABLES[kind]) if can_be_drawn(field, ids)}
    required = [field for field in known_fields(TABLES[kind]) if field.required]
    for field in required:
        if field.name not in every:
            raise UsageError(f"{field.name} is required: give the records that exist, like records={{'person': [17]}}")
    return _some(every, required, ids, clears=False, unique=unique)


def changes(
    type: str, *, records: Mapping[str, Sequence[Any]] | None = None, unique: bool = True
) -> st.SearchStrategy[Fields]:
    """Fields for `update`: at least one, with None if that clears it. The arguments are those of `fields`."""
    kind, ids = kind_called(type), _ids(records)
    writable = [field for field in known_fields(TABLES[kind]) if field.access is Access.ALWAYS]
    every = {field.name: field for field in writable if can_be_drawn(field, ids)}
    return _some(every, [], ids, clears=True, unique=unique).filter(bool)


def bodies(
    type: str | None = None,
    event: str | None = None,
    *,
    ids: Sequence[Any] | None = None,
    secret: Mapping[str, str] | None = None,
) -> st.SearchStrategy[dict[str, Any]]:
    """Notifications as an endpoint gets them: any existing topic by default, 1 to 30 ids, and the secret.

    Args:
        type: lead, person, company, opportunity, project, task or activity_log.
        event: new, update or delete.
        ids: the ids it may contain; any, if not given.
        secret: what the subscription was given.
    """
    if secret is not None:
        checked_secret("secret", secret)
    wanted = None if type is None else kind_called(type)
    if event not in (None, *Event):
        raise UsageError(no_event(event))
    topics = [
        topic
        for kind in EntityType
        for each in Event
        if exists(topic := Topic(kind, each), Profile.SUPPORT_PAGE) and wanted in (None, kind) and event in (None, each)
    ]
    if not topics:
        raise UsageError(f"there is no topic {wanted}/{event}. {advice(str(wanted), Profile.SUPPORT_PAGE, '')}")
    known = st.integers(1, 10**10) if ids is None else st.sampled_from(list(ids))
    unique_by = None if ids is None else repr
    many = st.lists(known, min_size=1, max_size=30, unique=ids is None, unique_by=unique_by)
    return st.sampled_from(topics).flatmap(lambda topic: _body(topic, many, secret or {}))


def _body(topic: Topic, ids: st.SearchStrategy[list[Any]], secret: Mapping[str, str]) -> st.SearchStrategy[Any]:
    attributes = updated_attributes(topic.type) if topic.event is Event.UPDATE else st.just({})
    return st.fixed_dictionaries(
        {
            **{name: st.just(value) for name, value in secret.items()},
            "subscription_id": st.integers(1, 10**6),
            "event": st.just(str(topic.event)),
            "type": st.just(str(topic.type)),
            "ids": ids,
            "updated_attributes": attributes,
            "timestamp": _TIMES,
        }
    )


def _ids(records: Mapping[str, Sequence[Any]] | None) -> Ids:
    return {kind_called(type): list(ids) for type, ids in (records or {}).items()}


def _some(
    every: Mapping[str, TableField], required: Sequence[TableField], ids: Ids, *, clears: bool, unique: bool
) -> st.SearchStrategy[Fields]:
    # Field names are drawn first: most bodies of real clients are short, and short ones shrink fast.
    names = [name for name in every if unique or name not in UNIQUE]
    chosen = st.lists(st.sampled_from(names), unique=True, max_size=_MOST_FIELDS)

    def body(drawn: list[str]) -> st.SearchStrategy[Fields]:
        wanted = dict.fromkeys([*(field.name for field in required), *drawn])
        return st.fixed_dictionaries({name: field_values(every[name], ids, clears=clears) for name in wanted})

    return chosen.flatmap(body).map(_without_contradictions)


def _without_contradictions(body: Fields) -> Fields:
    """Only one of several fields that say the same; a currency only with an amount."""
    dropped = {
        **dict.fromkeys(NAME_PARTS, "name" in body),
        "status": "status_id" in body,
        "pipeline_id": "pipeline_stage_id" in body,
        "monetary_unit": body.get("monetary_value") is None,
    }
    return {name: value for name, value in body.items() if not dropped.get(name)}
