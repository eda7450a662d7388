"""Serving the control API's description: as OpenAPI for programs, and as a page for people; the same for everyone."""

from __future__ import annotations

import json
from functools import cache
from html import escape

from aiohttp import web

from copper_emulator.control_client import DEFAULT_URL
from copper_emulator.shell.api.control import OPERATIONS, SERVER_OPERATIONS
from copper_emulator.shell.api.control_description import describe, described
from copper_emulator.shell.api.control_reference import reference

_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'", "Cache-Control": "no-cache"}


@cache
def openapi_text() -> str:
    """The OpenAPI document; built on first request, because that takes a while."""
    return json.dumps(describe(list(described(SERVER_OPERATIONS, OPERATIONS))))


@cache
def page_text() -> str:
    """The page, with commands for a server at the default URL."""
    return reference(json.loads(openapi_text()))


async def show_openapi(request: web.Request) -> web.Response:
    """200 with the OpenAPI document."""
    return web.Response(text=openapi_text(), content_type="application/json")


async def show_page(request: web.Request) -> web.Response:
    """200 with the page."""
    # Let its commands name this server, wherever it listens.
    text = page_text().replace(DEFAULT_URL, escape(str(request.url.origin())))
    return web.Response(text=text, content_type="text/html", headers=_HEADERS)


routes = [web.get("/_emulator/openapi.json", show_openapi), web.get("/_emulator/docs", show_page)]
