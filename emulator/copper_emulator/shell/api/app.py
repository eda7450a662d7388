"""The aiohttp application that clients of Copper talk to, and what answers their plain requests without it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import hdrs, web

from copper_emulator.core.call_log import NotedCall
from copper_emulator.core.errors import Untrusted
from copper_emulator.interception.hosts import HOSTS as API_HOSTS
from copper_emulator.openapi import describe
from copper_emulator.shell.api import bulk, definitions, lookups, records, related, searches, webhooks
from copper_emulator.shell.api.answers import answer
from copper_emulator.shell.api.calls import handlers_of
from copper_emulator.shell.api.credentials import DIRECTORY, Directory, known_account, reached_account
from copper_emulator.shell.api.direct import DirectApi
from copper_emulator.shell.api.hindering import CutOff, hindered
from copper_emulator.shell.api.json_answer import JsonResponse
from copper_emulator.shell.api.refusing import answer_unhandled, refused
from copper_emulator.shell.guarding import may_be_rebound
from copper_emulator.shell.listening import MAX_BODY, AnswersDirectly, ListeningRunner

_ROUTES = [
    route for part in (webhooks, records, searches, bulk, related, lookups, definitions) for route in part.routes
]

_TRUSTED: web.AppKey[frozenset[str]] = web.AppKey("trusted")
"""The names beyond loopback under which browsers may call."""


def make_api(directory: Directory, *, trusted: frozenset[str] = frozenset()) -> web.Application:
    """The emulated API over the accounts of a directory, for browsers under loopback and the trusted names alone."""
    app = web.Application(middlewares=[answer_errors], client_max_size=MAX_BODY)
    app[DIRECTORY] = directory
    # Clients led here from Copper's hosts call under those names, and whatever page they come from has another.
    app[_TRUSTED] = trusted.union(API_HOSTS)
    app.add_routes(handlers_of(_ROUTES))
    app.router.add_get("/_emulator/developer_api.json", show_description)
    return app


async def show_description(_request: web.Request) -> web.StreamResponse:
    """200 with the OpenAPI document, which is the same for every account and every caller."""
    return JsonResponse(answer(describe()))


def direct_api(app: web.Application) -> AnswersDirectly:
    """What answers plain requests of the API of an application at once, without the application."""
    return DirectApi(app, _ROUTES).answer


def make_runner(app: web.Application, **options: Any) -> web.AppRunner:
    """Serve an application so that non-HTTP requests and aiohttp's own refusals are answered in the envelope, too."""
    return ListeningRunner(app, on_error=answer_unhandled, **options)


@web.middleware
async def answer_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer each refusal in Copper's envelope, with its hint in a header, and record it in the account's journal.

    Every call that names an account is noted in its `call_log`, with the status of its answer.
    """
    noted: NotedCall | None = None
    try:
        if (origin := request.headers.get(hdrs.ORIGIN)) is not None:
            _check_browser(request, origin)
        reached, hindrance = reached_account(request, has_route=request.match_info.http_exception is None), None
        if reached is not None:
            tenant = reached[0]
            noted = tenant.note_call(request.method, request.raw_path)
            hindrance = await hindered(tenant, request, handler)
        answer = await handler(request) if hindrance is None else hindrance
    except CutOff:
        # Nobody gets it: the connection is closed.
        return web.Response(status=504)
    except Exception as error:
        refusal = refused(request, error)
        if refusal is None:
            raise
        answer = JsonResponse(refusal)
    if noted is not None:
        noted.status = answer.status
    return answer


def _check_browser(request: web.Request, origin: str) -> None:
    """Raise Untrusted if another site's page may have sent this. API clients send no Origin."""
    host = request.headers.get(hdrs.HOST, "")
    if may_be_rebound(origin, host, request.app[_TRUSTED]):
        error, known = Untrusted(origin, host), known_account(request)
        # Not `reached_account`, which opens accounts: another site's page must not.
        if known is not None:
            known[0].note_call(request.method, request.raw_path).status = error.status
        raise error
