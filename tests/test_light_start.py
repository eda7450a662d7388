"""What does a process load that only has the plugin installed, or only asks the command for its help?"""

from __future__ import annotations

import re
from pathlib import Path

from tests.strictly import NO_OTHERS, alone, ended

HEAVY = "{'aiohttp', 'asyncio', 'hypothesis', 'pydantic', 'ssl', 'yaml', 'rich', 'click', 'socket', 'sqlite3'}"


def test_a_pytest_run_that_does_not_use_it_has_loaded_nothing_heavy(tmp_path: Path) -> None:
    """In addition to what pytest itself loads; there is no other plugin that might load it."""
    told = f"import sys\n\n\ndef pytest_unconfigure():\n    print(sorted({HEAVY} & set(sys.modules)))\n"
    (tmp_path / "conftest.py").write_text(told, encoding="utf-8")
    (tmp_path / "test_inner.py").write_text("def test_one():\n    pass\n", encoding="utf-8")

    with_it, without = (ended(alone(plugins), tmp_path, NO_OTHERS) for plugins in (("pytest_copper.plugin",), ()))

    assert (with_it[0], with_it[2]) == (0, "")
    # From Python 3.14 on, pytest itself loads asyncio, for its debugger.
    assert with_it[1].splitlines()[-1] == without[1].splitlines()[-1]
    assert not {"aiohttp", "hypothesis", "pydantic"} & set(re.findall(r"'(\w+)'", with_it[1]))


def test_the_help_of_the_command_loads_nothing_heavy() -> None:
    code, out, times = ended(["-X", "importtime", "-m", "copper_emulator", "--help"])

    loaded = set(re.findall(r"^import time:.*\| +([\w.]+)$", times, re.MULTILINE))
    assert (code, "copper_emulator.cli" in loaded) == (0, True)
    assert "Usage: copper-emulator" in out
    assert not {"aiohttp", "asyncio", "hypothesis", "pydantic", "ssl", "rich", "yaml"} & loaded
