"""WSGI applications really served, in threads or in one, on a free port of this machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from socketserver import ThreadingMixIn
from typing import Any
from urllib.request import ProxyHandler, build_opener
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from tests.threads import in_a_thread


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    # Simultaneous connections should not have to be retried a second later.
    request_queue_size = 128


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Log nothing."""

    def get_stderr(self) -> Any:
        # Discards the tracebacks of deliberately broken applications.
        return StringIO()


@contextmanager
def served(app: Any, *, in_threads: bool = True) -> Iterator[str]:
    """The URL of an application's hook, until the block ends."""
    server = make_server("127.0.0.1", 0, app, _Server if in_threads else WSGIServer, _Silent)
    with in_a_thread(server):
        yield f"http://127.0.0.1:{server.server_port}/hook"


def state_of(url: str) -> Callable[[], object]:
    """A function that returns what an application answers to GET."""
    opener = build_opener(ProxyHandler({}))

    def read() -> object:
        with opener.open(url, timeout=30) as answer:
            return json.load(answer)

    return read
