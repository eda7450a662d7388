"""Records and lookup tables: what is written fires what Copper would fire, and has been delivered when a call ends."""

from __future__ import annotations

import copy
import pickle
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from copper_emulator import Copper, Endpoint, Invalid, NotEnabled, NotFound, Record, UsageError
from copper_emulator.core.moments import to_ms
from copper_emulator.core.wire import iso
from tests.faces.conftest import TARGET


def test_an_update_is_delivered_before_the_call_ends(copper: Copper, endpoint: Endpoint) -> None:
    subscription = copper.subscribe("person", "update", target=TARGET, secret={"key": "s3cret"})
    ada = copper.people.create(name="Ada")

    copper.people.update(ada.id, name="Ada Lovelace")

    [request] = endpoint.requests
    assert (request.method, request.path) == ("POST", "/hooks/copper")
    assert request.headers["content-type"] == "application/json"
    assert list(request.json.items()) == [
        ("key", "s3cret"),
        ("subscription_id", subscription.id),
        ("event", "update"),
        ("type", "person"),
        ("ids", [ada.id]),
        ("updated_attributes", {"name": ["Ada", "Ada Lovelace"], "last_name": [None, "Lovelace"]}),
        ("timestamp", iso(to_ms(copper.now))),
    ]


def test_records_are_created_changed_found_and_removed(copper: Copper, endpoint: Endpoint) -> None:
    for event in ("new", "update", "delete"):
        copper.subscribe("person", event, target=TARGET)

    ada = copper.people.create(name="Ada", tags=["vip"])
    changed = copper.people.update(ada, title="Dr")
    others = copper.people.create_many([{"name": "Grace"}, {"name": "Katherine"}])
    copper.people.update_many(others, title="Dr")

    assert (ada.name, ada.tags, changed.title) == ("Ada", ["vip"], "Dr")
    assert copper.people.get(ada.id).title == "Dr"
    assert [each.name for each in copper.people.search(name="Grace")] == ["Grace"]
    copper.people.delete(ada)
    copper.people.delete_many(others)
    assert copper.people.search() == []
    with pytest.raises(NotFound, match="There is no person"):
        copper.people.get(ada)
    assert [(request.json["event"], len(request.json["ids"])) for request in endpoint.requests] == [
        ("new", 1),
        ("update", 1),
        ("new", 2),
        ("update", 2),
        ("delete", 1),
        ("delete", 2),
    ]


def test_sixty_one_records_in_one_action_are_thirty_thirty_and_one(copper: Copper, endpoint: Endpoint) -> None:
    copper.subscribe("lead", "new", target=TARGET)

    leads = copper.leads.create_many([{"name": f"Lead {n}"} for n in range(61)])

    assert [len(request.json["ids"]) for request in endpoint.requests] == [30, 30, 1]
    copper.expect("lead", "new", ids=[lead.id for lead in leads], count=3)


def test_records_with_different_old_values_go_into_different_notifications(copper: Copper, endpoint: Endpoint) -> None:
    copper.subscribe("task", "update", target=TARGET)
    rows = [{"name": "Call", "priority": priority} for priority in ("None", "High", "None")]
    first, second, third = copper.tasks.create_many(rows)

    copper.tasks.update_many([first.id, second.id, third.id], name="Write", priority="None")

    assert [(r.json["ids"], r.json["updated_attributes"]) for r in endpoint.requests] == [
        ([first.id, third.id], {"name": ["Call", "Write"]}),
        ([second.id], {"name": ["Call", "Write"], "priority": ["High", "None"]}),
    ]


def test_a_write_that_changes_nothing_fires_nothing_and_stands_in_the_timeline(
    copper: Copper, endpoint: Endpoint
) -> None:
    copper.subscribe("person", "update", target=TARGET)
    ada, bob = copper.people.create_many([{"name": "Ada"}, {"name": "Bob"}])

    copper.people.update(ada, name="Ada")
    copper.expect_none()
    copper.people.update_many([ada, bob], name="Ada")

    unchanged = f"person/update [{ada.id}]: the values were the same"
    assert [entry.text for entry in copper.journal if entry.kind == "unchanged"] == [unchanged, unchanged]
    assert unchanged in copper.timeline
    assert [request.json["ids"] for request in endpoint.requests] == [[bob.id]]


def test_a_missing_record_changes_nothing_at_all(copper: Copper, endpoint: Endpoint) -> None:
    copper.subscribe("person", "update", target=TARGET)
    ada = copper.people.create(name="Ada")

    with pytest.raises(NotFound):
        copper.people.update_many([ada.id, 1], name="Bob")

    assert copper.people.get(ada.id).name == "Ada"
    assert endpoint.requests == []


def test_what_cannot_be_written_is_refused_in_the_same_words(copper: Copper) -> None:
    with pytest.raises(Invalid, match="Name: can't be blank"):
        copper.people.create(name="")
    with pytest.raises(NotFound):
        copper.people.update(17, name="Ada")
    with pytest.raises(UsageError, match="written by Copper only"):
        copper.people.create_many([{"name": "Ada", "interaction_count": 5}])
    assert copper.changes == []


