"""`--copper-url`: several runs and workers share one running server, and each test has its own account there."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import pytest

from tests.plugin.conftest import HAS_ASYNCIO, Inner

TESTS = """
import pytest

@pytest.mark.parametrize("turn", range(6))
def test_right(copper, copper_endpoint, ada, turn):
    assert ada == 94808711, "ids begin anew in each account"
    copper.people.update(ada, name=f"Grace {turn}")
    copper.expect("person", "update", ids=ada, status=200)
    assert [request.json["ids"] for request in copper_endpoint.requests] == [[ada]]

@pytest.mark.copper(latency="30s")
def test_late(copper, copper_endpoint, ada):
    copper.people.update(ada, name="Grace")
    assert len(copper.advance(seconds=30)) == 1

def test_wrong(copper, copper_endpoint, ada):
    copper_endpoint.reply(500)
    copper.people.update(ada, name="Grace")

def test_made(make_copper):
    with make_copper(limits="off") as one, make_copper() as other:
        one.people.create(name="Ada")
        assert other.people.search() == []
        assert other.people.create(name="Ada").id == 94828711, "accounts of one test share no id"
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    command = [sys.executable, "-m", "copper_emulator", "serve", "--port", "0", "--latency", "5m"]
    popen = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert popen.stdout is not None
        found = re.search(r"http://[\d.:]+", popen.stdout.readline())
        assert found is not None
        # Its log is not read further: the server does not wait for readers.
        yield found[0]
    finally:
        popen.terminate()
        popen.communicate()


def accounts(server: str) -> list[Any]:
    with urlopen(f"{server}/_emulator/v1/accounts") as response:
        return [each["name"] for each in json.load(response)["accounts"]]


def test_two_workers_share_one_server_and_leave_nothing_there(inner: Inner, server: str) -> None:
    pytest.importorskip("xdist")
    inner.tests(TESTS)

    result = inner.run_subprocess("-n2", "-rf", f"--copper-url={server}")

    result.assert_outcomes(passed=8, failed=1)
    result.stdout.fnmatch_lines(
        [
            f"copper: accounts of {server}",
            "copper: *, which the test did not expect",
            "-* copper -*",
            "copper (seed=0)",
            "*  rejected  #1 person/update *",
            "FAILED test_inner.py::test_wrong* - copper: *",
        ]
    )
    assert accounts(server) == ["default"]


@pytest.mark.skipif(not HAS_ASYNCIO, reason="needs pytest-asyncio")
def test_asynchronous_tests_have_theirs(inner: Inner, server: str) -> None:
    inner.tests(
        """
        import pytest

        @pytest.mark.asyncio
        async def test_right(copper_async, copper_endpoint):
            copper_async.subscribe("person", "new", target=copper_endpoint.url)
            ada = await copper_async.people.create(name="Ada")
            await copper_async.expect("person", "new", ids=ada, status=200)

        @pytest.mark.asyncio
        async def test_wrong(copper_async, copper_endpoint):
            copper_endpoint.reply(500)
            copper_async.subscribe("person", "new", target=copper_endpoint.url)
            await copper_async.people.create(name="Ada")
        """
    )

    inner.run_subprocess(f"--copper-url={server}").assert_outcomes(passed=1, failed=1)
    assert accounts(server) == ["default"]


