"""What does the control API show of a request that was sent? Masked, unless somebody asked to see it as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Self

from pydantic import Field
from yarl import URL

from copper_emulator.core.account import Account
from copper_emulator.core.compact import encode
from copper_emulator.core.model import Delivery, Notification, Outcome, Subscription
from copper_emulator.core.rules import PAYLOAD_KEYS
from copper_emulator.explain.stories import masked_headers
from copper_emulator.shell.control.bases import Shape
from copper_emulator.shell.control.shapes import as_sent, masked_body, request_text
from copper_emulator.shell.destinations import RouteKind
from copper_emulator.shell.hiding import Hidden
from copper_emulator.shell.routes import Route, host_header, route_url, sendable, target_url
from copper_emulator.timeline import MASK

NOT_ITS_OWN = f"{MASK} (not the subscription's)"
"""In the place of a value that somebody wrote by hand, and that the subscription does not have."""

_RESEND = re.compile(r"resend of #(\d+)(?:, edited)?")

_UNSENT = (Outcome.BLOCKED, Outcome.LOST)
"""Outcomes of what has a request, and never left."""


class SentShape(Shape):
    """What was sent. The values of secrets and of a subscription's own headers are masked, unless `reveal` was asked.

    A value that was written by hand into what was sent again, and is another than the subscription's, is shown as
    `*** (not the subscription's)`.
    """

    target: str
    url: str = Field(
        description="where it really went: over its route, else the target; empty where no socket was used"
    )
    headers: list[tuple[str, str]]
    added: list[tuple[str, str]] = Field(description="headers that are put to them on the way")
    body: dict[str, Any] | None = Field(description="null where it is no JSON object")
    text: str = Field(description="the same as text")
    size: int = Field(description="bytes of the body as it was sent")
    masked: bool = Field(description="whether a value is masked here: what is copied from it is not what was sent")

    @classmethod
    def sent(cls, account: Account, notification: Notification, hidden: Hidden, *, reveal: bool = False) -> Self | None:
        """Of a notification that went, or is on its way."""
        attempt = account.attempt_of(notification)
        delivery = account.journal.delivery_of(notification) if attempt is None else as_sent(attempt)
        if delivery is None or not delivery.request_body:
            return None
        headers, body, text = _as_it_was(delivery) if reveal else _masked(account, delivery, hidden)
        url = _reached(delivery)
        return cls(
            target=delivery.target,
            url="" if url is None else str(url),
            headers=headers,
            added=[] if url is None else list(_added(delivery, url)),
            body=body,
            text=text,
            size=len(delivery.request_body),
            masked=headers != list(delivery.request_headers) or text != _as_text(delivery),
        )


def resend_note(serial: int, *, edited: bool) -> str:
    """What a change says of itself that sends a notification again."""
    return f"resend of #{serial}" + (", edited" if edited else "")


def resend_of(notification: Notification) -> int | None:
    """The serial of the notification that this one sends again."""
    change = notification.change
    found = _RESEND.fullmatch(change.note) if change.origin == "replay" else None
    return int(found[1]) if found else None


def subscription_of(account: Account, delivery: Delivery) -> Subscription | None:
    """Whose values may be in a request: of a replay, which has no subscription, the one that its body names."""
    if not delivery.replayed:
        return delivery.subscription
    body = delivery.body
    named = body.get("subscription_id") if isinstance(body, dict) else None
    return subscription_called(account, named) if isinstance(named, int) else None


def subscription_called(account: Account, wanted: int) -> Subscription | None:
    """By its id: as it is, or as it was last."""
    found = account.subscriptions.find(wanted)
    if found is not None or not wanted:
        return found
    return next((state for state in reversed(account.journal.subscriptions()) if state.id == wanted), None)


def unmasked(said: Any, original: Any) -> Any:
    """What was shown masked, and came back so, is put in again."""
    if not isinstance(said, dict) or not isinstance(original, dict):
        return said
    return {name: original[name] if _is_mask(value) and name in original else value for name, value in said.items()}


def _is_mask(value: object) -> bool:
    return value in (MASK, NOT_ITS_OWN)


def _as_text(delivery: Delivery) -> str:
    return delivery.request_body.decode("utf-8", "replace")


def _as_it_was(delivery: Delivery) -> tuple[list[tuple[str, str]], dict[str, Any] | None, str]:
    body = delivery.body if isinstance(delivery.body, dict) else None
    return list(delivery.request_headers), body, _as_text(delivery)


def _masked(
    account: Account, delivery: Delivery, hidden: Hidden
) -> tuple[list[tuple[str, str]], dict[str, Any] | None, str]:
    headers, body = masked_headers(delivery), masked_body(delivery.body)
    if not delivery.replayed:
        return headers, body, request_text(delivery, hidden)
    # Only of what somebody could edit is there anything to compare.
    own = subscription_of(account, delivery)
    real = dict(delivery.request_headers)
    secret, extra = (own.secret or {}, own.headers or {}) if own is not None else ({}, {})
    headers = [(name, _shown(value, real[name], extra.get(name))) for name, value in headers]
    if body is None:
        return headers, None, request_text(delivery, hidden)
    body = {
        name: value if name in PAYLOAD_KEYS else _shown(value, delivery.body[name], secret.get(name))
        for name, value in body.items()
    }
    return headers, body, encode(body).decode()


def _shown(masked: str, real: Any, its_own: str | None) -> str:
    if masked != MASK:
        return masked
    return MASK if its_own is not None and its_own == real else NOT_ITS_OWN


def _reached(delivery: Delivery) -> URL | None:
    """Where the request went, as far as that is a URL: an application or function in this process has none."""
    if delivery.outcome in _UNSENT or sendable(delivery.target) is None:
        return None
    if not delivery.route:
        return target_url(delivery.target)
    to = sendable(delivery.route)
    # A target is covered by its own origin.
    return None if to is None else route_url(Route(URL(delivery.target), to, RouteKind.URL), delivery.target)


def _added(delivery: Delivery, url: URL) -> Iterator[tuple[str, str]]:
    """As `senders/http.py` sends it: what stands among the request's own headers is not said twice."""
    own = {name.lower() for name, _ in delivery.request_headers}
    added = [("Host", host_header(str(url))), ("Content-Length", str(len(delivery.request_body)))]
    if delivery.route:
        added += [
            ("X-Forwarded-Host", host_header(delivery.target)),
            ("X-Forwarded-Proto", URL(delivery.target).scheme),
        ]
    yield from ((name, value) for name, value in added if name.lower() not in own)
