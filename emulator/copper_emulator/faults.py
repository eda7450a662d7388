"""What misbehaves, and for how long? `copper.faults`: faults switched on and off, the same on both faces."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias

from copper_emulator.calls import written_like
from copper_emulator.core.errors import UsageError, raised_on_purpose
from copper_emulator.core.fault import Fault, FaultName
from copper_emulator.core.rules import Latency
from copper_emulator.fault_texts import FORMS, fault, faults_text, nearest
from copper_emulator.shell.any_stage import AnyStage
from copper_emulator.shell.faults import active, read, switch_off, switch_off_named, switch_on

__tracebackhide__ = raised_on_purpose

Span: TypeAlias = timedelta | str | float
"""`"10m"`, a timedelta, or a number of seconds."""


def called(name: FaultName) -> str:
    """How a test switches a fault on, for an example."""
    return f"copper.faults.{FORMS[name].call}"


class SwitchedOn(AbstractContextManager[Fault]):
    """A fault that was switched on. It stays on; in a `with` statement only until the end of the block."""

    def __init__(self, stage: AnyStage, switched: Fault) -> None:
        self._stage = stage
        self.fault = switched

    def __enter__(self) -> Fault:
        return self.fault

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        switch_off(self._stage, lambda other: other == self.fault)

    def __repr__(self) -> str:
        return repr(self.fault)


class _Switches:
    def __init__(self, stage: AnyStage) -> None:
        self._stage = stage

    def _on(self, name: FaultName, **parts: Any) -> SwitchedOn:
        __tracebackhide__ = True
        try:
            made = fault(name, like=called(name), **parts)
        except ValueError as error:
            raise UsageError(str(error)) from None
        switch_on(self._stage, (made,))
        return SwitchedOn(self._stage, made)

    if not TYPE_CHECKING:  # A type checker must go on to refuse names that are not there.

        def __getattr__(self, name: str) -> Any:
            __tracebackhide__ = True
            near = None if name.startswith("_") else nearest(name)
            advice = f"; did you mean copper.faults.{near}?" if near is not None else ""
            raise AttributeError(f"copper.faults has no {name!r}{advice}", name=name, obj=self)


class BeyondSpec(_Switches):
    """What Copper does not do, for endpoints that should bear even that."""

    @written_like(called(FaultName.DUPLICATE))
    def duplicate(
        self, next: int | None = None, *, share: float | str | None = None, target: str | None = None
    ) -> SwitchedOn:
        """The next so many notifications, or a share of all, are sent twice."""
        return self._on(FaultName.DUPLICATE, next=next, share=share, target=target)

    @written_like(called(FaultName.RETRY))
    def retry(self, times: int = 8, *, every: Span = "1m", target: str | None = None) -> SwitchedOn:
        """What was not answered with 2xx is sent again, so many times, until it is."""
        return self._on(FaultName.RETRY, next=times, span=every, target=target)

    @written_like(called(FaultName.CORRUPT))
    def corrupt(
        self, next: int | None = None, *, share: float | str | None = None, target: str | None = None
    ) -> SwitchedOn:
        """The bodies of the next so many, or of a share of all, are cut off somewhere."""
        return self._on(FaultName.CORRUPT, next=next, share=share, target=target)


class OfTheApi(_Switches):
    """Calls of the API that a client makes over HTTP go wrong; what a test does in Python does not."""

    @written_like(called(FaultName.API_STATUS))
    def status(self, status: int, *, next: int | None = None, span: Span | None = None) -> SwitchedOn:
        """The next calls, or all for so long in virtual time, are answered with this status: 429, 500, 503.

        One call where neither is said. Nothing is done and nothing counts in the limits of calls.
        """
        return self._on(FaultName.API_STATUS, status=status, next=next, span=span)

    @written_like(called(FaultName.API_SLOW))
    def slow(self, span: Span, *, next: int | None = None) -> SwitchedOn:
        """Answers come so much later, in real time: who waits for them is a client that no virtual clock can reach."""
        return self._on(FaultName.API_SLOW, span=span, next=next)

    @written_like(called(FaultName.API_HANG))
    def hang(self, next: int = 1) -> SwitchedOn:
        """The next calls are never answered: the connection is closed when the client gives up, after a minute of
        real time at the latest.
        """
        return self._on(FaultName.API_HANG, next=next)


class Faults(_Switches):
    """What goes wrong from now on, in virtual time; `off()` ends it. What is drawn comes from the setting `seed`.

    `target` names the subscriptions that a fault concerns: those with this target, or whose target begins so. A fault
    takes the place of an earlier one of the same kind and target. In a `with` statement it ends with the block.
    """

    def __init__(self, stage: AnyStage) -> None:
        super().__init__(stage)
        self.api = OfTheApi(stage)
        self.beyond_spec = BeyondSpec(stage)

    @written_like(called(FaultName.LOSE))
    def lose(
        self, next: int | None = None, *, share: float | str | None = None, target: str | None = None
    ) -> SwitchedOn:
        """The next so many notifications, or a share of all (0.2), are taken and never sent. They count in the limits.

        Raises UsageError for a fault that cannot be, as all of these do.
        """
        return self._on(FaultName.LOSE, next=next, share=share, target=target)

    @written_like(called(FaultName.OUTAGE))
    def outage(self, span: Span, *, target: str | None = None) -> SwitchedOn:
        """For so long from now on every connection is refused. What is missed stays missed."""
        return self._on(FaultName.OUTAGE, span=span, target=target)

    @written_like(called(FaultName.LATENCY))
    def latency(self, latency: Span | Latency | tuple[Span, Span], *, target: str | None = None) -> SwitchedOn:
        """Notifications of changes from now on are due so late: `"30s"`, or drawn from `"0-15m"`."""
        return self._on(FaultName.LATENCY, latency=latency, target=target)

    @written_like(called(FaultName.SHUFFLE))
    def shuffle(self) -> SwitchedOn:
        """What is due at the same moment goes in another order; Copper promises none."""
        return self._on(FaultName.SHUFFLE)

    @written_like(called(FaultName.BATCHES))
    def batches(self, *sizes: int, target: str | None = None) -> SwitchedOn:
        """Changes are cut into notifications of so many ids, in turn: `batches(29, 1)`, `batches(1)`; 30 at most."""
        return self._on(FaultName.BATCHES, sizes=sizes, target=target)

    @written_like(called(FaultName.SLOW))
    def slow(self, span: Span, *, next: int | None = None, target: str | None = None) -> SwitchedOn:
        """The endpoint's answers come so much later; beyond the setting `timeout` they come too late."""
        return self._on(FaultName.SLOW, span=span, next=next, target=target)

    @written_like(called(FaultName.REFUSE))
    def refuse(self, next: int = 1, *, target: str | None = None) -> SwitchedOn:
        """The next connections are refused; the endpoint is not called."""
        return self._on(FaultName.REFUSE, next=next, target=target)

    @written_like(called(FaultName.HANG))
    def hang(self, next: int = 1, *, target: str | None = None) -> SwitchedOn:
        """The next requests are never answered, until they time out; the endpoint is not called."""
        return self._on(FaultName.HANG, next=next, target=target)

    @written_like(called(FaultName.GARBLE))
    def garble(self, next: int = 1, *, target: str | None = None) -> SwitchedOn:
        """The next answers are no HTTP; the endpoint is not called."""
        return self._on(FaultName.GARBLE, next=next, target=target)

    @written_like(called(FaultName.GONE))
    def gone(self, next: int | None = None, *, target: str | None = None) -> SwitchedOn:
        """Records are deleted after their notification was made and before the endpoint can fetch them."""
        return self._on(FaultName.GONE, next=next, target=target)

    @written_like(called(FaultName.CHANGED))
    def changed(self, next: int | None = None, *, target: str | None = None) -> SwitchedOn:
        """Records are changed after their notification was made and before the endpoint can fetch them."""
        return self._on(FaultName.CHANGED, next=next, target=target)

    @written_like(called(FaultName.STALE))
    def stale(self, span: Span) -> SwitchedOn:
        """Searches do not see for so long what is new, and still see what was deleted."""
        return self._on(FaultName.STALE, span=span)

    def on(self, *faults: str | Fault) -> None:
        """Switch on what is written: `on("lose=20%", "outage=10m")`. Raises UsageError for what names no fault."""
        __tracebackhide__ = True
        empty = [each for each in faults if not read(each)] or ([] if faults else [""])
        if empty:
            raise UsageError(f"{empty[0]!r} names no fault: write one, like on('lose=20%'); off() switches all off")
        switch_on(self._stage, read(faults))

    def off(self, *names: str) -> list[Fault]:
        """Switch off those of these names, or as they are written; without any, all. Which they were."""
        __tracebackhide__ = True
        return switch_off_named(self._stage, names)

    @property
    def active(self) -> list[Fault]:
        """What is on, in the order in which it was switched on."""
        return active(self._stage)

    def __repr__(self) -> str:
        return f"<faults: {faults_text(self.active)}>"
