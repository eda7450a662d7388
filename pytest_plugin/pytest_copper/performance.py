"""One account with one endpoint, to which things happen: each is judged, and written down to be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from copper_emulator import Copper, Delivery, Emulator
from copper_emulator.copper import stepwise
from copper_emulator.core.bare import entity_type
from copper_emulator.core.model import EntityType, Event, Outcome, State, Topic
from copper_emulator.core.topics import exists
from copper_emulator.explain import answer_of
from copper_emulator.remedies import mend
from copper_emulator.shell.host import Host
from copper_emulator.tracebacks import brief
from pytest_copper.probes import probe, with_what
from pytest_copper.story import Step, Story
from pytest_copper.written import Act, Written

# A traceback shows the user's own check, not how it came to be called.
__tracebackhide__ = True

_FINE = (Outcome.DELIVERED, Outcome.CANCELLED, Outcome.DROPPED)
_WAITING = (State.QUEUED, State.HELD, State.SENDING)


class EndpointFailed(AssertionError):
    """The endpoint did not answer as it should have. `how` is the same for failures of one kind."""

    def __init__(self, text: str, how: str) -> None:
        super().__init__(text)
        self.how = how


class Hooks(Protocol):
    """What the user of a machine says; see `CopperMachine`."""

    @property
    def types(self) -> tuple[str, ...]: ...
    @property
    def secret(self) -> Mapping[str, str] | None: ...
    @property
    def must_refuse(self) -> bool: ...
    @property
    def target(self) -> str: ...
    @property
    def options(self) -> Mapping[str, Any]: ...
    @property
    def reconciles(self) -> bool: ...

    def endpoint(self, copper: Copper) -> object: ...
    def subscribe(self, copper: Copper) -> None: ...
    def judge(self) -> None: ...
    def reconcile(self, copper: Copper) -> None: ...
    def before(self, step: Step) -> object: ...
    def after(self, step: Step, remembered: object) -> None: ...
    def close(self) -> None: ...


class Performance:
    """What happens to one account under some settings.

    Args:
        hooks: where the endpoint is and when it is right.
        drawn: settings of the account beside the user's own, which count more.
        host: share the server thread of others.
    """

    def __init__(self, hooks: Hooks, drawn: Mapping[str, Any], host: Host | None = None) -> None:
        self.drawn = dict(drawn)
        settings = {**drawn, **hooks.options}
        self.written = Written(type(hooks).__name__, settings, hooks.secret)
        self._hooks = hooks
        self._missed = False
        self._judged = 0
        self.is_loose = False
        """Whether something came as Copper's own that was not sent before."""
        self._emulator = Emulator(host=host, **{"strict": False, **settings})
        self.copper = self._emulator.__enter__()
        self.story = Story(map(entity_type, hooks.types), self.copper.settings.profile)

    def begin(self) -> None:
        """The endpoint is there and is subscribed."""
        origin = "/".join(self._hooks.target.split("/")[:3])
        self.copper.route(origin, to=self._hooks.endpoint(self.copper))
        self._stepwise = stepwise(self.copper, secret=self._hooks.secret)
        self._hooks.subscribe(self.copper)

    def subscribe(self) -> None:
        """Subscribe to every event of the types."""
        for kind in self._hooks.types:
            for event in Event:
                topic = Topic(entity_type(kind), event)
                if exists(topic, self.copper.settings.profile):
                    subscription = {"topic": str(topic), "target": self._hooks.target}
                    self.written.subscriptions[f"{kind}_{event}"] = subscription
                    self._stepwise.subscribe(f"{kind}_{event}", subscription)

    def happen(self, act: Act, *, last: bool = True) -> None:
        """Play steps of a scenario. What was answered is judged after each, what the endpoint believes after the last.

        Args:
            act: the steps.
            last: whether what the endpoint believes is judged at all.
        """
        self.written.acts.append(act)
        for step in act:
            remembered = self._hooks.before(step)
            self._stepwise.play(step)
            self.story.happened(step)
            self._judge_answers()
            self._hooks.after(step, remembered)
        if self._missed and self.is_reachable and self._hooks.reconciles:
            self._missed = False
            self._hooks.reconcile(self.copper)
        if last and not self._missed and self.is_idle:
            self._hooks.judge()

    def finish(self) -> None:
        """Let the endpoint be reached, and everything be delivered; judge for the last time."""
        steps: Act = []
        if not self.is_reachable:
            steps.append({"faults": "off"})
        if not self.is_idle:
            steps.append({"run_until_idle": "1d"})
        self.happen(steps)

    def close(self) -> None:
        """End the endpoint and the account."""
        try:
            self._hooks.close()
        finally:
            self._emulator.__exit__(None, None, None)

    def name_of(self, kind: EntityType, record_id: int) -> str | None:
        """What a step calls a record; None where no step has named it."""
        return self._stepwise.name_of(kind, record_id)

    @property
    def is_idle(self) -> bool:
        """Whether everything has been delivered."""
        return not any(each.state in _WAITING for each in self.copper.notifications)

    @property
    def is_reachable(self) -> bool:
        """Whether no outage is going on."""
        return not any(each.startswith("outage") for each in self.faults)

    @property
    def faults(self) -> list[str]:
        """The faults that are on, as they are written."""
        return [str(each) for each in self.copper.faults.active]

    def _judge_answers(self) -> None:
        deliveries = self.copper.deliveries
        new, self._judged = deliveries[self._judged :], len(deliveries)
        for delivery in new:
            if delivery.replayed:
                self._judge_replayed(delivery)
            elif delivery.by_fault or delivery.outcome is Outcome.DROPPED:
                self._missed = True
            elif delivery.exception is not None or delivery.outcome not in _FINE:
                raise _failed(delivery, f"{mend(delivery)}.")

    def _judge_replayed(self, delivery: Delivery) -> None:
        its = probe(self.copper, delivery, self._hooks.secret or {})
        self.is_loose = self.is_loose or its.loose
        if delivery.exception is not None or (delivery.status or 0) >= 500:
            raise _failed(delivery, f"It {its.how}. {its.right}")
        if its.forged and self._hooks.must_refuse and delivery.outcome is Outcome.DELIVERED:
            with_which = with_what(self._hooks.secret or {}, delivery.body)
            raise EndpointFailed(
                f"A notification {with_which} was answered {delivery.status}, as if it were Copper's.\n"
                "Compare the secret before anything else, and answer 401. If this is meant, say must_refuse = False "
                "in the machine (then it is only looked at that nothing comes of it), or secret = None.",
                "forged",
            )


def _failed(delivery: Delivery, advice: str) -> EndpointFailed:
    lines = [f"{delivery}{answer_of(delivery)}", advice, brief(delivery.traceback or "").rstrip()]
    exception = delivery.exception
    return EndpointFailed("\n".join(filter(None, lines)), type(exception).__name__ if exception else delivery.summary)
