"""The command line as a whole: its list of commands, and their help."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from copper_emulator.cli import main
from tests.cli.processes import invoke, run

ROOT = Path(__file__).parents[2]

NAMES = main.list_commands(click.Context(main))


def test_the_list_of_commands_tells_what_each_does() -> None:
    code, out, err = run("--help")

    assert (code, err) == (0, "")
    for name in NAMES:
        assert re.search(rf"^  {name} +\w", out, re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_the_list_and_a_commands_own_help_say_the_same(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None

    listed = CliRunner().invoke(main, ["--help"], terminal_width=200).output

    assert command.get_short_help_str(200) in listed


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_in_the_help_can_be_parsed(name: str) -> None:
    text = CliRunner().invoke(main, [name, "--help"], terminal_width=200).output
    examples = re.findall(r"^ +copper-emulator (.+)$", text, re.MULTILINE)

    assert examples
    for example in examples:
        _, *args = shlex.split(example)
        command = main.get_command(click.Context(main), name)
        assert command is not None
        command.make_context(name, args)


def test_the_examples_of_the_command_itself_can_be_parsed() -> None:
    text = CliRunner().invoke(main, ["--help"]).output
    for example in re.findall(r"^ +copper-emulator (\w+.*)$", text, re.MULTILINE):
        name, *args = shlex.split(example)
        command = main.get_command(click.Context(main), name)
        assert command is not None
        command.make_context(name, args)


def test_an_unknown_command_is_one_line_and_exit_code_2() -> None:
    code, out, err = run("sreve")

    assert (code, out) == (2, "")
    assert "there is no command 'sreve'; did you mean 'serve'?" in err
    assert err.count("\n") == 1


def test_a_missing_value_leads_to_the_help_of_the_command_that_it_is_missing_in() -> None:
    assert invoke("search", "person", "--where") == (
        2,
        "",
        "main search: Option '--where' requires an argument (see main search --help)\n",
    )


def test_the_bare_command_shows_its_help_as_it_is() -> None:
    code, out, err = invoke()

    assert (code, err) == (0, "")
    assert out == CliRunner().invoke(main, ["--help"]).output
    assert "\nRecords:\n" in out


def test_the_documentation_is_listed_and_printed() -> None:
    listed = CliRunner().invoke(main, ["docs"])
    pages = {"readme": ROOT / "README.md"} | {path.stem: path for path in (ROOT / "docs").glob("*.md")}

    assert listed.exit_code == 0
    rows = [line.split(maxsplit=1) for line in listed.stdout.splitlines() if line.startswith("  ")]
    assert len(rows) == len(pages)
    assert {topic for topic, _ in rows} == pages.keys()
    assert "In tests:\n  tests  " in listed.stdout
    table = pages["readme"].read_text()
    for topic, about in rows:
        assert topic == "readme" or f"(docs/{topic}.md) | {about} |\n" in table
        assert CliRunner().invoke(main, ["docs", topic]).stdout == pages[topic].read_text()
    assert CliRunner().invoke(main, ["docs", "README.md"]).stdout == table


def test_each_page_that_a_text_refers_to_is_there() -> None:
    texts = "".join(
        path.read_text() for folder in ("emulator", "pytest_plugin") for path in (ROOT / folder).rglob("*.py")
    )

    named = set(re.findall(r"copper-emulator docs ([a-z]+)", texts))

    assert {"hosts", "tests", "assumptions"} <= named
    assert named <= {path.stem for path in (ROOT / "docs").glob("*.md")}


def test_a_topic_that_is_not_there_is_answered_with_those_that_are() -> None:
    result = CliRunner().invoke(main, ["docs", "host"])

    assert result.exit_code == 2
    assert "there is no topic 'host'; did you mean 'hosts'? The topics are readme, architecture, " in result.stderr
