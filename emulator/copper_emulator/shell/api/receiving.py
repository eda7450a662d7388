"""Receiving the body of a request, and refusing one that cannot be read."""

from __future__ import annotations

from aiohttp import web

from copper_emulator.core.errors import BadRequest


async def body_of(request: web.Request) -> bytes:
    """The whole body. Raises BadRequest if it is not what its headers say, or the client has gone."""
    try:
        return await request.read()
    except web.RequestPayloadError:
        said = "its encoding, length or chunks are not what its headers say"
    except ConnectionError:
        said = "the client left in the middle of it"
    raise BadRequest("Bad Request", hint=f"The body could not be read: {said}.")
