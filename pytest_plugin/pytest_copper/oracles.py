"""What must hold of every endpoint, whatever it is for? Functions for any test, and mixins for `CopperMachine`.

Those that say that nothing changes take `state`: a function that returns what the endpoint believes, to be compared.

    class Mirror(Idempotent, InAnyOrder, CopperMachine): ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from copper_emulator import Copper, Delivery
from copper_emulator.core.model import Outcome
from copper_emulator.core.text import duration_text
from copper_emulator.durations import parse_duration
from copper_emulator.shell.clock import WallClock
from pytest_copper.conditions import ALL_ORDERS, HARMLESS
from pytest_copper.machine import CopperMachine, Step

State = Callable[[], object]

UNKNOWN = {"beyond": {"what": ["is", "known"]}}
"""What a notification of a later version may have beside the keys of today."""


def sent_again_changes_nothing(copper: Copper, state: State) -> None:
    """Every notification that was delivered is delivered once more: it is answered 2xx, and nothing changes."""
    for delivery in _delivered(copper):
        _unchanged(copper, delivery, delivery.body, state, "was sent again")


def unknown_fields_change_nothing(copper: Copper, state: State) -> None:
    """Every notification that was delivered comes again with a key nobody knows."""
    for delivery in _delivered(copper):
        _unchanged(copper, delivery, {**delivery.body, **UNKNOWN}, state, f"came with {UNKNOWN}")


def wrong_secret_changes_nothing(
    copper: Copper, state: State, secret: Iterable[str], *, must_refuse: bool = True
) -> None:
    """Every notification comes again as a deletion with another secret, and with none: nothing changes.

    Args:
        copper: the account.
        state: what the endpoint believes.
        secret: the keys of the secret that the subscriptions send.
        must_refuse: whether it must not be answered 2xx, either.
    """
    wrong = dict.fromkeys(secret, "guessed")
    for delivery in _delivered(copper):
        bare = {name: value for name, value in delivery.body.items() if name not in wrong}
        for more in (wrong, {}):
            before = state()
            body = {**bare, **more, "event": "delete", "updated_attributes": {}}
            answer = copper.replay(body, target=delivery.target)
            if must_refuse and answer.outcome is Outcome.DELIVERED:
                raise AssertionError(f"a notification with a wrong secret was answered {answer.status}: {answer}")
            _same(before, state(), f"{answer} has a wrong secret")


def answers_within(copper: Copper, span: timedelta | str | float) -> None:
    """The last notification that was delivered comes again, and is answered within a span of real time."""
    longest, clock = parse_duration(span), WallClock()
    for delivery in _delivered(copper)[-1:]:
        start = clock.now()
        copper.replay(delivery.body, target=delivery.target)
        took = clock.now() - start
        if took > longest:
            raise AssertionError(
                f"{delivery} took {duration_text(took)} to be answered, more than {duration_text(longest)}: "
                "answer first, and work afterwards"
            )


def outage_is_repaired(
    copper: Copper, happen: Callable[[], object], reconcile: Callable[[], object], check: Callable[[], object]
) -> None:
    """What happens during an outage is missed; after one run of `reconcile` nothing is missing."""
    with copper.faults.outage("1h"):
        happen()
        copper.run_until_idle()
    reconcile()
    check()


def same_in_any_order(play: Callable[[Mapping[str, Any]], object]) -> None:
    """The same changes end in the same state however late and in whatever batches they are told.

    Args:
        play: given settings, begins anew with them, lets the changes happen and everything be delivered, and returns
            what the endpoint believes then.
    """
    expected = play({})
    for settings in ALL_ORDERS:
        _same(expected, play(settings), f"with the settings {settings}, instead of each at once,")


class Stateful(CopperMachine):
    """A machine whose subclass says `state`: what comes again, or is forged, changes nothing of it."""

    def believed(self) -> object:
        """The state of this example's endpoint."""
        return self.state(self.copper)

    def before(self, step: Step) -> object:
        """What is believed before a notification comes that should change nothing."""
        return self.believed() if "replay" in step and self.performance.is_idle else None

    def after(self, step: Step, remembered: object) -> None:
        """Whether anything has changed."""
        if "replay" not in step:
            return
        answer, secret = self.copper.deliveries[-1], (self.secret or {}).items()
        if secret <= step["replay"]["body"].items() and answer.outcome is not Outcome.DELIVERED:
            raise AssertionError(f"it came again, and was not answered 2xx: {answer}")
        if remembered is not None:
            _same(remembered, self.believed(), f"{answer}, which came again or was forged,")


def _some_delivery(machine: CopperMachine) -> st.SearchStrategy[Delivery]:
    return st.sampled_from(_delivered(machine.copper)[-3:])


def _can_come_again(machine: CopperMachine) -> bool:
    return machine.performance.is_idle and machine.performance.is_reachable and bool(_delivered(machine.copper))


def _again(delivery: Delivery, more: Mapping[str, Any]) -> Step:
    return {"replay": {"target": delivery.target, "body": {**delivery.body, **more}}}


class Idempotent(Stateful):
    """The same notification again changes nothing. Copper sends none twice, but what stands before you may."""

    @precondition(_can_come_again)
    @rule(delivery=st.runner().flatmap(_some_delivery))
    def repeat(self, delivery: Delivery) -> None:
        """A notification comes again."""
        self.happen(_again(delivery, {}))


class UnknownFieldsTolerated(Stateful):
    """A key that nobody knows changes nothing."""

    @precondition(_can_come_again)
    @rule(delivery=st.runner().flatmap(_some_delivery))
    def extend(self, delivery: Delivery) -> None:
        """A notification comes again with more in it."""
        self.happen(_again(delivery, UNKNOWN))


class InAnyOrder(Stateful):
    """The same events end in the same state under every order and batching that Copper permits.

    For endpoints of which `check` cannot say what is right.
    """

    ended: object = None

    def ending(self) -> None:
        """Compare with the same events, each told at once."""
        super().ending()
        self.ended = self.believed()
        written = self.performance.written
        options = {name: value for name, value in written.settings.items() if name not in ("latency", "seed", "batch")}
        steps = [step for step in written.steps if step.get("faults") not in HARMLESS]
        if (options, steps) == (written.settings, written.steps) or any("faults" in step for step in steps):
            return
        plain = type(self)()
        plain.perform(options, steps)
        _same(plain.ended, self.ended, "told late or in other batches, instead of at once,")


def _delivered(copper: Copper) -> list[Delivery]:
    return [each for each in copper.deliveries if each.outcome is Outcome.DELIVERED and not each.replayed]


def _unchanged(copper: Copper, delivery: Delivery, body: Mapping[str, Any], state: State, how: str) -> None:
    before = state()
    answer = copper.replay(body, target=delivery.target)
    if answer.outcome is not Outcome.DELIVERED:
        raise AssertionError(f"{delivery} {how} and was not answered 2xx: {answer.verdict}")
    _same(before, state(), f"{delivery} {how}")


def _same(before: object, after: object, why: str) -> None:
    if before != after:
        told = f"  before {before!r}\n  after  {after!r}"
        raise AssertionError(f"{why} and the endpoint believes something else:\n{told}")
