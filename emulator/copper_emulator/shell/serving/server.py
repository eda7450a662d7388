"""The standalone server: emulated API and control API on one loop, deliveries in the background.

To start fast, it loads the emulated API, the control API and the accounts with the first request that needs them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from functools import cache
from ipaddress import ip_address
from types import TracebackType
from typing import TYPE_CHECKING

from aiohttp import web

from copper_emulator.core.errors import NotWritten
from copper_emulator.core.model import Kind
from copper_emulator.core.paths import API_PATH, CONTROL_PATH
from copper_emulator.core.targets import is_loopback
from copper_emulator.shell.control.health import HEALTH
from copper_emulator.shell.guarding import Refused, protected, refuse
from copper_emulator.shell.listening import MAX_BODY, AnswersDirectly, ListeningRunner
from copper_emulator.shell.own_http import is_own_server_wanted
from copper_emulator.shell.served.accounts import Accounts
from copper_emulator.shell.served.plan import Plan
from copper_emulator.shell.serving.deferred import Deferred
from copper_emulator.shell.serving.page_routes import make_page, start_page

if TYPE_CHECKING:
    from copper_emulator.shell.persistence.state_writer import StateWriter
    from copper_emulator.shell.proxying.proxied import Proxied, ProxyPlan
    from copper_emulator.shell.tls.listening import TlsListener

DEFAULT_PORT = 2929


_PATIENCE = 1.0
"""Seconds a request under way gets to finish when the server ends."""


class CannotListen(OSError):
    """The address cannot be bound; `of` is the parameter it comes from: `port`, `tls_port` or `proxy`."""

    def __init__(self, of: str, error: OSError) -> None:
        super().__init__(error.errno, error.strerror or str(error))
        self.of = of


class Server:
    """`async with Server(plan) as server:` serves until the block ends; deliveries then under way are cut off.

    Args:
        plan: how its accounts are made.
        bind: the address to listen on.
        port: 0 takes a free one.
        trusted_hosts: names beyond loopback under which the control API, and by browsers any, may be called.
        state: a file in which all state is kept, and from which the server resumes.
        tls_port: an additional port that serves TLS; 0 takes a free one.
        proxy: a proxy that leads programs with Copper's hosts in them to this server; `proxied` says where it is.

    Raises:
        AuthorityError: there is no certificate for TLS.
        StateError: the file cannot be used.
        CannotListen: the address cannot be bound.
        RouteError: a route of the plan cannot be understood.
        UsageError: COPPER_EMULATOR_SERVER has a value that it cannot have.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        bind: str = "127.0.0.1",
        port: int = DEFAULT_PORT,
        trusted_hosts: Sequence[str] = (),
        state: str | None = None,
        tls_port: int | None = None,
        proxy: ProxyPlan | None = None,
    ) -> None:
        self._plan = plan
        self.bind = bind
        self._port = port
        self.state = state
        self._trusted_hosts = frozenset(trusted_hosts)
        self._open = AsyncExitStack()
        self._tls_port = tls_port
        self.url = ""
        self.tls_url = ""
        """The URL over TLS; empty without TLS."""
        self._tls: TlsListener | None = None
        self._proxy = proxy
        self.proxied: Proxied | None = None
        self.accounts: Accounts

    async def __aenter__(self) -> Server:
        try:
            await self._start()
        except BaseException:
            await self._open.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._open.aclose()

    async def _start(self) -> None:
        closing = await self._open.enter_async_context(AsyncExitStack())
        group = await self._open.enter_async_context(asyncio.TaskGroup())
        writer = None if self.state is None else self._writer(self.state)
        self.accounts = Accounts(self._plan, group, closing, writer)
        self.accounts.loopback = is_loopback(self.bind)
        self._open.push_async_callback(self.accounts.stop)
        runner = self._runner(writer)
        await runner.setup()
        self._open.callback(self._cut_off)
        self._open.push_async_callback(runner.cleanup)
        # Runs before waiting for the requests under way: those that follow a journal never end by themselves.
        self._open.callback(self.accounts.close)
        with _listening("port"):
            await web.TCPSite(runner, self.bind, self._port).start()
        self.url = f"http://{_shown(self.bind)}:{runner.addresses[0][1]}"
        if self._tls_port is not None:
            with _listening("tls_port"):
                await self._start_tls(runner, self._tls_port)
        if self._proxy is not None:
            # Most servers need no proxy, and therefore no TLS either.
            from copper_emulator.shell.proxying import proxied

            plain = (_shown(self.bind).strip("[]"), int(runner.addresses[0][1]))
            with _listening("proxy"):
                self.proxied = await proxied.begin(
                    self._proxy, runner, plain, bind=self.bind, tell=self.accounts.refused, opened=self._open
                )
        # Deliver nothing before endpoints can call back.
        self.accounts.begin()

    async def _start_tls(self, runner: web.AppRunner, port: int) -> None:
        # Most servers need no certificates, and the code that makes them is slow to import.
        from copper_emulator.shell.tls.authority import Authority
        from copper_emulator.shell.tls.serving import begin

        own = () if _is_every_address(self.bind) else (self.bind,)
        listener = await begin(
            runner,
            Authority.kept(),
            tell=self.accounts.refused,
            bind=self.bind,
            port=port,
            more_hosts=(*own, *sorted(self._trusted_hosts)),
        )
        self._tls = listener
        self._open.push_async_callback(listener.close)
        self.tls_url = self.accounts.tls_url = f"https://{_shown(self.bind)}:{listener.port}"

    def _cut_off(self) -> None:
        """Abort the TLS connections that the runner has closed."""
        for part in (self._tls, self.proxied):
            if part is not None:
                part.cut_off()

    def _writer(self, path: str) -> StateWriter:
        # Most servers do not need SQLite.
        from copper_emulator.shell.persistence.state_writer import StateWriter
        from copper_emulator.shell.persistence.store import StateFile

        writer = StateWriter(StateFile(path), lambda text: self.accounts.report(Kind.SETTINGS, text))
        self._open.callback(writer.close)
        return writer

    def _runner(self, writer: StateWriter | None) -> ListeningRunner:
        trusted = frozenset(host.lower() for host in self._trusted())
        api = cache(lambda: self._api(trusted))
        # With a state file, an answer waits until what it says is written.
        directly = _directly(api) if writer is None and is_own_server_wanted() else None
        app = self._app(writer, trusted, api)
        return ListeningRunner(app, on_error=_answer_unhandled, directly=directly, shutdown_timeout=_PATIENCE)

    def _app(
        self, writer: StateWriter | None, trusted: frozenset[str], api: Callable[[], web.Application]
    ) -> web.Application:
        app = web.Application(client_max_size=MAX_BODY)
        if writer is not None:
            from copper_emulator.shell.persistence.write_first import write_first

            app.middlewares.append(write_first(writer, _not_written, _tells_nothing))
        for operation in HEALTH:
            handler = protected(trusted, operation.handler(self.accounts))
            app.router.add_route(operation.method, f"{CONTROL_PATH}{operation.path}", handler)
        app.router.add_get("/", start_page(trusted))
        app.add_subapp("/_emulator/page", make_page(trusted))
        for path, make in (
            (CONTROL_PATH, lambda: self._control(trusted)),
            ("/_emulator/docs", _documents),
            ("/_emulator/openapi.json", _documents),
            # The API's path is matched before the root.
            (API_PATH, api),
            ("/", api),
        ):
            app.router.register_resource(Deferred(path, make))
        return app

    def _trusted(self) -> frozenset[str]:
        return self._trusted_hosts if _is_every_address(self.bind) else self._trusted_hosts | {self.bind}

    def _control(self, trusted: frozenset[str]) -> web.Application:
        from copper_emulator.shell.control.api import make_control

        app = web.Application()
        app.add_subapp(CONTROL_PATH, make_control(self.accounts, trusted))
        return app

    def _api(self, trusted: frozenset[str]) -> web.Application:
        from copper_emulator.shell.api.app import make_api

        return make_api(self.accounts, trusted=trusted)


