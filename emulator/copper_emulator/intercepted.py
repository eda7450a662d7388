"""How does an account take the calls that are made to Copper's own hosts? Part of both faces."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from copper_emulator.core.errors import UsageError
from copper_emulator.shell.host import Host
from copper_emulator.shell.intercepting import Interception
from copper_emulator.shell.stage import Stage


class Intercepted:
    """What a face has of it."""

    _host: Host
    _interceptions: list[Interception]

    if TYPE_CHECKING:

        @cached_property
        def _stage(self) -> Stage: ...

    def intercept(self, *, token: str | None = None) -> Interception:
        """Lead `https://api.copper.com` and `https://api.prosperworks.com` to this account, from now on.

        For code that has those hosts written into it, in this process and in those it starts; docs/hosts.md has what it
        reaches. As a context manager it ends with the block, else with the account. Where several accounts intercept,
        each is reached with its own token, and the latest with any other.

        Args:
            token: the API key that the application is configured with, others are answered 401; without it, any key
                stands for the account's.

        Raises:
            UsageError: the account is one of a running server, or what it takes cannot be had.
        """
        if token is not None and not _is_token(token):
            raise UsageError(f"intercept(token=...) takes the API key that the application has, not {token!r}")
        interception = self._host.intercept(self._stage, token)
        self._interceptions.append(interception)
        return interception

    def _stop_intercepting(self) -> None:
        while self._interceptions:
            self._interceptions.pop().end()


def _is_token(value: object) -> bool:
    return isinstance(value, str) and value != "" and value.isprintable()
