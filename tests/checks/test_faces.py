"""A check in a test runs beside the test's own account, with the same key, routes, hooks and clock."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
import requests

from copper_emulator import (
    AsyncEmulator,
    CheckFailed,
    CheckWarning,
    Copper,
    Delivery,
    Emulator,
    Received,
    Report,
    Response,
    UsageError,
    VerdictError,
    check_names,
)

TARGET = "https://app.example/hook"


def test_the_tests_own_account_is_as_it_was() -> None:
    with Emulator(limits="off", latency="30s") as copper:
        copper.route("https://app.example", to=lambda request: 500)
        ada = copper.people.create(name="Ada")
        before = [str(entry) for entry in copper.journal]

        report = copper.check(TARGET, only="answers,batch-2")

        assert not report.ok
        assert [str(entry) for entry in copper.journal] == before
        assert copper.people.get(ada).name == "Ada"
        assert copper.people.create(name="Bob").id == ada.id + 1
        assert str(copper.settings.latency) == "30s"


def test_endpoints_find_the_checks_records_where_they_find_the_tests() -> None:
    found: list[int] = []
    with Emulator() as copper:

        def hook(request: Received) -> int:
            for each in request.json["ids"]:
                answer = requests.get(f"{copper.api_url}/people/{each}", headers=copper.headers, timeout=10)
                found.append(answer.status_code)
            return 200

        copper.route("https://app.example", to=hook)
        copper.check(TARGET, only="answers,gone")

    assert found == [200, 404, 404]


def test_hooks_run_after_each_delivery_of_a_check() -> None:
    seen: list[str] = []
    with Emulator() as copper:
        copper.route("https://app.example", to=lambda request: 200)
        copper.after_delivery(lambda delivery: seen.append(str(delivery.topic)))
        copper.check(TARGET, only="type-lead")

    assert seen == ["lead/new", "lead/update", "lead/delete"]


def test_a_hook_that_has_yet_to_be_called_is_called_after_the_check_and_not_in_it() -> None:
    seen: list[Delivery] = []
    failed: list[Delivery] = []

    def fails_once(delivery: Delivery) -> None:
        failed.append(delivery)
        if len(failed) == 1:
            raise LookupError("the first time")

    with Emulator() as copper:
        copper.route("https://app.example", to=lambda request: 200)
        copper.subscribe("person", "new", target=TARGET)
        copper.after_delivery(fails_once)
        copper.after_delivery(seen.append)
        with pytest.raises(LookupError):
            copper.people.create(name="Ada")
        copper.check(TARGET, only="answers")
        in_check = len(seen)
        assert in_check > 0
        copper.settle()

        assert seen[in_check:] == copper.deliveries
        assert copper.deliveries[0] not in seen[:in_check]


def test_a_check_inside_a_delivery_is_refused() -> None:
    with Emulator(allow={"exception"}) as copper:
        refused: list[str] = []

        def hook(request: Received) -> int:
            try:
                copper.check(TARGET)
            except UsageError as error:
                refused.append(str(error))
            return 200

        copper.route("https://app.example", to=hook)
        copper.subscribe("person", "new", target=TARGET)
        copper.people.create(name="Ada")

    assert refused == ["check() cannot be called inside a delivery"]


def test_a_report_is_read_as_a_table() -> None:
    with Emulator() as copper:
        copper.route("https://app.example", to=lambda request: 500)
        report = copper.check(TARGET, only="answers,no-redirect")
        with pytest.raises(CheckFailed) as raised:
            report.checked()

    text = str(report)
    assert text.startswith(f"{TARGET}: 1 row passed, 1 failed\n")
    assert "FAILED   answers " in text
    assert "-> Look in the endpoint's own log" in text
    assert repr(report) == f"<Report of {TARGET}: 1 row passed, 1 failed>"
    assert (str(raised.value), raised.value.report) == (text, report)
    with pytest.raises(
        UsageError, match="there is no row 'burst' in this report; the rows are answers and no-redirect"
    ):
        report["burst"]


def failing(copper: Copper, **options: Any) -> Report:
    copper.route("https://app.example", to=lambda request: 500)
    return copper.check(TARGET, only="answers,no-redirect", **options)


def test_a_failed_report_that_nobody_looks_at_fails_the_test() -> None:
    with pytest.raises(VerdictError) as raised, Emulator() as copper:
        failing(copper)

    lines = str(raised.value).splitlines()
    assert lines[0] == "copper: a check failed, and the test did not look at its report:"
    assert lines[1] == f"{TARGET}: 1 row passed, 1 failed"
    assert lines[-1].startswith("Call .checked() on what copper.check returns, or look at its rows, before the ")


def test_that_is_so_if_nothing_else_happened_in_the_account() -> None:
    with pytest.raises(VerdictError, match="a check failed, and the test did not look"), Emulator() as copper:
        copper.check("https://nowhere.example/hook")


def refused(report: Report) -> None:
    with pytest.raises(CheckFailed):
        report.checked()


@pytest.mark.parametrize(
    "look",
    [
        lambda report: report.ok,
        lambda report: report.rows,
        lambda report: report["answers"],
        lambda report: report.failed,
        lambda report: report.summary,
        Report.to_json,
        refused,
    ],
    ids=["ok", "rows", "row", "failed", "summary", "to_json", "checked"],
)
def test_whoever_looks_at_a_report_decides_what_it_means(look: Callable[[Report], object]) -> None:
    with Emulator() as copper:
        look(failing(copper))


@pytest.mark.parametrize("show", [print, str, repr, "{}".format, lambda report: logging.error("%s", report)])
def test_showing_a_report_is_not_looking_at_it(show: Callable[[Report], object]) -> None:
    """A `print` while debugging must not make a test pass that would fail without it."""
    with pytest.raises(VerdictError) as raised, Emulator() as copper:
        show(failing(copper))

    assert "or look at its rows, before the account ends (printing it does not count)" in str(raised.value)


def test_showing_a_report_does_not_hide_its_warnings() -> None:
    def shown() -> None:
        with Emulator() as copper:
            copper.route("https://app.example", to=lambda request: Response(200, delay="6s"))
            str(copper.check(TARGET, only="in-time"))

    with pytest.warns(CheckWarning, match="1 row warned"):
        shown()


def test_what_is_not_strict_forgives_and_what_passes_needs_no_look() -> None:
    with Emulator(strict=False) as copper:
        failing(copper)
    with Emulator() as copper:
        failing(copper)
        copper.reset()
        copper.route("https://app.example", to=lambda request: 200)
        copper.check(TARGET, only="answers")


def test_the_fixture_says_the_same(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_one(copper):
            copper.route("https://app.example", to=lambda request: 500)
            copper.check("https://app.example/hook", only="answers")
        """
    )
    result = pytester.runpytest_subprocess("-q")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["copper: a check failed, and the test did not look at its report:"])


