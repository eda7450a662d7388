"""The emulated accounts of the current test, and how each begins and ends.

One `Accounts`, in the config's stash, holds all accounts of a session: those of the fixtures and those that
`make_copper` opens. They share one server thread, started when the first of them needs it. The file is longer than
others because it covers an account's whole life (begin, verdict, end) for every way to get one.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from pytest_copper import layers
from pytest_copper.opening import Opening

if TYPE_CHECKING:
    from datetime import datetime
    from types import TracebackType

    from copper_emulator.async_copper import AsyncCopper
    from copper_emulator.copper import Copper
    from copper_emulator.face import Face
    from copper_emulator.settings import Settings
    from copper_emulator.shell.intercepting.answering import Interception
    from copper_emulator.tls_endpoint import TlsEndpoint
    from pytest_copper.receiving import CopperEndpoint

T = TypeVar("T")

_ACCOUNTS = frozenset({"copper", "copper_async", "make_copper"})
"""The fixtures that open accounts, or let a test open them."""

ENDPOINT_URL = "https://endpoint.example.com/hooks/copper"


class OpenAccount:
    """An account while a test can use it, and the verdict last reported about it."""

    def __init__(self, name: str, face: Face, place: int) -> None:
        self.name = name
        self.face = face
        self.place = place
        """Where its ids begin among those of its test; 0 if it belongs to a wider fixture."""
        self._reported = ""
        self._before = 0
        self._resets = face.resets_so_far

    def begin_test(self) -> None:
        """Start counting anew: what happened earlier does not concern the test that begins."""
        self._before, self._resets = self.face.entries_so_far, self.face.resets_so_far
        self._reported = self.face.begin_test()

    def belongs_to(self, item: pytest.Item) -> bool:
        """Whether the test uses it as a fixture, or something has happened in it since the test began."""
        self._notice_reset()
        used: Mapping[str, object] = getattr(item, "funcargs", {})
        return any(value is self.face for value in used.values()) or self.face.entries_so_far > self._before

    def news(self) -> str:
        """The verdict, if it differs from the one last reported; otherwise an empty text."""
        self._notice_reset()
        text = self.face.verdict()
        if text == self._reported:
            return ""
        self._reported = text
        return text

    def _notice_reset(self) -> None:
        """Forget what was reported of the time before a reset: the same may happen again after it."""
        if self._resets != self.face.resets_so_far:
            self._resets, self._reported, self._before = self.face.resets_so_far, "", 0


class Accounts:
    """The accounts of a session: the open ones, and those that ended during this test, kept for the report."""

    def __init__(self, url: str | None = None) -> None:
        self.opening = Opening(url)
        self.standing: list[OpenAccount] = []
        self.ended: list[OpenAccount] = []
        self.item: pytest.Item
        """The current test, from its set-up on."""
        self._is_loaded = False
        self._before_call = 0
        self.opens_wider: Callable[[], bool] = _opens_no_wider
        """Whether a fixture is being set up that is wider than one test (`wider_fixtures.py`); False by default."""

    def before_setup(self, item: pytest.Item) -> None:
        """Begin another test: forget the accounts that ended in the previous one."""
        self.item = item
        if not self._is_loaded and not _ACCOUNTS.isdisjoint(getattr(item, "fixturenames", ())):
            self._is_loaded = True
            self.opening.load()
        self.ended.clear()
        for account in self.standing:
            account.begin_test()

    def before_call(self, item: pytest.Item) -> None:
        """Mark the end of set-up: accounts opened from here on are opened by the test itself."""
        self._before_call = len(self.standing)
        _renew()
        # Once more before the first fixture is torn down: by then others may have removed their patches, and ours too.
        item.addfinalizer(_renew)

    def after_teardown(self) -> None:
        """Tidy up once all fixtures have ended and restored what they had changed."""
        if (intercepting := _intercepting()) is not None:
            intercepting.PROCESS.tidy()

    def free_place(self) -> int:
        """Where the ids of an account begin that begins now: at the first place that no other of its test has.

        Accounts of wider fixtures do not count, and begin like the first: which of them are open depends on the tests
        before this one.
        """
        taken = [] if self.opens_wider() else [account.place for account in self.standing]
        return next(place for place in count(1) if place not in taken)

    def open(self, name: str, face: Face, place: int) -> OpenAccount:
        """Add an account that begins.

        If all others that the test opened have ended, as at the next example of `@given`, they are forgotten.
        """
        from copper_emulator.shell import hook_watch
        from pytest_copper import uncaptured

        hook_watch.show = functools.partial(uncaptured.show, self.item.config)
        if len(self.standing) <= self._before_call:
            self.ended.clear()
        account = OpenAccount(name, face, 0 if self.opens_wider() else place)
        self.standing.append(account)
        return account

    def end(self, account: OpenAccount) -> None:
        """Move an account to those that have ended."""
        self.standing.remove(account)
        self.ended.append(account)

    def present(self) -> list[OpenAccount]:
        """The accounts that this test's report should show: not those of wider fixtures that it does not use."""
        return [*(account for account in self.standing if account.belongs_to(self.item)), *self.ended]

    def news(self) -> list[str]:
        """The new verdicts about the open accounts."""
        return [text for account in self.standing if (text := account.news())]


