"""Through which proxy of the user's does a proxy of ours let other hosts through, and what is that one asked?

Where a test's children would otherwise ask a proxy of the user's, or the one of `copper-emulator exec` or of a test
around this one, they still do: ours hands on what is not for Copper.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from copper_emulator.interception.hosts import HOSTS
from copper_emulator.shell.proxy_requests import Asked


@dataclass(frozen=True, slots=True)
class Beyond:
    """A proxy of the user's that is spoken to in HTTP."""

    host: str
    port: int
    authorization: str = ""

    @property
    def place(self) -> str:
        """Host and port as people write them."""
        return f"the proxy at {self.host}:{self.port}"

    def head(self, asked: Asked) -> bytes:
        """What it is asked for somebody."""
        more = f"Proxy-Authorization: {self.authorization}\r\n".encode() if self.authorization else b""
        if asked.is_tunnel:
            return f"CONNECT {asked.place} HTTP/1.1\r\nHost: {asked.place}\r\n".encode() + more + b"\r\n"
        line, _, rest = asked.head.partition(b"\r\n")
        method, _, path = line.partition(b" ")
        return method + f" http://{asked.place}".encode() + path + b"\r\n" + more + rest


@dataclass(frozen=True, slots=True)
class Proxies:
    """Those that an environment names, by what they are for; URLs as they are written there."""

    https: str = ""
    http: str = ""

    @staticmethod
    def of(own: Mapping[str, str]) -> Proxies:
        """Those of an environment; none where it says that no host needs one."""
        if "*" in _past(own):
            return Proxies()
        every = own.get("all_proxy") or own.get("ALL_PROXY") or ""
        return Proxies(
            own.get("https_proxy") or own.get("HTTPS_PROXY") or every,
            own.get("http_proxy") or own.get("HTTP_PROXY") or every,
        )

    def way(self, asked: Asked) -> Beyond | str | None:
        """The one to ask, or why none can be asked; None where there is none."""
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
    """The hosts that an environment wants to be reached without a proxy, as far as they are none of Copper's API."""
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
        # It is looked at only here.
        port = url.port
    except ValueError:
        return None
    return url if url.hostname and port != 0 else None


def _authorization(url: SplitResult) -> str:
    if url.username is None:
        return ""
    both = f"{unquote(url.username)}:{unquote(url.password or '')}"
    return f"Basic {b64encode(both.encode()).decode()}"
