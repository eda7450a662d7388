"""The typed faces of records and lookup tables: made from the tables, shown by `help()`, checked by a type checker."""

from __future__ import annotations

import inspect
import pydoc
import re
import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

import pytest

import copper_emulator
from copper_emulator import typed_lookups, typed_records
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.fields import Access
from copper_emulator.core.records.lookups.tables import LOOKUPS
from copper_emulator.core.records.searching.search import PARAMETERS
from copper_emulator.core.records.tables import TABLES
from tests.generate import files

PACKAGE = Path(copper_emulator.__file__).parent


@pytest.mark.parametrize("name", ["typed_records.py", "typed_lookups.py"])
def test_the_generated_files_are_those_of_the_tables(name: str) -> None:
    assert (PACKAGE / name).read_text(encoding="utf-8") == files()[name], "run `make generate`"


def keys(module: object, name: str) -> set[str]:
    return set(get_type_hints(getattr(module, name)))


@pytest.mark.parametrize("kind", EntityType)
def test_every_field_and_filter_of_a_type_is_there_and_nothing_else(kind: EntityType) -> None:
    table = TABLES[kind]
    noun = table.noun.title()
    changes = {field.name for field in table if field.access is Access.ALWAYS}

    assert keys(typed_records, f"{noun}Fields") == {field.name for field in table if field.access is not Access.NEVER}
    assert keys(typed_records, f"{noun}Changes") == changes
    assert keys(typed_records, f"{noun}Filters") == set(PARAMETERS[kind])


@pytest.mark.parametrize("name", LOOKUPS)
def test_every_field_of_a_lookup_table_is_there_and_nothing_else(name: str) -> None:
    noun = LOOKUPS[name].noun.title().replace(" ", "")

    assert keys(typed_lookups, f"{noun}Fields") == {"id", *LOOKUPS[name].by_name}
    assert keys(typed_lookups, f"{noun}Changes") <= set(LOOKUPS[name].by_name)


@pytest.mark.parametrize("prefix", ["", "Async"])
@pytest.mark.parametrize("kind", EntityType)
def test_help_lists_every_field(kind: EntityType, prefix: str) -> None:
    table = TABLES[kind]
    face = getattr(typed_records, prefix + table.plural.title())

    create = pydoc.plain(pydoc.render_doc(face.create))
    search = pydoc.plain(pydoc.render_doc(face.search))

    assert [name for name in table.writable_names if not re.search(rf"^ +{name}: .", create, re.MULTILINE)] == []
    assert [name for name in PARAMETERS[kind] if not re.search(rf"^ +{name}: .", search, re.MULTILINE)] == []


@pytest.mark.parametrize("kind", EntityType)
def test_what_lets_time_pass_is_awaited_on_the_asynchronous_face_and_nothing_else_is(kind: EntityType) -> None:
    face = getattr(typed_records, f"Async{TABLES[kind].plural.title()}")
    functions = inspect.getmembers(face, inspect.isfunction)
    waiting = {name for name, each in functions if inspect.iscoroutinefunction(inspect.unwrap(each))}

    assert {"create", "create_many", "update", "update_many", "delete", "delete_many"} <= waiting
    assert waiting & {"get", "search", "seed"} == set()


USERS_TEST = """
from datetime import UTC, date, datetime

from copper_emulator import AsyncCopper, Copper, Record


def test_right(copper: Copper) -> None:
    acme = copper.companies.create(name="Acme", tags=["vip"])
    ada = copper.people.create(name="Ada", company_id=acme, emails=[{"email": "a@x.example", "category": "work"}])
    copper.people.update(ada, title=None, address={"city": "London"}, assignee_id=copper.lookups.users[137658])
    copper.tasks.create(name="Call", related_resource=ada, due_date=datetime(2026, 3, 2, tzinfo=UTC))
    copper.opportunities.create(name="Deal", close_date=date(2026, 3, 2), priority="High")
    found: list[Record] = copper.people.search(company_ids=[acme], sort_by="name")
    copper.leads.create(name=found[0].name, status_id=copper.lookups.lead_statuses.named("Open"))
    copper.people.create_many([{"name": "Bob"}])
    copper.people.seed([{"name": "Bob", "id": 17}])
    copper.leads.convert(17, company=acme, opportunity={"name": "Deal"})
    copper.people.merge(ada, 17).name
    copper.people.create(name="Ada", titel="Dr")  # wrong: Unexpected keyword argument "titel"
    copper.people.create(title="Dr")  # wrong: Missing named argument "name"
    copper.people.create(name=7)  # wrong: "name" to "create" of "People" has incompatible type "int"
    copper.people.create(name="Ada", company_id="Acme")  # wrong: "company_id" to "create"
    copper.people.update(17, name=None)  # wrong: "name" to "update" of "People" has incompatible type "None"
    copper.people.update(17, company_id=17)  # wrong: Unexpected keyword argument "company_id"
    copper.people.update_many([17], titel="Dr")  # wrong: Unexpected keyword argument "titel"
    copper.opportunities.create(name="Deal", priority="Urgent")  # wrong: "priority" to "create"
    copper.people.search(nmae="Ada")  # wrong: Unexpected keyword argument "nmae"
    copper.people.search(sort_by="nmae")  # wrong: "sort_by" to "search"
    copper.projects.merge(1, 2)  # wrong: "Projects" has no attribute "merge"
    copper.leads.convert(1, opportunity={"nmae": "Deal"})  # wrong: "opportunity" to "convert"
    copper.lookups.users.add(name="Eve")  # wrong: Missing named argument "email"
    copper.lookups.users.update(17, nmae="Eve")  # wrong: Unexpected keyword argument "nmae"


async def test_right_too(copper: AsyncCopper) -> None:
    ada: Record = await copper.people.create(name="Ada")
    copper.people.get(ada)
    copper.people.create(name="Ada")  # wrong: must be used
    await copper.people.create(name="Ada", titel="Dr")  # wrong: Unexpected keyword argument "titel"
"""


def test_a_type_checker_finds_what_is_wrong_in_a_users_test_and_nothing_else(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    (tmp_path / "test_crm.py").write_text(USERS_TEST, encoding="utf-8")

    ran = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "test_crm.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    found = {int(number): text for number, text in re.findall(r"^test_crm\.py:(\d+): error: (.*)$", ran.stdout, re.M)}
    wrong = {
        number: line.split("# wrong: ")[1]
        for number, line in enumerate(USERS_TEST.splitlines(), start=1)
        if "# wrong: " in line
    }
    assert found.keys() == wrong.keys(), ran.stdout + ran.stderr
    assert {number: text for number, text in wrong.items() if text not in found[number]} == {}
