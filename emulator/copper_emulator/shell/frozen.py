"""Time that a test has frozen with freezegun or time-machine: reading it and moving it along.

Neither library has a public way to find what is active, so all uses of private names are here, and tests for each
version cover them: `freezegun.api.freeze_factories` (1.5), `time_machine.traveller_stack` (3.x) and
`time_machine.coordinates_stack` (2.x). Neither library is imported: if the test has not imported it, nothing is frozen.
"""

from __future__ import annotations

import sys
from datetime import UTC, timedelta
from typing import Any

from copper_emulator.core.moments import to_datetime, to_ms


def may_be_frozen() -> bool:
    """Whether time could be frozen at all. Asked several times for each delivery, and nearly always False."""
    return "freezegun.api" in sys.modules or "time_machine" in sys.modules


def frozen_now() -> int | None:
    """The frozen moment in milliseconds, or None if time runs freely."""
    if not may_be_frozen():
        return None
    if (factory := _freezegun_factory()) is not None:
        return to_ms(_freezegun_moment(factory).replace(tzinfo=UTC))
    if (traveller := _time_machine_traveller()) is not None:
        return int(traveller.time_ns()) // 1_000_000
    return None


def can_stop_timers() -> bool:
    """Whether a test can stop the timers of event loops that are not ours, or make them jump.

    freezegun does, at any moment and unannounced; time-machine leaves the monotonic clock alone.
    """
    return "freezegun.api" in sys.modules


def move_frozen_time(to: int) -> None:
    """Move frozen time to a moment, keeping its fraction of a millisecond; do nothing if time runs freely."""
    present = frozen_now()
    if present is None or present == to:
        return
    if (factory := _freezegun_factory()) is not None:
        delta = to_datetime(to) - to_datetime(present)
        factory.move_to(_freezegun_moment(factory) + delta)
    elif (traveller := _time_machine_traveller()) is not None:
        traveller.shift(timedelta(milliseconds=to - present))


def _freezegun_factory() -> Any:
    api = sys.modules.get("freezegun.api")
    factories = getattr(api, "freeze_factories", None)
    return factories[-1] if factories else None


def _freezegun_moment(factory: Any) -> Any:
    # Calling an auto-ticking factory advances it, so read its attribute; a ticking one has to be called.
    return factory.time_to_freeze if hasattr(factory, "step_width") else factory()


def _time_machine_traveller() -> Any:
    module = sys.modules.get("time_machine")
    stack = getattr(module, "traveller_stack", None) or getattr(module, "coordinates_stack", None)
    return stack[-1] if stack else None
