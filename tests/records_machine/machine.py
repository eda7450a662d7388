"""Drives two accounts of one host, each beside its model, through Python and through real HTTP, and compares them.

After every step: each account has the records of its model and nothing of the other's, finds what the model finds, and
an endpoint of its own has been told what the model tells, in order, word for word.
"""

from __future__ import annotations

import http.client
import json
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from copper_emulator import Copper, Emulator, Received
from copper_emulator.core.errors import ApiError
from copper_emulator.shell.host import Host
from tests.records_machine import drawn
from tests.records_machine.drawn import KINDS, MISSING, one_of_these
from tests.records_machine.facts import COPPERS_OWN, DEFINITIONS, ONCE, RELATED, Row
from tests.records_machine.model import Item, Model, Refused

EXAMPLES = 40
STEPS = 25
"""The default budget. Mistakes are caught within it, too."""

START = datetime(2026, 9, 21, 14, 13, 20, 600_000, tzinfo=UTC)
"""1,790,000,000.6: the first wait within a second leads into the next one."""
TARGET = "https://crm.example/hooks"
BASE = "/developer_api/v1"
FIRST = {
    **dict.fromkeys(("lead", "person", "company", "opportunity"), 94_808_711),
    **dict.fromkeys(("project", "task"), 3_716_921),
    "activity_log": 3_061_844_455,
}
PLURAL = {
    **{"lead": "leads", "person": "people", "company": "companies", "opportunity": "opportunities"},
    **{"project": "projects", "task": "tasks", "activity_log": "activities"},
}
BULK_CREATED = ("lead", "person", "company", "opportunity", "activity_log")
BULK_UPDATED = ("lead", "person", "company")


class Disagreement(AssertionError):
    """An account and its model say different things."""


def agree(what: str, seen: object, expected: object) -> None:
    if seen != expected:
        raise Disagreement(f"{what}:\n  account {seen!r}\n  model   {expected!r}")


class Side:
    """An account, its model, and what its endpoint was told."""

    def __init__(self, copper: Copper, model: Model, connection: http.client.HTTPConnection) -> None:
        self.copper, self.model, self.connection = copper, model, connection
        self.told: list[Row] = []
        self.faces: dict[str, Any] = {kind: getattr(copper, PLURAL[kind]) for kind in KINDS}
        self.last: dict[Item, Row] = {}
        copper.route("https://crm.example", to=self.hear)
        for each, one in DEFINITIONS.items():
            copper.lookups.custom_field_definitions.add(
                id=each,
                name=one.name,
                data_type=one.data_type,
                available_on=list(one.kinds),
                options=[{"id": option, "name": name} for option, name in one.options.items()],
            )

    def hear(self, request: Received) -> None:
        self.told.append(request.json)

    def subscribe(self, kind: str, event: str, *, computed: bool) -> None:
        made = self.copper.subscribe(kind, event, target=TARGET, custom_field_computed_values=computed)
        self.model.subscriptions.append({"id": made.id, "type": kind, "event": event, "computed": computed})

    def http(self, method: str, path: str, body: object = None) -> Any:
        """What the API answers. Raises Refused."""
        return self.answered(method, path, body)[0]

    def answered(self, method: str, path: str, body: object = None) -> tuple[Any, str | None]:
        data = None if body is None else json.dumps(body)
        self.connection.request(method, BASE + path, data, self.copper.headers)
        response = self.connection.getresponse()
        said = json.loads(response.read())
        if response.status != 200:
            raise Refused(response.status)
        return said, response.headers["X-PW-TOTAL"]


