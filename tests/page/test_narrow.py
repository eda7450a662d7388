"""A small window: everything can be reached without scrolling sideways, and nothing covers anything else."""

from __future__ import annotations

import itertools
import re

import pytest
from playwright.sync_api import expect

from tests.page.emulators import TARGET, Emulator, open_account
from tests.page.screen import Screen
from tests.page.test_comfort import VIEWS

# What may be scrolled within its own box: tables, drawings, text cut off with an ellipsis.
OUTSIDE = """() => {
  const boxed = element => {
    const box = element.parentElement?.closest(".scrolls, .list, pre, select, details:not([open])");
    return box && box.getBoundingClientRect().right <= innerWidth;
  };
  const beyond = element => element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 1;
  const found = [...document.querySelectorAll("body *")].filter(each => beyond(each) && !boxed(each));
  return found.map(each => `${each.tagName} ${each.id} ${each.className} ${each.textContent.slice(0, 40)}`);
}"""


# Not cut off by the cell that it is in.
WHOLE = """mark => {
  const cell = mark.closest("[role=gridcell]").getBoundingClientRect();
  return mark.getBoundingClientRect().right <= cell.right;
}"""


INNER_WIDTH = """panel => {
  const { paddingLeft, paddingRight } = getComputedStyle(panel);
  return panel.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
}"""


@pytest.fixture
def busy(screen: Screen, emulator: Emulator) -> Screen:
    """A narrow window onto an account with something of everything, and a name without spaces."""
    emulator.subscribe("person", "new", TARGET, secret={"key": "s3cret"})
    emulator.subscribe("person", "update", "https://a-host-with-a-long-name.example.com/hooks/copper/and/more")
    emulator.route("http://127.0.0.1:5000")
    emulator.create(name="X" * 120)
    emulator.faults("latency=10m", "lose=20%")
    emulator.fire(17)
    # The label for stopping it is the longer one.
    emulator.ask("POST", "/clock/run")
    screen.page.set_viewport_size({"width": 400, "height": 800})
    return screen


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_scrolls_sideways(busy: Screen, view: str) -> None:
    busy.open(view)
    expect(busy.region("What is switched on")).to_contain_text("lose=20%")
    expect(busy.region("Clock")).to_contain_text("running")
    busy.page.wait_for_load_state("networkidle")

    assert busy.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert busy.main.evaluate("main => main.scrollWidth <= main.clientWidth")
    assert busy.page.evaluate(OUTSIDE) == []


@pytest.mark.parametrize("width", [320, 389, 390])
def test_the_name_of_the_account_can_be_read(busy: Screen, width: int) -> None:
    busy.page.set_viewport_size({"width": width, "height": 800})
    busy.open()
    choice = busy.page.get_by_label("Account", exact=True)
    expect(choice).to_have_value(busy.emulator.account)

    assert choice.evaluate("choice => choice.clientWidth") >= 80
    assert busy.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [880, 1024, 1440])
def test_beside_a_delivery_the_list_fits(screen: Screen, emulator: Emulator, width: int) -> None:
    emulator.subscribe("person", "new", TARGET, secret={"key": "s3cret"})
    emulator.faults("lose=100%")
    emulator.fire(94808711, 94808712)
    emulator.faults()
    emulator.ask("POST", "/notifications/1/resend")
    screen.page.set_viewport_size({"width": width, "height": 800})
    screen.open(which=2)
    mark = screen.list.get_by_text("#1", exact=False)
    expect(mark.first).to_be_visible()

    for each in (screen.list, screen.delivery):
        assert each.evaluate("box => box.scrollWidth <= box.clientWidth")
    if width >= 1024:
        assert mark.first.evaluate(WHOLE)


@pytest.mark.parametrize("width", [400, 1024, 1280])
def test_a_record_chosen_in_a_long_list_is_in_sight(screen: Screen, emulator: Emulator, width: int) -> None:
    emulator.ask("POST", "/records/person/create", {"count": 40, "fields": {"name": "Ada"}})
    screen.page.set_viewport_size({"width": width, "height": 800})
    screen.open("records")
    link = screen.main.get_by_role("link", name="Ada").nth(33)

    link.focus()
    screen.page.keyboard.press("Enter")

    expect(screen.main.get_by_role("heading", name=re.compile(r"person \d+"))).to_be_in_viewport()
    # There are forty of this name: the focus is on the one that was chosen.
    expect(screen.main.locator('[aria-selected="true"] a')).to_be_focused()


def test_the_steps_of_a_scenario_are_in_sight_while_it_is_played(screen: Screen, emulator: Emulator) -> None:
    screen.page.set_viewport_size({"width": 400, "height": 600})
    screen.open("scenarios")

    screen.press("Play")

    expect(screen.region("Run")).to_contain_text("passed")
    expect(screen.region("Run").get_by_role("heading")).to_be_in_viewport()


