"""Through which proxy of the user's does our proxy reach other hosts, and what does it send there?

If a test's children would otherwise use a proxy (the user's, or that of `copper-emulator exec` or of an enclosing
test), they still do: ours forwards to it whatever is not for Copper.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from copper_emulator.interception.hosts import HOSTS
from copper_emulator.shell.proxying.requests import ProxyRequest


@dataclass(frozen=True, slots=True)
class Beyond:
    """A proxy of the user's, spoken to in plain HTTP."""

    host: str
    port: int
    authorization: str = ""

    @property
    def authority(self) -> str:
        """The proxy in messages, with host and port."""
        return f"the proxy at {self.host}:{self.port}"

    def head(self, asked: ProxyRequest) -> bytes:
        """The request head to send to it for a client's request."""
        more = f"Proxy-Authorization: {self.authorization}\r\n".encode() if self.authorization else b""
        if asked.is_tunnel:
            return f"CONNECT {asked.authority} HTTP/1.1\r\nHost: {asked.authority}\r\n".encode() + more + b"\r\n"
        line, _, rest = asked.head.partition(b"\r\n")
        method, _, path = line.partition(b" ")
        return method + f" http://{asked.authority}".encode() + path + b"\r\n" + more + rest


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies an environment names, by the scheme they are for; URLs as written there."""

    https: str = ""
    http: str = ""

    @staticmethod
    def of(own: Mapping[str, str]) -> Proxies:
        """The proxies an environment names; none if it exempts every host."""
        if "*" in _past(own):
            return Proxies()
        every = own.get("all_proxy") or own.get("ALL_PROXY") or ""
        return Proxies(
            own.get("https_proxy") or own.get("HTTPS_PROXY") or every,
            own.get("http_proxy") or own.get("HTTP_PROXY") or every,
        )

    def way(self, asked: ProxyRequest) -> Beyond | str | None:
        """The proxy to use, or why it cannot be used; None if there is none."""
        written = self.http if asked.scheme == "http" else self.https
        if not written:
            return None
        url = _split(written)
        if url is None or url.scheme != "http" or asked.scheme == "https":
            shown = f"{url.scheme}://{url.hostname}" if url is not None else "which is not a URL"
            return (
                f"it would be reached through your own proxy ({shown}), but copper-emulator can only use one over "
                "plain HTTP. Give the program the variables of such a proxy, or none"
            )
        return Beyond(url.hostname or "", url.port or 80, _authorization(url))


def not_proxied(own: Mapping[str, str]) -> list[str]:
    """The hosts an environment exempts from proxies, except those of Copper's API."""
    return [name for name in _past(own) if not any(_covers(name, host) for host in HOSTS)]


def _past(own: Mapping[str, str]) -> list[str]:
    written = own.get("no_proxy") or own.get("NO_PROXY") or ""
    return [name for part in written.split(",") if (name := part.strip())]


def _covers(name: str, host: str) -> bool:
    bare = name.lower().partition(":")[0].lstrip("*").strip(".")
    return not bare or host == bare or host.endswith(f".{bare}")


def _split(written: str) -> SplitResult | None:
    try:
        url = urlsplit(written if "://" in written else f"http://{written}")
        # Reading the port is what validates it.
        port = url.port
    except ValueError:
        return None
    return url if url.hostname and port != 0 else None


def _authorization(url: SplitResult) -> str:
    if url.username is None:
        return ""
    both = f"{unquote(url.username)}:{unquote(url.password or '')}"
    return f"Basic {b64encode(both.encode()).decode()}"
