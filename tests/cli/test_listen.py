"""`copper-emulator listen`: what it prints and answers."""

from __future__ import annotations

import json
import signal
import socket
from typing import Any

import pytest
import requests

from tests.cli.processes import run, started

NOTIFICATION: dict[str, Any] = {
    "subscription_id": 560698,
    "event": "update",
    "type": "person",
    "ids": [17, 18],
    "updated_attributes": {"name": ["Ada", "Ada Lovelace"], "custom_fields": {"5": [None, 1]}},
    "timestamp": "2026-09-29T22:40:04.738Z",
    "key": "s3cret-value",
}


def test_a_notification_is_shown_with_what_changed_and_without_its_secrets() -> None:
    with started("listen", "--port", "0") as endpoint:
        response = requests.post(endpoint.url + "/hooks/copper?a=b", json=NOTIFICATION, timeout=60)
        shown = endpoint.line_with("POST")
        lines = [endpoint.line().strip() for _ in range(3)]
        code, out, err = endpoint.end()

    assert response.status_code == 200
    assert "POST /hooks/copper?a=b  person/update [17, 18]  -> 200" in shown
    assert lines == ['name: "Ada" -> "Ada Lovelace"', 'custom_fields: {"5": [null, 1]}', "key=***"]
    assert (code, out, err) == (0, "", "")


@pytest.mark.parametrize(
    ("args", "key", "authorization"),
    [([], "***", "***"), (["--show-secrets"], "s3cret-value", "Bearer hush-value")],
)
def test_with_json_each_request_is_one_object_and_secrets_are_shown_when_asked_for(
    args: list[str], key: str, authorization: str
) -> None:
    with started("listen", "--port", "0", "--json", *args) as endpoint:
        requests.post(
            endpoint.url + "/x", json=NOTIFICATION, headers={"Authorization": "Bearer hush-value"}, timeout=60
        )
        received = json.loads(endpoint.line())

    headers = dict(received["headers"])
    assert (received["method"], received["path"], received["status"]) == ("POST", "/x", 200)
    assert received["body"] == {**NOTIFICATION, "key": key}
    assert headers["Authorization"] == authorization
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("status", [204, 301, 404, 500])
def test_everything_is_answered_with_the_given_status(status: int) -> None:
    with started("listen", "--port", "0", "--status", str(status)) as endpoint:
        answers = [
            requests.request(method, endpoint.url + path, data=b"{", allow_redirects=False, timeout=60).status_code
            for method, path in (("POST", "/"), ("GET", "/a/b"), ("PUT", "/x"))
        ]

    assert answers == [status] * 3


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff\x00", b'{"type":"person"}', b'{"a":' * 3000, b'{"a":NaN}'])
def test_what_is_no_notification_is_shown_as_such(body: bytes) -> None:
    with started("listen", "--port", "0") as endpoint:
        assert requests.post(endpoint.url, data=body, timeout=60).status_code == 200
        assert f"{len(body)} bytes that are not a notification" in endpoint.line_with("POST")


@pytest.mark.parametrize("args", [[], ["--json"]])
def test_what_arrives_can_neither_break_lines_nor_give_orders_to_the_terminal(args: list[str]) -> None:
    body = {**NOTIFICATION, "updated_attributes": {"a\nb": ["\x1b[31m", "\ud800"]}}
    with started("listen", "--port", "0", *args) as endpoint:
        assert requests.post(endpoint.url, json=body, timeout=60).status_code == 200
        requests.post(endpoint.url + "/next", timeout=60)
        lines: list[str] = []
        while "/next" not in (lines[-1] if lines else ""):
            lines.append(endpoint.line())

    assert "\x1b" not in "".join(lines)
    assert [line for line in lines if "person" in line or "31m" in line]
    assert len(lines) == (2 if args else 5)


def test_it_ends_cleanly_when_told_to() -> None:
    with started("listen", "--port", "0") as endpoint:
        code, _, err = endpoint.end(signal.SIGTERM)

    assert (code, err) == (0, "")


def test_a_port_in_use_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, out, err = run("listen", "--port", str(port))

    assert (code, out) == (1, "")
    assert f"port {port} of 127.0.0.1 is in use" in err
    assert err.count("\n") == 1
