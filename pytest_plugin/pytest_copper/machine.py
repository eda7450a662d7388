"""CopperMachine: what may happen in Copper, in any order, against your endpoint, until something goes wrong.

    class Mirror(CopperMachine):
        types = ("person",)

        def endpoint(self, copper):
            self.app = create_app(copper.api_url, copper.headers)
            return self.app

        def check(self, copper):
            assert self.app.names() == {person.id: person.name for person in copper.people.search()}

    TestMirror = Mirror.TestCase

Hypothesis shrinks a failure to the fewest steps, and they are told as a scenario file that can be replayed. The file is
longer than others because its class is read as one: what a subclass says, every rule, and what is made of a failure.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest_copper.needed  # noqa: F401 - says so where Hypothesis is missing

# isort: split
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from copper_emulator import Copper, UsageError
from copper_emulator.core.records.tables import LEAD
from copper_emulator.shell.host import Host
from pytest_copper.conditions import SETTINGS, faults, other_orders
from pytest_copper.forged import forged
from pytest_copper.performance import EndpointFailed, Performance
from pytest_copper.said import checked, warn_of_typos
from pytest_copper.story import Step, Story
from pytest_copper.telling import Failure, tell
from pytest_copper.written import Act, read

__all__ = ["CopperMachine", "EndpointFailed", "Step"]

_SHORT = 8
"""Steps up to which an example is also played in every other order, not in one: that costs little, and what Hypothesis
takes away from a failure does not stay only because the rest would come in another order without it."""

_HOOKS = ("endpoint", "check", "reconcile", "state", "close", "subscribe", "types", "secret", "must_refuse", "target")

# A traceback shows the user's own check, not how it came to be called.
__tracebackhide__ = True


@st.composite
def steps_of(draw: st.DrawFn, way: Callable[[Story], st.SearchStrategy[Step]]) -> Step:
    """What can happen next in the machine that is running."""
    machine: CopperMachine = draw(st.runner())
    # A new dictionary: Hypothesis shows others by how they were made.
    return dict(draw(way(machine.performance.story)))


class CopperMachine(RuleBasedStateMachine):
    """Subclass it and say where the endpoint is and when it is right.

    types: the records to which things happen, and to which the endpoint is subscribed.
    secret: what the subscriptions send; None for none, and then nothing is forged either.
    must_refuse: whether a forged notification must not be answered 2xx; otherwise only what it does is looked at.
    target: where the subscriptions point; the endpoint is routed there.
    options: settings of the account, like {"lead_conversion": "update"}.

    Methods with Hypothesis' `@invariant()` hold, like `check`, whenever everything has been delivered.
    """

    types: ClassVar[tuple[str, ...]] = ("person",)
    secret: ClassVar[Mapping[str, str] | None] = {"key": "s3cret"}
    must_refuse: ClassVar[bool] = True
    target: ClassVar[str] = "https://endpoint.example/hooks/copper"
    options: ClassVar[Mapping[str, Any]] = {}

    performance: Performance
    _failed = False
    _host: ClassVar[Host | None] = None
    """What all examples of a run have in common; a server thread for each would take most of their time."""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        warn_of_typos(cls, _HOOKS)

        def run_test(test: Any) -> None:
            run(cls, test.settings)

        # Hypothesis finds a machine in a test by this.
        run_test.is_hypothesis_test = True  # type: ignore[attr-defined]
        run_test._hypothesis_state_machine_class = cls  # type: ignore[attr-defined]  # noqa: SLF001
        cls.TestCase.runTest = run_test  # type: ignore[assignment, method-assign]

    # --- what a subclass says -------------------------------------------------------------------------------

    def endpoint(self, copper: Copper) -> object:
        """Where notifications go: an app or a URL, as `copper.route(to=...)` takes it, with nothing in it yet."""
        raise NotImplementedError(f"{type(self).__name__} must say where its endpoint is: def endpoint(self, copper)")

    def check(self, copper: Copper) -> None:
        """Raise AssertionError when the endpoint is wrong; called whenever everything has been delivered."""

    def reconcile(self, copper: Copper) -> None:
        """Let the endpoint find out what it has missed. Where this is said, notifications are lost."""

    def state(self, copper: Copper) -> object:
        """What the endpoint believes, for the mixins in `oracles`; a copy that later notifications do not change."""
        raise NotImplementedError(f"{type(self).__name__} must say what its endpoint believes: def state(self, copper)")

    def close(self) -> None:
        """End what `endpoint` began; called after each example."""

    def subscribe(self, copper: Copper) -> None:
        """Subscribe to every event of `types`; say `pass` where the endpoint subscribes by itself."""
        self.performance.subscribe()

    # --- what happens ---------------------------------------------------------------------------------------

    @initialize(options=SETTINGS)
    def begin(self, options: dict[str, Any]) -> None:
        """A new account with a new endpoint."""
        checked(type(self), self.types, self.secret)
        self.performance = Performance(self, options, self._host)
        with self._telling():
            self.performance.begin()
            for step in self.performance.story.beginning():
                self.performance.happen([step])

    @rule(step=steps_of(Story.creates))
    def create(self, step: Step) -> None:
        """A new record."""
        self.happen(step)

    @rule(step=steps_of(Story.imports))
    def create_many(self, step: Step) -> None:
        """Many new records, of one action."""
        self.happen(step)

    @precondition(lambda self: self.performance.story.has_some)
    @rule(step=steps_of(Story.updates))
    def update(self, step: Step) -> None:
        """Some records change."""
        self.happen(step)

    @precondition(lambda self: self.performance.story.has_some)
    @rule(step=steps_of(Story.renames))
    def rename(self, step: Step) -> None:
        """One record has another name."""
        self.happen(step)

    @precondition(lambda self: self.performance.story.has_some)
    @rule(step=steps_of(Story.renames))
    def correct(self, step: Step) -> None:
        """One record has another name, and right after it another one: two changes that are told at about one time."""
        self.happen(step)
        self.happen(self.performance.story.corrected(step))

    @precondition(lambda self: self.performance.story.has_some)
    @rule(step=steps_of(Story.deletes))
    def delete(self, step: Step) -> None:
        """Some records go."""
        self.happen(step)

    @rule(step=steps_of(Story.imports))
    def clean_up(self, step: Step) -> None:
        """Many new records, of which one goes right after: a notification may name both those that stay and it."""
        self.happen(step)
        for later in self.performance.story.cleaned(step):
            self.happen(later)

    @precondition(lambda self: self.performance.story.has_pairs)
    @rule(step=steps_of(Story.merges))
    def merge(self, step: Step) -> None:
        """Two records become one."""
        self.happen(step)

    @precondition(lambda self: bool(self.performance.story.of(LEAD)))
    @rule(step=steps_of(Story.conversions))
    def convert(self, step: Step) -> None:
        """A lead becomes a person."""
        self.happen(step)

    @precondition(lambda self: not (self.performance.is_idle and self.performance.is_reachable))
    @rule(span=st.sampled_from(("1m", "10m", "20m")))
    def advance(self, span: str) -> None:
        """Time passes."""
        self.happen({"advance": span})
        if self.performance.is_idle:
            self._in_other_orders(0)

    @precondition(lambda self: not self.performance.is_reachable)
    @rule()
    def recover(self) -> None:
        """The endpoint is back before its time."""
        self.happen({"faults": "off"})

    @precondition(lambda self: bool(self.possible_faults))
    @rule(fault=st.runner().flatmap(lambda machine: st.sampled_from(machine.possible_faults)))
    def misfortune(self, fault: str) -> None:
        """Something goes wrong from now on."""
        self.happen({"faults": fault})

    @precondition(lambda self: self.secret is not None and self.performance.is_reachable)
    @rule(steps=st.runner().flatmap(lambda machine: forged(machine)))
    def forge(self, steps: list[Step]) -> None:
        """Somebody who does not know the secret sends a notification."""
        self.happen(*steps)

    def happen(self, *steps: Step) -> None:
        """Play steps of a scenario, and judge what came of them: for rules of your own, too."""
        with self._telling():
            self.performance.happen(list(steps))

    # --- what comes of it -----------------------------------------------------------------------------------

    @property
    def copper(self) -> Copper:
        """The account of this example."""
        return self.performance.copper

    @property
    def possible_faults(self) -> list[str]:
        """What can go wrong now."""
        return faults(self.performance.faults, lossy=self.reconciles)

    @property
    def reconciles(self) -> bool:
        """Whether the subclass says how to reconcile."""
        return type(self).reconcile is not CopperMachine.reconcile

    def retold(self, act: Act) -> Act:
        """The same, or what takes its place where steps before it have been taken away: for what a mixin plays."""
        return act

    def before(self, step: Step) -> object:
        """Called before each step: what a mixin has to remember of it."""

    def after(self, step: Step, remembered: object) -> None:
        """Called after each step, with what `before` has returned: what a mixin has to judge."""

    def ending(self) -> None:
        """Called when an example is over and everything was right: what a mixin has to judge."""

    def judge(self) -> None:
        """Everything that must hold now that everything has been delivered: `check`, and the invariants."""
        said: object = self.check(self.copper)  # type: ignore[func-returns-value]
        if said is not None:
            raise UsageError(f"{type(self).__name__}.check returned {said!r}; let it assert what must hold instead")
        found: Any = self.invariants
        # A method in earlier versions of Hypothesis.
        for each in found() if callable(found) else found:
            if all(holds(self) for holds in each.preconditions):
                each.function(self)

    def check_invariants(self, *_: object, **__: object) -> None:
        """Hypothesis' own moment is after each rule, when much is still on its way; see `judge`."""

    def teardown(self) -> None:
        """Let everything be delivered, and judge for the last time."""
        if not hasattr(self, "performance"):
            return
        with closing(self.performance):
            # Hypothesis itself may have ended the example in the middle of a step.
            if self._failed or sys.exc_info()[1] is not None:
                return
            with self._telling():
                self.performance.finish()
                self.ending()
        self._in_other_orders(1)

    @classmethod
    def replay(cls, scenario: str | Path) -> None:
        """Play what a failure has told, a file or its text, with this machine's endpoint and judgement.

        What the endpoint believes is judged at the end alone: a file does not say which of its steps belong together.
        Raises ScenarioError where it is no scenario.
        """
        drawn, acts = read(scenario)
        cls().perform(drawn, acts, each=False)

    def perform(self, drawn: Mapping[str, Any], acts: list[Act], *, each: bool = True, whole: bool = False) -> None:
        """Let steps happen to a new account with a new endpoint.

        Args:
            drawn: settings, beside the machine's own.
            acts: the steps, in groups that are judged together.
            each: whether what the endpoint believes is judged after each group, too.
            whole: whether a step may be another that fits those before it, where some have been taken away.
        """
        checked(type(self), self.types, self.secret)
        self.performance = Performance(self, drawn, self._host)
        with closing(self.performance):
            self.performance.begin()
            for act in acts:
                self.performance.happen(self.retold(act) if whole else act, last=each)
            self.performance.finish()
            self.ending()

    def _in_other_orders(self, at_least: int) -> None:
        performance = self.performance
        orders = other_orders(performance.drawn, self.options)
        for other in orders if len(performance.written.steps) <= _SHORT else orders[:at_least]:
            machine = type(self)()
            with self._telling(machine):
                machine.perform(other, performance.written.acts)

    @contextmanager
    def _telling(self, of: CopperMachine | None = None) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self._failed = True
            performance = (of or self).performance
            tell(error, performance, dict(self.options), partial(self._played, whole=not performance.is_loose))
            raise

    def _played(self, drawn: dict[str, Any], acts: list[Act], *, whole: bool) -> Failure | None:
        machine = type(self)()
        try:
            machine.perform(drawn, acts, whole=whole)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is how this ends
            return Failure(error, machine.performance.written, machine.performance.is_loose)
        return None


def run(machine: type[CopperMachine], wanted: settings) -> None:
    """What a machine's `TestCase` does. Raises what is found, told."""
    with closing(Host()) as machine._host:  # noqa: SLF001 - it is a machine's own module
        try:
            run_state_machine_as_test(machine, settings=fitting(wanted))
        finally:
            machine._host = None  # noqa: SLF001


def fitting(wanted: settings) -> settings:
    """The user's settings, as far as they go with a machine.

    To explain a failure Hypothesis traces every line that runs, which takes minutes here; a scenario tells more. One
    failure at a time: where two things are wrong, each is in the other's way. A step may take its time.
    """
    phases = [phase for phase in wanted.phases if phase is not Phase.explain]
    return settings(wanted, phases=phases, report_multiple_bugs=False, deadline=None)
