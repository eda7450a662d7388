"""The JSON Schema describes what the reader accepts."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from copper_emulator.scenarios import json_schema, shipped_folder, shipped_names
from copper_emulator.scenarios.load import parse
from copper_emulator.settings import SETTINGS
from tests.scenarios.builders import HEAD, story

VALIDATOR = Draft202012Validator(json_schema())


def errors(text: str) -> list[Any]:
    return list(VALIDATOR.iter_errors(yaml.safe_load(text)))


def test_it_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_scenario_fits_it(name: str) -> None:
    assert errors((shipped_folder() / f"{name}.yaml").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "step",
    [
        "crate: {type: person}",
        "create: {type: person, cuont: 3}",
        "create: {type: persona}",
        "create: {count: 3}",
        "create: {type: person, count: 0}",
        "create: {type: person, count: null}",
        "create: {type: person, fields: [name]}",
        "merge: {winner: ada}",
        "convert: {lead: lia, as: ada}",
        "convert: {lead: lia, as: {task: ada}}",
        "seed: {type: person, rows: []}",
        "seed: {type: person, rows: [Ada]}",
        "relate: {records: ada, from: acme}",
        "unrelate: {records: ada, to: acme}",
        "define: {name: Level, data_type: Textual, available_on: [person]}",
        "define: {name: Level, data_type: Text, available_on: [activity_log]}",
        "lookup: {table: userz, add: {name: Ada}}",
        "fire: {topic: person/renamed, ids: 1}",
        "fire: {topic: person/new, ids: []}",
        "expect: {topic: person/new, status: 99}",
        "expect: {outcome: lost in space}",
        "switch_key: false",
        "endpoint: sideways",
        "faults: []",
        "faults: {lose: 3}",
        "run_until_idle: false",
        "at: +1m",
        "{switch_key: true, endpoint: down}",
    ],
)
def test_what_the_reader_refuses_does_not_fit_it(step: str) -> None:
    assert errors(story(f"- {step}"))


def test_it_knows_every_setting_but_the_one_that_a_file_may_not_have() -> None:
    known = json_schema()["properties"]["settings"]["properties"]

    assert set(known) == set(SETTINGS) - {"allow_targets", "ca", "intercept"}
    assert errors("settings: {limit: off}\n" + HEAD + "  - advance: 1m\n")


def test_every_key_is_described() -> None:
    """An editor shows a key's description, either the key's own or that of the part that is its value."""
    schema = json_schema()

    undescribed = [
        f"{part}.{name}"
        for part, where in {**schema["$defs"], "": schema}.items()
        for name, key in where.get("properties", {}).items()
        if not key.get("description") and "$ref" not in key
    ]

    assert undescribed == []


@pytest.mark.parametrize(("name", "activity"), [("company", "activity"), ("companies", "activities")])
def test_a_type_is_called_by_any_of_its_names(name: str, activity: str) -> None:
    text = story(f"- create: {{type: {name}}}\n- fire: {{topic: {activity}/new, ids: 1}}")
    create, fire = parse(text, "x").content.steps

    assert errors(text) == []
    assert create.create is not None
    assert fire.fire is not None
    assert (create.create.type, str(fire.fire.topic)) == ("company", "activity_log/new")


def test_topics_and_types_are_read_in_any_case() -> None:
    create, fire = parse(story("- create: {type: People}\n- fire: {topic: PERSON.NEW, ids: 1}"), "x").content.steps

    assert create.create is not None
    assert fire.fire is not None
    assert (create.create.type, str(fire.fire.topic)) == ("person", "person/new")
