"""Scenarios: YAML files that say what happens in an account and what an endpoint must have done with it."""

from copper_emulator.scenarios.load import Scenario, load, load_given, parse
from copper_emulator.scenarios.model import json_schema
from copper_emulator.scenarios.perform import Performance, perform
from copper_emulator.scenarios.play import play
from copper_emulator.scenarios.result import ScenarioFailed, ScenarioResult, StepResult
from copper_emulator.scenarios.shipped import shipped_folder, shipped_names

__all__ = [
    "Performance",
    "Scenario",
    "ScenarioFailed",
    "ScenarioResult",
    "StepResult",
    "json_schema",
    "load",
    "load_given",
    "parse",
    "perform",
    "play",
    "shipped_folder",
    "shipped_names",
]
