"""One account beside its model: how it is written to and read, through Python and through real HTTP, and compared."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from copper_emulator import Copper, Received
from copper_emulator.core.errors import ApiError
from tests.records_machine.drawn import Pick
from tests.records_machine.facts import DEFINITIONS, KINDS, MISSING, Row
from tests.records_machine.model import Model
from tests.records_machine.rows import Item, Refused, reference

TARGET = "https://crm.example/hooks"
BASE = "/developer_api/v1"
_ODD_PLURALS = {
    "person": "people",
    "company": "companies",
    "opportunity": "opportunities",
    "activity_log": "activities",
}
PLURAL = {kind: _ODD_PLURALS.get(kind, f"{kind}s") for kind in KINDS}


class Disagreement(AssertionError):
    """An account and its model disagree."""


class Side:
    """An account, its model, and what its endpoint received."""

    def __init__(self, copper: Copper, model: Model, connection: http.client.HTTPConnection) -> None:
        self.copper, self.model, self.connection = copper, model, connection
        self.told: list[Row] = []
        self.faces: dict[str, Any] = {kind: getattr(copper, PLURAL[kind]) for kind in KINDS}
        self._last: dict[str, Any] = {}
        copper.route("https://crm.example", to=self._hear)
        for each, one in DEFINITIONS.items():
            copper.lookups.custom_field_definitions.add(
                id=each,
                name=one.name,
                data_type=one.data_type,
                available_on=list(one.kinds),
                options=[{"id": option, "name": name} for option, name in one.options.items()],
            )

    def _hear(self, request: Received) -> None:
        self.told.append(request.json)

    def subscribe(self, kind: str, event: str, *, computed: bool = False) -> None:
        made = self.copper.subscribe(kind, event, target=TARGET, custom_field_computed_values=computed)
        self.model.subscriptions.append({"id": made.id, "type": kind, "event": event, "computed": computed})

    # --- what is meant --------------------------------------------------------------------------------------------

    def id(self, kind: str, place: int) -> int:
        """The id of the record that was drawn."""
        there = list(self.model.of[kind])
        return there[place % len(there)] if there and place < 9 else MISSING

    def said(self, drawn: Any) -> Any:
        """What was drawn, with ids in place of the records it refers to."""
        if isinstance(drawn, Pick):
            return self.id(*drawn)
        if isinstance(drawn, dict):
            return {name: self.said(value) for name, value in drawn.items()}
        return [self.said(value) for value in drawn] if isinstance(drawn, list) else drawn

    # --- real HTTP ------------------------------------------------------------------------------------------------

    def http(self, method: str, path: str, body: object = None) -> Any:
        """The API's answer. Raises Refused."""
        return self.answer(method, path, body)[0]

    def answer(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[Any, str | None]:
        """The API's answer, and the total that a search reports. Raises Refused."""
        data = None if body is None else json.dumps(body)
        self.connection.request(method, BASE + path, data, self.copper.headers if headers is None else headers)
        response = self.connection.getresponse()
        said = json.loads(response.read())
        if response.status != 200:
            raise Refused(response.status)
        return said, response.headers["X-PW-TOTAL"]

    # --- comparing ------------------------------------------------------------------------------------------------

    def same(self, way: str, seen: Callable[[], Any], expected: Callable[[], Any]) -> None:
        """Both give the same, or both refuse; changes in Python are notified at once, those over HTTP are not."""
        heard = len(self.told)
        agree("answers", outcome(seen), outcome(expected))
        agree("told before time passes", self.told, self.model.told if way == "python" else self.model.told[:heard])

    def compare(self) -> None:
        """Compare the notifications, and every record; over HTTP, those that have changed."""
        self.copper.settle()
        agree("told", self.told, self.model.told)
        self._compare_records()
        before, self._last = self._last, self._readable()
        for path in {**before, **self._last} if before else ():
            if self._last.get(path) != before.get(path):
                self._fetch(path)

    def compare_all(self) -> None:
        """Compare every record, through the API's searches."""
        for kind in KINDS:
            body: Row = {"page_size": 200, **({"include_converted_leads": True} if kind == "lead" else {})}
            found = outcome(partial(self.http, "POST", f"/{PLURAL[kind]}/search", body))
            agree(f"whether {PLURAL[kind]} can be searched", isinstance(found, list), expected=True)
            self._compare_type(kind, found)

    def _compare_records(self) -> None:
        """Compare every record, through Python's searches."""
        for kind, face in self.faces.items():
            found = face.search(include_converted_leads=True) if kind == "lead" else face.search()
            self._compare_type(kind, map(dict, found))

    def _compare_type(self, kind: str, found: Iterable[Row]) -> None:
        seen = {each["id"]: each for each in found}
        expected = {number: self.model.shown(kind, number) for number in self.model.of[kind]}
        agree(f"records of the type {kind}", seen, expected)

    def _readable(self) -> dict[str, Any]:
        """What the API must answer to every GET of a record, and of its relations."""
        related: dict[Item, list[Row]] = {item: [] for item in self.model.items}
        for pair in self.model.relations:
            for item in pair:
                related[item] += [reference(other) for other in pair - {item}]
        answers: dict[str, Any] = {}
        for item, others in related.items():
            path = f"/{PLURAL[item[0]]}/{item[1]}"
            answers[path] = self.model.shown(*item)
            if item[0] != "activity_log":
                answers[f"{path}/related"] = sorted(others, key=str)
        return answers

    def _fetch(self, path: str) -> None:
        seen = outcome(lambda: self.http("GET", path))
        stub = {"id": int(path.split("/")[2]), "is_deleted": True}
        gone: Any = stub if path.startswith("/activities") else 404
        agree(f"GET {path}", sorted(seen, key=str) if isinstance(seen, list) else seen, self._last.get(path, gone))


def outcome(act: Callable[[], Any]) -> Any:
    """The result, or the status of the refusal."""
    try:
        return act()
    except (Refused, ApiError) as error:
        return error.status


def agree(what: str, seen: object, expected: object) -> None:
    if seen != expected:
        raise Disagreement(f"{what}\n  {_difference(seen, expected, '')}")


def _difference(seen: Any, expected: Any, where: str) -> str:
    """Where two values differ, one place per line."""
    parts: list[tuple[str, Any, Any]] = []
    if isinstance(seen, dict) and isinstance(expected, dict) and seen.keys() == expected.keys():
        parts = [(f"{where}.{name}", seen[name], expected[name]) for name in seen]
    elif isinstance(seen, list | tuple) and isinstance(expected, list | tuple) and len(seen) == len(expected):
        parts = [(f"{where}[{place}]", seen[place], expected[place]) for place in range(len(seen))]
    lines = [_difference(one, other, path) for path, one, other in parts if one != other]
    return "\n  ".join(lines) or f"{where}: account {seen!r}, model {expected!r}"
