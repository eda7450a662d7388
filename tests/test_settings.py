"""Settings: one name and one way to write a value everywhere; errors say what is wrong and what is possible."""

import dataclasses
import inspect
import pydoc
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest

from copper_emulator import Settings, SettingsError
from copper_emulator.core.rules import Latency, Limit, OverLimit, WindowKind
from copper_emulator.core.topics import Profile
from copper_emulator.settings import SETTINGS
from copper_emulator.shell.tls.authority import Authority


def test_the_defaults_are_what_copper_documents_or_the_documented_assumption() -> None:
    rules = Settings().rules()

    assert rules.limits == (Limit(600, 60_000), Limit(1800, 600_000))
    assert rules.over_limit is OverLimit.HOLD
    assert rules.window is WindowKind.FIXED
    assert rules.profile is Profile.SUPPORT_PAGE
    assert rules.latency == Latency(0, 0)
    assert rules.batch == 30
    assert rules.timeout_ms == 10_000
    assert rules.in_flight == 1
    assert rules.echo_depth == 25
    assert rules.empty_attributes
    assert not rules.replace_duplicates
    assert not rules.timestamp_when_sent
    assert not rules.allow_http
    assert not rules.refuse_secret_collisions


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"limit": "1/1m"}, "there is no setting 'limit'; did you mean 'limits'? The settings are profile, limits,"),
        ({"limits": "600"}, "limits: '600' is not a limit: write it like 600/1m, or off"),
        ({"latency": "fast"}, "latency: 'fast' is not a duration"),
        ({"batch": 31}, "batch: 31 is too large: the most is 30"),
        ({"window": "sliding"}, "window: there is no choice 'sliding'; the choices are fixed and rolling"),
        ({"timeout": 0}, "timeout: must be more than 0"),
        ({"in_flight": 0}, "in_flight: 0 is too small: the least is 1"),
        ({"allow": "nonsense"}, "allow: 'nonsense' is neither a status"),
        ({"allow": 99}, "allow: 99 is neither a status"),
        ({"allow_targets": "a b"}, "allow_targets: 'a b' is not a host"),
        ({"latency": "-1s"}, "latency: '-1s' is not a duration"),
        ({"allow": "5xx"}, "; rejected is every answer that is not 2xx"),
        ({"allow_targets": "https://x.example"}, "is not a host"),
        ({"allow_targets": "*.example.com"}, "is not a single host"),
        ({"allow_targets": "API.copper.com."}, "nothing is ever delivered to Copper itself"),
        ({"ca": "missing.pem"}, "ca: missing.pem cannot be read: No such file or directory"),
        ({"ca": [__file__]}, "test_settings.py contains no readable certificate: it must be a PEM file"),
        ({"ca": [7]}, "ca: 7 is not a file name"),
        ({"ca": 7}, "ca: 7 is not a list of files"),
        ({"user_agent": "a\nb"}, "user_agent:"),
    ],
)
def test_a_fault_names_the_setting_and_says_what_is_possible(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings(**values)

    assert message in str(caught.value)


def test_a_misspelled_attribute_is_answered_with_the_setting() -> None:
    with pytest.raises(AttributeError, match="no attribute 'latensy'; did you mean 'latency'"):
        Settings().latensy  # type: ignore[attr-defined]  # noqa: B018


def test_several_faults_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings(limits="x", latency="y")

    assert "limits:" in str(caught.value)
    assert "latency:" in str(caught.value)


@pytest.mark.parametrize("written", ["500,blocked", [500, "blocked"], {"500", "blocked"}, frozenset({500, "blocked"})])
def test_permits_are_statuses_and_outcomes(written: object) -> None:
    assert Settings(allow=written).allow == {500, "blocked"}


def test_changes_keep_what_was_set_and_are_checked() -> None:
    settings = Settings(latency="30s", seed=7).with_changes({"seed": 8})

    assert settings.latency == Latency(30_000, 30_000)
    assert settings.seed == 8
    with pytest.raises(SettingsError, match="there is no setting 'sed'"):
        settings.with_changes({"sed": 1})


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("timeout", "2s"),
        ("search_lag", "5s"),
        ("latency", "1s-15m"),
        ("limits", "1/1s,2/1m"),
        ("api_limits", "180/1m"),
        ("faults", "lose=20% outage=10m"),
        ("allow", "500,due"),
        ("allow_targets", "hooks.example"),
        ("over_limit", "drop"),
        ("lead_conversion", "update"),
        ("in_flight", 7),
    ],
)
def test_a_change_leaves_every_other_setting_as_it_was(name: str, written: Any) -> None:
    settings = Settings(**{name: written})

    changed = settings.with_changes({"seed": 8}).with_changes({"seed": 9})

    assert changed == Settings(**{name: written, "seed": 9})
    assert changed.given == {name, "seed"}


