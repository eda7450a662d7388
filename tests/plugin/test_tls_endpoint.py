"""`copper_endpoint(tls=True)`: a receiver that really gets notifications over TLS, and is scripted like any other."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import HAS_ASYNCIO, Inner


def test_notifications_reach_it_over_tls_and_are_recorded(inner: Inner) -> None:
    inner.tests(
        """
        import socket, ssl

        def test_one(copper, copper_endpoint):
            endpoint = copper_endpoint(tls=True)
            assert endpoint.url.startswith("https://localhost:")
            copper.subscribe("lead", "new", target=endpoint.url + "?a=1", secret={"key": "s3cret"})
            copper.fire("lead", "new", ids=7)
            (delivery,) = copper.expect("lead", "new", ids=7, status=200)
            (request,) = endpoint.requests
            assert (request.method, request.path, request.query) == ("POST", "/hooks/copper", {"a": "1"})
            assert (request.json["ids"], request.json["key"]) == ([7], "s3cret")
            assert request.at == delivery.started
            assert request.headers["Host"] == endpoint.url.split("/")[2]
            assert request.headers["Content-Type"] == "application/json"
            assert copper_endpoint.requests == []
            context = ssl.create_default_context(cafile=str(copper.ca_file))
            address = ("127.0.0.1", int(endpoint.url.split(":")[2].split("/")[0]))
            with socket.create_connection(address) as plain:
                with context.wrap_socket(plain, server_hostname="localhost") as connection:
                    assert connection.version() == "TLSv1.3"
        """
    )
    inner.run().assert_outcomes(passed=1)


def test_scripts_hold_and_their_delays_are_virtual(inner: Inner) -> None:
    inner.tests(
        """
        from datetime import timedelta

        def test_one(copper, copper_endpoint):
            endpoint = copper_endpoint(tls=True)
            copper.subscribe("lead", "new", target=endpoint.url)
            endpoint.reply(503, body={"busy": True}, delay="5s", times=1)
            endpoint.refuse(times=1)
            endpoint.hang(times=1)
            endpoint.break_off(times=1)
            for ids in range(1, 6):
                copper.fire("lead", "new", ids=ids)
                copper.run_until_idle()
            first = copper.expect("lead", "new", ids=1, status=503)[0]
            assert first.response_body == b'{"busy":true}'
            assert first.ended - first.started == timedelta(seconds=5)
            for ids, reason in ((2, "refused"), (3, "timed out"), (4, "broken off")):
                assert copper.expect("lead", "new", ids=ids, outcome="failed")[0].reason == reason
            copper.expect("lead", "new", ids=5, status=200)
            assert [request.json["ids"] for request in endpoint.requests] == [[1], [2], [3], [4], [5]]
        """
    )
    result = inner.run("--durations=1")
    result.assert_outcomes(passed=1)


def test_it_can_be_called_by_others_too(inner: Inner) -> None:
    inner.tests(
        """
        import ssl
        from urllib.request import Request, urlopen

        def test_one(copper, copper_endpoint):
            endpoint = copper_endpoint(tls=True)
            endpoint.reply(201, body="made")
            context = ssl.create_default_context(cafile=str(copper.ca_file))
            with urlopen(Request(endpoint.url, data=b"{}", method="POST"), context=context) as answer:
                assert (answer.status, answer.read()) == (201, b"made")
            assert [request.body for request in endpoint.requests] == [b"{}"]
        """
    )
    inner.run().assert_outcomes(passed=1)


def test_each_call_makes_another_and_the_plain_one_is_routed_like_any_function(inner: Inner) -> None:
    inner.tests(
        """
        def test_one(copper, copper_endpoint):
            one, other = copper_endpoint(tls=True), copper_endpoint(tls=True)
            assert one.url != other.url
            copper.route("https://app.example", to=copper_endpoint)
            for target in (one.url, other.url, "https://app.example/hook"):
                copper.subscribe("lead", "new", target=target)
            copper.fire("lead", "new", ids=7)
            assert [len(endpoint.requests) for endpoint in (one, other, copper_endpoint)] == [1, 1, 1]
        """
    )
    inner.run().assert_outcomes(passed=1)


@pytest.mark.parametrize("words", ["", "tls=False", "object(), tls=True"])
def test_it_is_called_for_nothing_else(inner: Inner, words: str) -> None:
    inner.tests(
        f"""
        import pytest
        from copper_emulator import UsageError

        def test_one(copper, copper_endpoint):
            with pytest.raises(UsageError, match="copper_endpoint is already a receiver"):
                copper_endpoint({words})
            assert not copper_endpoint.requests
        """
    )
    inner.run().assert_outcomes(passed=1)


@pytest.mark.skipif(not HAS_ASYNCIO, reason="needs pytest-asyncio")
def test_asynchronous_tests_have_it_too(inner: Inner) -> None:
    inner.tests(
        """
        import pytest

        @pytest.mark.asyncio
        @pytest.mark.copper(in_flight=4)
        async def test_one(copper_async, copper_endpoint):
            endpoint = copper_endpoint(tls=True)
            copper_async.subscribe("lead", "new", target=endpoint.url)
            copper_async.subscribe("lead", "update", target=endpoint.url)
            await copper_async.fire("lead", "new", ids=range(1, 100))
            await copper_async.expect("lead", "new", count=4, status=200)
            assert len(endpoint.requests) == 4
        """
    )
    inner.run().assert_outcomes(passed=1)


def test_frozen_time_does_not_touch_it(inner: Inner) -> None:
    pytest.importorskip("freezegun")
    inner.tests(
        """
        from freezegun import freeze_time

        @freeze_time("2031-05-06 07:08:09")
        def test_one(copper, copper_endpoint):
            endpoint = copper_endpoint(tls=True)
            copper.subscribe("lead", "new", target=endpoint.url)
            copper.fire("lead", "new", ids=7)
            assert endpoint.requests[0].at.isoformat() == "2031-05-06T07:08:09+00:00"
        """
    )
    inner.run().assert_outcomes(passed=1)
