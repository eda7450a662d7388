"""What misbehaves, and for how long? `copper.faults` switches faults on and off, alike on both faces."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias

from copper_emulator.argument_errors import written_like
from copper_emulator.core.attributes import is_defined
from copper_emulator.core.errors import UsageError, raised_on_purpose
from copper_emulator.core.fault import Fault, FaultName
from copper_emulator.core.rules import Latency
from copper_emulator.core.surface import CONNECTED
from copper_emulator.core.text import choices, suggesting
from copper_emulator.fault_texts import FORMS, fault, faults_text, nearest
from copper_emulator.shell.any_tenant import AnyTenant
from copper_emulator.shell.fault_switching import Switched, active, read, switch_off_named, switch_on

__tracebackhide__ = raised_on_purpose

Span: TypeAlias = timedelta | str
"""`"10m"` or a timedelta."""


def called(name: FaultName) -> str:
    """The call that switches a fault on, as an example."""
    return f"copper.faults.{FORMS[name].call}"


class SwitchedOn(AbstractContextManager[Fault]):
    """A fault that was switched on. It stays on; used in a `with` statement, until the end of the block.

    There it then gives way to the one that it replaced, if there was one: to what is left of that by then.
    """

    def __init__(self, tenant: AnyTenant, fault: Fault) -> None:
        self.fault = fault
        self._switched = Switched(tenant, fault)

    def __enter__(self) -> Fault:
        return self.fault

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._switched.end()

    def __repr__(self) -> str:
        return repr(self.fault)


class _Switches:
    def __init__(self, tenant: AnyTenant) -> None:
        self._tenant = tenant

    def _on(self, name: FaultName, **parts: Any) -> SwitchedOn:
        __tracebackhide__ = True
        try:
            made = fault(name, like=called(name), **parts)
        except ValueError as error:
            raise UsageError(str(error)) from None
        return SwitchedOn(self._tenant, made)

    if not TYPE_CHECKING:  # Type checkers must still reject unknown names.

        def __getattr__(self, name: str) -> Any:
            __tracebackhide__ = True
            if is_defined(self, name):
                return object.__getattribute__(self, name)
            near = None if name.startswith("_") else nearest(name)
            wrong, there = f"copper.faults has no {name!r}", [each for each in dir(self) if not each.startswith("_")]
            raise AttributeError(suggesting(wrong, near, choices("name", there)), name=name, obj=self)


class BeyondSpec(_Switches):
    """Faults that Copper does not have, for endpoints that should withstand even those."""

    def __repr__(self) -> str:
        return "<copper.faults.beyond_spec>"

    @written_like(called(FaultName.DUPLICATE))
    def duplicate(
        self, next: int | None = None, *, share: float | str | None = None, target: str | None = None
    ) -> SwitchedOn:
        """Send notifications twice: the next N (`next`), or a share of all."""
        return self._on(FaultName.DUPLICATE, next=next, share=share, target=target)

    @written_like(called(FaultName.RETRY))
    def retry(self, times: int = 8, *, every: Span = "1m", target: str | None = None) -> SwitchedOn:
        """Send a notification again until it is answered with 2xx, up to `times` times."""
        return self._on(FaultName.RETRY, next=times, span=every, target=target)

    @written_like(called(FaultName.CORRUPT))
    def corrupt(
        self, next: int | None = None, *, share: float | str | None = None, target: str | None = None
    ) -> SwitchedOn:
        """Cut off bodies at some point: those of the next N notifications (`next`), or of a share of all."""
        return self._on(FaultName.CORRUPT, next=next, share=share, target=target)


class OfTheApi(_Switches):
    """Faults of API calls that a client makes over HTTP; what a test does in Python is not affected."""

    def __repr__(self) -> str:
        return "<copper.faults.api>"

    @written_like(called(FaultName.API_STATUS))
    def status(self, status: int, *, next: int | None = None, span: Span | None = None) -> SwitchedOn:
        """Answer the next N calls (`next`), or all for `span` of virtual time, with this status: 429, 500, 503.

        Without `next` and `span`, one call. The call has no effect and does not count towards the call limits.
        """
        return self._on(FaultName.API_STATUS, status=status, next=next, span=span)

    @written_like(called(FaultName.API_SLOW))
    def slow(self, span: Span, *, next: int | None = None) -> SwitchedOn:
        """Delay answers by `span` of real time: a virtual clock cannot reach the client that waits for them."""
        return self._on(FaultName.API_SLOW, span=span, next=next)

    @written_like(called(FaultName.API_HANG))
    def hang(self, next: int = 1) -> SwitchedOn:
        """Never answer the next calls: the connection is closed when the client gives up, or at the latest after a
        minute of real time.
        """
        return self._on(FaultName.API_HANG, next=next)


class Faults(_Switches):
    """Things that go wrong from now on, in virtual time; `off()` ends them. Draws come from the setting `seed`.

    `target` names the subscriptions a fault concerns: those with this target or with one below it. A fault replaces an
    earlier one of the same kind and target. In a `with` statement it ends with the block; `on` is for no block.
    """

    def __init__(self, tenant: AnyTenant) -> None:
        super().__init__(tenant)
        self.api = OfTheApi(tenant)
        self.beyond_spec = BeyondSpec(tenant)

    @written_like(called(FaultName.LOSE))
    def lose(
        self, next: int | None = None, *, share: float | str | None = None, target: str | None = None
    ) -> SwitchedOn:
        """Never send the next N notifications (`next`), or a share of all (0.2), but count them towards the limits.

        Raises UsageError for an impossible fault, as all of these methods do.
        """
        return self._on(FaultName.LOSE, next=next, share=share, target=target)

    @written_like(called(FaultName.OUTAGE))
    def outage(self, span: Span, *, target: str | None = None) -> SwitchedOn:
        """Refuse every connection for `span` from now on. Notifications missed meanwhile are not sent again."""
        return self._on(FaultName.OUTAGE, span=span, target=target)

    @written_like(called(FaultName.LATENCY))
    def latency(self, latency: Span | Latency | tuple[Span, Span], *, target: str | None = None) -> SwitchedOn:
        """Delay the notifications of changes from now on: by `"30s"`, or by a time drawn from `"0-15m"`."""
        return self._on(FaultName.LATENCY, latency=latency, target=target)

    @written_like(called(FaultName.SHUFFLE))
    def shuffle(self) -> SwitchedOn:
        """Send notifications due at the same moment in a different order; Copper promises none."""
        return self._on(FaultName.SHUFFLE)

    @written_like(called(FaultName.BATCHES))
    def batches(self, *sizes: int, target: str | None = None) -> SwitchedOn:
        """Split changes into notifications of these sizes, in turn: `batches(29, 1)`, `batches(1)`; at most 30 ids."""
        return self._on(FaultName.BATCHES, sizes=sizes, target=target)

    @written_like(called(FaultName.SLOW))
    def slow(self, span: Span, *, next: int | None = None, target: str | None = None) -> SwitchedOn:
        """Delay the endpoint's answers by `span`; beyond the setting `timeout` the delivery times out."""
        return self._on(FaultName.SLOW, span=span, next=next, target=target)

    @written_like(called(FaultName.REFUSE))
    def refuse(self, next: int = 1, *, target: str | None = None) -> SwitchedOn:
        """Refuse the next connections; the endpoint is not called."""
        return self._on(FaultName.REFUSE, next=next, target=target)

    @written_like(called(FaultName.HANG))
    def hang(self, next: int = 1, *, target: str | None = None) -> SwitchedOn:
        """Leave the next requests unanswered until they time out; the endpoint is not called."""
        return self._on(FaultName.HANG, next=next, target=target)

    @written_like(called(FaultName.GARBLE))
    def garble(self, next: int = 1, *, target: str | None = None) -> SwitchedOn:
        """Answer the next requests with something that is not HTTP; the endpoint is not called."""
        return self._on(FaultName.GARBLE, next=next, target=target)

    @written_like(called(FaultName.GONE))
    def gone(self, next: int | None = None, *, target: str | None = None) -> SwitchedOn:
        """Delete records after their notification was made and before the endpoint can fetch them."""
        return self._on(FaultName.GONE, next=next, target=target)

    @written_like(called(FaultName.CHANGED))
    def changed(self, next: int | None = None, *, target: str | None = None) -> SwitchedOn:
        """Change records after their notification was made and before the endpoint can fetch them."""
        return self._on(FaultName.CHANGED, next=next, target=target)

    @written_like(called(FaultName.STALE))
    def stale(self, span: Span) -> SwitchedOn:
        """Hide new records from searches for `span`, and still show deleted ones."""
        return self._on(FaultName.STALE, span=span)

    def on(self, *faults: str | Fault) -> None:
        """Switch on faults as they are written: `on("lose=20%", "outage=10m")`. Raises UsageError for anything else."""
        __tracebackhide__ = True
        empty = [each for each in faults if not read(each)] or ([] if faults else [""])
        if empty:
            raise UsageError(f"{empty[0]!r} names no fault: write one, like on('lose=20%'); off() switches all off")
        switch_on(self._tenant, read(faults))

    def off(self, *names: str | Fault) -> list[Fault]:
        """Switch off faults by name or as they are written; without arguments, all. Returns those switched off.

        Raises UsageError for what is neither.
        """
        __tracebackhide__ = True
        return switch_off_named(self._tenant, names)

    @property
    def active(self) -> list[Fault]:
        """The active faults, in the order in which they were switched on."""
        return active(self._tenant)

    if not TYPE_CHECKING:  # Type checkers must still reject calls.

        def __call__(self, *faults: object, **named: object) -> Any:
            __tracebackhide__ = True
            written = ", ".join(map(repr, faults)) or "'lose=20%'"
            raise UsageError(
                f"copper.faults is not called: switch faults on by their methods, like {called(FaultName.LOSE)}, or as "
                f"they are written, with copper.faults.on({written})"
            )

    def __repr__(self) -> str:
        if self._tenant.surface in CONNECTED:
            # Looking would fetch the account, and fail when the server has gone.
            return "<faults of an account of a server>"
        return f"<faults: {faults_text(self.active)}>"
