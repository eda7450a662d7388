"""How does a command serve the API of the one account that it plays with? At a port asked for, or one that is free."""

from __future__ import annotations

from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import Key
from copper_emulator.core.paths import api_url
from copper_emulator.shell.host import Host
from copper_emulator.shell.serving.ports import is_in_use, why_not_listening
from copper_emulator.shell.serving.server import DEFAULT_PORT
from copper_emulator.shell.tenant import Tenant


class OneAccount(Host):
    """Serves one account; accepts any token if none was given."""

    token_advice = "Use the one that was given with --token."

    def __init__(self, *, port: int, any_token: bool) -> None:
        super().__init__(port=port, keeps_authority=True)
        self._any_token = any_token

    def known(self, token: str) -> tuple[Tenant, Key] | None:
        found = super().known(token)
        if found is not None or not self._any_token:
            return found
        with self._tenants_lock:
            return next(((tenant, tenant.account.key) for tenant in self._tenants), None)

    def api_url(self) -> str:
        """The URL of the API, which is served from the first call on. Raises UsageError if the port is not free."""
        try:
            return api_url(self.url())
        except OSError as error:
            kind = PortInUse if is_in_use(error) else UsageError
            raise kind(why_not_listening(error, self._port)) from None


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
