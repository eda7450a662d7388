"""What does schemathesis find in the control API, by its description? Like `trying.py` for Copper's own API.

python -m tests.shell.control.trying                                   everything, as the tests do it
python -m tests.shell.control.trying clock --examples 200 --seed 7     one part, searched for longer
"""

from __future__ import annotations

import argparse
import copy
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import requests
import schemathesis
from schemathesis.engine import events, from_schema

from copper_emulator.core.paths import CONTROL_PATH
from copper_emulator.served_scenarios import ServedScenarios
from copper_emulator.settings import Settings
from copper_emulator.shell.control.api import OPERATIONS, SERVER_OPERATIONS
from copper_emulator.shell.control.description import describe, described
from copper_emulator.shell.loop_thread import LoopThread
from copper_emulator.shell.served.plan import Plan
from copper_emulator.shell.serving.server import Server
from tests.shell.api.trying import as_clients_write, print_and_exit

DOCUMENT = describe(list(described(SERVER_OPERATIONS, OPERATIONS)))
TAGS = [tag["name"] for tag in DOCUMENT["tags"]]

LEFT_OUT = {
    "positive_data_acceptance": "right data may be refused for what no schema can tell, like an id that is not there",
    "negative_data_rejection": "every value in a query is a text, and numbers are also taken as texts",
    "unsupported_method": "aiohttp answers 405 to a method that a path does not have, and its own tests see to that",
    "use_after_free": "the account is furnished anew between calls",
    "ensure_resource_availability": "as above",
}
"""The checks of schemathesis that are skipped, and why."""

ENDLESS = ("/accounts/{name}/journal/stream",)
"""Not called, because they answer for as long as someone listens."""

NEVER = {"GET /accounts/{name}/scenarios/runs/{run}": "no scenario has been played on an account just furnished"}
"""Calls that cannot succeed here, and why."""

ORIGIN = "https://shop.example"
PAUSED = "https://paused.example/hooks"
TARGET = "https://inbox.example/default"
ACCOUNT = "/accounts/default"


class Tried:
    """A running server whose account has something of everything."""

    def __init__(self) -> None:
        self.thread = LoopThread("control-trying")
        settings = Settings(limits="3/10m", latency="1m")
        self.server = Server(Plan(settings, clock="manual", player=cache(lambda: ServedScenarios(None))), port=0)
        self.thread.run(self.server.__aenter__())
        self.url = self.server.url + CONTROL_PATH
        self.furnish()

    def furnish(self) -> None:
        """Reset, and then add subscriptions, records, and notifications sent and waiting."""
        self.post("/reset", {})
        self.subscriptions = [
            self.post("/subscriptions", {"target": target, "type": kind, "event": event})["id"]
            for target, kind, event in (
                (TARGET, "person", "new"),
                (TARGET, "person", "update"),
                (PAUSED, "company", "delete"),
            )
        ]
        self.post("/routes", {"origin": ORIGIN, "to": "http://127.0.0.1:9"})
        self.post("/targets/pause", {"target": PAUSED})
        made = self.post("/records/person/create", {"count": 4})
        self.records = [record["id"] for record in made["records"]]
        self.lead = self.post("/records/lead/create", {"fields": {"name": "Grace"}})["records"][0]["id"]
        company = self.post("/records/company/create", {"fields": {"name": "Acme"}})["records"][0]["id"]
        self.company = {"type": "company", "id": company}
        self.post("/records/person/relate", {"id": self.records[2], "other": self.company})
        self.source = self.post("/lookups/customer_sources/add", {"entry": {"name": "Fair"}})["entry"]["id"]
        self.post("/clock/advance", {"by": "2m"})
        self.post("/fire", {"type": "person", "event": "update", "ids": self.records[:2]})
        self.serials = [1, 2]

    def post(self, path: str, body: Any) -> Any:
        response = requests.post(f"{self.url}{ACCOUNT}{path}", json=body, timeout=30)
        assert response.status_code == 200, response.text
        return response.json()

    def close(self) -> None:
        self.thread.run(self.server.__aexit__(None, None, None))
        self.thread.close()

    def right(self) -> dict[str, tuple[dict[str, str], dict[str, Any]]]:
        """Calls that random data would hardly hit: the parts of the path, and the body."""
        person, source = {"type": "person"}, {"table": "customer_sources"}
        first, second, related, *_ = self.records
        captured = {"type": "lead", "event": "new", "ids": [5], "key": "k"}
        return {
            "/scenarios/run": ({}, {"name": "batch_of_61", "reset": True}),
            "/restore": ({}, {"snapshot": requests.get(f"{self.url}{ACCOUNT}/snapshot", timeout=30).json()}),
            "/replay": ({}, {"body": captured, "target": TARGET}),
            "/routes/remove": ({}, {"origin": ORIGIN}),
            "/targets/pause": ({}, {"target": TARGET}),
            "/targets/resume": ({}, {"target": PAUSED}),
            "/records/{type}/update": (person, {"ids": [first], "fields": {"title": "Dr"}}),
            "/records/{type}/delete": (person, {"ids": [first]}),
            "/records/{type}/merge": (person, {"winner": first, "loser": second}),
            "/records/{type}/convert": ({"type": "lead"}, {"id": self.lead}),
            "/records/{type}/relate": (person, {"id": first, "other": self.company}),
            "/records/{type}/unrelate": (person, {"id": related, "other": self.company}),
            "/lookups/{table}/add": (source, {"entry": {"name": "Letter"}}),
            "/lookups/{table}/update": (source, {"id": self.source, "fields": {"name": "Post"}}),
            "/lookups/{table}/remove": (source, {"id": self.source}),
        }

    def document(self) -> dict[str, Any]:
        """The description with existing values where random data would never hit one."""
        document = copy.deepcopy(DOCUMENT)
        for path in ENDLESS:
            del document["paths"][path]
        self._set_parts(document)
        for path, (parts, body) in self.right().items():
            operation = document["paths"][f"/accounts/{{name}}{path}"]["post"]
            operation["requestBody"]["content"]["application/json"]["example"] = body
            for parameter in operation["parameters"]:
                parameter["example"] = {"name": "default", **parts}[parameter["name"]]
        schemas = document["components"]["schemas"]
        # Without one, it would wait for a long time.
        schemas["Wait"]["required"] = ["timeout"]
        schemas["Wait"]["properties"]["timeout"] = {"enum": ["1ms", "3ms"]}
        return document

    def _set_parts(self, document: dict[str, Any]) -> None:
        real = {
            "name": ["default"],
            "serial": self.serials,
            "table": ["users", "customer_sources"],
            "type": ["person", "lead"],
            "id": self.subscriptions,
        }
        for methods in document["paths"].values():
            for operation in methods.values():
                for parameter in operation["parameters"]:
                    if parameter["in"] == "path" and parameter["name"] in real:
                        parameter["schema"] = {"enum": real[parameter["name"]]}


