"""The documents are correct: their tables match the code, their examples run, their links lead somewhere."""

import os
import re
import shlex
import subprocess
import sys
from importlib.metadata import entry_points
from inspect import signature
from pathlib import Path
from typing import TypeAlias
from xml.etree import ElementTree

import click
import pytest

from copper_emulator import AsyncCopper, Copper, Emulator, Settings
from copper_emulator.cli import main
from copper_emulator.cli.check import check as check_command
from copper_emulator.core.model import Outcome
from copper_emulator.core.rules import MAX_IDS
from copper_emulator.core.topics import TABLES, Profile
from copper_emulator.scenarios.model import ACTIONS, Content
from copper_emulator.settings import SETTINGS
from copper_emulator.shell.control.api import OPERATIONS, SERVER_OPERATIONS
from copper_emulator.shell.control.description import described
from tests.docs.records_tables import field_tables, filter_tables, lookup_table

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
Outcomes: TypeAlias = tuple[dict[str, list[str]], str]
"""The outcomes of each module's tests, and what pytest printed."""

SOURCES = ["emulator", "pytest_plugin", "tests", "examples", "benchmarks", "endurance"]
NAMES = [path.name for path in DOCUMENTS]


def rows(text: str) -> list[list[str]]:
    """The rows of the tables in a text, without rulers."""
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in cells] for cells in lines if set("".join(cells)) - set("- ")]


def settings_rows() -> list[list[str]]:
    """What the table of settings must contain."""
    defaults = Settings(user_agent="copper-emulator/VERSION").as_json()
    return [[f"`{name}`", f"`{_written(defaults[name])}`", setting.meaning] for name, setting in SETTINGS.items()]


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) or "none" if isinstance(value, list) else str(value)


def test_the_table_of_settings_is_the_codes() -> None:
    text = (ROOT / "docs/settings.md").read_text().split("held against the code by the tests -->")[1]
    wanted = settings_rows()

    as_text = "\n".join("| " + " | ".join(row) + " |" for row in wanted)
    assert rows(text)[1:] == wanted, f"the table should be:\n{as_text}"


@pytest.mark.parametrize(
    ("mark", "wanted"), [("fields", field_tables()), ("filters", filter_tables()), ("lookups", lookup_table())]
)
def test_the_tables_of_records_are_the_codes(mark: str, wanted: str) -> None:
    text = (ROOT / "docs/records.md").read_text().split(f"<!-- {mark}: held against the code by the tests -->\n\n")[1]

    assert text.split("\n## ")[0].strip() == wanted.strip(), f"it should be:\n{wanted}"


@pytest.mark.parametrize("profile", Profile)
def test_the_table_of_topics_is_the_codes(profile: Profile) -> None:
    text = (ROOT / "docs/facts.md").read_text()
    table = text.split(f"Profile `{profile}`")[1].split("Profile")[0].split("##")[0]
    events = rows(table)[0][1:]

    wanted = [
        [name, *("yes" if event in having else "no" for event in events)] for name, having in TABLES[profile].items()
    ]
    assert rows(table)[1:] == wanted


def test_the_patience_of_a_check_is_told_for_python_and_for_the_command() -> None:
    text = " ".join((ROOT / "docs/check.md").read_text().split())
    (option,) = (each for each in check_command.params if each.name == "patience")
    in_python = {signature(face.check).parameters["patience"].default for face in (Copper, AsyncCopper)}

    assert (option.default, in_python) == ("2s", {"0"})
    assert "has `--patience` (two seconds) until its state is right; in Python none" in text
    assert 'Only `patience` is `"0"` there' in text


def test_the_line_for_pytest_asyncio_keeps_its_warning_from_being_an_error(tmp_path: Path) -> None:
    text = (ROOT / "docs/tests.md").read_text()
    (line,) = re.findall(r"`(asyncio_default_\w+ = \w+)`", text)
    (tmp_path / "pytest.ini").write_text(f"[pytest]\n{line}\n")
    (tmp_path / "test_one.py").write_text(
        "import pytest\n\n@pytest.mark.asyncio\nasync def test_one(copper_async): ...\n"
    )

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-W", "error", "-q"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout


