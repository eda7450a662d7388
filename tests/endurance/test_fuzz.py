"""A short run of what `python -m endurance.fuzz` tries at length, and that it would find what it looks for."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from random import Random  # noqa: TID251 - the scripts draw by a seed of their own
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copper_emulator.core.errors import StateError
from endurance.asking import Answer, Findings
from endurance.calls import Call, Calls, operations
from endurance.reading import Reading, Scenarios, read_heads, read_settings
from endurance.states import States
from endurance.trying import try_server

Way = Callable[[Random, Reading], None]


@pytest.fixture(scope="module")
def states() -> Iterator[States]:
    with States.kept() as kept:
        yield kept


@pytest.fixture(scope="module")
def ways(states: States) -> dict[str, Way]:
    return {
        "heads": read_heads,
        "settings": read_settings,
        "rows": states.read_rows,
        "lines": states.read_lines,
        "snapshots": states.read_snapshot,
        "state files": states.read_file,
        "scenarios": Scenarios.shipped().read,
    }


@pytest.mark.parametrize("kind", ["heads", "settings", "rows", "lines", "snapshots", "state files", "scenarios"])
def test_whatever_is_read_is_taken_or_refused_in_words(kind: str, ways: dict[str, Way]) -> None:
    @given(draw=st.randoms(use_true_random=False))
    @settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    def holds(draw: Random) -> None:
        reading = Reading()
        ways[kind](draw, reading)
        assert reading.wrong == []

    holds()


def test_whatever_a_server_is_asked_it_answers_and_goes_on() -> None:
    tried = try_server({"api": 700, "control": 500, "page": 100, "proxy": 60}, "tests", lambda: False)

    assert [text for findings in tried.findings.values() for text in findings.wrong] == []
    assert tried.told is not None
    assert (tried.told.code, tried.told.stderr) == (0, "")
    assert all(tried.findings[surface].statuses[200] for surface in ("api", "control", "page"))


# --- it would find it ---------------------------------------------------------------------------------------

CALL = Call(b"GET /developer_api/v1/webhooks HTTP/1.1\r\n\r\n", "GET", "/developer_api/v1/webhooks")
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (Answer(200, JSON, b"[]"), ""),
        (Answer(500, JSON, b"{}"), "answered 500"),
        (Answer(503, JSON, b"{}"), "answered 503"),
        (Answer(400, JSON, b"{"), "answered 400 with broken JSON"),
        (Answer(400, b"HTTP/1.1 400 Bad\r\nContent-Type: text/plain\r\n\r\n", b"no"), "answered 400 without JSON"),
    ],
)
def test_an_answer_that_is_not_right_is_found(answer: Answer, found: str) -> None:
    findings = Findings()
    findings.look(CALL, answer)

    assert [text.startswith(found) for text in findings.wrong] == ([True] if found else [])


@pytest.mark.parametrize(("error", "wrong"), [(StateError("damaged"), 0), (StateError(""), 1), (KeyError("x"), 1)])
def test_an_error_that_is_not_promised_or_says_nothing_is_found(error: Exception, wrong: int) -> None:
    def read(given: object) -> None:
        raise error

    reading = Reading()
    reading.one(read, "input", StateError)
    assert len(reading.wrong) == wrong


def test_the_same_seed_and_number_make_the_same_input() -> None:
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": {"name": {}}}}}}
    document: dict[str, Any] = {"paths": {"/people": {"post": {"requestBody": body}}}}
    calls = Calls("/developer_api/v1", operations(document, {}), {"Host": "127.0.0.1"})

    made = [[calls.call(Random(f"seed:{number}")) for number in range(200)] for _ in range(2)]
    assert made[0] == made[1]
    assert len({call.raw for call in made[0]}) > 20


def test_a_server_that_is_tried_out_reaches_no_other_program() -> None:
    """Otherwise it could send to wherever a mutated port leads."""
    program = "import endurance.watched as w, socket, sys; w.shut(); socket.create_connection(('127.0.0.1', {port}))"
    with socket.create_server(("127.0.0.1", 0)) as other:
        command = [sys.executable, "-c", program.format(port=other.getsockname()[1])]
        told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert "ConnectionRefusedError" in told.stderr
    assert "nothing beyond this process is reached here" in told.stderr
