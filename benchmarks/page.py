"""How long until the page shows its list, with 10,000 deliveries in the account, and with one?

A real Chromium repeatedly opens the page of a server with one delivery and of one with 10,000, in turn, each time with
an empty cache; the time runs from the call until the first row is visible. With `--quick` there are 1,000 deliveries.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack

from playwright.sync_api import Browser, Error, sync_playwright

from benchmarks.client_servers import Site, emulator
from benchmarks.measuring import Found, Row, Unavailable, in_turn, not_measured, seconds
from benchmarks.processes import ACCOUNT

DELIVERIES = 10_000
ROUNDS = 15
IDS = 30
"""Per notification."""
AT_ONCE = 1000
"""Notifications per call, whose body must stay below a megabyte."""
INBOX = "https://inbox.example/default"


def fill(server: Site, deliveries: int) -> int:
    """Deliver this many notifications to the inbox; return how many entries the journal then has."""
    server.ask("POST", f"{ACCOUNT}/subscriptions", {"type": "person", "event": "new", "target": INBOX})
    for first in range(0, deliveries, AT_ONCE):
        ids = list(range(1, min(AT_ONCE, deliveries - first) * IDS + 1))
        server.ask("POST", f"{ACCOUNT}/fire", {"type": "person", "event": "new", "ids": ids})
    return int(server.ask("GET", f"{ACCOUNT}/journal?limit=1")["count"])


def shown(browser: Browser, url: str) -> float:
    """Seconds until the first row is visible."""
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        before = time.perf_counter()
        page.goto(url)
        page.get_by_role("gridcell").first.wait_for()
        return time.perf_counter() - before


def rows(*, quick: bool) -> Iterator[Row]:
    deliveries, rounds = (DELIVERIES // 10, 3) if quick else (DELIVERIES, ROUNDS)
    try:
        found, entries = _times(deliveries, rounds)
    except Unavailable as why:
        yield not_measured(f"the page's first row, {deliveries:,} deliveries", "with one delivery", why)
        return
    more = f"at most {seconds(max(found.rounds['many']))}, {entries:,} journal entries"
    texts = f"{seconds(found['many'])} ({more})", "with one delivery", seconds(found["one"])
    yield Row(f"the page's first row, {deliveries:,} deliveries", *texts, f"{found.ratio('many', 'one'):.2f}")


def _times(deliveries: int, rounds: int) -> tuple[Found, int]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    args = ["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []
    with ExitStack() as opened:
        playwright = opened.enter_context(sync_playwright())
        try:
            browser = playwright.chromium.launch(executable_path=path, args=args)
        except Error as error:
            raise Unavailable(f"no Chromium ({error.message.splitlines()[0]})") from None
        opened.callback(browser.close)
        one, many = (opened.enter_context(emulator("--clock", "manual")) for _ in range(2))
        fill(one, 1)
        entries = fill(many, deliveries)
        ways = {"one": lambda: shown(browser, one.url), "many": lambda: shown(browser, many.url)}
        return in_turn(ways, rounds=rounds), entries
