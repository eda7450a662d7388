"""A check on its own: with its own account and API server, in virtual time, against a URL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from yarl import URL

from copper_emulator.checks.plan import Plan
from copper_emulator.checks.report import Report
from copper_emulator.checks.run import IDS_PER_RUN, OnRow, check
from copper_emulator.core.model import Key
from copper_emulator.settings import Settings
from copper_emulator.shell.clock import VirtualClock, real_now
from copper_emulator.shell.delivering.driver import run_sync
from copper_emulator.shell.delivering.in_tests import SyncDispatcher
from copper_emulator.shell.serving.one_account import OneAccount, listening
from copper_emulator.shell.tenant import Tenant

ORIGIN = "https://endpoint.example"
"""The target's origin as the account sees it. A reserved name: nothing is ever sent there without a route."""

_EVERY_MS = 1_000
_ROOM = 2_000_000_000


class Standing:
    """An account whose API is being served, ready for a check, until what it opens is closed."""

    def __init__(self, url: URL, tenant: Tenant, host: OneAccount, opened: ExitStack) -> None:
        self._url = url
        self._tenant = tenant
        self._host = host
        self._opened = opened
        self._dispatcher = SyncDispatcher(tenant, host)
        opened.callback(self._dispatcher.close)

    @property
    def api_url(self) -> str:
        """The base URL for a client of Copper."""
        return self._host.api_url()

    def run(self, plan: Plan, on_row: OnRow) -> Report:
        """Check the endpoint."""
        aimed = replace(plan, target=ORIGIN + self._url.raw_path_qs, first=first_id(real_now()))
        return run_sync(check(self._tenant, aimed, on_row=on_row), self._dispatcher.send)

    def lead(self) -> Mapping[str, str]:
        """Redirect Copper's own hosts to it; return the variables that do the same for another process."""
        return self._opened.enter_context(self._host.intercept(self._tenant, None)).environment


@contextmanager
def standing(url: URL, settings: Settings, *, port: int | None, token: str, email: str) -> Iterator[Standing]:
    """Serve an account until the block ends, with a route to the endpoint.

    Args:
        url: the endpoint.
        settings: how the account behaves.
        port: 0 takes a free one; None the default one, or a free one if that is taken.
        token: the account's; empty to accept any.
        email: that of the token's user.

    Raises:
        UsageError: the port cannot be listened on.
    """
    with ExitStack() as opened:
        host = listening(port, token=token)
        opened.callback(host.close)
        tenant = Tenant("check", settings, VirtualClock(), key=Key(1, token or "check", email))
        tenant.routes.add(ORIGIN, str(url.origin()))
        host.add(tenant)
        yield Standing(url, tenant, host, opened)


def first_id(now: int) -> int:
    """Where ids begin: beyond those of a run that began a second earlier, and within 32 bits.

    They wrap around after three days. From then on a run may by chance meet the ids of an earlier one: there is room
    for several hundred thousand runs.
    """
    return now // _EVERY_MS * IDS_PER_RUN % _ROOM
