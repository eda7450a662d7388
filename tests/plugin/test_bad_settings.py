"""What is reported for invalid settings, wherever they were given."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Inner


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--copper-latency=soon", "--copper-latency: 'soon' is not a duration: write it like 30s,*"),
        ("--copper-limits=600", "--copper-limits: '600' is not a limit: write it like 600/1m, or off"),
        ("--copper-seed=x", "--copper-seed: 'x' is neither a whole number nor random"),
        ("--copper-batch=31", "--copper-batch: 31 is too large: the most is 30"),
        ("--copper-allow=99", "--copper-allow: '99' is neither a status (100 to 599) nor one of *"),
        (
            "--copper-allow-targets=api.copper.com",
            "--copper-allow-targets: nothing is ever delivered to Copper itself*",
        ),
        ("--copper-strict=perhaps", "--copper-strict: 'perhaps' is neither true nor false"),
    ],
)
def test_a_bad_value_on_the_command_line_ends_the_run_with_one_line(inner: Inner, option: str, said: str) -> None:
    inner.tests("def test_one():\n    pass")
    result = inner.run(option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {said.replace('[', '[[]')}"])
    result.stderr.no_fnmatch_line("*Traceback*")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("copper_latency = soon", "ini option copper_latency: 'soon' is not a duration: write it like 30s,*"),
        ("copper_batch = 0", "ini option copper_batch: 0 is too small: the least is 1"),
        ("copper_seed = x", "ini option copper_seed: 'x' is neither a whole number nor random"),
        ("copper_strict = perhaps", "ini option copper_strict: *perhaps*"),
        ("copper_latncy = 30s", "there is no ini option copper_latncy; did you mean 'copper_latency'?"),
        ("copper_start = 2026-03-02", "ini option copper_start: a start is given with a marker, @pytest.mark.copper(*"),
    ],
)
def test_a_bad_value_in_the_ini_file_ends_the_run_with_one_line(inner: Inner, line: str, said: str) -> None:
    inner.ini(line)
    inner.tests("def test_one():\n    pass")
    result = inner.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {said}"])
    result.stderr.no_fnmatch_line("*Traceback*")


def test_an_ini_option_of_somebody_else_is_left_to_pytest(inner: Inner) -> None:
    inner.ini("copper_wire_thickness = 3")
    inner.tests("def test_one():\n    pass")
    result = inner.run("-W", "ignore::pytest.PytestConfigWarning")
    result.assert_outcomes(passed=1)


def test_an_unknown_option_is_refused(inner: Inner) -> None:
    result = inner.run("--copper-speed=9")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*unrecognized arguments: --copper-speed=9"])


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ("copper(latency='soon')", "latency: 'soon' is not a duration: write it like 30s,*"),
        (
            "copper(latancy='30s')",
            "there is no setting 'latancy'; did you mean 'latency'? The settings are profile, limits,*",
        ),
        ("copper(strat='2026-03-02T09:00Z')", "*; start, if that is meant, is when virtual time begins"),
        ("copper({'latency': '30s'})", "settings are given by name, like copper(latency='30s')"),
        ("copper(allow={42})", "allow: 42 is neither a status (100 to 599) nor one of *"),
    ],
)
def test_a_bad_marker_is_an_error_that_names_it(inner: Inner, marker: str, said: str) -> None:
    inner.tests(f"import pytest\n\n@pytest.mark.{marker}\ndef test_one(copper):\n    pass")
    result = inner.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at setup of test_one*",
            f"@pytest.mark.copper on test_inner.py::test_one: {said}",
            "*short test summ*",
        ],
        consecutive=True,
    )


def test_a_bad_marker_of_a_module_or_class_is_named_as_its(inner: Inner) -> None:
    inner.tests(
        """
        import pytest

        pytestmark = pytest.mark.copper(batch=0)

        @pytest.mark.copper(seed="x")
        class TestClass:
            @pytest.mark.copper(batch=1)
            def test_one(self, copper):
                pass
        """
    )
    result = inner.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["@pytest.mark.copper on test_inner.py: batch: 0 is too small: the least is 1*"])


@pytest.mark.parametrize("value", ["None", "'latency=30s'", "{1: 2}"])
def test_settings_of_the_fixture_must_be_a_dict(inner: Inner, value: str) -> None:
    inner.tests(
        f"""
        import pytest

        @pytest.fixture
        def copper_settings():
            return {value}

        def test_one(copper):
            pass
        """
    )
    result = inner.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at setup of test_one*",
            "copper_settings (fixture): give a dict of settings, like {'latency': '30s'}, *",
        ],
        consecutive=True,
    )


def test_a_bad_setting_for_make_copper_is_shown_at_the_call(inner: Inner) -> None:
    inner.tests(
        """
        def test_one(make_copper):
            make_copper(latency="soon")
        """
    )
    result = inner.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ['>       make_copper(latency=["]soon["])', "E       *SettingsError: latency: 'soon' is not a duration*"],
        consecutive=True,
    )
