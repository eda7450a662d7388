"""Every mistake by name, and how to put it into the core temporarily."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from copper_emulator.core import account, listeners, outbox, ratelimit, wire
from copper_emulator.core.account import Account
from copper_emulator.core.records import changed, commands
from copper_emulator.core.records.forms.plain import Several
from tests.mutations import limits, order, path, records


class Patch(NamedTuple):
    """A name in a module of the core, and its replacement."""

    module: Any
    name: str
    replacement: Any


Mutation = type[Account] | Patch

LIMITS_AND_ORDER: dict[str, Mutation] = {
    "a fixed window lets one too many go": Patch(ratelimit, "FixedWindow", limits.OneTooMany),
    "a rolling window lets one too few go": Patch(ratelimit, "RollingWindow", limits.OneTooFew),
    "a fixed window renews late": Patch(ratelimit, "FixedWindow", limits.RenewsLate),
    "a fixed window follows the clock": Patch(ratelimit, "FixedWindow", limits.RenewsWithTheClock),
    "a rolling window forgets early": Patch(ratelimit, "RollingWindow", limits.ForgetsEarly),
    "only the first limit is kept": Patch(account, "RateLimiter", limits.OnlyTheFirstLimit),
    "drop instead of hold": limits.DropsWhatItShouldHold,
    "hold instead of drop": limits.HoldsWhatItShouldDrop,
    "newest first on release": Patch(outbox, "Lanes", order.NewestFirst),
    "ties the wrong way round": Patch(outbox, "Agenda", order.TiesTheWrongWayRound),
}

CHECKER: dict[str, Mutation] = {
    **LIMITS_AND_ORDER,
    "later ones overtake where room is short": Patch(outbox, "Lanes", order.Overtaking),
}
"""What the checker catches in storms of changes: it knows limits, order and completeness."""

MACHINE: dict[str, Mutation] = {
    **LIMITS_AND_ORDER,
    "blocked ones are not counted": limits.BlockedIsNotCounted,
    "cancelled ones are counted": limits.CancelledIsCounted,
    "what stays held keeps the moment of the first window": Patch(account, "Outbox", limits.KeepsTheFirstWindow),
    "limits per key": limits.LimitsPerKey,
    "a target gets one too many at once": Patch(outbox, "Lanes", order.CrowdsItsTarget),
    "one more goes to a paused target": Patch(outbox, "Lanes", order.OneMoreAfterThePause),
    "one more change shifts the delays": order.LatencyByPosition,
    "the timeout comes late": order.WaitsTooLong,
    "an echo goes one deeper": order.FollowsOneEchoMore,
    "a second attempt": path.SecondAttempt,
    "a redirect counts as delivered": path.RedirectIsFine,
    "a batch of 31": Patch(account, "cut", path.batch_of_31),
    "what is held is forgotten with its subscription": path.ForgetsWhatWaits,
    "an old key's subscriptions stop firing": path.OldKeysFallSilent,
    "only the first subscription to a topic fires": Patch(listeners, "matching", path.only_the_first_subscription),
    "what waits keeps its old target": path.TargetOfTheChange,
    "a write that changes nothing fires": Patch(commands, "Action", path.FiresWithoutAChange),
    "different changes share a notification": Patch(commands, "Action", path.OneChangeForAll),
    "the timestamp is that of sending": Patch(wire, "Envelope", path.TimestampOfSending),
    "a secret replaces a key of the payload": Patch(wire, "Envelope", path.SecretWins),
}


RECORDS: dict[str, Mutation] = {
    "a refused action keeps its first rows": Patch(commands, "Action", records.KeepsWhatWasRight),
    "an email address belongs to two people": Patch(commands, "Action", records.SharesEmails),
    "two rows of an action share an email address": Patch(commands, "Action", records.ForgetsWhoHadIt),
    "a write of the same moves date_modified": Patch(commands, "Action", records.TouchesWhatStays),
    "a status is told by its id": Patch(changed, "_REPORTED_VALUES", records.NOTHING_OF_ITS_OWN),
    "tags in another order are a change": Patch(changed, "_SETS", (Several,)),
}
"""What the machine of the records catches: it only writes."""


@contextmanager
def applied(mutation: Mutation) -> Iterator[type[Account]]:
    """The class of account to use while the mistake is in the core."""
    if not isinstance(mutation, Patch):
        yield mutation
        return
    right = getattr(mutation.module, mutation.name)
    setattr(mutation.module, mutation.name, mutation.replacement)
    try:
        yield Account
    finally:
        setattr(mutation.module, mutation.name, right)
