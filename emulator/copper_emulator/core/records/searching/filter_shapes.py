"""How may a search filter be written that is not a single plain value: a list, a record, an activity type?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from copper_emulator.core.findings import INVALID, NOT_LISTED
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.forms.plain import Known, Unfit, Written, as_number, exact, not_a_list, object_schema
from copper_emulator.core.records.forms.references import ByTypeAndId, read_id
from copper_emulator.core.records.searching.filter_values import Amount
from copper_emulator.core.text import sentence
from copper_emulator.core.topics import no_type


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of values of one form; with `alone`, also a single value without a list."""

    each: Written
    alone: bool = False

    @property
    def python(self) -> str:
        several = f"Collection[{self.each.python}]"
        return f"{self.each.python} | {several}" if self.alone else several

    @property
    def schema(self) -> Mapping[str, Any]:
        several = {"type": "array", "items": self.each.schema}
        return {"anyOf": [self.each.schema, several]} if self.alone else several

    @property
    def words(self) -> str:
        return f"{'one or a list' if self.alone else 'list'} of {self.each.words}"

    def read(self, value: Any, known: Known) -> list[Any]:
        several = [value] if self.alone and not isinstance(value, list) else value
        if not isinstance(several, list):
            raise Unfit(INVALID, not_a_list(several))
        return [self.each.read(item, known) for item in several]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Values to match, and whether a record needs all of them."""

    values: list[Any]
    all: bool = False


@dataclass(frozen=True, slots=True)
class AnyOrAll:
    """Values to match any of, `[...]`, or any or all of, `{"option": "ANY" | "ALL", "value": [...]}`."""

    each: Written
    words: str = "list of texts, or `{option, value}` with the option ANY or ALL"

    @property
    def python(self) -> str:
        return f"Collection[{self.each.python}] | Mapping[str, Any]"

    @property
    def schema(self) -> Mapping[str, Any]:
        several = Listed(self.each).schema
        option = {"type": "string", "enum": ["ANY", "ALL"]}
        return {"anyOf": [several, object_schema({"option": option, "value": several}, required=("value",))]}

    def read(self, value: Any, known: Known) -> Chosen:
        if not isinstance(value, dict):
            return Chosen(Listed(self.each).read(value, known))
        found = exact(
            {"option": "ANY", **value}, ("option", "value"), 'Write it like {"option": "ALL", "value": ["a", "b"]}.'
        )
        option = found["option"].upper() if isinstance(found["option"], str) else None
        if option not in ("ANY", "ALL"):
            raise Unfit(INVALID, "The option is ANY or ALL.")
        return Chosen(Listed(self.each).read(found["value"], known), all=option == "ALL")


@dataclass(frozen=True, slots=True)
class AnyRecord(ByTypeAndId):
    """A record by type and id, `{"id": 17, "type": "person"}`, whether or not it exists."""

    def read(self, value: Any, known: Known) -> tuple[EntityType, int]:
        found = exact(value, ("id", "type"), 'Write it like {"id": 17, "type": "person"}.')
        if found["type"] not in self.kinds:
            raise Unfit(NOT_LISTED, sentence(no_type(found["type"], self.kinds)))
        return EntityType(found["type"]), read_id(as_number(found["id"]))


@dataclass(frozen=True, slots=True)
class AnActivityType:
    """An activity type, `{"category": "user", "id": 0}`; other keys are ignored."""

    python: str = "Mapping[str, Any]"
    words: str = "`{category, id}`"

    @property
    def schema(self) -> Mapping[str, Any]:
        category = {"type": "string", "enum": ["user", "system"]}
        id_ = {"type": "integer", "minimum": 0}
        properties = {"category": category, "id": id_}
        return {"type": "object", "properties": properties, "required": ["category", "id"]}

    def read(self, value: Any, known: Known) -> tuple[str, int]:
        is_type = (
            isinstance(value, dict) and value.get("category") in ("user", "system") and value.get("id") is not None
        )
        if not is_type:
            raise Unfit(INVALID, 'Write it like {"category": "user", "id": 0}.')
        return value["category"], int(Amount(0, whole=True).read(value["id"], known))
