"""What fails a test at its end, and what permits it."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Inner

WRONG = {
    # what happens, as lines of a test · the message · a permit · an expectation that names it
    "blocked": (
        "copper.subscribe('lead', 'new', target='https://billing.example.com/hook'); copper.fire('lead', 'new', ids=7)",
        "- lead/new [[]7] to https://billing.example.com/hook: blocked: no route for https://billing.example.com, *",
        "blocked",
        "'lead', 'new', outcome='blocked'",
    ),
    "refused": (
        "copper_endpoint.refuse(); copper.people.update(ada, name='Grace')",
        "- person/update * failed: refused*",
        "failed",
        "'person', 'update', outcome='failed'",
    ),
    "timed_out": (
        "copper_endpoint.hang(); copper.people.update(ada, name='Grace'); copper.advance(minutes=1)",
        "- person/update * failed: timed out*",
        "failed",
        "'person', 'update', outcome='failed'",
    ),
    "broken_off": (
        "copper_endpoint.break_off(); copper.people.update(ada, name='Grace')",
        "- person/update * failed: broken off*",
        "failed",
        "'person', 'update', outcome='failed'",
    ),
    "server_error": (
        "copper_endpoint.reply(500); copper.people.update(ada, name='Grace')",
        "- person/update * to https://endpoint.example.com/hooks/copper: rejected (500)",
        "500",
        "'person', 'update', status=500",
    ),
    "redirect": (
        "copper_endpoint.reply(302); copper.people.update(ada, name='Grace')",
        "- person/update * rejected (302)",
        "rejected",
        "'person', 'update', outcome='rejected'",
    ),
    "exception_in_a_function": (
        "copper.route(copper_endpoint.url, to=broken_function); copper.people.update(ada, name='Grace')",
        "    ZeroDivisionError: division by zero",
        "exception",
        "'person', 'update', outcome='failed'",
    ),
    "exception_in_a_wsgi_app": (
        "copper.route(copper_endpoint.url, to=broken_wsgi); copper.people.update(ada, name='Grace')",
        "    ZeroDivisionError: division by zero",
        "exception",
        "'person', 'update', outcome='failed'",
    ),
    "exception_in_an_asgi_app": (
        "copper.route(copper_endpoint.url, to=broken_asgi); copper.people.update(ada, name='Grace')",
        "    ZeroDivisionError: division by zero",
        "exception",
        "'person', 'update', outcome='failed'",
    ),
}

APPS = """
import pytest

def broken_function(request):
    return 1 / 0

def broken_wsgi(environ, start_response):
    return 1 / 0

async def broken_asgi(scope, receive, send):
    return 1 / 0
"""

NEVER_SENT = """
import pytest

def interrupt(delivery):
    raise RuntimeError("in between")

def leave_two_unsent(copper, copper_endpoint):
    copper.subscribe("lead", "new", target=copper_endpoint.url)
    copper.after_delivery(interrupt)
    with pytest.raises(RuntimeError, match="in between"):
        copper.fire("lead", "new", ids=range(1, 62))
"""


def written(template: str) -> str:
    """A module with one test for each thing that can go wrong."""
    return APPS + "\n".join(
        template.format(name=name, act=act, permit=permit, expect=expect)
        for name, (act, _, permit, expect) in WRONG.items()
    )


def test_everything_that_goes_wrong_unexpectedly_fails_the_test(inner: Inner) -> None:
    inner.tests(written("\ndef test_{name}(copper, copper_endpoint, ada):\n    {act}\n"))
    reports = inner.pytester.inline_run().getreports("pytest_runtest_logreport")
    failures = {report.nodeid: report.longreprtext for report in reports if report.failed and report.when == "call"}
    assert len(failures) == len(WRONG)
    for name, (_, said, _, _) in WRONG.items():
        pytest.LineMatcher(failures[f"test_inner.py::test_{name}"].splitlines()).fnmatch_lines(
            ["copper: *, which the test did not expect", said]
        )


def test_the_marker_permits_each_of_them(inner: Inner) -> None:
    inner.tests(
        written(
            "\n@pytest.mark.copper(allow={{{permit!r}}})\ndef test_{name}(copper, copper_endpoint, ada):\n    {act}\n"
        )
    )
    inner.run().assert_outcomes(passed=len(WRONG))


def test_an_expectation_that_names_it_permits_each_of_them(inner: Inner) -> None:
    inner.tests(written("\ndef test_{name}(copper, copper_endpoint, ada):\n    {act}\n    copper.expect({expect})\n"))
    inner.run().assert_outcomes(passed=len(WRONG))


def test_the_ini_file_the_command_line_and_the_fixture_permit_too(inner: Inner) -> None:
    permits = ",".join(permit for _, _, permit, _ in WRONG.values())
    module = written("\ndef test_{name}(copper, copper_endpoint, ada):\n    {act}\n")
    inner.tests(module)
    inner.run(f"--copper-allow={permits}").assert_outcomes(passed=len(WRONG))
    inner.run("--copper-strict=false").assert_outcomes(passed=len(WRONG))

    inner.ini(f"copper_allow = {permits}")
    inner.run().assert_outcomes(passed=len(WRONG))

    inner.ini()
    inner.tests(module + f"\n@pytest.fixture\ndef copper_settings():\n    return {{'allow': {permits!r}}}\n")
    inner.run().assert_outcomes(passed=len(WRONG))


def test_what_was_due_and_never_sent_fails_the_test(inner: Inner) -> None:
    inner.tests(
        NEVER_SENT
        + """
