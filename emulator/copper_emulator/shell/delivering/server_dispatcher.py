"""How are attempts sent by the standalone server, and what is the result of each?"""

from __future__ import annotations

import asyncio

from copper_emulator.core.model import Attempt, Outcome, Result
from copper_emulator.shell.caught import from_exception
from copper_emulator.shell.routing.destinations import RouteKind
from copper_emulator.shell.routing.inbox import Inbox
from copper_emulator.shell.routing.routes import Blocked, Route
from copper_emulator.shell.senders.connection import OnEnd
from copper_emulator.shell.senders.function import send_to_function
from copper_emulator.shell.senders.http import HttpSender
from copper_emulator.shell.tenant import Tenant


class ServerDispatcher:
    """Sends the attempts of one account: to its inbox, or over its routes."""

    def __init__(self, tenant: Tenant, http: HttpSender, inbox: Inbox) -> None:
        self._tenant = tenant
        self._http = http
        self._inbox = inbox

    def begin(self, attempt: Attempt, on_end: OnEnd | None = None) -> asyncio.Future[Result]:
        """Begin an attempt, which leaves at once if it can; the future has its result, or why it was not made.

        `on_end` is called with that future once it has ended, never before this returns.
        """
        try:
            begun = self._begin(attempt, on_end)
        except Exception as error:  # noqa: BLE001 - one bad target must not end the deliveries to others
            begun = from_exception(error)
        if not isinstance(begun, Result):
            return begun
        known: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        known.set_result(begun)
        if on_end is not None:
            # Not called now: if a thousand were refused, each would end nested inside the one before.
            known.add_done_callback(on_end)
        return known

    def _begin(self, attempt: Attempt, on_end: OnEnd | None) -> Result | asyncio.Future[Result]:
        if attempt.instead is not None:
            return attempt.instead
        if self._inbox.is_for(attempt.url):
            return self._inbox.receive(attempt)
        destination = self._tenant.routes.resolve(attempt.url)
        if isinstance(destination, Blocked):
            return Result(Outcome.BLOCKED, text=self._inbox.other_inbox_text(attempt.url) or destination.text)
        if isinstance(destination, Route) and destination.kind is RouteKind.FUNCTION:
            # Only while a scenario is played, for its own endpoint or one that does not answer.
            return send_to_function(destination.to, attempt)._replace(route=destination.name)
        settings = self._tenant.settings
        return self._http.begin(attempt, destination, timeout_ms=settings.timeout, ca=settings.ca, on_end=on_end)


def result_of(sending: asyncio.Future[Result]) -> Result:
    """The result of an attempt that has ended or was cut off."""
    if sending.cancelled():
        return CUT_OFF
    error = sending.exception()
    return sending.result() if error is None else from_exception(error)


CUT_OFF = Result(Outcome.UNKNOWN, text="cut off before the endpoint had answered")
