"""What has to be said of a check as a whole, beside its rows?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from copper_emulator.checks.bench import Bench
from copper_emulator.checks.races import AT_ONCE_ROWS
from copper_emulator.core.text import count
from copper_emulator.shell.routing.destinations import Manner


def notes_on(bench: Bench, remarks: Iterable[str], played: Sequence[str], cut_off: Sequence[str]) -> list[str]:
    """The notes: remarks (some may be empty), and what the rows played and those left out in the end lead to."""
    about_api = "" if bench.plan.api is None else bench.plan.api.note
    notes = [remark for remark in (about_api, *remarks) if remark]
    if cut_off:
        notes.append(
            f"the time limit left out {count(len(cut_off), 'row')}, so this is not a success: allow more time "
            f"({bench.plan.named('--time-limit', 'time_limit=')})"
        )
    if bench.plan.state is None:
        notes.append(
            "only answers were judged, not what was done: give the endpoint's state "
            f"({bench.plan.named('--state-url', 'state=')}) to have its records compared, too"
        )
    several = [name for name in played if name in AT_ONCE_ROWS]
    if several and bench.manner is Manner.IN_TURNS:
        notes.append(
            f"{', '.join(several)}: in this process the endpoint is called one notification after the other; serve it "
            "and check its URL to send them at once"
        )
    if bench.foreign:
        names = ", ".join(sorted(bench.foreign))
        notes.append(f"the state has fields that Copper's records do not have; they were not compared: {names}")
    if bench.other_forms:
        names = ", ".join(sorted(bench.other_forms))
        notes.append(f"the state has values in another form than Copper, which were compared by what they say: {names}")
    return notes
