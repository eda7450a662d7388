"""Which requests can be read at a glance? Whole ones, of a plain form that every common client sends.

Such a request needs no parser with states and no task: its first line and its headers are matched as they are. This is
no parser of HTTP. It recognises requests about which there cannot be two opinions, and leaves all others, faulty ones
included, to aiohttp's.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from multidict import CIMultiDict, CIMultiDictProxy

MOST_HEADERS = 2 * 1024
"""Bytes of headers; clients of the API send some 300."""

MOST_BODY = 64 * 1024
"""Bytes of a body, so that what has not arrived yet is soon here."""

_FIRST_LINE = re.compile(rb"(GET|POST|PUT|DELETE) (/[A-Za-z0-9_/]*) HTTP/1\.1\r\n")

_HEADER = re.compile(r"([A-Za-z0-9-]+): ?([!-~](?:[ -~]*[!-~])?)")

_UNFIT = frozenset({"transfer-encoding", "content-encoding", "expect", "upgrade", "trailer", "te"})
"""Headers that change how a request is read or answered."""


class Unread(Enum):
    """Why a request was not read."""

    HEAD_ALONE = "its body has not arrived"
    UNFIT = "it is of another form"


class WholeRequest(NamedTuple):
    """A request with everything in it. Its connection stays open."""

    method: str
    path: str
    """Without a query, and without anything that would have to be decoded."""
    headers: CIMultiDictProxy[str]
    body: bytes


class _Headers(NamedTuple):
    by_name: CIMultiDictProxy[str]
    body_length: int


def read_whole(received: bytes) -> WholeRequest | Unread:
    """The one request that these bytes are."""
    first = _FIRST_LINE.match(received)
    if first is None:
        return Unread.UNFIT
    begin = first.end()
    end = received.find(b"\r\n\r\n", begin, begin + MOST_HEADERS)
    headers = None if end < 0 else _headers(received[begin:end])
    if headers is None or headers.body_length > MOST_BODY:
        return Unread.UNFIT
    body = received[end + 4 :]
    if len(body) != headers.body_length:
        # Many clients send the head first and then the body; a body that comes in parts may well never be whole.
        return Unread.UNFIT if body else Unread.HEAD_ALONE
    return WholeRequest(first[1].decode(), first[2].decode(), headers.by_name, body)


# A client sends the same headers again and again; only the length of its bodies differs.
@lru_cache(maxsize=512)
def _headers(lines: bytes) -> _Headers | None:
    """What the lines say; None if they are unfit."""
    found = [_HEADER.fullmatch(line) for line in lines.decode("latin-1").split("\r\n")]
    pairs = [(match[1], match[2]) for match in found if match is not None]
    names = {name.lower() for name, _ in pairs}
    if len(names) < len(found) or not _UNFIT.isdisjoint(names):
        return None
    by_name = CIMultiDict(pairs)
    length = by_name.get("Content-Length", "0")
    if by_name.get("Connection", "keep-alive").lower() != "keep-alive" or not (length.isdigit() and len(length) < 8):
        return None
    return _Headers(CIMultiDictProxy(by_name), int(length))
