"""Does an endpoint hold up? A conformance check made of rows, run from the command line or from a test.

rows.py     the table of everything that is tried; contact, keep_alive, secrecy, order, shapes, races,
            overtaking, refusals, restarting and killing do it
bench.py    what they do it with: an account, its records, the endpoint's answers and state
judging.py  what answers and state mean; causes, hints and staleness say what else may be behind it
run.py      plays the rows and makes the report
"""

from copper_emulator.checks.report import CheckFailed, CheckWarning, Report, RowReport, Verdict
from copper_emulator.checks.rows import ROWS

__all__ = ["CheckFailed", "CheckWarning", "Report", "RowReport", "Verdict", "check_names"]


def check_names() -> list[str]:
    """The names of the rows that a check plays in Python, in this order."""
    return [row.name for row in ROWS if not row.service]
