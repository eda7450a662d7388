"""Where an endpoint can fetch records while a command sends to it."""

from __future__ import annotations

from yarl import URL

from copper_emulator.cli.output import Output, complain
from copper_emulator.shell.serving.server import DEFAULT_PORT


def in_use(api_url: str, asked: int | None) -> int | None:
    """The usual port if another was taken in its place; `asked` is the port that was given, if any."""
    return DEFAULT_PORT if asked is None and URL(api_url).port != DEFAULT_PORT else None


def tell_where(api_url: str, asked: int | None, output: Output, *, any_token: bool, variable: str = "") -> None:
    """Say where, and warn if it is not the usual port.

    Args:
        api_url: where they can be fetched.
        asked: the port that was given, if any.
        output: where to say it.
        any_token: whether any token will do.
        variable: the name of the variable in which the command that is checked finds the URL.
    """
    if in_use(api_url, asked) is not None:
        named = f" (it finds that in {variable})" if variable else ""
        # On stderr, so that it is seen whatever stdout is for: fetches from the other API fail what is in order.
        complain(
            f"port {DEFAULT_PORT} is in use, perhaps by another copper-emulator; an endpoint that fetches from there "
            f"asks the wrong one. Have it fetch from {api_url}{named}, or end the other first."
        )
    # A token is never printed: what a command prints is kept in the logs of CI.
    taken = "any token" if any_token else "the given token alone"
    output.line(f"Records can be fetched at {api_url} with {taken}; set them with --port and --token.")
