"""A report as XML for CI, as a page for people and as JSON for programs."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from copper_emulator import Report
from copper_emulator.checks.junit import junit
from copper_emulator.checks.page import page
from copper_emulator.checks.report import RowReport, Verdict
from copper_emulator.checks.rows import ROWS

NASTY = "answering <script>alert('1')</script> & \x00\x1b[31m \ud7ff"
REPORT = Report(
    "http://127.0.0.1:5000/hook?a=1&b=<2>",
    (
        RowReport("answers", "one notification", Verdict.PASSED, "1 notification answered 2xx", "", 0.25),
        RowReport("in-time", "30 ids", Verdict.WARNED, "after 6 s", "Answer first.", 1.0),
        RowReport("again", "twice", Verdict.FAILED, NASTY, "Do <it> again.", 0.5),
        RowReport("burst", "many", Verdict.SKIPPED, "no time"),
    ),
    ("only answers were judged",),
    1.75,
)
UNSEEN = RowReport("late", "late", Verdict.PASSED, "3 notifications answered 2xx", by_answers=True)
ALL_WELL = Report("http://127.0.0.1:5000", REPORT.rows[:1])


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_junit_has_a_case_for_each_row() -> None:
    root = ElementTree.fromstring(junit(REPORT))
    suite = root[0]
    cases = suite.findall("testcase")

    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped"), suite.get("errors")) == (
        "4",
        "1",
        "1",
        "0",
    )
    assert [case.get("name") for case in cases] == ["answers", "in-time", "again", "burst"]
    assert [[child.tag for child in case] for case in cases] == [
        ["system-out"],
        ["system-out"],
        ["failure"],
        ["skipped"],
    ]
    assert "Do <it> again." in (cases[2][0].text or "")
    assert cases[0].get("time") == "0.250"


def test_what_the_time_limit_left_out_is_an_error_for_ci() -> None:
    cut_off = Report("http://127.0.0.1:5000", REPORT.rows, cut_off=["burst"])
    suite = ElementTree.fromstring(junit(cut_off))[0]

    assert (suite.get("errors"), suite.get("skipped")) == ("1", "0")
    assert [child.tag for child in suite.findall("testcase")[3]] == ["error"]


def test_a_page_needs_nothing_but_itself() -> None:
    parsed = _Page()
    parsed.feed(page(REPORT))
    tags = {tag for tag, _ in parsed.tags}

    assert not tags & {"script", "link", "img", "iframe"}
    assert not any(name in attributes for _, attributes in parsed.tags for name in ("src", "href", "onclick"))
    assert not re.search(r"url\(|@import|https?://(?!127\.0\.0\.1)", page(REPORT))
    assert "<script>alert('1')</script>" in parsed.text


def test_a_page_can_be_read_by_ear() -> None:
    parsed = _Page()
    parsed.feed(page(REPORT))
    scopes = [attributes.get("scope") for tag, attributes in parsed.tags if tag == "th"]

    assert ("html", {"lang": "en"}) in parsed.tags
    assert {"title", "main", "h1", "caption", "thead", "tbody"} <= {tag for tag, _ in parsed.tags}
    assert scopes == ["col"] * 3 + ["row"] * 4
    # The verdict is given as a word, not only as a colour.
    assert all(str(verdict) in parsed.text for verdict in Verdict)


def test_json_has_everything() -> None:
    told = json.loads(json.dumps(REPORT.to_json()))

    assert told["ok"] is False
    assert told["rows"][2]["advice"] == "Do <it> again."
    assert told["notes"] == ["only answers were judged"]


@pytest.mark.parametrize(
    ("report", "summary"),
    [
        (REPORT, "1 row passed, 1 warned, 1 failed, 1 skipped"),
        (ALL_WELL, "1 row passed"),
        (Report("", (*REPORT.rows, UNSEEN)), "2 rows passed (1 by its answers alone), 1 warned, 1 failed, 1 skipped"),
        (Report("", (UNSEEN, UNSEEN)), "2 rows passed (2 by their answers alone)"),
        (Report("", ()), "0 rows passed"),
    ],
)
def test_the_summary_counts(report: Report, summary: str) -> None:
    assert report.summary == summary
    assert report.to_json()["summary"] == summary
    assert ElementTree.fromstring(junit(report)).find(".//property[@name='summary']").get("value") == summary  # type: ignore[union-attr]
    assert summary in page(report)


def test_json_tells_which_rows_passed_by_their_answers_alone() -> None:
    assert [row["by_answers"] for row in Report("", (*ALL_WELL.rows, UNSEEN)).to_json()["rows"]] == [False, True]


def test_the_table_of_rows_in_the_document_is_the_codes() -> None:
    text = (Path(__file__).parents[2] / "docs/check.md").read_text()

    for row in ROWS:
        assert f"| `{row.name}` | {row.about} |\n" in text
    assert text.count("\n| `") == len(ROWS)
