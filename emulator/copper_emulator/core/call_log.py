"""Which calls of an account's API were made, and what was answered? The journal has only those that were refused.

A call is noted when it arrives: one that is never answered is there too, and the order is the same on every run. A list
is kept for each call; an `ApiCall` is made of it when somebody looks, because nobody looks at most of them.
"""

from __future__ import annotations

import re
from collections import deque
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from copper_emulator.core.moments import to_datetime

KEPT = 10_000
"""Calls that are kept, the latest ones."""

Noted: TypeAlias = list[Any]
"""A call as it is kept: its status, and then its number, method, path, moment and notification."""

STATUS = 0
"""The place of a noted call's status, which is None until it is answered."""

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
        return to_datetime(self.at_ms)

    def __str__(self) -> str:
        return f"{self.method} {self.path} -> {'no answer' if self.status is None else self.status}"

    def __repr__(self) -> str:
        return str(self)


class CallLog:
    """The latest calls of an account's API, oldest first."""

    def __init__(self) -> None:
        self.total = 0
        """How many calls there were, whether they are kept or not."""
        self._kept: deque[Noted] = deque(maxlen=KEPT)

    def note(self, method: str, path: str, now: int, during: int | None) -> Noted:
        """Note a call that has arrived; its status is put into what is returned."""
        self.total = number = self.total + 1
        noted: Noted = [None, number, method, path, now, during]
        self._kept.append(noted)
        return noted

    def calls(self) -> list[ApiCall]:
        """The calls as they are now, oldest first."""
        # Copied at once, because another thread may note a call meanwhile.
        return [
            ApiCall(number, method, _shown(path), status, at_ms, during)
            for status, number, method, path, at_ms, during in list(self._kept)
        ]


def _shown(path: str) -> str:
    """A path as it came, without host and base; bytes that were no UTF-8 as escapes, for terminals and files."""
    return _BEFORE_PATH.sub("", path, count=1).encode("utf-8", "backslashreplace").decode() or "/"
