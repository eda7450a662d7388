"""What a user tells CopperMachine, and what it does with it."""

from __future__ import annotations

import json
import threading
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, TypeAlias
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from hypothesis import find
from hypothesis.strategies import SearchStrategy

from copper_emulator import Copper, Emulator, Received
from copper_emulator.copper import stepwise
from copper_emulator.core.records.kinds import kind_called
from pytest_copper.machine import CopperMachine, EndpointFailed
from pytest_copper.story import Step, Story
from tests.machine.machines import SampleMachine, machine
from tests.machine.running import run
from tests.machine.samples import PLURALS, sample

Message: TypeAlias = dict[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

TARGET = "https://endpoint.example/hooks/copper"


def test_an_endpoint_must_be_said() -> None:
    class Nowhere(CopperMachine): ...

    found = run(Nowhere, examples=2)

    assert found is not None
    assert str(found.error) == "Nowhere must say where its endpoint is: def endpoint(self, copper)"


def test_without_a_check_answers_are_judged() -> None:
    class Refusing(CopperMachine):
        secret = None

        def endpoint(self, copper: Copper) -> object:
            return lambda request: 400 if len(request.json["ids"]) > 1 else 200

    found = run(Refusing)

    assert found is not None
    assert isinstance(found.error, EndpointFailed)
    assert found.events == ["create"]
    assert found.scenario["steps"][0]["create"]["count"] == 2


def test_an_endpoint_may_subscribe_by_itself() -> None:
    """The scenario then has no subscriptions, and nothing arrives beyond what the endpoint wants."""
    told: set[str] = set()

    class OnlyNew(CopperMachine):
        def endpoint(self, copper: Copper) -> object:
            copper.subscribe("person", "new", target=TARGET, secret={"key": "s3cret"})
            return self.hear

        def subscribe(self, copper: Copper) -> None: ...

        def hear(self, request: Received) -> int:
            if request.json.get("key") != "s3cret":
                return 401
            told.add(request.json["event"])
            return 200

    assert run(OnlyNew, examples=10) is None
    assert told == {"new"}


def test_an_endpoint_that_was_to_subscribe_by_itself_and_has_not_is_told_so() -> None:
    class Machine(CopperMachine):
        secret = None

        def endpoint(self, copper: Copper) -> object:
            return lambda request: 500

        def subscribe(self, copper: Copper) -> None: ...

    found = run(Machine, examples=1)

    assert found is not None
    assert str(found.error).startswith("Machine: nothing was subscribed, so nothing could be delivered.")


def test_all_types_at_once() -> None:
    assert run(machine("right", *PLURALS), 1, examples=5) is None


def test_types_may_have_any_of_their_names() -> None:
    """Subscriptions, forged notifications and what happens have the types' own names."""
    told: set[str] = set()

    class People(CopperMachine):
        types = ("People", "person")

        def endpoint(self, copper: Copper) -> object:
            return lambda request: 200 if request.json.get("key") == "s3cret" else 401

        def after(self, step: dict[str, Any], remembered: object) -> None:
            told.update(step)

        def close(self) -> None:
            assert {each.type for each in self.copper.subscriptions} == {"person"}
            assert len(self.copper.subscriptions) == 3

    assert run(People, examples=10) is None
    assert {"create", "replay"} <= told


def test_what_is_closed_was_begun() -> None:
    """After each example, and after each that was replayed."""
    begun: list[int] = []

    class Counted(SampleMachine):
        def endpoint(self, copper: Copper) -> object:
            begun.append(1)
            return super().endpoint(copper)

        def close(self) -> None:
            begun.pop()

    run(Counted, examples=10)

    assert begun == []


def test_the_profile_with_more_topics_lets_activities_change() -> None:
    class Activities(SampleMachine):
        types = ("activity_log",)
        options = {"profile": "developer-docs"}  # noqa: RUF012 - as users write it

    told: set[str] = set()

    class Watched(Activities):
        def after(self, step: dict[str, object], remembered: object) -> None:
            told.update(step)

    assert run(Watched, examples=10) is None
    assert {"create", "update", "delete"} <= told


class WithTables:
    """An ASGI application that makes its table when it starts, as one does with the tables of its database."""

    def __init__(self, log: list[str]) -> None:
        self.log = log
        self.rows: set[int] | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.live(receive, send)
            return
        told = json.loads((await receive())["body"])
        status = 401 if told.get("key") != "s3cret" else 204
        if status == 204:
            assert self.rows is not None
            self.rows.update(told["ids"])
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def live(self, receive: Receive, send: Send) -> None:
        await receive()
        self.rows = set()
        self.log.append("start")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.log.append("stop")
        await send({"type": "lifespan.shutdown.complete"})


class Started(CopperMachine):
    """Its check needs what the application makes when it starts, also if nothing was delivered yet."""

    log: ClassVar[list[str]]

    def endpoint(self, copper: Copper) -> object:
        self.log.append("endpoint")
        self.app = WithTables(self.log)
        return self.app

    def check(self, copper: Copper) -> None:
        assert self.app.rows is not None
        assert self.app.rows >= {person.id for person in copper.people.search()}

    def close(self) -> None:
        self.log.append("close")


def test_an_application_is_started_before_anything_else_and_shut_down_before_close() -> None:
    class Here(Started):
        log: ClassVar[list[str]] = []

    Here.replay("name: none\nsteps: [{advance: 1m}]")

    assert Here.log == ["endpoint", "start", "stop", "close"]
    assert run(Here, examples=5) is None


def test_what_an_application_subscribes_to_at_startup_is_subscribed() -> None:
    class Subscribing(Started):
        log: ClassVar[list[str]] = []

        def endpoint(self, copper: Copper) -> object:
            app = WithTables(self.log)
            self.app = app

            async def subscribing(scope: Message, receive: Receive, send: Send) -> None:
                if scope["type"] == "lifespan":
                    copper.subscribe("person", "new", target=TARGET, secret={"key": "s3cret"})
                await app(scope, receive, send)

            return subscribing

        def subscribe(self, copper: Copper) -> None:
            assert [str(each.topic) for each in copper.subscriptions] == ["person/new"]

    Subscribing.replay("name: one\nsteps: [{create: {type: person, as: ada}}]")


def test_an_application_that_the_machine_started_itself_is_left_alone() -> None:
    class StartedItself(Started):
        log: ClassVar[list[str]] = []

        def endpoint(self, copper: Copper) -> object:
            app = super().endpoint(copper)
            copper.route("https://endpoint.example", to=app, lifespan=False)
            self.app.rows = set()
            return app

    StartedItself.replay("name: one\nsteps: [{create: {type: person, as: ada}}]")

    assert StartedItself.log == ["endpoint", "close"]


def test_an_application_that_does_not_start_is_told_without_a_scenario() -> None:
    class Broken(CopperMachine):
        def endpoint(self, copper: Copper) -> object:
            async def app(scope: Message, receive: Receive, send: Send) -> None:
                await receive()
                await send({"type": "lifespan.startup.failed", "message": "no database"})

            return app

    found = run(Broken, examples=2)

    assert found is not None
    assert "was not started: the application's start-up failed: no database" in str(found.error)
    assert found.text == ""


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - the library's name for it


class OverHttp(CopperMachine):
    """Like an endpoint in another process: a URL, and the API over HTTP."""

    def endpoint(self, copper: Copper) -> object:
        self.app = sample("first id only", api_url=copper.api_url, headers=copper.headers)
        self.server = make_server("127.0.0.1", 0, self.app, handler_class=Quiet)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def check(self, copper: Copper) -> None:
        assert list(self.app.copy["person"]) == [person.id for person in copper.people.search()]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def test_an_endpoint_may_be_a_url() -> None:
    scenario = "name: two\nsteps: [{create: {type: person, as: people, count: 2}}]"

    with pytest.raises(AssertionError):
        OverHttp.replay(scenario)
    OverHttp.replay(scenario.replace("count: 2", "count: 1"))


@pytest.mark.parametrize(("kind", "field"), [("lead", "email"), ("person", "emails")])
@pytest.mark.parametrize("way", [Story.creates, Story.imports])
def test_leads_and_people_may_have_email_addresses_each_another(
    kind: str, field: str, way: Callable[[Story], SearchStrategy[Step]]
) -> None:
    """They are what two records have in common when a lead is converted."""
    step = find(way(Story([kind_called(kind)])), lambda step: field in step["create"]["fields"])

    with Emulator() as copper:
        stepwise(copper).perform(stepwise(copper).read(step))
        records: Any = getattr(copper, PLURALS[kind]).search()

        there = [record.email["email"] if kind == "lead" else record.emails[0]["email"] for record in records]
        assert len(set(there)) == len(there) == step["create"].get("count", 1)
