"""What a subscription may contain, and which key sees which."""

from __future__ import annotations

from typing import Any

import pytest

from copper_emulator.core.errors import Invalid, NotFound
from copper_emulator.core.rules import MAX_SUBSCRIPTIONS
from copper_emulator.core.subscriptions import (
    Draft,
    Subscriptions,
    check_headers,
    parse_create,
    parse_update,
    secret_hint,
)
from copper_emulator.core.topics import Profile
from tests.core.builders import TARGET, make_rules, make_subscription, topic

RULES = make_rules()

RIGHT: dict[str, Any] = {"target": TARGET, "type": "lead", "event": "new"}


def refused_create(body: Any, **rules: Any) -> Invalid:
    with pytest.raises(Invalid) as caught:
        parse_create(body, make_rules(**rules))
    return caught.value


def refused_update(body: Any, **rules: Any) -> Invalid:
    with pytest.raises(Invalid) as caught:
        parse_update(make_subscription(), body, make_rules(**rules))
    return caught.value


def findings(error: Invalid) -> list[str]:
    """The findings one by one; the common beginning is checked."""
    beginning = "Invalid input: Validation errors: "
    assert error.message.startswith(beginning)
    return error.message.removeprefix(beginning).split("\n")


# --- create -------------------------------------------------------------------------------------------


def test_the_smallest_body() -> None:
    assert parse_create(RIGHT, RULES) == Draft(topic("lead/new"), TARGET)


def test_the_documented_body() -> None:
    """developer.copper.com, create-new-subscription."""
    body = {
        "target": "https://your.endpoint.here",
        "type": "lead",
        "event": "update",
        "secret": {"secret": "hook_source", "key": "copper_notifications"},
        "headers": {"Authentication": "Bearer token"},
        "custom_field_computed_values": True,
    }

    assert parse_create(body, RULES) == Draft(
        topic("lead/update"),
        "https://your.endpoint.here",
        {"secret": "hook_source", "key": "copper_notifications"},
        {"Authentication": "Bearer token"},
        custom_field_computed_values=True,
    )


def test_the_recorded_refusal() -> None:
    """Recorded from Copper in September 2026; the target is wrong, too, but only checked later."""
    body = {
        "target": "lead",
        "event": "new",
        "url": "https://crm.example.com/hooks",
        "secret": {"secret": "s"},
    }

    assert refused_create(body).body == {
        "success": False,
        "status": 422,
        "message": "Invalid input: Validation errors: "
        "Base: Unrecognized attributes specified: url\nType: can't be blank",
    }


def test_a_bad_target_alone_has_the_documented_refusal() -> None:
    assert refused_create({**RIGHT, "target": "lead"}).body == {
        "success": False,
        "status": 422,
        "message": "Invalid input: Invalid URI For External Request",
    }


