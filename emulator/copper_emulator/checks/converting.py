"""Does the endpoint follow when records of one type become records of others? Copper converts leads."""

from __future__ import annotations

from copper_emulator.checks.bench import APART_MS, Bench
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.core.model import EntityType
from copper_emulator.shell.delivering.driver import Rounds

CONVERTED_MS = 2 * APART_MS
"""Milliseconds after which the last goes out."""

_MADE = (EntityType.PERSON, EntityType.COMPANY, EntityType.OPPORTUNITY)

CONVERTED = (
    "Identify each record by its type and id. A conversion makes a person, a company and an opportunity, and removes "
    "the lead; the notifications come in any order. For a while the lead and the person have the same email address, "
    "so have no unique key on it across types; and the lead's delete must remove the lead alone."
)


def converted(bench: Bench) -> Rounds[Finding | None]:
    """A lead becomes a person with the same email address; that is still there when the lead is gone, and changes."""
    lead_type, person_type = EntityType.LEAD, EntityType.PERSON
    if not bench.events(person_type):
        return Finding(Verdict.SKIPPED, "it needs leads and people")
    for beside, kind in enumerate(_MADE, start=1):
        # What the lead becomes gets other ids than the lead: who mistakes one for the other is found in another row.
        for _ in range(beside):
            bench.seed(kind)
    address = {"email": f"lead-{bench.plan.first}@lead.example", "category": "work"}
    (lead,) = yield from bench.create(lead_type, email=address, company_name="Lead & Co")
    yield from bench.compare()
    yield from bench.apart()
    became = yield from bench.convert(lead, {"opportunity": {"name": "First Deal"}})
    for kind, record in became.items():
        if bench.events(kind):
            bench.touch(kind, [record])
    yield from bench.compare("after the conversion")
    yield from bench.apart()
    yield from bench.rename(person_type, [became[person_type]])
    return None
