"""The rows in which the API refuses calls: endpoints that retry, that drop, that die, and that fetch nothing."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from copper_emulator import Copper, Emulator, Report
from copper_emulator.checks import refusals

ROWS = "rate-limited,api-down-once"


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator(strict=False) as account:
        yield account


PAUSE = 2 * refusals.AT_ONCE


class Mirror:
    """Stores the names of people, fetched over HTTP; waits between its tries."""

    def __init__(self, copper: Copper, tries: int, pause: float = PAUSE) -> None:
        self.copper, self.tries, self.pause = copper, tries, pause
        self.people: dict[int, Any] = {}

    def fetch(self, record_id: int) -> bool:
        for _ in range(self.tries):
            answer = requests.get(f"{self.copper.api_url}/people/{record_id}", headers=self.copper.headers, timeout=10)
            if answer.ok:
                self.people[record_id] = {"name": answer.json()["name"]}
                return True
            threading.Event().wait(self.pause)
        return False

    def state(self) -> object:
        return {"person": dict(self.people)}


def played(copper: Copper, hook: Callable[[dict[str, Any]], object], **options: Any) -> Report:
    copper.route("https://app.example", to=lambda request: hook(request.json))
    return copper.check("https://app.example/hook", **{"only": ROWS, "types": "person", "no_secret": True, **options})


def verdicts(report: Report) -> list[str]:
    return [str(row.verdict) for row in report.rows]


@pytest.mark.parametrize(
    ("tries", "expected"), [(1, ["failed", "failed"]), (2, ["failed", "passed"]), (3, ["passed", "passed"])]
)
@pytest.mark.parametrize("answer", [200, 500], ids=["drops", "answers 500"])
def test_who_tries_often_enough_passes(copper: Copper, tries: int, answer: int, expected: list[str]) -> None:
    mirror = Mirror(copper, tries)
    report = played(copper, lambda body: 200 if mirror.fetch(body["ids"][0]) else answer, state=mirror.state)

    assert verdicts(report) == expected, report


def test_who_calls_again_at_once_is_warned(copper: Copper) -> None:
    """Two 429s are survived in that way, but not a minute in which Copper takes no call."""
    mirror = Mirror(copper, 3, pause=0.0)
    report = played(copper, lambda body: 200 if mirror.fetch(body["ids"][0]) else 500, state=mirror.state)

    assert verdicts(report) == ["warned", "passed"], report
    assert re.match(
        r"\d+ ms and \d+ ms after a 429 it called again; 4 calls of the API", report["rate-limited"].evidence
    )
    assert report["rate-limited"].advice.startswith("Wait before you call again, each time longer (1 s, 2 s, 4 s")


@pytest.mark.parametrize(
    ("forgets", "says"), [(False, "in the state and"), (True, "is missing from the state")], ids=["keeps", "forgets"]
)
def test_who_retries_what_is_new_but_not_what_has_changed_is_found(copper: Copper, *, forgets: bool, says: str) -> None:
    """It keeps the old value for ever or, if it takes any refusal for a deletion, a record no more that is there."""
    careful, hasty = Mirror(copper, 3), Mirror(copper, 1)
    hasty.people = careful.people

    def hook(body: dict[str, Any]) -> None:
        [record] = body["ids"]
        if body["event"] == "new":
            careful.fetch(record)
        elif not hasty.fetch(record) and forgets:
            del hasty.people[record]

    report = played(copper, hook, state=careful.state)

    assert verdicts(report) == ["failed", "failed"]
    for row, status in zip(report.rows, (429, 503), strict=True):
        assert row.evidence.startswith(f"while calls after an update were answered {status}: person")
        assert says in row.evidence
        assert row.advice.startswith("Fetch again after a 429 or 5xx")


@pytest.mark.parametrize(
    ("tries", "expected"), [(1, ["warned", "warned"]), (2, ["warned", "passed"]), (3, ["passed", "passed"])]
)
def test_who_answers_2xx_and_does_not_call_again_is_warned_without_a_state(
    copper: Copper, tries: int, expected: list[str]
) -> None:
    mirror = Mirror(copper, tries)
    report = played(copper, lambda body: [200, mirror.fetch(body["ids"][0])][0])

    assert verdicts(report) == expected
    if tries == 1:
        assert report["rate-limited"].evidence.startswith("after a 429 it has not called again; 1 call of the API")
        assert report["rate-limited"].advice.startswith("Fetch again after a 429 or 5xx")
        assert report["rate-limited"].advice.endswith("If it does so after its answer, give it time (patience='5s').")


def test_calls_for_different_things_are_not_taken_for_tries(copper: Copper) -> None:
    """Neither of these waits, but each that is refused is tried again only after the other."""
    mirror = Mirror(copper, 1, pause=0.0)

    def hook(body: dict[str, Any]) -> int:
        for _ in range(3):
            requests.get(f"{copper.api_url}/account", headers=copper.headers, timeout=10)
            if mirror.fetch(body["ids"][0]):
                return 200
        return 500

    assert verdicts(played(copper, hook, state=mirror.state)) == ["passed", "passed"]


def test_what_was_refused_is_told_with_its_fault_and_the_advice(copper: Copper) -> None:
    mirror = Mirror(copper, 1)
    report = played(copper, lambda body: [200, mirror.fetch(body["ids"][0])][0], state=mirror.state)
    row = report["rate-limited"]

    assert "while calls were answered 429: person" in row.evidence
    assert "meanwhile the API refused GET /developer_api/v1/people/" in row.evidence
    assert "429 Too many requests; by the fault api.status=429,2" in row.evidence
    assert row.advice.startswith("Fetch again after a 429 or 5xx")


def test_what_answers_tell_is_judged_without_a_state(copper: Copper) -> None:
    fails, gets_over = Mirror(copper, 1), Mirror(copper, 3)

    assert verdicts(played(copper, lambda body: 200 if fails.fetch(body["ids"][0]) else 500)) == ["failed", "failed"]
    report = played(copper, lambda body: 200 if gets_over.fetch(body["ids"][0]) else 500)
    assert [row.evidence.split(";")[0] for row in report.rows] == [
        "2 calls of the API answered 429",
        "1 call of the API answered 503",
    ]


def test_who_fetches_nothing_is_refused_nothing_whatever_its_state(copper: Copper) -> None:
    known: list[int] = []
    report = played(copper, lambda body: known.extend(body["ids"]), state=lambda: {"person": known})

    assert verdicts(report) == ["skipped", "skipped"]
    assert {row.evidence for row in report.rows} == {"the API was not called meanwhile with its token"}


def test_other_types_are_asked_for_too(copper: Copper) -> None:
    def hook(body: dict[str, Any]) -> int:
        url = f"{copper.api_url}/activities/{body['ids'][0]}"
        for _ in range(3):
            if requests.get(url, headers=copper.headers, timeout=10).ok:
                return 200
            threading.Event().wait(PAUSE)
        return 500

    report = played(copper, hook, types="activity_log")

    assert verdicts(report) == ["passed", "passed"]


class Queue:
    """Works in a thread after the answer; `outlives`: it survives a failure; `pause` waits before a retry."""

    def __init__(self, mirror: Mirror, *, outlives: bool, rounds: int) -> None:
        self.mirror, self.outlives, self.rounds = mirror, outlives, rounds
        self.dead = False
        self._threads: list[threading.Thread] = []

    def __call__(self, body: dict[str, Any]) -> int:
        self._threads.append(threading.Thread(target=self._work, args=(body["ids"],)))
        self._threads[-1].start()
        return 200

    def join(self) -> None:
        for each in self._threads:
            each.join()

    def _work(self, ids: list[int]) -> None:
        for _ in range(self.rounds):
            if self.dead:
                return
            ids = [each for each in ids if not self.mirror.fetch(each)]
            self.dead = bool(ids) and not self.outlives
            if not ids:
                return
            threading.Event().wait(0.05)


def test_who_works_after_its_answer_is_given_the_time_to_try_again(copper: Copper) -> None:
    mirror = Mirror(copper, 1)
    queue = Queue(mirror, outlives=True, rounds=5)

    assert verdicts(played(copper, queue, state=mirror.state, patience="10s")) == ["passed", "passed"]


@pytest.mark.parametrize(("outlives", "expected"), [(True, "passed"), (False, "warned")])
def test_who_works_after_its_answer_is_given_that_time_without_a_state_too(
    copper: Copper, monkeypatch: pytest.MonkeyPatch, *, outlives: bool, expected: str
) -> None:
    monkeypatch.setattr(refusals, "LULL", 10.0 if outlives else 0.3)
    queue = Queue(Mirror(copper, 1), outlives=outlives, rounds=5)
    row = played(copper, queue, patience="300ms", only="rate-limited")["rate-limited"]
    queue.join()

    assert (str(row.verdict), "give it time" in row.advice) == (expected, False), row


def test_a_queue_that_dies_at_its_first_failure_is_found(copper: Copper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "LULL", 0.3)
    mirror = Mirror(copper, 1)
    queue = Queue(mirror, outlives=False, rounds=5)

    report = played(copper, queue, state=mirror.state, patience="300ms", only="rate-limited")

    assert verdicts(report) == ["failed"]
    # Both the record whose fetch was refused and the next one are missing.
    assert report["rate-limited"].evidence.count("is missing from the state") == 2


def test_each_call_is_given_the_time_for_the_next(copper: Copper, monkeypatch: pytest.MonkeyPatch) -> None:
    """The state is right only after two further calls, each within the lull, but not both together."""
    monkeypatch.setattr(refusals, "LULL", 5.0)
    mirror = Mirror(copper, 1)
    wanted: list[int] = []

    def state() -> object:
        # Acts as a worker that works whenever its state is read.
        wanted[:] = [each for each in wanted if not mirror.fetch(each)]
        return mirror.state()

    report = played(copper, lambda body: wanted.extend(body["ids"]), state=state, patience="100ms")

    assert verdicts(report) == ["passed", "passed"], report


class Keyed(Mirror):
    """What it does when its key is refused: keeps what it has, or takes the record for gone."""

    def __init__(self, copper: Copper, *, forgets: bool) -> None:
        super().__init__(copper, 1)
        self.forgets = forgets

    def sync(self, body: dict[str, Any]) -> bool:
        is_fetched = self.fetch(body["ids"][0])
        if not is_fetched and self.forgets:
            self.people.pop(body["ids"][0], None)
        return is_fetched


@pytest.mark.parametrize("answer", [200, 500], ids=["answers 2xx", "answers 500"])
@pytest.mark.parametrize(("forgets", "expected"), [(False, "passed"), (True, "failed")])
def test_who_takes_a_refused_key_for_a_deletion_is_found(
    copper: Copper, *, forgets: bool, expected: str, answer: int
) -> None:
    """What it had may be old afterwards, and whatever it answers about what it could not fetch is right."""
    mirror = Keyed(copper, forgets=forgets)
    report = played(
        copper, lambda body: 200 if mirror.sync(body) else answer, state=mirror.state, only="api-refuses-key"
    )

    row = report["api-refuses-key"]
    says = r", which is still at Copper, is missing from the state" if forgets else " is still in the state"
    assert str(row.verdict) == expected
    assert re.fullmatch(rf"1 call of the API answered 401, and person \d+{says}", row.evidence)
    assert ("Only a 404 says that a record is gone" in row.advice) is forgets


@pytest.mark.parametrize(("forgets", "expected"), [(False, "passed"), (True, "failed")])
def test_who_works_after_its_answer_is_found_to_do_so_too(copper: Copper, *, forgets: bool, expected: str) -> None:
    mirror, threads = Keyed(copper, forgets=forgets), list[threading.Thread]()
    lock = threading.Lock()

    def work(body: dict[str, Any]) -> None:
        with lock:
            mirror.sync(body)

    def hook(body: dict[str, Any]) -> None:
        threads.append(threading.Thread(target=work, args=(body,)))
        threads[-1].start()

    report = played(copper, hook, state=mirror.state, only="api-refuses-key", patience="10s")
    for each in threads:
        each.join()

    assert verdicts(report) == [expected], report


def test_who_does_nothing_more_once_its_key_was_refused_is_warned(copper: Copper) -> None:
    mirror, refused = Keyed(copper, forgets=False), list[int]()

    def hook(body: dict[str, Any]) -> None:
        if not refused and not mirror.sync(body):
            refused.extend(body["ids"])

    row = played(copper, hook, state=mirror.state, only="api-refuses-key")["api-refuses-key"]

    assert str(row.verdict) == "warned"
    assert re.fullmatch(
        r"1 call of the API answered 401; after that: person \d+ is missing from the state", row.evidence
    )


def test_what_cannot_be_said_of_a_refused_key_is_skipped_with_the_reason(copper: Copper) -> None:
    mirror = Keyed(copper, forgets=True)
    known: dict[int, Any] = {}

    def reasons(hook: Callable[[dict[str, Any]], object], **options: Any) -> tuple[str, str]:
        row = played(copper, hook, only="api-refuses-key", **options)["api-refuses-key"]
        return str(row.verdict), row.evidence

    assert reasons(mirror.sync) == ("skipped", "it needs the endpoint's state")
    assert reasons(mirror.sync, state=dict) == ("skipped", "its state is wrong anyway")
    assert reasons(lambda body: known.update({each: {} for each in body["ids"]}), state=lambda: {"person": known}) == (
        "skipped",
        "the API was not called meanwhile with its token",
    )
