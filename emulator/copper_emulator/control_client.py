"""How do tests and commands talk to a running server? Over its control API, with the standard library's HTTP client."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from copper_emulator.core.errors import UsageError, raised_on_purpose
from copper_emulator.core.paths import CONTROL_PATH
from copper_emulator.core.text import ended

__tracebackhide__ = raised_on_purpose

DEFAULT_URL = "http://127.0.0.1:2929"


PROMPT_SECONDS = 10.0
"""Timeout for connecting, and for answers that depend on no endpoint: others may take as long as the endpoints."""


class ControlError(UsageError):
    """The control API refused something; `code` names the reason if programs have to know it."""

    def __init__(self, status: int, error: str, hint: str = "", code: str = "") -> None:
        super().__init__(f"{ended(error)} {hint}" if hint else error)
        self.status = status
        self.error = error
        self.code = code


class Unavailable(UsageError):
    """There is no server to talk to: every further call would fail in the same way."""


class Unreachable(Unavailable):
    """Nothing answers, or the connection breaks."""

    def __init__(self, url: str, error: Exception) -> None:
        super().__init__(f"nothing answers at {url} ({error}): start a server with copper-emulator serve")
        self.error = error


class Silent(Unavailable):
    """Something listens but does not answer: it hangs, is stopped, or does not speak HTTP."""

    def __init__(self, url: str, seconds: float) -> None:
        super().__init__(f"something listens at {url} and does not answer within {seconds:g} s")


class Stranger(Unavailable):
    """Something else answers: not this server."""

    def __init__(self, url: str) -> None:
        super().__init__(f"what answers at {url} is not a copper-emulator server (or is a different version)")


class Client:
    """The control API of one server, from any thread; connections are kept open.

    Every method raises UsageError: ControlError for a refusal, Unreachable, Stranger, or Silent if there is no answer
    `within` that many seconds.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port or 80
        except ValueError:
            port = 0
        if parts.scheme == "https" and parts.hostname:
            raise UsageError(f"{url!r} is not a server URL for this: use the plain HTTP port, like {DEFAULT_URL}")
        if parts.scheme != "http" or not parts.hostname or not port:
            raise UsageError(f"{url!r} is not a server URL: write it like {DEFAULT_URL}")
        self.url = f"http://{parts.netloc}"
        self._host, self._port = parts.hostname, port
        # Several, since an endpoint may call while the call that notifies it waits for its answer.
        self._kept: list[HTTPConnection] = []
        self._every: set[HTTPConnection] = set()
        self._process = os.getpid()

    def api_url(self) -> str:
        """The base URL for a client of Copper. Raises Stranger if something else answers."""
        try:
            return str(self.get("/health", within=PROMPT_SECONDS)["api_url"])
        except (ControlError, KeyError):
            raise Stranger(self.url) from None

    def get(self, path: str, query: Mapping[str, Any] | None = None, *, within: float | None = None) -> dict[str, Any]:
        """Return the body of a 2xx answer. Raises ControlError for any other."""
        return self._call("GET", _with_query(path, query), None, within)

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, within: float | None = None) -> dict[str, Any]:
        return self._call("POST", path, {} if body is None else body, within)

    def put(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._call("PUT", path, body, None)

    def delete(self, path: str, *, within: float | None = None) -> dict[str, Any]:
        return self._call("DELETE", path, {}, within)

    def events(self, path: str, query: Mapping[str, Any], *, after: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield server-sent events after the one with this id, as (name, data), until the server ends the stream."""
        connection = self._connected()
        try:
            connection.request("GET", CONTROL_PATH + _with_query(path, query), headers={"Last-Event-ID": after})
            response = connection.getresponse()
            if response.status != HTTPStatus.OK:
                self._read(response.status, response.read())
            yield from _events(response)
        except (OSError, HTTPException) as error:
            raise Unreachable(self.url, error) from None
        finally:
            self._drop(connection)

    def close(self) -> None:
        """Close the connections."""
        while self._every:
            self._every.pop().close()
        self._kept.clear()

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None, within: float | None) -> dict[str, Any]:
        raw = None if body is None else json.dumps(body).encode()
        try:
            status, answered = self._answer(method, CONTROL_PATH + path, raw, within)
        except (OSError, HTTPException) as error:
            raise Unreachable(self.url, error) from None
        return self._read(status, answered)

    def _read(self, status: int, answered: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(answered)
            if not 200 <= status < 300:
                raise ControlError(status, answer["error"], answer.get("hint") or "", answer.get("code") or "")
            return dict(answer)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Stranger(self.url) from None

    def _answer(self, method: str, path: str, raw: bytes | None, within: float | None) -> tuple[int, bytes]:
        """Send a request and return its answer. A request the server may have acted on is never repeated."""
        kept = self._idle()
        connection = kept or self._connected()
        is_sent, response = False, None
        try:
            connection.sock.settimeout(within)
            with self._patient(within):
                connection.request(method, path, raw, {"Content-Type": "application/json"})
                is_sent = True
                response = connection.getresponse()
                answered = response.read()
        except BaseException as error:
            self._drop(connection)
            if response is not None or not isinstance(error, ConnectionError):
                raise
            if is_sent and method != "GET":
                raise UsageError(self._lost(method, path, error)) from None
            if kept is None:
                raise
            # The server closed it meanwhile. It acts on no incomplete request, so sending again is safe.
            return self._answer(method, path, raw, within)
        self._kept.append(connection)
        return response.status, answered

    @contextmanager
    def _patient(self, within: float | None) -> Iterator[None]:
        try:
            yield
        except TimeoutError:
            # Without a limit of ours, the timeout came from the network.
            if within is None:
                raise
            raise Silent(self.url, within) from None

    def _idle(self) -> HTTPConnection | None:
        """Take a kept connection that the server has not closed; `_answer` puts it back after reading an answer."""
        if self._process != os.getpid():
            # After a fork both processes have them, and each would read answers that are the other's. Closing them here
            # leaves them open there.
            self._process = os.getpid()
            self.close()
        while True:
            try:
                kept = self._kept.pop()
            except IndexError:
                return None
            if kept.sock is not None and _is_open(kept.sock):
                return kept
            self._drop(kept)

    def _drop(self, connection: HTTPConnection) -> None:
        """Close a connection that is not used again."""
        connection.close()
        self._every.discard(connection)

    def _lost(self, method: str, path: str, error: Exception) -> str:
        if path.endswith("/wait"):
            # It changes nothing.
            return f"{self.url} closed the connection ({error}): the server has ended while this waited for a delivery"
        return (
            f"{self.url} closed the connection before answering {method} {path} ({error}): it is not known "
            "whether it was done. Check the account, or create it anew"
        )

    def _connected(self) -> HTTPConnection:
        connection = HTTPConnection(self._host, self._port, timeout=PROMPT_SECONDS)
        connection.connect()
        connection.sock.settimeout(None)
        self._every.add(connection)
        return connection


def _with_query(path: str, query: Mapping[str, Any] | None) -> str:
    """The path with its query, without empty values."""
    given = {name: value for name, value in (query or {}).items() if value not in (None, (), [])}
    return path + (f"?{urlencode(given, doseq=True)}" if given else "")


def _events(response: HTTPResponse) -> Iterator[tuple[str, dict[str, Any]]]:
    name = ""
    while raw := response.readline():
        field, _, value = raw.decode().rstrip("\n").partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)


def _is_open(idle: socket.socket) -> bool:
    """Whether the other side has not closed it: on an idle connection the only thing to read is its end."""
    idle.settimeout(0)
    try:
        idle.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        idle.settimeout(None)
    return False


def account_path(name: str) -> str:
    """The path of an account in the control API."""
    return f"/accounts/{quote(name, safe='')}"
