"""What keeps a person safe and at ease: the empty page, marks and banners, keys, colours, long lists, hostile names."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, FilePayload, expect

from tests.cli.processes import started
from tests.page.emulators import Emulator, open_account
from tests.page.installation import axe_source
from tests.page.screen import Screen

VIEWS = ["deliveries", "records", "send", "subscriptions", "limits", "faults", "scenarios", "inbox", "account"]

HOSTILE = '<img src=x onerror="alert(1)">'


def test_an_empty_account_offers_a_command_that_works(screen: Screen, emulator: Emulator) -> None:
    screen.open()

    screen.press("Copy command")
    screen.said("copied")

    command = screen.copied()
    expect(screen.page.locator("#subscribe-command")).to_have_text(command)
    subprocess.run(["sh", "-c", f"{command} --fail --noproxy '*'"], check=True, capture_output=True, timeout=30)
    assert emulator.ask("GET", "/subscriptions")["count"] == 1
    screen.page.get_by_text("As a client of Copper does it").click()
    expect(screen.main).to_contain_text("X-PW-AccessToken: TOKEN")


def test_one_click_watches_everything_without_an_endpoint(screen: Screen, emulator: Emulator) -> None:
    screen.open()

    screen.press("Watch without an endpoint")
    screen.said("The inbox watches everything")
    emulator.create(name="Ada")

    expect(screen.row("person/new")).to_contain_text("delivered")
    screen.go("Inbox")
    expect(screen.region("Requests")).to_contain_text("person/new")


def test_nobody_takes_it_for_copper(screen: Screen, emulator: Emulator) -> None:
    for view in VIEWS:
        screen.open(view)
        mark = screen.page.get_by_text("EMULATOR", exact=True)
        expect(mark).to_be_visible()
        size = mark.evaluate("element => parseFloat(getComputedStyle(element).fontSize)")
        assert size >= 20


def test_a_server_that_others_can_reach_says_so(browser: Browser) -> None:
    with started("serve", "--port", "0", "--bind", "0.0.0.0") as process, browser.new_page() as page:
        page.goto(process.url)

        expect(page.get_by_text("Not bound to loopback.")).to_be_visible()


def test_on_loopback_there_is_no_banner(screen: Screen, emulator: Emulator) -> None:
    screen.open()

    expect(screen.region("What is switched on")).to_be_hidden()


def test_everything_comes_from_the_server_itself(screen: Screen, emulator: Emulator) -> None:
    """The fixture fails every test in which something else was requested, or the policy was violated."""
    for view in VIEWS:
        screen.open(view)
        expect(screen.page.get_by_role("navigation", name="Views")).to_be_visible()

    assert screen.wrong == []


def test_a_record_whose_name_is_markup_does_no_harm(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "update")
    emulator.ask("POST", "/inbox", {"body": HOSTILE})
    person = emulator.create(name=HOSTILE)
    emulator.update(person, title=HOSTILE)
    attributes: dict[str, Any] = {HOSTILE: [HOSTILE, None]}
    emulator.fire(person, event="update", **attributes)

    screen.open("records", f"person/{person}")
    expect(screen.main.get_by_role("link", name=HOSTILE)).to_be_visible()
    for tab in ("payload", "request", "response", "timing", "why"):
        screen.open(which=2, tab=tab)
        expect(screen.delivery.get_by_role("tabpanel")).not_to_be_empty()
    for view in ("send", "inbox", "limits", "subscriptions"):
        screen.open(view)
        expect(screen.main).not_to_be_empty()

    assert screen.page.locator("main img").count() == 0


def test_accounts_are_made_and_switched(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(17)
    screen.open()
    expect(screen.rows).to_have_count(1)

    screen.press("New account")
    screen.dialog.get_by_label("Name").fill(f"{emulator.account}-other")
    screen.dialog.get_by_role("button", name="Create").click()
    expect(screen.dialog).to_contain_text("X-PW-AccessToken")
    screen.dialog.get_by_role("button", name="Done").click()
    expect(screen.main).to_contain_text("Nothing has happened yet")

    screen.page.get_by_label("Account", exact=True).select_option(emulator.account)
    expect(screen.rows).to_have_count(1)


def test_settings_are_changed_from_now_on(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    screen.open("account")

    screen.page.get_by_label("limits", exact=True).fill("1/1m")
    screen.press("Save settings")
    screen.said("Saved")

    emulator.fire(17)
    emulator.fire(18)
    screen.go("Deliveries")
    expect(screen.row(18)).to_contain_text("held")


def test_settings_that_an_account_begins_with_come_with_a_reset(screen: Screen, emulator: Emulator) -> None:
    emulator.create(name="Ada")
    screen.open("account")

    screen.page.get_by_label("seed", exact=True).fill("1234")
    screen.press("Reset with these")
    screen.press("Delete everything")

    screen.said("with these settings")
    screen.go("Faults")
    expect(screen.region("Faults that are on")).to_contain_text("seed 1234")


def test_a_reset_with_one_other_setting_leaves_the_others_as_they_stand_there(
    screen: Screen, server: str, emulator: Emulator
) -> None:
    mine = open_account(server, "with-settings-of-its-own", limits="1/1m", latency="0-15m")
    before = mine.ask("GET", "/settings")["settings"]
    screen.emulator = mine
    screen.open("account")

    screen.page.get_by_label("seed", exact=True).fill("1234")
    screen.press("Reset with these")
    screen.press("Delete everything")

    screen.said("with these settings")
    assert mine.ask("GET", "/settings")["settings"] == {**before, "seed": 1234}


def test_an_account_is_saved_put_back_and_deleted(screen: Screen, emulator: Emulator) -> None:
    emulator.create(name="Ada")
    screen.open("account")
    name, text = screen.saved("Save snapshot")
    emulator.ask("POST", "/reset", {})

    file: FilePayload = {"name": name, "mimeType": "application/json", "buffer": text.encode()}
    screen.page.get_by_label("Restore a snapshot").set_input_files(file)
    screen.press("Restore")
    screen.said("Snapshot restored")
    assert emulator.ask("POST", "/records/person/search", {})["total"] == 1

    screen.open("account")
    screen.press("Delete this account")
    screen.press("Delete account")
    screen.said(f"{emulator.account} was deleted")
    expect(screen.page.get_by_label("Account", exact=True)).to_have_value("default")


def test_an_account_that_is_not_there_is_said_to_be_missing(screen: Screen, emulator: Emulator) -> None:
    screen.page.goto(f"{emulator.url}/#/nobody/deliveries")

    expect(screen.main.get_by_role("heading")).to_have_text("There is no account 'nobody'")
    screen.page.get_by_label("Account", exact=True).select_option(emulator.account)
    expect(screen.main).to_contain_text("Nothing has happened yet")


def test_an_account_that_is_not_there_leads_to_those_that_are(screen: Screen, emulator: Emulator) -> None:
    screen.page.goto(f"{emulator.url}/#/nobody/faults")
    expect(screen.main.get_by_role("link", name="default", exact=True)).to_be_visible()

    screen.main.get_by_role("link", name=emulator.account, exact=True).click()

    expect(screen.main).to_have_attribute("data-view", "deliveries")
    expect(screen.page.get_by_label("Account", exact=True)).to_have_value(emulator.account)


def test_an_address_that_is_written_wrong_breaks_nothing(screen: Screen, emulator: Emulator) -> None:
    screen.page.goto(f"{emulator.url}/#/100%/deliveries")

    expect(screen.main.get_by_role("heading")).to_have_text("There is no account '100%'")


def test_before_its_scripts_have_run_the_page_is_not_empty(screen: Screen, emulator: Emulator) -> None:
    screen.page.route("**/*.js", lambda route: route.abort())

    screen.page.goto(emulator.url)

    expect(screen.main).to_contain_text("Loading…")


def test_an_account_that_is_deleted_elsewhere_is_said_to_be_missing_at_once(screen: Screen, emulator: Emulator) -> None:
    screen.open()

    emulator.ask("DELETE", "")

    # Sooner than a browser reopens a stream.
    expect(screen.main).to_contain_text(f"There is no account '{emulator.account}'", timeout=2500)
    chosen = screen.page.locator("#account-choice option:checked")
    # It shows none of the others as the one that is open.
    expect(chosen).to_have_text("choose")


def test_a_delivery_without_a_number_is_said_to_be_missing(screen: Screen, emulator: Emulator) -> None:
    screen.open(which="abc")

    expect(screen.delivery).to_contain_text("There is no delivery abc")


def test_a_delivery_that_there_is_not_is_said_to_be_missing_in_a_sentence(screen: Screen, emulator: Emulator) -> None:
    screen.open(which=999)

    expect(screen.delivery).to_contain_text("There is no notification 999 in this account.")


def test_the_keys_are_read_from_the_first_one(screen: Screen, emulator: Emulator) -> None:
    screen.open()

    screen.page.keyboard.press("?")

    expect(screen.dialog.get_by_role("row").first).to_be_in_viewport()


def test_enter_does_what_a_dialog_is_for(screen: Screen, emulator: Emulator) -> None:
    screen.open("subscriptions")
    screen.press("New route")
    screen.dialog.get_by_label("Targets at or below").fill("https://billing.example.com")
    screen.dialog.get_by_label("Are sent to").fill("http://127.0.0.1:5000")
    screen.page.keyboard.press("Enter")
    expect(screen.region("Routes")).to_contain_text("http://127.0.0.1:5000")

    screen.press("New subscription")
    screen.dialog.get_by_label("Target").fill("https://billing.example.com/hook")
    screen.page.keyboard.press("Enter")
    expect(screen.main.get_by_role("heading", level=1)).to_contain_text("1/100")

    screen.press("New account")
    screen.dialog.get_by_label("Name").fill(f"{emulator.account[:50]}-2")
    screen.page.keyboard.press("Enter")
    expect(screen.dialog).to_contain_text("X-PW-AccessToken")


def test_the_list_is_walked_with_keys_and_they_are_listed(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(17)
    emulator.fire(18)
    screen.open()
    expect(screen.rows).to_have_count(2)
    heading = screen.delivery.get_by_role("heading", level=1)

    screen.page.keyboard.press("j")
    expect(heading).to_contain_text("#2")
    screen.page.keyboard.press("j")
    expect(heading).to_contain_text("#1")
    screen.page.keyboard.press("k")
    expect(heading).to_contain_text("#2")
    screen.page.keyboard.press("r")
    screen.press("Resend it")
    expect(heading).to_contain_text("#3")
    screen.page.keyboard.press("Escape")
    expect(screen.delivery).to_be_hidden()
    screen.page.keyboard.press("/")
    expect(screen.page.get_by_label("Text", exact=True)).to_be_focused()
    screen.page.get_by_label("Text", exact=True).press("Tab")
    screen.page.get_by_role("grid").focus()
    screen.page.keyboard.press("?")
    expect(screen.dialog).to_contain_text("next in the list")
    screen.page.keyboard.press("Escape")
    screen.page.keyboard.press("2")
    expect(screen.main.get_by_label("Search for a name")).to_be_visible()


def test_enter_goes_from_the_list_into_the_delivery_and_escape_back(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(17)
    screen.open()
    expect(screen.rows).to_have_count(1)
    screen.list.focus()
    screen.page.keyboard.press("ArrowDown")
    expect(screen.delivery.get_by_role("tab", name="Payload")).to_be_visible()

    screen.page.keyboard.press("Enter")
    expect(screen.delivery.get_by_role("tab", name="Payload")).to_be_focused()
    screen.page.keyboard.press("ArrowRight")
    expect(screen.delivery.get_by_role("tab", name="Request")).to_be_focused()

    screen.page.keyboard.press("Escape")
    expect(screen.delivery).to_be_hidden()
    expect(screen.list).to_be_focused()


def test_the_focus_stays_on_a_tab_when_the_delivery_goes_on(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.faults("latency=1m")
    emulator.fire(17)
    screen.open(which=1, tab="timing")
    tab = screen.delivery.get_by_role("tab", name="Timing")
    tab.focus()

    emulator.advance("1m")

    expect(screen.delivery).to_contain_text("delivered")
    expect(tab).to_be_focused()


def test_the_document_lists_the_keys_that_there_are(screen: Screen, emulator: Emulator) -> None:
    text = (Path(__file__).parents[2] / "docs/page.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(.+?)` \| (.+?) \|$", text.split("<!-- keys: ")[1], re.MULTILINE)
    screen.open()

    screen.press("Keys")

    shown = screen.dialog.get_by_role("row").all()
    assert [tuple(row.get_by_role("cell").all_inner_texts()) for row in shown] == told


def test_the_page_is_dark_where_the_system_is_and_can_be_switched(screen: Screen, emulator: Emulator) -> None:
    root = screen.page.locator("html")
    screen.page.emulate_media(color_scheme="dark")
    screen.open()
    expect(root).to_have_attribute("data-theme", "dark")

    screen.press("Light")
    expect(root).to_have_attribute("data-theme", "light")
    screen.open("faults")
    expect(root).to_have_attribute("data-theme", "light")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_everybody_can_use_every_view(screen: Screen, emulator: Emulator, colours: str) -> None:
    """axe-core finds nothing serious: names, roles, contrast, focus."""
    axe = axe_source()
    emulator.subscribe("person", "new", secret={"key": "s3cret"})
    emulator.subscribe("person", "update", "https://nowhere.example.com/hook")
    person = emulator.create(name="Ada")
    emulator.update(person, title="Countess")
    emulator.create("company", name="Acme")
    emulator.faults("latency=10m", "lose=20%")
    emulator.fire(18)
    screen.page.emulate_media(color_scheme=colours)  # type: ignore[arg-type]
    places: list[tuple[str, object, dict[str, str]]] = [(view, "", {}) for view in VIEWS]
    places += [("deliveries", 1, {"tab": tab, "type": "person"}) for tab in ("payload", "response", "timing", "why")]
    places += [("records", f"person/{person}", {})]

    found = []
    for view, which, filters in places:
        screen.open(view, which, **filters)
        expect(screen.main).not_to_be_empty()
        expect(screen.region("What is switched on")).to_contain_text("lose=20%")
        # The policy lets no script in; the tests' own bypasses it.
        screen.page.evaluate(axe)
        report = screen.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        found += [
            f"{view}: {each['impact']}: {each['help']}: {[node['html'][:120] for node in each['nodes'][:3]]}"
            for each in report["violations"]
            if each["impact"] in ("serious", "critical")
        ]
    assert found == []


def test_dialogs_are_accessible_too(screen: Screen, emulator: Emulator) -> None:
    axe = axe_source()
    emulator.subscribe("person", "new")
    emulator.fire(17)
    screen.open(which=1)
    expect(screen.delivery).to_contain_text("delivered")
    for name in ("Edit and resend", "New account", "Keys", "Reset"):
        screen.press(name)
        expect(screen.dialog).to_be_visible()
        screen.page.evaluate(axe)
        report = screen.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        assert [each["help"] for each in report["violations"] if each["impact"] in ("serious", "critical")] == []
        screen.page.keyboard.press("Escape")


def test_a_long_list_is_drawn_in_part_and_loaded_a_page_at_a_time(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(*range(1, 30 * 1000 + 1))
    screen.open()

    expect(screen.page.locator("#row-count")).to_have_text("200 rows here")
    expect(screen.main).to_contain_text("Load older (800)")
    assert screen.page.locator(".list-row").count() < 80

    screen.list.evaluate("element => element.scrollTo(0, element.scrollHeight)")
    expect(screen.page.locator("#row-count")).to_have_text("400 rows here")
    screen.press("Load older (600)")
    expect(screen.page.locator("#row-count")).to_have_text("600 rows here")
    assert screen.page.locator(".list-row").count() < 80


def test_where_the_list_ends_it_says_so(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(17)
    screen.open()

    expect(screen.main).to_contain_text("nothing older")


def test_changes_of_which_nobody_was_notified_are_loaded_a_page_at_a_time_too(
    screen: Screen, emulator: Emulator
) -> None:
    for number in range(1, 251):
        emulator.fire(number)
    screen.open()

    expect(screen.page.locator("#row-count")).to_have_text("200 rows here")
    expect(screen.main).not_to_contain_text("nothing older")
    screen.press("Load older")
    expect(screen.page.locator("#row-count")).to_have_text("250 rows here")
    expect(screen.main).to_contain_text("nothing older")


LONG_FEED = """
async () => {
  const { Feed } = await import("/_emulator/page/js/feed.js");
  // A server with 15,000 notifications, and before each a change that concerns nobody.
  let sent = 15_000;
  const at = (number) => String(number).padStart(8, "0");
  const down = (from, most, row) => {
    const length = Math.max(0, Math.min(most, from));
    return Array.from({ length }, (_, n) => row(from - n));
  };
  const api = {
    async notifications({ before = sent + 1, limit }) {
      const notifications = down(before - 1, limit, (serial) => ({ serial, created_at: at(serial * 2) }));
      return { notifications, count: sent, total: sent, older: Math.max(0, before - 1 - limit) };
    },
    async journal({ before = sent * 2, limit }) {
      const change = { subscriptions: [], origin: "api", ids: [1], note: "" };
      const last = Math.floor(before / 2);
      const entries = down(last, limit, (n) => ({ number: n * 2 - 1, at: at(n * 2 - 1), kind: "change", change }));
      return { entries: entries.reverse(), last: sent * 2 };
    },
  };
  const feed = new Feed(api, {});
  await feed.refresh();
  let loads = 0;
  for (; loads < 200 && feed.hasOlder && !feed.isFull; loads += 1) await feed.loadOlder();
  const full = [feed.rows.length, feed.isFull, feed.hasOlder];
  // It goes on: more comes, of both kinds, and the list is as long as before.
  for (let more = 0; more < 20; more += 1) {
    sent += 150;
    await feed.refresh();
  }
  const numbers = feed.rows.map((row) => Number(row.created_at));
  return {
    full,
    after: [feed.rows.length, feed.isFull, feed.hasOlder],
    gaps: numbers.filter((number, place) => place > 0 && numbers[place - 1] !== number + 1).length,
    newest: numbers[0] === sent * 2,
  };
}
"""


def test_the_list_keeps_twenty_thousand_rows_also_while_more_comes(screen: Screen, emulator: Emulator) -> None:
    screen.open()

    found = screen.page.evaluate(LONG_FEED)

    assert found == {
        "full": [20_000, True, True],
        "after": [20_000, True, True],
        "gaps": 0,
        "newest": True,
    }


def test_a_server_that_ended_is_missed(browser: Browser) -> None:
    with started("serve", "--port", "0") as process, browser.new_page() as page:
        page.goto(process.url)
        expect(page.get_by_text("Nothing has happened yet")).to_be_visible()

        process.end()

        expect(page.get_by_text("Not connected.")).to_be_visible()


def test_health_and_the_reference_are_one_link_away(screen: Screen, emulator: Emulator) -> None:
    screen.open()
    screen.press("Keys")

    address = screen.dialog.get_by_role("link", name="the control API").get_attribute("href")

    assert address is not None
    assert requests.get(f"{emulator.url}/_emulator/v1/health", timeout=60).status_code == 200
    assert re.match(r"/_emulator/docs$", address)
