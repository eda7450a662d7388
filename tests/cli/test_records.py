"""The commands that change and show records in a running server."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from copper_emulator.cli import main
from copper_emulator.cli.options import fields_of
from tests.cli.processes import Process, invoke, started, subscribe


@pytest.fixture(scope="module")
def running() -> Iterator[Process]:
    """A server whose clock is frozen."""
    with started("serve", "--port", "0", "--clock", "manual") as process:
        yield process


@pytest.fixture
def server(running: Process) -> str:
    """Its URL, with a reset account."""
    assert invoke("reset", server=running.url)[0] == 0
    return running.url


def done(server: str, *args: str) -> Any:
    """Run a command, which must succeed; return its answer."""
    code, out, err = invoke(*args, "--json", server=server)
    assert (code, err) == (0, "")
    return json.loads(out)


def created(server: str, kind: str, *args: str) -> int:
    """Create a record for the test; return its id."""
    made: int = done(server, "create", kind, *args)["records"][0]["id"]
    return made


def test_create_says_what_it_made_and_who_was_told(server: str) -> None:
    made = subscribe(server, "person", "new")

    code, out, err = invoke("create", "person", "--set", "name=Ada", "--set", 'tags=["vip"]', server=server)

    assert (code, err) == (0, "")
    record, change, story, advice = out.splitlines()
    assert record.endswith("  Ada")
    assert f"person/new [{record.split()[0]}] (through the page, a command or the control API)" in change
    assert f"for subscription {made}: blocked" in story
    assert advice.startswith("Send it to your app with copper-emulator routes https://")


def test_several_at_once_are_one_action_and_numbered(server: str) -> None:
    answered = done(server, "create", "lead", "--count", "31", "--set", 'email={"email":"l{n}@example.com"}')
    _, out, _ = invoke("create", "lead", "--count", "31", server=server)

    assert [len(change["ids"]) for change in answered["changes"]] == [31]
    assert answered["records"][30]["email"]["email"] == "l31@example.com"
    lines = out.splitlines()
    assert [line.split(maxsplit=1)[1] for line in lines[:20]] == [f"Lead {number}" for number in range(1, 21)]
    assert lines[20] == "... and 11 more (--json shows them all)"


def test_update_changes_several_and_says_when_nothing_changed(server: str) -> None:
    ada, bob = (str(created(server, "person", "--set", f"name={name}")) for name in ("Ada", "Bob"))

    answered = done(server, "update", "person", ada, bob, "--set", "title=Dr", "--set", "details=null")
    again = invoke("update", "person", ada, bob, "--set", "title=Dr", server=server)

    assert [record["title"] for record in answered["records"]] == ["Dr", "Dr"]
    assert [change["updated_attributes"] for change in answered["changes"]] == [{"title": [None, "Dr"]}]
    assert again == (0, f"{ada}  Ada\n{bob}  Bob\nNothing changed: the values were the same.\n", "")


def test_names_that_cannot_be_written_are_told(server: str) -> None:
    ada = str(created(server, "person", "--set", "name=Ada"))

    answered = done(server, "update", "person", ada, "--set", "company_id=5")
    again = invoke("update", "person", ada, "--set", "company_id=5", server=server)

    assert answered["ignored"] == ["company_id"]
    ignored = "company_id is ignored: it can be given only at creation; relate the records instead."
    assert again == (0, f"{ada}  Ada\n{ignored}\nNothing changed: the values were the same.\n", "")


def test_each_name_that_cannot_be_written_has_its_own_reason(server: str) -> None:
    ada = str(created(server, "person", "--set", "name=Ada"))

    _, out, _ = invoke("update", "person", ada, "--set", "id=5", "--set", "date_created=1", server=server)

    assert "id is ignored: Copper sets it.\n" in out
    assert "date_created is ignored: only Copper writes it.\n" in out


def test_what_two_records_of_one_call_cannot_share_names_them(server: str) -> None:
    code, _, err = invoke(
        "create", "person", "--count", "2", "--set", 'emails=[{"email":"same@example.com"}]', server=server
    )

    assert code == 2
    assert "Records 1 and 2 of this call both have same@example.com, which can belong to only one person." in err


def test_what_an_activity_lacks_is_told_with_how_it_is_written(server: str) -> None:
    code, _, err = invoke("create", "activity", server=server)

    assert code == 2
    assert "Parent: can't be blank. parent is `{id, type}` of a lead, " in err
    assert ', like {"id": 17, "type": "person"}.' in err


def test_delete_removes(server: str) -> None:
    ada = created(server, "person")

    answered = done(server, "delete", "person", str(ada))
    code, out, err = invoke("delete", "person", str(ada), server=server)

    assert [(change["event"], change["ids"]) for change in answered["changes"]] == [("delete", [ada])]
    assert (code, out) == (1, "")
    assert "Resource not found. There is no person" in err


def test_merge_shows_the_winner(server: str) -> None:
    ada, twin = created(server, "person", "--set", "name=Ada"), created(server, "person", "--set", "title=Dr")

    code, out, _ = invoke("merge", "person", str(ada), str(twin), server=server)

    assert code == 0
    assert out.splitlines()[0] == f"{ada}  Ada"
    assert f"person/delete [{twin}]" in out
    assert f"person/update [{ada}]" in out


def test_convert_shows_what_the_lead_has_become(server: str) -> None:
    plain = created(server, "lead", "--set", "name=Ada")
    rich = created(server, "lead", "--set", "name=Grace")

    code, out, _ = invoke("convert", str(plain), "--company", "name=", server=server)
    answered = done(
        server, "convert", str(rich), *("--person", "name=Grace Hopper", "--company", "name=Acme"),
        *("--opportunity", "name=Engine", "--opportunity", "monetary_value=1200"),
    )  # fmt: skip

    assert (code, [line.split()[0] for line in out.splitlines() if not line.startswith((" ", "2"))]) == (0, ["person"])
    assert answered["person"]["name"] == "Grace Hopper"
    assert answered["company"]["name"] == "Acme"
    assert (answered["opportunity"]["name"], answered["opportunity"]["monetary_value"]) == ("Engine", 1200)


@pytest.mark.parametrize("option", ["--where", "--set"])
def test_search_finds_by_filters_a_page_at_a_time(server: str, option: str) -> None:
    ada = created(server, "person", "--set", "name=Ada")
    created(server, "person", "--set", "name=Bob")

    found = done(server, "search", "person", option, "name=Ada")
    page = invoke("search", "people", option, "page_size=1", server=server)
    none = invoke("search", "lead", server=server)

    assert [record["id"] for record in found["records"]] == [ada]
    assert page[1] == f"{ada}  Ada\n2 records; 1 of them not on this page\n"
    assert none == (0, "0 records\n", "")


@pytest.mark.parametrize(
    ("name", "text"),
    [("people.json", '[{"id": 17, "name": "Ada"}, {"name": "Bob"}]'), ("people.csv", "id,name\n17,Ada\n,Bob\n")],
)
def test_seed_reads_a_file_and_tells_nobody(server: str, tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    subscribe(server, "person", "new")

    code, out, err = invoke("seed", "people", str(tmp_path / name), server=server)

    assert (code, out, err) == (0, f"2 records from {tmp_path / name}; nobody is notified.\n", "")
    assert done(server, "search", "person", "--where", "name=Ada")["records"][0]["id"] == 17
    assert "person/new [" not in invoke("journal", server=server)[1]


@pytest.mark.parametrize("text", ['[{"name": "Ada"}]', "name\nAda\n"], ids=["json", "csv"])
def test_seed_reads_stdin_whichever_of_both_it_is(server: str, text: str) -> None:
    seeded = CliRunner().invoke(main, ["seed", "People", "-"], input=text, env={"COPPER_EMULATOR_URL": server})

    assert (seeded.exit_code, seeded.stdout) == (0, "1 record from stdin; nobody is notified.\n")
    assert [record["name"] for record in done(server, "search", "person")["records"]] == ["Ada"]


@pytest.mark.parametrize("text", ["[]", "name\n", "nmae\nAda\n"], ids=["json", "csv", "wrong"])
def test_what_is_wrong_with_stdin_is_said_of_stdin(server: str, text: str) -> None:
    seeded = CliRunner().invoke(main, ["seed", "person", "-"], input=text, env={"COPPER_EMULATOR_URL": server})

    assert (seeded.exit_code, seeded.stdout) == (2, "")
    assert seeded.stderr.startswith("copper-emulator: stdin")


def test_seed_takes_what_search_has_printed(server: str, tmp_path: Path) -> None:
    made = created(server, "person", "--set", "name=Ada", "--set", 'tags=["vip"]', "--set", "title=Countess")
    found = done(server, "search", "person")
    file = tmp_path / "found.json"
    file.write_text(json.dumps(found))
    invoke("reset", server=server)

    assert invoke("seed", "person", str(file), server=server)[0] == 0
    assert done(server, "search", "person")["records"] == found["records"]
    assert found["records"][0]["id"] == made


def test_seed_knows_the_accounts_custom_fields_of_the_type(server: str, tmp_path: Path) -> None:
    for number, kind in ((17, "person"), (18, "lead")):
        entry: dict[str, Any] = {"id": number, "name": "Level", "data_type": "Float", "available_on": [kind]}
        url = f"{server}/_emulator/v1/accounts/default/lookups/custom_field_definitions/add"
        assert requests.post(url, json={"entry": entry}, timeout=60).status_code == 200
    (tmp_path / "people.csv").write_text("name,custom_fields.17\nAda,7.5\n")
    (tmp_path / "leads.csv").write_text("name,custom_fields.18\nAda,7.5\n")

    assert invoke("seed", "person", str(tmp_path / "people.csv"), server=server)[0] == 0
    code, _, err = invoke("seed", "person", str(tmp_path / "leads.csv"), server=server)

    (record,) = done(server, "search", "person")["records"]
    assert record["custom_fields"] == [{"custom_field_definition_id": 17, "value": 7.5}]
    assert code == 2
    assert "a person has no custom field '18'" in err


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("people.json", None, "people.json cannot be read: No such file or directory"),
        ("people.json", "[1", "people.json cannot be read"),
        ("people.json", "[]", "people.json has no records"),
        ("people.json", '[{"name": "Ada"}, {"title": "Dr"}]', "Name: can't be blank. "),
        ("people.json", '[{"name": "Ada"}, {"title": "Dr"}]', "people.json, row 2."),
        ("people.csv", "name,assignee_id\nAda,\nBob,5\n", "people.csv, row 3."),
        ("people.csv", "name,age\nAda,7\n", "a person has no field 'age'"),
        ("people.yaml", "", "records are read from .json and .csv files"),
    ],
)
def test_a_file_that_cannot_be_seeded_is_one_line_and_exit_code_2(
    server: str, tmp_path: Path, name: str, text: str | None, says: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)

    code, out, err = invoke("seed", "person", str(tmp_path / name), server=server)

    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1
    assert done(server, "search", "person")["total"] == 0


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["create", "persona"], "there is no type 'persona'; did you mean 'person'? The types are lead, person"),
        (
            ["create", "person", "--set", "nme=Ada"],
            "Unrecognized attributes specified: nme. There is no attribute 'nme' here; did you mean "
            "'name'? The attributes are ",
        ),
        (
            ["create", "person", "--set", "name=17"],
            "Name: must be a string; 17 was read as JSON; as text it is --set 'name=\"17\"'",
        ),
        (
            ["create", "person", "--set", "name=Ada", "--set", "middle_name=true"],
            "Middle Name: must be a string; true was read as JSON; as text it is --set 'middle_name=\"true\"'",
        ),
        (
            ["search", "person", "--where", "name=17"],
            "Name: must be a string; 17 was read as JSON; as text it is --where 'name=\"17\"'",
        ),
        (["create", "activity"], "Parent: can't be blank"),
        (["create", "a/b"], "there is no type 'a/b'"),
        (["merge", "lead", "17", "18"], "people can be merged, and companies, not leads"),
        (["merge", "person", "17", "17"], "cannot be merged with itself"),
        (["search", "person", "--where", "nme=Ada"], "nme"),
        (["seed", "persona", "people.json"], "there is no type 'persona'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_the_server_refuses_is_one_line_and_exit_code_2(server: str, command: list[str], says: str) -> None:
    code, out, err = invoke(*command, server=server)

    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["update", "person", "17", "--set", "name=Ada"], "There is no person 17."),
        (["delete", "lead", "17"], "There is no lead 17."),
        (["convert", "17"], "There is no lead 17."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_not_there_is_one_line_and_exit_code_1(server: str, command: list[str], says: str) -> None:
    code, out, err = invoke(*command, server=server)

    assert (code, out) == (1, "")
    assert says in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        (["name=Ada Lovelace"], {"name": "Ada Lovelace"}),
        (["name="], {"name": ""}),
        (["name=17"], {"name": 17}),
        (['name="17"'], {"name": "17"}),
        (["details=a=b"], {"details": "a=b"}),
        (['tags=["vip"]', "title=null"], {"tags": ["vip"], "title": None}),
        (["zip=0123", "value=NaN"], {"zip": "0123", "value": "NaN"}),
        (
            ["custom_fields.5=Gold", "custom_fields.6=7"],
            {
                "custom_fields": [
                    {"custom_field_definition_id": 5, "value": "Gold"},
                    {"custom_field_definition_id": 6, "value": 7},
                ]
            },
        ),
    ],
)
def test_a_value_is_json_where_it_can_be_read_so(given: list[str], fields: dict[str, Any]) -> None:
    assert fields_of("--set", tuple(given)) == fields


def test_the_commands_start_light() -> None:
    """None of them needs the server's own libraries, and only `seed` needs the tables of fields."""
    code = (
        "import sys, copper_emulator.cli.records, copper_emulator.cli.talk; "
        "print(sorted({'aiohttp', 'pydantic', 'asyncio', 'yaml', 'copper_emulator.core.records'} & set(sys.modules)))"
    )

    assert python(code) == "[]\n"


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
