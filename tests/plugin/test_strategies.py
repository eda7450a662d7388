"""What `pytest_copper.strategies` draws: everything that Copper accepts, nothing that it refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("hypothesis")

from hypothesis import HealthCheck, assume, find, given, settings
from hypothesis import strategies as st

from copper_emulator import Copper, Emulator, UsageError
from copper_emulator.copper import stepwise
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.record import COLLECTIONS
from copper_emulator.core.records.tables import TABLES
from copper_emulator.operations import captured
from pytest_copper import strategies

reproducible = settings(
    derandomize=True, database=None, deadline=None, max_examples=40, suppress_health_check=list(HealthCheck)
)


def furnished(copper: Copper) -> dict[str, list[int]]:
    """Two records of each type to which others can refer."""
    made = {
        kind: face(copper, kind).create_many([{"name": "Ada"}, {"name": "Bob"}])
        for kind in ("lead", "person", "company", "opportunity", "project", "task")
    }
    return {kind: [record.id for record in records] for kind, records in made.items()}


def face(copper: Copper, kind: str) -> Any:
    return getattr(copper, COLLECTIONS[EntityType(kind)])


@pytest.mark.parametrize("kind", EntityType)
@reproducible
@given(data=st.data())
def test_fields_can_be_created_and_changes_made(kind: str, data: st.DataObject) -> None:
    with Emulator() as copper:
        records = furnished(copper)
        made = face(copper, kind).create(**data.draw(strategies.fields(kind, records=records)))
        face(copper, kind).update(made.id, **data.draw(strategies.changes(kind, records=records)))


@reproducible
@given(rows=st.lists(strategies.fields("person", unique=False), min_size=2, max_size=5))
def test_without_what_must_be_unique_any_two_can_stand_side_by_side(rows: list[dict[str, Any]]) -> None:
    with Emulator() as copper:
        assert len(copper.people.create_many(rows)) == len(rows)


def test_the_plainest_fields_are_a_name() -> None:
    assert find(strategies.fields("person"), lambda _: True) == {"name": "Ada"}


def test_what_names_a_record_needs_one() -> None:
    with pytest.raises(UsageError, match=r"parent is required: give the records that exist, like records=\{"):
        strategies.fields("activity_log")


@reproducible
@given(body=strategies.bodies(secret={"key": "s3cret"}))
def test_bodies_are_notifications(body: dict[str, Any]) -> None:
    _, topic, ids = captured(body)

    assert (str(topic.type), str(topic.event)) == (body["type"], body["event"])
    assert 1 <= len(ids) <= 30
    assert len(set(ids)) == len(ids)
    assert body["key"] == "s3cret"
    assert bool(body["updated_attributes"]) == (body["event"] == "update")


@pytest.mark.parametrize("kind", [kind for kind in EntityType if kind is not EntityType.ACTIVITY_LOG])
def test_what_an_update_tells_is_what_a_real_one_tells(kind: EntityType) -> None:
    """Updating a record from the old to the new values reports the same; stages have names of their own there."""
    with Emulator() as copper:
        for each in ("lead", "person", "company", "opportunity", "project", "task"):
            face(copper, each).seed([{"id": number, "name": "Ada"} for number in range(1, 4)])

        @settings(reproducible, max_examples=25)
        @given(body=strategies.bodies(kind, "update"))
        def told_as(body: dict[str, Any]) -> None:
            written = [name for name in body["updated_attributes"] if name in TABLES[kind].by_name]
            # One at a time, because fields can affect each other.
            pairs = {name: body["updated_attributes"][name] for name in written[:1]}
            old = {name: pair[0] for name, pair in pairs.items()}
            amount = {"monetary_value": 1} if "monetary_value" in TABLES[kind].by_name else {}
            [seeded] = face(copper, kind).seed([{"name": "Before", **amount, **old}])
            # For some fields, a new record has a value even if none is given.
            assume(all(face(copper, kind).get(seeded)[name] == value for name, value in old.items()))
            face(copper, kind).update(seeded, **{name: pair[1] for name, pair in pairs.items()})
            told = copper.changes[-1].updated_attributes if pairs else {}
            face(copper, kind).delete(seeded)
            assert {name: told.get(name) for name in pairs} == pairs

        told_as()


@reproducible
@given(body=strategies.bodies("person", "update", ids=[17, 18]))
def test_bodies_can_be_about_known_records(body: dict[str, Any]) -> None:
    assert (body["type"], body["event"]) == ("person", "update")
    assert set(body["ids"]) <= {17, 18}


def test_a_topic_that_does_not_exist_has_no_bodies() -> None:
    with pytest.raises(
        UsageError, match=r"there is no topic activity_log/delete\. Copper's only webhook for activity_log is new\.$"
    ):
        strategies.bodies("activity_log", "delete")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"type": "persn"}, r"there is no type 'persn'; did you mean 'person'\? The types are lead"),
        (
            {"event": "updated"},
            r"there is no event 'updated'; did you mean 'update'\? The events are new, update and delete",
        ),
        ({"secret": "s3cret"}, "secret: give what the subscriptions send, like .*, not 's3cret'"),
    ],
)
def test_bodies_that_there_cannot_be_are_told_when_they_are_asked_for(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        strategies.bodies(**wrong)


@pytest.mark.parametrize(
    "types", [("person",), ("activity_log",), ("lead", "person", "company", "opportunity"), tuple(EntityType)]
)
@reproducible
@given(data=st.data())
def test_every_step_of_a_sequence_is_possible(types: tuple[str, ...], data: st.DataObject) -> None:
    with Emulator() as copper:
        scenario = stepwise(copper)
        for step in data.draw(strategies.sequences(*types)):
            scenario.play(step)


def test_every_way_to_change_something_is_drawn() -> None:
    drawn: set[str] = set()

    @reproducible
    @given(steps=strategies.sequences("lead", "person"))
    def draw(steps: list[dict[str, Any]]) -> None:
        drawn.update(action for step in steps for action in step)

    draw()
    assert drawn == {"create", "update", "delete", "merge", "convert"}


def test_the_plugin_alone_imports_no_hypothesis() -> None:
    code = "import sys, pytest_copper.plugin; sys.exit('hypothesis' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


DRAWING = """
from hypothesis import given, settings
from pytest_copper import strategies

RECORDS = {kind: [17] for kind in KINDS}

for kind in KINDS:
    @settings(max_examples=20)
    @given(strategies.fields(kind, records=RECORDS), strategies.changes(kind, records=RECORDS), strategies.bodies(kind))
    def draw(fields, changes, body): pass

    draw()
"""


def test_a_fresh_checkout_does_not_wait_for_hypothesis_to_go_through_all_of_unicode(tmp_path: Path) -> None:
    """It takes so long that its health check finds the values too slow; what it found, it keeps in a file."""
    code = f"KINDS = {[str(kind) for kind in EntityType]}\n" + DRAWING

    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)

    kept = {file.name for file in tmp_path.rglob("unicode_data/*/*")}
    assert not [name for name in kept if name.startswith("codec")]
    assert kept, "it keeps nothing there any more"
