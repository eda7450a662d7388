"""What one would write by hand: an aiohttp handler that posts a notification over a kept session, and then answers.

Reads one line of JSON from standard input: `{"target": ..., "headers": {...}, "body": ..., "answer": ...}`.
Nothing is matched, recorded or limited; the bytes are prepared.
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from aiohttp import web

SESSION = web.AppKey("session", aiohttp.ClientSession)


def make_app(said: dict[str, Any]) -> web.Application:
    body, answer = said["body"].encode(), said["answer"].encode()

    async def update(request: web.Request) -> web.Response:
        await request.read()
        async with request.app[SESSION].post(said["target"], data=body, headers=said["headers"]) as response:
            await response.read()
        return web.Response(body=answer, content_type="application/json")

    async def session(app: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent")
        ) as made:
            app[SESSION] = made
            yield

    app = web.Application()
    app.cleanup_ctx.append(session)
    app.router.add_put("/{tail:.*}", update)
    return app


def main() -> None:
    app = make_app(json.loads(sys.stdin.readline()))
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    web.run_app(app, sock=listener, print=None, access_log=None)


if __name__ == "__main__":
    main()
