"""The page that `check --html` writes, in a wide and in a narrow window."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from copper_emulator import Report
from copper_emulator.checks.page import page
from copper_emulator.checks.report import RowReport, Verdict

LONG = "0123456789" * 30
ROWS = (
    RowReport("answers", "one notification", Verdict.PASSED, "1 notification answered 2xx"),
    RowReport("kept-connection", "kept open", Verdict.FAILED, f"answering {LONG}", f"See {LONG}.", 1, (LONG,)),
    RowReport("in-time", "30 ids", Verdict.WARNED, "after 6 s"),
    RowReport("burst", "many", Verdict.SKIPPED, "no time"),
)
HTML = page(Report(f"http://127.0.0.1:5000/{LONG}?token={LONG}", ROWS, (f"only {LONG} was judged",)))
LINES = """cell => {
  const range = document.createRange();
  range.selectNodeContents(cell);
  return new Set([...range.getClientRects()].map(box => box.top)).size;
}"""


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_scrolls_sideways_and_no_verdict_is_broken(browser: Browser, width: int) -> None:
    with browser.new_context(viewport={"width": width, "height": 800}) as context:
        report = context.new_page()
        report.set_content(HTML)

        assert report.evaluate("document.documentElement.scrollWidth") == width
        for verdict in Verdict:
            assert report.get_by_role("cell", name=str(verdict), exact=True).evaluate(LINES) == 1
