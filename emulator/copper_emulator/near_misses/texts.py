"""The texts of failed expectations: of one that was not met, and of what should not have come."""

from __future__ import annotations

from collections.abc import Sequence

from copper_emulator.claims import Claims
from copper_emulator.core.account import Account
from copper_emulator.core.echo import is_about
from copper_emulator.core.model import Delivery, Notification
from copper_emulator.core.surface import Surface
from copper_emulator.core.text import short_ids
from copper_emulator.expectation import Expectation, Misfit, distance, is_of, misfits
from copper_emulator.explain import refusals, story
from copper_emulator.near_misses.case import Case
from copper_emulator.near_misses.diagnosis import diagnose, sent_twice
from copper_emulator.near_misses.other_types import has_ids_of_another_type
from copper_emulator.remedies import may_mean_another_target
from copper_emulator.timeline import masked
from copper_emulator.tracebacks import brief

_MAX_SHOWN = 5
_MAX_NAMES = 5


def unmet(expectation: Expectation, fitting: list[Delivery], account: Account, claims: Claims, surface: Surface) -> str:
    """The text for an unmet expectation; `fitting` are the deliveries that fit by themselves.

    `surface` is where the text is read.
    """
    case = Case.of(expectation, fitting, account, claims, surface)
    found = diagnose(case)
    lines = [f"Expected {expectation}, but {found.wrong}."]
    if fitting:
        lines += ["What fits:", *_shown(account, [delivery.notification for delivery in fitting])]
        lines += _beside(case)
    else:
        lines += _closest(case)
    waiting = case.waiting
    if waiting:
        lines += [f"Still under way ({len(waiting)}):", *_shown(account, waiting)]
    lines += found.lines
    so_far = "\n".join(lines)
    lines += [f"The API refused: {text}" for text in refusals(account) if text not in so_far][-2:]
    return _masked([*lines, found.advice], account)


def unwanted(expectation: Expectation, found: list[Delivery], account: Account, surface: Surface) -> str:
    """The text for notifications that should not have gone out."""
    topic = "/".join(word for word in (expectation.type, expectation.event) if word is not None)
    about = "" if expectation.ids is None else f" about {short_ids(expectation.ids)}"
    to = "" if expectation.target is None else f" to {expectation.target}"
    having = "" if expectation.body is None else f", body={expectation.body!r}"
    what = f"no {topic}{' ' if topic else ''}notification{about}{to}{having}"
    lines = [f"Expected {what}, but there {'is' if len(found) == 1 else 'are'} {len(found)}:"]
    first, cause = found[0], found[0].change.cause
    lines += _shown(account, [delivery.notification for delivery in found])
    if cause is not None:
        lines.append(_echo(first, cause, account))
    same = sent_twice(first, account)
    if same:
        lines.append(same)
    target = first.target if may_mean_another_target(account, first) else ""
    lines.append(
        f"If {'it' if len(found) == 1 else f'#{first.notification.serial}'} should arrive, claim it first: "
        f"{surface.expect(first.type, first.event, f', ids={list(first.ids)}', target=target)}. "
        f"If not, {'subscribe once' if same else 'fix what makes the change'}."
    )
    return _masked(lines, account)


def _echo(delivery: Delivery, cause: int, account: Account) -> str:
    serial = delivery.notification.serial
    causing = next(each for each in account.journal.notifications if each.serial == cause)
    if is_about(causing, delivery.notification.change):
        return f"#{serial} is an echo: the endpoint made that change while handling #{cause}."
    # It may be an echo of an earlier one, from an endpoint that works on after its answer.
    return f"#{serial} follows from a change that was made while #{cause}, about another record, was being delivered."


def _beside(case: Case) -> list[str]:
    fits = {delivery.notification.serial for delivery in case.fitting}
    others = [
        delivery
        for delivery, _ in case.scored
        if is_of(case.expectation, delivery.notification)
        and delivery.notification.serial not in fits
        and not case.claims.is_claimed(delivery)
    ]
    if not others:
        return []
    # What an endpoint answered is more telling than what a limit kept from it.
    first = next((delivery for delivery in others if delivery.request_body), others[0])
    lines = [
        f"{len(others)} of the same topic did not fit, among them:",
        f"  {story(case.account, first.notification)}",
    ]
    return [*lines, *(f"    - {reason}" for reason in misfits(case.expectation, first))]


def _closest(case: Case) -> list[str]:
    scored = []
    for delivery, misfitting in case.scored:
        reasons = list(misfitting)
        if has_ids_of_another_type(case.expectation, delivery.notification):
            same = "the same ids are those of other records there: ids are unique only within a type"
            reasons.append(Misfit("ids", same, is_absent=True))
        if case.claims.is_claimed(delivery):
            # What was claimed is no longer there, so it is no nearer than a delivery that lacks what is expected.
            reasons.append(Misfit("", case.claims.reason(delivery).why.format("it"), is_absent=True))
        # A delivery about the same records is closer than one that is not, however little else fits.
        score = (not case.concerns(delivery.notification), distance(reasons), delivery.notification.serial)
        scored.append((score, delivery, reasons))
    if not scored:
        return ["Nothing was delivered."]
    scored.sort(key=lambda item: item[0])
    nearest = [item for item in scored if item[0][:2] == scored[0][0][:2]][:3]
    lines = ["Closest:"]
    for _, delivery, reasons in nearest:
        attributes = _attributes_text(delivery.notification) if len(nearest) > 1 else ""
        lines.append(f"  {story(case.account, delivery.notification)}{attributes}")
        lines += [f"    - {reason}" for reason in reasons]
        if delivery.traceback is not None:
            lines += [f"      {line}" for line in brief(delivery.traceback).splitlines()]
    others = len(scored) - len(nearest)
    return [*lines, f"  and {others} more that {'fits' if others == 1 else 'fit'} less"] if others else lines


def _attributes_text(notification: Notification) -> str:
    """The attributes that an update told of: several of one record differ in nothing else that could be seen."""
    names = list(notification.change.updated_attributes)
    more = len(names) - _MAX_NAMES
    shown = ", ".join(names[:_MAX_NAMES]) + (f" and {more} more" if more > 0 else "")
    return f"; it told of {shown}" if names else ""


def _shown(account: Account, notifications: Sequence[Notification]) -> list[str]:
    lines = [f"  {story(account, notification)}" for notification in notifications[:_MAX_SHOWN]]
    more = len(notifications) - _MAX_SHOWN
    return [*lines, f"  and {more} more"] if more > 0 else lines


def _masked(lines: list[str], account: Account) -> str:
    return masked("\n".join(lines), account.journal.subscriptions())
