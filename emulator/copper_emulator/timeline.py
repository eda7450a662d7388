"""The journal as readable text: one line per entry, in virtual time, with secrets masked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence

from copper_emulator.core.model import Delivery, Entry, Kind, Outcome, Subscription
from copper_emulator.core.moments import stamp
from copper_emulator.core.text import count, duration_text, short_ids

MASK = "***"

_MOST = 60
"""Lines of a timeline; of a longer one something is left out."""

_ALIKE = 5
"""How many lines of each kind of ending are shown in the middle of a long timeline."""


def timeline(entries: Sequence[Entry]) -> str:
    """Render the journal as lines; of a long one only the first, the last, and what went wrong in between.

    A long one ends with a summary: how many notifications were not delivered, and which, by kind of ending.
    """
    shown = [entry for entry in entries if entry.kind is not Kind.SENDING]
    if not shown:
        return "nothing happened"
    if len(shown) <= _MOST:
        return "\n".join(line(entry, brief=True) for entry in shown)
    head, tail = _MOST // 3, _MOST - _MOST // 3
    middle = shown[head:-tail]
    wrong = _telling(middle)[: 2 * _MOST]
    lines = [line(entry, brief=True) for entry in shown[:head]]
    after = 0
    for place in [*wrong, len(middle)]:
        # Replacing one or two lines with a marker would save nothing.
        if place - after > 2:
            lines.append(f"... {count(place - after, 'line')} left out ...")
            after = place
        lines += [line(entry, brief=True) for entry in middle[after : place + 1]]
        after = place + 1
    return "\n".join([*lines, *(line(entry, brief=True) for entry in shown[-tail:]), *_summary(shown)])


def _telling(entries: Sequence[Entry]) -> list[int]:
    """Positions of what went wrong; only the first few of each kind, since the summary counts them all."""
    places: dict[str, list[int]] = {}
    for place, entry in enumerate(entries):
        if _is_telling(entry):
            way = entry.text if entry.delivery is None else entry.delivery.summary
            places.setdefault(way, []).append(place)
    return sorted(place for alike in places.values() for place in alike[:_ALIKE])


def _is_telling(entry: Entry) -> bool:
    if entry.delivery is not None:
        return entry.delivery.outcome not in (Outcome.DELIVERED, Outcome.CANCELLED)
    return entry.kind in (Kind.REFUSED, Kind.ECHO_STOPPED)


def _summary(entries: Sequence[Entry]) -> list[str]:
    """`4 of 30 notifications lost by the fault lose=20%: #2, #16, #18, #29`, one line per kind of ending."""
    ended = [entry.delivery for entry in entries if entry.delivery is not None]
    ways: dict[str, list[int]] = {}
    for delivery in ended:
        if delivery.outcome is not Outcome.DELIVERED:
            ways.setdefault(delivery.summary, []).append(delivery.notification.serial)
    whole = count(len(ended), "notification")
    return [f"{len(serials)} of {whole} {way}: {serials_text(serials)}" for way, serials in ways.items()]


def serials_text(serials: Sequence[int], *, show: int = 20) -> str:
    """`#2, #16 and 3 more`."""
    more = len(serials) - show
    named = ", ".join(f"#{serial}" for serial in serials[:show])
    return f"{named} and {more} more" if more > 0 else named


def line(entry: Entry, *, brief: bool = False) -> str:
    """One entry with its virtual time; `brief` leaves out advice."""
    return f"{stamp(entry.at_ms)}  {describe(entry, brief=brief)}"


def describe(entry: Entry, *, brief: bool = False) -> str:
    """One entry without its time."""
    if entry.delivery is not None:
        return _ended(entry.delivery, brief=brief)
    if entry.notification is not None:
        notification = entry.notification
        what = f"#{notification.serial} {notification.topic} {short_ids(notification.ids)}"
        if entry.kind is Kind.HELD:
            return f"  held      {what} {entry.text}"
        if entry.kind is Kind.QUEUED:
            later = f", due {stamp(notification.due_ms)}" if notification.due_ms > entry.at_ms else ""
            again = f", the same as #{notification.repeats}" if notification.repeats is not None else ""
            subscription = f"for subscription {notification.subscription}"
            whom = f"as a {notification.change.note}" if notification.change.origin == "replay" else subscription
            return f"  queued    {what} {whom}{later}{again}"
        return f"  {entry.kind:<9} {what}"
    if entry.change is not None:
        change = entry.change
        cause = f" (caused by #{change.cause})" if change.cause is not None else ""
        note = f": {entry.text}" if entry.text else ""
        return f"{entry.kind:<11} {change.topic} {short_ids(change.ids)}{cause}{note}"
    if entry.subscription is not None:
        note = f" ({entry.text})" if entry.text else ""
        return f"{entry.kind:<11} {subscription_text(entry.subscription)}{note}"
    return f"{entry.kind:<11} {entry.text}"


def subscription_text(subscription: Subscription) -> str:
    """`560698 person/update -> https://... (secret key)`; values of secrets and headers are masked."""
    extras = []
    if subscription.secret:
        extras.append("secret " + ", ".join(f"{name}={MASK}" for name in subscription.secret))
    if subscription.headers:
        extras.append("headers " + ", ".join(f"{name}: {MASK}" for name in subscription.headers))
    tail = f" ({'; '.join(extras)})" if extras else ""
    return f"{subscription.id} {subscription.topic} -> {subscription.target}{tail}"


def _ended(delivery: Delivery, *, brief: bool) -> str:
    what = f"#{delivery.notification.serial} {delivery.topic} {short_ids(delivery.ids)}"
    via = f" via {delivery.route}" if delivery.route else ""
    where = f" -> {delivery.target}{via}" if delivery.request_body else ""
    text = delivery.brief_detail if brief else delivery.detail
    detail = f": {text}" if text else ""
    took = delivery.ended_ms - delivery.started_ms
    # Nothing is sent when blocked, so how long it took means nothing.
    late = f" after {duration_text(took)}" if took and delivery.outcome is not Outcome.BLOCKED else ""
    if took and delivery.outcome is Outcome.UNKNOWN:
        # No answer came within that time: this is when it was given up.
        late = f" (given up {duration_text(took)} after it was sent)"
    replayed = f" ({delivery.change.note})" if delivery.replayed else ""
    return f"  {delivery.outcome:<9} {what}{where}{detail}{late}{replayed}{under_faults(delivery)}"


def under_faults(delivery: Delivery) -> str:
    """` (under the fault latency=0-15m)`, if faults affected the delivery and its outcome does not say so."""
    return under([fault for fault in delivery.faults if fault not in delivery.detail]) if delivery.faults else ""


def under(faults: Sequence[str]) -> str:
    """` (under the fault slow=3s)`, or "" if there are none."""
    return f" (under the {'faults' if len(faults) > 1 else 'fault'} {', '.join(faults)})" if faults else ""


def masked(text: str, subscriptions: Iterable[Subscription]) -> str:
    """A text with all values of the subscriptions' secrets and headers masked."""
    return masking(subscriptions)(text)


def masking(subscriptions: Iterable[Subscription]) -> Callable[[str], str]:
    """A function that masks the same values in many texts."""
    values = {
        value
        for s in subscriptions
        for extra in (s.secret, s.headers)
        for value in (extra or {}).values()
        # Shorter values are hardly secrets, and replacing them would garble the text.
        if len(value) >= 4
    }
    # As they are, as in Python's repr, and as in JSON.
    written = {form for value in values for form in (value, repr(value)[1:-1], json.dumps(value)[1:-1])}
    longest_first = sorted(written, key=len, reverse=True)

    def mask(text: str) -> str:
        for value in longest_first:
            text = text.replace(value, MASK)
        return text

    return mask
