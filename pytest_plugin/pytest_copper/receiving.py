"""The `copper_endpoint` fixture: a receiver that can also make one that speaks TLS."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Literal, overload

from copper_emulator.core.errors import UsageError, raised_on_purpose
from copper_emulator.endpoint import Endpoint
from copper_emulator.shell.routing.messages import Received, Response
from copper_emulator.tls_endpoint import TlsEndpoint

__tracebackhide__ = raised_on_purpose


class CopperEndpoint(Endpoint):
    """An `Endpoint`; `copper_endpoint(tls=True)` makes another one, a real HTTPS server on this machine."""

    # Tells a route to call it with the request.
    __signature__ = Signature([Parameter("request", Parameter.POSITIONAL_OR_KEYWORD)])

    def __init__(self, url: str, over_tls: Callable[[], TlsEndpoint]) -> None:
        super().__init__(url)
        self._over_tls = over_tls

    @overload
    def __call__(self, request: Received) -> Response: ...

    @overload
    def __call__(self, *, tls: Literal[True]) -> TlsEndpoint: ...

    def __call__(self, request: Received | None = None, *, tls: bool = False) -> Response | TlsEndpoint:
        if request is not None and not tls:
            return super().__call__(request)
        if request is None and tls:
            return self._over_tls()
        raise UsageError(
            "copper_endpoint is already a receiver; call it only as copper_endpoint(tls=True), which makes another "
            "one that speaks TLS"
        )
