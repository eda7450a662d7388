"""The same clients exactly as published, base URL included: the test calls `copper.intercept()`, unnoticed by them.

They are configured with a key unknown to the emulator, and look for Copper at the host that is hard-coded in them:
https://api.copper.com, or https://api.prosperworks.com for the older two.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from copper_emulator import Copper, Endpoint
from tests.clients.installation import PYTHON, node_folder, python
from tests.clients.programs import DRIVERS, Ended

KEY, EMAIL = "the-key-of-production", "integration@example.com"

pytestmark = pytest.mark.copper(intercept=True)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the user's configuration."""
    monkeypatch.setenv("HOME", str(tmp_path))


def run(command: Sequence[str], *acts: Any, folder: Path | None = None, **more: Any) -> Ended:
    """Run a driver as any test would run a program, in the test's own environment."""
    given = json.dumps({"token": KEY, "email": EMAIL, "acts": acts, **more})
    done = subprocess.run(command, input=given, capture_output=True, text=True, cwd=folder, timeout=120)
    return Ended(done.returncode, done.stdout, done.stderr)


def drive(name: str, *acts: Any, **more: Any) -> Ended:
    return run([python(), "-W", "ignore", str(DRIVERS / f"drive_{name}.py")], *acts, **more)


def n8n(*acts: Any) -> list[Any]:
    done = run(["node", str(DRIVERS / "drive_n8n.mjs")], *acts, folder=node_folder()).json
    return [act["ok"] for act in done]


def test_n8n_subscribes_is_notified_and_fetches_the_record(copper: Copper, copper_endpoint: Endpoint) -> None:
    trigger = {"trigger": "create", "parameters": {"resource": "person", "event": "new"}, "target": copper_endpoint.url}
    subscribed, made = n8n(
        trigger, {"node": {"resource": "person", "operation": "create", "name": "Ada", "additionalFields": {}}}
    )
    [person] = made
    copper.expect("person", "new", ids=[person["id"]], status=200, count=1)

    [received] = copper_endpoint.requests
    taken, fetched = n8n(
        {"webhook": received.json},
        {"node": {"resource": "person", "operation": "get", "personId": received.json["ids"][0]}},
    )

    assert (subscribed, taken) == (True, [received.json])
    assert [each["name"] for each in fetched] == ["Ada"]


def loaded() -> ModuleType:
    """dc-copper-cli, a single module that needs only click, requests and rich, loaded in this process."""
    [file] = PYTHON.needed().glob("lib/python*/site-packages/dc_copper_cli.py")
    spec = importlib.util.spec_from_file_location("dc_copper_cli", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Context:
    """What the client needs from its context."""

    def debug(self, _text: str) -> None:
        """Ignore it."""

    def error(self, text: str, exit_code: int = 1) -> None:
        raise AssertionError(f"{exit_code}: {text}")


def test_dc_copper_cli_does_in_this_process(copper: Copper) -> None:
    client = loaded().CopperAPIClient(KEY, EMAIL, Context())
    fetched = []
    copper.route("https://app.example", to=lambda got: fetched.append(client.get(f"/leads/{got.json['ids'][0]}")))

    client.post("/webhooks", {"target": "https://app.example/hook", "type": "lead", "event": "update"})
    lead = client.post("/leads", {"name": "Ada"})
    client.put(f"/leads/{lead['id']}", {"name": "Ada Lovelace"})

    copper.expect("lead", "update", ids=[lead["id"]], count=1)
    assert [each["name"] for each in fetched] == ["Ada Lovelace"]


def test_and_as_a_process_of_its_own(copper: Copper, copper_endpoint: Endpoint) -> None:
    body = {"target": copper_endpoint.url, "type": "lead", "event": "new"}
    _, made = drive("dc_copper_client", ["post", "/webhooks", body], ["post", "/leads", {"name": "Ada"}]).json

    copper.expect("lead", "new", ids=[made["ok"]["id"]], status=200, count=1)
    [fetched] = drive("dc_copper_client", ["get", f"/leads/{copper_endpoint.requests[0].json['ids'][0]}"]).json
    assert fetched["ok"]["name"] == "Ada"


def test_prospyr_subscribes_makes_a_record_and_reads_what_was_notified(
    copper: Copper, copper_endpoint: Endpoint
) -> None:
    """Its resources can only list subscriptions; its connection makes one."""
    subscription = {"target": copper_endpoint.url, "type": "company", "event": "new"}

    _, made = drive("prospyr", ["post", "Webhook", subscription], ["create", "Company", {"name": "Acme"}]).json

    copper.expect("company", "new", ids=[made["ok"]], status=200, count=1)
    notified = copper_endpoint.requests[0].json["ids"][0]
    [read, subscriptions] = drive("prospyr", ["get", "Company", {"id": notified}], ["list", "Webhook"]).json
    assert read["ok"]["name"] == "Acme"
    assert subscriptions["ok"] == [copper.subscriptions[0].id]


@pytest.mark.parametrize("client", ["parsons", "tap_copper"])
def test_those_that_only_read_fetch_what_was_notified(copper: Copper, copper_endpoint: Endpoint, client: str) -> None:
    copper.subscribe("person", "new", target=copper_endpoint.url)
    ada = copper.people.create(name="Ada", emails=[{"email": "ada@example.com", "category": "work"}])
    copper.expect("person", "new", ids=ada.id, status=200, count=1)

    if client == "parsons":
        [tables] = drive(client, ["get_people", {}]).json
        rows = tables["people"]
    else:
        lines = drive(client, "people", state={}, page_size=200).out.splitlines()
        rows = [said["record"] for line in lines if (said := json.loads(line))["type"] == "RECORD"]

    assert [row["id"] for row in rows] == copper_endpoint.requests[0].json["ids"]
