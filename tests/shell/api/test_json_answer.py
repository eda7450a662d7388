"""The bytes of an answer: for clients of HTTP/1.1 and 1.0, that keep the connection or not, with and without a body."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from email.utils import parsedate_to_datetime

import pytest

from copper_emulator import Copper
from copper_emulator.shell.clock import real_now
from tests.shell.api.client import BASE, HINT

PATH = f"{BASE}/webhooks"


class Wire:
    """A client's connection that shows every byte."""

    def __init__(self, copper: Copper) -> None:
        host, port = copper.api_url.split("/")[2].split(":")
        self.connection = socket.create_connection((host, int(port)), timeout=20)
        self.reader = self.connection.makefile("rb")
        self.credentials = "".join(f"{name}: {value}\r\n" for name, value in copper.headers.items())

    def close(self) -> None:
        self.reader.close()
        self.connection.close()

    def send(self, first: str, *lines: str, body: str = "") -> None:
        more = "".join(f"{line}\r\n" for line in lines)
        length = f"Content-Length: {len(body)}\r\n"
        self.connection.sendall(f"{first}\r\nHost: copper\r\n{self.credentials}{more}{length}\r\n{body}".encode())

    def head(self) -> tuple[str, dict[str, str]]:
        first = self.reader.readline().decode().rstrip("\r\n")
        headers: dict[str, str] = {}
        while line := self.reader.readline().decode().rstrip("\r\n"):
            name, _, value = line.partition(": ")
            assert name not in headers
            headers[name] = value
        return first, headers

    def body(self, headers: dict[str, str]) -> bytes:
        return self.reader.read(int(headers["Content-Length"]))

    @property
    def is_closed(self) -> bool:
        return self.reader.read(1) == b""


@pytest.mark.parametrize(
    ("version", "asked", "told"),
    [("1.1", None, None), ("1.0", "keep-alive", "keep-alive")],
    ids=["1.1", "1.0, kept"],
)
def test_the_connection_stays_for_another_request(
    copper: Copper, version: str, asked: str | None, told: str | None
) -> None:
    made = copper.people.create(name="Ådä")
    path = f"{BASE}/people/{made.id}"
    with closing(Wire(copper)) as wire:
        for _ in range(2):
            wire.send(f"GET {path} HTTP/{version}", *([f"Connection: {asked}"] if asked else []))
            first, headers = wire.head()
            assert first == f"HTTP/{version} 200 OK"
            assert headers.get("Connection") == told
            assert headers["Content-Type"] == "application/json; charset=utf-8"
            assert json.loads(wire.body(headers))["name"] == "Ådä"


@pytest.mark.parametrize(
    ("version", "asked", "told"),
    [("1.1", "close", "close"), ("1.0", None, None)],
    ids=["1.1, closing", "1.0"],
)
def test_the_connection_ends_with_the_answer(copper: Copper, version: str, asked: str | None, told: str | None) -> None:
    with closing(Wire(copper)) as wire:
        wire.send(f"GET {PATH} HTTP/{version}", *([f"Connection: {asked}"] if asked else []))
        first, headers = wire.head()
        assert (first, headers.get("Connection")) == (f"HTTP/{version} 200 OK", told)
        assert wire.body(headers) == b"[]"
        assert wire.is_closed


def test_head_is_answered_with_the_length_alone(copper: Copper) -> None:
    with closing(Wire(copper)) as wire:
        wire.send(f"HEAD {PATH} HTTP/1.1")
        first, headers = wire.head()
        assert (first, headers["Content-Length"]) == ("HTTP/1.1 200 OK", "2")
        # No body precedes the next answer.
        wire.send(f"GET {PATH} HTTP/1.1")
        assert wire.head()[0] == "HTTP/1.1 200 OK"


def test_requests_that_come_together_are_answered_in_their_order(copper: Copper) -> None:
    names = [f"Person {number}" for number in range(20)]
    with closing(Wire(copper)) as wire:
        for name in names:
            wire.send(f"POST {BASE}/people HTTP/1.1", body=json.dumps({"name": name}))
        answers = [json.loads(wire.body(wire.head()[1]))["name"] for _ in names]
    assert answers == names


def test_hint_and_total_are_headers_of_their_own(copper: Copper) -> None:
    copper.people.create(name="Ada")
    with closing(Wire(copper)) as wire:
        wire.send(f"POST {BASE}/people/search HTTP/1.1", body="{}")
        _, headers = wire.head()
        assert headers["X-PW-TOTAL"] == "1"
        wire.body(headers)
        wire.send(f"POST {BASE}/people HTTP/1.1", body='{"name": "Bob", "id": 7}')
        assert wire.head()[1][HINT] == "Not writable and therefore ignored: id (setting read_only_fields)."


def test_the_date_is_the_real_one(copper: Copper) -> None:
    before = real_now() // 1000
    with closing(Wire(copper)) as wire:
        wire.send(f"GET {PATH} HTTP/1.1")
        at = parsedate_to_datetime(wire.head()[1]["Date"]).timestamp()
    assert before <= at <= real_now() // 1000


def test_a_client_that_has_gone_before_its_answer_harms_nobody(copper: Copper) -> None:
    people = [copper.people.create(name=f"{number:0>4}" * 1_000).id for number in range(50)]
    with closing(Wire(copper)) as gone, closing(Wire(copper)) as other:
        for _ in range(50):
            gone.send(f"POST {BASE}/people/search HTTP/1.1", body='{"page_size": 200}')
        gone.close()
        other.send(f"GET {BASE}/people/{people[0]} HTTP/1.1")
        first, headers = other.head()
        assert (first, json.loads(other.body(headers))["id"]) == ("HTTP/1.1 200 OK", people[0])
