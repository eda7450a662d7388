"""Threads of a test that use the same `copper`: each call delivers before it returns; an endpoint's never wait."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from aiohttp import web

from copper_emulator import Copper, Emulator, Received, UsageError
from copper_emulator.core.model import Attempt, Result
from copper_emulator.shell.delivering import thread_turns
from copper_emulator.shell.delivering.driver import Rounds
from copper_emulator.shell.delivering.thread_turns import ThreadTurns

URL = "https://app.example"
LONG = 30.0
"""Seconds that nothing here takes, so that whoever waits for its turn gets it, or does not have to wait."""


def listening(copper: Copper, endpoint: Callable[[Received], object]) -> None:
    copper.route(URL, to=endpoint)
    for event in ("new", "update"):
        copper.subscribe("person", event, target=f"{URL}/hooks")


def in_a_thread(act: Callable[[], object]) -> None:
    thread = threading.Thread(target=act)
    thread.start()
    thread.join(LONG)
    assert not thread.is_alive()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_turns, "PATIENCE", LONG)
    monkeypatch.setattr(thread_turns, "SHORT_PATIENCE", LONG)


@pytest.mark.usefixtures("patient")
def test_while_a_thread_delivers_the_others_wait_and_then_deliver_their_own() -> None:
    inside, go = threading.Event(), threading.Event()

    def endpoint(_request: Received) -> None:
        inside.set()
        go.wait(LONG)

    with Emulator() as copper:
        listening(copper, endpoint)
        other = threading.Thread(target=lambda: copper.people.create(name="Ada"))
        other.start()
        inside.wait(LONG)
        # Most likely after this thread has begun to wait; if not, nothing here differs.
        threading.Timer(0.1, go.set).start()

        grace = copper.people.create(name="Grace")

        copper.expect("person", "new", ids=grace)
        other.join(LONG)
        assert [change.cause for change in copper.changes] == [None, None]
        assert copper.advance("1m") == []
        copper.expect("person", "new")


@pytest.mark.usefixtures("patient")
def test_threads_that_go_on_as_soon_as_they_are_delivered_are_no_echo() -> None:
    arrived: set[int] = set()
    with Emulator(echo_depth=3) as copper:
        listening(copper, lambda request: arrived.update(request.json["ids"]))

        def user(name: str) -> None:
            for number in range(20):
                assert copper.people.create(name=f"{name} {number}").id in arrived

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(user, "ABCD"))

        copper.expect("person", "new", count=80)


@pytest.mark.usefixtures("patient")
def test_a_thread_in_the_endpoints_context_only_records() -> None:
    with Emulator() as copper:

        def endpoint(request: Received) -> None:
            [record] = request.json["ids"]
            if request.json["event"] == "new":
                context = contextvars.copy_context()
                in_a_thread(lambda: context.run(copper.people.update, record, title="Dr"))

        listening(copper, endpoint)
        copper.people.create(name="Ada")

        assert [change.cause for change in copper.changes] == [None, 1]
        copper.expect("person", "update")
        copper.expect("person", "new")


def test_a_worker_that_the_endpoint_waits_for_waits_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_turns, "SHORT_PATIENCE", 0.01)
    monkeypatch.setattr(thread_turns, "PATIENCE", LONG * 2)
    with Emulator() as copper:

        def endpoint(request: Received) -> None:
            [record] = request.json["ids"]
            if request.json["event"] == "new":
                in_a_thread(lambda: copper.people.update(record, title="Dr"))
                monkeypatch.setattr(thread_turns, "SHORT_PATIENCE", LONG * 2)

        listening(copper, endpoint)
        for name in ("Ada", "Grace"):
            copper.people.create(name=name)

        assert [change.cause for change in copper.changes] == [None, 1, None, 3]
        copper.expect("person", "update", count=2)
        copper.expect("person", "new", count=2)


def test_an_endpoint_that_is_only_slow_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not seen to wait for another thread, so nobody is taken for its worker."""
    monkeypatch.setattr(thread_turns, "SHORT_PATIENCE", 0.01)
    monkeypatch.setattr(thread_turns, "PATIENCE", LONG)
    inside, arrived, never = threading.Event(), set[int](), threading.Lock()
    never.acquire()

    def endpoint(request: Received) -> None:
        inside.set()
        # As busy as one can be without working: what shows is this function, not how it waits.
        never.acquire(timeout=0.2)
        arrived.update(request.json["ids"])

    with Emulator() as copper:
        listening(copper, endpoint)

        def other() -> None:
            inside.wait(LONG)
            assert copper.people.create(name="Grace").id in arrived
            copper.advance("1m")

        with ThreadPoolExecutor(1) as thread:
            waiting = thread.submit(other)
            copper.people.create(name="Ada")
            waiting.result(LONG)


