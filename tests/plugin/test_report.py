"""The "copper" section of a failed test's report."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.plugin.conftest import Inner

SECTION = "-* copper -*"


def test_a_failed_test_shows_what_happened_in_virtual_time(inner: Inner) -> None:
    inner.tests(
        """
        from datetime import UTC, datetime

        def test_one(make_copper, copper_endpoint):
            with make_copper(start=datetime(2026, 3, 2, 9, 0, tzinfo=UTC), latency="30s", seed=7) as copper:
                copper.route(copper_endpoint.url, to=copper_endpoint)
                copper.subscribe("lead", "update", target=copper_endpoint.url)
                copper.fire("lead", "update", ids=17)
                copper.advance(minutes=1)
                assert copper_endpoint.requests[0].json["ids"] == [18]
        """
    )
    result = inner.run()
    result.stdout.fnmatch_lines(
        [
            SECTION,
            "make_copper (latency=30s, seed=7)",
            "2026-03-02 09:00:00.000  subscribed * lead/update -> https://endpoint.example.com/hooks/copper",
            "2026-03-02 09:00:00.000  change      lead/update [[]17]",
            "2026-03-02 09:00:00.000    queued    #1 lead/update [[]17] *, due 2026-03-02 09:00:30.000",
            "2026-03-02 09:00:30.000    delivered #1 lead/update [[]17] *",
        ],
    )


def test_a_passed_a_skipped_and_an_expectedly_failed_test_show_nothing(inner: Inner) -> None:
    inner.tests(
        """
        import pytest

        def test_passed(copper, ada):
            pass

        def test_skipped(copper, ada):
            pytest.skip("not today")

        @pytest.mark.xfail
        def test_expected(copper, ada):
            assert 0
        """
    )
    reports = inner.pytester.inline_run().getreports("pytest_runtest_logreport")
    assert [report.outcome for report in reports if report.when == "call"] == ["passed", "skipped", "skipped"]
    assert [report.sections for report in reports if report.sections] == []


def test_a_failed_test_without_an_account_has_no_section(inner: Inner) -> None:
    inner.tests(
        """
        def test_first(copper, ada):
            pass

        def test_second():
            assert 0
        """
    )
    result = inner.run()

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.no_fnmatch_line(SECTION)


def test_values_of_secrets_and_headers_are_masked(inner: Inner) -> None:
    inner.tests(
        """
        def broken(request):
            raise RuntimeError(f"what is {request.json['key']} or {request.headers['X-Api-Key']}")

        def test_one(copper):
            copper.route("https://billing.example.com", to=broken)
            copper.subscribe("lead", "new", target="https://billing.example.com", secret={"key": "s3cret-value"},
                             headers={"X-Api-Key": "h3ader-value"})
            copper.fire("lead", "new", ids=1)
        """
    )
    result = inner.run()
    result.stdout.fnmatch_lines(
        [
            "*RuntimeError: what is [*][*][*] or [*][*][*]",
            SECTION,
            "*secret key=[*][*][*]; headers X-Api-Key: [*][*][*])",
        ]
    )
    assert "s3cret-value" not in result.stdout.str()
    assert "h3ader-value" not in result.stdout.str()


def test_a_long_timeline_is_cut_in_the_middle_with_the_number_of_lines_left_out(inner: Inner) -> None:
    inner.tests(
        """
        def test_one(copper):
            for lead in range(1, 101):
                copper.fire("lead", "new", ids=lead)
            assert 0
        """
    )
    inner.run().stdout.fnmatch_lines(
        [SECTION, "* lead/new [[]1]: *", "... 40 lines left out ...", "* lead/new [[]100]: *"],
    )


def test_an_account_in_which_nothing_happened_says_so(inner: Inner) -> None:
    inner.tests("def test_one(copper):\n    assert 0")
    inner.run().stdout.fnmatch_lines([SECTION, "copper (seed=0)", "nothing happened"], consecutive=True)


def test_each_account_is_shown(inner: Inner) -> None:
    inner.tests(
        """
        def test_one(copper, make_copper):
            copper.fire("lead", "new", ids=1)
            with make_copper(batch=1) as second, make_copper(batch=2) as third:
                second.fire("lead", "new", ids=2)
                third.fire("lead", "new", ids=3)
            assert 0
        """
    )
    inner.run().stdout.fnmatch_lines_random(
        [
            "copper (seed=0)",
            "* lead/new [[]1]: *",
            "make_copper (seed=0, batch=1)",
            "* lead/new [[]2]: *",
            "make_copper (seed=0, batch=2)",
            "* lead/new [[]3]: *",
        ]
    )


def test_a_failing_teardown_shows_the_account_that_has_ended(inner: Inner) -> None:
    inner.tests(
        """
        import pytest

        @pytest.fixture
        def broken():
            yield
            raise RuntimeError("in the teardown")

        def test_one(broken, copper):
            copper.fire("lead", "new", ids=1)
        """
    )
    result = inner.run()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["E       RuntimeError: in the teardown", SECTION, "* lead/new [[]1]: *"])


def test_a_failed_expectation_shows_the_users_line_and_no_insides(inner: Inner) -> None:
    inner.tests(
        """
        def test_one(copper, ada):
            copper.people.update(ada, name="Grace")
            copper.expect("person", "update", ids=[ada], status=404)

        def test_none(copper, ada):
            copper.people.update(ada, name="Grace")
            copper.expect_none("person")
        """
    )
    result = inner.run()
    result.stdout.fnmatch_lines(
        [
            '>       copper.expect("person", "update", ids=[[]ada], status=404)',
            "E       *ExpectationError: Expected person/update, *",
            "test_inner.py:3: ExpectationError",
            '>       copper.expect_none("person")',
            "test_inner.py:7: ExpectationError",
        ]
    )
    result.stdout.no_fnmatch_line("*copper_emulator/*.py*")


@pytest.mark.parametrize(
    "line",
    [
        "copper.people.update(99, name='x')",
        "copper.people.create_many(5)",
        "copper.people.get('17')",
        "copper.fire('person', 'moved', ids=1)",
        "copper.subscribe('person', 'moved', target='https://a.example')",
        "copper.subscribe('person', 'new', target='http://a.example')",
        "copper.route('nowhere', to=print)",
        "copper.advance(60)",
        "copper.run_until_idle(limit='soon')",
        "copper.expect('person', 'new', status='204')",
        "copper.expect('person', 'new')",
        "copper.replay('x', target='https://a.example')",
        "copper.unsubscribe(1)",
        "copper.play('nowhere')",
        "copper.play('wrong_secret_refused')",
        "copper.pepole",
        "copper.faults.loose",
        "copper.people.create(name='Ada').nme",
        "copper_endpoint.reply('x')",
        "copper_endpoint.reply(times=0)",
        "copper_endpoint.reply(delay='soon')",
        "copper_endpoint()",
        "make_copper().people",
    ],
)
def test_a_traceback_shows_the_tests_own_line_and_none_of_ours(inner: Inner, line: str) -> None:
    inner.tests(f"def test_one(copper, copper_endpoint, make_copper):\n    {line}\n")
    result = inner.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f">   *{line}".replace("[", "[[]")])
    for ours in ("copper_emulator", "pytest_copper"):
        result.stdout.no_fnmatch_line(f"*{ours}/*.py*")


@pytest.mark.parametrize(
    "line",
    [
        "oracles.sent_again_changes_nothing(copper, dict)",
        "oracles.answers_within(copper, 'soon')",
        "strategies.bodies('persn')",
        "strategies.fields('activity_log')",
        "strategies.sequences('persn')",
        "CopperMachine.replay('nowhere')",
    ],
)
def test_so_does_that_of_what_comes_with_hypothesis(inner: Inner, line: str) -> None:
    pytest.importorskip("hypothesis")
    imports = "from pytest_copper import oracles, strategies\nfrom pytest_copper.machine import CopperMachine"
    inner.tests(f"{imports}\n\ndef test_one(copper):\n    {line}\n")

    result = inner.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f">   *{line}", "E *copper_emulator.*Error: *"])
    for ours in ("copper_emulator", "pytest_copper"):
        result.stdout.no_fnmatch_line(f"*{ours}/*.py*")


def test_so_does_that_of_an_asynchronous_test(inner: Inner) -> None:
    pytest.importorskip("pytest_asyncio")
    inner.tests(
        """
        import pytest

        @pytest.mark.asyncio
        @pytest.mark.parametrize("act", [
            lambda copper: copper.people.update(99, name="x"),
            lambda copper: copper.fire("person", "moved", ids=1),
            lambda copper: copper.advance(60),
            lambda copper: copper.expect("person", "new"),
        ])
        async def test_one(copper_async, act):
            await act(copper_async)
        """
    )
    result = inner.run()
    result.assert_outcomes(failed=4)
    result.stdout.no_fnmatch_line("*copper_emulator/*.py*")


BROKEN = """
def broken(request):
    raise LookupError("no such customer")

