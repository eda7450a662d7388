"""JSON in and out, compared with what Copper documents and with recordings."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copper_emulator.core.errors import BadRequest, UsageError
from copper_emulator.core.json_text import encode
from copper_emulator.core.model import Change, EntityType, Event, Notification, Subscription, Topic
from copper_emulator.core.rules import MAX_SUBSCRIPTIONS, Rules
from copper_emulator.core.wire import (
    MAX_DEPTH,
    Envelope,
    Envelopes,
    clean_attributes,
    iso,
    parse_body,
    subscription_json,
)
from tests.core.builders import (
    START,
    make_change,
    make_notification,
    make_rules,
    make_subscription,
    topic,
)


def body_of(notification: Notification, subscription: Subscription, rules: Rules, now: int) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(Envelope(subscription, rules).body(notification, now))
    return body


# --- subscriptions ------------------------------------------------------------------------------------

# developer.copper.com, create-new-subscription and update-a-subscription: the answer, with keys in its order.
DOCUMENTED_SUBSCRIPTION = (
    '{"id":17065,"target":"https://your.endpoint.here","type":"lead","event":"update",'
    '"secret":{"secret":"hook_source","key":"copper_notifications"},'
    '"headers":{"Authentication":"Bearer token"},"custom_field_computed_values":true,'
    '"created_at":1489173015}'
)


def documented_subscription(**extras: Any) -> Subscription:
    return Subscription(
        id=17065,
        key=1,
        topic=topic("lead/update"),
        target="https://your.endpoint.here",
        created_ms=1_489_173_015_999,
        **extras,
    )


def test_a_subscription_looks_as_documented() -> None:
    subscription = documented_subscription(
        secret={"secret": "hook_source", "key": "copper_notifications"},
        headers={"Authentication": "Bearer token"},
        custom_field_computed_values=True,
    )

    assert encode(subscription_json(subscription)).decode() == DOCUMENTED_SUBSCRIPTION


def test_what_is_not_set_is_absent() -> None:
    assert encode(subscription_json(documented_subscription())).decode() == (
        '{"id":17065,"target":"https://your.endpoint.here","type":"lead","event":"update","created_at":1489173015}'
    )


def test_what_is_set_to_nothing_is_shown() -> None:
    shown = subscription_json(documented_subscription(secret={}, headers={}, custom_field_computed_values=False))

    assert shown["secret"] == {}
    assert shown["headers"] == {}
    assert shown["custom_field_computed_values"] is False


# --- notifications ------------------------------------------------------------------------------------

# Recorded from Copper in October 2024, as they arrived.
RECORDED = [
    (
        '{"subscription_id":395050,"event":"new","type":"opportunity","ids":[32978697],'
        '"updated_attributes":{},"timestamp":"2024-10-14T16:22:15.070Z"}',
        1_728_922_935_070,
    ),
    (
        '{"subscription_id":395049,"event":"new","type":"lead","ids":[89011972],'
        '"updated_attributes":{},"timestamp":"2024-10-14T16:15:54.893Z"}',
        1_728_922_554_893,
    ),
    (
        '{"subscription_id":395034,"event":"new","type":"person","ids":[167487595],'
        '"updated_attributes":{},"timestamp":"2024-10-14T16:07:45.004Z"}',
        1_728_922_065_004,
    ),
]


@pytest.mark.parametrize(("recorded", "at"), RECORDED, ids=["opportunity", "lead", "person"])
def test_a_notification_looks_as_recorded_byte_for_byte(recorded: str, at: int) -> None:
    told = json.loads(recorded)
    about = Topic(EntityType(told["type"]), Event(told["event"]))
    ids = tuple(told["ids"])
    subscription = Subscription(told["subscription_id"], 1, about, "https://your.endpoint.here", START)
    notification = Notification(1, Change(1, about, ids, {}, at), subscription.id, ids, at)

    body = Envelope(subscription, make_rules()).body(notification, START)

    assert body.decode() == recorded


COMPUTED: dict[bool | None, dict[str, Any]] = {
    True: {"custom_fields": {"1": [["Apples"], ["Apples", "Bananas"]]}},
    False: {"custom_fields": {"1": [[1], [1, 2]]}},
    None: {"custom_fields": {"1": [[1], [1, 2]]}},
}
"""The developer docs' sample of an update, for a subscription with computed values and for others."""


