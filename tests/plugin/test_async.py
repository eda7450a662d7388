"""Asynchronous tests: under pytest-asyncio and anyio, and with neither."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Inner

WITHOUT_PLUGINS = ("-p", "no:asyncio", "-p", "no:anyio")

LIFESPAN_APP = """
import asyncio

import pytest

calls = []

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        loop = asyncio.get_running_loop()
        for kind in ("startup", "shutdown"):
            assert asyncio.get_running_loop() is loop
            calls.append((await receive())["type"].removeprefix("lifespan."))
            await send({"type": f"lifespan.{kind}.complete"})
    else:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

async def use(copper_async):
    copper_async.route("https://billing.example.com", to=app)
    copper_async.subscribe("person", "update", target="https://billing.example.com/hook")
    ada = await copper_async.people.create(name="Ada")
    await copper_async.people.update(ada.id, name="Grace")
    await copper_async.expect("person", "update", ids=[ada.id], status=204)
    assert calls == ["startup"]
"""

TESTS = """
{mark}
async def test_function(copper_async):
    await use(copper_async)

def test_function_left_nothing():
    assert calls == ["startup", "shutdown"]
    calls.clear()

class TestClass:
    {mark}
    async def test_method(self, copper_async):
        await use(copper_async)

    def test_method_left_nothing(self):
        assert calls == ["startup", "shutdown"]
        calls.clear()

{mark}
async def test_own_failure(copper_async):
    await use(copper_async)
    assert calls == ["the test's own"]

def test_own_failure_left_nothing():
    assert calls == ["startup", "shutdown"]
    calls.clear()

{mark}
async def test_verdict(copper_async, copper_endpoint):
    copper_endpoint.reply(500)
    copper_async.subscribe("lead", "new", target=copper_endpoint.url)
    await copper_async.fire("lead", "new", ids=7)
    assert len(copper_endpoint.requests) == 1

{mark}
async def test_skip(copper_async):
    await use(copper_async)
    pytest.skip("not today")
"""


def check(result: pytest.RunResult) -> None:
    """Applications are shut down on the loop they run on, failures are the test's own, and nothing warns."""
    result.assert_outcomes(passed=5, failed=2, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "E       assert *",
            "-* copper -*",
            "copper_async (seed=0)",
            "- lead/new *: rejected (500)",
            "FAILED test_inner.py::test_own_failure - assert*",
            "FAILED test_inner.py::test_verdict - copper: *",
        ]
    )


@pytest.mark.parametrize("scope", ["function", "session"])
def test_pytest_asyncio_in_strict_mode(inner: Inner, scope: str) -> None:
    pytest.importorskip("pytest_asyncio")
    inner.tests(LIFESPAN_APP + TESTS.format(mark=f"@pytest.mark.asyncio(loop_scope={scope!r})"))
    check(inner.run("-rf", "--asyncio-mode=strict", "-p", "no:anyio"))


def test_pytest_asyncio_in_auto_mode(inner: Inner) -> None:
    pytest.importorskip("pytest_asyncio")
    inner.tests(LIFESPAN_APP + TESTS.format(mark=""))
    check(inner.run("-rf", "--asyncio-mode=auto"))


@pytest.mark.parametrize("others", [(), ("-p", "no:asyncio")], ids=["beside pytest-asyncio", "alone"])
def test_anyio_on_asyncio(inner: Inner, others: tuple[str, ...]) -> None:
    pytest.importorskip("anyio")
    inner.ini(asyncio=not others)
    inner.tests(
        LIFESPAN_APP
        + "\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n"
        + TESTS.format(mark="@pytest.mark.anyio")
    )
    check(inner.run("-rf", *others))


def test_without_any_plugin_unittest_runs_them(inner: Inner) -> None:
    inner.ini(asyncio=False)
    inner.tests(
        LIFESPAN_APP
        + """
import unittest

class TestBilling(unittest.IsolatedAsyncioTestCase):
    @pytest.fixture(autouse=True)
    def _copper(self, copper_async):
        self.copper = copper_async

    async def test_method(self):
        await use(self.copper)

    async def test_verdict(self):
        self.copper.subscribe("lead", "new", target="https://billing.example.com")
        await self.copper.fire("lead", "new", ids=7)

def test_nothing_is_left():
    assert calls == ["startup", "shutdown"]
"""
    )
    result = inner.run("-rf", *WITHOUT_PLUGINS)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["FAILED test_inner.py::TestBilling::test_verdict - copper: *"])


def test_make_copper_gives_an_asynchronous_account_too(inner: Inner) -> None:
    inner.ini(asyncio=False)
    inner.tests(
        LIFESPAN_APP
        + """
def test_one(make_copper):
    async def main():
        async with make_copper() as copper:
            await use(copper)

    asyncio.run(main())
    assert calls == ["startup", "shutdown"]

def test_verdict(make_copper):
    async def main():
        async with make_copper() as copper:
            copper.subscribe("lead", "new", target="https://billing.example.com")
            await copper.fire("lead", "new", ids=7)

    asyncio.run(main())

def test_own_failure(make_copper):
    async def main():
        async with make_copper() as copper:
            copper.subscribe("lead", "new", target="https://billing.example.com")
            await copper.fire("lead", "new", ids=7)
            assert 0

    asyncio.run(main())
"""
    )
    result = inner.run("-rf", *WITHOUT_PLUGINS)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "FAILED test_inner.py::test_verdict - *VerdictError: copper: *",
            "FAILED test_inner.py::test_own_failure - assert 0",
        ]
    )


