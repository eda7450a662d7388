"""Which records of other types have the ids of those that are expected? Ids are unique only within a type."""

from __future__ import annotations

from copper_emulator.core.account import Account
from copper_emulator.core.model import Change, Notification
from copper_emulator.core.surface import Surface
from copper_emulator.core.text import short_ids
from copper_emulator.expectation import Expectation
from copper_emulator.near_misses.parts import Diagnosis, or_later


def has_ids_of_another_type(expectation: Expectation, happened: Change | Notification) -> bool:
    """Whether it is about records of another type than expected that have ids which are expected."""
    return expectation.type not in (None, happened.type) and not expectation.wanted.isdisjoint(happened.ids)


def of_another_type(expectation: Expectation, account: Account, surface: Surface) -> Diagnosis | None:
    """Nothing is known of these records, but something happened to records of another type with the same ids."""
    kind, change = expectation.type, _change_of_another_type(expectation, account)
    if kind is None or change is None:
        return None
    shared = short_ids([record_id for record_id in change.ids if record_id in expectation.wanted])
    last = surface.expect(change.type, change.event, ", ...")
    return Diagnosis(
        f"nothing happened to {kind} {short_ids(expectation.ids or ())}, only {change.topic} to {change.type} {shared}",
        f"If you mean the {change.type}, expect what happened to it: {last}; or make the intended change."
        f"{or_later(expectation, account, surface)}",
    )


def _change_of_another_type(expectation: Expectation, account: Account) -> Change | None:
    """The last change of records of another type with the expected ids, if nothing is known of those expected."""
    kind = expectation.type
    if kind is None or any(account.has_record(kind, record_id) for record_id in expectation.wanted):
        return None
    return next(
        (each for each in reversed(account.journal.changes) if has_ids_of_another_type(expectation, each)), None
    )
