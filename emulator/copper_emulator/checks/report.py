"""The result of checking an endpoint: one row for each thing that was tried, with verdict, evidence and advice."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from copper_emulator.core.errors import UsageError
from copper_emulator.core.text import choices, count, meant, suggesting

if TYPE_CHECKING:
    from copper_emulator.checks.causes import Cause


class CheckFailed(AssertionError):
    """A row failed, or was left out by the time limit. The text is the whole table; `report` is the report itself."""

    # The public import path, and the name that the summary of a test run shows.
    __module__ = "copper_emulator"

    def __init__(self, report: Report) -> None:
        super().__init__(str(report))
        self.report = report


class CheckWarning(UserWarning):
    """Rows ended `warned`, and nobody has looked at them: the endpoint holds up there, but should do better."""

    __module__ = "copper_emulator"


class Verdict(StrEnum):
    """How a row ended. Only `failed` makes an endpoint fail the check."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one row found; `brief` is its evidence if another row has shown the same causes (`causes.py`)."""

    verdict: Verdict
    evidence: str
    advice: str = ""
    causes: frozenset[Cause] = frozenset()
    brief: str = ""


@dataclass(frozen=True, slots=True)
class RowReport:
    """One row: what was tried, the result, and what to do. `seconds` are of real time.

    `printed` are the last lines of what the service's command has printed meanwhile, if the row failed. `by_answers`
    says that it passed by its answers alone: there was no state in which to look at what the endpoint did.
    """

    name: str
    about: str
    verdict: Verdict
    evidence: str
    advice: str = ""
    seconds: float = field(default=0.0, compare=False)
    printed: tuple[str, ...] = ()
    by_answers: bool = False

    @property
    def ok(self) -> bool:
        """Whether it did not fail."""
        return self.verdict is not Verdict.FAILED

    def __str__(self) -> str:
        return self.told_as(self.name)

    def told_as(self, name: str) -> str:
        """It under another name, as that of several is."""
        lines = [f"{self.shown_verdict:<7}  {name:<24}  {self.evidence}"]
        if self.advice:
            lines.append(f"{'':<7}  {'':<24}  -> {self.advice}")
        return "\n".join(lines)

    def is_like(self, other: RowReport) -> bool:
        """Whether it says what the row before it did: both were skipped for the same reason."""
        own = (self.verdict, self.evidence, self.advice)
        return self.verdict is Verdict.SKIPPED and own == (other.verdict, other.evidence, other.advice)

    @property
    def shown_verdict(self) -> str:
        """The verdict as shown in a table: a failure is in capitals, to catch the eye."""
        return str(self.verdict).upper() if self.verdict is Verdict.FAILED else str(self.verdict)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "about": self.about,
            "verdict": str(self.verdict),
            "evidence": self.evidence,
            "advice": self.advice,
            "seconds": round(self.seconds, 3),
            "printed": list(self.printed),
            "by_answers": self.by_answers,
        }


