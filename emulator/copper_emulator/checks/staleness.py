"""The endpoint has a record with values that are old: has it fetched since it was told of the new ones?

What it then needs does not depend on what the row has changed, and how.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from copper_emulator.checks.bench import Bench
from copper_emulator.checks.state import DIFFERS
from copper_emulator.core.call_log import ApiCall
from copper_emulator.core.model import Delivery, EntityType, Event, Outcome


def about_stale(bench: Bench) -> str:
    """What helps if it had fetched before, and has not since it was told of the change; empty if it is otherwise."""
    stale = [text.partition(":")[0] for text in bench.trial.wrong if DIFFERS in text]
    calls = bench.own_calls
    if not stale or not calls:
        # Who never calls may get its records in another way.
        return ""
    unfetched = [what for what in stale if _is_unfetched(what, bench.deliveries, calls)]
    return f"It was told that {unfetched[0]} has changed, and has not {_FETCHED}" if unfetched else ""


_FETCHED = (
    "fetched it since: fetch at every notification. Look for what is in the way of that: ids or events that are "
    "remembered as seen, an HTTP client or a cache that answers in place of the API, values that are taken from "
    "updated_attributes, or a list of the attributes that matter (some have other names there than in the API: a stage "
    "is `stage_id`)."
)


def _is_unfetched(what: str, deliveries: Iterable[Delivery], calls: Iterable[ApiCall]) -> bool:
    kind, _, record = what.partition(" ")
    notified = [each for each in deliveries if _tells_of(each, EntityType(kind), int(record))]
    return bool(notified) and not any(
        call.at_ms >= notified[-1].started_ms and re.search(rf"/{record}\b|/search\b", call.path) for call in calls
    )


def _tells_of(delivery: Delivery, kind: EntityType, record: int) -> bool:
    is_change = delivery.topic.type is kind and delivery.topic.event is not Event.DELETE
    return is_change and record in delivery.ids and delivery.outcome is Outcome.DELIVERED
