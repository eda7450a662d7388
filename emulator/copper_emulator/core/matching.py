"""Matching: which subscriptions does a change concern?"""

from __future__ import annotations

from collections.abc import Iterable

from copper_emulator.core.model import Subscription, Topic
from copper_emulator.core.surface import Surface
from copper_emulator.core.topics import Profile, advice, exists, wider_profile


def matching(topic: Topic, subscriptions: Iterable[Subscription]) -> list[Subscription]:
    """Every subscription to this topic, of any key, by ascending id; two to the same topic both count."""
    # Comparing type and event is faster than comparing topics: every change checks up to a hundred subscriptions.
    kind, event = topic.type, topic.event
    found = [s for s in subscriptions if s.topic.type is kind and s.topic.event is event]
    return sorted(found, key=lambda s: s.id) if len(found) > 1 else found


def why_nobody(topic: Topic, subscriptions: Iterable[Subscription], profile: Profile, surface: Surface) -> str:
    """One sentence on why a change matched no subscription."""
    if not exists(topic, profile):
        return f"no webhook exists for {topic}. {advice(topic.type, profile, wider_profile(surface))}"
    events = sorted({str(s.event) for s in subscriptions if s.type == topic.type})
    if events:
        return f"no subscription to {topic} (there is one to {topic.type}/{', '.join(events)})"
    return f"no subscription to {topic}"