@pytest.mark.parametrize("wanted", COMPUTED)
def test_computed_values_are_for_those_who_asked_for_them(wanted: bool | None) -> None:  # noqa: FBT001 - the setting
    about = Topic(EntityType.PERSON, Event.UPDATE)
    plain, named = COMPUTED[False], COMPUTED[True]
    change = Change(1, about, (123,), plain, START, computed_attributes=named)
    subscription = Subscription(1, 1, about, "https://your.endpoint.here", START, custom_field_computed_values=wanted)

    body = body_of(Notification(1, change, 1, (123,), START), subscription, make_rules(), START)

    assert body["updated_attributes"] == COMPUTED[wanted]


def test_where_nothing_is_computed_everybody_gets_the_same() -> None:
    about = Topic(EntityType.PERSON, Event.UPDATE)
    change = Change(1, about, (123,), {"name": ["Ada", "Bob"]}, START)
    subscription = Subscription(1, 1, about, "https://your.endpoint.here", START, custom_field_computed_values=True)

    body = body_of(Notification(1, change, 1, (123,), START), subscription, make_rules(), START)

    assert body["updated_attributes"] == {"name": ["Ada", "Bob"]}


def test_an_update_looks_as_documented() -> None:
    """developer.copper.com, notification-example; the order of its keys differs from what was recorded."""
    documented = json.loads(
        '{"ids":[123],"secret":"secret","key":"key","subscription_id":1,"event":"update","type":"person",'
        '"updated_attributes":{"custom_fields":{"1":[[1],[1,2]]}},"timestamp":"2021-12-13T19:18:22.084Z"}'
    )
    subscription = make_subscription("person/update", secret={"secret": "secret", "key": "key"})
    notification = make_notification(
        "person/update", [123], {"custom_fields": {"1": [[1], [1, 2]]}}, at=1_639_423_102_084
    )

    body = body_of(notification, subscription, make_rules(), START)

    assert body == documented
    assert list(body) == [
        *("secret", "key"),
        *("subscription_id", "event", "type", "ids", "updated_attributes", "timestamp"),
    ]


def test_a_delete_with_a_secret_looks_as_recorded_but_for_the_timestamp_that_came_later() -> None:
    """hull/hull-connectors, fixtures of its Copper connector, 2020."""
    subscription = make_subscription("lead/delete", secret={"hullToken": "t", "hullOrganization": "o"})
    notification = make_notification("lead/delete", [50_841_310])

    body = Envelope(subscription, make_rules()).body(notification, START).decode()

    ours, timestamp = body.split(',"timestamp":')
    assert ours == (
        f'{{"hullToken":"t","hullOrganization":"o","subscription_id":{subscription.id},'
        '"event":"delete","type":"lead","ids":[50841310],"updated_attributes":{}'
    )
    assert timestamp == '"2026-09-21T14:13:20.000Z"}'


def test_the_keys_of_the_secret_stand_beside_the_others() -> None:
    subscription = make_subscription(secret={"key": "copper", "secret": "test_hook"})

    body = body_of(make_notification(), subscription, make_rules(), START)

    assert body["key"] == "copper"
    assert body["secret"] == "test_hook"


def test_a_secret_never_replaces_a_key_of_the_notification() -> None:
    subscription = make_subscription(secret={"ids": "mine", "timestamp": "never", "key": "k"})

    body = body_of(make_notification(ids=[17]), subscription, make_rules(), START)

    assert body["ids"] == [17]
    assert body["timestamp"] == "2026-09-21T14:13:20.000Z"
    assert body["key"] == "k"


@pytest.mark.parametrize(("text", "present"), [("lead/new", False), ("lead/delete", False), ("lead/update", True)])
def test_attributes_can_be_left_out_of_all_but_updates(text: str, *, present: bool) -> None:
    body = body_of(
        make_notification(text),
        make_subscription(text),
        make_rules(empty_attributes=False),
        START,
    )

    assert ("updated_attributes" in body) is present


def test_a_secret_does_not_step_in_for_attributes_that_are_left_out() -> None:
    body = body_of(
        make_notification("lead/new"),
        make_subscription("lead/new", secret={"updated_attributes": "mine"}),
        make_rules(empty_attributes=False),
        START,
    )

    assert "updated_attributes" not in body


def test_the_timestamp_is_that_of_the_change() -> None:
    body = body_of(make_notification(at=START), make_subscription(), make_rules(), START + 60_000)

    assert body["timestamp"] == "2026-09-21T14:13:20.000Z"


def test_the_timestamp_can_be_that_of_sending() -> None:
    rules = make_rules(timestamp_when_sent=True)

    body = body_of(make_notification(at=START), make_subscription(), rules, START + 1)

    assert body["timestamp"] == "2026-09-21T14:13:20.001Z"


