"""One account with one endpoint, to which things happen: each is judged, and written down to be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from copper_emulator import Copper, Delivery, Emulator
from copper_emulator.core.bare import entity_type
from copper_emulator.core.model import Event, Outcome, State, Topic
from copper_emulator.core.topics import exists
from pytest_copper.story import Step, Story
from pytest_copper.written import Written

# A traceback shows the user's own check, not how it came to be called.
__tracebackhide__ = True

_FINE = (Outcome.DELIVERED, Outcome.CANCELLED, Outcome.DROPPED)
_WAITING = (State.QUEUED, State.HELD, State.SENDING)


class EndpointFailed(AssertionError):
    """The endpoint did not answer 2xx to a notification that it should have taken."""


class Hooks(Protocol):
    """What the user of a machine says; see `CopperMachine`."""

    types: ClassVar[tuple[str, ...]]
    secret: ClassVar[Mapping[str, str] | None]
    target: ClassVar[str]

    def endpoint(self, copper: Copper) -> object: ...
    def subscribe(self, copper: Copper) -> None: ...
    def check(self, copper: Copper) -> None: ...
    def reconcile(self, copper: Copper) -> None: ...
    def before(self, step: Step) -> object: ...
    def after(self, step: Step, remembered: object) -> None: ...
    def close(self) -> None: ...


class Performance:
    """What happens to one account under some settings.

    Args:
        hooks: where the endpoint is and when it is right.
        settings: of the account.
    """

    def __init__(self, hooks: Hooks, settings: Mapping[str, Any]) -> None:
        self.written = Written(type(hooks).__name__, settings, hooks.secret)
        self._hooks = hooks
        self._missed = False
        self._judged = 0
        self._emulator = Emulator(strict=False, **settings)
        self.copper = self._emulator.__enter__()
        self.story = Story(map(entity_type, hooks.types), self.copper.settings.profile)

    def begin(self) -> None:
        """The endpoint is there and is subscribed."""
        origin = "/".join(self._hooks.target.split("/")[:3])
        self.copper.route(origin, to=self._hooks.endpoint(self.copper))
        self._stepwise = self.copper.stepwise(secret=self._hooks.secret)
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

    def happen(self, *steps: Step) -> None:
        """Play steps of a scenario, and judge what came of them."""
        for step in steps:
            self.written.steps.append(step)
            remembered = self._hooks.before(step)
            self._stepwise.play(step)
            self.story.happened(step)
            self._hooks.after(step, remembered)
        self._judge()

    def finish(self) -> None:
        """Let the endpoint be reached, and everything be delivered; judge for the last time."""
        steps: list[Step] = []
        if not self.is_reachable:
            steps.append({"faults": "off"})
        if not self.is_idle:
            steps.append({"run_until_idle": "1d"})
        self.happen(*steps)

    def close(self) -> None:
        """End the endpoint and the account."""
        try:
            self._hooks.close()
        finally:
            self._emulator.__exit__(None, None, None)

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

    def _judge(self) -> None:
        deliveries = self.copper.deliveries
        for delivery in deliveries[self._judged :]:
            self._judge_one(delivery)
        self._judged = len(deliveries)
        if self._missed and self.is_reachable:
            self._missed = False
            self._hooks.reconcile(self.copper)
        if not self._missed and self.is_idle:
            self._hooks.check(self.copper)

    def _judge_one(self, delivery: Delivery) -> None:
        if delivery.by_fault:
            self._missed = True
        elif delivery.exception is not None or not (delivery.outcome in _FINE or delivery.replayed):
            raise EndpointFailed(f"{delivery}\n{delivery.traceback or ''}".rstrip())
