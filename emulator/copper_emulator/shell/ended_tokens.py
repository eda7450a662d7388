"""Which account did a token belong to that has ended? What outlives its test may go on calling with its token."""

from __future__ import annotations

from copper_emulator.core.surface import Surface
from copper_emulator.shell.tenant import Tenant

_KEPT = 1_000
"""Tokens that are remembered: those of the last tests."""


class EndedTokens:
    """The tokens of the accounts that ended last, with the names of their tests; the accounts are not kept."""

    def __init__(self) -> None:
        self._tests: dict[str, str] = {}

    def add(self, tenant: Tenant) -> None:
        """Remember the tokens of an account that ends."""
        is_named_after_test = tenant.surface is Surface.PYTEST or tenant.surface is Surface.PYTEST_ASYNC
        test = tenant.name if is_named_after_test else ""
        for key in tenant.account.keys:
            self._tests[key.token] = test
        while len(self._tests) > _KEPT:
            del self._tests[next(iter(self._tests))]

    def hint_about(self, token: str) -> str:
        """Who may still be using a token, and since when it is none; "" if it belonged to no account that ended."""
        test = self._tests.get(token)
        if test is None:
            return ""
        ended = f"the account of {test}, which ended with that test" if test else "an account that has ended"
        return (
            f"This is the token of {ended}. Whatever still uses it has outlived the account: a thread or worker that "
            "was not stopped, or an application that is configured only once."
        )
