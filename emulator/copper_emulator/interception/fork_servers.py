"""Which fork server makes multiprocessing's workers, and what was in its environment?

With the start method `forkserver` (Linux's default from Python 3.14 on), workers are forks of a process that was
started once, and call wherever it was told to call then. So there is one server for each interception, and one for when
there is none: the present server is set aside when an interception begins, and used again when that ends. The server of
an interception that has ended is told to stop, which it does once its last worker has: a pool that is alive loses
nothing.

multiprocessing has no public way to do this. What is used here has been the same from Python 3.8 to 3.14: the module's
one ForkServer, and four functions that are its methods. If they are not found, nothing is done.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from copper_emulator.interception.ways import Way

_MODULE = "multiprocessing.forkserver"
_SERVER = "_forkserver"
_METHODS = ("ensure_running", "get_inherited_fds", "connect_to_new_process", "set_forkserver_preload")
"""The functions of the module, which multiprocessing calls."""

_OWN = ("_forkserver_", "_lock")
"""Prefixes of the attributes that belong to one server; all others are the program's choices."""


class ForkServers:
    """The fork servers of this process. Not thread-safe."""

    def __init__(self) -> None:
        self._way: Way | None = None
        self._aside: dict[Way | None, Any] = {}
        self._stopping: list[int] = []

    def use(self, ways: tuple[Way, ...]) -> None:
        """Use the server of the latest of these ways from now on; servers of other ways stop."""
        way = ways[-1] if ways else None
        # Not imported: no server was ever started, and one started later finds the present way in its environment.
        module = sys.modules.get(_MODULE)
        if way is not self._way and module is not None and _is_known(module):
            present = getattr(module, _SERVER)
            self._aside[self._way] = present
            following = self._aside.pop(way, None) or type(present)()
            _choose_as(present, following)
            _put(module, following)
        self._way = way
        for ended in [each for each in self._aside if each is not None and each not in ways]:
            import weakref

            # Another thread may be asking it for a worker just now: it stops when nobody holds it any more.
            server = self._aside.pop(ended)
            weakref.finalize(server, _stop, vars(server), self._stopping)
        self._stopping[:] = [pid for pid in self._stopping if not _has_ended(pid)]


def _is_known(module: Any) -> bool:
    server = getattr(module, _SERVER, None)
    methods = [getattr(module, name, None) for name in _METHODS]
    return server is not None and all(getattr(method, "__self__", None) is server for method in methods)


def _choose_as(present: Any, following: Any) -> None:
    chosen = {name: value for name, value in vars(present).items() if not name.startswith(_OWN)}
    vars(following).update(chosen)


def _put(module: Any, server: Any) -> None:
    setattr(module, _SERVER, server)
    for name in _METHODS:
        setattr(module, name, getattr(server, name))


def _stop(server: dict[str, Any], stopping: list[int]) -> None:
    # The server stops when this pipe is closed, and its workers hold that open, too. They are not waited for here, as
    # ForkServer._stop() does.
    pid, alive = server.get("_forkserver_pid"), server.get("_forkserver_alive_fd")
    if pid is None or alive is None:
        return
    with suppress(OSError):
        os.close(alive)
    stopping.append(pid)


def _has_ended(pid: int) -> bool:
    """Whether a child of this process has ended; asking also reaps it."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except OSError:
        return True