def test_ids_of_different_types_collide_and_activities_are_beyond_32_bits(copper: Copper) -> None:
    person = copper.people.create(name="A")
    note = copper.activities.create(
        parent={"type": "person", "id": person.id}, type={"category": "user", "id": 0}, details="call"
    )

    assert person.id == copper.leads.create(name="B").id
    assert note.id > 2**31


def test_a_record_goes_wherever_an_id_goes(copper: Copper, endpoint: Endpoint) -> None:
    copper.subscribe("person", "update", target=TARGET)
    ada, bob = copper.people.create_many([{"name": "Ada"}, {"name": "Bob"}])

    copper.people.update(ada, name="Ada Lovelace")
    copper.expect("person", "update", ids=[ada])
    copper.people.update_many([ada, bob.id], title="Countess")
    copper.expect("person", "update", ids=[ada, bob])
    assert copper.people.get(ada).name == "Ada Lovelace"
    assert copper.fire("person", "update", ids=[ada, 17]).ids == (ada.id, 17)
    copper.people.delete(bob)
    copper.people.delete_many([ada])
    assert [change.ids for change in copper.changes[-2:]] == [(bob.id,), (ada.id,)]


def test_a_record_is_a_copy_and_says_how_to_change_it(copper: Copper, endpoint: Endpoint) -> None:
    copper.subscribe("person", "update", target=TARGET)
    ada = copper.people.create(name="Ada", tags=["a"])

    with pytest.raises(AttributeError, match=rf"copper\.people\.update\({ada.id}, name=\.\.\.\)"):
        ada.name = "Ada Lovelace"
    assert copy.deepcopy(ada) == pickle.loads(pickle.dumps(ada)) == ada

    ada.tags.append("b")
    copper.people.update(ada, tags=ada.tags)

    assert endpoint.requests[-1].json["updated_attributes"] == {"tags": [["a"], ["a", "b"]]}


def test_seeded_records_are_there_and_nobody_is_told(copper: Copper, endpoint: Endpoint, tmp_path: Path) -> None:
    copper.subscribe("company", "new", target=TARGET)
    file = tmp_path / "companies.csv"
    file.write_text("name,id\nAcme,17\n")

    assert [each.name for each in copper.companies.seed([{"name": "Engines"}])] == ["Engines"]
    assert copper.companies.seed(file)[0].id == 17
    assert copper.companies.get(17).name == "Acme"
    assert endpoint.requests == []


def test_two_people_become_one_and_a_lead_becomes_three(copper: Copper) -> None:
    ada = copper.people.create(name="Ada")
    twin = copper.people.create(name="Ada L.", title="Dr")
    winner = copper.people.merge(ada, twin)
    lead = copper.leads.create(name="Lead", company_name="Acme")
    became = copper.leads.convert(lead, opportunity={"name": "Order"})

    assert (winner.id, winner.title) == (ada.id, "Dr")
    with pytest.raises(NotFound):
        copper.people.get(twin)
    assert became.company is not None
    assert became.opportunity is not None
    assert (became.person.name, became.company.name, became.opportunity.name) == ("Lead", "Acme", "Order")
    with pytest.raises(NotFound):
        copper.leads.get(lead.id)


