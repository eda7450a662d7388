"""A check on its own: with its own account and API server, in virtual time, against a URL."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from yarl import URL

from copper_emulator.checks.plan import Plan
from copper_emulator.checks.report import Report
from copper_emulator.checks.run import IDS_PER_RUN, OnRow, check
from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import Key
from copper_emulator.core.paths import api_url
from copper_emulator.settings import Settings
from copper_emulator.shell.clock import VirtualClock, real_now
from copper_emulator.shell.delivering import SyncDelivering
from copper_emulator.shell.driver import run_sync
from copper_emulator.shell.host import Host
from copper_emulator.shell.serving import DEFAULT_PORT
from copper_emulator.shell.stage import Stage

ORIGIN = "https://endpoint.example"
"""The target's origin as the account sees it. A reserved name: nothing is ever sent there without a route."""

_EVERY_MS = 1_000
_ROOM = 2_000_000_000


class OneAccount(Host):
    """Serves one account; accepts any token if none was given."""

    token_advice = "Use the one that was given with --token."

    def __init__(self, *, port: int, any_token: bool) -> None:
        super().__init__(port=port, keeps_authority=True)
        self._any_token = any_token

    def known(self, token: str) -> tuple[Stage, Key] | None:
        found = super().known(token)
        if found is not None or not self._any_token:
            return found
        return next(((stage, stage.account.key) for stage in self._stages), None)

    def api_url(self) -> str:
        """The URL of the API, which is served from the first call on. Raises UsageError if the port is not free."""
        try:
            return api_url(self.url())
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortInUse(
                    f"port {self._port} is in use, perhaps by another copper-emulator: choose one with --port "
                    "(0: a free one)"
                ) from None
            raise UsageError(f"cannot listen on port {self._port}: {error.strerror or error}") from None


class PortInUse(UsageError):
    """Something else is listening on the port."""


def listening(port: int | None, *, token: str) -> OneAccount:
    """Serve the API of one account: at the port asked for, else at the default one or, if that is taken, a free one.

    Raises:
        UsageError: the port cannot be listened on.
    """
    try:
        return _served(DEFAULT_PORT if port is None else port, token)
    except PortInUse:
        if port is not None:
            raise
    # Nobody asked for the default port.
    return _served(0, token)


def _served(port: int, token: str) -> OneAccount:
    host = OneAccount(port=port, any_token=not token)
    try:
        host.api_url()
    except UsageError:
        host.close()
        raise
    return host


@dataclass(frozen=True)
class Standing:
    """An account whose API is being served, ready for a check."""

    api_url: str
    run: Callable[[Plan, OnRow], Report]
    lead: Callable[[], Mapping[str, str]]
    """Redirects Copper's own hosts to it; returns the variables that do the same for another process."""


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
    host = listening(port, token=token)
    stage = Stage("check", settings, VirtualClock(), key=Key(1, token or "check", email))
    stage.routes.add(ORIGIN, str(url.origin()))
    host.add(stage)
    delivering = SyncDelivering(stage, host)

    def run(plan: Plan, on_row: OnRow) -> Report:
        aimed = replace(plan, target=ORIGIN + url.raw_path_qs, first=first_id(real_now()))
        return run_sync(check(stage, aimed, on_row=on_row), delivering.send)

    with ExitStack() as closing:
        closing.callback(host.close)
        closing.callback(delivering.close)

        def lead() -> Mapping[str, str]:
            return closing.enter_context(host.intercept(stage, None)).environment

        yield Standing(host.api_url(), run, lead)


def first_id(now: int) -> int:
    """Where ids begin: beyond those of a run that began a second earlier, and within 32 bits.

    They wrap around after four days. From then on a run may by chance meet the ids of an earlier one: there is room for
    several hundred thousand runs.
    """
    return now // _EVERY_MS * IDS_PER_RUN % _ROOM
