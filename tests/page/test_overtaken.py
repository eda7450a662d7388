"""What is shown stays right if an answer arrives after what the journal told meanwhile, or after a later answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Locator, Page, Route, expect

from tests.page.emulators import TARGET, Emulator, open_account
from tests.page.endpoint import Endpoint
from tests.page.screen import Screen


@dataclass
class Late:
    """The first answer to a request, which the server has given, and the page gets when it is released."""

    page: Page
    url: str
    _held: list[tuple[Route, APIResponse]] = field(default_factory=list)
    _asked: bool = False

    def __post_init__(self) -> None:
        self.page.route(self.url, self._hold)

    def _hold(self, route: Route) -> None:
        if self._asked:
            route.continue_()
            return
        self._asked = True
        self._held.append((route, route.fetch()))

    def is_given(self) -> None:
        """Until the server has answered."""
        while not self._held:
            next_frame(self.page)

    def release(self) -> None:
        route, answer = self._held.pop()
        with self.page.expect_request_finished(lambda request: request == route.request):
            route.fulfill(response=answer)
        next_frame(self.page)


def next_frame(page: Page) -> None:
    """Until the page has drawn once more."""
    page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")


def is_told(screen: Screen, act: Callable[[], Any]) -> None:
    """Do something, until the page has heard of it: it then looks at the clock."""
    with screen.page.expect_response("**/clock"):
        act()
    next_frame(screen.page)


def address(screen: Screen, view: str) -> str:
    return f"{screen.emulator.url}/#/{screen.emulator.account}/{view}"


# --- the list of deliveries ---------------------------------------------------------------------------------


def begin_sending(emulator: Emulator, endpoint: Endpoint) -> None:
    """A notification that is on its way until the endpoint is let go."""
    emulator.subscribe("person", "new", TARGET)
    endpoint.let_go.clear()
    emulator.ask("POST", "/clock/run")
    emulator.fire(17)
    endpoint.arrived.wait()


@pytest.mark.parametrize(
    ("which", "url"), [("", "**/notifications?*"), ("/1", "**/notifications/1")], ids=["list", "delivery"]
)
def test_an_end_that_is_told_while_it_is_read_is_shown(
    screen: Screen, emulator: Emulator, endpoint: Endpoint, which: str, url: str
) -> None:
    begin_sending(emulator, endpoint)
    late = Late(screen.page, url)
    screen.page.goto(address(screen, f"deliveries{which}"))
    late.is_given()
    expect(screen.page.locator("#next")).to_contain_text("1 sending")

    endpoint.let_go.set()
    emulator.wait(17)
    expect(screen.page.locator("#next")).to_have_text("nothing waits")
    late.release()

    expect(screen.row(17)).to_contain_text("delivered 200")
    if which:
        expect(screen.delivery).to_contain_text("delivered 200")


FEED = """
  const { Feed } = await import("/_emulator/page/js/feed.js");
  const soon = () => new Promise((done) => setTimeout(done));
  // A server: its answers are made when it is asked, and given when `answer` is called.
  const server = { rows: [], last: 0, open: [], asked: [] };
  const give = (asks) => {
    const { before = Infinity, limit, state } = asks;
    const fitting = server.rows.filter((row) => !state || row.state === state);
    const all = fitting.filter((row) => row.serial < before);
    const notifications = all.slice(0, limit).map((row) => ({ ...row }));
    const older = all.length - notifications.length;
    return { notifications, count: fitting.length, total: server.rows.length, older, last: server.last };
  };
  const api = {
    journal: async () => ({ entries: [], last: server.last }),
    notifications: (asks) => {
      const page = give(asks);
      server.asked.push(asks);
      return new Promise((answer) => server.open.push(() => answer(page)));
    },
  };
  const queue = (serial, state = "queued") =>
    server.rows.unshift({ serial, state, created_at: `2026-03-02T10:00:00.${String(serial).padStart(4, "0")}Z` });
  /** Something becomes of a notification; returns the entry that tells it. */
  const become = (serial, state) => {
    server.rows.find((row) => row.serial === serial).state = state;
    const notification = { serial, state };
    const ended = state !== "sending" && { kind: "ended", delivery: { outcome: state, status: 200 } };
    return { number: (server.last += 1), kind: state, at: "2026-03-02T10:00:01Z", notification, ...ended };
  };
  /** Do something, and give all answers that it asks for, the latest first. */
  const answer = async (act) => {
    const done = act();
    await soon();
    while (server.open.length) {
      server.open.pop()();
      await soon();
    }
    await done;
  };
  const shown = (feed) => feed.rows.map(({ serial, state }) => `#${serial} ${state}`);