def test_an_applications_failing_shutdown_does_not_hide_the_tests_own_failure(inner: Inner) -> None:
    pytest.importorskip("pytest_asyncio")
    inner.tests(
        """
        import pytest

        async def app(scope, receive, send):
            if scope["type"] == "lifespan":
                await receive()
                await send({"type": "lifespan.startup.complete"})
                await receive()
                raise RuntimeError("in the shutdown")
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        @pytest.mark.asyncio
        async def test_one(copper_async):
            copper_async.route("https://billing.example.com", to=app)
            copper_async.subscribe("lead", "new", target="https://billing.example.com")
            await copper_async.fire("lead", "new", ids=7)
            assert copper_async is None
        """
    )
    result = inner.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([">       assert copper_async is None"])


def test_the_account_is_served_until_the_fixtures_that_use_it_are_torn_down(inner: Inner) -> None:
    pytest.importorskip("pytest_asyncio")
    inner.tests(
        """
        from urllib.error import HTTPError
        from urllib.request import Request, urlopen

        import pytest

        earlier = {}

        @pytest.fixture
        def client(copper_async):
            yield copper_async
            earlier.update(copper_async.headers)
            with urlopen(Request(copper_async.api_url + "/webhooks", headers=copper_async.headers)) as answer:
                assert answer.status == 200

        @pytest.mark.asyncio
        async def test_one(client):
            assert client.api_url

        def test_afterwards(copper):
            with pytest.raises(HTTPError, match="401") as caught:
                urlopen(Request(copper.api_url + "/webhooks", headers=earlier))
            caught.value.close()
        """
    )
    inner.run().assert_outcomes(passed=2)


def test_another_event_loop_is_refused_in_plain_words(inner: Inner) -> None:
    """anyio also runs every test on trio if that is installed."""
    inner.ini(asyncio=False)
    inner.conftest(
        """
import inspect

@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if inspect.iscoroutinefunction(pyfuncitem.obj):
        coroutine = pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames})
        with pytest.raises(StopIteration):
            coroutine.send(None)
        return True
"""
    )
    inner.tests("async def test_one(copper_async):\n    pass")
    result = inner.run(*WITHOUT_PLUGINS)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["E  *UsageError: copper_async needs asyncio, *define a fixture anyio_backend that returns 'asyncio'"]
    )


def test_the_synchronous_fixture_in_an_asynchronous_test_names_the_other(inner: Inner) -> None:
    pytest.importorskip("pytest_asyncio")
    inner.tests(
        """
        import pytest

        @pytest.mark.asyncio
        async def test_one(copper):
            copper.fire("lead", "new", ids=1)
        """
    )
    result = inner.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E  *UsageError: copper was called inside an async function*copper_async*"])


@pytest.mark.parametrize(
    ("account", "name"),
    [("copper_async", "copper_async"), ("make_copper() as copper", "copper")],
    ids=["fixture", "factory"],
)
def test_who_forgets_to_await_is_told_to(inner: Inner, account: str, name: str) -> None:
    pytest.importorskip("pytest_asyncio")
    fixture = account.partition("(")[0]
    inner.tests(
        f"""
        import contextlib

        import pytest

        @pytest.mark.asyncio
        async def test_one({fixture}):
            async with {account if " as " in account else f"contextlib.nullcontext({name})"}:
                {name}.subscribe("person", "new", target="https://a.example/hook")
                {name}.people.create(name="Ada")
                await {name}.expect("person", "new")
        """
    )

    said = inner.run().stdout.str()
    assert f"Make it happen before you expect it: await {name}.people.create(...), the same through the API" in said
    assert f"or await {name}.fire('person', 'new', ids=...)." in said


def test_a_forgotten_await_fails_its_own_test_and_no_later_one(inner: Inner) -> None:
    pytest.importorskip("pytest_asyncio")
    inner.tests(
        """
        import pytest
        import pytest_asyncio

        @pytest.mark.asyncio
        async def test_one(copper_async):
            copper_async.expect("person", "new")

        @pytest.mark.asyncio
        async def test_two(copper_async):
            await copper_async.expect_none("person", "new")

        @pytest_asyncio.fixture(scope="module", loop_scope="module")
        async def of_the_module(make_copper):
            async with make_copper() as account:
                yield account

        @pytest.mark.asyncio(loop_scope="module")
        class TestOneAccount:
            async def test_three(self, of_the_module):
                of_the_module.expect("person", "new")

            async def test_four(self, of_the_module):
                await of_the_module.expect_none("person", "new")
        """
    )

    result = inner.run("-rfE")

    result.assert_outcomes(passed=2, failed=2)
    for test in ("test_one", "TestOneAccount::test_three"):
        result.stdout.fnmatch_lines([f"FAILED *{test} - copper: 1 call not awaited*"])
    result.stdout.fnmatch_lines(["copper: 1 call not awaited, so nothing was done: expect (test_*.py:*)"])
