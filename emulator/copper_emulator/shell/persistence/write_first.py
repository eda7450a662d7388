"""When may an answer leave a server that keeps its state? Once everything that it may reveal is written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aiohttp import web

from copper_emulator.core.errors import NotWritten, StateError
from copper_emulator.shell.persistence.state_writer import StateWriter

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def write_first(
    writer: StateWriter,
    refuse: Callable[[web.Request, NotWritten], web.StreamResponse],
    tells_nothing: Callable[[web.Request], bool],
) -> Middleware:
    """A middleware that sends an answer only once everything it may reveal is written, and otherwise a refusal."""

    @web.middleware
    async def handle(request: web.Request, handler: Handler) -> web.StreamResponse:
        if tells_nothing(request):
            return await handler(request)
        with writer.counting_caller():
            try:
                writer.check_writable()
                response = await handler(request)
                if not response.prepared:
                    await writer.wait_until_written()
            except StateError as error:
                return refuse(request, NotWritten(hint=str(error)))
            return response

    return handle
