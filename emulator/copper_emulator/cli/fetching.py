"""Where an endpoint can fetch records while a command sends to it."""

from __future__ import annotations

from yarl import URL

from copper_emulator.cli.output import Output
from copper_emulator.shell.serving.server import DEFAULT_PORT


def tell_where(api_url: str, asked: int | None, output: Output, *, any_token: bool) -> None:
    """Say where, and why not at the usual port if it is another; `asked` is the port that was given, if any."""
    if asked is None and URL(api_url).port != DEFAULT_PORT:
        output.line(
            f"Port {DEFAULT_PORT} is in use, perhaps by another copper-emulator: this API has a different one. If "
            "your endpoint fetches from a fixed URL, stop the other or give --port."
        )
    # A token is never printed: what a command prints is kept in the logs of CI.
    taken = "any token" if any_token else "the given token alone"
    output.line(f"Records can be fetched at {api_url} with {taken}; set them with --port and --token.")
