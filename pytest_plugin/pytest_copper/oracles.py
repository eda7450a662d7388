"""What must hold for every endpoint, whatever it is for? Functions for any test, and mixins for `CopperMachine`.

Those that check that nothing changes take `state`: a function that returns what the endpoint believes, to be compared.
Each raises AssertionError if it does not hold, and UsageError if there is nothing to judge by. Those that take an
account must be awaited if it is `copper_async`, and may then be given async functions.

    class Mirror(Idempotent, InAnyOrder, CopperMachine): ...

The file is a little longer than others, so that related properties are read side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from datetime import timedelta
from inspect import signature
from typing import Any, ClassVar, overload

import pytest_copper.require_hypothesis  # noqa: F401 - raises if Hypothesis is missing

# isort: split
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from copper_emulator import Delivery, UsageError
from copper_emulator.core.model import Outcome
from copper_emulator.core.text import duration_text
from copper_emulator.durations import parse_duration
from copper_emulator.face import Face
from copper_emulator.shell.clock import monotonic
from copper_emulator.shell.routing.destinations import is_async
from pytest_copper.both_faces import Steps, asked, of_both_faces
from pytest_copper.conditions import ALL_ORDERS, HARMLESS
from pytest_copper.machine import CopperMachine, Step
from pytest_copper.machine_checks import asserted, checked_secret, copied
from pytest_copper.probes import added, probe, replay, sent_ones, tells, written_replay
from pytest_copper.written import Act

# A traceback shows the line of the test that asks, not how the oracle judged.
__tracebackhide__ = True

Believed = Callable[[], object]

UNKNOWN = {"beyond": {"what": ["is", "known"]}}
"""What a notification of a later version may have in addition to today's keys."""


@of_both_faces
def sent_again_changes_nothing(copper: Any, state: Believed) -> Steps:
    """Send every delivered notification once more: it must be answered 2xx and change nothing."""
    _believing(state)
    for delivery in _some_delivered(copper):
        yield from _unchanged(copper, delivery, delivery.body, state, "was sent again")


@of_both_faces
def unknown_fields_change_nothing(copper: Any, state: Believed) -> Steps:
    """Send every delivered notification again with an unknown key: 2xx, and nothing changes."""
    _believing(state)
    for delivery in _some_delivered(copper):
        yield from _unchanged(copper, delivery, {**delivery.body, **UNKNOWN}, state, f"came with {UNKNOWN}")


@of_both_faces
def wrong_secret_changes_nothing(
    copper: Any, state: Believed, secret: Mapping[str, str], *, must_refuse: bool = True
) -> Steps:
    """Send every delivered notification again as a deletion with a wrong secret, and with none: nothing may change.

    Args:
        copper: the account.
        state: what the endpoint believes.
        secret: what the subscriptions send.
        must_refuse: whether it must also be refused with 4xx.
    """
    _believing(state)
    checked_secret("secret", secret)
    for delivery in _some_delivered(copper):
        if not secret.items() <= delivery.body.items():
            raise UsageError(
                f"{delivery} was not sent with the secret {', '.join(secret)}, so a false one proves nothing"
            )
        bare = {name: value for name, value in delivery.body.items() if name not in secret}
        for wrong in (dict.fromkeys(secret, "guessed"), {}):
            body = {**bare, **wrong, "event": "delete", "updated_attributes": {}}
            yield from _refused(copper, delivery, body, state, must_refuse=must_refuse)


def _refused(copper: Any, delivery: Delivery, body: Mapping[str, Any], state: Believed, *, must_refuse: bool) -> Steps:
    before = copied((yield state()))
    answer = yield replay(copper, delivery, body)
    if answer.outcome is Outcome.DELIVERED:
        if must_refuse:
            raise AssertionError(f"a notification with a wrong secret was answered {answer.status}: {answer}")
    elif answer.exception is not None or answer.status is None or answer.status >= 500:
        raise AssertionError(f"a notification with a wrong secret made the endpoint fail: {answer}")
    else:
        # The refusal is right: expect it, so that it does not fail the test.
        yield copper.expect(answer.type, answer.event, ids=answer.ids, status=answer.status)
    _same(before, (yield state()), f"{answer} has a wrong secret")


