"""The command line as a whole: its list of commands, and their help."""

from __future__ import annotations

import re
import shlex

import click
import pytest
from click.testing import CliRunner

from copper_emulator.cli import main
from tests.cli.processes import invoke, run

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
    assert "\nCommands:\n" in out
