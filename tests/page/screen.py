"""The page as a person sees it: a browser's page in the emulator's terms."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from playwright.sync_api import Dialog, Locator, Page, Request, expect

from tests.page.emulators import Emulator

expect.set_options(timeout=15_000)


class Screen:
    """What a person does and sees, in one account."""

    def __init__(self, page: Page, emulator: Emulator) -> None:
        self.page = page
        self.emulator = emulator
        self.wrong: list[str] = []
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: self.wrong.append(f"error in the page: {error}"))
        page.on("console", lambda message: self._read(message.text))
        page.on("request", self._asked)
        page.on("dialog", self._dialog)

    def open(self, view: str = "deliveries", which: object = "", **filters: Any) -> Screen:
        """Open a view by its address, as from a link: the page is loaded only the first time."""
        search = f"?{urlencode(filters)}" if filters else ""
        way = f"/{quote(str(which), safe='')}" if which else ""
        self.page.goto(f"{self.emulator.url}/#/{self.emulator.account}/{view}{way}{search}")
        # The previous view stays visible until the next one has its content.
        expect(self.main).to_have_attribute("data-view", view)
        return self

    def go(self, view: str) -> None:
        """Switch views by the list of views."""
        self.page.get_by_role("navigation", name="Views").get_by_role("link", name=view, exact=True).click()

    def button(self, name: str, **options: Any) -> Locator:
        return self.page.get_by_role("button", name=name, exact=options.pop("exact", True), **options)

    def press(self, name: str, **options: Any) -> None:
        self.button(name, **options).click()

    def region(self, name: str) -> Locator:
        return self.page.get_by_role("region", name=name, exact=True)

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    @property
    def list(self) -> Locator:
        return self.page.get_by_role("grid", name="Changes and deliveries")

    @property
    def rows(self) -> Locator:
        """The rows of the list that are drawn, without its header."""
        return self.list.get_by_role("row").filter(has=self.page.get_by_role("gridcell"))

    def row(self, told: str | int | re.Pattern[str]) -> Locator:
        """The row with this text, or of the record with this id."""
        if isinstance(told, int):
            return self.rows.filter(has=self.page.get_by_role("gridcell", name=str(told), exact=True))
        return self.rows.filter(has_text=told)

    @property
    def delivery(self) -> Locator:
        """The delivery that is open."""
        return self.region("Delivery")

    def tab(self, name: str) -> None:
        self.delivery.get_by_role("tab", name=name).click()

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    def said(self, text: str | re.Pattern[str]) -> None:
        """Assert that the page reports something that was done."""
        expect(self.page.locator("#said")).to_contain_text(text)

    def copied(self) -> str:
        """The contents of the clipboard."""
        text: str = self.page.evaluate("navigator.clipboard.readText()")
        return text

    def saved(self, name: str) -> tuple[str, str]:
        """Press a button that saves a file; return its name and contents."""
        with self.page.expect_download() as waiting:
            self.press(name)
        return waiting.value.suggested_filename, Path(waiting.value.path()).read_text(encoding="utf-8")

    def _read(self, text: str) -> None:
        if "Content Security Policy" in text:
            self.wrong.append(text)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.emulator.url, "blob:", "about:", "data:")):
            self.wrong.append(f"asked {request.url}, which is elsewhere")

    def _dialog(self, dialog: Dialog) -> None:
        self.wrong.append(f"a script opened: {dialog.message}")
        dialog.dismiss()
