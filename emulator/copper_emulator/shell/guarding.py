"""Who may call the control API and the page, and how refusals are answered."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aiohttp import web

from copper_emulator.core.errors import AccountGone, ApiError, EchoLoop, NotIdle, TimeError, UsageError
from copper_emulator.core.targets import is_loopback

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Refused(Exception):
    """A request that is answered with an error; `code` names the reason for programs that have to know it."""

    def __init__(self, status: int, error: str, *, hint: str | None = None, code: str | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.hint = hint
        self.code = code


def refuse(refused: Refused) -> web.Response:
    """A refusal as JSON; the keys `hint` and `code` are left out if there is none."""
    parts = {"error": refused.error, "hint": refused.hint, "code": refused.code}
    return web.json_response({key: text for key, text in parts.items() if text is not None}, status=refused.status)


@web.middleware
async def answer_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Middleware that answers every error the caller can correct, as JSON."""
    try:
        return await handler(request)
    except Refused as error:
        return refuse(error)
    except ApiError as error:
        return refuse(Refused(error.status, error.message, hint=error.hint or None))
    except UsageError as error:
        return refuse(_refusal_of(error))
    except web.HTTPNotFound:
        hint = "GET /_emulator/docs lists its operations, all under /_emulator/v1."
        return refuse(Refused(404, f"there is no {request.path} in the control API", hint=hint))
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        return refuse(Refused(405, f"{request.path} accepts {allowed}, not {request.method}"))
    except web.HTTPException as error:
        return refuse(Refused(error.status, error.reason))


def _refusal_of(error: UsageError) -> Refused:
    if isinstance(error, AccountGone):
        return Refused(404, str(error), hint="It was deleted meanwhile, or the server is ending.")
    return Refused(409 if isinstance(error, (TimeError, NotIdle, EchoLoop)) else 422, str(error))


def guard(trusted: frozenset[str]) -> Middleware:
    """Middleware that admits only requests whose Host and Origin are this machine's: no page of another site can call.

    Args:
        trusted: names trusted in addition to loopback, in lower case.
    """

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        origins = request.headers.getall("Origin", [])
        for header, names in (("Host", [request.headers.get("Host", "")]), ("Origin", origins)):
            for name in names:
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


def may_be_rebound(origin: str, host: str, trusted: frozenset[str]) -> bool:
    """Whether a request may be from another site's page whose own name leads to this server (DNS rebinding).

    To a browser the server is then the page's own, so that nothing has to permit the page to set headers. A page can
    make it hide the `Origin`, but not the `Host`. Another site's page that calls a trusted `Host` is of another origin:
    the browser asks the server to permit such headers, and it permits none.

    Args:
        origin: the request's `Origin`.
        host: the request's `Host`.
        trusted: names trusted in addition to loopback, in lower case.
    """
    return not (_is_trusted(host, trusted, _HOST) or _is_trusted(origin, trusted, _ORIGIN))


def protected(trusted: frozenset[str], handler: Handler) -> Handler:
    """Guard a single handler in the same way, with refusals answered as JSON."""
    guarded = guard(trusted)

    async def handle(request: web.Request) -> web.StreamResponse:
        return await answer_refusals(request, lambda inner: guarded(inner, handler))

    return handle


_HOST = re.compile(r"(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?", re.ASCII)
_ORIGIN = re.compile(rf"https?://{_HOST.pattern}", re.ASCII)


def _is_trusted(name: str, trusted: frozenset[str], form: re.Pattern[str]) -> bool:
    # Only a host and a port are accepted: a URL parser may understand the rest differently from a browser.
    match = form.fullmatch(name.lower())
    if match is None:
        return False
    host = match["host"].strip("[]")
    return is_loopback(host) or host in trusted
