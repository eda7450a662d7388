"""How do the pytest runs inside these tests find the plugin, and what do they all have in common?"""

from __future__ import annotations

import importlib.util
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import pytest

# pytester unloads what an inner run has imported, but not what is imported here, so these are imported only once.
import copper_emulator
import pytest_copper.plugin
import pytest_copper.two_accounts  # It compares an error's class, which has to be the one that is raised.

# Some of what it imports cannot be loaded twice in one process.
import trustme  # isort: skip

with suppress(ImportError):
    # Its plugin imports it at the end of every run.
    import hypothesis  # noqa: F401

__all__ = ["copper_emulator", "pytest_copper", "trustme"]

# Its plugin warns if this setting is missing, and warnings are errors.
HAS_ASYNCIO = importlib.util.find_spec("pytest_asyncio") is not None

APART = ("-p", "no:schemathesis")
"""Its plugin changes Hypothesis for its whole process, which includes this one."""

CONFTEST = '''
import pytest

@pytest.fixture
def ada(copper, copper_endpoint):
    """The id of a person whose updates copper_endpoint is told of."""
    copper.subscribe("person", "update", target=copper_endpoint.url, secret={"key": "s3cret-value"})
    return copper.people.create(name="Ada").id
'''


class Inner:
    """A folder with tests, and pytest runs in it: warnings are errors and only known markers are allowed."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.ini()
        pytester.makeconftest(CONFTEST)

    def ini(self, *lines: str, asyncio: bool = True) -> None:
        """Write the run's settings, including those for pytest-asyncio if it takes part."""
        common = [f"addopts = --strict-markers -p no:cacheprovider {' '.join(APART)}", "filterwarnings = error"]
        if asyncio and HAS_ASYNCIO:
            common.append("asyncio_default_fixture_loop_scope = function")
        self.pytester.makefile(".ini", pytest="\n".join(["[pytest]", *common, *lines]))

    def toml(self, *lines: str) -> None:
        """Write the run's settings in pytest 9's native TOML, instead of the ini file."""
        common = ["[tool.pytest]", "filterwarnings = ['error']", f"addopts = {list(APART)}"]
        if HAS_ASYNCIO:
            common.append("asyncio_default_fixture_loop_scope = 'function'")
        (self.pytester.path / "pytest.ini").unlink()
        self.pytester.makepyprojecttoml("\n".join([*common, *lines]))

    def conftest(self, text: str) -> None:
        """Append to the conftest file."""
        self.pytester.makeconftest(CONFTEST + text)

    def tests(self, text: str) -> None:
        """Write the test module, test_inner.py."""
        self.pytester.makepyfile(test_inner=text)

    def run(self, *args: str) -> pytest.RunResult:
        """Run in this process."""
        return self.pytester.runpytest_inprocess(*args)

    def run_subprocess(self, *args: str) -> pytest.RunResult:
        """Run in a process of its own."""
        return self.pytester.runpytest_subprocess(*args)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """A folder that makes the plugin's entry point known if the distribution is not installed."""
    if metadata.entry_points(group="pytest11", name="copper"):
        return None
    folder = tmp_path_factory.mktemp("installed")
    info = folder / "copper_emulator-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: copper-emulator\nVersion: 0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[pytest11]\ncopper = pytest_copper.plugin\n", encoding="utf-8")
    return folder


@pytest.fixture
def inner(pytester: pytest.Pytester, installed: Path | None, monkeypatch: pytest.MonkeyPatch) -> Inner:
    """A folder for tests that use the plugin as it comes with the installed distribution."""
    # Environment variables of the user's shell must not affect the inner runs.
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "DJANGO_SETTINGS_MODULE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    if installed is not None:
        pytester.syspathinsert(installed)
        monkeypatch.setenv("PYTHONPATH", str(installed), prepend=":")
    return Inner(pytester)
