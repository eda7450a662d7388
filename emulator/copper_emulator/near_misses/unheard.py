"""What was expected happened: why was nobody notified of it?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from copper_emulator.core.account import Account
from copper_emulator.core.model import Change
from copper_emulator.core.moments import stamp
from copper_emulator.core.surface import Surface
from copper_emulator.core.text import in_words, short_ids
from copper_emulator.expectation import Expectation
from copper_emulator.explain import Decision, Trace, refusals, traces_of
from copper_emulator.near_misses.parts import Diagnosis

_MAX_TOPICS = 3


def why_unheard(expectation: Expectation, account: Account, surface: Surface, *, since: int = 0) -> Diagnosis | None:
    """The change happened, but nobody was notified of it."""
    changes = [change for change in changes_since(account, since) if is_expected(expectation, change)]
    of_none = [change for change in changes if not change.subscriptions]
    if not of_none:
        return None
    change = of_none[-1]
    traces = traces_of(account, change)
    for decision, diagnose in _DECISIONS.items():
        found = [trace for trace in traces if trace.decision is decision]
        if found:
            return diagnose(change, found[-1], surface)
    return _nobody(
        change, [t for t in traces if t.subscription and t.subscription.type is change.type], account, surface
    )


def _made_later(change: Change, trace: Trace, surface: Surface) -> Diagnosis:
    return Diagnosis(
        "the subscription was made after the change",
        "Subscribe before the change: Copper sends nothing for what happened earlier.",
        _happened(change, trace.text),
    )


def _removed_before(change: Change, trace: Trace, surface: Surface) -> Diagnosis:
    return Diagnosis(
        "the subscription had been removed before the change",
        "Unsubscribe after the change; or, if nothing should arrive, "
        f"say {surface.expect_none(change.type, change.event)}.",
        _happened(change, trace.text),
    )


def _not_followed(change: Change, trace: Trace, surface: Surface) -> Diagnosis:
    return Diagnosis(
        "it is part of an echo that was stopped",
        "Have the endpoint ignore changes it made itself, or allow more with the setting echo_depth.",
        _happened(change, trace.text),
    )


_DECISIONS: dict[Decision, Callable[[Change, Trace, Surface], Diagnosis]] = {
    Decision.MADE_LATER: _made_later,
    Decision.REMOVED_BEFORE: _removed_before,
    Decision.NOT_FOLLOWED: _not_followed,
}


def _nobody(change: Change, near: Sequence[Trace], account: Account, surface: Surface) -> Diagnosis:
    there = list(account.subscriptions)
    only = f", only to {in_words(dict.fromkeys(each.topic for each in there), most=_MAX_TOPICS)}" if there else ""
    texts = [trace.text for trace in near[:3]] or [f"nobody has subscribed to any topic of this type{only}"]
    subscribed = [*(trace.subscription for trace in near if trace.subscription is not None), *there]
    target = subscribed[0].target if subscribed else "https://..."
    subscribe = surface.subscribe(str(change.type), str(change.event), target)
    refused = "Fix what the API refused, or subscribe" if refusals(account) else "Subscribe"
    unstarted = account.unstarted_app()
    start = (
        f" If the application ({unstarted}) subscribes when it starts, start it before the change, "
        f"{account.surface.start}: otherwise it starts with its first notification."
    )
    return Diagnosis(
        f"nobody had subscribed to {change.topic}",
        f"{refused} before the change: {subscribe}.{start if unstarted else ''}",
        _happened(change, *texts),
    )


def is_expected(expectation: Expectation, change: Change) -> bool:
    return (
        expectation.type in (None, change.type)
        and expectation.event in (None, change.event)
        and (expectation.ids is None or not expectation.wanted.isdisjoint(change.ids))
    )


def changes_since(account: Account, since: int) -> list[Change]:
    """The changes after the journal's entry of that number."""
    journal = account.journal
    return [each for each in journal.changes if (entry := journal.entry_of(each)) is not None and entry.number > since]


def _happened(change: Change, *texts: str) -> tuple[str, ...]:
    return (
        "It happened, but nobody was notified:",
        f"  {stamp(change.at_ms)}  {change.topic} {short_ids(change.ids)}",
        *(f"    - {text}" for text in texts),
    )