def happen(copper):
    copper.route("https://billing.example.com", to=broken)
    copper.subscribe("lead", "new", target="https://billing.example.com")
    copper.fire("lead", "new", ids=1)
"""


def _above_the_summary(result: pytest.RunResult) -> str:
    """On CI, pytest's own summary repeats the whole error."""
    return result.stdout.str().partition("short test summary info")[0]


def test_the_traceback_of_an_endpoint_is_told_once(inner: Inner) -> None:
    inner.tests(
        BROKEN
        + """
def test_one(copper):
    happen(copper)
    copper.expect("lead", "new", ids=1)
"""
    )
    result = inner.run("--tb=short")

    assert _above_the_summary(result).count('raise LookupError("no such customer")') == 1
    result.stdout.fnmatch_lines([SECTION, "    (traceback above)"])


def test_what_the_api_refused_is_told_once_beside_the_timeline(inner: Inner) -> None:
    """In a failed expectation, where there is one; else by the verdict."""
    hook = """
        import urllib.error
        import urllib.request

        def happen(copper):
            def hook(_):
                request = urllib.request.Request(f"{copper.api_url}/people/99", headers=copper.headers)
                try:
                    urllib.request.urlopen(request)
                except urllib.error.HTTPError:
                    return 500
            copper.route("https://my-app.example", to=hook)
            copper.subscribe("lead", "new", target="https://my-app.example/hook")
            copper.fire("lead", "new", ids=1)
    """
    for end in ("copper.expect('lead', 'new', ids=1)", "pass"):
        inner.tests(f"{dedent(hook)}\n\ndef test_one(copper):\n    happen(copper)\n    {end}\n")
        text = _above_the_summary(inner.run())

        assert text.count("While it was being notified, the API refused GET /developer_api/v1/people/99: 404 ") == 1
        assert text.count("rejected (500), which the test did not expect") == 1


