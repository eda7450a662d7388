"""What is the one thing that is wrong when an expectation is not met, and what would help?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from copper_emulator.core.account import Account
from copper_emulator.core.model import UNSUCCESSFUL, Delivery, Notification, Wait, WaitsFor
from copper_emulator.core.moments import stamp
from copper_emulator.core.records.changed import unreported
from copper_emulator.core.records.tables import TABLES
from copper_emulator.core.rules import PAYLOAD_KEYS
from copper_emulator.core.surface import Surface
from copper_emulator.core.text import count, short_ids
from copper_emulator.expectation import distance, misfits
from copper_emulator.later_work import if_later
from copper_emulator.near_misses.case import Case
from copper_emulator.near_misses.field_advice import advice_on
from copper_emulator.near_misses.nothing_sent import (
    to_others,
    why_nothing,
    why_nothing_since,
)
from copper_emulator.near_misses.parts import Diagnosis, or_later
from copper_emulator.near_misses.unheard import changes_since
from copper_emulator.timeline import under


def diagnose(case: Case) -> Diagnosis:
    """The first explanation that applies. Inside an endpoint, only one does: time stands still there."""
    if case.account.causing:
        return Diagnosis(
            "it has not been delivered yet",
            "Time stands still inside an endpoint: expect it after the call that delivers.",
        )
    for look in _LOOKS:
        found = look(case)
        if found is not None:
            return found
    return why_nothing(case.expectation, case.account, case.surface)


def _incomplete(case: Case) -> Diagnosis | None:
    """Some deliveries fit, but ids are missing: the advice is the diagnosis for the missing ids alone."""
    if not case.fitting or not case.missing:
        return None
    claimed_ids = {record_id for delivery in case.claimed for record_id in delivery.ids}
    claimed = [record_id for record_id in case.missing if record_id in claimed_ids]
    never = [record_id for record_id in case.missing if record_id not in claimed_ids]
    anew = claimed if claimed and _since_claimed(case.alone(claimed)) else []
    claimed = [] if anew else claimed
    reasons = []
    if claimed:
        of_these = next(delivery for delivery in case.claimed if not set(claimed).isdisjoint(delivery.ids))
        reasons.append(case.claims.reason(of_these).why.format(short_ids(claimed)))
    if never or anew:
        absent = [record_id for record_id in case.missing if record_id not in claimed]
        reasons.append(f"{short_ids(absent)} did not arrive as expected")
    explained = never or anew or claimed
    rest = diagnose(case.alone(explained))
    lines = (f"{short_ids(explained)}: {rest.wrong}.", *rest.lines)
    return Diagnosis(", and ".join(reasons), rest.advice, lines)


def _miscounted(case: Case) -> Diagnosis | None:
    wanted = case.expectation.count
    if not case.fitting or wanted is None:
        return None
    wrong = f"{count(len(case.fitting), 'delivery')} {'fits' if len(case.fitting) == 1 else 'fit'}, not {wanted}"
    if len(case.fitting) < wanted:
        # What came otherwise explains it only if there were enough with that.
        are_enough = len(case.fitting) + len(case.near) + len(case.waiting) >= wanted
        looks = (_failed, _under_way, _misfitting) if are_enough else (_under_way,)
        beside = next((found for look in looks if (found := look(case))), None)
        came = case.surface.expected("count", len(case.fitting))
        if beside is not None:
            return replace(beside, wrong=wrong)
        if _failed(case):
            # To expect as many as were accepted would hide the others.
            return Diagnosis(wrong, f"Make the others happen, or expect fewer; but first {_ACCEPT_ALL}.")
        return _or_later(Diagnosis(wrong, f"Expect what came: {came}."), case, has_come=True)
    return Diagnosis(wrong, _too_many(case))


_ACCEPT_ALL = "fix the endpoint, which has not accepted all that came"


def _too_many(case: Case) -> str:
    account, all_of_them = case.account, case.surface.expected("count", len(case.fitting))
    found = (account.subscriptions.find(delivery.notification.subscription) for delivery in case.fitting)
    if any(subscription is not None and subscription.key != account.key_serial for subscription in found):
        return (
            "Delete the subscriptions before switching the key: those of an earlier key keep firing, as Copper's do. "
            f"Or expect all of them: {all_of_them}."
        )
    same = next((text for delivery in case.fitting if (text := sent_twice(delivery, account))), "")
    if same:
        # What is asked for twice by mistake should not be expected twice.
        return f"{same} Subscribe once; or, if this is intended, expect all of them: {all_of_them}."
    which = case.surface.which(_distinguishing(case.fitting))
    return f"Expect all of them: {all_of_them}{f'; or say which you mean, with {which}' if which else ''}."


def _distinguishing(deliveries: Sequence[Delivery]) -> list[str]:
    """The arguments of an expectation by which these could be told apart."""
    first, *others = deliveries
    return [name for name, value in _VALUES.items() if any(value(each) != value(first) for each in others)]


def _of_its_subscription(delivery: Delivery) -> object:
    """What a body has of its subscription: the id, and the names and values of a secret."""
    body = delivery.body
    return {name: body[name] for name in body if name not in _OF_CHANGE} if isinstance(body, Mapping) else body


_OF_CHANGE = frozenset(PAYLOAD_KEYS) - {"subscription_id"}

_VALUES: Mapping[str, Callable[[Delivery], object]] = {
    "topic": lambda delivery: delivery.topic,
    "ids": lambda delivery: set(delivery.ids),
    "target": lambda delivery: delivery.target,
    "updated_attributes": lambda delivery: delivery.change.updated_attributes,
    "body": _of_its_subscription,
}


def sent_twice(delivery: Delivery, account: Account) -> str:
    """Which subscriptions notified a target of one change, if there are several; else nothing."""
    found = {
        other.notification.subscription
        for other in account.journal.deliveries
        if other.change is delivery.change and other.target == delivery.target
    }
    if len(found) < 2:
        return ""
    same = f"The subscriptions {short_ids(sorted(found))} have the same topic and target"
    return f"{same}, so it is notified {len(found)} times."


def _since_claimed(case: Case) -> Diagnosis | None:
    """It came and was claimed, and was then done anew: why nothing came of that is what must be explained."""
    claimed = case.meant
    if claimed is None:
        return None
    later = replace(case, after=claimed.notification.serial)
    for look in (_failed, _under_way, _misfitting):
        found = look(later)
        if found is not None:
            return found
    return why_nothing_since(case.expectation, case.account, case.surface, case.number_of(claimed))


def _under_way(case: Case) -> Diagnosis | None:
    waiting = case.waiting
    if not waiting:
        return None
    wait = case.account.wait_of(waiting[0])
    if wait.what is WaitsFor.CALL:
        later = if_later(case.account, case.surface, "does it later")
        advice = f"It is due and can be sent: settle, or advance{f'; or, {later}' if later else ''}."
        return Diagnosis("it has not been sent yet", advice)
    if wait.what is WaitsFor.GOING:
        return Diagnosis("it is still being sent", "Wait a little longer for it.")
    if wait.what is WaitsFor.PAUSED:
        return Diagnosis("its target is paused", "Resume the target first.")
    comes = "it times out at" if wait.times_out else "until"
    until = "" if wait.until_ms is None else f" ({comes} {stamp(wait.until_ms)})"
    slow = under(case.account.faults.faults_of(waiting[0]))
    late, at_once = _late(case, waiting[0], wait)
    wrong = {
        WaitsFor.TIME: f"it is not due yet{late}",
        WaitsFor.LIMIT: f"the limit of {wait.limit} holds it back",
        WaitsFor.TARGET: "its target is busy",
    }.get(wait.what, f"the endpoint has not answered yet{slow}")
    return Diagnosis(wrong, f"Let time pass first{until}: {case.surface.pass_time}.{at_once}")


def _late(case: Case, notification: Notification, wait: Wait) -> tuple[str, str]:
    """Which latency delays a notification, and how to avoid it; empty strings if it waits for something else."""
    if wait.what is not WaitsFor.TIME or notification.repeats is not None:
        return "", ""
    account, surface = case.account, case.surface
    subscription = account.subscriptions.find(notification.subscription)
    latency = account.faults.latency("" if subscription is None else subscription.target)
    if latency != account.rules.latency:
        return f": the fault latency={latency} delays it", f" Or switch the fault off: {surface.faults_off}."
    if not latency.high_ms:
        return "", ""
    # On a server somebody else may have set it.
    shared = surface in (Surface.SERVER, Surface.PLAY)
    none = f" Or switch it off: {surface.setting('latency', '0')}." if shared else ""
    return f": the account's latency is {latency}", none


def _failed(case: Case) -> Diagnosis | None:
    """Some fit except for their outcome, a failure: more time would only bring more of the same."""
    if case.expectation.names_outcome:
        return None
    for delivery, reasons in case.near:
        if delivery.outcome in UNSUCCESSFUL and [reason.field for reason in reasons] == ["outcome"]:
            return advice_on(reasons[0], delivery, case.expectation, case.account, case.surface)
    return None


def _misfitting(case: Case) -> Diagnosis | None:
    """Unclaimed deliveries concern the expectation but do not fit."""
    if not case.near:
        return None
    # What an endpoint answered is more telling than what a limit kept from it.
    delivery, reasons = min(case.near, key=lambda found: (distance(found[1]), not found[0].request_body))
    diagnosis = advice_on(reasons[0], delivery, case.expectation, case.account, case.surface)
    if case.beside and reasons[0].field == "updated_attributes" and not reasons[0].is_absent:
        # What is expected did fit the records beside it, so no one value fits them all.
        return replace(diagnosis, advice=_one_for_each(case, diagnosis.advice))
    # Another change of the same record may come; a name of the API's, or a different value, is a mistake in the test.
    other = all(reason.field == "updated_attributes" and reason.is_absent for reason in reasons) and not diagnosis.lines
    return _or_later(diagnosis, case) if other else diagnosis


def _one_for_each(case: Case, advice: str) -> str:
    """The advice for the records that remain, preceded by what made them remain."""
    apart = "records with different old or new values are notified apart"
    these = short_ids(case.expectation.ids or ())
    return f"Use one expect for each, as {apart}. For {these}, {advice[0].lower()}{advice[1:]}"


def _claimed(case: Case) -> Diagnosis | None:
    claimed = case.meant
    if claimed is None:
        return None
    reason = case.claims.reason(claimed)
    why = reason.why.format("it")
    others = _others_since(case, claimed)
    if others is not None:
        return Diagnosis(f"{why}, and since then {others.wrong}", others.advice)
    found = Diagnosis(why, reason.advice)
    # If it would have fitted, it is the one that is meant.
    return _or_later(found, case) if misfits(case.expectation, claimed) else found


def _others_since(case: Case, claimed: Delivery) -> Diagnosis | None:
    """What is expected has happened to other records since, and no expect has claimed that."""
    journal = case.account.journal
    changes = [
        change
        for change in changes_since(case.account, case.number_of(claimed))
        if case.beside.isdisjoint(change.ids)
        and not any(
            delivery is not None and case.claims.is_claimed(delivery)
            for delivery in map(journal.delivery_of, journal.notifications_of(change))
        )
    ]
    return to_others(case.expectation, case.account, case.surface, changes)


def _or_later(diagnosis: Diagnosis, case: Case, *, has_come: bool = False) -> Diagnosis:
    """The same, and how to wait for what the endpoint may do after its answer.

    If what is expected `has_come`, and more of it is missing, that explains it only where the endpoint makes changes.
    """
    if _is_never_reported(case):
        return diagnosis
    later = or_later(case.expectation, case.account, case.surface, has_come=has_come)
    return replace(diagnosis, advice=f"{diagnosis.advice}{later}") if later else diagnosis


def _is_never_reported(case: Case) -> bool:
    """Whether no change reports the expected attributes, because one of the names is misspelled."""
    kind, attributes = case.expectation.type, case.expectation.updated_attributes or {}
    return kind is not None and any(unreported(TABLES[kind], attributes, case.account.records.catalogue))


_LOOKS: Sequence[Callable[[Case], Diagnosis | None]] = (
    _incomplete,
    _miscounted,
    _since_claimed,
    _failed,
    _under_way,
    _misfitting,
    _claimed,
)
