"""Which companies have a person as their primary contact? The person need not work there, so this is no relation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FIELD = "primary_contact_id"


class PrimaryContacts:
    """The companies of each person that is a primary contact; what the records say, kept so that none is searched."""

    def __init__(self) -> None:
        self._companies: dict[int, set[int]] = {}

    def companies_of(self, person_id: int) -> list[int]:
        """The ids of the companies that name a person, ascending."""
        return sorted(self._companies.get(person_id, ()))

    def follow(self, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> None:
        """Note that a company was written, created (without `before`) or removed (without `after`)."""
        old, new = (None if record is None else record[FIELD] for record in (before, after))
        if old == new:
            return
        if before is not None and old is not None:
            companies = self._companies[old]
            companies.discard(before["id"])
            if not companies:
                del self._companies[old]
        if after is not None and new is not None:
            self._companies.setdefault(new, set()).add(after["id"])