def test_a_request_says_what_it_is_and_who_sends_it() -> None:
    assert Envelope(make_subscription(), make_rules(user_agent="me/1")).headers == (
        ("Content-Type", "application/json"),
        ("User-Agent", "me/1"),
    )


def test_headers_of_the_subscription_are_added_and_replace_ours() -> None:
    subscription = make_subscription(headers={"X-Token": "t", "content-type": "text/plain"})

    assert Envelope(subscription, make_rules(user_agent="me/1")).headers == (
        ("User-Agent", "me/1"),
        ("X-Token", "t"),
        ("content-type", "text/plain"),
    )


@pytest.mark.parametrize(
    ("attributes", "computed", "secret", "rules"),
    [
        ({}, None, None, {}),
        ({}, None, {"key": 's3"cret', "schlüssel": "\\", "ids": "mine"}, {}),
        ({"name": ["Ada", "Zoë"], "custom_fields": {"1": [None, 1.5]}}, None, {"key": "k"}, {}),
        ({"custom_fields": {"1": [1, 2]}}, {"custom_fields": {"1": ["a", "b"]}}, None, {}),
        ({}, None, {"key": "k"}, {"empty_attributes": False, "timestamp_when_sent": True}),
    ],
)
def test_what_is_written_once_is_the_same_json(
    attributes: dict[str, Any], computed: dict[str, Any] | None, secret: dict[str, str] | None, rules: dict[str, Any]
) -> None:
    """The body is assembled from parts; byte for byte it is what an encoder produces for the whole object."""
    subscription = make_subscription("lead/new", secret=secret, custom_field_computed_values=True)
    change = make_change("lead/new", [17, 18], attributes)._replace(computed_attributes=computed)
    notification = Notification(1, change, subscription.id, change.ids, START)
    played = make_rules(**rules)

    body = Envelope(subscription, played).body(notification, START + 1)

    shown = {"updated_attributes": attributes if computed is None else computed} if played.empty_attributes else {}
    whole = {
        "subscription_id": subscription.id,
        "event": "new",
        "type": "lead",
        "ids": [17, 18],
        **shown,
        "timestamp": iso(START + 1 if played.timestamp_when_sent else START),
    }
    beside = {name: value for name, value in (secret or {}).items() if name != "ids"}
    assert body == encode({**beside, **whole})


def test_an_envelope_is_kept_until_its_subscription_or_the_rules_are_others() -> None:
    envelopes, rules = Envelopes(), make_rules()
    subscription, changed = make_subscription(), make_subscription(secret={"key": "k"})
    first = envelopes.of(subscription, rules)

    assert envelopes.of(subscription, rules) is first
    assert envelopes.of(changed, rules).subscription is changed
    assert envelopes.of(changed, make_rules(user_agent="me/1")).headers[1] == ("User-Agent", "me/1")


def test_no_more_envelopes_are_kept_than_subscriptions_can_be_active() -> None:
    envelopes, rules = Envelopes(), make_rules()
    first = envelopes.of(make_subscription(id=1), rules)
    for number in range(2, MAX_SUBSCRIPTIONS + 2):
        envelopes.of(make_subscription(id=number), rules)

    assert envelopes.of(make_subscription(id=1), rules) is not first


# --- values -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (1_790_721_604_738, "2026-09-29T22:40:04.738Z"),
        (1_639_423_102_084, "2021-12-13T19:18:22.084Z"),
        (0, "1970-01-01T00:00:00.000Z"),
    ],
)
def test_a_timestamp_is_utc_with_milliseconds(ms: int, text: str) -> None:
    assert iso(ms) == text


def test_json_is_compact_and_utf8() -> None:
    assert encode({"name": "Zoë", "ids": [1, 2]}) == '{"name":"Zoë","ids":[1,2]}'.encode()


def test_json_has_no_nan() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode(float("nan"))


# --- request bodies -----------------------------------------------------------------------------------

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=10,
)


@given(json_values.filter(lambda value: _is_utf8(value)))
def test_what_was_encoded_is_parsed(value: Any) -> None:
    assert parse_body(encode(value)) == value


def _is_utf8(value: Any) -> bool:
    try:
        encode(value)
    except UnicodeEncodeError:
        return False
    return True


@given(st.binary())
def test_any_bytes_are_parsed_or_refused(raw: bytes) -> None:
    hint = "taken"
    try:
        parse_body(raw)
    except BadRequest as error:
        hint = error.hint

    assert hint


@pytest.mark.parametrize("raw", [b"", b"  \r\n\t"])
def test_an_empty_body_is_an_empty_object(raw: bytes) -> None:
    assert parse_body(raw) == {}


