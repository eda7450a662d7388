"""Any scenario survives being written and read, matches the JSON Schema, and can be played."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from copper_emulator.scenarios import json_schema, parse, perform
from copper_emulator.scenarios.model import Content
from tests.scenarios.strategies import scenarios

SCHEMA = Draft202012Validator(json_schema())


@settings(deadline=None)
@given(scenarios())
def test_a_valid_scenario_reads_as_what_was_written(data: dict[str, Any]) -> None:
    read = parse(yaml.safe_dump(data, allow_unicode=True), "story.yaml")

    assert read.content == Content.model_validate(data)


@settings(deadline=None)
@given(scenarios())
def test_a_scenario_that_was_read_can_be_written_and_read_again(data: dict[str, Any]) -> None:
    content = Content.model_validate(data)

    written = content.model_dump(mode="json", by_alias=True, exclude_unset=True)

    assert parse(yaml.safe_dump(written), "story.yaml").content == content
    assert not list(SCHEMA.iter_errors(written))


@settings(deadline=None)
@given(scenarios())
def test_a_valid_scenario_fits_the_schema(data: dict[str, Any]) -> None:
    assert not list(SCHEMA.iter_errors(data))


@settings(max_examples=50, deadline=None)
@given(scenarios())
def test_a_valid_scenario_can_be_played(data: dict[str, Any]) -> None:
    """It passes, or the first step that did not pass is named; there is no other outcome."""
    scenario = parse(yaml.safe_dump(data, allow_unicode=True), "story.yaml")

    result = perform(scenario, settings={}).result

    assert result.passed != (result.failure.startswith("story.yaml:"))
    assert all(step.passed for step in result.steps[:-1])
    moments = [step.at_ms for step in result.steps]
    assert moments == sorted(moments)