@of_both_faces
def answers_within(copper: Any, span: timedelta | str | float) -> Steps:
    """Send the last delivered notification again: it must be answered within a span of time.

    What counts is real time or the time that the endpoint's answer was scripted to take, whichever is longer.
    """
    try:
        longest = parse_duration(span)
    except ValueError as error:
        raise UsageError(f"answers_within: {error}") from None
    for delivery in _some_delivered(copper)[-1:]:
        began = monotonic()
        answer = yield replay(copper, delivery, delivery.body)
        took = max(round((monotonic() - began) * 1000), answer.ended_ms - answer.started_ms)
        if took > longest:
            raise AssertionError(
                f"{delivery} took {duration_text(took)} to be answered, more than {duration_text(longest)}: "
                "answer first, and work afterwards"
            )


@of_both_faces
def outage_is_repaired(
    copper: Any, happen: Callable[[], object], reconcile: Callable[[], object], check: Callable[[], object]
) -> Steps:
    """Let things happen during an outage: after one run of `reconcile`, nothing may be missing."""
    known = len(copper.deliveries)
    with copper.faults.outage("1h"):
        yield happen()
        yield copper.run_until_idle()
    if not any(delivery.by_fault for delivery in copper.deliveries[known:]):
        raise UsageError("nothing was missed: let `happen` change records that the endpoint is notified about")
    yield reconcile()
    asserted("outage_is_repaired: check", (yield check()))


@overload
def same_in_any_order(  # type: ignore[overload-overlap]  # what an async function gives is an object, too
    play: Callable[[Mapping[str, Any]], Coroutine[Any, Any, object]],
) -> Coroutine[Any, Any, None]: ...
@overload
def same_in_any_order(play: Callable[[Mapping[str, Any]], object]) -> None: ...
def same_in_any_order(play: Callable[[Mapping[str, Any]], object]) -> Coroutine[Any, Any, None] | None:
    """The same changes must lead to the same state, however late and in whatever batches they are notified.

    Args:
        play: takes settings, starts anew with them, makes the changes, lets everything be delivered, and returns what
            the endpoint then believes. If it is an async function, this one must be awaited.
    """
    try:
        signature(play).bind({})
    except TypeError as error:
        text = f"same_in_any_order: play is a function of the settings, def play(settings); as it is, {error}"
    else:
        return asked(_same_in_any_order(play), awaited=is_async(play))
    raise UsageError(text)


def _same_in_any_order(play: Callable[[Mapping[str, Any]], object]) -> Steps:
    expected = copied((yield play({})))
    for settings in ALL_ORDERS:
        _same(expected, (yield play(settings)), f"with the settings {settings}, instead of each at once,")


class Stateful(CopperMachine):
    """A machine whose subclass defines `state`: repeated or forged notifications must not change it."""

    needs: ClassVar[frozenset[str]] = CopperMachine.needs | {"state"}

    def believed(self) -> object:
        """A copy of what this example's endpoint believes."""
        return copied(self.state(self.copper))

    def retold(self, act: Act) -> Act:
        """If the replayed notification is no longer sent, replay the last one sent, of the same topic if possible."""
        came = [_again(self, each, {}) for each in sent_ones(self.copper)]
        if len(act) != 1 or "replay" not in act[0] or not came:
            return act
        body = _body(act[0])
        if not (self.secret or {}).items() <= body.items() or tells(body) in [tells(_body(each)) for each in came]:
            return act
        last = max(reversed(came), key=lambda each: tells(_body(each))[:2] == tells(body)[:2])
        more = {name: value for name, value in body.items() if name not in _body(last)}
        return [{"replay": {**last["replay"], "body": {**_body(last), **more}}}]

    def before(self, step: Step) -> object:
        """What the endpoint believes before a notification that should change nothing."""
        return self.believed() if "replay" in step and self.playthrough.is_idle else None

    def after(self, step: Step, remembered: object) -> None:
        """Raise AssertionError if a replay has changed anything or, unless forged, was not answered 2xx."""
        if "replay" not in step:
            return
        answer = self.copper.deliveries[-1]
        its = probe(self.copper, answer, self.secret or {})
        if not its.forged and answer.outcome is not Outcome.DELIVERED:
            raise AssertionError(f"It {its.how}, and was not answered 2xx: {answer}\n{its.right}")
        if remembered is not None:
            _same(remembered, self.believed(), f"{answer}, which {its.how},")


def _some_delivery(machine: CopperMachine, more: Mapping[str, Any]) -> st.SearchStrategy[Step]:
    # As steps: Hypothesis shows what it draws, and a Delivery is long.
    return st.sampled_from([_again(machine, each, more) for each in sent_ones(machine.copper)[-3:]])


