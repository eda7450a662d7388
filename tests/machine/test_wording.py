"""What a machine answers to input that cannot be meant, and how it words its findings."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time
from hypothesis import HealthCheck, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import invariant, precondition, rule

from copper_emulator import Copper, Received, Response, ScenarioError
from pytest_copper import shortest
from pytest_copper.machine import CopperMachine, EndpointFailed, fitting
from pytest_copper.oracles import AnswersInTime, Idempotent
from pytest_copper.shortest import Shortening
from pytest_copper.written import Act
from tests.machine.machines import SampleMachine
from tests.machine.running import Found, run


class Right(CopperMachine):
    """Answers correctly, and stores nothing."""

    def endpoint(self, copper: Copper) -> object:
        return lambda request: 200 if request.json.get("key") == "s3cret" else 401


def like(base: type[CopperMachine] = Right, **said: Any) -> type[CopperMachine]:
    return type("Mirror", (base,), said)


async def _waiting(self: CopperMachine, copper: Copper) -> None: ...


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            {"types": "person"},
            'Mirror.types: give the types as a tuple, like types = ("person", "lead"), not \'person\'',
        ),
        ({"types": ()}, "Mirror.types: give the types as a tuple"),
        ({"types": ("persn",)}, "Mirror.types: there is no type 'persn'"),
        (
            {"secret": "s3cret"},
            'Mirror.secret: give what the subscriptions send, like {"key": "s3cret"}, not \'s3cret\'',
        ),
        ({"secret": {}}, "Mirror.secret: give what"),
        ({"check": lambda self, copper: False}, "Mirror.check returned False; assert what must hold instead"),
        ({"options": {"latncy": "1m"}}, "there is no setting 'latncy'"),
        ({"state": lambda self: 1}, "Mirror.state: write it as def state(self, copper); as it is, it cannot be called"),
        ({"check": lambda self, copper, more: None}, "Mirror.check: write it as def check(self, copper);"),
        ({"close": lambda self, copper: None}, "Mirror.close: write it as def close(self);"),
        ({"check": 1}, "Mirror.check: write it as def check(self, copper), not as 1"),
        ({"reconcile": _waiting}, "Mirror.reconcile: write it as def reconcile(self, copper), without async"),
        (
            {"target": "http://endpoint.example/hook"},
            "Mirror.target: Copper accepts https:// targets only. Write https:// instead, with any host: what "
            '`endpoint` returns is routed there. Or allow one on loopback with options = {"allow_http": True}',
        ),
        ({"__init__": lambda self: None}, "Mirror.__init__ must call super().__init__()."),
    ],
)
def test_what_cannot_be_meant_is_told_without_a_scenario(said: dict[str, Any], words: str) -> None:
    found = run(like(**said), examples=2)

    assert found is not None
    assert words in str(found.error)
    assert found.text == ""


def test_a_mistake_in_the_class_is_an_error_before_the_first_example() -> None:
    begun: list[int] = []

    def endpoint(self: CopperMachine, copper: Copper) -> object:
        begun.append(1)
        return lambda request: 200

    assert run(like(endpoint=endpoint, state=lambda self: 1)) is not None
    assert begun == []


def test_no_machine_is_made_that_is_not_played() -> None:
    """Nobody would tear it down, whatever it has begun in its own `__init__`."""
    made: list[CopperMachine] = []

    class Counted(Right):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)

    assert run(Counted, examples=3, steps=3) is None
    assert [hasattr(each, "playthrough") for each in made] == [True] * len(made)


def test_a_shutdown_that_fails_does_not_hide_what_was_found() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        if scope["type"] == "lifespan":
            await send({"type": "lifespan.startup.complete"})
            await receive()
            raise LookupError("no such table")
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def check(_: CopperMachine, copper: Copper) -> None:
        assert not copper.deliveries, "found"

    found = run(like(endpoint=lambda self, copper: app, check=check), examples=10, steps=4)

    assert found is not None
    assert "found" in str(found.error)
    assert "A scenario that reproduces it (paste and replay):" in "\n".join(found.error.__notes__)


def test_what_an_oracle_needs_is_asked_for_before_the_first_example() -> None:
    begun: list[int] = []

    class Mirror(Idempotent, Right):
        def endpoint(self, copper: Copper) -> object:
            begun.append(1)
            return super().endpoint(copper)

    found = run(Mirror)

    assert found is not None
    assert str(found.error) == "Mirror must say what its endpoint believes: def state(self, copper)"
    assert begun == []


def test_a_state_that_cannot_be_copied_is_the_machines_mistake() -> None:
    class Mirror(Idempotent, Right):
        def state(self, copper: Copper) -> object:
            return threading.Lock()

    found = run(Mirror)

    assert found is not None
    assert str(found.error).startswith("state: what it returned (lock) cannot be copied: ")
    assert found.text == ""


def test_an_http_target_may_be_allowed() -> None:
    assert run(like(target="http://127.0.0.1:5000/hook", options={"allow_http": True}), examples=2) is None


def test_methods_may_be_static_and_may_take_more_that_has_defaults() -> None:
    said: dict[str, Any] = {"check": staticmethod(lambda copper: None), "state": lambda self, copper, more=1: 1}

    assert run(like(**said), examples=2) is None


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"advanc": "1d"}, "is not a step of a scenario: advanc: there is no such key; did you mean 'advance'?"),
        ({"update": {"records": "nobody", "fields": {"name": "Ada"}}}, "there are no records 'nobody'"),
        ({"at": "5m", "advance": "1d"}, "have no `at`; advance before the step"),
        ({"create": {"type": "person", "fields": {"nam": "Ada"}}}, "did you mean 'name'?"),
    ],
)
def test_a_step_that_cannot_be_is_told(step: dict[str, Any], words: str) -> None:
    def strange(self: CopperMachine) -> None:
        self.happen(step)

    found = run(like(strange=rule()(strange)), examples=5)

    assert found is not None
    assert isinstance(found.error, ScenarioError)
    assert words in str(found.error)


PLAIN = {"as": "plain", "topic": "person/new", "target": "http://billing.example.com/hook"}


def test_a_step_may_be_one_that_the_api_refuses() -> None:
    numbers = count(1)

    def refused(self: CopperMachine) -> None:
        self.happen({"subscribe": {**PLAIN, "as": f"plain_{next(numbers)}"}, "refused": 422})

    assert run(like(refused=rule()(refused)), examples=5) is None


def test_a_refusal_that_does_not_come_is_a_failure_and_written_as_the_one_step_that_it_is() -> None:
    accepted = {"subscribe": {**PLAIN, "target": "https://billing.example.com/hook"}, "refused": 422}

    def happens(self: CopperMachine) -> None:
        self.happen(accepted)

    found = run(like(happens=rule()(happens)), examples=5)

    assert found is not None
    assert "The API should have refused this with 422, but accepted it." in str(found.error)
    assert found.scenario["steps"] == [accepted]


def test_records_that_a_rule_seeds_under_one_name_can_be_used_by_the_machine() -> None:
    """Each by its own name: three people cannot be merged as if they were one."""

    class Crowded(Right):
        seeded = False

        @precondition(lambda self: not self.seeded)
        @rule()
        def seed_people(self) -> None:
            self.seeded = True
            self.happen({"seed": {"type": "person", "as": "crowd", "count": 3}})

    assert run(Crowded, examples=30) is None


def test_a_record_without_a_name_may_be_made() -> None:
    def nameless(self: CopperMachine) -> None:
        self.happen({"create": {"type": "person", "fields": {"name": "Ada"}}})

    assert run(like(nameless=rule()(nameless)), examples=5) is None


def test_a_method_that_is_almost_a_hook_is_warned_of() -> None:
    with pytest.warns(UserWarning, match=r"nothing calls Mirror\.reconsile; did you mean 'reconcile'\?"):
        like(reconsile=lambda self, copper: None)


# --- replay ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ("nowhere.yaml", "there is no scenario 'nowhere.yaml'"),
        ("name: one\n", "scenario:1: steps: is missing"),
        ("name: one\nsteps:\n", "scenario:2: steps"),
        ("name: one\nsteps:\n  - creat: {type: person}\n", "scenario:3: "),
        ("name: one\nsteps:\n  - {at: 5m, advance: 1m}\n", "scenario:3: a machine plays no step with `at`"),
    ],
)
def test_what_is_no_scenario_is_told_with_its_line(scenario: str, words: str) -> None:
    with pytest.raises(ScenarioError) as raised:
        Right.replay(scenario)

    assert words in str(raised.value)


def test_a_file_may_be_named_as_a_path_or_as_a_text(tmp_path: Path) -> None:
    path = tmp_path / "found.yaml"
    path.write_text("name: one\nsteps:\n  - create: {type: person, as: ada}\n")

    for each in (path, str(path), path.read_text()):
        with pytest.raises(AssertionError, match="that is all"):
            like(check=_that_is_all).replay(each)


def test_what_pytest_printed_is_played_as_it_was_copied(tmp_path: Path) -> None:
    path = tmp_path / "found.yaml"
    path.write_text("E       name: one\nE       steps:\nE         - create: {type: person, as: ada}\n")

    for each in (path, path.read_text()):
        with pytest.raises(AssertionError, match="that is all"):
            like(check=_that_is_all).replay(each)


def test_words_are_read_as_copper_play_reads_them() -> None:
    seen = []

    def check(self: CopperMachine, copper: Copper) -> None:
        seen.append((copper.settings.limits, copper.faults.active))

    like(check=check).replay(
        "name: one\nsettings: {limits: off}\nsteps:\n  - faults: shuffle\n  - faults: off\n  - advance: 1m\n"
    )

    assert seen == [((), [])]


def _that_is_all(self: CopperMachine, copper: Copper) -> None:
    raise AssertionError("that is all")


# --- what it finds --------------------------------------------------------------------------------------------


def test_who_accepts_a_forgery_is_told_what_a_forgery_is() -> None:
    found = run(like(endpoint=lambda self, copper: lambda request: 200))

    assert found is not None
    assert str(found.error).splitlines() == [
        "A notification without the secret (key) was answered 200, as if it were Copper's."
        if "key" not in found.scenario["steps"][0]["replay"]["body"]
        else "A notification with a wrong secret (key='guessed') was answered 200, as if it were Copper's.",
        "Compare the secret before anything else, and answer 401. If this is intended, set must_refuse = False in the "
        "machine (then it only has to have no effect), or secret = None.",
    ]


@pytest.mark.parametrize("status", [500, None])
def test_a_forgery_must_not_make_it_fail(status: int | None) -> None:
    """And one forgery is enough to show it."""

    def hook(request: Received) -> int:
        if status is None:
            return 200 if request.json["key"] == "s3cret" else 401
        return 200 if request.json.get("key") == "s3cret" else status

    found = run(like(endpoint=lambda self, copper: hook))

    assert found is not None
    assert isinstance(found.error, EndpointFailed)
    assert str(found.error).splitlines()[1].endswith("refuse it with 4xx.")
    assert found.events == ["replay"]
    with pytest.raises(EndpointFailed):
        like(endpoint=lambda self, copper: hook).replay(found.text)


def test_a_refusal_is_told_with_what_was_answered_and_what_helps() -> None:
    fails = like(secret=None, endpoint=lambda self, copper: lambda request: (500, "no such customer"))
    found = run(fails, shrunk=False)

    assert found is not None
    assert "rejected (500), body: no such customer\n" in str(found.error)
    assert str(found.error).endswith("Fix the endpoint.")


def _notes(found: Found | None) -> str:
    assert found is not None
    return "\n".join(found.error.__notes__)


KEPT: dict[int, dict[str, Any]] = {}


class KeepsFromExampleToExample(SampleMachine):
    """Its endpoint has one memory for all examples, as an application with a module's variable has."""

    def endpoint(self, copper: Copper) -> object:
        app = super().endpoint(copper)
        self.app.copy["person"] = KEPT
        return app