@pytest.mark.asyncio
async def test_the_asynchronous_face_checks_as_well() -> None:
    heard: dict[int, dict[str, Any]] = {}

    async def hook(request: Received) -> int:
        body = request.json
        if body.get("key") != "s3cret":
            return 401
        for each in body["ids"]:
            if body["event"] == "delete":
                heard.pop(each, None)
            else:
                heard[each] = {}
        return 200

    async with AsyncEmulator() as copper:
        copper.route("https://app.example", to=hook)
        report = await copper.check(
            TARGET,
            secret={"key": "s3cret"},
            types="person",
            state=lambda: {"person": heard},
            skip="burst,slow-fetch",
            patience="100ms",
        )
        assert {row.name for row in report.failed} == {"delete-before-update", "delete-before-new"}


def test_one_report_for_each_row(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from copper_emulator import check_names

        @pytest.mark.parametrize("row", check_names())
        def test_the_endpoint_holds_up(copper, row):
            copper.route("https://app.example", to=lambda request: 200)
            copper.check("https://app.example/hook", only=row, secret={"key": "s3cret"}).checked()
        """
    )
    result = pytester.runpytest_subprocess("-q")

    result.assert_outcomes(passed=len(check_names()) - 2, failed=2)
    result.stdout.fnmatch_lines(["*FAILED *secret-missing*", "*FAILED *secret-wrong*"])
    result.stdout.fnmatch_lines(["E  *CheckFailed: https://app.example/hook: 0 rows passed, 1 failed"])
    result.stdout.fnmatch_lines(
        ["E  *FAILED   secret-wrong *it was answered 200 instead of 401", "E  *-> Compare the*"]
    )


# --- warned rows --------------------------------------------------------------------------------------------------

WARNED = """
    from copper_emulator import Response

    def warned(copper):
        copper.route("https://app.example", to=lambda request: Response(200, delay="6s"))
        return copper.check("https://app.example/hook", only="in-time,batch-1")

    def test_one(copper):
        {}
"""


@pytest.mark.parametrize("said", ["warned(copper).checked()", "warned(copper)"], ids=["checked", "overlooked"])
@pytest.mark.parametrize("options", [(), ("-p", "no:asyncio", "-W", "error")], ids=["plain", "all are errors"])
def test_what_is_warned_stands_in_the_summary_of_warnings(
    pytester: pytest.Pytester, said: str, options: tuple[str, ...]
) -> None:
    pytester.makepyfile(WARNED.format(said))
    result = pytester.runpytest_subprocess("-q", *options)

    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(
        ["*CheckWarning: https://app.example/hook: 1 row warned", "*warned   in-time *", "*-> Answer first and work*"]
    )


@pytest.mark.parametrize(
    ("said", "options", "outcomes"),
    [
        ("assert warned(copper).ok", (), {"passed": 1}),
        ("warned(copper).checked()", ("-W", "ignore::copper_emulator.CheckWarning"), {"passed": 1}),
        ("warned(copper).checked()", ("-W", "error::copper_emulator.CheckWarning"), {"failed": 1}),
    ],
    ids=["looked at", "ignored by name", "an error by name"],
)
def test_who_looks_or_filters_has_it_as_they_like(
    pytester: pytest.Pytester, said: str, options: tuple[str, ...], outcomes: dict[str, int]
) -> None:
    pytester.makepyfile(WARNED.format(said))
    result = pytester.runpytest_subprocess("-q", *options)

    result.assert_outcomes(**outcomes, warnings=0)


def test_a_block_of_its_own_warns_too_and_once() -> None:
    def slow(copper: Copper) -> Report:
        copper.route("https://app.example", to=lambda request: Response(200, delay="6s"))
        return copper.check(TARGET, only="in-time")

    def overlooked() -> None:
        with Emulator() as copper:
            slow(copper)
            copper.verdict()

    with Emulator() as copper:
        report = slow(copper)
        with pytest.warns(CheckWarning) as warned:
            report.checked()
    assert [each.filename for each in warned] == [__file__]
    with pytest.warns(CheckWarning) as warned:
        overlooked()
    assert len(warned) == 1
    # A non-strict account checks nothing at its end; and any warning here is an error of this suite.
    with Emulator(strict=False) as copper:
        slow(copper)