def _can_come_again(machine: CopperMachine) -> bool:
    return machine.playthrough.is_idle and machine.playthrough.is_reachable and bool(sent_ones(machine.copper))


def _again(machine: CopperMachine, delivery: Delivery, more: Mapping[str, Any]) -> Step:
    # By name, so that the step that created a record must stay and the number of ids can shrink.
    named = [(machine.playthrough.name_of(delivery.type, each), each) for each in delivery.ids]
    ids = [each if name is None else {"record": name} for name, each in named]
    return written_replay(delivery.target, {**delivery.body, "ids": ids, **more}, added(delivery.subscription))


def _body(step: Step) -> dict[str, Any]:
    its: dict[str, Any] = step["replay"]["body"]
    return its


class Idempotent(Stateful):
    """A repeated notification changes nothing. Copper sends none twice, but a proxy or queue in front of you may."""

    @precondition(_can_come_again)
    @rule(step=st.runner().flatmap(lambda machine: _some_delivery(machine, {})))
    def repeat(self, step: Step) -> None:
        """Send a notification again."""
        self.happen(step)


class UnknownFieldsTolerated(Stateful):
    """An unknown key changes nothing."""

    @precondition(_can_come_again)
    @rule(step=st.runner().flatmap(lambda machine: _some_delivery(machine, UNKNOWN)))
    def extend(self, step: Step) -> None:
        """Send a notification again with an unknown key."""
        self.happen(step)


class InAnyOrder(Stateful):
    """The same events lead to the same state in every order and batching that Copper permits.

    For endpoints whose `check` cannot tell what is right.
    """

    ended: object = None

    def ending(self) -> None:
        """Compare with the same events, each notified at once."""
        super().ending()
        self.ended = self.believed()
        written = self.playthrough.written.acts
        acts = [act for act in written if not _is_harmless(act)]
        is_plain = not self.playthrough.drawn and acts == written
        if is_plain or any("faults" in step for act in acts for step in act):
            return
        plain = type(self)()
        plain.perform({}, acts)
        _same(plain.ended, self.ended, "notified late or in different batches, instead of at once,")


class AnswersInTime(CopperMachine):
    """The endpoint answers within `within`: Copper's own timeout is not known, and it makes only one attempt."""

    within: ClassVar[str] = "2s"
    without: ClassVar[frozenset[Phase]] = CopperMachine.without | {Phase.shrink}
    """Each attempt to shrink a failure would take as long again; the scenario is shortened all the same."""

    def ending(self) -> None:
        """Time the last notification of the example."""
        super().ending()
        if sent_ones(self.copper):
            answers_within(self.copper, self.within)


class GetsOverRefusals(CopperMachine):
    """The endpoint copes with an API that refuses its next call: it retries, or answers 2xx and reconciles later.

    For endpoints that fetch over HTTP; what `copper` does in Python is never refused.
    """

    refusals: ClassVar[tuple[str, ...]] = ("api.status=429", "api.status=503")

    @property
    def possible_faults(self) -> list[str]:
        """The faults that can be switched on now, including refusals by the API if none is on."""
        refusals = () if self.playthrough.is_refusing else self.refusals
        return [*super().possible_faults, *refusals]


def _is_harmless(act: Iterable[Step]) -> bool:
    return any(step.get("faults") in HARMLESS for step in act)


def _believing(state: Believed) -> None:
    if not callable(state):
        raise UsageError(f"state is a function of what the endpoint believes, like lambda: dict(names), not {state!r}")


def _some_delivered(copper: Face) -> list[Delivery]:
    found = sent_ones(copper)
    ended = [each for each in copper.deliveries if not each.replayed]
    if ended and not found:
        raise UsageError(f"nothing was delivered that could be sent again: {ended[-1]}")
    if not found:
        raise UsageError(
            "nothing has been delivered yet that could be sent again: change a record the endpoint is notified about, "
            "and let time pass (copper.run_until_idle())"
        )
    return found


def _unchanged(copper: Any, delivery: Delivery, body: Mapping[str, Any], state: Believed, how: str) -> Steps:
    before = copied((yield state()))
    answer = yield replay(copper, delivery, body)
    if answer.outcome is not Outcome.DELIVERED:
        raise AssertionError(f"{delivery} {how} and was not answered 2xx: {answer.verdict}")
    _same(before, (yield state()), f"{delivery} {how}")


def _same(before: object, after: object, why: str) -> None:
    if before != after:
        believed = f"  before {before!r}\n  after  {after!r}"
        raise AssertionError(f"{why} and the endpoint now believes something else:\n{believed}")
