"""The path of one event, from the change to its end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copper_emulator.core.account import Account
from copper_emulator.core.errors import EchoLoop, Invalid, NotFound
from copper_emulator.core.ids import Counters
from copper_emulator.core.model import (
    Attempt,
    Delivery,
    EntityType,
    Entry,
    Event,
    Key,
    Kind,
    Outcome,
    Reason,
    RecordChange,
    Result,
    State,
    Wait,
    WaitsFor,
)
from copper_emulator.core.records import commands
from copper_emulator.core.rules import Latency, Limit, OverLimit, WindowKind
from tests.core.builders import (
    FIRST_KEY,
    MINUTE,
    SECOND,
    SECOND_KEY,
    START,
    TARGET,
    answer_ok,
    deliver,
    fire,
    make_account,
    make_rules,
    subscribe,
    topic,
)

OTHER = "https://shop.example.com/hooks"
ONE_A_MINUTE = (Limit(1, MINUTE),)


def serials(attempts: Iterable[Attempt]) -> list[int]:
    return [attempt.notification.serial for attempt in attempts]


def states(account: Account) -> list[str]:
    return [str(notification.state) for notification in account.journal.notifications]


def kinds(account: Account) -> list[str]:
    return [str(entry.kind) for entry in account.journal.entries]


def body_of(attempt: Attempt) -> dict[str, object]:
    body: dict[str, object] = json.loads(attempt.body)
    return body


def ended(account: Account) -> list[tuple[int, str, int]]:
    """Serial, outcome and time (since the start) of each end, in order."""
    return [(d.notification.serial, str(d.outcome), d.ended_ms - START) for d in account.journal.deliveries]


# --- one event, one straight path ---------------------------------------------------------------------


def test_a_change_becomes_a_delivery() -> None:
    account = make_account()
    subscription = subscribe(account, "lead/update", secret={"key": "k"}, headers={"X-Token": "t"})
    change = fire(account, "lead/update", [17], START, {"status": ["New", "Open"]})

    [attempt] = deliver(account, START)

    assert change.subscriptions == (subscription.id,)
    assert attempt.url == TARGET
    assert attempt.started_ms == START
    assert attempt.headers == (
        ("Content-Type", "application/json"),
        ("User-Agent", "copper-emulator/test"),
        ("X-Token", "t"),
    )
    assert attempt.body.decode() == (
        '{"key":"k","subscription_id":560698,"event":"update","type":"lead","ids":[17],'
        '"updated_attributes":{"status":["New","Open"]},"timestamp":"2026-09-21T14:13:20.000Z"}'
    )
    assert account.journal.deliveries == [
        Delivery(
            attempt.notification,
            Outcome.DELIVERED,
            TARGET,
            START,
            START,
            status=200,
            request_body=attempt.body,
            request_headers=attempt.headers,
            subscription=subscription,
        )
    ]


def test_of_endpoints_an_account_by_itself_knows_nothing() -> None:
    account = make_account()

    assert not account.may_work_on(TARGET)
    assert account.owner_elsewhere("person", 17) == ""


def test_which_records_it_has_can_be_asked_of_an_account_without_any() -> None:
    account = make_account()

    assert not account.has_record("person", 17)
    assert "records" not in vars(account)
    ada = account.perform(commands.create_one(EntityType.PERSON, {"name": "Ada"}), START)[0]
    assert account.has_record("person", ada["id"])
    assert not account.has_record("lead", ada["id"])
    assert not account.has_record("person", [ada["id"]])


def test_what_an_account_hands_out_cannot_be_used_to_change_what_it_sends() -> None:
    account = make_account()
    subscribe(account, "lead/update", secret={"key": "k"}, headers={"X-Token": "t"})
    second = subscribe(account, "lead/update", custom_field_computed_values=True)
    account.update_subscription(second.id, {"secret": {"key": "new"}, "headers": {"X-Token": "new"}}, START)
    fire(account, "lead/update", [17], START, {"tags": [["a"], ["b"]]})
    sent = []
    for _ in range(2):
        [attempt] = account.take(START)
        delivery = account.conclude(attempt, Result.answered(200), START)
        assert delivery is not None
        assert attempt.subscription is not None
        with pytest.raises(TypeError):
            delivery.change.updated_attributes["tags"][1].append("HOOK")
        for extras in (attempt.subscription.secret, attempt.subscription.headers):
            with pytest.raises(TypeError):
                extras["key"] = "stolen"  # type: ignore[index]
        body = body_of(attempt)
        sent.append((body["key"], attempt.headers[-1], body["updated_attributes"]))

    assert sent == [
        ("k", ("X-Token", "t"), {"tags": [["a"], ["b"]]}),
        ("new", ("X-Token", "new"), {"tags": [["a"], ["b"]]}),
    ]


def test_an_account_tells_at_which_place_its_ids_are() -> None:
    account = Account("third", FIRST_KEY, make_rules(), counters=Counters(3))

    assert account.place == 3


def test_what_no_record_has_part_in_makes_no_place_for_records() -> None:
    """Stores for all types are a third of the cost of a new account, and most tests of an endpoint create one each."""
    account = make_account()
    subscribe(account, "lead/update")
    fire(account, "lead/update", [17], START)
    deliver(account, START)

    assert "records" not in vars(account)
    assert account.records.of(EntityType.LEAD) == {}


def test_the_journal_tells_it_in_order() -> None:
    heard: list[Entry] = []
    account = Account("test", FIRST_KEY, make_rules(), on_entry=heard.append)
    subscribe(account, "lead/new")
    fire(account, "lead/new")
    deliver(account, START)

    assert kinds(account) == ["subscribed", "change", "queued", "sending", "ended"]
    assert heard == account.journal.entries


def test_what_came_back_is_kept() -> None:
    error = KeyError("id")
    account = make_account()
    subscribe(account, "lead/new")
    fire(account, "lead/new")
    result = Result(
        Outcome.REJECTED,
        status=500,
        text="boom",
        headers=(("X-A", "1"),),
        body=b"oops",
        exception=error,
        traceback="Traceback ...",
        route="wsgi",
    )

    deliver(account, START, endpoint=lambda _: result)

    [delivery] = account.journal.deliveries
    assert delivery.status == 500
    assert delivery.text == "boom"
    assert delivery.response_headers == (("X-A", "1"),)
    assert delivery.response_body == b"oops"
    assert delivery.exception is error
    assert delivery.traceback == "Traceback ..."
    assert delivery.route == "wsgi"


def test_nobody_listening_is_told_in_the_change() -> None:
    account = make_account()
    subscribe(account, "lead/new")

    change = fire(account, "lead/update")

    assert change.subscriptions == ()
    assert change.note == "no subscription to lead/update (there is one to lead/new)"
    assert account.journal.entries[-1].text == change.note
    assert deliver(account, START) == []


def test_each_change_concerns_those_who_are_subscribed_when_it_happens() -> None:
    account = make_account()
    found = [fire(account, "lead/new")]
    one = subscribe(account, "lead/new")
    found.append(fire(account, "lead/new"))
    other = subscribe(account, "lead/new")
    found.append(fire(account, "lead/new"))
    account.unsubscribe(one.id, START)
    found.append(fire(account, "lead/new"))
    account.unsubscribe(other.id, START)
    found.append(fire(account, "lead/new"))

    assert [change.subscriptions for change in found] == [(), (one.id,), (one.id, other.id), (other.id,), ()]
    assert [change.note for change in found] == [
        "no subscription to lead/new",
        "",
        "",
        "",
        "no subscription to lead/new",
    ]


def test_one_change_to_61_records_gives_30_and_30_and_1() -> None:
    account = make_account()
    subscribe(account, "lead/delete")
    fire(account, "lead/delete", range(1, 62))

    attempts = deliver(account, START)

    assert [attempt.notification.ids for attempt in attempts] == [
        tuple(range(1, 31)),
        tuple(range(31, 61)),
        (61,),
    ]


def test_two_subscriptions_to_a_topic_are_both_notified() -> None:
    account = make_account()
    first = subscribe(account, "lead/new")
    second = subscribe(account, "lead/new", OTHER)
    change = fire(account, "lead/new", range(1, 32))

    attempts = deliver(account, START)

    assert change.subscriptions == (first.id, second.id)
    assert [attempt.url for attempt in attempts] == [TARGET, TARGET, OTHER, OTHER]
    assert account.journal.notifications_of(change) == [attempt.notification for attempt in attempts]


@pytest.mark.parametrize("status", [200, 302, 404, 500, 503])
def test_there_is_one_attempt_whatever_the_answer(status: int) -> None:
    account = make_account()
    subscribe(account, "lead/new")
    fire(account, "lead/new")

    attempts = deliver(account, START, START + 60 * MINUTE, lambda _: Result.answered(status))

    assert len(attempts) == 1
    assert account.next_moment(START + 60 * MINUTE) is None


@pytest.mark.parametrize("outcome", [Outcome.BLOCKED, Outcome.LOST])
def test_what_the_shell_does_not_send_counts_in_the_window(outcome: Outcome) -> None:
    account = make_account(limits=ONE_A_MINUTE)
    subscribe(account, "lead/new")
    fire(account, "lead/new", [1])
    fire(account, "lead/new", [2])

    deliver(account, START, endpoint=lambda _: Result(outcome, text="not sent"))

    assert states(account) == [str(outcome), "held"]


# --- records ------------------------------------------------------------------------------------------


def test_records_made_in_one_action_share_a_change() -> None:
    account = make_account()
    records = account.act(commands.create(EntityType.PERSON, [{"name": "Ada"}, {"name": "Bob"}]), START, origin="api")

    [change] = account.journal.changes

    assert change.topic == topic("person/new")
    assert change.ids == tuple(record.id for record in records)
    assert change.updated_attributes == {}
    assert change.origin == "api"


def test_records_changed_in_one_action_share_a_change_if_they_changed_alike() -> None:
    account = make_account()
    rows = [{"name": "a", "details": "one"}, {"name": "b", "details": "two"}, {"name": "c", "details": "one"}]
    first, second, third = account.act(commands.create(EntityType.LEAD, rows), START)
    command = commands.update(EntityType.LEAD, [first.id, second.id, third.id], {"details": "three"})

    account.act(command, START, origin="page")

    _, *changes = account.journal.changes
    assert [(change.ids, change.updated_attributes, change.origin) for change in changes] == [
        ((first.id, third.id), {"details": ["one", "three"]}, "page"),
        ((second.id,), {"details": ["two", "three"]}, "page"),
    ]


def test_what_a_write_left_as_it_was_is_told_in_the_journal() -> None:
    account = make_account()
    same, other = account.act(commands.create(EntityType.LEAD, [{"name": "Ada"}, {"name": "Bob"}]), START)

    account.act(commands.update(EntityType.LEAD, [same.id, other.id], {"name": "Ada"}), START)

    assert [(str(entry.kind), entry.text) for entry in account.journal.entries if not entry.change] == [
        ("unchanged", f"lead/update [{same.id}]: the values were the same")
    ]


def test_what_was_ignored_is_told_with_its_reason_in_the_journal_where_nothing_changed() -> None:
    account = make_account()
    ada, bob = account.act(commands.create(EntityType.PERSON, [{"name": "Ada"}, {"name": "Bob"}]), START)

    account.act(commands.update(EntityType.PERSON, [ada.id], {"company_id": 5, "date_created": 5}), START)
    account.act(commands.update(EntityType.PERSON, [ada.id, bob.id], {"company_id": 5, "name": "Ada"}), START)

    same = f"person/update [{ada.id}]: the values were the same"
    assert [entry.text for entry in account.journal.entries if not entry.change] == [
        f"{same}; ignored: company_id (it can be given only at creation; relate the records instead), "
        "date_created (only Copper writes it)",
        same,
    ]


def test_records_deleted_in_one_action_share_a_change() -> None:
    account = make_account()
    made = account.act(commands.create(EntityType.TASK, [{"name": "call"}, {"name": "write"}]), START)
    ids = [record.id for record in made]

    account.act(commands.delete(EntityType.TASK, ids), START, origin="api")

    change = account.journal.changes[-1]
    assert (change.topic, change.ids, change.origin) == (topic("task/delete"), tuple(ids), "api")


def test_an_action_on_no_records_is_no_change() -> None:
    account = make_account()

    assert account.act(commands.create(EntityType.LEAD, []), START) == []
    assert account.act(commands.update(EntityType.LEAD, [], {"name": "Ada"}), START) == []
    account.act(commands.delete(EntityType.LEAD, []), START)

    assert account.journal.entries == []


def test_what_is_refused_leaves_no_trace() -> None:
    account = make_account()

    with pytest.raises(Invalid):
        account.act(commands.create(EntityType.LEAD, [{"name": "Ada"}, {"name": ""}]), START)

    assert account.journal.entries == []
    assert account.records.of(EntityType.LEAD) == {}


def test_the_author_of_an_activity_is_the_user_of_the_current_key() -> None:
    account = make_account()
    [lead] = account.act(commands.create(EntityType.LEAD, [{"name": "Ada"}]), START)
    account.records.catalogue.add("users", {"name": "Bob", "email": SECOND_KEY.email})
    note = {"parent": {"type": "lead", "id": lead.id}, "type": {"category": "user", "id": 0}, "details": "hello"}

    def author() -> str:
        [activity] = account.act(commands.create(EntityType.ACTIVITY_LOG, [note]), START)
        return str(account.records.catalogue.get("users", activity.user_id)["email"])

    assert author() == FIRST_KEY.email
    account.switch_key(SECOND_KEY, START)
    assert author() == SECOND_KEY.email


# --- subscriptions and keys ---------------------------------------------------------------------------


def test_a_subscription_knows_its_key_and_its_moment() -> None:
    account = make_account()

    subscription = subscribe(account, "lead/new", now=START + 5, custom_field_computed_values=True)

    assert subscription.id == 560_698
    assert subscription.key == FIRST_KEY.serial
    assert subscription.created_ms == START + 5
    assert subscription.custom_field_computed_values is True
    assert account.journal.entries[-1].subscription == subscription


def test_the_101st_subscription_is_refused() -> None:
    account = make_account()
    for _ in range(100):
        subscribe(account, "lead/new")

    with pytest.raises(Invalid, match="Subscription limit of 100 reached"):
        subscribe(account, "lead/new")

    assert len(account.subscriptions) == 100


def test_the_limit_of_100_is_the_accounts_not_the_keys() -> None:
    account = make_account()
    for _ in range(100):
        subscribe(account, "lead/new")
    account.switch_key(SECOND_KEY, START)

    with pytest.raises(Invalid, match="Subscription limit of 100 reached"):
        subscribe(account, "lead/new")


def test_a_removed_subscription_hears_nothing_more() -> None:
    account = make_account()
    subscription = subscribe(account, "lead/new")

    assert account.unsubscribe(subscription.id, START) == subscription

    fire(account, "lead/new")
    assert deliver(account, START) == []
    with pytest.raises(NotFound):
        account.unsubscribe(subscription.id, START)


def test_an_old_keys_subscriptions_go_on_firing_unseen() -> None:
    account = make_account()
    stale = subscribe(account, "lead/new")
    account.switch_key(SECOND_KEY, START)
    fresh = subscribe(account, "lead/new", OTHER)

    fire(account, "lead/new")

    assert [attempt.url for attempt in deliver(account, START)] == [TARGET, OTHER]
    assert account.key == SECOND_KEY
    assert account.keys == [FIRST_KEY, SECOND_KEY]
    assert account.subscriptions.of_key(SECOND_KEY.serial) == [fresh]
    with pytest.raises(NotFound):
        account.unsubscribe(stale.id, START)
    with pytest.raises(NotFound):
        account.update_subscription(stale.id, {"target": OTHER}, START)


@pytest.mark.parametrize(
    ("events", "text"),
    [
        ((), "the earlier key is refused from now on"),
        (("new",), "1 subscription from earlier keys still fires"),
        (("new", "update"), "2 subscriptions from earlier keys still fire"),
    ],
    ids=len,
)
def test_a_switch_of_keys_says_what_stays_behind(events: tuple[str, ...], text: str) -> None:
    account = make_account()
    for event in events:
        subscribe(account, f"lead/{event}")

    account.switch_key(SECOND_KEY, START)

    assert account.journal.entries[-1] == Entry(len(events) + 1, START, Kind.KEY_SWITCHED, text)


def test_an_account_may_begin_without_a_key() -> None:
    account = Account("test", None, make_rules())
    assert account.keys == []

    account.switch_key(FIRST_KEY, START)

    assert account.key == FIRST_KEY
    assert account.journal.entries[-1].text == "the account has its first key"


def test_who_has_no_key_yet_subscribes_for_the_first_to_come() -> None:
    account = Account("test", None, make_rules())
    subscription = subscribe(account, "lead/new")
    assert (subscription.key, account.key_serial) == (1, 1)

    account.switch_key(FIRST_KEY, START)

    assert account.subscriptions.of_key(account.key.serial) == [subscription]


def test_a_subscription_of_an_earlier_key_can_be_changed_and_removed_by_who_names_that_key() -> None:
    account = make_account()
    subscription = subscribe(account, "lead/new")
    account.switch_key(SECOND_KEY, START)
    with pytest.raises(NotFound):
        account.update_subscription(subscription.id, {"target": OTHER}, START)

    changed = account.update_subscription(subscription.id, {"target": OTHER}, START, key=1)
    gone = account.unsubscribe(subscription.id, START, key=1)

    assert (changed.target, gone) == (OTHER, changed)
    assert len(account.subscriptions) == 0


def test_a_second_subscription_to_a_topic_can_replace_the_first() -> None:
    account = make_account(replace_duplicates=True)
    subscribe(account, "lead/new")
    other_topic = subscribe(account, "lead/update")

    second = subscribe(account, "lead/new", OTHER)

    assert list(account.subscriptions) == [other_topic, second]
    [removed] = [entry for entry in account.journal.entries if entry.kind is Kind.UNSUBSCRIBED]
    assert removed.text == "replaced by a new one for the same topic"


def test_only_the_same_keys_subscription_is_replaced() -> None:
    account = make_account(replace_duplicates=True)
    stale = subscribe(account, "lead/new")
    account.switch_key(SECOND_KEY, START)

    fresh = subscribe(account, "lead/new", OTHER)

    assert list(account.subscriptions) == [stale, fresh]


def test_replacing_makes_room_for_itself() -> None:
    account = make_account(replace_duplicates=True)
    for key in range(1, 101):
        account.switch_key(Key(key, f"token-{key}", ""), START)
        subscribe(account, "lead/new")

    subscribe(account, "lead/new", OTHER)

    assert len(account.subscriptions) == 100


# --- what waits, and the subscription it waits for ----------------------------------------------------


def test_what_waits_is_sent_as_the_subscription_then_stands() -> None:
    account = make_account(latency=Latency(SECOND, SECOND))
    subscription = subscribe(account, "lead/new", secret={"key": "old"})
    fire(account, "lead/new")
    body = {"target": OTHER, "secret": {"key": "new"}, "headers": {"X-Token": "t"}}

    updated = account.update_subscription(subscription.id, body, START)

    [attempt] = deliver(account, START, START + SECOND)
    assert attempt.url == OTHER
    assert body_of(attempt)["key"] == "new"
    assert ("X-Token", "t") in attempt.headers
    assert attempt.subscription == updated
    assert "subscription changed" in kinds(account)


def test_what_waits_is_cancelled_when_its_turn_comes_and_the_subscription_is_gone() -> None:
    account = make_account(latency=Latency(SECOND, SECOND))
    subscription = subscribe(account, "lead/new")
    fire(account, "lead/new")
    account.unsubscribe(subscription.id, START)
    assert states(account) == ["queued"]

    assert deliver(account, START, START + SECOND) == []

    [delivery] = account.journal.deliveries
    assert delivery.outcome is Outcome.CANCELLED
    assert delivery.text == "subscription 560698 was removed"
    assert delivery.ended_ms == START + SECOND
    assert delivery.subscription is None
    assert delivery.body is None


def test_what_is_held_is_cancelled_too_and_takes_no_room() -> None:
    account = make_account(limits=ONE_A_MINUTE)
    gone = subscribe(account, "lead/new")
    subscribe(account, "lead/delete", OTHER)
    for text in ("lead/new", "lead/new", "lead/delete"):
        fire(account, text)
    deliver(account, START)
    account.unsubscribe(gone.id, START)

    [attempt] = deliver(account, START, START + MINUTE)

    assert attempt.url == OTHER
    assert ended(account) == [(1, "delivered", 0), (2, "cancelled", MINUTE), (3, "delivered", MINUTE)]


def test_under_the_drop_policy_what_is_gone_is_dropped_where_there_is_no_room() -> None:
    account = make_account(limits=ONE_A_MINUTE, over_limit=OverLimit.DROP)
    gone = subscribe(account, "lead/new")
    fire(account, "lead/new")
    deliver(account, START)
    fire(account, "lead/new")
    account.unsubscribe(gone.id, START)

    deliver(account, START)

    assert states(account) == ["delivered", "dropped"]


def test_a_changed_target_is_not_crowded_by_what_waited_for_the_old_one() -> None:
    """One at a time means one at a time for the target that is really used."""
    account = make_account()
    moving = subscribe(account, "lead/new", TARGET)
    subscribe(account, "lead/update", OTHER)
    for text in ("lead/new", "lead/update", "lead/new"):
        fire(account, text)
    slow = {TARGET: SECOND, OTHER: 2 * SECOND}
    deliver(account, START, endpoint=lambda attempt: Result.answered(200, delay_ms=slow[attempt.url]))

    account.update_subscription(moving.id, {"target": OTHER}, START)
    attempts = deliver(account, START, START + MINUTE)

    assert [(attempt.url, attempt.started_ms - START) for attempt in attempts] == [(OTHER, 2 * SECOND)]


def test_what_was_moved_away_from_a_busy_target_need_not_wait_for_it() -> None:
    account = make_account()
    moving = subscribe(account, "lead/new", TARGET)
    fire(account, "lead/new")
    fire(account, "lead/new")
    deliver(account, START, endpoint=lambda _: Result.answered(200, delay_ms=SECOND))

    account.update_subscription(moving.id, {"target": OTHER}, START)

    assert [attempt.url for attempt in deliver(account, START)] == [OTHER]


# --- latency ------------------------------------------------------------------------------------------


def test_a_notification_is_due_after_its_latency() -> None:
    account = make_account(latency=Latency(30 * SECOND, 30 * SECOND))
    subscribe(account, "lead/new")
    fire(account, "lead/new")

    assert deliver(account, START, START + 30 * SECOND - 1) == []
    [attempt] = deliver(account, START + 30 * SECOND - 1, START + 30 * SECOND)

    assert attempt.started_ms == START + 30 * SECOND
    assert body_of(attempt)["timestamp"] == "2026-09-21T14:13:20.000Z"


def test_the_timestamp_can_be_that_of_sending() -> None:
    account = make_account(latency=Latency(SECOND, SECOND), timestamp_when_sent=True)
    subscribe(account, "lead/new")
    fire(account, "lead/new")

    [attempt] = deliver(account, START, START + SECOND)

    assert body_of(attempt)["timestamp"] == "2026-09-21T14:13:21.000Z"


def test_a_range_of_latency_is_drawn_from() -> None:
    """The values are those of test_draws: seed, topic, ids, how many equal changes before, subscription."""
    account = make_account(latency=Latency(0, 900_000))
    subscribe(account, "lead/new")
    subscribe(account, "lead/new")
    fire(account, "lead/new", [17])
    fire(account, "lead/new", [17])

    due = [notification.due_ms - START for notification in account.journal.notifications]

    assert due[0] == 488_197
    assert due[1] == 12_791
    assert due[2] == 51_180


def test_all_pieces_of_a_change_are_due_together() -> None:
    account = make_account(latency=Latency(0, 900_000))
    subscribe(account, "lead/new")
    fire(account, "lead/new", range(1, 92))

    assert len({notification.due_ms for notification in account.journal.notifications}) == 1


changes = st.tuples(
    st.sampled_from(["lead/new", "lead/update", "person/new"]),
    st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple),
)


@given(before=st.lists(changes, max_size=4), after=st.lists(changes, max_size=4), one_more=changes)
def test_one_more_change_never_shifts_the_delay_of_another(
    before: list[tuple[str, tuple[int, ...]]],
    after: list[tuple[str, tuple[int, ...]]],
    one_more: tuple[str, tuple[int, ...]],
) -> None:
    without = delays_of([*before, *after])
    with_it = delays_of([*before, one_more, *after])
    del with_it[len(before)]

    # Identical changes are distinguished by a count, so these do shift.
    for happened, delay, moved in zip([*before, *after], without, with_it, strict=True):
        assert delay == moved or happened == one_more


def delays_of(happening: list[tuple[str, tuple[int, ...]]]) -> list[int]:
    """How late the first notification of each change is."""
    account = make_account(latency=Latency(0, 900_000))
    for text in ("lead/new", "lead/update", "person/new"):
        subscribe(account, text)
    made = [fire(account, text, ids) for text, ids in happening]
    return [account.journal.notifications_of(change)[0].due_ms - START for change in made]


def test_the_later_change_may_come_first() -> None:
    account = make_account(latency=Latency(0, 900_000))
    subscribe(account, "lead/new")
    fire(account, "lead/new", [17])
    fire(account, "lead/new", [17])

    assert serials(deliver(account, START, START + 900_000)) == [2, 1]


# --- limits -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("window", WindowKind)
def test_the_601st_notification_waits_for_the_minute(window: WindowKind) -> None:
    account = make_account(window=window)
    subscribe(account, "lead/new")
    for number in range(601):
        fire(account, "lead/new", [number])

    assert len(deliver(account, START, START + MINUTE - 1)) == 600
    assert states(account)[600] == "held"
    assert account.next_moment(START + MINUTE - 1) == START + MINUTE
    assert serials(deliver(account, START + MINUTE - 1, START + MINUTE)) == [601]


@pytest.mark.parametrize("window", WindowKind)
def test_the_1801st_notification_waits_for_the_ten_minutes(window: WindowKind) -> None:
    account = make_account(window=window)
    subscribe(account, "lead/new")
    for number in range(1_801):
        fire(account, "lead/new", [number])

    assert len(deliver(account, START, START + 10 * MINUTE - 1)) == 1_800
    [attempt] = deliver(account, START + 10 * MINUTE - 1, START + 20 * MINUTE)
    assert attempt.started_ms == START + 10 * MINUTE


def test_30_ids_count_as_one() -> None:
    account = make_account(limits=ONE_A_MINUTE)
    subscribe(account, "lead/new")
    fire(account, "lead/new", range(30))

    deliver(account, START)

    assert states(account) == ["delivered"]


def test_a_held_notification_says_by_which_limit_and_until_when() -> None:
    account = make_account(limits=(Limit(1, SECOND), Limit(1, MINUTE)))
    subscribe(account, "lead/new")
    fire(account, "lead/new")
    fire(account, "lead/new")
    deliver(account, START)

    held = account.journal.notifications[1]

    assert (held.held_by, held.held_until_ms) == ("1/1m", START + MINUTE)
    assert account.journal.entries[-2] == Entry(
        account.journal.entries[-2].number,
        START,
        Kind.HELD,
        "by the limit of 1/1m, which renews 2026-09-21 14:14:20.000",
        notification=held,
    )


def test_being_held_is_told_once() -> None:
    account = make_account(limits=ONE_A_MINUTE)
    subscribe(account, "lead/new")
    for _ in range(2):
        fire(account, "lead/new")

    deliver(account, START, START + 3 * MINUTE)

    assert kinds(account).count("held") == 1


def test_what_stays_held_when_the_window_renews_is_held_until_the_next_one() -> None:
    account = make_account(limits=ONE_A_MINUTE)
    subscribe(account, "lead/new")
    for _ in range(4):
        fire(account, "lead/new")

    deliver(account, START, START + MINUTE)

    assert [note.held_until_ms for note in account.journal.notifications] == [
        None,
        START + MINUTE,
        START + 2 * MINUTE,
        START + 2 * MINUTE,
    ]
    assert [entry.text for entry in account.journal.entries if entry.kind is Kind.HELD and not entry.notification] == [
        "2 notifications still, by the limit of 1/1m, which renews 2026-09-21 14:15:20.000"
    ]


def test_what_is_held_shares_one_hold_and_keeps_its_own_when_it_goes() -> None:
    account = make_account(limits=ONE_A_MINUTE)
    subscribe(account, "lead/new")
    for _ in range(4):
        fire(account, "lead/new")
    deliver(account, START)
    second, third, fourth = account.journal.notifications[1:]
    assert second.hold is third.hold is fourth.hold

    deliver(account, START, START + MINUTE)

    assert second.hold is not third.hold
    assert third.hold is fourth.hold
    assert (second.held_until_ms, third.held_until_ms) == (START + MINUTE, START + 2 * MINUTE)


def test_what_was_held_goes_before_what_comes_later() -> None:
    account = make_account(limits=ONE_A_MINUTE)
    subscribe(account, "lead/new")
    fire(account, "lead/new", [1])
    fire(account, "lead/new", [2])
    deliver(account, START)
    fire(account, "lead/new", [3], START + MINUTE)

    assert serials(deliver(account, START, START + 2 * MINUTE)) == [2, 3]


def test_what_finds_no_room_can_be_dropped() -> None:
    account = make_account(limits=ONE_A_MINUTE, over_limit=OverLimit.DROP)
    subscribe(account, "lead/new")
    for number in (1, 2, 3):
        fire(account, "lead/new", [number])

    deliver(account, START)

    assert ended(account) == [(1, "delivered", 0), (2, "dropped", 0), (3, "dropped", 0)]
    assert account.journal.deliveries[1].text == "over the limit of 1/1m"
    assert account.next_moment(START) is None


def test_what_waits_for_its_busy_target_is_not_dropped_yet() -> None:
    account = make_account(limits=ONE_A_MINUTE, over_limit=OverLimit.DROP)
    subscribe(account, "lead/new")
    subscribe(account, "lead/update", OTHER)
    for text in ("lead/new", "lead/new", "lead/update"):
        fire(account, text)

    deliver(account, START, START + MINUTE, lambda _: Result.answered(200, delay_ms=5 * SECOND))

    assert ended(account) == [(3, "dropped", 0), (1, "delivered", 5 * SECOND), (2, "dropped", 5 * SECOND)]


def test_after_a_drop_sending_goes_on_with_the_next_window() -> None:
    account = make_account(limits=ONE_A_MINUTE, over_limit=OverLimit.DROP)
    subscribe(account, "lead/new")
    fire(account, "lead/new")
    fire(account, "lead/new")
    deliver(account, START)
    fire(account, "lead/new", now=START + MINUTE)

    deliver(account, START + MINUTE)

    assert states(account) == ["delivered", "dropped", "delivered"]


def test_without_limits_everything_goes_at_once() -> None:
    account = make_account(limits=())
    subscribe(account, "lead/new")
    for _ in range(2_000):
        fire(account, "lead/new")

    assert len(deliver(account, START)) == 2_000


# --- side by side -------------------------------------------------------------------------------------


def test_a_round_is_one_notification_where_one_at_a_time_is_sent() -> None:
    account = make_account()
    subscribe(account, "lead/new", TARGET)
    subscribe(account, "lead/new", OTHER)
    fire(account, "lead/new")

    [first] = account.take(START)
    assert first.notification.state is State.SENDING
    [second] = account.take(START)
    assert (first.url, second.url) == (TARGET, OTHER)
    assert account.take(START) == []


def test_a_round_has_so_many_for_each_target() -> None:
    account = make_account(in_flight=2)
    subscribe(account, "lead/new", TARGET)
    subscribe(account, "lead/new", OTHER)
    for _ in range(3):
        fire(account, "lead/new")

    first = account.take(START)
    assert serials(first) == [1, 2, 3, 4]
    assert account.take(START) == []

    account.conclude(first[0], Result.answered(200), START)
    assert serials(account.take(START)) == [5]


def test_where_room_is_short_nobody_overtakes_within_a_round() -> None:
    """There is room for four: with two at once per target, the first target's third precedes the other's first."""
    account = make_account(in_flight=2, limits=(Limit(4, MINUTE),), batch=1)
    subscribe(account, "lead/new", TARGET)
    subscribe(account, "lead/new", OTHER)
    fire(account, "lead/new", [1, 2, 3])

    attempts = deliver(account, START)

    assert [attempt.url for attempt in attempts] == [TARGET, TARGET, TARGET, OTHER]
    assert states(account)[4:] == ["held", "held"]


def test_a_slow_target_does_not_keep_the_others_waiting() -> None:
    account = make_account()
    subscribe(account, "lead/new", TARGET)
    subscribe(account, "lead/new", OTHER)
    fire(account, "lead/new")
    fire(account, "lead/new")

    def endpoint(attempt: Attempt) -> Result:
        return Result.answered(200, delay_ms=SECOND if attempt.url == TARGET else 0)

    attempts = deliver(account, START, START + 2 * SECOND, endpoint)

    assert [(attempt.url, attempt.started_ms - START) for attempt in attempts] == [
        (TARGET, 0),
        (OTHER, 0),
        (OTHER, 0),
        (TARGET, SECOND),
    ]


def test_what_waits_only_for_its_target_is_not_held() -> None:
    account = make_account()
    subscribe(account, "lead/new")
    fire(account, "lead/new")
    fire(account, "lead/new")

    deliver(account, START, endpoint=lambda _: Result.answered(200, delay_ms=SECOND))

    assert states(account) == ["sending", "queued"]
    assert account.next_moment(START) == START + SECOND


# --- answers that take their time ---------------------------------------------------------------------


def test_a_slow_answer_counts_when_it_comes() -> None:
    account = make_account()
    subscribe(account, "lead/new")
    fire(account, "lead/new")
    [attempt] = account.take(START)

    assert account.conclude(attempt, Result.answered(200, delay_ms=SECOND), START) is None
    assert account.next_moment(START) == START + SECOND
    account.finish(START + SECOND - 1)
    assert states(account) == ["sending"]
    account.finish(START + SECOND)

    assert ended(account) == [(1, "delivered", SECOND)]


SLOW: dict[str, tuple[Result, tuple[str, Reason | None, str]]] = {
    "just in time": (Result.answered(200, delay_ms=9_999), ("delivered", None, "")),
    "at the timeout": (
        Result.answered(200, delay_ms=10_000),
        ("failed", Reason.TIMED_OUT, "no answer within 10s"),
    ),
    "hanging": (
        Result.answered(200, delay_ms=MINUTE),
        ("failed", Reason.TIMED_OUT, "no answer within 10s"),
    ),
    "refused after a while": (
        Result.failure(Reason.REFUSED, "nobody", delay_ms=5),
        ("failed", Reason.REFUSED, "nobody"),
    ),
}


@pytest.mark.parametrize(("result", "expected"), SLOW.values(), ids=SLOW.keys())
def test_nobody_waits_longer_than_the_timeout(result: Result, expected: tuple[str, Reason | None, str]) -> None:
    account = make_account()
    subscribe(account, "lead/new")
    fire(account, "lead/new")

    deliver(account, START, START + MINUTE, lambda _: result)

    [delivery] = account.journal.deliveries
    assert (str(delivery.outcome), delivery.reason, delivery.text) == expected
    assert delivery.ended_ms == START + min(result.delay_ms, 10_000)


def test_a_timeout_keeps_where_it_was_sent() -> None:
    account = make_account()
    subscribe(account, "lead/new")
    fire(account, "lead/new")

    deliver(
        account,
        START,
        START + MINUTE,
        lambda _: Result(Outcome.DELIVERED, 200, delay_ms=MINUTE, route="function"),
    )

    assert account.journal.deliveries[0].route == "function"
    assert account.journal.deliveries[0].status is None


# --- looking ------------------------------------------------------------------------------------------


def test_what_waits_is_listed_by_due_time() -> None:
    account = make_account(latency=Latency(0, 900_000))
    subscribe(account, "lead/new")
    fire(account, "lead/new", [17])
    fire(account, "lead/new", [17])

    assert [notification.serial for notification in account.waiting()] == [2, 1]

    deliver(account, START, START + 900_000)
    assert account.waiting() == []


def test_the_limits_can_be_looked_at() -> None:
    account = make_account(limits=ONE_A_MINUTE)
    subscribe(account, "lead/new")
    fire(account, "lead/new")
    deliver(account, START)

    assert [(window.limit, window.room(START)) for window in account.windows] == [(ONE_A_MINUTE[0], 0)]


def test_where_a_notification_goes_is_where_its_subscription_stands() -> None:
    account = make_account()
    subscription = subscribe(account, "lead/new")
    fire(account, "lead/new")
    (notification,) = account.waiting()
    assert account.target_of(notification) == TARGET

    account.unsubscribe(subscription.id, START)

    assert account.target_of(notification) == ""
    assert account.attempt_of(notification) is None


def test_what_is_under_way_still_waits() -> None:
    account = make_account()
    subscribe(account, "lead/new")
    fire(account, "lead/new")
    account.take(START)

    assert [notification.state for notification in account.waiting()] == [State.SENDING]


def test_an_idle_account_waits_for_no_moment() -> None:
    account = make_account()

    assert account.next_moment(START) is None
    assert account.take(START) == []


def test_the_next_moment_is_the_first_of_all() -> None:
    account = make_account(latency=Latency(SECOND, SECOND), limits=ONE_A_MINUTE)
    subscribe(account, "lead/new")
    fire(account, "lead/new")
    assert account.next_moment(START) == START + SECOND

    fire(account, "lead/new")
    deliver(account, START, START + SECOND, lambda _: Result.answered(200, delay_ms=5 * SECOND))
    assert account.next_moment(START + SECOND) == START + 6 * SECOND

    deliver(account, START + SECOND, START + 6 * SECOND)
    assert account.next_moment(START + 6 * SECOND) == START + SECOND + MINUTE


# --- what something waits for -------------------------------------------------------------------------


def waits(account: Account) -> list[Wait]:
    return [account.wait_of(notification) for notification in account.waiting()]


def test_before_its_due_time_it_waits_for_that() -> None:
    account = make_account(latency=Latency(SECOND, SECOND))
    subscribe(account, "lead/new")
    fire(account, "lead/new")

    assert waits(account) == [Wait(WaitsFor.TIME, START + SECOND)]


def test_what_is_due_waits_for_a_call_that_lets_time_pass() -> None:
    account = make_account()
    subscribe(account, "lead/new")
    fire(account, "lead/new")

    assert waits(account) == [Wait(WaitsFor.CALL)]


def test_where_time_passes_by_itself_what_is_due_waits_for_nothing() -> None:
    account = make_account()
    account.time_flows = lambda: True
    subscribe(account, "lead/new")
    fire(account, "lead/new")

    assert waits(account) == [Wait(WaitsFor.GOING)]


def test_what_finds_no_room_waits_for_the_limit_that_blocks_now() -> None:
    """The third is first held by the minute, and then by the ten minutes."""
    account = make_account(limits=(Limit(1, MINUTE), Limit(2, 10 * MINUTE)))
    subscribe(account, "lead/new")
    for _ in range(3):
        fire(account, "lead/new")

    deliver(account, START)
    assert waits(account) == [Wait(WaitsFor.LIMIT, START + MINUTE, "1/1m")] * 2

    deliver(account, START, START + MINUTE)
    assert waits(account) == [Wait(WaitsFor.LIMIT, START + 10 * MINUTE, "2/10m")]
    assert account.journal.notifications[2].held_by == "2/10m"


def test_what_is_behind_another_waits_for_its_target() -> None:
    account = make_account()
    subscribe(account, "lead/new")
    fire(account, "lead/new")
    fire(account, "lead/new")
    account.take(START)

    assert waits(account) == [Wait(WaitsFor.ANSWER), Wait(WaitsFor.TARGET)]


def test_what_is_under_way_waits_for_the_answer_that_is_known_to_come() -> None:
    account = make_account()
    subscribe(account, "lead/new")
    fire(account, "lead/new")
    deliver(account, START, endpoint=lambda _: Result.answered(200, delay_ms=SECOND))

    assert waits(account) == [Wait(WaitsFor.ANSWER, START + SECOND)]


def test_what_lost_its_subscription_waits_for_its_turn() -> None:
    account = make_account()
    subscription = subscribe(account, "lead/new")
    fire(account, "lead/new")
    account.unsubscribe(subscription.id, START)

    assert waits(account) == [Wait(WaitsFor.CALL)]


# --- replay -------------------------------------------------------------------------------------------


def test_a_replay_sends_the_captured_body_outside_matching_and_limits() -> None:
    account = make_account(limits=ONE_A_MINUTE)
    subscribe(account, "lead/new")
    fire(account, "lead/new")
    deliver(account, START)
    headers = [("Content-Type", "application/json")]

    attempt = account.replay(topic("lead/new"), (17,), b"captured", OTHER, headers, START)
    delivery = account.conclude(attempt, Result.answered(200), START)

    assert (attempt.url, attempt.body, attempt.headers) == (OTHER, b"captured", tuple(headers))
    assert delivery is not None
    assert delivery.replayed
    assert delivery.target == OTHER
    assert kinds(account)[-4:] == ["change", "queued", "sending", "ended"]


def test_a_replay_says_what_is_sent_again() -> None:
    account = make_account()

    captured = account.replay(topic("lead/new"), (17,), b"{}", OTHER, (), START)
    resent = account.replay(topic("lead/new"), (17,), b"{}", OTHER, (), START, note="resent: #1")

    assert [each.notification.change.note for each in (captured, resent)] == ["replay of a captured body", "resent: #1"]


def test_a_replay_leaves_out_what_told_where_the_captured_request_ended() -> None:
    headers = [("X-Trace", "1"), ("Content-length", "5"), ("TRANSFER-ENCODING", "chunked")]

    attempt = make_account().replay(topic("lead/new"), (17,), b"{}", OTHER, headers, START)

    assert attempt.headers == (("X-Trace", "1"),)


def test_a_replay_takes_no_room() -> None:
    account = make_account(limits=ONE_A_MINUTE)
    subscribe(account, "lead/new")
    account.conclude(account.replay(topic("lead/new"), (1,), b"", OTHER, (), START), Result.answered(200), START)
    fire(account, "lead/new")

    assert len(deliver(account, START)) == 1


# --- echoes -------------------------------------------------------------------------------------------


def echoing(account: Account) -> Callable[[Attempt], Result]:
    """An endpoint that writes to the record it is notified about."""

    def endpoint(attempt: Attempt) -> Result:
        account.causing = (attempt.notification,)
        account.apply(RecordChange(topic("lead/update"), (17,), {"n": [0, 1]}), attempt.started_ms)
        account.causing = ()
        return answer_ok(attempt)

    return endpoint


def test_a_change_knows_the_notification_that_caused_it() -> None:
    account = make_account(echo_depth=2)
    subscribe(account, "lead/update")
    fire(account, "lead/update")

    deliver(account, START, endpoint=echoing(account))

    assert [(change.cause, change.depth) for change in account.journal.changes] == [
        (None, 0),
        (1, 1),
        (2, 2),
        (3, 3),
    ]


def test_an_endpoint_that_works_on_after_its_answer_is_no_echo() -> None:
    """It changes each record once, each during the delivery of its change to the one before."""
    account = make_account(echo_depth=3)
    subscribe(account, "lead/new")
    subscribe(account, "lead/update")
    waiting: list[int] = []

    def endpoint(attempt: Attempt) -> Result:
        is_new = attempt.notification.topic.event is Event.NEW
        waiting.extend(attempt.notification.ids if is_new else ())
        if waiting and (len(waiting) == 30 or not is_new):
            account.causing = (attempt.notification,)
            account.apply(RecordChange(topic("lead/update"), (waiting.pop(0),), {"n": [0, 1]}), attempt.started_ms)
            account.causing = ()
        return answer_ok(attempt)

    for number in range(1, 31):
        fire(account, "lead/new", [number])
    deliver(account, START, endpoint=endpoint)

    updates = [change for change in account.journal.changes if change.event is Event.UPDATE]
    assert [change.depth for change in updates] == list(range(1, 31))
    assert {change.returns for change in updates} == {1}
    assert not account.has_echo


def creating(account: Account, origin: str) -> Callable[[Attempt], Result]:
    """During each delivery another lead is made."""
    made = iter(range(2, 10_000))

    def endpoint(attempt: Attempt) -> Result:
        account.causing = (attempt.notification,)
        account.apply(RecordChange(topic("lead/new"), (next(made),)), attempt.started_ms, origin=origin)
        account.causing = ()
        return answer_ok(attempt)

    return endpoint


@pytest.mark.parametrize(("origin", "limit"), [("api", 60), ("control", 60), ("python", 3), ("fire", 3)])
def test_a_chain_of_new_records_may_be_longer_if_another_client_may_have_made_them(origin: str, limit: int) -> None:
    """It may make records one after the other, during whichever deliveries there are."""
    account = make_account(echo_depth=3)
    subscribe(account, "lead/new")
    fire(account, "lead/new", [1])

    assert len(deliver(account, START, endpoint=creating(account, origin))) == limit + 1

    assert account.journal.changes[-1].note == f"not followed: more than {limit} deliveries caused each other"
    with pytest.raises(EchoLoop, match=f"{limit} deliveries in a row"):
        account.raise_echo()


def creating_and_changing(account: Account) -> Callable[[Attempt], Result]:
    """During each delivery of a new lead it is changed, and during each of a change another lead is made."""

    def endpoint(attempt: Attempt) -> Result:
        [lead] = attempt.notification.ids
        is_new = attempt.notification.event is Event.NEW
        change = RecordChange(topic("lead/update"), (lead,)) if is_new else RecordChange(topic("lead/new"), (lead + 1,))
        account.causing = (attempt.notification,)
        account.apply(change, attempt.started_ms, origin="api")
        account.causing = ()
        return answer_ok(attempt)

    return endpoint


def test_a_chain_in_which_each_new_record_is_changed_is_as_long_as_one_of_new_records() -> None:
    account = make_account(echo_depth=4)
    for name in ("lead/new", "lead/update"):
        subscribe(account, name)
    fire(account, "lead/new", [1])

    assert len(deliver(account, START, endpoint=creating_and_changing(account))) == 81

    with pytest.raises(EchoLoop, match="80 deliveries in a row"):
        account.raise_echo()


def test_an_echo_through_two_records_in_turn_is_one() -> None:
    account = make_account(echo_depth=4)
    subscribe(account, "lead/update")
    fire(account, "lead/update", [1])

    def endpoint(attempt: Attempt) -> Result:
        [record] = attempt.notification.ids
        account.causing = (attempt.notification,)
        account.apply(RecordChange(topic("lead/update"), (3 - record,), {"n": [0, 1]}), attempt.started_ms)
        account.causing = ()
        return answer_ok(attempt)

    assert len(deliver(account, START, endpoint=endpoint)) == 5
    assert account.has_echo
    assert [(change.depth, change.returns) for change in account.journal.changes] == [
        (0, 0),
        (1, 1),
        (2, 1),
        (3, 2),
        (4, 2),
        (5, 3),
    ]


def test_an_echo_is_followed_so_deep_and_no_deeper() -> None:
    account = make_account(echo_depth=25)
    subscribe(account, "lead/update")
    fire(account, "lead/update")

    assert len(deliver(account, START, endpoint=echoing(account))) == 26

    last = account.journal.changes[-1]
    assert last.subscriptions == ()
    assert last.note == "not followed: more than 25 deliveries caused each other"
    assert kinds(account)[-3:] == ["change", "echo stopped", "ended"]


def test_an_echo_raises_once_with_the_cycle() -> None:
    account = make_account(echo_depth=1)
    subscribe(account, "lead/update")
    fire(account, "lead/update")
    deliver(account, START, endpoint=echoing(account))

    assert account.has_echo
    with pytest.raises(EchoLoop) as caught:
        account.raise_echo()

    assert str(caught.value) == (
        "Echo loop: 1 deliveries in a row each made your endpoint change a record, "
        "which caused the next delivery:\n"
        "  change 1: lead/update [17], 1 subscription\n"
        "  change 2: lead/update [17], 1 subscription\n"
        "  change 3: lead/update [17]: not followed: more than 1 deliveries caused each other\n"
        "Copper would go on (its notifications do not say who made a change). Let the endpoint "
        "recognise its own writes, or write only when something differs; the setting echo_depth allows "
        "longer chains."
    )
    account.raise_echo()
    assert not account.has_echo


def test_a_long_cycle_is_shortened_in_the_middle() -> None:
    account = make_account(echo_depth=25)
    subscribe(account, "lead/update")
    fire(account, "lead/update")
    deliver(account, START, endpoint=echoing(account))

    with pytest.raises(EchoLoop) as caught:
        account.raise_echo()

    lines = str(caught.value).splitlines()
    assert len(lines) == 10
    assert lines[5] == "  ... 20 more like these ..."
    assert lines[6].startswith("  change 25:")


def test_of_several_stopped_echoes_the_first_is_told() -> None:
    account = make_account(echo_depth=0)
    subscribe(account, "lead/update")
    fire(account, "lead/update")
    fire(account, "lead/update")
    deliver(account, START, endpoint=echoing(account))

    with pytest.raises(EchoLoop, match="change 3"):
        account.raise_echo()
    account.raise_echo()
    assert kinds(account).count("echo stopped") == 2


# --- two accounts -------------------------------------------------------------------------------------


def test_two_accounts_do_not_meet() -> None:
    first, second = make_account(limits=ONE_A_MINUTE), make_account(limits=ONE_A_MINUTE)
    subscribe(first, "lead/new")
    fire(first, "lead/new")
    deliver(first, START)

    subscription = subscribe(second, "lead/new")
    fire(second, "lead/new")

    assert subscription.id == 560_698
    assert serials(deliver(second, START)) == [1]


def test_by_itself_an_account_knows_of_no_time_that_flows_and_of_no_application() -> None:
    account = make_account()

    assert (account.time_flows(), account.unstarted_app()) == (False, "")
