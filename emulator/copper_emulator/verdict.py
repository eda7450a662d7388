"""Was everything right at the end? What went wrong unexpectedly, each with how to mend or allow it."""

from __future__ import annotations

from dataclasses import dataclass

from copper_emulator.claims import Claims
from copper_emulator.core.account import Account
from copper_emulator.core.model import Delivery, Notification, Outcome, WaitsFor
from copper_emulator.core.text import count, short_ids
from copper_emulator.explain import answer_of
from copper_emulator.near_misses.remedies import mend, permit, permit_due
from copper_emulator.settings import DUE
from copper_emulator.timeline import masked


class VerdictError(AssertionError):
    """Something went wrong that no `expect` named and no setting allows. The text lists it and says how to mend it."""

    # Where it is imported from, and what a run's summary should call it.
    __module__ = "copper_emulator"


@dataclass(frozen=True)
class Complaint:
    """One kind of thing that went wrong: in two or three words, an example and how often, and what to do."""

    brief: str
    what: str
    advice: str
    detail: str = ""

    def __str__(self) -> str:
        return "\n".join([f"- {self.what}", *filter(None, [self.detail]), f"  {self.advice}"])


_SILENT = (Outcome.DELIVERED, Outcome.CANCELLED, Outcome.DROPPED, Outcome.LOST)
"""Outcomes that are nothing wrong: what the test itself asked for, by its limits, its faults or by unsubscribing."""


def complaints(account: Account, claims: Claims, allow: frozenset[int | str], now: int) -> list[Complaint]:
    """Everything that should fail a test, most telling first; empty when all is well."""
    found = []
    groups: dict[str, list[Delivery]] = {}
    for delivery in account.journal.deliveries:
        if not _is_fine(delivery) and not claims.is_permitted(delivery) and not _is_allowed(delivery, allow):
            groups.setdefault(f"{delivery.verdict} {delivery.target}", []).append(delivery)
    found += [_wrong(group) for group in groups.values()]
    if DUE not in allow:
        due = [n for n in account.waiting() if account.wait_of(n).what is WaitsFor.CALL]
        if due:
            found.append(_never_sent(due))
    return found


def verdict_text(account: Account, claims: Claims, allow: frozenset[int | str], now: int) -> str:
    """The complaints as one text, or nothing when all is well; values of secrets are masked."""
    found = complaints(account, claims, allow, now)
    if not found:
        return ""
    brief = ", ".join(dict.fromkeys(complaint.brief for complaint in found))
    head = f"copper: {count(len(found), 'thing')} went wrong that the test did not expect: {brief}"
    return masked("\n".join([head, *map(str, found)]), account.journal.subscriptions())


def _is_fine(delivery: Delivery) -> bool:
    return (delivery.outcome in _SILENT or delivery.by_fault) and delivery.exception is None


def _is_allowed(delivery: Delivery, allow: frozenset[int | str]) -> bool:
    if delivery.exception is not None and "exception" in allow:
        return True
    return str(delivery.outcome) in allow or (delivery.status is not None and delivery.status in allow)


def _wrong(group: list[Delivery]) -> Complaint:
    first = group[0]
    times = "" if len(group) == 1 else f" ({len(group)} times)"
    what = f"{first.topic} {short_ids(first.ids)} to {first.target}: {first.summary}{times}{answer_of(first)}"
    meant = "to raise" if first.exception is not None else "so"
    advice = f"{mend(first)}; or, if it is meant {meant}: {permit(first)}"
    return Complaint(_brief(first), what, advice, _indented(first.traceback) if first.traceback else "")


def _brief(delivery: Delivery) -> str:
    if delivery.exception is not None:
        return f"{type(delivery.exception).__name__} in the endpoint"
    if delivery.status is not None:
        return f"{delivery.outcome} ({delivery.status})"
    return f"{delivery.outcome}: {delivery.reason}" if delivery.reason is not None else str(delivery.outcome)


def _never_sent(due: list[Notification]) -> Complaint:
    first = due[0]
    return Complaint(
        "due but never sent",
        f"{count(len(due), 'notification')} due but never sent, first {first.topic} {short_ids(first.ids)}: "
        "changes made through the API go out at the next call that lets time pass",
        f"Call settle (or expect, advance) after them, or {permit_due()}",
    )


def _indented(text: str) -> str:
    return "\n".join("    " + line for line in text.splitlines())