def test_a_thread_that_made_the_account_is_not_soon_taken_for_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though the endpoint is seen to wait: what is known to be the test's has the longer patience."""
    monkeypatch.setattr(thread_turns, "SHORT_PATIENCE", 0.01)
    monkeypatch.setattr(thread_turns, "PATIENCE", LONG)
    inside, go = threading.Event(), threading.Event()

    def endpoint(_request: Received) -> None:
        inside.set()
        go.wait(LONG)

    with Emulator() as copper, ThreadPoolExecutor(1) as thread:
        listening(copper, endpoint)
        other = thread.submit(copper.people.create, name="Ada")
        inside.wait(LONG)
        # Long after the shorter patience has ended.
        threading.Timer(0.2, go.set).start()

        copper.people.create(name="Grace")

        other.result(LONG)
        assert [change.cause for change in copper.changes] == [None, None]
        copper.expect("person", "new", count=2)


def test_who_sees_that_something_is_delivered_waits_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as it takes: an endpoint that waited for the thread would keep everything from being delivered."""
    monkeypatch.setattr(thread_turns, "SHORT_PATIENCE", 0.4)
    inside, arrived = threading.Event(), set[int]()

    def endpoint(request: Received) -> None:
        inside.set()
        # Seen to wait, and much shorter than one has patience for.
        threading.Event().wait(0.03)
        arrived.update(request.json["ids"])

    with Emulator(batch=1) as copper:
        listening(copper, endpoint)

        def other() -> None:
            inside.wait(LONG)
            assert copper.people.create(name="Grace").id in arrived

        with ThreadPoolExecutor(1) as thread:
            waiting = thread.submit(other)
            copper.people.create_many([{"name": f"Ada {number}"} for number in range(25)])
            waiting.result(LONG)


def test_a_thread_of_the_test_that_an_endpoint_waits_for_is_a_worker_after_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(thread_turns, "PATIENCE", 0.01)
    with Emulator() as copper, ThreadPoolExecutor(1) as worker:
        in_order: list[str] = []

        def endpoint(request: Received) -> None:
            [record] = request.json["ids"]
            if request.json["event"] == "new" and threading.current_thread() is threading.main_thread():
                worker.submit(copper.people.update, record, title="Dr").result(LONG)
            in_order.append(request.json["event"])

        listening(copper, endpoint)
        worker.submit(copper.people.create, name="Ada").result(LONG)
        copper.people.create(name="Grace")

        assert in_order == ["new", "new", "update"]
        copper.expect("person", "update")
        copper.expect("person", "new", count=2)


def starting(on_startup: Callable[[], object]) -> Any:
    """An ASGI application that does this as it starts."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            on_startup()
            await send({"type": "lifespan.startup.complete"})
            await receive()

    return app


@pytest.mark.usefixtures("patient")
def test_while_a_thread_starts_an_application_the_others_wait_and_then_deliver_their_own() -> None:
    inside, go = threading.Event(), threading.Event()

    def start_up() -> None:
        inside.set()
        go.wait(LONG)

    with Emulator() as copper, ThreadPoolExecutor(1) as thread:
        listening(copper, lambda _request: None)
        other = thread.submit(copper.start, starting(start_up))
        inside.wait(LONG)
        # Most likely after this thread has begun to wait; if not, nothing here differs.
        threading.Timer(0.1, go.set).start()

        grace = copper.people.create(name="Grace")

        copper.expect("person", "new", ids=grace)
        other.result(LONG)


