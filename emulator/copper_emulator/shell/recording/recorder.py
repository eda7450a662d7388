"""The recorder: it records everything done to an account since `start`, as a scenario that does it again.

The account itself reports it (`core/performed.py`), so the recording is the same however it was done: through the page,
the control API, the command line, the emulated API or Python.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from copper_emulator.core.account import Account
from copper_emulator.core.model import DEFAULT_EMAIL, Delivery
from copper_emulator.core.performed import Performed
from copper_emulator.core.records.lookups.catalogue import Catalogue
from copper_emulator.core.records.lookups.tables import LOOKUPS
from copper_emulator.core.text import count, duration_text
from copper_emulator.settings import Settings
from copper_emulator.shell.recording.steps import StepOrRemark, Steps, unrepeatable
from copper_emulator.shell.recording.yaml_text import Remark, Step, document
from copper_emulator.shell.tenant import Tenant

MOST = 10_000
"""How many steps are kept; later ones are not recorded."""

_NOT_IN_A_FILE = frozenset({"allow_targets", "ca", "faults", "strict", "allow", "intercept", "user_agent", "in_flight"})


class Recorder:
    """Records one account, of the standalone server or of a test."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._recording: _Recording | None = None

    @property
    def is_on(self) -> bool:
        return self._recording is not None and self._recording.until_ms is None

    @property
    def steps(self) -> int:
        """The number of steps so far."""
        return 0 if self._recording is None else self._recording.number

    @property
    def remarks(self) -> int:
        """How many things no step can repeat: comments say so in the scenario."""
        return 0 if self._recording is None else self._recording.remarks

    @property
    def started_ms(self) -> int | None:
        return None if self._recording is None else self._recording.since_ms

    @property
    def stopped_ms(self) -> int | None:
        return None if self._recording is None else self._recording.until_ms

    @property
    def is_full(self) -> bool:
        return self.steps >= MOST

    def start(self) -> None:
        """Start a new recording; an earlier one is discarded."""
        with self._tenant.lock:
            account = self._tenant.account
            self._recording = _Recording(self._tenant, account)
            account.on_performed = self._recording.add

    def remark(self, what: str) -> None:
        """Put a comment on something that the account itself does not report into a recording under way."""
        with self._tenant.lock:
            if self._recording is not None and self._recording.until_ms is None:
                self._recording.append(list(unrepeatable(what)))

    def stop(self) -> None:
        """Stop recording; the recording can still be read."""
        with self._tenant.lock:
            if self._recording is not None and self._recording.until_ms is None:
                self._recording.until_ms = self._tenant.now()
                self._tenant.account.on_performed = None

    def account_replaced(self) -> None:
        """Restart a recording under way, because the account starts anew."""
        if self.is_on:
            self.start()

    def text(self) -> str | None:
        """The scenario; None if it has no steps."""
        with self._tenant.lock:
            return None if self._recording is None else self._recording.text()


class _Recording:
    """One recording, from start to end."""

    def __init__(self, tenant: Tenant, account: Account) -> None:
        self.since_ms = tenant.now()
        self.until_ms: int | None = None
        self.number = self.remarks = 0
        self._tenant = tenant
        self._account = account
        self._ended_before = len(account.journal.deliveries)
        self._steps = Steps(account.records)
        self._timed_steps: list[tuple[int, StepOrRemark]] = []
        self._settings = _differing(tenant.settings)
        self._entries = list(_entries(account.records.catalogue))
        self._details = list(_details(account.records.catalogue))
        self._subscriptions = dict(self._steps.subscription(each) for each in account.subscriptions)
        faults = account.faults.active(self.since_ms)
        self._faults: list[dict[str, Any]] = [{"faults": [str(each) for each in faults]}] if faults else []

    def add(self, performed: Performed) -> None:
        """Record something that was done."""
        if self.number < MOST:
            self.append(self._steps.of(performed))

    def append(self, steps: Sequence[StepOrRemark]) -> None:
        """Keep steps and comments."""
        remarks = sum(isinstance(step, Remark) for step in steps)
        self.remarks += remarks
        self.number += len(steps) - remarks
        at_ms = self._tenant.clock.now() - self.since_ms
        self._timed_steps += [(at_ms, step) for step in steps]

    def text(self) -> str | None:
        if not self.number:
            return None
        # Built last, because only now is it known which records must exist beforehand.
        preparation = [Step(each) for each in (*self._entries, *self._steps.names.seeds, *self._details, *self._faults)]
        steps = [*preparation, *self._steps_in_time()]
        return document(
            {
                "name": "recorded",
                "description": f"what was done, in {count(sum(isinstance(each, Step) for each in steps), 'step')}",
                **({"settings": self._settings} if self._settings else {}),
                **({"subscriptions": self._subscriptions} if self._subscriptions else {}),
                "steps": steps,
            }
        )

    def _steps_in_time(self) -> Iterator[Step | Remark]:
        position_ms = 0
        for at_ms, step in self._timed_steps:
            if isinstance(step, Remark):
                yield step
                continue
            at: Mapping[str, Any] = {"at": f"+{duration_text(at_ms)}"} if at_ms > position_ms else {}
            position_ms = max(position_ms, at_ms)
            yield Step({**at, **step})
        # Time after the last step counts if a notification needed it.
        deliveries = self._account.journal.deliveries[self._ended_before :]
        needed = max((self._needed_until(each) for each in deliveries), default=0)
        remaining_ms = self._until(needed) - position_ms
        if remaining_ms > 0:
            yield Step({"advance": duration_text(remaining_ms)})

    def _needed_until(self, delivery: Delivery) -> int:
        """Until when time must pass for a delivery to end the same way."""
        # On a running clock, what an endpoint itself takes is real time, and it takes that again when it is played.
        if delivery.faults or not self._account.time_flows():
            return delivery.ended_ms
        return max(delivery.notification.due_ms, delivery.notification.held_until_ms or 0)

    def _until(self, at_ms: int) -> int:
        return (at_ms if self.until_ms is None else min(at_ms, self.until_ms)) - self.since_ms


def _differing(settings: Settings) -> dict[str, Any]:
    """The settings that differ from the defaults, as a file writes them."""
    return settings.as_json(set(settings.differing) - _NOT_IN_A_FILE)


def _details(catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    """The account's details that differ from a new account's; placed last, as they may switch off what comes before."""
    usual = Catalogue(DEFAULT_EMAIL).account
    others = {name: value for name, value in catalogue.account.items() if value != usual[name]}
    if others:
        yield {"account": others}


def _entries(catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    """The entries of lookup tables beyond those of a new account."""
    usual = Catalogue(DEFAULT_EMAIL)
    for table in LOOKUPS:
        for entry_id, entry in catalogue.own(table).items():
            if entry_id not in usual.table(table):
                yield {"lookup": {"table": table, "add": dict(entry)}}
