"""What is masked wherever something is shown? The values of secrets and of subscriptions' own headers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from copper_emulator.core.model import Delivery, Subscription
from copper_emulator.core.rules import PAYLOAD_KEYS
from copper_emulator.timeline import masking

_PLAIN_HEADERS = ("content-type", "user-agent")


class Hidden:
    """The values to mask for these subscriptions, prepared once for many texts."""

    def __init__(self, subscriptions: Iterable[Subscription] = ()) -> None:
        self._subscriptions = tuple(subscriptions)
        self._known = {value for subscription in self._subscriptions for value in _values(subscription)}
        self._searched = _searched(self._known)
        self.mask: Callable[[str], str] = masking(self._subscriptions)

    def mask_of(self, delivery: Delivery) -> Callable[[str], str]:
        """A mask for texts about a delivery, which also covers values the delivery itself brought."""
        own = _of_replay(delivery) if delivery.replayed else delivery.subscription
        if own is None or self._known.issuperset(_values(own)):
            return self.mask
        return masking([own, *self._subscriptions])

    def may_hold(self, needle: str, delivery: Delivery) -> bool:
        """Whether a lower-case text, without JSON's own characters, occurs in any value masked for a delivery."""
        own = _of_replay(delivery) if delivery.replayed else delivery.subscription
        return needle in self._searched or (own is not None and needle in _searched(_values(own)))


class Hiding:
    """The masking of all subscriptions of a journal, in all their versions."""

    def __init__(self) -> None:
        # One for each set of values: a client may change subscriptions any number of times.
        self._subscriptions: dict[str, Subscription] = {}
        self._hidden: Hidden | None = NOTHING

    @property
    def hidden(self) -> Hidden:
        """The masking as of now."""
        if self._hidden is None:
            self._hidden = Hidden(self._subscriptions.values())
        return self._hidden

    def add(self, subscription: Subscription) -> None:
        """Mask the values of this version of a subscription as well."""
        if subscription.secret or subscription.headers:
            self._subscriptions[repr((subscription.secret, subscription.headers))] = subscription
            self._hidden = None

    def begin_anew(self, subscriptions: Iterable[Subscription]) -> None:
        """Mask only the values of these: without this the set would only ever grow."""
        self._subscriptions.clear()
        self._hidden = NOTHING
        for subscription in subscriptions:
            self.add(subscription)


def _searched(values: Iterable[str]) -> str:
    return "\n".join(json.dumps(value) for value in values).casefold()


def _values(subscription: Subscription) -> Iterator[str]:
    for extra in (subscription.secret, subscription.headers):
        yield from (extra or {}).values()


def _of_replay(delivery: Delivery) -> Subscription:
    # A captured body came from a subscription unknown here, but an endpoint may repeat its secrets.
    body = delivery.body if isinstance(delivery.body, dict) else {}
    secret = {name: value for name, value in body.items() if name not in PAYLOAD_KEYS and isinstance(value, str)}
    headers = {name: value for name, value in delivery.request_headers if name.lower() not in _PLAIN_HEADERS}
    return Subscription(0, 0, delivery.topic, delivery.target, 0, secret=secret, headers=headers)


NOTHING = Hidden()
