"""One endpoint as every kind of route destination, with the same behaviour (Django has a project of its own)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from aiohttp import web
from fastapi import FastAPI
from fastapi import Request as FastApiRequest
from fastapi.responses import Response as FastApiResponse
from flask import Flask
from flask import request as flask_request

from copper_emulator import Received, Response
from tests.shell.endpoints import http_endpoint


@dataclass
class Behaviour:
    """What the endpoint answers, or raises, and what it saw of each request."""

    status: int = 200
    body: bytes = b"thanks"
    raises: BaseException | None = None
    seen: list[dict[str, Any]] = field(default_factory=list)

    def act(self, scheme: str, path: str, query: str, headers: Any, body: bytes) -> int:
        self.seen.append(
            {
                "scheme": scheme,
                "path": path,
                "query": query,
                "headers": {str(name).lower(): str(value) for name, value in headers},
                "body": body,
            }
        )
        if self.raises is not None:
            raise self.raises
        return self.status


Kind = Callable[[Behaviour], Any]


def flask_app(behaviour: Behaviour) -> Flask:
    app = Flask("endpoint")

    @app.post("/<path:_path>")
    def hook(_path: str) -> tuple[bytes, int]:
        seen = flask_request
        path = seen.environ["PATH_INFO"].encode("latin-1").decode()
        status = behaviour.act(seen.scheme, path, seen.query_string.decode(), seen.headers.items(), seen.get_data())
        return behaviour.body, status

    return app


def wsgi_app(behaviour: Behaviour) -> Any:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        headers = [(name[5:].replace("_", "-"), value) for name, value in environ.items() if name.startswith("HTTP_")]
        headers += [("content-type", environ["CONTENT_TYPE"]), ("content-length", environ["CONTENT_LENGTH"])]
        path = environ["PATH_INFO"].encode("latin-1").decode()
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        status = behaviour.act(environ["wsgi.url_scheme"], path, environ["QUERY_STRING"], headers, body)
        start_response(f"{status} Whatever", [("X-Kind", "wsgi")])
        return [behaviour.body]

    return app


def asgi_app(behaviour: Behaviour) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise NotImplementedError
        headers = [(name.decode(), value.decode()) for name, value in scope["headers"]]
        body = (await receive())["body"]
        status = behaviour.act(scope["scheme"], scope["path"], scope["query_string"].decode(), headers, body)
        await send({"type": "http.response.start", "status": status, "headers": [(b"x-kind", b"asgi")]})
        await send({"type": "http.response.body", "body": behaviour.body})

    return app


def fastapi_app(behaviour: Behaviour) -> FastAPI:
    app = FastAPI()

    @app.post("/{_path:path}")
    async def hook(request: FastApiRequest) -> FastApiResponse:
        url, body = request.url, await request.body()
        status = behaviour.act(url.scheme, request.scope["path"], url.query, request.headers.items(), body)
        return FastApiResponse(behaviour.body, status)

    return app


def aiohttp_app(behaviour: Behaviour) -> web.Application:
    async def hook(request: web.Request) -> web.Response:
        body = await request.read()
        status = behaviour.act(
            request.scheme, request.path, request.rel_url.raw_query_string, request.headers.items(), body
        )
        return web.Response(status=status, body=behaviour.body)

    app = web.Application()
    app.router.add_post("/{path:.*}", hook)
    return app


def function(behaviour: Behaviour) -> Any:
    def hook(request: Received) -> Response:
        scheme, query = request.url.split(":")[0], request.url.partition("?")[2]
        return Response(
            behaviour.act(scheme, request.path, query, request.headers.items(), request.body), behaviour.body
        )

    return hook


def async_function(behaviour: Behaviour) -> Any:
    plain = function(behaviour)

    async def hook(request: Received) -> Any:
        return plain(request)

    return hook


IN_PROCESS: dict[str, Kind] = {
    "flask": flask_app,
    "wsgi": wsgi_app,
    "asgi": asgi_app,
    "fastapi": fastapi_app,
    "aiohttp": aiohttp_app,
    "function": function,
    "async function": async_function,
}


@contextmanager
def endpoint(kind: str, behaviour: Behaviour) -> Iterator[Any]:
    """A destination of a route. Kinds that do not exist in this process are served over HTTP."""
    if kind in IN_PROCESS:
        yield IN_PROCESS[kind](behaviour)
        return

    def answer(request: BaseHTTPRequestHandler, body: bytes) -> int:
        path, _, query = request.path.partition("?")
        status = behaviour.act("http", path, query, request.headers.items(), body)
        request.send_response(status)
        request.send_header("Content-Length", str(len(behaviour.body)))
        request.end_headers()
        request.wfile.write(behaviour.body)
        return 0

    with http_endpoint(answer) as server:
        yield server.url
