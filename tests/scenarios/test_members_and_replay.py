"""`imported.2` is one of several records, and `replay` delivers a body exactly as it is in the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from copper_emulator import Emulator, Received
from tests.scenarios.builders import answering, mistake_in, performed, story

ONE_OF_THREE = """
    - create: {type: person, as: imported, count: 3, fields: {name: "Person {n}"}}
    - update: {records: imported.2, fields: {name: Bob}}
    - expect: {topic: person/update, records: imported.2, count: 1, updated_attributes: {name: [Person 2, Bob]}}
    - merge: {winner: imported.3, loser: imported.1}
    - create: {type: activity_log, fields: {parent: {type: person, id: {record: imported.3}}, details: Called}}
    - delete: {records: [imported.2, imported.3]}
"""


def test_one_of_several_records_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "story.yaml"
    path.write_text(story(ONE_OF_THREE))
    with Emulator(strict=False) as copper:
        answering(copper, lambda request: 200)
        copper.play(path)
        first, second, third = copper.changes[0].ids
        assert copper.people.search() == []

    told = [(str(change.topic), change.ids) for change in copper.changes]
    assert ("person/update", (second,)) in told
    assert ("person/delete", (first,)) in told
    assert told[-1] == ("person/delete", (second, third))


@pytest.mark.parametrize("name", ["imported.4", "imported.0", "imported.", "others.1", "imported.x"])
def test_a_member_that_is_not_there_is_told_with_its_line(name: str) -> None:
    create = "- create: {type: person, as: imported, count: 3, fields: {name: Ada}}"

    text = mistake_in(story(f"{create}\n- delete: {{records: '{name}'}}"))

    assert f"there are no records '{name}'" in text


def test_a_name_may_itself_have_a_dot() -> None:
    played = performed(story("- create: {type: person, as: imported.2}\n- delete: {records: imported.2}"))

    assert played.passed, played


FORGED = """
    - create: {type: person, as: ada}
    - replay:
        target: /hooks/copper
        body: {type: person, event: delete, ids: [{record: ada}], key: guessed}
        headers: {X-Forged: "1"}
    - expect: {topic: person/delete, records: ada, outcome: rejected, count: 1}
"""


def guarded(request: Received) -> int:
    return 401 if request.json.get("key") == "guessed" else 200


def test_a_body_is_delivered_as_it_stands_there(tmp_path: Path) -> None:
    path = tmp_path / "story.yaml"
    path.write_text(story(FORGED))
    with Emulator() as copper:
        answering(copper, guarded)
        copper.play(path)
        (ada,) = copper.people.search()
        forged = copper.deliveries[-1]

    assert forged.body == {"type": "person", "event": "delete", "ids": [ada.id], "key": "guessed"}
    assert ("X-Forged", "1") in forged.request_headers


def test_it_goes_where_everything_goes() -> None:
    """To the target that `run --target` gives, here to the built-in endpoint."""
    played = performed(story(FORGED).replace("name: story", "name: story\nsecret: {key: s3cret}"))

    assert played.passed, played
    assert "deliver a body again: person/delete -> /hooks/copper" in [step.text for step in played.result.steps]


def test_what_is_no_notification_cannot_be_replayed() -> None:
    played = performed(story("- replay: {target: /hooks, body: {type: person}}"))

    assert not played.passed
    assert "this is no captured notification" in played.result.steps[-1].failure


def test_a_body_can_name_only_records_that_are_there() -> None:
    text = mistake_in(story("- replay: {target: /hooks, body: {type: person, event: new, ids: [{record: ada}]}}"))

    assert "there are no records 'ada'" in text
