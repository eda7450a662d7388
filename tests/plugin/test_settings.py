"""Where an account's settings come from, and which takes precedence."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path

import pytest

from copper_emulator.settings import SETTINGS, Settings
from pytest_copper.options import OPTIONS
from tests.plugin.conftest import Inner

OTHER_VALUES = {
    "profile": "developer-docs",
    "limits": "3/1m",
    "over_limit": "drop",
    "window": "rolling",
    "latency": "0-15m",
    "seed": "7",
    "batch": "5",
    "duplicates": "replace",
    "timestamp": "sent",
    "empty_attributes": "absent",
    "secret_collision": "refuse",
    "allow_http": "true",
    "allow_targets": "hooks.example.com",
    "ca": str(Path(__file__).with_name("authority.pem")),
    "timeout": "3s",
    "in_flight": "4",
    "echo_depth": "2",
    "user_agent": "tests",
    "lead_conversion": "update",
    "read_only_fields": "refuse",
    "search_lag": "5s",
    "fetch_race": "deleted",
    "api_limits": "180/1m",
    "bulk_limits": "3/1s",
    "faults": "lose=20%",
    "intercept": "true",
    "strict": "false",
    "allow": "500,blocked",
}
"""For every setting, a value other than its default, as people write it."""


def test_the_options_are_the_settings_with_their_descriptions() -> None:
    """The plugin keeps a table of its own, so that it need not import the settings at every start."""
    assert {name: option.help for name, option in OPTIONS.items()} == {
        name: setting.meaning for name, setting in SETTINGS.items()
    }


def test_whole_numbers_and_switches_are_such_in_ini_files_too() -> None:
    """`timeout` and `search_lag` are numbers internally, but people write `10s`."""
    assert {name: option.ini for name, option in OPTIONS.items() if option.ini != "string"} == {
        name: "int" if setting.kind is int else "bool"
        for name, setting in SETTINGS.items()
        if setting.kind in (int, bool) and name not in ("timeout", "search_lag")
    } | {"seed": "int or word"}


def test_files_of_authorities_are_found_beside_the_ini_file_wherever_the_run_starts(inner: Inner) -> None:
    inner.ini("copper_ca = company.pem")
    (inner.pytester.path / "company.pem").write_bytes(Path(OTHER_VALUES["ca"]).read_bytes())
    inner.tests(
        """
        def test_one(copper, request):
            assert copper.settings.ca == (str(request.config.rootpath / "company.pem"),)
        """
    )
    elsewhere = inner.pytester.mkdir("elsewhere")
    with chdir(elsewhere):
        inner.run("-c", "../pytest.ini", "--rootdir", "..", "..").assert_outcomes(passed=1)


@pytest.mark.parametrize("written", ["a.pem, b.pem", "\n    a.pem\n    b.pem"], ids=["commas", "lines"])
def test_several_files_of_authorities_are_named_with_commas_or_on_lines(inner: Inner, written: str) -> None:
    inner.ini(f"copper_ca = {written}")
    for name in ("a.pem", "b.pem"):
        (inner.pytester.path / name).write_bytes(Path(OTHER_VALUES["ca"]).read_bytes())
    inner.tests(
        """
        def test_one(copper, request):
            assert copper.settings.ca == tuple(str(request.config.rootpath / name) for name in ("a.pem", "b.pem"))
        """
    )
    inner.run().assert_outcomes(passed=1)


def test_every_setting_has_a_value_to_try() -> None:
    assert OTHER_VALUES.keys() == OPTIONS.keys()
    for name, value in OTHER_VALUES.items():
        assert getattr(Settings(**{name: value}), name) != getattr(Settings(), name)


def seen_by_a_test(inner: Inner, *args: str) -> pytest.RunResult:
    """Run one test whose file has the expected settings."""
    inner.tests(
        f"""
        from copper_emulator.settings import Settings

        def test_one(copper, make_copper):
            expected = Settings(**{OTHER_VALUES!r})
            assert copper.settings == expected
            with make_copper() as other:
                assert other.settings == expected
        """
    )
    return inner.run(*args)


def test_every_setting_can_be_given_on_the_command_line(inner: Inner) -> None:
    options = {f"--copper-{name.replace('_', '-')}": value for name, value in OTHER_VALUES.items()}
    # This option takes no value.
    del options["--copper-intercept"]
    result = seen_by_a_test(inner, "--copper-intercept", *(f"{name}={value}" for name, value in options.items()))
    result.assert_outcomes(passed=1)


def test_every_setting_can_be_given_in_an_ini_file(inner: Inner) -> None:
    inner.ini(*(f"copper_{name} = {value}" for name, value in OTHER_VALUES.items()))
    seen_by_a_test(inner).assert_outcomes(passed=1)


@pytest.mark.skipif(pytest.version_tuple < (9, 0), reason="pytest 9 reads native TOML")
def test_a_toml_file_has_numbers_and_switches_of_its_own(inner: Inner) -> None:
    values = {name: repr(value) for name, value in OTHER_VALUES.items()}
    values |= {name: value for name, value in OTHER_VALUES.items() if OPTIONS[name].ini != "string"}
    lines = [f"copper_{name} = {value}" for name, value in values.items()]
    inner.toml("strict = true", *lines)
    seen_by_a_test(inner).assert_outcomes(passed=1)


def test_later_ones_win(inner: Inner) -> None:
    """Ini file, command line, fixture, then the marker of module, class and function."""
    inner.ini(*(f"copper_{name} = 1" for name in ("batch", "seed", "in_flight", "echo_depth")), "copper_timeout = 1s")
    inner.tests(
        """
        import pytest

        pytestmark = pytest.mark.copper(in_flight=4, echo_depth=4, latency="4s")

        @pytest.fixture
        def copper_settings():
            return {"seed": 3, "in_flight": 3}

        def summary(copper):
            a = copper.settings
            return [a.timeout // 1000, a.batch, a.seed, a.in_flight, a.echo_depth, a.latency.low_ms // 1000]

        @pytest.mark.copper(echo_depth=5, latency="5s")
        class TestClass:
            @pytest.mark.copper(latency="6s")
            def test_one(self, copper):
                assert summary(copper) == [1, 2, 3, 4, 5, 6]

            def test_another(self, copper):
                assert summary(copper) == [1, 2, 3, 4, 5, 5]

        def test_outside(copper):
            assert summary(copper) == [1, 2, 3, 4, 4, 4]
        """
    )
    inner.run("--copper-batch=2", "--copper-seed=2").assert_outcomes(passed=3)


def test_what_is_allowed_adds_up(inner: Inner) -> None:
    inner.ini("copper_allow = 500")
    inner.tests(
        """
        import pytest

        pytestmark = pytest.mark.copper(allow="failed")

        @pytest.fixture
        def copper_settings():
            return {"allow": ["blocked", 404]}

        @pytest.mark.copper(allow={"due"})
        @pytest.mark.copper(allow=410)
        def test_one(copper):
            assert copper.settings.allow == {500, "blocked", 404, "failed", "due", 410}

        def test_made(make_copper):
            with make_copper(allow={404}) as copper:
                assert copper.settings.allow == {500, 404}
        """
    )
    inner.run().assert_outcomes(passed=2)


def test_the_command_line_replaces_what_the_ini_file_allows(inner: Inner) -> None:
    """They are one option, given twice."""
    inner.ini("copper_allow = 500")
    inner.tests("def test_one(copper):\n    assert copper.settings.allow == {404}")
    inner.run("--copper-allow=404").assert_outcomes(passed=1)


def test_a_folder_and_a_class_override_the_settings_fixture(inner: Inner) -> None:
    inner.conftest(
        """
@pytest.fixture
def copper_settings(copper_settings):
    return {**copper_settings, "latency": "30s"}
"""
    )
    inner.tests(
        """
        import pytest

        def test_one(copper):
            assert (str(copper.settings.latency), copper.settings.batch) == ("30s", 30)

        class TestClass:
            @pytest.fixture
            def copper_settings(self, copper_settings):
                return {**copper_settings, "batch": 1}

            def test_one(self, copper):
                assert (str(copper.settings.latency), copper.settings.batch) == ("30s", 1)
        """
    )
    inner.run().assert_outcomes(passed=2)


def test_the_marker_is_known_and_described(inner: Inner) -> None:
    inner.run("--markers").stdout.fnmatch_lines(["@pytest.mark.copper(?*settings): settings of the test's emulated*"])


def test_the_options_are_in_the_help(inner: Inner) -> None:
    inner.run("--help").stdout.fnmatch_lines(
        ["emulated Copper accounts*", "  --copper-latency=VALUE", "*copper_latency (string):*"]
    )


def test_the_head_of_the_run_says_what_was_configured(inner: Inner) -> None:
    inner.ini("copper_strict = false")
    inner.tests("def test_one():\n    pass")
    inner.run("--copper-latency=0-15m").stdout.fnmatch_lines(
        ["copper: virtual time, not strict, latency=0-15m, seed=0"]
    )


def test_the_head_of_the_run_says_nothing_when_nothing_was(inner: Inner) -> None:
    inner.tests("def test_one():\n    pass")
    result = inner.run()

    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("copper:*")
