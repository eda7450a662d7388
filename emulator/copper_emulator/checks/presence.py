"""Is the endpoint still there, and does it still work after its answers? If not, since when?"""

from __future__ import annotations

import socket
from collections import deque
from dataclasses import replace
from typing import NamedTuple

from yarl import URL

from copper_emulator.checks.bench import Bench
from copper_emulator.checks.causes import of_crash
from copper_emulator.checks.contact import one
from copper_emulator.checks.earlier import Named, as_named, fetches_due, named_in
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.checks.state import DIFFERS, SURPLUS
from copper_emulator.core.call_log import ApiCall
from copper_emulator.core.model import Delivery, Reason, Topic
from copper_emulator.core.text import count, short_ids
from copper_emulator.shell.clock import monotonic
from copper_emulator.shell.delivering.driver import Rounds
from copper_emulator.shell.routing.destinations import RouteKind
from copper_emulator.shell.routing.routes import Route, Straight

_REACH = 5.0
"""Seconds that connecting may take."""

_ENDING = 0.5

_BEFORE = 3
"""How many more notifications are named: if the endpoint works after its answer, an earlier one may be the cause."""

_SILENT = 3
"""So many rows with a wrong state and no call of the API are no chance any more."""

LOOKS = 3
"""How often in a check it is looked whether anything comes of a notification."""

_LULL = 5.0
"""Seconds without a call of the API after which an endpoint that is only slow would have called again."""

_REFUSED = (
    "Handle every answer of the API: a 404 means that the record is gone, and after a 429 or 5xx fetch again later. "
)
_STOPPED = (
    "What works after the answers (a thread, a task, a queue's worker) has ended, or waits for good, probably at "
    "something in that row: catch what goes wrong with one notification, log it, and go on with the next. See its log. "
    "If it looks at `subscription_id`: each row has subscriptions of its own, and an id that it knows comes only once."
)


