"""Create, read, update and delete subscriptions, and validate their contents.

Sources: developer.copper.com (create-new-subscription, update-a-subscription, webhooks overview); the messages for
unknown and blank attributes are recorded; all other error messages here are assumptions, listed in the docs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from copper_emulator.core.errors import Invalid, NotFound, raised_on_purpose
from copper_emulator.core.findings import INVALID, NOT_LISTED, Findings
from copper_emulator.core.model import EntityType, Event, Subscription, Topic
from copper_emulator.core.rules import MAX_SUBSCRIPTIONS, PAYLOAD_KEYS, Rules
from copper_emulator.core.surface import Surface
from copper_emulator.core.targets import check_target
from copper_emulator.core.text import json_name, sentence
from copper_emulator.core.topics import advice, events_of, no_event, no_type, swapped, wider_profile

__tracebackhide__ = raised_on_purpose

_CREATE_KEYS = ("target", "type", "event", "secret", "headers", "custom_field_computed_values")
_UPDATE_KEYS = ("target", "secret", "headers", "custom_field_computed_values")

_NO_TEXTS = "must be an object of strings"

_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*\Z")
_FORBIDDEN_HEADERS = frozenset(
    {
        "host",
        "content-length",
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A valid create request."""

    topic: Topic
    target: str
    secret: Mapping[str, str] | None = None
    headers: Mapping[str, str] | None = None
    custom_field_computed_values: bool | None = None

    def subscription(self, id: int, key: int, now: int) -> Subscription:
        """The subscription it becomes."""
        return Subscription(
            id=id,
            key=key,
            topic=self.topic,
            target=self.target,
            created_ms=now,
            secret=self.secret,
            headers=self.headers,
            custom_field_computed_values=self.custom_field_computed_values,
        )


class Subscriptions:
    """All subscriptions of one account, of any key, by ascending id.

    `writes` counts changes: anything derived from the subscriptions is stale once it has grown.
    """

    def __init__(self) -> None:
        self.writes = 0
        self._by_id: dict[int, Subscription] = {}

    def __iter__(self) -> Iterator[Subscription]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def find(self, subscription_id: int) -> Subscription | None:
        """The subscription with this id, of any key; None if there is none."""
        return self._by_id.get(subscription_id)

    def of_key(self, key: int) -> list[Subscription]:
        """The subscriptions that this key can see: its own."""
        return [subscription for subscription in self if subscription.key == key]

    def get(self, subscription_id: int, key: int) -> Subscription:
        """One of this key's. Raises NotFound; the hint says so if it exists but belongs to another key."""
        subscription = self._by_id.get(subscription_id)
        if subscription is not None and subscription.key == key:
            return subscription
        if subscription is not None:
            raise NotFound(
                hint=f"Subscription {subscription_id} belongs to an earlier API key of this account; it still fires, "
                "but only that key could see or delete it (Copper: delete the old subscriptions before switching keys)."
            )
        raise NotFound(hint=f"There is no subscription {subscription_id} for this API key.")

    def add(self, subscription: Subscription) -> None:
        """Add a subscription, or replace the one with the same id."""
        self.writes += 1
        self._by_id[subscription.id] = subscription

    def remove(self, subscription: Subscription) -> None:
        self.writes += 1
        del self._by_id[subscription.id]

    def check_room(self) -> None:
        """Raise `Invalid` if the account has as many subscriptions as it may have."""
        if len(self) >= MAX_SUBSCRIPTIONS:
            raise Invalid.fields(
                [("Base", f"Subscription limit of {MAX_SUBSCRIPTIONS} reached")],
                hint=f"An account may have {MAX_SUBSCRIPTIONS} active subscriptions, those of earlier API keys "
                "included. Delete some first.",
            )


def parse_create(body: Any, rules: Rules, *, surface: Surface = Surface.PYTHON) -> Draft:
    """Turn the body of a create request into a draft. Raises `Invalid` with everything that is wrong.

    The order of errors is as recorded: unknown keys first, then each field. The target's URL is checked only if
    everything else is valid.
    """
    findings = Findings(body, _CREATE_KEYS, "a subscription")
    for name in ("target", "type", "event"):
        findings.require(name)
    findings.check("target", _is_text, "must be a string")
    kind, event = _topic(findings, rules, surface)
    _check_extras(findings, rules)
    findings.raise_if_any()
    check_target(findings.body["target"], allow_http=rules.allow_http, surface=surface)
    return Draft(
        topic=Topic(EntityType(kind), Event(event)),
        target=findings.body["target"],
        secret=findings.body.get("secret"),
        headers=findings.body.get("headers"),
        custom_field_computed_values=findings.body.get("custom_field_computed_values"),
    )


