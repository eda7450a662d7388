"""A fault, one misbehaviour that a tester switches on, as data, and its text form.

The text of a fault (`lose=20%`, `outage=10m`, `slow=3s,2@https://billing.example.com`) is the same in Python's repr, in
settings, scenarios, on the command line, in the control API and in explanations. `fault_texts.py` parses it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from copper_emulator.core.rules import Latency
from copper_emulator.core.targets import comparable
from copper_emulator.core.text import duration_text

WHOLE = 1_000_000
"""Shares are counted in millionths: integers give the same results on every machine."""

RETRY_EVERY_MS = 60_000
"""The default delay between a failure and its retry; the text form shows only other values."""


BY_FAULT = "by the fault"
"""How the explanation begins of whatever a fault has done."""


class FaultName(StrEnum):
    """Every fault there is. `api.` marks faults of API calls, `beyond_spec.` what Copper itself does not do."""

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
    """One fault.

    `next` is how many it affects, `share` how many in a million. `target` is the URL of the affected target or of
    those below it, as it was written; all targets if empty. `status` is the answer to API calls.
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
        """Whether it affects API calls rather than notifications."""
        return self.name.startswith("api.")

    @property
    def beyond_spec(self) -> bool:
        """Whether Copper itself never does this."""
        return self.name.startswith("beyond_spec.")

    @property
    def blame(self) -> str:
        """`by the fault lose=20%`: the explanation for a delivery that ended because of it."""
        return f"{BY_FAULT} {self}" + (", which Copper never does" if self.beyond_spec else "")

    @property
    def slot(self) -> tuple[FaultName, str]:
        """Its name and its target, however that is written: at most one fault is on in a slot."""
        return self.name, comparable(self.target).rstrip("/")

    def concerns(self, target: str) -> bool:
        """Whether it affects what is sent to this target."""
        if not self.target:
            return True
        own, sent_to = self.slot[1], comparable(target)
        return sent_to == own or (sent_to.startswith(own) and sent_to[len(own)] in "/?")

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
