"""The control API for notifications: listing them, showing one in full, resending and replaying."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from copper_emulator.core.account import Account
from copper_emulator.core.arguments import captured_topic
from copper_emulator.core.errors import UsageError
from copper_emulator.core.json_text import encode
from copper_emulator.core.model import Attempt, Delivery, Notification, State, Subscription, Topic
from copper_emulator.core.subscriptions import check_headers
from copper_emulator.core.text import numbered, sentence
from copper_emulator.core.wire import Envelope, request_headers
from copper_emulator.explain.stories import Step, steps, story, waiting
from copper_emulator.remedies import remedy
from copper_emulator.shell.control.filters import fits_notification
from copper_emulator.shell.control.notification_models import (
    ListNotifications,
    NotificationsShape,
    Replay,
    Resend,
    RowShape,
    ShowNotification,
    WholeShape,
)
from copper_emulator.shell.control.operation import Operation
from copper_emulator.shell.control.sent import (
    SentShape,
    resend_note,
    resend_of,
    subscription_called,
    subscription_of,
    unmasked,
)
from copper_emulator.shell.control.shapes import ChangeShape, DeliveryShape, SubscriptionShape
from copper_emulator.shell.control.why import StepShape
from copper_emulator.shell.guarding import Refused
from copper_emulator.shell.hiding import Hidden
from copper_emulator.shell.routing.routes import check_sendable
from copper_emulator.shell.served.account import ServedAccount


async def list_notifications(served: ServedAccount, params: ListNotifications) -> NotificationsShape:
    """List a page of the notifications that match all filters, newest first."""
    with served.tenant.lock:
        account = served.tenant.account
        fitting = _fitting(account, params, served.hidden)
        first = 0 if params.after is None else bisect_right(fitting, params.after, key=_serial)
        end = len(fitting) if params.before is None else bisect_left(fitting, params.before, key=_serial)
        if params.after is not None:
            end = min(end, first + params.limit)
        first = max(first, end - params.limit)
        page, mask = fitting[first:end], served.hidden.mask
        again = _resends(account, page[0].serial) if page else {}
        return NotificationsShape(
            notifications=[RowShape.row(account, each, mask, again.get(each.serial, ())) for each in reversed(page)],
            count=len(fitting),
            older=min(first, len(fitting)),
            newer=max(len(fitting) - end, 0),
            total=len(account.journal.notifications),
            last=last_number(account),
            life=served.life,
        )


async def show_notification(served: ServedAccount, params: ShowNotification) -> WholeShape:
    """Show one notification with its change, its request, what came back, and why.

    With `reveal`, the request is shown exactly as it was sent, including secrets.
    """
    with served.tenant.lock:
        account, hidden = served.tenant.account, served.hidden
        everything, place = account.journal.notifications, _place(account, params.serial)
        notification = everything[place]
        delivery = account.journal.delivery_of(notification)
        mask = hidden.mask if delivery is None else hidden.mask_of(delivery)
        subscription = _subscription(account, notification, delivery)
        story_steps = [Step(step.what, mask(step.text), step.at_ms) for step in steps(account, notification)]
        return WholeShape(
            notification=RowShape.row(
                account, notification, mask, _resends(account, params.serial).get(params.serial, ())
            ),
            change=ChangeShape.of(notification.change),
            subscription=None if subscription is None else SubscriptionShape.of(subscription),
            request=SentShape.sent(account, notification, hidden, reveal=params.reveal),
            delivery=None if delivery is None else DeliveryShape.of(delivery, hidden, whole=True),
            steps=[StepShape.of(step) for step in story_steps],
            why=[mask(story(account, notification)), *(f"  {step.text}" for step in story_steps)],
            advice=[] if delivery is None else [mask(line) for line in remedy(account, _advised(account, delivery))],
            previous=everything[place - 1].serial if place else None,
            next=everything[place + 1].serial if place + 1 < len(everything) else None,
        )


async def resend(served: ServedAccount, params: Resend) -> WholeShape:
    """Send a notification again, unchanged or with another body, headers or target; it bypasses the limits."""

    def make(account: Account, now: int) -> Attempt:
        earlier = account.journal.notifications[_place(account, params.serial)]
        body, headers, target = _request(account, earlier, now)
        if "body" in params.model_fields_set:
            body = encode(unmasked(params.body, _object(body)))
        if params.headers is not None:
            headers = tuple(unmasked(params.headers, dict(headers)).items())
        if params.target is not None:
            target = params.target
        _check_request(target, dict(headers))
        note = resend_note(earlier.serial, edited=params.model_fields_set != {"serial"})
        return account.replay(earlier.topic, earlier.ids, body, target, headers, now, note=note)

    return await _sent(served, make)


async def replay(served: ServedAccount, params: Replay) -> WholeShape:
    """Deliver a captured body, or any text; it bypasses matching and limits."""
    raw, topic, ids = _captured(params)
    _check_request(params.target, params.headers)
    headers = request_headers(served.tenant.settings.user_agent, params.headers)
    return await _sent(served, lambda account, now: account.replay(topic, ids, raw, params.target, headers, now))


def _captured(params: Replay) -> tuple[bytes, Topic, tuple[int, ...]]:
    if params.text is not None and params.type is not None and params.event is not None:
        raw = params.text.encode()
        return raw, Topic(params.type, params.event), _ids_in(raw)
    raw = encode(params.body)
    return raw, *captured_topic(raw)


def _ids_in(raw: bytes) -> tuple[int, ...]:
    try:
        return captured_topic(raw)[1]
    except UsageError:
        return ()


NOTIFICATION_OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        "GET",
        "/notifications",
        "Notifications, newest first",
        ListNotifications,
        NotificationsShape,
        list_notifications,
    ),
    Operation(
        "GET", "/notifications/{serial}", "One notification in full", ShowNotification, WholeShape, show_notification
    ),
    Operation("POST", "/notifications/{serial}/resend", "Send one again", Resend, WholeShape, resend),
    Operation("POST", "/replay", "Deliver a captured body", Replay, WholeShape, replay),
)


_serial = attrgetter("serial")


def last_number(account: Account) -> int:
    """The number of the journal's last entry, 0 before the first."""
    entries = account.journal.entries
    return entries[-1].number if entries else 0