REFUSED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": (
        {"target": None, "type": None, "event": None},
        ["Target: can't be blank", "Type: can't be blank", "Event: can't be blank"],
    ),
    "empty": (
        {"target": "", "type": "", "event": ""},
        ["Target: can't be blank", "Type: can't be blank", "Event: can't be blank"],
    ),
    "two unknown keys": (
        {"url": 1, "Type": 2},
        ["Base: Unrecognized attributes specified: url, Type"],
    ),
    "target no string": ({"target": 7}, ["Target: must be a string"]),
    "unknown type": ({"type": "deal"}, ["Type: is not included in the list"]),
    "type no string": ({"type": 5}, ["Type: is not included in the list"]),
    "type a list": ({"type": []}, ["Type: is not included in the list"]),
    "type zero": ({"type": 0}, ["Type: is not included in the list"]),
    "type in capitals": ({"type": "Lead"}, ["Type: is not included in the list"]),
    "a type without webhooks": ({"type": "user"}, ["Type: is not included in the list"]),
    "unknown event": ({"event": "create"}, ["Event: is not included in the list"]),
    "event no string": ({"event": {"new": 1}}, ["Event: is not included in the list"]),
    "unknown type and event": (
        {"type": "deal", "event": "create"},
        ["Type: is not included in the list", "Event: is not included in the list"],
    ),
    "no type, unknown event": (
        {"type": None, "event": "create"},
        ["Type: can't be blank", "Event: is not included in the list"],
    ),
    "a topic that does not exist": (
        {"type": "activity_log", "event": "update"},
        ["Event: is not included in the list"],
    ),
    "secret no object": ({"secret": "s3cret"}, ["Secret: must be an object of strings"]),
    "secret of numbers": ({"secret": {"key": 1}}, ["Secret: must be an object of strings"]),
    "secret nested": ({"secret": {"key": {}}}, ["Secret: must be an object of strings"]),
    "secret empty string": ({"secret": ""}, ["Secret: is invalid"]),
    "headers no object": ({"headers": ["X: 1"]}, ["Headers: must be an object of strings"]),
    "headers of null": ({"headers": {"X": None}}, ["Headers: must be an object of strings"]),
    "headers empty string": ({"headers": ""}, ["Headers: is invalid"]),
    "header name with a space": ({"headers": {"X Y": "1"}}, ["Headers: has an invalid name"]),
    "header name empty": ({"headers": {"": "1"}}, ["Headers: has an invalid name"]),
    "header name with a line feed": ({"headers": {"X\n": "1"}}, ["Headers: has an invalid name"]),
    "header value with a line break": (
        {"headers": {"X": "1\r\nY: 2"}},
        ["Headers: has an invalid value for X"],
    ),
    "header value with a last line feed": (
        {"headers": {"X": "1\n"}},
        ["Headers: has an invalid value for X"],
    ),
    "header value not ASCII": (
        {"headers": {"X": "Zoë"}},
        ["Headers: has an invalid value for X"],
    ),
    "header of the connection": (
        {"headers": {"Host": "h", "content-LENGTH": "1"}},
        ["Headers: must not contain Host", "Headers: must not contain content-LENGTH"],
    ),
    "header that waits for an answer before the body": (
        {"headers": {"Expect": "100-continue"}},
        ["Headers: must not contain Expect"],
    ),
    "computed values no boolean": (
        {"custom_field_computed_values": "yes"},
        ["Custom Field Computed Values: must be true or false"],
    ),
    "computed values a number": (
        {"custom_field_computed_values": 1},
        ["Custom Field Computed Values: must be true or false"],
    ),
    "computed values empty string": (
        {"custom_field_computed_values": ""},
        ["Custom Field Computed Values: is invalid"],
    ),
    "all at once, in the order of the fields": (
        {"x": 1, "target": 1, "type": "x", "event": "x", "secret": 1, "headers": 1},
        [
            "Base: Unrecognized attributes specified: x",
            "Target: must be a string",
            "Type: is not included in the list",
            "Event: is not included in the list",
            "Secret: must be an object of strings",
            "Headers: must be an object of strings",
        ],
    ),
}


@pytest.mark.parametrize(("changes", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_everything_wrong_is_said_at_once(changes: dict[str, Any], expected: list[str]) -> None:
    assert findings(refused_create({**RIGHT, **changes})) == expected


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ([], "an array"),
        ("text", "a string"),
        (True, "a boolean"),
        (7, "a number"),
        (7.5, "a number"),
        (None, "null"),
    ],
    ids=str,
)
def test_a_body_must_be_an_object(body: object, name: str) -> None:
    error = refused_create(body)

    assert findings(error) == ["Base: must be a JSON object"]
    assert error.hint == (
        f"The body is {name}; a subscription is an object with target, type, event, secret, headers, "
        "custom_field_computed_values."
    )


HINTS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown key": (
        {"url": 1},
        "There is no attribute 'url' here; the attributes are target, type, event, secret, headers "
        "and custom_field_computed_values.",
    ),
    "unknown event": (
        {"event": "create"},
        "There is no event 'create'; did you mean 'new'? The events are new, update and delete.",
    ),
    "several events": (
        {"event": ["new", "update"]},
        "There is no event ['new', 'update']; the events are new, update and delete. Give one at a time: one call for "
        "each of 'new' and 'update'.",
    ),
    "several types": (
        {"type": ["lead", "person"]},
        "There is no type ['lead', 'person']; the types are lead, person, company, opportunity, project, task and "
        "activity_log. Give one at a time: one call for each of 'lead' and 'person'.",
    ),
    "type and event in each other's place": (
        {"type": "update", "event": "lead"},
        "Type and event are swapped: 'update' is an event, and 'lead' a type; the type comes first.",
    ),
    "unknown type": (
        {"type": "deal"},
        "Copper has no webhooks for 'deal'; did you mean 'opportunity'? The types that have them are "
        "lead, person, company, opportunity, "
        "project, task and activity_log.",
    ),
    "secret": ({"secret": 1}, 'Write it like {"key": "value"}.'),
    "headers": ({"headers": 1}, 'Write it like {"Authorization": "Bearer token"}.'),
    "header name": ({"headers": {"X Y": ""}}, "'X Y' is not a header name."),
    "header of the connection": (
        {"headers": {"Host": ""}},
        "Host belongs to the connection: leave it out.",
    ),
    "header value": (
        {"headers": {"X": "\n", "Y": "\n"}},
        "A header value is printable ASCII without line breaks.",
    ),
    "nothing to add": ({"custom_field_computed_values": 1}, ""),
}


