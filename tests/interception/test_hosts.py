"""Which hosts are Copper's is told in the two places that may not know each other."""

from copper_emulator.core.targets import COPPER_HOSTS
from copper_emulator.interception.hosts import HOSTS


def test_nothing_is_ever_delivered_to_a_host_that_is_intercepted() -> None:
    assert COPPER_HOSTS.issuperset(HOSTS)
