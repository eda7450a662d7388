"""A newcomer's first quarter of an hour, with nothing but the page: every step is one that the page itself offers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.cli.processes import started
from tests.page.emulators import Emulator
from tests.page.endpoint import Endpoint, listening
from tests.page.screen import Screen

TARGET = "https://billing.example.com/hooks/copper"


@pytest.fixture
def server() -> Iterator[str]:
    """As the README starts it."""
    with started("serve", "--port", "0") as process:
        yield process.url


@pytest.fixture
def newcomer(browser: Browser, server: str) -> Iterator[Screen]:
    """Someone who has been told the address and nothing else."""
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        screen = Screen(context.new_page(), Emulator(server, "default"))
        screen.page.goto(server)
        yield screen
        assert screen.wrong == []


def test_a_newcomer_comes_to_an_end_without_reading_more(newcomer: Screen) -> None:
    with listening() as endpoint:
        subscribes(newcomer, endpoint)
        lets_the_limits_be_soon_reached(newcomer)
        starts_to_record(newcomer)
        edits_a_person_and_sees_the_webhook_arrive(newcomer, endpoint)
        takes_the_endpoint_down_and_sees_why_the_next_one_failed(newcomer, endpoint)
        moves_the_clock_past_a_hold(newcomer, endpoint)
        saves_the_session_as_a_scenario_that_plays(newcomer, endpoint)


def subscribes(screen: Screen, endpoint: Endpoint) -> None:
    expect(screen.main).to_contain_text("Nothing has happened yet")
    screen.main.get_by_role("link", name="Subscriptions").click()
    screen.press("New route")
    screen.dialog.get_by_label("Targets at or below").fill("https://billing.example.com")
    screen.dialog.get_by_label("Are sent to").fill(endpoint.url)
    screen.dialog.get_by_role("button", name="Save").click()
    screen.press("New subscription")
    screen.dialog.get_by_label("Type").select_option("person")
    screen.dialog.get_by_label("Event").select_option("update")
    screen.dialog.get_by_label("Target").fill(TARGET)
    screen.dialog.get_by_role("button", name="Save").click()
    expect(screen.region("Subscriptions")).to_contain_text("1/100")


def lets_the_limits_be_soon_reached(screen: Screen) -> None:
    screen.go("Account")
    screen.page.get_by_label("limits", exact=True).fill("2/1m")
    screen.press("Save settings")
    screen.said("Saved")


def starts_to_record(screen: Screen) -> None:
    screen.go("Scenarios")
    screen.press("Start recording")
    expect(screen.button("Stop recording")).to_be_visible()


def edits_a_person_and_sees_the_webhook_arrive(screen: Screen, endpoint: Endpoint) -> None:
    screen.go("Records")
    screen.page.get_by_label("name", exact=True).fill("Ada")
    screen.press("Create")
    expect(screen.main.get_by_role("heading", name="person 9")).to_be_visible()
    retitle(screen, "Countess")
    expect(screen.region("Webhooks of this record")).to_contain_text("delivered")
    [body] = endpoint.bodies
    assert body["updated_attributes"] == {"title": [None, "Countess"]}


def takes_the_endpoint_down_and_sees_why_the_next_one_failed(screen: Screen, endpoint: Endpoint) -> None:
    endpoint.down()
    retitle(screen, "Lady")
    webhooks = screen.region("Webhooks of this record")
    expect(webhooks).to_contain_text("failed")
    webhooks.get_by_role("row").filter(has_text="failed").get_by_role("link").click()
    screen.tab("Why")
    expect(screen.delivery.get_by_role("tabpanel")).to_contain_text("refused")


def moves_the_clock_past_a_hold(screen: Screen, endpoint: Endpoint) -> None:
    endpoint.up()
    screen.page.go_back()
    expect(screen.page.get_by_label("title", exact=True)).to_have_value("Lady")
    retitle(screen, "Dame")
    webhooks = screen.region("Webhooks of this record")
    expect(webhooks).to_contain_text("held")
    screen.press("+1 min")
    expect(webhooks).not_to_contain_text("held")
    assert [body["updated_attributes"]["title"][1] for body in endpoint.bodies] == ["Countess", "Dame"]


def saves_the_session_as_a_scenario_that_plays(screen: Screen, endpoint: Endpoint) -> None:
    screen.go("Scenarios")
    screen.press("Stop recording")
    name, text = screen.saved("Download scenario")
    assert name == "recorded.yaml"
    assert all(title in text for title in ("Countess", "Lady", "Dame"))

    screen.press("Play it")
    screen.press("Empty and play")

    expect(screen.region("Run")).to_contain_text("passed")
    played = [body["updated_attributes"]["title"][1] for body in endpoint.bodies[2:]]
    assert played == ["Countess", "Lady", "Dame"]


def retitle(screen: Screen, title: str) -> None:
    screen.page.get_by_label("title", exact=True).fill(title)
    screen.press("Save")
    screen.said("Saved")
    expect(screen.page.get_by_label("title", exact=True)).to_have_value(title)
