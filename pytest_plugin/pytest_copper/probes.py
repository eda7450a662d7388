"""What a replayed notification was (sent again, with an extra key, or forged), and what the endpoint should do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from copper_emulator import Copper, Delivery
from copper_emulator.core.errors import CopperEmulatorError
from copper_emulator.core.model import Event, Outcome, Subscription
from copper_emulator.core.records.record import COLLECTIONS
from copper_emulator.core.rules import PAYLOAD_KEYS
from copper_emulator.core.text import short_ids
from copper_emulator.face import Face


@dataclass(frozen=True, slots=True)
class Probe:
    """What a replayed notification was.

    how: what happened, to follow "it".
    right: what the endpoint should do with it, in full sentences.
    forged: whether it lacked the secret that the subscriptions send.
    loose: whether it had the secret but reports something that Copper had not sent before.
    """

    how: str
    right: str
    forged: bool = False
    loose: bool = False


def probe(copper: Copper, delivery: Delivery, secret: Mapping[str, Any]) -> Probe:
    """What a replayed delivery was; it must be the account's last."""
    body = delivery.body if isinstance(delivery.body, Mapping) else {}
    if not secret.items() <= body.items():
        return Probe(f"was forged, {with_what(secret, body)}", _FORGED, forged=True)
    sent = next((each.body for each in sent_ones(copper) if tells(each.body) == tells(body)), None)
    known = {*PAYLOAD_KEYS, *secret} if sent is None else set(sent)
    more = ", ".join(name for name in body if name not in known)
    how = "came again" if sent is not None else "came as if from Copper, about something that did not happen here"
    right = _AS_BEFORE if sent is not None else _AS_COPPERS
    if more:
        how, right = f"{how}, with an extra key ({more})", _LATER
    return Probe(how, f"{right}{_gone(copper, delivery)}", loose=sent is None)


_FORGED = (
    "Whatever anybody sends must not make the endpoint fail: compare the secret before anything else, and "
    "refuse it with 4xx."
)
_AS_BEFORE = "A proxy or queue in front of you may send one twice: answer 2xx as the first time, and change nothing."
_AS_COPPERS = "It has the secret, as Copper's own have: answer 2xx."
_LATER = "Copper may add keys: ignore unknown ones, and answer 2xx as without them."


def with_what(secret: Mapping[str, Any], body: Mapping[str, Any]) -> str:
    """What a body has in place of the secret."""
    named = ", ".join(f"{name}={body[name]!r}" for name in secret if name in body)
    return f"with a wrong secret ({named})" if named else f"without the secret ({', '.join(secret)})"


def sent_ones(copper: Face) -> list[Delivery]:
    """The delivered notifications that are no replays; a body that a fault has cut off does not count."""
    delivered = (each for each in copper.deliveries if each.outcome is Outcome.DELIVERED and not each.replayed)
    return [each for each in delivered if isinstance(each.body, Mapping)]


def replay(copper: Any, delivery: Delivery, body: Any) -> Any:
    """Send a body to where a delivery went, with the headers that its subscription adds."""
    return copper.replay(body, target=delivery.target, headers=added(delivery.subscription))


def added(subscription: Subscription | None) -> Mapping[str, str]:
    """The headers that a subscription adds; an endpoint may rightly refuse whoever does not send them."""
    return {} if subscription is None else subscription.headers or {}


def written_replay(target: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    """The step of a scenario that sends a body."""
    return {"replay": {"target": target, "body": body, **({"headers": dict(headers)} if headers else {})}}


def tells(body: Mapping[str, Any]) -> list[Any]:
    """The parts of a body that are equal if it is the same notification."""
    return [body.get(name) for name in ("type", "event", "ids", "updated_attributes")]


def _gone(copper: Copper, delivery: Delivery) -> str:
    gone = [each for each in delivery.ids if not _is_there(copper, delivery, each)]
    if not gone or delivery.event is Event.DELETE:
        return ""
    return f"\nNo longer there: {delivery.type} {short_ids(gone)}. A 404 for a fetch means a deletion, not a failure."


def _is_there(copper: Copper, delivery: Delivery, record_id: int) -> bool:
    try:
        getattr(copper, COLLECTIONS[delivery.type]).get(record_id)
    except CopperEmulatorError:
        return False
    return True
