"""One browser for these tests, a server for each module, an account and a fresh browser profile for each test."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.cli.processes import started
from tests.page.emulators import Emulator, open_account
from tests.page.endpoint import Endpoint, listening
from tests.page.installation import chromium
from tests.page.screen import Screen


# Not for the whole session: while playwright's own loop runs, no asynchronous test in another folder could run.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The machine's Chromium."""
    path = chromium()
    # Chromium's sandbox does not work for root, as whom containers usually run.
    args = ["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=args)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a server whose clock is frozen until it is moved."""
    with started("serve", "--port", "0", "--clock", "manual") as process:
        yield process.url


@pytest.fixture
def emulator(server: str, request: pytest.FixtureRequest) -> Emulator:
    """An account for one test."""
    return open_account(server, re.sub(r"[^a-z0-9]+", "-", request.node.name.lower().removeprefix("test_"))[:60])


@pytest.fixture
def screen(browser: Browser, emulator: Emulator) -> Iterator[Screen]:
    """A window of the browser; errors that a person would not see fail the test."""
    with browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True) as context:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        screen = Screen(context.new_page(), emulator)
        yield screen
        assert screen.wrong == []


@pytest.fixture
def endpoint(emulator: Emulator) -> Iterator[Endpoint]:
    """A real endpoint, to which the account's targets at billing.example.com are routed."""
    with listening() as endpoint:
        emulator.route(endpoint.url)
        yield endpoint
