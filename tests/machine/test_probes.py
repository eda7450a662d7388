"""Repeated, extended and forged notifications: a failure says which it was, what is right, and how it came about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from copper_emulator import Copper, Received
from pytest_copper.machine import CopperMachine, EndpointFailed
from pytest_copper.oracles import Idempotent, UnknownFieldsTolerated
from tests.machine.running import run

LATER = "It came again, with an extra key (beyond). Copper may add keys: ignore unknown ones, and answer "


class FailsWhereGone(CopperMachine):
    """Treats a 404 as a failure; only a repeated notification reveals that, as long as nothing is late."""

    options: ClassVar[Mapping[str, Any]] = {"latency": "0"}
    asked_first = True

    def endpoint(self, copper: Copper) -> object:
        self.known: dict[int, str] = {}

        def hook(request: Received) -> int:
            told = request.json
            if self.asked_first and told.get("key") != "s3cret":
                return 401
            found = {person.id: person.name for person in copper.people.search(ids=told["ids"])}
            if told["event"] != "delete" and len(found) < len(told["ids"]):
                return 500
            self.known = {**{key: name for key, name in self.known.items() if key not in told["ids"]}, **found}
            return 200

        return hook

    def state(self, copper: Copper) -> object:
        return self.known


class Again(Idempotent, FailsWhereGone): ...


class Both(Idempotent, UnknownFieldsTolerated, FailsWhereGone): ...


class AskedLater(Both):
    asked_first = False


def told(machine: type[CopperMachine], *steps: str) -> list[str]:
    """The lines of the failure that these steps cause."""
    listed = "".join(f"  - {step}\n" for step in steps)
    with pytest.raises(EndpointFailed) as caught:
        machine.replay(f"name: one\nsettings: {{latency: 0}}\nsecret: {{key: s3cret}}\nsteps:\n{listed}")
    return str(caught.value).splitlines()


CREATE, DELETE = "create: {type: person, as: ada, fields: {name: Ada}}", "delete: {records: [ada]}"


def replay(more: str, ids: str = "{record: ada}") -> str:
    body = f"subscription_id: 1, event: new, type: person, ids: [{ids}], updated_attributes: {{}}{more}"
    return f"replay: {{target: 'https://endpoint.example/hooks/copper', body: {{{body}}}}}"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (
            ", key: s3cret",
            "It came again. A proxy or queue in front of you may send one twice: "
            "answer 2xx as the first time, and change nothing.",
        ),
        (", key: s3cret, beyond: 1", f"{LATER}2xx as without them."),
    ],
    ids=["again", "with a key more"],
)
def test_what_had_been_sent_before_is_to_be_answered_and_a_404_tells_of_a_deletion(more: str, says: str) -> None:
    said = told(Both, CREATE, DELETE, replay(more))

    assert said[0].endswith("rejected (500)")
    assert said[1] == says
    assert said[2].startswith("No longer there: person [94808711]. A 404 for a fetch means a deletion")
    assert len(said) == 3


@pytest.mark.parametrize(
    ("more", "how"),
    [(", key: guessed", "with a wrong secret (key='guessed')"), ("", "without the secret (key)")],
    ids=["wrong", "none"],
)
def test_what_was_forged_is_to_be_refused(more: str, how: str) -> None:
    said = told(AskedLater, replay(more, ids="1"))

    assert said[1:] == [
        f"It was forged, {how}. Whatever anybody sends must not make the endpoint fail: compare the secret before "
        "anything else, and refuse it with 4xx."
    ]


def test_what_has_the_secret_and_did_not_happen_is_told_so() -> None:
    said = told(Both, replay(", key: s3cret", ids="1"))

    assert said[1] == (
        "It came as if from Copper, about something that did not happen here. "
        "It has the secret, as Copper's own have: answer 2xx."
    )


def test_a_refusal_of_what_came_again_says_what_is_right() -> None:
    class Strict(UnknownFieldsTolerated, CopperMachine):
        def endpoint(self, copper: Copper) -> object:
            return lambda request: 400 if "beyond" in request.json else 200

        def state(self, copper: Copper) -> object:
            return None

    with pytest.raises(AssertionError) as caught:
        Strict.replay(f"name: one\nsteps:\n  - {CREATE}\n  - {replay(', key: s3cret, beyond: 1')}\n")

    first, second = str(caught.value).splitlines()
    assert first.startswith(
        "It came again, with an extra key (beyond), and was not answered 2xx: person/new [94808711]"
    )
    assert second.startswith("Copper may add keys")


@pytest.mark.parametrize("machine", [Again, Both])
def test_the_story_of_what_came_again_has_how_it_came_first(machine: type[CopperMachine]) -> None:
    found = run(machine, examples=300)

    assert found is not None
    assert found.events == ["create", "delete", "replay"]
    created, deleted, replayed = (part for step in found.scenario["steps"] for part in step.values())
    assert created == {"type": "person", "as": "person_1", "fields": {"name": "Ada"}}
    assert deleted == {"records": ["person_1"]}
    assert replayed["body"]["ids"] == [{"record": "person_1"}]
    with pytest.raises(EndpointFailed, match="came again"):
        machine.replay(found.text)


def test_an_update_that_comes_again_is_one_of_the_story() -> None:
    class Counts(Idempotent, CopperMachine):
        def endpoint(self, copper: Copper) -> object:
            self.updates = 0

            def hook(request: Received) -> int:
                if request.json.get("key") != "s3cret":
                    return 401
                self.updates += request.json["event"] == "update"
                return 200

            return hook

        def state(self, copper: Copper) -> object:
            return self.updates

    found = run(Counts, examples=300)

    assert found is not None
    assert found.events == ["create", "update", "replay"]
    steps: list[dict[str, Any]] = found.scenario["steps"]
    renamed = steps[2]["replay"]["body"]["updated_attributes"]["name"]
    assert renamed == ["Ada", steps[1]["update"]["fields"]["name"]]
