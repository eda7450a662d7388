"""How can a command print without waiting for its reader?"""

from __future__ import annotations

import os
import select
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence

_CHUNK: int = getattr(select, "PIPE_BUF", 512)
"""Bytes that a writable pipe takes without blocking on this platform; POSIX guarantees 512."""

_AT_ONCE = 64 * 1024
"""Characters that are passed on together."""

_GATHER = 0.01
"""Seconds for which texts are gathered after some were passed on. Waking the thread for each would cost the writer more
than the text does."""

_LOOK = 0.1
"""Seconds after which the thread, waiting for the reader, checks whether it should give up."""

_STOP = 1.0
"""Seconds that `close` allows for giving up; only a write that blocks takes longer."""


class Lines:
    """A text file whose `write` never waits: a thread passes the text on to a file descriptor.

    After a quiet time a text is passed on at once; those that soon follow are gathered first.

    Args:
        fd: where the text goes.
        encoding: characters that it does not have are written as escapes.
        most: texts that are kept while nobody reads; further ones are left out and counted.
        left_out: makes the line that says how many were left out.
    """

    def __init__(self, fd: int, *, encoding: str, most: int, left_out: Callable[[int], str]) -> None:
        self.encoding = encoding
        self._fd = fd
        self._most = most
        self._left_out = left_out
        self._texts: deque[str] = deque()
        self._lost = 0
        self._idle = False
        """Whether the thread is waiting for the next text."""
        self._ending = False
        self._given_up = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._pass_on, name="copper-emulator log", daemon=True)
        self._thread.start()

    def write(self, text: str) -> int:
        """Accept a text of whole lines, or leave it out if there is no room."""
        self.writelines((text,))
        return len(text)

    def writelines(self, texts: Sequence[str]) -> None:
        """Accept several texts, or leave out those for which there is no room."""
        with self._changed:
            # Until missing lines have been reported, later ones are left out, too, so that the order is kept.
            room = 0 if self._lost else self._most - len(self._texts)
            self._texts.extend(texts[:room])
            self._lost += max(len(texts) - room, 0)
            if self._idle:
                self._idle = False
                self._changed.notify()

    def flush(self) -> None:
        """Do nothing: the thread passes everything on by itself."""

    def isatty(self) -> bool:
        return os.isatty(self._fd)

    def fileno(self) -> int:
        return self._fd

    def close(self, patience: float) -> None:
        """Pass on what is left, for at most `patience` seconds."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._thread.join(patience)
        self._given_up = True
        self._thread.join(_STOP)

    def _pass_on(self) -> None:
        try:
            while (text := self._next()) is not None:
                self._put(text.encode(self.encoding, "backslashreplace"))
                self._gather()
        except OSError:
            # The reader has gone: discard what is still written, without an error.
            with self._changed:
                self._most = 0
                self._texts.clear()

    def _next(self) -> str | None:
        """The next text to pass on, or None at the end. Left-out texts are reported where they are missing."""
        with self._changed:
            while not self._texts and not self._lost and not self._ending:
                self._idle = True
                self._changed.wait()
            if self._texts:
                return "".join(self._taken())
            if self._lost:
                lost, self._lost = self._lost, 0
                return self._left_out(lost)
            return None

    def _gather(self) -> None:
        with self._changed:
            if not self._texts:
                self._changed.wait_for(lambda: self._ending, _GATHER)

    def _taken(self) -> Iterator[str]:
        size = 0
        while self._texts and size < _AT_ONCE:
            text = self._texts.popleft()
            size += len(text)
            yield text

    def _put(self, raw: bytes) -> None:
        while raw and self._can_write():
            raw = raw[os.write(self._fd, raw[:_CHUNK]) :]

    def _can_write(self) -> bool:
        """Wait for the reader; False after giving up. Windows can only select sockets, so a write may block there."""
        while not self._given_up:
            if sys.platform == "win32" or select.select([], [self._fd], [], _LOOK)[1]:
                return True
        return False