REFUSED = {
    "not JSON": (b"{'a': 1}", "The body is not JSON: Expecting property name"),
    "a form feed": (b" \x0c", "The body is not JSON: Expecting value"),
    "cut off": (b'{"a": ', "The body is not JSON: Expecting value: line 1 column 7 (char 6)."),
    "two values": (b"{} {}", "The body is not JSON: Extra data"),
    "NaN": (b"[NaN]", "The body is not JSON: NaN is not JSON."),
    "Infinity": (b"[-Infinity]", "The body is not JSON: -Infinity is not JSON."),
    "a byte order mark": (b'\xef\xbb\xbf{"a": 1}', "The body begins with a byte order mark; JSON is sent without one."),
    "a number beyond all floats": (b"[1e999]", "The body has a number that is too large: 1e999."),
    "the same, below zero": (b'["\\u0041", -1e999]', "The body has a number that is too large: -1e999."),
    "a number of 5,000 digits": (
        b"9" * 5_000,
        f"The body has a number that is too large: {'9' * 20}... with 5000 characters.",
    ),
    "not UTF-8": (b'{"a": "\xff"}', "The body is not UTF-8 (byte 7)."),
    "half a surrogate pair": (b'"\\ud800"', "The body has half a surrogate pair"),
    "half a pair as a key": (b'{"\\udfff": 1}', "The body has half a surrogate pair"),
    "one level too deep": (
        b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
        f"The body is nested deeper than {MAX_DEPTH} levels.",
    ),
    "absurdly deep": (b'{"a":' * 100_000, f"The body is nested deeper than {MAX_DEPTH} levels."),
}


@pytest.mark.parametrize(("raw", "hint"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_json_is_refused_with_the_place(raw: bytes, hint: str) -> None:
    with pytest.raises(BadRequest) as caught:
        parse_body(raw)

    assert caught.value.message == "Bad Request"
    assert caught.value.hint.startswith(hint)


def test_64_levels_are_taken() -> None:
    raw = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH

    assert encode(parse_body(raw)) == raw
    assert MAX_DEPTH == 64


def test_objects_count_as_levels_too() -> None:
    raw = b'{"a":' * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH

    assert encode(parse_body(raw)) == raw
    with pytest.raises(BadRequest, match="Bad Request"):
        parse_body(b"[" + raw + b"]")


# --- attributes given in Python -----------------------------------------------------------------------


def test_attributes_are_pairs_and_custom_fields_lie_one_level_deeper() -> None:
    given = {"status": ("New", "Open"), "custom_fields": {158002: [1629093600, 1625443200]}}

    assert clean_attributes(given) == {
        "status": ["New", "Open"],
        "custom_fields": {"158002": [1629093600, 1625443200]},
    }


def test_no_attributes_are_no_attributes() -> None:
    assert clean_attributes(None) == {}
    assert clean_attributes({}) == {}


def test_a_whole_custom_fields_pair_is_taken_as_it_is() -> None:
    assert clean_attributes({"custom_fields": [None, "x"]}) == {"custom_fields": [None, "x"]}


def test_later_changes_to_what_was_given_change_nothing() -> None:
    tags = ["a"]
    cleaned = clean_attributes({"tags": [[], tags]})
    tags.append("b")

    assert cleaned == {"tags": [[], ["a"]]}


WRONG_ATTRIBUTES = {
    "not a mapping": ("status", "updated_attributes must be a mapping {field: [old, new]}, not 'status'"),
    "a string of two": ({"a": "xy"}, "updated_attributes['a'] must be [old, new], not 'xy'"),
    "bytes of two": ({"a": b"xy"}, "updated_attributes['a'] must be [old, new], not b'xy'"),
    "one value": ({"a": ["x"]}, "updated_attributes['a'] must be [old, new], not ['x']"),
    "no sequence": ({"a": 7}, "updated_attributes['a'] must be [old, new], not 7"),
    "a custom field that is no pair": (
        {"custom_fields": {"1": "x"}},
        "updated_attributes['custom_fields.1'] must be [old, new], not 'x'",
    ),
    "not JSON": ({"a": [None, object]}, "updated_attributes must be JSON: "),
    "NaN": ({"a": [None, float("nan")]}, "updated_attributes must be JSON: "),
    "half a surrogate pair": ({"a": [None, "\ud800"]}, "updated_attributes must be JSON: "),
}


@pytest.mark.parametrize(("attributes", "text"), WRONG_ATTRIBUTES.values(), ids=WRONG_ATTRIBUTES.keys())
def test_wrong_attributes_are_refused_with_what_is_wrong(attributes: Any, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        clean_attributes(attributes)

    assert str(caught.value).startswith(text)
