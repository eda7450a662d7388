"""An account is created when it is first used, whatever uses it, only once, and never if nothing uses it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from copper_emulator import AsyncEmulator, Emulator, UsageError
from copper_emulator.first_use import FirstUse
from copper_emulator.operations import LocalOperations
from copper_emulator.settings import Settings
from copper_emulator.shell.clock import VirtualClock
from copper_emulator.shell.host import Host
from copper_emulator.shell.tenant import Tenant

THREADS = 8


class CountingHost(Host):
    """Records which accounts it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[Tenant] = []
        self.served: list[Tenant] = []

    def add(self, tenant: Tenant) -> None:
        self.given.append(tenant)
        self.served.append(tenant)
        super().add(tenant)

    def remove(self, tenant: Tenant) -> None:
        self.served.remove(tenant)
        super().remove(tenant)

    def tls_url(self) -> str:
        raise OSError("no port is free")


@pytest.fixture
def host() -> Iterator[CountingHost]:
    made = CountingHost()
    yield made
    made.close()


def made() -> LocalOperations:
    return LocalOperations(Tenant("test", Settings(), VirtualClock()))


def test_nothing_is_made_where_nothing_is_done(host: CountingHost) -> None:
    with Emulator(host=host) as copper:
        assert copper.verdict() == ""
        assert copper.drawn_from is None
    assert host.given == []


def test_nor_for_an_asynchronous_test(host: CountingHost) -> None:
    async def nothing_done() -> None:
        async with AsyncEmulator(host=host):
            pass

    asyncio.run(nothing_done())
    assert host.given == []


def test_it_is_served_from_its_first_use_to_its_end(host: CountingHost) -> None:
    with Emulator(host=host) as copper:
        found = host.known(copper.token)
        assert found is not None
        assert host.served == [found[0]]
    assert host.served == []


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Make threads switch in the middle of what others do."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("hasty_threads")
def test_threads_that_use_it_first_use_the_same(host: CountingHost) -> None:
    together = Barrier(THREADS)

    def use(account: FirstUse) -> LocalOperations:
        together.wait()
        return account.operations()

    with ThreadPoolExecutor(THREADS) as threads:
        for _ in range(50):
            account = FirstUse(host, made)
            assert len({id(each) for each in threads.map(use, [account] * THREADS)}) == 1
    assert len(host.given) == 50


def test_first_looked_at_after_its_end_it_is_empty_and_has_ended(host: CountingHost) -> None:
    with Emulator(host=host) as copper:
        pass
    assert copper.journal == []
    with pytest.raises(UsageError, match="has ended"):
        copper.people.create(name="Ada")
    assert host.given == []


def test_one_that_cannot_intercept_is_not_served(host: CountingHost) -> None:
    with pytest.raises(UsageError, match="no port is free"), Emulator(host=host, intercept=True):
        pass
    assert host.served == []


class FullHost(Host):
    """Serves no account, for a reason that Python takes for a missing attribute."""

    def add(self, tenant: Tenant) -> None:
        raise AttributeError("the host is full")


@pytest.mark.parametrize("name", ["api_url", "token", "people", "faults", "_tenant"])
def test_an_error_in_a_property_is_not_taken_for_a_missing_name(name: str) -> None:
    host = FullHost()

    async def asked() -> None:
        async with AsyncEmulator(host=host) as copper:
            getattr(copper, name)

    with pytest.raises(AttributeError, match=r"^the host is full$"), Emulator(host=host) as copper:
        getattr(copper, name)
    with pytest.raises(AttributeError, match=r"^the host is full$"):
        asyncio.run(asked())


@pytest.mark.parametrize("emulator", [Emulator, AsyncEmulator])
@pytest.mark.parametrize("wrong", ["127.0.0.1", 8080, Host], ids=["address", "port", "class"])
def test_what_is_no_host_is_refused_and_says_where_an_address_is_given(
    emulator: type[Emulator | AsyncEmulator], wrong: object
) -> None:
    with pytest.raises(UsageError) as raised:
        emulator(host=wrong)  # type: ignore[arg-type]  # the wrong type is what is tested

    assert str(raised.value).startswith(f"host must be a Host, to share its server thread, not {wrong!r}. ")
    assert str(raised.value).endswith("copper-emulator serve --bind ADDRESS")
