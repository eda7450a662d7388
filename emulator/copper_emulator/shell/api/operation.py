"""How a request becomes a call of an operation of the control API, and every refusal an answer.

An operation is a function with one model for what it takes and one for what it gives; everything else is here.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_origin

from aiohttp import web
from multidict import MultiMapping
from pydantic import BaseModel, ValidationError

from copper_emulator.core.errors import ApiError, EchoLoop, NotIdle, TimeError, UsageError
from copper_emulator.core.targets import is_loopback
from copper_emulator.core.wire import parse_body
from copper_emulator.shell.accounts import Accounts
from copper_emulator.shell.api.control_models import ErrorShape, Taken
from copper_emulator.shell.api.faults import faults_text
from copper_emulator.shell.served_account import AccountGone, ServedAccount

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware

T = TypeVar("T", bound=Taken)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, error: str, *, hint: str | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.shape = ErrorShape(error=error, hint=hint)


@dataclass(frozen=True)
class Operation(Generic[T]):
    """One function of the control API: `run` is given the account and what the request says."""

    method: str
    path: str
    summary: str
    takes: type[T]
    gives: type[BaseModel]
    run: Callable[[ServedAccount, T], Awaitable[BaseModel]]
    max_body: int | None = None
    """Bytes that its requests may have, where it is more than usual."""

    def route(self, accounts: Accounts) -> web.RouteDef:
        """Under `/accounts/{name}`."""

        async def handle(request: web.Request) -> web.StreamResponse:
            account = account_of(request, accounts)
            return answer(await self.run(account, await taken(request, self.takes, max_body=self.max_body)))

        return web.route(self.method, "/accounts/{name}" + self.path, handle)


@dataclass(frozen=True)
class ServerOperation(Generic[T]):
    """One function of the control API that is about the server as a whole."""

    method: str
    path: str
    summary: str
    takes: type[T]
    gives: type[BaseModel]
    run: Callable[[Accounts, web.Request, T], Awaitable[BaseModel]]
    status: int = 200
    """Of its answer, where all went well."""

    def route(self, accounts: Accounts) -> web.RouteDef:
        async def handle(request: web.Request) -> web.StreamResponse:
            shape = await self.run(accounts, request, await taken(request, self.takes))
            return answer(shape, status=self.status)

        return web.route(self.method, self.path, handle)


def account_of(request: web.Request, accounts: Accounts) -> ServedAccount:
    """The account in the path, or 404 with those that there are."""
    name = request.match_info["name"]
    found = accounts.named(name)
    if found is None:
        raise Refused(
            404, f"there is no account {name!r}", hint=f"The accounts are {', '.join(a.name for a in accounts)}."
        )
    return found


async def taken(request: web.Request, model: type[T], *, max_body: int | None = None) -> T:
    """What a request says: GET in its query, the others in a JSON body; 400 and 422 for what it cannot say.

    What stands in the path beside the account's name belongs to it.
    """
    said = await _said(request, model, max_body)
    in_path = {name: value for name, value in request.match_info.items() if name != "name"}
    twice = [name for name in in_path if name in said]
    if twice:
        raise Refused(422, f"{twice[0]}: stands in the path already")
    return parsed(model, {**in_path, **said})


async def _said(request: web.Request, model: type[T], max_body: int | None) -> dict[str, Any]:
    if request.method == "GET":
        return from_query(request.query, model)
    if request.query:
        raise Refused(422, "this operation takes its values in a JSON body, not in the query")
    reader = request if max_body is None else request.clone(client_max_size=max_body)
    said = parse_body(await reader.read())
    if not isinstance(said, dict):
        raise Refused(422, "the body must be a JSON object")
    return said


def from_query(query: MultiMapping[str], model: type[BaseModel]) -> dict[str, Any]:
    """Each name with its value; with a list of them where it stands twice or may."""
    return {
        name: query.getall(name) if _is_list(model, name) or len(query.getall(name)) > 1 else query[name]
        for name in query
    }


def _is_list(model: type[BaseModel], name: str) -> bool:
    field = model.model_fields.get(name)
    return field is not None and get_origin(field.annotation) is list


def parsed(model: type[T], said: Mapping[str, Any]) -> T:
    """422 with every fault found."""
    try:
        return model.model_validate(dict(said))
    except ValidationError as error:
        raise Refused(422, faults_text(error, model)) from None


def answer(shape: BaseModel, *, status: int = 200) -> web.Response:
    """A shape as JSON."""
    return web.Response(status=status, text=shape.model_dump_json(), content_type="application/json")


def refuse(refused: Refused) -> web.Response:
    """A refusal as JSON; without a hint there is no key for it."""
    return web.Response(
        status=refused.status,
        text=refused.shape.model_dump_json(exclude_none=True),
        content_type="application/json",
    )


@web.middleware
async def answer_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error that is the caller's to mend, as JSON."""
    try:
        return await handler(request)
    except Refused as error:
        return refuse(error)
    except ApiError as error:
        return refuse(Refused(error.status, error.message, hint=error.hint or None))
    except UsageError as error:
        return refuse(_misused(error))
    except web.HTTPNotFound:
        return refuse(Refused(404, f"there is no {request.path} in the control API"))
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        return refuse(Refused(405, f"{request.path} knows {allowed}, not {request.method}"))
    except web.HTTPException as error:
        return refuse(Refused(error.status, error.reason))


def _misused(error: UsageError) -> Refused:
    if isinstance(error, AccountGone):
        return Refused(404, str(error), hint="It was deleted meanwhile, or the server ends.")
    return Refused(409 if isinstance(error, (TimeError, NotIdle, EchoLoop)) else 422, str(error))


def guard(trusted: frozenset[str]) -> Middleware:
    """A middleware that lets in only who calls this machine by its own name: no page of another site can."""

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        origins = request.headers.getall("Origin", [])
        for header, called in (("Host", [request.headers.get("Host", "")]), ("Origin", origins)):
            for name in called:
                if not _is_trusted(name, trusted, _HOST if header == "Host" else _ORIGIN):
                    return refuse(
                        Refused(
                            403,
                            f"the {header} {name!r} is not trusted",
                            hint="Call the control API as 127.0.0.1 or localhost, or start the server with "
                            "--trusted-host NAME.",
                        )
                    )
        return await handler(request)

    return guarded


_HOST = re.compile(r"(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?", re.ASCII)
_ORIGIN = re.compile(rf"https?://{_HOST.pattern}", re.ASCII)


def _is_trusted(name: str, trusted: frozenset[str], form: re.Pattern[str]) -> bool:
    # Nothing but a host and a port: what a URL's parser makes of the rest is not what a browser would.
    match = form.fullmatch(name.lower())
    if match is None:
        return False
    host = match["host"].strip("[]")
    return is_loopback(host) or host in trusted
