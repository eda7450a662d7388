"""One call of the API: whose it is, what it asks for, and how paths are routed to handlers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from aiohttp import web

from copper_emulator.core.errors import NotFound
from copper_emulator.core.ids import MAX_ID
from copper_emulator.core.model import EntityType, Key
from copper_emulator.core.paths import API_PATH
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.switched_off import is_of_leads, require
from copper_emulator.core.records.tables import LEAD, Stored
from copper_emulator.core.records.writing.action import Command, Done
from copper_emulator.shell.api.answers import go_on
from copper_emulator.shell.api.credentials import tenant_of
from copper_emulator.shell.api.json_answer import JsonAnswer, JsonResponse
from copper_emulator.shell.api.receiving import body_of, parsed
from copper_emulator.shell.api.request import ApiRequest
from copper_emulator.shell.api.unknown import methods_of
from copper_emulator.shell.tenant import Tenant

T = TypeVar("T")


@dataclass(slots=True)
class Call:
    """One authorised call: its account is known, and its body has been received."""

    request: ApiRequest
    tenant: Tenant
    raw: bytes

    @property
    def body(self) -> Any:
        """The parsed body. Raises BadRequest."""
        return parsed(self.request, self.raw)

    @property
    def url_query(self) -> Mapping[str, str]:
        """The query parameters; `items` has a repeated name as often as it was sent."""
        # Most calls have no query, and parsing an empty one takes time all the same.
        return self.request.query if self.request.query_string else {}

    @property
    def query(self) -> dict[str, str]:
        """The query parameters; of a repeated name, the last value."""
        return dict(self.url_query.items())

    @property
    def records(self) -> RecordStore:
        """The account's records; access them under the lock."""
        return self.tenant.account.records

    @property
    def with_computed(self) -> bool:
        """Whether the call asks for custom fields with their `computed_value` (developer docs)."""
        return self.flag("custom_field_computed_values")

    def flag(self, name: str) -> bool:
        """Whether the query says `name=true`."""
        return self.url_query.get(name, "").lower() == "true"

    def id(self, noun: str) -> int:
        """The id in the path. Raises NotFound for what cannot be one."""
        return path_id(self.request, noun)

    def json(self, kind: EntityType, ids: Collection[int], among: Mapping[int, Stored]) -> list[bytes]:
        """Records in the form the call asks for, each as JSON; under the lock."""
        if self.with_computed:
            return [self.records.encode(kind, among[each], with_computed=True) for each in ids]
        return self.records.read(kind, ids, among)

    def one(self, kind: EntityType, record_id: int) -> bytes:
        """A stored record in the form the call asks for, as JSON; under the lock. Raises NotFound."""
        store = self.records
        record = store.stored(kind, record_id)
        [raw] = self.json(kind, [record_id], {record_id: record})
        return raw

    def act(self, command: Command[T]) -> T:
        """Perform a command on the records; what it causes is due at once. Raises what the command raises."""
        return self.perform(command)[0]

    def perform(self, command: Command[T]) -> tuple[T, Done]:
        """Like `act`, but also return what was done, including the names in the bodies that were ignored."""
        done: tuple[T, Done] = self.tenant.record(lambda account, now: account.perform(command, now, origin="api"))
        return done


Act: TypeAlias = Callable[[Call], JsonAnswer]


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """What calls of one path with one method do. In a path, `{id}` and the like stand for any part."""

    method: str
    path: str
    act: Act
    is_bulk: bool
    is_of_leads: bool

    def caller(self, request: ApiRequest, found: tuple[Tenant, Key] | None = None) -> Tenant:
        """The account of the caller, for which the call counts. Raises what `tenant_of` and `require` raise."""
        tenant = tenant_of(request, bulk=self.is_bulk, found=found)
        if self.is_of_leads:
            with tenant.lock:
                require(tenant.account.records, LEAD)
        return tenant

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one call: authenticate first, so that the body of an unauthorised call is not even read."""
        tenant = self.caller(request)
        return JsonResponse(self.act(Call(request, tenant, await body_of(request))))


def path_id(request: ApiRequest, noun: str) -> int:
    """The id in a path. Raises NotFound for what cannot be one."""
    text = request.match_info["id"]
    if not (text.isascii() and text.isdecimal()) or len(text) > 19 or int(text) > MAX_ID:
        raise NotFound(hint=f"{text!r} is not a valid {noun} id.{_in_another_way(request)}")
    return int(text)


def _in_another_way(request: ApiRequest) -> str:
    """The methods that a path has besides the one it was called with, for which it is that of a record; or ""."""
    methods = methods_of(request)
    return f" {request.path} accepts {', '.join(methods)}, not {request.method}." if methods else ""


def routes_of(rows: Iterable[tuple[str, str, Act]], *, bulk: bool = False) -> list[ApiRoute]:
    """Routes for rows of method, path and action, with and without a trailing slash; those of a path stay together.

    Calls about leads are refused if the account has switched leads off.
    """
    named = list(rows)
    return [
        ApiRoute(method, API_PATH + path + slash, act, bulk, is_of_leads(path))
        for slash in ("", "/")
        for method, path, act in named
    ]


def handlers_of(routes: Iterable[ApiRoute]) -> list[web.RouteDef]:
    """The same routes for an application of aiohttp."""
    return [web.route(each.method, each.path, each.answer, expect_handler=go_on) for each in routes]
