"""Who answers without having read a notification to its end spoils the next one over the same connection."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

import pytest

from copper_emulator import AsyncEmulator, Emulator, Report
from copper_emulator.checks import races
from tests.threads import in_a_thread

ROWS = "answers,kept-connection,type-person,late,again,large-attributes"
KEY = {"X-Key": "s3cret"}


@pytest.fixture(autouse=True)
def _connections_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where Django is not loaded, for which each notification has a connection of its own."""
    monkeypatch.delitem(sys.modules, "django.db", raising=False)


class Reading(BaseHTTPRequestHandler):
    """Keeps connections, and reads a body before it answers."""

    protocol_version = "HTTP/1.1"
    timeout = 10.0

    def do_POST(self) -> None:
        self.read()
        self.answer(200 if self.headers["X-Key"] == "s3cret" else 401)

    def read(self) -> None:
        self.rfile.read(self.length)

    @property
    def length(self) -> int:
        return int(self.headers["Content-Length"])

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Log nothing."""


class Unread(Reading):
    def read(self) -> None:
        """Leaves it all."""


class UnreadIfRefused(Reading):
    def read(self) -> None:
        if self.headers["X-Key"] == "s3cret":
            super().read()


class FirstPart(Reading):
    """As with a single `recv`, which is enough until a notification is large."""

    def read(self) -> None:
        self.rfile.read(min(self.length, 4096))


class Closing(Unread):
    """Leaves it all, and spoils no other request by it."""

    protocol_version = "HTTP/1.0"


class ReadingAndClosing(Reading):
    protocol_version = "HTTP/1.0"


class SilentlyClosing(Reading):
    def do_POST(self) -> None:
        super().do_POST()
        self.close_connection = True


@contextmanager
def handled_by(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with in_a_thread(server := ThreadingHTTPServer(("127.0.0.1", 0), handler)):
        yield f"http://127.0.0.1:{server.server_port}/hook"


def checked(handler: type[BaseHTTPRequestHandler], only: str = ROWS) -> Report:
    with Emulator(strict=False) as copper, handled_by(handler) as url:
        return copper.check(url, only=only, types="person", headers=KEY)


def verdicts(report: Report) -> dict[str, str]:
    return {row.name: str(row.verdict) for row in report.rows if str(row.verdict) != "passed"}


@pytest.mark.parametrize(
    ("handler", "spoilt"),
    [
        (Unread, "what follows a notification (answered 200) is answered 400 "),
        (UnreadIfRefused, "what follows one without the secret (answered 401) is answered 400 "),
        (FirstPart, "one of 128 KB is answered 200 and then 4"),
    ],
)
def test_who_leaves_a_body_unread_is_told_so_and_of_nothing_else(
    handler: type[BaseHTTPRequestHandler], spoilt: str
) -> None:
    report = checked(handler)

    assert verdicts(report) == {"kept-connection": "failed"}, report
    row = report["kept-connection"]
    assert spoilt in row.evidence
    assert row.advice.startswith("Read the whole body (as many bytes as its Content-Length says) before you answer")


@pytest.mark.parametrize("handler", [Reading, ReadingAndClosing, SilentlyClosing, Closing])
def test_who_reads_it_or_closes_the_connection_passes(handler: type[BaseHTTPRequestHandler]) -> None:
    assert verdicts(checked(handler)) == {}


def test_where_the_row_is_left_out_the_server_that_understands_no_request_is_told_of_bodies() -> None:
    report = checked(Unread, "answers,type-person,batch-1,again,same-second")

    assert report.failed
    assert all("Read the whole body" in row.advice or row.advice.startswith("As in") for row in report.failed), report


class NoPost(Reading):
    def __getattribute__(self, name: str) -> object:
        if name == "do_POST":
            raise AttributeError(name)
        return super().__getattribute__(name)


def test_who_takes_no_post_at_all_is_not_told_of_bodies() -> None:
    report = checked(NoPost, "answers,kept-connection")

    assert "Unsupported method ('POST')" in report["answers"].evidence
    assert "Read the whole body" not in report["answers"].advice
    assert verdicts(report)["kept-connection"] == "skipped"


def test_an_endpoint_in_the_tests_process_has_no_connections() -> None:
    with Emulator() as copper:
        copper.route("https://app.example", to=lambda request: 200)
        row = copper.check("https://app.example/hook", only="kept-connection", no_secret=True)["kept-connection"]

    assert str(row.verdict) == "skipped"
    assert row.evidence == "only over http:// does it have connections that the check can see"


def test_the_check_leaves_connections_as_they_were() -> None:
    """Only the check's own rows have one for each notification."""
    seen: list[int] = []

    class Counting(Reading):
        def do_POST(self) -> None:
            seen.append(self.client_address[1])
            super().read()
            self.answer(200)

    with Emulator(strict=False, allow_http=True) as copper:
        with handled_by(Unread) as url:
            assert not copper.check(url, only="answers,kept-connection", headers=KEY).ok
        with handled_by(Counting) as url:
            copper.subscribe("person", "new", target=url, headers=KEY)
            for _ in range(3):
                copper.people.create(name="Ada")

    assert len(seen) == 3
    assert len(set(seen)) == 1


