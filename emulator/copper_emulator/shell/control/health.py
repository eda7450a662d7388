"""Health checks: whether the server is up, and whether it delivers. Programs poll them until the answer is yes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web
from pydantic import Field

from copper_emulator.core.paths import api_url
from copper_emulator.shell.control.bases import Nothing, Plain
from copper_emulator.shell.control.operation import ServerOperation
from copper_emulator.shell.guarding import Refused
from copper_emulator.shell.served.plan import ClockName
from copper_emulator.version import __version__

if TYPE_CHECKING:
    from copper_emulator.shell.served.accounts import Accounts


class Health(Plain):
    """The answer of a server that is up."""

    status: str = "ok"
    version: str
    api_url: str = Field(description="the base URL for a client of Copper")
    tls_url: str | None = Field(None, description="where the server is reached over TLS; null if it is not")
    clock: ClockName
    accounts: int
    loopback: bool = Field(description="whether only this machine can reach the server")


class ReadyShape(Plain):
    """The answer of a server that delivers."""

    status: str = "ready"
    accounts: int


async def health(accounts: Accounts, request: web.Request, params: Nothing) -> Health:
    """Say that the server is up, and describe it."""
    return Health.unvalidated(
        version=__version__,
        api_url=api_url(str(request.url.origin())),
        tls_url=accounts.tls_url or None,
        clock=accounts.plan.clock,
        accounts=len(accounts),
        loopback=accounts.loopback,
    )


async def ready(accounts: Accounts, request: web.Request, params: Nothing) -> ReadyShape:
    """Say whether deliveries are made for every account. 503 if not, or if the state file cannot be written."""
    unwritten = accounts.write_remaining()
    if unwritten:
        raise Refused(503, "what happens cannot be written to the state file", hint=unwritten)
    waiting = [account.name for account in accounts if not account.is_delivering]
    if waiting:
        raise Refused(503, f"nothing is delivered yet for {', '.join(waiting)}", hint="Ask again in a moment.")
    return ReadyShape.unvalidated(accounts=len(accounts))


HEALTH: tuple[ServerOperation[Any], ...] = (
    ServerOperation("GET", "/health", "Whether the server is up", Nothing, Health, health),
    ServerOperation("GET", "/ready", "Whether deliveries are made", Nothing, ReadyShape, ready),
)
