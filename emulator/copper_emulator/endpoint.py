"""A recording receiver with scripted answers, which the `copper_endpoint` fixture yields."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Mapping
from datetime import timedelta

from copper_emulator.core.attributes import Attributes
from copper_emulator.core.errors import UsageError, raised_on_purpose
from copper_emulator.core.model import Reason
from copper_emulator.core.text import count
from copper_emulator.durations import parse_duration
from copper_emulator.shell.routing.messages import NoAnswer, Received, Response, result_of

__tracebackhide__ = raised_on_purpose


class Endpoint(Attributes):
    """Records every notification it receives, and answers 200 or what it is told to.

    `url` is an https:// URL that is already routed here. Delays are in virtual time.
    """

    answers_only = True
    """Nothing happens here after the answer, so nobody is advised to wait for it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._requests: list[Received] = []
        self._script: deque[_Scripted] = deque()
        self._otherwise: Callable[[], Response] = Response

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.url}: {count(len(self._requests), 'request')}>"

    @property
    def requests(self) -> list[Received]:
        """The requests received, in order: method, path, headers, raw body, json, virtual time."""
        return list(self._requests)

    def reply(
        self,
        status: int = 200,
        *,
        body: object = "",
        headers: Mapping[str, str] | None = None,
        delay: timedelta | str | float | None = None,
        times: int | None = None,
    ) -> None:
        """Answer the next `times` requests like this, after those already scripted; without `times`, all from then on.

        Raises UsageError for an impossible answer.
        """
        _check(status, body, headers, delay)
        self._then(lambda: Response(status, body, headers or {}, delay), times)

    def clear(self) -> None:
        """Forget the requests received; the scripted answers stay."""
        self._requests.clear()

    def refuse(self, *, times: int | None = None) -> None:
        """Refuse the connection."""
        self._then(lambda: _fail(NoAnswer(Reason.REFUSED, "connection refused")), times)

    def hang(self, *, times: int | None = None) -> None:
        """Never answer: the delivery times out, in virtual time."""
        self._then(lambda: _fail(NoAnswer(Reason.TIMED_OUT, "no answer", delay_ms=sys.maxsize)), times)

    def break_off(self, *, times: int | None = None) -> None:
        """Close the connection without an answer."""
        self._then(lambda: _fail(NoAnswer(Reason.BROKEN_OFF, "connection closed without an answer")), times)

    def __call__(self, request: Received) -> Response:
        self._requests.append(request)
        return self._answer()

    def _answer(self) -> Response:
        """The next answer of the script."""
        if not self._script:
            return self._otherwise()
        scripted = self._script[0]
        scripted.left -= 1
        if not scripted.left:
            self._script.popleft()
        return scripted.answer()

    def _then(self, answer: Callable[[], Response], times: int | None) -> None:
        if times is None:
            self._otherwise = answer
        else:
            self._script.append(_Scripted(answer, _number(times)))


class _Scripted:
    def __init__(self, answer: Callable[[], Response], left: int) -> None:
        self.answer = answer
        self.left = left


def _number(times: object) -> int:
    if isinstance(times, bool) or not isinstance(times, int) or times < 1:
        raise UsageError(f"times={times!r}: give a number of requests, at least 1, or leave it out for all")
    return times


def _check(status: object, body: object, headers: object, delay: timedelta | str | float | None) -> None:
    if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 599:
        raise UsageError(f"status={status!r} is not an HTTP status; write a number from 100 to 599, like reply(503)")
    try:
        parse_duration(0 if delay is None else delay)
    except ValueError as error:
        raise UsageError(f"delay: {error}") from None
    if headers is not None and not isinstance(headers, Mapping):
        raise UsageError(f"headers={headers!r}: write a mapping, like {{'Location': 'https://my-app.example/'}}")
    try:
        result_of(Response(body=body))
    except (UsageError, TypeError, ValueError):
        raise UsageError(f"body={body!r}: give text, bytes, or a dict or list that can be written as JSON") from None


def _fail(failure: NoAnswer) -> Response:
    raise failure
