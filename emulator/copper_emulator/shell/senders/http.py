"""Deliver over HTTP: kept-alive connections, no cookies, no proxies, no redirects, only loopback unless allowed.

Plain HTTP to this machine, by far the most common case, goes through `plain.py`, everything else through aiohttp.
"""

from __future__ import annotations

import asyncio
import io
import re
import socket
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from copper_emulator.core.errors import AuthorityError
from copper_emulator.core.model import Attempt, Reason, Result
from copper_emulator.core.targets import is_loopback
from copper_emulator.shell.clock import monotonic
from copper_emulator.shell.own_http import is_own_sender_wanted
from copper_emulator.shell.routing.messages import timed_out, unended
from copper_emulator.shell.routing.routes import Route, Straight, host_header, route_url
from copper_emulator.shell.senders import genuine
from copper_emulator.shell.senders.connection import FAILED, MAX_ANSWER, OnEnd
from copper_emulator.shell.senders.failures import unanswered
from copper_emulator.shell.senders.header_texts import readable
from copper_emulator.shell.senders.plain import PlainSender
from copper_emulator.shell.tls.trust import Trust

_LARGE = 1024 * 1024

_UNSENDABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
"""Not allowed in an HTTP header: control characters except tab, and lone surrogates, which cannot be encoded."""

_KEEP_ALIVE = 1.0
"""Seconds an idle connection is kept: less than servers keep theirs (gunicorn 2, Node.js and uvicorn 5 by default), to
avoid using one that the server has just closed."""


_Headers: TypeAlias = tuple[tuple[str, str], ...]


class HttpSender:
    """Sends on the event loop that first sends something; each loop needs its own.

    Args:
        trust: the authorities trusted to vouch for https:// endpoints.
        plainly: whether plain HTTP to this machine bypasses aiohttp's client, unless the user has chosen that.

    Raises:
        UsageError: the user has chosen something else (`own_http.py`).
    """

    def __init__(self, trust: Trust | None = None, *, plainly: bool = True) -> None:
        self._trust = Trust() if trust is None else trust
        self._plainly = plainly and is_own_sender_wanted()
        self._plain: PlainSender | None = None
        self._session: aiohttp.ClientSession | None = None
        self._fresh_session: aiohttp.ClientSession | None = None
        self._failed_origins: set[URL] = set()
        """Origins that answered with a 5xx through aiohttp's client, which takes a connection back into its pool before
        it can be told not to keep it: from then on, each request to them gets a connection of its own."""

    async def close(self) -> None:
        if self._plain is not None:
            await self._plain.close()
        for session in (self._session, self._fresh_session):
            if session is not None:
                await session.close()

    async def send(
        self,
        attempt: Attempt,
        destination: Route | Straight,
        *,
        timeout_ms: int,
        ca: tuple[str, ...] = (),
        as_target: bool = False,
        fresh: bool = False,
    ) -> Result:
        """Call `begin` and wait for the result."""
        return await self.begin(attempt, destination, timeout_ms=timeout_ms, ca=ca, as_target=as_target, fresh=fresh)

    def begin(
        self,
        attempt: Attempt,
        destination: Route | Straight,
        *,
        timeout_ms: int,
        ca: tuple[str, ...] = (),
        as_target: bool = False,
        fresh: bool = False,
        on_end: OnEnd | None = None,
    ) -> asyncio.Future[Result]:
        """Begin one POST; its result includes the route and how long it took. Over a route, the endpoint sees the
        route's host, and the target's host and scheme in two headers. On a kept-alive connection, the request has been
        written when this returns.

        Args:
            ca: files of authorities to trust in addition to the sender's own.
            as_target: let the endpoint see the target's host as its own, as an application in this process does.
            fresh: use a new connection and close it afterwards.
            on_end: called with the returned future when it is done; for plain HTTP in the loop iteration in which the
                answer arrived.
        """
        if self._plain is None:
            self._plain = PlainSender(keep_alive=_KEEP_ALIVE)
        prepared = _prepared(destination, attempt.url, attempt.headers, as_target=as_target, fresh=fresh)
        if self._plainly and prepared.head:
            content = b"%b%d\r\n\r\n%b" % (prepared.head, len(attempt.body), attempt.body)
            return self._plain.send(
                prepared.url, content, timeout_ms=timeout_ms, route=prepared.route, fresh=fresh, on_end=on_end
            )
        posting = self._send_over_aiohttp(prepared, attempt.body, timeout_ms=timeout_ms, ca=ca, fresh=fresh)
        sending = asyncio.get_running_loop().create_task(posting)
        if on_end is not None:
            sending.add_done_callback(on_end)
        return sending

    async def _send_over_aiohttp(
        self, prepared: _PreparedRequest, body: bytes, *, timeout_ms: int, ca: tuple[str, ...], fresh: bool
    ) -> Result:
        began = monotonic()
        try:
            result = await self._post(prepared, body, timeout_ms=timeout_ms, ca=ca, fresh=fresh)
        except AuthorityError as error:
            result = Result.failure(Reason.TLS, str(error))
        except TimeoutError:
            result = timed_out(timeout_ms)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            result = unanswered(error, prepared.url)
        return result.sent(route=prepared.route, took_ms=(monotonic() - began) * 1000)

    async def _post(
        self, prepared: _PreparedRequest, body: bytes, *, timeout_ms: int, ca: tuple[str, ...], fresh: bool
    ) -> Result:
        _check_headers(prepared.headers)
        origin = prepared.url.origin()
        async with await genuine.post(
            self._session_for(fresh=fresh or origin in self._failed_origins),
            prepared.url,
            # aiohttp warns about large bodies that are not files.
            data=io.BytesIO(body) if len(body) > _LARGE else body,
            headers=prepared.headers,
            allow_redirects=False,
            # The certificate is verified against the URL's host, whichever Host header is sent.
            ssl=self._trust.context(ca) if prepared.url.scheme == "https" else True,
            timeout=genuine.ClientTimeout(total=timeout_ms / 1000),
        ) as response:
            if response.status >= FAILED:
                self._failed_origins.add(origin)
            try:
                answer = await _read_body(response)
            except TimeoutError:
                return unended(timeout_ms)
            # aiohttp's client puts half surrogate pairs in the place of bytes that are not UTF-8.
            headers = [(name, value.encode(errors="surrogateescape")) for name, value in response.headers.items()]
            return Result.answered(
                response.status, headers=[(name, readable(value)) for name, value in headers], body=answer
            )

    def _session_for(self, *, fresh: bool) -> aiohttp.ClientSession:
        if fresh:
            if self._fresh_session is None:
                self._fresh_session = _open_session(
                    aiohttp.TCPConnector(limit=0, force_close=True, resolver=_Resolver())
                )
            return self._fresh_session
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE, resolver=_Resolver())
            self._session = _open_session(connector)
        return self._session


