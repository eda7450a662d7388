"""Nothing that was expected was sent: did the change happen, was anybody subscribed, and what would help?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from copper_emulator.core.account import Account
from copper_emulator.core.model import Change, EntityType, Entry, Event, Kind, Topic
from copper_emulator.core.moments import stamp
from copper_emulator.core.records.record import COLLECTIONS
from copper_emulator.core.surface import Surface
from copper_emulator.core.text import in_words, short_ids
from copper_emulator.core.topics import advice, exists, wider_profile
from copper_emulator.expectation import Expectation
from copper_emulator.explain import Decision, Trace, refusals, traces_of
from copper_emulator.later_work import if_after_answer
from copper_emulator.near_misses.refused_calls import would_have_done

_MAX_TOPICS = 3


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong, completing `Expected ..., but`; what would help, as a sentence; and lines that show it."""

    wrong: str
    advice: str
    lines: tuple[str, ...] = ()


def why_nothing(expectation: Expectation, account: Account, surface: Surface) -> Diagnosis:
    """The first explanation that applies, worded for `surface`."""
    for look in _LOOKS:
        found = look(expectation, account, surface)
        if found is not None:
            return found
    return _never_happened(expectation, account, surface)


def why_nothing_since(expectation: Expectation, account: Account, surface: Surface, since: int) -> Diagnosis | None:
    """Why nothing was sent for what was done after the journal's entry of that number; None if nothing was done."""
    for look in _LOOKS_SINCE:
        found = look(expectation, account, surface, since=since)
        if found is not None:
            return found
    return None


def _no_such_topic(expectation: Expectation, account: Account, surface: Surface) -> Diagnosis | None:
    kind, event, profile = expectation.type, expectation.event, account.rules.profile
    if kind is None or event is None or exists(Topic(kind, event), profile):
        return None
    return Diagnosis(f"Copper has no webhook for {kind}/{event}", advice(kind, profile, wider_profile(surface)))


def _unheard(expectation: Expectation, account: Account, surface: Surface, *, since: int = 0) -> Diagnosis | None:
    """The change happened, but nobody was notified of it."""
    changes = [change for change in changes_since(account, since) if _is_expected(expectation, change)]
    unheard = [change for change in changes if not change.subscriptions]
    if not unheard:
        return None
    change = unheard[-1]
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


def _unchanged(expectation: Expectation, account: Account, surface: Surface, *, since: int = 0) -> Diagnosis | None:
    entry = _last(expectation, account, Kind.UNCHANGED, since)
    if entry is None or expectation.event not in (None, Event.UPDATE):
        return None
    return Diagnosis(
        "nothing was changed: the values were the same as before",
        f"Write a different value; or, if nothing should arrive, say {_none(expectation, surface)}.",
        ("What was done:", _at(entry)),
    )


def _excluded(expectation: Expectation, account: Account, surface: Surface, *, since: int = 0) -> Diagnosis | None:
    entry = _last(expectation, account, Kind.EXCLUDED, since)
    if entry is None or expectation.event not in (None, Event.UPDATE):
        return None
    none = _none(expectation, surface)
    return Diagnosis(
        "Copper sends nothing for what was done",
        f"Say {none}, since nothing will arrive; to find out, ask the API.",
        ("What was done:", _at(entry)),
    )


def _refused(expectation: Expectation, account: Account, surface: Surface, *, since: int) -> Diagnosis | None:
    """The API refused a call that would have done it."""
    for entry in reversed(account.journal.entries[since:]):
        if entry.kind is Kind.REFUSED and would_have_done(expectation, entry.text):
            return Diagnosis(
                "the API refused the call that would have done it",
                f"Fix the call; or, if it should be refused, say {_none(expectation, surface)}.",
                (f"The API refused: {entry.text}",),
            )
    return None


