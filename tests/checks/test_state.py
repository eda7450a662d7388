"""The forms that a state may have, the messages about others, and how it is compared with Copper's records."""

from __future__ import annotations

import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from copper_emulator import UsageError
from copper_emulator.checks.sources import from_command, from_url
from copper_emulator.checks.state import NobodyThere, StateError, believed, difference
from copper_emulator.core.model import EntityType
from tests.checks.served import served

PERSON = EntityType.PERSON


@pytest.mark.parametrize(
    ("state", "understood"),
    [
        ({}, {}),
        ({"person": {}}, {"person": {}}),
        ({"person": {"17": {"name": "Ada"}}}, {"person": {17: [{"name": "Ada"}]}}),
        ({"person": {17: {"name": "Ada"}}}, {"person": {17: [{"name": "Ada"}]}}),
        ({"person": {"17": None, "18": True}}, {"person": {17: [{}], 18: [{}]}}),
        ({"person": [17, "18"]}, {"person": {17: [{}], 18: [{}]}}),
        ({"lead": [{"id": 17, "name": "Ada"}]}, {"lead": {17: [{"id": 17, "name": "Ada"}]}}),
        ({"lead": [17, {"id": "17", "name": "Ada"}]}, {"lead": {17: [{}, {"id": "17", "name": "Ada"}]}}),
        ({"activity_log": (17,)}, {"activity_log": {17: [{}]}}),
        # The check itself sends a type that does not exist; others are mistakes.
        ({"invoice": [17], "person": [18]}, {"person": {18: [{}]}}),
    ],
)
def test_what_a_state_may_be(state: object, understood: object) -> None:
    assert believed(state) == understood


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ([17], "a state is an object of types"),
        ({"people": [17]}, r"the state's types: there is no type 'people'; did you mean 'person'\?"),
        ({"person": 17}, "the state's person is 17"),
        ({"person": "17"}, "the state's person is '17'"),
        ({"person": ["a"]}, "the state's person has 'a' where an id should be"),
        ({"person": [True]}, "has True where an id should be"),
        ({"person": [{"name": "Ada"}]}, "has None where an id should be"),
        ({"person": {"17": "Ada"}}, "has 'Ada' for a record"),
    ],
)
def test_what_a_state_may_not_be_is_said(state: object, says: str) -> None:
    with pytest.raises(StateError, match=says):
        believed(state)
    assert issubclass(StateError, UsageError)


@pytest.mark.parametrize(
    ("copies", "truth", "says"),
    [
        ([], None, ""),
        ([], {"name": "Ada"}, "person 17 is missing from the state"),
        ([{}], None, "person 17 is in the state, but not at Copper"),
        ([{}, {}], None, "person 17 is in the state, but not at Copper"),
        ([{}, {"name": "Ada"}], {"name": "Ada"}, "person 17 is in the state 2 times"),
        ([{}], {"name": "Ada"}, ""),
        ([{"name": "Ada"}], {"name": "Ada", "title": None}, ""),
        ([{"name": "Eve"}], {"name": "Ada"}, "person 17: name is 'Eve' in the state and 'Ada' at Copper"),
        ([{"nickname": "A"}], {"name": "Ada"}, ""),
        ([{"tags": ("a",)}], {"tags": ["a"]}, ""),
        ([{"value": 5.0}], {"value": 5}, ""),
    ],
)
def test_a_copy_is_compared_by_its_own_fields(copies: Any, truth: Any, says: str) -> None:
    assert difference(PERSON, 17, copies, truth) == says


LONG = [{"custom_field_definition_id": number, "value": None} for number in range(100_764, 100_767)]


@pytest.mark.parametrize(
    ("mine", "theirs", "says"),
    [
        ([*LONG, 3], [*LONG, 4], "fields[3] is 3 in the state and 4 at Copper"),
        (LONG, [*LONG, 4], "fields[3] is nothing in the state and 4 at Copper"),
        (
            [*LONG[:2], {"value": 1}],
            LONG,
            "fields[2] is {'value': 1} in the state and {'custom_field_definition_id': 1",
        ),
        ({"a": LONG, "b": 1}, {"a": LONG}, "fields.b is 1 in the state and nothing at Copper"),
        ({"a": LONG, "b": {"c": 1}}, {"a": LONG, "b": {"c": 2}}, "fields.b is {'c': 1} in the state and {'c': 2}"),
        (f"{'a' * 90}Ada", f"{'a' * 90}Eve", f"fields is '...{'a' * 20}Ada' in the state and '...{'a' * 20}Eve' at"),
        ("a" * 90, "a" * 91, f"fields is '...{'a' * 20}' in the state and '...{'a' * 21}' at Copper"),
    ],
)
def test_of_values_that_begin_alike_the_part_is_shown_that_differs(mine: Any, theirs: Any, says: str) -> None:
    assert f"person 17: {says}" in difference(PERSON, 17, [{"fields": mine}], {"fields": theirs})


def test_a_long_value_is_shortened() -> None:
    assert len(difference(PERSON, 17, [{"details": "a" * 5000}], {"details": "b" * 5000})) < 220


def test_a_command_prints_the_state() -> None:
    assert from_command(f"""{sys.executable} -c 'print("{{}}")'""")() == {}


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("no-such-command-anywhere", "cannot be run"),
        (f"{sys.executable} -c 'raise SystemExit(\"no table\")'", "ended with 1: no table"),
        (f"{sys.executable} -c 'raise SystemExit(3)'", "ended with 3: it said nothing"),
        (f"{sys.executable} -c 'print(17, 18)'", "which is not JSON"),
        ("", "is empty"),
        ("'", "cannot be read"),
    ],
)
def test_a_command_that_does_not_is_told(command: str, says: str) -> None:
    with pytest.raises(StateError, match=says):
        from_command(command)()


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        ("200 OK", b"<p>", "which is not JSON"),
        ("404 Not Found", b"", "was answered 404"),
        ("302 Found", b"", "was answered 302"),
    ],
)
def test_a_url_that_has_no_state_is_told(status: str, body: bytes, says: str) -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response(status, [("Location", "http://127.0.0.1:9/")])
        return [body]

    with served(app) as url, pytest.raises(StateError, match=says):
        from_url(url)()


def test_a_url_where_nobody_is_is_told() -> None:
    with pytest.raises(StateError, match="refused"):
        from_url("http://127.0.0.1:9/state")()


def test_an_answer_that_breaks_off_is_nobody_there() -> None:
    """As of a service that ends while it answers."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 40\r\n\r\n"
    for sent, says in ((b"", "broke off, 40 bytes"), (b'{"person": {', "broke off, 28 bytes")):
        with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
            port = listener.getsockname()[1]
            answered = pool.submit(_answer_once, listener, head + sent)
            with pytest.raises(NobodyThere, match=says):
                from_url(f"http://127.0.0.1:{port}/state")()
            answered.result()


def _answer_once(listener: socket.socket, raw: bytes) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(raw)
