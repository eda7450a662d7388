"""Authenticating callers: by the three X-PW headers or an OAuth token (developer.copper.com, requests)."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Protocol

from aiohttp import hdrs, web
from multidict import istr

from copper_emulator.core.errors import Unauthorized
from copper_emulator.core.model import DEFAULT_EMAIL, Key
from copper_emulator.shell.api.request import ApiRequest
from copper_emulator.shell.tenant import Tenant

_TOKEN, _APPLICATION, _EMAIL = istr("X-PW-AccessToken"), istr("X-PW-Application"), istr("X-PW-UserEmail")
"""As `istr`, so that looking them up does not convert them to lower case each time."""
_BEARER = "Bearer <token>"


class Knowing(Protocol):
    """Something that has accounts, each known by its tokens."""

    def known(self, token: str) -> tuple[Tenant, Key] | None:
        """The account a token belongs to, by its current or an earlier key; creates none."""

    def hint_about(self, token: str) -> str:
        """What is known of a token that belongs to no account any more; "" if nothing is."""


class Directory(Knowing, Protocol):
    """Knows which token belongs to which account."""

    token_advice: str
    """What the caller can do about a token that belongs to no account."""

    def find(self, token: str, email: str) -> tuple[Tenant, Key] | None:
        """The account of a token, and the key that has it, or None; an account may be created for an unknown token."""

    def refused(self, text: str) -> None:
        """Report a refused call that belongs to no account, and so is in no journal."""


DIRECTORY: web.AppKey[Directory] = web.AppKey("directory")

ANSWERING: ContextVar[Directory] = ContextVar("answering")
"""The directory to use for a request in place of its application's."""


def directory_of(request: ApiRequest) -> Directory:
    """The directory for this request."""
    answering = ANSWERING.get(None)
    return request.app[DIRECTORY] if answering is None else answering


def tenant_of(request: ApiRequest, *, bulk: bool, found: tuple[Tenant, Key] | None) -> Tenant:
    """The account of the caller; counts the call against the account's limits. `found` if that has been looked up.

    Raises Unauthorized for missing, invalid, unknown and replaced credentials, TooManyRequests over a limit.
    """
    token, email = _credentials(request)
    if found is None:
        found = directory_of(request).find(token, email)
    if found is None:
        directory = directory_of(request)
        unknown = f"This token belongs to no account here. {directory.token_advice}"
        raise Unauthorized(hint=directory.hint_about(token) or unknown)
    tenant, key = found
    with tenant.lock:
        if key != tenant.account.key:
            raise Unauthorized(hint="This API key was replaced by a newer one of the same account.")
        if tenant.account.call_limits.are_limited:
            tenant.count_call(bulk=bulk)
    return tenant


def known_account(request: ApiRequest) -> tuple[Tenant, Key] | None:
    """The account of a request's token, and the key that has it, even if the call will be refused; creates none."""
    token = request.headers.get(_TOKEN) or _bearer_token(request.headers.get(hdrs.AUTHORIZATION, ""))
    return directory_of(request).known(token) if token else None


def reached_account(request: ApiRequest, *, has_route: bool) -> tuple[Tenant, Key] | None:
    """The account a call is about to reach, created if its route would create it; None if it reaches none."""
    known = known_account(request)
    if known is None and has_route:
        try:
            known = directory_of(request).find(*_credentials(request))
        except Unauthorized:
            return None
    return known


def _credentials(request: ApiRequest) -> tuple[str, str]:
    """The token and the email in a request. Raises Unauthorized."""
    get = request.headers.get
    token, application, email = get(_TOKEN, ""), get(_APPLICATION, ""), get(_EMAIL, "")
    if not token and (authorization := get(hdrs.AUTHORIZATION)):
        return _bearer(authorization), DEFAULT_EMAIL
    if not (token and application and email):
        ways = f"Every request needs all three X-PW headers, or Authorization: {_BEARER}."
        raise Unauthorized(hint=f"Missing: {_names_of(request, lambda value: not value)}. {ways}")
    if not (token.isprintable() and application.isprintable() and email.isprintable()):
        unreadable = _names_of(request, lambda value: not value.isprintable())
        raise Unauthorized(hint=f"Not printable UTF-8 text: {unreadable}.")
    if application != "developer_api":
        raise Unauthorized(hint="X-PW-Application must be developer_api.")
    return token, email


def _names_of(request: ApiRequest, faulty: Callable[[str], bool]) -> str:
    """The names of the faulty ones among the three headers."""
    return ", ".join(name for name in (_TOKEN, _APPLICATION, _EMAIL) if faulty(request.headers.get(name, "")))


def _bearer(header: str) -> str:
    """The OAuth token in an Authorization header. Raises Unauthorized."""
    token = _bearer_token(header)
    if not token:
        raise Unauthorized(hint=f"Authorization must be {_BEARER}; or send the three X-PW headers.")
    if not token.isprintable():
        raise Unauthorized(hint="Not printable UTF-8 text: Authorization.")
    return token


def _bearer_token(header: str) -> str:
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
