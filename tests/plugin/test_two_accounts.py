"""A test that uses two accounts as if they were one is told so where its expectation fails."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Inner

NOTE = "E *Another account of this test {}: that of copper. This expectation is of copper_async, an account *"


def failing(inner: Inner, *lines: str, fixtures: str = "request") -> pytest.RunResult:
    """The result of one test that fails, with these lines."""
    pytest.importorskip("pytest_asyncio")
    head = f"async def test_two(copper, copper_async, copper_endpoint, {fixtures}):"
    inner.tests("\n".join(["import pytest", "@pytest.mark.asyncio", head, *(f"    {line}" for line in lines)]))
    result = inner.run()
    result.assert_outcomes(failed=1)
    return result


def test_the_other_account_has_the_subscription(inner: Inner) -> None:
    result = failing(
        inner,
        'copper.subscribe("person", "new", target=copper_endpoint.url)',
        'ada = await copper_async.people.create(name="Ada")',
        'await copper_async.expect("person", "new", ids=ada)',
    )
    result.stdout.fnmatch_lines([NOTE.format("has subscribed to person/new")])


def test_the_other_account_has_the_change(inner: Inner) -> None:
    result = failing(
        inner,
        'copper_async.subscribe("person", "new", target=copper_endpoint.url)',
        'await copper_async.expect("person", "new")',
        fixtures="ada",
    )
    result.stdout.fnmatch_lines([NOTE.format("has had a change person/new")])


def test_nothing_is_said_where_both_have_it(inner: Inner) -> None:
    result = failing(
        inner,
        'copper_async.subscribe("person", "new", target=copper_endpoint.url)',
        'await copper_async.people.create(name="Ada")',
        'await copper_async.expect("person", "new", status=500)',
        fixtures="ada",
    )
    result.stdout.no_fnmatch_line("*Another account*")


def test_nothing_is_said_of_another_topic(inner: Inner) -> None:
    result = failing(inner, 'await copper_async.expect("lead", "new")', fixtures="ada")
    result.stdout.no_fnmatch_line("*Another account*")


def test_a_record_that_is_fetched_with_the_key_of_the_other_account(inner: Inner) -> None:
    result = failing(
        inner,
        "import urllib.request",
        'bob = await copper_async.people.create(name="Bob")',
        "def hint(person, key):",
        '    url = f"{copper.api_url}/people/{person}"',
        "    with pytest.raises(urllib.error.HTTPError) as failed:",
        "        urllib.request.urlopen(urllib.request.Request(url, headers=key))",
        "    failed.value.close()",
        '    return failed.value.headers["X-Copper-Emulator-Hint"]',
        "print(hint(bob.id, copper.headers))",
        "print(hint(ada, copper_async.headers))",
        "print(hint(1, copper.headers))",
        "assert False",
        fixtures="ada",
    )
    elsewhere = "has it: to reach that one, call with its key."
    result.stdout.fnmatch_lines(
        [
            f"There is no person *. Another open account, that of copper_async, {elsewhere}",
            f"There is no person *. Another open account, that of copper, {elsewhere}",
            "There is no person 1.",
        ]
    )


def test_an_account_of_a_block_that_has_ended_is_another_too(inner: Inner) -> None:
    inner.tests(
        """
        def test_two(copper, make_copper):
            with make_copper(strict=False) as other:
                other.subscribe("person", "new", target="https://app.example/hook")
            copper.expect("person", "new")
        """
    )
    result = inner.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *: that of make_copper. This expectation is of copper, an account *"])


def test_nothing_is_said_of_two_that_were_made(inner: Inner) -> None:
    inner.tests(
        """
        def test_two(make_copper):
            with make_copper() as one, make_copper(strict=False) as other:
                other.subscribe("person", "new", target="https://app.example/hook")
                one.expect("person", "new")
        """
    )
    result = inner.run()
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*Another account*")


def test_an_account_that_was_not_used_is_no_other(inner: Inner) -> None:
    result = failing(inner, 'await copper_async.expect("person", "new")')
    result.stdout.no_fnmatch_line("*Another account*")
