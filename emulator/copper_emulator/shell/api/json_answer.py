"""A response with JSON, sent with head and body in one piece, and with as little as possible built for each answer.

aiohttp's own response builds a dictionary of headers, completes it, and joins it into the head. That took an eighth of
the whole time of a call of the emulated API; here the head is a single string. Everything else is aiohttp's: this is a
response class of its own kind, for answers with status 200, JSON and a header or two.
"""

from __future__ import annotations

from email.utils import formatdate
from functools import lru_cache

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import SERVER_SOFTWARE

from copper_emulator.shell.clock import real_now


class JsonAnswer(web.StreamResponse):
    """200 with encoded JSON. More headers may be put into `headers`."""

    def __init__(self, raw: bytes) -> None:
        super().__init__()
        self._raw = raw
        self._connection_stays = False

    @property
    def keep_alive(self) -> bool | None:
        """Whether the connection stays open for another request; known once the answer is sent."""
        said = super().keep_alive
        return self._connection_stays if said is None else said

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send the whole answer. Raises ConnectionError if the client has gone."""
        self._connection_stays = request.keep_alive
        head = self._head(request)
        whole = head if request.method == hdrs.METH_HEAD else head + self._raw
        writer, transport = request.writer, request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client has gone")
        # As aiohttp's own writer does, so that no second answer is sent.
        writer.output_size += len(whole)
        transport.write(whole)
        await writer.drain()
        return writer

    async def write_eof(self, data: bytes = b"") -> None:
        """Do nothing: everything has been sent."""

    def _head(self, request: web.BaseRequest) -> bytes:
        stays, version = self.keep_alive, request.version
        if version >= HttpVersion11:
            connection = "" if stays else "Connection: close\r\n"
        else:
            connection = "Connection: keep-alive\r\n" if stays else ""
        more = "".join([f"{name}: {value}\r\n" for name, value in self.headers.items()])
        return (
            f"HTTP/{version.major}.{version.minor} 200 OK\r\n{more}Content-Type: application/json; charset=utf-8\r\n"
            f"Content-Length: {len(self._raw)}\r\n{_who_and_when(real_now() // 1000)}{connection}\r\n"
        ).encode()


@lru_cache(maxsize=1)
def _who_and_when(second: int) -> str:
    return f"Date: {formatdate(second, usegmt=True)}\r\nServer: {SERVER_SOFTWARE}\r\n"
