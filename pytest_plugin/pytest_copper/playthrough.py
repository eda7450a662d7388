"""One account with one endpoint: each step played on it is judged, and written down for the report."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from typing import Any, Protocol

from copper_emulator import Copper, Delivery, Emulator, UsageError
from copper_emulator.copper import stepwise
from copper_emulator.core.model import EntityType, Event, Kind, Outcome, State, Topic
from copper_emulator.core.records.kinds import kind_called
from copper_emulator.core.topics import exists
from copper_emulator.explain import answer_of
from copper_emulator.remedies import fix, raised_afterwards, refused_meanwhile
from copper_emulator.shell.host import Host
from copper_emulator.shell.routing.routes import Route
from copper_emulator.tracebacks import brief
from pytest_copper.probes import probe, with_what
from pytest_copper.story import Step, Story
from pytest_copper.written import Act, Written

# A traceback shows the user's own check, not how it came to be called.
__tracebackhide__ = True

_FINE = (Outcome.DELIVERED, Outcome.CANCELLED, Outcome.DROPPED)
_BY_API_FAULT = "by the fault api."
_PERMIT = (
    """; or, if `reconcile` repairs what it leaves undone then: options = {"allow": {"exception"}} in the machine"""
)
_WAITING = (State.QUEUED, State.HELD, State.SENDING)


class EndpointFailed(AssertionError):
    """The endpoint did not answer as it should have. `how` is equal for failures of the same kind."""

    def __init__(self, text: str, how: str) -> None:
        super().__init__(text)
        self.how = how


class Hooks(Protocol):
    """What a playthrough needs of a machine; see `CopperMachine`."""

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


class Playthrough:
    """What happens in one account under some settings.

    Args:
        hooks: the machine: where the endpoint is and when it is right.
        drawn: settings of the account; the user's own override them.
        host: a server thread to share.
    """

    def __init__(self, hooks: Hooks, drawn: Mapping[str, Any], host: Host | None = None) -> None:
        self.drawn = dict(drawn)
        settings = {**drawn, **hooks.options}
        self.written = Written(type(hooks).__name__, settings, hooks.secret)
        self._hooks = hooks
        self._missed = False
        self._judged = 0
        self._looked_at = 0
        self._may_refuse = False
        self.is_loose = False
        """Whether a replay had the secret but reported something that Copper had not sent before."""
        self._emulator = Emulator(host=host, **{"strict": False, **settings})
        self.copper = self._emulator.__enter__()
        self.types = tuple(dict.fromkeys(map(kind_called, hooks.types)))
        """The machine's types, each once and under its own name."""
        self.story = Story(self.types, self.copper.settings.profile)

    def begin(self) -> None:
        """Route, start and subscribe the endpoint."""
        self._route(self._hooks.endpoint(self.copper))
        for route in self.copper._tenant.routes:  # noqa: SLF001 - our own account
            if route.starts:
                # As a server would, before anything arrives: the checks may need what its startup makes.
                self.copper.start(route.to)
        self._stepwise = stepwise(self.copper, secret=self._hooks.secret)
        self._hooks.subscribe(self.copper)

    def _route(self, endpoint: object) -> None:
        chosen = self.copper._tenant.routes.resolve(self._hooks.target)  # noqa: SLF001 - our own account
        # The machine may have routed it itself, to say more: lifespan=False, or its kind.
        if not (isinstance(chosen, Route) and chosen.to is endpoint):
            self.copper.route("/".join(self._hooks.target.split("/")[:3]), to=endpoint)

    def subscribe(self) -> None:
        """Subscribe the endpoint to every event of the machine's types."""
        for kind in self.types:
            for event in Event:
                topic = Topic(kind, event)
                if exists(topic, self.copper.settings.profile):
                    subscription = {"topic": str(topic), "target": self._hooks.target}
                    self.written.subscriptions[f"{kind}_{event}"] = subscription
                    self._stepwise.subscribe(f"{kind}_{event}", subscription)

    def happen(self, act: Act, *, last: bool = True) -> None:
        """Play steps of a scenario. Answers are judged after each step, what the endpoint believes after the last.

        Args:
            act: the steps.
            last: whether to judge what the endpoint believes at all.
        """
        # Before anything else may fail: what is written down can be played, whatever goes wrong from here on.
        read = [self._stepwise.read(step) for step in act]
        self.written.acts.append(act)
        for step, its in zip(act, read, strict=True):
            remembered = self._hooks.before(step)
            self._stepwise.perform(its)
            self.story.happened(step)
            self._judge_answers()
            self._hooks.after(step, remembered)
        self._missed = self._missed or self._has_met_refusals()
        if self._missed and self.is_reachable and not self.is_refusing and self._hooks.reconciles:
            self._missed = False
            self._hooks.reconcile(self.copper)
        if last and not self._missed and self.is_idle:
            self._hooks.judge()

    def finish(self) -> None:
        """End an outage or refusals, let everything be delivered, and judge for the last time."""
        steps: Act = []
        if not self.is_reachable or self.is_refusing:
            steps.append({"faults": "off"})
        if not self.is_idle:
            steps.append({"run_until_idle": "1d"})
        self.happen(steps)
        self._check_subscribed()

    def close(self) -> None:
        """Shut down the endpoint if it was started, then close what is around it, and the account."""
        with ExitStack() as closing:
            closing.callback(self._emulator.__exit__, None, None, None)
            closing.callback(self._hooks.close)
            if sys.exc_info()[1] is not None:
                # A shutdown that fails, too, must not hide why the example has ended.
                closing.enter_context(suppress(Exception))
            self.copper.stop_apps()

    def _check_subscribed(self) -> None:
        """Raise UsageError if nobody has subscribed: every endpoint is right about what it is never told."""
        if not any(entry.kind is Kind.SUBSCRIBED for entry in self.copper.journal):
            raise UsageError(
                f"{type(self._hooks).__name__}: nothing was subscribed, so nothing could be delivered. If `subscribe` "
                "is overridden because the endpoint subscribes by itself, it has not done so on this account"
            )

    def name_of(self, kind: EntityType, record_id: int) -> str | None:
        """The name that steps use for a record; None if no step has named it."""
        return self._stepwise.name_of(kind, record_id)

    @property
    def is_idle(self) -> bool:
        """Whether everything has been delivered."""
        return not any(each.state in _WAITING for each in self.copper.notifications)

    @property
    def is_reachable(self) -> bool:
        """Whether there is no outage at the moment."""
        return not any(each.startswith("outage") for each in self.faults)

    @property
    def is_refusing(self) -> bool:
        """Whether the API will refuse the next call."""
        return any(each.startswith("api.") for each in self.faults)

    @property
    def faults(self) -> list[str]:
        """The active faults, as they are written."""
        return [str(each) for each in self.copper.faults.active]

    def _has_met_refusals(self) -> bool:
        """Whether a fault has refused calls since the last check; what they were to fetch may be missing."""
        # Most stories have no such fault, and the journal is long.
        self._may_refuse = self._may_refuse or self.is_refusing
        if not self._may_refuse or not self._hooks.reconciles:
            return False
        journal = self.copper.journal
        new, self._looked_at = journal[self._looked_at :], len(journal)
        return any(entry.kind is Kind.REFUSED and _BY_API_FAULT in entry.text for entry in new)

    def _judge_answers(self) -> None:
        deliveries = self.copper.deliveries
        new, self._judged = deliveries[self._judged :], len(deliveries)
        for delivery in new:
            if delivery.replayed:
                self._judge_replayed(delivery)
            elif delivery.by_fault or delivery.outcome is Outcome.DROPPED:
                self._missed = True
            elif self._fails(delivery) or delivery.outcome not in _FINE:
                account = self.copper._tenant.account  # noqa: SLF001 - our own account
                refused = refused_meanwhile(account, delivery)
                helps = f"{fix(delivery, account)}{_PERMIT if raised_afterwards(delivery) else ''}."
                raise _failed(delivery, "\n".join([*refused, helps]))

    def _fails(self, delivery: Delivery) -> bool:
        """Whether the endpoint has raised; what it raises after a 2xx answer may be allowed."""
        may_raise = raised_afterwards(delivery) and "exception" in self.copper.settings.allow
        return delivery.exception is not None and not may_raise

    def _judge_replayed(self, delivery: Delivery) -> None:
        its = probe(self.copper, delivery, self._hooks.secret or {})
        self.is_loose = self.is_loose or its.loose
        if self._fails(delivery) or (delivery.status or 0) >= 500:
            raise _failed(delivery, f"It {its.how}. {its.right}")
        if its.forged and self._hooks.must_refuse and delivery.outcome is Outcome.DELIVERED:
            with_which = with_what(self._hooks.secret or {}, delivery.body)
            raise EndpointFailed(
                f"A notification {with_which} was answered {delivery.status}, as if it were Copper's.\n"
                "Compare the secret before anything else, and answer 401. If this is intended, set must_refuse = False "
                "in the machine (then it only has to have no effect), or secret = None.",
                "forged",
            )


def _failed(delivery: Delivery, advice: str) -> EndpointFailed:
    lines = [f"{delivery}{answer_of(delivery)}", advice, brief(delivery.traceback or "").rstrip()]
    exception = delivery.exception
    return EndpointFailed("\n".join(filter(None, lines)), type(exception).__name__ if exception else delivery.summary)
