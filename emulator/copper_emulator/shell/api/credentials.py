"""Who calls, and may they? By the three X-PW headers or an OAuth token (developer.copper.com, requests)."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Protocol

from aiohttp import hdrs, web
from multidict import istr

from copper_emulator.core.errors import Unauthorized
from copper_emulator.core.model import DEFAULT_EMAIL, Key
from copper_emulator.shell.stage import Stage

_TOKEN, _APPLICATION, _EMAIL = istr("X-PW-AccessToken"), istr("X-PW-Application"), istr("X-PW-UserEmail")
"""Of the type by which headers are found without being put into lower case each time."""
_BEARER = "Bearer <token>"


class Directory(Protocol):
    """Who has which account."""

    token_advice: str
    """What to do with a token that belongs to no account."""

    def find(self, token: str, email: str) -> tuple[Stage, Key] | None:
        """The account of a token and the key it is, or None; it may be opened for it."""

    def known(self, token: str) -> tuple[Stage, Key] | None:
        """The same, but only of an account that is there already."""

    def refused(self, text: str) -> None:
        """A call was refused that belongs to no account whose journal could tell of it."""


DIRECTORY: web.AppKey[Directory] = web.AppKey("directory")

ANSWERING: ContextVar[Directory] = ContextVar("answering")
"""The directory that answers a request instead of its application's."""


def directory_of(request: web.Request) -> Directory:
    """Who has which account, for this request."""
    answering = ANSWERING.get(None)
    return request.app[DIRECTORY] if answering is None else answering


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
            stage.count_call(bulk=bulk)
    return stage


def known_account(request: web.Request) -> tuple[Stage, Key] | None:
    """The account a request's token belongs to and the key it is, whether or not it may be used; opens none."""
    token = request.headers.get(_TOKEN) or _bearer_token(request.headers.get(hdrs.AUTHORIZATION, ""))
    return directory_of(request).known(token) if token else None


def calling_stage(request: web.Request) -> Stage | None:
    """The account that a call is about to reach, opened where its handler would open it; None where it reaches none."""
    known = known_account(request)
    if known is None and request.match_info.http_exception is None:
        try:
            known = directory_of(request).find(*_credentials(request))
        except Unauthorized:
            return None
    return None if known is None else known[0]


def _credentials(request: web.Request) -> tuple[str, str]:
    """The token and the email that a request names."""
    get = request.headers.get
    token, application, email = get(_TOKEN, ""), get(_APPLICATION, ""), get(_EMAIL, "")
    if not token and (authorization := get(hdrs.AUTHORIZATION)):
        return _bearer(authorization), DEFAULT_EMAIL
    if not (token and application and email):
        ways = f"Every request needs all three X-PW headers, or Authorization: {_BEARER}."
        raise Unauthorized(hint=f"Missing: {_names_of(request, lambda value: not value)}. {ways}")
    if not (token.isprintable() and application.isprintable() and email.isprintable()):
        unreadable = _names_of(request, lambda value: not value.isprintable())
        raise Unauthorized(hint=f"Not printable characters in UTF-8: {unreadable}.")
    if application != "developer_api":
        raise Unauthorized(hint="X-PW-Application must be developer_api.")
    return token, email


def _names_of(request: web.Request, faulty: Callable[[str], bool]) -> str:
    """The names of those of the three headers with which something is wrong."""
    return ", ".join(name for name in (_TOKEN, _APPLICATION, _EMAIL) if faulty(request.headers.get(name, "")))


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
