"""What is replaced in the standard library while Copper's hosts are intercepted, and how is it put back?

Whoever asks for another host reaches the function that was there, with the arguments as given. The way to the emulator
is asked for at each call, so that what others keep of it (a reference, a wrapper around it) does nothing after the end.
"""

from __future__ import annotations

import errno
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple

from copper_emulator.interception.hosts import ADDRESS, MAPPED_ADDRESS, PORT, is_copper, leads_to_copper, plain
from copper_emulator.interception.ways import is_chosen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from copper_emulator.interception.ways import Way

    # Python 3.8 can only be told in words.
    Present = Callable[[], Way | None]
    """Where to, just now; None while nothing is intercepted."""


class Patch(NamedTuple):
    """One attribute that was replaced."""

    owner: Any
    name: str
    own: bool
    """Whether the owner had it itself, and did not inherit it."""
    original: Any
    replacement: Any
    make: Callable[[Any], Any]

    @property
    def stands(self) -> bool:
        """Whether it is what others find there."""
        return vars(self.owner).get(self.name) is self.replacement

    def undo(self) -> None:
        """Put back what was there; where somebody has put something else there since, that stays."""
        if not self.stands:
            return
        if self.own:
            setattr(self.owner, self.name, self.original)
        else:
            delattr(self.owner, self.name)

    def again(self) -> Patch:
        """The same over what others have put there since."""
        return patch(self.owner, self.name, self.make)


def patch(owner: Any, name: str, make: Callable[[Any], Any]) -> Patch:
    """Replace an attribute by what `make` makes of it."""
    own = name in vars(owner)
    original = vars(owner)[name] if own else getattr(owner, name)
    replacement = make(original)
    setattr(owner, name, replacement)
    return Patch(owner, name, own, original, replacement, make)


def patch_socket(module: Any, present: Present) -> Iterator[Patch]:
    """Names and connections."""
    connecting = _standard(module.socket, "socket", "socket")
    yield patch(module, "getaddrinfo", lambda original: _getaddrinfo(original, module, present))
    yield patch(module, "gethostbyname", lambda original: _gethostbyname(original, present))
    yield patch(connecting, "connect", lambda original: _connect(original, present))
    yield patch(connecting, "connect_ex", lambda original: _connect_ex(original, present))


def patch_ssl(module: Any, present: Present) -> Iterator[Patch]:
    """Trust: what begins TLS with Copper's name believes the emulator's authority, and nobody else."""
    context = _standard(module.SSLContext, "ssl", "SSLContext")
    yield patch(context, "wrap_socket", lambda original: _wrap(original, _WRAP_SOCKET, context, present))
    yield patch(context, "wrap_bio", lambda original: _wrap(original, _WRAP_BIO, context, present))


_WRAP_SOCKET = ("sock", "server_side", "do_handshake_on_connect", "suppress_ragged_eofs", "server_hostname", "session")
_WRAP_BIO = ("incoming", "outgoing", "server_side", "server_hostname", "session")
"""The arguments of the two, which may be given by position."""


def _standard(present: Any, module: str, name: str) -> Any:
    """The standard library's own class, where others (pytest-socket, truststore) have put one that inherits from it."""
    for base in present.__mro__:
        if base.__module__ == module and base.__name__ == name:
            return base
    return present


def _getaddrinfo(original: Any, module: Any, present: Present) -> Any:
    @wraps(original)
    def getaddrinfo(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        if present() is None or not is_copper(host) or _flags(rest, named) & module.AI_NUMERICHOST:
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
        return ADDRESS if present() is not None and is_copper(hostname) else original(hostname)

    return gethostbyname


def _connect(original: Any, present: Present) -> Any:
    @wraps(original)
    def connect(self: Any, address: Any, /) -> Any:
        return original(self, redirected(address, present()))

    return connect


def _connect_ex(original: Any, present: Present) -> Any:
    @wraps(original)
    def connect_ex(self: Any, address: Any, /) -> Any:
        try:
            return original(self, redirected(address, present()))
        except Refused as refused:
            return refused.errno

    return connect_ex


class Refused(ConnectionRefusedError):
    """A connection to Copper that is no HTTPS."""


def redirected(address: Any, way: Way | None) -> Any:
    """Where a connection really goes. Raises Refused for another port of Copper's hosts."""
    if way is None or not isinstance(address, tuple) or len(address) < 2 or not leads_to_copper(address[0]):
        return address
    if address[1] != PORT:
        raise Refused(
            errno.ECONNREFUSED,
            f"Copper's hosts are intercepted, and only their port {PORT} (https) is answered, not {address[1]}",
        )
    host = f"::ffff:{way.host}" if len(address) > 2 else way.host
    return (host, way.port, *address[2:])


def _wrap(original: Any, names: tuple[str, ...], kind: Any, present: Present) -> Any:
    @wraps(original)
    def wrap(self: Any, *given: Any, **named: Any) -> Any:
        way = present()
        told = {**dict(zip(names, given)), **named}  # noqa: B905 - what follows may be missing, and `strict` is new
        name = told.get("server_hostname")
        if way is None or told.get("server_side") or not is_copper(name) or is_chosen(self):
            return original(self, *given, **named)
        # A session is of the context that it was begun with.
        return original(way.context(kind), **{**told, "server_hostname": plain(name), "session": None})

    return wrap
