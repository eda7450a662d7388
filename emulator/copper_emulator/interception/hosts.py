"""Which hosts are intercepted, and where do they seem to be?"""

from __future__ import annotations

HOSTS = ("api.copper.com", "api.prosperworks.com")
"""Copper's API under its present name and its older one. The web application's hosts are none of it."""

PORT = 443
"""Copper's API is HTTPS alone. A connection to another port of the two hosts is refused and never made."""

ADDRESS, MAPPED_ADDRESS = "127.67.79.80", "::ffff:127.67.79.80"
"""What the two names resolve to while they are intercepted, in IPv4 and for those who want IPv6: loopback ("COP" in
ASCII), so that whoever keeps it for longer reaches nothing."""

_TAKEN = frozenset(HOSTS)
_STANDING_FOR_THEM = frozenset((ADDRESS, MAPPED_ADDRESS))


def plain(host: object) -> str:
    """A host as it is compared: names come in any case, with a dot at the end, and as bytes."""
    if isinstance(host, (bytes, bytearray)):
        host = host.decode("ascii", "replace")
    return host.lower().rstrip(".") if isinstance(host, str) else ""


def is_copper_api(host: object) -> bool:
    """Whether it is the name of one of the two."""
    return plain(host) in _TAKEN


def leads_to_copper(host: object) -> bool:
    """Whether it is their name, or the address they seem to have."""
    name = plain(host)
    return name in _TAKEN or name in _STANDING_FOR_THEM