@pytest.mark.parametrize(("changes", "hint"), HINTS.values(), ids=HINTS.keys())
def test_a_refusal_says_what_would_help(changes: dict[str, Any], hint: str) -> None:
    assert refused_create({**RIGHT, **changes}).hint == hint


@pytest.mark.parametrize(
    "name",
    # RFC 9110 and 9112: headers of the connection, or of the framing of the body.
    [
        *("Host", "Content-Length", "Connection", "Expect", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization"),
        *("Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade"),
    ],
)
def test_headers_that_belong_to_the_connection_are_refused(name: str) -> None:
    refused = refused_create({**RIGHT, "headers": {name: "x"}})
    assert refused.message.endswith(f"Headers: must not contain {name}")


def test_null_is_the_same_as_absent_for_what_is_optional() -> None:
    body = {**RIGHT, "secret": None, "headers": None, "custom_field_computed_values": None}

    assert parse_create(body, RULES) == parse_create(RIGHT, RULES)


def test_the_developer_page_allows_updates_of_activities() -> None:
    body = {**RIGHT, "type": "activity_log", "event": "update"}

    draft = parse_create(body, make_rules(profile=Profile.DEVELOPER_DOCS))

    assert draft.topic == topic("activity_log/update")


def test_http_to_this_machine_can_be_allowed() -> None:
    body = {**RIGHT, "target": "http://localhost:5000/"}

    assert parse_create(body, make_rules(allow_http=True)).target == "http://localhost:5000/"


def test_a_secret_may_have_any_names() -> None:
    body = {**RIGHT, "secret": {"": "empty", "a b": "", "ids": "mine"}}

    assert parse_create(body, RULES).secret == {"": "empty", "a b": "", "ids": "mine"}


def test_a_secret_with_a_name_of_the_payload_can_be_refused() -> None:
    body = {**RIGHT, "secret": {"type": "x", "ids": "mine", "key": "k"}}

    error = refused_create(body, refuse_secret_collisions=True)

    assert findings(error) == ["Secret: uses a reserved name"]
    assert error.hint == (
        "The secret's type, ids will never arrive: a notification has a key of that name itself, "
        "and its own value wins. Choose another name."
    )


def test_a_secret_with_names_of_its_own_is_never_refused() -> None:
    body = {**RIGHT, "secret": {"key": "k"}}

    assert parse_create(body, make_rules(refuse_secret_collisions=True)).secret == {"key": "k"}


@pytest.mark.parametrize("secret", [None, {}, {"key": "k"}], ids=["unset", "empty", "harmless"])
def test_a_harmless_secret_needs_no_warning(secret: dict[str, str] | None) -> None:
    assert secret_hint(secret) == ""


# --- update -------------------------------------------------------------------------------------------

EXTRAS: dict[str, Any] = {
    "secret": {"key": "old"},
    "headers": {"X-Old": "1"},
    "custom_field_computed_values": True,
}


def test_an_empty_update_changes_nothing() -> None:
    before = make_subscription(**EXTRAS)

    assert parse_update(before, {}, RULES) == before


def test_an_update_changes_what_it_names_alone() -> None:
    before = make_subscription(**EXTRAS)

    after = parse_update(before, {"target": "https://new.example/", "secret": {}}, RULES)

    assert after == make_subscription(target="https://new.example/", **{**EXTRAS, "secret": {}})


def test_null_unsets() -> None:
    body = dict.fromkeys(EXTRAS)

    assert parse_update(make_subscription(**EXTRAS), body, RULES) == make_subscription()


@pytest.mark.parametrize("value", [None, ""], ids=["null", "empty"])
def test_a_target_cannot_be_unset(value: object) -> None:
    assert findings(refused_update({"target": value})) == ["Target: can't be blank"]


def test_a_target_is_checked_when_it_is_named() -> None:
    assert findings(refused_update({"target": 7})) == ["Target: must be a string"]
    assert refused_update({"target": "http://example.com/"}).message == (
        "Invalid input: Invalid URI For External Request"
    )


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"type": "person"}, "type"),
        ({"event": "delete"}, "event"),
        ({"type": "lead", "event": "new"}, "type, event"),
    ],
    ids=["type", "event", "both, as they are"],
)
def test_type_and_event_cannot_be_changed(body: dict[str, str], names: str) -> None:
    error = refused_update(body)

    assert findings(error) == [f"Base: Unrecognized attributes specified: {names}"]
    assert error.hint == (
        f"There is no attribute {names.split(', ')[0]!r} here; the attributes are target, secret, headers and "
        "custom_field_computed_values. "
        "Type and event of a subscription cannot be changed: delete it and create another."
    )


