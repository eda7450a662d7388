"""How a test talks to a running server: its control API over the standard library's HTTP client."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from copper_emulator.core.errors import UsageError

_CONNECT_SECONDS = 10.0
"""To connect only: an answer may take as long as the endpoints take."""


class ControlError(UsageError):
    """The control API refused something."""

    def __init__(self, status: int, error: str, hint: str = "") -> None:
        super().__init__(f"{error.rstrip('.')}. {hint}" if hint else error)
        self.status = status
        self.error = error


class Client:
    """The control API of one server; its connection is kept. Every method raises UsageError."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port or 80
        except ValueError:
            port = 0
        if parts.scheme != "http" or not parts.hostname or not port:
            raise UsageError(f"{url!r} is no URL of a server: write it like http://127.0.0.1:2929")
        self.url = f"http://{parts.netloc}"
        self._host, self._port = parts.hostname, port
        # One for each thread: an endpoint may call while the call that notifies it waits for its answer.
        self._mine = threading.local()
        self._every: list[HTTPConnection] = []

    def api_url(self) -> str:
        """The base URL for a client of Copper. Raises UsageError where something else answers."""
        try:
            return str(self.get("/health")["api_url"])
        except (ControlError, KeyError):
            raise UsageError(self._stranger()) from None

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What is answered with 2xx. Raises ControlError for anything else."""
        return self._call("GET", path + (f"?{urlencode(query, doseq=True)}" if query else ""), None)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return self._call("POST", path, {} if body is None else body)

    def put(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._call("PUT", path, body)

    def delete(self, path: str) -> dict[str, Any]:
        return self._call("DELETE", path, {})

    def close(self) -> None:
        """Give the connections back."""
        while self._every:
            self._every.pop().close()
        self._mine = threading.local()

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        raw = None if body is None else json.dumps(body).encode()
        try:
            status, answered = self._answer(method, "/_emulator/v1" + path, raw)
        except (OSError, HTTPException) as error:
            self._mine.connection = None
            raise UsageError(
                f"nothing answers at {self.url} ({error}): start a server with copper-emulator serve"
            ) from None
        try:
            told = json.loads(answered) if answered else {}
            if not 200 <= status < 300:
                raise ControlError(status, told["error"], told.get("hint") or "")
        except (ValueError, KeyError, TypeError, AttributeError):
            raise UsageError(self._stranger()) from None
        return dict(told)

    def _answer(self, method: str, path: str, raw: bytes | None) -> tuple[int, bytes]:
        for fresh in (False, True):
            kept: HTTPConnection | None = getattr(self._mine, "connection", None)
            if kept is None or fresh:
                self._mine.connection = kept = self._connected()
                fresh = True
            try:
                kept.request(method, path, raw, {"Content-Type": "application/json"})
                response = kept.getresponse()
            except (ConnectionError, HTTPException):
                # A kept connection may have been closed meanwhile; then nothing of this was looked at.
                if fresh:
                    raise
                continue
            return response.status, response.read()
        raise AssertionError("unreachable: the second time the connection is fresh")

    def _stranger(self) -> str:
        return f"what answers at {self.url} is no copper-emulator server (or another version of it)"

    def _connected(self) -> HTTPConnection:
        connection = HTTPConnection(self._host, self._port, timeout=_CONNECT_SECONDS)
        connection.connect()
        connection.sock.settimeout(None)
        self._every.append(connection)
        return connection


def account_path(name: str) -> str:
    """The path of an account."""
    return f"/accounts/{quote(name, safe='')}"