@dataclass(frozen=True, slots=True)
class _PreparedRequest:
    """Where the requests for a target are sent, and with which headers."""

    url: URL
    route: str
    headers: _Headers
    head: bytes
    """For a request that `plain.py` can send: its head up to the value of Content-Length; else empty."""


@lru_cache(maxsize=1_000)
def _prepared(
    destination: Route | Straight, target: str, headers: _Headers, *, as_target: bool, fresh: bool
) -> _PreparedRequest:
    if isinstance(destination, Route):
        url, route = route_url(destination, target), destination.name
        headers = _with_target(headers, target, as_target=as_target)
    else:
        url, route = destination.url, ""
    return _PreparedRequest(url, route, headers, _head(url, headers, fresh=fresh))


def _with_target(headers: _Headers, target: str, *, as_target: bool) -> _Headers:
    if as_target:
        return (*_without({"host"}, headers), ("Host", host_header(target)))
    return (*headers, ("X-Forwarded-Host", host_header(target)), ("X-Forwarded-Proto", URL(target).scheme))


def _without(names: Collection[str], headers: _Headers) -> _Headers:
    return tuple((name, value) for name, value in headers if name.lower() not in names)


def _head(url: URL, headers: _Headers, *, fresh: bool) -> bytes:
    if url.scheme != "http" or not is_loopback(url.host or ""):
        return b""
    lines = [f"{name}: {value}" for name, value in headers]
    names = {name.lower() for name, _ in headers}
    if "host" not in names:
        lines.insert(0, f"Host: {host_header(str(url))}")
    if fresh and "connection" not in names:
        lines.append("Connection: close")
    lines.insert(0, f"POST {url.raw_path_qs} HTTP/1.1")
    # Unsendable headers are left to the aiohttp path, which reports what is wrong with them.
    unsendable = any(_UNSENDABLE.search(line) for line in lines)
    return b"" if unsendable else "\r\n".join([*lines, "Content-Length: "]).encode()


def _check_headers(headers: _Headers) -> None:
    """Raise ValueError for headers that cannot be sent; some of them aiohttp's client would silently drop."""
    for name, value in headers:
        if _UNSENDABLE.search(name + value):
            raise ValueError(f"the header {name!a} has a control character or half a surrogate pair, and is not sent")


def _open_session(connector: aiohttp.BaseConnector) -> aiohttp.ClientSession:
    return genuine.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
    )


async def _read_body(response: aiohttp.ClientResponse) -> bytes:
    """Return the whole answer, or the first MAX_ANSWER bytes of a longer one."""
    parts, size = [], 0
    async for part in response.content.iter_any():
        parts.append(part)
        size += len(part)
        if size >= MAX_ANSWER:
            response.close()
            break
    return b"".join(parts)[:MAX_ANSWER]


class _Resolver(AbstractResolver):
    """Resolves names for this machine itself, without ever asking a name server."""

    def __init__(self) -> None:
        self._others = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        if not is_loopback(host):
            return await self._others.resolve(host, port, family)
        addresses = {socket.AF_INET: ["127.0.0.1"], socket.AF_INET6: ["::1"]}.get(family, ["127.0.0.1", "::1"])
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        await self._others.close()
