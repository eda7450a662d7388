"""What users may import, and that the pinned face has what it promises."""

import inspect
import pickle
import re
import subprocess
import sys
from textwrap import dedent

import pytest

import copper_emulator
import pytest_copper
from copper_emulator import (
    AsyncCopper,
    Copper,
    Emulator,
    Endpoint,
    ExpectationError,
    Faults,
    ScenarioFailed,
    VerdictError,
)
from copper_emulator.core import errors
from copper_emulator.core.records.record import COLLECTIONS
from copper_emulator.lookups import LookupTable
from copper_emulator.typed_lookups import Lookups
from copper_emulator.typed_records import Activities, Companies, Leads, Opportunities, People, Projects, Tasks
from pytest_copper.accounts import CopperFactory
from pytest_copper.receiving import CopperEndpoint

RECORDS = (Leads, People, Companies, Opportunities, Projects, Tasks, Activities)


def test_everything_in_all_is_there_and_sorted() -> None:
    assert copper_emulator.__all__ == sorted(copper_emulator.__all__)
    assert [name for name in copper_emulator.__all__ if not hasattr(copper_emulator, name)] == []


def test_errors_are_called_by_where_they_are_imported_from() -> None:
    errors = [thing for name in copper_emulator.__all__ if _is_error(thing := getattr(copper_emulator, name))]

    assert len(errors) > 11
    assert {error.__module__ for error in errors} == {"copper_emulator"}
    assert isinstance(pickle.loads(pickle.dumps(copper_emulator.UsageError("so"))), copper_emulator.UsageError)


def _is_error(thing: object) -> bool:
    return isinstance(thing, type) and issubclass(thing, Exception)


def test_the_names_are_pinned() -> None:
    assert set(copper_emulator.__all__) == {
        "ApiCall",
        "ApiError",
        "AsyncCopper",
        "AsyncEmulator",
        "BadRequest",
        "Change",
        "CheckFailed",
        "CheckWarning",
        "Copper",
        "CopperEmulatorError",
        "Delivery",
        "EchoLoop",
        "Emulator",
        "Endpoint",
        "EntityType",
        "Entry",
        "Event",
        "ExpectationError",
        "Explanation",
        "Faults",
        "Interception",
        "Invalid",
        "Kind",
        "NotEnabled",
        "NotFound",
        "NotIdle",
        "Notification",
        "Outcome",
        "Reason",
        "Received",
        "Record",
        "Report",
        "Response",
        "RouteError",
        "ScenarioError",
        "ScenarioFailed",
        "ScenarioResult",
        "Settings",
        "SettingsError",
        "State",
        "Subscription",
        "TimeError",
        "Topic",
        "UsageError",
        "VerdictError",
        "check_names",
    }


