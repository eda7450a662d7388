"""When do deliveries and changes cause each other without end, and what is said then?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from copper_emulator.core.model import Change, Notification, RecordChange

_MOST = 8
"""The most links of the chain to show; of a longer one, only its beginning and its end."""


def returns_of(
    record_change: RecordChange,
    under_way: Sequence[Notification],
    latest_about: Callable[[RecordChange], Notification | None],
) -> int:
    """How often in a row an endpoint has changed what it had been told of, with a change made during these deliveries.

    The chain of deliveries alone does not make an echo: an endpoint that goes on working after its answer makes its
    changes during whatever is being delivered then, each of a record that it was told of before. So they are counted
    from the last notification about the record; from the delivery, if there was none.
    """
    about = [notification for notification in under_way if is_about(notification, record_change)]
    latest = about[0] if about else latest_about(record_change)
    return (deepest(under_way) if latest is None else latest).change.returns + 1


def is_endless(depth: int, returns: int, echo_depth: int) -> bool:
    """Whether a chain of deliveries is longer than `echo_depth`, and half of it about the same records.

    Half, because a chain may go through two records in turn.
    """
    return depth > echo_depth and 2 * returns > echo_depth


def is_about(notification: Notification, record_change: RecordChange | Change) -> bool:
    """Whether a notification has the id of a record that was changed."""
    return notification.topic.type is record_change.topic.type and not set(notification.ids).isdisjoint(
        record_change.ids
    )


def deepest(notifications: Sequence[Notification]) -> Notification:
    """The notification at the end of the longest chain; of several, the first."""
    return max(notifications, key=lambda notification: notification.change.depth)


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
