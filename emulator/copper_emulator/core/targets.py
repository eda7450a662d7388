"""What a target URL must look like, and which hosts are this machine.

Only https endpoints are accepted; a target that cannot be used is answered with 422 `Invalid URI For External Request`
(developer.copper.com). Which URLs that means is not documented: the emulator rejects those that are not a URL, have no
host or another scheme, or have what RFC 3986 allows nowhere, as Ruby's URI parser does.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit, urlunsplit

from copper_emulator.core.errors import Invalid, raised_on_purpose
from copper_emulator.core.surface import Surface

__tracebackhide__ = raised_on_purpose

_COPPER_DOMAINS = ("copper.com", "prosperworks.com")
"""Domains to which nothing is ever delivered, whatever the settings say."""

_MAX_LENGTH = 2048

_PLAIN = re.compile(r"(?:%[0-9A-Fa-f]{2}|[^%#\[\]])*")
"""A path or a fragment. Queries with brackets are common, and taken."""

_PORTS = {"https": 443, "http": 80}


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    name = host.lower().rstrip(".").strip("[]")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    # Whatever follows a `%` names a network interface, or would be looked up.
    has_zone = isinstance(address, IPv6Address) and address.scope_id is not None
    return (mapped or address).is_loopback and not has_zone


def is_copper(host: str) -> bool:
    """Whether a host is Copper's own; nothing is ever delivered there."""
    name = host.lower().rstrip(".")
    return any(name == domain or name.endswith(f".{domain}") for domain in _COPPER_DOMAINS)


def is_beyond(url: str) -> bool:
    """Whether a URL points to another machine."""
    return not is_loopback(urlsplit(url).hostname or "")


def origin_of(url: str) -> str:
    """Scheme and host of a URL, with the port if it has one: `https://billing.example.com`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@lru_cache(maxsize=1_000)
def comparable(url: str) -> str:
    """A URL with scheme, host and port in one spelling, as routes compare them; the rest as written."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        name = host if host.isascii() else host.encode("idna").decode()
        port = "" if parts.port in (None, _PORTS.get(parts.scheme)) else f":{parts.port}"
    except ValueError:
        return url
    return urlunsplit(parts._replace(netloc=(f"[{name}]" if ":" in name else name) + port))


def check_target(target: str, *, allow_http: bool, surface: Surface = Surface.PYTHON) -> None:
    """Raise `Invalid` (422) for a target that Copper would not accept; the hint says what would help."""
    parts = _split(target)
    host = parts.hostname or ""
    if parts.scheme == "https":
        return
    if parts.scheme != "http":
        raise Invalid.uri(hint=f"A target must be an https:// URL; {target!r} has the scheme {parts.scheme!r}.")
    if allow_http and is_loopback(host):
        return
    https = "https://" + parts.netloc + parts.path
    if is_loopback(host):
        # A route keeps the target's path; what `run` is given takes the place of all of it.
        to = f"http://{parts.netloc}{parts.path if surface is Surface.RUN else ''}"
        raise Invalid.uri(
            hint=(
                f"Copper accepts https:// targets only. Register https://my-app.example{parts.path} and route it: "
                f"{surface.route('https://my-app.example', to)}; or allow this one with "
                f"{surface.setting('allow_http', value=True)}"
            )
        )
    raise Invalid.uri(
        hint=(
            f"Copper accepts https:// targets only. Register {https}, and unless a route leads from there to your "
            f"endpoint already, add one: {surface.route(f'https://{parts.netloc}')}"
        )
    )


def _split(target: str) -> SplitResult:
    if len(target) > _MAX_LENGTH:
        raise Invalid.uri(hint=f"The target is longer than {_MAX_LENGTH} characters.")
    if not target.isascii() or any(c <= " " or c in '"<>\\^`{|}\x7f' for c in target):
        raise Invalid.uri(
            hint="The target has a character that a URL cannot have (a space, a control or a non-ASCII character): "
            "percent-encode it or, in the host, write the name as it is looked up (xn--...)."
        )
    try:
        parts = urlsplit(target)
        port = parts.port
        (parts.hostname or "").encode().decode("idna")
    except UnicodeError:
        raise Invalid.uri(hint="The host of the target is not a valid internationalised name.") from None
    except ValueError as error:
        raise Invalid.uri(hint=f"The target is not a URL: {error}.") from None
    if not parts.scheme or not parts.hostname or port == 0:
        raise Invalid.uri(hint=f"The target {target!r} needs a scheme and a host: https://my-app.example/hooks/copper.")
    _check_parts(parts)
    return parts


def _check_parts(parts: SplitResult) -> None:
    if not (_PLAIN.fullmatch(parts.path) and _PLAIN.fullmatch(parts.fragment)):
        raise Invalid.uri(
            hint="The target has a %, #, [ or ] where a URL cannot have one: percent-encode it (%25, %23, %5B, %5D)."
        )
    if "[" in parts.netloc and "%" in parts.netloc:
        raise Invalid.uri(hint="The address of the target has a zone (after a %), which only the machine itself knows.")
    if parts.username is not None or parts.password is not None:
        raise Invalid.uri(
            hint="The target carries a user or password; use the subscription's `headers` for credentials."
        )