def test_left(copper, copper_endpoint):
    leave_two_unsent(copper, copper_endpoint)

def test_settled(copper, copper_endpoint):
    leave_two_unsent(copper, copper_endpoint)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            copper.settle()

@pytest.mark.copper(allow={"due"})
def test_allowed(copper, copper_endpoint):
    leave_two_unsent(copper, copper_endpoint)
"""
    )
    result = inner.run()
    result.assert_outcomes(failed=1, passed=2)
    result.stdout.fnmatch_lines(
        [
            "copper: *, which the test did not expect",
            "- 2 notifications due but never sent, first lead/new *",
            "*settle*",
        ],
        consecutive=True,
    )


def test_what_is_queued_for_later_or_never_looked_at_does_not_fail(inner: Inner) -> None:
    inner.tests(
        """
        import pytest

        @pytest.mark.copper(latency="30s")
        def test_later(copper, ada):
            copper.people.update(ada, name="Grace")

        def test_not_looked_at(copper, ada):
            copper.people.update(ada, name="Grace")
        """
    )
    inner.run().assert_outcomes(passed=2)


def test_an_expectation_permits_only_what_it_matched(inner: Inner) -> None:
    inner.tests(
        """
        def test_one(copper, copper_endpoint, ada):
            copper_endpoint.reply(500)
            copper.people.update(ada, name="Grace")
            copper.expect("person", "update", status=500)
            copper.people.update(ada, name="Hedy")
        """
    )
    result = inner.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["- person/update *: rejected (500)"])


SHARED = """
import pytest

@pytest.fixture(scope="module")
def shared(make_copper):
    with make_copper() as copper:
        copper.route("https://app.example", to=lambda request: 500 if request.json["event"] == "new" else 200)
        for event in ("new", "update"):
            copper.subscribe("person", event, target="https://app.example/hook")
        yield copper
"""


def test_each_test_of_a_shared_account_is_told_what_went_wrong_in_it(inner: Inner) -> None:
    inner.tests(
        SHARED
        + """
def test_first(shared):
    shared.fire("person", "new", ids=1)

def test_right(shared):
    shared.fire("person", "update", ids=1)

def test_second(shared):
    shared.fire("person", "new", ids=1)

def test_own_failure(shared):
    shared.fire("person", "new", ids=4)
    assert False
"""
    )
    result = inner.run()
    result.assert_outcomes(passed=1, failed=3)
    result.stdout.fnmatch_lines(
        [
            "*test_first*",
            "- person/new [[]1] to https://app.example/hook: rejected (500)",
            "*test_second*",
            "- person/new [[]1] to https://app.example/hook: rejected (500)",
            "*test_own_failure*",
            "- person/new [[]4] to https://app.example/hook: rejected (500)",
        ]
    )
    result.stdout.no_fnmatch_line("*times)*")


def test_what_happens_again_after_a_reset_is_told_again(inner: Inner) -> None:
    """What was due when the test before ended still stands when the next one begins, and has been reported."""
    inner.tests(
        SHARED
        + """
import json
import urllib.request

@pytest.fixture
def copper(shared):
    shared.reset()
    return shared

@pytest.mark.parametrize("turn", range(2))
def test_twice(copper, copper_endpoint, turn):
    copper.subscribe("person", "new", target=copper_endpoint.url)
    body, headers = json.dumps({"name": "Ada"}).encode(), {**copper.headers, "Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(f"{copper.api_url}/people", body, headers), timeout=10).close()
"""
    )
    result = inner.run()

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["FAILED *test_twice?0?*due but never*", "FAILED *test_twice?1?*due but never*"])


def test_a_reset_between_tests_hides_nothing(inner: Inner) -> None:
    inner.tests(
        SHARED
        + """
@pytest.fixture
def afresh(shared):
    yield shared
    shared.reset()
    shared.route("https://app.example", to=lambda request: 500)
    shared.subscribe("person", "new", target="https://app.example/hook")

@pytest.mark.parametrize("number", [1, 2, 3])
def test_one(afresh, number):
    afresh.fire("person", "new", ids=1)
"""
    )
    inner.run().assert_outcomes(failed=3)


def test_a_report_shows_an_account_that_the_test_has_reset_though_less_has_happened_since(inner: Inner) -> None:
    inner.tests(
        SHARED
        + """
KNOWN = []

def test_first(shared):
    KNOWN.append(shared)
    for number in range(9):
        shared.fire("person", "update", ids=number + 1)

def test_second():
    KNOWN[0].reset()
    KNOWN[0].fire("lead", "new", ids=17)
    assert False
"""
    )
    result = inner.run()

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["make_copper (*", "*change *lead/new [[]17]*"])


def test_what_is_due_in_a_shared_account_is_told_once(inner: Inner) -> None:
    inner.tests(
        SHARED
        + """
from urllib.request import Request, urlopen

def test_first(shared):
    headers = {**shared.headers, "Content-Type": "application/json"}
    body = b'{"name": "Ada"}'
    with urlopen(Request(shared.api_url + "/people", data=body, headers=headers)) as response:
        assert response.status == 200

def test_second(shared):
    pass
"""
    )
    result = inner.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["- 1 notification due but never sent, first person/new *"])
