"""Nothing that was expected was sent: did the change happen, was anybody subscribed, and what would help?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from copper_emulator.core.account import Account
from copper_emulator.core.model import Change, EntityType, Entry, Event, Kind, Topic
from copper_emulator.core.moments import stamp
from copper_emulator.core.records.record import COLLECTIONS
from copper_emulator.core.records.writing.notes import GAINED_NOTHING
from copper_emulator.core.surface import Surface
from copper_emulator.core.text import in_words, short_ids
from copper_emulator.core.topics import advice, exists, wider_profile
from copper_emulator.expectation import Expectation
from copper_emulator.near_misses.other_types import of_another_type
from copper_emulator.near_misses.parts import Diagnosis, or_later
from copper_emulator.near_misses.refused_calls import would_have_done
from copper_emulator.near_misses.unheard import is_expected, why_unheard

_MAX_TOPICS = 3


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


def _unchanged(expectation: Expectation, account: Account, surface: Surface, *, since: int = 0) -> Diagnosis | None:
    entry = _last(expectation, account, Kind.UNCHANGED, since)
    if entry is None or expectation.event not in (None, Event.UPDATE):
        return None
    if GAINED_NOTHING in entry.text:
        return Diagnosis(
            f"{GAINED_NOTHING}: it had values of its own wherever the other record had any",
            "Give the other record a value that this one lacks before they are merged; or, if nothing should arrive, "
            f"say {_none(expectation, surface)}.",
            ("What was done:", _at(entry)),
        )
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
    if expectation.type is None and expectation.ids is None:
        return None
    changes = [
        change
        for change in account.journal.changes
        if expectation.type in (None, change.type)
        and (expectation.ids is None or not expectation.wanted.isdisjoint(change.ids))
    ]
    others = [change for change in changes if not is_expected(expectation, change)]
    if not others or len(others) < len(changes):
        return None
    # The last change of each topic, in the order in which they happened.
    latest = list({change.topic: change for change in reversed(others)}.values())[_MAX_TOPICS - 1 :: -1]
    touched = {record_id for change in latest for record_id in change.ids}
    those = [record_id for record_id in expectation.ids or () if record_id in touched]
    to_them = f" to {short_ids(those)}" if those else ""
    unnotified = [change for change in latest if not change.subscriptions]
    happened = (f"  {stamp(change.at_ms)}  {change.topic} {short_ids(change.ids)}" for change in unnotified)
    last = others[-1]
    return Diagnosis(
        f"what happened{to_them} was {in_words(change.topic for change in latest)}",
        f"Expect what happened: {surface.expect(last.type, last.event, ', ...')}; or make the intended change."
        f"{or_later(expectation, account, surface)}",
        ("Nobody was notified of:", *happened) if unnotified else (),
    )


def _of_another_account(expectation: Expectation, account: Account, surface: Surface) -> Diagnosis | None:
    """The account has none of the records, but another open account has one."""
    kind = expectation.type
    if kind is None or any(account.has_record(kind, record_id) for record_id in expectation.wanted):
        return None
    for record_id in expectation.ids or ():
        owner = account.owner_elsewhere(kind, record_id)
        if owner:
            return Diagnosis(
                f"{kind} {record_id} is a record of another open account, that of {owner}",
                "Expect it of the account that has it, or make the change in this one.",
            )
    return None


def _to_others(expectation: Expectation, account: Account, surface: Surface) -> Diagnosis | None:
    return to_others(expectation, account, surface, account.journal.changes)


def to_others(
    expectation: Expectation, account: Account, surface: Surface, among: Iterable[Change]
) -> Diagnosis | None:
    """What is expected happened, but to other records."""
    changes = [change for change in among if is_expected(expectation.of_any_ids, change)]
    if not changes:
        return None
    ids: dict[Topic, dict[int, None]] = {}
    for change in changes:
        ids.setdefault(change.topic, {}).update(dict.fromkeys(change.ids))
    happened = (f"{topic} happened only to {short_ids(list(of_it))}" for topic, of_it in ids.items())
    return Diagnosis(
        in_words(happened, most=_MAX_TOPICS),
        f"Expect the ids it happened to, or change the intended record.{or_later(expectation, account, surface)}",
    )


def _never_happened(expectation: Expectation, account: Account, surface: Surface) -> Diagnosis:
    what = f"{expectation.type or 'record'} {short_ids(expectation.ids)}" if expectation.ids else "any record"
    kind, event = expectation.type or EntityType.PERSON, expectation.event or Event.UPDATE
    verb = {Event.NEW: "create", Event.UPDATE: "update", Event.DELETE: "delete"}[event]
    return Diagnosis(
        "no such change happened in this account",
        f"Make it happen before you expect it: {surface.happen(kind, event, f'{COLLECTIONS[kind]}.{verb}')}."
        f"{or_later(expectation, account, surface)}",
        (f"Nothing at all happened to {what}.",) if expectation.ids else (),
    )


_LOOKS: Sequence[Callable[[Expectation, Account, Surface], Diagnosis | None]] = (
    _no_such_topic,
    why_unheard,
    _unchanged,
    _excluded,
    _something_else,
    _of_another_account,
    of_another_type,
    _to_others,
)


class _LookSince(Protocol):
    def __call__(
        self, expectation: Expectation, account: Account, surface: Surface, /, *, since: int
    ) -> Diagnosis | None: ...


_LOOKS_SINCE: Sequence[_LookSince] = (why_unheard, _unchanged, _refused, _excluded)


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


def _at(entry: Entry) -> str:
    return f"  {stamp(entry.at_ms)}  {entry.text}"


def _none(expectation: Expectation, surface: Surface) -> str:
    return surface.expect_none(*(str(word) for word in (expectation.type, expectation.event) if word is not None))
