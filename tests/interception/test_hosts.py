"""The three places that list Copper's hosts, and may not import each other, agree."""

from __future__ import annotations

import re
from pathlib import Path

import copper_emulator.executing
from copper_emulator.core.targets import is_copper
from copper_emulator.interception.hosts import HOSTS

PRELOAD = Path(copper_emulator.executing.__file__).with_name("preload.cjs")


def test_nothing_is_ever_delivered_to_a_host_that_is_intercepted() -> None:
    assert all(is_copper(host) for host in HOSTS)


def test_node_redirects_the_same_hosts() -> None:
    [written] = re.findall(r"HOSTS = new Set\(\[(.*?)\]\)", PRELOAD.read_text())

    assert re.findall(r"'(.*?)'", written) == list(HOSTS)
