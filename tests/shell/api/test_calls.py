"""How many calls an account may make: off by default, rolling windows on its own clock, and a refusal's message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from copper_emulator import Emulator, Received
from copper_emulator.core.account import Account
from copper_emulator.core.model import Kind
from tests.shell.api.client import BASE, Answer, Client, common

BULK = "/people/bulk_create"


@contextmanager
def limited(**settings: Any) -> Iterator[Client]:
    with Emulator(**settings) as copper:
        yield Client(copper)


def call(client: Client) -> Answer:
    return client.call("GET", f"{BASE}/account")


def bulk(client: Client) -> Answer:
    return client.call("POST", BASE + BULK, {"people": []})


def check_too_many(answer: Answer) -> None:
    assert (answer.status, answer.json) == (429, common(429, "Too many requests"))
    assert "Retry-After" not in answer.headers


def test_there_are_no_limits_unless_they_are_set() -> None:
    with limited() as client:
        assert {bulk(client).status for _ in range(200)} == {200}


def test_the_call_over_a_limit_is_refused_until_the_first_one_is_old_enough() -> None:
    with limited(api_limits="3/1m") as client:
        client.copper.advance(seconds=1)
        for _ in range(3):
            assert call(client).status == 200
            client.copper.advance(seconds=10)
        refused = call(client)

        check_too_many(refused)
        assert refused.hint.startswith("Used up: 3/1m (setting api_limits). There is room again at ")
        assert refused.hint.endswith(", in 30s.")
        client.copper.advance(seconds=29)
        check_too_many(call(client))
        client.copper.advance(seconds=1)
        # Rolling: one call has left the window, and the refused ones did not count.
        assert call(client).status == 200
        check_too_many(call(client))


class Waits:
    """Real time, which passes only when something sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> Waits:
    waits = Waits()
    monkeypatch.setattr("copper_emulator.shell.call_time.monotonic", waits)
    return waits


@pytest.mark.parametrize(("pause", "fetched"), [(1.0, 12), (0.0, 5)])
def test_an_endpoint_that_waits_as_it_is_told_gets_everything_within_its_delivery(
    real: Waits, pause: float, fetched: int
) -> None:
    with limited(api_limits="5/2s") as client:
        copper, got = client.copper, []

        def fetch(request: Received) -> int:
            for record_id in request.json["ids"]:
                for _ in range(4):
                    answer = client.call("GET", f"{BASE}/people/{record_id}")
                    if answer.status == 200:
                        got.append(record_id)
                        break
                    check_too_many(answer)
                    real.sleep(pause)
            return 200

        copper.route("https://app.example", to=fetch)
        copper.subscribe("person", "new", target="https://app.example/hook")
        people = copper.people.create_many([{"name": f"P {number}"} for number in range(12)])
        assert got == [person.id for person in people][:fetched]


def test_without_a_refusal_time_stands_still_for_the_limits_however_long_calls_take(real: Waits) -> None:
    with limited(api_limits="3/1s") as client:
        for _ in range(3):
            assert call(client).status == 200
            real.sleep(5)
        check_too_many(call(client))
        real.sleep(0.95)
        check_too_many(call(client))
        real.sleep(0.05)
        assert call(client).status == 200
        # Virtual time that is ahead counts, and a new account is not affected by it.
        client.copper.advance(seconds=30)
        assert [call(client).status for _ in range(4)] == [200, 200, 200, 429]
        real.sleep(60)
        client.copper.reset()
        assert [call(client).status for _ in range(4)] == [200, 200, 200, 429]


def test_calls_of_every_part_of_the_api_count_and_of_every_kind_of_answer() -> None:
    with limited(api_limits="5/1m") as client:
        assert client.call("GET").status == 200
        assert client.call("POST", f"{BASE}/people", {}).status == 422
        assert client.call("GET", f"{BASE}/people/17").status == 404
        assert client.call("POST", f"{BASE}/leads", b"{").status == 400
        assert bulk(client).status == 200
        for method, path in (("GET", "/webhooks"), ("POST", "/people"), ("GET", "/people/17"), ("POST", BULK)):
            check_too_many(client.call(method, BASE + path, {}))


def test_a_refused_call_does_nothing_and_stands_in_the_journal() -> None:
    with limited(api_limits="1/1m") as client:
        call(client)
        before = client.state()
        check_too_many(client.call("POST", f"{BASE}/people", {"name": "Ada"}))
        assert client.state() == before
        [text] = [entry.text for entry in client.copper.journal if entry.kind is Kind.REFUSED]
        assert text.startswith(f"POST {BASE}/people: 429 Too many requests; Used up: 1/1m (setting api_limits).")


def test_calls_that_are_nobodys_or_nowhere_do_not_count() -> None:
    with limited(api_limits="1/1m") as client:
        assert client.call("GET", f"{BASE}/account", headers={}).status == 401
        assert client.call("GET", f"{BASE}/nonsense").status == 404
        assert call(client).status == 200


