"""Whole runs: what the plugin costs when unused, what it leaves behind, and how it works with other plugins."""

from __future__ import annotations

import json

import pytest

from tests.plugin.conftest import Inner

NOTE_MODULES = """
import json
import sys

@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    with open("modules.json", "w") as file:
        json.dump(sorted(sys.modules), file)
"""

NOTE_THREADS = """
import threading

@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    with open("threads.txt", "w") as file:
        file.write(",".join(thread.name for thread in threading.enumerate()))
"""


def modules_after_a_run(inner: Inner, *args: str) -> set[str]:
    inner.run_subprocess(*args).assert_outcomes(passed=1)
    return set(json.loads((inner.pytester.path / "modules.json").read_text(encoding="utf-8")))


def test_a_run_that_does_not_use_it_imports_nothing_but_its_own_light_modules(inner: Inner) -> None:
    inner.conftest(NOTE_MODULES)
    inner.tests("def test_one():\n    pass")

    more = modules_after_a_run(inner) - modules_after_a_run(inner, "-p", "no:copper")

    assert more == {
        "pytest_copper",
        "pytest_copper.accounts",
        "pytest_copper.layers",
        "pytest_copper.opening",
        "pytest_copper.options",
        "pytest_copper.fixture_order",
        "pytest_copper.plugin",
        "pytest_copper.verdict",
    }


def test_it_can_be_switched_off(inner: Inner) -> None:
    inner.tests("def test_one(copper):\n    pass")
    result = inner.run("-p", "no:copper")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E       fixture 'copper' not found"])


@pytest.mark.parametrize("fixture", ["copper", "copper_async", "make_copper"])
def test_what_an_account_is_made_of_is_imported_before_other_fixtures_replace_parts_of_python(
    inner: Inner, fixture: str
) -> None:
    """pyfakefs would leave its files to what is first imported meanwhile, and vcrpy's cassettes begin there, too."""
    inner.tests(
        f"""
        import sys, pytest

        @pytest.fixture
        def fs():
            return set(sys.modules)

        def test_one(fs, {fixture}):
            assert {{"copper_emulator.shell.host", "copper_emulator.shell.senders.genuine"}} <= fs
        """
    )
    inner.run_subprocess().assert_outcomes(passed=1)


def test_no_thread_is_left_at_the_end(inner: Inner) -> None:
    inner.conftest(NOTE_THREADS)
    inner.tests(
        """
        import threading

        async def asgi(scope, receive, send):
            assert scope["type"] == "http"
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        def test_one(copper, copper_endpoint, ada):
            assert copper.api_url
            copper.people.update(ada, name="Grace")
            copper.route("https://asgi.example.com", to=asgi)
            copper.subscribe("lead", "new", target="https://asgi.example.com")
            copper.fire("lead", "new", ids=1)
            assert [thread.name for thread in threading.enumerate()] == ["MainThread", "copper-emulator"]
        """
    )
    inner.run_subprocess().assert_outcomes(passed=1)
    assert (inner.pytester.path / "threads.txt").read_text(encoding="utf-8") == "MainThread"


def test_a_test_that_is_run_again_has_a_new_account(inner: Inner) -> None:
    """As by plugins that rerun failed tests: set-up, call and teardown a second time for the same item."""
    inner.conftest(
        """
from _pytest.runner import runtestprotocol

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    for _ in range(2):
        item._initrequest()
        runtestprotocol(item, nextitem=nextitem)
    return True
"""
    )
    inner.tests(
        """
        tokens = []

        def test_one(copper, copper_endpoint, ada):
            tokens.append(copper.token)
            assert len(set(tokens)) == len(tokens)
            copper_endpoint.reply(500 if len(tokens) == 1 else 200)
            copper.people.update(ada, name="Grace")

        def test_two():
            assert len(tokens) == 2
        """
    )
    result = inner.run()
    result.assert_outcomes(failed=1, passed=3)
    result.stdout.fnmatch_lines(["copper: *, which the test did not expect"])


def test_one_tests_verdict_does_not_reach_the_next(inner: Inner) -> None:
    inner.tests(
        """
        import pytest

        @pytest.mark.parametrize("status", [500, 200, 404])
        def test_one(copper, copper_endpoint, ada, status):
            copper_endpoint.reply(status)
            copper.people.update(ada, name="Grace")
        """
    )
    result = inner.run("-rfp")
    result.assert_outcomes(failed=2, passed=1)
    result.stdout.fnmatch_lines(["PASSED test_inner.py::test_one[[]200]"])


