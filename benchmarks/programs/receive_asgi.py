"""A receiver: a Starlette application on uvicorn, whose parser is named on the command line (httptools or h11)."""

from __future__ import annotations

import socket
import sys

import uvicorn
from counting import Counter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

counter = Counter()


async def hook(request: Request) -> Response:
    """Read the whole notification and acknowledge it."""
    await request.body()
    counter.one()
    return PlainTextResponse("")


async def expect(request: Request) -> Response:
    counter.await_next(request.path_params["number"])
    return PlainTextResponse("")


def main() -> None:
    app = Starlette(
        routes=[
            Route("/hooks", hook, methods=["POST"]),
            Route("/expect/{number:int}", expect, methods=["POST"]),
        ]
    )
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(app, http=sys.argv[1], loop="asyncio", log_level="error", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
