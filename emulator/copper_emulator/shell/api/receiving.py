"""Receiving the body of a request and parsing it, and refusing one that cannot be read."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from copper_emulator.core.errors import BadRequest
from copper_emulator.core.wire import parse_body
from copper_emulator.shell.api.request import ApiRequest

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


async def body_of(request: web.Request) -> bytes:
    """The whole body. Raises BadRequest if it is not what its headers say, or the client has gone."""
    try:
        return await request.read()
    except web.RequestPayloadError:
        what = "its encoding, length or chunks are not what its headers say"
    except ConnectionError:
        what = "the client left in the middle of it"
    raise BadRequest("Bad Request", hint=f"The body could not be read: {what}.")


def parsed(request: ApiRequest, raw: bytes) -> Any:
    """The body of a request as JSON, whatever its Content-Type says. Raises BadRequest."""
    try:
        return parse_body(raw)
    except BadRequest:
        # curl -d calls everything a form: what begins like JSON was meant as JSON.
        if request.content_type not in _FORMS or raw.lstrip()[:1] in (b"{", b"["):
            raise
        wrong = f"The body is form-encoded ({request.content_type}), and the API takes JSON"
        raise BadRequest("Bad Request", hint=f"{wrong}: send it as JSON, with requests and httpx as json=...") from None
