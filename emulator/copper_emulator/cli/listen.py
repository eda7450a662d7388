"""`copper-emulator listen`: an endpoint that prints what arrives."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import click
from aiohttp import web

from copper_emulator.cli import Failure
from copper_emulator.cli.ending import told_to_end
from copper_emulator.cli.output import Output, on_one_line
from copper_emulator.cli.streams import Unprinted
from copper_emulator.cli.values import Number
from copper_emulator.core.rules import PAYLOAD_KEYS
from copper_emulator.core.text import short_ids
from copper_emulator.core.wire import iso, no_constant
from copper_emulator.shell.clock import real_now
from copper_emulator.shell.serving.ports import why_not_listening
from copper_emulator.timeline import MASK

_MAX_BODY = 4 * 1024 * 1024

_PLAIN_HEADERS = frozenset(
    {
        "accept",
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "host",
        "transfer-encoding",
        "user-agent",
        "x-forwarded-host",
        "x-forwarded-proto",
    }
)
"""Headers that every notification has; any other comes from the subscription and may be a credential."""


@click.command(short_help="Receive notifications and print them.")
@click.option("--port", type=Number(0, 65535), default=5000, show_default=True, help="0 chooses a free one")
@click.option("--status", type=Number(200, 599), default=200, show_default=True, help="answer everything with this")
@click.option("--show-secrets", is_flag=True, help="print the values of secrets and of the subscription's headers")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object per request")
def listen(*, port: int, status: int, show_secrets: bool, as_json: bool) -> None:
    """Receive notifications on 127.0.0.1 and print them, until Ctrl-C.

    \b
    Examples:
      copper-emulator listen --port 5000
      copper-emulator listen --status 500
    """
    receiver = Receiver(status, Output(as_json=as_json), show_secrets=show_secrets)
    with suppress(KeyboardInterrupt):
        try:
            asyncio.run(_listen(receiver, port))
        except OSError as error:
            raise Failure(why_not_listening(error, port)) from None


async def _listen(receiver: Receiver, port: int) -> None:
    ended = told_to_end()
    unprinted: list[Unprinted] = []

    async def receive(request: web.Request) -> web.Response:
        try:
            return await receiver.receive(request)
        except Unprinted as error:
            # Nothing more can be printed.
            unprinted.append(error)
            ended.set()
            return receiver.answer()

    app = web.Application(client_max_size=_MAX_BODY)
    app.router.add_route("*", "/{path:.*}", receive)
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        receiver.ready(f"http://127.0.0.1:{runner.addresses[0][1]}")
        await ended.wait()
    finally:
        await runner.cleanup()
    if unprinted:
        raise unprinted[0]


class Receiver:
    """Prints each request and answers all with the same status."""

    def __init__(self, status: int, output: Output, *, show_secrets: bool) -> None:
        self._status = status
        self._output = output
        self._show_secrets = show_secrets

    def ready(self, url: str) -> None:
        """Print the first line, where it listens; programs wait for it."""
        self._output.json({"kind": "ready", "url": url, "status": self._status})
        self._output.line(f"Listening at {url}, answering {self._status}", style="bold")
        self._output.line("Ctrl-C ends it.")

    async def receive(self, request: web.Request) -> web.Response:
        """Print and answer a request with any method and any path."""
        raw = await request.read()
        body = _parsed(raw)
        at, secrets = iso(real_now()), _beside_the_payload(body)
        shown = {name: MASK if name in secrets and not self._show_secrets else value for name, value in body.items()}
        self._output.json(
            {
                "kind": "received",
                "at": at,
                "method": request.method,
                "path": request.path_qs,
                "headers": self._headers(request.headers),
                "body": shown if body else raw.decode("utf-8", "replace"),
                "status": self._status,
            }
        )
        style = "green" if self._status < 300 else "red"
        what = _what(body) or f"{len(raw)} bytes that are not a notification"
        head = f"{at}  {request.method} {request.path_qs}  {what}  -> {self._status}"
        self._output.line(on_one_line(head), style=style)
        for text in _details(shown, secrets):
            self._output.line(on_one_line(f"    {text}"))
        return self.answer()

    def answer(self) -> web.Response:
        """The answer to every request."""
        return web.Response(status=self._status)

    def _headers(self, headers: Mapping[str, str]) -> list[tuple[str, str]]:
        return [
            (name, value if self._show_secrets or name.lower() in _PLAIN_HEADERS else MASK)
            for name, value in headers.items()
        ]


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw, parse_constant=no_constant)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _beside_the_payload(body: Mapping[str, Any]) -> list[str]:
    """The keys that a subscription's secret adds to a notification; none if the body is not a notification."""
    return [name for name in body if name not in PAYLOAD_KEYS] if _what(body) else []


def _what(body: Mapping[str, Any]) -> str:
    ids = body.get("ids")
    if "type" not in body or "event" not in body or not isinstance(ids, list):
        return ""
    return f"{body['type']}/{body['event']} {short_ids(ids)}"


def _details(body: Mapping[str, Any], secrets: list[str]) -> list[str]:
    lines = []
    attributes = body.get("updated_attributes")
    if isinstance(attributes, dict):
        lines += [_changed(name, value) for name, value in attributes.items()]
    return lines + [f"{name}={body[name]}" for name in secrets]


def _changed(name: str, value: Any) -> str:
    if isinstance(value, list) and len(value) == 2:
        old, new = (json.dumps(part, ensure_ascii=False) for part in value)
        return f"{name}: {old} -> {new}"
    return f"{name}: {json.dumps(value, ensure_ascii=False)}"
