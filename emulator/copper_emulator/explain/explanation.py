"""The explanations: of a change, a delivery, a subscription, or all that happened to some records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from copper_emulator.core.account import Account
from copper_emulator.core.model import SENT, Change, Delivery, EntityType, Entry, Kind, Subscription
from copper_emulator.core.moments import stamp
from copper_emulator.core.rules import MAX_IDS
from copper_emulator.core.text import count, short_ids
from copper_emulator.explain.lives import Decision, Life
from copper_emulator.explain.stories import masked_headers, story
from copper_emulator.explain.traces import Trace, Tracer
from copper_emulator.remedies import remedy
from copper_emulator.timeline import serials_text, subscription_text
from copper_emulator.tracebacks import brief

_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Explanation:
    """Lines of text, which `str()` joins, and the same as values.

    `traces` has one for each change and subscription; `notes` are journal entries about what changed nothing, or
    nothing that Copper notifies about. `left_out` counts the earlier changes and notes that are not shown because only
    the newest were asked for.
    """

    lines: tuple[str, ...]
    traces: tuple[Trace, ...] = ()
    notes: tuple[Entry, ...] = ()
    left_out: int = 0

    def __str__(self) -> str:
        return "\n".join(self.lines)

    def __repr__(self) -> str:
        return f"<Explanation of {count(len(self.lines), 'line')}: {self.lines[0] if self.lines else ''}>"


def explain_change(account: Account, change: Change) -> Explanation:
    """What became of one change: the whole story of each notification, or why there was none."""
    return _explained(account, Tracer(account), change)


def lines_of(account: Account, change: Change) -> tuple[str, ...]:
    """The lines of `explain_change` only."""
    return _explained(account, Tracer(account, in_steps=False), change).lines


def _explained(account: Account, tracer: Tracer, change: Change) -> Explanation:
    traces = tracer.of(change)
    lines = [*_change_lines(account, tracer, change, traces), *_remedies(account, tracer, traces)]
    return Explanation(tuple(lines), tuple(traces))


def traces_of(account: Account, change: Change) -> list[Trace]:
    """The traces of a change: one for each subscription there ever was."""
    return Tracer(account).of(change)


def explain_subscription(account: Account, subscription: Subscription, *, most: int | None = None) -> Explanation:
    """Everything a subscription was sent, and what it was not sent and why; `most` keeps only the newest changes.

    The lines count everything that it was not sent, whatever `most` is.
    """
    tracer = Tracer(account, subscription=subscription.id)
    sent = [change for change in account.journal.changes if subscription.id in change.subscriptions]
    others = [change for change in account.journal.changes if subscription.id not in change.subscriptions]
    traces = [trace for change in _newest(sent, most) for trace in tracer.of(change)]
    missed = [trace for change in others for trace in tracer.of(change) if trace.subscription is not None]
    life = next(iter(tracer.lives), None)
    lines = [f"subscription {subscription_text(subscription)}", *_life_lines(account, life)]
    sent_lines = [f"  {passage.text}" for trace in traces for passage in trace.passages]
    lines += [*sent_lines, *_unsent_lines([*traces, *missed], sent_nothing=not sent_lines)]
    lines += _remedies(account, tracer, traces)
    shown = sorted([*traces, *_newest(missed, most)], key=lambda trace: trace.change.serial)
    return Explanation(tuple(map(tracer.mask, lines)), tuple(shown), left_out=len(sent) - len(_newest(sent, most)))


def explain_records(
    account: Account, kind: EntityType | None, record_id: int | None, *, most: int | None = None
) -> Explanation:
    """What happened to a record, a type or at all, and what became of it; `most` keeps only the newest entries."""
    tracer = Tracer(account, about=record_id)
    lines: list[str] = []
    traces: list[Trace] = []
    notes: list[Entry] = []
    found = [entry for entry in account.journal.entries if _tells_of(entry, kind, record_id)]
    shown = _newest(found, most)
    for entry in shown:
        if entry.change is not None:
            of_the_change = tracer.of(entry.change)
            traces += of_the_change
            lines += _change_lines(account, tracer, entry.change, of_the_change)
        else:
            notes.append(entry)
            lines += [f"{stamp(entry.at_ms)}  {entry.text}", "  nobody was notified"]
    if record_id is not None and any(_has_shared(account, trace) for trace in traces):
        lines.append(f"A notification has up to {MAX_IDS} ids, and the endpoint has to handle each of them.")
    lines += _remedies(account, tracer, traces)
    lines = lines or [_nothing(account, kind, record_id)]
    return Explanation(tuple(lines), tuple(traces), tuple(notes), left_out=len(found) - len(shown))


def _newest(found: Sequence[_Found], most: int | None) -> Sequence[_Found]:
    return found if most is None else found[max(0, len(found) - most) :]


def _has_shared(account: Account, trace: Trace) -> bool:
    """Whether the endpoint was, or will be, sent several ids at once."""
    shared = [passage.notification for passage in trace.passages if len(passage.notification.ids) > 1]
    deliveries = map(account.journal.delivery_of, shared)
    return any(each is None or (each.outcome in SENT and not each.by_fault) for each in deliveries)


def explain_delivery(account: Account, delivery: Delivery) -> Explanation:
    """One delivery, with the shape of its request and what came back."""
    tracer = Tracer(account)
    lines = [story(account, delivery.notification)]
    if delivery.request_headers:
        shown = [f"{name}: {value}" for name, value in masked_headers(delivery)]
        lines.append(f"  sent {len(delivery.request_body)} bytes with {', '.join(shown)}")
    if delivery.traceback:
        lines += [f"    {line}" for line in brief(delivery.traceback).splitlines()]
    traces = [
        trace
        for trace in tracer.of(delivery.change)
        if any(passage.notification is delivery.notification for passage in trace.passages)
    ]
    lines += remedy(account, delivery)
    return Explanation(tuple(map(tracer.mask, lines)), tuple(traces))


def refusals(account: Account) -> list[str]:
    """What the API refused, one line each: a refused subscription is often why nothing arrives."""
    return [entry.text for entry in account.journal.entries if entry.kind is Kind.REFUSED]


_MAX_REMEDIES = 3
"""How many different remedies are shown at the end."""

_ORIGINS = {
    "python": "in Python",
    "api": "through the API",
    "control": "through the page, a command or the control API",
    "fire": "fired by hand",
    "scenario": "by a scenario",
    "replay": "sent again by hand",
}
"""Where a change came from, in words."""


def _remedies(account: Account, tracer: Tracer, traces: Sequence[Trace]) -> list[str]:
    """What to do about what did not get through, each remedy once, as at the end of a failed expectation.

    If there are several notifications, each remedy names those it is for.
    """
    journal = account.journal
    passages = [passage for trace in traces for passage in trace.passages]
    found: dict[tuple[str, ...], list[int]] = {}
    for passage in passages:
        delivery = journal.delivery_of(passage.notification)
        lines = () if delivery is None else remedy(account, delivery)
        if lines:
            found.setdefault(lines, []).append(passage.notification.serial)
    named = len(passages) > 1
    blocks = [
        (*lines[:-1], f"For {serials_text(serials, show=5)}: {lines[-1]}" if named else lines[-1])
        for lines, serials in list(found.items())[-_MAX_REMEDIES:]
    ]
    return [tracer.mask(line) for lines in blocks for line in lines]


def _change_lines(account: Account, tracer: Tracer, change: Change, traces: Sequence[Trace]) -> list[str]:
    origin = _ORIGINS.get(change.origin, change.origin)
    head = f"{stamp(change.at_ms)}  {change.topic} {short_ids(change.ids)} ({origin})"
    if account.journal.entry_of(change) is None:
        return [head, "  it belongs to an earlier life of this account, which has been reset since"]
    lines = [f"  {passage.text}" for trace in traces for passage in trace.passages]
    if not change.subscriptions and change.origin != "replay":
        lines = [f"  nobody was notified: {tracer.mask(change.note)}"]
    return [head, *lines, *_not_there(traces)]


_NOT_THERE = {
    Decision.REMOVED_BEFORE: "had been removed before the change",
    Decision.MADE_LATER: "were made after the change",
}


def _not_there(traces: Sequence[Trace]) -> Iterator[str]:
    """The subscriptions to the topic that did not exist at that moment: people look for them."""
    for decision, what in _NOT_THERE.items():
        missed = [trace for trace in traces if trace.decision is decision]
        if len(missed) == 1:
            yield f"  {missed[0].text}"
        elif missed:
            # An endpoint that subscribes anew at each start leaves many.
            ids = short_ids([trace.subscription.id for trace in missed if trace.subscription is not None])
            yield f"  {len(missed):,} subscriptions {what}: {ids}"


def _life_lines(account: Account, life: Life | None) -> list[str]:
    if life is None:
        return ["  it belongs to an earlier life of this account, which has been reset since"]
    made = f"  made {stamp(life.made.at_ms)}"
    if life.removed is not None:
        return [f"{made}, removed {stamp(life.removed.at_ms)}"]
    if life.subscription.key != account.key_serial:
        return [f"{made} by an earlier API key: it still fires, and the current key can neither see nor delete it"]
    return [made]


_REASONS = {
    Decision.MADE_LATER: "of this topic came before the subscription was made",
    Decision.REMOVED_BEFORE: "of this topic came after it was removed",
    Decision.NOT_FOLLOWED: "of this topic went too deep into an echo",
    Decision.OTHER_TOPIC: "had a different topic",
}


def _unsent_lines(traces: Sequence[Trace], *, sent_nothing: bool) -> list[str]:
    lines = []
    for decision, reason in _REASONS.items():
        changes = [trace.change for trace in traces if trace.decision is decision]
        if not changes:
            continue
        topics = sorted({str(change.topic) for change in changes})
        which = f": {', '.join(topics)}" if decision is Decision.OTHER_TOPIC else ""
        lines.append(f"  {count(len(changes), 'change')} {reason}{which}")
    if sent_nothing:
        lines.append("  it was sent nothing" + ("" if traces else "; nothing changed"))
    return lines


def _tells_of(entry: Entry, kind: EntityType | None, record_id: int | None) -> bool:
    """Whether an entry is about a change to these records, or about something that changed nothing in them."""
    if entry.change is not None:
        return entry.kind is Kind.CHANGE and _is_about(entry.change, kind, record_id)
    return any(kind in (None, its) and record_id in (None, this) for its, this in entry.records)


def _is_about(change: Change, kind: EntityType | None, record_id: int | None) -> bool:
    return (kind is None or change.type is kind) and (record_id is None or record_id in change.ids)


def _nothing(account: Account, kind: EntityType | None, record_id: int | None) -> str:
    if record_id is None:
        return f"nothing happened to any {kind or 'record'}"
    known = [each for each in EntityType if account.records.has_record(each, record_id)]
    text = f"nothing happened to {kind or 'record'} {record_id}"
    if kind in known or (kind is None and known):
        return f"{text}: it was seeded, and seeding notifies nobody"
    if known:
        return f"{text}, which does not exist; there is a {known[0]} {record_id}"
    return f"{text}, which does not exist"
