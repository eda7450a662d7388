"""The verdict at the end of a test: what went wrong unexpectedly, and how to fix or allow it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from copper_emulator.claims import Claims
from copper_emulator.core.account import Account
from copper_emulator.core.model import Delivery, Notification, Outcome, WaitsFor
from copper_emulator.core.surface import CONNECTED, Surface
from copper_emulator.core.text import count, in_words, short_ids
from copper_emulator.explain import answer_of
from copper_emulator.later_work import if_later
from copper_emulator.remedies import fix, permit, permit_due, raised_afterwards, refused_meanwhile
from copper_emulator.setting_values import DUE
from copper_emulator.timeline import masking
from copper_emulator.tracebacks import brief, contains


class VerdictError(AssertionError):
    """Something went wrong that no `expect` named and no setting allows. The text lists it and says how to fix it."""

    # The public import path, and the name that the summary of a test run shows.
    __module__ = "copper_emulator"


@dataclass(frozen=True)
class Complaint:
    """One kind of problem: a label of a few words, an example with a count, and what to do."""

    brief: str
    what: str
    advice: str
    detail: str = ""
    traceback: str = ""

    def __str__(self) -> str:
        details = "\n".join(filter(None, [self.traceback, self.detail]))
        return "\n".join([f"- {self.what}", *(f"    {line}" for line in details.splitlines()), f"  {self.advice}"])

    def after(self, said: str, mask: Callable[[str], str]) -> Complaint:
        """The same without its traceback and the refused calls, if `said` contains them already."""
        traceback, detail = self.traceback, self.detail
        if traceback and contains(said, mask(traceback)):
            traceback = "(traceback above)"
        if detail and mask(detail) in said:
            detail = ""
        return replace(self, traceback=traceback, detail=detail)


_NO_COMPLAINT = (Outcome.DELIVERED, Outcome.CANCELLED, Outcome.DROPPED, Outcome.LOST)
"""Outcomes that are no problem: delivered, or caused by the test's own limits, faults or unsubscribing."""


def complaints(account: Account, claims: Claims, allow: frozenset[int | str], surface: Surface) -> list[Complaint]:
    """Everything that should fail the present test: deliveries that went wrong, then what was due but never sent."""
    found = []
    groups: dict[str, list[Delivery]] = {}
    for delivery in account.journal.deliveries[claims.earlier :]:
        if not _is_fine(delivery) and not _is_permitted(delivery, claims, allow):
            groups.setdefault(f"{delivery.verdict} {delivery.target}", []).append(delivery)
    found += [_wrong(group, account, surface) for group in groups.values()]
    if DUE not in allow:
        waits = [(each, account.wait_of(each)) for each in account.waiting()]
        due = [each for each, wait in waits if wait.what is WaitsFor.CALL]
        if due:
            found.append(_never_sent(due, account, surface))
        sending = [each for each, wait in waits if wait.what is WaitsFor.ANSWER and wait.until_ms is None]
        if sending and surface.account and surface not in CONNECTED:
            found.append(_still_being_sent(sending, surface))
    return found


def verdict_text(
    account: Account,
    claims: Claims,
    allow: frozenset[int | str],
    surface: Surface,
    *,
    said: str = "",
) -> str:
    """The complaints as one text, or "" if there are none; values of secrets are masked.

    `surface` is where the text is read. A traceback or a refused call already in `said`, the text shown before this
    one, is left out.
    """
    found = complaints(account, claims, allow, surface)
    if not found:
        return ""
    brief = in_words(dict.fromkeys(complaint.brief for complaint in found))
    # What it was comes first: pytest's summary cuts the line off at the terminal's width.
    head = f"copper: {brief}, which the test did not expect"
    mask = masking(account.journal.subscriptions())
    return mask("\n".join([head, *(str(complaint.after(said, mask)) for complaint in found)]))


class Reported(Protocol):
    """A report given to the test: its failures or warnings, as long as the test has not looked at it."""

    @property
    def overlooked(self) -> str: ...

    def warn(self) -> None: ...


def overlooked_text(reports: Iterable[Reported]) -> str:
    """Reports of failed checks that the test has not looked at, as one text; "" if there are none."""
    tables = [report.overlooked for report in reports if report.overlooked]
    if not tables:
        return ""
    several = "a check failed, and the test did not look at its report"
    if len(tables) > 1:
        several = f"{len(tables)} checks failed, and the test did not look at their reports"
    advice = (
        "Call .checked() on what copper.check returns, or look at its rows, before the account ends (printing it does "
        "not count); or, if intended: strict=False"
    )
    return "\n".join([f"copper: {several}:", *tables, advice])


def _is_fine(delivery: Delivery) -> bool:
    return (delivery.outcome in _NO_COMPLAINT or delivery.by_fault) and delivery.exception is None


def _is_permitted(delivery: Delivery, claims: Claims, allow: frozenset[int | str]) -> bool:
    if delivery.exception is not None and "exception" in allow:
        return True
    if raised_afterwards(delivery):
        # Permitting a 2xx permits the answer, not an exception raised after it.
        return False
    return claims.is_permitted(delivery) or str(delivery.outcome) in allow or delivery.status in allow


def _wrong(group: list[Delivery], account: Account, surface: Surface) -> Complaint:
    first = group[0]
    times = "" if len(group) == 1 else f" ({len(group)} times)"
    what = f"{first.topic} {short_ids(first.ids)} to {first.target}: {first.summary}{times}{answer_of(first)}"
    intended = "it is meant to raise" if first.exception is not None else "this is intended"
    advice = f"{fix(first, account, surface=surface)}; or, if {intended}: {permit(first, account, surface)}"
    detail = "\n".join(refused_meanwhile(account, first))
    return Complaint(_brief(first), what, advice, detail, brief(first.traceback or ""))


def _brief(delivery: Delivery) -> str:
    if delivery.exception is not None:
        return f"{type(delivery.exception).__name__} in the endpoint"
    if delivery.status is not None:
        return f"{delivery.outcome} ({delivery.status})"
    return f"{delivery.outcome}: {delivery.reason}" if delivery.reason is not None else str(delivery.outcome)


def _pass_time(surface: Surface) -> str:
    if surface in (Surface.RUN, Surface.PLAY, Surface.EXEC):
        return f"Let time pass ({surface.pass_time})"
    return "Call settle (or expect, advance)"


def _never_sent(due: list[Notification], account: Account, surface: Surface) -> Complaint:
    first = due[0]
    what = f"{count(len(due), 'notification')} due but never sent, first {first.topic} {short_ids(first.ids)}"
    if surface.account and any(each.change.origin == "python" for each in due):
        # A call of the account itself returns only when everything due has been sent, so this one did not return.
        return Complaint(
            "due but never sent",
            f"{what}: the call that was sending ended with an exception, such as that of an after_delivery hook or of "
            "a timeout around the call",
            f"Fix what raised it; or, if it is meant to raise: call settle after it, or {permit_due(surface)}",
        )
    later = if_later(account, surface, "makes them later")
    return Complaint(
        "due but never sent",
        f"{what}: changes made through the API go out at the next call that lets time pass",
        f"{_pass_time(surface)} after them{f'; {later};' if later else ','} or {permit_due(surface)}",
    )


def _still_being_sent(sending: list[Notification], surface: Surface) -> Complaint:
    first = f"{sending[0].topic} {short_ids(sending[0].ids)}"
    return Complaint(
        "still being sent",
        f"{count(len(sending), 'notification')} still being sent at the end, first {first}",
        f"Await the task, or join the thread, whose call sends it; or {permit_due(surface)}",
    )