def test_every_setting_named_in_the_assumptions_exists() -> None:
    text = (ROOT / "docs/assumptions.md").read_text()
    named = {name for row in rows(text)[1:] for name in re.findall(r"`(\w+)(?:=[^`]*)?`", row[-1].split(":")[0])}

    assert named <= set(SETTINGS)
    assert {"profile", "over_limit", "window", "duplicates", "timestamp", "empty_attributes"} <= named
    assert f"1 to {MAX_IDS}" in (ROOT / "docs/facts.md").read_text()


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_links_inside_the_repository_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)(?:#[^)]*)?\)", path.read_text())

    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_the_map_and_the_path_name_files_that_exist() -> None:
    text = (ROOT / "README.md").read_text()
    path_table = text.split("## The path of one event")[1].split("##")[0]
    package = ROOT / "emulator/copper_emulator"
    files = re.findall(r"`((?:core|shell)/[\w/.]+|claiming\.py|verdict\.py)`", path_table)

    assert len(files) >= 8
    assert [name for name in files if not (package / name).exists()] == []
    for name in re.findall(r"^  (\w+(?:\.py|/))", text.split("## The map")[1], re.MULTILINE):
        assert (package / name).exists(), name


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/architecture.md"])
def test_every_module_that_is_named_exists(name: str) -> None:
    """By the end of its path: a table of one room's modules does not repeat the room."""
    places = [path for part in SOURCES for path in (ROOT / part).rglob("*.py")]
    known = {"/".join(path.parts[-length:]) for path in places for length in range(1, len(path.parts))}
    named = set(re.findall(r"`([\w./-]+\.py)`", (ROOT / name).read_text()))

    assert named
    assert sorted(named - known) == []


def test_every_outcome_is_told_of() -> None:
    table = (ROOT / "docs/tests.md").read_text().split("| outcome | the notification |")[1].split("\n\n")[0]

    assert [row[0] for row in rows(table)] == [f"`{outcome}`" for outcome in Outcome]


def test_excerpts_stand_in_the_files_they_are_taken_from() -> None:
    excerpts = [
        found
        for path in DOCUMENTS
        for found in re.findall(r"<!-- excerpt: (\S+) -->\n\n```\w+\n(.*?)```", path.read_text(), re.DOTALL)
    ]

    assert excerpts
    for name, excerpt in excerpts:
        assert excerpt in (ROOT / name).read_text(), name


def examples() -> list[tuple[str, str, str]]:
    """Every test function in a Python block of a document that needs no fixtures."""
    found = []
    for path in DOCUMENTS:
        for number, block in enumerate(re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL)):
            for name in re.findall(r"^def (test_\w+)\(\):", block, re.MULTILINE):
                found.append((f"{path.name}-{number}-{name}", block, name))
    return found


@pytest.mark.parametrize(("block", "name"), [pytest.param(b, n, id=i) for i, b, n in examples()])
def test_examples_without_fixtures_run_as_they_stand(block: str, name: str) -> None:
    if "freezegun" in block:
        pytest.importorskip("freezegun")
    names: dict[str, object] = {}
    exec(compile(block, name, "exec"), names)

    names[name]()  # type: ignore[operator]  # the block has just defined it


def suites() -> list[tuple[str, str]]:
    """Every Python block that is a test module: its tests use fixtures, a class, or await."""
    found = []
    for path in DOCUMENTS:
        for number, block in enumerate(re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL)):
            if re.search(r"def test_\w+\((?!\))", block):
                found.append((f"{path.name}-{number}", block))
    return found


