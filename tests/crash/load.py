"""Clients that write as fast as they are answered, and record what was acknowledged."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from copper_emulator.core.draws import draw

HEADERS = {
    "X-PW-AccessToken": "token-1",
    "X-PW-Application": "developer_api",
    "X-PW-UserEmail": "ada@example.com",
    "Content-Type": "application/json",
}
WRITERS = 3


@dataclass(frozen=True)
class Written:
    """A change that was acknowledged. Every update writes a value of its own."""

    event: str
    id: int
    name: str = ""


@dataclass
class Acknowledged:
    """What all clients were answered, over all runs of the server."""

    changes: list[Written] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


class Client:
    """One connection to one run of the server. Raises OSError or HTTPException when that has ended."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=30)

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Call the emulated API; the answer must be 200."""
        return self._call(method, "/developer_api/v1" + path, body)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control API; the answer must be 200."""
        return self._call(method, "/_emulator/v1" + path, body)

    def close(self) -> None:
        self._connection.close()

    def _call(self, method: str, path: str, body: Any) -> Any:
        raw = None if body is None else json.dumps(body).encode()
        self._connection.request(method, path, raw, HEADERS)
        response = self._connection.getresponse()
        answered = json.loads(response.read())
        if response.status != 200:
            raise AssertionError(f"{method} {path}: {response.status} {answered}")
        return answered


@contextmanager
def writing(url: str, acknowledged: Acknowledged, *, seed: int, life: int, moving: list[int]) -> Iterator[None]:
    """Run several writers and a thread that moves the subscriptions, until server and block end."""
    workers = [
        threading.Thread(target=_write, args=(url, acknowledged, seed, life, number), daemon=True)
        for number in range(WRITERS)
    ]
    workers.append(threading.Thread(target=_move, args=(url, acknowledged, seed, life, moving), daemon=True))
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        for worker in workers:
            worker.join()


def _write(url: str, acknowledged: Acknowledged, seed: int, life: int, number: int) -> None:
    client, own = Client(url), list[int]()
    try:
        for turn in range(10_000):
            choice = draw(seed, "write", life, number, turn, low=0, high=9)
            name = f"{life}-{number}-{turn}"
            if choice < 3 or not own:
                made = client.api("POST", "/people", {"name": name})
                own.append(made["id"])
                acknowledged.changes.append(Written("new", made["id"]))
            elif choice < 9:
                client.api("PUT", f"/people/{own[-1]}", {"name": name})
                acknowledged.changes.append(Written("update", own[-1], name))
            else:
                gone = own.pop()
                client.api("DELETE", f"/people/{gone}")
                acknowledged.changes.append(Written("delete", gone))
    except (OSError, HTTPException, ValueError):
        # Killed, perhaps in the middle of an answer: the last call is not acknowledged.
        pass
    except AssertionError as error:
        acknowledged.refused.append(str(error))
    finally:
        client.close()


def _move(url: str, acknowledged: Acknowledged, seed: int, life: int, subscriptions: list[int]) -> None:
    client = Client(url)
    try:
        for turn in range(10_000):
            which = draw(seed, "which", life, turn, low=0, high=len(subscriptions) - 1)
            path = draw(seed, "where", life, turn, low=1, high=3)
            client.api("PUT", f"/webhooks/{subscriptions[which]}", {"target": f"https://my-app.example/{path}"})
    except (OSError, HTTPException, ValueError):
        pass
    except AssertionError as error:
        acknowledged.refused.append(str(error))
    finally:
        client.close()
