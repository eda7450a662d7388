"""All JSON shapes, in and out: subscriptions as the API shows them, notifications as endpoints receive them.

Sources: developer.copper.com for the fields; recorded notification bodies for their order (three without a secret, and
three with one, which comes first) and for the empty `updated_attributes` of `new` and `delete`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import isinf
from typing import Any

from copper_emulator.core.errors import BadRequest, UsageError, raised_on_purpose
from copper_emulator.core.json_text import compact_json, encode
from copper_emulator.core.model import Change, Event, Notification, Subscription
from copper_emulator.core.moments import stamp
from copper_emulator.core.rules import MAX_SUBSCRIPTIONS, PAYLOAD_KEYS, Rules

__tracebackhide__ = raised_on_purpose

MAX_DEPTH = 64
"""How many levels of nesting a request body may have; Copper's own limit is not known."""

_BOM = "\ufeff"

_MOST_DIGITS = 20
"""The most characters of a number that are shown."""

_SPACES = b" \t\r\n"
"""JSON's white space; a form feed is not part of it."""


def subscription_json(subscription: Subscription) -> dict[str, Any]:
    """A subscription as every API call shows it: `created_at` in Unix seconds, unset extras absent."""
    shown: dict[str, Any] = {
        "id": subscription.id,
        "target": subscription.target,
        "type": str(subscription.type),
        "event": str(subscription.event),
    }
    for name in ("secret", "headers", "custom_field_computed_values"):
        value = getattr(subscription, name)
        if value is not None:
            shown[name] = value
    shown["created_at"] = subscription.created_ms // 1000
    return shown


class Envelope:
    """The constant parts of a subscription's requests: the headers, and the body around ids, attributes and timestamp.

    Only those three differ from one of its notifications to the next, so the rest is serialized once.
    """

    def __init__(self, subscription: Subscription, rules: Rules) -> None:
        self.subscription = subscription
        self.rules = rules
        self.headers = request_headers(rules.user_agent, subscription.headers)
        topic = {"subscription_id": subscription.id, "event": str(subscription.event), "type": str(subscription.type)}
        secret = {name: value for name, value in (subscription.secret or {}).items() if name not in PAYLOAD_KEYS}
        self._head = compact_json({**secret, **topic})[:-1]
        self._has_attributes = subscription.event is Event.UPDATE or rules.empty_attributes

    def body(self, notification: Notification, now: int) -> bytes:
        """The subscription's secret spread out first, then the other keys, in the recorded order."""
        change = notification.change
        ids = ",".join(map(str, notification.ids))
        attributes = f',"updated_attributes":{self._attributes(change)}' if self._has_attributes else ""
        timestamp = iso(now if self.rules.timestamp_when_sent else change.at_ms)
        return f'{self._head},"ids":[{ids}]{attributes},"timestamp":"{timestamp}"}}'.encode()

    def _attributes(self, change: Change) -> str:
        if self.subscription.custom_field_computed_values and change.computed_attributes is not None:
            return compact_json(change.computed_attributes)
        return compact_json(change.updated_attributes) if change.updated_attributes else "{}"


class Envelopes:
    """An account's envelopes, each built on first use; at most as many as there can be active subscriptions."""

    def __init__(self) -> None:
        self._made: dict[int, Envelope] = {}

    def of(self, subscription: Subscription, rules: Rules) -> Envelope:
        """The envelope for a subscription and rules; built anew if either is not the object it was built from."""
        made = self._made.get(subscription.id)
        if made is None or made.subscription is not subscription or made.rules is not rules:
            if len(self._made) == MAX_SUBSCRIPTIONS:
                self._made.clear()
            made = self._made[subscription.id] = Envelope(subscription, rules)
        return made


FRAMING = frozenset({"content-length", "transfer-encoding"})
"""Headers that delimit a request's body: the sender sets its own; captured ones may not fit what is sent."""


def request_headers(user_agent: str, own: Mapping[str, str] | None) -> tuple[tuple[str, str], ...]:
    """The headers of a request: ours, then `own`, which replace ours of the same name, whatever the case."""
    ours = (("Content-Type", "application/json"), ("User-Agent", user_agent))
    if not own:
        return ours
    taken = {name.lower() for name in own}
    return (*(item for item in ours if item[0].lower() not in taken), *own.items())


