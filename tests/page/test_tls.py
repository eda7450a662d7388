"""The page over TLS, and what it shows about an endpoint whose TLS is wrong."""

from __future__ import annotations

import trustme
from playwright.sync_api import Browser, expect

from tests.cli.processes import started
from tests.page.emulators import TARGET, Emulator, open_account
from tests.page.screen import Screen
from tests.shell.tls.endpoints import server_context, tls_endpoint


def test_what_is_wrong_with_a_certificate_is_told_with_what_to_do(screen: Screen, emulator: Emulator) -> None:
    with tls_endpoint(server_context(trustme.CA().issue_cert("127.0.0.1"))) as endpoint:
        emulator.route(endpoint.url)
        emulator.subscribe("person", "new", TARGET)
        emulator.fire(17)
    screen.open()

    expect(screen.row("failed")).to_contain_text("TLS")
    screen.row("failed").click()
    expect(screen.delivery).to_contain_text("its certificate is from an authority that is not trusted here")
    expect(screen.delivery).to_contain_text("--ca FILE")


def test_the_page_works_over_tls_too(browser: Browser) -> None:
    """A person would have to trust the authority, or click through the browser's warning."""
    with started("serve", "--port", "0", "--tls-port", "0", "--clock", "manual") as server:
        url = server.line_with("TLS").split()[1].removesuffix("/developer_api/v1")
        with browser.new_context(ignore_https_errors=True) as context:
            over_tls = Emulator(url, "tls")
            plain = open_account(server.url, "tls")
            screen = Screen(context.new_page(), over_tls)
            plain.subscribe("person", "new")
            screen.open()
            plain.fire(17)

            expect(screen.rows).to_have_count(1)
            assert screen.wrong == []
