"""How do the commands talk to a running server, and what do they say when that fails?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPException
from typing import Any

from copper_emulator import control_client
from copper_emulator.cli import Failure, WrongUse
from copper_emulator.cli.output import complain
from copper_emulator.control_client import DEFAULT_URL, ControlError, Stranger, Unreachable, account_path
from copper_emulator.core.errors import UsageError

__all__ = ["DEFAULT_URL", "Client"]

_MISUSED = frozenset({400, 422})
"""Statuses that tell of something wrong in what was asked for, as an option of ours that cannot be would be.

What names something that is not there (404) is understood, and could not be done.
"""

_TIMED_OUT = 408


class _Unmet(Failure):
    """What was waited for did not come: what came closest is a list, and is read as one."""

    def show(self, file: Any = None) -> None:
        complain(self.message)


class Client:
    """The control API of one server. Every method raises Failure, which but for a time-out is one line for people."""

    def __init__(self, url: str) -> None:
        try:
            self._client = control_client.Client(url)
        except UsageError as error:
            raise WrongUse(f"--server {error}") from None
        self.url = self._client.url

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return self._asked(lambda: self._client.get(path, query))

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._asked(lambda: self._client.post(path, body))

    def delete(self, path: str) -> dict[str, Any]:
        return self._asked(lambda: self._client.delete(path))

    def events(self, path: str, query: Mapping[str, Any], *, after: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Server-sent events after the one with an id, as (name, data), until the server ends the stream."""
        with self._told():
            yield from self._client.events(path, query, after=after)

    def account(self, name: str | None) -> str:
        """The path of the account that is meant: the named one, or the only one."""
        if name is None:
            names = [account["name"] for account in self.get("/accounts")["accounts"]]
            if len(names) != 1:
                raise WrongUse(
                    "the server has several accounts; choose one with --account or "
                    f"COPPER_EMULATOR_ACCOUNT: {', '.join(names)}"
                )
            name = names[0]
        return account_path(name)

    def _asked(self, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        # A command asks once or twice, and keeps no connection for that.
        with self._told(), closing(self._client):
            return ask()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except ControlError as error:
            if error.status == _TIMED_OUT:
                raise _Unmet(str(error)) from None
            raise (WrongUse if error.status in _MISUSED else Failure)(str(error)) from None
        except Unreachable as error:
            raise Failure(self._unreachable(error.error)) from None
        except UsageError as error:
            raise Failure(str(error)) from None

    def _unreachable(self, error: Exception) -> str:
        if isinstance(error, HTTPException):
            return f"{Stranger(self.url)}, or it was stopped meanwhile"
        what = "nothing answers" if isinstance(error, ConnectionRefusedError) else f"no answer ({error})"
        return (
            f"{what} at {self.url}: start a server with copper-emulator serve, or name another with --server URL "
            "or COPPER_EMULATOR_URL"
        )
