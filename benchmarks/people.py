"""The records that rigs fill accounts with."""

from __future__ import annotations

from typing import Any


def person(number: int) -> dict[str, Any]:
    """A person typical of integrations: some fields filled in, most not."""
    return {
        "name": f"Person {number % 9_973} of {number}",
        "emails": [{"email": f"person{number}@example.com", "category": "work"}],
        "phone_numbers": [{"number": f"415-555-{number % 10_000:04}", "category": "mobile"}],
        "tags": ["imported", f"batch {number % 50}"],
        "title": "Engineer",
        "address": {"street": "301 Howard St", "city": f"City {number % 100}", "country": "US"},
    }
