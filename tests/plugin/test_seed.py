"""Where draws come from, and the line that draws the same again."""

from __future__ import annotations

import re
import shlex
from textwrap import dedent

import pytest

from tests.plugin.conftest import Inner

LOST = """
    import pytest

    @pytest.mark.copper(faults="lose=50%")
    @pytest.mark.parametrize("word", ["a b"])
    def test_one(copper, copper_endpoint, word):
        copper.subscribe("lead", "new", target=copper_endpoint.url)
        for number in range(1, 41):
            copper.fire("lead", "new", ids=number)
        print("heard", [request.json["ids"][0] for request in copper_endpoint.requests])
        assert 0
"""


def heard(result: pytest.RunResult) -> str:
    return next(line for line in result.outlines if line.startswith("heard "))


def replayed(result: pytest.RunResult) -> list[str]:
    """The arguments of the command that runs it again."""
    line = next(line for line in result.outlines if line.startswith("drawn from seed"))
    return re.findall(r"'[^']*'|\S+", line.split("; to repeat: pytest ")[1])


def test_a_failed_test_prints_its_seed_and_the_line_that_draws_the_same_again(inner: Inner) -> None:
    inner.tests(LOST)
    result = inner.run("--copper-seed=1234")

    result.stdout.fnmatch_lines(
        [
            "copper: virtual time, strict, seed=1234",
            "drawn from seed 1234; to repeat: pytest 'test_inner.py::test_one[[]a b[]]' --copper-seed 1234",
        ]
    )


def test_a_random_seed_is_chosen_for_the_run_printed_and_can_be_given_again(inner: Inner) -> None:
    inner.tests(LOST)
    first = inner.run("--copper-seed", "random")
    arguments = [argument.strip("'") for argument in replayed(first)]
    again = inner.run(*arguments)

    assert arguments[0] == "test_inner.py::test_one[a b]"
    assert f"copper: virtual time, strict, seed={arguments[-1]}" in first.outlines
    assert heard(first) == heard(again)
    assert heard(inner.run("--copper-seed", "random")) != heard(first)


