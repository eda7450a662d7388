"""What is said of tokens whose accounts have ended, and for how many."""

from __future__ import annotations

import gc
import weakref

import pytest

from copper_emulator.core.model import Key
from copper_emulator.core.surface import Surface
from copper_emulator.settings import Settings
from copper_emulator.shell.clock import VirtualClock
from copper_emulator.shell.ended_tokens import EndedTokens
from copper_emulator.shell.tenant import Tenant


def tenant(token: str, *, surface: Surface = Surface.PYTEST) -> Tenant:
    return Tenant("test_one", Settings(), VirtualClock(), key=Key(1, token, "ada@example.com"), surface=surface)


@pytest.mark.parametrize("surface", [Surface.PYTEST, Surface.PYTEST_ASYNC])
def test_an_account_of_a_fixture_is_called_by_its_test(surface: Surface) -> None:
    tokens = EndedTokens()
    tokens.add(tenant("right", surface=surface))

    assert tokens.hint_about("right").startswith("This is the token of the account of test_one, which ended with that")


@pytest.mark.parametrize("surface", [Surface.PYTHON, Surface.FACTORY])
def test_others_have_no_name_that_says_anything(surface: Surface) -> None:
    tokens = EndedTokens()
    tokens.add(tenant("right", surface=surface))

    assert tokens.hint_about("right").startswith("This is the token of an account that has ended. Whatever still uses")


def test_nothing_is_said_of_a_token_that_nobody_had() -> None:
    assert EndedTokens().hint_about("unknown") == ""


def test_an_earlier_key_of_the_account_is_one_of_its_tokens() -> None:
    ended, tokens = tenant("first"), EndedTokens()
    ended.switch_key()
    tokens.add(ended)

    assert tokens.hint_about("first") == tokens.hint_about(ended.account.key.token) != ""


def test_the_last_thousand_are_remembered_and_no_account_with_them() -> None:
    tokens = EndedTokens()
    accounts = []
    for number in range(1_001):
        ended = tenant(f"token {number}")
        accounts.append(weakref.ref(ended.account.records))
        tokens.add(ended)
    del ended
    gc.collect()

    assert [tokens.hint_about(f"token {number}") != "" for number in (0, 1, 1_000)] == [False, True, True]
    assert [account for account in accounts if account() is not None] == []
