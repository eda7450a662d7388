"""What multiprocessing workers do for test_fork_servers.py; a module of its own, because each imports it anew."""

from __future__ import annotations

import json
from http.client import HTTPSConnection
from typing import Any

from copper_emulator.interception.process import PROCESS


def led_to() -> int | None:
    """The port to which a worker's calls are routed."""
    way = PROCESS.way()
    return None if way is None else way.port


def company() -> Any:
    """The answer that a worker gets from Copper's own host, which is never called unless it is intercepted."""
    assert led_to() is not None, "this worker would call Copper itself"
    connection = HTTPSConnection("api.copper.com", timeout=10)
    try:
        connection.request("GET", "/developer_api/v1/account", headers=_HEADERS)
        return json.load(connection.getresponse())["name"]
    finally:
        connection.close()


_HEADERS = {
    "X-PW-AccessToken": "the-application's-own-key",
    "X-PW-Application": "developer_api",
    "X-PW-UserEmail": "integration@example.com",
}


def wait_for(release: Any) -> None:
    """Keep the worker busy until it is released."""
    release.wait(60)