def _something_else(expectation: Expectation, account: Account, surface: Surface) -> Diagnosis | None:
    """Something else happened to the same records."""
    changes = [change for change in account.journal.changes if not expectation.wanted.isdisjoint(change.ids)]
    if expectation.ids is None:
        changes = [change for change in account.journal.changes if change.type is expectation.type]
    others = [change for change in changes if not _is_expected(expectation, change)]
    if not others or len(others) < len(changes):
        return None
    # The last change of each topic, in the order in which they happened.
    latest = list({change.topic: change for change in reversed(others)}.values())[_MAX_TOPICS - 1 :: -1]
    touched = {record_id for change in latest for record_id in change.ids}
    those = [record_id for record_id in expectation.ids or () if record_id in touched]
    to_them = f" to {short_ids(those)}" if those else ""
    unheard = [change for change in latest if not change.subscriptions]
    happened = (f"  {stamp(change.at_ms)}  {change.topic} {short_ids(change.ids)}" for change in unheard)
    last = others[-1]
    return Diagnosis(
        f"what happened{to_them} was {in_words(change.topic for change in latest)}",
        f"Expect what happened: {surface.expect(last.type, last.event, ', ...')}; or make the intended change."
        f"{_or_later(expectation, account, surface)}",
        ("Nobody was notified of:", *happened) if unheard else (),
    )


def _to_others(expectation: Expectation, account: Account, surface: Surface) -> Diagnosis | None:
    return to_others(expectation, account, surface, account.journal.changes)


def to_others(
    expectation: Expectation, account: Account, surface: Surface, among: Iterable[Change]
) -> Diagnosis | None:
    """What is expected happened, but to other records."""
    changes = [change for change in among if _is_expected(expectation.of_any_ids, change)]
    if not changes:
        return None
    ids: dict[Topic, dict[int, None]] = {}
    for change in changes:
        ids.setdefault(change.topic, {}).update(dict.fromkeys(change.ids))
    happened = (f"{topic} happened only to {short_ids(list(of_it))}" for topic, of_it in ids.items())
    return Diagnosis(
        in_words(happened, most=_MAX_TOPICS),
        f"Expect the ids it happened to, or change the intended record.{_or_later(expectation, account, surface)}",
    )


def _never_happened(expectation: Expectation, account: Account, surface: Surface) -> Diagnosis:
    what = f"{expectation.type or 'record'} {short_ids(expectation.ids)}" if expectation.ids else "any record"
    kind, event = expectation.type or EntityType.PERSON, expectation.event or Event.UPDATE
    verb = {Event.NEW: "create", Event.UPDATE: "update", Event.DELETE: "delete"}[event]
    return Diagnosis(
        "no such change happened in this account",
        f"Make it happen before you expect it: {surface.happen(kind, event, f'{COLLECTIONS[kind]}.{verb}')}."
        f"{_or_later(expectation, account, surface)}",
        (f"Nothing at all happened to {what}.",) if expectation.ids else (),
    )


_LOOKS: Sequence[Callable[[Expectation, Account, Surface], Diagnosis | None]] = (
    _no_such_topic,
    _unheard,
    _unchanged,
    _excluded,
    _something_else,
    _to_others,
)


class _LookSince(Protocol):
    def __call__(
        self, expectation: Expectation, account: Account, surface: Surface, /, *, since: int
    ) -> Diagnosis | None: ...


_LOOKS_SINCE: Sequence[_LookSince] = (_unheard, _unchanged, _refused, _excluded)


def changes_since(account: Account, since: int) -> list[Change]:
    """The changes after the journal's entry of that number."""
    journal = account.journal
    return [each for each in journal.changes if (entry := journal.entry_of(each)) is not None and entry.number > since]


def _or_later(expectation: Expectation, account: Account, surface: Surface) -> str:
    later = if_after_answer(account, surface, expectation.ids)
    return f" {later}" if later else ""


def _is_expected(expectation: Expectation, change: Change) -> bool:
    return (
        expectation.type in (None, change.type)
        and expectation.event in (None, change.event)
        and (expectation.ids is None or not expectation.wanted.isdisjoint(change.ids))
    )


def _last(expectation: Expectation, account: Account, kind: Kind, since: int) -> Entry | None:
    found = [
        entry
        for entry in account.journal.entries[since:]
        if entry.kind is kind
        and any(
            expectation.type in (None, its) and (expectation.ids is None or record_id in expectation.wanted)
            for its, record_id in entry.records
        )
    ]
    return found[-1] if found else None


def _happened(change: Change, *texts: str) -> tuple[str, ...]:
    return (
        "It happened, but nobody was notified:",
        f"  {stamp(change.at_ms)}  {change.topic} {short_ids(change.ids)}",
        *(f"    - {text}" for text in texts),
    )


def _at(entry: Entry) -> str:
    return f"  {stamp(entry.at_ms)}  {entry.text}"


def _none(expectation: Expectation, surface: Surface) -> str:
    return surface.expect_none(*(str(word) for word in (expectation.type, expectation.event) if word is not None))