def test_the_ini_file_names_it_and_the_environment_only_where_it_is_asked(
    inner: Inner, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner.ini(f"copper_url = {server}")
    inner.tests("def test_url(copper):\n    assert type(copper).__name__ == 'RemoteCopper'")
    inner.run_subprocess().assert_outcomes(passed=1)

    inner.ini()
    monkeypatch.setenv("COPPER_EMULATOR_URL", server)
    inner.run_subprocess().assert_outcomes(failed=1)
    inner.run_subprocess("--copper-url=env").assert_outcomes(passed=1)
    monkeypatch.delenv("COPPER_EMULATOR_URL")
    result = inner.run_subprocess("--copper-url=env")
    result.stderr.fnmatch_lines(["ERROR: --copper-url=env: the environment has no COPPER_EMULATOR_URL"])


def test_a_server_that_is_not_there_is_told_of_in_one_line(inner: Inner) -> None:
    """The other tests would not find it either, so the session ends."""
    inner.tests(
        """
        import pytest

        def test_without_an_account():
            pass

        @pytest.mark.parametrize("number", range(40))
        def test_url(copper, number):
            pass
        """
    )

    result = inner.run_subprocess("--copper-url=http://127.0.0.1:1", "-rE")

    result.assert_outcomes(passed=1, errors=1)
    said = "--copper-url: nothing answers at http://127.0.0.1:1*: start a server with copper-emulator serve"
    result.stdout.fnmatch_lines(["*ERROR at setup of test_url*", said, "*short test summary*"], consecutive=True)
    result.stdout.fnmatch_lines([f"!!! {said} !!!".replace("!!!", "*!")])


def test_the_first_of_each_worker_ends_the_session(inner: Inner) -> None:
    pytest.importorskip("xdist")
    inner.tests("import pytest\n\n@pytest.mark.parametrize('n', range(40))\ndef test_url(copper, n):\n    pass")

    result = inner.run_subprocess("-n2", "--copper-url=http://127.0.0.1:1")

    assert 1 <= result.parseoutcomes()["errors"] <= 2
    result.stdout.fnmatch_lines(["*! *--copper-url: nothing answers at http://127.0.0.1:1*!"])


def test_an_account_made_in_a_test_says_so_at_the_line_of_the_test(inner: Inner) -> None:
    inner.tests("def test_made(make_copper):\n    with make_copper():\n        pass")

    result = inner.run_subprocess("--copper-url=http://127.0.0.1:1")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([">       with make_copper():", "E       *Unreachable: nothing answers at*"])
    result.stdout.fnmatch_lines(["test_inner.py:2: Unreachable"])
    result.stdout.no_fnmatch_line("*control_client.py:*")


@pytest.mark.parametrize("url", ["127.0.0.1:2929", "http://127.0.0.1:foo", "http://", "ftp://127.0.0.1"])
def test_what_is_no_url_of_a_server_ends_the_run_with_one_line(inner: Inner, url: str) -> None:
    inner.tests("def test_url(copper):\n    pass")

    result = inner.run_subprocess(f"--copper-url={url}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = f"{url!r} is not a server URL: write it like http://127.0.0.1:2929"
    result.stderr.fnmatch_lines([f"ERROR: --copper-url: {said}"])
    inner.ini(f"copper_url = {url}")
    result = inner.run_subprocess()
    result.stderr.fnmatch_lines([f"ERROR: ini option copper_url: {said}"])


def test_nothing_heavy_is_imported_where_no_test_has_an_account(inner: Inner) -> None:
    inner.tests(
        """
        import sys

        def test_imports():
            assert not [name for name in sys.modules if name.startswith(("copper_emulator", "aiohttp", "pydantic"))]
        """
    )

    inner.run_subprocess("--copper-url=http://127.0.0.1:1").assert_outcomes(passed=1)


def test_what_would_help_is_said_as_it_is_given_in_pytest(inner: Inner, server: str) -> None:
    inner.tests(TESTS)

    result = inner.run_subprocess("-k", "test_wrong", f"--copper-url={server}")

    said = result.stdout.str()
    assert "@pytest.mark.copper(allow=500), --copper-allow=500 or copper_allow in the ini file" in said
    assert "Emulator(allow" not in said


def test_coppers_hosts_cannot_lead_to_an_account_there(inner: Inner, server: str) -> None:
    inner.tests(
        """
import pytest

def test_call(copper):
    copper.intercept()

def test_fixture(copper_intercept):
    pass

@pytest.mark.copper(intercept=True)
def test_marker(copper):
    pass
"""
    )
    result = inner.run("--copper-url", server)

    result.assert_outcomes(failed=1, errors=2)
    said = "UsageError: Copper's hosts can be intercepted only for an account of this process, and this one is a*"
    result.stdout.fnmatch_lines([f"*{said}"] * 3)
    assert accounts(server) == ["default"]
