"""The aiohttp application that clients of Copper talk to, and the one place where errors become answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import hdrs, web

from copper_emulator.core.errors import ApiError, BadRequest, TooLarge, UnknownRoute, Untrusted, UsageError
from copper_emulator.core.json_text import encode
from copper_emulator.interception.hosts import HOSTS as API_HOSTS
from copper_emulator.shell.api import bulk, definitions, description, lookups, records, related, searches, webhooks
from copper_emulator.shell.api.answers import with_hint
from copper_emulator.shell.api.credentials import DIRECTORY, Directory, directory_of, known_account
from copper_emulator.shell.api.hindering import call_text, hindered
from copper_emulator.shell.api.unknown import unknown_path_hint
from copper_emulator.shell.control.guarding import may_be_rebound
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
    """Answer each refusal in Copper's envelope, with its hint in a header, and record it in the account's journal."""
    try:
        if (origin := request.headers.get(hdrs.ORIGIN)) is not None:
            _check_browser(request, origin)
        hindrance = await hindered(request, handler)
        return await handler(request) if hindrance is None else hindrance
    except ApiError as error:
        return refuse(request, error)
    except web.HTTPNotFound:
        return refuse(request, UnknownRoute(hint=unknown_path_hint(request)))
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        return refuse(request, UnknownRoute(hint=f"{request.path} accepts {allowed}, not {request.method}"))
    except web.HTTPRequestEntityTooLarge:
        return refuse(request, TooLarge("Request too large", hint=f"The body has more than {MAX_BODY} bytes."))
    except web.HTTPException as error:
        return refuse(request, BadRequest("Bad Request", hint=error.reason))
    except UsageError as error:
        # For example because frozen time went back: the test must be told.
        return refuse(request, BadRequest("Bad Request", hint=str(error)))


def _check_browser(request: web.Request, origin: str) -> None:
    """Raise Untrusted if another site's page may have sent this. API clients send no Origin."""
    host = request.headers.get(hdrs.HOST, "")
    if may_be_rebound(origin, host, request.app[_TRUSTED]):
        raise Untrusted(origin, host)


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
