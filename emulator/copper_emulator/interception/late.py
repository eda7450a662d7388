"""How are modules patched that are imported later, and libraries that bypass the standard library?

aiohttp resolves names with aiodns if that is installed, and uvloop resolves and connects by itself. The table says how
each module is patched: at once if it has been imported, otherwise when the program imports it. So a process that
imports none of them, like many children, pays for none.
"""

from __future__ import annotations

import sys
from functools import wraps
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any

from copper_emulator.interception.hosts import ADDRESS, MAPPED_ADDRESS, is_copper_api, leads_to_copper, plain
from copper_emulator.interception.seams import patch, patch_socket, patch_ssl, redirected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    from copper_emulator.interception.seams import Patch, Present

    Patching = Callable[[Any, Present], Iterator[Patch]]


def patch_aiodns(module: Any, present: Present) -> Iterator[Patch]:
    """Patch `aiohttp.resolver`: its resolver that uses aiodns."""

    def make(original: Any) -> Any:
        @wraps(original)
        async def resolve(self: Any, host: Any, *given: Any, **named: Any) -> Any:
            if present() is None or not is_copper_api(host):
                return await original(self, host, *given, **named)
            arguments = _named(("port", "family"), given, named)
            return [_resolved(module.socket, host, arguments.get("port", 0), arguments.get("family"))]

        return resolve

    yield patch(module.AsyncResolver, "resolve", make)


def _resolved(socket: Any, host: str, port: int, family: Any) -> dict[str, Any]:
    mapped = family == socket.AF_INET6
    return {
        "hostname": host,
        "host": MAPPED_ADDRESS if mapped else ADDRESS,
        "port": port,
        "family": socket.AF_INET6 if mapped else socket.AF_INET,
        "proto": 0,
        "flags": socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    }


def patch_uvloop(module: Any, present: Present) -> Iterator[Patch]:
    """Patch the loop's own resolving and connecting. `sock_connect` goes through the socket."""
    yield patch(module.Loop, "getaddrinfo", lambda original: _loop_getaddrinfo(original, present))
    yield patch(module.Loop, "create_connection", lambda original: _loop_create_connection(original, present))


def _loop_getaddrinfo(original: Any, present: Present) -> Any:
    @wraps(original)
    async def getaddrinfo(self: Any, host: Any, port: Any, **named: Any) -> Any:
        if present() is None or not is_copper_api(host):
            return await original(self, host, port, **named)
        import socket

        mapped = named.get("family") == socket.AF_INET6
        return await original(self, MAPPED_ADDRESS if mapped else ADDRESS, port, **named)

    return getaddrinfo


def _loop_create_connection(original: Any, present: Present) -> Any:
    @wraps(original)
    async def create_connection(self: Any, factory: Any, *given: Any, **named: Any) -> Any:
        arguments = _named(("host", "port"), given, named)
        way, host = present(), arguments.get("host")
        if way is None or not leads_to_copper(host):
            return await original(self, factory, *given, **named)
        if arguments.get("ssl") and arguments.get("server_hostname") is None:
            arguments["server_hostname"] = plain(host)
        arguments["host"], arguments["port"] = redirected((ADDRESS, arguments.get("port")), way)
        return await original(self, factory, **arguments)

    return create_connection


def _named(names: tuple[str, ...], given: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
    # Later arguments may be missing, and `strict` may be too new for a child's Python.
    return {**dict(zip(names, given)), **named}  # noqa: B905


PATCHED: dict[str, Patching] = {
    "socket": patch_socket,
    "ssl": patch_ssl,
    "aiohttp.resolver": patch_aiodns,
    "uvloop": patch_uvloop,
}


class Patches:
    """Everything that is replaced while something is intercepted."""

    def __init__(self, present: Present) -> None:
        self._present = present
        self._done: list[Patch] = []

    def begin(self) -> None:
        """Replace what has been imported, and wait for the rest."""
        sys.meta_path.insert(0, self)
        try:
            for name in PATCHED:
                module = sys.modules.get(name)
                # A module that is still being imported may lack what is replaced.
                if module is not None and not _is_being_imported(module):
                    self._patch(name, module)
        except BaseException:
            self.end()
            raise

    def renew(self) -> None:
        """Replace again what others have replaced since, as pytest-socket does before each test."""
        latest = {(id(done.owner), done.name): done for done in self._done}
        self._done += [done.again() for done in latest.values() if not done.stands]

    def end(self) -> None:
        """Put everything back."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        while self._done:
            self._done.pop().undo()

    def find_spec(self, name: str, path: Sequence[str] | None = None, _target: Any = None) -> ModuleSpec | None:
        """Called by the import system: finds a module of the table as usual, and patches it once it is loaded."""
        if name not in PATCHED:
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            self._after(spec.loader, name)
        return spec

    def _after(self, loader: Any, name: str) -> None:
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            del loader.exec_module
            execute(module)
            # The interception may have ended meanwhile.
            if self in sys.meta_path:
                self._patch(name, module)

        loader.exec_module = exec_module

    def _patch(self, name: str, module: Any) -> None:
        # One by one, so that what was replaced before a failure is put back.
        for done in PATCHED[name](module, self._present):
            self._done.append(done)


def _is_being_imported(module: Any) -> bool:
    return bool(getattr(getattr(module, "__spec__", None), "_initializing", False))
