"""One call of the API: whose it is, what it asks for, and how a path gets its handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from aiohttp import web

from copper_emulator.core.errors import NotFound
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.writing.action import Deed, Done
from copper_emulator.core.wire import parse_body
from copper_emulator.shell.api.answers import go_on
from copper_emulator.shell.api.credentials import stage_of
from copper_emulator.shell.stage import Stage

T = TypeVar("T")

BASE = "/developer_api/v1"
_MAX_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Call:
    """One call that may be answered: its account is known, and its body has been received."""

    request: web.Request
    stage: Stage
    raw: bytes

    @property
    def body(self) -> Any:
        """What was sent, parsed. Raises BadRequest."""
        return parse_body(self.raw)

    @property
    def query(self) -> dict[str, str]:
        """The names and values behind the question mark; of several the last one."""
        return dict(self.request.query.items())

    @property
    def records(self) -> RecordStore:
        """The account's records; to be looked at under the lock."""
        return self.stage.account.records

    @property
    def with_computed(self) -> bool:
        """Whether custom fields are asked for with their `computed_value` (developer docs)."""
        return self.flag("custom_field_computed_values")

    def flag(self, name: str) -> bool:
        """Whether the query says `name=true`."""
        return self.request.query.get(name, "").lower() == "true"

    def id(self, noun: str) -> int:
        """The id in the path. Raises NotFound for what cannot be one."""
        return path_id(self.request, noun)

    def act(self, deed: Deed[T]) -> T:
        """Do something to the records; what that causes is due at once. Raises what the deed raises."""
        return self.perform(deed)[0]

    def perform(self, deed: Deed[T]) -> tuple[T, Done]:
        """Like `act`; gives also what was done, and which names in the bodies were ignored."""
        done: tuple[T, Done] = self.stage.record(lambda account, now: account.perform(deed, now, origin="api"))
        return done


Act: TypeAlias = Callable[[Call], web.Response]
Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


def path_id(request: web.Request, noun: str) -> int:
    """The id in a path. Raises NotFound for what cannot be one."""
    text = request.match_info["id"]
    if not (text.isascii() and text.isdecimal()) or len(text) > 19 or int(text) > _MAX_ID:
        raise NotFound(hint=f"{text!r} is no {noun} id.")
    return int(text)


def routes_of(rows: Iterable[tuple[str, str, Act]], *, bulk: bool = False) -> list[web.RouteDef]:
    """Method, path and what it does, with and without a trailing slash; those of one path stand together."""
    handled = [(method, path, _handler(act, bulk=bulk)) for method, path, act in rows]
    return [
        web.route(method, BASE + path + slash, handler, expect_handler=go_on)
        for slash in ("", "/")
        for method, path, handler in handled
    ]


def _handler(act: Act, *, bulk: bool) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        # Who calls comes first: a stranger's body is not even read.
        stage = stage_of(request, bulk=bulk)
        return act(Call(request, stage, await request.read()))

    return handle
