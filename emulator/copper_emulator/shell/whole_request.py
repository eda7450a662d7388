"""Which requests can be read at a glance? Whole ones, in the form that every common client sends.

Such a request needs no parser with states and no task: its first line and its headers are matched as they are. This is
no parser of HTTP. It recognises requests about which there cannot be two opinions, and leaves all others, faulty ones
included, to aiohttp's.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from multidict import CIMultiDict, CIMultiDictProxy

MOST_HEADERS = 2 * 1024
"""Bytes of headers; clients of the API send some 300."""

MOST_LINES = 64
"""Headers; aiohttp refuses more than 128."""

MOST_TARGET = 1024
"""Bytes of a target; aiohttp refuses more than 8190."""

_FIRST_LINE = re.compile(rb"(GET|POST|PUT|DELETE|PATCH|HEAD|OPTIONS) (/[!-~]{0,%d}) HTTP/1\.1\r\n" % (MOST_TARGET - 1))

_HEADER = re.compile(r"([A-Za-z0-9-]+): ?([!-~](?:[ -~]*[!-~])?)")

_UNFIT = frozenset({"transfer-encoding", "content-encoding", "expect", "upgrade", "trailer", "te"})
"""Headers that change how a request is read or answered."""


class WholeRequest(NamedTuple):
    """A request with everything in it. Its connection stays open."""

    method: str
    target: str
    """The path, and a query if there is one, as they were sent."""
    headers: CIMultiDictProxy[str]
    body: bytes


class Begun(NamedTuple):
    """The beginning of a request like that, of whose body some has not arrived."""

    missing: int


class _Headers(NamedTuple):
    by_name: CIMultiDictProxy[str]
    body_length: int


def read_whole(received: bytes) -> WholeRequest | Begun | None:
    """The one request that these bytes are, or begin; None if they are something else, or if it is not certain."""
    first = _FIRST_LINE.match(received)
    if first is None:
        return None
    begin = first.end()
    end = received.find(b"\r\n\r\n", begin, begin + MOST_HEADERS)
    headers = None if end < 0 else _headers(received[begin:end])
    if headers is None:
        return None
    body = received[end + 4 :]
    missing = headers.body_length - len(body)
    if missing:
        return Begun(missing) if missing > 0 else None
    return WholeRequest(first[1].decode(), first[2].decode(), headers.by_name, body)


# A client sends the same headers again and again; only the length of its bodies differs.
@lru_cache(maxsize=512)
def _headers(lines: bytes) -> _Headers | None:
    """What the lines say; None if they are unfit."""
    found = [_HEADER.fullmatch(line) for line in lines.decode("latin-1").split("\r\n")]
    pairs = [(match[1], match[2]) for match in found if match is not None]
    names = {name.lower() for name, _ in pairs}
    if len(names) < len(found) or len(found) > MOST_LINES or "host" not in names or not _UNFIT.isdisjoint(names):
        return None
    by_name = CIMultiDict(pairs)
    length = by_name.get("Content-Length", "0")
    if by_name.get("Connection", "keep-alive").lower() != "keep-alive" or not (length.isdigit() and len(length) < 8):
        return None
    return _Headers(CIMultiDictProxy(by_name), int(length))
