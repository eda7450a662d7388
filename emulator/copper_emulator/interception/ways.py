"""Where do calls to Copper's hosts go instead, and which authority do clients trust there?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from copper_emulator.interception.variables import ChildVariables

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable


class Way:
    """A way to one TLS listener of the emulator.

    Args:
        host: its IPv4 address.
        port: its port.
        certificate: the authority that has signed its certificate, as PEM; no other is trusted.
        tell: returns the variables that send processes started by this one the same way, besides those already set.
        owner: anything that the code answering there wants to find again.
    """

    def __init__(
        self,
        host: str,
        port: int,
        certificate: str,
        *,
        make_variables: Callable[[], ChildVariables] = ChildVariables,
        owner: Any = None,
    ) -> None:
        self.host = host
        self.port = port
        self.certificate = certificate
        self.make_variables = make_variables
        self.variables = ChildVariables()
        self.owner = owner
        self._context: ssl.SSLContext | None = None

    def context(self, kind: type[ssl.SSLContext]) -> ssl.SSLContext:
        """What replaces a client's own context; made when the first connection needs it.

        It verifies even for clients that do not: one that was led elsewhere after all fails before it sends a request.
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
    """Whether another interception has chosen it: one that began later, in a process that was already intercepted."""
    return _MARK in getattr(context, "__dict__", ())
