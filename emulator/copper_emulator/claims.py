"""What a test has already accounted for: deliveries that an `expect` matched, and those it called by their status."""

from __future__ import annotations

from collections.abc import Iterable

from copper_emulator.core.model import Delivery


class Claims:
    """Grows only; one for each account."""

    def __init__(self) -> None:
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
