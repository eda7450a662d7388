"""What the page tells: secrets on request, outcomes rather than "sent", errors at their fields, orders and days."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import get_args

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from copper_emulator.settings import SETTINGS
from tests.cli.processes import run, started
from tests.page.emulators import TARGET, Emulator, open_account
from tests.page.endpoint import Endpoint
from tests.page.screen import Screen

# --- secrets ------------------------------------------------------------------------------------------------


def test_secrets_are_masked_until_somebody_asks_to_see_them(
    screen: Screen, emulator: Emulator, endpoint: Endpoint
) -> None:
    emulator.subscribe("person", "new", TARGET, secret={"key": "s3cret"}, headers={"X-Tenant": "blue"})
    emulator.fire(17)
    screen.open(which=1)
    expect(screen.delivery.locator("pre.json")).to_contain_text('"key": "***"')
    expect(screen.delivery).not_to_contain_text("s3cret")

    screen.press("Show secrets")

    expect(screen.delivery.locator("pre.json")).to_contain_text('"key": "s3cret"')
    screen.tab("Request")
    expect(screen.delivery.get_by_role("tabpanel")).to_contain_text("X-Tenantblue")
    screen.press("Hide secrets")
    expect(screen.delivery.get_by_role("tabpanel")).to_contain_text("X-Tenant***")


def test_a_copied_curl_command_warns_of_what_is_masked_and_works_once_it_is_shown(
    screen: Screen, emulator: Emulator, endpoint: Endpoint
) -> None:
    emulator.subscribe("person", "new", TARGET, secret={"key": "s3cret"}, headers={"X-Tenant": "blue"})
    emulator.fire(17)
    screen.open(which=1)
    screen.press("Copy as curl")
    screen.said("with masked values: press Show secrets first")
    assert screen.copied().startswith("# Values shown as *** are masked here")

    screen.press("Show secrets")
    expect(screen.button("Hide secrets")).to_be_visible()
    screen.press("Copy as curl")
    screen.said(re.compile("curl command copied"))

    command = f"{screen.copied()} --silent --noproxy '*'"
    subprocess.run(["sh", "-c", command], check=True, capture_output=True, timeout=30)
    assert endpoint.bodies[1] == endpoint.bodies[0]
    told = ("X-Tenant", "X-Forwarded-Host", "X-Forwarded-Proto", "Host")
    assert [endpoint.headers[1][name] for name in told] == [endpoint.headers[0][name] for name in told]


def test_a_secret_that_was_edited_does_not_look_like_the_right_one(
    screen: Screen, emulator: Emulator, endpoint: Endpoint
) -> None:
    emulator.subscribe("person", "new", TARGET, secret={"key": "s3cret"})
    emulator.fire(17)
    screen.open(which=1)
    screen.press("Edit and resend")
    body = screen.dialog.get_by_label("Body")

    body.fill(body.input_value().replace("***", "wrong"))
    screen.dialog.get_by_role("button", name="Send").click()

    expect(screen.delivery.locator("pre.json")).to_contain_text('"key": "*** (not the subscription\'s)"')
    assert endpoint.bodies[1]["key"] == "wrong"


def test_the_size_is_that_of_what_was_sent_and_the_request_has_all_its_headers(
    screen: Screen, emulator: Emulator, endpoint: Endpoint
) -> None:
    emulator.subscribe("person", "new", TARGET, secret={"key": "s3cret"})
    emulator.fire(17)
    screen.open(which=1)

    expect(screen.delivery).to_contain_text(f"{endpoint.headers[0]['Content-Length']} bytes as sent")
    screen.tab("Request")
    panel = screen.delivery.get_by_role("tabpanel")
    expect(panel).to_contain_text(f"POST {endpoint.url}/hooks/copper")
    for name, value in endpoint.headers[0].items():
        expect(panel).to_contain_text(f"{name}{value}")


# --- outcomes -----------------------------------------------------------------------------------------------


def test_what_was_sent_again_and_blocked_is_no_success(screen: Screen, emulator: Emulator, endpoint: Endpoint) -> None:
    emulator.subscribe("person", "new", TARGET)
    emulator.fire(17)
    screen.open(which=1)
    screen.press("Edit and resend")

    screen.dialog.get_by_label("Target").fill("https://api.copper.com/hook")
    screen.dialog.get_by_role("button", name="Send").click()

    screen.said("Sent again as #2, and not delivered: blocked")


def test_of_several_sent_again_it_is_told_how_each_went(screen: Screen, emulator: Emulator, endpoint: Endpoint) -> None:
    emulator.subscribe("person", "new", TARGET)
    emulator.subscribe("person", "new", "https://nowhere.example.com/hook")
    emulator.fire(17)
    screen.open()
    expect(screen.rows).to_have_count(2)

    screen.press("Select all")
    screen.press("Resend 2 selected")
    screen.press("Resend them")

    screen.said("2 notifications sent again: 1 delivered, 1 blocked")


def test_saving_a_record_says_what_became_of_its_notifications(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.subscribe("person", "new", "https://nowhere.example.com/hook")
    screen.open("records")

    screen.page.get_by_label("name", exact=True).fill("Ada")
    screen.press("Create")

    screen.said("Saved; 2 notifications: 1 delivered, 1 blocked")


def test_deleting_a_record_says_what_became_of_its_notifications(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "delete", "https://nowhere.example.com/hook")
    person = emulator.create(name="Ada")
    screen.open("records", f"person/{person}")

    screen.main.get_by_role("button", name="Delete").click()
    screen.dialog.get_by_role("button", name="Delete").click()

    screen.said("Deleted; 1 notification: 1 blocked")


def test_that_no_record_has_a_name_does_not_say_that_there_is_none(screen: Screen, emulator: Emulator) -> None:
    emulator.create(name="Ada")
    screen.open("records")
    search = screen.page.get_by_label("Search for a name")

    search.fill("Grace")
    expect(screen.main).to_contain_text("No person has this name.")

    # Activities have none.
    search.fill("")
    expect(screen.main.get_by_role("link", name="Ada")).to_be_visible()
    screen.page.get_by_label("Type of record").select_option("activity_log")
    expect(search).to_be_disabled()
    expect(screen.main).to_contain_text("No activity_log yet.")


def test_an_answer_is_copied_and_shown_as_it_came(screen: Screen, emulator: Emulator, endpoint: Endpoint) -> None:
    endpoint.answer = '{"seen": 9007199254740993, "at": 1.0}'
    emulator.subscribe("person", "new", TARGET)
    emulator.fire(17)
    screen.open(which=1, tab="response")
    panel = screen.delivery.get_by_role("tabpanel")

    screen.press("Copy body")
    screen.said("Body copied")
    assert screen.copied() == endpoint.answer

    screen.press("Raw")
    expect(panel.locator("pre")).to_have_text(endpoint.answer)
    screen.press("Pretty")
    expect(panel.locator("pre")).to_contain_text('  "at": 1')


def test_what_is_not_json_is_sent_again_to_another_target_as_it_was(
    screen: Screen, emulator: Emulator, endpoint: Endpoint
) -> None:
    body = {"text": "no <b>JSON</b>", "type": "person", "event": "new", "target": TARGET}
    emulator.ask("POST", "/replay", body)
    screen.open(which=1)
    screen.press("Edit and resend")

    screen.dialog.get_by_label("Target").fill(emulator.inbox)
    screen.dialog.get_by_role("button", name="Send").click()

    expect(screen.delivery.get_by_role("heading", level=1)).to_contain_text("#2")
    expect(screen.delivery).to_contain_text(emulator.inbox)
    expect(screen.delivery).to_contain_text("no <b>JSON</b>")


def test_of_a_refused_connection_no_answer_is_told(screen: Screen, emulator: Emulator, endpoint: Endpoint) -> None:
    emulator.subscribe("person", "new", TARGET)
    endpoint.down()
    emulator.fire(17)
    screen.open(which=1, tab="timing")

    expect(screen.row(17)).to_contain_text("failed connection refused")
    panel = screen.delivery.get_by_role("tabpanel")
    expect(panel).to_contain_text("without an answer")
    expect(panel).not_to_contain_text("answer after")


def test_why_says_what_would_help_and_folds_what_is_for_other_topics(
    screen: Screen, emulator: Emulator, endpoint: Endpoint
) -> None:
    for event in ("update", "delete"):
        emulator.subscribe("person", event)
        emulator.subscribe("company", event)
    failing = emulator.subscribe("person", "new", TARGET, secret={"key": "s3cret"})
    second = emulator.subscribe("person", "new")
    endpoint.status = 401
    emulator.fire(17)
    screen.open(which=1, tab="why")

    panel = screen.delivery.get_by_role("tabpanel")
    expect(panel).to_contain_text("What would help")
    expect(panel).to_contain_text("subscribe with the secret it expects")
    expect(panel.locator(".trace").first).to_contain_text(f"subscription {failing} notified")
    expect(panel.locator(".trace").nth(1)).to_contain_text(f"subscription {second} notified")
    expect(panel.get_by_text("4 other subscriptions are for other topics")).to_be_visible()
    expect(panel.get_by_text("other topic", exact=False).last).to_be_hidden()


def test_what_is_held_is_told_without_a_promise(screen: Screen, server: str, emulator: Emulator) -> None:
    mine = open_account(server, f"{emulator.account}-narrow", limits="1/1m")
    mine.subscribe("person", "new")
    for number in (1, 2, 3):
        mine.fire(number)
    screen.emulator = mine
    screen.open(which=3, tab="timing")
    panel = screen.delivery.get_by_role("tabpanel")
    expect(panel).to_contain_text("not before ")
    first = screen.row(3).inner_text()

    mine.advance("1m")

    expect(screen.row(2)).to_contain_text("delivered")
    expect(screen.row(3)).not_to_have_text(first)
    expect(screen.row(3)).to_contain_text("not before ")
    mine.advance("1m")
    expect(screen.row(3)).to_contain_text("delivered")


def test_moving_the_clock_says_what_became_of_what_was_due(
    screen: Screen, emulator: Emulator, endpoint: Endpoint
) -> None:
    emulator.subscribe("person", "new", TARGET)
    emulator.faults("latency=30s")
    emulator.fire(17)
    emulator.fire(18)
    endpoint.down()
    screen.open()

    screen.press("+1 min")

    screen.said("2 notifications ended on the way: 2 failed")
    expect(screen.page.locator("#said .problem")).to_have_count(1)
    screen.press("+1 min")
    screen.said("no notification ended on the way")


def test_what_did_not_arrive_is_opened_at_why_and_what_was_chosen_stays(
    screen: Screen, emulator: Emulator, endpoint: Endpoint
) -> None:
    emulator.subscribe("person", "new", TARGET)
    emulator.fire(17)
    emulator.wait(17)
    endpoint.down()
    emulator.fire(18)
    emulator.wait(18, outcome="failed")
    emulator.faults("latency=30s")
    emulator.fire(19)
    chosen = screen.delivery.get_by_role("tab", selected=True)

    for serial, tab in ((1, "Payload"), (2, "Why"), (3, "Payload")):
        screen.open(which=serial)
        expect(screen.delivery.get_by_role("heading", level=1)).to_contain_text(f"#{serial}")
        expect(chosen).to_have_text(tab)
    # Who is reading is not taken elsewhere.
    emulator.advance("1m")
    expect(screen.delivery).to_contain_text("connection refused")
    expect(chosen).to_have_text("Payload")
    screen.tab("Request")
    for name, serial in (("Next", 2), ("Previous", 3)):
        screen.press(name)
        expect(screen.delivery.get_by_role("heading", level=1)).to_contain_text(f"#{serial}")
        expect(chosen).to_have_text("Request")


def test_what_has_not_been_sent_says_why_it_cannot_be_sent_again(
    screen: Screen, emulator: Emulator, endpoint: Endpoint
) -> None:
    emulator.subscribe("person", "new", TARGET)
    emulator.faults("latency=30s")
    emulator.fire(17)
    screen.open(which=1)
    resend = screen.button("Resend")

    expect(resend).to_be_disabled()
    expect(resend).to_have_attribute("title", re.compile("has not been sent yet: move the clock"))
    emulator.ask("POST", "/targets/pause", {"target": TARGET})
    emulator.advance("1m")
    screen.page.reload()
    expect(resend).to_have_attribute("title", re.compile("has not been sent yet: resume its target"))
    emulator.ask("POST", "/targets/resume", {"target": TARGET})
    expect(resend).to_be_enabled()
    assert resend.get_attribute("title") is None


# --- the list -----------------------------------------------------------------------------------------------


def test_the_list_is_sorted_by_the_change_or_by_when_it_was_sent(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.faults("latency=10m")
    emulator.fire(17)
    emulator.advance("1m")
    emulator.ask("POST", "/faults", {"off": "all"})
    emulator.fire(18)
    emulator.advance("10m")
    screen.open()
    expect(screen.rows.first).to_contain_text("18")

    screen.press("Sent")

    expect(screen.rows.first).to_contain_text("17")
    expect(screen.list.get_by_role("columnheader", name="Sent")).to_have_attribute("aria-sort", "descending")
    screen.press("Changed")
    expect(screen.rows.first).to_contain_text("18")


def test_what_is_of_another_day_stands_under_its_date(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(17)
    first = emulator.notifications()[0]["created_at"][:10]
    screen.open()
    expect(screen.rows).to_have_count(1)
    expect(screen.list.get_by_role("rowheader")).to_have_count(0)

    emulator.advance("400d")
    emulator.fire(18)

    second = emulator.notifications()[0]["created_at"][:10]
    expect(screen.list.get_by_role("rowheader")).to_have_text([second, first])
    screen.page.keyboard.press("j")
    expect(screen.delivery.get_by_role("heading", level=1)).to_contain_text("#2")
    screen.page.keyboard.press("j")
    expect(screen.delivery.get_by_role("heading", level=1)).to_contain_text("#1")


def test_a_resend_and_its_original_lead_to_each_other(screen: Screen, emulator: Emulator, endpoint: Endpoint) -> None:
    subscription = emulator.subscribe("person", "new", TARGET)
    emulator.fire(17)
    screen.open(which=1, subscription=subscription)
    screen.press("Resend")

    heading = screen.delivery.get_by_role("heading", level=1)
    expect(heading).to_contain_text("#2")
    expect(screen.row("resend of #1")).to_be_visible()
    expect(screen.row("resent as #2")).to_be_visible()
    screen.delivery.get_by_role("link", name="#1").click()
    expect(heading).to_contain_text("#1")
    screen.delivery.get_by_role("link", name="#2").click()
    expect(heading).to_contain_text("#2")


def test_what_failed_and_was_delivered_by_a_resend_needs_no_looking_at(
    screen: Screen, emulator: Emulator, endpoint: Endpoint
) -> None:
    emulator.subscribe("person", "new", TARGET)
    endpoint.status = 500
    emulator.fire(17)
    emulator.fire(18)
    endpoint.status = 200
    screen.open(which=1, state="open")
    expect(screen.rows).to_have_count(2)

    screen.press("Resend")

    expect(screen.rows).to_have_count(1)
    expect(screen.row(18)).to_be_visible()


@pytest.mark.parametrize("how", ["JSON", "HAR", "CSV"])
def test_what_is_exported_tells_a_resend(screen: Screen, emulator: Emulator, endpoint: Endpoint, how: str) -> None:
    emulator.subscribe("person", "new", TARGET)
    emulator.fire(17)
    emulator.ask("POST", "/notifications/1/resend", {})
    screen.open()
    expect(screen.rows).to_have_count(2)

    _, text = screen.saved(f"Export as {how}")

    if how == "JSON":
        assert [each["resend_of"] for each in json.loads(text)["deliveries"]] == [None, 1]
    elif how == "HAR":
        entry = json.loads(text)["log"]["entries"][1]
        assert entry["comment"] == "notification 2: delivered, resend of 1"
        assert entry["request"]["url"] == f"{endpoint.url}/hooks/copper"
        assert entry["time"] > 0
    else:
        head, _, row = text.splitlines()
        assert dict(zip(head.split(","), row.split(","), strict=True))["resend_of"] == "1"


NO_JSON = {"text": "not json {", "type": "person", "event": "new", "target": TARGET}


@pytest.mark.parametrize("how", ["JSON", "HAR"])
def test_a_body_that_is_no_json_is_exported_as_it_was_sent(
    screen: Screen, emulator: Emulator, endpoint: Endpoint, how: str
) -> None:
    emulator.subscribe("person", "new", TARGET)
    emulator.fire(17)
    emulator.ask("POST", "/replay", NO_JSON)
    screen.open()
    expect(screen.rows).to_have_count(2)

    _, text = screen.saved(f"Export as {how}")

    if how == "JSON":
        first, second = json.loads(text)["deliveries"]
        assert (first["request_body"]["ids"], first["request_text"]) == ([17], "")
        assert (second["request_body"], second["request_text"]) == (None, "not json {")
    else:
        _, entry = json.loads(text)["log"]["entries"]
        assert (entry["request"]["postData"]["text"], entry["request"]["bodySize"]) == ("not json {", 10)


def test_a_long_answer_is_exported_as_far_as_it_is_kept_and_it_is_said_that_it_was_longer(
    screen: Screen, emulator: Emulator, endpoint: Endpoint
) -> None:
    kept = 64 * 1024
    emulator.subscribe("person", "new", TARGET)
    for endpoint.answer in ("x" * 5_000, "y" * (kept + 1)):
        emulator.fire(17)
    screen.open()
    expect(screen.rows).to_have_count(2)

    deliveries = json.loads(screen.saved("Export as JSON")[1])["deliveries"]
    contents = [each["response"]["content"] for each in json.loads(screen.saved("Export as HAR")[1])["log"]["entries"]]

    told = "It was longer, or just as long: the first 64 KiB of an answer are kept."
    assert [(each["response_body"], each["response_cut"]) for each in deliveries] == [
        ("x" * 5_000, False),
        ("y" * kept, True),
    ]
    assert [(len(each["text"]), each.get("comment")) for each in contents] == [(5_000, None), (kept, told)]
    screen.rows.first.click()
    screen.tab("Response")
    expect(screen.delivery.get_by_text(told)).to_be_visible()


def test_what_has_no_ids_keeps_the_place_for_them(screen: Screen, emulator: Emulator, endpoint: Endpoint) -> None:
    emulator.subscribe("person", "new", TARGET)
    emulator.fire(17)
    emulator.ask("POST", "/replay", NO_JSON)
    screen.open()
    expect(screen.rows).to_have_count(2)

    cells = screen.rows.locator(".target")
    places = [cells.nth(number).bounding_box() for number in range(2)]

    assert places[0] is not None
    assert places[1] is not None
    assert places[0]["x"] == places[1]["x"]


# --- filters ------------------------------------------------------------------------------------------------


def test_the_text_filters_while_it_is_written_and_escape_takes_it_away(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.subscribe("company", "new")
    emulator.fire(17)
    emulator.fire(18, type="company")
    screen.open()
    expect(screen.rows).to_have_count(2)
    text = screen.page.get_by_label("Text", exact=True)

    text.press_sequentially("company/new")
    expect(screen.rows).to_have_count(1)
    expect(text).to_be_focused()

    text.press("Escape")
    expect(screen.rows).to_have_count(2)
    screen.page.keyboard.press("j")
    expect(screen.delivery).to_contain_text("#2")
    expect(text).to_have_value("")


def test_a_time_is_written_as_the_list_shows_it(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(17)
    emulator.advance("1s")
    emulator.fire(18)
    screen.open()
    expect(screen.rows).to_have_count(2)
    shown = emulator.notifications()[0]["created_at"][11:19]
    screen.page.get_by_text("More", exact=True).click()

    screen.page.get_by_label("Filter by from time").fill(shown)
    screen.page.get_by_label("Filter by from time").press("Enter")

    expect(screen.rows).to_have_count(1)
    expect(screen.rows.first).to_contain_text("18")


def test_what_cannot_be_filtered_by_is_said_at_its_box_and_the_list_stays(
    screen: Screen, emulator: Emulator, endpoint: Endpoint
) -> None:
    endpoint.status = 503
    emulator.subscribe("person", "new", TARGET)
    emulator.fire(17)
    screen.open()
    expect(screen.rows).to_have_count(1)
    screen.page.get_by_text("More", exact=True).click()

    for label, written, said in (
        ("from time", "yesterday", "from time must be like 05:05:28"),
        ("answer", "6xx", "answer must be like 503, or 5xx"),
        ("record id", "Ada", "record id must be a number"),
    ):
        box = screen.page.get_by_label(f"Filter by {label}")
        box.fill(written)
        box.press("Enter")
        expect(screen.main.get_by_role("alert")).to_contain_text(said)
        expect(screen.rows).to_have_count(1)
        box.fill("")
    screen.page.get_by_label("Filter by answer").fill("5xx")
    screen.page.get_by_label("Filter by answer").press("Enter")
    expect(screen.page.locator("#filter-count")).to_have_text("1 notification of 1")


@pytest.mark.parametrize("length", [19, 16], ids=["second", "minute"])
def test_a_link_with_a_time_of_the_day_filters_too(screen: Screen, emulator: Emulator, length: int) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(17)
    emulator.advance("1m")
    emulator.fire(18)
    later = emulator.notifications()[0]["created_at"]

    screen.open(since=later[11:length])

    expect(screen.rows).to_have_count(1)
    expect(screen.rows.first).to_contain_text("18")
    expect(screen.page.get_by_label("Filter by from time")).to_have_value(re.compile(later[11:length]))


def test_a_filter_of_a_link_that_cannot_be_meant_is_said_at_its_box(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(17)
    alerts = screen.main.get_by_role("alert")

    for filters, said in (
        ({"status": "foo"}, "answer must be like 503, or 5xx"),
        ({"since": "garbage"}, "from time must be like 05:05:28"),
        ({"state": "foo"}, "there is no status foo"),
        ({"id": "abc"}, "record id must be a number"),
    ):
        screen.open(**filters)
        expect(alerts).to_have_count(1)
        expect(alerts).to_contain_text(said)
        expect(screen.main).to_contain_text("Nothing is shown: one of the filters is not valid.")
        expect(screen.main).not_to_contain_text("nothing older")

    screen.open(id=17)
    expect(screen.rows).to_have_count(1)
    expect(alerts).to_have_count(0)


def test_that_secrets_are_not_searched_is_said(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new", secret={"key": "s3cret"})
    emulator.fire(17)

    screen.open(text="s3cret")

    expect(screen.main).to_contain_text("The values of secrets and headers are not searched.")


# --- errors at their boxes ----------------------------------------------------------------------------------


def test_which_box_is_no_json_is_said_at_the_box(screen: Screen, emulator: Emulator) -> None:
    screen.open("subscriptions")
    screen.press("New subscription")
    screen.dialog.get_by_label("Target").fill(TARGET)
    headers = screen.dialog.get_by_label("Headers")
    headers.fill("{X-Api-Key: 1}")

    screen.dialog.get_by_role("button", name="Save").click()

    expect(screen.dialog.get_by_role("alert")).to_contain_text("Headers is not JSON")
    expect(screen.dialog.get_by_role("alert")).to_contain_text('Write it like {"X-Api-Key": "s3cret"}.')
    expect(headers).to_be_focused()
    headers.fill("")
    expect(screen.dialog.get_by_role("alert")).to_have_count(0)


def test_an_accounts_name_is_asked_for_in_words(screen: Screen, emulator: Emulator) -> None:
    screen.open()
    screen.press("New account")

    screen.dialog.get_by_label("Name").fill("second acct!")
    screen.press("Create")

    expect(screen.dialog.get_by_role("alert")).to_contain_text("A name has at most 64 letters, digits, dots, dashes")


def test_a_wrong_setting_is_told_at_its_box_and_stays_as_it_was_written(screen: Screen, emulator: Emulator) -> None:
    screen.open("account")
    latency = screen.page.get_by_label("latency", exact=True)

    latency.fill("soon")
    screen.press("Save settings")

    expect(screen.main.get_by_role("alert")).to_contain_text("latency")
    expect(latency).to_be_focused()
    expect(latency).to_have_value("soon")


def test_settings_that_are_one_of_several_words_are_chosen(screen: Screen, emulator: Emulator) -> None:
    told = screen.open("account").page.evaluate(
        "async () => (await import('/_emulator/page/js/views/account.js')).CHOICES"
    )
    known = {}
    for name, setting in SETTINGS.items():
        kind = setting.kind
        words = [str(each) for each in kind] if isinstance(kind, type) and issubclass(kind, StrEnum) else get_args(kind)
        if words and all(isinstance(each, str) for each in words):
            known[name] = list(words)

    assert told == known
    expect(screen.page.get_by_label("strict", exact=True)).to_have_count(0)
    screen.page.get_by_label("over_limit", exact=True).select_option("drop")
    screen.press("Save settings")
    screen.said("Saved")
    assert emulator.ask("GET", "/settings")["settings"]["over_limit"] == "drop"


def test_a_file_that_is_no_snapshot_is_noticed_before_anything_is_asked(screen: Screen, emulator: Emulator) -> None:
    screen.open("account")
    file: FilePayload = {"name": "notes.json", "mimeType": "application/json", "buffer": b"not json"}

    screen.page.get_by_label("Restore a snapshot").set_input_files(file)

    expect(screen.main.get_by_role("alert")).to_contain_text("notes.json is not a snapshot")
    expect(screen.dialog).to_have_count(0)


@pytest.mark.parametrize(
    ("box", "written", "button", "told"),
    [
        ("How much outage", "abc", "Switch on outage", "'abc' is not a duration"),
        ("How many refuse", "some", "Switch on refuse", "'some' is not a whole number"),
        ("Only targets at or below", "foo", "Switch on lose", "'foo' is not a target"),
    ],
)
def test_what_is_wrong_with_a_fault_is_told_at_its_box(
    screen: Screen, emulator: Emulator, box: str, written: str, button: str, told: str
) -> None:
    screen.open("faults")
    control = screen.page.get_by_label(box, exact=True)

    control.fill(written)
    screen.press(button)

    expect(screen.main.get_by_role("alert")).to_contain_text(told)
    expect(control).to_be_focused()
    expect(control).to_have_attribute("aria-invalid", "true")
    expect(screen.page.locator("#said")).to_be_empty()


def test_that_a_fault_is_on_is_not_told_any_more_when_it_is_off(screen: Screen, emulator: Emulator) -> None:
    screen.open("faults")
    screen.press("Switch on once")
    screen.said("On: refuse=1")
    screen.press("Switch on shuffle")
    screen.said("On: shuffle")
    expect(screen.page.locator("#said .said")).to_have_count(1)

    screen.press("Switch off all faults")

    screen.said("All faults are off")
    expect(screen.page.locator("#said")).not_to_contain_text("On:")


# --- what helps, told for this page ---------------------------------------------------------------------------


def test_the_first_step_names_the_endpoint_also_when_the_inbox_watches(screen: Screen, emulator: Emulator) -> None:
    screen.open()
    screen.press("Watch without an endpoint")

    expect(screen.main).to_contain_text("subscriptions wait for something to happen")
    expect(screen.main).to_contain_text("With an endpoint of your own: give its target a route under Subscriptions")


def test_a_target_without_a_route_is_led_to_the_button_that_makes_one(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new", TARGET)
    screen.open("subscriptions")

    targets = screen.region("Targets")
    expect(targets).to_contain_text("no route for https://billing.example.com")
    expect(targets).to_contain_text("Give it a route with New route below")
    expect(targets).not_to_contain_text("copper-emulator")


@pytest.mark.parametrize(
    ("target", "advised"),
    [
        ("http://billing.example.com/hooks", ["New route under Subscriptions, or copper-emulator --server "]),
        (
            "http://127.0.0.1:5000/hooks",
            [
                "New route under Subscriptions, or copper-emulator --server ",
                "allow_http=true under Account, or copper-emulator --server ",
            ],
        ),
    ],
    ids=["remote", "local"],
)
def test_advice_names_the_page_first(screen: Screen, emulator: Emulator, target: str, advised: list[str]) -> None:
    screen.open("subscriptions")
    screen.press("New subscription")
    screen.dialog.get_by_label("Target", exact=True).fill(target)

    screen.dialog.get_by_role("button", name="Save").click()

    for each in advised:
        expect(screen.dialog.get_by_role("alert")).to_contain_text(each)


def test_a_command_that_is_shown_is_for_this_server_and_account_and_works(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new", TARGET)
    emulator.fire(17)
    screen.open(which=1, tab="why")
    panel = screen.delivery.get_by_role("tabpanel")
    begins = f"copper-emulator --server {emulator.url} --account {emulator.account} "
    expect(panel).to_contain_text(f"{begins}routes https://billing.example.com=http://127.0.0.1:5000")
    expect(panel).to_contain_text(f"{begins}settings --set allow_targets=billing.example.com")

    text = panel.inner_text()
    command = text[text.index(begins) : text.index("; to really send")].split()
    code, _, errors = run(*command[1:])

    assert code == 0, errors
    routes = emulator.ask("GET", "/routes")["routes"]
    assert [(each["origin"], each["to"]) for each in routes] == [
        ("https://billing.example.com", "http://127.0.0.1:5000")
    ]
    screen.delivery.get_by_role("link", name="New route").click()
    expect(screen.region("Routes").get_by_role("button", name="New route")).to_be_visible()


@pytest.mark.parametrize(("zone", "shift"), [("UTC", 0), ("local", 9)])
def test_moments_are_in_one_form_and_zone_also_within_sentences(
    browser: Browser, emulator: Emulator, zone: str, shift: int
) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(17)
    ended = datetime.fromisoformat(emulator.notifications()[0]["ended_at"]) + timedelta(hours=shift)
    told = ended.strftime("%Y-%m-%d %H:%M:%S.") + f"{ended.microsecond // 1000:03}"
    with browser.new_context(timezone_id="Asia/Tokyo") as context:
        screen = Screen(context.new_page(), emulator).open(which=1, tab="timing")
        if zone == "local":
            screen.press("Time zone: UTC")
        expect(screen.button(f"Time zone: {zone}")).to_be_visible()

        panel = screen.delivery.get_by_role("tabpanel")
        expect(panel).to_contain_text(f"In the account's time ({zone})")
        expect(panel).to_contain_text(f"Ended{told}")
        screen.tab("Why")
        expect(panel).to_contain_text(f"delivered (200) at {told}")


# --- doing --------------------------------------------------------------------------------------------------


def test_a_route_to_another_machine_is_asked_about(screen: Screen, emulator: Emulator) -> None:
    screen.open("subscriptions")
    screen.press("New route")
    screen.dialog.get_by_label("Targets at or below").fill("https://billing.example.com")
    screen.dialog.get_by_label("Are sent to").fill("https://www.example.com")

    screen.dialog.get_by_role("button", name="Save").click()
    expect(screen.dialog.last).to_contain_text("www.example.com is another machine")
    screen.press("Send there")

    expect(screen.region("Routes")).to_contain_text("It leaves this machine.")


def test_the_limits_are_set_where_they_are_seen(screen: Screen, emulator: Emulator) -> None:
    screen.open("limits")

    screen.page.get_by_label("Limits, like").fill("2/1m")
    screen.press("Save limits")

    expect(screen.region("Windows")).to_contain_text("0/2")
    expect(screen.region("Change the limits").get_by_role("link", name="Account")).to_be_visible()


def test_a_record_that_nobody_would_hear_of_says_so_and_offers_the_inbox(screen: Screen, emulator: Emulator) -> None:
    person = emulator.create(name="Ada")
    screen.open("records", f"person/{person}")
    webhooks = screen.region("Webhooks of this record")
    expect(webhooks).to_contain_text("Nobody is subscribed to person")

    screen.press("Watch everything in the inbox")

    expect(webhooks).to_contain_text("None yet. They appear here as they happen.")


def test_after_one_click_to_watch_the_next_step_is_offered(screen: Screen, emulator: Emulator) -> None:
    screen.open()

    screen.press("Watch without an endpoint")

    expect(screen.main).to_contain_text("19 subscriptions wait for something to happen")
    expect(screen.button("Watch without an endpoint")).to_have_count(0)
    screen.main.get_by_role("link", name="create a person").click()
    expect(screen.page.get_by_label("name", exact=True)).to_be_focused()


def test_a_broken_body_is_sent_to_a_target_as_it_stands(screen: Screen, emulator: Emulator, endpoint: Endpoint) -> None:
    subscription = emulator.subscribe("person", "update", TARGET)
    screen.open("send")
    expect(screen.page.get_by_label("To", exact=True)).to_contain_text(f"to subscription {subscription} at {TARGET}")
    screen.page.get_by_label("To", exact=True).select_option(str(subscription))

    screen.page.get_by_label("Body").fill('{"not": "a notification"}')
    expect(screen.main).to_contain_text("Copper would not send this. It is sent exactly as it is here.")
    screen.press("Send")

    expect(screen.delivery).to_contain_text("delivered")
    assert endpoint.bodies == [{"not": "a notification"}]


def test_a_half_written_record_is_not_lost_without_a_question(screen: Screen, emulator: Emulator) -> None:
    person = emulator.create(name="Ada")
    screen.open("records", f"person/{person}")
    title = screen.page.get_by_label("title", exact=True)
    title.fill("Countess")

    screen.go("Faults")
    screen.press("Keep editing")
    expect(screen.page).to_have_url(re.compile(rf"/records/person(/|%2F){person}$"))
    expect(title).to_have_value("Countess")

    screen.go("Faults")
    screen.press("Leave")
    expect(screen.main.get_by_role("heading", name="Faults", exact=True)).to_be_visible()


def test_the_focus_stays_where_somebody_is(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    screen.open()
    screen.page.keyboard.press("2")
    expect(screen.main).to_be_focused()

    screen.press("New")
    screen.page.keyboard.type("Ada")
    expect(screen.page.get_by_label("name", exact=True)).to_have_value("Ada")
    screen.page.keyboard.press("Enter")
    expect(screen.main.get_by_role("heading", name=re.compile(r"person \d+"))).to_be_visible()
    assert screen.page.evaluate("document.activeElement !== document.body")
    assert re.search(r"/records/person/\d+$", screen.page.url)

    screen.press("Keys")
    screen.page.keyboard.press("Escape")
    expect(screen.button("Keys")).to_be_focused()


def test_a_fault_that_ends_by_itself_says_when(screen: Screen, emulator: Emulator) -> None:
    screen.open("faults")

    screen.press("Switch on outage")

    expect(screen.region("What is switched on")).to_contain_text(re.compile(r"outage=10m\s*until \d\d:\d\d:\d\d"))


def test_switching_a_fault_on_moves_nothing_away_from_under_the_mouse(screen: Screen, emulator: Emulator) -> None:
    screen.open("faults")
    before = screen.button("Switch on lose").bounding_box()

    screen.press("Switch on shuffle")

    expect(screen.region("What is switched on")).to_contain_text("shuffle")
    head = screen.main.get_by_role("heading", name="Faults", exact=True).bounding_box()
    assert before is not None
    assert head is not None
    assert head["y"] < 80


@pytest.mark.parametrize("view", ["subscriptions", "faults"])
def test_there_is_one_scrollbar(screen: Screen, emulator: Emulator, view: str) -> None:
    for event in ("new", "update", "delete"):
        for kind in ("person", "company", "lead", "task", "project", "opportunity"):
            emulator.subscribe(kind, event)
    screen.open(view)
    expect(screen.main.get_by_role("table").first).to_be_visible()

    assert screen.page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_in_a_small_window_the_delivery_has_all_of_it(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(17)
    screen.page.set_viewport_size({"width": 800, "height": 800})
    screen.open()
    top = screen.list.bounding_box()
    assert top is not None
    assert top["y"] < 300

    screen.rows.first.click()

    expect(screen.list).to_be_hidden()
    box = screen.delivery.bounding_box()
    assert box is not None
    assert box["width"] > 750


# --- a server that ends -------------------------------------------------------------------------------------


def test_what_was_asked_for_while_the_server_was_gone_comes_when_it_is_back(browser: Browser) -> None:
    with started("serve", "--port", "0") as first:
        port = first.url.rpartition(":")[2]
        page = browser.new_page()
        screen = Screen(page, Emulator(first.url, "default")).open()
        first.end(signal.SIGKILL)
        screen.go("Records")
        screen.go("Scenarios")
        screen.go("Records")
    with started("serve", "--port", port):
        expect(page.get_by_role("main").get_by_label("Search for a name")).to_be_visible()
        expect(page.get_by_text("Not connected.")).to_be_hidden()
        screen.press("New")
        page.get_by_label("name", exact=True).fill("Ada")
        screen.press("Create")
        expect(page.get_by_role("main").get_by_role("heading", name=re.compile(r"person \d+"))).to_be_visible()
        page.close()


def test_that_nobody_answers_is_said_once_and_nothing_pretends_to_be_live(browser: Browser) -> None:
    with started("serve", "--port", "0") as first:
        port = first.url.rpartition(":")[2]
        page = browser.new_page()
        screen = Screen(page, Emulator(first.url, "default")).open("subscriptions")
        clock = screen.region("Clock")
        expect(clock).to_contain_text("running")
        first.end(signal.SIGKILL)

        screen.go("Records")

        expect(screen.main).to_contain_text("Records could not be shown")
        expect(screen.button("New")).to_have_count(0)
        expect(page.get_by_text("The server does not answer", exact=False)).to_have_count(1)
        expect(page.locator("#said")).to_be_empty()
        expect(clock).to_contain_text("no answer")
        expect(clock).not_to_contain_text("nothing waits")
        for each in ("+1 min", "Freeze"):
            expect(screen.button(each)).to_be_disabled()
    with started("serve", "--port", port):
        expect(screen.button("New")).to_be_visible()
        expect(clock).to_contain_text("running")
        expect(clock).to_contain_text("nothing waits")
        expect(screen.button("Freeze")).to_be_enabled()
        expect(page.get_by_text("Not connected.")).to_be_hidden()
        page.close()


def test_what_is_shown_when_the_server_goes_is_grey_until_it_is_back(browser: Browser) -> None:
    with started("serve", "--port", "0") as first:
        port = first.url.rpartition(":")[2]
        page = browser.new_page()
        screen = Screen(page, Emulator(first.url, "default")).open("faults")
        heading = screen.main.get_by_role("heading", name="For the next delivery only")
        first.end(signal.SIGKILL)

        screen.press("Switch on shuffle")

        expect(page.get_by_text("Not connected.")).to_be_visible()
        expect(page.locator("#said")).to_be_empty()
        expect(page.locator("#main > .view > *")).to_have_css("filter", "grayscale(1)")
        expect(heading).to_be_visible()
    with started("serve", "--port", port):
        expect(page.locator("#main > .view > *")).to_have_css("filter", "none")
        screen.press("Switch on shuffle")
        screen.said("On: shuffle")
        page.close()


def test_who_goes_to_another_account_while_nobody_answers_gets_there(browser: Browser) -> None:
    with started("serve", "--port", "0") as first:
        port = first.url.rpartition(":")[2]
        page = browser.new_page()
        Screen(page, Emulator(first.url, "default")).open()
        first.end(signal.SIGKILL)
        page.evaluate("location.hash = '#/other/records'")
        expect(page.get_by_role("main")).to_contain_text("The server does not answer")
    with started("serve", "--port", port) as second:
        open_account(second.url, "other")
        expect(page.get_by_role("main")).to_have_attribute("data-view", "records")
        page.close()


def test_what_is_open_stays_when_the_server_comes_back_with_its_state(browser: Browser, tmp_path: Path) -> None:
    command = ("serve", "--state", str(tmp_path / "state.sqlite"), "--port")
    with started(*command, "0") as first:
        port = first.url.rpartition(":")[2]
        emulator = Emulator(first.url, "default")
        emulator.subscribe("person", "new")
        person = emulator.create(name="Ada")
        page, other = browser.new_page(), browser.new_page()
        Screen(page, emulator).open("records", f"person/{person}")
        deliveries = Screen(other, emulator).open(which=1)
        # The stream goes on after the last entry that came with it.
        emulator.create(name="Alan")
        expect(deliveries.rows).to_have_count(2)
        expect(page.get_by_role("link", name="Alan")).to_be_visible()
        title = page.get_by_label("title", exact=True)
        title.fill("Countess")
        first.end()
        for each in (page, other):
            expect(each.get_by_text("Not connected.")).to_be_visible()
    with started(*command, port):
        for each in (page, other):
            expect(each.get_by_text("Not connected.")).to_be_hidden()
        emulator.create(name="Grace")
        expect(deliveries.rows).to_have_count(3)
        expect(deliveries.delivery.get_by_role("heading", level=1)).to_contain_text("#1")
        expect(page.get_by_role("link", name="Grace")).to_be_visible()
        expect(title).to_have_value("Countess")
        emulator.ask("POST", "/reset")
        expect(deliveries.main).to_contain_text("Nothing has happened yet")
        page.close()
        other.close()


def test_an_account_that_a_new_server_does_not_have_is_said_to_be_missing(browser: Browser) -> None:
    with started("serve", "--port", "0") as first:
        port = first.url.rpartition(":")[2]
        page = browser.new_page()
        Screen(page, open_account(first.url, "other")).open()
        first.end(signal.SIGKILL)
        expect(page.get_by_text("Not connected.")).to_be_visible()
    with started("serve", "--port", port):
        expect(page.get_by_role("main")).to_contain_text("There is no account 'other'")
        page.close()


# --- time ---------------------------------------------------------------------------------------------------


def test_that_the_accounts_time_is_not_real_time_is_said(screen: Screen, emulator: Emulator) -> None:
    screen.open()
    expect(screen.region("Clock")).to_contain_text("nothing waits")
    expect(screen.region("Clock")).not_to_contain_text("real time")

    emulator.advance("2h")

    expect(screen.region("Clock")).to_contain_text("2h ahead of real time")
    # In the same line, where the rest of the bar is as long as it usually gets.
    emulator.faults("latency=10m")
    emulator.subscribe("person", "new")
    emulator.fire(*range(1, 3001))
    expect(screen.region("Clock")).to_contain_text("100 waiting, next due in")
    assert screen.region("Clock").evaluate("bar => bar.clientHeight") < 50


def test_when_a_full_limit_opens_is_the_same_everywhere(screen: Screen, server: str, emulator: Emulator) -> None:
    mine = open_account(server, f"{emulator.account}-narrow", limits="1/1m")
    mine.subscribe("person", "new")
    mine.fire(17)
    mine.fire(18)
    screen.emulator = mine
    opens = mine.ask("GET", "/limits")["limits"][0]["opens_at"][11:19]

    screen.open("limits")

    for place in (screen.region("Windows"), screen.page.locator("#gauges")):
        expect(place).to_contain_text(f"full, opens at {opens}, 1 held")


# --- texts --------------------------------------------------------------------------------------------------


def test_code_in_what_a_scenario_says_is_shown_as_code(screen: Screen, emulator: Emulator) -> None:
    screen.open("scenarios")
    choice = screen.page.get_by_label("Scenario", exact=True)

    for name in choice.locator("option").evaluate_all("all => all.map(each => each.value)"):
        choice.select_option(name)
        expect(screen.main).not_to_contain_text("`")
    choice.select_option("batch_of_61")
    expect(screen.main.locator(".about code").first).to_have_text("ids[0]")


def test_who_resets_is_asked_about_the_account(screen: Screen, emulator: Emulator) -> None:
    screen.open()

    screen.press("Reset")

    expect(screen.page.get_by_role("dialog", name=f"Reset the account {emulator.account}?")).to_be_visible()
    screen.press("Delete everything")
    screen.said(f"The account {emulator.account} was reset")
