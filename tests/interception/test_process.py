"""Interceptions may begin and end in any order: the latest one counts, and the last end restores everything."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from copper_emulator.interception.process import Process
from copper_emulator.interception.variables import ChildVariables
from copper_emulator.interception.ways import Way

NAMES = ("COPPER_TRIED_A", "COPPER_TRIED_B")
VARIABLES = st.dictionaries(st.sampled_from(NAMES), st.sampled_from("xyz"))


def way(number: int, told: Mapping[str, str]) -> Way:
    return Way("127.0.0.1", number, "", make_variables=lambda: ChildVariables(told))


@settings(deadline=None)
@given(
    before=VARIABLES,
    told=st.lists(VARIABLES, min_size=1, max_size=4),
    turns=st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=20),
)
def test_the_latest_decides_in_any_order(
    before: dict[str, str], told: list[dict[str, str]], turns: list[tuple[bool, int]]
) -> None:
    for name in NAMES:
        os.environ.pop(name, None)
    os.environ.update(before)
    environment, getaddrinfo = dict(os.environ), socket.getaddrinfo
    process, ways = Process(), [way(number, each) for number, each in enumerate(told)]
    present: list[Way] = []

    for begins, number in [*turns, *((False, number) for number in range(4))]:
        if number >= len(ways):
            continue
        chosen = ways[number]
        if begins and chosen not in present:
            process.begin(chosen)
            present.append(chosen)
        elif not begins:
            process.end(chosen)
            present = [each for each in present if each is not chosen]
        latest = present[-1] if present else None
        assert process.way() is latest
        assert dict(os.environ) == {**environment, **(told[latest.port] if latest is not None else {})}
        assert (socket.getaddrinfo is getaddrinfo) == (latest is None)

    assert process.ways() == ()
    for name in before:
        del os.environ[name]
