"""The verdict beside the test's own outcome: failures, skips, expected failures, subtests and errors."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Inner


def test_the_failure_is_the_tests_and_not_its_teardowns(inner: Inner) -> None:
    """So it counts as a failure, not as an error, and the fixtures still exist for `--pdb`."""
    inner.tests(
        """
        def test_one(copper, copper_endpoint, ada):
            copper_endpoint.reply(500)
            copper.people.update(ada, name="Grace")
        """
    )
    reports = inner.pytester.inline_run().getreports("pytest_runtest_logreport")
    assert [(report.when, report.outcome) for report in reports] == [
        ("setup", "passed"),
        ("call", "failed"),
        ("teardown", "passed"),
    ]


def test_the_text_stands_alone_without_a_traceback(inner: Inner) -> None:
    inner.tests(
        """
        def test_one(copper, copper_endpoint, ada):
            copper_endpoint.reply(500)
            copper.people.update(ada, name="Grace")
        """
    )
    result = inner.run()
    result.stdout.fnmatch_lines(
        [
            "_* test_one _*",
            "copper: *, which the test did not expect",
            "- person/update *",
            "  Fix the endpoint; *",
            "-* copper -*",
        ],
        consecutive=True,
    )
    inner.run("--tb=line").stdout.fnmatch_lines(["*test_inner.py:1: copper: *, which the test did not expect"])
    inner.run("--full-trace").stdout.fnmatch_lines(["*def pytest_runtest_call*", "*VerdictError*"])


def test_a_tests_own_failure_stands_first_and_the_verdict_beside_it(inner: Inner) -> None:
    inner.tests(
        """
        def test_one(copper, copper_endpoint, ada):
            copper_endpoint.reply(500)
            copper.people.update(ada, name="Grace")
            assert len(copper_endpoint.requests) == 0
        """
    )
    result = inner.run("-rf")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            ">       assert len(copper_endpoint.requests) == 0",
            "-* copper -*",
            "copper: *, which the test did not expect",
            "- person/update *: rejected (500)",
            "FAILED test_inner.py::test_one - assert 1 == 0*",
        ]
    )


def test_a_tests_own_failure_is_not_blamed_on_the_next_one(inner: Inner) -> None:
    inner.tests(
        """
        import pytest

        @pytest.fixture(scope="module")
        def shared(make_copper):
            with make_copper() as copper:
                copper.subscribe("lead", "new", target="https://billing.example.com")
                yield copper

        def test_own(shared):
            shared.fire("lead", "new", ids=1)
            assert 0

        def test_fine(shared):
            pass

        def test_verdict(shared):
            shared.fire("lead", "new", ids=2)

        def test_fine_again(shared):
            pass
        """
    )
    result = inner.run("-rfp")
    result.assert_outcomes(failed=2, passed=2)
    result.stdout.fnmatch_lines(
        [
            "FAILED test_inner.py::test_own - assert 0",
            "FAILED test_inner.py::test_verdict - copper: *",
            "PASSED test_inner.py::test_fine",
            "PASSED test_inner.py::test_fine_again",
        ]
    )


def test_a_fixture_that_holds_an_account_of_make_copper_is_judged_with_its_test(inner: Inner) -> None:
    inner.tests(
        """
        import pytest

        @pytest.fixture
        def second(make_copper):
            with make_copper() as copper:
                yield copper

        def test_one(second):
            second.subscribe("lead", "new", target="https://billing.example.com")
            second.fire("lead", "new", ids=1)
        """
    )
    # Without pytest's summary, which repeats the whole message if the environment says CI.
    result = inner.run("-rN")
    result.assert_outcomes(failed=1, errors=0)
    result.stdout.fnmatch_lines(["- lead/new *: blocked*"])
    # It is the failure's text, and not repeated in the section below it.
    assert result.stdout.str().count("- lead/new ") == 1


def test_a_skip_stays_a_skip(inner: Inner) -> None:
    inner.tests(
        """
        import pytest

        def test_one(copper, copper_endpoint, ada):
            copper_endpoint.reply(500)
            copper.people.update(ada, name="Grace")
            pytest.skip("not today")
        """
    )
    inner.run().assert_outcomes(skipped=1)


def test_an_expected_failure_can_be_the_verdict(inner: Inner) -> None:
    inner.tests(
        """
        import pytest
        from copper_emulator import VerdictError

        def fail(copper, copper_endpoint, ada):
            copper_endpoint.reply(500)
            copper.people.update(ada, name="Grace")

        @pytest.mark.xfail(raises=AssertionError, strict=True)
        def test_an_assertion(copper, copper_endpoint, ada):
            fail(copper, copper_endpoint, ada)

        @pytest.mark.xfail(raises=VerdictError, strict=True)
        def test_by_name(copper, copper_endpoint, ada):
            fail(copper, copper_endpoint, ada)

        @pytest.mark.xfail(raises=KeyError)
        def test_another(copper, copper_endpoint, ada):
            fail(copper, copper_endpoint, ada)

        @pytest.mark.xfail(strict=True)
        def test_does_not_fail(copper, ada):
            copper.people.update(ada, name="Grace")
        """
    )
    result = inner.run("-rf")
    result.assert_outcomes(xfailed=2, failed=2)
    result.stdout.fnmatch_lines(["FAILED test_inner.py::test_another - copper: *", "FAILED *test_does_not_fail*"])


def test_subtests_that_fail_hide_nothing(inner: Inner) -> None:
    pytest.importorskip("_pytest.subtests", reason="pytest 9 has subtests")
    inner.tests(
        """
        def test_one(copper, copper_endpoint, ada, subtests):
            with subtests.test("the subtest's own"):
                assert 0
            with subtests.test("a passing one"):
                pass
            copper_endpoint.reply(500)
            copper.people.update(ada, name="Grace")
        """
    )
    result = inner.run("-rf")
    result.stdout.fnmatch_lines(
        ["SUBFAILED[[]the subtest's own] *::test_one - assert 0", "FAILED *::test_one - copper: *"]
    )


def test_an_error_at_set_up_stays_one(inner: Inner) -> None:
    inner.tests(
        """
        import pytest

        @pytest.fixture
        def broken(copper, ada):
            raise RuntimeError("in the fixture")

        def test_one(broken):
            pass
        """
    )
    result = inner.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E       RuntimeError: in the fixture", "-* copper -*", "copper (seed=0)"])


def test_what_the_end_of_one_tests_fixture_does_is_not_blamed_on_the_next_one(inner: Inner) -> None:
    inner.tests(
        """
        import pytest

        @pytest.fixture(scope="module")
        def shared(make_copper):
            with make_copper() as copper:
                copper.route("https://billing.example.com", to=lambda request: 500)
                copper.subscribe("person", "delete", target="https://billing.example.com")
                yield copper

        @pytest.fixture
        def tidied(shared):
            ada = shared.people.create(name="Ada")
            yield shared
            shared.people.delete(ada.id)

        def test_one(tidied):
            pass

        def test_two(tidied):
            pass

        def test_three(tidied):
            tidied.fire("person", "delete", ids=17)

        def test_four(shared):
            pass
        """
    )
    result = inner.run("-rf")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["FAILED test_inner.py::test_three - copper: *"])
    result.stdout.fnmatch_lines(["- person/delete [[]17] *: rejected (500)"])
