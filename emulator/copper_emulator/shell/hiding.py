"""What is not shown wherever something is told: the values of secrets and of subscriptions' own headers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from copper_emulator.core.model import Delivery, Subscription
from copper_emulator.core.rules import PAYLOAD_KEYS
from copper_emulator.timeline import masking

_PLAIN_HEADERS = ("content-type", "user-agent")


class Hidden:
    """The values of these subscriptions, made ready once for many texts."""

    def __init__(self, subscriptions: Iterable[Subscription] = ()) -> None:
        self._subscriptions = tuple(subscriptions)
        self._known = {value for subscription in self._subscriptions for value in _values(subscription)}
        self._searched = _searched(self._known)
        self.mask: Callable[[str], str] = masking(self._subscriptions)

    def mask_of(self, delivery: Delivery) -> Callable[[str], str]:
        """For what is told of a delivery: what it brought itself is not shown either."""
        own = _of_replay(delivery) if delivery.replayed else delivery.subscription
        if own is None or self._known.issuperset(_values(own)):
            return self.mask
        return masking([own, *self._subscriptions])

    def may_hold(self, needle: str, delivery: Delivery) -> bool:
        """Whether a text in lower case, without JSON's own signs, is in anything that is not shown of a delivery."""
        own = _of_replay(delivery) if delivery.replayed else delivery.subscription
        return needle in self._searched or (own is not None and needle in _searched(_values(own)))


def _searched(values: Iterable[str]) -> str:
    return "\n".join(json.dumps(value) for value in values).casefold()


def _values(subscription: Subscription) -> Iterator[str]:
    for extra in (subscription.secret, subscription.headers):
        yield from (extra or {}).values()


def _of_replay(delivery: Delivery) -> Subscription:
    # What was captured came from a subscription that nobody here knows; an endpoint may say it back.
    body = delivery.body if isinstance(delivery.body, dict) else {}
    secret = {name: value for name, value in body.items() if name not in PAYLOAD_KEYS and isinstance(value, str)}
    headers = {name: value for name, value in delivery.request_headers if name.lower() not in _PLAIN_HEADERS}
    return Subscription(0, 0, delivery.topic, delivery.target, 0, secret=secret, headers=headers)


NOTHING = Hidden()
