"""What pytest sees: hooks, options, the marker and the fixtures, each delegating to the module that does the work.

pytest loads this in every run, so it imports nothing slow: the emulator is imported by the first fixture.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from pytest_copper import accounts, fixture_order, layers, options, verdict

if TYPE_CHECKING:
    from copper_emulator.async_copper import AsyncCopper
    from copper_emulator.copper import Copper
    from copper_emulator.shell.intercepting.answering import Interception
    from pytest_copper.receiving import CopperEndpoint

# --- the run ----------------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Add every setting as an option and as an ini option."""
    options.add(parser)
    # Now, before a conftest can name plugins: of two fixtures with the same name, the one registered later wins.
    pluginmanager.register(OfEachTest(), _OF_EACH_TEST)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and check the configuration."""
    config.addinivalue_line(
        "markers",
        "copper(**settings): settings of the test's emulated Copper account, like latency='30s' or allow={500}; "
        "those of module, class and function add up. start='2026-03-02T09:00Z' is when its virtual time begins.",
    )
    layers.configure(config)
    made = config.stash[accounts.ACCOUNTS] = accounts.Accounts(config.stash[layers.URL])
    of_each_test: Any = config.pluginmanager.get_plugin(_OF_EACH_TEST)
    of_each_test.of_session = made


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Let all xdist workers draw from the same seed."""
    layers.hand_on(node.config, node.workerinput)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the server thread, if one was started."""
    if accounts.ACCOUNTS in config.stash:
        config.stash[accounts.ACCOUNTS].opening.close()


def pytest_report_header(config: pytest.Config) -> str | None:
    """Show what was configured; nothing if nothing was."""
    return layers.header(config)


# --- one test -----------------------------------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Forget the previous test's accounts; if this test intercepts, set up its account first."""
    item.config.stash[accounts.ACCOUNTS].before_setup(item)
    fixture_order.intercepting_first(item)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """Remove what other fixtures have restored after the account's end."""
    try:
        return (yield)
    finally:
        item.config.stash[accounts.ACCOUNTS].after_teardown()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Judge the test's accounts, unless the test itself has failed."""
    __tracebackhide__ = True
    item.config.stash[accounts.ACCOUNTS].before_call(item)
    try:
        result = yield
    except BaseException as error:
        verdict.pass_over(item, error)
        raise
    verdict.judge(item)
    if any(mark.name == "copper" for mark in item.own_markers):
        from pytest_copper import unused_marker

        unused_marker.warn(item)
    return result


# Outermost, so that an expected failure (xfail) is no longer seen as one.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the verdict and the accounts to the report."""
    report = yield
    verdict.tell(item, call, report)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_exception_interact(node: pytest.Item | pytest.Collector, call: pytest.CallInfo[Any]) -> None:
    """Let `--pdb` stop in the test, not where the emulator has raised."""
    if call.excinfo is not None and node.config.getoption("usepdb", default=False):
        from pytest_copper import post_mortem

        post_mortem.stop_in_the_test(call.excinfo)


# --- fixtures -----------------------------------------------------------------------------------------------------


@pytest.fixture
def copper_settings() -> dict[str, Any]:
    """Override this to give settings to the accounts of a folder, module or class, as a dict: {"latency": "30s"}.

    They override the ini file and the command line; the `copper` marker overrides them.
    """
    return {}


_OF_EACH_TEST = "copper_of_each_test"


class OfEachTest:
    """The function-scoped fixtures that most tests of a suite use.

    They get the test from the session's accounts, not from `request`, which pytest would make twice for each of them:
    that takes longer than everything else it does for a fixture.
    """

    of_session: accounts.Accounts
    """Set when the session is configured."""

    @pytest.fixture
    def copper(self, copper_settings: dict[str, Any]) -> Iterator[Copper]:
        """An emulated Copper account for this test alone: change records, move its time, expect notifications.

        Anything that goes wrong and was neither expected nor allowed fails the test. With `@given`, use make_copper.
        """
        yield from accounts.sync_account(self.of_session.item, copper_settings)

    @pytest.fixture
    def copper_async(self, copper_settings: dict[str, Any]) -> Iterator[AsyncCopper]:
        """The same for an asynchronous test (asyncio): await what lets time pass: `await copper_async.settle()`.

        Where a test uses `copper` as well, this is another account, with its own key, records and subscriptions.
        """
        yield from accounts.async_account(self.of_session.item, copper_settings)


@pytest.fixture
def copper_endpoint(request: pytest.FixtureRequest) -> CopperEndpoint:
    """A recording receiver with scripted answers, routed in the test's account; its https:// `url` is the target.

    `copper_endpoint(tls=True)` makes another one: a real HTTPS server on this machine.
    """
    return accounts.endpoint(request)


@pytest.fixture
def copper_intercept(request: pytest.FixtureRequest) -> Interception:
    """Redirect Copper's own hosts, above all https://api.copper.com, to the test's account until the test ends."""
    return accounts.intercept(request)


@pytest.fixture(scope="session")
def make_copper(pytestconfig: pytest.Config) -> accounts.CopperFactory:
    """Make accounts: `with make_copper(latency="30s") as copper:`, for `@given`, unittest, wider scopes, or several.

    The verdict comes at the end of the block. `async with` gives an account for asynchronous code.
    """
    return accounts.CopperFactory(pytestconfig)
