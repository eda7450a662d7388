"""The aiohttp application that clients of Copper talk to, and the one place where errors become answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import hdrs, web

from copper_emulator.core.call_log import STATUS, Noted
from copper_emulator.core.errors import ApiError, BadRequest, TooLarge, UnknownRoute, Untrusted, UsageError
from copper_emulator.core.json_text import encode
from copper_emulator.interception.hosts import HOSTS as API_HOSTS
from copper_emulator.shell.api import bulk, definitions, description, lookups, records, related, searches, webhooks
from copper_emulator.shell.api.answers import with_hint
from copper_emulator.shell.api.credentials import (
    DIRECTORY,
    Directory,
    calling_tenant,
    directory_of,
    known_account,
)
from copper_emulator.shell.api.hindering import CutOff, call_text, hindered
from copper_emulator.shell.api.unknown import unknown_path_hint
from copper_emulator.shell.guarding import may_be_rebound
from copper_emulator.shell.listening import MAX_BODY, ListeningRunner

_TRUSTED: web.AppKey[frozenset[str]] = web.AppKey("trusted")
"""The names beyond loopback under which browsers may call."""


def make_api(directory: Directory, *, trusted: frozenset[str] = frozenset()) -> web.Application:
    """The emulated API over the accounts of a directory, for browsers under loopback and the trusted names alone."""
    app = web.Application(middlewares=[answer_errors], client_max_size=MAX_BODY)
    app[DIRECTORY] = directory
    # Clients led here from Copper's hosts call under those names, and whatever page they come from has another.
    app[_TRUSTED] = trusted.union(API_HOSTS)
    for part in (webhooks, records, searches, bulk, related, lookups, definitions, description):
        app.add_routes(part.routes)
    return app


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
    noted: Noted | None = None
    try:
        if (origin := request.headers.get(hdrs.ORIGIN)) is not None:
            _check_browser(request, origin)
        tenant, hindrance = calling_tenant(request), None
        if tenant is not None:
            noted = tenant.note_call(request.method, request.raw_path)
            hindrance = await hindered(tenant, request, handler)
        answer = await handler(request) if hindrance is None else hindrance
    except CutOff:
        # Nobody gets it: the connection is closed.
        return web.Response(status=504)
    except Exception as error:
        refusal = refusal_for(request, error)
        if refusal is None:
            raise
        answer = refuse(request, refusal)
    if noted is not None:
        noted[STATUS] = answer.status
    return answer


def refusal_for(request: web.Request, error: Exception) -> ApiError | None:
    """What an error means for the client of a request; None if it is a fault of the emulator."""
    match error:
        case ApiError():
            return error
        case web.HTTPNotFound():
            return UnknownRoute(hint=unknown_path_hint(request))
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            return UnknownRoute(hint=f"{request.path} accepts {allowed}, not {request.method}")
        case web.HTTPRequestEntityTooLarge():
            return TooLarge("Request too large", hint=f"The body has more than {MAX_BODY} bytes.")
        case web.HTTPException():
            return BadRequest("Bad Request", hint=error.reason)
        case UsageError():
            # For example because frozen time went back: the test must be told.
            return BadRequest("Bad Request", hint=str(error))
    return None


def _check_browser(request: web.Request, origin: str) -> None:
    """Raise Untrusted if another site's page may have sent this. API clients send no Origin."""
    host = request.headers.get(hdrs.HOST, "")
    if may_be_rebound(origin, host, request.app[_TRUSTED]):
        error, known = Untrusted(origin, host), known_account(request)
        # Not `calling_tenant`, which opens accounts: another site's page must not.
        if known is not None:
            known[0].note_call(request.method, request.raw_path)[STATUS] = error.status
        raise error


def refuse(request: web.Request, error: ApiError) -> web.Response:
    """Record an error in the journal, and make it the answer to a request."""
    hint = f"; {error.hint}" if error.hint else ""
    text = call_text(request, f"{error.status} {error.message}{hint}")
    known = known_account(request)
    if known is not None:
        known[0].refused(text)
    else:
        directory_of(request).refused(text)
    return envelope(error)


def envelope(error: ApiError) -> web.Response:
    """An error in Copper's format, with the emulator's hint in a header."""
    response = web.Response(
        status=error.status, body=encode(error.body), content_type="application/json", charset="utf-8"
    )
    return with_hint(response, error.hint)


def answer_unhandled(
    _request: web.BaseRequest, status: int, error: BaseException | None, message: str
) -> web.Response | None:
    """Answer in the envelope what aiohttp refused before any handler ran; its own 500 stays, with its log entry."""
    if status >= 500 or error is None:
        return None
    return envelope(BadRequest("Bad Request", hint=f"This request cannot be answered: {message}"))
