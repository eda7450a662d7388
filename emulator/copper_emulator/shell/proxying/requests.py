"""Where does a request to a proxy want to go, according to its head, or what is wrong with it?"""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_BYTES = 32 * 1024
"""The longest head accepted: cookies can be long, nothing else is."""

MOST_BYTES_OF_OTHERS = 1024 * 1024
"""The longest head if everything is let through: each host has its own limit, all far below this."""

_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}) ([\x21-\x7e]+) (HTTP/\d\.\d)")
_HEADER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\x00\r\n]*")
_URL = re.compile(r"(https?)://([^/?#]*)([^#]*)(?:#.*)?", re.IGNORECASE)
_PLACE = re.compile(r"(?:\[([0-9a-fA-F:.]+(?:%\w+)?)\]|([0-9A-Za-z._~-]{1,255}))(?::(\d{1,5}))?")

_OF_THE_HOP = frozenset({b"connection", b"host", b"keep-alive", b"proxy-authorization", b"proxy-connection"})
"""Headers meant for the proxy alone, and the one that the proxy rewrites."""

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class ProxyRequest:
    """Where a client wants to go, and how."""

    method: str
    host: str
    """In lower case, without brackets and without the trailing dot of a rooted name."""
    port: int
    scheme: str = ""
    """`http` or `https` for a whole URL; empty for a tunnel, through which the client speaks for itself."""
    head: bytes = b""
    """For a whole URL, the head to send to the host, followed by the body; empty for a tunnel."""

    @property
    def is_tunnel(self) -> bool:
        return not self.scheme

    @property
    def authority(self) -> str:
        """Host and port as people write them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class NotUnderstood(Exception):
    """The data is not a request that a proxy can be sent."""


def read_head(raw: bytes) -> ProxyRequest:
    """Parse a head, including its empty line. Raises NotUnderstood."""
    line, *headers = raw.removesuffix(b"\r\n\r\n").split(b"\r\n")
    found = _LINE.fullmatch(line)
    if found is None:
        raise NotUnderstood("this is not an HTTP request line")
    method, target, version = found[1].decode(), found[2].decode(), found[3]
    if not version.startswith(b"HTTP/1."):
        raise NotUnderstood(f"a proxy is spoken to in HTTP/1.1, not {version.decode()}")
    if wrong := [header for header in headers if _HEADER.fullmatch(header) is None]:
        raise NotUnderstood(f"{_shown(wrong[0])} is not an HTTP header")
    if method == "CONNECT":
        host, port = _place(target, None)
        return ProxyRequest(method, host, port)
    return _whole_url(method, target, version, headers)


def _whole_url(method: str, target: str, version: bytes, headers: list[bytes]) -> ProxyRequest:
    url = _URL.fullmatch(target)
    if url is None:
        raise NotUnderstood(f"a proxy is asked for a full URL or a CONNECT, not for {_shown(target.encode())}")
    scheme, rest = url[1].lower(), url[3]
    host, port = _place(url[2], _PORTS[scheme])
    path = rest if rest.startswith("/") else f"/{rest}"
    kept = [header for header in headers if header.partition(b":")[0].lower() not in _OF_THE_HOP]
    # One request per connection: the next one may be for another host.
    connection = b"Connection: Upgrade, close" if _upgrades(headers) else b"Connection: close"
    lines = [f"{method} {path} ".encode() + version, b"Host: " + url[2].encode(), connection, *kept]
    return ProxyRequest(method, host, port, scheme, b"\r\n".join(lines) + b"\r\n\r\n")


def _upgrades(headers: list[bytes]) -> bool:
    """Whether the connection is to be switched to another protocol, such as WebSocket."""
    pairs = [header.lower().partition(b":") for header in headers]
    tokens = [token.strip() for name, _, value in pairs if name == b"connection" for token in value.split(b",")]
    return b"upgrade" in tokens


def _place(text: str, usual: int | None) -> tuple[str, int]:
    found = _PLACE.fullmatch(text)
    if found is None:
        if "@" in text:
            raise NotUnderstood("the URL has a user or password, which belong in a header")
        raise NotUnderstood(f"{_shown(text.encode())} is not a host with a port")
    port = int(found[3]) if found[3] else usual
    if port is None or not 0 < port < 65536:
        raise NotUnderstood(f"{_shown(text.encode())} has no valid port")
    return (found[1] or found[2]).lower().rstrip("."), port


def _shown(raw: bytes) -> str:
    text = raw[:60].decode("ascii", "backslashreplace")
    return repr(text + ("..." if len(raw) > 60 else ""))
