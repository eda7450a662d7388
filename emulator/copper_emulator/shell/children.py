"""What do the processes need that an intercepting test starts, so that their calls of Copper lead to its account, too?

A proxy and files, made once for a session. The proxy lets everything through that is not for Copper: what a test's
children do otherwise is no business of the emulator's, unlike under `copper-emulator exec`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from copper_emulator.executing.environment import INTERCEPT, Reached, child_environment, write_files
from copper_emulator.interception.hosts import HOSTS
from copper_emulator.interception.variables import Told
from copper_emulator.shell.proxy import Ends, Proxy
from copper_emulator.shell.tls.authority import Authority
from copper_emulator.shell.tls.trust import NAMED_BY

_HIDDEN = frozenset(
    {
        *("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"),
        *("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    }
)
"""What the clients of the test's own process heed: there it would change how they reach other hosts."""

_ADDED = ("NODE_EXTRA_CA_CERTS", "DENO_CERT")
"""Name one file; who has one of their own gets one with both."""


class Children:
    """The proxy and the files; they end with `close`."""

    def __init__(self) -> None:
        self._proxy: Proxy | None = None
        self._folder: TemporaryDirectory[str] | None = None
        self._reached: Reached | None = None
        self._authority: Authority | None = None
        self._bundled: list[str | None] | None = None

    async def start(self, authority: Authority, plain: tuple[str, int], tls: tuple[str, int]) -> None:
        """On the loop that serves. Raises OSError and UsageError where the files cannot be written."""
        try:
            self._folder = TemporaryDirectory(prefix="copper-emulator-")
            folder = Path(self._folder.name)
            certificate = folder / "authority.pem"
            certificate.write_bytes(authority.certificate_pem)
            self._proxy = Proxy(Ends(plain, tls), others=not is_executed(os.environ))
            await self._proxy.start()
            url = f"http://127.0.0.1:{self._proxy.port}"
            reached = Reached(url, f"{tls[0]}:{tls[1]}", certificate, folder)
            write_files(reached)
            self._reached, self._authority = reached, authority
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """End the proxy, and delete the files."""
        if self._proxy is not None:
            await self._proxy.close()
        if self._folder is not None:
            self._folder.cleanup()
        self._proxy = self._folder = self._reached = self._authority = self._bundled = None

    def told(self, own: Mapping[str, str] = os.environ) -> Told:
        """The variables that lead to the emulator, beside those that are there. Raises UsageError."""
        if self._reached is None or self._authority is None:
            return Told()
        named = [own.get(name) for name in NAMED_BY]
        if named != self._bundled:
            self._authority.bundle(self._reached.bundle)
            self._bundled = named
        proxied = has_proxy(own)
        reached = replace(self._reached, proxy_url="") if proxied and not is_executed(own) else self._reached
        found = child_environment(own, reached)
        for name in _ADDED:
            if own.get(name):
                found[name] = str(reached.bundle)
        new = {name: value for name, value in found.items() if own.get(name) != value}
        hidden = {name: new.pop(name) for name in _HIDDEN & new.keys()}
        if not proxied:
            return Told(new, hidden)
        if is_executed(own):
            # Children ask the proxy of this test for Copper's hosts.
            hidden |= {name: found[name] for name in ("NO_PROXY", "no_proxy")}
        return Told({**new, **past_proxy(own)}, hidden)


def is_executed(own: Mapping[str, str]) -> bool:
    """Whether this process is itself one that `copper-emulator exec` has started, whose proxy refuses other hosts."""
    return INTERCEPT in own


def has_proxy(own: Mapping[str, str]) -> bool:
    """Whether there is a proxy already; one of the user's then stays."""
    return any(value and name.lower() in _PROXIES for name, value in own.items())


_PROXIES = ("https_proxy", "http_proxy", "all_proxy")


def past_proxy(own: Mapping[str, str]) -> dict[str, str]:
    """Copper's hosts are not asked through it: what is behind it is not the emulator."""
    before = own.get("no_proxy") or own.get("NO_PROXY") or ""
    hosts = ",".join([*filter(None, [before]), *HOSTS])
    return {"NO_PROXY": hosts, "no_proxy": hosts}
