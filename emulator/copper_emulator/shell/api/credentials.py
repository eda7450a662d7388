"""Who calls, and may they? By the three X-PW headers or an OAuth token (developer.copper.com, requests)."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from aiohttp import web

from copper_emulator.core.errors import Unauthorized
from copper_emulator.core.model import DEFAULT_EMAIL, Key
from copper_emulator.shell.stage import Stage

if TYPE_CHECKING:
    from copper_emulator.shell.app import Directory

_HEADERS = ("X-PW-AccessToken", "X-PW-Application", "X-PW-UserEmail")
_BEARER = "Bearer <token>"

DIRECTORY: web.AppKey[Directory] = web.AppKey("directory")

ANSWERING: ContextVar[Directory] = ContextVar("answering")
"""The directory that answers a request instead of its application's."""


def directory_of(request: web.Request) -> Directory:
    """Who has which account, for this request."""
    return ANSWERING.get(request.app[DIRECTORY])


def stage_of(request: web.Request, *, bulk: bool = False) -> Stage:
    """The account of the caller; the call counts against its limits.

    Raises Unauthorized for missing, unknown and replaced credentials, TooManyRequests over a limit.
    """
    token, email = _credentials(request)
    directory = directory_of(request)
    found = directory.find(token, email)
    if found is None:
        raise Unauthorized(hint=f"This token belongs to no account here. {directory.token_advice}")
    stage, key = found
    with stage.lock:
        if key != stage.account.key:
            raise Unauthorized(hint="This API key was replaced by a newer one of the same account.")
        if stage.account.calls.are_limited:
            stage.account.calls.count(stage.now(), bulk=bulk)
    return stage


def known_account(request: web.Request) -> tuple[Stage, Key] | None:
    """The account a request's token belongs to and the key it is, whether or not it may be used; opens none."""
    token = request.headers.get("X-PW-AccessToken") or _bearer_token(request.headers.get("Authorization", ""))
    return directory_of(request).known(token) if token else None


def _credentials(request: web.Request) -> tuple[str, str]:
    """The token and the email that a request names."""
    headers = request.headers
    if headers.get("Authorization") and not headers.get("X-PW-AccessToken"):
        return _bearer(headers["Authorization"]), DEFAULT_EMAIL
    missing = [name for name in _HEADERS if not headers.get(name)]
    if missing:
        ways = f"Every request needs all three X-PW headers, or Authorization: {_BEARER}."
        raise Unauthorized(hint=f"Missing: {', '.join(missing)}. {ways}")
    unreadable = [name for name in _HEADERS if not headers[name].isprintable()]
    if unreadable:
        raise Unauthorized(hint=f"Not printable characters in UTF-8: {', '.join(unreadable)}.")
    if headers["X-PW-Application"] != "developer_api":
        raise Unauthorized(hint="X-PW-Application must be developer_api.")
    return headers["X-PW-AccessToken"], headers["X-PW-UserEmail"]


def _bearer(header: str) -> str:
    """The OAuth token, which needs no email beside it."""
    token = _bearer_token(header)
    if not token:
        raise Unauthorized(hint=f"Authorization must be {_BEARER}; or send the three X-PW headers.")
    if not token.isprintable():
        raise Unauthorized(hint="Not printable characters in UTF-8: Authorization.")
    return token


def _bearer_token(header: str) -> str:
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