def _opens_no_wider() -> bool:
    return False


def _intercepting() -> Any:
    # Not imported means that nothing was ever intercepted.
    return sys.modules.get("copper_emulator.interception.process")


def _renew() -> None:
    if (intercepting := _intercepting()) is not None:
        intercepting.PROCESS.renew()


ACCOUNTS = pytest.StashKey[Accounts]()


def sync_account(item: pytest.Item, overrides: object) -> Iterator[Copper]:
    """An account for synchronous tests, from a fixture's set-up to its teardown."""
    from copper_emulator.core.surface import Surface

    accounts = item.config.stash[ACCOUNTS]
    (settings, start), place = layers.of_item(item, overrides), accounts.free_place()
    with _refused_in_one_line(item):
        copper = accounts.opening.sync(settings, item.name, surface=Surface.PYTEST, place=place, start=start)
    account = accounts.open("copper", copper, place)
    try:
        yield copper
    finally:
        accounts.end(account)
        copper.close()


def async_account(item: pytest.Item, overrides: object) -> Iterator[AsyncCopper]:
    """An account for asynchronous tests, from a fixture's set-up to its teardown."""
    from copper_emulator.core.surface import Surface

    accounts = item.config.stash[ACCOUNTS]
    (settings, start), place = layers.of_item(item, overrides), accounts.free_place()
    copper = accounts.opening.asynchronous(settings, item.name, surface=Surface.PYTEST_ASYNC, place=place, start=start)
    account = accounts.open("copper_async", copper, place)
    try:
        with _stopping_apps_at_the_end_of(item, copper):
            yield copper
    finally:
        accounts.end(account)
        copper.leave()


@contextmanager
def _refused_in_one_line(item: pytest.Item) -> Iterator[None]:
    """Report what the server at `--copper-url` refuses without a traceback; without a server, the session ends."""
    __tracebackhide__ = True
    if item.config.stash[layers.URL] is None:
        yield
        return
    from copper_emulator.control_client import Unavailable
    from copper_emulator.core.errors import UsageError

    try:
        yield
    except UsageError as error:
        text = f"--copper-url: {error}"
        if isinstance(error, Unavailable):
            # As after --maxfail: the other tests would wait for the same server.
            item.session.shouldfail = text
        # Not pytest.fail, which cannot leave out the error that it is about.
        raise pytest.fail.Exception(text, pytrace=False) from None


@contextmanager
def _stopping_apps_at_the_end_of(item: pytest.Item, copper: AsyncCopper) -> Iterator[None]:
    # Applications live on the test's loop, and only the test's own coroutine is sure to run there. Every asynchronous
    # plugin calls `item.obj`; unittest calls the class's own method, but runs cleanups on the loop.
    test, case = getattr(item, "obj", None), getattr(item, "instance", None)
    if case is not None and hasattr(case, "addAsyncCleanup"):
        case.addAsyncCleanup(copper.stop_apps)
        yield
        return
    if not inspect.iscoroutinefunction(test):
        yield
        return
    # Only function items have `obj`.
    item.obj = _then_stop_apps(test, copper)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        item.obj = test  # type: ignore[attr-defined]


def _then_stop_apps(test: Callable[..., Awaitable[T]], copper: AsyncCopper) -> Callable[..., Awaitable[T]]:
    from copper_emulator.shell.running_loop import asyncio_loop

    @functools.wraps(test)
    async def test_then_stop_apps(*args: Any, **kwargs: Any) -> T:
        __tracebackhide__ = True
        asyncio_loop()
        try:
            result = await test(*args, **kwargs)
        except BaseException as error:
            try:
                await copper.stop_apps()
            except Exception as further:  # noqa: BLE001 - the test's own failure is the one to show
                error.add_note(f"copper: an application's shutdown failed as well: {further!r}")
            raise
        await copper.stop_apps()
        return result

    return test_then_stop_apps


def endpoint(request: pytest.FixtureRequest) -> CopperEndpoint:
    """A receiver at `ENDPOINT_URL`, routed in each account among the test's fixtures."""
    from pytest_copper.receiving import CopperEndpoint

    made = CopperEndpoint(ENDPOINT_URL, lambda: _tls_endpoint(request))
    for face in _faces(request):
        face.route(ENDPOINT_URL, to=made)
    return made


