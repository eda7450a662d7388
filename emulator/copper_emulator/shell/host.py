"""The thread that, once needed, stays: it serves the API and sends over HTTP.

One host serves every account of a test session, each under its token.
"""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import AsyncExitStack, ExitStack, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import finalize

from aiohttp import web

from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import Key
from copper_emulator.interception.seams import socket_replacement
from copper_emulator.interception.ways import Way
from copper_emulator.shell.api.app import direct_api, make_api, make_runner
from copper_emulator.shell.ended_tokens import EndedTokens
from copper_emulator.shell.intercepting.answering import Interception, answer_for_copper
from copper_emulator.shell.loop_thread import LoopThread
from copper_emulator.shell.own_http import is_own_server_wanted
from copper_emulator.shell.senders.http import HttpSender
from copper_emulator.shell.tenant import Tenant
from copper_emulator.shell.tls.authority_files import kept_certificate
from copper_emulator.shell.tls.real_files import check_files
from copper_emulator.shell.tls.trust import Trust

if TYPE_CHECKING:
    from copper_emulator.shell.intercepting.children import Children
    from copper_emulator.shell.tls.authority import Authority
    from copper_emulator.shell.tls.listening import TlsListener

T = TypeVar("T")

_PATIENCE = 1.0
"""Seconds a request under way gets to finish when the host ends."""


