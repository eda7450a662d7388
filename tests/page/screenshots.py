"""Screenshots of the page, by `make screenshots`: a server, a little story, and a picture of each main view."""

from __future__ import annotations

import os
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, expect, sync_playwright

from tests.cli.processes import started
from tests.page.emulators import TARGET, Emulator, open_account
from tests.page.endpoint import Endpoint, listening
from tests.page.installation import chromium
from tests.page.screen import Screen

FOLDER = Path(__file__).parents[2] / "docs/images"
SIZE = (1280, 800)
COLOURS = 255
MOST_BYTES = 150_000


def main() -> None:
    """Take all screenshots."""
    FOLDER.mkdir(exist_ok=True)
    args = ["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []
    with (
        started("serve", "--port", "0", "--clock", "manual") as process,
        listening() as endpoint,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium(), args=args)
        emulator = open_account(process.url, "billing")
        emulator.route(endpoint.url)
        person = tell_a_story(emulator, endpoint)
        for colours in ("light", "dark"):
            take(browser, emulator, person, colours)
        take_scenarios(browser, open_account(process.url, "rehearsal"))
        browser.close()


def tell_a_story(emulator: Emulator, endpoint: Endpoint) -> int:
    """Make something of everything happen; return the person it is about."""
    endpoint.answer = '{"stored": true}'
    for event in ("new", "update", "delete"):
        emulator.subscribe("person", event, TARGET, secret={"key": "s3cret"})
    emulator.subscribe("opportunity", "update", "https://dashboard.example.com/copper")
    ada = emulator.create(name="Ada Lovelace")
    emulator.create(name="Charles Babbage")
    emulator.create("company", name="Analytical Engines")
    emulator.update(ada, title="Countess")
    emulator.advance("1m")
    engine = emulator.create("opportunity", name="Engine No. 2")
    emulator.update(engine, "opportunity", monetary_value=17000)
    endpoint.status = 503
    emulator.update(ada, details="writes programs")
    endpoint.status = 200
    emulator.advance("1m")
    endpoint.down()
    emulator.update(ada, title="Lady")
    endpoint.up()
    emulator.advance("3m")
    emulator.faults("lose=6%")
    emulator.fire(*range(1, 634 * 30 + 1))
    emulator.advance("45s")
    emulator.faults("latency=7m")
    emulator.update(ada, title="Countess of Lovelace")
    emulator.ask("POST", "/recording/start")
    emulator.update(ada, details="wrote the first program")
    return ada


def take(browser: Browser, emulator: Emulator, person: int, colours: str) -> None:
    """Take the pictures in one colour scheme: all in light, one in dark."""
    width, height = SIZE
    with browser.new_context(viewport={"width": width, "height": height}) as context:
        screen = Screen(context.new_page(), emulator)
        screen.page.emulate_media(color_scheme="dark" if colours == "dark" else "light", reduced_motion="reduce")
        for name, view, which, filters in views(emulator, person) if colours == "light" else dark(emulator):
            screen.open(view, which, **filters)
            expect(screen.main).not_to_be_empty()
            expect(screen.region("What is switched on")).to_contain_text("latency=7m")
            if which and view == "deliveries":
                expect(screen.delivery.get_by_role("tabpanel")).not_to_be_empty()
            screen.page.wait_for_load_state("networkidle")
            keep(name, screen.page.screenshot(animations="disabled"))
        assert screen.wrong == []


def take_scenarios(browser: Browser, emulator: Emulator) -> None:
    """Take a scenario that was played, in an account of its own, which is emptied first."""
    width, height = SIZE
    emulator.ask("POST", "/scenarios/run", {"name": "late_and_out_of_order", "reset": True})
    with browser.new_context(viewport={"width": width, "height": height}) as context:
        screen = Screen(context.new_page(), emulator)
        screen.open("scenarios", 1)
        screen.page.get_by_label("Scenario", exact=True).select_option("late_and_out_of_order")
        expect(screen.region("Run")).to_contain_text("passed")
        keep("page-scenarios", screen.page.screenshot(animations="disabled"))


def keep(name: str, picture: bytes) -> None:
    """Save it as a small file: the page has few colours, the others are only the edges of its letters."""
    path = FOLDER / f"{name}.png"
    Image.open(BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    sys.stdout.write(f"docs/images/{name}.png {size:,} bytes\n")
    assert size < MOST_BYTES, name


def views(emulator: Emulator, person: int) -> list[tuple[str, str, object, dict[str, str]]]:
    """Name of the picture, view, what is shown, filters."""
    return [
        ("page-deliveries", "deliveries", failed(emulator), {"tab": "why", "id": str(person)}),
        ("page-records", "records", f"person/{person}", {}),
        ("page-subscriptions", "subscriptions", "", {}),
        ("page-limits", "limits", "", {}),
        ("page-faults", "faults", "", {}),
        ("page-send", "send", "", {}),
    ]


def dark(emulator: Emulator) -> list[tuple[str, str, object, dict[str, str]]]:
    return [("page-dark", "deliveries", "", {"state": "open"})]


def failed(emulator: Emulator) -> int:
    """The delivery that found the endpoint down."""
    serial: int = emulator.notifications(state="failed")[0]["serial"]
    return serial


if __name__ == "__main__":
    main()
