"""CopperMachine: what may happen in Copper, in any order, against your endpoint, until something goes wrong.

    class Mirror(CopperMachine):
        types = ("person",)

        def endpoint(self, copper):
            self.app = create_app(copper.api_url, copper.headers)
            return self.app

        def check(self, copper):
            assert self.app.names() == {person.id: person.name for person in copper.people.search()}

    TestMirror = Mirror.TestCase

Hypothesis shrinks a failure to the fewest steps, and they are told as a scenario file that can be replayed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from copper_emulator import Copper, Delivery, Emulator
from copper_emulator.core.bare import entity_type
from copper_emulator.core.model import Event, Outcome, State, Topic
from copper_emulator.core.records.tables import LEAD
from copper_emulator.core.topics import exists
from copper_emulator.scenarios.acts import DOWN
from copper_emulator.scenarios.stepwise import Stepwise
from pytest_copper.drawn_settings import SETTINGS
from pytest_copper.forged import forged
from pytest_copper.story import Step, Story
from pytest_copper.written import Written

_FINE = (Outcome.DELIVERED, Outcome.CANCELLED, Outcome.DROPPED, Outcome.LOST)
_WAITING = (State.QUEUED, State.HELD, State.SENDING)


class EndpointFailed(AssertionError):
    """The endpoint did not answer 2xx to a notification that it should have taken."""


def steps_of(way: Callable[[Story], st.SearchStrategy[Step]]) -> st.SearchStrategy[Any]:
    """What can happen next in the machine that is running."""
    return st.runner().flatmap(lambda machine: way(machine.story))


class CopperMachine(RuleBasedStateMachine):
    """Subclass it and say where the endpoint is and when it is right.

    types: the records to which things happen, and to which the endpoint is subscribed.
    secret: what the subscriptions send; None for none, and then nothing is forged either.
    must_refuse: whether a forged notification must not be answered 2xx; otherwise only what it does is looked at.
    target: where the subscriptions point; the endpoint is routed there.
    options: settings of the account, like {"lead_conversion": "update"}.
    """

    types: ClassVar[tuple[str, ...]] = ("person",)
    secret: ClassVar[Mapping[str, str] | None] = {"key": "s3cret"}
    must_refuse: ClassVar[bool] = True
    target: ClassVar[str] = "https://endpoint.example/hooks/copper"
    options: ClassVar[Mapping[str, Any]] = {}

    copper: Copper

    # --- what a subclass says -------------------------------------------------------------------------------

    def endpoint(self, copper: Copper) -> object:
        """Where notifications go: an app or a URL, as `copper.route(to=...)` takes it, with nothing in it yet."""
        raise NotImplementedError(f"{type(self).__name__} must say where its endpoint is: def endpoint(self, copper)")

    def check(self, copper: Copper) -> None:
        """Raise AssertionError when the endpoint is wrong; called whenever everything has been delivered."""

    def reconcile(self, copper: Copper) -> None:
        """Let the endpoint find out what it has missed. Where this is said, outages happen."""

    def close(self) -> None:
        """End what `endpoint` began; called after each example."""

    def subscribe(self, copper: Copper) -> None:
        """Subscribe to every event of `types`; say `pass` where the endpoint subscribes by itself."""
        for kind in self.types:
            for event in Event:
                topic = Topic(entity_type(kind), event)
                if exists(topic, copper.settings.profile):
                    name = f"{kind}_{event}"
                    self.written.subscriptions[name] = {"topic": str(topic), "target": self.target}
                    self._stepwise.subscribe(name, self.written.subscriptions[name])

    # --- what happens ---------------------------------------------------------------------------------------

    def __init__(self) -> None:
        super().__init__()
        self.story = Story(map(entity_type, self.types))
        self.written = Written(type(self).__name__, {}, self.secret)
        self._failed = False
        self._down = False
        self._missed = False
        self._judged = 0

    @initialize(settings=SETTINGS)
    def begin(self, settings: dict[str, Any]) -> None:
        """A new account with a new endpoint."""
        self.written.settings = {**self.options, **settings}
        self._emulator = Emulator(strict=False, **self.written.settings)
        self.copper = self._emulator.__enter__()
        with self._told():
            origin = self.target.partition("://")[2].partition("/")[0]
            self.copper.route(f"https://{origin}", to=self.endpoint(self.copper))
            self._stepwise: Stepwise = self.copper.stepwise(secret=self.secret)
            self.subscribe(self.copper)
            for step in self.story.beginning():
                self._play(step)

    @rule(step=steps_of(Story.creates))
    def create(self, step: Step) -> None:
        """One record, or many in one action."""
        self.happen(step)

    @precondition(lambda self: self.story.has_some)
    @rule(step=steps_of(Story.updates))
    def update(self, step: Step) -> None:
        """Some records change."""
        self.happen(step)

    @precondition(lambda self: self.story.has_some)
    @rule(step=steps_of(Story.deletes))
    def delete(self, step: Step) -> None:
        """Some records go."""
        self.happen(step)

    @precondition(lambda self: self.story.has_pairs)
    @rule(step=steps_of(Story.merges))
    def merge(self, step: Step) -> None:
        """Two records become one."""
        self.happen(step)

    @precondition(lambda self: bool(self.story.of(LEAD)))
    @rule(step=steps_of(Story.conversions))
    def convert(self, step: Step) -> None:
        """A lead becomes a person."""
        self.happen(step)

    @precondition(lambda self: not self.is_idle)
    @rule(span=st.sampled_from(("1m", "10m", "20m")))
    def advance(self, span: str) -> None:
        """Time passes."""
        self.happen({"advance": span})

    @precondition(lambda self: self._may_fail)
    @rule()
    def outage(self) -> None:
        """The endpoint cannot be reached."""
        self._down = True
        self.happen({"endpoint": "down"})

    @precondition(lambda self: self._down)
    @rule()
    def recovery(self) -> None:
        """The endpoint is there again, and finds out what it has missed."""
        self._down = False
        self.happen({"endpoint": "up"})

    @precondition(lambda self: self.secret is not None and not self._down)
    @rule(steps=st.runner().flatmap(lambda machine: forged(machine)))
    def forge(self, steps: list[Step]) -> None:
        """Somebody who does not know the secret sends a notification."""
        self.happen(*steps)

    def happen(self, *steps: Step) -> None:
        """Play steps of a scenario, and judge what came of them."""
        with self._told():
            for step in steps:
                self._play(step)
            self._judge()

    # --- what comes of it -----------------------------------------------------------------------------------

    @property
    def is_idle(self) -> bool:
        """Whether everything has been delivered."""
        return not any(each.state in _WAITING for each in self.copper.notifications)

    def teardown(self) -> None:
        """Let everything be delivered, and judge for the last time."""
        if not hasattr(self, "_emulator"):
            return
        try:
            # Hypothesis itself may have ended the example in the middle of a step.
            if not self._failed and sys.exc_info()[1] is None:
                ending = [{"endpoint": "up"}] if self._down else []
                self._down = False
                self.happen(*ending, *([] if self.is_idle else [{"run_until_idle": "1d"}]))
        finally:
            self.close()
            self._emulator.__exit__(None, None, None)

    @property
    def _may_fail(self) -> bool:
        reconciles = type(self).reconcile is not CopperMachine.reconcile
        # A second outage before anything has happened would be the first one.
        return reconciles and not self._down and self.written.steps[-1:] != [{"endpoint": "up"}]

    def _play(self, step: Step) -> None:
        self.written.steps.append(step)
        self._stepwise.play(step)
        self.story.happened(step)

    def _judge(self) -> None:
        deliveries = self.copper.deliveries
        for delivery in deliveries[self._judged :]:
            self._judge_one(delivery)
        self._judged = len(deliveries)
        if self._missed and not self._down:
            self._missed = False
            self.reconcile(self.copper)
        if not self._missed and self.is_idle:
            self.check(self.copper)

    def _judge_one(self, delivery: Delivery) -> None:
        if delivery.text == DOWN:
            self._missed = True
        elif delivery.exception is not None or not (delivery.outcome in _FINE or delivery.replayed):
            raise EndpointFailed(f"{delivery}\n{delivery.traceback or ''}".rstrip())

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self._failed = True
            error.add_note(f"The scenario that shows it, to be pasted and replayed:\n\n{self.written}")
            raise
