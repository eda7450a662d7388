"""What is replaced in the standard library while Copper's hosts are intercepted, and how is it put back?

Calls for other hosts reach the original function with their arguments unchanged. Each call asks for the way to the
emulator, so that what others keep of a replacement (a reference, a wrapper around it) does nothing after the end.
"""

from __future__ import annotations

import errno
from contextlib import suppress
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple

from copper_emulator.interception.hosts import ADDRESS, MAPPED_ADDRESS, PORT, is_copper_api, leads_to_copper, plain
from copper_emulator.interception.ways import is_chosen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from copper_emulator.interception.ways import Way

    # Python 3.8 cannot evaluate this.
    Present = Callable[[], Way | None]
    """Returns where to go just now; None while nothing is intercepted."""


class Patch(NamedTuple):
    """One attribute that was replaced."""

    owner: Any
    name: str
    own: bool
    """Whether the owner had it itself, rather than inheriting it."""
    original: Any
    replacement: Any
    make: Callable[[Any], Any]

    @property
    def stands(self) -> bool:
        """Whether the replacement is still there."""
        return vars(self.owner).get(self.name) is self.replacement

    def undo(self) -> None:
        """Put back the original, unless somebody has put something else there since."""
        if not self.stands:
            return
        if self.own:
            setattr(self.owner, self.name, self.original)
        else:
            delattr(self.owner, self.name)

    def again(self) -> Patch:
        """The same patch, over what others have put there since."""
        return patch(self.owner, self.name, self.make)


def patch(owner: Any, name: str, make: Callable[[Any], Any]) -> Patch:
    """Replace an attribute with what `make` makes of it."""
    own = name in vars(owner)
    original = vars(owner)[name] if own else getattr(owner, name)
    replacement = make(original)
    setattr(owner, name, replacement)
    return Patch(owner, name, own, original, replacement, make)


def socket_replacement(module: Any) -> str:
    """The library (httpretty, mocket) whose class is in the place of `socket.socket` and is no socket; else empty."""
    connecting = _standard(module.socket, "socket", "socket")
    return "" if hasattr(connecting, "connect_ex") else str(connecting.__module__).partition(".")[0]


def patch_socket(module: Any, present: Present) -> Iterator[Patch]:
    """Patch how names are resolved and connections made."""
    connecting = _standard(module.socket, "socket", "socket")
    yield patch(module, "getaddrinfo", lambda original: _getaddrinfo(original, module, present))
    yield patch(module, "gethostbyname", lambda original: _gethostbyname(original, present))
    # The latter takes names, too, and looks them up; `getfqdn` asks it.
    for name in ("gethostbyname_ex", "gethostbyaddr"):
        yield patch(module, name, lambda original: _gethostbyname_ex(original, present))
    yield patch(connecting, "connect", lambda original: _connect(original, present))
    yield patch(connecting, "connect_ex", lambda original: _connect_ex(original, present))


def patch_ssl(module: Any, present: Present) -> Iterator[Patch]:
    """Patch trust: what begins TLS with Copper's name trusts the emulator's authority, and no other."""
    context = _standard(module.SSLContext, "ssl", "SSLContext")
    yield patch(context, "wrap_socket", lambda original: _wrap(original, _WRAP_SOCKET, context, present))
    yield patch(context, "wrap_bio", lambda original: _wrap(original, _WRAP_BIO, context, present))
    # The other sending methods end in these two.
    for name in ("send", "write"):
        yield patch(module.SSLSocket, name, lambda original: _send(original, present))
    yield patch(module.SSLSocket, "fileno", lambda original: _fileno(original, present))
    yield patch(module.SSLObject, "write", lambda original: _send(original, present))


_WRAP_SOCKET = ("sock", "server_side", "do_handshake_on_connect", "suppress_ragged_eofs", "server_hostname", "session")
_WRAP_BIO = ("incoming", "outgoing", "server_side", "server_hostname", "session")
"""The arguments of the two methods, which may be given by position."""


def _standard(present: Any, module: str, name: str) -> Any:
    """The standard library's own class, if others (pytest-socket, truststore) have put a subclass in its place."""
    for base in present.__mro__:
        if base.__module__ == module and base.__name__ == name:
            return base
    return present


