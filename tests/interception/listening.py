"""A TLS listener that reports the requests it gets, and ways to it: where the seams lead, without the emulator."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme

from copper_emulator.interception.process import PROCESS
from copper_emulator.interception.ways import Way
from tests.threads import in_a_thread

AUTHORITY = trustme.CA()
FOREIGN = trustme.CA()
"""Another authority, which no one trusts."""


class _Telling(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = json.dumps({"host": self.headers["Host"], "path": self.path, "port": self.server.server_port}).encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def listening(*names: str, authority: trustme.CA = AUTHORITY) -> Iterator[int]:
    """The port of a server with a certificate for these names, by default Copper's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*(names or ("api.copper.com", "api.prosperworks.com"))).configure_cert(context)
    server = _Server(("127.0.0.1", 0), _Telling)
    server.context = context
    with in_a_thread(server):
        yield server.server_port


class _Server(ThreadingHTTPServer):
    context: ssl.SSLContext

    def finish_request(self, request: Any, client_address: Any) -> None:
        # A client that does not trust the certificate closes the connection during the handshake.
        try:
            with self.context.wrap_socket(request, server_side=True) as secure:
                super().finish_request(secure, client_address)
        except OSError:
            return


def way_to(port: int) -> Way:
    return Way("127.0.0.1", port, AUTHORITY.cert_pem.bytes().decode())


@contextmanager
def intercepting(way: Way) -> Iterator[None]:
    PROCESS.begin(way)
    try:
        yield
    finally:
        PROCESS.end(way)