def test_under_xdist_each_worker_has_its_own_server_and_reports_come_home(inner: Inner) -> None:
    pytest.importorskip("xdist")
    inner.ini("copper_latency = 30s")
    inner.tests(
        """
        import pytest

        @pytest.mark.parametrize("turn", range(6))
        def test_right(copper, copper_endpoint, ada, turn):
            assert (copper.settings.latency.low_ms, copper.settings.seed) == (30_000, 7)
            assert copper.api_url
            copper.people.update(ada, name="Grace")
            assert len(copper.advance(seconds=30)) == 1

        @pytest.mark.parametrize("turn", range(2))
        def test_wrong(copper, copper_endpoint, ada, turn):
            copper_endpoint.reply(500)
            copper.people.update(ada, name="Grace")
            copper.advance(seconds=30)
        """
    )
    result = inner.run_subprocess("-n2", "-rf", "--copper-seed=7")
    result.assert_outcomes(passed=6, failed=2)
    result.stdout.fnmatch_lines(
        [
            "copper: virtual time, strict, latency=30s, seed=7",
            "copper: *, which the test did not expect",
            "-* copper -*",
            "copper (latency=30s, seed=7)",
            "*  rejected  #1 person/update *",
            "FAILED test_inner.py::test_wrong* - copper: *",
        ]
    )


def test_beside_pytest_httpserver(inner: Inner) -> None:
    pytest.importorskip("pytest_httpserver")
    inner.tests(
        """
        def test_one(copper, httpserver):
            httpserver.expect_request("/hooks/copper", method="POST").respond_with_data("ok", status=202)
            copper.route("https://billing.example.com", to=httpserver.url_for("/").rstrip("/"))
            copper.subscribe("person", "new", target="https://billing.example.com/hooks/copper")
            ada = copper.people.create(name="Ada")
            copper.expect("person", "new", ids=ada.id, status=202)
            [(request, _)] = httpserver.log
            assert request.get_json()["ids"] == [ada.id]
        """
    )
    inner.run().assert_outcomes(passed=1)


def test_doctests_can_use_it(inner: Inner) -> None:
    inner.tests(
        '''
        def example():
            """
            >>> copper = getfixture("copper")
            >>> copper.people.create(name="Ada").id > 0
            True
            """

        def wrong():
            """
            >>> copper = getfixture("copper")
            >>> made = copper.subscribe("lead", "new", target="https://billing.example.com")
            >>> change = copper.fire("lead", "new", ids=1)
            """
        '''
    )
    result = inner.run("--doctest-modules")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["copper: *, which the test did not expect"])


def test_djangos_test_case_with_its_transaction(inner: Inner) -> None:
    """A notification is handled in the test's thread and transaction, and what it wrote is rolled back."""
    pytest.importorskip("django")
    inner.conftest(
        """
import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    ROOT_URLCONF="test_inner",
    USE_TZ=True,
)
django.setup()
"""
    )
    inner.tests(
        """
        import json

        import pytest
        from django.core.handlers.wsgi import WSGIHandler
        from django.db import connection
        from django.http import HttpResponse
        from django.test import TestCase
        from django.urls import path

        def hook(request):
            with connection.cursor() as cursor:
                for id in json.loads(request.body)["ids"]:
                    cursor.execute("INSERT INTO seen VALUES (%s)", [id])
            return HttpResponse(status=204)

        urlpatterns = [path("hook", hook)]

        def seen():
            with connection.cursor() as cursor:
                cursor.execute("SELECT id FROM seen")
                return [id for (id,) in cursor.fetchall()]

        class TestBilling(TestCase):
            @pytest.fixture(autouse=True)
            def _copper(self, copper):
                self.copper = copper
                copper.route("https://billing.example.com", to=WSGIHandler())
                copper.subscribe("lead", "new", target="https://billing.example.com/hook")

            @classmethod
            def setUpTestData(cls):
                with connection.cursor() as cursor:
                    cursor.execute("CREATE TABLE seen (id INTEGER)")

            def test_first(self):
                self.copper.fire("lead", "new", ids=1)
                assert seen() == [1]

            def test_second(self):
                self.copper.fire("lead", "new", ids=2)
                assert seen() == [2]
        """
    )
    inner.run_subprocess("-p", "no:django").assert_outcomes(passed=2)
