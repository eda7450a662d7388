"""Listeners: the subscriptions to each topic, from a cache."""

from __future__ import annotations

from copper_emulator.core.matching import matching, why_nobody
from copper_emulator.core.model import Subscription, Topic
from copper_emulator.core.subscriptions import Subscriptions
from copper_emulator.core.surface import Surface
from copper_emulator.core.topics import Profile


class Listeners:
    """The subscriptions to each topic; cached, as most changes repeat an earlier topic."""

    def __init__(self, subscriptions: Subscriptions, surface: Surface) -> None:
        self._surface = surface
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
            why = "" if subscriptions else why_nobody(topic, self._subscriptions, profile, self._surface)
            listeners = self._by_topic[topic] = subscriptions, why
        return listeners
