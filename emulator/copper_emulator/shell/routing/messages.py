"""What an endpoint in this process receives, and what it may answer."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from copper_emulator.core.attributes import Attributes
from copper_emulator.core.errors import UsageError
from copper_emulator.core.json_text import encode
from copper_emulator.core.model import Attempt, Reason, Result
from copper_emulator.core.moments import to_datetime
from copper_emulator.core.text import STOOD_STILL, duration_text
from copper_emulator.durations import parse_duration
from copper_emulator.shell.routing.routes import host_header

_ADVICE = "return a status, a body, (status, body) or (status, body, headers)"


@dataclass(frozen=True, repr=False)
class Received(Attributes):
    """A notification as an endpoint function receives it. `at` is the virtual moment, aware UTC."""

    method: str
    url: str
    headers: CIMultiDictProxy[str]
    body: bytes
    at: datetime

    def __repr__(self) -> str:
        # Neither body nor headers: they contain secrets, and a repr appears in test reports.
        return f"<Received {self.method} {self.url} at {self.at:%Y-%m-%d %H:%M:%S}, {len(self.body)} bytes>"

    @property
    def path(self) -> str:
        """The URL's path, decoded."""
        return URL(self.url).path

    @property
    def query(self) -> dict[str, str]:
        """The URL's query; the last value of a repeated name."""
        return dict(URL(self.url).query)

    @property
    def json(self) -> Any:
        """The parsed body. Raises ValueError if it is not JSON."""
        return json.loads(self.body)

    if not TYPE_CHECKING:  # Type checkers must still reject it.

        def __getitem__(self, name: object) -> Any:
            __tracebackhide__ = True
            raise TypeError(f"a Received is a request, not its body: write .json[{name!r}]")


def received_from(attempt: Attempt) -> Received:
    """The notification of an attempt, as its endpoint function gets it."""
    headers = _headers_of(attempt.url, attempt.headers)
    # A fragment is the client's own affair and is never sent.
    return Received("POST", attempt.url.partition("#")[0], headers, attempt.body, to_datetime(attempt.started_ms))


@lru_cache(maxsize=100)
def _headers_of(target: str, headers: tuple[tuple[str, str], ...]) -> CIMultiDictProxy[str]:
    """The headers, cached: they are immutable, and all requests of a subscription have the same."""
    return CIMultiDictProxy(CIMultiDict([("Host", host_header(target)), *headers]))


@dataclass(frozen=True)
class Response:
    """A complete answer; `delay` is the virtual time until it is given.

    A function may also return None (200), a status, text or bytes (200 with that body), a mapping or list (200 with
    that JSON), or (status, body) or (status, body, headers).
    """

    status: int = 200
    body: object = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: timedelta | str | float | None = None


class NoAnswer(Exception):
    """Raised by an endpoint function to make its delivery fail in a given way, after a virtual delay."""

    def __init__(self, reason: Reason, text: str, *, delay_ms: int = 0) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text
        self.delay_ms = delay_ms


def timed_out(timeout_ms: int, *, stood_still: bool = False) -> Result:
    """The result when no answer came in real time; `stood_still`: the timers of the endpoint's loop did."""
    why = f": {STOOD_STILL}" if stood_still else ""
    return Result.failure(Reason.TIMED_OUT, f"no answer within {duration_text(timeout_ms)}{why}")


UNENDED = "the answer began, but did not end"


def unended(timeout_ms: int) -> Result:
    """The result when only the beginning of an answer came in real time."""
    return Result.failure(Reason.TIMED_OUT, f"{UNENDED} within {duration_text(timeout_ms)}")


def too_late(timeout_ms: int, took_ms: int) -> Result:
    """The result when an answer came in real time, but after the timeout."""
    text = f"no answer within {duration_text(timeout_ms)}; it came after {duration_text(took_ms)}"
    return Result.failure(Reason.TIMED_OUT, text)


def not_started(timeout_ms: int) -> Result:
    """The result when the application's startup did not finish, so that it was never notified."""
    text = f"the application's start-up did not finish within {duration_text(timeout_ms)}"
    return Result.failure(Reason.TIMED_OUT, text)


def result_of(answer: object) -> Result:
    """The result for what a function returned. Raises UsageError if it is no answer."""
    if isinstance(answer, Response):
        delay = 0 if answer.delay is None else parse_duration(answer.delay)
        headers = _headers(answer.headers)
        return Result.answered(_status(answer.status), headers=headers, body=_body(answer.body), delay_ms=delay)
    if answer is None:
        return Result.answered(200)
    if isinstance(answer, bool):
        raise UsageError(f"an endpoint function returned {answer!r}; {_ADVICE}")
    if isinstance(answer, int):
        return Result.answered(_status(answer))
    if isinstance(answer, tuple) and len(answer) in (2, 3) and isinstance(answer[0], int):
        return result_of(Response(*answer))
    if inspect.iscoroutine(answer):
        answer.close()
        raise UsageError("an endpoint function returned a coroutine; write it as `async def`")
    return Result.answered(200, body=_body(answer))


def _status(status: object) -> int:
    if not isinstance(status, int) or not 100 <= status <= 599:
        raise UsageError(f"an endpoint function answered {status!r}, which is not an HTTP status")
    return status


def _headers(headers: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(headers, Mapping):
        raise UsageError(f"an endpoint function answered with the headers {headers!r}; return them as a mapping")
    return tuple((str(name), str(value)) for name, value in headers.items())


def _body(body: object) -> bytes:
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, Mapping | list):
        return encode(body)
    raise UsageError(f"an endpoint function answered {body!r}; {_ADVICE}")
