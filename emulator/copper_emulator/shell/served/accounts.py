"""Which accounts does the standalone server have, and which tokens belong to them?"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING
from zlib import crc32

from copper_emulator.core.errors import StateError, UsageError
from copper_emulator.core.ids import LAST_PLACE
from copper_emulator.core.model import DEFAULT_EMAIL, Entry, Key, Kind
from copper_emulator.settings import Settings
from copper_emulator.shell.served.plan import Plan

if TYPE_CHECKING:
    # The server starts listening before it has loaded these, and most servers do not need SQLite.
    from copper_emulator.core.account import Account
    from copper_emulator.shell.persistence.rows import StoredAccount
    from copper_emulator.shell.persistence.state_writer import StateWriter
    from copper_emulator.shell.senders.http import HttpSender
    from copper_emulator.shell.served.account import ServedAccount
    from copper_emulator.shell.tenant import Tenant

DEFAULT = "default"
"""The account that exists from the start, before any token has been seen."""

_NAMED = 1_000
"""The places of accounts with names that somebody chose lie beyond this, apart from those that are counted."""


class Accounts:
    """The accounts of one server by name, and by token (a Directory, see api/credentials.py).

    Without fixed tokens an unknown one opens an account: the first becomes the key of `default`, later ones those of
    `account-2`, `account-3` and so on.

    `default` is made on first use, which loads everything an account is made of; or at once if the plan has tokens or
    routes, which may be wrong, or if there is a state file.

    Args:
        plan: how each account is made.
        group: the task group in which deliveries run.
        closing: closes the HTTP sender, after all accounts have been stopped.
        writer: writes the accounts to the state file, and knows those of an earlier server.
    """

    def __init__(
        self, plan: Plan, group: asyncio.TaskGroup, closing: AsyncExitStack, writer: StateWriter | None = None
    ) -> None:
        self.plan = plan
        self.token_advice = "Use one that the server was given with --token."
        self.loopback = True
        """Whether only this machine can reach the server."""
        self.tls_url = ""
        """The server's URL over TLS; empty without TLS."""
        self._http: HttpSender | None = None
        self._group = group
        self._closing = closing
        self._writer = writer
        self._has_begun = False
        self._has_ended = False
        self._accounts: dict[str, ServedAccount] = {}
        if writer is not None:
            self._restore_saved(writer)
        if plan.routes:
            self._all()
        for token in dict.fromkeys(plan.tokens):
            if self.known(token) is None:
                self._open(token, DEFAULT_EMAIL)

    def __iter__(self) -> Iterator[ServedAccount]:
        return iter(list(self._all().values()))

    def __len__(self) -> int:
        return len(self._accounts) or 1

    def named(self, name: str) -> ServedAccount | None:
        return self._all().get(name)

    def find(self, token: str, email: str) -> tuple[Tenant, Key] | None:
        """The account a token belongs to, by its current or an earlier key; None if the token may not open one."""
        found = self.known(token)
        if found is not None or self.plan.tokens or not email:
            return found
        tenant, key = self._open(token, email)
        text = f"account {tenant.name} belongs to the API key of {email}"
        if len(self) > 1:
            text += (
                ", which was unknown: an account of its own. From now on commands must name an account, like "
                f"--account {tenant.name}; with serve --token no key opens one"
            )
        self._all()[tenant.name].report(text)
        return tenant, key

    def known(self, token: str) -> tuple[Tenant, Key] | None:
        """Like `find`, but never opens an account."""
        for account in self._all().values():
            for key in account.tenant.account.keys:
                if key.token == token:
                    return account.tenant, key
        return None

    def hint_about(self, token: str) -> str:
        """Nothing: a server does not remember the accounts that were deleted."""
        return ""

    def refused(self, text: str) -> None:
        """Report a refused call that belongs to no account's journal to the listener."""
        self.report(Kind.REFUSED, text)

    def report(self, kind: Kind, text: str) -> None:
        """Report something that concerns no single account to the listener."""
        if self.plan.listener is not None:
            now = self._all()[DEFAULT].tenant.clock.now()
            self.plan.listener(None, Entry(0, now, kind, text))

    def begin(self) -> None:
        """Deliver from now on, in all present and future accounts."""
        self._has_begun = True
        for account in self._accounts.values():
            account.begin()

    def create(self, name: str, key: Key, settings: Settings | None, place: int) -> ServedAccount:
        """Create an account, by default with the plan's settings. Raises UsageError if name or token is taken."""
        if name in self._all():
            raise UsageError(f"there is already an account {name!r}")
        if self.known(key.token) is not None:
            raise UsageError("the token already belongs to an account")
        account = self._add(name, settings=settings, place=place)
        with account.tenant.lock:
            account.tenant.account.keys.append(key)
        return account

    async def delete(self, account: ServedAccount) -> None:
        """Delete an account with everything in it. Raises AccountGone if it has been deleted meanwhile."""
        await account.delete()
        del self._all()[account.name]
        if self._writer is not None:
            self._writer.forget(account.name)

    def write_remaining(self) -> str:
        """Try again to write to the state file; why that fails, or "" if nothing is left to write."""
        if self._writer is not None and self._writer.failure is not None:
            try:
                self._writer.write()
            except StateError as error:
                return str(error)
        return ""

    async def stop(self) -> None:
        """End the deliveries of all accounts."""
        for account in list(self._accounts.values()):
            await account.stop()

    def close(self) -> None:
        """Release everything that waits for a journal; no account is made any more."""
        self._has_ended = True
        for account in list(self._accounts.values()):
            account.close()

    def _open(self, token: str, email: str) -> tuple[Tenant, Key]:
        first = self._all()[DEFAULT]
        account = self._add(self.free_name()) if has_token(first.tenant.account) else first
        with account.tenant.lock:
            keys = account.tenant.account.keys
            # A restored account without a token takes the first one that comes.
            serial = keys.pop().serial if keys else 1
            key = Key(serial, token, email)
            keys.append(key)
        return account.tenant, key

    def free_name(self) -> str:
        """A free name for an account that nobody has named."""
        number = len(self) + 1
        while f"account-{number}" in self._all():
            number += 1
        return f"account-{number}"

    def _all(self) -> dict[str, ServedAccount]:
        """Every account; makes `default`, unless the server has ended before it was needed."""
        if DEFAULT not in self._accounts and not self._has_ended:
            self._add(DEFAULT)
        return self._accounts

    def _restore_saved(self, writer: StateWriter) -> None:
        from copper_emulator.shell.persistence.rows import StoredAccount

        for name, rows in writer.saved_rows().items():
            with writer.reading(name):
                saved = StoredAccount(rows)
                self._add(name, settings=saved.made_with, saved=saved)
        self._all()

    def _add(
        self,
        name: str,
        *,
        settings: Settings | None = None,
        saved: StoredAccount | None = None,
        place: int | None = None,
    ) -> ServedAccount:
        from copper_emulator.shell.served.account import ServedAccount

        account = ServedAccount(
            name,
            self.plan,
            self._ensure_sender(),
            self._group,
            place=place_of(name) if place is None else place,
            settings=settings,
            saved=saved,
            writer=self._writer,
        )
        self._accounts[name] = account
        if self._has_begun:
            account.begin()
        return account

    def _ensure_sender(self) -> HttpSender:
        from copper_emulator.shell.senders.http import HttpSender
        from copper_emulator.shell.tls.authority_files import kept_certificate
        from copper_emulator.shell.tls.trust import Trust

        if self._http is None:
            self._http = HttpSender(Trust(kept_certificate))
            self._closing.push_async_callback(self._http.close)
        return self._http


def place_of(name: str) -> int:
    """Where an account's ids begin (`core/ids.py`), from its name alone, so that no other account changes it."""
    if name == DEFAULT:
        return 1
    numbered = re.fullmatch(r"account-([2-9]|[1-9][0-9]{1,2})", name)
    return int(numbered[1]) if numbered else _NAMED + crc32(name.encode()) % (LAST_PLACE - _NAMED)


def has_token(account: Account) -> bool:
    """Whether the account has a token with which the API can be called."""
    return bool(account.keys and account.keys[-1].token)
