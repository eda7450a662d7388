"""docs/faults.md agrees with the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from copper_emulator import Emulator
from copper_emulator.fault_texts import FORMS, parse_fault

TEXT = (Path(__file__).parents[2] / "docs/faults.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.split("held against the code by the tests -->")[1].split("\n\n- ")[0].splitlines()
    if line.startswith("| `")
]


def test_the_table_has_every_fault_with_its_text_and_what_it_does() -> None:
    assert [row[1:] for row in ROWS] == [[f"`{form.example}`", form.does] for form in FORMS.values()]


@pytest.mark.parametrize(("call", "text"), [(row[0], row[1].strip("`")) for row in ROWS], ids=[row[1] for row in ROWS])
def test_what_is_written_in_python_is_what_the_text_says(call: str, text: str) -> None:
    with Emulator() as copper:
        for written in re.findall(r"`([^`]+)`", call):
            eval(f"copper.faults.{written}", {"copper": copper})
            assert [fault.name for fault in copper.faults.active] == [parse_fault(text).name]
        copper.faults.off()
        eval("copper.faults." + re.findall(r"`([^`]+)`", call)[0], {"copper": copper})
        assert [str(fault) for fault in copper.faults.active] == [text]
