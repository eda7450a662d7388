"""Is a scenario consistent: is every name defined before it is used, does every topic exist, does time only move
forward?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path as File
from typing import Any

from copper_emulator.core.errors import SettingsError
from copper_emulator.core.model import Topic
from copper_emulator.core.text import duration_text
from copper_emulator.core.topics import Profile, advice, exists
from copper_emulator.scenarios.lines import Path
from copper_emulator.scenarios.model import Expect, Step, Subscription
from copper_emulator.scenarios.readable import Parts
from copper_emulator.scenarios.record_parts import Fire
from copper_emulator.scenarios.record_references import PathMistake, RecordReader, unknown
from copper_emulator.settings import Settings

_NOT_FOR_A_FILE = {
    "allow_targets": "allow hosts beyond this machine",
    "ca": "say which authorities to trust",
    "intercept": "intercept Copper's hosts",
}


def setting_mistakes(settings: Mapping[str, Any]) -> Iterator[PathMistake]:
    """Settings that do not exist, cannot have their value, or are not for a file to decide."""
    for name, value in settings.items():
        if name in _NOT_FOR_A_FILE:
            yield ("settings", name), f"a file cannot {_NOT_FOR_A_FILE[name]}; say it when you start the scenario"
            continue
        try:
            Settings(**{name: value})
        except SettingsError as error:
            yield ("settings", name), str(error).removeprefix(f"{name}: ")


def reference_mistakes(parts: Parts, settings: Settings, folder: File | None) -> Iterator[PathMistake]:
    """Everything that is inconsistent under these settings. `folder` is that of the scenario's files, if any."""
    reader = StepReader(settings.profile, folder)
    for name, subscription in parts.subscriptions.items():
        if subscription is not None:
            yield from reader.topic_mistakes(subscription.topic, ("subscriptions", name, "topic"))
        reader.know_subscription(name)
    for index, step in enumerate(parts.steps):
        if step is not None:
            yield from reader.mistakes(step, ("steps", index))


_WIDER = f"`settings: {{profile: {Profile.DEVELOPER_DOCS}}}`"
"""How a scenario chooses the profile that has more topics."""


class StepReader:
    """Reads the steps in order and knows what is defined so far."""

    def __init__(self, profile: Profile, folder: File | None) -> None:
        self._profile = profile
        self._records = RecordReader(folder)
        self._subscriptions: set[str] = set()
        self._earliest = 0
        self._down = False

    def know_subscription(self, name: str) -> None:
        """Register the name of a subscription."""
        self._subscriptions.add(name)

    def mistakes(self, step: Step, path: Path = ()) -> Iterator[PathMistake]:
        """What is wrong with the next step."""
        if step.at is not None:
            if step.at < self._earliest:
                yield (
                    (*path, "at"),
                    f"+{duration_text(step.at)} is in the past: the steps before it reach "
                    f"+{duration_text(self._earliest)}, and time only moves forward",
                )
            self._earliest = max(self._earliest, step.at)
        self._earliest += step.advance or 0
        yield from self._records.mistakes(step.action, getattr(step, step.action), path)
        if step.fire is not None:
            yield from self._fire(step.fire, (*path, "fire"))
        yield from self._actions_on_subscriptions(step, path)
        yield from self._checks(step, path)
        if step.endpoint is not None:
            if (step.endpoint == "down") == self._down:
                yield (*path, "endpoint"), f"it is already {step.endpoint}"
            self._down = step.endpoint == "down"

    def _fire(self, fire: Fire, path: Path) -> Iterator[PathMistake]:
        yield from self.topic_mistakes(fire.topic, (*path, "topic"))
        for name, pair in (fire.updated_attributes or {}).items():
            pairs = pair.values() if name == "custom_fields" and isinstance(pair, dict) else [pair]
            if not all(isinstance(item, list) and len(item) == 2 for item in pairs):
                yield (*path, "updated_attributes", name), f"must be a pair [old, new], not {pair!r}"
        yield from self._records.values(fire.updated_attributes, (*path, "updated_attributes"))
        yield from self._records.known(fire.records or (), (*path, "records"), fire.topic.type)
        number = self._records.number(fire.records) if fire.records else fire.count or len(set(fire.ids or ()))
        yield from self._records.define(fire.as_, fire.topic.type, number, (*path, "as"))

    def _actions_on_subscriptions(self, step: Step, path: Path) -> Iterator[PathMistake]:
        if step.subscribe is not None:
            yield from self._subscribe(step.subscribe.as_, step.subscribe, (*path, "subscribe"))
        for name in step.unsubscribe or ():
            yield from self._subscription(name, (*path, "unsubscribe"))
        if step.resubscribe is not None:
            yield from self._subscription(step.resubscribe.subscription, (*path, "resubscribe", "subscription"))

    def _subscribe(self, name: str, subscription: Subscription, path: Path) -> Iterator[PathMistake]:
        yield from self.topic_mistakes(subscription.topic, (*path, "topic"))
        if name in self._subscriptions:
            yield (*path, "as"), f"there is already a subscription {name!r}; give this one a different name"
        self._subscriptions.add(name)

    def _checks(self, step: Step, path: Path) -> Iterator[PathMistake]:
        for action, which in (("expect", step.expect), ("expect_none", step.expect_none)):
            if which is None:
                continue
            if which.topic is not None:
                yield from self.topic_mistakes(which.topic, (*path, action, "topic"))
            kind = None if which.topic is None else which.topic.type
            yield from self._records.known(which.records or (), (*path, action, "records"), kind)
            if which.to is not None:
                yield from self._subscription(which.to, (*path, action, "to"))
        if step.expect is not None:
            yield from self._compared(step.expect, (*path, "expect"))
        if step.expect_totals is not None and step.expect_totals.topic is not None:
            yield from self.topic_mistakes(step.expect_totals.topic, (*path, "expect_totals", "topic"))

    def _compared(self, expect: Expect, path: Path) -> Iterator[PathMistake]:
        yield from self._records.values(expect.body, (*path, "body"))
        for name, pair in (expect.updated_attributes or {}).items():
            if not isinstance(pair, dict) and (not isinstance(pair, list) or len(pair) != 2):
                yield (*path, "updated_attributes", name), f"must be a pair [old, new], not {pair!r}"
        yield from self._records.values(expect.updated_attributes, (*path, "updated_attributes"))

    def _subscription(self, name: str, path: Path) -> Iterator[PathMistake]:
        if name not in self._subscriptions:
            yield path, unknown("subscription", name, self._subscriptions)

    def topic_mistakes(self, topic: Topic, path: Path) -> Iterator[PathMistake]:
        """What is wrong with a topic."""
        if not exists(topic, self._profile):
            yield path, f"there is no topic {topic}. {advice(topic.type, self._profile, _WIDER)}"
