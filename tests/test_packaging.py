"""What do people get? The wheel and the sdist are built here and compared with the source tree."""

from __future__ import annotations

import tarfile
import zipfile
from configparser import ConfigParser
from contextlib import chdir
from email.parser import Parser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from copper_emulator import __version__

if TYPE_CHECKING:
    from email.message import Message

ROOT = Path(__file__).parent.parent
DIST_INFO = f"copper_emulator-{__version__}.dist-info"
TOP = f"copper_emulator-{__version__}"


def files_below(folder: str) -> set[str]:
    """The paths of a folder's files, relative to it, without those that Python and pytest leave there."""
    base = ROOT / folder
    return {
        path.relative_to(base).as_posix()
        for path in base.rglob("*")
        if path.is_file() and not {"__pycache__", ".pytest_cache"} & set(path.parts)
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built by the same hook that pip calls; in this process, which takes less than a second."""
    backend = pytest.importorskip("hatchling.build", reason="hatchling builds the wheel")
    out = tmp_path_factory.mktemp("wheel")
    with chdir(ROOT):
        name = backend.build_wheel(str(out))
    return zipfile.ZipFile(out / name)


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in the sdist, without its top folder."""
    backend = pytest.importorskip("hatchling.build", reason="hatchling builds the sdist")
    out = tmp_path_factory.mktemp("sdist")
    with chdir(ROOT):
        name = backend.build_sdist(str(out))
    with tarfile.open(out / name) as archive:
        return {member.name.removeprefix(f"{TOP}/") for member in archive if member.isfile()}


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    return Parser().parsestr(wheel.read(f"{DIST_INFO}/METADATA").decode())


def test_the_wheel_holds_the_two_packages_the_scenarios_and_the_documentation_and_nothing_else(
    wheel: zipfile.ZipFile,
) -> None:
    contents = {name for name in wheel.namelist() if not name.startswith(f"{DIST_INFO}/")}

    assert contents == (
        files_below("emulator")
        | files_below("pytest_plugin")
        | {f"copper_emulator/_scenarios/{name}" for name in files_below("scenarios")}
        | {f"copper_emulator/_docs/{name}" for name in files_below("docs") if name.endswith(".md")}
        | {"copper_emulator/_README.md"}
    )


def test_the_wheel_installs_two_top_level_names(wheel: zipfile.ZipFile) -> None:
    """`emulator` and `pytest_plugin` would collide with other distributions."""
    assert {name.split("/")[0] for name in wheel.namelist()} == {
        "copper_emulator",
        "pytest_copper",
        DIST_INFO,
    }


@pytest.mark.parametrize("package", ["copper_emulator", "pytest_copper"])
def test_type_checkers_are_told_that_the_package_is_typed(wheel: zipfile.ZipFile, package: str) -> None:
    assert f"{package}/py.typed" in wheel.namelist()


def test_the_wheel_offers_the_command_and_the_plugin(wheel: zipfile.ZipFile) -> None:
    entry_points = ConfigParser()
    entry_points.read_string(wheel.read(f"{DIST_INFO}/entry_points.txt").decode())

    assert {name: dict(entry_points[name]) for name in entry_points.sections()} == {
        "console_scripts": {"copper-emulator": "copper_emulator.cli:main"},
        "pytest11": {"copper": "pytest_copper.plugin"},
    }


def test_the_wheel_carries_the_licence(wheel: zipfile.ZipFile, metadata: Message) -> None:
    assert metadata["License-Expression"] == "MIT"
    assert f"{DIST_INFO}/licenses/LICENSE" in wheel.namelist()


def test_requirements_have_floors_and_no_upper_pins(metadata: Message) -> None:
    """An upper bound in a plugin would hold back the application it is installed beside."""
    asked = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    required = [line.partition(";")[0].strip() for line in asked]

    assert sorted(line.split(">=")[0].lower() for line in required) == [
        "aiohttp",
        "click",
        "httptools",
        "multidict",
        "pydantic",
        "pytest",
        "pyyaml",
        "rich",
        "trustme",
        "tzdata",
        "yarl",
    ]
    assert [line for line in asked if ";" in line] == ["tzdata>=2020.1; sys_platform == 'win32'"]
    assert [line for line in required if set("<~=!,") & set(line.replace(">=", ""))] == []


@pytest.mark.parametrize("folder", ["docs", "emulator", "endurance", "examples", "pytest_plugin", "scenarios", "tests"])
def test_the_sdist_holds_the_folder_whole(sdist: set[str], folder: str) -> None:
    expected = {f"{folder}/{name}" for name in files_below(folder)}

    assert expected
    assert {name for name in sdist if name.startswith(f"{folder}/")} == expected


@pytest.mark.parametrize(
    "name",
    [".ci/run", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "constraints.txt", "noxfile.py"],
)
def test_the_sdist_holds_what_a_contributor_needs(sdist: set[str], name: str) -> None:
    assert name in sdist


def test_a_stray_file_of_the_work_tree_is_in_no_sdist(sdist: set[str]) -> None:
    """Apart from what is listed, there is only what the build backend adds by itself."""
    listed = ("docs", "emulator", "endurance", "examples", "benchmarks", "pytest_plugin", "scenarios", "tests")
    rest = {name for name in sdist if name.split("/")[0] not in listed}

    assert rest == {
        ".ci/run",
        ".gitignore",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "Makefile",
        "PKG-INFO",
        "README.md",
        "constraints.txt",
        "noxfile.py",
        "pyproject.toml",
    }
