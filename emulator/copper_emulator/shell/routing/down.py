"""The detour for an endpoint that is down, as a scenario says it: every connection is refused."""

from __future__ import annotations

from yarl import URL

from copper_emulator.core.model import Reason
from copper_emulator.shell.routing.destinations import RouteKind
from copper_emulator.shell.routing.messages import NoAnswer, Received
from copper_emulator.shell.routing.routes import Destination, Route

DOWN = "the scenario says that the endpoint is down"
"""The reason of a delivery that failed because of it."""


def refused_route(target: str, _found: Destination) -> Route:
    """Where every target leads while the endpoint is down."""
    return Route(URL(target).origin(), connection_refused, RouteKind.FUNCTION)


def connection_refused(_: Received) -> None:
    """Stands in for the endpoint. The timeline shows its name."""
    raise NoAnswer(Reason.REFUSED, DOWN)