def resolved(model: Model, body: Row) -> Row:
    """A body or filters with ids instead of small numbers."""

    def one(kind: str, pick: int) -> int:
        there = list(model.of[kind])
        return there[pick % len(there)] if there and pick not in (9, MISSING) else MISSING

    def value(name: str, given: Any) -> Any:
        if isinstance(given, tuple):
            return {"id": one(*given), "type": given[0]}
        of = {"company_id": "company", "primary_contact_id": "person"}.get(name)
        if of is not None and isinstance(given, int):
            return one(of, given)
        of = {"company_ids": "company", "primary_contact_ids": "person"}.get(name)
        return given if of is None else [pick if pick < 0 else one(of, pick) for pick in given]

    return {name: value(name, given) for name, given in body.items()}


def call(method: str, **arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, Row]]:
    return st.tuples(st.just(method), st.fixed_dictionaries(arguments))


picks = st.sampled_from([*[0, 1, 2] * 6, 3, 4, 9])
several = st.lists(picks, min_size=1, max_size=3)
pairs = st.sampled_from([*sorted(map(sorted, RELATED)) * 3, ["lead", "person"], ["task", "task"]]).flatmap(
    lambda kinds: st.permutations(kinds).flatmap(lambda two: st.tuples(*(st.tuples(st.just(kind), picks) for kind in two)))
)
_MOST = ("lead", "person", "company", "opportunity", "opportunity", "task", "project", "activity_log")


def of_each(make: Any) -> st.SearchStrategy[tuple[str, Row]]:
    return one_of_these([make(kind) for kind in _MOST])


creates = of_each(
    lambda kind: call("create", kind=st.just(kind), rows=st.lists(drawn.rows(kind), min_size=1, max_size=3))
)
updates = of_each(lambda kind: call("update", kind=st.just(kind), picks=several, body=drawn.bodies(kind)))
seeds = one_of_these(
    [
        call("seed", kind=st.just(kind), row=drawn.rows(kind), given=st.sampled_from([{}, {"id": 500}, {"date_created": 1}]))
        for kind in KINDS[:-1]
    ]
)
searches = of_each(lambda kind: call("search", kind=st.just(kind), filters=drawn.searches(kind)))
deletes = call("delete", kind=st.sampled_from(_MOST), picks=several)
rare = [
    call("relate", two=pairs),
    call("relate", two=pairs),
    call("unrelate", pick=st.integers(0, 30)),
    call("merge", kind=st.sampled_from(["person", "company"]), winner=picks, loser=picks),
    call("convert", pick=picks, details=drawn.conversions),
    call("upsert", match=drawn.matches, properties=drawn.bodies("lead")),
    seeds,
    deletes,
    call("switch_key"),
]
calls = one_of_these([*[creates] * 4, *[updates] * 9, *[searches] * 5, *rare])
waits = st.sampled_from([0, 0, 0, 400, 1_000, 90_000_000])


