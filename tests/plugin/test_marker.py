"""What the `copper` marker says beside settings, and that it does not go unheard."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Inner

UNHEARD = "has no effect: no account was opened by the fixture copper or copper_async"


def test_a_marker_that_no_account_has_is_warned_of_where_it_stands(inner: Inner) -> None:
    inner.tests(
        """
        import pytest

        @pytest.mark.copper(latency="30s")
        def test_made(make_copper):
            with make_copper():
                pass

        @pytest.mark.copper(latency="30s")
        def test_none():
            pass
        """
    )
    result = inner.run("-W", "default::pytest.PytestWarning")
    result.assert_outcomes(passed=2, warnings=2)
    result.stdout.fnmatch_lines(
        [
            f"*test_inner.py:3: PytestWarning: @pytest.mark.copper(latency='30s') {UNHEARD}; make_copper is given its "
            "settings itself: make_copper(latency='30s')",
            f"*test_inner.py:8: PytestWarning: @pytest.mark.copper(latency='30s') {UNHEARD}; use one of them, or leave "
            "out the marker",
        ]
    )


def test_a_marker_is_heard_however_the_account_is_opened(inner: Inner) -> None:
    """Warnings are errors here."""
    inner.conftest(
        """
def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.copper(batch=3))
"""
    )
    inner.tests(
        """
        import pytest

        @pytest.mark.copper(batch=2)
        @pytest.mark.parametrize("name", ["copper", "copper_async", "copper_endpoint", "copper_intercept"])
        def test_asked_for_later(request, name):
            request.getfixturevalue(name)

        @pytest.mark.copper(batch=2)
        def test_through_a_fixture(ada):
            pass

        @pytest.mark.skip
        @pytest.mark.copper(batch=2)
        def test_that_does_not_run():
            pass

        @pytest.mark.copper(batch=2)
        def test_that_ends_before(request):
            pytest.skip("not today")
            request.getfixturevalue("copper")

        @pytest.mark.copper(batch=2)
        class TestClass:
            def test_the_class_has_it(self):
                pass
        """
    )
    inner.run().assert_outcomes(passed=6, skipped=2)


# --- start ----------------------------------------------------------------------------------------------------------


def test_the_marker_says_when_time_begins_and_the_nearest_wins(inner: Inner) -> None:
    inner.tests(
        """
        from datetime import UTC, datetime, timedelta, timezone

        import pytest

        NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
        pytestmark = pytest.mark.copper(start="2026-03-02T09:00Z", latency="1m")

        def test_of_the_module(copper, copper_async):
            assert copper.now == copper_async.now == NINE
            assert str(copper.people.create(name="Ada").date_created) == str(int(NINE.timestamp()))

        @pytest.mark.copper(start=datetime(2026, 3, 2, 11, tzinfo=timezone(timedelta(hours=1))), batch=2)
        def test_of_the_function(copper):
            assert copper.now == NINE + timedelta(hours=1)
            assert (copper.settings.batch, copper.settings.latency.high_ms) == (2, 60_000)

        def test_made(make_copper):
            with make_copper(start="2026-03-02T09:00Z") as copper:
                assert copper.now == NINE

        class TestOfAFixture:
            @pytest.fixture
            def copper_settings(self):
                return {"start": "2026-03-02T08:00Z"}

            def test_the_marker_wins(self, copper):
                assert copper.now == NINE
        """
    )
    inner.run().assert_outcomes(passed=4)


def test_the_fixture_for_settings_says_when_time_begins_too(inner: Inner) -> None:
    inner.tests(
        """
        from datetime import UTC, datetime

        import pytest

        @pytest.fixture
        def copper_settings():
            return {"start": datetime(2026, 3, 2, 9, tzinfo=UTC)}

        def test_one(copper):
            assert copper.now == datetime(2026, 3, 2, 9, tzinfo=UTC)
        """
    )
    inner.run().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("'soon'", "start: 'soon' is not a moment; give a moment with its time zone, like '2026-03-02T09:00Z' or *"),
        ("'2026-03-02T09:00'", "start: '2026-03-02T09:00' has no time zone; give a moment with its time zone,*"),
        ("17", "start: 17 is not a moment;*"),
        ("datetime(2026, 3, 2)", "start: datetime.datetime(2026, 3, 2, 0, 0) has no time zone;*"),
    ],
    ids=["word", "naive", "number", "naive datetime"],
)
def test_a_start_that_is_no_moment_is_an_error_that_names_the_marker(inner: Inner, start: str, said: str) -> None:
    inner.tests(
        f"""
        from datetime import datetime
        import pytest

        @pytest.mark.copper(start={start})
        def test_one(copper):
            pass
        """
    )
    result = inner.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at setup of test_one*",
            f"@pytest.mark.copper on test_inner.py::test_one: {said}",
            "*short test summ*",
        ],
        consecutive=True,
    )
