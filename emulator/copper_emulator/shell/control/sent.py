"""How the control API shows a request that was sent: masked, unless its real values were asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Self

from pydantic import Field
from yarl import URL

from copper_emulator.core.account import Account
from copper_emulator.core.json_text import encode
from copper_emulator.core.model import Delivery, Notification, Outcome, Subscription
from copper_emulator.core.rules import PAYLOAD_KEYS
from copper_emulator.explain.stories import masked_headers
from copper_emulator.shell.control.bases import Shape
from copper_emulator.shell.control.shapes import as_sent, masked_body, request_text
from copper_emulator.shell.hiding import Hidden
from copper_emulator.shell.routing.destinations import RouteKind
from copper_emulator.shell.routing.routes import Route, host_header, route_url, sendable, target_url
from copper_emulator.timeline import MASK

NOT_ITS_OWN = f"{MASK} (not the subscription's)"
"""Shown in place of a value that was edited by hand and is not the subscription's."""

_RESEND = re.compile(r"resend of #(\d+)(?:, edited)?")

_UNSENT = (Outcome.BLOCKED, Outcome.LOST)
"""Outcomes of notifications whose request was built but never sent."""


class SentShape(Shape):
    """What was sent. Values of secrets and of a subscription's own headers are masked, unless `reveal` was given.

    In a request that was sent again, a value edited by hand that differs from the subscription's is shown as
    `*** (not the subscription's)`.
    """

    target: str
    url: str = Field(description="where it really went: by its route, else the target; empty if no socket was used")
    headers: list[tuple[str, str]]
    added: list[tuple[str, str]] = Field(description="headers added to them on the way")
    body: dict[str, Any] | None = Field(description="null if it is not a JSON object")
    text: str = Field(description="the same as text")
    size: int = Field(description="bytes of the body as it was sent")
    masked: bool = Field(description="whether a value is masked here: a copy of it is not what was sent")

    @classmethod
    def sent(cls, account: Account, notification: Notification, hidden: Hidden, *, reveal: bool = False) -> Self | None:
        """The request of a notification that was sent or is on its way, else None."""
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
    """The note of a change that sends a notification again."""
    return f"resend of #{serial}" + (", edited" if edited else "")


def resend_of(notification: Notification) -> int | None:
    """The serial of the notification that this one sends again."""
    change = notification.change
    found = _RESEND.fullmatch(change.note) if change.origin == "replay" else None
    return int(found[1]) if found else None


def subscription_of(account: Account, delivery: Delivery) -> Subscription | None:
    """The subscription whose values a request may contain: for a replay, which has none, the one its body names."""
    if not delivery.replayed:
        return delivery.subscription
    body = delivery.body
    named = body.get("subscription_id") if isinstance(body, dict) else None
    return subscription_called(account, named) if isinstance(named, int) else None


def subscription_called(account: Account, wanted: int) -> Subscription | None:
    """A subscription by id: as it is, or, if it was removed, as it last was."""
    found = account.subscriptions.find(wanted)
    if found is not None or not wanted:
        return found
    return next((state for state in reversed(account.journal.subscriptions()) if state.id == wanted), None)


def unmasked(edited: Any, original: Any) -> Any:
    """Put the original values back in place of those that were shown masked and came back so."""
    if not isinstance(edited, dict) or not isinstance(original, dict):
        return edited
    return {name: original[name] if _is_mask(value) and name in original else value for name, value in edited.items()}


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
    # Only a replay can have been edited, so only there must values be compared with the subscription's.
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
    """The URL to which the request went; None if it was not sent, or went to an app or function in this process."""
    if delivery.outcome in _UNSENT or sendable(delivery.target) is None:
        return None
    if not delivery.route:
        return target_url(delivery.target)
    to = sendable(delivery.route)
    # The real route's origin is not known here, and makes no difference to the URL.
    return None if to is None else route_url(Route(URL(delivery.target), to, RouteKind.URL), delivery.target)


def _added(delivery: Delivery, url: URL) -> Iterator[tuple[str, str]]:
    """The headers that `senders/http.py` adds, unless the request has them itself."""
    own = {name.lower() for name, _ in delivery.request_headers}
    added = [("Host", host_header(str(url))), ("Content-Length", str(len(delivery.request_body)))]
    if delivery.route:
        added += [
            ("X-Forwarded-Host", host_header(delivery.target)),
            ("X-Forwarded-Proto", URL(delivery.target).scheme),
        ]
    yield from ((name, value) for name, value in added if name.lower() not in own)