class Host:
    """Starts its thread on first use and binds 127.0.0.1 once, by default on a port the system chooses.

    Args:
        port: the API's port.
        keeps_authority: use the user's stored authority, as commands do, instead of a temporary one.
        plainly: send plain HTTP to this machine without aiohttp's client.
        directly: answer plain requests without aiohttp's server.
    """

    token_advice = "In a test use copper.headers or copper.token."

    def __init__(
        self, *, port: int = 0, keeps_authority: bool = False, plainly: bool = True, directly: bool = True
    ) -> None:
        # Two locks: while something is being started, the loop's thread must be able to look up accounts.
        self._tenants_lock = threading.Lock()
        self._starting = threading.Lock()
        self._closing = threading.Lock()
        self._tenants: list[Tenant] = []
        self._ended_tokens = EndedTokens()
        self._port = port
        self._thread = LoopThread("copper-emulator")
        self._http: HttpSender | None = None
        self._runner: web.AppRunner | None = None
        self._url: str | None = None
        self._keeps_authority = keeps_authority
        self._plainly = plainly
        self._directly = directly
        self._authority: Authority | None = None
        self._tls: TlsListener | None = None
        self._ca_file: Path | None = None
        self._remove_folder: Callable[[], object] | None = None
        self._children: Children | None = None
        self._trust = Trust(kept_certificate) if keeps_authority else Trust()

    # --- the accounts it serves (a Directory, see api/credentials.py) ---------------------------------------

    def add(self, tenant: Tenant) -> None:
        """Serve an account. Raises UsageError in a process forked from the one that serves."""
        self._thread.take_over()
        with self._tenants_lock:
            self._tenants.append(tenant)
        tenant.neighbours = self._present

    def remove(self, tenant: Tenant) -> None:
        """Stop serving an account."""
        with self._tenants_lock:
            self._tenants.remove(tenant)
            self._ended_tokens.add(tenant)

    def hint_about(self, token: str) -> str:
        """What is known of a token that belongs to no account any more; "" if nothing is."""
        return self._ended_tokens.hint_about(token)

    def find(self, token: str, email: str) -> tuple[Tenant, Key] | None:
        """The account a token belongs to; unlike a server, a host never opens one for a token."""
        return self.known(token)

    def _present(self) -> list[Tenant]:
        with self._tenants_lock:
            return list(self._tenants)

    def known(self, token: str) -> tuple[Tenant, Key] | None:
        """The account a token belongs to, by its current or an earlier key."""
        for tenant in self._present():
            for key in tenant.account.keys:
                if key.token == token:
                    return tenant, key
        return None

    def refused(self, text: str) -> None:
        """Record a call with a wrong token in the account that is delivering; if none is, in every account.

        Each may be the one that was meant, for example by a service that subscribes when it starts. If several are
        delivering, nobody can tell whose endpoint called.
        """
        tenants = self._present()
        delivering = [tenant for tenant in tenants if tenant.driving]
        if len(delivering) <= 1:
            for tenant in delivering or tenants:
                tenant.refused(text)

    # --- the thread -----------------------------------------------------------------------------------------

    def take_over(self) -> None:
        """Serve in this process from now on, even if it is a forked one, unless the thread already runs in another."""
        with suppress(UsageError):
            self._thread.take_over()

    def url(self) -> str:
        """Where the API is served, like `http://127.0.0.1:40217`; starts it on first use."""
        with self._starting:
            if self._url is None:
                self._url = self._thread.run(self._serve())
            return self._url

    def tls_url(self) -> str:
        """Where the same API is served over TLS, like `https://127.0.0.1:40218`; starts it on first use.

        Its certificate comes from `authority()` and also covers Copper's names. Raises AuthorityError if there is none.
        """
        authority = self.authority()
        with self._starting:
            if self._tls is None:
                self._tls = self._thread.run(self._serve_tls(authority))
            return f"https://127.0.0.1:{self._tls.port}"

    def authority(self) -> Authority:
        """The authority that signs its certificate, made on first use. Raises AuthorityError if that fails."""
        with self._starting:
            if self._authority is None:
                self._thread.check_here()
                check_files()
                from copper_emulator.shell.tls.authority import Authority

                self._authority = Authority.kept() if self._keeps_authority else Authority.temporary()
                self._trust.add(self._authority.certificate_pem)
            return self._authority

    def ca_file(self) -> Path:
        """A file with the certificate of `authority()`; that of a temporary one is deleted by `close`."""
        authority = self.authority()
        with self._starting:
            if authority.certificate_file is not None:
                return authority.certificate_file
            if self._ca_file is None:
                check_files()
                folder = mkdtemp(prefix="copper-emulator-")
                self._remove_folder = finalize(self, _remove, folder, os.getpid())
                path = Path(folder, "authority.pem")
                path.write_bytes(authority.certificate_pem)
                self._ca_file = path
            return self._ca_file

    def intercept(self, tenant: Tenant, token: str | None) -> Interception:
        """Lead Copper's own hosts to an account from now on. Raises UsageError if that is impossible."""
        tenant.check_goes_on()
        if library := socket_replacement(socket):
            raise UsageError(
                f"Copper's hosts cannot be intercepted while {library} has its own class in the place of sockets: "
                "switch it off for this test, or mock HTTP with a library that leaves sockets alone "
                '(`copper-emulator docs tests`, "Beside libraries that mock HTTP")'
            )
        try:
            port, authority = _port_of(self.tls_url()), self.authority()
            children = self._ensure_children(authority, port)
        except OSError as error:
            raise UsageError(f"Copper's hosts cannot be intercepted: {error}") from None
        interception = Interception(self, tenant, token)
        certificate = authority.certificate_pem.decode("ascii")
        interception.begin(Way("127.0.0.1", port, certificate, make_variables=children.variables, owner=interception))
        return interception

    def _ensure_children(self, authority: Authority, port: int) -> Children:
        plain = _port_of(self.url())
        with self._starting:
            if self._children is None:
                # Imported here, because it brings the proxy with it.
                from copper_emulator.shell.intercepting.children import Children

                children = Children()
                self._thread.run(children.start(authority, ("127.0.0.1", plain), ("127.0.0.1", port)))
                self._children = children
            return self._children

    def http(self) -> HttpSender:
        """The HTTP sender; its coroutines must be submitted to this host."""
        with self._starting:
            if self._http is None:
                self._http = HttpSender(self._trust, plainly=self._plainly)
            return self._http

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the host's loop."""
        return self._thread.submit(coroutine)

    def close(self) -> None:
        """Stop the server, the sender and the thread, and wait for them."""
        # A second thread waits, and finds nothing left to do.
        with self._closing, ExitStack() as closing:
            # Last, because clients may read it until they are gone.
            if self._remove_folder is not None:
                closing.callback(self._remove_folder)
            if self._thread.is_started:
                closing.callback(self._thread.close)
                self._thread.run(self._close())
            self._ca_file = self._remove_folder = None

    async def _serve(self) -> str:
        runner = await self._ensure_runner()
        await web.TCPSite(runner, "127.0.0.1", self._port).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def _serve_tls(self, authority: Authority) -> TlsListener:
        # Imported here, because few runs need it.
        from copper_emulator.shell.tls.serving import begin

        return await begin(await self._ensure_runner(), authority, tell=self.refused)

    async def _ensure_runner(self) -> web.AppRunner:
        if self._runner is None:
            app = make_api(self)
            app.middlewares.insert(0, answer_for_copper)
            directly = direct_api(app) if self._directly and is_own_server_wanted() else None
            self._runner = make_runner(app, directly=directly, shutdown_timeout=_PATIENCE)
            await self._runner.setup()
        return self._runner

    async def _close(self) -> None:
        try:
            # From the last pushed to the first, each even if another raises.
            async with AsyncExitStack() as closing:
                if self._tls is not None:
                    closing.callback(self._tls.cut_off)
                if self._runner is not None:
                    closing.push_async_callback(self._runner.cleanup)
                for part in (self._tls, self._children, self._http):
                    if part is not None:
                        closing.push_async_callback(part.close)
        finally:
            self._http = self._runner = self._url = self._tls = self._children = None


def _remove(folder: str, process: int) -> None:
    # To a forked process it belongs no more than the thread.
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)


def _port_of(url: str) -> int:
    return int(url.rpartition(":")[2])
