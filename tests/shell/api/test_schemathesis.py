"""Schemathesis reads the description of the API and tries it out: boundaries, right and wrong data, sequences of calls.

Nothing may be answered with 500, and nothing that is not described. The calls are the same on every run.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from copper_emulator import Copper, Emulator
from copper_emulator.openapi import describe
from tests.shell.api.furnished import Furnished, described_for, furnish

pytest.importorskip("schemathesis", reason="schemathesis makes the calls")

import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine import events, from_schema

TAGS = [tag["name"] for tag in describe()["tags"]]

EXAMPLES = int(os.environ.get("COPPER_SCHEMATHESIS_EXAMPLES", "5"))
SEED = int(os.environ.get("COPPER_SCHEMATHESIS_SEED", "1"))
"""More of the first, and others of the second, search longer: `CONTRIBUTING.md`."""

LEFT_OUT = {
    "unsupported_method": "Copper answers a method that a path does not have like a path that is not there: 404",
    "positive_data_acceptance": "right data may be refused for what no schema can tell; `refused_unlike` knows those",
    "use_after_free": "what was deleted is put back, so that later calls find something",
    "ensure_resource_availability": "a lead that was converted is gone, and a relation need not be there",
}
"""The checks of schemathesis that are not made, and why."""

UNTOLD = (
    "has already been taken",
    "cannot be related to",
    "is already related to",
    "Multiple Leads match",
    "Assignee Id: can't be blank",
    "Options: ",
    "Currency: is invalid",
)
"""Why right data may be refused: what no schema can tell."""

IN_PLACE = ("/bulk_create", "/bulk_update")
"""What is wrong with one of the bodies is told in its place, in an answer with 200."""

LENIENT = ("/search", "/activities")
"""Clients send numbers as texts, and empty values for none; both are taken."""


@dataclass
class Found:
    """What became of the calls: answers by operation and status, and what should not have been."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, recorder: Any) -> None:
        """Everything about one operation, or one sequence of calls."""
        for case_id, interaction in recorder.interactions.items():
            case, response = recorder.cases[case_id].value, interaction.response
            self.statuses[case.operation.label, response.status_code] += 1
            if case.meta is not None and case.meta.generation.mode.is_positive:
                self._check_refusal(case, response)
        for case_id, checks in recorder.checks.items():
            case = recorder.cases[case_id].value
            for check in checks:
                told = check.failure_info
                if told is not None and not (check.name == "negative_data_rejection" and is_lenient(case)):
                    self.wrong.append(f"{case.operation.label}: {check.name}: {told.failure}\n{told.code_sample}")

    def _check_refusal(self, case: Any, response: Any) -> None:
        if response.status_code in (400, 422) and not any(reason in response.text for reason in UNTOLD):
            self.wrong.append(f"{case.as_curl_command()}\nis right, but answered with {response.text}")


def is_lenient(case: Any) -> bool:
    """Whether what is wrong with a call stands where the API does not look, or takes more than is described."""
    wrong = {location for location, part in case.meta.components.items() if part.mode.is_negative}
    free = {ParameterLocation.QUERY, ParameterLocation.HEADER, ParameterLocation.COOKIE}
    if case.operation.path.endswith((*IN_PLACE, *LENIENT)):
        free.add(ParameterLocation.BODY)
    return wrong <= free


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator(profile="developer-docs", strict=False) as copper:
        yield copper


def tried_out(copper: Copper, tag: str) -> Found:
    """Every operation of a tag, tried out by schemathesis."""
    furnished, found = furnish(copper), Found()
    for event in from_schema(schema_of(copper, furnished, tag)).execute():
        if isinstance(event, events.ScenarioFinished):
            found.add(event.recorder)
        elif isinstance(event, events.NonFatalError):
            found.wrong.append(f"{event.label}: {event.info.format()}")
        elif isinstance(event, events.FatalError):
            raise event.exception
    return found


def schema_of(copper: Copper, furnished: Furnished, tag: str) -> Any:
    """The description as schemathesis has it, with the account's own ids."""
    config = {
        "seed": SEED,
        "base-url": copper.api_url,
        "headers": dict(copper.headers),
        "cache": {"enabled": False},
        "generation": {"max-examples": EXAMPLES, "deterministic": True, "with-security-parameters": False},
        "checks": {name: {"enabled": False} for name in LEFT_OUT},
    }
    document = described_for(furnished)
    schema = schemathesis.openapi.from_dict(document, config=schemathesis.Config.from_dict(config)).include(tag=tag)

    @schema.hook
    def map_body(context: Any, body: Any) -> Any:
        return as_clients_write(body)

    @schema.hook
    def after_call(context: Any, case: Any, response: Any) -> None:
        in_sequence = case.meta is None or case.meta.phase.name.value == "stateful"
        gone = case.method == "DELETE" or case.path.endswith("/convert")
        if response.status_code == 200 and not in_sequence and (gone or len(copper.subscriptions) > 20):
            copper.reset()
            assert furnish(copper) == furnished

    return schema


def as_clients_write(value: Any) -> Any:
    """A body whose whole numbers have no fraction: `17.0` is an integer in JSON Schema, but no client writes one so."""
    if isinstance(value, dict):
        return {name: as_clients_write(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_clients_write(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@pytest.mark.parametrize("tag", TAGS)
def test_no_call_is_answered_with_500_or_otherwise_than_described(copper: Copper, tag: str) -> None:
    found = tried_out(copper, tag)

    __import__("pathlib").Path(f"/tmp/w/st_{tag}.txt").write_text(
        "\n\n".join(found.wrong) + "\n" + repr(found.statuses)
    )
    assert not found.wrong, "\n\n".join(found.wrong[:5])
    # Nothing would be found where every call meets a wall.
    assert [label for label, _ in found.statuses if not found.statuses[label, 200]] == []
