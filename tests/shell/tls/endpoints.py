"""Real TLS endpoints, correct and faulty ones: real sockets, with certificates made for the test."""

from __future__ import annotations

import os
import socket
import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import trustme

from tests.shell.endpoints import Answer, HttpEndpoint
from tests.threads import in_a_thread


class TlsEndpoint(HttpEndpoint):
    """An HttpEndpoint over TLS, with each handshake in its connection's own thread; counts the connections."""

    def __init__(self, context: ssl.SSLContext, answer: Answer) -> None:
        self._context = context
        self.connections = 0
        super().__init__(answer)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server_port}"

    def finish_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        # The tests are about how the other side sees a failure.
        with (
            suppress(OSError),
            self._context.wrap_socket(request, server_side=True, do_handshake_on_connect=False) as connection,
        ):
            try:
                connection.do_handshake()
            except ssl.SSLError as error:
                # A client that speaks plain HTTP waits for an answer.
                if error.reason != "HTTP_REQUEST":
                    _read_on(connection)
            else:
                super().finish_request(connection, client_address)

    def shutdown_request(self, request: Any) -> None:
        with suppress(OSError):
            super().shutdown_request(request)


def _read_on(connection: ssl.SSLSocket) -> None:
    # Closing with unread data resets the connection, and what was sent before may then be lost.
    while os.read(connection.fileno(), 65536):
        pass


@contextmanager
def tls_endpoint(context: ssl.SSLContext, answer: Answer = lambda _request, _body: 200) -> Iterator[TlsEndpoint]:
    """Serve until the block ends."""
    server = TlsEndpoint(context, answer)
    with in_a_thread(server):
        yield server


def server_context(leaf: trustme.LeafCert) -> ssl.SSLContext:
    """The context of a server with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    return context


def old_context(leaf: trustme.LeafCert, version: ssl.TLSVersion) -> ssl.SSLContext:
    """The context of a server that speaks only one old version, as none should any more."""
    context = server_context(leaf)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = context.maximum_version = version
    return context


def in_the_middle_of_the_handshake(connection: socket.socket) -> None:
    """A server that reads a client's first message, and goes away."""
    connection.recv(65536)
    connection.close()