class RecordsMachine(RuleBasedStateMachine):
    """Everything that can be done to records, to either of two accounts, either way."""

    host: ClassVar[Host]
    connection: ClassVar[http.client.HTTPConnection]

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.sides: list[Side] = []

    @initialize(unheard=st.sets(st.sampled_from(KINDS), max_size=2))
    def begin(self, unheard: set[str]) -> None:
        for batch, keeps in ((30, False), (2, True)):
            copper = self.stack.enter_context(
                Emulator(
                    host=self.host,
                    start=START,
                    batch=batch,
                    limits="off",
                    lead_conversion="update" if keeps else "delete",
                    profile="developer-docs" if keeps else "support-page",
                )
            )
            model = Model(int(START.timestamp() * 1000), FIRST, batch=batch, keeps_leads=keeps)
            self.sides.append(Side(copper, model, self.connection))
        for place, side in enumerate(self.sides):
            for kind in KINDS:
                for event in ("new", "update", "delete") if place or kind != "activity_log" else ("new",):
                    if place or kind not in unheard:
                        side.subscribe(kind, event, computed=False)
                        if event == "update":
                            side.subscribe(kind, event, computed=True)
            for kind in ("company", "person", "lead", "opportunity", "project", "task"):
                rows = [{"name": f"Side {place}"}, {"name": "Ada", "tags": ["a"]}, {"name": "Ada", "assignee_id": 137_658}]
                self.create(side, "python", kind, [*rows, *drawn.FIRST.get(kind, [])])

    @rule(who=st.sampled_from([0, 0, 1]), way=st.sampled_from(["python", "http"]), call=calls, then=waits)
    def turn(self, who: int, way: str, call: tuple[str, Row], then: int) -> None:
        method, arguments = call
        side = self.sides[who]
        getattr(self, method)(side, way, **arguments)
        self.compare(side)
        if then:
            side.copper.advance(milliseconds=then)
            side.model.now += then
        agree("records of the other account", *self._both(self.sides[1 - who]))

    def teardown(self) -> None:
        try:
            for side in self.sides:
                for item in side.last:
                    self._fetch(side, *item)
        finally:
            self.stack.close()

    # --- what can be done -------------------------------------------------------------------------------------

    def create(self, side: Side, way: str, kind: str, rows: list[Row]) -> None:
        self._write(side, kind, [(None, resolved(side.model, row)) for row in rows], way)

    def update(self, side: Side, way: str, kind: str, picks: list[int], body: Row) -> None:
        body = resolved(side.model, body)
        self._write(side, kind, [(number, body) for number in self._ids(side, kind, picks)], way)

    def _write(self, side: Side, kind: str, rows: list[tuple[int | None, Row]], way: str) -> None:
        new, one = rows[0][0] is None, len(rows) == 1
        if way == "python" or not (one or kind in (BULK_CREATED if new else BULK_UPDATED)):
            # An id that is said twice is meant once.
            rows = rows if new else list(dict(rows).items())
            rows = [(number, _sayable(kind, row, new=new)) for number, row in rows]
            self._same(side, lambda: self._said(side, kind, rows), lambda: self._shown(side, kind, side.model.write(kind, rows)))
        elif one:
            [(number, body)] = rows
            path = f"/{PLURAL[kind]}" if new else f"/{PLURAL[kind]}/{number}"
            self._same(
                side,
                lambda: [side.http("POST" if new else "PUT", path, body)],
                lambda: self._shown(side, kind, side.model.write(kind, rows)),
            )
        else:
            bodies = [body if new else {**body, "id": number} for number, body in rows]
            path = f"/{PLURAL[kind]}/bulk_{'create' if new else 'update'}"
            self._same(
                side,
                lambda: [_or_none(each) for each in side.http("POST", path, {PLURAL[kind]: bodies})],
                lambda: self._shown(side, kind, side.model.write(kind, rows, each=True)),
            )

    def _said(self, side: Side, kind: str, rows: list[tuple[int | None, Row]]) -> list[Row]:
        face, (number, body) = side.faces[kind], rows[0]
        if number is None:
            made = face.create_many([row for _, row in rows]) if len(rows) > 1 else [face.create(**body)]
        elif len(rows) > 1:
            made = face.update_many([each for each, _ in rows], **body)
        else:
            made = [face.update(number, **body)]
        return [dict(each) for each in made]

    def seed(self, side: Side, way: str, kind: str, row: Row, given: Row) -> None:
        # Seeded records may come before those that they name; the model leaves that out.
        said = _sayable(kind, resolved(side.model, row), new=True)
        row = {name: value for name, value in said.items() if MISSING not in (value, (value or {}).get("id") if isinstance(value, dict) else 0)} | given
        self._same(
            side,
            lambda: [dict(each) for each in side.faces[kind].seed([row])],
            lambda: self._shown(side, kind, side.model.seed(kind, [row])),
        )

    def delete(self, side: Side, way: str, kind: str, picks: list[int]) -> None:
        ids = self._ids(side, kind, picks)
        if way == "http":
            del ids[1:]
            stub = {"id": ids[0], "is_deleted": True}
            self._same(
                side,
                lambda: side.http("DELETE", f"/{PLURAL[kind]}/{ids[0]}"),
                lambda: side.model.delete(kind, ids) or stub,
            )
        else:
            face = side.faces[kind]
            self._same(
                side,
                lambda: face.delete_many(ids) if len(ids) > 1 else face.delete(ids[0]),
                lambda: side.model.delete(kind, ids),
            )

    def merge(self, side: Side, way: str, kind: str, winner: int, loser: int) -> None:
        [first] = self._ids(side, kind, [winner])
        [second] = self._ids(side, kind, [loser])
        if first == second:
            return
        self._same(
            side,
            lambda: [dict(side.faces[kind].merge(first, second))],
            lambda: self._shown(side, kind, [side.model.merge(kind, first, second)]),
        )

    def convert(self, side: Side, way: str, pick: int, details: Row) -> None:
        [number] = self._ids(side, "lead", [pick])
        parts = {name: dict(part) for name, part in details.items()}
        if "id" in parts.get("company", {}):
            parts["company"]["id"] = resolved(side.model, {"company_id": parts["company"]["id"]})["company_id"]

        def python() -> Row:
            made = side.faces["lead"].convert(number, **parts)
            found = {name: getattr(made, name) for name in ("person", "company", "opportunity")}
            return {name: dict(each) for name, each in found.items() if each is not None}

        def model() -> Row:
            ids = side.model.convert(number, parts)
            return {name: side.model.shown(name, each) for name, each in ids.items() if each is not None}

        self._same(side, lambda: side.http("POST", f"/leads/{number}/convert", {"details": parts}) if way == "http" else python(), model)

    def upsert(self, side: Side, way: str, match: tuple[str, str], properties: Row) -> None:
        name, value = match
        body = {"properties": properties, "match": {"field_name": name, "field_value": value}}
        self._same(
            side,
            lambda: side.http("PUT", "/leads/upsert", body),
            lambda: side.model.shown("lead", side.model.upsert(name, value, properties)),
        )

    def relate(self, side: Side, way: str, two: tuple[Item, Item]) -> None:
        self._relate(side, self._item(side, two[0]), self._item(side, two[1]), "POST")

    def unrelate(self, side: Side, way: str, pick: int) -> None:
        there = [tuple(sorted(pair)) for pair in sorted(side.model.pairs, key=sorted)]
        one, other = there[pick % len(there)] if there else (("task", MISSING), ("task", MISSING))
        self._relate(side, one, other, "DELETE")

    def _relate(self, side: Side, one: Item, other: Item, method: str) -> None:
        resource = {"id": other[1], "type": other[0]}
        done = "added" if method == "POST" else "removed"
        change = side.model.relate if method == "POST" else side.model.unrelate
        self._same(
            side,
            lambda: side.http(method, f"/{PLURAL[one[0]]}/{one[1]}/related", {"resource": resource}),
            lambda: change(one, other) or {done: True, "resource": resource},
        )

    def search(self, side: Side, way: str, kind: str, filters: Row) -> None:
        filters = resolved(side.model, filters)
        if "ids" in filters:
            filters["ids"] = self._ids(side, kind, filters["ids"])
        model = side.model

        def expected() -> Any:
            if {"colour"} & {*filters, filters.get("sort_by")} or filters.get("page_size") == 201:
                raise Refused
            ids, total = model.search(kind, filters if way == "python" else {"page_size": 20, **filters})
            found = [model.shown(kind, number) for number in ids]
            return found if way == "python" else (found, str(total))

        def seen() -> Any:
            if way == "python":
                return [dict(each) for each in side.faces[kind].search(**filters)]
            return side.answered("POST", f"/{PLURAL[kind]}/search", filters)

        self._same(side, seen, expected)

    def switch_key(self, side: Side, way: str) -> None:
        old = side.copper.headers
        side.copper.switch_key()
        self.connection.request("GET", f"{BASE}/account", None, old)
        response = self.connection.getresponse()
        response.read()
        agree("the old key", response.status, 401)

    # --- comparing --------------------------------------------------------------------------------------------

    def compare(self, side: Side) -> None:
        """What was told, and every record both ways; over HTTP those that are not as they were before."""
        side.copper.settle()
        agree("notifications", side.told, side.model.told)
        agree("records", *self._both(side))
        before, side.last = side.last, self._now(side)
        for kind, number in {**before, **side.last}:
            if side.last.get((kind, number)) != before.get((kind, number)):
                self._fetch(side, kind, number)

    def _now(self, side: Side) -> dict[Item, Any]:
        """What the model has of each record, and what it is related to."""
        items = [(kind, number) for kind in KINDS for number in side.model.of[kind]]
        return {item: (side.model.shown(*item, computed=True), side.model.related(item)) for item in items}

    def _fetch(self, side: Side, kind: str, number: int) -> None:
        path = f"/{PLURAL[kind]}/{number}"
        shown, related = side.last.get((kind, number), (404, None))
        if shown == 404 and kind == "activity_log":
            shown = {"id": number, "is_deleted": True}
        agree(f"GET {path}", _outcome(lambda: side.http("GET", f"{path}?custom_field_computed_values=true")), shown)
        if related is not None and kind != "activity_log":
            seen = sorted((each["type"], each["id"]) for each in side.http("GET", f"{path}/related"))
            agree(f"related to {kind} {number}", seen, related)

    def _both(self, side: Side) -> tuple[Row, Row]:
        seen, expected = {}, {}
        for kind, face in side.faces.items():
            more = {"include_converted_leads": True} if kind == "lead" else {}
            seen[kind] = {each["id"]: dict(each) for each in face.search(**more)}
            expected[kind] = {number: side.model.shown(kind, number) for number in side.model.of[kind]}
        return seen, expected

    def _same(self, side: Side, seen: Any, expected: Any) -> None:
        heard = len(side.told)
        agree("answers", _outcome(seen), _outcome(expected))

    def _shown(self, side: Side, kind: str, ids: list[Any]) -> list[Any]:
        return [None if number is None else side.model.shown(kind, number) for number in ids]

    def _ids(self, side: Side, kind: str, picks: list[int]) -> list[Any]:
        there = list(side.model.of[kind])
        return [there[pick % len(there)] if there and pick != 9 else MISSING for pick in picks]

    def _item(self, side: Side, item: tuple[str, int]) -> Item:
        kind, pick = item
        return kind, self._ids(side, kind, [pick])[0]