class Calls:
    """Remembers from row to row whether the API is still called: where a worker has died, only answers come."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._last_row = ""
        self._rows: dict[Named, str] = {}
        """The last row that has told of each record."""
        self._silent = 0
        self._looks = LOOKS

    def after(self, row: str) -> None:
        """A row has been played, and its account is still there."""
        bench = self._bench
        told = [as_named(each.topic.type, record) for each in bench.deliveries for record in each.ids]
        self._rows.update(dict.fromkeys(told, row))
        if bench.own_calls:
            self._last_row, self._silent = row, 0
        elif bench.api_calls:
            # It works something off that an earlier row has told of, and may end at that.
            self._last_row, self._silent = self._row_of(bench.account.call_log.calls()[-1]) or row, 0
        elif any(not each.endswith(SURPLUS) for each in bench.trial.wrong):
            self._silent += 1

    def _row_of(self, call: ApiCall) -> str:
        named = named_in(call.path)
        return "" if named is None else self._rows.get(named, "")

    def may_have_ended(self) -> bool:
        """Whether what works after the answers may have ended: something is missing, and nothing was fetched.

        Without patience nobody knows: it may just not have begun.
        """
        bench = self._bench
        missing = any(not each.endswith(SURPLUS) and DIFFERS not in each for each in bench.trial.wrong)
        if not (missing and self._looks and bench.plan.patience and self._last_row) or bench.own_calls:
            return False
        # Who asks for a record of an earlier row more often than it was told of it goes on asking.
        return bench.api_calls == fetches_due(bench.account.call_log.calls(), bench.deliveries, bench.earlier)

    def has_ended(self) -> Rounds[bool]:
        """Whether nothing comes of the plainest notification either, in an account of its own."""
        self._looks -= 1
        yield from one(self._bench)
        yield from self._bench.compare(lull=_LULL)
        return bool(self._bench.trial.wrong and not self._bench.api_calls)

    def stopped(self, finding: Finding) -> Finding:
        """The finding of the row in which it was noticed that it has ended."""
        evidence = f"{finding.evidence}; nothing comes of a plain notification any more, either"
        return replace(finding, evidence=evidence, advice=f"It has done nothing since row {self._last_row}. {_STOPPED}")

    @property
    def last_row(self) -> str:
        """The last row for which the API was called."""
        return self._last_row

    def note(self) -> str:
        """What has to be said of the run as a whole, or nothing."""
        if not self._last_row or self._silent < _SILENT:
            return ""
        return (
            f"the API has not been called since row {self._last_row}, and {count(self._silent, 'row')} failed without "
            "a call: what works after the answers (a thread, a queue's worker) has probably ended there; see its log"
        )


class Presence:
    """Remembers from row to row what was last sent to the endpoint."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._arrived: deque[_Arrived] = deque(maxlen=_BEFORE + 1)

    def gone(self, row: str, *, looks: bool) -> str:
        """After a row, while its account exists: since when nobody is listening any more; empty if somebody is.

        It looks only if that could explain something. An endpoint that never was there is not gone.
        """
        sent = self._bench.deliveries
        self._arrived.extend(_Arrived(each.topic, short_ids(each.ids), row) for each in sent if _has_arrived(each))
        looks = looks or any(each.reason is Reason.REFUSED for each in sent)
        url = self._url() if looks and self._arrived else None
        if url is None or not _refuses(url):
            return ""
        last = self._arrived[-1].named(here=row)
        return f"the endpoint has not answered since {last}: it has probably crashed; see its log"

    def finding(self, row: str, gone: str) -> Finding:
        """The finding of the row after which it was gone, while the row's account exists."""
        calls = self._bench.account.call_log.calls()[-1:]
        asked = "".join(f". Its last call of the API was {_asked(last)}" for last in calls)
        refused = any(last.status is not None and last.status >= 400 for last in calls)
        helps = (_REFUSED if refused else "") + self._advice(row)
        return Finding(Verdict.FAILED, gone + asked, helps, of_crash(self._arrived[-1].topic), gone)

    def forget(self) -> None:
        """Another process answers from now on."""
        self._arrived.clear()

    def _advice(self, row: str) -> str:
        """What to do about it, and which other notifications may have caused it."""
        *before, _ = self._arrived
        named = ", ".join(each.named(here=row) for each in reversed(before))
        others = f" If it works after its answers, it may have been an earlier one: {named}." if named else ""
        return (
            "Let no notification end the process: catch what goes wrong while handling it, also after the answer, and "
            f"log it (in Node, a rejected promise that nobody awaits ends the process).{others}"
        )

    def ending(self) -> Rounds[None]:
        """Give a process that is ending a moment: its state stops answering before its port is closed."""
        until, url = monotonic() + _ENDING, self._url()
        while url is not None and not _refuses(url) and monotonic() < until:
            yield []

    def _url(self) -> URL | None:
        found = self._bench.tenant.routes.resolve(self._bench.plan.target)
        if isinstance(found, Straight):
            return found.url
        return found.to if isinstance(found, Route) and found.kind is RouteKind.URL else None


class _Arrived(NamedTuple):
    """A notification that was sent, and in which row."""

    topic: Topic
    ids: str
    row: str

    def named(self, *, here: str) -> str:
        text = f"{self.topic} {self.ids}"
        return text if self.row == here else f"{text} in row {self.row}"


def _asked(call: ApiCall) -> str:
    answer = "not answered" if call.status is None else f"answered {call.status}"
    return f"{call.method} {call.path}, {answer}"


def _refuses(url: URL) -> bool:
    """Whether nobody is listening there. One that is merely too busy to accept a connection counts as listening."""
    try:
        socket.create_connection((url.host or "", url.port or 0), _REACH).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False


def _has_arrived(delivery: Delivery) -> bool:
    # A notification whose connection broke off may well be the one that caused the crash.
    return delivery.status is not None or delivery.reason in (Reason.BROKEN_OFF, Reason.TIMED_OUT)