def test_it_is_found_in_an_async_test_as_well() -> None:
    async def found() -> Report:
        async with AsyncEmulator(strict=False) as copper:
            with handled_by(Unread) as url:
                return await copper.check(url, only="answers,kept-connection", headers=KEY)

    assert verdicts(asyncio.run(found())) == {"kept-connection": "failed"}


def test_a_connection_that_breaks_at_the_second_request_is_warned_of() -> None:
    """The endpoint promises to keep it, by saying nothing, and reads no more from it than one request."""
    with socket.create_server(("127.0.0.1", 0)) as listener, Emulator(strict=False) as copper:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/hook"
        thread = threading.Thread(target=one_each, args=(listener,))
        thread.start()
        report = copper.check(url, only="answers,kept-connection", no_secret=True, types="activity_log")
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()

    assert verdicts(report) == {"kept-connection": "warned"}, report
    assert "nothing follows a notification (answered 200)" in report["kept-connection"].evidence
    assert "Catch what goes wrong after the answer, too" in report["kept-connection"].advice


def one_each(listener: socket.socket) -> None:
    """Answer one request over each connection, and close it when the next one comes."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, connection.makefile("rb") as coming:
            length = 0
            while (line := coming.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            json.loads(coming.read(length) or b"{}")
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            coming.readline()


CLOSED_AFTER = (
    "The connection was closed after the answer before: does something raise after answering? Catch what goes "
)


def test_who_closes_a_connection_after_an_answer_is_asked_what_it_raises_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not told to answer first, since it does."""
    answers = count()

    class RaisingAfterwards(Reading):
        """As uvicorn, after a background task has raised: what has come over the connection by then gets no answer."""

        has_answered = False

        def do_POST(self) -> None:
            self.read()
            # Not from the start. Far more notifications follow than are sent at once, so some meet a used connection.
            if self.has_answered and next(answers) >= 20:
                self.close_connection = True
            else:
                self.has_answered = True
                self.answer(200)

    monkeypatch.setattr(races, "BURST", 200)
    row = checked(RaisingAfterwards, "answers,burst")["burst"]

    assert str(row.verdict) == "failed"
    assert "connection closed without an answer, though another notification had been answered over it" in row.evidence
    assert row.advice.startswith(CLOSED_AFTER)
    assert row.advice.endswith("and what has come over it meanwhile gets no answer.")


class ClosingAtUpdates(Reading):
    """As a Go server whose handler panics."""

    def do_POST(self) -> None:
        self.body = json.loads(self.rfile.read(self.length))
        if self.body["event"] == "update":
            self.close_connection = True
        else:
            self.answer(200)


def test_where_it_may_be_the_notification_the_row_has_its_say_and_the_next_has_the_same_cause() -> None:
    report = checked(ClosingAtUpdates, "answers,type-person,late,again,values")

    advice = {row.name: row.advice for row in report.failed}
    assert advice["type-person"].startswith(CLOSED_AFTER)
    assert "gets no answer. If it was the notification itself that made it close the connection: See its log" in (
        advice.pop("type-person")
    )
    assert set(advice.values()) == {"As in row type-person."}
