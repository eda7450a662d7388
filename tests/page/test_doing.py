"""What a person does: subscribes, edits, sends, resends, copies, moves time, breaks things, plays and records."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
import yaml
from playwright.sync_api import Download, FilePayload, expect

from tests.page.emulators import TARGET, Emulator
from tests.page.endpoint import Endpoint
from tests.page.screen import Screen


def test_a_person_is_created_edited_and_deleted_and_its_webhooks_appear_beside_it(
    screen: Screen, emulator: Emulator
) -> None:
    for event in ("new", "update", "delete"):
        emulator.subscribe("person", event)
    screen.open("records")
    webhooks = screen.region("Webhooks of this record")

    screen.page.get_by_label("name", exact=True).fill("Ada")
    screen.press("Create")
    expect(webhooks).to_contain_text("person/new")

    screen.page.get_by_label("title", exact=True).fill("Countess")
    screen.press("Save")
    expect(webhooks).to_contain_text("person/update")

    screen.main.get_by_role("button", name="Delete").click()
    screen.dialog.get_by_role("button", name="Delete").click()
    expect(webhooks).to_contain_text("person/delete")
    assert [each["event"] for each in emulator.notifications()] == ["delete", "update", "new"]


@pytest.mark.parametrize("kind", ["company", "lead", "opportunity", "project", "task"])
def test_records_of_every_type_can_be_edited(screen: Screen, emulator: Emulator, kind: str) -> None:
    emulator.subscribe(kind, "update")
    record = emulator.create(kind, name="Before")
    screen.open("records", f"{kind}/{record}")

    screen.page.get_by_label("name", exact=True).fill("After")
    screen.press("Save")

    expect(screen.region("Webhooks of this record")).to_contain_text(f"{kind}/update")


def test_fields_without_a_box_of_their_own_are_json(screen: Screen, emulator: Emulator) -> None:
    person = emulator.create(name="Ada")
    screen.open("records", f"person/{person}")

    screen.page.get_by_label("Other fields as JSON").fill('{"tags": ["vip"]}')
    screen.press("Save")

    screen.page.get_by_text("The whole record").click()
    expect(screen.main.locator("details pre")).to_contain_text('"vip"')


def test_what_copper_would_refuse_is_refused_in_its_words(screen: Screen, emulator: Emulator) -> None:
    screen.open("records")

    screen.page.get_by_label("Other fields as JSON").fill('{"name": "Ada", "emails": "ada@example.com"}')
    screen.press("Create")

    expect(screen.main.get_by_role("alert")).to_contain_text("Emails: is invalid")
    expect(screen.page.get_by_label("Other fields as JSON")).to_be_focused()
    assert emulator.notifications() == []


def test_an_event_is_sent_with_a_valid_body_made_of_the_records(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "update")
    person = emulator.create(name="Ada")
    screen.open("send")
    body = screen.page.get_by_label("Body")
    expect(body).to_have_value(re.compile(rf'"update".*{person}.*"Ada"', re.DOTALL))
    expect(screen.main).to_contain_text("A body as Copper sends it.")

    screen.press("Send")

    expect(screen.delivery).to_contain_text("person/update")
    assert emulator.notifications()[0]["ids"] == [person]


def test_without_a_record_the_body_is_right_and_that_there_is_none_is_a_note(
    screen: Screen, emulator: Emulator
) -> None:
    screen.open("send")

    expect(screen.main).to_contain_text("A body as Copper sends it.")
    expect(screen.main).to_contain_text("No record has the id 17: an endpoint that fetches it is answered 404.")
    expect(screen.main).not_to_contain_text("Copper would not send this")


def test_the_body_of_an_update_has_the_name_that_the_record_has_now(screen: Screen, emulator: Emulator) -> None:
    emulator.create(name="Ada Lovelace")
    screen.open("send")

    body = json.loads(screen.page.get_by_label("Body").input_value())

    assert body["updated_attributes"] == {"name": ["Former name", "Ada Lovelace"]}
    expect(screen.main).not_to_contain_text("No record has the id")


def test_a_target_that_is_not_asked_for_looks_so(screen: Screen, emulator: Emulator) -> None:
    screen.open("send")
    target = screen.page.get_by_label("Target", exact=True)
    ground = "element => getComputedStyle(element).backgroundColor"
    expect(target).to_be_disabled()
    off = target.evaluate(ground)

    screen.page.get_by_label("To", exact=True).select_option("elsewhere")

    expect(target).to_be_enabled()
    assert target.evaluate(ground) != off


def test_a_body_that_copper_would_not_send_is_warned_of_and_can_be_sent_all_the_same(
    screen: Screen, emulator: Emulator, endpoint: Endpoint
) -> None:
    subscription = emulator.subscribe("person", "update", TARGET)
    screen.open("send")
    screen.page.get_by_label("To", exact=True).select_option(str(subscription))
    body = screen.page.get_by_label("Body")
    forged = json.loads(body.input_value()) | {"ids": [404], "updated_attributes": {"name": "Ada"}}

    body.fill(json.dumps(forged))

    expect(screen.main).to_contain_text("updated_attributes.name must be [old, new]")
    expect(screen.main).to_contain_text("No record has the id 404")
    screen.press("Send")
    expect(screen.delivery).to_contain_text("delivered")
    assert endpoint.bodies[-1]["updated_attributes"] == {"name": "Ada"}


def test_a_body_that_is_no_json_is_warned_of_and_not_sent(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "update")
    screen.open("send")
    body = screen.page.get_by_label("Body")

    body.fill('{"type": ')

    expect(screen.main).to_contain_text("It is not JSON")
    screen.press("Send")
    expect(screen.main.get_by_role("alert")).to_contain_text("The body is not JSON")
    # Once is enough.
    expect(screen.main).not_to_contain_text("It is not JSON")
    body.fill('{"type": "person"')
    expect(screen.main.get_by_role("alert")).to_have_count(0)
    expect(screen.main).to_contain_text("It is not JSON")
    assert emulator.notifications() == []


def test_a_delivery_is_sent_again(screen: Screen, emulator: Emulator, endpoint: Endpoint) -> None:
    emulator.subscribe("person", "new", TARGET)
    emulator.fire(17)
    screen.open(which=1)

    screen.press("Resend")

    expect(screen.delivery.get_by_role("heading", level=1)).to_contain_text("#2")
    expect(screen.delivery).to_contain_text("resend of #1")
    assert endpoint.bodies[0] == endpoint.bodies[1]


def test_a_delivery_is_edited_and_sent_again(screen: Screen, emulator: Emulator, endpoint: Endpoint) -> None:
    emulator.subscribe("person", "new", TARGET, secret={"key": "s3cret"})
    emulator.fire(17)
    screen.open(which=1)
    screen.press("Edit and resend")
    body = screen.dialog.get_by_label("Body")

    body.fill(json.dumps({**json.loads(body.input_value()), "ids": [18]}))
    screen.dialog.get_by_role("button", name="Send").click()

    expect(screen.delivery.get_by_role("heading", level=1)).to_contain_text("#2")
    assert endpoint.bodies[1] == endpoint.bodies[0] | {"ids": [18]}
    assert endpoint.bodies[1]["key"] == "s3cret"


def test_a_selection_is_sent_again(screen: Screen, emulator: Emulator, endpoint: Endpoint) -> None:
    emulator.subscribe("person", "new", TARGET)
    for number in (17, 18, 19):
        emulator.fire(number)
    screen.open()
    screen.page.get_by_label("Select 1").check()
    screen.page.get_by_label("Select 3").check()

    screen.press("Resend 2 selected")
    screen.press("Resend them")

    screen.said("2 notifications sent again")
    expect(screen.rows).to_have_count(5)
    assert [body["ids"] for body in endpoint.bodies[3:]] == [[17], [19]]


def test_of_a_selection_only_what_has_ended_is_sent_again(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.subscribe("company", "new", "https://nowhere.example.com/hook")
    emulator.fire(17, type="company")
    emulator.faults("latency=10m")
    emulator.fire(18)
    screen.open(state="open")
    expect(screen.rows).to_have_count(2)
    screen.page.get_by_label("Select 2").check()
    expect(screen.button("Resend 0 of 1 selected")).to_be_disabled()
    screen.page.get_by_label("Select 1").check()

    screen.press("Resend 1 of 2 selected")
    screen.press("Resend them")

    screen.said("1 notification sent again: 1 blocked")
    assert len(emulator.notifications()) == 3


def test_what_cannot_be_sent_again_is_told_in_one_line(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    for number in (17, 18):
        emulator.fire(number)
    screen.open()
    screen.page.route("**/resend", lambda route: route.fulfill(status=409, json={"error": "it cannot be"}))
    screen.press("Select all")

    screen.press("Resend 2 selected")
    screen.press("Resend them")

    expect(screen.page.locator("#said .problem")).to_have_count(1)
    screen.said("2 notifications not sent again: #1, #2")
    screen.said("it cannot be")


def test_of_several_some_of_which_cannot_be_sent_again_both_are_told(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    for number in (17, 18):
        emulator.fire(number)
    screen.open()
    refused = {"error": "it cannot be"}
    screen.page.route("**/notifications/2/resend", lambda route: route.fulfill(status=409, json=refused))
    screen.press("Select all")

    screen.press("Resend 2 selected")
    screen.press("Resend them")

    screen.said("1 notification sent again: 1 delivered; 1 notification not sent again: #2")


def test_everything_in_a_window_of_time_is_sent_again(screen: Screen, emulator: Emulator, endpoint: Endpoint) -> None:
    emulator.subscribe("person", "new", TARGET)
    emulator.fire(17)
    emulator.advance("1h")
    emulator.fire(18)
    emulator.fire(19)
    screen.open(since=emulator.notifications()[0]["created_at"])
    expect(screen.rows).to_have_count(2)

    screen.press("Select all")
    screen.press("Resend 2 selected")
    screen.press("Resend them")

    screen.said("2 notifications sent again")
    assert [body["ids"] for body in endpoint.bodies[3:]] == [[18], [19]]


def test_what_was_taken_off_the_list_is_not_shown_and_stays_in_the_account(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    for number in (17, 18, 19):
        emulator.fire(number)
    screen.open()
    screen.page.get_by_label("Select 1").check()
    screen.page.get_by_label("Select 2").check()

    screen.press("Take 2 off the list")

    expect(screen.rows).to_have_count(1)
    expect(screen.rows.first).to_contain_text("19")
    emulator.fire(20)
    expect(screen.rows).to_have_count(2)
    assert len(emulator.notifications()) == 4

    screen.press("2 taken off: show")
    expect(screen.rows).to_have_count(4)


def test_a_key_takes_the_open_delivery_off_and_opens_the_next(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    for number in (17, 18, 19):
        emulator.fire(number)
    screen.open(which=2)

    screen.page.keyboard.press("x")

    expect(screen.rows).to_have_count(2)
    expect(screen.delivery).to_contain_text("#1")


def test_a_copied_curl_command_sends_the_same_again(screen: Screen, emulator: Emulator, endpoint: Endpoint) -> None:
    emulator.subscribe("person", "update", TARGET)
    emulator.fire(17, event="update", name=["Ada", "Ada O'Brien"])
    screen.open(which=1)

    screen.press("Copy as curl")
    screen.said("copied")

    command = screen.copied()
    assert command.startswith(f"curl -X POST '{endpoint.url}/hooks/copper'")
    subprocess.run(["sh", "-c", f"{command} --silent --noproxy '*'"], check=True, capture_output=True, timeout=30)
    assert endpoint.bodies[1] == endpoint.bodies[0]


def test_payload_and_scenario_step_are_copied(screen: Screen, emulator: Emulator, endpoint: Endpoint) -> None:
    emulator.subscribe("person", "update", TARGET)
    emulator.fire(17, event="update", name=["Ada", "Eve"])
    screen.open(which=1)

    screen.press("Copy as JSON")
    screen.said("JSON copied")
    assert json.loads(screen.copied()) == endpoint.bodies[0]

    screen.press("Copy as scenario step")
    screen.said("Scenario step copied")
    assert yaml.safe_load(screen.copied()) == [
        {"fire": {"topic": "person/update", "ids": [17], "updated_attributes": {"name": ["Ada", "Eve"]}}}
    ]


def test_subscriptions_are_made_changed_and_deleted_and_counted(screen: Screen, emulator: Emulator) -> None:
    screen.open("subscriptions")
    expect(screen.main.get_by_role("heading", level=1)).to_contain_text("0/100")

    screen.press("New subscription")
    screen.dialog.get_by_label("Type").select_option("company")
    screen.dialog.get_by_label("Event").select_option("delete")
    screen.dialog.get_by_label("Target").fill(TARGET)
    screen.dialog.get_by_label("Secret").fill('{"key": "s3cret"}')
    screen.dialog.get_by_role("button", name="Save").click()
    row = screen.region("Subscriptions").get_by_role("row").nth(1)
    expect(row).to_contain_text("company/delete")
    expect(row).to_contain_text(TARGET)
    expect(screen.main.get_by_role("heading", level=1)).to_contain_text("1/100")

    row.get_by_role("button", name="Edit").click()
    screen.dialog.get_by_label("Target").fill(f"{TARGET}/v2")
    screen.dialog.get_by_role("button", name="Save").click()
    expect(row).to_contain_text(f"{TARGET}/v2")
    expect(row).to_contain_text("key")

    row.get_by_role("button", name="Delete").click()
    screen.dialog.get_by_role("button", name="Delete").click()
    expect(screen.main.get_by_role("heading", level=1)).to_contain_text("0/100")


def topics(emulator: Emulator) -> list[str]:
    return [f"{each['type']}/{each['event']}" for each in emulator.ask("GET", "/subscriptions")["subscriptions"]]


def test_a_target_is_subscribed_to_every_topic_that_is_chosen_and_not_there_yet(
    screen: Screen, emulator: Emulator
) -> None:
    emulator.subscribe("task", "new", TARGET)
    screen.open("subscriptions")

    screen.press("New subscription")
    screen.dialog.get_by_label("Type").select_option("every type")
    screen.dialog.get_by_label("Event").select_option("new")
    screen.dialog.get_by_label("Target").fill(TARGET)
    screen.dialog.get_by_label("Secret").fill('{"key": ')
    screen.dialog.get_by_role("button", name="Save").click()
    expect(screen.dialog.get_by_role("alert")).to_contain_text("Secret is not JSON")
    assert topics(emulator) == ["task/new"]

    screen.dialog.get_by_label("Secret").fill('{"key": "s3cret"}')
    screen.dialog.get_by_role("button", name="Save").click()
    screen.said("6 subscriptions made")
    kinds = ["lead", "person", "company", "opportunity", "project", "activity_log"]
    assert sorted(topics(emulator)) == sorted(["task/new", *(f"{kind}/new" for kind in kinds)])
    expect(screen.region("Subscriptions").get_by_role("row").filter(has_text="key")).to_have_count(6)

    screen.press("New subscription")
    screen.dialog.get_by_label("Type").select_option("activity_log")
    screen.dialog.get_by_label("Event").select_option("every event")
    screen.dialog.get_by_label("Type").select_option("lead")
    screen.dialog.get_by_label("Target").fill(TARGET)
    screen.dialog.get_by_role("button", name="Save").click()
    screen.said("2 subscriptions made")
    assert {"lead/new", "lead/update", "lead/delete"} <= {*topics(emulator)}

    screen.press("New subscription")
    screen.dialog.get_by_label("Type").select_option("lead")
    screen.dialog.get_by_label("Event").select_option("every event")
    screen.dialog.get_by_label("Target").fill(TARGET)
    screen.dialog.get_by_role("button", name="Save").click()
    screen.said("It is already subscribed to all of them")
    assert len(topics(emulator)) == 9


def test_a_secret_and_headers_are_taken_away_by_emptying_their_boxes(
    screen: Screen, emulator: Emulator, endpoint: Endpoint
) -> None:
    emulator.subscribe("person", "new", TARGET, secret={"key": "s3cret"}, headers={"X-Tenant": "blue"})
    screen.open("subscriptions")
    row = screen.region("Subscriptions").get_by_role("row").nth(1)
    expect(row).to_contain_text("key, X-Tenant")

    row.get_by_role("button", name="Edit").click()
    expect(screen.dialog).to_contain_text("an empty box removes it")
    screen.dialog.get_by_label("Secret").fill("")
    screen.dialog.get_by_label("Headers").fill("")
    screen.dialog.get_by_role("button", name="Save").click()
    screen.said("Saved")

    expect(row).not_to_contain_text("X-Tenant")
    emulator.fire(17)
    assert "key" not in endpoint.bodies[0]
    sent = emulator.ask("GET", "/notifications/1")["delivery"]["request_headers"]
    assert "X-Tenant" not in [name for name, _ in sent]


def test_a_refused_subscription_says_why(screen: Screen, emulator: Emulator) -> None:
    screen.open("subscriptions")
    screen.press("New subscription")

    screen.dialog.get_by_label("Target").fill("http://billing.example.com")
    screen.dialog.get_by_role("button", name="Save").click()

    expect(screen.dialog.get_by_role("alert")).to_contain_text("Invalid URI For External Request")


def test_deliveries_to_one_target_are_paused_and_resumed(
    screen: Screen, emulator: Emulator, endpoint: Endpoint
) -> None:
    emulator.subscribe("person", "new", TARGET)
    emulator.subscribe("person", "new")
    screen.open("subscriptions")

    # Not the whole region: the other target is the inbox, which has the name of this test.
    target = screen.region("Targets").get_by_role("row").filter(has_text=TARGET)

    screen.press(f"Pause {TARGET}")
    expect(target).to_contain_text("paused")
    emulator.fire(17)
    expect(target.get_by_role("cell", name="1", exact=True)).to_be_visible()
    assert endpoint.bodies == []

    screen.press(f"Resume {TARGET}")
    expect(screen.button(f"Pause {TARGET}")).to_be_visible()
    assert len(endpoint.bodies) == 1


def test_routes_are_made_and_removed(screen: Screen, emulator: Emulator) -> None:
    screen.open("subscriptions")

    screen.press("New route")
    screen.dialog.get_by_label("Targets at or below").fill("https://billing.example.com")
    screen.dialog.get_by_label("Are sent to").fill("http://127.0.0.1:5000")
    screen.dialog.get_by_role("button", name="Save").click()
    expect(screen.region("Routes")).to_contain_text("http://127.0.0.1:5000")

    screen.press("Remove route of https://billing.example.com")
    expect(screen.region("Routes")).not_to_contain_text("http://127.0.0.1:5000")


def test_the_clock_bar_moves_time(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.faults("latency=10m")
    screen.open()
    clock = screen.region("Clock")
    emulator.fire(17)
    expect(clock).to_contain_text("1 waiting, next due in 10m")

    screen.press("+1 min")
    expect(clock).to_contain_text("next due in 9m")
    screen.press("To next due")
    expect(clock).to_contain_text("nothing waits")
    expect(screen.row("delivered")).to_be_visible()

    emulator.fire(18)
    screen.press("+15 min")
    expect(screen.row(18)).to_contain_text("delivered")

    emulator.fire(19)
    expect(clock).to_contain_text("1 waiting")
    screen.press("Run until idle")
    expect(screen.row(19)).to_contain_text("delivered")


def test_while_an_endpoint_is_waited_for_the_clock_says_so_and_is_not_moved(
    screen: Screen, emulator: Emulator, endpoint: Endpoint
) -> None:
    emulator.subscribe("person", "new", TARGET)
    emulator.faults("latency=10m")
    emulator.fire(17)
    emulator.ask("POST", "/clock/run")
    endpoint.let_go.clear()
    screen.open()
    clock = screen.region("Clock")
    expect(clock).to_contain_text("running")

    screen.press("To next due")

    expect(clock).to_contain_text("busy")
    expect(screen.button("Run until idle")).to_be_disabled()
    other = screen.page.context.new_page()
    other.goto(screen.page.url)
    expect(other.get_by_role("region", name="Clock")).to_contain_text("busy")
    expect(other.get_by_role("button", name="Run until idle")).to_be_disabled()
    endpoint.let_go.set()
    for page in (screen.page, other):
        expect(page.get_by_role("region", name="Clock")).to_contain_text("running")
        expect(page.get_by_role("button", name="Run until idle")).to_be_enabled()


def test_what_is_on_its_way_is_not_said_to_wait(screen: Screen, emulator: Emulator, endpoint: Endpoint) -> None:
    emulator.subscribe("person", "new", TARGET)
    emulator.ask("POST", "/clock/run")
    endpoint.let_go.clear()
    emulator.fire(17)
    screen.open()

    expect(screen.page.locator("#next")).to_have_text("1 sending")

    endpoint.let_go.set()
    expect(screen.page.locator("#next")).to_have_text("nothing waits")


def test_what_waits_for_a_paused_target_is_told_beside_the_clock(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new", TARGET)
    emulator.ask("POST", "/targets/pause", {"target": TARGET})
    emulator.fire(17)

    screen.open()

    expect(screen.region("Clock")).to_contain_text("1 waiting (1 for a paused target)")
    expect(screen.button("To next due")).to_have_attribute(
        "title", "What waits is for a paused target: resume it under Subscriptions."
    )


def test_the_clock_runs_and_is_frozen(screen: Screen, emulator: Emulator) -> None:
    screen.open()
    clock = screen.region("Clock")
    expect(clock).to_contain_text("frozen")

    screen.press("Run")
    expect(clock).to_contain_text("running")
    screen.press("Freeze")
    expect(clock).to_contain_text("frozen")


def test_a_fault_is_told_of_on_every_view_and_off_in_one_click(screen: Screen, emulator: Emulator) -> None:
    screen.open("faults")
    screen.page.get_by_label("Share of lose").fill("35")

    screen.press("Switch on lose")

    banner = screen.region("What is switched on")
    expect(banner).to_contain_text("lose=35%")
    screen.go("Records")
    expect(banner).to_contain_text("lose=35%")
    screen.press("Switch off all faults")
    expect(banner).to_be_hidden()
    assert emulator.ask("GET", "/faults")["faults"] == []


def test_faults_say_their_seed_and_can_be_for_one_target(screen: Screen, emulator: Emulator) -> None:
    screen.open("faults")
    expect(screen.region("Faults that are on")).to_contain_text("seed 0")

    screen.page.get_by_label("Only targets at or below").fill("https://billing.example.com")
    screen.press("Switch on outage")

    expect(screen.region("Faults that are on")).to_contain_text("outage=10m@https://billing.example.com")
    screen.page.get_by_label("Only targets at or below").fill("")
    screen.press("Switch on shuffle")
    expect(screen.region("Faults that are on")).to_contain_text("shuffle")
    screen.press("Switch off outage=10m@https://billing.example.com")
    expect(screen.region("Faults that are on")).not_to_contain_text("outage")
    assert [each["name"] for each in emulator.ask("GET", "/faults")["faults"]] == ["shuffle"]


def test_the_next_delivery_alone_fails(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    screen.open("faults")
    screen.page.get_by_label("What happens to the next delivery").select_option(label="is refused")
    screen.press("Switch on once")
    screen.said("On: refuse=1")

    emulator.fire(17)
    emulator.fire(18)

    screen.go("Deliveries")
    expect(screen.row(17)).to_contain_text("failed")
    expect(screen.row(18)).to_contain_text("delivered")
    expect(screen.region("What is switched on")).to_be_hidden()


def test_a_scenario_is_played_with_its_steps_and_stays_in_the_history(screen: Screen, emulator: Emulator) -> None:
    screen.open("scenarios")
    screen.page.get_by_label("Scenario", exact=True).select_option("first_notification")

    screen.press("Play")

    run = screen.region("Run")
    expect(run).to_contain_text("passed")
    expect(run.get_by_role("list", name="Steps")).to_contain_text("create")
    expect(screen.region("Runs")).to_contain_text("run 1")
    screen.press("Play")
    screen.press("Empty and play")
    expect(screen.region("Runs")).to_contain_text("run 2")
    screen.region("Runs").get_by_role("link", name="run 1").click()
    expect(run).to_contain_text("Run 1")


def test_a_scenario_of_ones_own_that_fails_says_where(screen: Screen, emulator: Emulator) -> None:
    screen.open("scenarios")
    screen.page.get_by_label("Scenario", exact=True).select_option(label="a file of my own")
    mine = b"name: mine\nsteps:\n  - create: {type: person, as: ada}\n  - expect: {topic: person/new}\n"
    file: FilePayload = {"name": "mine.yaml", "mimeType": "application/yaml", "buffer": mine}
    screen.page.get_by_label("Scenario file").set_input_files(file)

    screen.press("Play")

    expect(screen.region("Run")).to_contain_text("failed")
    expect(screen.region("Run")).to_contain_text("no subscription")


def test_a_scenario_that_cannot_be_understood_is_refused_before_anything_is_asked(
    screen: Screen, emulator: Emulator
) -> None:
    emulator.create(name="Ada")
    screen.open("scenarios")
    screen.page.get_by_label("Scenario", exact=True).select_option(label="a file of my own")
    screen.press("Play")
    expect(screen.main.get_by_role("alert")).to_have_text("There is no scenario here: choose a file or write one")

    screen.page.get_by_label("Scenario as YAML").fill("name: mine\nsteps:\n  - jump: {}\n  - dance: {}\n")
    screen.press("Play")

    expect(screen.main.get_by_role("alert")).to_have_text(re.compile("^line 3: .*\nline 4: "), use_inner_text=True)
    expect(screen.dialog).to_have_count(0)
    expect(screen.region("Runs")).to_contain_text("None yet.")


def test_a_run_that_is_not_there_is_said_to_be_missing(screen: Screen, emulator: Emulator) -> None:
    screen.open("scenarios", 77)

    expect(screen.region("Run")).to_contain_text("There is no run 77 of this account.")


def test_what_the_built_in_endpoint_got_says_so(screen: Screen, emulator: Emulator) -> None:
    screen.open("scenarios")
    screen.page.get_by_label("Scenario", exact=True).select_option("first_notification")
    screen.press("Play")
    expect(screen.region("Run")).to_contain_text("passed")

    screen.open(which=1)

    expect(screen.delivery).to_contain_text("via the built-in endpoint")


def test_an_account_in_which_something_happened_is_not_emptied_unasked(screen: Screen, emulator: Emulator) -> None:
    emulator.create(name="Ada")
    screen.open("scenarios")

    screen.press("Play")
    screen.dialog.get_by_role("button", name="Cancel").click()

    expect(screen.dialog).to_have_count(0)
    expect(screen.region("Runs")).to_contain_text("None yet.")
    assert emulator.ask("POST", "/records/person/search", {})["total"] == 1


def test_what_i_do_is_recorded_as_a_scenario_that_plays_again(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "update")
    person = emulator.create(name="Ada")
    screen.open("scenarios")
    screen.press("Start recording")
    expect(screen.region("What is switched on")).to_contain_text("Recording")

    screen.open("records", f"person/{person}")
    screen.page.get_by_label("name", exact=True).fill("Ada Lovelace")
    screen.press("Save")
    expect(screen.region("Webhooks of this record")).to_contain_text("delivered")
    screen.go("Scenarios")
    screen.press("Stop recording")

    name, text = screen.saved("Download scenario")
    assert name == "recorded.yaml"
    assert "Ada Lovelace" in text
    screen.press("Play it")
    screen.press("Empty and play")
    expect(screen.region("Run")).to_contain_text("passed")


@pytest.mark.parametrize("how", ["JSON", "HAR", "CSV"])
def test_what_fits_the_filters_is_exported(screen: Screen, emulator: Emulator, endpoint: Endpoint, how: str) -> None:
    emulator.subscribe("person", "new", TARGET)
    emulator.fire(17)
    emulator.fire(18)
    screen.open(id="18")
    expect(screen.rows).to_have_count(1)

    name, text = screen.saved(f"Export as {how}")

    assert name == f"{emulator.account}.{how.lower()}"
    if how == "JSON":
        assert [each["ids"] for each in json.loads(text)["deliveries"]] == [[18]]
    elif how == "HAR":
        [entry] = json.loads(text)["log"]["entries"]
        assert json.loads(entry["request"]["postData"]["text"]) == endpoint.bodies[1]
        assert entry["response"]["status"] == 200
        assert entry["response"]["content"]["text"] == "thank you"
    else:
        head, row, *rest = text.splitlines()
        assert dict(zip(head.split(","), row.split(","), strict=True))["ids"] == "18"
        assert rest == []


def test_of_what_only_waits_nothing_is_exported_and_that_is_said(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(17)
    emulator.faults("latency=10m")
    emulator.fire(18)
    downloads: list[Download] = []
    screen.page.on("download", lambda download: downloads.append(download))
    screen.open(state="queued")
    expect(screen.rows).to_have_count(1)

    screen.press("Export as JSON")

    screen.said("Nothing was saved: nothing that matches has ended")
    assert downloads == []


def test_what_is_exported_is_what_the_list_shows(screen: Screen, emulator: Emulator) -> None:
    """The list filters by the time of the change, the journal by that of the end: late ends are included, too."""
    emulator.subscribe("person", "new")
    emulator.faults("latency=10m")
    for number in (1, 2):
        emulator.fire(number)
        emulator.advance("1m")
    until = emulator.notifications()[0]["created_at"]
    emulator.advance("10m")
    screen.open(until=until)
    expect(screen.rows).to_have_count(1)

    _, text = screen.saved("Export as JSON")

    assert [each["ids"] for each in json.loads(text)["deliveries"]] == [[1]]


def test_more_than_a_page_is_exported_oldest_first(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(*range(1, 30 * 1100 + 1))
    emulator.ask("POST", "/clock/run-until-idle", {"limit": "1h"})
    screen.open()

    _, text = screen.saved("Export as JSON")

    assert [each["notification"] for each in json.loads(text)["deliveries"]] == list(range(1, 1101))


MUCH_TO_EXPORT = """
async () => {
  const { save } = await import("/_emulator/page/js/exporting.js");
  // A server with 12,000 deliveries.
  const below = (before = 12_001, limit) => {
    const length = Math.min(limit, before - 1);
    return Array.from({ length }, (_, n) => before - 1 - n);
  };
  const api = {
    async notifications({ before, limit }) {
      const found = below(before, limit);
      return { notifications: found.map((serial) => ({ serial, outcome: "delivered" })), older: found.at(-1) - 1 };
    },
    async journal({ before, limit }) {
      const found = below(before, limit).reverse();
      return { entries: found.map((number) => ({ number, delivery: { notification: number } })) };
    },
  };
  let saved = [];
  await save((_, deliveries) => (saved = deliveries), { name: "much", api }, {});
  return [saved.length, saved[0].notification, saved.at(-1).notification];
}
"""


def test_at_most_ten_thousand_are_exported_and_that_is_said(screen: Screen, emulator: Emulator) -> None:
    screen.open()

    assert screen.page.evaluate(MUCH_TO_EXPORT) == [10_000, 2001, 12_000]
    screen.said("The newest 10,000 deliveries were saved")


def test_a_reset_is_asked_for_twice(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(17)
    screen.open()
    expect(screen.rows).to_have_count(1)

    screen.press("Reset")
    screen.dialog.get_by_role("button", name="Cancel").click()
    expect(screen.rows).to_have_count(1)

    screen.press("Reset")
    screen.dialog.get_by_role("button", name="Delete everything").click()
    expect(screen.main).to_contain_text("Nothing has happened yet")
    assert emulator.ask("GET", "/subscriptions")["count"] == 0


def test_the_inbox_shows_what_arrived_and_answers_as_it_is_told(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new", secret={"key": "s3cret"})
    screen.open("inbox")
    emulator.fire(17)
    expect(screen.region("Requests")).to_contain_text("person/new [17]")

    screen.page.get_by_label("It answers with status").fill("503")
    screen.press("Save")
    screen.said("It answers 503")
    emulator.fire(18)

    expect(screen.region("Requests")).to_contain_text("person/new [18]")
    assert emulator.notifications()[0]["status"] == 503


def test_the_inbox_is_bounded_and_says_so(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(*range(1, 101 * 30 + 1))

    screen.open("inbox")

    expect(screen.region("Requests")).to_contain_text("101 requests, the latest 100 here")
