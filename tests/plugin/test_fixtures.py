"""What each fixture gives a test, and what it leaves behind."""

from __future__ import annotations

from pathlib import Path

from tests.plugin.conftest import Inner
from tests.strictly import NO_OTHERS, alone, ended


def test_a_test_sees_what_its_endpoint_received(inner: Inner) -> None:
    inner.tests(
        """
        def test_one(copper, copper_endpoint, ada):
            copper.people.update(ada, name="Grace")

            copper.expect("person", "update", ids=[ada], status=200)
            assert [request.json["ids"] for request in copper_endpoint.requests] == [[ada]]
        """
    )
    inner.run().assert_outcomes(passed=1)


def test_each_test_has_an_account_of_its_own_with_ids_from_the_start(inner: Inner) -> None:
    inner.tests(
        """
        import pytest

        seen = []

        @pytest.mark.parametrize("turn", [1, 2])
        def test_one(copper, turn):
            assert not copper.journal
            made = copper.subscribe("person", "new", target="https://billing.example.com")
            seen.append((copper.token, made.id, copper.people.create(name="Ada").id))
            copper.expect("person", "new", outcome="blocked")

        def test_other_tokens_same_ids():
            (token, *ids), (other_token, *other_ids) = seen
            assert token != other_token
            assert ids == other_ids
        """
    )
    inner.run().assert_outcomes(passed=3)


def test_an_account_is_gone_from_the_server_when_its_test_ends(inner: Inner) -> None:
    inner.tests(
        """
        from urllib.error import HTTPError
        from urllib.request import Request, urlopen

        import pytest

        earlier = {}

        def test_first(copper):
            earlier.update(copper.headers)
            with urlopen(Request(copper.api_url + "/webhooks", headers=copper.headers)) as answer:
                assert answer.status == 200

        def test_second(copper):
            with pytest.raises(HTTPError, match="401") as caught:
                urlopen(Request(copper.api_url + "/webhooks", headers=earlier))
            caught.value.close()
        """
    )
    inner.run().assert_outcomes(passed=2)


def test_all_tests_share_one_server(inner: Inner) -> None:
    inner.tests(
        """
        import pytest

        urls = set()

        @pytest.mark.parametrize("turn", range(3))
        def test_one(copper, make_copper, turn):
            with make_copper() as other:
                urls.update([copper.api_url, other.api_url])

        def test_one_url():
            assert len(urls) == 1
        """
    )
    inner.run().assert_outcomes(passed=4)


def test_the_endpoint_needs_no_other_fixture_by_name(inner: Inner) -> None:
    inner.tests(
        """
        def test_one(copper_endpoint, request):
            copper = request.getfixturevalue("copper")
            copper.subscribe("lead", "delete", target=copper_endpoint.url)
            copper.fire("lead", "delete", ids=7)
            assert len(copper_endpoint.requests) == 1
        """
    )
    inner.run().assert_outcomes(passed=1)


def test_an_account_fetched_inside_the_test_is_judged_too(inner: Inner) -> None:
    inner.tests(
        """
        def test_one(request):
            copper = request.getfixturevalue("copper")
            copper.subscribe("lead", "delete", target="https://billing.example.com")
            copper.fire("lead", "delete", ids=7)
        """
    )
    result = inner.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["- lead/delete * blocked: no route for https://billing.example.com,*"])


def test_an_application_started_by_a_delivery_is_shut_down_in_the_fixtures_teardown(inner: Inner) -> None:
    inner.tests(
        """
        calls = []

        async def app(scope, receive, send):
            if scope["type"] == "lifespan":
                for kind in ("startup", "shutdown"):
                    calls.append((await receive())["type"])
                    await send({"type": f"lifespan.{kind}.complete"})
            else:
                await send({"type": "http.response.start", "status": 204, "headers": []})
                await send({"type": "http.response.body", "body": b""})

        def test_one(copper):
            copper.route("https://billing.example.com", to=app)
            copper.subscribe("lead", "delete", target="https://billing.example.com/hook")
            copper.fire("lead", "delete", ids=7)
            copper.expect("lead", "delete", status=204)
            assert calls == ["lifespan.startup"]

        def test_afterwards():
            assert calls == ["lifespan.startup", "lifespan.shutdown"]
        """
    )
    inner.run().assert_outcomes(passed=2)


