"""How is one fact asked of every face? Those of this process and of a running server, synchronous and asynchronous."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack
from inspect import isawaitable
from typing import Any, TypeAlias, TypeVar, cast

from copper_emulator import AsyncEmulator, Copper, Emulator
from copper_emulator.faults import Faults
from copper_emulator.records import Records
from copper_emulator.remote import RemoteAsyncCopper, RemoteCopper, made
from copper_emulator.settings import Settings

T = TypeVar("T")

Open: TypeAlias = Callable[..., Copper]
"""Opens an account with settings."""


class Awaited:
    """An asynchronous account with the calls of a synchronous one: what a call gives is awaited on a loop of its own.

    A call that an endpoint makes in a thread meanwhile is awaited there, too.
    """

    def __init__(self, it: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._it = it
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._it, name)
        if isinstance(value, Records):
            return Awaited(value, self._loop)
        # A call of `faults` itself only says what to write.
        return self._call(value) if callable(value) and not isinstance(value, Faults) else value

    def _call(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            given = function(*args, **kwargs)
            return self._end_of(given) if isawaitable(given) else given

        return call

    def _end_of(self, awaitable: Awaitable[T]) -> T:
        async def end() -> T:
            return await awaitable

        if self._loop.is_running():
            return asyncio.run_coroutine_threadsafe(end(), self._loop).result()
        return self._loop.run_until_complete(end())


class Faces:
    """Opens accounts of one face, by its name, until they are closed together."""

    def __init__(self, face: str, url: str, test: str) -> None:
        self._open: Callable[[dict[str, Any]], Copper] = getattr(self, f"_{face}")
        self._url = url
        self._test = "".join(c if c.isalnum() else "-" for c in test)[:50].strip("-")
        self._number = 0
        self._ends = ExitStack()

    def open(self, **settings: Any) -> Copper:
        """One account. What goes wrong in it is no failure of the test."""
        self._number += 1
        return self._open({"strict": False, **settings})

    def close(self) -> None:
        self._ends.close()

    def _here(self, settings: dict[str, Any]) -> Copper:
        return self._ends.enter_context(Emulator(**settings))

    def _here_async(self, settings: dict[str, Any]) -> Copper:
        runner = self._ends.enter_context(asyncio.Runner())
        emulator = AsyncEmulator(**settings)
        copper = runner.run(emulator.__aenter__())
        self._ends.callback(lambda: runner.run(emulator.__aexit__(None, None, None)))
        return cast("Copper", Awaited(copper, runner.get_loop()))

    def _there(self, settings: dict[str, Any]) -> Copper:
        return self._ends.enter_context(made(RemoteCopper, self._url, self._name, Settings(**settings)))

    def _there_async(self, settings: dict[str, Any]) -> Copper:
        runner = self._ends.enter_context(asyncio.Runner())
        copper = made(RemoteAsyncCopper, self._url, f"{self._name}-async", Settings(**settings))
        self._ends.callback(lambda: runner.run(copper.close()))
        return cast("Copper", Awaited(copper, runner.get_loop()))

    @property
    def _name(self) -> str:
        return f"{self._test}-{self._number}"


def create_by_api(copper: Copper, names: Iterable[str]) -> None:
    """As an application does it: nothing has been delivered when it has its answer."""
    for name in names:
        body = json.dumps({"name": name}).encode()
        headers = {**copper.headers, "Content-Type": "application/json"}
        urllib.request.urlopen(urllib.request.Request(f"{copper.api_url}/people", body, headers)).close()
