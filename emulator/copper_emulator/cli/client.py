"""How the commands talk to a running server: its control API over the standard library's HTTP client."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from copper_emulator.cli import Failure, WrongUse

DEFAULT_URL = "http://127.0.0.1:2929"

_CONNECT_SECONDS = 10.0
"""To connect only: an answer may take as long as the endpoints take."""

_MISUSED = frozenset({400, 422})
"""Statuses that tell of something wrong in what was asked for, as an option of ours that cannot be would be.

What names something that is not there (404) is understood, and could not be done.
"""


class Client:
    """The control API of one server. Every method raises Failure with one line for people."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = None
        if parts.scheme != "http" or not parts.hostname or (port is None and parts.netloc.rpartition(":")[1]):
            raise WrongUse(f"--server {url!r} is no URL of a server: write it like {DEFAULT_URL}")
        self.url = url.rstrip("/")
        self._host, self._port = parts.hostname, port or 80

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> dict[str, Any]:
        with self._asked("GET", _with_query(path, query)) as response:
            return self._json(response)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        with self._asked("POST", path, body) as response:
            return self._json(response)

    def delete(self, path: str) -> dict[str, Any]:
        with self._asked("DELETE", path, {}) as response:
            return self._json(response)

    def events(self, path: str, query: Mapping[str, Any], *, after: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Server-sent events after the one with an id, as (name, data), until the server ends the stream."""
        with self._asked("GET", _with_query(path, query), headers={"Last-Event-ID": after}) as response:
            name = ""
            while raw := response.readline():
                field, _, value = raw.decode().rstrip("\n").partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    yield name, json.loads(value)

    def account(self, name: str | None) -> str:
        """The path of the account that is meant: the named one, or the only one."""
        if name is None:
            names = [account["name"] for account in self.get("/accounts")["accounts"]]
            if len(names) != 1:
                raise WrongUse(f"the server has several accounts; choose one with --account: {', '.join(names)}")
            name = names[0]
        return f"/accounts/{quote(name, safe='')}"

    @contextmanager
    def _asked(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[HTTPResponse]:
        connection = HTTPConnection(self._host, self._port, timeout=_CONNECT_SECONDS)
        raw = None if body is None else json.dumps(body).encode()
        try:
            connection.connect()
            connection.sock.settimeout(None)
            own = {"Content-Type": "application/json", **(headers or {})}
            connection.request(method, "/_emulator/v1" + path, raw, own)
            response = connection.getresponse()
            if not 200 <= response.status < 300:
                raise self._error(response)
            yield response
        except (OSError, HTTPException) as error:
            raise Failure(self._unreachable(error)) from None
        finally:
            connection.close()

    def _json(self, response: HTTPResponse) -> dict[str, Any]:
        try:
            answered = json.loads(response.read())
        except ValueError:
            answered = None
        if not isinstance(answered, dict):
            raise Failure(self._stranger())
        return answered

    def _error(self, response: HTTPResponse) -> Failure:
        try:
            answered = json.loads(response.read())
            text = _sentences(answered["error"], answered.get("hint", ""))
        except (ValueError, KeyError, TypeError, AttributeError):
            return Failure(self._stranger())
        return WrongUse(text) if response.status in _MISUSED else Failure(text)

    def _stranger(self) -> str:
        return f"what answers at {self.url} is no copper-emulator (or another version of it)"

    def _unreachable(self, error: Exception) -> str:
        if isinstance(error, HTTPException):
            return f"{self._stranger()}, or it was stopped meanwhile"
        what = "nothing answers" if isinstance(error, ConnectionRefusedError) else f"no answer ({error})"
        return (
            f"{what} at {self.url}: start a server with copper-emulator serve, or name another with --server URL "
            "or COPPER_EMULATOR_URL"
        )


def _sentences(error: str, hint: str) -> str:
    """An error and what would help: `there is no account 'nope'. The accounts are default.`"""
    return f"{error.rstrip('.')}. {hint}" if hint else error


def _with_query(path: str, query: Mapping[str, Any] | None) -> str:
    given = {name: value for name, value in (query or {}).items() if value not in (None, (), [])}
    return path + (f"?{urlencode(given, doseq=True)}" if given else "")
