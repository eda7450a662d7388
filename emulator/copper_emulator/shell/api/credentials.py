"""Who calls: the three X-PW headers of Copper's API (developer.copper.com, requests)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from copper_emulator.core.errors import Unauthorized
from copper_emulator.core.model import Key
from copper_emulator.shell.stage import Stage

if TYPE_CHECKING:
    from copper_emulator.shell.app import Directory

_HEADERS = ("X-PW-AccessToken", "X-PW-Application", "X-PW-UserEmail")

DIRECTORY: web.AppKey[Directory] = web.AppKey("directory")


def stage_of(request: web.Request) -> Stage:
    """The account of the caller. Raises Unauthorized for missing, unknown and replaced credentials."""
    missing = [name for name in _HEADERS if not request.headers.get(name)]
    if missing:
        raise Unauthorized(hint=f"Missing: {', '.join(missing)}. Every request needs all three X-PW headers.")
    unreadable = [name for name in _HEADERS if not request.headers[name].isprintable()]
    if unreadable:
        raise Unauthorized(hint=f"Not printable characters in UTF-8: {', '.join(unreadable)}.")
    if request.headers["X-PW-Application"] != "developer_api":
        raise Unauthorized(hint="X-PW-Application must be developer_api.")
    directory = request.app[DIRECTORY]
    found = directory.find(request.headers["X-PW-AccessToken"], request.headers["X-PW-UserEmail"])
    if found is None:
        raise Unauthorized(hint=f"This token belongs to no account here. {directory.token_advice}")
    stage, key = found
    if key != stage.account.key:
        raise Unauthorized(hint="This API key was replaced by a newer one of the same account.")
    return stage


def known_account(request: web.Request) -> tuple[Stage, Key] | None:
    """The account a request's token belongs to and the key it is, whether or not it may be used; opens none."""
    token = request.headers.get("X-PW-AccessToken")
    return request.app[DIRECTORY].known(token) if token else None
