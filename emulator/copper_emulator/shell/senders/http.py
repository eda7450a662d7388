"""Deliveries over HTTP: one kept session, no cookies, no proxies, no redirects, nothing but loopback unasked."""

from __future__ import annotations

import io
import socket
from dataclasses import replace

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from copper_emulator.core.errors import AuthorityError
from copper_emulator.core.model import Attempt, Reason, Result
from copper_emulator.core.targets import is_loopback
from copper_emulator.shell.clock import monotonic
from copper_emulator.shell.messages import timed_out
from copper_emulator.shell.routes import Route, Straight, host_header, route_url
from copper_emulator.shell.senders.connecting import unanswered
from copper_emulator.shell.tls.trust import Trust

_MAX_ANSWER = 64 * 1024
"""Bytes of an answer that are kept."""

_LARGE = 1024 * 1024

_KEEP_ALIVE = 2.0
"""Seconds an idle connection is kept: less than common servers keep theirs, so that none is used that just closed."""


class HttpSender:
    """Sends on the loop it was started on; one for each loop.

    Args:
        trust: whom it believes that an https:// endpoint is who it should be.
    """

    def __init__(self, trust: Trust | None = None) -> None:
        self._trust = Trust() if trust is None else trust
        self._session: aiohttp.ClientSession | None = None
        self._single: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        self.open()

    def open(self) -> None:
        """`start` for who is on the loop already."""
        self._session = _session(aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE, resolver=_Resolver()))
        self._single = _session(aiohttp.TCPConnector(limit=0, force_close=True, resolver=_Resolver()))

    async def close(self) -> None:
        for session in (self._session, self._single):
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
        """One POST, and how long it took. Over a route the endpoint sees the route's host and, in two headers, the
        target's.

        Args:
            ca: files of authorities to believe beside those of everybody here.
            as_target: the endpoint sees the target's host as its own, as an application in this process does.
            fresh: over a connection of its own that is closed afterwards.
        """
        began = monotonic()
        try:
            result = await self._post(
                attempt, destination, timeout_ms=timeout_ms, ca=ca, as_target=as_target, fresh=fresh
            )
        except AuthorityError as error:
            result = Result.failure(Reason.TLS, str(error))
        return replace(result, took_ms=(monotonic() - began) * 1000)

    async def _post(
        self,
        attempt: Attempt,
        destination: Route | Straight,
        *,
        timeout_ms: int,
        ca: tuple[str, ...],
        as_target: bool,
        fresh: bool,
    ) -> Result:
        session = self._single if fresh else self._session
        if session is None:
            raise RuntimeError("HttpSender.start() was not awaited")
        headers = list(attempt.headers)
        url = destination.url if isinstance(destination, Straight) else route_url(destination, attempt.url)
        if isinstance(destination, Route):
            headers += _about_target(attempt.url, as_target=as_target)
        try:
            async with session.post(
                url,
                # aiohttp warns of large bodies that are not files.
                data=io.BytesIO(attempt.body) if len(attempt.body) > _LARGE else attempt.body,
                headers=headers,
                allow_redirects=False,
                # The name that is verified is that of the URL, whichever Host is sent.
                ssl=self._trust.context(ca) if url.scheme == "https" else True,
                timeout=aiohttp.ClientTimeout(total=timeout_ms / 1000),
            ) as response:
                answer = await _read(response)
                return Result.answered(response.status, headers=tuple(response.headers.items()), body=answer)
        except TimeoutError:
            return timed_out(timeout_ms)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return unanswered(error, url)


def _session(connector: aiohttp.BaseConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent"),
    )


def _about_target(target: str, *, as_target: bool) -> list[tuple[str, str]]:
    if as_target:
        return [("Host", host_header(target))]
    return [("X-Forwarded-Host", host_header(target)), ("X-Forwarded-Proto", URL(target).scheme)]


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The whole answer, or the beginning of one that is too long to keep."""
    parts, size = [], 0
    async for part in response.content.iter_any():
        parts.append(part)
        size += len(part)
        if size >= _MAX_ANSWER:
            response.close()
            break
    return b"".join(parts)[:_MAX_ANSWER]


class _Resolver(AbstractResolver):
    """Names that mean this machine are never asked of a name server."""

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
