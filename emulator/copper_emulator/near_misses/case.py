"""An expectation that was not met: what of the account concerns it, and what had been claimed already?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from copper_emulator.claims import Claims
from copper_emulator.core.account import Account
from copper_emulator.core.model import Delivery, Notification
from copper_emulator.core.surface import Surface
from copper_emulator.expectation import Expectation, Misfit, is_of, misfits


@dataclass(frozen=True)
class Case:
    """An expectation that was not met, and its account; `fitting` are the deliveries that fit but for ids or count."""

    expectation: Expectation
    fitting: Sequence[Delivery]
    account: Account
    claims: Claims
    surface: Surface
    """Where the text is read."""
    scored: Sequence[tuple[Delivery, Sequence[Misfit]]] = field(default=())
    after: int = 0
    """Only notifications with a higher serial matter."""
    beside: frozenset[int] = frozenset()
    """Ids that are expected, too, but looked at elsewhere."""

    @classmethod
    def of(
        cls,
        expectation: Expectation,
        fitting: Sequence[Delivery],
        account: Account,
        claims: Claims,
        surface: Surface,
    ) -> Case:
        scored = [(delivery, misfits(expectation, delivery)) for delivery in account.journal.deliveries]
        return cls(expectation, fitting, account, claims, surface, scored)

    def alone(self, ids: Sequence[int]) -> Case:
        """The same for some of the expected ids, of which none arrived as expected."""
        alone = Case.of(self.expectation.only(ids), (), self.account, self.claims, self.surface)
        return replace(alone, beside=self.expectation.wanted)

    def concerns(self, notification: Notification) -> bool:
        """Whether a notification has the expected topic and, if ids are expected, any of them."""
        return is_of(self.expectation, notification) and (
            self.expectation.ids is None or not self.expectation.wanted.isdisjoint(notification.ids)
        )

    @property
    def waiting(self) -> list[Notification]:
        waiting = self.account.waiting()
        return [each for each in waiting if each.serial > self.after and self.concerns(each)]

    @property
    def near(self) -> list[tuple[Delivery, Sequence[Misfit]]]:
        """Unclaimed deliveries that concern the expectation but do not fit, each with the reasons."""
        return [
            (delivery, reasons)
            for delivery, reasons in self.scored
            if reasons
            and delivery.notification.serial > self.after
            and self.concerns(delivery.notification)
            and not self.claims.is_claimed(delivery)
        ]

    @property
    def missing(self) -> list[int]:
        """Expected ids that no fitting delivery brought."""
        arrived = {record_id for delivery in self.fitting for record_id in delivery.ids}
        return [record_id for record_id in self.expectation.ids or () if record_id not in arrived]

    @property
    def claimed(self) -> list[Delivery]:
        """Deliveries that concern the expectation but that an earlier expect has claimed."""
        return [d for d, _ in self.scored if self.concerns(d.notification) and self.claims.is_claimed(d)]

    @property
    def meant(self) -> Delivery | None:
        """The last of those claimed: of those that would have fitted, if any would."""
        claimed = self.claimed
        return next(reversed([each for each in claimed if not misfits(self.expectation, each)] or claimed), None)

    def number_of(self, claimed: Delivery) -> int:
        """The journal's entry after which something may have been done anew since a delivery that was claimed."""
        entry = self.account.journal.entry_of(claimed.change)
        return max(0 if entry is None else entry.number, self.claims.reason(claimed).until)
