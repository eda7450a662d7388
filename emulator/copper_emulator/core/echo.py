"""When do deliveries and changes cause each other without end, and what is said then?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from copper_emulator.core.model import Change, Notification, RecordChange

_MOST = 8
"""The most links of the chain to show; of a longer one, only its beginning and its end."""

UNTOLD = 20
"""How many times `echo_depth` a chain may be long half of whose changes are of records that nobody had been told of.

An endpoint that makes a new record for each that it is told of makes such a chain, and so does a client that has
nothing to do with the deliveries during which its calls come: it makes records one after the other. Chance soon ends
the chain of a client; that of an endpoint goes on. 500 notifications by default are fewer than a minute's limit holds
back, so the endpoint's test is told of the loop, and not of the limit.
"""

FROM_ANYBODY = frozenset({"api", "control"})
"""The origins of changes that may come from any client, whatever is being delivered. In Python, turns tell whose."""


class Link(NamedTuple):
    """Where a change stands in a chain of deliveries and changes that cause each other."""

    depth: int = 0
    """How many deliveries led to it."""
    returns: int = 0
    """How often in a row its own record was changed by an endpoint that had been told of it."""
    untold: int = 0
    """How many changes of the chain, with this one, were of a record of which no notification had told."""

    def limit(self, echo_depth: int) -> int | None:
        """How many deliveries there may be in such a chain, if there are more, so it is endless; None otherwise.

        Half of them must be about the same records, because a chain may go through two records in turn; or, in a far
        longer one, of records of which nothing had told, because each may be changed once more.
        """
        if self.depth > echo_depth and 2 * self.returns > echo_depth:
            return echo_depth
        most = UNTOLD * echo_depth
        return most if self.depth > most and 2 * self.untold >= most else None


NO_LINK = Link()
"""Where a change stands that no delivery has caused."""


def link_of(
    record_change: RecordChange,
    under_way: Sequence[Notification],
    latest_about: Callable[[RecordChange], Notification | None],
    *,
    is_the_endpoints: bool,
) -> Link:
    """Where a change stands that is made during these deliveries, surely or perhaps by their endpoint.

    The chain of deliveries alone does not make an echo: an endpoint that goes on working after its answer makes its
    changes during whatever is being delivered then, each of a record that it was told of before. So what counts is
    how often a record returns: from the last notification about it on; from the delivery, if there was none. If another
    client may have made the change, and nothing had told of the record, it may have nothing to do with the delivery,
    so it is counted apart.
    """
    before = deepest(under_way).change
    about = [notification for notification in under_way if is_about(notification, record_change)]
    latest = about[0] if about else latest_about(record_change)
    if latest is None and not is_the_endpoints:
        return Link(before.depth + 1, 1, before.untold + 1)
    return Link(before.depth + 1, (before if latest is None else latest.change).returns + 1, before.untold)


def is_about(notification: Notification, record_change: RecordChange | Change) -> bool:
    """Whether a notification has the id of a record that was changed."""
    return notification.topic.type is record_change.topic.type and not set(notification.ids).isdisjoint(
        record_change.ids
    )


def deepest(notifications: Sequence[Notification]) -> Notification:
    """The notification at the end of the longest chain; of several, the first."""
    return max(notifications, key=lambda notification: notification.change.depth)


def not_followed(limit: int) -> str:
    """The note of a change at the end of such a chain."""
    return f"not followed: more than {limit} deliveries caused each other"


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