@pytest.mark.usefixtures("patient")
def test_a_thread_that_starts_an_application_while_another_delivers_waits_and_then_starts_it() -> None:
    inside, go, started = threading.Event(), threading.Event(), list[bool]()

    def endpoint(_request: Received) -> None:
        inside.set()
        go.wait(LONG)

    with Emulator() as copper, ThreadPoolExecutor(1) as thread:
        listening(copper, endpoint)
        other = thread.submit(copper.people.create, name="Ada")
        inside.wait(LONG)
        threading.Timer(0.1, go.set).start()

        copper.start(starting(lambda: started.append(go.is_set())))

        other.result(LONG)
        assert started == [True]
        copper.expect("person", "new")


@pytest.mark.usefixtures("patient")
def test_what_an_application_does_in_its_own_thread_as_it_starts_waits_for_no_turn() -> None:
    async def start_up(_app: web.Application) -> None:
        copper.people.create(name="Ada")

    app = web.Application()
    app.on_startup.append(start_up)
    with Emulator() as copper:
        listening(copper, lambda _request: None)

        copper.start(app)

        # It is known to belong to the turn, not only taken for a worker once patience has ended.
        assert not copper._turns._has_workers
        assert len(copper.deliveries) == 1
        copper.expect("person", "new")


def test_a_call_that_is_refused_leaves_the_turn_to_others() -> None:
    with Emulator() as copper:
        listening(copper, lambda _request: None)
        with pytest.raises(UsageError):
            copper.expect("person", "new", count=-1)
        with pytest.raises(AssertionError):
            copper.expect("person", "new")

        in_a_thread(lambda: copper.people.create(name="Ada"))

        copper.expect("person", "new")


def rounds(act: Callable[[], object]) -> Rounds[None]:
    """Rounds in which nothing is sent."""
    act()
    yield from ()


def send(_attempts: list[Attempt]) -> list[Result]:
    raise AssertionError("nothing is sent here")


def test_what_another_thread_leaves_to_a_turn_is_done_before_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_turns, "SHORT_PATIENCE", 0.01)
    turns, done = ThreadTurns(), list[str]()

    def settle() -> Rounds[None]:
        return rounds(lambda: done.append(f"settled in {threading.current_thread().name}"))

    def another() -> None:
        turns.drive(rounds(lambda: done.append("recorded")), send, settle)

    turns.drive(rounds(lambda: in_a_thread(another)), send, settle)

    assert done == ["recorded", f"settled in {threading.current_thread().name}"]


class Turn:
    """A lock before whose release something happens."""

    def __init__(self, before: Callable[[], object]) -> None:
        self._lock = threading.Lock()
        self._before = before

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:  # noqa: FBT001, FBT002 - as a lock's
        return self._lock.acquire(blocking, timeout)

    def release(self) -> None:
        self._before()
        self._lock.release()


def test_what_is_left_to_a_turn_as_it_ends_is_done_after_it() -> None:
    done, leaving = list[str](), iter([True])

    def leave_more() -> None:
        turns._has_more = next(leaving, turns._has_more)

    turns = ThreadTurns(Turn(leave_more))
    turns.drive(rounds(lambda: done.append("its own")), send, lambda: rounds(lambda: done.append("what was left")))

    assert done[0] == "its own"
    assert set(done[1:]) == {"what was left"}


def test_what_is_left_to_a_turn_that_has_just_ended_is_done_by_the_thread_itself() -> None:
    turns, done = ThreadTurns(), list[str]()

    turns._drive_inside(rounds(lambda: None), send, lambda: rounds(lambda: done.append("settled")))

    assert done == ["settled"]
