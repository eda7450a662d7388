"""Counts what happened in a span of time, and notices when an expectation could be met."""

from __future__ import annotations

from collections.abc import Sequence

from copper_emulator.claims import Claims
from copper_emulator.core.account import Account
from copper_emulator.core.model import Entry, Kind, Notification, Outcome, State, Topic
from copper_emulator.core.text import count, short_ids
from copper_emulator.expectation import Expectation, is_of, misfits
from copper_emulator.shell.any_tenant import AnyTenant

_NEVER_LEFT = (Outcome.BLOCKED, Outcome.LOST)


def totals(account: Account, first_entry: int, since: int, until: int, topic: Topic | None) -> dict[str, int]:
    """What happened to notifications from `since` until just before `until`, and how many are waiting now.

    Only journal entries from `first_entry` on count.
    """
    happened = [
        entry
        for entry in account.journal.entries[first_entry:]
        if entry.notification is not None and topic in (None, entry.notification.topic)
    ]
    spanned = [entry for entry in happened if since <= entry.at_ms < until]
    mine = {entry.notification.serial for entry in happened if entry.kind is Kind.QUEUED and entry.notification}
    return {
        "sent": sum(entry.kind is Kind.SENDING and _left(account, entry.notification) for entry in spanned),
        "held": sum(entry.kind is Kind.HELD for entry in spanned),
        "dropped": _ended(spanned, Outcome.DROPPED),
        "cancelled": _ended(spanned, Outcome.CANCELLED),
        "waiting": sum(notification.serial in mine for notification in account.waiting()),
    }


def own_writes(account: Account, first_entry: int, topic: Topic | None) -> str:
    """What to say where a number of notifications is wrong, and the endpoint's own writes were notified, too.

    Empty if there were none. A step's own changes do not come through the API.
    """
    changes = (entry.change for entry in account.journal.entries[first_entry:] if entry.kind is Kind.CHANGE)
    own = [
        change
        for change in changes
        if change is not None
        and topic in (None, change.topic)
        and change.subscriptions
        and (change.cause is not None or change.origin == "api")
    ]
    if not own:
        return ""
    return (
        f"{count(len(own), 'change')} came from outside the scenario, first {own[0].topic} {short_ids(own[0].ids)}: "
        "what the endpoint writes itself is notified, too, and counts. If it is right to write that, play a copy of "
        "the scenario that expects it."
    )


def _left(account: Account, notification: Notification | None) -> bool:
    delivery = None if notification is None else account.journal.delivery_of(notification)
    return delivery is None or delivery.outcome not in _NEVER_LEFT


def _ended(entries: Sequence[Entry], outcome: Outcome) -> int:
    return sum(entry.delivery is not None and entry.delivery.outcome is outcome for entry in entries)


class Watch:
    """Whether an expectation could be met by now; each look reads only what is new."""

    def __init__(self, expectation: Expectation, tenant: AnyTenant, claims: Claims) -> None:
        self._expectation = expectation
        self._tenant = tenant
        self._claims = claims
        self._seen = 0
        self._fitting = 0
        self._missing = set(expectation.ids or ())

    def could_be_met(self) -> bool:
        """A necessary condition, not a sufficient one: enough deliveries fit, and they have all ids."""
        deliveries = self._tenant.account.journal.deliveries
        for delivery in deliveries[self._seen :]:
            if not self._claims.is_claimed(delivery) and not misfits(self._expectation, delivery):
                self._fitting += 1
                self._missing -= set(delivery.ids)
        self._seen = len(deliveries)
        return self._fitting >= (self._expectation.count or 1) and not self._missing

    def last_comes_at(self) -> int | None:
        """When the last of what still waits has come, if that is known and could meet the expectation then."""
        account, wanted = self._tenant.account, self._expectation
        if wanted.updated_attributes is not None or wanted.body is not None:
            return None
        meant = [
            each
            for each in account.waiting()
            if is_of(wanted, each) and (wanted.ids is None or not wanted.wanted.isdisjoint(each.ids))
        ]
        # What a limit holds is sent when there is room, and more may be waiting before it.
        if self._fitting + len(meant) < (wanted.count or 1) or any(each.state is State.HELD for each in meant):
            return None
        return max((until for each in meant if (until := account.wait_of(each).until_ms) is not None), default=None)
