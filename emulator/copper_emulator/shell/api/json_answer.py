"""An answer of the API, and how it is sent: head and body in one piece, with as little as possible built for it.

aiohttp's own response builds a dictionary of headers, completes it, and joins it into the head. That took an eighth of
the whole time of a call of the emulated API; here the head is a single string, which is all that a direct answer needs.
Where aiohttp answers, everything else is aiohttp's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from aiohttp import HttpVersion, HttpVersion11, hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import SERVER_SOFTWARE

from copper_emulator.shell.clock import real_now


@dataclass(slots=True)
class JsonAnswer:
    """Encoded JSON with a status, and with headers that only this answer has."""

    raw: bytes
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200

    def to_bytes(self) -> bytes:
        """The whole answer to a client of HTTP/1.1 that keeps the connection."""
        return _head(self, HttpVersion11, stays=True) + self.raw


class JsonResponse(web.StreamResponse):
    """An answer as a response of aiohttp; all its headers are those of the answer."""

    def __init__(self, answer: JsonAnswer) -> None:
        super().__init__(status=answer.status)
        self._answer = answer
        self._connection_stays = False

    @property
    def keep_alive(self) -> bool | None:
        """Whether the connection stays open for another request; known once the answer is sent."""
        stays_open = super().keep_alive
        return self._connection_stays if stays_open is None else stays_open

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send the whole answer. Raises ConnectionError if the client has gone."""
        self._connection_stays = request.keep_alive
        head = _head(self._answer, request.version, stays=bool(self.keep_alive))
        whole = head if request.method == hdrs.METH_HEAD else head + self._answer.raw
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


def _head(answer: JsonAnswer, version: HttpVersion, *, stays: bool) -> bytes:
    headers = answer.headers
    more = "".join([f"{name}: {value}\r\n" for name, value in headers.items()]) if headers else ""
    return (
        f"{_first_lines(version, answer.status, stays)}{_who_and_when(real_now() // 1000)}{more}"
        f"Content-Length: {len(answer.raw)}\r\n\r\n"
    ).encode()


@lru_cache
def _first_lines(version: HttpVersion, status: int, stays: bool) -> str:  # noqa: FBT001 - by place, for the cache
    if version >= HttpVersion11:
        connection = "" if stays else "Connection: close\r\n"
    else:
        connection = "Connection: keep-alive\r\n" if stays else ""
    return (
        f"HTTP/{version.major}.{version.minor} {status} {HTTPStatus(status).phrase}\r\n{connection}"
        "Content-Type: application/json; charset=utf-8\r\n"
    )


@lru_cache(maxsize=1)
def _who_and_when(second: int) -> str:
    return f"Date: {formatdate(second, usegmt=True)}\r\nServer: {SERVER_SOFTWARE}\r\n"