CONFTEST = """
import types
import pytest
from hypothesis import HealthCheck, settings

# A machine that is busy makes no example wrong.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

@pytest.fixture
def billing():
    def app(environ, start_response):
        start_response("200 OK", [])
        return []
    return types.SimpleNamespace(wsgi_app=app)

@pytest.fixture
def app():
    async def app(scope, receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})
    return app
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """The outcomes of each block's tests, in a separate run of pytest: this one has loaded its plugins already."""
    folder = tmp_path_factory.mktemp("documents")
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n", encoding="utf-8")
    for name, block in suites():
        (folder / f"test_{module(name)}.py").write_text(block, encoding="utf-8")
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", *plugin_arguments()),
            *("-q", "-p", "no:cacheprovider", "--continue-on-collection-errors", "--junit-xml=report.xml"),
        ],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    found: dict[str, list[str]] = {}
    for case in ElementTree.parse(folder / "report.xml").iter("testcase"):
        # A module that cannot be imported is a case of its own, with its name and no class.
        where = (case.get("classname") or case.get("name") or "").split(".")[0]
        found.setdefault(where.removeprefix("test_"), []).extend([part.tag for part in case] or ["passed"])
    return found, ran.stdout + ran.stderr


@pytest.mark.parametrize("name", [name for name, _ in suites()])
def test_examples_with_fixtures_pass_as_a_users_test_module(name: str, outcomes: Outcomes) -> None:
    found, output = outcomes

    assert set(found.get(module(name), ["never ran"])) == {"passed"}, output


def module(name: str) -> str:
    return re.sub(r"\W", "_", name)


def test_every_shipped_scenario_and_every_key_is_in_the_documents() -> None:
    text = (ROOT / "docs/scenarios.md").read_text()
    shipped = {path.stem for path in (ROOT / "scenarios").glob("*.yaml")}

    assert {row[0].strip("`") for row in rows(text.split("## What comes with it")[1].split("##")[0])[1:]} == shipped
    assert [action for action in ACTIONS if f"`{action}`" not in text] == []
    assert [name for name in Content.model_fields if f"`{name}`" not in text] == []


def test_every_yaml_block_is_a_scenario_that_plays(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/scenarios.md").read_text(), re.DOTALL)
    assert blocks
    for number, block in enumerate(blocks):
        path = tmp_path / f"block{number}.yaml"
        path.write_text(block)
        with Emulator() as copper:
            copper.route("https://billing.example.com", to=lambda request: 200)
            copper.play(path)


def test_every_operation_of_the_control_api_is_in_the_documents() -> None:
    text = (ROOT / "docs/control.md").read_text()
    named = [tuple(cell.strip("`").split()) for row in rows(text) for cell in row[:1] if cell.startswith("`")]

    assert sorted(named) == sorted((each.method, each.path) for each in described(SERVER_OPERATIONS, OPERATIONS))


def commands() -> list[str]:
    """Every copper-emulator command line in a console block."""
    found = []
    for path in DOCUMENTS:
        for block in re.findall(r"```console\n(.*?)```", path.read_text(), re.DOTALL):
            found += re.findall(r"^\$ copper-emulator (.*)$", block, re.MULTILINE)
    return sorted(set(found))


@pytest.mark.parametrize("line", commands())
def test_every_command_in_the_documents_exists_with_its_options(line: str) -> None:
    name, *arguments = shlex.split(line)
    if "--" in arguments:
        # What follows belongs to another program.
        del arguments[arguments.index("--") :]
    command = main.get_command(click.Context(main), name)

    assert command is not None
    known = {option for parameter in command.params for option in parameter.opts}
    assert [argument for argument in arguments if argument.startswith("--") and argument not in known] == []


def plugin_arguments() -> list[str]:
    """Arguments that load the plugin if it is not installed."""
    installed = entry_points(group="pytest11", name="copper")
    return [] if installed else ["-p", "pytest_copper.plugin"]


def test_there_are_examples() -> None:
    assert len(examples()) >= 3
    assert len(suites()) >= 8