@dataclass
class Found:
    """The results of the calls: answers by operation and status, and what should not have happened."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, recorder: Any) -> None:
        """Add everything about one operation, or one sequence of calls."""
        for case_id, interaction in recorder.interactions.items():
            label = recorder.cases[case_id].value.operation.label
            self.statuses[label, interaction.response.status_code] += 1
            told = [check.failure_info for check in recorder.checks.get(case_id, ())]
            self.wrong += [f"{label}: {each.failure}\n{each.code_sample}" for each in told if each is not None]

    def check_success(self) -> None:
        """Check that each operation has succeeded at least once; otherwise nothing was really tested."""
        for label in sorted({label for label, _ in self.statuses}):
            if label not in NEVER and not self.statuses[label, 200] + self.statuses[label, 201]:
                self.wrong.append(f"{label}: never done")


def try_out(tried: Tried, tag: str, *, examples: int, seed: int) -> Found:
    """Make the calls of one part of the API."""
    config = schemathesis.Config.from_dict(
        {
            "seed": seed,
            "base-url": tried.url,
            "cache": {"enabled": False},
            "generation": {"max-examples": examples, "deterministic": True},
            "checks": {name: {"enabled": False} for name in LEFT_OUT},
        }
    )
    schema = schemathesis.openapi.from_dict(tried.document(), config=config).include(tag=tag)

    @schema.hook
    def map_body(context: Any, body: Any) -> Any:
        return as_clients_write(body)

    @schema.hook
    def after_call(context: Any, case: Any, response: Any) -> None:
        if response.status_code < 300 and case.method != "GET":
            tried.furnish()

    found = Found()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            found.add(event.recorder)
        elif isinstance(event, events.NonFatalError):
            found.wrong.append(f"{event.label}: {event.info.format()}")
        elif isinstance(event, events.FatalError):
            raise event.exception
    return found


def main() -> None:
    """Print what is wrong; exit with 1 if anything is."""
    parser = argparse.ArgumentParser()
    parser.add_argument("tags", nargs="*", default=TAGS, help=f"of {', '.join(TAGS)}; all unless said")
    parser.add_argument("--half", type=int, choices=[0, 1], help="every second part: for two processes at once")
    parser.add_argument("--examples", type=int, default=3, help="drawn for each operation beside the boundaries")
    parser.add_argument("--seed", type=int, default=1)
    said = parser.parse_args()
    schemathesis.openapi.from_dict(DOCUMENT).validate()
    tried, every = Tried(), Found()
    for tag in said.tags if said.half is None else said.tags[said.half :: 2]:
        found = try_out(tried, tag, examples=said.examples, seed=said.seed)
        every.statuses += found.statuses
        every.wrong += found.wrong
    tried.close()
    every.check_success()
    print_and_exit(every.wrong, every.statuses)


if __name__ == "__main__":
    main()
