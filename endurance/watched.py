"""Run the emulator's own command in a process that reports how many tasks, objects and memory blocks it has.

    python -m endurance.watched FILE [--shut] serve --port 0

On SIGUSR1 it writes the numbers to FILE; on SIGUSR2, it first collects its garbage, which takes a moment. With `--shut`
it can only connect to itself: whatever target it is given, no other program on the machine is reached, and no name is
resolved.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import socket
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any


def main() -> None:
    file, *words = sys.argv[1:]
    for number in (signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, lambda number, _: tell(Path(file), collected=number == signal.SIGUSR2))
    if words[0] == "--shut":
        words.pop(0)
        shut()
    # Only now, because `shut` must take effect before anything is loaded.
    from copper_emulator.cli import main as command

    command(words, prog_name="copper-emulator")


def tell(file: Path, *, collected: bool) -> None:
    """Write the numbers to the file atomically. The event loop runs in the main thread, which receives signals."""
    if collected:
        gc.collect()
    told = {"tasks": len(asyncio.all_tasks()), "objects": len(gc.get_objects()) if collected else 0}
    # Includes the blocks that hold strings and numbers, which the garbage collector does not track.
    told["blocks"] = sys.getallocatedblocks()
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps(told))
    beside.replace(file)


def shut() -> None:
    """From now on, allow connections only to this process's own listeners; an audit hook cannot be removed."""
    # It resolves names without going through the standard library.
    sys.modules["aiodns"] = None  # type: ignore[assignment]
    sys.addaudithook(_refuse)


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo" and not _is_address(args[0]):
        raise socket.gaierror(socket.EAI_NONAME, "no names are asked for here")
    if event == "socket.connect" and isinstance(args[1], tuple):
        host, port, *_ = args[1]
        if not str(host).startswith(("127.", "::1")) or port not in _own_ports():
            raise ConnectionRefusedError(111, "nothing beyond this process is reached here")


def _is_address(host: object) -> bool:
    if host is None or host in ("localhost", b"localhost"):
        return True
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError, ValueError, TypeError):
            socket.inet_pton(family, host if isinstance(host, str) else str(host, "ascii"))  # type: ignore[call-overload]
            return True
    return False


def _own_ports() -> set[int]:
    return set(_listening())


def _listening() -> Iterator[int]:
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError, ValueError):
            if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                with socket.socket(fileno=os.dup(int(name))) as each:
                    if each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) and each.family != socket.AF_UNIX:
                        yield each.getsockname()[1]


if __name__ == "__main__":
    main()
