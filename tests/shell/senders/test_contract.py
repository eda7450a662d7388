"""What every sender does alike, whatever the kind of endpoint, from synchronous and asynchronous tests."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from copper_emulator import AsyncEmulator, Delivery, Emulator, Outcome, Reason
from copper_emulator.shell.host import Host
from tests.shell.senders.kinds import IN_PROCESS, Behaviour, endpoint
from tests.shell.senders.over_http import OVER_HTTP, host_for

TARGET = "https://billing.example.com/hooks/a%20b/%7Ec?x=%2F&y=1+2&y=%C3%A9#a-fragment-is-never-sent"
ROUTED = [*IN_PROCESS, *OVER_HTTP]

every_kind = pytest.mark.parametrize("kind", ROUTED)
over_http = pytest.mark.parametrize("kind", OVER_HTTP)
in_process = pytest.mark.parametrize("kind", IN_PROCESS)
both_faces = pytest.mark.parametrize("face", ["sync", "async"])


def notify(
    face: str, to: object, *, kind: str = "", times: int = 1, target: str = TARGET, **settings: Any
) -> list[Delivery]:
    """Route, subscribe and fire, through one of the two faces; the verdict does not matter here."""
    with host_for(kind) as host:
        return notify_by(host, face, to, times, target, settings)


def notify_by(host: Host, face: str, to: object, times: int, target: str, settings: dict[str, Any]) -> list[Delivery]:
    settings = {"strict": False, "host": host, **settings}
    wanted: dict[str, Any] = {
        "secret": {"key": "s3cret"},
        "headers": {"X-Tenant": "seven", "Authorization": "Bearer t"},
    }
    if face == "sync":
        with Emulator(**settings) as copper:
            copper.route("https://billing.example.com", to=to)
            copper.subscribe("person", "update", target=target, **wanted)
            for record in range(times):
                copper.fire("person", "update", ids=record + 1, updated_attributes={"name": ("Ada", "\u00c9va")})
        return copper.deliveries

    async def run() -> list[Delivery]:
        async with AsyncEmulator(**settings) as copper:
            copper.route("https://billing.example.com", to=to)
            copper.subscribe("person", "update", target=target, **wanted)
            for record in range(times):
                await copper.fire("person", "update", ids=record + 1, updated_attributes={"name": ("Ada", "\u00c9va")})
        return copper.deliveries

    return asyncio.run(run())


@both_faces
@every_kind
@pytest.mark.parametrize("status", [200, 201, 202, 299])
def test_any_2xx_is_delivered(kind: str, face: str, status: int) -> None:
    behaviour = Behaviour(status)
    with endpoint(kind, behaviour) as to:
        (delivery,) = notify(face, to, kind=kind)
    assert (delivery.outcome, delivery.status, delivery.response_body) == (Outcome.DELIVERED, status, b"thanks")
    assert len(behaviour.seen) == 1


@both_faces
@every_kind
@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 404, 410, 429, 500, 503])
def test_anything_else_is_rejected_and_neither_followed_nor_tried_again(kind: str, face: str, status: int) -> None:
    behaviour = Behaviour(status)
    with endpoint(kind, behaviour) as to:
        (delivery,) = notify(face, to, kind=kind)
    assert (delivery.outcome, delivery.status, delivery.exception) == (Outcome.REJECTED, status, None)
    assert len(behaviour.seen) == 1


@both_faces
@every_kind
def test_the_endpoint_sees_the_bytes_the_headers_the_path_and_the_query(kind: str, face: str) -> None:
    behaviour = Behaviour()
    with endpoint(kind, behaviour) as to:
        (delivery,) = notify(face, to, kind=kind)
    (seen,) = behaviour.seen
    # Servers pass decoded paths to applications; over HTTP the path is as it was sent.
    assert seen["path"] == ("/hooks/a%20b/%7Ec" if kind in OVER_HTTP else "/hooks/a b/~c")
    assert seen["query"] == "x=%2F&y=1+2&y=%C3%A9"
    assert seen["body"] == delivery.request_body
    assert "\u00c9va".encode() in seen["body"]
    assert json.loads(seen["body"])["key"] == "s3cret"
    headers = seen["headers"]
    assert headers["x-tenant"] == "seven"
    assert headers["authorization"] == "Bearer t"
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"].startswith("copper-emulator")
    assert not {"cookie", "accept-encoding", "accept", "proxy-connection"} & set(headers)


@both_faces
@in_process
def test_in_process_the_application_sees_the_targets_own_host_over_https(kind: str, face: str) -> None:
    behaviour = Behaviour()
    with endpoint(kind, behaviour) as to:
        notify(face, to)
    (seen,) = behaviour.seen
    assert (seen["scheme"], seen["headers"]["host"]) == ("https", "billing.example.com")
    assert not [name for name in seen["headers"] if name.startswith("x-forwarded")]


@both_faces
@over_http
def test_over_http_it_sees_the_routes_host_and_the_targets_in_two_headers(kind: str, face: str) -> None:
    behaviour = Behaviour()
    with endpoint(kind, behaviour) as to:
        notify(face, to, kind=kind)
    headers = behaviour.seen[0]["headers"]
    assert headers["host"] == to.removeprefix("http://")
    assert headers["x-forwarded-host"] == "billing.example.com"
    assert headers["x-forwarded-proto"] == "https"


@both_faces
@in_process
def test_an_exception_is_part_of_the_outcome_with_its_traceback(kind: str, face: str) -> None:
    """A framework that answers 500 for it has answered; without one, there was no answer."""
    error = LookupError("no such customer")
    with endpoint(kind, Behaviour(raises=error)) as to:
        (delivery,) = notify(face, to)
    assert delivery.exception is error
    assert "no such customer" in str(delivery.traceback)
    assert "in act" in str(delivery.traceback)
    if kind in ("flask", "fastapi", "aiohttp"):
        assert (delivery.outcome, delivery.status) == (Outcome.REJECTED, 500)
    else:
        assert (delivery.outcome, delivery.reason) == (Outcome.FAILED, Reason.EXCEPTION)


class OwnKind(BaseException):
    """An exception that `except Exception` does not catch, as some libraries raise."""


RAISED_PAST_EXCEPTION: dict[str, BaseException] = {
    "exit": SystemExit("bye"),
    "cancelled": asyncio.CancelledError("by nobody"),
    "fail": pytest.fail.Exception("assertion in the endpoint"),
    "skip": pytest.skip.Exception("not here"),
    "own": OwnKind("own"),
}


@both_faces
@in_process
@pytest.mark.parametrize("error", RAISED_PAST_EXCEPTION.values(), ids=RAISED_PAST_EXCEPTION)
def test_an_endpoint_that_exits_fails_skips_or_is_cancelled_by_nobody_has_raised(
    kind: str, face: str, error: BaseException
) -> None:
    """It becomes the outcome of the delivery, and the next one is sent."""
    behaviour = Behaviour(raises=error)
    with endpoint(kind, behaviour) as to:
        deliveries = notify(face, to, times=2)
    for delivery in deliveries:
        assert (type(delivery.exception), str(delivery.exception)) == (type(error), str(error))
        assert "in act" in str(delivery.traceback)
        assert delivery.outcome in (Outcome.FAILED, Outcome.REJECTED)
    assert len(behaviour.seen) == 2


@both_faces
@in_process
def test_a_traceback_begins_with_the_application_or_its_framework(kind: str, face: str) -> None:
    with endpoint(kind, Behaviour(raises=LookupError("no such customer"))) as to:
        (delivery,) = notify(face, to)
    assert delivery.traceback is not None
    assert delivery.traceback.startswith("Traceback (most recent call last):")
    first = next(line for line in delivery.traceback.splitlines() if line.startswith("  File "))
    assert "copper_emulator" not in first


@both_faces
def test_where_only_frames_of_ours_are_there_is_none(face: str) -> None:
    (delivery,) = notify(face, lambda _request: 99)
    assert delivery.traceback is not None
    assert delivery.traceback.startswith("copper_emulator.UsageError: an endpoint function answered 99")


@both_faces
@every_kind
def test_nothing_is_kept_from_one_delivery_to_the_next(kind: str, face: str) -> None:
    behaviour = Behaviour()
    with endpoint(kind, behaviour) as to:
        deliveries = notify(face, to, kind=kind, times=3)
    assert [json.loads(seen["body"])["ids"] for seen in behaviour.seen] == [[1], [2], [3]]
    assert [delivery.outcome for delivery in deliveries] == [Outcome.DELIVERED] * 3


CAPTURED = {
    "Host": "captured.example",
    "content-length": "5",
    "Transfer-Encoding": "chunked",
    "Connection": "keep-alive",
}


@every_kind
def test_a_replay_is_as_long_as_its_body_whatever_the_captured_headers_say(kind: str) -> None:
    behaviour, body = Behaviour(), '{"subscription_id":1,"event":"new","type":"lead","ids":[1]}'
    with endpoint(kind, behaviour) as to, host_for(kind) as host, Emulator(host=host) as copper:
        copper.route("https://billing.example.com", to=to)
        deliveries = [copper.replay(body, target=TARGET, headers=CAPTURED) for _ in range(2)]
    assert [delivery.outcome for delivery in deliveries] == [Outcome.DELIVERED] * 2
    assert [seen["body"] for seen in behaviour.seen] == [body.encode()] * 2
    assert behaviour.seen[0]["headers"].get("content-length", str(len(body))) == str(len(body))
    assert "transfer-encoding" not in behaviour.seen[0]["headers"]


@over_http
@pytest.mark.parametrize("value", ["a\r\nY: b", "a\0b", "half \ud800"], ids=ascii)
def test_a_header_that_cannot_be_written_fails_its_delivery_alone(kind: str, value: str) -> None:
    behaviour, body = Behaviour(), '{"subscription_id":1,"event":"new","type":"lead","ids":[1]}'
    with endpoint(kind, behaviour) as to, host_for(kind) as host, Emulator(host=host, strict=False) as copper:
        copper.route("https://billing.example.com", to=to)
        failed = copper.replay(body, target=TARGET, headers={"X": value})
        assert behaviour.seen == []
        assert copper.replay(body, target=TARGET).outcome is Outcome.DELIVERED
    assert (failed.outcome, failed.reason) == (Outcome.FAILED, Reason.BROKEN_OFF)
    assert failed.text is not None
    assert failed.text.endswith("the header 'X' has a control character or half a surrogate pair, and is not sent")


@every_kind
def test_a_port_in_the_target_is_part_of_its_host(kind: str) -> None:
    behaviour = Behaviour()
    with endpoint(kind, behaviour) as to, host_for(kind) as host, Emulator(host=host) as copper:
        copper.route("https://billing.example.com:8443", to=to)
        copper.subscribe("person", "update", target="https://billing.example.com:8443/hooks")
        copper.fire("person", "update", ids=1)
    header = "x-forwarded-host" if kind in OVER_HTTP else "host"
    assert behaviour.seen[0]["headers"][header] == "billing.example.com:8443"