def test_make_copper_makes_as_many_accounts_as_needed(inner: Inner) -> None:
    inner.tests(
        """
        def test_one(copper, make_copper):
            with make_copper() as second, make_copper(latency="30s") as third:
                accounts = [copper, second, third]
                assert len({account.token for account in accounts}) == 3
                third.subscribe("lead", "new", target="https://third.example.com")
                third.fire("lead", "new", ids=1)
                assert [len(account.journal) for account in (copper, second)] == [0, 0]
                assert len(third.advance(seconds=30)) == 1
                third.expect("lead", "new", outcome="blocked")
        """
    )
    inner.run().assert_outcomes(passed=1)


_MADE = """
def made(*accounts):
    return [
        (account.subscribe("lead", "new", target="https://app.example").id, account.people.create(name="Ada").id)
        for account in accounts
    ]

FIRST, SECOND, THIRD = [(560698 + n * 20000, 94808711 + n * 20000) for n in range(3)]
"""


def test_the_accounts_of_one_test_share_no_id(inner: Inner) -> None:
    inner.tests(
        _MADE
        + """
import pytest

@pytest.fixture
def tenant(make_copper):
    with make_copper() as copper:
        yield copper

def test_two_fixtures(copper, tenant):
    assert made(copper, tenant) == [FIRST, SECOND]

def test_one_of_them(tenant):
    assert made(tenant) == [FIRST]

def test_the_first_place_that_is_free(copper, make_copper):
    with make_copper() as second:
        with make_copper() as third:
            assert made(copper, second, third) == [FIRST, SECOND, THIRD]
        with make_copper(place=3) as third, make_copper() as fourth:
            assert made(third) == [THIRD]
            assert fourth.people.create(name="Ada").id == 94808711 + 3 * 20000
    with make_copper() as second:
        assert made(second) == [SECOND]
"""
    )
    inner.run().assert_outcomes(passed=3)


def test_the_ids_of_a_test_do_not_depend_on_accounts_of_wider_fixtures(inner: Inner) -> None:
    """Those are open in other tests too, and the first test that uses one opens it."""
    inner.tests(
        _MADE
        + """
import pytest

@pytest.fixture(scope="session")
def shared(make_copper):
    with make_copper() as copper:
        yield copper

@pytest.fixture(scope="module")
def apart(make_copper):
    with make_copper(place=3) as copper:
        yield copper

def test_opening_it(shared, copper):
    assert made(copper, shared) == [FIRST, FIRST]

def test_beside_it(copper, make_copper):
    with make_copper() as second:
        assert made(copper, second) == [FIRST, SECOND]

def test_apart_from_it(apart, copper):
    assert made(copper, apart) == [FIRST, THIRD]
"""
    )
    inner.run().assert_outcomes(passed=3)


def test_make_copper_without_a_block_is_told_of_it(inner: Inner) -> None:
    inner.tests(
        """
        def test_one(make_copper):
            copper = make_copper()
            copper.subscribe("person", "new", target="https://app.example/hook")
        """
    )
    inner.run().stdout.fnmatch_lines(["*AttributeError: make_copper(...) has no 'subscribe': the account comes from *"])


def test_what_make_copper_returned_opens_one_account_at_a_time(inner: Inner) -> None:
    inner.tests(
        """
        def test_one(make_copper):
            made = make_copper()
            with made as copper:
                copper.subscribe("person", "new", target="https://app.example/hook")
                with made:
                    pass
        """
    )
    inner.run().stdout.fnmatch_lines(["*UsageError: this make_copper(...) is in use by a block that has not ended: *"])


def test_make_copper_serves_fixtures_of_wider_scope(inner: Inner) -> None:
    inner.tests(
        """
        import pytest

        @pytest.fixture(scope="module")
        def shared(make_copper):
            with make_copper() as copper:
                yield copper

        def test_first(shared):
            shared.people.create(name="Ada")

        def test_second(shared):
            assert len(shared.changes) == 1
        """
    )
    inner.run().assert_outcomes(passed=2)