class Report:
    """All rows of a check, in the order in which they were played; `str()` is the table.

    Args:
        target: what was checked.
        rows: the result of each row.
        notes: other remarks.
        seconds: how long it took, in real time.
        cut_off: names of the rows that the time limit left out.
        reached: whether the endpoint could be reached at all.
        cause: the row whose cause many failed rows share, and what it showed.
    """

    def __init__(
        self,
        target: str,
        rows: Iterable[RowReport],
        notes: Sequence[str] = (),
        seconds: float = 0.0,
        cut_off: Sequence[str] = (),
        *,
        reached: bool = True,
        cause: str = "",
    ) -> None:
        self.target = target
        self.notes = notes
        self.seconds = seconds
        self.cut_off = cut_off
        self.reached = reached
        self.cause = cause
        self._rows = tuple(rows)
        self._looked_at = False

    @property
    def rows(self) -> Sequence[RowReport]:
        """The result of each row."""
        # Whatever judges the result reads this property, so this is where looking at the report is noticed. Printing it
        # judges nothing: a print must not make a test pass.
        self._looked_at = True
        return self._rows

    @property
    def ok(self) -> bool:
        """Whether any row was played, none failed, and the time limit left none out."""
        return self.played > 0 and not self._is_bad

    @property
    def played(self) -> int:
        """How many rows were not skipped."""
        return sum(row.verdict is not Verdict.SKIPPED for row in self.rows)

    @property
    def _is_bad(self) -> bool:
        return bool(self.cut_off) or not all(row.ok for row in self._rows)

    @property
    def overlooked(self) -> str:
        """The table, if something failed and nobody has looked at the report; else ""."""
        return str(self) if self._is_bad and not self._looked_at else ""

    def warn(self, stacklevel: int = 1) -> None:
        """Warn once about rows that ended `warned`, if nobody has looked at the report."""
        rows = [row for row in self._rows if row.verdict is Verdict.WARNED]
        if not rows or self._looked_at or self._is_bad:
            return
        self._looked_at = True
        text = "\n".join([f"{self.target}: {count(len(rows), 'row')} warned", *map(str, rows)])
        with warnings.catch_warnings():
            if _are_all_errors():
                warnings.simplefilter("always", CheckWarning)
            warnings.warn(text, CheckWarning, stacklevel=stacklevel + 1)

    def __getitem__(self, name: str) -> RowReport:
        """The row with this name. Raises UsageError if it is not in the report."""
        for row in self.rows:
            if row.name == name:
                return row
        names = [row.name for row in self.rows]
        raise UsageError(
            suggesting(f"there is no row {name!r} in this report", meant(name, names), choices("row", names))
        )

    @property
    def failed(self) -> list[RowReport]:
        """The rows that failed."""
        return [row for row in self.rows if not row.ok]

    @property
    def summary(self) -> str:
        """`27 rows passed (21 by their answers alone), 1 failed, 2 skipped`."""
        return summary_of(self.rows)

    def __str__(self) -> str:
        notes = (f"Note: {note}" for note in self.notes)
        rows = (alike[0].told_as(name_of(alike)) for alike in _grouped(self._rows))
        cause = [self.cause] if self.cause else []
        return "\n".join([f"{self.target}: {summary_of(self._rows)}", *cause, *rows, *notes])

    def __repr__(self) -> str:
        return f"<Report of {self.target}: {summary_of(self._rows)}>"

    def checked(self) -> Report:
        """Return the report. Raises CheckFailed with the table if a row failed or the time limit left one out.

        A row that does not apply to this endpoint is skipped, which is no failure. Rows that ended `warned` cause a
        CheckWarning.
        """
        __tracebackhide__ = True
        self.warn(stacklevel=2)
        self._looked_at = True
        if self._is_bad:
            raise CheckFailed(self)
        return self

    def to_json(self) -> dict[str, Any]:
        """As `copper-emulator check --json` prints it."""
        return {
            "ok": self.ok,
            "target": self.target,
            "summary": self.summary,
            "played": self.played,
            "seconds": round(self.seconds, 3),
            "cause": self.cause,
            "rows": [row.to_json() for row in self.rows],
            "notes": list(self.notes),
        }


def name_of(alike: Sequence[RowReport]) -> str:
    """What rows that say the same are called together."""
    return alike[0].name if len(alike) == 1 else f"{alike[0].name} to {alike[-1].name} ({len(alike)})"


def _grouped(rows: Iterable[RowReport]) -> list[list[RowReport]]:
    """Rows that come one after the other and say the same, together."""
    groups: list[list[RowReport]] = []
    for row in rows:
        if groups and row.is_like(groups[-1][0]):
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _are_all_errors() -> bool:
    """Whether the filters turn CheckWarning into an error without naming it.

    `-W error` is meant for one's own code, and a new row must not make an endpoint that works fail;
    `error::copper_emulator.CheckWarning` is meant for this warning.
    """
    for action, _, category, *_ in warnings.filters:
        if issubclass(CheckWarning, category):
            return action == "error" and category is not CheckWarning
    return False


def _by_answers(rows: Iterable[RowReport]) -> str:
    number = sum(row.by_answers for row in rows)
    return f" ({number} by {'its' if number == 1 else 'their'} answers alone)" if number else ""


def summary_of(rows: Sequence[RowReport]) -> str:
    """How many rows of each verdict there are, and how many passed though nobody could see what the endpoint did."""
    parts: list[str] = []
    for verdict in Verdict:
        number = sum(row.verdict is verdict for row in rows)
        if number or verdict is Verdict.PASSED:
            about = _by_answers(rows) if verdict is Verdict.PASSED else ""
            parts.append(f"{number if parts else count(number, 'row')} {verdict}{about}")
    return ", ".join(parts)