def test_what_is_kept_from_one_example_to_the_next_is_not_said_to_be_reproducible() -> None:
    KEPT.clear()
    found = run(KeepsFromExampleToExample, examples=30, steps=10)

    assert "anew in `endpoint`" in _notes(found)
    assert "reproduces" not in _notes(found)


def test_what_does_not_fail_again_is_not_said_to_be_reproducible() -> None:
    failed = list[AssertionError]()

    def check(self: CopperMachine, copper: Copper) -> None:
        if copper.deliveries and not failed:
            failed.append(AssertionError("once"))
            raise failed[0]

    found = run(like(check=check), examples=10)

    assert found is not None
    assert isinstance(found.error, Flaky)
    assert "The same steps have not always had the same outcome." in _notes(found)
    assert "What had happened, as a scenario:" in "\n".join(failed[0].__notes__)


def test_what_fails_though_nothing_has_happened_has_no_scenario() -> None:
    def check(self: CopperMachine, copper: Copper) -> None:
        raise AssertionError("never right")

    found = run(like(check=check), examples=5)

    assert "It fails though nothing has happened" in _notes(found)
    assert "name: Mirror" not in _notes(found)


class LooksAtItsClock(SampleMachine):
    """Its endpoint leaves out what seems to be more than 20 minutes from the present."""

    def endpoint(self, copper: Copper) -> object:
        super().endpoint(copper)
        return self.hook

    def hook(self, request: Received) -> object:
        if request.json.get("key") != "s3cret":
            return 401
        sent = datetime.fromisoformat(str(request.json["timestamp"]))
        if abs(datetime.now(UTC) - sent) < timedelta(minutes=20):  # noqa: TID251 - the endpoint's, which may be frozen
            self.app.notified(request.json)
        return 200

    @rule()
    def an_hour_passes(self) -> None:
        self.happen({"advance": "1h"})


