"""Tests that run in a forked process, and processes that a test forks."""

from __future__ import annotations

from tests.forks import needs_fork
from tests.plugin.conftest import CONFTEST, Inner

pytestmark = needs_fork

FORKING = """
import os
import pickle
import warnings

from _pytest.runner import runtestprotocol

def pytest_configure(config):
    config.addinivalue_line("markers", "forked: run in a forked process")

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    if item.get_closest_marker("forked") is None:
        return None
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            reports = [report._to_json() for report in runtestprotocol(item, log=False)]
            with open(writing, "wb") as to_parent:
                pickle.dump(reports, to_parent)
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as from_child:
        reports = pickle.load(from_child)
    os.waitpid(child, 0)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=pytest.TestReport._from_json(report))
    return True
"""
"""What pytest-forked does, as the releases of pytest that are supported allow it."""

TESTS = """
import urllib.request

import pytest

from copper_emulator import Emulator


def delivered(copper):
    copper.route("https://app.example", to=lambda request: 200)
    copper.subscribe("person", "new", target="https://app.example/hook")
    ada = copper.people.create(name="Ada")
    copper.expect("person", "new", ids=ada)
    return ada


def fetched(copper):
    request = urllib.request.Request(f"{copper.api_url}/people/{delivered(copper).id}", headers=copper.headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.status == 200


@pytest.fixture(scope="session")
def wider(make_copper):
    with make_copper() as account:
        yield account


@pytest.mark.forked
def test_before_the_server_has_been_started(copper):
    assert fetched(copper)


def test_the_wider_account_is_opened(wider):
    assert wider.people.search() == []


@pytest.mark.forked
def test_a_copy_of_the_wider_account(wider):
    assert fetched(wider)


def test_the_server_is_started(copper):
    assert fetched(copper)


@pytest.mark.forked
def test_after_the_server_has_been_started(copper):
    assert fetched(copper)


@pytest.mark.forked
def test_after_that_with_the_others(make_copper, wider):
    with make_copper() as made, Emulator() as other:
        assert fetched(made) and fetched(other) and delivered(wider)


@pytest.mark.forked
def test_interception(copper):
    copper.intercept()
    request = urllib.request.Request("https://api.copper.com/developer_api/v1/account", headers=copper.headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        assert response.status == 200


@pytest.mark.forked
def test_the_verdict(copper):
    copper.subscribe("person", "new", target="https://nowhere.example/hook")
    copper.people.create(name="Ada")


def test_nothing_of_all_this_is_the_other_process_s(wider):
    assert wider.people.search() == []
"""


def test_a_test_that_runs_wholly_in_a_forked_process_has_what_others_have(inner: Inner) -> None:
    inner.pytester.makeconftest(CONFTEST + FORKING)
    inner.tests(TESTS)

    result = inner.run_subprocess()

    result.assert_outcomes(passed=8, failed=1)
    result.stdout.fnmatch_lines(["FAILED test_inner.py::test_the_verdict - *blocked*"])


SERVER = """
import json
import multiprocessing
import urllib.request

import pytest

FORK = multiprocessing.get_context("fork")


def served(copper, results):
    try:
        results.put(list(copper.headers))
    except Exception as error:
        results.put(str(error))


def test_a_live_server(copper):
    results = FORK.SimpleQueue()
    process = FORK.Process(target=served, args=(copper, results))
    process.start()
    told = results.get()
    process.join()
    assert told == ""
"""


def test_a_process_that_a_test_forks_is_told_what_to_read_before(inner: Inner) -> None:
    inner.tests(SERVER)

    result = inner.run_subprocess()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*this process was forked from the one in which the emulator runs*"])


WORKER = """
import urllib.error
import urllib.request

CONFIGURED = {}

def hint(copper):
    request = urllib.request.Request(f"{copper.api_url}/webhooks", headers=CONFIGURED)
    try:
        urllib.request.urlopen(request, timeout=10).close()
    except urllib.error.HTTPError as error:
        with error:
            return error.headers["X-Copper-Emulator-Hint"]

def test_first(copper):
    CONFIGURED.update(copper.headers)
    assert hint(copper) is None

def test_second(copper):
    assert hint(copper).startswith("This is the token of the account of test_first, which ended with that test.")
"""


def test_the_token_of_an_earlier_test_is_called_by_it(inner: Inner) -> None:
    inner.tests(WORKER)

    inner.run().assert_outcomes(passed=2)
