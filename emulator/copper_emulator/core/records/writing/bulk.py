"""Several bodies in one call: each is accepted or refused on its own, and those accepted form one action."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from copper_emulator.core.errors import ApiError, Invalid, NotFound, raised_on_purpose
from copper_emulator.core.findings import (
    BLANK,
    INVALID,
    MUST_EXIST,
    NOT_A_NUMBER,
    NOT_LISTED,
    TAKEN,
    TOO_LONG,
    Findings,
)
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.forms.plain import Unfit
from copper_emulator.core.records.forms.references import read_id
from copper_emulator.core.records.record import Record
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.tables import TABLES
from copper_emulator.core.records.writing.action import Action, Command, Done

__tracebackhide__ = raised_on_purpose

MAX_BULK = 10
"""The maximum number of bodies in one call (developer docs); the caller refuses more."""

SYMBOLS = {
    BLANK: "blank",
    INVALID: "invalid",
    TAKEN: "taken",
    NOT_LISTED: "inclusion",
    NOT_A_NUMBER: "not_a_number",
    MUST_EXIST: "required",
    TOO_LONG: "too_long",
    "must be an integer": "not_an_integer",
    "must be greater than or equal to": "greater_than_or_equal_to",
    "must be less than or equal to": "less_than_or_equal_to",
}
"""Rails' names for its messages, by how the message begins. Copper documents `blank` and `invalid`."""


class ItemError(ApiError):
    """Why one of the bodies was refused and, in an update, which record it named."""

    def __init__(self, cause: ApiError, record_id: int | None = None) -> None:
        super().__init__(cause.message, hint=cause.hint)
        self.status = cause.status
        self.mistakes = cause.mistakes if isinstance(cause, Invalid) else (("base", "not_found"),)
        self.record_id = record_id


def item_error(error: ItemError) -> dict[str, Any]:
    """An item's error as it appears among the records in the answer (developer docs)."""
    message: dict[str, list[dict[str, str]]] = {}
    for name, text in error.mistakes:
        message.setdefault(name.lower(), []).append({"error": symbol(text)})
    answer: dict[str, Any] = {"success": False, "message": message}
    return answer if error.record_id is None else {**answer, "id": error.record_id}


def symbol(message: str) -> str:
    """Rails' name for one of its messages; any other message is its own name, as in Rails."""
    return next((name for words, name in SYMBOLS.items() if message.startswith(words)), message)


def bulk_create(kind: EntityType, bodies: Iterable[Any]) -> Command[list[Record | ItemError]]:
    """Create records in one action and return each, or why it was refused, in the order of the bodies."""

    def write(action: Action, body: Any) -> int | ItemError:
        try:
            return action.create(body)
        except Invalid as error:
            return ItemError(error)

    return _bulk(kind, bodies, write)


def bulk_update(kind: EntityType, bodies: Iterable[Any]) -> Command[list[Record | ItemError]]:
    """Update records, each named by its body's `id`, in one action; returns the same as `bulk_create`."""

    def write(action: Action, body: Any) -> int | ItemError:
        record_id = None
        try:
            record_id = _id(body, f"a {TABLES[kind].noun} to change")
            action.update(record_id, {name: value for name, value in body.items() if name != "id"})
        except (Invalid, NotFound) as error:
            return ItemError(error, record_id)
        return record_id

    return _bulk(kind, bodies, write)


def _bulk(
    kind: EntityType, bodies: Iterable[Any], write: Callable[[Action, Any], int | ItemError]
) -> Command[list[Record | ItemError]]:
    def command(store: RecordStore, now: int) -> tuple[list[Record | ItemError], Done]:
        action = Action(store, kind, now)
        results = [write(action, body) for body in bodies]
        done = action.commit()
        return [each if isinstance(each, ItemError) else store.get(kind, each) for each in results], done

    return command


def _id(body: Any, noun: str) -> int:
    """The id in a body. Raises Invalid if there is no valid one."""
    findings = Findings(body, body if isinstance(body, dict) else ("id",), noun)
    findings.require("id")
    findings.raise_if_any()
    try:
        return read_id(body["id"])
    except Unfit as error:
        raise Invalid.fields([("id", error.about("id"))], hint=error.hint) from None
