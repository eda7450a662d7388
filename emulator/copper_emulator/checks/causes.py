"""Does a row fail for what a plainer row has shown already? Then its own advice would only mislead."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from copper_emulator.checks.report import Finding, RowReport, Verdict
from copper_emulator.checks.state import DIFFERS
from copper_emulator.core.model import Delivery

_SEVERAL = 3
"""How many rows must fail like one other before the report begins with it."""
_MOST = 300
_OTHER_VALUES = "is known, with other values"
"""Whoever does not take over an update has the wrong value in whatever field changes."""

AS_IN = "As in row"
"""How the advice of a row begins that fails for what others have shown."""


class Cause(NamedTuple):
    """What went wrong with something of a type; of another record it reads the same."""

    kind: str
    what: str


def of_answers(bad: Iterable[Delivery]) -> frozenset[Cause]:
    """The causes of answers that are not 2xx."""
    return frozenset(Cause(each.topic.type, f"{each.topic.event}: {_came(each)}") for each in bad)


def of_state(differences: Iterable[str]) -> frozenset[Cause]:
    """The causes of differences between the state and Copper's records, which begin with the type."""
    told = (text.partition(" ") for text in differences)
    return frozenset(Cause(kind, _OTHER_VALUES if DIFFERS in what else _any_record(what)) for kind, _, what in told)


def _came(delivery: Delivery) -> str:
    return _any_record(f"{delivery.summary} {delivery.response_body[:2000]!r}")


def _any_record(text: str) -> str:
    return re.sub(r"\d+", "0", text)


class Causes:
    """The causes that plain rows have shown, and the rows that fail for the same."""

    def __init__(self) -> None:
        self._shown: dict[Cause | str, str] = {}
        self._alike = Counter[str]()

    def told(self, row: str, finding: Finding, *, plain: bool) -> Finding:
        """The finding, shortened if plainer rows have shown everything that went wrong.

        A plain row is the life of a record, in which there is nothing special: what fails there will fail in other rows
        with records of the type. Between the types, only plain rows are compared.
        """
        if not finding.causes:
            return finding
        found = {self._shown.get(cause.what if plain else cause, "") for cause in finding.causes}
        earlier = [name for name in dict.fromkeys(self._shown.values()) if name in found]
        if plain:
            for cause in finding.causes:
                first = self._shown.get(cause.what, row)
                self._shown.setdefault(cause, first)
                self._shown.setdefault(cause.what, first)
        if "" in found:
            return finding
        if finding.verdict is Verdict.FAILED:
            self._alike.update(earlier)
        several = "" if len(earlier) == 1 else "s"
        return replace(finding, evidence=finding.brief, advice=f"{AS_IN}{several} {' and '.join(earlier)}.")

    def common(self, rows: Iterable[RowReport]) -> str:
        """What the report begins with: the row whose cause many others share; empty if there is none."""
        failed = {row.name: row for row in rows if not row.ok}
        for name, number in self._alike.most_common(1):
            if number >= _SEVERAL:
                shown = failed[name].evidence
                shown = shown if len(shown) <= _MOST else f"{shown[:_MOST]}..."
                return f"{number} of the {len(failed)} failed rows fail as {name} does, so begin there: {shown}"
        return ""