"""


def in_feed(screen: Screen, steps: str) -> Any:
    """What these steps return, with the page's own list and a server whose answers they hold back."""
    screen.open("faults")
    return screen.page.evaluate(f"async () => {{ {FEED} {steps} }}")


def test_a_row_is_as_the_latest_entry_says_even_if_it_arrives_before_the_page(screen: Screen) -> None:
    steps = """
      queue(1);
      const feed = new Feed(api, {});
      await answer(async () => {
        const read = feed.refresh();
        await soon();
        feed.take([become(1, "sending"), become(1, "delivered")]);
        await read;
      });
      return [shown(feed), server.asked.length];
    """
    assert in_feed(screen, steps) == [["#1 delivered"], 1]


def test_an_entry_from_before_the_page_does_not_undo_it(screen: Screen) -> None:
    steps = """
      queue(1);
      const feed = new Feed(api, {});
      const sending = become(1, "sending");
      become(1, "delivered");
      await answer(() => feed.refresh());
      feed.take([sending]);
      return shown(feed);
    """
    assert in_feed(screen, steps) == ["#1 delivered"]


def test_of_two_readings_the_later_one_stays(screen: Screen) -> None:
    steps = """
      queue(1);
      const feed = new Feed(api, {});
      await answer(async () => {
        const first = feed.refresh();
        await soon();
        queue(2);
        await Promise.all([first, feed.refresh(), feed.refresh()]);
      });
      return [shown(feed), feed.count, server.asked.length];
    """
    assert in_feed(screen, steps) == [["#2 queued", "#1 queued"], 2, 2]


def test_a_reading_that_fails_does_not_stop_the_next(screen: Screen) -> None:
    steps = """
      queue(1);
      const feed = new Feed({ ...api, notifications: async () => Promise.reject(new Error("gone")) }, {});
      const failed = await feed.refresh().catch(({ message }) => message);
      feed.api = api;
      await answer(() => feed.refresh());
      return [failed, shown(feed)];
    """
    assert in_feed(screen, steps) == ["gone", ["#1 queued"]]


def test_an_error_of_what_is_done_one_at_a_time_is_reported_if_nobody_looks_at_it(screen: Screen) -> None:
    screen.open("faults")
    with screen.page.expect_event("pageerror") as reported:
        screen.page.evaluate(
            """async () => {
              const { oneAtATime } = await import("/_emulator/page/js/dom.js");
              oneAtATime(async () => { throw new Error("cannot be drawn"); })();
            }"""
        )

    assert reported.value.message == "cannot be drawn"
    [wrong] = screen.wrong
    assert "cannot be drawn" in wrong
    # What this fixture looks for at the end of every test.
    screen.wrong.clear()


def test_what_ends_while_the_list_is_paused_is_shown_when_it_goes_on_however_old_it_is(screen: Screen) -> None:
    steps = """
      for (let serial = 1; serial <= 250; serial += 1) queue(serial);
      const feed = new Feed(api, {});
      await answer(() => feed.refresh());
      await answer(() => feed.loadOlder());
      feed.pause(true);
      feed.take([become(3, "delivered")]);
      const still = shown(feed).at(-3);
      feed.pause(false);
      return [feed.rows.length, still, shown(feed).at(-3)];
    """
    assert in_feed(screen, steps) == [250, "#3 queued", "#3 delivered"]


def test_what_is_told_while_older_rows_are_read_is_shown(screen: Screen) -> None:
    steps = """
      for (let serial = 1; serial <= 250; serial += 1) queue(serial);
      const feed = new Feed(api, {});
      await answer(() => feed.refresh());
      await answer(async () => {
        const read = feed.loadOlder();
        feed.take([become(3, "delivered")]);
        await read;
      });
      return [feed.rows.length, shown(feed).at(-3)];
    """
    assert in_feed(screen, steps) == [250, "#3 delivered"]


def test_older_rows_that_no_longer_join_the_list_are_left_out(screen: Screen) -> None:
    """So many arrived while they were read that the list was started again: between the two would be a gap."""
    steps = """
      for (let serial = 1; serial <= 250; serial += 1) queue(serial);
      const feed = new Feed(api, {});
      await answer(() => feed.refresh());
      const older = feed.loadOlder();
      const olderPage = server.open.pop();
      for (let serial = 251; serial <= 600; serial += 1) queue(serial);
      await answer(() => feed.refresh());
      olderPage();
      await older;
      return [feed.rows.length, shown(feed).at(-1), feed.older];
    """
    assert in_feed(screen, steps) == [200, "#401 queued", 400]


