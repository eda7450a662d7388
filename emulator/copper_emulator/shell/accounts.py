"""Which accounts does the standalone server have, and whose token is whose?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from copper_emulator.core.account import Account
from copper_emulator.core.errors import StateError, UsageError
from copper_emulator.core.model import DEFAULT_EMAIL, Entry, Key, Kind
from copper_emulator.settings import Settings
from copper_emulator.shell.senders.http import HttpSender
from copper_emulator.shell.served_account import Plan, ServedAccount
from copper_emulator.shell.stage import Stage
from copper_emulator.shell.stage_rows import Found

if TYPE_CHECKING:
    # With it comes SQLite, which most servers have no need of.
    from copper_emulator.shell.keeping import Keeper

DEFAULT = "default"
"""The account that is there from the start, before any token has been seen."""


class Accounts:
    """The accounts of one server by name, and by token (a Directory, see app.py).

    Without fixed tokens an unknown one opens an account: the first becomes the key of `default`, later ones those of
    `account-2`, `account-3` and so on.
    """

    def __init__(self, plan: Plan, http: HttpSender, group: asyncio.TaskGroup, keeper: Keeper | None = None) -> None:
        self.plan = plan
        self.token_advice = "Use one that the server was given with --token."
        self.loopback = True
        """Whether only this machine can reach the server."""
        self.tls_url = ""
        """Where the server is reached over TLS; empty where it is not."""
        self._http = http
        self._group = group
        self._keeper = keeper
        self._begun = False
        self._accounts: dict[str, ServedAccount] = {}
        for name, rows in ({} if keeper is None else keeper.found()).items():
            found = Found(rows)
            self._add(name, settings=found.made_with, found=found)
        if DEFAULT not in self._accounts:
            self._add(DEFAULT)
        for token in dict.fromkeys(plan.tokens):
            if self.known(token) is None:
                self._open(token, DEFAULT_EMAIL)

    def __iter__(self) -> Iterator[ServedAccount]:
        return iter(list(self._accounts.values()))

    def __len__(self) -> int:
        return len(self._accounts)

    def named(self, name: str) -> ServedAccount | None:
        return self._accounts.get(name)

    def find(self, token: str, email: str) -> tuple[Stage, Key] | None:
        """The account a token belongs to, by its current or an earlier key; None where it may not open one."""
        found = self.known(token)
        if found is not None or self.plan.tokens or not email:
            return found
        stage, key = self._open(token, email)
        self._accounts[stage.name].tell(f"account {stage.name} belongs to the API key of {email}")
        return stage, key

    def known(self, token: str) -> tuple[Stage, Key] | None:
        """The same, but none is opened."""
        for account in self:
            for key in account.stage.account.keys:
                if key.token == token:
                    return account.stage, key
        return None

    def refused(self, text: str) -> None:
        """Tell the listener of a call that no account's journal can tell of."""
        self.tell(Kind.REFUSED, text)

    def tell(self, kind: Kind, text: str) -> None:
        """Say something to the listener that is no account's alone."""
        if self.plan.listener is not None:
            now = self._accounts[DEFAULT].stage.clock.now()
            self.plan.listener(None, Entry(0, now, kind, text))

    def begin(self) -> None:
        """Deliver from now on, for those that there are and those that will be."""
        self._begun = True
        for account in self:
            account.begin()

    def create(self, name: str, key: Key, settings: Settings | None) -> ServedAccount:
        """A new account, with settings of its own where they are given. Raises UsageError where it is there."""
        if name in self._accounts:
            raise UsageError(f"there is an account {name!r} already")
        if self.known(key.token) is not None:
            raise UsageError("the token belongs to an account already")
        made = self._add(name, settings=settings)
        with made.stage.lock:
            made.stage.account.keys.append(key)
        return made

    async def delete(self, account: ServedAccount) -> None:
        """Take an account away, with all that is in it. Raises AccountGone where somebody else has."""
        await account.delete()
        del self._accounts[account.name]
        if self._keeper is not None:
            self._keeper.forget(account.name)

    def unwritten(self) -> str:
        """Why what happens cannot be written to the state file, having tried it again; nothing where it can."""
        if self._keeper is not None and self._keeper.failure is not None:
            try:
                self._keeper.write()
            except StateError as error:
                return str(error)
        return ""

    async def stop(self) -> None:
        """End the deliveries of all accounts."""
        for account in self:
            await account.stop()

    def close(self) -> None:
        """Let all who wait for a journal go."""
        for account in self:
            account.close()

    def _open(self, token: str, email: str) -> tuple[Stage, Key]:
        first = self._accounts[DEFAULT]
        account = self._add(self.free_name()) if has_token(first.stage.account) else first
        with account.stage.lock:
            keys = account.stage.account.keys
            # A restored account waits for the token of whoever comes.
            serial = keys.pop().serial if keys else 1
            key = Key(serial, token, email)
            keys.append(key)
        return account.stage, key

    def free_name(self) -> str:
        """The name of the next account of which nobody says what it is called."""
        number = len(self) + 1
        while f"account-{number}" in self._accounts:
            number += 1
        return f"account-{number}"

    def _add(self, name: str, *, settings: Settings | None = None, found: Found | None = None) -> ServedAccount:
        added = ServedAccount(
            name, self.plan, self._http, self._group, settings=settings, found=found, keeper=self._keeper
        )
        self._accounts[name] = added
        if self._begun:
            added.begin()
        return added


def has_token(account: Account) -> bool:
    """Whether anybody can call the API for it."""
    return bool(account.keys and account.keys[-1].token)