def _getaddrinfo(original: Any, module: Any, present: Present) -> Any:
    @wraps(original)
    def getaddrinfo(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        if present() is None or not is_copper_api(host) or _flags(rest, named) & module.AI_NUMERICHOST:
            return original(host, port, *rest, **named)
        family = rest[0] if rest else named.get("family", 0)
        return original(MAPPED_ADDRESS if family == module.AF_INET6 else ADDRESS, port, *rest, **named)

    return getaddrinfo


def _flags(rest: tuple[Any, ...], named: dict[str, Any]) -> int:
    # family, type, proto, flags
    return int(rest[3] if len(rest) > 3 else named.get("flags", 0))


def _gethostbyname(original: Any, present: Present) -> Any:
    @wraps(original)
    def gethostbyname(hostname: Any, /) -> Any:
        return ADDRESS if present() is not None and is_copper_api(hostname) else original(hostname)

    return gethostbyname


def _gethostbyname_ex(original: Any, present: Present) -> Any:
    @wraps(original)
    def gethostbyname_ex(hostname: Any, /) -> Any:
        if present() is None or not is_copper_api(hostname):
            return original(hostname)
        return (plain(hostname), [], [ADDRESS])

    return gethostbyname_ex


def _connect(original: Any, present: Present) -> Any:
    @wraps(original)
    def connect(self: Any, address: Any, /) -> Any:
        return original(self, redirected(address, present(), self))

    return connect


def _connect_ex(original: Any, present: Present) -> Any:
    @wraps(original)
    def connect_ex(self: Any, address: Any, /) -> Any:
        try:
            return original(self, redirected(address, present(), self))
        except NotHttps as error:
            return error.errno

    return connect_ex


class NotHttps(ConnectionRefusedError):
    """A connection to Copper that is not HTTPS."""


def redirected(address: Any, way: Way | None, connecting: Any = None) -> Any:
    """The address that a connection really goes to, for a socket or, without one, in IPv4.

    Raises NotHttps for another port of Copper's hosts.
    """
    if way is None or not isinstance(address, tuple) or len(address) < 2 or not leads_to_copper(address[0]):
        return address
    if address[1] != PORT:
        raise NotHttps(
            errno.ECONNREFUSED,
            f"Copper's hosts are intercepted, and only their port {PORT} (https) is answered, not {address[1]}",
        )
    # An IPv6 address has four parts, of which the last two may be left out.
    host = f"::ffff:{way.host}" if _is_ipv6(connecting) else way.host
    return (host, way.port, *address[2:])


def _is_ipv6(connecting: Any) -> bool:
    import socket

    return getattr(connecting, "family", None) == socket.AF_INET6


def _wrap(original: Any, names: tuple[str, ...], kind: Any, present: Present) -> Any:
    @wraps(original)
    def wrap(self: Any, *given: Any, **named: Any) -> Any:
        way = present()
        arguments = {**dict(zip(names, given)), **named}  # noqa: B905 - later ones may be missing, and `strict` is new
        name = arguments.get("server_hostname")
        if way is None or arguments.get("server_side") or not is_copper_api(name) or is_chosen(self):
            return original(self, *given, **named)
        # A session belongs to the context that it was started with.
        return original(way.context(kind), **{**arguments, "server_hostname": plain(name), "session": None})

    return wrap


class OpenedBefore(ConnectionAbortedError):
    """A connection to Copper itself that was open before interception began."""


def _is_elsewhere(secure: Any, present: Present) -> bool:
    """Whether it is a TLS connection with Copper's name that does not end in an emulator."""
    # A connection that is still being set up has no name yet.
    name = getattr(secure, "server_hostname", None)
    return present() is not None and is_copper_api(name) and not is_chosen(secure.context)


def _send(original: Any, present: Present) -> Any:
    @wraps(original)
    def send(self: Any, *given: Any, **named: Any) -> Any:
        if _is_elsewhere(self, present):
            _break_off(self)
            raise OpenedBefore(
                errno.ECONNABORTED,
                f"this connection to {self.server_hostname} was opened before Copper's hosts were intercepted, and "
                "nothing more is sent on it: close the client's connections, or create the client inside the test",
            )
        return original(self, *given, **named)

    return send


def _fileno(original: Any, present: Present) -> Any:
    # Pools call this to see whether a connection they kept is still alive. It is broken off, so they make another.
    @wraps(original)
    def fileno(self: Any) -> Any:
        if _is_elsewhere(self, present):
            _break_off(self)
        return original(self)

    return fileno


def _break_off(secure: Any) -> None:
    # Some clients that cannot send wait for an answer all the same. An SSLObject has no connection of its own.
    import socket

    kind = _standard(socket.socket, "socket", "socket")
    if isinstance(secure, kind):
        with suppress(OSError):
            kind.shutdown(secure, socket.SHUT_RDWR)
