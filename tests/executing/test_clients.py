"""Published clients with Copper's host hard-coded, unmodified: they subscribe, are notified, fetch the record.

They are only given a key; their drivers (tests/clients/drivers) get no URL.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.cli.processes import free_port
from tests.clients.installation import node_folder, python
from tests.clients.programs import DRIVERS
from tests.executing.commands import Executing, runtime

TARGET = "https://my-app.example/hooks"
KEY = {"token": "the-clients-own", "email": "client@example.com"}
RECEIVING = Path(__file__).with_name("receiving.py")

Program = dict[str, Any]


def driven(*command: str, acts: list[Any], folder: Path | None = None) -> Program:
    return {
        "command": command,
        "stdin": json.dumps({**KEY, "acts": acts}),
        "folder": None if folder is None else str(folder),
    }


def integrated(executing: Executing, *, subscribe: Program, change: Program, fetch: Program) -> dict[str, Any]:
    """The output of the first and the last program, and the notification between them."""
    port = free_port()
    ended = executing(
        [sys.executable, str(RECEIVING)],
        "--json",
        "--route",
        f"https://my-app.example=http://127.0.0.1:{port}",
        stdin=json.dumps({"port": port, "subscribe": subscribe, "change": change, "fetch": fetch}),
        env={"COPPER_API_KEY": KEY["token"], "COPPER_EMAIL": KEY["email"], "NO_COLOR": "1"},
    )
    assert ended.code == 0, ended.err
    over = ended.told[-1]
    [account] = over["accounts"]
    assert over["refused"] == []
    assert (account["email"], account["outcomes"]) == (KEY["email"], {"delivered": 1})
    found: dict[str, Any] = json.loads(ended.out)
    assert (found["notified"]["type"], found["notified"]["event"]) == ("person", "new")
    return found


def test_dc_copper_cli(executing: Executing) -> None:
    """Its command as it is installed; the command cannot subscribe, but its client class can."""
    copper = str(Path(python()).with_name("copper"))
    words = [copper, "--json", "-q", "--no-input", "person"]
    body = {"target": TARGET, "type": "person", "event": "new"}

    found = integrated(
        executing,
        subscribe=driven(python(), str(DRIVERS / "drive_dc_copper_client.py"), acts=[["post", "/webhooks", body]]),
        change={"command": [*words, "create", "--name", "Ada"]},
        fetch={"command": [*words, "get", "{id}"]},
    )

    assert found["subscribed"][0]["ok"]["id"] == found["notified"]["subscription_id"]
    assert (found["fetched"]["name"], [found["fetched"]["id"]]) == ("Ada", found["notified"]["ids"])


def test_prospyr(executing: Executing) -> None:
    """It calls Copper by its older name; it can only read subscriptions, but its connection makes one."""

    def prospyr(*act: Any) -> Program:
        return driven(python(), "-W", "ignore", str(DRIVERS / "drive_prospyr.py"), acts=[list(act)])

    found = integrated(
        executing,
        subscribe=prospyr("post", "Webhook", {"target": TARGET, "type": "person", "event": "new"}),
        change=prospyr("create", "Person", {"name": "Ada"}),
        fetch=prospyr("search", "Person", "name", {"name": "Ada"}),
    )

    assert found["subscribed"] == [{"ok": found["notified"]["subscription_id"]}]
    assert found["fetched"] == [{"ok": found["notified"]["ids"]}]


def test_n8n(executing: Executing) -> None:
    """Its trigger subscribes, and recognises what arrived as its own; its node creates and fetches."""
    node = runtime("node")

    def n8n(*acts: Any) -> Program:
        return driven(node, str(DRIVERS / "drive_n8n.mjs"), acts=list(acts), folder=node_folder())

    person = {"resource": "person"}
    found = integrated(
        executing,
        subscribe=n8n({"trigger": "create", "parameters": {**person, "event": "new"}, "target": TARGET}),
        change=n8n({"node": {**person, "operation": "create", "name": "Ada", "additionalFields": {}}}),
        fetch=n8n({"node": {**person, "operation": "get", "personId": "{id}"}}),
    )

    assert found["subscribed"][0]["requests"] == ["POST /developer_api/v1/webhooks"]
    [fetched] = found["fetched"][0]["ok"]
    assert (fetched["name"], [fetched["id"]]) == ("Ada", found["notified"]["ids"])
