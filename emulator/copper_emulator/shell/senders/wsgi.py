"""Deliver to a WSGI application, called as a server would (PEP 3333), in the calling thread."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from types import TracebackType
from typing import Any, TypeAlias
from urllib.parse import unquote_to_bytes

from copper_emulator.core.model import Attempt, Reason, Result
from copper_emulator.shell.caught import Swallowed, from_exception, is_meant_for_the_caller, with_exception
from copper_emulator.shell.routing.routes import host_header, target_url

WsgiApp: TypeAlias = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | None


def send_to_wsgi(app: WsgiApp, attempt: Attempt, *, multithread: bool = False) -> Result:
    """Call the application; it sees a request to the target's own URL.

    Args:
        app: the application.
        attempt: what is sent.
        multithread: whether it may be called again, in another thread, before it has answered.
    """
    answer = _Answer()
    with Swallowed() as swallowed:
        try:
            _call(app, _environ(attempt, multithread=multithread), answer)
            body = b"".join(answer.body)
        except BaseException as error:
            if is_meant_for_the_caller(error):
                raise
            return from_exception(error)
    if answer.status is None:
        return Result.failure(Reason.GARBAGE, "the application never called start_response with a status")
    result = Result.answered(answer.status, headers=answer.headers, body=body)
    return with_exception(result, swallowed[-1]) if swallowed else result


class _Answer:
    """What the application has answered so far. As servers do, it refuses calls that are out of order (PEP 3333)."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.headers: list[tuple[str, str]] = []
        self.body: list[bytes] = []
        self._is_started = False

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: _ExcInfo = None) -> Callable[[bytes], None]:
        # A server sends the headers with the first part that is not empty; until then they may be replaced.
        if exc_info is not None and any(self.body):
            raise exc_info[1]
        if exc_info is None and self._is_started:
            raise AssertionError("start_response was called twice without exc_info")
        self._is_started = True
        number = status.split(" ", 1)[0]
        self.status = int(number) if number.isdecimal() else None
        self.headers = list(headers)
        return self.body.append

    def add(self, part: bytes) -> None:
        """Append a part of the body."""
        if part and not self._is_started:
            raise AssertionError("a part of the body came before start_response was called")
        self.body.append(part)


def _call(app: WsgiApp, environ: dict[str, Any], answer: _Answer) -> None:
    parts = app(environ, answer.start)
    try:
        for part in parts:
            answer.add(part)
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()


@lru_cache(maxsize=100)
def _environ_of(target: str) -> dict[str, Any]:
    """The part of the environ that is the same in every request to a target."""
    url = target_url(target)
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(url.raw_path).decode("latin-1"),
        "QUERY_STRING": url.raw_query_string,
        "SERVER_NAME": url.raw_host or "",
        "SERVER_PORT": str(url.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": host_header(target),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def _environ(attempt: Attempt, *, multithread: bool) -> dict[str, Any]:
    environ = {
        **_environ_of(attempt.url),
        "CONTENT_LENGTH": str(len(attempt.body)),
        "wsgi.input": io.BytesIO(attempt.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": multithread,
    }
    for name, value in attempt.headers:
        key = _key_of(name)
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    return environ


@lru_cache(maxsize=100)
def _key_of(header: str) -> str:
    key = header.upper()
    # Exactly this name: `Content_Type` is a different header.
    return "CONTENT_TYPE" if key == "CONTENT-TYPE" else f"HTTP_{key.replace('-', '_')}"