def test_extras_are_checked_as_on_create() -> None:
    error = refused_update({"secret": 1, "headers": {"Host": "h"}})

    assert findings(error) == [
        "Secret: must be an object of strings",
        "Headers: must not contain Host",
    ]


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ({"secret": "s3cret"}, 'Write it like {"key": "value"}.'),
        (
            {"secret": {"ok": "1", "key": 1}},
            'The value of \'key\' is a number, not a text. Write it like {"key": "value"}.',
        ),
        (
            {"headers": {"X": None}},
            'The value of \'X\' is null, not a text. Write it like {"Authorization": "Bearer token"}.',
        ),
    ],
)
def test_the_value_that_is_no_text_is_named_but_not_shown(body: dict[str, Any], hint: str) -> None:
    assert refused_update(body).hint == hint


# --- the collection -----------------------------------------------------------------------------------


def filled(*subscriptions: tuple[int, int]) -> Subscriptions:
    """A collection from pairs of id and key."""
    made = Subscriptions()
    for number, key in subscriptions:
        made.add(make_subscription(id=number, key=key))
    return made


def test_a_key_sees_its_own() -> None:
    subscriptions = filled((1, 1), (2, 2), (3, 1))

    assert [subscription.id for subscription in subscriptions.of_key(1)] == [1, 3]
    assert [subscription.id for subscription in subscriptions] == [1, 2, 3]
    assert len(subscriptions) == 3


def test_one_is_found_by_its_id() -> None:
    subscriptions = filled((1, 1))

    assert subscriptions.get(1, 1) == make_subscription()
    assert subscriptions.find(1) == make_subscription()
    assert subscriptions.find(2) is None


def test_what_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound) as caught:
        filled().get(17, 1)

    assert caught.value.body == {"success": False, "status": 404, "message": "Resource not found"}
    assert caught.value.hint == "There is no subscription 17 for this API key."


def test_what_belongs_to_an_earlier_key_is_not_found_and_the_hint_says_so() -> None:
    with pytest.raises(NotFound) as caught:
        filled((1, 1)).get(1, 2)

    assert caught.value.message == "Resource not found"
    assert "belongs to an earlier API key of this account; it still fires" in caught.value.hint


def test_one_that_is_added_again_takes_its_own_place() -> None:
    subscriptions = filled((1, 1), (2, 1))
    subscriptions.add(make_subscription(id=1, target="https://new.example/"))

    assert [subscription.id for subscription in subscriptions] == [1, 2]
    assert subscriptions.get(1, 1).target == "https://new.example/"


def test_one_that_is_removed_is_gone() -> None:
    subscriptions = filled((1, 1))
    subscriptions.remove(make_subscription())

    assert len(subscriptions) == 0


def test_the_100th_has_room_and_the_101st_has_not() -> None:
    subscriptions = filled(*((number, number % 2) for number in range(99)))
    subscriptions.check_room()
    subscriptions.add(make_subscription(id=99))

    with pytest.raises(Invalid) as caught:
        subscriptions.check_room()

    assert MAX_SUBSCRIPTIONS == 100
    assert findings(caught.value) == ["Base: Subscription limit of 100 reached"]
    assert "those of earlier API keys included" in caught.value.hint


def test_headers_alone_are_held_to_the_same_rules() -> None:
    check_headers({"X-Trace": "1", "Content-Type": "text/plain"})

    with pytest.raises(Invalid, match="Headers: must not contain Host") as caught:
        check_headers({"Host": "a", "X": "a\r\nb"})
    assert "has an invalid value for X" in str(caught.value)
