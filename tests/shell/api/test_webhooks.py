"""The emulated subscriptions API over real HTTP: what Copper documents and was recorded answering, and bad input."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copper_emulator import Emulator
from copper_emulator.core.model import Kind
from copper_emulator.core.topics import TABLES, Profile
from copper_emulator.shell.listening import MAX_BODY
from tests.shell.api.client import BASE, Client, check_refused, common

PATH = "/developer_api/v1/webhooks"
TARGET = "https://my-app.example/hooks/copper"
GOOD = {"target": TARGET, "type": "lead", "event": "update"}
FIRST_ID = 560_698


@pytest.fixture
def client() -> Iterator[Client]:
    with Emulator() as copper:
        yield Client(copper)


# --- what Copper documents ----------------------------------------------------------------------------------


def test_an_account_without_subscriptions_lists_a_bare_empty_array(client: Client) -> None:
    answer = client.call("GET")
    assert (answer.status, answer.raw) == (200, b"[]")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


def test_create_answers_200_with_the_whole_object_in_the_documented_order(client: Client) -> None:
    body = {
        "target": TARGET,
        "type": "lead",
        "event": "update",
        "secret": {"secret": "hook_source", "key": "copper_notifications"},
        "headers": {"Authentication": "Bearer token"},
        "custom_field_computed_values": True,
    }
    answer = client.call("POST", body=body)
    created = client.copper.subscriptions[0].created_ms // 1000
    assert answer.status == 200
    assert answer.raw.decode() == (
        f'{{"id":{FIRST_ID},"target":"{TARGET}","type":"lead","event":"update",'
        '"secret":{"secret":"hook_source","key":"copper_notifications"},'
        f'"headers":{{"Authentication":"Bearer token"}},"custom_field_computed_values":true,"created_at":{created}}}'
    )


def test_created_at_is_in_whole_unix_seconds_of_the_accounts_time(client: Client) -> None:
    made = client.call("POST", body=GOOD).json
    assert made["created_at"] == int(client.copper.now.timestamp())


def test_what_was_not_set_is_absent(client: Client) -> None:
    assert list(client.call("POST", body=GOOD).json) == ["id", "target", "type", "event", "created_at"]


def test_view_gives_one_object_and_list_all_by_ascending_id(client: Client) -> None:
    made = [client.call("POST", body={**GOOD, "event": event}).json for event in ("update", "new", "delete")]
    assert [one["id"] for one in made] == [FIRST_ID, FIRST_ID + 1, FIRST_ID + 2]
    client.call("PUT", f"{PATH}/{FIRST_ID}", {"target": TARGET + "/2"})
    assert client.call("GET").json == [{**made[0], "target": TARGET + "/2"}, made[1], made[2]]
    assert client.call("GET", f"{PATH}/{FIRST_ID + 1}").json == made[1]


def test_delete_answers_with_the_id_alone_and_the_subscription_is_gone(client: Client) -> None:
    client.call("POST", body=GOOD)
    answer = client.call("DELETE", f"{PATH}/{FIRST_ID}")
    assert (answer.status, answer.raw) == (200, b'{"id":%d}' % FIRST_ID)
    assert client.call("GET").json == []
    again = client.call("DELETE", f"{PATH}/{FIRST_ID}")
    assert (again.status, again.json) == (404, common(404, "Resource not found"))


def test_an_id_is_never_given_twice(client: Client) -> None:
    client.call("POST", body=GOOD)
    client.call("DELETE", f"{PATH}/{FIRST_ID}")
    assert client.call("POST", body=GOOD).json["id"] == FIRST_ID + 1


def test_every_path_works_with_a_trailing_slash(client: Client) -> None:
    made = client.call("POST", PATH + "/", GOOD)
    assert made.status == 200
    assert client.call("GET", PATH + "/").json == [made.json]
    one = f"{PATH}/{FIRST_ID}/"
    assert client.call("GET", one).json == made.json
    assert client.call("PUT", one, {}).json == made.json
    assert client.call("DELETE", one).json == {"id": FIRST_ID}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, {}),
        ({"target": TARGET + "/new"}, {"target": TARGET + "/new"}),
        ({"secret": {"a": "b"}}, {"secret": {"a": "b"}}),
        ({"secret": None}, {"secret": None}),
        ({"headers": {"X-A": "b"}}, {"headers": {"X-A": "b"}}),
        ({"custom_field_computed_values": False}, {"custom_field_computed_values": False}),
    ],
    ids=str,
)
def test_put_changes_what_was_sent_and_keeps_the_rest(
    client: Client, change: dict[str, Any], expected: dict[str, Any]
) -> None:
    made = client.call(
        "POST", body={**GOOD, "secret": {"key": "old"}, "headers": {"X-Old": "1"}, "custom_field_computed_values": True}
    ).json
    answer = client.call("PUT", f"{PATH}/{FIRST_ID}", change)
    wanted = {name: value for name, value in {**made, **expected}.items() if value is not None}
    assert (answer.status, answer.json) == (200, wanted)
    assert client.call("GET", f"{PATH}/{FIRST_ID}").json == wanted


def test_put_does_not_change_type_or_event(client: Client) -> None:
    client.call("POST", body=GOOD)
    before = client.state()
    answer = client.call("PUT", f"{PATH}/{FIRST_ID}", {"type": "lead", "event": "new"})
    message = "Invalid input: Validation errors: Base: Unrecognized attributes specified: type, event"
    check_refused(client, before, answer, 422, message)
    assert "delete it and create another" in answer.hint


@pytest.mark.parametrize("profile", list(Profile))
def test_exactly_the_topics_of_the_table_can_be_subscribed_to(profile: Profile) -> None:
    with Emulator(profile=profile) as copper:
        client = Client(copper)
        for kind, events in TABLES[profile].items():
            for event in ("new", "update", "delete", "upsert"):
                answer = client.call("POST", body={"target": TARGET, "type": kind, "event": event})
                assert answer.status == (200 if event in events else 422), (kind, event)


# --- refusals Copper has recorded or documented ---------------------------------------------------------------


def test_the_recorded_refusal_of_an_unknown_key_and_a_missing_type(client: Client) -> None:
    before = client.state()
    body = {"target": "lead", "event": "new", "url": "https://a.example", "secret": {"secret": "s"}}
    answer = client.call("POST", body=body)
    assert answer.status == 422
    assert answer.raw.decode() == (
        '{"success":false,"status":422,"message":"Invalid input: Validation errors: '
        "Base: Unrecognized attributes specified: url\\nType: can't be blank\"}"
    )
    assert client.state() == before
    assert "custom_field_computed_values" in answer.hint


@pytest.mark.parametrize(
    "target",
    ["http://my-app.example/hooks", "lead", "https://", "ftp://my-app.example", "https://a b.example", "https://[::1"],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_the_documented_refusal_of_a_target(client: Client, target: str, method: str) -> None:
    client.call("POST", body=GOOD)
    before = client.state()
    if method == "POST":
        answer = client.call("POST", body={**GOOD, "target": target})
    else:
        answer = client.call("PUT", f"{PATH}/{FIRST_ID}", {"target": target})
    check_refused(client, before, answer, 422, "Invalid input: Invalid URI For External Request")
    assert answer.hint


def test_the_hint_tells_how_to_reach_a_local_http_endpoint(client: Client) -> None:
    answer = client.call("POST", body={**GOOD, "target": "http://127.0.0.1:5000/hooks"})
    assert "allow_http" in answer.hint
    assert "copper.route('https://my-app.example', to='http://127.0.0.1:5000')" in answer.hint


def test_a_target_on_loopback_may_be_http_where_that_is_allowed() -> None:
    with Emulator(allow_http=True) as copper:
        client = Client(copper)
        assert client.call("POST", body={**GOOD, "target": "http://127.0.0.1:5000/hooks"}).status == 200
        assert client.call("POST", body={**GOOD, "target": "http://my-app.example/hooks"}).status == 422


def test_the_101st_subscription_is_refused_until_one_is_deleted(client: Client) -> None:
    for _ in range(100):
        client.copper.subscribe("lead", "update", target=TARGET)
    before = client.state()
    answer = client.call("POST", body=GOOD)
    check_refused(
        client, before, answer, 422, "Invalid input: Validation errors: Base: Subscription limit of 100 reached"
    )
    assert client.call("DELETE", f"{PATH}/{FIRST_ID}").status == 200
    assert client.call("POST", body=GOOD).status == 200


def test_a_secret_that_cannot_arrive_whole_is_accepted_with_a_hint(client: Client) -> None:
    answer = client.call("POST", body={**GOOD, "secret": {"ids": "1", "key": "2"}})
    assert (answer.status, answer.json["secret"]) == (200, {"ids": "1", "key": "2"})
    assert "ids" in answer.hint


# --- credentials ------------------------------------------------------------------------------------------------


CALLS = [("GET", PATH), ("POST", PATH), ("GET", f"{PATH}/1"), ("PUT", f"{PATH}/1"), ("DELETE", f"{PATH}/1")]


@pytest.mark.parametrize("missing", ["X-PW-AccessToken", "X-PW-Application", "X-PW-UserEmail"])
@pytest.mark.parametrize(("method", "path"), CALLS)
def test_without_any_of_the_three_headers_every_call_is_answered_401(
    client: Client, missing: str, method: str, path: str
) -> None:
    before = client.state()
    headers = {name: value for name, value in client.copper.headers.items() if name != missing}
    answer = client.call(method, path, GOOD, headers=headers)
    check_refused(client, before, answer, 401, "Unauthorized")
    assert missing in answer.hint


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("X-PW-AccessToken", "unknown", "belongs to no account here"),
        ("X-PW-AccessToken", "\u00e9", "Not printable UTF-8 text: X-PW-AccessToken"),
        ("X-PW-Application", "other", "must be developer_api"),
        ("X-PW-UserEmail", "", "X-PW-UserEmail"),
    ],
)
def test_wrong_credentials_are_answered_401(client: Client, name: str, value: str, hint: str) -> None:
    before = client.state()
    answer = client.call("POST", body=GOOD, extra={name: value})
    check_refused(client, before, answer, 401, "Unauthorized")
    assert hint in answer.hint


def test_header_names_are_taken_in_any_case(client: Client) -> None:
    headers = {name.upper(): value for name, value in client.copper.headers.items()}
    assert client.call("GET", headers=headers).status == 200


def test_after_a_switch_the_old_key_is_refused_and_the_new_one_sees_only_its_own(client: Client) -> None:
    old = client.copper.headers
    client.call("POST", body=GOOD)
    client.copper.switch_key()

    refused = client.call("GET", headers=old)
    assert (refused.status, refused.json) == (401, common(401, "Unauthorized"))
    assert "replaced" in refused.hint
    assert client.call("GET").json == []
    for method in ("GET", "PUT", "DELETE"):
        answer = client.call(method, f"{PATH}/{FIRST_ID}", {})
        assert (answer.status, answer.json) == (404, common(404, "Resource not found"))
        assert "earlier API key" in answer.hint
    made = client.call("POST", body=GOOD).json
    assert [made] == client.call("GET").json


def test_accounts_on_one_server_see_only_their_own(client: Client) -> None:
    from copper_emulator.shell.host import Host

    host = Host()
    try:
        with Emulator(host=host) as first, Emulator(host=host) as second:
            assert first.api_url == second.api_url
            Client(first).call("POST", body=GOOD)
            assert len(Client(first).call("GET").json) == 1
            assert Client(second).call("GET").json == []
    finally:
        host.close()


# --- paths and methods -------------------------------------------------------------------------------------------


NOT_FOUND = {"error": "not_found"}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/developer_api/v1",
        "/developer_api/v1/webhook",
        "/developer_api/v2/webhooks",
        "/developer_api//v1/webhooks",
        "//developer_api/v1/webhooks",
        f"{PATH}/1/2",
        f"{PATH}//",
        f"{PATH}//1",
        "/developer_api/v1%2Fwebhooks",
        "/%00",
        "/%ff%fe",
        "/favicon.ico",
    ],
)
def test_an_unknown_path_has_coppers_other_envelope(client: Client, path: str) -> None:
    before = client.state()
    answer = client.call("POST", path, GOOD)
    assert (answer.status, answer.json) == (404, NOT_FOUND)
    assert client.state() == before


@pytest.mark.parametrize(
    "given_id",
    [
        "0",
        "-1",
        "abc",
        "1.5",
        "1e3",
        "%20",
        "1%2F2",
        "%00",
        "%C2%B2",
        "9" * 19,
        "9" * 5000,
        "%ff",
        "1;2",
    ],
    ids=lambda text: f"{text[:12]} ({len(text)})",
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_absurd_id_is_a_resource_that_is_not_there(client: Client, given_id: str, method: str) -> None:
    client.call("POST", body=GOOD)
    before = client.state()
    answer = client.call(method, f"{PATH}/{given_id}", {})
    check_refused(client, before, answer, 404, "Resource not found")


@pytest.mark.parametrize("method", ["PATCH", "TRACE", "OPTIONS", "PUT", "DELETE", "PROPFIND", "CONNECT"])
def test_a_method_that_the_collection_does_not_know_is_not_found(client: Client, method: str) -> None:
    before = client.state()
    # A CONNECT is followed by data for the tunnel, not a body; aiohttp 3.11.0 takes a body for the next request.
    answer = client.call(method, PATH, None if method == "CONNECT" else GOOD)
    assert (answer.status, answer.json) == (404, NOT_FOUND)
    assert client.state() == before


def test_head_answers_as_get_without_a_body(client: Client) -> None:
    listed, head = client.call("GET"), client.call("HEAD")
    assert (head.status, head.raw) == (200, b"")
    assert head.headers["Content-Length"] == str(len(listed.raw))


def test_the_hint_for_a_wrong_method_names_the_right_ones(client: Client) -> None:
    assert "GET, HEAD, POST" in client.call("PATCH").hint


NO_HTTP = {
    "a method HTTP has not heard of": b"FOO /developer_api/v1/webhooks HTTP/1.1\r\nHost: a\r\n\r\n",
    "a word": b"garbage\r\n\r\n",
    "the beginning of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "a version to come": b"GET /developer_api/v1/webhooks HTTP/9.9\r\nHost: a\r\n\r\n",
    "a path too long": b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "a header too long": b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: " + b"a" * 10_000 + b"\r\n\r\n",
    "a length that is none": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: zz\r\n\r\n",
    "a length below zero": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
    "a header without a colon": b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
}


@pytest.mark.parametrize("data", NO_HTTP.values(), ids=NO_HTTP)
def test_what_is_no_http_at_all_gets_the_envelope_too(client: Client, data: bytes) -> None:
    before = client.state()
    check_refused(client, before, client.raw(data), 400, "Bad Request")


@pytest.mark.parametrize("expectation", ["100-continue", "miracles"])
def test_what_a_client_expects_of_the_connection_does_not_matter(client: Client, expectation: str) -> None:
    assert client.call("POST", body=GOOD, extra={"Expect": expectation}).status == 200


# --- bodies -------------------------------------------------------------------------------------------------------


NOT_JSON = {
    "text": b"hello",
    "form": b"target=https%3A%2F%2Fa.example&type=lead",
    "cut off": b'{"target":',
    "two values": b"{}{}",
    "single quotes": b"{'target': 1}",
    "NaN": b'{"target": NaN}',
    "Infinity": b'{"target": -Infinity}',
    "a float beyond all floats": b'{"target": 1e999}',
    "a number of 5,000 digits": b'{"target": ' + b"9" * 5000 + b"}",
    "100,000 open brackets": b"[" * 100_000,
    "nested 100 deep": b'{"a":' * 100 + b"1" + b"}" * 100,
    "half a surrogate pair": b'{"target": "\\ud800"}',
    "half a surrogate pair as a key": b'{"\\udfff": 1}',
    "invalid UTF-8": b'{"target": "\xff"}',
    "UTF-16": '{"target": "a"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a raw line break in a string": b'{"target": "a\nb"}',
    "a zero byte": b"\x00",
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_that_is_not_json_is_a_bad_request(client: Client, body: bytes, method: str) -> None:
    client.call("POST", body=GOOD)
    before = client.state()
    answer = client.call(method, PATH if method == "POST" else f"{PATH}/{FIRST_ID}", body)
    check_refused(client, before, answer, 400, "Bad Request")
    assert answer.hint.startswith("The body ")


@pytest.mark.parametrize("body", [b"[]", b"[{}]", b"1", b"1.5", b'"text"', b"true", b"null"])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_json_that_is_no_object_is_refused(client: Client, body: bytes, method: str) -> None:
    client.call("POST", body=GOOD)
    before = client.state()
    answer = client.call(method, PATH if method == "POST" else f"{PATH}/{FIRST_ID}", body)
    check_refused(client, before, answer, 422, "Invalid input: Validation errors: Base: must be a JSON object")


def test_an_empty_body_lacks_everything(client: Client) -> None:
    before = client.state()
    message = "Invalid input: Validation errors: Target: can't be blank\nType: can't be blank\nEvent: can't be blank"
    check_refused(client, before, client.call("POST"), 422, message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": 1}, "Target: must be a string"),
        ({"target": None}, "Target: can't be blank"),
        ({"type": ["lead"]}, "Type: is not included in the list"),
        ({"type": "user"}, "Type: is not included in the list"),
        ({"event": {"new": 1}}, "Event: is not included in the list"),
        ({"event": "created"}, "Event: is not included in the list"),
        ({"type": "activity_log"}, "Event: is not included in the list"),
        ({"secret": "text"}, "Secret: must be an object of strings"),
        ({"secret": {"a": 1}}, "Secret: must be an object of strings"),
        ({"headers": ["a"]}, "Headers: must be an object of strings"),
        ({"headers": {"X A": "b"}}, "Headers: has an invalid name"),
        ({"headers": {"X-A": "b\r\nX-B: c"}}, "Headers: has an invalid value for X-A"),
        ({"headers": {"Host": "b"}}, "Headers: must not contain Host"),
        ({"headers": {"content-length": "1"}}, "Headers: must not contain content-length"),
        ({"custom_field_computed_values": "yes"}, "Custom Field Computed Values: must be true or false"),
        ({"\U0001f600": 1}, "Base: Unrecognized attributes specified: \U0001f600"),
    ],
    ids=lambda value: str(value)[:40].encode("ascii", "replace").decode(),
)
def test_a_value_of_the_wrong_kind_is_refused_by_name(client: Client, change: dict[str, Any], message: str) -> None:
    before = client.state()
    answer = client.call("POST", body={**GOOD, **change})
    check_refused(client, before, answer, 422, "Invalid input: Validation errors: " + message)


def test_a_hint_is_one_line_that_clients_can_read_however_long_and_odd_its_subject_is(client: Client) -> None:
    odd = "\x00\x1b[31m\u20ac\r\n" + "x" * 100_000
    answer = client.call("POST", body={**GOOD, "type": odd})
    assert answer.status == 422
    assert len(answer.hint) < 4000
    assert answer.hint.isascii()
    assert answer.hint.isprintable()


def too_large() -> bytes:
    return json.dumps({**GOOD, "secret": {"key": "x" * MAX_BODY}}).encode()


def test_a_body_too_large_by_its_content_length_is_refused(client: Client) -> None:
    before = client.state()
    check_refused(client, before, client.call("POST", body=too_large()), 413, "Request too large")


def test_a_body_too_large_in_chunks_is_refused(client: Client) -> None:
    before = client.state()
    body = too_large()
    chunks = iter([body[start : start + 50_000] for start in range(0, len(body), 50_000)])
    answer = client.call("POST", body=chunks, extra={"Transfer-Encoding": "chunked"})
    check_refused(client, before, answer, 413, "Request too large")


def test_a_small_body_that_unpacks_to_a_large_one_is_refused(client: Client) -> None:
    before = client.state()
    answer = client.call("POST", body=gzip.compress(too_large()), extra={"Content-Encoding": "gzip"})
    check_refused(client, before, answer, 413, "Request too large")


def test_packed_and_chunked_bodies_are_taken(client: Client) -> None:
    packed = gzip.compress(json.dumps(GOOD).encode())
    assert client.call("POST", body=packed, extra={"Content-Encoding": "gzip"}).status == 200
    chunks = iter([b'{"target":', json.dumps(TARGET).encode(), b',"type":"lead","event":"new"}'])
    assert client.call("POST", body=chunks, extra={"Transfer-Encoding": "chunked"}).status == 200


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_body_that_is_not_packed_as_it_says_is_a_bad_request(client: Client, encoding: str) -> None:
    before = client.state()
    answer = client.call("POST", body=b"not packed at all", extra={"Content-Encoding": encoding})
    check_refused(client, before, answer, 400, "Bad Request")


def test_a_body_in_broken_chunks_is_a_bad_request(client: Client) -> None:
    before = client.state()
    head = "".join(f"{name}: {value}\r\n" for name, value in client.copper.headers.items())
    data = f"POST {PATH} HTTP/1.1\r\nHost: a\r\n{head}Transfer-Encoding: chunked\r\n\r\nzz\r\n".encode()
    check_refused(client, before, client.raw(data), 400, "Bad Request")


def test_what_was_refused_stands_in_the_journal(client: Client) -> None:
    """A subscription that was never made is often the reason that nothing arrives."""
    client.call("POST", body={**GOOD, "type": "user"})
    for path in (f"{PATH}/%E2%82%AC", "/%ff%fe"):
        client.call("GET", path)
    entries = [entry.text for entry in client.copper.journal if entry.kind is Kind.REFUSED]
    assert entries[0] == (
        f"POST {PATH}: 422 Invalid input: Validation errors: Type: is not included in the list; "
        "Copper has no webhooks for 'user'; the types that have them are lead, person, company, opportunity, project, "
        "task and activity_log."
    )
    assert len(entries) == 3
    assert all(text.encode() for text in entries)


# --- anything at all ----------------------------------------------------------------------------------------------


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
known = st.sampled_from(["target", "type", "event", "secret", "headers", "custom_field_computed_values"])
values = json_values | st.sampled_from([TARGET, "lead", "update", {"a": "b"}, True])
bodies = (
    st.binary(max_size=60)
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(known | st.text(max_size=8), values, max_size=6).map(lambda value: json.dumps(value).encode())
)
tokens = st.text("!#$%&'*+-.^_`|~abcdefgXYZ0189", min_size=1, max_size=12)
header_values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
ids = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="?#"), max_size=12) | st.integers(
    FIRST_ID - 2, FIRST_ID + 2
).map(str)


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"]) | tokens.map(str.upper),
    tail=st.just("") | ids.map(lambda text: "/" + text),
    body=bodies,
    extra=st.dictionaries(
        tokens.filter(lambda name: name.lower() not in ("content-length", "transfer-encoding", "expect")),
        header_values,
        max_size=3,
    ),
)
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_a_client_sends_is_a_500_or_half_applied(
    client: Client, method: str, tail: str, body: bytes, extra: dict[str, str]
) -> None:
    before = client.state()
    lines = [f"{method} {PATH}{tail} HTTP/1.1", "Host: a", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in {**client.copper.headers, **extra}.items()]
    answer = client.raw("\r\n".join([*lines, "", ""]).encode("latin-1") + body, method)
    assert answer.status in (200, 400, 401, 404, 413, 422)
    if answer.status != 200:
        assert client.state() == before
    if answer.status != 200 and method != "HEAD":
        told = answer.json
        assert told == NOT_FOUND or (list(told), told["status"]) == (["success", "status", "message"], answer.status)


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
@pytest.mark.parametrize("path", ["/people", "/webhooks"])
def test_a_form_is_told_from_json_that_is_wrong(client: Client, path: str, kind: str) -> None:
    before = client.state()
    answer = client.call("POST", BASE + path, b"name=Ada", extra={"Content-Type": kind})
    check_refused(client, before, answer, 400, "Bad Request")
    assert answer.hint == (
        f"The body is form-encoded ({kind.partition(';')[0]}), and the API takes JSON: send it as JSON, with requests "
        "and httpx as json=..."
    )


def test_json_that_is_called_a_form_is_read_as_json(client: Client) -> None:
    """As `curl -d` sends it."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.ok("POST", "/people", b'{"name": "Ada"}', extra=form)["name"] == "Ada"
    assert client.call("POST", f"{BASE}/people", b' {"name": Ada}', extra=form).hint.startswith(
        "The body is not JSON: "
    )