def test_the_line_has_the_options_of_the_run_and_the_path_from_where_it_was_started(
    inner: Inner, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = inner.pytester.mkdir("tests")
    (folder / "test_one.py").write_text(
        dedent(
            """
            def test_one(copper, copper_endpoint):
                copper.subscribe("lead", "new", target=copper_endpoint.url)
                copper.fire("lead", "new", ids=range(1, 41))
                assert 0
            """
        )
    )
    monkeypatch.chdir(folder)
    options = ("--copper-faults", "lose=50% batches=1", "--copper-seed=7", "--copper-strict=false")
    first = inner.run("test_one.py", *options)
    again = inner.run(*(argument.strip("'") for argument in replayed(first)))

    assert replayed(first) == shlex.split(
        "test_one.py::test_one --copper-faults \"'lose=50% batches=1'\" --copper-strict false --copper-seed 7"
    )
    assert replayed(again) == replayed(first)


def test_an_ini_file_can_ask_for_a_random_seed(inner: Inner) -> None:
    inner.ini("copper_seed = random")
    inner.tests(LOST)
    first, second = inner.run(), inner.run()

    arguments = [argument.strip("'") for argument in replayed(first)]
    assert f"copper: virtual time, strict, seed={arguments[-1]}" in first.outlines
    assert heard(first) != heard(second)
    assert heard(inner.run(*arguments)) == heard(first)


@pytest.mark.skipif(pytest.version_tuple < (9, 2), reason="pytest 9.2 has options that are a number or a word")
@pytest.mark.parametrize(("written", "seen"), [("7", "7"), ("'7'", "7"), ("'random'", "*")])
def test_native_toml_has_the_seed_as_a_number_or_a_word(inner: Inner, written: str, seen: str) -> None:
    inner.toml(f"copper_seed = {written}")
    inner.tests(LOST)

    inner.run().stdout.fnmatch_lines([f"copper: virtual time, strict, seed={seen}"])


@pytest.mark.parametrize("seed", ["7", "random"])
@pytest.mark.parametrize("where", ["marker", "fixture", "file", "factory"])
def test_a_seed_that_is_fixed_needs_no_line(inner: Inner, where: str, seed: str) -> None:
    """Such a test draws the same by itself; a random seed has to be reported, wherever it was requested."""
    if where == "file":
        inner.ini(f"copper_seed = {seed}")
    fixture = f"return {{'seed': {seed!r}}}" if where == "fixture" else "return {}"
    marker = f"(seed={seed!r})" if where == "marker" else "()"
    block = f"make_copper(seed={seed!r})" if where == "factory" else "contextlib.nullcontext(copper)"
    inner.tests(
        f"""
        import contextlib

        import pytest

        @pytest.fixture
        def copper_settings():
            {fixture}

        @pytest.mark.copper{marker}
        def test_one(copper, make_copper, copper_endpoint):
            with {block} as account:
                account.route("https://a.example", to=lambda request: 200)
                account.subscribe("lead", "new", target="https://a.example/hook")
                account.faults.lose(share=0.5)
                account.fire("lead", "new", ids=range(1, 41))
                assert 0
        """
    )

    outlines = inner.run().outlines
    assert any(line.startswith("drawn from seed") for line in outlines) is (seed == "random"), outlines


def test_a_marker_that_fixes_another_seed_than_the_command_line_needs_no_line(inner: Inner) -> None:
    inner.tests(LOST.replace("faults=", "seed=7, faults="))
    result = inner.run("--copper-seed=8")

    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("drawn from*")


def test_without_draws_there_is_nothing_to_say(inner: Inner) -> None:
    inner.tests("def test_one(copper):\n    copper.fire('lead', 'new', ids=1)\n    assert 0")
    result = inner.run("--copper-seed=7")

    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("drawn from*")


def test_a_random_seed_of_a_marker_yields_to_the_command_line(inner: Inner) -> None:
    inner.tests(
        """
        import pytest

        @pytest.mark.copper(seed="random")
        def test_one(copper, make_copper):
            with make_copper(seed="random") as other:
                print("seeds", copper.settings.seed, other.settings.seed)
            assert 0
        """
    )
    inner.run("--copper-seed=1234").stdout.fnmatch_lines(["seeds 1234 1234"])
    by_itself = inner.run()
    by_itself.stdout.fnmatch_lines(["seeds *"])
    by_itself.stdout.no_fnmatch_line("seeds 1234*")


def test_the_workers_of_xdist_draw_from_the_same_seed(inner: Inner) -> None:
    pytest.importorskip("xdist")
    inner.tests(
        """
        def test_one(copper):
            assert copper.settings.seed == "one"

        def test_two(copper):
            assert copper.settings.seed == "two"
        """
    )
    result = inner.run_subprocess("-n", "2", "-p", "xdist", "--copper-seed", "random")

    seeds = {
        line.split("assert ")[1].split(" == ")[0]
        for line in result.outlines
        if line.startswith("E   ") and "assert " in line
    }
    assert len(seeds) == 1, result.outlines
    assert f"copper: virtual time, strict, seed={seeds.pop()}" in result.outlines


def test_faults_can_be_given_everywhere(inner: Inner) -> None:
    inner.ini("copper_faults = shuffle")
    inner.tests(
        """
        import pytest

        def test_of_the_file(copper):
            assert repr(copper.faults) == "<faults: shuffle>"

        @pytest.mark.copper(faults="lose=20% gone")
        def test_of_the_marker(copper):
            assert repr(copper.faults) == "<faults: lose=20% gone>"

        @pytest.mark.copper(faults="off")
        def test_of_nothing(copper):
            assert repr(copper.faults) == "<faults: off>"
        """
    )
    inner.run().assert_outcomes(passed=3)
    inner.run("--copper-faults=loose=1").stderr.fnmatch_lines(["ERROR: --copper-faults: there is no fault 'loose'*"])
