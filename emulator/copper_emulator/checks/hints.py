"""What does the evidence of a row say that its own advice does not know?"""

from __future__ import annotations

from copper_emulator.checks.trial import Trial
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.searching.search import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from copper_emulator.core.records.tables import TABLES


def about_page(trial: Trial) -> str:
    """Where exactly as many records are right as a search shows at first; with a space after it, or nothing."""
    if trial.first_right != DEFAULT_PAGE_SIZE:
        return ""
    return (
        f"Exactly {DEFAULT_PAGE_SIZE} of {trial.first_touched:,} are right: a search's page has {DEFAULT_PAGE_SIZE} "
        f"unless page_size says more (up to {MAX_PAGE_SIZE}). "
    )


def about_type(kind: EntityType) -> str:
    """Where others are taken, and this one is not: it is not the number of ids."""
    table = TABLES[kind]
    own = "" if "name" in table.by_name else "have no name (what is written of one is its `details`), and "
    return (
        f"Other types are taken, so look for what this one has of its own: {table.plural} {own}are fetched with "
        f"`GET /{table.plural}/{{id}}`."
    )
