"""Which hosts are intercepted, and which address do they seem to have?"""

from __future__ import annotations

HOSTS = ("api.copper.com", "api.prosperworks.com")
"""Copper's API under its present name and its older one. The web application's hosts are not intercepted."""

PORT = 443
"""Copper's API is HTTPS only. Connections to other ports of the two hosts are refused and never made."""

ADDRESS, MAPPED_ADDRESS = "127.67.79.80", "::ffff:127.67.79.80"
"""What the two names resolve to while they are intercepted, in IPv4 and for clients that want IPv6: a loopback address
(67.79.80 is "COP" in ASCII), so that a client that keeps it for longer reaches nothing."""

_TAKEN = frozenset(HOSTS)
_STANDING_FOR_THEM = frozenset((ADDRESS, MAPPED_ADDRESS))


def plain(host: object) -> str:
    """A host in the form for comparisons: names may be in any case, end with a dot, or be bytes."""
    if isinstance(host, (bytes, bytearray)):
        host = host.decode("ascii", "replace")
    return host.lower().rstrip(".") if isinstance(host, str) else ""


def is_copper_api(host: object) -> bool:
    """Whether it is one of the two names."""
    return plain(host) in _TAKEN


def leads_to_copper(host: object) -> bool:
    """Whether it is one of the two names, or the address they seem to have."""
    name = plain(host)
    return name in _TAKEN or name in _STANDING_FOR_THEM
