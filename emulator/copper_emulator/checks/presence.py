"""Is the endpoint still there, and if not, since which notification?"""

from __future__ import annotations

import socket

from yarl import URL

from copper_emulator.checks.bench import Bench
from copper_emulator.core.model import Delivery, Reason
from copper_emulator.core.text import short_ids
from copper_emulator.shell.clock import monotonic
from copper_emulator.shell.destinations import RouteKind
from copper_emulator.shell.driver import Rounds
from copper_emulator.shell.routes import Route, Straight

_REACH = 5.0
"""Seconds that a connection may take."""

_ENDING = 0.5

CRASHED = (
    "Let no notification end the process: catch what goes wrong while it is worked on, after the answer, too, and log "
    "it. (In Node, a promise that is rejected and that nobody awaits ends the process.)"
)


class Presence:
    """Remembers from row to row what the endpoint was sent last."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._last = ""
        self._row = ""

    def gone(self, row: str, *, looks: bool) -> str:
        """After a row, while its account is there: since when nobody listens any more; empty where somebody does.

        It is looked only where that could explain something. Who never was there is not gone.
        """
        looks = looks or any(each.reason is Reason.REFUSED for each in self._bench.deliveries)
        for delivery in self._bench.deliveries:
            if _arrived(delivery):
                self._last, self._row = f"{delivery.topic} {short_ids(delivery.ids)}", row
        place = self._place() if looks and self._last else None
        if place is None or not _refuses(place):
            return ""
        before = "" if self._row == row else f" in row {self._row}"
        return f"the endpoint does not answer any more since {self._last}{before}: it has probably crashed, see its log"

    def ending(self) -> Rounds[None]:
        """A process that is just ending lets go of its state before it lets go of its port: it is given a moment."""
        until, place = monotonic() + _ENDING, self._place()
        while place is not None and not _refuses(place) and monotonic() < until:
            yield []

    def _place(self) -> URL | None:
        found = self._bench.stage.routes.resolve(self._bench.plan.target)
        if isinstance(found, Straight):
            return found.url
        return found.to if isinstance(found, Route) and found.kind is RouteKind.URL else None


def _refuses(url: URL) -> bool:
    """Whether nobody listens there. Who is only too busy to be connected to is there."""
    try:
        socket.create_connection((url.host or "", url.port or 0), _REACH).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False


def _arrived(delivery: Delivery) -> bool:
    # One that was broken off may well be the one that ended it.
    return delivery.status is not None or delivery.reason in (Reason.BROKEN_OFF, Reason.TIMED_OUT)
