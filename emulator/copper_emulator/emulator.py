"""The entry point: `with Emulator() as copper:`."""

from __future__ import annotations

from contextlib import AbstractContextManager, AsyncExitStack, ExitStack
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from copper_emulator.async_copper import AsyncCopper
from copper_emulator.copper import Copper
from copper_emulator.core.errors import UsageError
from copper_emulator.core.surface import Surface
from copper_emulator.face import Face
from copper_emulator.setting_values import RANDOM
from copper_emulator.settings import Settings
from copper_emulator.shell.host import Host
from copper_emulator.verdict import VerdictError

F = TypeVar("F", bound=Face)


class _Opener(Generic[F]):
    """What both emulators have in common: what the account is made from, and the account while the block lasts."""

    _maker: ClassVar[str]
    _block: ClassVar[str]

    def __init__(
        self, *, host: Host | None = None, start: datetime | str | None = None, place: int = 1, **settings: Any
    ) -> None:
        self._settings = Settings(**settings)
        self._random = settings.get("seed") == RANDOM
        self._start = start
        self._place = place
        self._own_host = host is None
        self._host = _checked(host) if host is not None else Host()
        self._copper: F | None = None

    def __repr__(self) -> str:
        return f"<{self._maker}: {'no account is open' if self._copper is None else repr(self._copper)}>"

    if not TYPE_CHECKING:  # Type checkers must still reject unknown names.

        def __getattr__(self, name: str) -> Any:
            __tracebackhide__ = True
            text = f"the account comes from a block, `{self._block} {self._maker}(...) as copper:`"
            raise AttributeError(f"{self._maker}(...) has no {name!r}: {text}", name=name, obj=self)

    def _leave_host(self) -> None:
        if self._own_host:
            self._host.close()


class Emulator(_Opener[Copper], AbstractContextManager[Copper]):
    """An emulated account for the length of a `with` block: unittest, scripts, Hypothesis rules and `@given` bodies.

    At the end, anything that went wrong and was neither expected nor allowed raises VerdictError, unless the block
    itself raised. With `seed="random"`, if anything was drawn, either error ends with the seed that draws it again.

    Args:
        settings: like `limits="600/1m"`, `latency="0-15m"`, `allow={500}`; `help(copper_emulator.Settings)` lists all.
        host: a host whose server thread to share; by default the emulator has its own, stopped at the end of the block.
        start: the virtual time to start at, an aware datetime or like "2026-03-02T09:00Z"; by default the present,
            real or frozen, at first use.
        place: 2 for the second of several accounts that are used together, so that no id is in both.

    Raises:
        SettingsError: a setting does not exist, or its value is invalid.
        UsageError: the host, the start or the place is invalid.
    """

    _maker = "Emulator"
    _block = "with"

    def __enter__(self) -> Copper:
        __tracebackhide__ = True
        _check_unentered(self._copper, "Emulator")
        try:
            self._copper = Copper(self._settings, self._host, start=self._start, place=self._place)
        except BaseException:
            self._leave_host()
            raise
        return self._copper

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        __tracebackhide__ = True
        copper, self._copper = self._copper, None
        if copper is None:
            return
        text = ""
        try:
            with ExitStack() as closing:
                closing.callback(self._leave_host)
                closing.callback(copper.close)
                text = _judged(copper, error, "Emulator" if self._random else "")
        except Exception as failed:
            # What an application raises as it shuts down must hide neither the verdict nor an error of the block.
            if error is not None:
                _note(error, f"An application's shutdown failed as well: {failed!r}")
                return
            _note(failed, text)
            raise
        if text:
            raise VerdictError(text)


class AsyncEmulator(_Opener[AsyncCopper]):
    """The asynchronous `Emulator`: `async with AsyncEmulator() as copper:`."""

    _maker = "AsyncEmulator"
    _block = "async with"

    async def __aenter__(self) -> AsyncCopper:
        __tracebackhide__ = True
        _check_unentered(self._copper, "AsyncEmulator")
        try:
            self._copper = AsyncCopper(
                self._settings, self._host, start=self._start, surface=Surface.ASYNC, place=self._place
            )
        except BaseException:
            self._leave_host()
            raise
        return self._copper

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        __tracebackhide__ = True
        copper, self._copper = self._copper, None
        if copper is None:
            return
        text = ""
        try:
            async with AsyncExitStack() as closing:
                closing.callback(self._leave_host)
                closing.push_async_callback(copper.close)
                text = _judged(copper, error, "AsyncEmulator" if self._random else "")
        except Exception as failed:
            # What an application raises as it shuts down must hide neither the verdict nor an error of the block.
            if error is not None:
                _note(error, f"An application's shutdown failed as well: {failed!r}")
                return
            _note(failed, text)
            raise
        if text:
            raise VerdictError(text)


def _checked(host: object) -> Host:
    __tracebackhide__ = True
    if isinstance(host, Host):
        return host
    raise UsageError(
        f"host must be a Host, to share its server thread, not {host!r}. The account's API is always at 127.0.0.1, "
        "at copper.api_url; for another address, run a server: copper-emulator serve --bind ADDRESS"
    )


def _check_unentered(copper: Face | None, maker: str) -> None:
    __tracebackhide__ = True
    if copper is not None:
        raise UsageError(f"this {maker} is in use by a block that has not ended: create another one")


def _judged(copper: Face, error: BaseException | None, random_maker: str) -> str:
    """Return the verdict on a block that raised nothing; verdict or error is given the seed that repeats the run."""
    text = copper.verdict() if error is None else ""
    seed = copper.drawn_from if random_maker else None
    if seed is None:
        return text
    again = f"Drawn from seed {seed}; to repeat: {random_maker}(seed={seed})"
    _note(error, again)
    return f"{text}\n{again}" if text else ""


def _note(error: BaseException | None, text: str) -> None:
    if text and isinstance(error, Exception):
        error.add_note(text)


__all__ = ["AsyncEmulator", "Emulator"]
