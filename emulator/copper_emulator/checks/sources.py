"""Where does a state come from if not from a Python function? From a URL of the endpoint, or from a command."""

from __future__ import annotations

import json
import shlex
import subprocess
from http.client import HTTPException
from typing import IO, Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from copper_emulator.checks.state import NobodyThere, Source, StateError
from copper_emulator.core.errors import raised_on_purpose

__tracebackhide__ = raised_on_purpose

PATIENCE = 30.0
"""Seconds to wait for a state."""

_MAX_BYTES = 64 * 1024 * 1024


def from_url(url: str) -> Source:
    """Read the state with `GET url`. Redirects are not followed: they may lead to hosts that nobody has allowed."""
    opener = build_opener(ProxyHandler({}), _NoRedirects())

    def read() -> object:
        try:
            with opener.open(Request(url, headers={"Accept": "application/json"}), timeout=PATIENCE) as answer:
                raw: bytes = answer.read(_MAX_BYTES)
                # What was announced and did not come: `read` with a limit raises nothing for it.
                lacking: int = answer.length or 0
        except HTTPError as error:
            error.close()
            raise StateError(f"GET {url} was answered {error.code}; it must answer 200 with the state") from None
        except (OSError, HTTPException, ValueError) as error:
            raise NobodyThere(f"GET {url}: {_reason(error)}") from None
        if len(raw) == _MAX_BYTES:
            raise StateError(f"GET {url} answered with {_MAX_BYTES // 2**20} MiB or more; a state must be smaller")
        if lacking:
            raise NobodyThere(f"GET {url}: the answer broke off, {lacking} bytes before its end")
        return _parsed(raw, f"GET {url} answered")

    return read


def from_command(command: str) -> Source:
    """Read the state that a command prints. Raises StateError if there is no command in the text."""
    words = _words(command)

    def read() -> object:
        try:
            done = subprocess.run(words, check=False, capture_output=True, timeout=PATIENCE)
        except (OSError, subprocess.TimeoutExpired, ValueError) as error:
            raise StateError(f"the state's command {words[0]!r} cannot be run: {error}") from None
        if done.returncode:
            last_line = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise StateError(
                f"the state's command ended with {done.returncode}: {' '.join(last_line) or 'it said nothing'}"
            )
        return _parsed(done.stdout, "the state's command printed")

    return read


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise StateError(f"the state's command cannot be read: {error}") from None
    if not words:
        raise StateError("the state's command is empty")
    return words


def _parsed(raw: bytes, what: str) -> object:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        shown = raw[:60].decode("utf-8", "replace")
        raise StateError(f"{what} {shown!r}, which is not JSON") from None


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", "") or error) or type(error).__name__


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        return None
