"""What is a fault, and how is it written? One misbehaviour that a tester switches on, as data.

The text of a fault (`lose=20%`, `outage=10m`, `slow=3s,2@https://billing.example.com`) is the same in Python's repr, in
settings, scenarios, on the command line, in the control API and in explanations. `fault_texts.py` reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from copper_emulator.core.rules import Latency
from copper_emulator.core.text import duration_text

WHOLE = 1_000_000
"""Shares are counted in millionths: whole numbers are the same on every machine."""

RETRY_EVERY_MS = 60_000
"""How long after a failure Copper would try again, if it did; written only where it is another time."""


class FaultName(StrEnum):
    """Every fault there is. Those of the API that clients call are named `api`, what Copper itself does not do
    `beyond_spec`.
    """

    LOSE = "lose"
    OUTAGE = "outage"
    LATENCY = "latency"
    SHUFFLE = "shuffle"
    BATCHES = "batches"
    SLOW = "slow"
    REFUSE = "refuse"
    HANG = "hang"
    GARBLE = "garble"
    GONE = "gone"
    CHANGED = "changed"
    STALE = "stale"
    API_STATUS = "api.status"
    API_SLOW = "api.slow"
    API_HANG = "api.hang"
    DUPLICATE = "beyond_spec.duplicate"
    RETRY = "beyond_spec.retry"
    CORRUPT = "beyond_spec.corrupt"


@dataclass(frozen=True, slots=True, repr=False)
class Fault:
    """One fault. `next` is how many it concerns, `share` how many of a million; `target` the beginning of the targets
    that it concerns, all if empty; `status` what calls of the API are answered.
    """

    name: FaultName
    next: int | None = None
    share: int | None = None
    span_ms: int = 0
    latency: Latency | None = None
    sizes: tuple[int, ...] = ()
    target: str = ""
    status: int = 0

    @property
    def of_calls(self) -> bool:
        """Whether it concerns calls of the API, and no notifications."""
        return self.name.startswith("api.")

    @property
    def beyond_spec(self) -> bool:
        """Whether it is something that Copper does not do."""
        return self.name.startswith("beyond_spec.")

    @property
    def blame(self) -> str:
        """`by the fault lose=20%`: what is said of a delivery that ended by it."""
        return f"by the fault {self}" + (", which is nothing that Copper does" if self.beyond_spec else "")

    def concerns(self, target: str) -> bool:
        """Whether it concerns what is sent to this target."""
        own = self.target.rstrip("/")
        return not own or target == own or (target.startswith(own) and target[len(own)] in "/?")

    def __str__(self) -> str:
        value = self._value()
        return self.name + (f"={value}" if value else "") + (f"@{self.target}" if self.target else "")

    def __repr__(self) -> str:
        return f"<Fault {self}>"

    def _value(self) -> str:
        if self.latency is not None:
            return str(self.latency)
        if self.share is not None:
            return f"{self.share * 100 / WHOLE:g}%"
        if self.name is FaultName.RETRY:
            return f"{self.next}" + ("" if self.span_ms == RETRY_EVERY_MS else f"/{duration_text(self.span_ms)}")
        parts = [str(self.status)] if self.status else []
        if self.span_ms:
            parts.append(duration_text(self.span_ms))
        return ",".join([*parts, *map(str, self.sizes), *([] if self.next is None else [str(self.next)])])
