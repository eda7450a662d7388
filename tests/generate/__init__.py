"""Writes the typed faces of records and lookup tables from the core's tables: `make generate`.

A tool for this repository alone: it stands beside the test that holds the written files against it
(`tests/test_typed_records.py`), and so in no wheel.
"""

from __future__ import annotations

from tests.generate.lookups import lookups_module
from tests.generate.records import records_module


def files() -> dict[str, str]:
    """The generated files, by their names in the package, as they should be."""
    return {"typed_records.py": records_module(), "typed_lookups.py": lookups_module()}
