"""What a user tells CopperMachine, and what it does with it."""

from __future__ import annotations

import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from copper_emulator import Copper, Received
from pytest_copper.machine import CopperMachine, EndpointFailed
from tests.machine.machines import SampleMachine, machine
from tests.machine.running import run
from tests.machine.samples import PLURALS, sample

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


def test_all_types_at_once() -> None:
    assert run(machine("right", *PLURALS), 1, examples=5) is None


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
