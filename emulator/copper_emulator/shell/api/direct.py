"""Plain requests of the API are answered at once, when they arrive, without a task or anything else of aiohttp's.

aiohttp took a third of the time of a create, and more than half of that of a call that only reads. What is read at a
glance (`whole_request.py`), goes to a route without anything open in it but an id, and can neither be held back nor
need a browser's checks, is done here by the same actions and refused by the same rules. Everything else is left to
the application (`app.py`), which could answer all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from aiohttp import hdrs, web

from copper_emulator.core.call_log import NotedCall
from copper_emulator.interception.hosts import is_copper_api
from copper_emulator.shell.api.calls import ApiRoute, Call
from copper_emulator.shell.api.credentials import reached_account
from copper_emulator.shell.api.hindering import may_be_hindered
from copper_emulator.shell.api.json_answer import JsonAnswer
from copper_emulator.shell.api.refusing import refused
from copper_emulator.shell.whole_request import WholeRequest

_WITH_AN_ID = re.compile(r"(/developer_api/v1/[a-z_]+/)([0-9]+)(/?|/[a-z_]+/?)")
"""A path with the id of a record in it."""


@dataclass(slots=True)
class DirectRequest:
    """A request that was read at a glance, as the API's parts see it (`request.py`)."""

    app: web.Application
    method: str
    path: str
    headers: Mapping[str, str]
    match_info: Mapping[str, str]
    query_string: ClassVar[str] = ""
    query: ClassVar[Mapping[str, str]] = {}

    @property
    def raw_path(self) -> str:
        """The path: nothing in it had to be decoded."""
        return self.path

    @property
    def content_type(self) -> str:
        """The media type of the body."""
        media_type = self.headers.get(hdrs.CONTENT_TYPE, "").partition(";")[0]
        return media_type.strip().lower() or "application/octet-stream"


class DirectApi:
    """Answers requests of an application's API that are as plain as can be."""

    def __init__(self, app: web.Application, routes: Iterable[ApiRoute]) -> None:
        self._app = app
        self._routes = {(route.method, route.path): route for route in routes}

    def answer(self, whole: WholeRequest) -> bytes | None:
        """The whole answer to a request, whose effects have happened; None if it is left to the application.

        For that, nothing happens but what the application would do first as well: the account that a token opens is
        there. Raises what is a fault of the emulator.
        """
        route, match_info = self._route(whole.method, whole.target)
        if route is None or hdrs.ORIGIN in whole.headers or _is_for_copper(whole.headers.get(hdrs.HOST, "")):
            return None
        answer = _answer(
            route, DirectRequest(self._app, whole.method, whole.target, whole.headers, match_info), whole.body
        )
        return None if answer is None else answer.to_bytes()

    def _route(self, method: str, path: str) -> tuple[ApiRoute | None, Mapping[str, str]]:
        found = self._routes.get((method, path))
        if found is None and (parts := _WITH_AN_ID.fullmatch(path)) is not None:
            return self._routes.get((method, f"{parts[1]}{{id}}{parts[3]}")), {"id": parts[2]}
        return found, {}


def _answer(route: ApiRoute, request: DirectRequest, body: bytes) -> JsonAnswer | None:
    """What the application would answer; None if it must see for itself."""
    noted: NotedCall | None = None
    try:
        reached = reached_account(request, has_route=True)
        if reached is not None:
            if may_be_hindered(reached[0]):
                return None
            noted = reached[0].note_call(request.method, request.path)
        answer = route.act(Call(request, route.caller(request, reached), body))
    except Exception as error:
        refusal = refused(request, error)
        if refusal is None:
            raise
        answer = refusal
    if noted is not None:
        noted.status = answer.status
    return answer


@lru_cache(maxsize=64)
def _is_for_copper(host: str) -> bool:
    """Whether a client was led here from Copper's own host: whose call it is, is then decided elsewhere."""
    return is_copper_api(host.partition(":")[0])