def test_every_name_comes_from_its_home_and_a_wrong_one_is_an_error() -> None:
    homes = {name for names in copper_emulator._HOMES.values() for name in names.split()}

    assert homes == set(copper_emulator.__all__)
    assert set(copper_emulator.__all__) <= set(dir(copper_emulator))
    assert not hasattr(copper_emulator, "Emulater")


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, copper_emulator; print(*sorted({'aiohttp', 'pydantic', 'asyncio', 'yaml'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""


def test_an_account_that_is_as_copper_is_loads_no_pydantic_whatever_is_asked_of_it() -> None:
    """The code that reads the values of settings takes longer to load than much of the rest."""
    code = """
        import http.client, sys
        from copper_emulator import Emulator
        with Emulator() as copper:
            copper.route("https://app.example", to=lambda request: 200)
            copper.subscribe("person", "new", target="https://app.example/hooks")
            copper.people.create(name="Ada")
            copper.expect("person", "new")
            connection = http.client.HTTPConnection(copper.api_url.split("/")[2])
            connection.request("GET", "/developer_api/v1/webhooks", headers=copper.headers)
            print(connection.getresponse().status, "pydantic" in sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", dedent(code)], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "200 False"


def test_copper_has_every_name_of_the_face() -> None:
    expected = {
        *(
            "api_url",
            "tls_api_url",
            "ca_file",
            "token",
            "email",
            "headers",
            "oauth_headers",
            "lookups",
            "now",
            "switch_key",
            "intercept",
            "route",
            "start",
            "subscribe",
            "unsubscribe",
        ),
        *("subscriptions", "fire", "replay", "play", "after_delivery", "settle", "advance", "run_until_idle"),
        *("deliveries", "changes", "notifications", "journal", "explain", "expect", "expect_none", "reset"),
    }
    types = {"leads", "people", "companies", "opportunities", "projects", "tasks", "activities"}

    with Emulator() as copper:
        assert {name for name in expected | types if not hasattr(copper, name)} == set()


def test_completion_and_suggestions_leave_out_what_only_the_plugin_calls() -> None:
    with Emulator() as copper:
        offered = {name for name in dir(copper) if not name.startswith("_")}

        assert {"expect", "people", "lookups", "timeline", "after_delivery", "verdict"} <= offered
        assert offered & {"begin_test", "drawn_from", "entries_so_far", "leave", "resets_so_far", "stop_apps"} == set()
        with pytest.raises(AttributeError) as caught:
            copper.leaves()  # type: ignore[attr-defined]  # what is tested

    assert "'leads'" in str(caught.value)
    assert "'leave'" not in str(caught.value)


@pytest.mark.parametrize("face", [Copper, AsyncCopper])
def test_its_help_names_the_records_of_every_type(face: type) -> None:
    listed = [line.split() for line in (inspect.getdoc(face) or "").splitlines()[1:] if len(line.split()) == 2]

    assert {kind: name for name, kind in listed} == {str(kind): name for kind, name in COLLECTIONS.items()}


def test_failures_are_named_as_they_are_imported() -> None:
    for failure in (ExpectationError, VerdictError, ScenarioFailed):
        assert failure.__module__ == "copper_emulator"


def test_records_and_endpoint_have_theirs() -> None:
    records = {"create", "create_many", "update", "update_many", "delete", "delete_many", "get", "seed", "search"}

    assert [kind for kind in RECORDS if not records <= {name for name, _ in inspect.getmembers(kind)}] == []
    assert hasattr(People, "merge")
    assert hasattr(Companies, "merge")
    assert hasattr(Leads, "convert")
    assert {"url", "requests", "reply", "refuse", "hang", "break_off"} <= set(dir(Endpoint("https://x.example/")))


def test_every_error_that_a_docstring_promises_can_be_imported() -> None:
    errors_ = {name for name, thing in vars(errors).items() if _is_error(thing)}
    promised = {
        word
        for face in (Copper, AsyncCopper, *RECORDS, Lookups, LookupTable, Endpoint, Emulator, Faults, CopperFactory)
        for _, member in inspect.getmembers(face)
        for word in re.findall(r"\b[A-Z]\w+", inspect.getdoc(member) or "")
        if word in errors_
    }

    assert {"BadRequest", "Invalid", "NotFound", "RouteError", "UsageError"} <= promised
    assert promised <= set(copper_emulator.__all__)


def test_the_types_of_fixtures_can_be_imported() -> None:
    assert set(pytest_copper.__all__) == {"CopperEndpoint", "CopperFactory"}
    assert (pytest_copper.CopperEndpoint, pytest_copper.CopperFactory) == (CopperEndpoint, CopperFactory)
    assert not hasattr(pytest_copper, "copper")


def test_every_public_thing_says_what_it_is() -> None:
    public = [getattr(copper_emulator, name) for name in copper_emulator.__all__]
    for face in (*filter(inspect.isclass, public), *RECORDS, Lookups, LookupTable, CopperEndpoint, CopperFactory):
        undocumented = [
            name
            for name, member in inspect.getmembers(face)
            if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, property))
            if not inspect.getdoc(member)
        ]
        assert (face.__name__, undocumented) == (face.__name__, [])
