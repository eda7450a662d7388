"""What a failed expectation says: what was expected, what came closest, why nothing better was there, what to do."""

from __future__ import annotations

from collections.abc import Sequence

from copper_emulator.claims import Claims
from copper_emulator.core.account import Account
from copper_emulator.core.model import Delivery, Notification, WaitsFor
from copper_emulator.core.text import count, short_ids
from copper_emulator.expectation import Expectation, is_of, misfits
from copper_emulator.explain import refusals, story
from copper_emulator.timeline import masked, stamp

_MAX_SHOWN = 5


def unmet(expectation: Expectation, fitting: list[Delivery], account: Account, claims: Claims) -> str:
    """The text for an expectation that too few, too many or none of the deliveries met; `fitting` fit but for that."""
    waiting = [notification for notification in account.waiting() if is_of(expectation, notification)]
    lines = [f"Expected {expectation}."]
    if fitting:
        lines += [
            *_count_or_ids(expectation, fitting, account, claims),
            *_beside(expectation, fitting, account, claims),
        ]
    else:
        lines += _closest(expectation, account, claims)
    if waiting:
        lines += [f"Still under way ({len(waiting)}):", *_shown(account, waiting)]
    unheard = [] if fitting or waiting else _unheard(expectation, account)
    lines += unheard
    lines += [f"The API refused: {text}" for text in refusals(account)[-2:]]
    if waiting:
        lines.append(_waiting_advice(account, waiting[0]))
    elif any("no subscription" in line for line in unheard):
        lines.append(f"Subscribe to {expectation.type or 'it'}/{expectation.event or 'new'} first.")
    return _masked(lines, account)


def unwanted(expectation: Expectation, found: list[Delivery], account: Account) -> str:
    """The text for notifications that should not have gone out."""
    what = f"{expectation.type or 'any type'}/{expectation.event or 'any event'}"
    if expectation.ids is not None:
        what += f", ids={short_ids(expectation.ids)}"
    lines = [f"Expected no notification: {what}, but there {'is' if len(found) == 1 else 'are'} {len(found)}:"]
    lines += _shown(account, [delivery.notification for delivery in found])
    lines.append("If it is meant to arrive, claim it first, with an expect of its own.")
    return _masked(lines, account)


def _count_or_ids(expectation: Expectation, fitting: list[Delivery], account: Account, claims: Claims) -> list[str]:
    arrived = {record_id for delivery in fitting for record_id in delivery.ids}
    missing = [record_id for record_id in expectation.ids or () if record_id not in arrived]
    claimed = [record_id for record_id in missing if record_id in _claimed_ids(expectation, account, claims)]
    never = [record_id for record_id in missing if record_id not in claimed]
    heads = []
    if claimed:
        heads.append(f"An earlier expect has claimed {short_ids(claimed)} already.")
    if never:
        heads.append(f"Of these ids {short_ids(never)} did not arrive as expected.")
    if not missing and expectation.count is not None and len(fitting) != expectation.count:
        heads.append(f"{count(len(fitting), 'delivery')} fit, not {expectation.count}.")
    elif not missing:
        heads.append("The ids arrived, but not as an exact union: some came more than once, or with others.")
    return [*heads, "What fits:", *_shown(account, [delivery.notification for delivery in fitting])]


def _claimed_ids(expectation: Expectation, account: Account, claims: Claims) -> set[int]:
    return {
        record_id
        for delivery in account.journal.deliveries
        if is_of(expectation, delivery.notification) and claims.is_claimed(delivery)
        for record_id in delivery.ids
    }


def _beside(expectation: Expectation, fitting: list[Delivery], account: Account, claims: Claims) -> list[str]:
    fits = {delivery.notification.serial for delivery in fitting}
    others = [
        delivery
        for delivery in account.journal.deliveries
        if is_of(expectation, delivery.notification)
        and delivery.notification.serial not in fits
        and not claims.is_claimed(delivery)
    ]
    if not others:
        return []
    # What an endpoint answered tells more than what a limit kept from it.
    first = next((delivery for delivery in others if delivery.request_body), others[0])
    lines = [f"Of the same topic {len(others)} did not fit, among them:", f"  {story(account, first.notification)}"]
    return [*lines, *(f"    - {reason}" for reason in misfits(expectation, first))]


def _closest(expectation: Expectation, account: Account, claims: Claims) -> list[str]:
    scored = []
    for delivery in account.journal.deliveries:
        reasons = misfits(expectation, delivery)
        if claims.is_claimed(delivery):
            reasons = [*reasons, "an earlier expect has claimed it already"]
        scored.append((len(reasons), delivery.notification.serial, delivery, reasons))
    if not scored:
        return ["Nothing was delivered."]
    scored.sort(key=lambda item: item[:2])
    fewest = scored[0][0]
    nearest = [item for item in scored if item[0] == fewest][:3]
    lines = ["Closest:"]
    for _, _, delivery, reasons in nearest:
        lines.append(f"  {story(account, delivery.notification)}")
        lines += [f"    - {reason}" for reason in reasons]
        if delivery.traceback is not None:
            lines += [f"      {line}" for line in delivery.traceback.splitlines()]
    others = len(scored) - len(nearest)
    return [*lines, f"  and {others} more that fit less or as little"] if others else lines


def _unheard(expectation: Expectation, account: Account) -> list[str]:
    changes = [
        change
        for change in account.journal.changes
        if expectation.type in (None, change.type)
        and expectation.event in (None, change.event)
        and (expectation.ids is None or set(change.ids) & set(expectation.ids))
    ]
    if not changes:
        return ["No such change happened in this account."]
    return [f"It happened, but nobody was notified: {c.note}." for c in changes[-1:] if not c.subscriptions]


def _waiting_advice(account: Account, first: Notification) -> str:
    if account.causing is not None:
        return "Time stands still inside an endpoint: expect it after the call that delivers."
    wait = account.wait_of(first)
    if wait.what is WaitsFor.CALL:
        return "It is due and can go: settle, or advance."
    until = "" if wait.until_ms is None else f" (until {stamp(wait.until_ms)})"
    return f"Let time pass first{until}: advance, or run_until_idle."


def _shown(account: Account, notifications: Sequence[Notification]) -> list[str]:
    lines = [f"  {story(account, notification)}" for notification in notifications[:_MAX_SHOWN]]
    more = len(notifications) - _MAX_SHOWN
    return [*lines, f"  and {more} more"] if more > 0 else lines


def _masked(lines: list[str], account: Account) -> str:
    return masked("\n".join(lines), account.journal.subscriptions())
