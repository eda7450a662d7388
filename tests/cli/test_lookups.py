"""The commands on what an account has beside its records, and on how these are related."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.cli.processes import Process, invoke, started

KEY = {"X-PW-AccessToken": "first", "X-PW-Application": "developer_api", "X-PW-UserEmail": "ada@example.com"}


@pytest.fixture(scope="module")
def running() -> Iterator[Process]:
    with started("serve", "--port", "0", "--clock", "manual", "--token", "first") as process:
        yield process


@pytest.fixture
def server(running: Process) -> str:
    """Its URL, with an account as at the start."""
    assert invoke("reset", server=running.url)[0] == 0
    return running.url


def asked(server: str, *args: str) -> Any:
    code, out, err = invoke(*args, "--json", server=server)
    assert (code, err) == (0, "")
    return json.loads(out)


def told(server: str, *args: str) -> list[str]:
    code, out, err = invoke(*args, server=server)
    assert (code, err) == (0, "")
    return out.splitlines()


def refused(server: str, *args: str) -> tuple[int, str]:
    code, out, err = invoke(*args, server=server)
    assert out == ""
    return code, err


def test_the_entries_of_a_table_are_listed_with_their_parts(server: str) -> None:
    assert told(server, "lookups", "users") == ["137658  Demo User", "137659  Second User"]

    pipelines = told(server, "lookups", "pipelines")
    assert "  987790  Qualified" in pipelines
    assert [each["name"] for each in asked(server, "lookups", "users")["entries"]] == ["Demo User", "Second User"]


def test_an_entry_is_added_and_can_be_used(server: str) -> None:
    [line] = told(server, "lookups", "users", "--add", "name=Grace Hopper", "--add", "email=grace@example.com")
    number = int(line.partition("  ")[0])

    assert line == f"{number}  Grace Hopper"
    assert told(server, "lookups", "users")[-1] == line
    person = asked(server, "create", "person", "--set", f"assignee_id={number}")["records"][0]
    assert person["assignee_id"] == number


def test_a_custom_field_is_made_with_its_options(server: str) -> None:
    field = ("name=Tier", "data_type=Dropdown", 'available_on=["person"]', 'options=[{"name":"Gold"}]')
    made = asked(server, "lookups", "custom_field_definitions", *(part for each in field for part in ("--add", each)))
    [option] = made["entry"]["options"]

    assert told(server, "lookups", "custom_field_definitions") == [
        f"{made['entry']['id']}  Tier",
        f"  {option['id']}  Gold",
    ]


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("user",), 2, "there is no lookup table 'user'; did you mean 'users'? The lookup tables are users, "),
        (("a/b",), 2, "there is no lookup table 'a/b'"),
        (("users", "--add", "name"), 2, "--add 'name': write FIELD=VALUE, like --add name=Ada"),
        (("users", "--add", "name=5"), 2, """5 was read as JSON; as text it is --add 'name="5"'"""),
    ],
)
def test_what_is_no_table_or_no_entry_is_refused(server: str, args: tuple[str, ...], code: int, says: str) -> None:
    got, err = refused(server, "lookups", *args)

    assert (got, says in err) == (code, True), err


def test_the_account_is_shown_and_changed_with_its_settings(server: str) -> None:
    before = asked(server, "details")

    lines = told(
        server, "details", "--set", "name=Engines", "--set", "setting_enable_leads=false",
        "--set", "primary_timezone=Europe/Berlin",
    )  # fmt: skip

    values = dict(line.split(maxsplit=1) for line in lines)
    assert (values["name"], values["primary_timezone"]) == ("Engines", "Europe/Berlin")
    assert (values["setting_enable_leads"], values["setting_team_permissions_enabled"]) == ("false", "false")
    assert told(server, "details") == lines
    after = asked(server, "details")
    assert after["settings"] == {**before["settings"], "setting_enable_leads": False}
    assert "Feature not enabled" in refused(server, "create", "lead")[1]


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("primary_timezone=Mars/Base", "no time zone is called 'Mars/Base' on this machine"),
        ("title=Engines", "title: there is no such key; the keys are name, "),
        (
            "setting_enable_lead=false",
            "'setting_enable_lead'; did you mean 'setting_enable_leads'? The settings of the",
        ),
        ("setting_enable_leads=off", "the account's settings are an object"),
        ("name=", "the account's name must be a text that is not empty, not ''"),
    ],
)
def test_what_the_account_cannot_be_is_refused(server: str, said: str, says: str) -> None:
    code, err = refused(server, "details", "--set", said)

    assert (code, says in err) == (2, True), err


def test_two_records_are_related_until_they_are_not(server: str) -> None:
    person, company = (asked(server, "create", each)["records"][0]["id"] for each in ("person", "company"))

    related = told(server, "relate", "people", str(person), "Company", str(company))

    assert related == [f"person {person} is related to company {company}; nobody is notified."]
    assert asked(server, "search", "person")["records"][0]["company_id"] == company
    again = told(server, "relate", "company", str(company), "person", str(person))
    assert again == [
        f"company {company} and person {person} were related already.",
        f"company {company} is related to person {person}; nobody is notified.",
    ]
    left = told(server, "unrelate", "company", str(company), "person", str(person))
    assert left == [f"company {company} is related to nothing; nobody is notified."]
    assert asked(server, "search", "person")["records"][0]["company_id"] is None


def test_what_cannot_be_related_is_refused(server: str) -> None:
    person, lead = (str(asked(server, "create", each)["records"][0]["id"]) for each in ("person", "lead"))

    assert "person cannot be related to lead" in refused(server, "relate", "person", person, "lead", lead)[1]
    assert refused(server, "unrelate", "person", person, "company", "5")[0] == 1
    assert "there is no type 'persona'" in refused(server, "relate", "persona", "1", "lead", lead)[1]


def test_another_key_takes_the_place_of_the_old_one() -> None:
    with started("serve", "--port", "0", "--clock", "manual", "--token", "first") as process:
        [line] = told(process.url, "switch-key")
        token = line.removeprefix("The token is now ").partition(";")[0]

        statuses = [
            requests.get(
                f"{process.url}/developer_api/v1/account", headers={**KEY, "X-PW-AccessToken": each}, timeout=10
            ).status_code
            for each in ("first", token)
        ]
        assert statuses == [401, 200]
        assert asked(process.url, "switch-key")["headers"]["X-PW-UserEmail"]
