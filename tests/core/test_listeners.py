"""The subscriptions to a topic, and why there are none, are as they are now, however often they are asked for."""

from __future__ import annotations

from copper_emulator.core.listeners import Listeners
from copper_emulator.core.subscriptions import Subscriptions
from copper_emulator.core.surface import Surface
from copper_emulator.core.topics import Profile
from tests.core.builders import make_subscription, topic


def test_what_is_asked_again_is_the_same_until_a_subscription_or_the_profile_changes() -> None:
    subscriptions = Subscriptions()
    listeners = Listeners(subscriptions, Surface.PYTHON)
    updates = topic("activity_log/update")
    nobody = listeners.of(updates, Profile.SUPPORT_PAGE)
    elsewhere = listeners.of(updates, Profile.DEVELOPER_DOCS)
    subscription = make_subscription("activity_log/update")
    subscriptions.add(subscription)

    assert nobody[0] == elsewhere[0] == []
    assert nobody[1].startswith("no webhook exists for activity_log/update.")
    assert elsewhere[1] == "no subscription to activity_log/update"
    assert listeners.of(updates, Profile.DEVELOPER_DOCS) == ([subscription], "")
    assert listeners.of(updates, Profile.DEVELOPER_DOCS) is listeners.of(updates, Profile.DEVELOPER_DOCS)
