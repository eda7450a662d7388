"""What checks need from the shell: a second account, a slow API, a port of one's own, rounds in which time passes."""

from __future__ import annotations

import socket
import urllib.request

import pytest

from copper_emulator import Emulator, Settings
from copper_emulator.core.ids import Counters
from copper_emulator.shell.clock import VirtualClock, monotonic
from copper_emulator.shell.delivering.in_tests import PAUSE
from copper_emulator.shell.host import Host


def test_an_account_beside_has_the_same_keys_and_nothing_else() -> None:
    with Emulator() as copper:
        copper.people.create(name="Ada")
        tenant, own = copper._here, copper._tenant.account

        with tenant.temporary_account(Settings(batch=1), Counters(), VirtualClock(0)) as other:
            assert tenant.account is other
            assert other.keys == own.keys
            assert (len(other.journal.entries), tenant.settings.batch, tenant.now()) == (0, 1, 0)

        assert tenant.account is own
        assert tenant.settings.batch == 30
        assert tenant.now() > 0


def test_an_account_beside_is_put_away_when_the_block_fails() -> None:
    with Emulator() as copper:
        own = copper._tenant.account
        with pytest.raises(ZeroDivisionError), copper._here.temporary_account(Settings(), Counters(), VirtualClock()):
            _ = 1 / 0

        assert copper._tenant.account is own


def test_what_is_called_in_an_account_beside_is_not_among_the_calls_of_the_own_one() -> None:
    with Emulator() as copper:
        with copper._here.temporary_account(Settings(), Counters(), VirtualClock(0)):
            urllib.request.urlopen(urllib.request.Request(f"{copper.api_url}/users", headers=copper.headers)).close()
            assert len(copper.api_calls) == 1

        assert copper.api_calls == []


def test_a_host_listens_where_it_is_told() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    host = Host(port=port)

    assert host.url() == f"http://127.0.0.1:{port}"
    host.close()


def test_an_empty_round_takes_a_moment() -> None:
    with Emulator() as copper:
        began = monotonic()
        assert copper._dispatcher.send([]) == []
        assert monotonic() - began >= PAUSE
