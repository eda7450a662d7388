"""Writes the typed faces of records and lookup tables from the core's tables: `make generate`.

A tool for this repository only, and therefore in no wheel: it is beside the test that compares the written files with
it (`tests/test_typed_records.py`).
"""

from __future__ import annotations

from tests.generate.lookups import lookups_module
from tests.generate.records import records_module


def files() -> dict[str, str]:
    """What the generated files should contain, by their names in the package."""
    return {"typed_records.py": records_module(), "typed_lookups.py": lookups_module()}