def _fitting(account: Account, params: ListNotifications, hidden: Hidden) -> Sequence[Notification]:
    everything = account.journal.notifications
    if not params.model_fields_set - {"limit", "before", "after"}:
        return everything
    found = [each for each in everything if fits_notification(params, each, account, hidden)]
    if params.recovered is None or not found:
        return found
    delivered = _recovered(account, found[0].serial)
    return [each for each in found if (each.serial in delivered) is params.recovered]


def _place(account: Account, serial: int) -> int:
    everything = account.journal.notifications
    place = bisect_left(everything, serial, key=_serial)
    if place == len(everything) or everything[place].serial != serial:
        known = sentence(numbered("notification", [each.serial for each in everything]))
        raise Refused(404, f"there is no notification {serial} in this account", hint=known)
    return place


def _resends(account: Account, oldest: int) -> Mapping[int, Sequence[int]]:
    """The resends of each notification from a serial on, by serial: a resend comes after what it resends."""
    found: dict[int, list[int]] = defaultdict(list)
    everything = account.journal.notifications
    for notification in everything[bisect_left(everything, oldest, key=_serial) :]:
        earlier = resend_of(notification)
        if earlier is not None:
            found[earlier].append(notification.serial)
    return found


def _recovered(account: Account, oldest: int) -> frozenset[int]:
    """The notifications that were delivered in the end by a resend, or by a resend of a resend."""
    recovered: set[int] = set()
    everything = account.journal.notifications
    # A resend comes after what it resends, so going backwards follows each chain from its end to its beginning.
    for notification in reversed(everything[bisect_left(everything, oldest, key=_serial) :]):
        earlier = resend_of(notification)
        if earlier is not None and (notification.state is State.DELIVERED or notification.serial in recovered):
            recovered.add(earlier)
    return frozenset(recovered)


def _subscription(account: Account, notification: Notification, delivery: Delivery | None) -> Subscription | None:
    if delivery is not None and delivery.subscription is not None:
        return delivery.subscription
    return subscription_called(account, notification.subscription)


def _advised(account: Account, delivery: Delivery) -> Delivery:
    """The delivery for advice: a resend that has what its subscription sends is advised like a first attempt."""
    own = subscription_of(account, delivery)
    if own is None or not isinstance(delivery.body, dict) or not (own.secret or {}).items() <= delivery.body.items():
        return delivery
    return delivery._replace(subscription=own)


def _request(account: Account, notification: Notification, now: int) -> tuple[bytes, tuple[tuple[str, str], ...], str]:
    """The body, headers and target that were sent, or, if nothing was, that would have been."""
    delivery = account.journal.delivery_of(notification)
    if delivery is None:
        raise Refused(
            409,
            f"notification {notification.serial} has not ended: {waiting(account, notification)}",
            hint="Only what has ended can be sent again. Let time pass first.",
        )
    if delivery.request_body:
        return delivery.request_body, delivery.request_headers, delivery.target
    subscription = _subscription(account, notification, delivery)
    if subscription is None:
        raise Refused(409, f"notification {notification.serial} was never sent, and its subscription is not known")
    envelope = Envelope(subscription, account.rules)
    return envelope.body(notification, now), envelope.headers, subscription.target


def _check_request(target: str, headers: Mapping[str, str]) -> None:
    try:
        check_sendable(target)
    except UsageError as error:
        raise Refused(422, str(error)) from None
    check_headers(headers)


def _object(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None


async def _sent(served: ServedAccount, make: Callable[[Account, int], Attempt]) -> WholeShape:
    notification = await served.runner.send(make)
    return await show_notification(served, ShowNotification(serial=notification.serial, reveal=False))
