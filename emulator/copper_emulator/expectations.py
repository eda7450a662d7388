"""`expect` and `expect_none`: find what was asked for among the deliveries, or say what came closest and why not.

Everything here only reads the journal. Values are compared with `==`, so that matchers such as dirty-equals work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from copper_emulator.claims import Claims
from copper_emulator.core.account import Account
from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import Delivery, EntityType, Event, Notification, Outcome, State, count, short_ids
from copper_emulator.explain import refusals, story
from copper_emulator.timeline import masked, stamp

_MAX_SHOWN = 5

_ARRIVING = (Outcome.DELIVERED, Outcome.REJECTED, Outcome.FAILED, Outcome.UNKNOWN)
"""Outcomes of notifications that went out; `expect_none` does not mind the others."""


class ExpectationError(AssertionError):
    """An expectation that was not met. The text says what was expected, what came closest, and what to do."""


@dataclass(frozen=True)
class Expectation:
    """What is expected; None where it does not matter."""

    type: EntityType | None = None
    event: Event | None = None
    ids: tuple[int, ...] | None = None
    updated_attributes: Mapping[str, Any] | None = None
    body: Mapping[str, Any] | None = None
    target: str | None = None
    status: int | None = None
    outcome: Outcome | None = None
    count: int | None = None

    @classmethod
    def of(
        cls,
        type: str | None,
        event: str | None,
        *,
        ids: int | Iterable[int] | None = None,
        updated_attributes: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        target: str | None = None,
        status: int | None = None,
        outcome: str | None = None,
        count: int | None = None,
    ) -> Expectation:
        """As people write it. Raises UsageError for a type, event or outcome that does not exist."""
        wanted = None if ids is None else tuple(dict.fromkeys([ids] if isinstance(ids, int) else ids))
        if wanted == ():
            raise UsageError("ids=[] would expect a notification without ids, which never is; use expect_none")
        if count is not None and count < 1:
            raise UsageError("count must be at least 1; use expect_none to expect nothing")
        return cls(
            type=_member(EntityType, type, "type"),
            event=_member(Event, event, "event"),
            ids=wanted,
            updated_attributes=updated_attributes,
            body=body,
            target=target,
            status=status,
            outcome=_member(Outcome, outcome, "outcome"),
            count=count,
        )

    @property
    def names_outcome(self) -> bool:
        return self.status is not None or self.outcome is not None

    def __str__(self) -> str:
        parts = [f"{self.type or 'any type'}/{self.event or 'any event'}"]
        if self.ids is not None:
            parts.append(f"ids={short_ids(self.ids)}")
        for name in ("updated_attributes", "body", "target", "status"):
            if getattr(self, name) is not None:
                parts.append(f"{name}={getattr(self, name)!r}")
        if self.outcome is not None:
            parts.append(f"outcome={str(self.outcome)!r}")
        if not self.names_outcome:
            parts.append("delivered with any 2xx")
        if self.count is not None:
            parts.append(f"count={self.count}")
        return ", ".join(parts)


def meet(expectation: Expectation, account: Account, claims: Claims) -> list[Delivery]:
    """The deliveries that fit, now claimed. Raises ExpectationError."""
    fitting = [
        delivery
        for delivery in account.journal.deliveries
        if not claims.is_claimed(delivery) and not misfits(expectation, delivery)
    ]
    chosen = _choose(expectation, fitting)
    if chosen is None:
        raise ExpectationError(_unmet(expectation, fitting, account, claims))
    claims.claim(chosen, named=expectation.names_outcome)
    return chosen


def meet_none(expectation: Expectation, account: Account, claims: Claims) -> None:
    """Raises ExpectationError when something unclaimed fits."""
    found = [
        delivery
        for delivery in account.journal.deliveries
        if delivery.outcome in _ARRIVING
        and not claims.is_claimed(delivery)
        and _is_of(expectation, delivery.notification)
        and (expectation.ids is None or set(delivery.ids) & set(expectation.ids))
    ]
    if found:
        what = f"{expectation.type or 'any type'}/{expectation.event or 'any event'}"
        if expectation.ids is not None:
            what += f", ids={short_ids(expectation.ids)}"
        lines = [f"Expected no notification: {what}, but there {'is' if len(found) == 1 else 'are'} {len(found)}:"]
        lines += _shown(account, [delivery.notification for delivery in found])
        lines.append("If it is meant to arrive, claim it first: copper.expect(...).")
        raise ExpectationError(_masked(lines, account))


def misfits(expectation: Expectation, delivery: Delivery) -> list[str]:
    """Field by field, why a delivery is not what was expected; empty when it is. Ids may be some of those wanted."""
    reasons = []
    if expectation.type is not None and delivery.type is not expectation.type:
        reasons.append(f"type is {str(delivery.type)!r}, expected {str(expectation.type)!r}")
    if expectation.event is not None and delivery.event is not expectation.event:
        reasons.append(f"event is {str(delivery.event)!r}, expected {str(expectation.event)!r}")
    if expectation.ids is not None:
        reasons += _ids_misfit(expectation.ids, delivery.ids)
    if expectation.target is not None and expectation.target != delivery.target:
        reasons.append(f"target is {delivery.target!r}, expected {expectation.target!r}")
    if expectation.updated_attributes is not None:
        actual = delivery.change.updated_attributes
        reasons += _mapping_misfit("updated_attributes", expectation.updated_attributes, actual)
    if expectation.body is not None:
        reasons += _mapping_misfit("body", expectation.body, delivery.body)
    return reasons + _outcome_misfit(expectation, delivery)


def _choose(expectation: Expectation, fitting: list[Delivery]) -> list[Delivery] | None:
    if expectation.count is not None and len(fitting) < expectation.count:
        return None
    if expectation.ids is None:
        return fitting if fitting and expectation.count in (None, len(fitting)) else None
    wanted = frozenset(expectation.ids)
    if expectation.count is None:
        return _cover(wanted, fitting)
    union = frozenset(record_id for delivery in fitting for record_id in delivery.ids)
    return fitting if union == wanted and len(fitting) == expectation.count else None


def _cover(wanted: frozenset[int], fitting: Sequence[Delivery]) -> list[Delivery] | None:
    """The first deliveries, in order, whose ids together are exactly the wanted ones, none twice."""
    stack: list[tuple[int, frozenset[int], tuple[Delivery, ...]]] = [(0, wanted, ())]
    for _ in range(100_000):
        if not stack:
            return None
        at, missing, chosen = stack.pop()
        if not missing:
            return list(chosen)
        if at == len(fitting):
            continue
        ids = frozenset(fitting[at].ids)
        stack.append((at + 1, missing, chosen))
        if ids and ids <= missing:
            stack.append((at + 1, missing - ids, (*chosen, fitting[at])))
    return None


def _ids_misfit(wanted: tuple[int, ...], actual: tuple[int, ...]) -> list[str]:
    extra = [record_id for record_id in actual if record_id not in wanted]
    if not extra:
        return []
    return [
        f"ids are {short_ids(actual)}, of which {short_ids(extra)} {'is' if len(extra) == 1 else 'are'} not expected"
    ]


def _mapping_misfit(where: str, expected: Mapping[str, Any], actual: Any) -> list[str]:
    if not isinstance(actual, Mapping):
        return [f"{where} is {actual!r}"]
    reasons = []
    for name, value in expected.items():
        wanted = list(value) if isinstance(value, tuple) else value
        if name not in actual:
            has = ", ".join(map(repr, actual)) or "nothing"
            reasons.append(f"{where} has no {name!r} (it has {has})")
        elif wanted != actual[name]:
            if isinstance(wanted, Mapping) and isinstance(actual[name], Mapping):
                reasons += _mapping_misfit(f"{where}.{name}", wanted, actual[name])
            else:
                reasons.append(f"{where}[{name!r}] is {actual[name]!r}, expected {wanted!r}")
    return reasons


def _outcome_misfit(expectation: Expectation, delivery: Delivery) -> list[str]:
    if expectation.outcome is not None and delivery.outcome is not expectation.outcome:
        return [f"it was {delivery.verdict}, expected {expectation.outcome}"]
    if expectation.status is not None and expectation.status != delivery.status:
        return [f"it was {delivery.verdict}, expected status {expectation.status}"]
    if not expectation.names_outcome and delivery.outcome is not Outcome.DELIVERED:
        return [f"it was {delivery.verdict}, expected a 2xx"]
    return []


# --- the text of a failure ----------------------------------------------------------------------------------


def _unmet(expectation: Expectation, fitting: list[Delivery], account: Account, claims: Claims) -> str:
    lines = [f"Expected {expectation}."]
    if fitting:
        lines += _count_or_ids(expectation, fitting, account)
    else:
        lines += _closest(expectation, account, claims)
    waiting = [n for n in account.waiting() if _is_of(expectation, n)]
    advice = _waiting_advice(account, waiting)
    if waiting:
        lines.append(f"Still under way ({len(waiting)}):")
        lines += _shown(account, waiting)
    if not fitting and not waiting:
        lines += _why_nothing(expectation, account)
    lines += [f"The API refused: {text}" for text in refusals(account)[-2:]]
    return _masked([*lines, *advice], account)


def _count_or_ids(expectation: Expectation, fitting: list[Delivery], account: Account) -> list[str]:
    arrived = dict.fromkeys(record_id for delivery in fitting for record_id in delivery.ids)
    missing = [record_id for record_id in expectation.ids or () if record_id not in arrived]
    if missing:
        head = f"Of these ids {short_ids(missing)} did not arrive; what did:"
    elif expectation.count is not None and len(fitting) != expectation.count:
        head = f"{count(len(fitting), 'delivery').replace('deliverys', 'deliveries')} fit, not {expectation.count}:"
    else:
        head = "The ids arrived, but not as an exact union (some came more than once):"
    return [head, *_shown(account, [delivery.notification for delivery in fitting])]


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


def _why_nothing(expectation: Expectation, account: Account) -> list[str]:
    changes = [
        change
        for change in account.journal.changes
        if expectation.type in (None, change.type)
        and expectation.event in (None, change.event)
        and (expectation.ids is None or set(change.ids) & set(expectation.ids))
    ]
    unheard = [change for change in changes if not change.subscriptions]
    if unheard:
        return [f"It happened, but nobody was notified: {unheard[-1].note}."] + (
            ["Subscribe first: copper.subscribe(type, event, target=...)."]
            if "no subscription" in unheard[-1].note
            else []
        )
    if not changes:
        return ["No such change happened in this account."]
    return []


def _waiting_advice(account: Account, waiting: list[Notification]) -> list[str]:
    if not waiting:
        return []
    first = waiting[0]
    if first.state is State.SENDING:
        return ["The endpoint's answer is due later in virtual time: copper.advance(...) or copper.run_until_idle()."]
    moment = first.held_until_ms if first.state is State.HELD else first.due_ms
    return [
        f"Time has to pass before it is sent (next {stamp(moment or first.due_ms)}): "
        "copper.advance(...) or copper.run_until_idle()."
    ]


def _is_of(expectation: Expectation, notification: Notification) -> bool:
    return expectation.type in (None, notification.type) and expectation.event in (None, notification.event)


def _shown(account: Account, notifications: Sequence[Notification]) -> list[str]:
    lines = [f"  {story(account, notification)}" for notification in notifications[:_MAX_SHOWN]]
    more = len(notifications) - _MAX_SHOWN
    return [*lines, f"  and {more} more"] if more > 0 else lines


def _masked(lines: list[str], account: Account) -> str:
    return masked("\n".join(lines), account.journal.subscriptions())


def _member(kind: Any, value: str | None, name: str) -> Any:
    if value is None:
        return None
    try:
        return kind(value)
    except ValueError:
        raise UsageError(f"there is no {name} {value!r}; it is one of {', '.join(kind)}") from None