def _sayable(kind: str, row: Row, *, new: bool) -> Row:
    """What can be said in Python, which refuses what the API ignores."""
    fixed = COPPERS_OWN if new else COPPERS_OWN | ONCE | ({"company_id"} if kind == "person" else set())
    return {name: value for name, value in row.items() if name not in fixed}


def _or_none(answer: Row) -> Row | None:
    return None if answer.get("success") is False else answer


def _outcome(act: Any) -> Any:
    try:
        return act()
    except Refused as refused:
        return refused.status
    except ApiError as error:
        return error.status


def run(*, with_seed: int | None = None, examples: int = EXAMPLES, steps: int = STEPS) -> None:
    """Run the machine within the default budget.

    With a seed the run is that of the seed, stops at the first disagreement and does not look for a shorter one.
    """
    host = Host()
    connection = http.client.HTTPConnection(host.url().removeprefix("http://"), timeout=20)
    machine: Any = type("Driven", (RecordsMachine,), {"host": host, "connection": connection})
    budget = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    if with_seed is not None:
        machine = seed(with_seed)(machine)
        budget = settings(budget, phases=[Phase.generate], database=None, report_multiple_bugs=False)
    try:
        run_state_machine_as_test(machine, settings=budget)
    finally:
        connection.close()
        host.close()
