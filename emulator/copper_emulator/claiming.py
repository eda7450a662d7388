"""`expect` and `expect_none`: find the expected deliveries, and claim them.

Nothing here changes the journal. Values are compared with `==`, so matchers such as dirty-equals work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from copper_emulator.claims import Claims
from copper_emulator.core.account import Account
from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import SENT, Delivery, Topic
from copper_emulator.core.surface import Surface
from copper_emulator.core.targets import comparable, origin_of
from copper_emulator.expectation import Expectation, fits, is_of, misfits
from copper_emulator.near_misses import unmet, unwanted


class ExpectationError(AssertionError):
    """An expectation that was not met. The text says what was expected, what came closest, and what to do."""

    # The public import path, and the name that the summary of a test run shows.
    __module__ = "copper_emulator"

    topic: Topic | None = None
    """The topic of the deliveries that were missed, if the expectation names one."""
    claims: Claims | None = None
    """What had been claimed in the account in which they were missed."""


def meet(expectation: Expectation, account: Account, claims: Claims, surface: Surface) -> list[Delivery]:
    """Claim and return the deliveries that fit. Raises ExpectationError, worded for `surface`."""
    __tracebackhide__ = True
    fitting = [delivery for delivery in _unclaimed(expectation, account, claims) if fits(expectation, delivery)]
    chosen = choose(expectation, fitting)
    if chosen is None:
        error = ExpectationError(unmet(expectation, fitting, account, claims, surface))
        if expectation.type is not None and expectation.event is not None:
            error.topic, error.claims = Topic(expectation.type, expectation.event), claims
        raise error
    claims.claim(chosen, named=expectation.names_outcome)
    return chosen


def meet_none(expectation: Expectation, account: Account, claims: Claims, surface: Surface) -> None:
    """Raise ExpectationError if an unclaimed delivery fits.

    Raises UsageError if nothing ever could: the target is only the host, or another spelling, of a subscribed one.
    """
    __tracebackhide__ = True
    if expectation.target is not None:
        _check_target(expectation.target, account)
    found = [
        delivery
        for delivery in _unclaimed(expectation, account, claims)
        if delivery.outcome in SENT
        and is_of(expectation, delivery.notification)
        and (expectation.ids is None or set(delivery.ids) & set(expectation.ids))
        and not any(misfit.field in _WHERE_TO for misfit in misfits(expectation, delivery))
    ]
    if found:
        raise ExpectationError(unwanted(expectation, found, account, surface))


def _check_target(target: str, account: Account) -> None:
    known = {subscription.target for subscription in account.journal.subscriptions()}
    if target in known:
        return
    meant = comparable(target).rstrip("/")
    for each in sorted(known):
        if comparable(each).rstrip("/") == meant or (meant == origin_of(meant) == origin_of(comparable(each))):
            raise UsageError(f"nothing goes to target={target!r}, as it is written: write the whole target, {each!r}")


_WHERE_TO = ("target", "body")
"""The fields that say where a delivery went. `body` is one: a scenario names a subscription by the id in the body."""


def _unclaimed(expectation: Expectation, account: Account, claims: Claims) -> list[Delivery]:
    """Unclaimed deliveries, narrowed to the expected topic and ids if both type and event are named."""
    if expectation.type is None or expectation.event is None:
        return [delivery for delivery in account.journal.deliveries if not claims.is_claimed(delivery)]
    return claims.unclaimed(account.journal, Topic(expectation.type, expectation.event), expectation.ids)


def choose(expectation: Expectation, fitting: list[Delivery]) -> list[Delivery] | None:
    """Of the deliveries that each fit, those that together have the ids and the count expected; None if they do not."""
    if expectation.count is not None and len(fitting) < expectation.count:
        return None
    if expectation.ids is None:
        return fitting if fitting and expectation.count in (None, len(fitting)) else None
    wanted = expectation.wanted
    if expectation.count is None:
        return _cover(wanted, fitting)
    union = frozenset(record_id for delivery in fitting for record_id in delivery.ids)
    return fitting if union == wanted and len(fitting) == expectation.count else None


def _cover(wanted: frozenset[int], fitting: Sequence[Delivery]) -> list[Delivery] | None:
    """The first deliveries that together have the ids wanted, without any that the others make superfluous.

    The first pass takes only deliveries that share no id. If they do not have all ids, the second allows overlaps.
    """
    for twice in (False, True):
        missing, chosen = set(wanted), []
        for delivery in fitting:
            if missing.issuperset(delivery.ids) or (twice and not missing.isdisjoint(delivery.ids)):
                missing.difference_update(delivery.ids)
                chosen.append(delivery)
            if not missing:
                return _needed(chosen) if twice else chosen
    return None


def _needed(chosen: Sequence[Delivery]) -> list[Delivery]:
    """Leave out each delivery whose ids are all in others that are not left out, beginning with the first."""
    times = Counter(record_id for delivery in chosen for record_id in delivery.ids)
    needed = []
    for delivery in chosen:
        if all(times[record_id] > 1 for record_id in delivery.ids):
            times.subtract(delivery.ids)
        else:
            needed.append(delivery)
    return needed
