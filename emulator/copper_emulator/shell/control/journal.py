"""The control API for the journal: reading pages of it, and streaming it as it grows."""

from __future__ import annotations

import asyncio
import re
from bisect import bisect_left
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from operator import attrgetter

from aiohttp import web
from pydantic import Field

from copper_emulator.core.model import Entry
from copper_emulator.shell.control.filters import EntryFilters, fits_entry
from copper_emulator.shell.control.models import JournalShape
from copper_emulator.shell.control.shapes import EntryShape
from copper_emulator.shell.guarding import Refused
from copper_emulator.shell.served.account import ServedAccount

_MOST = 200
"""Entries that are looked at in one piece."""

_KEEP_ALIVE = 15.0
"""Seconds after which a quiet stream sends a comment: only writing shows whether the client is still there."""


class ReadJournal(EntryFilters):
    """Which entries: with `since` the first ones after that number, without it the last ones."""

    limit: int = Field(1000, ge=1, le=10_000)
    whole: bool = Field(False, description="answers as far as they are kept, 64 KiB, not just their beginnings")


async def read_journal(served: ServedAccount, filters: ReadJournal) -> JournalShape:
    """List entries that match all filters: with `since` the first `limit` after that number, else the last `limit`."""
    with served.tenant.lock:
        entries = served.tenant.account.journal.entries
        first, end = _stretch(entries, filters)
        places = range(first, end) if filters.since is not None else range(end - 1, first - 1, -1)
        hidden = served.hidden
        wanted = (entries[place] for place in places)
        found = list(islice((entry for entry in wanted if fits_entry(filters, entry, hidden)), filters.limit))
        if filters.since is None:
            found.reverse()
        return JournalShape(
            entries=[EntryShape.of(entry, hidden, whole=filters.whole) for entry in found],
            first=entries[0].number if entries else 0,
            last=entries[-1].number if entries else 0,
            count=len(entries),
            life=served.life,
        )


async def stream_journal(request: web.Request, served: ServedAccount, filters: EntryFilters) -> web.StreamResponse:
    """Stream server-sent events: `entry` for each entry that matches, and `reset` when the journal begins anew.

    Begins after the entry in `Last-Event-ID` (an event's `id`, LIFE-NUMBER), or else after `since`.
    """
    life, number = _resumed(request.headers.get("Last-Event-ID"), filters.since or 0)
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    with suppress(ConnectionError):
        await response.prepare(request)
        await response.write(b": the journal of " + served.name.encode() + b"\n\n")
        while not served.closed:
            if life not in (None, served.life):
                number = 0
                await response.write(f"event: reset\nid: {served.life}-0\ndata: {{}}\n\n".encode())
            life = served.life
            events, looked = _events(served, filters, number)
            ended, number = looked == number, looked
            if events:
                await response.write(events)
            elif life == served.life and ended:
                try:
                    async with asyncio.timeout(_KEEP_ALIVE):
                        await served.news.wait()
                except TimeoutError:
                    await response.write(b": still here\n\n")
            else:
                # Searching a long journal for few matches must not block the event loop.
                await asyncio.sleep(0)  # noqa: TID251 - no time passes
    return response


_number = attrgetter("number")
_at = attrgetter("at_ms")


def place_after(entries: Sequence[Entry], number: int) -> int:
    """The place of the first entry after that number."""
    return bisect_left(entries, number + 1, key=_number)


def _stretch(entries: Sequence[Entry], filters: EntryFilters) -> tuple[int, int]:
    """The range of places that can hold wanted entries; found by bisection, as numbers and moments only grow."""
    first, end = 0, len(entries)
    if filters.since is not None:
        first = place_after(entries, filters.since)
    if filters.before is not None:
        end = place_after(entries, filters.before - 1)
    if filters.after_time is not None:
        first = max(first, bisect_left(entries, filters.after_time, key=_at))
    if filters.before_time is not None:
        end = min(end, bisect_left(entries, filters.before_time, key=_at))
    return first, max(first, end)


def _events(served: ServedAccount, filters: EntryFilters, number: int) -> tuple[bytes, int]:
    """The next matching entries as events, and the number up to which the journal has been examined."""
    with served.tenant.lock:
        hidden = served.hidden
        entries = served.tenant.account.journal.entries
        first = place_after(entries, number)
        looked = entries[first : first + _MOST]
        events = [
            f"event: entry\nid: {served.life}-{entry.number}\ndata: {shown.model_dump_json()}\n\n"
            for entry, shown in ((e, EntryShape.of(e, hidden)) for e in looked if fits_entry(filters, e, hidden))
        ]
    return "".join(events).encode(), looked[-1].number if looked else number


def _resumed(last_event_id: str | None, since: int) -> tuple[str | None, int]:
    if not last_event_id:
        return None, since
    found = _EVENT_ID.fullmatch(last_event_id)
    if found is None:
        raise Refused(
            422,
            f"Last-Event-ID: {last_event_id!r} is not the id of an event of this stream: write LIFE-NUMBER, like "
            "87c12ac6-115",
            hint="The life is in the answer of GET .../journal. To go on from a number alone, use ?since=115.",
        )
    return found[1], int(found[2])


_EVENT_ID = re.compile(r"([0-9a-f]{8})-(\d{1,18})", re.ASCII)
