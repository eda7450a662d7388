"""What a test has already accounted for: deliveries that an `expect` matched, and those it called by their status."""

from __future__ import annotations

from collections.abc import Iterable

from copper_emulator.core.model import Delivery

_WHY = "an earlier expect has claimed {} already"
_ADVICE = "Each delivery meets one expect: have it happen again before expecting it again, or leave one expect out."


class Claims:
    """Grows only; one for each account.

    Args:
        why: in a text, why a delivery does not count any more; `{}` is which one.
        advice: what would help, a sentence.
    """

    def __init__(self, *, why: str = _WHY, advice: str = _ADVICE) -> None:
        self.why = why
        self.advice = advice
        self._claimed: set[int] = set()
        self._permitted: set[int] = set()

    def is_claimed(self, delivery: Delivery) -> bool:
        return delivery.notification.serial in self._claimed

    def is_permitted(self, delivery: Delivery) -> bool:
        """Whether an `expect` named the status or outcome of this delivery, so that the verdict accepts it."""
        return delivery.notification.serial in self._permitted

    def claim(self, deliveries: Iterable[Delivery], *, named: bool) -> None:
        """Take these into account; `named` when their status or outcome was asked for."""
        serials = {delivery.notification.serial for delivery in deliveries}
        self._claimed |= serials
        if named:
            self._permitted |= serials

    def clear(self) -> None:
        self._claimed.clear()
        self._permitted.clear()
