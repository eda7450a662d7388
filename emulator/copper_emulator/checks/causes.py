"""Does a row fail for what a plainer row has shown already? Then its own advice would only mislead."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from copper_emulator.checks.report import Finding, RowReport, Verdict
from copper_emulator.checks.state import DIFFERS, differs_in_form_alone
from copper_emulator.core.account import Account
from copper_emulator.core.model import Delivery, Reason, Topic
from copper_emulator.core.text import exception_text
from copper_emulator.remedies import refused_calls
from copper_emulator.tracebacks import raised_at

_SEVERAL = 3
"""How many rows must fail like one other before the report begins with it."""
_MOST = 300
_OTHER_VALUES = "is known, with other values"
"""Whoever does not take over an update has the wrong value in whatever field changes."""
_OTHER_FORM = "is known, with values in another form"

_OF_RECORD = re.compile(r"(\w+) (\d+)(.*)", re.DOTALL)
"""A difference: its type, its id and what is wrong."""

AS_IN = "As in row"
"""How the advice of a row begins that fails for what others have shown."""


class Cause(NamedTuple):
    """What went wrong with something of a type; of another record it reads the same.

    `among` others: the notification had several ids, and in the state not all of those records are wrong. `raised`
    tells what is the same cause in whatever row: which exception it was, and where (empty if the API had refused a
    call, whose status may be the reason), or that a state differs in its form alone.
    """

    kind: str
    what: str
    among: bool = False
    raised: str = ""


NEVER_CALLED = frozenset({Cause("", "the API was never called")})
"""The cause of whatever fails because nothing was fetched, of any type."""

ECHOES = frozenset({Cause("", "an endless echo")})
"""The cause of an echo without end: whatever a row does first, it then does nothing else."""


def of_answers(bad: Iterable[Delivery], account: Account) -> frozenset[Cause]:
    """The causes of answers that are not 2xx."""
    return frozenset(
        Cause(
            each.topic.type,
            f"{each.topic.event}: {_came(each)}",
            among=len(each.ids) > 1,
            raised="" if refused_calls(account, each) else _exception_and_place(each),
        )
        for each in bad
    )


def of_state(differences: Iterable[str], sent: Iterable[Delivery]) -> frozenset[Cause]:
    """The causes of differences between the state and Copper's records, which begin with type and id."""
    differing = [(found[1], int(found[2]), found[3]) for text in differences if (found := _OF_RECORD.match(text))]
    wrong = {(kind, record) for kind, record, _ in differing}
    several = [each for each in sent if any((each.topic.type, other) not in wrong for other in each.ids)]
    among = {(each.topic.type, record) for each in several for record in each.ids}
    return frozenset(
        Cause(kind, _OTHER_FORM, raised=_OTHER_FORM)
        if differs_in_form_alone(what)
        else Cause(kind, _OTHER_VALUES if DIFFERS in what else _any_record(what), (kind, record) in among)
        for kind, record, what in differing
    )


def of_crash(topic: Topic) -> frozenset[Cause]:
    """The cause of a crash after a notification of this topic."""
    return frozenset({Cause(topic.type, f"{topic.event}: crashed")})


def _came(delivery: Delivery) -> str:
    if delivery.reason is Reason.BROKEN_OFF:
        # Whether something else had come over the connection is chance.
        return str(delivery.reason)
    return f"{delivery.status} {_any_record(f'{delivery.summary} {delivery.response_body[:2000]!r}')}"


def _exception_and_place(delivery: Delivery) -> str:
    """The exception with its place, alike for all records; empty if none is known."""
    if delivery.exception is None:
        return ""
    # A status, and other small numbers, may be what it is about.
    text = re.sub(r"\d{5,}", "0", exception_text(delivery.exception))
    return f"{text} at {raised_at(delivery.exception)}"


def _any_record(text: str) -> str:
    return re.sub(r"\d+", "0", text)


class Causes:
    """The causes that plain rows have shown, and the rows that fail for the same."""

    def __init__(self) -> None:
        self._shown: dict[Cause | str, str] = {}
        self._row_that_raised: dict[str, str] = {}
        self._alike = Counter[str]()

    def point_to_earlier(self, row: str, finding: Finding, *, plain: bool, several: bool) -> Finding:
        """The finding, shortened if plainer rows have shown everything that went wrong.

        A plain row is the life of a record, in which there is nothing special: what fails there will fail in other rows
        with records of the type. Between the types, only plain rows are compared. The plainest row with `several` ids
        shows what goes wrong with a record among others. An exception is the same one wherever it is raised in the same
        place of the endpoint.
        """
        if not finding.causes:
            return finding
        found = {self._earlier(cause, plain=plain) for cause in finding.causes}
        known = (*self._shown.values(), *self._row_that_raised.values())
        earlier = [name for name in dict.fromkeys(known) if name in found]
        self._note(row, finding, plain=plain, several=several)
        if "" in found:
            self._note_raised(row, finding)
            return finding
        if finding.verdict is Verdict.FAILED:
            self._alike.update(earlier)
        plural = "" if len(earlier) == 1 else "s"
        return replace(finding, evidence=finding.brief, advice=f"{AS_IN}{plural} {' and '.join(earlier)}.")

    def _note(self, row: str, finding: Finding, *, plain: bool, several: bool) -> None:
        for cause in finding.causes:
            if plain:
                first = self._shown.setdefault(cause.what, row)
                self._shown.setdefault(cause, first)
            elif several and cause.among:
                self._shown.setdefault(cause, row)

    def _note_raised(self, row: str, finding: Finding) -> None:
        if finding.verdict is Verdict.FAILED:
            for cause in finding.causes:
                if cause.raised:
                    self._row_that_raised.setdefault(cause.raised, row)

    def _earlier(self, cause: Cause, *, plain: bool) -> str:
        """The row that has shown a cause; empty if none has. Who fails with one record does so with several."""
        alone = cause._replace(among=False)
        shown = self._shown.get(cause.what) if plain else self._shown.get(alone) or self._shown.get(cause)
        return shown or self._row_that_raised.get(cause.raised) or ""

    def common(self, rows: Iterable[RowReport]) -> str:
        """What the report begins with: the row whose cause many others share; empty if there is none."""
        failed = {row.name: row for row in rows if not row.ok}
        for name, number in self._alike.most_common(1):
            if number >= _SEVERAL:
                shown = failed[name].evidence
                shown = shown if len(shown) <= _MOST else f"{shown[:_MOST]}..."
                return f"{number} of the {len(failed)} failed rows fail as {name} does, so begin there: {shown}"
        return ""