def test_older_rows_that_no_longer_match_go(screen: Screen) -> None:
    steps = """
      for (let serial = 1; serial <= 250; serial += 1) queue(serial);
      const feed = new Feed(api, { state: "queued" });
      await answer(() => feed.refresh());
      await answer(() => feed.loadOlder());
      feed.take([become(3, "delivered")]);
      await answer(() => feed.refresh());
      return [feed.rows.length, feed.older, shown(feed).includes("#3 delivered")];
    """
    assert in_feed(screen, steps) == [249, 0, False]


@pytest.mark.parametrize("filters", [{"status": "5xx"}, {"text": "out of order"}], ids=["answer", "text"])
def test_what_comes_to_match_a_filter_by_its_answer_appears(
    screen: Screen, emulator: Emulator, endpoint: Endpoint, filters: dict[str, str]
) -> None:
    emulator.subscribe("person", "new", TARGET)
    emulator.faults("latency=30s")
    emulator.fire(17)
    endpoint.status, endpoint.answer = 503, "out of order"
    screen.open(**filters)
    expect(screen.main).to_contain_text("Nothing matches these filters.")

    emulator.advance("1m")

    expect(screen.row(17)).to_contain_text("rejected 503")


# --- other views --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """A list that is read again with each entry of the journal: its view, its request, and what adds to it."""

    view: str
    url: str
    add: Callable[[Emulator], Any]
    rows: Callable[[Screen], Locator]


def _update(emulator: Emulator) -> None:
    emulator.update(ids(emulator)[0], title=f"title {len(emulator.notifications())}")


def ids(emulator: Emulator) -> list[int]:
    return [record["id"] for record in emulator.ask("POST", "/records/person/search", {})["records"]]


LISTS = {
    "subscriptions": Shown(
        "subscriptions",
        "**/subscriptions",
        lambda emulator: emulator.subscribe("person", "new"),
        lambda screen: screen.region("Subscriptions").locator("tbody tr"),
    ),
    "inbox": Shown(
        "inbox",
        "**/inbox",
        lambda emulator: emulator.fire(17, event="update", name=["Ada", "Ada L"]),
        lambda screen: screen.region("Requests").locator("details"),
    ),
    "records": Shown(
        "records",
        "**/records/person/search",
        lambda emulator: emulator.create(name="Grace"),
        lambda screen: screen.main.get_by_role("link", name="Grace"),
    ),
    "webhooks": Shown(
        "records/person%2F{record}",
        "**/notifications?*",
        _update,
        lambda screen: screen.region("Webhooks of this record").locator("tr"),
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_an_earlier_answer_does_not_replace_the_later(screen: Screen, emulator: Emulator, name: str) -> None:
    shown = LISTS[name]
    emulator.subscribe("person", "update")
    record = emulator.create(name="Ada")
    screen.page.goto(address(screen, shown.view.format(record=record)))
    expect(screen.main).to_have_attribute("data-view", re.compile(shown.view.split("/")[0]))
    before = shown.rows(screen).count()

    late = Late(screen.page, shown.url)
    is_told(screen, lambda: shown.add(emulator))
    late.is_given()
    is_told(screen, lambda: shown.add(emulator))
    late.release()

    expect(shown.rows(screen)).to_have_count(before + 2)


def test_an_event_is_filled_in_for_the_topic_chosen_last(screen: Screen, emulator: Emulator) -> None:
    emulator.create("company", name="Analytical")
    emulator.create("lead", name="Grace")
    screen.open("send")
    kind, body = screen.page.get_by_label("Type"), screen.page.get_by_label("Body")

    late = Late(screen.page, "**/records/company/search")
    kind.select_option("company")
    late.is_given()
    kind.select_option("lead")
    expect(body).to_have_value(re.compile("Grace"))
    late.release()

    expect(body).to_have_value(re.compile("Grace"))


def test_the_list_of_accounts_is_that_of_the_account_chosen_last(
    screen: Screen, server: str, emulator: Emulator
) -> None:
    other = open_account(server, f"{emulator.account}-2")
    late = Late(screen.page, "**/v1/accounts")
    screen.page.goto(address(screen, "faults"))
    late.is_given()

    screen.page.goto(f"{server}/#/{other.account}/faults")
    choice = screen.page.locator("#account-choice")
    expect(choice).to_have_value(other.account)
    late.release()

    expect(choice).to_have_value(other.account)