def parse_update(
    subscription: Subscription, body: Any, rules: Rules, *, surface: Surface = Surface.PYTHON
) -> Subscription:
    """Apply an update request's body; `type` and `event` cannot be changed. Raises `Invalid`."""
    findings = Findings(body, _UPDATE_KEYS, "a subscription")
    if "target" in findings.body:
        findings.require("target")
        findings.check("target", _is_text, "must be a string")
    _check_extras(findings, rules)
    if "type" in findings.body or "event" in findings.body:
        findings.hint("Type and event of a subscription cannot be changed: delete it and create another.")
    findings.raise_if_any()
    if "target" in findings.body:
        check_target(findings.body["target"], allow_http=rules.allow_http, surface=surface)
    return replace(subscription, **{name: findings.body[name] for name in _UPDATE_KEYS if name in findings.body})


def check_headers(headers: Mapping[str, str]) -> None:
    """Raise `Invalid` for headers that a request cannot have."""
    findings = Findings({"headers": headers}, ("headers",), "a request")
    for name, value in headers.items():
        _check_header(findings, name, value)
    findings.raise_if_any()


def secret_hint(secret: Mapping[str, str] | None) -> str:
    """A warning about secret keys that a notification cannot carry; empty if there are none."""
    lost = [name for name in PAYLOAD_KEYS if name in (secret or {})]
    if not lost:
        return ""
    return (
        f"The secret's {', '.join(lost)} will never arrive: a notification has a key of that name itself, "
        "and its own value wins. Choose another name."
    )


def _topic(findings: Findings, rules: Rules, surface: Surface) -> tuple[Any, Any]:
    kind, event = findings.body.get("type"), findings.body.get("event")
    if kind in (None, "") or not isinstance(kind, str):
        findings.check("type", _is_text, NOT_LISTED, sentence(no_type(kind)) if isinstance(kind, list) else "")
        _check_event(findings)
    elif not events_of(kind, rules.profile):
        findings.error("type", NOT_LISTED)
        if wrong := swapped(kind, event):
            findings.error("event", NOT_LISTED, sentence(wrong))
            return kind, event
        findings.hint(advice(kind, rules.profile, wider_profile(surface)))
        _check_event(findings)
    else:
        _check_event(findings)
        if _is_event(event) and event not in events_of(kind, rules.profile):
            findings.error("event", NOT_LISTED)
            findings.hint(advice(kind, rules.profile, wider_profile(surface)))
    return kind, event


def _check_event(findings: Findings) -> None:
    event = findings.body.get("event")
    if event not in (None, "") and not _is_event(event):
        findings.error("event", NOT_LISTED, sentence(no_event(event)))


def _check_extras(findings: Findings, rules: Rules) -> None:
    secret, headers = findings.body.get("secret"), findings.body.get("headers")
    findings.check("secret", _is_text_map, _NO_TEXTS, f'{_no_text(secret)}Write it like {{"key": "value"}}.')
    if rules.refuse_secret_collisions and _is_text_map(secret) and secret_hint(secret):
        findings.error("secret", "uses a reserved name")
        findings.hint(secret_hint(secret))
    like = '{"Authorization": "Bearer token"}'
    findings.check("headers", _is_text_map, _NO_TEXTS, f"{_no_text(headers)}Write it like {like}.")
    if _is_text_map(headers):
        for name, value in findings.body["headers"].items():
            _check_header(findings, name, value)
    findings.check("custom_field_computed_values", _is_bool, "must be true or false")
    for name in ("secret", "headers", "custom_field_computed_values"):
        if findings.body.get(name) == "":
            findings.error(name, INVALID)


def _no_text(value: Any) -> str:
    """Which value of an object is no text; empty if it is no object, or all are."""
    items = value.items() if isinstance(value, dict) else ()
    wrong = next(((name, item) for name, item in items if not isinstance(item, str)), None)
    return "" if wrong is None else f"The value of {wrong[0]!r} is {json_name(wrong[1])}, not a text. "


def is_header_name(text: str) -> bool:
    """Whether a header can be called this."""
    return _HEADER_NAME.match(text) is not None


def _check_header(findings: Findings, name: str, value: str) -> None:
    if not is_header_name(name):
        findings.error("headers", "has an invalid name")
        findings.hint(f"{name!r} is not a header name.")
    elif name.lower() in _FORBIDDEN_HEADERS:
        findings.error("headers", f"must not contain {name}")
        findings.hint(f"{name} belongs to the connection: leave it out.")
    elif not _HEADER_VALUE.match(value):
        findings.error("headers", f"has an invalid value for {name}")
        findings.hint("A header value is printable ASCII without line breaks.")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_event(value: Any) -> bool:
    return isinstance(value, str) and value in set(Event)


def _is_text_map(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
