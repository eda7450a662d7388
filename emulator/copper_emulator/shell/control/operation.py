"""How a request becomes a call of an operation of the control API.

An operation is a function with one model for its input and one for its output; everything else is done here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_origin

from aiohttp import web
from multidict import MultiMapping
from pydantic import BaseModel, ValidationError

from copper_emulator.core.text import choices, meant, sentence, suggesting
from copper_emulator.core.wire import parse_body
from copper_emulator.shell.api.receiving import body_of
from copper_emulator.shell.control.bases import Shape, Taken
from copper_emulator.shell.guarding import Handler, Refused
from copper_emulator.value_mistakes import value_mistake

if TYPE_CHECKING:
    from copper_emulator.shell.served.account import ServedAccount
    from copper_emulator.shell.served.accounts import Accounts

T = TypeVar("T", bound=Taken)

_MOST = 10
"""How many mistakes an error message lists."""


@dataclass(frozen=True)
class Operation(Generic[T]):
    """One function of the control API: `run` is called with the account and the parsed request."""

    method: str
    path: str
    summary: str
    takes: type[T]
    gives: type[Shape]
    run: Callable[[ServedAccount, T], Awaitable[Shape]]
    max_body: int | None = None
    """Bytes allowed in a request body, if more than usual."""

    def route(self, accounts: Accounts) -> web.RouteDef:
        """Its route, under `/accounts/{name}`."""

        async def handle(request: web.Request) -> web.StreamResponse:
            # Before the body is read: a wrong name is answered at once.
            account_of(request, accounts)
            params = await taken(request, self.takes, max_body=self.max_body)
            # Once more, because the account may have been deleted while the body was on its way.
            return answer(await self.run(account_of(request, accounts), params))

        return web.route(self.method, "/accounts/{name}" + self.path, handle)


@dataclass(frozen=True)
class ServerOperation(Generic[T]):
    """One function of the control API that concerns the server as a whole."""

    method: str
    path: str
    summary: str
    takes: type[T]
    gives: type[Shape]
    run: Callable[[Accounts, web.Request, T], Awaitable[Shape]]
    status: int = 200
    """The status of its answer on success."""

    def handler(self, accounts: Accounts) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            shape = await self.run(accounts, request, await taken(request, self.takes))
            return answer(shape, status=self.status)

        return handle

    def route(self, accounts: Accounts) -> web.RouteDef:
        return web.route(self.method, self.path, self.handler(accounts))


def account_of(request: web.Request, accounts: Accounts) -> ServedAccount:
    """The account named in the path. Raises Refused, 404 with the names there are."""
    name = request.match_info["name"]
    found = accounts.named(name)
    if found is None:
        names = [each.name for each in accounts]
        wrong = suggesting(f"there is no account {name!r}", meant(name, names))
        raise Refused(404, wrong, hint=sentence(choices("account", names)))
    return found


async def taken(request: web.Request, model: type[T], *, max_body: int | None = None) -> T:
    """Parse a request's values: from the query for GET, else from a JSON body. Invalid ones are answered 400 or 422.

    Path parameters other than the account's name are among the values.
    """
    values = await _unparsed(request, model, max_body)
    in_path = {name: value for name, value in request.match_info.items() if name != "name"}
    twice = [name for name in in_path if name in values]
    if twice:
        raise Refused(422, f"{twice[0]}: is already in the path")
    return parsed(model, {**in_path, **values})


async def _unparsed(request: web.Request, model: type[T], max_body: int | None) -> dict[str, Any]:
    if request.method == "GET":
        return from_query(request.query, model)
    if request.query:
        raise Refused(422, "this operation takes its values in a JSON body, not in the query")
    reader = request if max_body is None else request.clone(client_max_size=max_body)
    values = parse_body(await body_of(reader))
    if not isinstance(values, dict):
        raise Refused(422, "the body must be a JSON object")
    return values


def from_query(query: MultiMapping[str], model: type[BaseModel]) -> dict[str, Any]:
    """Each name with its value, or with a list if it is repeated or the model has a list there."""
    return {
        name: query.getall(name) if _is_list(model, name) or len(query.getall(name)) > 1 else query[name]
        for name in query
    }


def _is_list(model: type[BaseModel], name: str) -> bool:
    field = model.model_fields.get(name)
    return field is not None and get_origin(field.annotation) is list


def parsed(model: type[T], values: Mapping[str, Any]) -> T:
    """Validate values against a model. Raises Refused, 422 with every mistake found."""
    if not values and not model.model_fields:
        # Nothing to check, so the model's validator need not be built.
        return model.model_construct()
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        raise Refused(422, _mistakes(error, model)) from None


def _mistakes(error: ValidationError, model: type[Taken]) -> str:
    """Join the mistakes, each led by the name of the value: `ids: '2' is not a whole number; event: is missing`."""
    lines = [_line(dict(each), model) for each in error.errors(include_url=False)]
    return "; ".join(dict.fromkeys(lines[:_MOST]))


def _line(error: Mapping[str, Any], model: type[Taken]) -> str:
    # A list's index is left out: the message shows which value is meant.
    where = str(error["loc"][0])[:100] if error["loc"] else "the body"
    if error["type"] == "extra_forbidden":
        return model.unknown(where)
    return f"{where}: {value_mistake(error)}"


def answer(shape: Shape, *, status: int = 200) -> web.Response:
    """Answer with a shape as JSON."""
    return web.Response(status=status, body=shape.as_json(), content_type="application/json", charset="utf-8")