def test_make_copper_takes_a_time_to_start_at(inner: Inner) -> None:
    inner.tests(
        """
        from datetime import UTC, datetime

        def test_one(make_copper):
            with make_copper(start=datetime(2026, 2, 28, tzinfo=UTC)) as copper:
                assert copper.now.isoformat() == "2026-02-28T00:00:00+00:00"
        """
    )
    inner.run().assert_outcomes(passed=1)


def test_unittest_classes_use_the_fixtures_and_the_factory(inner: Inner) -> None:
    inner.tests(
        """
        import unittest

        import pytest

        class TestBilling(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _copper(self, copper, copper_endpoint, ada, make_copper):
                self.copper, self.endpoint, self.ada, self.make_copper = copper, copper_endpoint, ada, make_copper

            def test_right(self):
                self.copper.people.update(self.ada, name="Grace")
                assert len(self.endpoint.requests) == 1

            def test_wrong(self):
                self.endpoint.reply(500)
                self.copper.people.update(self.ada, name="Grace")

            def test_wrong_in_a_made_one(self):
                with self.make_copper() as other:
                    other.subscribe("lead", "new", target="https://other.example.com")
                    other.fire("lead", "new", ids=1)

            def test_own_failure(self):
                self.endpoint.reply(500)
                self.copper.people.update(self.ada, name="Grace")
                self.fail("the test's own")

            def test_skipped(self):
                self.endpoint.reply(500)
                self.copper.people.update(self.ada, name="Grace")
                self.skipTest("not today")

            @unittest.expectedFailure
            def test_expected_failure(self):
                self.endpoint.reply(500)
                self.copper.people.update(self.ada, name="Grace")
                self.fail("as expected")
        """
    )
    result = inner.run("-rfsx")
    result.assert_outcomes(passed=1, failed=3, skipped=1, xfailed=1)
    result.stdout.fnmatch_lines_random(
        [
            "FAILED test_inner.py::TestBilling::test_wrong - copper: *",
            "FAILED test_inner.py::TestBilling::test_wrong_in_a_made_one - *.VerdictError: copper: *",
            "FAILED test_inner.py::TestBilling::test_own_failure - AssertionError: the test's own",
            "SKIPPED * not today",
        ]
    )


def test_each_fixture_says_what_it_is(inner: Inner) -> None:
    result = inner.run("--fixtures")

    _, _, ours = result.stdout.str().partition("fixtures defined from pytest_copper.plugin -")
    ours, _, _ = ours.partition("fixtures defined from")
    for name in ("copper --", "copper_async --", "copper_endpoint --", "copper_settings --", "make_copper [session"):
        assert f"\n{name}" in ours
    assert "no docstring available" not in ours


def test_an_account_is_given_without_pytest_having_to_make_a_request_for_it(tmp_path: Path) -> None:
    """pytest creates one twice for each fixture that requests it, which takes longer than creating the account."""
    conftest = "def pytest_collection_modifyitems(items): print(*(name for i in items for name in i.fixturenames))\n"
    (tmp_path / "conftest.py").write_text(conftest, encoding="utf-8")
    tests = "def test_one(copper): pass\ndef test_other(copper_async): pass\n"
    (tmp_path / "test_inner.py").write_text(tests, encoding="utf-8")

    code, out, _ = ended(alone(("pytest_copper.plugin",)), tmp_path, NO_OTHERS)

    assert code == 0
    assert "copper copper_settings copper_async copper_settings" in out.splitlines()


def test_fixtures_of_a_plugin_that_a_conftest_names_override_ours(inner: Inner) -> None:
    inner.pytester.makepyfile(
        ours="""
        import pytest

        @pytest.fixture
        def copper(copper):
            copper.people.create(name="Ada")
            return copper

        @pytest.fixture
        def copper_async(copper_async):
            return [copper_async]

        @pytest.fixture
        def copper_settings(copper_settings):
            return {**copper_settings, "batch": 7}
        """
    )
    inner.pytester.syspathinsert()
    inner.conftest("pytest_plugins = ['ours']")
    inner.tests(
        """
        def test_one(copper):
            assert [person.name for person in copper.people.search()] == ["Ada"]
            assert copper.settings.batch == 7

        def test_another(copper_async):
            assert isinstance(copper_async, list)
        """
    )
    inner.run().assert_outcomes(passed=2)
