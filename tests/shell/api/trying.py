"""What does schemathesis find in the API, by its description? Boundaries, valid and invalid data, sequences.

    python -m tests.shell.api.trying                                   everything, as the tests do it
    python -m tests.shell.api.trying people --examples 200 --seed 7    one part, searched for longer

A program of its own, because schemathesis changes Hypothesis for its whole process.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine import events, from_schema

from copper_emulator import Copper, Emulator
from copper_emulator.openapi import describe
from tests.shell.api.furnished import Furnished, described_for, furnish

TAGS = [tag["name"] for tag in describe()["tags"]]

LEFT_OUT = {
    "unsupported_method": "Copper answers a method that a path does not have like a path that is not there: 404",
    "positive_data_acceptance": "right data may be refused for what no schema can tell; `UNTOLD` knows those reasons",
    "use_after_free": "what was deleted is put back, so that later calls find something",
    "ensure_resource_availability": "a lead that was converted is gone, and a relation need not be there",
}
"""The checks of schemathesis that are skipped, and why."""

UNTOLD = (
    "has already been taken",
    "cannot be related to",
    "is already related to",
    "Multiple Leads match",
    "has already been converted",
    # Refused once there is one; until then, null is the same as absent.
    "Assignee Id: can't be blank",
    # A stage belongs to one pipeline.
    "Pipeline Stage Id: is invalid",
    # These depend on the data type of a custom field definition.
    "Options: ",
    "Currency: is invalid",
)
"""Why valid data may be refused: conditions that no schema can express."""

IN_PLACE = ("/bulk_create", "/bulk_update")
"""Operations that report errors in one of the bodies in its place, in an answer with 200."""

LENIENT = ("/search", "/activities")
"""Operations that accept numbers sent as text, and empty values for none, because clients send them."""


@dataclass
class Found:
    """The results of the calls: answers by operation and status, and what should not have happened."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, recorder: Any) -> None:
        """Add everything about one operation, or one sequence of calls."""
        for case_id, interaction in recorder.interactions.items():
            case, response = recorder.cases[case_id].value, interaction.response
            self.statuses[case.operation.label, response.status_code] += 1
            if case.meta is not None and case.meta.generation.mode.is_positive:
                self._check_refusal(case, response)
        for case_id, checks in recorder.checks.items():
            case = recorder.cases[case_id].value
            for check in checks:
                told = check.failure_info
                sent = recorder.interactions[case_id].request.body
                excused = check.name == "negative_data_rejection" and (is_lenient(case) or is_empty(sent))
                if told is not None and not excused:
                    self.wrong.append(f"{case.operation.label}: {check.name}: {told.failure}\n{told.code_sample}")

    def _check_refusal(self, case: Any, response: Any) -> None:
        if response.status_code in (400, 422) and not any(reason in response.text for reason in UNTOLD):
            self.wrong.append(f"{case.as_curl_command()}\nis right, but was answered with {response.text}")

    def check_success(self) -> None:
        """Check that each operation has succeeded at least once; otherwise nothing was really tested."""
        for label in sorted({label for label, _ in self.statuses}):
            if not self.statuses[label, 200]:
                self.wrong.append(f"{label}: never answered with 200")


def is_empty(body: bytes | None) -> bool:
    """Whether a body consists of white space only, which is the same as none."""
    return body is not None and not body.strip(b" \t\r\n")


def is_lenient(case: Any) -> bool:
    """Whether the invalid parts of a call are where the API does not look, or accepts more than is described."""
    wrong = {location for location, part in case.meta.components.items() if part.mode.is_negative}
    free = {ParameterLocation.QUERY, ParameterLocation.HEADER, ParameterLocation.COOKIE}
    if case.operation.path.endswith((*IN_PLACE, *LENIENT)):
        free.add(ParameterLocation.BODY)
    return wrong <= free


def try_out(copper: Copper, tag: str, found: Found, *, examples: int, seed: int) -> None:
    """Make the calls of one part of the API."""
    schema = schema_of(copper, furnish(copper), tag, examples=examples, seed=seed)
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            found.add(event.recorder)
        elif isinstance(event, events.NonFatalError):
            found.wrong.append(f"{event.label}: {event.info.format()}")
        elif isinstance(event, events.FatalError):
            raise event.exception


def schema_of(copper: Copper, furnished: Furnished, tag: str, *, examples: int, seed: int) -> schemathesis.BaseSchema:
    """A part of the description as schemathesis has it, with the account's own ids."""
    config = schemathesis.Config.from_dict(
        {
            "seed": seed,
            "base-url": copper.api_url,
            "headers": dict(copper.headers),
            "cache": {"enabled": False},
            "generation": {"max-examples": examples, "deterministic": True, "with-security-parameters": False},
            "checks": {name: {"enabled": False} for name in LEFT_OUT},
        }
    )
    schema = schemathesis.openapi.from_dict(described_for(furnished), config=config).include(tag=tag)

    @schema.hook
    def map_body(context: Any, body: Any) -> Any:
        return as_clients_write(body)

    @schema.hook
    def after_call(context: Any, case: Any, response: Any) -> None:
        in_sequence = case.meta is None or case.meta.phase.name.value == "stateful"
        gone = case.method == "DELETE" or case.path.endswith("/convert")
        if response.status_code == 200 and not in_sequence and (gone or len(copper.subscriptions) > 20):
            copper.reset()
            furnish(copper)

    return schema


def as_clients_write(value: Any) -> Any:
    """A body whose whole numbers have no fraction: `17.0` is an integer in JSON Schema, but no client writes that."""
    if isinstance(value, dict):
        return {name: as_clients_write(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_clients_write(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def print_and_exit(wrong: list[str], statuses: Counter[tuple[str, int]]) -> None:
    """Print what is wrong and how many answers had each status; exit with 1 if anything is wrong."""
    by_status: Counter[int] = Counter()
    for (_, status), count in statuses.items():
        by_status[status] += count
    sys.stdout.write("\n\n".join(wrong) + f"\n{len(wrong)} wrong; answers: {dict(sorted(by_status.items()))}\n")
    sys.exit(1 if wrong else 0)


def main() -> None:
    """Print what is wrong; exit with 1 if anything is."""
    parser = argparse.ArgumentParser()
    parser.add_argument("tags", nargs="*", default=TAGS, help=f"of {', '.join(TAGS)}; all unless said")
    parser.add_argument("--examples", type=int, default=3, help="drawn for each operation beside the boundaries")
    parser.add_argument("--seed", type=int, default=1)
    said = parser.parse_args()
    schemathesis.openapi.from_dict(describe()).validate()
    found = Found()
    for tag in said.tags:
        with Emulator(profile="developer-docs", strict=False) as copper:
            try_out(copper, tag, found, examples=said.examples, seed=said.seed)
    found.check_success()
    print_and_exit(found.wrong, found.statuses)


if __name__ == "__main__":
    main()
