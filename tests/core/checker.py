"""Checks a log of sends against Copper's limits, without knowing anything about the engine.

It is given what was to be sent and what was sent, and reports what is wrong. It simulates nothing: each rule is checked
separately, on the log alone. It expects endpoints that answer at once, a clock that stopped at every deadline, and a
run that went on until nothing was left.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple


class Queued(NamedTuple):
    """Something to be sent."""

    serial: int
    due_ms: int
    target: str = ""


class Send(NamedTuple):
    """Something sent, and when."""

    ms: int
    serial: int
    due_ms: int
    target: str = ""


class Violation(AssertionError):
    """The log breaks a rule, which the text names."""


Span = tuple[int, int]
"""A span of time from the first number up to, but not including, the second."""


def check(
    sends: Sequence[Send],
    queued: Sequence[Queued],
    limits: Sequence[tuple[int, int]],
    *,
    window: str,
    policy: str,
    dropped: Collection[int] = (),
    in_flight: int = 1,
) -> None:
    """Raise Violation unless the log follows the rules.

    Args:
        sends: the log, in the order in which it was written.
        queued: everything that should have been sent.
        limits: (count, length in ms) of each limit.
        window: "fixed" or "rolling".
        policy: "hold" or "drop".
        dropped: serials that were dropped for lack of room.
        in_flight: how many may be in flight to one target. With more than 1, different targets are served side by
            side within a moment.
    """
    _check_sends(sends, queued)
    _check_all_accounted_for(sends, queued, dropped)
    _check_clock(sends)
    _check_order(sends, in_flight)
    times = [send.ms for send in sends]
    full: list[Span] = []
    for count, length in limits:
        if window == "fixed":
            full += _full_fixed(times, count, length)
        else:
            full += _full_rolling(times, count, length)
    spans = _merge(full)
    if policy == "hold":
        _check_held(sends, dropped, spans)
    else:
        _check_dropped(sends, queued, dropped, spans)


def _check_sends(sends: Sequence[Send], queued: Sequence[Queued]) -> None:
    for serial, times in Counter(send.serial for send in sends).items():
        if times > 1:
            raise Violation(f"sent twice: {serial}")
    known = {item.serial: item for item in queued}
    for send in sends:
        item = known.get(send.serial)
        if item is None:
            raise Violation(f"sent though never queued: {send.serial}")
        if (item.due_ms, item.target) != (send.due_ms, send.target):
            raise Violation(f"sent as another than it was queued: {send.serial}")


def _check_all_accounted_for(sends: Sequence[Send], queued: Sequence[Queued], dropped: Collection[int]) -> None:
    known = {item.serial for item in queued}
    sent, gone = {send.serial for send in sends}, set(dropped)
    if gone - known:
        raise Violation(f"dropped though never queued: {min(gone - known)}")
    if gone & sent:
        raise Violation(f"sent and dropped: {min(gone & sent)}")
    missing = known - sent - gone
    if missing:
        raise Violation(f"lost: {min(missing)} and {len(missing) - 1} more")


def _check_clock(sends: Sequence[Send]) -> None:
    for before, after in _pairs(sends):
        if after.ms < before.ms:
            raise Violation(f"time went back: {after.serial} after {before.serial}")
    for send in sends:
        if send.ms < send.due_ms:
            raise Violation(f"sent before it was due: {send.serial}")


def _check_order(sends: Sequence[Send], in_flight: int) -> None:
    """By due time, then serial: within a moment for each target (for all, if one is in flight), otherwise for all."""
    lanes: dict[str, list[Send]] = {}
    for send in sends:
        lanes.setdefault("" if in_flight == 1 else send.target, []).append(send)
    for lane in lanes.values():
        for before, after in _pairs(lane):
            if _place(after) < _place(before):
                raise Violation(f"out of order: {after.serial} after {before.serial}")
    latest = (-1, -1)
    latest_before = latest
    for before, after in _pairs(sends):
        latest = max(latest, _place(before))
        if after.ms > before.ms:
            latest_before = latest
        if _place(after) < latest_before:
            raise Violation(f"out of order: {after.serial} was overtaken at an earlier moment")


def _full_fixed(times: Sequence[int], count: int, length: int) -> list[Span]:
    """When windows that open with the first send, and renew when they end, had no room left."""
    spans: list[Span] = []
    first = 0
    while first < len(times):
        over = times[first] + length
        beyond = first
        while beyond < len(times) and times[beyond] < over:
            beyond += 1
        if beyond - first > count:
            raise Violation(f"over the limit of {count} in {length} ms: window from {times[first]}")
        if beyond - first == count:
            spans.append((times[beyond - 1], over))
        first = beyond
    return spans


def _full_rolling(times: Sequence[int], count: int, length: int) -> list[Span]:
    """When the window of this length up to the moment held as many sends as it may."""
    for first, last in zip(times, times[count:], strict=False):
        if last < first + length:
            raise Violation(f"over the limit of {count} in {length} ms: span from {first}")
    return [(last, first + length) for first, last in zip(times, times[count - 1 :], strict=False)]


def _check_held(sends: Sequence[Send], dropped: Collection[int], full: Sequence[Span]) -> None:
    if dropped:
        raise Violation(f"dropped though the policy is hold: {min(dropped)}")
    for send in sends:
        if not _covers(full, send.due_ms, send.ms):
            raise Violation(f"held though there was room: {send.serial}")


def _check_dropped(
    sends: Sequence[Send],
    queued: Sequence[Queued],
    dropped: Collection[int],
    full: Sequence[Span],
) -> None:
    for send in sends:
        if send.ms != send.due_ms:
            raise Violation(f"held though the policy is drop: {send.serial}")
    gone = set(dropped)
    last_sent: dict[int, int] = {}
    for send in sends:
        last_sent[send.ms] = max(last_sent.get(send.ms, 0), send.serial)
    for item in queued:
        if item.serial not in gone:
            continue
        if not _covers(full, item.due_ms, item.due_ms + 1):
            raise Violation(f"dropped though there was room: {item.serial}")
        if last_sent.get(item.due_ms, 0) > item.serial:
            raise Violation(f"dropped though a later one of its moment went: {item.serial}")


def _covers(spans: Sequence[Span], start: int, end: int) -> bool:
    """Whether every millisecond from start up to end is in one of the merged spans."""
    if start >= end:
        return True
    place = bisect_right(spans, start, key=lambda span: span[0]) - 1
    return place >= 0 and spans[place][1] >= end


def _merge(spans: Iterable[Span]) -> list[Span]:
    """Merge overlapping and touching spans, in order."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _place(send: Send) -> tuple[int, int]:
    return (send.due_ms, send.serial)


def _pairs(sends: Sequence[Send]) -> Iterable[tuple[Send, Send]]:
    return pairwise(sends)
