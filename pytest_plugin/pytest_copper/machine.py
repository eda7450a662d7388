"""CopperMachine: whatever may happen in Copper, in any order, against your endpoint, until something goes wrong.

    class Mirror(CopperMachine):
        types = ("person",)

        def endpoint(self, copper):
            self.app = create_app(copper.api_url, copper.headers)
            return self.app

        def check(self, copper):
            assert self.app.names() == {person.id: person.name for person in copper.people.search()}

    TestMirror = Mirror.TestCase

Hypothesis shrinks a failure to the fewest steps, which are reported as a scenario file that can be replayed. The file
is longer than others because its class is read as one: what a subclass defines, every rule, how failures are handled.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest_copper.require_hypothesis  # noqa: F401 - raises if Hypothesis is missing

# isort: split
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from copper_emulator import Copper, UsageError
from copper_emulator.core.records.tables import LEAD
from copper_emulator.shell.host import Host
from pytest_copper.conditions import SETTINGS, faults, other_orders
from pytest_copper.failure_report import FLAKY, Failure, tell
from pytest_copper.forged import forged
from pytest_copper.machine_checks import METHODS, asserted, checked, unsaid, warn_of_typos
from pytest_copper.playthrough import EndpointFailed, Playthrough
from pytest_copper.story import Step, Story
from pytest_copper.written import Act, read

__all__ = ["CopperMachine", "EndpointFailed", "Step"]

_SHORT = 8
"""Up to this many steps an example is also played in every other order, not just in one: that costs little, and lets
Hypothesis remove a step from a failure even if the rest comes in another order without it."""

_HOOKS = (*METHODS, "types", "secret", "must_refuse", "target")

# A traceback shows the user's own check, not how it came to be called.
__tracebackhide__ = True


@st.composite
def steps_of(draw: st.DrawFn, way: Callable[[Story], st.SearchStrategy[Step]]) -> Step:
    """A step that can happen next in the running machine."""
    machine: CopperMachine = draw(st.runner())
    # A copy: Hypothesis would show the drawn one as the expression that made it.
    return dict(draw(way(machine.playthrough.story)))


class CopperMachine(RuleBasedStateMachine):
    """Subclass it to define where the endpoint is and when it is right.

    types: the types of records to which things happen, and to which the endpoint is subscribed.
    secret: what the subscriptions send; with None, no notifications are forged either.
    must_refuse: whether a forged notification must not be answered 2xx; if not, it must only have no effect.
    target: where the subscriptions point; the endpoint is routed there.
    options: settings of the account, like {"lead_conversion": "update"}.

    Methods with Hypothesis' `@invariant()` are checked, like `check`, whenever everything has been delivered.
    """

    types: ClassVar[tuple[str, ...]] = ("person",)
    secret: ClassVar[Mapping[str, str] | None] = {"key": "s3cret"}
    must_refuse: ClassVar[bool] = True
    target: ClassVar[str] = "https://endpoint.example/hooks/copper"
    options: ClassVar[Mapping[str, Any]] = {}

    needs: ClassVar[frozenset[str]] = frozenset({"endpoint"})
    """The methods that a subclass must define."""
    without: ClassVar[frozenset[Phase]] = frozenset({Phase.explain})
    """Phases of Hypothesis that are left out. While it explains, it traces every line that runs, which takes minutes
    here; a scenario explains more."""
    playthrough: Playthrough
    _failed = False
    _initialised = False
    _host: ClassVar[Host | None] = None
    """Shared by all examples of a run; starting a server thread for each would take most of their time."""

    def __init__(self) -> None:
        super().__init__()
        self._initialised = True

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        warn_of_typos(cls, _HOOKS)

        def run_test(test: Any) -> None:
            run(cls, test.settings)

        # Hypothesis recognises a state machine's test by these.
        run_test.is_hypothesis_test = True  # type: ignore[attr-defined]
        run_test._hypothesis_state_machine_class = cls  # type: ignore[attr-defined]  # noqa: SLF001
        cls.TestCase.runTest = run_test  # type: ignore[assignment, method-assign]

    # --- what a subclass defines ----------------------------------------------------------------------------

    def endpoint(self, copper: Copper) -> object:
        """Return the endpoint, without any data yet: an app or a URL, as `copper.route(to=...)` takes it."""
        raise NotImplementedError(unsaid(type(self).__name__, "endpoint"))

    def check(self, copper: Copper) -> None:
        """Raise AssertionError if the endpoint is wrong; called whenever everything has been delivered."""

    def reconcile(self, copper: Copper) -> None:
        """Let the endpoint find out what it has missed. Only if this is defined are notifications lost."""

    def state(self, copper: Copper) -> object:
        """Return what the endpoint believes, for the mixins in `oracles`; a copy, unaffected by later ones."""
        raise NotImplementedError(unsaid(type(self).__name__, "state"))

    def close(self) -> None:
        """Stop what `endpoint` started; called after each example."""

    def subscribe(self, copper: Copper) -> None:
        """Subscribe to every event of `types`; override with `pass` if the endpoint subscribes by itself."""
        self.playthrough.subscribe()

    # --- what happens ---------------------------------------------------------------------------------------

    @initialize(options=SETTINGS)
    def begin(self, options: dict[str, Any]) -> None:
        """Begin with a new account and a new endpoint."""
        checked(type(self))
        self.playthrough = Playthrough(self, options, self._host)
        with self._telling():
            self.playthrough.begin()
            for step in self.playthrough.story.beginning():
                self.playthrough.happen([step])

    @rule(step=steps_of(Story.creates))
    def create(self, step: Step) -> None:
        """Create a record."""
        self.happen(step)

    @rule(step=steps_of(Story.imports))
    def create_many(self, step: Step) -> None:
        """Create many records in one action."""
        self.happen(step)

    @precondition(lambda self: self.playthrough.story.has_some)
    @rule(step=steps_of(Story.updates))
    def update(self, step: Step) -> None:
        """Change some records."""
        self.happen(step)

    @precondition(lambda self: self.playthrough.story.has_some)
    @rule(step=steps_of(Story.renames))
    def rename(self, step: Step) -> None:
        """Rename a record."""
        self.happen(step)

    @precondition(lambda self: self.playthrough.story.has_some)
    @rule(step=steps_of(Story.renames))
    def correct(self, step: Step) -> None:
        """Rename a record, and at once again: two changes that are notified at about the same time."""
        self.happen(step)
        self.happen(self.playthrough.story.corrected(step))

    @precondition(lambda self: self.playthrough.story.has_some)
    @rule(step=steps_of(Story.deletes))
    def delete(self, step: Step) -> None:
        """Delete some records."""
        self.happen(step)

    @rule(step=steps_of(Story.imports))
    def clean_up(self, step: Step) -> None:
        """Create many records and at once delete one: a notification may name it together with those that remain."""
        self.happen(step)
        for later in self.playthrough.story.cleaned(step):
            self.happen(later)

    @precondition(lambda self: self.playthrough.story.has_pairs)
    @rule(step=steps_of(Story.merges))
    def merge(self, step: Step) -> None:
        """Merge two records."""
        self.happen(step)

    @precondition(lambda self: bool(self.playthrough.story.of(LEAD)))
    @rule(step=steps_of(Story.conversions))
    def convert(self, step: Step) -> None:
        """Convert a lead."""
        self.happen(step)

    @precondition(lambda self: not (self.playthrough.is_idle and self.playthrough.is_reachable))
    @rule(span=st.sampled_from(("1m", "10m", "20m")))
    def advance(self, span: str) -> None:
        """Let time pass."""
        self.happen({"advance": span})
        if self.playthrough.is_idle:
            self._in_other_orders(0)

    @precondition(lambda self: not self.playthrough.is_reachable)
    @rule()
    def recover(self) -> None:
        """End an outage early."""
        self.happen({"faults": "off"})

    @precondition(lambda self: bool(self.possible_faults))
    @rule(fault=st.runner().flatmap(lambda machine: st.sampled_from(machine.possible_faults)))
    def misfortune(self, fault: str) -> None:
        """Switch on a fault."""
        self.happen({"faults": fault})

    @precondition(lambda self: self.secret is not None and self.playthrough.is_reachable)
    @rule(steps=st.runner().flatmap(lambda machine: forged(machine)))
    def forge(self, steps: list[Step]) -> None:
        """Send a notification as somebody who does not know the secret."""
        self.happen(*steps)

    def happen(self, *steps: Step) -> None:
        """Play steps of a scenario and judge the outcome; for rules of your own, too."""
        with self._telling():
            self.playthrough.happen(list(steps))

    # --- what comes of it -----------------------------------------------------------------------------------

    @property
    def copper(self) -> Copper:
        """The account of this example."""
        return self.playthrough.copper

    @property
    def possible_faults(self) -> list[str]:
        """The faults that can be switched on now."""
        return faults(self.playthrough.faults, lossy=self.reconciles)

    @property
    def reconciles(self) -> bool:
        """Whether the subclass defines `reconcile`."""
        return type(self).reconcile is not CopperMachine.reconcile

    def retold(self, act: Act) -> Act:
        """The act, or its replacement if earlier steps have been removed; for mixins that play steps of their own."""
        return act

    def before(self, step: Step) -> object:
        """Called before each step; a mixin returns what `after` needs."""

    def after(self, step: Step, remembered: object) -> None:
        """Called after each step with what `before` returned, for a mixin to judge."""

    def ending(self) -> None:
        """Called when an example has ended and all was right, for a mixin to judge."""

    def judge(self) -> None:
        """Check everything that must hold once all is delivered: `check`, and the invariants."""
        asserted(f"{type(self).__name__}.check", self.check(self.copper))  # type: ignore[func-returns-value]
        found: Any = self.invariants
        # In earlier versions of Hypothesis, `invariants` is a method.
        for each in found() if callable(found) else found:
            if all(holds(self) for holds in each.preconditions):
                each.function(self)

    def check_invariants(self, *_: object, **__: object) -> None:
        """Do nothing: Hypothesis calls this after each rule, when much is still on its way; see `judge`."""

    def teardown(self) -> None:
        """Let everything be delivered, and judge for the last time."""
        if not hasattr(self, "playthrough"):
            return
        with closing(self.playthrough):
            # Hypothesis itself may have ended the example in the middle of a step.
            if self._failed or sys.exc_info()[1] is not None:
                return
            with self._telling():
                self.playthrough.finish()
                self.ending()
        self._in_other_orders(1)

    @classmethod
    def replay(cls, scenario: str | Path) -> None:
        """Play the scenario that a failure has shown, a file or its text, with this machine's endpoint and checks.

        What the endpoint believes is judged only at the end: a file does not say which of its steps belong together.
        Raises ScenarioError if it is not a scenario.
        """
        drawn, acts = read(scenario)
        cls().perform(drawn, acts, each=False)

    def perform(self, drawn: Mapping[str, Any], acts: list[Act], *, each: bool = True, whole: bool = False) -> None:
        """Play steps on a new account with a new endpoint.

        Args:
            drawn: settings, in addition to the machine's own.
            acts: the steps, in groups that are judged together.
            each: whether what the endpoint believes is also judged after each group.
            whole: whether a step may be replaced by one that fits those before it, if some of these were removed.
        """
        checked(type(self))
        self.playthrough = Playthrough(self, drawn, self._host)
        with closing(self.playthrough):
            self.playthrough.begin()
            for act in acts:
                self.playthrough.happen(self.retold(act) if whole else act, last=each)
            self.playthrough.finish()
            self.ending()

    def _in_other_orders(self, at_least: int) -> None:
        playthrough = self.playthrough
        orders = other_orders(playthrough.drawn, self.options)
        for other in orders if len(playthrough.written.steps) <= _SHORT else orders[:at_least]:
            machine = type(self)()
            with self._telling(machine):
                machine.perform(other, playthrough.written.acts)

    @contextmanager
    def _telling(self, of: CopperMachine | None = None) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self._failed = True
            playthrough = (of or self).playthrough
            tell(error, playthrough, dict(self.options), partial(self._played, whole=not playthrough.is_loose))
            raise

    def _played(self, drawn: dict[str, Any], acts: list[Act], *, whole: bool) -> Failure | None:
        machine = type(self)()
        try:
            machine.perform(drawn, acts, whole=whole)
        except Exception as error:  # noqa: BLE001 - any exception is a way to fail
            return Failure(error, machine.playthrough.written, machine.playthrough.is_loose)
        return None


def run(machine: type[CopperMachine], wanted: settings) -> None:
    """Run a machine, as its `TestCase` does. Raises the failure found, with its scenario.

    A mistake in the class itself is an error before the first example.
    """
    checked(machine)
    with closing(Host()) as machine._host:  # noqa: SLF001 - the machine's own module
        try:
            run_state_machine_as_test(machine, settings=fitting(wanted, machine.without))
        except Flaky as error:
            error.add_note(FLAKY)
            raise
        except AttributeError as error:
            if not isinstance(error.obj, CopperMachine) or error.obj._initialised:  # noqa: SLF001 - the machine's own module
                raise
            raise UsageError(
                f"{machine.__name__}.__init__ must call super().__init__(). Or define none, and set in "
                "endpoint(self, copper), which is called for each example, what that needs"
            ) from None
        finally:
            machine._host = None  # noqa: SLF001


def fitting(wanted: settings, without: Collection[Phase]) -> settings:
    """The user's settings, adapted to a machine.

    One failure at a time: two would get in each other's way. No deadline: a step may take long.
    """
    phases = [phase for phase in wanted.phases if phase not in without]
    return settings(wanted, phases=phases, report_multiple_bugs=False, deadline=None)
