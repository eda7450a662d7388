"""Send calls to a server and check each answer: no undocumented 500, JSON where it is promised, and soon enough."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from endurance.calls import API, CONTROL, Call

PATIENCE = 20.0
"""Seconds within which an answer must arrive."""

_MOST = 64 * 2**20
# A request that names no version is taken for HTTP/0.9, and aiohttp's answer says so.
_STATUS = re.compile(rb"HTTP/(?:0\.9|1\.[01]) (\d{3}) ")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_JSON = re.compile(rb"\r\ncontent-type: *application/json", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_CLOSED = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_BODILESS = (204, 304)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    head: bytes
    body: bytes

    @property
    def closes(self) -> bool:
        return not self.head.startswith(b"HTTP/1.1") or _CLOSED.search(self.head) is not None


@dataclass
class Findings:
    """What was answered, and what was wrong with it."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    fine: frozenset[int] = frozenset()
    """Documented statuses from 500 on."""

    def look(self, call: Call, answer: Answer) -> None:
        self.statuses[answer.status] += 1
        if answer.status >= 500 and answer.status not in self.fine:
            self.tell(call, f"answered {answer.status}: {answer.body[:200]!r}")
        promised = call.framed and call.path.startswith((API + "/", CONTROL + "/"))
        if _JSON.search(answer.head) is None:
            if promised and call.method != "HEAD" and answer.status != 101:
                self.tell(call, f"answered {answer.status} without JSON: {answer.body[:200]!r}")
        elif answer.body or call.method != "HEAD":
            try:
                json.loads(answer.body)
            except ValueError:
                self.tell(call, f"answered {answer.status} with broken JSON: {answer.body[:200]!r}")

    def tell(self, call: Call, text: str) -> None:
        shown = call.raw if len(call.raw) < 3000 else call.raw[:1500] + b" ... " + call.raw[-300:]
        self.wrong.append(f"{text}\n    to {shown!r}")


class Asking:
    """Sends calls to a server, several at once on a connection if possible."""

    def __init__(self, url: str, findings: Findings) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 0
        self._findings = findings
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, calls: Sequence[Call]) -> None:
        """Send all calls in order, except those that cannot share a connection, which follow, each on its own."""
        framed = [call for call in calls if call.framed]
        while framed:
            done = await self._ask_together(framed)
            framed = framed[done:]
        for call in calls:
            if not call.framed:
                await self._ask_alone(call)

    def close(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None

    async def _ask_together(self, calls: Sequence[Call]) -> int:
        """Pipeline these calls; return how many are done with, which is at least one."""
        reader, writer = self._open or await self._connect()
        self._open = reader, writer
        done = 0
        try:
            async with asyncio.timeout(PATIENCE):
                writer.write(b"".join(call.raw for call in calls))
                for call in calls:
                    answer = await _answer(reader, call.method)
                    done += 1
                    self._findings.look(call, answer)
                    if answer.closes:
                        self.close()
                        return done
        except TimeoutError:
            self._findings.tell(calls[done], f"not answered within {PATIENCE:.0f} s")
            done += 1
            self.close()
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            if not done:
                # Cut off without an answer, and no earlier answer announced that.
                self._findings.tell(calls[0], "cut off without an answer")
                done = 1
        return done

    async def _ask_alone(self, call: Call) -> None:
        """Send any bytes: the server must answer what it can read of them, or end the connection."""
        reader, writer = await self._connect()
        try:
            async with asyncio.timeout(PATIENCE):
                writer.write(call.raw)
                writer.write_eof()
                while not reader.at_eof():
                    self._findings.look(call, await _answer(reader, call.method, endless=True))
        except TimeoutError:
            self._findings.tell(call, f"neither answered nor cut off within {PATIENCE:.0f} s")
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self._host, self._port, limit=_MOST)


async def _answer(reader: asyncio.StreamReader, method: str, *, endless: bool = False) -> Answer:
    """Read the next answer. Raises IncompleteReadError if there is none, or, unless `endless`, if it is incomplete."""
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        found = _STATUS.match(head)
        status = int(found[1]) if found else 599
        if status >= 200 or status == 101:
            break
    if method == "HEAD" or status in _BODILESS:
        return Answer(status, head, b"")
    if _CHUNKED.search(head):
        return Answer(status, head, b"" if endless else await _chunks(reader))
    length = _LENGTH.search(head)
    return Answer(status, head, await reader.readexactly(int(length[1])) if length else b"")


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    found = []
    while size := int(await reader.readuntil(b"\r\n"), 16):
        found.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(found)
