"""Where a scenario's notifications go: paths are completed, or all targets replaced by one endpoint."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from copper_emulator.core.fault import Fault
from copper_emulator.core.targets import origin_of
from copper_emulator.scenarios.load import Scenario
from copper_emulator.scenarios.model import Content, Step

ORIGIN = "https://endpoint.example"
"""The origin of a target that is only a path. A reserved name: nothing is ever sent there without a route."""


def whole(target: str) -> str:
    """A target as the URL that is subscribed."""
    return ORIGIN + target if target.startswith("/") else target


def targets_of(content: Content) -> list[str]:
    """Every target that the scenario names, as a whole URL, in order."""
    named = [subscription.target for subscription in content.subscriptions.values()]
    for step in content.steps:
        named += [
            part.target for part in (step.subscribe, step.resubscribe, step.replay) if part is not None and part.target
        ]
    return list(dict.fromkeys(map(whole, named)))


def own_origin(content: Content) -> str:
    """The origin that all its targets share, so that they are shown as the file has them; else that of paths."""
    origins = {origin_of(each) for each in targets_of(content)}
    own = origins.pop() if len(origins) == 1 else ORIGIN
    # Copper takes no other; the file's may be unusable if it was only ever played with another target.
    return own if own.startswith("https://") and "@" not in own else ORIGIN


def aimed_at(scenario: Scenario, target: str) -> Scenario:
    """The same scenario with every target replaced by this one, including those of faults."""
    content = scenario.content
    aimed = content.model_copy(
        update={
            "subscriptions": {
                name: subscription.model_copy(update={"target": target})
                for name, subscription in content.subscriptions.items()
            },
            "steps": tuple(_aim_step(step, target) for step in content.steps),
        }
    )
    return replace(scenario, content=aimed)


def _aim_step(step: Step, target: str) -> Step:
    aimed: dict[str, Any] = {}
    if step.subscribe is not None:
        aimed["subscribe"] = step.subscribe.model_copy(update={"target": target})
    if step.resubscribe is not None and step.resubscribe.target is not None:
        aimed["resubscribe"] = step.resubscribe.model_copy(update={"target": target})
    if step.replay is not None:
        aimed["replay"] = step.replay.model_copy(update={"target": target})
    if step.faults:
        aimed["faults"] = tuple(_aim_fault(fault, target) for fault in step.faults)
    return step.model_copy(update=aimed)


def _aim_fault(fault: Fault, target: str) -> Fault:
    return replace(fault, target=target) if fault.target else fault