WRONG: dict[str, tuple[Any, str]] = {
    "update by text": (lambda c, ada: c.people.update("17", name="x"), "an id is a whole number, like 17, or a record"),
    "get by nothing": (lambda c, ada: c.people.get(None), "an id is a whole number"),
    "another type's record": (lambda c, ada: c.leads.update(ada, name="x"), "is of the type person, not lead"),
    "update_many of one": (lambda c, ada: c.people.update_many(5, name="x"), "several ids or records"),
    "update_many of one record": (lambda c, ada: c.people.update_many(ada, name="x"), r"for one, use update\(\)"),
    "delete_many of text": (lambda c, ada: c.people.delete_many("17"), r"for one, use delete\(\)"),
    "create_many of one": (lambda c, ada: c.people.create_many({"name": "x"}), "give a list of records"),
    "create_many of 5": (lambda c, ada: c.people.create_many(5), "give a list of records"),
    "half a surrogate": (lambda c, ada: c.people.update(ada, name="\ud800"), "a record's fields must be JSON"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_refused_with_what_to_write(copper: Copper, name: str) -> None:
    call, message = WRONG[name]
    ada: Record = copper.people.create(name="Ada")
    before = copper.journal

    with pytest.raises(UsageError, match=message):
        call(copper, ada)

    assert copper.journal == before


# --- lookup tables --------------------------------------------------------------------------------------------------


def test_lookup_tables_are_read_and_changed(copper: Copper) -> None:
    added = copper.lookups.loss_reasons.add(name="Moved away")
    copper.lookups.loss_reasons.update(added, name="Moved")

    assert copper.lookups.loss_reasons.named("Moved").id == added.id
    copper.lookups.loss_reasons.remove(added)
    assert added.id not in [each.id for each in copper.lookups.loss_reasons]
    level = copper.lookups.custom_field_definitions.add(name="Level", data_type="String", available_on=["person"])
    ada = copper.people.create(name="Ada", custom_fields=[{"custom_field_definition_id": level.id, "value": "Gold"}])
    assert copper.people.get(ada).custom_fields == [{"custom_field_definition_id": level.id, "value": "Gold"}]


def test_leads_can_be_switched_off(copper: Copper) -> None:
    copper.lookups.account.update(name="Engines", settings={"setting_enable_leads": False})

    assert copper.lookups.account.name == "Engines"
    with pytest.raises(NotEnabled, match="403 Feature not enabled"):
        copper.leads.create(name="Ada")
    request = urllib.request.Request(f"{copper.api_url}/leads/17", headers=copper.headers)
    with pytest.raises(urllib.error.HTTPError, match="403") as refused:
        urllib.request.urlopen(request)
    refused.value.close()
    copper.lookups.account.update(settings={"setting_enable_leads": True})
    assert copper.leads.create(name="Ada").name == "Ada"


def test_records_and_entries_stand_for_their_ids_at_any_depth(copper: Copper) -> None:
    definitions = copper.lookups.custom_field_definitions
    level = definitions.add(name="Level", data_type="String", available_on=["person"])
    colour = definitions.add(name="Colour", data_type="Dropdown", available_on=["person"], options=["red", "blue"])
    shades = definitions.add(name="Shades", data_type="MultiSelect", available_on=["person"], options=["a", "b"])
    friends = definitions.add(name="Friends", data_type="Connect", available_on=["person"])
    ada, bob = copper.people.create(name="Ada"), copper.people.create(name="Bob")
    note = copper.lookups.activity_types.named("Note")

    copper.people.update(
        bob,
        custom_fields=(
            {"custom_field_definition_id": level, "value": "high"},
            {"custom_field_definition_id": colour, "value": colour.options[1]},
            {"custom_field_definition_id": shades, "value": shades.options},
            {"custom_field_definition_id": friends, "value": [ada]},
        ),
    )
    task = copper.tasks.create(name="Call", related_resource={"type": "person", "id": bob})
    activity = copper.activities.create(
        parent={"type": "person", "id": ada}, type={"category": "user", "id": note}, details="Called"
    )

    values = {each["custom_field_definition_id"]: each["value"] for each in copper.people.get(bob).custom_fields}
    assert values[level.id] == "high"
    assert values[colour.id] == next(option["id"] for option in colour.options if option["name"] == "blue")
    assert values[shades.id] == sorted(option["id"] for option in shades.options)
    assert values[friends.id] == [ada.id]
    assert task.related_resource == {"type": "person", "id": bob.id}
    assert activity.parent == {"type": "person", "id": ada.id}
    assert activity.type == {"category": "user", "id": note.id}
    found = copper.people.search(custom_fields=[{"custom_field_definition_id": level, "value": "high"}])
    assert [each.id for each in found] == [bob.id]


def test_what_stands_for_an_id_inside_a_field_is_checked_like_a_field(copper: Copper) -> None:
    ada = copper.people.create(name="Ada")
    status = copper.lookups.customer_sources.named("Email")

    with pytest.raises(
        UsageError, match=r"takes an entry of custom_field_definitions, not 'Email' of customer_sources"
    ):
        copper.people.update(ada, custom_fields=[{"custom_field_definition_id": status, "value": 1}])
    with pytest.raises(UsageError, match=f"record {ada.id} is of the type person, not company"):
        copper.tasks.create(name="Call", related_resource={"type": "company", "id": ada})


# --- relations ------------------------------------------------------------------------------------------------------


def test_records_are_related_and_nobody_is_notified(copper: Copper, endpoint: Endpoint) -> None:
    for event in ("new", "update"):
        copper.subscribe("company", event, target=TARGET)
    ada, acme = copper.people.create(name="Ada"), copper.companies.create(name="Acme")
    before = len(endpoint.requests)

    assert copper.people.relate(ada, acme) is True
    assert copper.people.relate(ada.id, acme) is False

    assert [(each.id, each.name) for each in copper.people.related(ada)] == [(acme.id, "Acme")]
    assert [each.id for each in copper.companies.related(acme.id)] == [ada.id]
    assert len(endpoint.requests) == before
    assert "related" in str(copper.journal[-1])

    copper.companies.unrelate(acme, ada)
    assert copper.people.related(ada) == []


def test_relations_that_cannot_be_are_refused(copper: Copper) -> None:
    ada, task = copper.people.create(name="Ada"), copper.tasks.create(name="Call")
    lead = copper.leads.create(name="Bo")

    with pytest.raises(Invalid, match="person cannot be related to lead"):
        copper.people.relate(ada, lead)
    with pytest.raises(NotFound):
        copper.people.unrelate(ada, task)
    with pytest.raises(NotFound):
        copper.people.related(ada.id + 1000)
    with pytest.raises(UsageError, match=r"must be a record, like copper.companies.get\(5\), not 5"):
        copper.people.relate(ada, 5)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="is of the type task, not person"):
        copper.people.relate(task, ada)