@pytest.mark.parametrize(
    ("test", "advice"),
    [
        (
            "def test_one(copper):\n    happen(copper)",
            "or allow it: @pytest.mark.copper(allow='exception'), --copper-allow=exception or copper_allow in *",
        ),
        (
            "def test_one(make_copper):\n    with make_copper() as copper:\n        happen(copper)",
            "or allow it: make_copper(allow='exception'), --copper-allow=exception or copper_allow in the ini file",
        ),
        (
            "from copper_emulator import Emulator\n\ndef test_one():\n    with Emulator() as copper:\n"
            "        happen(copper)",
            "or allow it: Emulator(allow='exception')",
        ),
    ],
    ids=["fixture", "factory", "Emulator"],
)
def test_what_allows_it_is_said_as_it_is_given_there(inner: Inner, test: str, advice: str) -> None:
    inner.tests(BROKEN + test)

    inner.run().stdout.fnmatch_lines([f"*expect it with outcome='failed', {advice}"])


def test_the_account_of_a_wider_fixture_is_told_of_only_where_a_test_uses_it(inner: Inner) -> None:
    inner.tests(
        """
        import pytest

        @pytest.fixture(scope="module")
        def shared(make_copper):
            with make_copper() as copper:
                yield copper

        @pytest.fixture
        def used(shared):
            shared.people.create(name="Grace")

        def test_first(shared):
            shared.people.create(name="Ada")

        def test_by_name(shared):
            assert False, "by name"

        def test_by_a_fixture(used):
            assert False, "by a fixture"

        def test_not_at_all():
            assert False, "not at all"

        @pytest.fixture(scope="module")
        def unused(make_copper):
            with make_copper() as copper:
                yield copper

        def test_beginning_it(unused):
            pass

        def test_a_later_one(unused):
            assert unused._is_unused
        """
    )
    told = "\n".join(inner.run().outlines)

    reports = told.split("___ test_")
    assert ["make_copper" in report for report in reports[1:]] == [True, True, False]


@pytest.mark.parametrize(
    ("fixture", "mark", "awaited"),
    [("copper", "", ""), ("copper_async", "@pytest.mark.asyncio\n        async ", "await ")],
    ids=["sync", "async"],
)
def test_an_exception_in_a_hook_is_shown_with_the_lines_of_the_test_alone(
    inner: Inner, fixture: str, mark: str, awaited: str
) -> None:
    if mark:
        pytest.importorskip("pytest_asyncio")
    inner.tests(
        f"""
        import pytest

        {mark}def test_hook({fixture}, copper_endpoint):
            def drain(delivery):
                raise KeyError("job")

            {fixture}.subscribe("person", "new", target=copper_endpoint.url)
            {fixture}.after_delivery(drain)
            {awaited}{fixture}.people.create(name="Ada")
        """
    )
    result = inner.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            f'>*{fixture}.people.create(name="Ada")',
            ">*raise KeyError*",
            "E *KeyError: 'job'",
            "E *Raised by your after_delivery hook drain, for notification 1: person/new [[]*] (delivered).",
        ]
    )
    result.stdout.no_fnmatch_line("*copper_emulator/*")


def test_a_hook_that_does_not_return_is_named_at_once_although_output_is_captured(inner: Inner) -> None:
    inner.tests(
        """
        import threading
        import pytest
        from copper_emulator.shell import hook_watch
        from pytest_copper import uncaptured

        @pytest.fixture
        def shown(monkeypatch):
            shown = threading.Event()
            show = uncaptured.show

            def show_and_say(*given):
                show(*given)
                shown.set()

            monkeypatch.setattr(hook_watch, "PATIENCE", 0)
            monkeypatch.setattr(hook_watch, "CHECK_EVERY", 0.01)
            monkeypatch.setattr(uncaptured, "show", show_and_say)
            return shown

        def test_one(shown, copper, copper_endpoint, ada):
            copper.after_delivery(lambda delivery: shown.wait(30))
            print("captured")
            copper.people.update(ada, name="Grace")
            assert shown.is_set()
        """
    )
    result = inner.run()
    result.assert_outcomes(passed=1)
    result.stderr.fnmatch_lines(
        ["copper: the after_delivery hook <lambda>, called for notification * has not returned *"]
    )
    result.stdout.no_fnmatch_line("captured")