def test_bulk_calls_have_a_limit_of_their_own_beside_the_other() -> None:
    with limited(api_limits="6/1m", bulk_limits="2/1s") as client:
        for _ in range(2):
            assert bulk(client).status == 200
        refused = bulk(client)
        check_too_many(refused)
        assert "2/1s (setting bulk_limits)" in refused.hint
        assert call(client).status == 200
        client.copper.advance(seconds=1)
        for _ in range(2):
            assert bulk(client).status == 200
        assert call(client).status == 200

        both = bulk(client)

        check_too_many(both)
        assert "Used up: 6/1m (setting api_limits) and 2/1s (setting bulk_limits)." in both.hint
        assert both.hint.endswith("in 59s.")


@pytest.mark.parametrize("path", ["/leads/bulk_update", "/activities/bulk_create/", "/opportunities/bulk_create"])
def test_every_bulk_call_counts_as_one(path: str) -> None:
    with limited(bulk_limits="1/1s") as client:
        client.call("POST", BASE + path, {})
        check_too_many(bulk(client))


def test_all_windows_of_a_limit_must_have_room() -> None:
    with limited(api_limits="2/1s,3/1m") as client:
        assert [call(client).status for _ in range(3)] == [200, 200, 429]
        client.copper.advance(seconds=1)
        assert [call(client).status for _ in range(2)] == [200, 429]
        assert "in 59s." in call(client).hint


def test_time_that_passes_after_a_refusal_makes_room_though_real_time_has_passed_as_well(real: Waits) -> None:
    with limited(api_limits="1/2s") as client:
        assert [call(client).status for _ in range(2)] == [200, 429]
        real.sleep(2)
        assert [call(client).status for _ in range(2)] == [200, 429]
        client.copper.advance("2s")
        assert [call(client).status for _ in range(2)] == [200, 429]


def test_windows_that_were_ahead_of_the_clock_when_they_were_written_down_go_on_from_there(real: Waits) -> None:
    with limited(api_limits="1/2s") as client:
        tenant = client.copper._here
        assert [call(client).status for _ in range(2)] == [200, 429]
        real.sleep(3600)
        assert [call(client).status for _ in range(2)] == [200, 429]
        keys, counted = tenant.account.keys, tenant.account.call_limits.state()

        def put_back(account: Account) -> None:
            account.keys = keys
            account.call_limits.restore(counted)

        tenant.replace_account(tenant.settings, put_back)
        assert call(client).status == 429
        real.sleep(2)
        assert [call(client).status for _ in range(2)] == [200, 429]
        client.copper.advance("2s")
        assert call(client).status == 200


def test_accounts_have_limits_of_their_own() -> None:
    with limited(api_limits="1/1m") as first, limited(api_limits="1/1m") as second:
        assert [call(first).status, call(second).status] == [200, 200]
        assert [call(first).status, call(second).status] == [429, 429]


def test_a_reset_renews_the_limits() -> None:
    with limited(api_limits="1/1m") as client:
        assert [call(client).status, call(client).status] == [200, 429]
        client.copper.reset()
        assert call(client).status == 200


def test_what_python_does_does_not_count() -> None:
    with limited(api_limits="1/1m") as client:
        for _ in range(5):
            client.copper.people.create(name="Ada")
        assert call(client).status == 200


@pytest.mark.parametrize(
    ("method", "path", "accepted"),
    [
        ("GET", "/people/search", "POST"),
        ("GET", "/people/search/", "POST"),
        ("GET", "/people/fetch_by_email", "POST"),
        ("DELETE", "/leads/upsert", "PUT"),
        ("GET", "/people/serach", ""),
        ("GET", "/people/search/related", ""),
    ],
)
def test_a_path_with_another_method_is_not_taken_for_that_of_a_record(method: str, path: str, accepted: str) -> None:
    with limited() as client:
        answer = client.call(method, BASE + path)

    word, noun = path.split("/")[2], "lead" if "leads" in path else "person"
    rest = f" {BASE}{path} accepts {accepted}, not {method}." if accepted else ""
    assert (answer.status, answer.hint) == (404, f"{word!r} is not a valid {noun} id.{rest}")


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        (
            "POST",
            "/projects/bulk_create",
            "There is no {} under /developer_api/v1 there are projects, ",
        ),
        ("POST", "/opportunities/bulk_update/", "There is no {} under "),
        ("POST", "/people/serach", "There is no {} under "),
        ("POST", "/account/17", "There is no {} there is /developer_api/v1/account."),
        ("POST", "/people/17", "{} accepts DELETE, GET, HEAD, PUT, not POST"),
        ("POST", "/leads/upsert", "{} accepts PUT, not POST"),
        ("PATCH", "/people/search/", "{} accepts POST, not PATCH"),
        ("POST", "/account/", "{} accepts GET, HEAD, not POST"),
    ],
)
def test_a_path_with_a_word_for_an_id_does_not_exist_for_other_methods_either(
    method: str, path: str, told: str
) -> None:
    with limited() as client:
        answer = client.call(method, BASE + path)

    begins = told.format(f"{BASE}{path};" if told.startswith("There") else f"{BASE}{path}")
    assert (answer.status, answer.json) == (404, {"error": "not_found"})
    assert answer.hint.startswith(begins), answer.hint
