"""`@given`: make_copper gives every example an account of its own, and raises the verdict inside it."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Inner

pytest.importorskip("hypothesis")

HEAD = """
import pytest
from hypothesis import given, settings, strategies as st

reproducible = settings(database=None, derandomize=True, deadline=None)

def endpoint(request):
    return 500 if request.json["ids"][0] >= 100 else 200

def notify(copper, lead):
    copper.route("https://billing.example.com", to=endpoint)
    copper.subscribe("lead", "new", target="https://billing.example.com")
    copper.fire("lead", "new", ids=lead)
    return copper
"""


def test_a_verdict_is_shrunk_and_its_example_shown(inner: Inner) -> None:
    inner.tests(
        HEAD
        + """
@reproducible
@given(lead=st.integers(1, 10_000))
def test_one(make_copper, lead):
    with make_copper() as copper:
        notify(copper, lead)
"""
    )
    result = inner.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E  *VerdictError: copper: *, which the test did not expect",
            "E       - lead/new [[]100] *: rejected (500)",
            "E       F* test_one(",
            "E  *lead=100,",
            "-* copper -*",
            "make_copper (seed=0)",
            "*  change      lead/new [[]100]",
        ]
    )
    # The report shows only the last example's account.
    assert str(result.stdout).count("subscribed") == 1


def test_a_tests_own_assertion_is_shrunk_and_shown_too(inner: Inner) -> None:
    inner.tests(
        HEAD
        + """
@reproducible
@given(lead=st.integers(1, 10_000))
def test_one(make_copper, lead):
    with make_copper(allow={500}) as copper:
        notify(copper, lead)
        assert copper.deliveries[0].status == 200
"""
    )
    result = inner.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E  *assert 500 == 200", "E  *lead=100,", "make_copper (seed=0, allow={500})"])


def test_examples_share_nothing(inner: Inner) -> None:
    inner.tests(
        HEAD
        + """
tokens = []
subscriptions = set()

@reproducible
@given(lead=st.integers(1, 99))
def test_one(make_copper, lead):
    with make_copper() as copper:
        notify(copper, lead)
        tokens.append(copper.token)
        subscriptions.add(copper.subscriptions[0].id)
        assert len(copper.deliveries) == 1

def test_other_tokens_same_ids():
    assert len(tokens) > 10
    assert len(set(tokens)) == len(tokens)
    assert len(subscriptions) == 1
"""
    )
    inner.run().assert_outcomes(passed=2)


def test_it_works_in_unittest_classes(inner: Inner) -> None:
    inner.tests(
        HEAD
        + """
import unittest

class TestBilling(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _copper(self, make_copper):
        self.make_copper = make_copper

    @reproducible
    @given(lead=st.integers(1, 10_000))
    def test_one(self, lead):
        with self.make_copper() as copper:
            notify(copper, lead)
"""
    )
    result = inner.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E       - lead/new [[]100] *: rejected (500)", "E  *lead=100,"])


@pytest.mark.parametrize("plugin", ["asyncio", "anyio"])
def test_it_works_in_asynchronous_tests(inner: Inner, plugin: str) -> None:
    pytest.importorskip({"asyncio": "pytest_asyncio", "anyio": "anyio"}[plugin])
    inner.tests(
        HEAD
        + f"""
@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"

@pytest.mark.{plugin}
@reproducible
@given(lead=st.integers(1, 10_000))
async def test_one(make_copper{", anyio_backend" * (plugin == "anyio")}, lead):
    async with make_copper() as copper:
        copper.route("https://billing.example.com", to=endpoint)
        copper.subscribe("lead", "new", target="https://billing.example.com")
        await copper.fire("lead", "new", ids=lead)
"""
    )
    result = inner.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E  * - lead/new [[]100] *: rejected (500)", "E  *lead=100,"])


def test_the_function_scoped_fixture_is_refused_by_hypothesis_itself(inner: Inner) -> None:
    """Examples would share one account, which Hypothesis' own health check reports."""
    inner.tests(
        HEAD
        + """
@reproducible
@given(lead=st.integers(1, 10_000))
def test_one(copper, lead):
    pass
"""
    )
    result = inner.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E  *FailedHealthCheck: *[Ff]unction-scoped fixture 'copper'*"])


def test_nothing_is_imported_inside_the_test(inner: Inner) -> None:
    """Hypothesis times its examples: if the first one is slow for another reason, that is an error."""
    inner.tests(
        """
import sys
from hypothesis import given, settings, strategies as st

@settings(database=None, max_examples=3, deadline=None)
@given(lead=st.integers(1, 99))
def test_one(make_copper, lead):
    before = set(sys.modules)
    with make_copper() as copper:
        copper.route("https://billing.example.com", to=lambda request: 200)
        copper.subscribe("lead", "new", target="https://billing.example.com")
        copper.fire("lead", "new", ids=lead)
        copper.expect("lead", "new", ids=lead)
    imported = {name.partition(".")[0] for name in set(sys.modules) - before}
    assert imported - sys.stdlib_module_names == set()
"""
    )
    # In a process of its own, because in this one everything is imported already.
    inner.run_subprocess().assert_outcomes(passed=1)