def _directly(api: Callable[[], web.Application]) -> AnswersDirectly:
    """What answers plain requests of the API directly; like the API, it is made with the first of them."""

    @cache
    def made() -> AnswersDirectly:
        from copper_emulator.shell.api.app import direct_api

        return direct_api(api())

    return lambda request: made()(request) if request.target.startswith(API_PATH) else None


@contextmanager
def _listening(of: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotListen(of, error) from error


def _documents() -> web.Application:
    from copper_emulator.shell.control import documents

    app = web.Application()
    app.add_routes(documents.routes)
    return app


def _answer_unhandled(
    request: web.BaseRequest, status: int, error: BaseException | None, message: str
) -> web.StreamResponse | None:
    if status < 500 and error is not None and request.path.startswith("/_emulator"):
        return refuse(Refused(status, f"this request cannot be answered: {message}"))
    from copper_emulator.shell.api.refusing import answer_unhandled

    return answer_unhandled(request, status, error, message)


def _not_written(request: web.Request, error: NotWritten) -> web.StreamResponse:
    """A refusal in the format of the API that was called."""
    if not request.path.startswith("/_emulator"):
        from copper_emulator.shell.api.refusing import envelope

        return envelope(error)
    return refuse(Refused(error.status, "what happens cannot be written to the state file", hint=error.hint))


_FIXED = frozenset(
    {
        "/",
        "/_emulator/docs",
        "/_emulator/openapi.json",
        "/_emulator/developer_api.json",
        f"{CONTROL_PATH}/health",
        f"{CONTROL_PATH}/ready",
    }
)


def _tells_nothing(request: web.Request) -> bool:
    """Whether the answer reveals nothing of what happens in an account; it may then leave before that is written."""
    fixed = request.path in _FIXED or request.path.startswith("/_emulator/page/")
    return fixed and request.method in ("GET", "HEAD")


def _is_every_address(bind: str) -> bool:
    try:
        return ip_address(bind).is_unspecified
    except ValueError:
        return False


def _shown(bind: str) -> str:
    """The host under which this machine can reach the address."""
    if _is_every_address(bind):
        return "127.0.0.1" if ip_address(bind).version == 4 else "[::1]"
    return f"[{bind}]" if ":" in bind else bind
