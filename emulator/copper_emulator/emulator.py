"""The front door: `with Emulator() as copper:`."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any

from copper_emulator.async_copper import AsyncCopper
from copper_emulator.copper import Copper
from copper_emulator.core.surface import Surface
from copper_emulator.face import Face
from copper_emulator.setting_values import RANDOM
from copper_emulator.settings import Settings
from copper_emulator.shell.host import Host
from copper_emulator.verdict import VerdictError


class Emulator(AbstractContextManager[Copper]):
    """An emulated account for the length of a `with` block: unittest, scripts, Hypothesis rules and `@given` bodies.

    At the end what went wrong and was neither expected nor allowed raises VerdictError, unless the block itself raised.
    With `seed="random"` either error ends with the seed that draws the same again, where anything was drawn.

    Args:
        settings: like `limits="600/1m"`, `latency="0-15m"`, `allow={500}`; `help(copper_emulator.Settings)` has all.
        host: share the server thread of others; by default it has its own, ended with the block.
        start: the virtual time to start at (aware); by default the frozen or the real present at first use.

    Raises:
        SettingsError: a setting that does not exist, or a value it cannot have.
    """

    def __init__(self, *, host: Host | None = None, start: datetime | None = None, **settings: Any) -> None:
        self._settings = Settings.of(settings)
        self._random = settings.get("seed") == RANDOM
        self._start = start
        self._own_host = host is None
        self._host = host if host is not None else Host()
        self._copper: Copper | None = None

    def __enter__(self) -> Copper:
        try:
            self._copper = Copper(self._settings, self._host, start=self._start)
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
        try:
            text = copper.verdict() if error is None else ""
        finally:
            copper.close()
            self._leave_host()
        again = _again(copper, "Emulator") if self._random else ""
        if again and isinstance(error, Exception):
            error.add_note(again)
        if text:
            raise VerdictError("\n".join(filter(None, [text, again])))

    if not TYPE_CHECKING:  # A type checker must go on to refuse names that are not there.

        def __getattr__(self, name: str) -> Any:
            __tracebackhide__ = True
            raise AttributeError(_outside("Emulator", "with", name), name=name, obj=self)

    def _leave_host(self) -> None:
        if self._own_host:
            self._host.close()


class AsyncEmulator:
    """The same for asynchronous code: `async with AsyncEmulator() as copper:`."""

    def __init__(self, *, host: Host | None = None, start: datetime | None = None, **settings: Any) -> None:
        self._settings = Settings.of(settings)
        self._random = settings.get("seed") == RANDOM
        self._start = start
        self._own_host = host is None
        self._host = host if host is not None else Host()
        self._copper: AsyncCopper | None = None

    async def __aenter__(self) -> AsyncCopper:
        try:
            self._copper = AsyncCopper(self._settings, self._host, start=self._start, surface=Surface.ASYNC)
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
        try:
            text = copper.verdict() if error is None else ""
        finally:
            await copper.close()
            self._leave_host()
        again = _again(copper, "AsyncEmulator") if self._random else ""
        if again and isinstance(error, Exception):
            error.add_note(again)
        if text:
            raise VerdictError("\n".join(filter(None, [text, again])))

    if not TYPE_CHECKING:  # As above.

        def __getattr__(self, name: str) -> Any:
            __tracebackhide__ = True
            raise AttributeError(_outside("AsyncEmulator", "async with", name), name=name, obj=self)

    def _leave_host(self) -> None:
        if self._own_host:
            self._host.close()


def _outside(maker: str, block: str, name: str) -> str:
    return f"{maker}(...) has no {name!r}: an account is what a block gives, `{block} {maker}(...) as copper:`"


def _again(copper: Face, name: str) -> str:
    seed = copper.drawn_from
    return "" if seed is None else f"The draws came from seed {seed}; again: {name}(seed={seed})"


__all__ = ["AsyncEmulator", "Emulator"]
