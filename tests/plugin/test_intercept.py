"""Copper's own hosts lead to the test's account: by call, fixture, marker, ini file, option, and until its end."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import HAS_ASYNCIO, Inner

HELPERS = '''
import socket
import urllib.error
import urllib.request

import pytest

from copper_emulator.interception.process import PROCESS

HEADERS = {"X-PW-AccessToken": "key", "X-PW-Application": "developer_api", "X-PW-UserEmail": "a@b.example"}

def answered():
    """The status of a call of Copper's own host; None where nothing leads it to the emulator."""
    if not PROCESS.ways():
        return None
    request = urllib.request.Request("https://api.copper.com/developer_api/v1/account", headers=HEADERS)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
'''


def write(inner: Inner, text: str) -> None:
    inner.tests(HELPERS + text)


def test_a_call_lasts_until_the_end_of_the_test(inner: Inner) -> None:
    write(
        inner,
        """
def test_one(copper):
    copper.intercept()
    assert answered() == 200

def test_two(copper):
    assert answered() is None
""",
    )
    inner.run().assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("assert False", "failed"),
        ("raise LookupError", "failed"),
        ("pytest.skip()", "skipped"),
        ("pytest.xfail()", "xfailed"),
    ],
    ids=["failed", "error", "skipped", "xfailed"],
)
def test_and_it_ends_however_the_test_ends(inner: Inner, body: str, outcome: str) -> None:
    write(
        inner,
        f"""
def test_one(copper):
    copper.intercept()
    {body}

def test_two():
    assert answered() is None
""",
    )
    inner.run().assert_outcomes(passed=1, **{outcome: 1})


def test_it_ends_where_another_fixture_cannot_be_set_up_or_torn_down(inner: Inner) -> None:
    write(
        inner,
        """
@pytest.fixture
def broken(copper_intercept):
    raise LookupError("at set-up")

@pytest.fixture
def breaking(copper_intercept):
    yield
    raise LookupError("at teardown")

def test_one(broken):
    pass

def test_two():
    assert answered() is None

def test_three(breaking):
    assert answered() == 200

def test_four():
    assert answered() is None
""",
    )
    inner.run().assert_outcomes(passed=3, errors=2)


def test_the_fixture_is_for_the_account_that_the_test_has(inner: Inner) -> None:
    write(
        inner,
        """
@pytest.mark.usefixtures("copper_intercept")
def test_with_an_account(copper):
    assert answered() == 200

def test_alone(copper_intercept):
    assert answered() == 200

@pytest.mark.usefixtures("copper_intercept")
def test_asynchronous(copper_async):
    assert answered() == 200
""",
    )
    inner.run().assert_outcomes(passed=3)


def test_so_does_the_marker(inner: Inner) -> None:
    write(
        inner,
        """
@pytest.mark.copper(intercept=True)
class TestClass:
    def test_one(self, copper):
        assert answered() == 200

    @pytest.mark.copper(intercept=False)
    def test_two(self, copper):
        assert answered() is None

    def test_without_an_account(self):
        assert answered() is None
""",
    )
    inner.run().assert_outcomes(passed=3)


CALLING = """
@pytest.fixture(scope="module")
def wider():
    assert answered() is None

@pytest.fixture(autouse=True)
def of_every_test():
    assert answered() == EXPECTED

@pytest.fixture
def service(wider):
    assert answered() == EXPECTED

@pytest.mark.parametrize("number", [1, 2])
def test_one(service, copper, number):
    assert answered() == EXPECTED

def test_asynchronous(service, copper_async):
    assert answered() == EXPECTED
"""


def test_fixtures_that_are_listed_before_the_account_are_set_up_after_it(inner: Inner) -> None:
    inner.ini("copper_intercept = true")
    write(inner, f"EXPECTED = 200\n{CALLING}")

    inner.run().assert_outcomes(passed=3)


def test_so_they_are_by_the_marker_and_not_without(inner: Inner) -> None:
    write(inner, f"EXPECTED = 200\npytestmark = pytest.mark.copper(intercept=True)\n{CALLING}")
    inner.run().assert_outcomes(passed=3)

    inner.ini("copper_intercept = true")
    write(inner, f"EXPECTED = None\npytestmark = pytest.mark.copper(intercept=False)\n{CALLING}")
    inner.run().assert_outcomes(passed=3)


def test_a_value_that_cannot_be_is_told_by_the_account(inner: Inner) -> None:
    write(
        inner,
        """
@pytest.mark.copper(intercept="perhaps")
def test_one(copper):
    pass
""",
    )
    result = inner.run()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*@pytest.mark.copper on *test_one: intercept: *"])


@pytest.mark.skipif(not HAS_ASYNCIO, reason="needs pytest-asyncio")
def test_asynchronous_fixtures_come_after_it_too(inner: Inner) -> None:
    write(
        inner,
        """
import asyncio

import pytest_asyncio
from aiohttp import web

pytestmark = [pytest.mark.copper(intercept=True), pytest.mark.asyncio]

@pytest_asyncio.fixture
async def service():
    assert await asyncio.to_thread(answered) == 200
    yield
    assert await asyncio.to_thread(answered) == 200

async def test_one(service, copper_async):
    got, ended = [], []

    async def hook(request):
        got.append(await request.json())
        return web.Response()

    async def end(app):
        ended.append(app)

    app = web.Application()
    app.router.add_post("/hook", hook)
    app.on_cleanup.append(end)
    copper_async.route("https://app.example", to=app)
    copper_async.subscribe("person", "new", target="https://app.example/hook")
    await copper_async.people.create(name="Ada")
    await copper_async.expect("person", "new")
    assert len(got) == 1
""",
    )
    inner.run().assert_outcomes(passed=1)


MONKEYPATCHED = """
import os

BEFORE = dict(os.environ)

@pytest.fixture
def patched(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/of/a/fixture")

def test_one(ARGUMENTS):
    copper.intercept()
    monkeypatch.setenv("PYTHONPATH", "/of/the/test")
    monkeypatch.setenv("NODE_OPTIONS", "--of-the-test")
    copper.intercept()
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", "/of/the/test.pem")

def changed():
    return {name for name, value in os.environ.items() if BEFORE.get(name) != value} | (BEFORE.keys() - os.environ)

def test_two():
    assert changed() <= {"PYTEST_CURRENT_TEST"}
"""


@pytest.mark.parametrize("arguments", ["monkeypatch, copper", "copper, monkeypatch", "patched, copper, monkeypatch"])
@pytest.mark.parametrize("switch", ["", "--copper-intercept"])
def test_what_monkeypatch_puts_back_afterwards_is_not_ours(inner: Inner, arguments: str, switch: str) -> None:
    write(inner, MONKEYPATCHED.replace("ARGUMENTS", arguments))

    inner.run(*filter(None, [switch])).assert_outcomes(passed=2)


SUITE = """
def test_fixture(copper):
    assert answered() == 200

def test_asynchronous(copper_async):
    assert answered() == 200

def test_factory(make_copper):
    assert answered() is None
    with make_copper():
        assert answered() == 200
    assert answered() is None
"""


def test_a_suite_has_it_by_its_ini_file(inner: Inner) -> None:
    inner.ini("copper_intercept = true")
    write(inner, SUITE)

    result = inner.run()

    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["copper: *intercept=True*"])


def test_a_run_has_it_by_its_command_line(inner: Inner) -> None:
    write(inner, SUITE)

    inner.run("--copper-intercept", "test_inner.py").assert_outcomes(passed=3)


def test_the_command_line_that_repeats_a_draw_has_it_too(inner: Inner) -> None:
    write(
        inner,
        """
def test_one(copper, copper_endpoint):
    copper.subscribe("person", "new", target=copper_endpoint.url)
    copper.people.create(name="Ada")
    assert False
""",
    )
    result = inner.run("--copper-intercept", "--copper-latency", "1s-2s", "--copper-seed", "random")

    result.stdout.fnmatch_lines(["*repeat: pytest test_inner.py::test_one --copper-latency 1s-2s --copper-intercept *"])


def test_under_frozen_time(inner: Inner) -> None:
    pytest.importorskip("freezegun")
    write(
        inner,
        """
from freezegun import freeze_time

@pytest.mark.parametrize("moment", ["1999-12-31", "2038-02-01"])
def test_one(copper, moment):
    with freeze_time(moment), copper.intercept():
        assert answered() == 200
""",
    )
    inner.run().assert_outcomes(passed=2)


def test_where_sockets_may_reach_this_machine_only(inner: Inner) -> None:
    """pytest-socket replaces `connect`, and restores it before the fixtures end."""
    pytest.importorskip("pytest_socket")
    write(
        inner,
        """
@pytest.fixture(scope="module")
def kept(make_copper):
    with make_copper(intercept=True) as copper:
        yield copper

def test_for_a_module(kept):
    assert answered() == 200

def test_and_still(kept):
    assert answered() == 200

def test_one(copper):
    copper.intercept()
    assert answered() == 200

def test_two(copper_intercept):
    assert answered() == 200
    with socket.socket() as other, pytest.raises(RuntimeError, match="192.0.2.1"):
        other.connect(("192.0.2.1", 443))
""",
    )
    inner.conftest("""
import socket

def pytest_unconfigure():
    assert not hasattr(socket.socket.connect, "__wrapped__")
""")
    result = inner.run_subprocess("--allow-hosts=127.0.0.1", "-W", "ignore:A test tried to use")
    result.assert_outcomes(passed=4)
    assert result.ret == 0


def test_each_worker_of_xdist_has_its_own(inner: Inner) -> None:
    pytest.importorskip("xdist")
    write(
        inner,
        """
@pytest.mark.parametrize("number", range(6))
def test_one(copper_intercept, number):
    assert answered() == 200
""",
    )
    inner.run_subprocess("-n", "2").assert_outcomes(passed=6)


def test_threads_of_the_test_are_intercepted_too(inner: Inner) -> None:
    write(
        inner,
        """
from concurrent.futures import ThreadPoolExecutor

def test_one(copper_intercept):
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda _: answered(), range(8))) == [200] * 8
""",
    )
    inner.run().assert_outcomes(passed=1)


# --- a running server -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["option", "ini"])
def test_with_a_running_server_it_is_refused_at_the_start(inner: Inner, how: str) -> None:
    write(inner, SUITE)
    inner.ini(*(["copper_intercept = true"] if how == "ini" else []))

    result = inner.run("--copper-url", "http://127.0.0.1:9", *(["--copper-intercept"] if how == "option" else []))

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*ERROR: copper_intercept leads Copper's hosts to accounts of this process*"])
