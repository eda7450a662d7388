"""How long until the page shows its list, with 10,000 deliveries in the account, and with none?

A real Chromium opens it again and again, each time with an empty cache; what is timed is from the call to the first
row that can be seen. `python benchmarks/page.py [--deliveries N] [--rounds N]`.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

IDS = 30
"""In each notification."""
AT_ONCE = 1000
"""Notifications of one call: its body must stay below a megabyte."""
INBOX = "https://inbox.example/default"


@contextmanager
def server() -> Iterator[str]:
    """A server of its own, without limits: 10,000 would take a while with them."""
    command = [sys.executable, "-m", "copper_emulator", "serve", "--port", "0", "--clock", "manual", "--limits", "off"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        said = process.stdout.readline() if process.stdout is not None else ""
        found = re.search(r"http://\S+", said)
        if found is None:
            raise SystemExit(f"the server did not start: {said}")
        try:
            yield found[0]
        finally:
            process.kill()


def ask(url: str, method: str, path: str, body: Any = None) -> Any:
    """An operation on the account."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=600)
    headers = {"Content-Type": "application/json"}
    text = None if body is None else json.dumps(body)
    connection.request(method, f"/_emulator/v1/accounts/default{path}", text, headers)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def fill(url: str, deliveries: int) -> None:
    """So many notifications, delivered to the inbox."""
    ask(url, "POST", "/subscriptions", {"type": "person", "event": "new", "target": INBOX})
    for first in range(0, deliveries, AT_ONCE):
        ids = list(range(1, min(AT_ONCE, deliveries - first) * IDS + 1))
        ask(url, "POST", "/fire", {"type": "person", "event": "new", "ids": ids})


def opened(browser: Browser, url: str) -> float:
    """Seconds until the first row can be seen."""
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        before = time.perf_counter()
        page.goto(url)
        page.get_by_role("gridcell").first.wait_for()
        return time.perf_counter() - before


def main() -> None:
    """Print the median and the slowest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=15)
    wanted = parser.parse_args()
    path = shutil.which("chromium") or shutil.which("google-chrome")
    args = ["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=args)
        for deliveries in (1, wanted.deliveries):
            with server() as url:
                fill(url, deliveries)
                found = ask(url, "GET", "/journal?limit=1")
                opened(browser, url)
                times = [opened(browser, url) for _ in range(wanted.rounds)]
                print(
                    f"{deliveries:,} deliveries, {found['count']:,} journal entries: the first row after "
                    f"{statistics.median(times) * 1000:.0f} ms, at most {max(times) * 1000:.0f} ms"
                )
        browser.close()


if __name__ == "__main__":
    main()
