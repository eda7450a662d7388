"""A bare aiohttp application: reads each request, and answers with prepared bytes by method and path.

Reads one line of JSON from standard input: `{"POST /people": "...", ...}`.
"""

from __future__ import annotations

import json
import socket
import sys

from aiohttp import web


def handler(answer: bytes) -> web.RequestHandler:
    async def handle(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=answer, content_type="application/json")

    return handle


def main() -> None:
    app = web.Application()
    for name, answer in json.loads(sys.stdin.readline()).items():
        method, path = name.split(" ")
        app.router.add_route(method, path, handler(answer.encode()))
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    web.run_app(app, sock=listener, print=None, access_log=None)


if __name__ == "__main__":
    main()
