"""Where an endpoint can fetch records while a command sends to it."""

from __future__ import annotations

from yarl import URL

from copper_emulator.cli.output import Output, complain
from copper_emulator.shell.serving.server import DEFAULT_PORT


def tell_where(api_url: str, asked: int | None, output: Output, *, any_token: bool) -> None:
    """Say where, and warn if it is not the usual port; `asked` is the port that was given, if any."""
    if asked is None and URL(api_url).port != DEFAULT_PORT:
        # On stderr, so that it is seen whatever stdout is for: fetches from the other API fail what is in order.
        complain(
            f"port {DEFAULT_PORT} is in use, perhaps by another copper-emulator; an endpoint that fetches from there "
            f"asks the wrong one. Have it fetch from {api_url}, or end the other first."
        )
    # A token is never printed: what a command prints is kept in the logs of CI.
    taken = "any token" if any_token else "the given token alone"
    output.line(f"Records can be fetched at {api_url} with {taken}; set them with --port and --token.")