@pytest.mark.parametrize("width", [400, 1280])
def test_long_names_and_addresses_break_where_it_is_told_why(screen: Screen, emulator: Emulator, width: int) -> None:
    screen.page.set_viewport_size({"width": width, "height": 800})
    emulator.subscribe("company", "new", f"https://{'a-long-host-name.' * 6}example.com/{'0123456789' * 20}")
    emulator.fire(17, type="company")
    [blocked] = emulator.notifications(state="blocked")

    screen.open("deliveries", blocked["serial"], tab="why")

    expect(screen.main).to_contain_text("What would help")
    assert screen.page.evaluate(OUTSIDE) == []


def test_the_longest_account_name_leaves_room_for_the_button_beside_it(screen: Screen, server: str) -> None:
    longest = Screen(screen.page, open_account(server, "n" * 64))
    screen.page.set_viewport_size({"width": 400, "height": 800})

    longest.open()

    box = longest.button("New account").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 400


@pytest.mark.parametrize(("view", "names"), [("subscriptions", "Delete subscription"), ("faults", "Switch on lose")])
def test_the_buttons_of_a_row_are_in_sight(busy: Screen, view: str, names: str) -> None:
    busy.open(view)

    box = busy.button(names, exact=False).first.bounding_box()

    assert box is not None
    assert box["x"] + box["width"] <= 400


def test_the_list_has_ids_and_targets_in_sight(busy: Screen) -> None:
    busy.open()

    for name in ("Ids", "Target"):
        box = busy.list.get_by_role("columnheader", name=name).bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 400


def test_the_drawing_of_the_limits_is_as_wide_as_its_place_and_its_letters_are_to_be_read(
    screen: Screen, emulator: Emulator
) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(17)
    screen.page.set_viewport_size({"width": 420, "height": 800})
    screen.open("limits")
    drawing = screen.region("Timeline").get_by_role("img")
    bar = drawing.locator("rect.good")

    expect(bar).to_have_count(1)
    box, newest = drawing.bounding_box(), bar.bounding_box()
    assert box is not None
    assert newest is not None
    assert box["x"] + box["width"] <= 420
    # It has just happened: at the newest end, which is visible.
    assert box["x"] + box["width"] * 0.8 < newest["x"] < box["x"] + box["width"]
    assert drawing.evaluate("svg => svg.getScreenCTM().a") == 1
    moments = [each.bounding_box() for each in drawing.get_by_text(re.compile(r"^\d\d:\d\d:\d\d$")).all()]
    ends = [(each["x"], each["x"] + each["width"]) for each in moments if each is not None]
    assert len(ends) >= 2
    assert all(before[1] < after[0] for before, after in itertools.pairwise(ends))

    screen.page.set_viewport_size({"width": 1280, "height": 800})
    expect(drawing).to_have_js_property("clientWidth", screen.region("Timeline").first.evaluate(INNER_WIDTH))


def test_what_was_done_is_told_beside_the_view_and_not_over_it(screen: Screen, emulator: Emulator) -> None:
    screen.open("faults")

    screen.press("Switch on shuffle")

    screen.said("On: shuffle")
    told, main = screen.page.locator("#said").bounding_box(), screen.main.bounding_box()
    assert told is not None
    assert main is not None
    assert main["y"] + main["height"] <= told["y"]


def test_below_a_short_view_it_is_told_at_the_foot_of_the_window(screen: Screen, emulator: Emulator) -> None:
    screen.page.set_viewport_size({"width": 390, "height": 900})
    screen.open("inbox")

    screen.press("Save")

    screen.said("It answers 200")
    told = screen.page.locator("#said").bounding_box()
    assert told is not None
    assert told["y"] + told["height"] == 900


def test_the_list_begins_in_the_upper_part_of_a_small_window(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(17)
    # The label for stopping it is the longer one.
    emulator.ask("POST", "/clock/run")
    screen.page.set_viewport_size({"width": 390, "height": 900})
    screen.open()

    expect(screen.region("Clock")).to_contain_text("running")
    box = screen.rows.first.bounding_box()
    assert box is not None
    assert box["y"] < 900 * 0.4


@pytest.mark.parametrize("width", [390, 1280])
def test_what_the_copy_buttons_do_is_said_beside_them(screen: Screen, emulator: Emulator, width: int) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(17)
    screen.page.set_viewport_size({"width": width, "height": 900})
    screen.open(which=1)

    label = screen.delivery.get_by_text("copy as", exact=True).bounding_box()
    buttons = screen.delivery.get_by_role("group", name="Copy as").bounding_box()

    assert label is not None
    assert buttons is not None
    assert buttons["y"] <= label["y"] < label["y"] + label["height"] <= buttons["y"] + buttons["height"]
