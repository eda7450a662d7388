"""What do the processes that an intercepting test starts need, to have their calls of Copper lead to its account?

A proxy and files, made once per session. The proxy lets everything through that is not for Copper: what else a test's
children do is not the emulator's business, unlike under `copper-emulator exec`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from copper_emulator.executing.ca_variables import NAMING
from copper_emulator.executing.environment import (
    EVERY_PROXY,
    LOOPBACK,
    NO_PROXY,
    PROXIES,
    REFUSES,
    USE_PROXY,
    Reached,
    child_environment,
    write_files,
)
from copper_emulator.interception.hosts import HOSTS
from copper_emulator.interception.variables import ChildVariables
from copper_emulator.shell.proxying.beyond import Proxies, not_proxied
from copper_emulator.shell.proxying.proxy import Ends, Proxy
from copper_emulator.shell.tls.authority import Authority

_HIDDEN = frozenset({*PROXIES, *NO_PROXY, USE_PROXY, "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"})
"""Variables that clients in the test's own process heed: set there, they would change how other hosts are reached.

For urllib every variable that ends with `_PROXY` names a proxy, including Node's.
"""


class Children:
    """The proxy and the files; `close` ends and deletes them."""

    def __init__(self) -> None:
        self._proxy: Proxy | None = None
        self._folder: TemporaryDirectory[str] | None = None
        self._reached: Reached | None = None
        self._authority: Authority | None = None
        self._bundled: list[str | None] | None = None

    async def start(self, authority: Authority, plain: tuple[str, int], tls: tuple[str, int]) -> None:
        """Start, on the loop that serves. Raises OSError or UsageError if the files cannot be written."""
        try:
            self._folder = TemporaryDirectory(prefix="copper-emulator-")
            folder = Path(self._folder.name)
            certificate = folder / "authority.pem"
            certificate.write_bytes(authority.certificate_pem)
            self._proxy = Proxy(Ends(plain, tls), others=REFUSES not in os.environ)
            await self._proxy.start()
            url = f"http://127.0.0.1:{self._proxy.port}"
            reached = Reached(url, f"{tls[0]}:{tls[1]}", certificate, folder)
            write_files(reached)
            self._reached, self._authority = reached, authority
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Stop the proxy, and delete the files."""
        if self._proxy is not None:
            await self._proxy.close()
        if self._folder is not None:
            self._folder.cleanup()
        self._proxy = self._folder = self._reached = self._authority = self._bundled = None

    def variables(self, own: Mapping[str, str] = os.environ) -> ChildVariables:
        """The variables that lead to the emulator, given the present ones. Raises UsageError."""
        if self._reached is None or self._authority is None:
            return ChildVariables()
        named = [own.get(name) for name in NAMING]
        if named != self._bundled:
            self._authority.bundle(self._reached.bundle)
            self._bundled = named
        if self._proxy is not None:
            # The user's own proxy is still used for other hosts, but through ours.
            self._proxy.beyond = Proxies.of(_without(self._reached.proxy_url, own))
        found = child_environment(own, self._reached)
        found |= dict.fromkeys(NO_PROXY, ",".join(dict.fromkeys([*LOOPBACK.split(","), *not_proxied(own)])))
        new = {name: value for name, value in found.items() if own.get(name) != value}
        hidden = {name: new.pop(name) for name in _HIDDEN & new.keys()}
        if not has_proxy(own):
            return ChildVariables(new, hidden)
        # Variables for this process, which keeps the user's proxy; its children get ours.
        hidden |= {name: found[name] for name in NO_PROXY}
        return ChildVariables({**new, **past_proxy(own)}, hidden)


def _without(url: str, own: Mapping[str, str]) -> Mapping[str, str]:
    """The variables without our own proxy: if `os.environ` names it, it must not be asked to forward to itself."""
    return {name: value for name, value in own.items() if value != url}


def has_proxy(own: Mapping[str, str]) -> bool:
    """Whether a proxy is set already; for this process the user's own stays."""
    names = {name.lower() for name in (*PROXIES, *EVERY_PROXY)}
    return any(value and name.lower() in names for name, value in own.items())


def past_proxy(own: Mapping[str, str]) -> dict[str, str]:
    """Variables that exempt Copper's hosts from the proxy, because the emulator is not behind it."""
    before = own.get("no_proxy") or own.get("NO_PROXY") or ""
    hosts = ",".join([*filter(None, [before]), *HOSTS])
    return dict.fromkeys(NO_PROXY, hosts)
