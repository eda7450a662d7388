"""What a row of the list tells, in the room that it has: alone, and beside an open delivery."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.page.emulators import Emulator
from tests.page.screen import Screen


def test_every_row_has_a_moment_also_beside_a_delivery(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new", "https://nowhere.example.com/hook")
    emulator.fire(17)
    emulator.faults("latency=10m")
    emulator.fire(18)
    emulator.fire(19, type="lead")
    moment = re.compile(r"\b\d\d:\d\d:\d\d\b")

    for which in ("", 1):
        screen.open(which=which)
        expect(screen.rows).to_have_count(3)
        for row in screen.rows.all():
            expect(row.locator(".time")).to_have_text(moment)
            expect(row.locator(".time")).to_be_visible()


def test_what_was_not_sent_has_a_reason_and_no_moment_of_sending(screen: Screen, emulator: Emulator) -> None:
    emulator.subscribe("person", "new", "https://nowhere.example.com/hook")
    emulator.subscribe("person", "update")
    emulator.fire(17)
    emulator.faults("lose=1")
    emulator.fire(18, event="update")
    emulator.fire(19, event="update")
    screen.open()

    expect(screen.row(17)).to_contain_text("blocked no route")
    expect(screen.row(17).locator(".sent")).to_be_empty()
    expect(screen.row(18)).to_contain_text("lost by the fault lose=1")
    expect(screen.row(18).locator(".sent")).to_be_empty()
    expect(screen.row(19).locator(".sent")).not_to_be_empty()


@pytest.mark.parametrize("which", ["", 1], ids=["alone", "beside a delivery"])
def test_of_many_ids_their_number_is_in_sight(screen: Screen, emulator: Emulator, which: object) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(*range(948087423, 948087453))
    screen.open(which=which)

    ids = screen.rows.first.locator(".ids")

    expect(ids).to_have_text("948087423 … (30)")
    assert ids.evaluate("cell => cell.scrollWidth <= cell.clientWidth")


@pytest.mark.parametrize("which", ["", 1], ids=["alone", "beside a delivery"])
def test_an_id_is_in_sight_to_its_last_digit(screen: Screen, emulator: Emulator, which: object) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(1851308711)
    screen.open(which=which)

    first = screen.rows.first.locator(".ids span")

    expect(first).to_have_text("1851308711")
    assert first.evaluate("id => id.scrollWidth <= id.clientWidth")


@pytest.mark.parametrize("which", ["", 1], ids=["alone", "beside a delivery"])
def test_the_arrow_of_the_order_is_not_cut_off(screen: Screen, emulator: Emulator, which: object) -> None:
    emulator.subscribe("person", "new")
    emulator.fire(17)
    screen.open(which=which)

    for name in ("Changed", "Sent") if which == "" else ("Changed",):
        head = screen.list.get_by_role("columnheader", name=name)
        head.get_by_role("button").click()
        expect(head).to_contain_text("↓")
        assert head.evaluate("cell => cell.scrollWidth <= cell.clientWidth")