@lru_cache(maxsize=64)
def iso(ms: int) -> str:
    """`2026-09-29T22:40:04.738Z`: UTC with milliseconds, as recorded."""
    return f"{stamp(ms).replace(' ', 'T')}Z"


def parse_body(raw: bytes) -> Any:
    """A request body as JSON; an empty body is an empty object. Raises BadRequest saying what is wrong and where."""
    bare = raw.strip(_SPACES)
    if not bare:
        return {}
    try:
        return _parse_plain(bare)
    except ValueError:
        return _parse(raw)


def _parse_plain(raw: bytes) -> Any:
    """Parse a body, stripped of white space, that is plainly valid, as nearly every body is.

    Raises ValueError for one that needs a closer look.
    """
    # Valid UTF-8 can contain half a surrogate pair only as an escape.
    if b"\\u" in raw or raw.count(b"[") + raw.count(b"{") > MAX_DEPTH:
        raise ValueError
    text = raw.decode("utf-8")
    value, end = _DECODER.raw_decode(text)
    if end != len(text):
        raise ValueError
    return value


def _parse(raw: bytes) -> Any:
    try:
        text = raw.decode("utf-8")
        if text.startswith(_BOM):
            raise BadRequest("Bad Request", hint="The body begins with a byte order mark; JSON is sent without one.")
        value = json.loads(text, parse_constant=no_constant, parse_int=_whole, parse_float=_decimal)
        _check_depth(value)
        encode(value)
    except UnicodeDecodeError as error:
        raise BadRequest("Bad Request", hint=f"The body is not UTF-8 (byte {error.start}).") from None
    except UnicodeEncodeError:
        raise BadRequest("Bad Request", hint="The body has half a surrogate pair (\\ud800 to \\udfff) in it.") from None
    except RecursionError:
        raise BadRequest("Bad Request", hint=f"The body is nested deeper than {MAX_DEPTH} levels.") from None
    except ValueError as error:
        raise BadRequest("Bad Request", hint=f"The body is not JSON: {error}.") from None
    return value


def _whole(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:
        # Python reads no more than some thousand digits, and says so in words for programs in Python.
        raise _too_large(digits) from None


def _decimal(digits: str) -> float:
    value = float(digits)
    if isinf(value):
        raise _too_large(digits)
    return value


def _too_large(digits: str) -> BadRequest:
    shown = digits if len(digits) <= _MOST_DIGITS else f"{digits[:_MOST_DIGITS]}... with {len(digits)} characters"
    return BadRequest("Bad Request", hint=f"The body has a number that is too large: {shown}.")


def clean_attributes(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    """`updated_attributes` given in Python as they will be sent: {field: [old, new]}, custom fields one level deeper.

    The result is a copy in JSON's own types, so later changes to the argument do not affect it. Raises UsageError.
    """
    if attributes is None:
        return {}
    if not isinstance(attributes, Mapping):
        raise UsageError(f"updated_attributes must be a mapping {{field: [old, new]}}, not {attributes!r}")
    pairs: dict[str, Any] = {}
    for name, value in attributes.items():
        if name == "custom_fields" and isinstance(value, Mapping):
            pairs[name] = {str(key): _pair(f"custom_fields.{key}", pair) for key, pair in value.items()}
        else:
            pairs[str(name)] = _pair(name, value)
    try:
        cleaned: dict[str, Any] = json.loads(json.dumps(pairs, allow_nan=False))
        encode(cleaned)
    except (TypeError, ValueError) as error:
        raise UsageError(f"updated_attributes must be JSON: {error}") from None
    return cleaned


def _pair(name: object, value: object) -> list[Any]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes) or len(value) != 2:
        raise UsageError(f"updated_attributes[{name!r}] must be [old, new], not {value!r}")
    return list(value)


def no_constant(name: str) -> None:
    """Refuse NaN and Infinity, which Python's JSON has besides the standard's values: for `parse_constant`."""
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=no_constant, parse_float=_decimal)


def _check_depth(value: Any) -> None:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        children = [child for item in level for child in (item.values() if isinstance(item, dict) else item)]
        level = [child for child in children if isinstance(child, dict | list)]
        if not level:
            return
    raise RecursionError
