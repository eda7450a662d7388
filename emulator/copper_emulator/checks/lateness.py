"""Did the endpoint still call the API about the records of a row that had ended? Then it was judged too early."""

from __future__ import annotations

from collections import Counter

from copper_emulator.checks.bench import Bench
from copper_emulator.checks.earlier import Named, as_named, named_in
from copper_emulator.core.text import count

_NAMED = 3
"""How many rows the note names."""


class Lateness:
    """Counts the calls that are about records of rows that have ended. No two rows have a record in common."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._ended: dict[Named, str] = {}
        """The row of each record."""
        self._late = Counter[str]()

    def after(self, row: str) -> None:
        """A row has been played, and its account is still there."""
        self.look()
        self._ended.update(dict.fromkeys((as_named(*each) for each in self._bench.trial.touched), row))

    def look(self) -> None:
        """Look at the calls of the account that is there now: a row's, or the one between the rows."""
        found = (named_in(call.path) for call in self._bench.account.call_log.calls())
        rows = (self._ended.get(each) for each in found if each)
        self._late.update(row for row in rows if row is not None)

    def note(self) -> str:
        """What has to be said of the run as a whole, or nothing.

        With a state and patience a row ends when the state is right, whatever comes afterwards.
        """
        plan, late = self._bench.plan, list(self._late)
        if not late or (plan.state is not None and plan.patience):
            return ""
        number = self._late.total()
        more = f" and {len(late) - _NAMED} more" if len(late) > _NAMED else ""
        patience = plan.named("--patience", "patience='2s'")
        in_a_test = "" if plan.by_command else ", or wait for that work in a hook, copper.after_delivery(...)"
        return (
            f"{count(number, 'call')} of the API came after the end of {'its row' if number == 1 else 'their rows'} "
            f"({', '.join(late[:_NAMED])}{more}): the endpoint works on after its answer, and was judged before it was "
            f"done; give the check its state and patience ({patience}){in_a_test}"
        )
