"""`expect` and `expect_none`: find what was asked for among the deliveries, and claim it.

Everything here only reads the journal. Values are compared with `==`, so that matchers such as dirty-equals work.
"""

from __future__ import annotations

from collections.abc import Sequence

from copper_emulator.claims import Claims
from copper_emulator.core.account import Account
from copper_emulator.core.model import Delivery, Outcome
from copper_emulator.expectation import Expectation, is_of, misfits
from copper_emulator.near_misses import unmet, unwanted

_ARRIVING = (Outcome.DELIVERED, Outcome.REJECTED, Outcome.FAILED, Outcome.UNKNOWN)
"""Outcomes of notifications that went out; `expect_none` does not mind the others."""


class ExpectationError(AssertionError):
    """An expectation that was not met. The text says what was expected, what came closest, and what to do."""


def meet(expectation: Expectation, account: Account, claims: Claims) -> list[Delivery]:
    """The deliveries that fit, now claimed. Raises ExpectationError."""
    __tracebackhide__ = True
    fitting = [
        delivery
        for delivery in account.journal.deliveries
        if not claims.is_claimed(delivery) and not misfits(expectation, delivery)
    ]
    chosen = _choose(expectation, fitting)
    if chosen is None:
        raise ExpectationError(unmet(expectation, fitting, account, claims))
    claims.claim(chosen, named=expectation.names_outcome)
    return chosen


def meet_none(expectation: Expectation, account: Account, claims: Claims) -> None:
    """Raises ExpectationError when something unclaimed fits."""
    __tracebackhide__ = True
    found = [
        delivery
        for delivery in account.journal.deliveries
        if delivery.outcome in _ARRIVING
        and not claims.is_claimed(delivery)
        and is_of(expectation, delivery.notification)
        and (expectation.ids is None or set(delivery.ids) & set(expectation.ids))
    ]
    if found:
        raise ExpectationError(unwanted(expectation, found, account))


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
