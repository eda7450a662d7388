"""The message for deliveries and changes that cause each other without end."""

from __future__ import annotations

from collections.abc import Iterable

from copper_emulator.core.model import Change, Notification

_MOST = 8
"""The most links of the chain to show; of a longer one, only its beginning and its end."""


def echo_text(change: Change, notifications: Iterable[Notification], depth: int) -> str:
    """The chain that led to a change that is not followed, and how to break it."""
    by_serial = {notification.serial: notification for notification in notifications}
    chain = [change]
    while chain[-1].cause is not None:
        chain.append(by_serial[chain[-1].cause].change)
    steps = [f"  {link}" for link in reversed(chain)]
    if len(steps) > _MOST:
        steps = [*steps[:4], f"  ... {len(steps) - 7} more like these ...", *steps[-3:]]
    return (
        f"Echo loop: {depth} deliveries in a row each made your endpoint change a record, "
        "which caused the next delivery:\n" + "\n".join(steps) + "\n"
        "Copper would go on (its notifications do not say who made a change). Let the endpoint recognise its own "
        "writes, or write only when something differs; the setting echo_depth allows longer chains."
    )
