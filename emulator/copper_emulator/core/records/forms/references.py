"""Forms of values that refer to something else: an entry of a lookup table, a pipeline's stage, another record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from copper_emulator.core.findings import INVALID, MUST_EXIST, NOT_LISTED
from copper_emulator.core.ids import MAX_ID
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.forms.plain import (
    ID_SCHEMA,
    LABEL,
    Known,
    Unfit,
    exact,
    id_sent_as_text,
    object_schema,
)
from copper_emulator.core.text import choices, no_such, sentence
from copper_emulator.core.topics import no_type


def read_id(value: Any) -> int:
    """The value, if it is a valid id. Raises Unfit, with the recorded wording."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_ID:
        shown = value if isinstance(value, str) else json.dumps(value)
        hint = id_sent_as_text(value, range(1, MAX_ID + 1))
        raise Unfit(f"Invalid value for {LABEL}: IDs must be positive integers: {shown[:100]}", hint)
    return value


class IdForm:
    """What the forms of ids have in common."""

    __slots__ = ()

    python = "int"

    @property
    def schema(self) -> Mapping[str, Any]:
        return ID_SCHEMA

    def blank(self) -> None:
        return None


@dataclass(frozen=True, slots=True)
class LookupId(IdForm):
    """The id of an entry of a lookup table."""

    table: str

    @property
    def words(self) -> str:
        return f"id of one of `{self.table}`"

    def read(self, value: Any, known: Known) -> int:
        entries = known.lookup(self.table)
        if read_id(value) not in entries:
            known_entries = [f"{entry_id} ({entry['name']})" for entry_id, entry in entries.items()]
            raise Unfit(
                MUST_EXIST, f"There is no {value!r} among {self.table}; {choices('entry', known_entries, most=10)}."
            )
        return int(value)


@dataclass(frozen=True, slots=True)
class LookupName:
    """The name of an entry of a lookup table."""

    table: str
    python: str = "str"

    @property
    def schema(self) -> Mapping[str, Any]:
        return {"type": "string"}

    @property
    def words(self) -> str:
        return f"name of one of `{self.table}`"

    def blank(self) -> None:
        return None

    def read(self, value: Any, known: Known) -> str:
        names = [entry["name"] for entry in known.lookup(self.table).values()]
        if value not in names:
            raise Unfit(NOT_LISTED, sentence(no_such("name", value, names)))
        return str(value)


@dataclass(frozen=True, slots=True)
class StageId(IdForm):
    """The id of a stage of any pipeline."""

    words: str = "id of a pipeline's stage"

    def read(self, value: Any, known: Known) -> int:
        stages = {stage["id"]: stage["name"] for line in known.lookup("pipelines").values() for stage in line["stages"]}
        if read_id(value) not in stages:
            known_entries = [f"{stage_id} ({name})" for stage_id, name in stages.items()]
            raise Unfit(MUST_EXIST, f"There is no stage {value!r}; {choices('stage', known_entries, most=10)}.")
        return int(value)


@dataclass(frozen=True, slots=True)
class RecordId(IdForm):
    """The id of a record of one type."""

    kind: EntityType

    @property
    def words(self) -> str:
        return f"id of a {self.kind}"

    def read(self, value: Any, known: Known) -> int:
        if not known.has_record(self.kind, read_id(value)):
            raise Unfit(MUST_EXIST, f"There is no {self.kind} {value!r}.")
        return int(value)


@dataclass(frozen=True, slots=True)
class ByTypeAndId:
    """What the forms of records of several types have in common."""

    kinds: tuple[EntityType, ...]
    python: str = "Mapping[str, Any]"

    @property
    def schema(self) -> Mapping[str, Any]:
        kinds = [str(kind) for kind in self.kinds]
        return object_schema({"id": ID_SCHEMA, "type": {"type": "string", "enum": kinds}}, required=("id", "type"))

    @property
    def words(self) -> str:
        return f"`{{id, type}}` of a {', '.join(self.kinds)}"


@dataclass(frozen=True, slots=True)
class Reference(ByTypeAndId):
    """A record of one of several types: `{"id": 17, "type": "person"}`."""

    empty: bool = False
    """Whether an unset reference is shown as `{"id": null, "type": null}` instead of null."""
    example: str = '{"id": 17, "type": "person"}'

    def blank(self) -> dict[str, Any] | None:
        return {"id": None, "type": None} if self.empty else None

    def read(self, value: Any, known: Known) -> dict[str, Any] | None:
        if self.empty and value == self.blank():
            return self.blank()
        found = exact(value, ("id", "type"), f"Write it like {self.example}.")
        if found["type"] not in self.kinds:
            raise Unfit(NOT_LISTED, sentence(no_type(found["type"], self.kinds)))
        kind = EntityType(found["type"])
        RecordId(kind).read(found["id"], known)
        return {"id": found["id"], "type": str(kind)}


@dataclass(frozen=True, slots=True)
class ActivityType:
    """The type of an activity, `{"category": "user", "id": 0}`; system types cannot be written (developer docs)."""

    python: str = "Mapping[str, Any]"
    words: str = "`{category, id}` of a user activity type"
    example: str = '{"category": "user", "id": 0}'

    @property
    def schema(self) -> Mapping[str, Any]:
        id_ = {"type": "integer", "minimum": 0, "maximum": MAX_ID}
        return object_schema({"category": {"type": "string", "enum": ["user"]}, "id": id_}, required=("category", "id"))

    def blank(self) -> None:
        return None

    def read(self, value: Any, known: Known) -> dict[str, Any]:
        # "Any other values" besides these two are ignored (developer docs, 2019).
        if not isinstance(value, dict) or not all(name in value for name in ("id", "category")):
            raise Unfit(INVALID, f"Write it like {self.example}.")
        category = value["category"]
        if category != "user" and not (known.trusting and category == "system"):
            raise Unfit(NOT_LISTED, "Only activities of the category user can be written; system ones are Copper's.")
        kinds = known.lookup("activity_types")
        is_id = isinstance(value["id"], int) and not isinstance(value["id"], bool)
        kind = kinds.get(value["id"]) if is_id else None
        if kind is None or kind["category"] != category:
            known_entries = [f"{id_} ({each['name']})" for id_, each in kinds.items() if each["category"] == category]
            there_is = f"There is no activity type {value['id']!r}; {choices('activity type', known_entries)}."
            raise Unfit(MUST_EXIST, id_sent_as_text(value["id"], kinds) or there_is)
        if kind["is_disabled"] and not known.trusting:
            raise Unfit(INVALID, f"The activity type {kind['name']} is disabled.")
        return {"id": value["id"], "category": category}
