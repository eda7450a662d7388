"""What happens to unfinished work: forms that are being saved, drafts, and views that are left."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.page.emulators import TARGET, Emulator
from tests.page.endpoint import Endpoint
from tests.page.screen import Screen

WRITE_AND_GO = """() => {
  const text = document.getElementById("filter-text");
  text.value = "zz";
  text.dispatchEvent(new Event("input"));
  location.hash = location.hash.replace(/[^/]*$/, "send");
}"""
BY_ADDRESS = "view => { location.hash = location.hash.replace(/[^/]*$/, view) }"


def test_a_record_that_is_being_saved_is_not_saved_twice(
    screen: Screen, emulator: Emulator, endpoint: Endpoint
) -> None:
    emulator.subscribe("person", "new", TARGET)
    endpoint.let_go.clear()
    screen.open("records")
    name = screen.page.get_by_label("name", exact=True)
    name.fill("Ada")

    screen.button("Create").dblclick()

    expect(screen.main.locator("form")).to_have_attribute("aria-busy", "true")
    expect(name).not_to_be_editable()
    name.press("Enter")
    endpoint.let_go.set()
    expect(screen.main.get_by_role("heading", name=re.compile(r"person \d+"))).to_be_visible()
    expect(name).to_be_editable()
    assert emulator.ask("POST", "/records/person/search", {})["total"] == 1


def test_who_leaves_a_record_while_it_is_saved_is_not_brought_back(
    screen: Screen, emulator: Emulator, endpoint: Endpoint
) -> None:
    emulator.subscribe("person", "new", TARGET)
    endpoint.let_go.clear()
    screen.open("records")
    screen.page.get_by_label("name", exact=True).fill("Ada")
    screen.press("Create")

    screen.go("Faults")
    screen.press("Leave")
    expect(screen.main.get_by_role("heading", name="Faults", exact=True)).to_be_visible()
    endpoint.let_go.set()

    screen.said("Saved; 1 notification")
    assert screen.page.url.endswith("/faults")


def test_what_was_refused_can_be_saved_once_it_is_right(screen: Screen, emulator: Emulator) -> None:
    screen.open("records")

    screen.press("Create")
    expect(screen.main.get_by_role("alert")).to_contain_text("Name: can't be blank")
    screen.page.get_by_label("name", exact=True).fill("Ada")
    screen.press("Create")

    expect(screen.main.get_by_role("heading", name=re.compile(r"person \d+"))).to_be_visible()
    assert emulator.ask("POST", "/records/person/search", {})["total"] == 1


def test_an_edited_body_goes_to_another_target_as_it_is(screen: Screen, emulator: Emulator) -> None:
    subscription = emulator.subscribe("person", "update", TARGET)
    screen.open("send")
    body = screen.page.get_by_label("Body")
    body.fill('{"mine": true}')

    for to in (str(subscription), "elsewhere", ""):
        screen.page.get_by_label("To", exact=True).select_option(to)
        expect(body).to_have_value('{"mine": true}')
    screen.press("Fill in again")
    expect(body).to_have_value(re.compile("subscription_id"))


def test_an_edited_body_is_not_filled_in_anew_without_a_question(screen: Screen, emulator: Emulator) -> None:
    screen.open("send")
    body, event = screen.page.get_by_label("Body"), screen.page.get_by_label("Event")
    body.fill('{"mine": true}')

    event.select_option("delete")
    screen.press("Cancel")
    expect(event).to_have_value("update")
    expect(body).to_have_value('{"mine": true}')

    event.select_option("delete")
    screen.press("Fill in")
    expect(body).to_have_value(re.compile('"event": "delete"'))


def test_an_edited_body_is_not_left_without_a_question(screen: Screen, emulator: Emulator) -> None:
    screen.open("send")
    body = screen.page.get_by_label("Body")
    body.fill('{"mine": true}')

    screen.go("Faults")
    screen.press("Keep editing")
    expect(body).to_have_value('{"mine": true}')

    screen.go("Faults")
    screen.press("Leave")
    expect(screen.main.get_by_role("heading", name="Faults", exact=True)).to_be_visible()


def test_who_stays_goes_back_to_where_they_came_from_and_is_asked_again(screen: Screen, emulator: Emulator) -> None:
    screen.open("faults")
    screen.go("Records")
    name = screen.page.get_by_label("name", exact=True)
    name.fill("Ada")

    for _ in range(2):
        screen.page.evaluate("history.back()")
        screen.press("Keep editing")
        expect(screen.page).to_have_url(re.compile("/records$"))
        expect(name).to_have_value("Ada")
    screen.page.evaluate("history.back()")
    screen.press("Leave")

    expect(screen.page).to_have_url(re.compile("/faults$"))


def test_a_text_that_is_being_written_is_no_filter_of_the_next_view(screen: Screen, emulator: Emulator) -> None:
    screen.page.clock.install()
    screen.open()

    screen.page.evaluate(WRITE_AND_GO)
    expect(screen.main).to_have_attribute("data-view", "send")
    screen.page.clock.run_for(1000)

    assert screen.page.url.endswith("/send")
    expect(screen.main.get_by_role("heading", name="Send an event")).to_have_count(1)


def test_a_view_is_drawn_once_also_where_others_overtake_it(screen: Screen, emulator: Emulator) -> None:
    screen.open("subscriptions")

    for view in ("send", "subscriptions", "send", "subscriptions", "send"):
        screen.page.evaluate(BY_ADDRESS, view)

    expect(screen.main).to_have_attribute("data-view", "send")
    screen.page.wait_for_load_state("networkidle")
    expect(screen.main.get_by_role("heading", level=1)).to_have_text(["Send an event"])


def test_back_closes_a_dialog_and_stays_in_the_view(screen: Screen, emulator: Emulator) -> None:
    screen.open("records")
    screen.go("Subscriptions")
    screen.press("New subscription")

    screen.page.evaluate("history.back()")

    expect(screen.dialog).to_have_count(0)
    expect(screen.page).to_have_url(re.compile("/subscriptions$"))
    expect(screen.button("New subscription")).to_be_focused()
    screen.page.evaluate("history.back()")
    expect(screen.main).to_have_attribute("data-view", "records")


def test_back_in_a_dialog_asks_before_what_was_typed_is_lost(screen: Screen, emulator: Emulator) -> None:
    screen.open("records")
    screen.go("Subscriptions")
    screen.press("New subscription")
    target = screen.page.get_by_label("Target", exact=True)
    target.fill("https://billing.example.com/")
    question = screen.page.get_by_role("dialog", name="Discard what you have written?")

    screen.page.evaluate("history.back()")
    expect(question).to_be_visible()
    screen.page.evaluate("history.back()")
    expect(question).to_have_count(0)
    expect(target).to_have_value("https://billing.example.com/")

    # Keys, as of whoever goes on writing: Chromium need not let a page ask again for which nobody has done anything.
    target.press("End")
    screen.page.keyboard.press("Escape")
    question.get_by_role("button", name="Discard").click()
    expect(screen.dialog).to_have_count(0)
    expect(screen.page).to_have_url(re.compile("/subscriptions$"))


def test_another_address_closes_the_dialogs(screen: Screen, emulator: Emulator) -> None:
    screen.open("faults")
    for opens in ("Keys", "Reset", "New account"):
        screen.press(opens)
        expect(screen.dialog).to_be_visible()
        screen.page.evaluate(BY_ADDRESS, "records")
        expect(screen.main).to_have_attribute("data-view", "records")
        expect(screen.dialog).to_have_count(0)
        screen.page.evaluate(BY_ADDRESS, "faults")
        expect(screen.main).to_have_attribute("data-view", "faults")


def test_another_address_asks_once_about_what_was_typed_in_a_dialog(screen: Screen, emulator: Emulator) -> None:
    screen.open("subscriptions")
    screen.press("New subscription")
    screen.page.get_by_label("Target", exact=True).fill("https://billing.example.com/")

    screen.page.evaluate(BY_ADDRESS, "records")
    screen.dialog.last.get_by_role("button", name="Keep editing").click()
    expect(screen.page).to_have_url(re.compile("/subscriptions$"))
    expect(screen.page.get_by_label("Target", exact=True)).to_have_value("https://billing.example.com/")

    screen.page.evaluate(BY_ADDRESS, "records")
    screen.press("Leave")
    expect(screen.main).to_have_attribute("data-view", "records")
    expect(screen.dialog).to_have_count(0)


def test_back_in_the_question_about_leaving_stays(screen: Screen, emulator: Emulator) -> None:
    screen.open("faults")
    screen.go("Limits")
    screen.go("Records")
    name = screen.page.get_by_label("name", exact=True)
    name.fill("Ada")

    screen.page.evaluate("history.back()")
    expect(screen.dialog).to_contain_text("Discard what you have written?")
    screen.page.evaluate("history.back()")

    expect(screen.dialog).to_have_count(0)
    expect(screen.page).to_have_url(re.compile("/records$"))
    expect(name).to_have_value("Ada")


def test_the_newest_delivery_is_followed_without_closing_a_dialog(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    screen.open()
    screen.press("Follow")
    screen.press("New account")
    screen.dialog.get_by_label("Name", exact=True).fill("billing")

    emulator.fire(17)

    expect(screen.page).to_have_url(re.compile(r"/deliveries/\d+$"))
    expect(screen.dialog).to_have_count(1)


def test_the_focus_returns_to_the_button_that_opened_a_dialog_although_it_was_drawn_anew(
    screen: Screen, emulator: Emulator
) -> None:
    screen.open("subscriptions")
    screen.press("New subscription")

    emulator.subscribe("person", "new")
    expect(screen.page.get_by_text("1/100")).to_be_attached()
    screen.page.keyboard.press("Escape")

    expect(screen.button("New subscription")).to_be_focused()
