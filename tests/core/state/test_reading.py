"""A document that is not an account's state is refused, naming the place; interrupted attempts end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from copper_emulator.core.errors import StateError
from copper_emulator.core.model import EntityType, Kind, Outcome, Result, State, WaitsFor
from copper_emulator.core.records import commands
from copper_emulator.core.rules import FetchRace, Limit
from copper_emulator.core.state import Edit, Tracker, end_interrupted, rows
from copper_emulator.core.state.parts import Rows
from copper_emulator.timeline import line
from tests.core.builders import MINUTE, START, TARGET, deliver, fire, make_account, subscribe, topic
from tests.core.state.filing import Filed, again


def test_what_was_on_its_way_ends_unknown_and_is_not_sent_again() -> None:
    account = make_account()
    subscribe(account, "lead/new")
    fire(account, "lead/new", [1])
    fire(account, "lead/new", [2])
    filed = Filed(account)
    assert len(account.take(START)) == 1
    filed.follow()

    other = again(account, filed.rows)
    assert [each.state for each in other.journal.notifications] == [State.SENDING, State.QUEUED]
    end_interrupted(other, START + 5)

    delivery = other.journal.deliveries[0]
    assert (delivery.outcome, delivery.target, delivery.ended_ms) == (Outcome.UNKNOWN, TARGET, START + 5)
    assert delivery.text.startswith("unknown outcome, not retried")
    assert delivery.body["ids"] == [1]
    assert [attempt.notification.ids for attempt in deliver(other, START + 5)] == [(2,)]
    end_interrupted(other, START + 6)
    assert len(other.journal.deliveries) == 2


def test_how_long_ago_it_was_sent_is_no_part_of_why_its_outcome_is_unknown() -> None:
    account = make_account()
    subscribe(account, "lead/new")
    fire(account, "lead/new", [1])
    assert len(account.take(START)) == 1

    end_interrupted(account, START + 970)

    assert line(account.journal.entries[-1]).endswith(
        ": unknown outcome, not retried: it was in flight when this account was last saved "
        "(given up 970ms after it was sent)"
    )


def test_an_answer_that_has_come_already_is_kept_for_its_time() -> None:
    account = make_account()
    subscribe(account, "lead/new")
    fire(account, "lead/new")
    [attempt] = account.take(START)
    account.conclude(attempt, Result.answered(200, delay_ms=50), START)

    other = again(account, rows(account))
    end_interrupted(other, START + 1)
    assert other.journal.deliveries == []
    assert other.wait_of(other.journal.notifications[0]).until_ms == START + 50
    other.finish(START + 50)
    assert other.journal.deliveries[0].outcome is Outcome.DELIVERED


def test_what_was_sent_counts_in_the_windows_still() -> None:
    account = make_account()
    subscribe(account, "lead/new")
    for number in range(601):
        fire(account, "lead/new", [number + 1])
    deliver(account, START)

    other = again(account, rows(account))
    assert other.take(START + MINUTE - 1) == []
    assert len(deliver(other, START + MINUTE)) == 1


def test_a_record_that_has_been_raced_is_not_raced_again() -> None:
    account = make_account(fetch_race=FetchRace.CHANGED)
    subscribe(account, "person/new")
    subscribe(account, "person/update")
    filed = Filed(account)
    ada = account.act(commands.create(EntityType.PERSON, [{"name": "Ada"}]), START)[0]
    deliver(account, START)
    filed.follow()

    other = again(account, filed.rows)
    other.act(commands.update(EntityType.PERSON, [ada.id], {"title": "Countess"}), START)
    deliver(other, START)

    assert [change.origin for change in other.journal.changes] == ["python", "race", "python"]


def test_nobody_is_told_of_entries_again() -> None:
    account = make_account()
    subscribe(account, "lead/new")
    told = rows(account)
    heard: list[Any] = []
    other = type(account)("test", account.key, account.rules, on_entry=heard.append)
    again_rows = again(account, told)
    assert [entry.kind for entry in again_rows.journal.entries] == [Kind.SUBSCRIBED]
    assert heard == []
    assert other.journal.entries == []


def test_a_deleted_activity_stays_readable_as_a_stub() -> None:
    account = make_account()
    ada = account.act(commands.create(EntityType.PERSON, [{"name": "Ada"}]), START)[0]
    body = {"parent": {"type": "person", "id": ada.id}, "type": {"category": "user", "id": 0}, "details": "once"}
    note = account.act(commands.create(EntityType.ACTIVITY_LOG, [body]), START)[0]
    account.act(commands.delete(EntityType.ACTIVITY_LOG, [note.id]), START)

    assert again(account, rows(account)).records.was_deleted(note.id)


def test_a_record_that_was_deleted_and_made_again_stands_at_the_end() -> None:
    account = make_account()
    account.act(commands.seed(EntityType.PERSON, [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Eve"}]), START)
    filed = Filed(account)
    account.act(commands.delete(EntityType.PERSON, [1]), START)
    account.act(commands.seed(EntityType.PERSON, [{"id": 1, "name": "Ada"}]), START)
    account.act(commands.update(EntityType.PERSON, [1], {"title": "Dr"}), START)
    filed.follow()

    assert list(again(account, filed.rows).records.of(EntityType.PERSON)) == [2, 1]


def test_an_email_address_belongs_to_whom_it_did() -> None:
    account = make_account()
    body = {"name": "Ada", "emails": [{"email": "Ada@a.example", "category": "work"}]}
    ada = account.act(commands.create(EntityType.PERSON, [body]), START)[0]

    assert again(account, rows(account)).records.owner(EntityType.PERSON, "ada@a.example") == ada.id


def test_leads_that_were_written_down_without_a_converted_value_have_it() -> None:
    account = make_account(search_lag_ms=5)
    ada, eve, bob = account.act(
        commands.create(
            EntityType.LEAD,
            [
                {"name": "Ada", "monetary_unit": "USD", "monetary_value": 5_000},
                {"name": "Eve", "monetary_value": 7},
                {"name": "Bob", "monetary_unit": "EUR", "monetary_value": 8},
            ],
        ),
        START,
    )
    account.act(commands.delete(EntityType.LEAD, [bob.id]), START + 5)
    told = json.loads(json.dumps(rows(account)))
    recent = dict(told["small"])["recent"]["lead"]
    for fields in (told["records"][0][1]["fields"], told["records"][1][1]["fields"], recent[1][0][2]):
        del fields["converted_unit"], fields["converted_value"]

    other = again(account, told)

    assert rows(other) == rows(account)
    assert other.records.get(EntityType.LEAD, ada.id).converted_value == 5_000
    assert other.records.get(EntityType.LEAD, eve.id).converted_unit is None
    other.act(commands.update(EntityType.LEAD, [ada.id], {"monetary_value": 6_000}), START + 6)
    assert other.records.get(EntityType.LEAD, ada.id).converted_value == 6_000


def test_a_state_that_has_nothing_is_that_of_a_new_account() -> None:
    account = make_account()

    assert again(account, {}).journal.entries == []
    assert rows(again(account, rows(account))) == rows(account)


def _full() -> Rows:
    account = make_account()
    subscribe(account, "person/new")
    account.act(commands.create(EntityType.PERSON, [{"name": "Ada"}]), START)
    account.take(START)
    fire(account, "lead/new", [1])
    return rows(account)


_SENT = {"serial": 1, "subscription": 560698, "ids": [1], "due_ms": START, "state": "queued", "seat": 1, "change": 1}
WRONG: list[tuple[str, Any, str]] = [
    ("entries", [(1, {"at": START, "kind": "party"})], "entries, 1: cannot be read (ValueError"),
    ("entries", [(1, {"at": START, "kind": "queued", "notification": 99})], "entries, 1: cannot be read (KeyError"),
    ("entries", [(1, 17)], "entries, 1: cannot be read (TypeError"),
    ("notifications", [(1, {**_SENT, "serial": [1]})], "entries, all: cannot be read (TypeError"),
    ("notifications", [(1, _SENT), (2, {**_SENT, "seat": "1"})], "notifications, all: cannot be read (TypeError"),
    ("notifications", [(1, {"serial": 1, "change": 44})], "notifications, 1: cannot be read (KeyError"),
    ("subscriptions", [(1, {"colour": "red"})], "subscriptions, 1: cannot be read (TypeError"),
    ("records", [("dragon/1", {"fields": {"id": 1}})], "records, dragon/1: cannot be read (ValueError"),
    ("relations", [("person/1", 1)], "relations, person/1: cannot be read (ValueError"),
    ("attempts", [(99, {})], "attempts, 99: cannot be read (KeyError"),
    ("latencies", [("no JSON", 1)], "latencies, no JSON: cannot be read (JSONDecodeError"),
    ("small", [("windows", [[1, 2]])], "small, windows: cannot be read (ValueError"),
    ("small", [("counters", {"place": 0})], "small, counters: cannot be read (ValueError: place 0"),
    ("small", [("recent", {"dragon": [[], []]})], "small, recent: cannot be read (ValueError"),
]


@pytest.mark.parametrize(
    ("part", "wrong", "text"), WRONG, ids=[row[2].split(":")[0] + str(n) for n, row in enumerate(WRONG)]
)
def test_what_cannot_be_read_is_told_with_its_place(part: str, wrong: Any, text: str) -> None:
    account = make_account()
    told = {**(_full() if part != "entries" else {}), part: wrong}

    with pytest.raises(StateError) as raised:
        again(account, told)
    assert str(raised.value).startswith(text)


def test_a_replay_that_is_on_its_way_leaves_every_lane_alone() -> None:
    account = make_account()
    subscribe(account, "lead/new")
    account.replay(topic("lead/new"), (1,), b"{}", TARGET, (), START)
    fire(account, "lead/new", [2])

    other = again(account, rows(account))
    end_interrupted(other, START)
    assert [attempt.notification.ids for attempt in deliver(other, START)] == [(2,)]


def test_a_paused_target_stays_paused() -> None:
    account = make_account()
    subscribe(account, "lead/new")
    account.pause(TARGET, START)
    fire(account, "lead/new")
    assert deliver(account, START) == []

    other = again(account, rows(account))
    assert other.wait_of(other.journal.notifications[0]).what is WaitsFor.PAUSED
    other.resume(TARGET, START)
    assert len(deliver(other, START)) == 1


def test_an_id_that_a_seeded_record_had_is_not_given_again() -> None:
    account = make_account()
    first = account.act(commands.create(EntityType.PERSON, [{"name": "Ada"}]), START)[0].id
    account.act(commands.seed(EntityType.PERSON, [{"id": first + 1, "name": "Eve"}]), START)
    account.act(commands.delete(EntityType.PERSON, [first + 1]), START)

    other = again(account, rows(account))
    assert other.act(commands.create(EntityType.PERSON, [{"name": "Bob"}]), START)[0].id == first + 2


def test_who_goes_on_from_a_file_writes_only_what_is_new() -> None:
    account = make_account()
    subscribe(account, "lead/new")
    account.act(commands.create(EntityType.PERSON, [{"name": "Ada"}]), START)
    other = again(account, rows(account))
    tracker = Tracker(other)
    tracker.begin()
    assert tracker.changes() == ([], 2, [])
    fire(other, "lead/new", now=START + 1)

    edits, entries, lines = tracker.changes()
    assert edits == [], "the journal tells of the moment, and of the numbers that were drawn"
    assert (entries, [next(iter(line)) for line in lines]) == (2, ["change", "queued"])
    untouched = Tracker(make_account())
    untouched.begin()
    assert untouched.changes() == ([], 0, [])


def test_a_moment_at_which_nothing_happened_is_news() -> None:
    account = make_account()
    tracker = Tracker(account)
    tracker.everything()
    fire(account, "lead/new")
    assert tracker.changes().edits == []
    account.take(START + 1)

    assert tracker.changes().edits == [Edit("small", "moment", str(START + 1))]
    assert tracker.changes().edits == []


def test_what_is_held_shares_its_hold_again() -> None:
    account = make_account(limits=(Limit(1, MINUTE),))
    subscribe(account, "lead/new")
    for number in range(3):
        fire(account, "lead/new", [number + 1])
    deliver(account, START)
    filed = Filed(account)
    deliver(account, START + 1, START + MINUTE)
    filed.follow()

    other = again(account, filed.rows)
    third = other.journal.notifications[2]
    assert (third.held_by, third.held_until_ms) == ("1/1m", START + 2 * MINUTE)
    assert third.hold is other.inside.outbox.hold
    assert other.journal.notifications[1].held_until_ms == START + MINUTE


def test_what_is_held_by_nothing_is_refused() -> None:
    account = make_account(limits=(Limit(1, MINUTE),))
    subscribe(account, "lead/new")
    for number in range(2):
        fire(account, "lead/new", [number + 1])
    deliver(account, START)
    told = rows(account)
    told["small"] = [(name, None if name == "hold" else value) for name, value in told["small"]]

    with pytest.raises(StateError, match="notification 2 is held, and nothing says by which limit"):
        again(account, told)