def test_dataclasses_replace_is_refused_since_it_would_have_what_stays_read_again() -> None:
    """Milliseconds would be taken for seconds. `copy.replace` asks the settings, and is as good as `with_changes`."""
    settings = Settings(timeout="2s")

    # Python 3.13 raises TypeError.
    with pytest.raises((ValueError, TypeError), match="seed is declared with init=False"):
        dataclasses.replace(settings, seed=8)
    assert settings.__replace__(seed=8) == settings.with_changes({"seed": 8})
    assert settings.__replace__() == settings


def test_a_change_does_not_read_again_what_stays(tmp_path: Path) -> None:
    """A file of authorities may be gone by now; its contents were read when it was named."""
    file = tmp_path / "a.pem"
    file.write_bytes(Authority.temporary().certificate_pem)
    settings = Settings(ca=file)
    file.unlink()

    assert settings.with_changes({"seed": 8}).ca == (str(file),)


def test_help_lists_every_setting_with_what_it_is() -> None:
    told = pydoc.plain(pydoc.render_doc(Settings))

    assert not [name for name, setting in SETTINGS.items() if f"{name}: {setting.description}" not in told]
    assert all(setting.description for setting in SETTINGS.values())
    listed = [line for line in str(inspect.getdoc(Settings)).splitlines() if line.startswith(tuple(SETTINGS))]
    assert len(listed) == len(SETTINGS)


def test_values_are_read_and_checked_however_settings_are_made() -> None:
    assert Settings(latency="30s").latency == Latency(30_000, 30_000)
    for name in ("sed", "self"):
        with pytest.raises(SettingsError, match=f"there is no setting '{name}'"):
            Settings(**{name: 1})


def test_settings_know_what_was_given_and_what_differs() -> None:
    settings = Settings(timeout="2s", batch=30, seed=7)

    assert settings.given == {"timeout", "batch", "seed"}
    assert settings.differing == ["seed", "timeout"]
    assert settings.only(["timeout"]) == Settings(timeout="2s")
    assert Settings().given == frozenset()


def test_settings_cannot_be_changed_in_place() -> None:
    settings = Settings(seed=7)

    with pytest.raises(FrozenInstanceError, match=r"give them with @pytest\.mark\.copper\(seed=8\), the fixture"):
        settings.seed = 8  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match=r"while it is used, copper\.faults\.latency\('1m'\)"):
        settings.latency = "1m"  # type: ignore[misc, assignment]
    with pytest.raises(FrozenInstanceError, match=r"there is no setting 'latncy'; did you mean 'latency'"):
        settings.latncy = "1m"  # type: ignore[attr-defined]
    with pytest.raises(FrozenInstanceError, match="has its settings from the start"):
        del settings.seed
    assert settings.with_changes({"batch": 1}).seed == settings.seed == 7


def test_files_of_authorities_are_kept_by_their_whole_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One as text or as a path, several as a list or separated by commas."""
    for name in ("a.pem", "b.pem"):
        (tmp_path / name).write_bytes(Authority.temporary().certificate_pem)
    monkeypatch.chdir(tmp_path)
    both = (str(tmp_path / "a.pem"), str(tmp_path / "b.pem"))

    assert Settings(ca="a.pem, b.pem").ca == Settings(ca=[Path("a.pem"), "b.pem"]).ca == both
    assert Settings(ca=Path("a.pem")).ca == both[:1]


def test_settings_that_were_written_down_may_name_files_that_are_not_here() -> None:
    assert Settings.from_document({"ca": ["/elsewhere/a.pem"]}).ca == ("/elsewhere/a.pem",)
    with pytest.raises(SettingsError, match="there is no setting 'sed'"):
        Settings.from_document({"sed": 1})


def test_settings_written_out_read_back_the_same() -> None:
    settings = Settings(limits="5/1m", latency="0-15m", allow={500}, allow_targets="hooks.example")

    assert Settings(**settings.as_json()) == settings


@pytest.mark.parametrize("seed", ["abc", "1.5", ""])
def test_a_seed_is_a_whole_number_or_random(seed: str) -> None:
    with pytest.raises(SettingsError, match=f"^seed: '{seed}' is neither a whole number nor random$"):
        Settings(seed=seed)


def test_a_setting_without_a_name_near_it_is_answered_with_all() -> None:
    with pytest.raises(SettingsError, match=r"there is no setting 'nonsense'; the settings are profile, limits, "):
        Settings(nonsense=1)


def test_its_representation_has_what_differs_from_the_defaults() -> None:
    assert repr(Settings()) == "Settings()"
    assert repr(Settings(latency="5m", limits="off", batch=30)) == "Settings(limits='off', latency='5m')"
