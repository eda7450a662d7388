"""How the commands talk to a running server, and what they say if that fails."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPException
from typing import Any

from copper_emulator import control_client
from copper_emulator.cli import Failure, WrongUse
from copper_emulator.cli.advice import named_as_options, repeated
from copper_emulator.cli.output import complain
from copper_emulator.control_client import (
    DEFAULT_URL,
    PROMPT_SECONDS,
    ControlError,
    Stranger,
    Unreachable,
    account_path,
)
from copper_emulator.core.errors import UsageError
from copper_emulator.version import __version__

__all__ = ["DEFAULT_URL", "Client"]

_MISUSED = frozenset({400, 422})
"""Statuses that mean a wrong request, reported like a wrong option.

404 is not among them: the request was understood but names something that does not exist.
"""

_NOT_THERE = 404

_TIMED_OUT = 408

_PATH = "/_emulator/"


def _origin_of(url: str) -> str:
    """Where a server's URL was given: by the option, unless the variable has it."""
    variable = "COPPER_EMULATOR_URL"
    return variable if os.environ.get(variable) == url else "--server"


class _Unmet(Failure):
    """A wait was in vain: the message, which lists what came closest, keeps its lines."""

    def show(self, file: Any = None) -> None:
        complain(self.message)


class Client:
    """The control API of one server. Every method raises Failure: one line for people, except after a time-out.

    Args:
        url: the server's.
        prompt: seconds in which it must answer requests that depend on nothing else.
    """

    def __init__(self, url: str, *, prompt: float = PROMPT_SECONDS) -> None:
        try:
            self._client = control_client.Client(url)
        except UsageError as error:
            raise WrongUse(f"{_origin_of(url)} {error}") from None
        self.url = self._client.url
        self._prompt = prompt
        self._answers = False
        """Whether the server has answered before."""

    def get(
        self, path: str, query: Mapping[str, Any] | None = None, *, waits: float = 0.0, is_long: bool = False
    ) -> dict[str, Any]:
        """Get something.

        Args:
            path: below that of the control API.
            query: its parameters; None is left out.
            waits: seconds that the server itself is asked to wait.
            is_long: whether a large account may make the answer slow, so that there is no time limit.
        """
        if is_long:
            self._look()
        return self._asked(lambda: self._client.get(path, query, within=None if is_long else self._prompt + waits))

    def post(self, path: str, body: Mapping[str, Any], *, waits: float | None = None) -> dict[str, Any]:
        """Do something. Without `waits` there is no time limit: endpoints may be called and take long."""
        self._look()
        within = None if waits is None else self._prompt + waits
        return self._asked(lambda: self._client.post(path, body, within=within))

    def delete(self, path: str) -> dict[str, Any]:
        self._look()
        return self._asked(lambda: self._client.delete(path))

    def events(self, path: str, query: Mapping[str, Any], *, after: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Server-sent events after the one with an id, as (name, data), until the server ends the stream."""
        with self._told():
            yield from self._client.events(path, query, after=after)

    def account(self, name: str | None) -> str:
        """The path of the named account or, without a name, of the only one."""
        if name is None:
            names = [account["name"] for account in self.get("/accounts")["accounts"]]
            if len(names) != 1:
                again = repeated("--account", names[0])
                raise WrongUse(
                    "the server has several accounts, as each new token may open one; choose one with --account or "
                    f"COPPER_EMULATOR_ACCOUNT: {', '.join(names)}; like {again}"
                )
            name = names[0]
        return account_path(name)

    def _look(self) -> None:
        """Before a slow request, make sure that the server answers at all."""
        if not self._answers:
            self.get("/health")

    def _asked(self, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        # No connection is kept: a command makes only one or two requests.
        with self._told(), closing(self._client):
            answer = ask()
        self._answers = True
        return answer

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except ControlError as error:
            if error.status == _TIMED_OUT:
                raise _Unmet(named_as_options(str(error))) from None
            # An unknown path, not an unknown object: the server's message names the full path.
            of_another = self._of_another_version() if error.status == _NOT_THERE and _PATH in error.error else ""
            text = f"{named_as_options(str(error))}{of_another}"
            raise (WrongUse if error.status in _MISUSED else Failure)(text) from None
        except Unreachable as error:
            raise Failure(self._unreachable(error.error)) from None
        except Stranger as error:
            raise Failure(f"{error}{self._of_another_version()}") from None
        except UsageError as error:
            raise Failure(str(error)) from None

    def _of_another_version(self) -> str:
        """A hint if the server has another version, which may be why it does not know something."""
        try:
            with closing(self._client):
                version = str(self._client.get("/health", within=self._prompt)["version"])
        except (UsageError, KeyError):
            return ""
        return "" if version == __version__ else f"; the server is version {version[:40]}, this command {__version__}"

    def _unreachable(self, error: Exception) -> str:
        if isinstance(error, HTTPException):
            return f"{Stranger(self.url)}, or it has been stopped since"
        what = "nothing answers" if isinstance(error, ConnectionRefusedError) else f"no answer ({error})"
        return (
            f"{what} at {self.url}: start a server with copper-emulator serve, or name another with --server URL "
            "or COPPER_EMULATOR_URL"
        )