def _tls_endpoint(request: pytest.FixtureRequest) -> TlsEndpoint:
    from copper_emulator.tls_endpoint import TlsEndpoint

    made = TlsEndpoint(request.config.stash[ACCOUNTS].opening.host())
    request.addfinalizer(made.close)
    for face in _faces(request):
        face.route(made.url, to=made)
    return made


def intercept(request: pytest.FixtureRequest) -> Interception:
    """Redirect Copper's own hosts to the account among the test's fixtures; to the last if there are two."""
    return [face.intercept() for face in _faces(request)][-1]


def _faces(request: pytest.FixtureRequest) -> list[Face]:
    used = [name for name in ("copper", "copper_async") if name in request.fixturenames]
    return [request.getfixturevalue(name) for name in used or ["copper"]]


class CopperFactory:
    """Makes accounts: `with make_copper(latency="30s") as copper:`, or `async with` for an `AsyncCopper`."""

    def __init__(self, config: pytest.Config) -> None:
        # Imported here rather than in the test: Hypothesis would count the time towards the first example.
        import copper_emulator.async_copper
        import copper_emulator.copper  # noqa: F401 - see above
        import pytest_copper.uncaptured  # noqa: F401 - see above
        from pytest_copper.wider_fixtures import WiderFixtures

        self._config = config
        wider = WiderFixtures()
        config.pluginmanager.register(wider)
        config.stash[ACCOUNTS].opens_wider = wider.is_setting_up

    def __call__(
        self, *, start: datetime | str | None = None, place: int | None = None, **settings: Any
    ) -> MadeAccount:
        """An account for the length of a block.

        Args:
            start: the virtual time to start at, an aware datetime or like "2026-03-02T09:00Z"; by default the current
                time, real or frozen, at first use.
            place: 2 for the second of several accounts that are used together, so that no id is in both; by default
                the first place that is free in the test. Accounts of wider fixtures have the first.
            settings: override those of the ini file and the command line.

        Raises:
            SettingsError: a setting that does not exist, or a value it cannot have.
            UsageError: a start without a time zone, or one that is no moment.
        """
        __tracebackhide__ = True
        if start is not None:
            from copper_emulator.start import moment

            start = moment(start)
        return MadeAccount(self._config.stash[ACCOUNTS], layers.of_call(self._config, settings), start, place)


class MadeAccount:
    """An account for the length of one `with` or `async with` block.

    Its end raises VerdictError for what went wrong and was neither expected nor allowed, unless the block raised.
    """

    def __init__(self, accounts: Accounts, settings: Settings, start: datetime | None, place: int | None) -> None:
        self._accounts = accounts
        self._settings = settings
        self._start = start
        self._place = place
        self._account: OpenAccount | None = None
        self._sync: Copper | None = None
        self._async: AsyncCopper | None = None

    def __enter__(self) -> Copper:
        __tracebackhide__ = True
        made = self._made(is_async=False)
        self._sync = self._accounts.opening.sync(self._settings, **made)
        self._account = self._accounts.open("make_copper", self._sync, made["place"])
        return self._sync

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        __tracebackhide__ = True
        copper, self._sync = self._sync, None
        if copper is not None:
            try:
                news = self._end()
            finally:
                copper.close()
            _judge(news if error is None else "")

    async def __aenter__(self) -> AsyncCopper:
        __tracebackhide__ = True
        made = self._made(is_async=True)
        self._async = self._accounts.opening.asynchronous(self._settings, **made)
        self._account = self._accounts.open("make_copper", self._async, made["place"])
        return self._async

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        __tracebackhide__ = True
        copper, self._async = self._async, None
        if copper is not None:
            try:
                news = self._end()
            finally:
                await copper.close()
            _judge(news if error is None else "")

    if not TYPE_CHECKING:  # Hidden, so that type checkers still reject unknown names.

        def __getattr__(self, name: str) -> Any:
            __tracebackhide__ = True
            raise AttributeError(
                f"make_copper(...) has no {name!r}: the account comes from a block, "
                "`with make_copper(...) as copper:`, or `async with` for an AsyncCopper",
                name=name,
                obj=self,
            )

    def _made(self, *, is_async: bool) -> dict[str, Any]:
        from copper_emulator.core.errors import UsageError
        from copper_emulator.core.surface import Surface

        __tracebackhide__ = True
        if self._account is not None:
            raise UsageError("this make_copper(...) is in use by a block that has not ended: call make_copper again")
        surface = Surface.FACTORY_ASYNC if is_async else Surface.FACTORY
        place = self._accounts.free_place() if self._place is None else self._place
        return {"test": "make_copper", "start": self._start, "surface": surface, "place": place}

    def _end(self) -> str:
        account, self._account = self._account, None
        if account is None:
            return ""
        self._accounts.end(account)
        return account.news()


def _judge(text: str) -> None:
    from copper_emulator.verdict import VerdictError

    __tracebackhide__ = True
    if text:
        raise VerdictError(text)
