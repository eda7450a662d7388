"""docs/clients.md names the clients that are run, in the pinned versions, and the pins contain no URLs."""

from __future__ import annotations

import json
import re

from tests.clients.installation import HERE, LOCK, PACKAGE, REQUIREMENTS
from tests.clients.programs import DRIVERS

DOCUMENT = HERE.parents[1] / "docs" / "clients.md"
PUBLISHED = re.compile(r"([\w-]+) \((?:PyPI|npm)\)")


def pinned() -> dict[str, str]:
    """The installed versions, by name."""
    python = dict(line.split("==") for line in REQUIREMENTS.read_text().splitlines() if "==" in line)
    unpacked = json.loads(PACKAGE.read_text())["unpacked"]
    return {**python, **{name: wanted["version"] for name, wanted in unpacked.items()}}


def table(heading: str) -> list[list[str]]:
    """The rows of a section's tables, without headers and rulers."""
    section = DOCUMENT.read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [
        [cell.strip() for cell in cells] for cells in lines if cells[0].strip(" -") not in ("", "client", "package")
    ]


def test_the_document_has_the_versions_that_are_pinned() -> None:
    found = [(PUBLISHED.fullmatch(cells[0]), cells[1]) for cells in table("What runs")]
    named = {name[1]: version for name, version in found if name is not None}

    assert len(named) == 5
    assert named == {name: version for name, version in pinned().items() if name in named}


def test_every_client_of_the_document_has_a_row_in_each_table_a_test_module_and_a_driver() -> None:
    clients = {cells[0] for cells in table("How the base URL is set")}
    tests = {path.stem.removeprefix("test_") for path in HERE.glob("test_*.py")} - {
        "document",
        "installation",
        "intercepted",
    }
    drivers = {path.stem.removeprefix("drive_") for path in DRIVERS.iterdir() if path.is_file()}

    assert {name.replace("-", "_").replace("_nodes_base", "") for name in clients} == tests
    assert tests <= drivers
    assert clients == {cells[0] for cells in table("What runs") if "(" not in cells[0]}


def test_what_was_tried_and_is_not_run_has_a_reason_and_no_pin() -> None:
    dropped = {cells[0].split(" (")[0]: cells[1] for cells in table("Tried and not run")}

    assert all(dropped.values())
    assert not {tuple(name.split()) for name in dropped} & set(pinned().items())


def test_pins_are_exact_and_name_no_place_to_install_from() -> None:
    lines = [line for line in REQUIREMENTS.read_text().splitlines() if line and not line.startswith("#")]
    packages = json.loads(LOCK.read_text())["packages"]

    assert [line for line in lines if re.fullmatch(r"[\w-]+==[\w.]+", line) is None] == []
    assert "http" not in LOCK.read_text()
    assert [name for name, package in packages.items() if name and not {"version", "integrity"} <= set(package)] == []
    assert packages[""]["dependencies"] == json.loads(PACKAGE.read_text())["dependencies"]
