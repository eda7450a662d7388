"""Does the endpoint take every name, and does each record get its own?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from copper_emulator.checks.bench import APART_MS, Bench
from copper_emulator.checks.judging import judged
from copper_emulator.checks.order import main
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.checks.state import DIFFERS
from copper_emulator.core.model import Outcome
from copper_emulator.core.records.tables import TABLES
from copper_emulator.shell.delivering.driver import Rounds

_SCRIPTS = ("Zoë Łukasiewicz", "山田 花子", "عائشة رحمن", "Ada \N{ROCKET}")
_NAMES = (
    "Rosa Maria de la Cruz y Sol",
    "Conor O'Brien",
    'Sal "Ace" Rossi',
    "Lee, Kim & Sons <100%>",
    "Ada",
    "A\\B; {0} %s",
    "The Honourable Company of Master Mariners and Seafarers of Oslo and Bergen",
    "Ludwig Mies van der Rohe",
)
"""Not in the order in which a search would have them."""

SCRIPTS_MS = len(_SCRIPTS) * APART_MS
NAMES_MS = (len(_NAMES) - 1) * APART_MS
"""Milliseconds after which the last of the names goes out."""

NAMES = (
    "Take a name as one text: it may be one word or many (`first_name` and `last_name` are fields of their own), be "
    "long, and hold any sign. Store it as it is: whole, and with its own capitals. Pass it to the database as a "
    "parameter, and do not put it into SQL, a format or HTML."
)
_MIXED_UP = (
    "Match what you fetched with the ids by its own `id`: a search answers in an order of its own, and not in that of "
    "the ids."
)


def other_scripts(bench: Bench) -> Rounds[None]:
    """Names in other scripts, one with a character of four bytes."""
    kind = main(bench)
    ids = yield from bench.create(kind, len(_SCRIPTS))
    yield from _renamed(bench, ids, _SCRIPTS)


def names(bench: Bench) -> Rounds[Finding]:
    """Names of one word and of many, and with signs that mean something elsewhere: in SQL, HTML, CSV, formats.

    The records come in one notification, each with its own name. Then each takes over that of the next, from the last
    on, so that no two have the same: that is another row's.
    """
    ids = yield from bench.create_named(main(bench), _NAMES[:-1])
    yield from bench.compare("after new")
    mixed_up = any(f"name is {name!r}{DIFFERS}" in text for text in bench.trial.wrong for name in _NAMES)
    yield from _renamed(bench, ids[::-1], _NAMES[:0:-1])
    yield from bench.end()
    found = judged(bench, NAMES)
    if found.verdict is Verdict.PASSED:
        return found
    return replace(found, evidence=f"{found.evidence}{_refused(bench)}", advice=_MIXED_UP if mixed_up else found.advice)


def _renamed(bench: Bench, ids: Iterable[int], names: Sequence[str]) -> Rounds[None]:
    """Each gets a name, in a second of its own: mistaking one update for another is tested in a different row."""
    for each, name in zip(ids, names, strict=True):
        yield from bench.apart()
        yield from bench.rename(main(bench), [each], name)


def _refused(bench: Bench) -> str:
    """With which names the updates came that were not answered 2xx."""
    bad = [each for each in bench.deliveries if each.outcome is not Outcome.DELIVERED]
    field = "name" if "name" in TABLES[main(bench)].by_name else "details"
    names = [each.body.get("updated_attributes", {}).get(field) for each in bad]
    refused = dict.fromkeys(repr(pair[1]) for pair in names if pair)
    return f"; with the names {', '.join(refused)}" if refused else ""
