"""A fault as data: its text, and which notifications it concerns."""

from __future__ import annotations

import pytest

from copper_emulator.core.fault import WHOLE, Fault, FaultName
from copper_emulator.core.rules import Latency


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault(FaultName.LOSE, next=3), "lose=3"),
        (Fault(FaultName.LOSE, share=WHOLE // 5), "lose=20%"),
        (Fault(FaultName.LOSE, share=1), "lose=0.0001%"),
        (Fault(FaultName.OUTAGE, span_ms=600_000), "outage=10m"),
        (Fault(FaultName.LATENCY, latency=Latency(0, 0)), "latency=0"),
        (Fault(FaultName.SHUFFLE), "shuffle"),
        (Fault(FaultName.BATCHES, sizes=(29, 1)), "batches=29,1"),
        (Fault(FaultName.SLOW, span_ms=3_000, next=2), "slow=3s,2"),
        (Fault(FaultName.RETRY, next=8, span_ms=60_000), "beyond_spec.retry=8"),
        (Fault(FaultName.RETRY, next=8, span_ms=300_000), "beyond_spec.retry=8/5m"),
        (Fault(FaultName.GONE, target="https://a.example"), "gone@https://a.example"),
        (Fault(FaultName.API_STATUS, status=429, next=3), "api.status=429,3"),
        (Fault(FaultName.API_STATUS, status=503, span_ms=600_000), "api.status=503,10m"),
        (Fault(FaultName.API_SLOW, span_ms=3_000, next=2), "api.slow=3s,2"),
        (Fault(FaultName.API_HANG, next=1), "api.hang=1"),
    ],
    ids=str,
)
def test_a_fault_has_one_text(fault: Fault, text: str) -> None:
    assert str(fault) == text
    assert repr(fault) == f"<Fault {text}>"


@pytest.mark.parametrize(
    ("own", "target", "concerned"),
    [
        ("", "https://a.example/hooks", True),
        ("https://a.example", "https://a.example", True),
        ("https://a.example", "https://a.example/hooks", True),
        ("https://a.example/", "https://a.example/hooks", True),
        ("https://a.example/hooks", "https://a.example/hooks?x=1", True),
        ("https://a.example", "https://a.example.org/hooks", False),
        ("https://a.example/hooks", "https://a.example/hook", False),
        ("https://b.example", "https://a.example", False),
        # Scheme, host and port are compared as those of routes are; a path and a query are not.
        ("https://A.example:443", "https://a.example/hooks", True),
        ("https://a.example", "HTTPS://A.Example.:443/hooks", True),
        ("http://localhost:80/hooks", "http://localhost/hooks?x=1", True),
        ("https://[::1]:443", "https://[::1]/hooks", True),
        ("https://bücher.example", "https://xn--bcher-kva.example/hooks", True),
        ("https://a.example:8443", "https://a.example/hooks", False),
        ("http://a.example:443", "https://a.example/hooks", False),
        ("https://a.example/Hooks", "https://a.example/hooks", False),
        ("https://a.example:port", "https://a.example/hooks", False),
    ],
)
def test_a_fault_concerns_targets_that_begin_with_its_own(own: str, target: str, *, concerned: bool) -> None:
    assert Fault(FaultName.LOSE, next=1, target=own).concerns(target) is concerned


def test_those_of_the_api_concern_calls() -> None:
    assert [name for name in FaultName if Fault(name).of_calls] == [
        FaultName.API_STATUS,
        FaultName.API_SLOW,
        FaultName.API_HANG,
    ]


def test_what_copper_does_not_do_is_marked_where_it_is_told() -> None:
    assert Fault(FaultName.LOSE, next=1).blame == "by the fault lose=1"
    corrupt = Fault(FaultName.CORRUPT, next=1)
    assert corrupt.blame == "by the fault beyond_spec.corrupt=1, which Copper never does"
    assert [name for name in FaultName if Fault(name).beyond_spec] == [
        FaultName.DUPLICATE,
        FaultName.RETRY,
        FaultName.CORRUPT,
    ]
