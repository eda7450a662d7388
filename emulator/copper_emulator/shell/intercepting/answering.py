"""Which account answers when a client calls Copper's own host, and until when?

A process has one set of sockets, so all its interceptions are consulted, whichever server a connection has reached. An
account's own token always leads to that account. Any other token, such as the one the application was configured with,
stands for an account's first key: the latest interception takes it, unless it was given a token to take.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType

from aiohttp import web

from copper_emulator.core.errors import Misdirected
from copper_emulator.core.model import Key
from copper_emulator.interception.hosts import is_copper_api
from copper_emulator.interception.process import PROCESS
from copper_emulator.interception.ways import Way
from copper_emulator.shell.api.credentials import ANSWERING, Knowing
from copper_emulator.shell.api.refusing import envelope
from copper_emulator.shell.tenant import Tenant


class Interception:
    """Copper's hosts lead to one account, from `begin` until `end` or the end of a `with` block.

    Obtained from `copper.intercept()`. It ends with the account at the latest.
    """

    def __init__(self, accounts: Knowing, tenant: Tenant, token: str | None) -> None:
        self.accounts = accounts
        self.tenant = tenant
        self.token = token
        self._way: Way | None = None

    def __repr__(self) -> str:
        return f"<interception of Copper's hosts: {'over' if self._way is None else 'on'}>"

    def begin(self, way: Way) -> None:
        """Intercept from now on."""
        self._way = way
        PROCESS.begin(way)

    def end(self) -> None:
        """Stop intercepting; does nothing if it has ended already."""
        way, self._way = self._way, None
        if way is not None:
            PROCESS.end(way)

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that make another process intercepted, if it is not given `os.environ`.

        A process run without an environment of its own has them already.
        """
        return {} if self._way is None else {**self._way.variables.open, **self._way.variables.hidden}

    def takes(self, token: str) -> bool:
        """Whether a token that belongs to no account leads here."""
        return self.token is None or self.token == token

    @property
    def first_key(self) -> Key:
        """The key the application is assumed to use."""
        return self.tenant.account.keys[0]

    def __enter__(self) -> Interception:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end()


class Intercepting:
    """The accounts behind Copper's own hosts: all that intercept, the latest first (a Directory, see api/)."""

    # The key itself is not named: it may be a real one, and hints end up in logs and reports.
    token_advice = "Use copper.token, or the key that copper.intercept(token=...) was given."

    def __init__(self, present: Sequence[Interception]) -> None:
        self._present = present

    def find(self, token: str, email: str) -> tuple[Tenant, Key] | None:
        """The account a token leads to; never opens one."""
        return self.known(token)

    def known(self, token: str) -> tuple[Tenant, Key] | None:
        """The account a token leads to."""
        for each in self._present:
            found = each.accounts.known(token)
            if found is not None:
                return found
        taking = next((each for each in self._present if each.takes(token)), None)
        return None if taking is None else (taking.tenant, taking.first_key)

    def hint_about(self, token: str) -> str:
        """What is known of a token that belongs to no account any more; "" if nothing is."""
        return next(filter(None, (each.accounts.hint_about(token) for each in self._present)), "")

    def refused(self, text: str) -> None:
        """Record a call that leads to no account in the account that intercepted last."""
        self._present[0].tenant.refused(text)


@web.middleware
async def answer_for_copper(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Lead requests to Copper's own host to the account that intercepts, deciding for each request.

    A client may keep its connections longer than a test lasts; the answer is then 421, Misdirected Request.
    """
    host = request.headers.get("Host", "").partition(":")[0]
    if not is_copper_api(host):
        return await handler(request)
    owners = [way.owner for way in reversed(PROCESS.ways())]
    present = [owner for owner in owners if isinstance(owner, Interception)]
    if not present:
        return envelope(Misdirected(host))
    # The next request of the same connection may be for another account.
    answering = ANSWERING.set(Intercepting(present))
    try:
        return await handler(request)
    finally:
        ANSWERING.reset(answering)
