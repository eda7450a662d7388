"""Drives two accounts of one host, each beside its model, through Python and through real HTTP, and compares them.

After every step each account has the records of its model and none of the other's, and its endpoint has received the
model's notifications, in order, word for word; every search finds what the model finds.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from copper_emulator import Emulator
from copper_emulator.shell.host import Host
from tests.records_machine import becoming, drawn
from tests.records_machine.facts import KINDS, NEVER, ONCE, Row
from tests.records_machine.finding import search
from tests.records_machine.model import Model
from tests.records_machine.sides import PLURAL, Disagreement, Side, agree, outcome

__all__ = ["Disagreement", "run"]

EXAMPLES = 40
STEPS = 30
"""The default budget, within which mistakes must be caught, too."""

START = datetime.fromtimestamp(drawn.START + 0.6, UTC)
"""Chosen so that the shortest wait reaches the next second."""

BULK_CREATED = ("lead", "person", "company", "opportunity", "activity_log")
BULK_UPDATED = ("lead", "person", "company")


class RecordsMachine(RuleBasedStateMachine):
    """Everything that can be done to records, on either of two accounts, either way."""

    host: ClassVar[Host]
    connection: ClassVar[http.client.HTTPConnection]

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.sides: list[Side] = []
        self.agreed = False

    @initialize(unheard=st.sets(st.sampled_from(KINDS), max_size=2))
    def begin(self, unheard: set[str]) -> None:
        own: list[Row] = [
            {"profile": "support-page", "batch": 30, "lead_conversion": "delete"},
            {"profile": "developer-docs", "batch": 2, "lead_conversion": "update"},
        ]
        for place, kept in enumerate(own):
            copper = self.stack.enter_context(Emulator(host=self.host, start=START, limits="off", strict=False, **kept))
            keeps_leads = kept["lead_conversion"] == "update"
            model = Model(int(START.timestamp() * 1000), kept["batch"], keeps_leads=keeps_leads)
            side = Side(copper, model, self.connection)
            self.sides.append(side)
            for kind in KINDS if place else [kind for kind in KINDS if kind not in unheard]:
                for event in ("new", "update", "delete") if place or kind != "activity_log" else ("new",):
                    side.subscribe(kind, event)
                    if event == "update":
                        side.subscribe(kind, event, computed=True)
            for kind, rows in drawn.FIRST.items():
                ours = {"details" if kind == "activity_log" else "name": f"Account {place}"}
                self.create(side, "python", kind, [{**drawn.LEAST[kind], **ours}, *rows])
        self.compare()

    # A single rule: Hypothesis switches rules off at random to vary its runs, and here their interaction matters.
    @rule(who=st.sampled_from([0, 0, 1]), way=st.sampled_from(["python", "http"]), call=drawn.calls, then=drawn.waits)
    def turn(self, who: int, way: str, call: drawn.Call, then: int) -> None:
        method, arguments = call
        side, self.agreed = self.sides[who], False
        getattr(self, method)(side, way, **arguments)
        self.compare()
        if then:
            side.copper.advance(milliseconds=then)
            side.model.now += then

    def compare(self) -> None:
        for side in self.sides:
            side.compare()
        self.agreed = True

    def teardown(self) -> None:
        try:
            for side in self.sides if self.agreed else ():
                side.compare_all()
        finally:
            self.stack.close()

    # --- what can be done -----------------------------------------------------------------------------------------

    def create(self, side: Side, way: str, kind: str, rows: list[Row]) -> None:
        self._write(side, way, kind, [(None, side.said(row)) for row in rows])

    def update(self, side: Side, way: str, kind: str, places: list[int], body: Row) -> None:
        self._write(side, way, kind, [(side.id(kind, place), side.said(body)) for place in places])

    def _write(self, side: Side, way: str, kind: str, rows: list[tuple[int | None, Row]]) -> None:
        new, several, path = rows[0][0] is None, len(rows) > 1, f"/{PLURAL[kind]}"
        if way == "python" or (several and kind not in (BULK_CREATED if new else BULK_UPDATED)):
            # An id that is given twice counts once.
            rows = rows if new else list(dict(rows).items())
            rows = [(number, _sayable(kind, row, new=new)) for number, row in rows]
            side.same("python", lambda: _written(side.faces[kind], rows), lambda: _shown(side, kind, rows))
        elif several:
            bodies = {PLURAL[kind]: [row if new else {**row, "id": number} for number, row in rows]}
            path += "/bulk_create" if new else "/bulk_update"
            side.same(
                way,
                lambda: [None if "success" in each else each for each in side.http("POST", path, bodies)],
                lambda: _shown(side, kind, rows, each=True),
            )
        else:
            method, path = ("POST", path) if new else ("PUT", f"{path}/{rows[0][0]}")
            side.same(way, lambda: [side.http(method, path, rows[0][1])], lambda: _shown(side, kind, rows))

    def seed(self, side: Side, way: str, kind: str, row: Row, own: Row) -> None:
        said = _sayable(kind, side.said(row), new=True)
        side.same(
            "python",
            lambda: dict(side.faces[kind].seed([{**said, **own}])[0]),
            lambda: side.model.shown(kind, side.model.seed(kind, said, own)),
        )

    def delete(self, side: Side, way: str, kind: str, places: list[int]) -> None:
        ids = [side.id(kind, place) for place in places]
        if way == "python":
            face = side.faces[kind]
            act = (lambda: face.delete_many(ids)) if len(ids) > 1 else lambda: face.delete(ids[0])
            side.same(way, act, lambda: side.model.delete(kind, ids))
        else:
            stub = {"id": ids[0], "is_deleted": True}
            path = f"/{PLURAL[kind]}/{ids[0]}"
            side.same(
                way, lambda: side.http("DELETE", path), lambda: _after(lambda: side.model.delete(kind, ids[:1]), stub)
            )

    def relate(self, side: Side, way: str, two: tuple[drawn.Pick, drawn.Pick]) -> None:
        self._relation(side, "POST", *((pick.kind, side.id(*pick)) for pick in two))

    def unrelate(self, side: Side, way: str, place: int) -> None:
        there = [(item, other) for item in side.model.items for other in side.model.related(item)]
        if there:
            self._relation(side, "DELETE", *there[place % len(there)])

    def _relation(self, side: Side, method: str, one: Any, other: Any) -> None:
        body = {"resource": {"id": other[1], "type": other[0]}}
        change, done = (side.model.relate, "added") if method == "POST" else (side.model.unrelate, "removed")
        path = f"/{PLURAL[one[0]]}/{one[1]}/related"
        side.same(
            "http",
            lambda: side.http(method, path, body),
            lambda: _after(lambda: change(one, other), {done: True, **body}),
        )

    def merge(self, side: Side, way: str, kind: str, two: list[int]) -> None:
        ids = [side.id(kind, place) for place in two]
        if ids[0] != ids[1]:
            side.same(
                "python",
                lambda: dict(side.faces[kind].merge(*ids)),
                lambda: side.model.shown(kind, becoming.merge(side.model, kind, *ids)),
            )

    def convert(self, side: Side, way: str, place: int, details: Row) -> None:
        number, parts = side.id("lead", place), side.said(details)

        def python() -> Row:
            made = side.faces["lead"].convert(number, **parts)
            found = {name: getattr(made, name) for name in ("person", "company", "opportunity")}
            return {name: dict(each) for name, each in found.items() if each is not None}

        def expected() -> Row:
            ids = becoming.convert(side.model, number, parts)
            return {name: side.model.shown(name, each) for name, each in ids.items() if each is not None}

        over_http = ("POST", f"/leads/{number}/convert", {"details": parts})
        side.same(way, python if way == "python" else lambda: side.http(*over_http), expected)

    def upsert(self, side: Side, way: str, match: tuple[str, str], properties: Row) -> None:
        name, value = match
        body = {"properties": side.said(properties), "match": {"field_name": name, "field_value": value}}

        def expected() -> Row:
            return side.model.shown("lead", becoming.upsert(side.model, name, value, body["properties"]))

        side.same("http", lambda: side.http("PUT", "/leads/upsert", body), expected)

    def search(self, side: Side, way: str, kind: str, filters: Row) -> None:
        said = side.said(filters)

        def expected() -> tuple[list[Row], str]:
            ids, total = search(side.model, kind, said if way == "python" else {"page_size": 20, **said})
            return [side.model.shown(kind, number) for number in ids], str(total)

        if way == "python":
            side.same(way, lambda: [dict(each) for each in side.faces[kind].search(**said)], lambda: expected()[0])
        else:
            side.same(way, lambda: side.answer("POST", f"/{PLURAL[kind]}/search", said), expected)

    def switch_key(self, side: Side, way: str) -> None:
        """Everything works with the new key, and nothing with the old one."""
        old = side.copper.headers
        side.copper.switch_key()
        agree("the old key", outcome(lambda: side.answer("GET", "/account", headers=old)), 401)


def _after(act: Callable[[], None], answer: Row) -> Row:
    """Do something, then return the answer."""
    act()
    return answer


def _written(face: Any, rows: list[tuple[int | None, Row]]) -> list[Row]:
    number, body = rows[0]
    if number is None:
        made = face.create_many([row for _, row in rows]) if len(rows) > 1 else [face.create(**body)]
    else:
        made = face.update_many([each for each, _ in rows], **body) if len(rows) > 1 else [face.update(number, **body)]
    return [dict(each) for each in made]


def _shown(side: Side, kind: str, rows: list[tuple[int | None, Row]], *, each: bool = False) -> list[Row | None]:
    ids = side.model.write(kind, rows, each=each)
    return [side.model.shown(kind, number) if number else None for number in ids]


def _sayable(kind: str, row: Row, *, new: bool) -> Row:
    """The fields that can be given in Python, which refuses what the API ignores."""
    return {name: value for name, value in row.items() if name not in (NEVER if new else ONCE[kind])}


def run(*, with_seed: int | None = None, examples: int = EXAMPLES, steps: int = STEPS) -> None:
    """Run the machine within the default budget, on a host of its own.

    With a seed, the run is determined by the seed, stops at the first disagreement and does not look for a shorter one.
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
