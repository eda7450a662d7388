"""Matching: which subscriptions does a change concern?"""

from __future__ import annotations

from collections.abc import Iterable

from copper_emulator.core.model import Subscription, Topic
from copper_emulator.core.subscriptions import Subscriptions
from copper_emulator.core.topics import Profile, advice, exists


def matching(topic: Topic, subscriptions: Iterable[Subscription]) -> list[Subscription]:
    """Every subscription to this topic, of any key, by ascending id; two to the same topic both count."""
    # Comparing type and event is faster than comparing topics: every change checks up to a hundred subscriptions.
    kind, event = topic.type, topic.event
    found = [s for s in subscriptions if s.topic.type is kind and s.topic.event is event]
    return sorted(found, key=lambda s: s.id) if len(found) > 1 else found


def why_nobody(topic: Topic, subscriptions: Iterable[Subscription], profile: Profile) -> str:
    """One sentence on why a change matched no subscription."""
    if not exists(topic, profile):
        return f"no webhook exists for {topic}. {advice(topic.type, profile)}"
    events = sorted({str(s.event) for s in subscriptions if s.type == topic.type})
    if events:
        return f"no subscription to {topic} (there is one to {topic.type}/{', '.join(events)})"
    return f"no subscription to {topic}"


class Listeners:
    """The subscriptions to each topic; cached, as most changes repeat an earlier topic."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._subscriptions = subscriptions
        self._by_topic: dict[Topic, tuple[list[Subscription], str]] = {}
        self._version: tuple[int, Profile] | None = None
        """What the cache was made from: the state of the subscriptions, and the profile."""

    def of(self, topic: Topic, profile: Profile) -> tuple[list[Subscription], str]:
        """The subscriptions to a topic, and why there are none if there are none."""
        version = self._subscriptions.writes, profile
        if version != self._version:
            self._by_topic.clear()
            self._version = version
        listeners = self._by_topic.get(topic)
        if listeners is None:
            subscriptions = matching(topic, self._subscriptions)
            why = "" if subscriptions else why_nobody(topic, self._subscriptions, profile)
            listeners = self._by_topic[topic] = subscriptions, why
        return listeners
