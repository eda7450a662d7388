"""A plain HTTP client of the emulated API, and what its answers are compared with."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from copper_emulator import Copper
from copper_emulator.core.model import EntityType, Kind

HINT = "X-Copper-Emulator-Hint"
BASE = "/developer_api/v1"


class Answer:
    """One answer, as tests need it."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.raw = response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def hint(self) -> str:
        return self.headers[HINT] or ""


class Client:
    """A plain HTTP client with the account's credentials."""

    def __init__(self, copper: Copper) -> None:
        self.copper = copper
        self.address = copper.api_url.split("/")[2]

    def call(
        self,
        method: str,
        path: str = f"{BASE}/webhooks",
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> Answer:
        """Call a path. `body`: bytes and iterators as is, anything else as JSON; `headers` replace the credentials."""
        data: Any = body
        if body is not None and not isinstance(body, bytes | Iterator):
            data = json.dumps(body).encode()
        sent = {**(self.copper.headers if headers is None else headers), **(extra or {})}
        with closing(http.client.HTTPConnection(self.address, timeout=20)) as connection:
            connection.request(method, path, data, sent, encode_chunked=isinstance(body, Iterator))
            return Answer(connection.getresponse())

    def raw(self, data: bytes, method: str = "") -> Answer:
        """Send bytes that no client library would send."""
        host, port = self.address.split(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.sendall(data)
            response = http.client.HTTPResponse(connection, method=method)
            response.begin()
            return Answer(response)

    def ok(self, method: str, path: str, body: object = None, **more: Any) -> Any:
        """Call the API under /developer_api/v1; return the answer, which must be 200."""
        answer = self.call(method, BASE + path, body, **more)
        assert answer.status == 200, (method, path, answer.status, answer.raw)
        return answer.json

    def state(self) -> object:
        """Everything that a refused call must leave unchanged; the refusal itself is in the journal."""
        kept = [entry for entry in self.copper.journal if entry.kind is not Kind.REFUSED]
        records = self.copper._tenant.account.records
        return self.copper.subscriptions, kept, [dict(records.of(kind)) for kind in EntityType]


def common(status: int, message: str) -> dict[str, Any]:
    return {"success": False, "status": status, "message": message}


def check_refused(client: Client, before: object, answer: Answer, status: int, message: str) -> None:
    assert (answer.status, answer.json) == (status, common(status, message))
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert client.state() == before
