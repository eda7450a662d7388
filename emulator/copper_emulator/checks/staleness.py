"""The endpoint has a record with values that are old: has it fetched since it was told of the new ones?

What it then needs does not depend on what the row has changed, and how.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from copper_emulator.checks.bench import Bench
from copper_emulator.checks.state import DIFFERS, MISSING
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
    "remembered as seen, a `timestamp` that is taken for too old, an HTTP client or a cache that answers in place of "
    "the API, values that are taken from updated_attributes, a handler that is never called (the events are `new`, "
    "`update` and `delete`), or a list of the attributes that matter (some have other names there than in the API: a "
    "stage is `stage_id`)."
)


def _is_unfetched(what: str, deliveries: Iterable[Delivery], calls: Iterable[ApiCall]) -> bool:
    kind, _, record = what.partition(" ")
    told = [each for each in deliveries if each.topic.type is EntityType(kind) and int(record) in each.ids]
    notified = [each for each in told if each.topic.event is not Event.DELETE and each.outcome is Outcome.DELIVERED]
    if not notified:
        return False
    began = notified[-1].started_ms
    deleted = [each.started_ms for each in told if each.topic.event is Event.DELETE and each.started_ms > began]
    fetched = [call.at_ms for call in calls if call.at_ms >= began and re.search(rf"/{record}\b|/search\b", call.path)]
    # The first fetches may come late, when it has been told of the deletion already; one for that alone is no other.
    return len(fetched) <= len(deleted) and not any(at < min(deleted, default=at + 1) for at in fetched)


def has_left_out(bench: Bench) -> bool:
    """Whether a record is missing that it has not fetched since it was told of it."""
    missing = [text.removesuffix(MISSING).strip() for text in bench.trial.wrong if text.endswith(MISSING)]
    return any(_is_unfetched(what, bench.deliveries, bench.own_calls) for what in missing)


def about_cleared(bench: Bench) -> str:
    """What helps if it has a value where Copper has none, and no other old values; empty if it is otherwise."""
    differing = [text for text in bench.trial.wrong if DIFFERS in text]
    kept = [text for text in differing if all(_CLEARED.search(each) for each in text.split("; "))]
    return _KEPT if kept and len(kept) == len(bench.trial.wrong) else ""


_CLEARED = re.compile(
    rf" is (?!(?:None|\[\]|''|0|0\.0|False|{{}}){DIFFERS}).*{DIFFERS}(None|\[\]) at Copper$", re.DOTALL
)
"""Not where it writes null in another way, which it did not keep."""
_KEPT = (
    "It keeps a value that was cleared: write what you fetched over all that you have, null and empty lists, too. "
    "Whether a value is there says nothing about whether it has changed."
)
