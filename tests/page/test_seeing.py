"""What a person sees: the growing list, one delivery in full, why, and the addresses of them."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.cli.processes import started
from tests.page.emulators import TARGET, Emulator, open_account
from tests.page.endpoint import Endpoint, listening
from tests.page.screen import Screen


def test_what_happens_appears_by_itself_newest_first(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    screen.open()
    expect(screen.main).to_contain_text("1 subscription waits for something to happen")

    emulator.fire(17)
    expect(screen.rows).to_have_count(1)
    emulator.fire(18)

    expect(screen.rows.first).to_contain_text("18")
    expect(screen.rows.last).to_contain_text("17")


def test_a_change_that_nobody_hears_of_is_in_the_list_too(screen: Screen, emulator: Emulator) -> None:
    screen.open()

    emulator.create(name="Ada")

    expect(screen.row("nobody")).to_contain_text("no subscription")
    screen.row("nobody").click()
    expect(screen.delivery).to_contain_text("Why nobody was notified")


def test_while_the_list_is_paused_it_counts_what_is_new(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(17)
    screen.open()
    expect(screen.rows).to_have_count(1)

    screen.press("Pause the list")
    emulator.fire(18)
    emulator.fire(19)

    expect(screen.button("Resume the list (2 new)")).to_be_visible()
    expect(screen.rows).to_have_count(1)
    screen.press("Resume the list (2 new)")
    expect(screen.rows).to_have_count(3)


def test_following_always_looks_at_the_newest(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(17)
    screen.open()

    screen.press("Follow")
    expect(screen.delivery).to_contain_text("#1")
    emulator.fire(18)
    expect(screen.delivery).to_contain_text("#2")

    screen.press("Follow")
    emulator.fire(19)
    expect(screen.rows).to_have_count(3)
    expect(screen.delivery).to_contain_text("#2")


def test_each_status_is_a_word(screen: Screen, emulator: Emulator, endpoint: Endpoint) -> None:
    emulator.subscribe("person", "new", TARGET)
    screen.open()
    emulator.fire(1)
    expect(screen.row("delivered")).to_contain_text("200")

    endpoint.status = 503
    emulator.fire(2)
    expect(screen.row("rejected")).to_contain_text("503")

    endpoint.down()
    emulator.fire(3)
    expect(screen.row("failed")).to_contain_text("refused")

    emulator.faults("lose=1")
    emulator.fire(4)
    expect(screen.row("lost")).to_be_visible()

    emulator.subscribe("company", "new", "https://nowhere.example.com/hook")
    emulator.fire(5, type="company")
    expect(screen.row("blocked")).to_be_visible()


def test_what_is_late_says_when_it_is_due(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.faults("latency=10m")
    screen.open()

    emulator.fire(17)

    expect(screen.row("waiting")).to_contain_text("due in 10m")
    emulator.advance("4m")
    expect(screen.row("waiting")).to_contain_text("due in 6m")
    emulator.advance("6m")
    expect(screen.row("delivered")).to_be_visible()


def test_what_is_held_says_when_it_goes_at_the_earliest(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(*range(1, 601 * 30 + 1))

    screen.open(state="held")

    expect(screen.row("held")).to_have_count(1)
    expect(screen.row("held")).to_contain_text(re.compile(r"not before \d\d:\d\d:\d\d"))


def test_what_was_waiting_for_a_subscription_that_is_gone_is_cancelled(screen: Screen, emulator: Emulator) -> None:
    subscription = emulator.subscribe("person", "new")
    emulator.faults("latency=10m")
    emulator.fire(17)
    emulator.ask("DELETE", f"/subscriptions/{subscription}")
    screen.open()

    emulator.advance("10m")

    expect(screen.row("cancelled")).to_be_visible()


def test_what_the_limits_drop_says_so(screen: Screen, server: str, emulator: Emulator) -> None:
    dropping = open_account(server, f"{emulator.account}-dropping", limits="1/1m", over_limit="drop")
    dropping.subscribe("person", "new")
    dropping.fire(17)
    dropping.fire(18)
    screen.emulator = dropping

    screen.open()

    expect(screen.row(18)).to_contain_text("dropped over the limit of 1/1m")


def test_what_was_on_its_way_when_the_server_was_killed_is_unknown(browser: Browser, tmp_path: Path) -> None:
    command = ("serve", "--port", "0", "--state", str(tmp_path / "state.sqlite"))
    with listening() as endpoint:
        endpoint.let_go.clear()
        with started(*command) as process:
            emulator = Emulator(process.url, "default")
            emulator.route(endpoint.url)
            emulator.subscribe("person", "new", TARGET)
            emulator.fire(17)
            assert endpoint.arrived.wait(60)
            process.end(signal.SIGKILL)
        endpoint.let_go.set()
        with started(*command) as process, browser.new_page() as page:
            screen = Screen(page, Emulator(process.url, "default")).open()

            expect(screen.row(17)).to_contain_text("unknown")
            assert len(endpoint.bodies) == 1


def test_a_delivery_shows_what_was_sent_and_what_came_back(
    screen: Screen, emulator: Emulator, endpoint: Endpoint
) -> None:
    endpoint.answer = '{"stored": true}'
    emulator.subscribe("person", "new", TARGET, headers={"X-Tenant": "blue"})
    emulator.fire(17)
    screen.open()
    screen.rows.first.click()

    expect(screen.delivery).to_contain_text(TARGET)
    expect(screen.delivery.locator("pre.json")).to_contain_text('"ids": [')
    screen.press("Raw")
    expect(screen.delivery.locator("pre.raw")).to_contain_text('"ids":[17]')
    screen.tab("Request")
    expect(screen.delivery.get_by_role("tabpanel")).to_contain_text("application/json")
    expect(screen.delivery.get_by_role("tabpanel")).to_contain_text("X-Tenant***")
    screen.tab("Response")
    expect(screen.delivery.get_by_role("tabpanel")).to_contain_text("HTTP 200")
    expect(screen.delivery.get_by_role("tabpanel")).to_contain_text("the billing service")
    expect(screen.delivery.get_by_role("tabpanel")).to_contain_text('"stored": true')


def test_timing_is_told_in_the_accounts_time_and_in_real_time(
    screen: Screen, emulator: Emulator, endpoint: Endpoint
) -> None:
    emulator.subscribe("person", "new", TARGET)
    emulator.faults("latency=5m")
    emulator.fire(17)
    emulator.advance("5m")
    screen.open(which=1, tab="timing")

    panel = screen.delivery.get_by_role("tabpanel")
    expect(panel).to_contain_text("latency 5m")
    expect(panel).to_contain_text("5m after the change")
    expect(panel).to_contain_text(re.compile(r"Request and answer[\d.]+ ms"))
    expect(panel).to_contain_text("1, as always with Copper")


def test_why_tells_of_all_subscriptions(screen: Screen, emulator: Emulator) -> None:
    notified = emulator.subscribe("person", "new")
    other = emulator.subscribe("person", "delete")
    emulator.fire(17)
    screen.open(which=1, tab="why")

    panel = screen.delivery.get_by_role("tabpanel")
    expect(panel).to_contain_text(f"subscription {notified} notified")
    expect(panel).to_contain_text(f"subscription {other} other topic")


def test_filters_combine_are_chips_and_can_be_cleared(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.subscribe("person", "update")
    emulator.subscribe("company", "new")
    emulator.fire(17)
    emulator.fire(17, event="update")
    emulator.fire(17, type="company")
    screen.open()
    expect(screen.rows).to_have_count(3)

    screen.page.get_by_label("Filter by type").select_option("person")
    expect(screen.rows).to_have_count(2)
    screen.page.get_by_label("Filter by event").select_option("update")
    expect(screen.rows).to_have_count(1)
    expect(screen.page.locator("#filter-count")).to_have_text("1 notification of 3")

    screen.press("Remove filter event: update")
    expect(screen.rows).to_have_count(2)
    screen.press("Clear filters")
    expect(screen.rows).to_have_count(3)


def test_every_filter_finds_its_own(screen: Screen, emulator: Emulator, endpoint: Endpoint) -> None:
    mine = emulator.subscribe("person", "new", TARGET)
    emulator.subscribe("person", "new")
    emulator.fire(17)
    emulator.advance("1h")
    endpoint.status = 500
    endpoint.answer = "no such tenant"
    emulator.fire(18)
    later = emulator.notifications()[0]["created_at"]

    for filters, found in (
        ({"id": "18"}, 2),
        ({"subscription": str(mine)}, 2),
        ({"status": "500"}, 1),
        ({"text": "no such tenant"}, 1),
        ({"since": later}, 2),
        ({"until": later}, 2),
        ({"state": "rejected"}, 1),
        ({"id": "18", "subscription": str(mine), "state": "rejected"}, 1),
    ):
        screen.open(**filters)
        expect(screen.rows).to_have_count(found)


def test_one_click_leaves_only_what_failed_or_is_waiting(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(17)
    emulator.faults("refuse=1")
    emulator.fire(18)
    emulator.faults("latency=10m")
    emulator.fire(19)
    screen.open()
    expect(screen.rows).to_have_count(3)

    screen.press("Failed or waiting only")

    expect(screen.rows).to_have_count(2)
    expect(screen.row("delivered")).to_have_count(0)
    screen.press("Failed or waiting only")
    expect(screen.rows).to_have_count(3)


def test_a_link_leads_to_a_delivery_a_filter_and_a_view(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(17)
    emulator.fire(18)

    screen.open(which=1, id="17", tab="response")

    expect(screen.rows).to_have_count(1)
    expect(screen.delivery.get_by_role("tab", name="Response")).to_have_attribute("aria-selected", "true")
    screen.open("limits")
    expect(screen.main.get_by_role("heading", name="Limits")).to_be_visible()


def test_an_open_record_shows_what_others_make_of_it(screen: Screen, emulator: Emulator) -> None:
    person = emulator.create(name="Ada")
    screen.open("records", f"person/{person}")
    title = screen.page.get_by_label("title")
    screen.main.get_by_text("The whole record").click()
    title.focus()

    emulator.update(person, title="Countess")

    expect(title).to_have_value("Countess")
    expect(title).to_be_focused()
    expect(screen.main.locator("pre")).to_contain_text('"title": "Countess"')
    title.press("Home")
    emulator.update(person, name="Ada Lovelace")
    expect(screen.page.get_by_label("name", exact=True)).to_have_value("Ada Lovelace")
    # The caret is where it was.
    assert title.evaluate("box => box.selectionStart") == 0
    emulator.ask("POST", "/records/person/delete", {"ids": [person]})
    expect(screen.main).to_contain_text(f"There is no person {person}.")


def test_what_is_selected_in_an_open_record_stays_selected(screen: Screen, emulator: Emulator) -> None:
    person = emulator.create(name="Ada")
    screen.open("records", f"person/{person}")
    screen.main.get_by_text("The whole record").click()
    whole = screen.main.locator("pre")
    whole.evaluate("pre => document.getSelection().selectAllChildren(pre)")

    emulator.update(person, name="Ada Lovelace")

    expect(screen.main.locator(".record-list")).to_contain_text("Ada Lovelace")
    assert '"name": "Ada"' in screen.page.evaluate("document.getSelection().toString()")
    screen.page.evaluate("document.getSelection().removeAllRanges()")
    emulator.update(person, title="Countess")
    expect(whole).to_contain_text('"name": "Ada Lovelace"')


def test_what_is_being_written_into_a_record_is_not_overwritten(screen: Screen, emulator: Emulator) -> None:
    person = emulator.create(name="Ada")
    screen.open("records", f"person/{person}")
    screen.page.get_by_label("title").fill("Coun")

    emulator.update(person, name="Ada Lovelace")

    expect(screen.main.locator(".record-list")).to_contain_text("Ada Lovelace")
    expect(screen.page.get_by_label("title")).to_have_value("Coun")
    screen.press("Save")
    expect(screen.page.get_by_label("name", exact=True)).to_have_value("Ada Lovelace")
    expect(screen.page.get_by_label("title")).to_have_value("Coun")


def test_the_drawing_of_the_limits_is_explained_as_far_as_it_shows_any(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    screen.open("limits")
    drawing = screen.region("Timeline")

    expect(drawing).to_contain_text("What is over a limit is held until it opens.")
    expect(drawing).not_to_contain_text("The bars above")
    emulator.fire(17)
    expect(drawing).to_contain_text("The bars above are the fixed window of each limit as it is now.")
    emulator.ask("POST", "/settings", {"limits": "off"})
    screen.page.reload()
    expect(drawing).to_contain_text("Failed: rejected")
    expect(drawing).not_to_contain_text("over a limit")
    expect(drawing).not_to_contain_text("The bars above")


def test_the_back_button_goes_back(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(17)
    emulator.fire(18)
    screen.open()
    screen.row(17).click()
    expect(screen.delivery).to_contain_text("#1")
    screen.row(18).click()
    expect(screen.delivery).to_contain_text("#2")
    screen.go("Faults")
    expect(screen.main.get_by_role("heading", name="Faults", exact=True)).to_be_visible()

    screen.page.go_back()
    expect(screen.delivery).to_contain_text("#2")
    screen.page.go_back()
    expect(screen.delivery).to_contain_text("#1")


def test_first_previous_next_and_last_walk_the_list(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    for number in (17, 18, 19):
        emulator.fire(number)
    screen.open(which=2)

    for name, serial in (("First", 3), ("Next", 2), ("Next", 1), ("Previous", 2), ("Last", 1)):
        screen.delivery.get_by_role("button", name=name).click()
        expect(screen.delivery.get_by_role("heading", level=1)).to_contain_text(f"#{serial}")
    screen.press("Next")
    screen.said("This is the last in the list")
    screen.press("First")
    expect(screen.delivery.get_by_role("heading", level=1)).to_contain_text("#3")
    screen.press("Previous")
    screen.said("This is the first in the list")


def test_the_timeline_draws_sent_held_and_lost_against_the_windows(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.faults("lose=1")
    emulator.fire(*range(1, 603 * 30 + 1))

    screen.open("limits")

    drawing = screen.region("Timeline").get_by_role("img")
    expect(drawing).to_have_attribute(
        "aria-label",
        re.compile(
            "599 notifications delivered, 0 notifications failed, 3 notifications held, 1 notification not sent"
        ),
    )
    windows = screen.region("Windows")
    expect(windows).to_contain_text("600/600")
    expect(windows).to_contain_text("3 held")
    expect(windows).to_contain_text("600/1800")


def test_moments_can_be_shown_in_utc_or_in_ones_own_zone(screen: Screen, emulator: Emulator) -> None:
    screen.open()

    screen.press("Time zone: UTC")

    expect(screen.button("Time zone: local")).to_be_visible()
