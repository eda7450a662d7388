"""Where do calls of Copper's hosts go instead, and whom do they believe there?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from copper_emulator.interception.variables import Told

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable


class Way:
    """To one TLS listener of the emulator.

    Args:
        host: its address in IPv4.
        port: its port.
        certificate: the authority that vouches for it, as PEM; nobody else is believed.
        tell: the variables by which the processes that this one starts go the same way, beside those that are there.
        owner: whatever those who answer there want to find again.
    """

    def __init__(
        self, host: str, port: int, certificate: str, *, tell: Callable[[], Told] = Told, owner: Any = None
    ) -> None:
        self.host = host
        self.port = port
        self.certificate = certificate
        self.tell = tell
        self.told = Told()
        self.owner = owner
        self._context: ssl.SSLContext | None = None

    def context(self, kind: type[ssl.SSLContext]) -> ssl.SSLContext:
        """What a client's own context is replaced by; made when the first connection needs it.

        It verifies also for clients that do not: whoever was led elsewhere after all fails before a request has left.
        """
        if self._context is None:
            import ssl

            made = kind(ssl.PROTOCOL_TLS_CLIENT)
            made.load_verify_locations(cadata=self.certificate)
            vars(made)[_MARK] = True
            self._context = made
        return self._context


_MARK = "_copper_emulator"


def is_chosen(context: object) -> bool:
    """Whether another interception has chosen it: one that began later, in a process that was intercepted already."""
    return _MARK in getattr(context, "__dict__", ())