class WithFrozenClock(LooksAtItsClock):
    """Its clock goes along."""

    def endpoint(self, copper: Copper) -> object:
        self.frozen = freeze_time("2026-03-02 09:00")
        self.frozen.start()
        return super().endpoint(copper)

    def close(self) -> None:
        self.frozen.stop()


def test_time_that_was_played_ahead_is_told_unless_the_endpoints_clock_went_along() -> None:
    found = run(LooksAtItsClock, examples=50, steps=10)

    assert found is not None
    assert found.events == ["advance", "create"]
    assert "the endpoint's own clock stays where it is" in _notes(found)
    assert run(WithFrozenClock, examples=50, steps=10) is None


def test_the_error_is_that_of_the_scenario_that_is_told() -> None:
    def check(self: Any, copper: Copper) -> None:
        people = len(copper.people.search())
        assert people < 2, f"{people} people"

    found = run(like(check=check))

    assert found is not None
    assert found.events == ["create"]
    assert found.scenario["steps"][0]["create"]["count"] == 2
    assert str(found.error).startswith("2 people")


def test_an_invariant_holds_when_everything_has_been_delivered() -> None:
    class Mirror(SampleMachine):
        def check(self, copper: Copper) -> None: ...

        @invariant()
        def nothing_is_missing(self) -> None:
            super().check(self.copper)

    class Deaf(Mirror):
        name = "ignores deletes"

    assert run(Mirror, examples=20) is None
    found = run(Deaf)
    assert found is not None
    assert found.events == ["create", "delete"]


