"""What a test has put in the place of aiohttp's client is neither asked nor told of the emulator's own deliveries."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import aiohttp
import aiohttp.client
import pytest

from copper_emulator import Emulator
from copper_emulator.shell.host import Host
from copper_emulator.tls_endpoint import TlsEndpoint


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host()
    yield made
    made.close()


@pytest.fixture
def endpoint(host: Host) -> Iterator[TlsEndpoint]:
    """It is notified over TLS, and so by aiohttp's client."""
    made = TlsEndpoint(host)
    yield made
    made.close()


def notify(host: Host, endpoint: TlsEndpoint) -> None:
    """Notify it twice, with a secret."""
    with Emulator(host=host) as copper:
        copper.route(endpoint.url, to=endpoint)
        copper.subscribe("person", "update", target=endpoint.url, secret={"key": "s3cret"})
        copper.fire("person", "update", ids=17)
        copper.fire("person", "update", ids=18)


REPLACED = ["aiohttp.ClientSession._request", "aiohttp.ClientSession.post", "aiohttp.ClientSession"]


@pytest.mark.parametrize("name", REPLACED)
def test_what_a_test_has_replaced_is_not_called(host: Host, endpoint: TlsEndpoint, name: str) -> None:
    with mock.patch(name, autospec=True, side_effect=AssertionError) as replaced:
        notify(host, endpoint)

    assert len(endpoint.requests) == 2
    replaced.assert_not_called()


@pytest.mark.parametrize("name", [*REPLACED, "aiohttp.client.ClientSession"])
def test_nor_if_it_was_replaced_before_the_emulator_was_imported(name: str) -> None:
    program = f"""
from unittest import mock
import aiohttp

with mock.patch({name!r}, autospec=True, side_effect=AssertionError):
    from tests.shell.senders.test_genuine import Host, TlsEndpoint, notify

    host = Host()
    endpoint = TlsEndpoint(host)
    notify(host, endpoint)
    print(len(endpoint.requests))
    endpoint.close()
    host.close()
"""
    run = [sys.executable, "-W", "error", "-c", program]
    ended = subprocess.run(run, capture_output=True, text=True, timeout=60, cwd=Path(__file__).parents[3], check=False)
    assert (ended.stdout, ended.stderr) == ("2\n", "")


@pytest.mark.parametrize("mode", ["once", "none"])
def test_a_cassette_neither_answers_for_the_endpoint_nor_learns_the_secret(
    host: Host, endpoint: TlsEndpoint, tmp_path: Path, mode: str
) -> None:
    vcr: Any = pytest.importorskip("vcr")
    cassette = tmp_path / "cassette.yaml"
    for _ in range(2):
        with vcr.use_cassette(str(cassette), record_mode=mode):
            notify(host, endpoint)

    assert len(endpoint.requests) == 4
    assert not cassette.exists()


def test_aioresponses_is_not_asked(host: Host, endpoint: TlsEndpoint) -> None:
    library: Any = pytest.importorskip("aioresponses")
    with library.aioresponses() as mocked:
        notify(host, endpoint)

    assert len(endpoint.requests) == 2
    assert not mocked.requests
    assert aiohttp.ClientSession is aiohttp.client.ClientSession
