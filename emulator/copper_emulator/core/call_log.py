"""Which calls of an account's API were made, and what was answered? The journal has only those that were refused.

A call is noted when it arrives: one that is never answered is there too, and the order is the same on every run. What
is noted is not shown itself, as its status is yet to come: an `ApiCall` is made of it when somebody looks.
"""

from __future__ import annotations

import re
from collections import deque
from datetime import datetime
from typing import NamedTuple

from copper_emulator.core.moments import to_datetime

KEPT = 10_000
"""Calls that are kept, the latest ones."""

_BEFORE_PATH = re.compile(r"(https?://[^/?#]*)?(/developer_api/v1(?=[/?#]|$))?")


class ApiCall(NamedTuple):
    """One call of an account's API. Its text is `GET /people/17 -> 200`.

    `number` counts from 1. `path` is as it was sent, with its query, but begins after `/developer_api/v1`. `status` is
    None if there was no answer, or none yet. `at` is the account's time when the call arrived. `during` is the serial
    of the notification during whose delivery it came, like the `cause` of a change: None if there was none, or if a
    server's clock runs, because then nobody can tell.
    """

    number: int
    method: str
    path: str
    status: int | None
    at_ms: int
    during: int | None = None

    @property
    def at(self) -> datetime:
        """When it came, in virtual time, UTC."""
        return to_datetime(self.at_ms)

    def __str__(self) -> str:
        return f"{self.method} {self.path} -> {'no answer' if self.status is None else self.status}"

    def __repr__(self) -> str:
        return str(self)


class NotedCall:
    """A call as it is kept, with its path as it came. Whoever answers it sets its `status`."""

    __slots__ = ("at_ms", "during", "method", "number", "path", "status")

    def __init__(self, number: int, method: str, path: str, at_ms: int, during: int | None) -> None:
        self.number = number
        self.method = method
        self.path = path
        self.at_ms = at_ms
        self.during = during
        self.status: int | None = None


class CallLog:
    """The latest calls of an account's API, oldest first."""

    def __init__(self) -> None:
        self.total = 0
        """How many calls there were, whether they are kept or not."""
        self._kept: deque[NotedCall] = deque(maxlen=KEPT)

    def note(self, method: str, path: str, now: int, during: int | None) -> NotedCall:
        """Note a call that has arrived, and return it, for its status to be set."""
        self.total = number = self.total + 1
        call = NotedCall(number, method, path, now, during)
        self._kept.append(call)
        return call

    def calls(self) -> list[ApiCall]:
        """The calls as they are now, oldest first."""
        # Copied at once, because another thread may note a call meanwhile.
        return [
            ApiCall(call.number, call.method, _path_text(call.path), call.status, call.at_ms, call.during)
            for call in list(self._kept)
        ]


def _path_text(path: str) -> str:
    """A path as it came, without host and base; bytes that were no UTF-8 as escapes, for terminals and files."""
    return _BEFORE_PATH.sub("", path, count=1).encode("utf-8", "backslashreplace").decode() or "/"