def test_steps_of_one_rule_are_judged_together() -> None:
    """A condition that holds only after both does not make the first look wrong."""

    class Paired(Right):
        types = ("company",)

        @rule()
        def pair(self) -> None:
            number = len(self.copper.companies.search())
            steps = ({"create": {"type": "company", "fields": {"name": f"Pair {number}"}}} for _ in range(2))
            self.happen(*steps)

        def check(self, copper: Copper) -> None:
            paired = [each for each in copper.companies.search() if each.name.startswith("Pair")]
            assert len(paired) % 2 == 0

    assert run(Paired, examples=10, steps=10) is None


# --- settings -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{"latency": "5m"}, {"latency": "0-15m"}, {"seed": 3}, {"batch": 5}])
def test_the_users_own_settings_count_more_than_those_drawn(options: dict[str, Any]) -> None:
    seen: set[Any] = set()

    def check(self: Any, copper: Copper) -> None:
        seen.add(tuple(str(getattr(copper.settings, name)) for name in options))

    assert run(like(options=options, check=check), examples=15) is None
    assert seen == {tuple(str(value) for value in options.values())}


def test_what_a_limit_drops_is_not_the_endpoints_fault() -> None:
    class Limited(SampleMachine):
        options = {"limits": "1/1m", "over_limit": "drop"}  # noqa: RUF012 - as users write it

    assert run(Limited, examples=15) is None


def test_hypothesis_settings_are_made_to_fit() -> None:
    fitted = fitting(settings(max_examples=30, suppress_health_check=list(HealthCheck)), CopperMachine.without)

    assert fitted.max_examples == 30
    assert fitted.deadline is None
    assert not fitted.report_multiple_bugs
    assert "explain" not in {phase.name for phase in fitted.phases}


def test_what_is_allowed_is_in_the_scenario_as_it_can_be_played() -> None:
    accepts_all = like(options={"allow": {"exception", 409}}, endpoint=lambda self, copper: lambda request: 200)
    found = run(accepts_all, shrunk=False)

    assert found is not None
    assert found.scenario["settings"] == {"allow": [409, "exception"]}
    with pytest.raises(EndpointFailed):
        like(endpoint=lambda self, copper: lambda request: 200).replay(found.text)


def test_what_is_too_slow_is_not_shrunk() -> None:
    phases = fitting(settings(), AnswersInTime.without).phases

    assert {phase.name for phase in phases} == {"explicit", "reuse", "generate", "target"}


def test_shortening_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    played = []
    acts: list[Act] = [[{"create": {"type": "person", "as": f"person_{number}"}}] for number in range(9)]

    def play(_drawn: dict[str, Any], acts: list[Act]) -> int:
        played.append(acts)
        return len(played)

    monkeypatch.setattr(shortest, "_LONGEST", -1.0)
    assert Shortening(play, {}).of(({}, acts)) == 1
    assert played == [acts]


def test_an_endpoint_that_takes_long_is_found() -> None:
    def slow(request: Received) -> object:
        return Response(200, delay="3s") if request.json.get("key") == "s3cret" else 401

    timed = {"endpoint": lambda self, copper: slow, "within": "2s"}
    found = run(type("Slow", (AnswersInTime, Right), timed), examples=5)

    assert found is not None
    assert "took 3s to be answered, more than 2s: answer first, and work afterwards" in str(found.error)
    assert run(type("Quick", (AnswersInTime, Right), {**timed, "within": "5s"}), examples=5) is None
