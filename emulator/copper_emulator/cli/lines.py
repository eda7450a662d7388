"""How does a command print without waiting for whoever reads it?"""

from __future__ import annotations

import os
import select
import sys
import threading
from collections import deque
from collections.abc import Callable

_CHUNK: int = getattr(select, "PIPE_BUF", 512)
"""Bytes that a pipe which can be written to takes at once; Windows does not tell."""

_REST = 0.02
"""Seconds in which texts gather before they are passed on together.

Waking the thread for each would let it take the interpreter from the one that writes, again and again.
"""

_LOOK = 0.1
"""Seconds after which a writer that waits for its reader looks whether it should give up."""

_STOP = 1.0
"""Seconds for that; only where a write itself waits does it take longer."""


class Lines:
    """A file for text whose `write` never waits: a thread passes it on to a file descriptor.

    Args:
        fd: where it goes.
        encoding: of the text; what it does not have is written as escapes.
        most: texts that are kept while nobody reads; what comes then is left out, and counted.
        left_out: the line that tells how many were.
    """

    def __init__(self, fd: int, *, encoding: str, most: int, left_out: Callable[[int], str]) -> None:
        self.encoding = encoding
        self._fd = fd
        self._most = most
        self._left_out = left_out
        self._texts: deque[str] = deque()
        self._lost = 0
        self._ending = threading.Event()
        self._given_up = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._pass_on, name="copper-emulator log", daemon=True)
        self._thread.start()

    def write(self, text: str) -> int:
        """Take a text of whole lines, or leave it out."""
        with self._changed:
            # Until it has been told that some are missing, those after them are, too: the lines keep their order.
            if len(self._texts) < self._most and not self._lost:
                self._texts.append(text)
                self._changed.notify()
            else:
                self._lost += 1
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""

    def isatty(self) -> bool:
        return os.isatty(self._fd)

    def fileno(self) -> int:
        return self._fd

    def close(self, patience: float) -> None:
        """Pass on what is left, for so many seconds at most."""
        with self._changed:
            self._ending.set()
            self._changed.notify()
        self._thread.join(patience)
        self._given_up = True
        self._thread.join(_STOP)

    def _pass_on(self) -> None:
        try:
            while (text := self._next()) is not None:
                self._put(text.encode(self.encoding, "backslashreplace"))
                if not self._texts:
                    self._ending.wait(_REST)
        except OSError:
            # The reader has gone: what is still written goes nowhere, and nothing complains of it.
            with self._changed:
                self._most = 0
                self._texts.clear()

    def _next(self) -> str | None:
        """What is to be passed on, or None at the end. What was left out is told where it is missing."""
        with self._changed:
            while not self._texts and not self._lost and not self._ending.is_set():
                self._changed.wait()
            if self._texts:
                return self._gathered()
            if self._lost:
                lost, self._lost = self._lost, 0
                return self._left_out(lost)
            return None

    def _gathered(self) -> str:
        """The first text, and those behind it that go with it at once."""
        texts = [self._texts.popleft()]
        length = len(texts[0])
        while self._texts and (length := length + len(self._texts[0])) <= _CHUNK:
            texts.append(self._texts.popleft())
        return "".join(texts)

    def _put(self, raw: bytes) -> None:
        while raw and self._can_write():
            raw = raw[os.write(self._fd, raw[:_CHUNK]) :]

    def _can_write(self) -> bool:
        """Wait for the reader; False when it is given up. Windows knows this of sockets only: there a write waits."""
        while not self._given_up:
            if sys.platform == "win32" or select.select([], [self._fd], [], _LOOK)[1]:
                return True
        return False
