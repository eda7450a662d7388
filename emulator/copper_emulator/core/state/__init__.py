"""An account as rows of JSON, and back: for files, snapshots and restarts.

rows(account)               everything, part by part              parts.py
Tracker(account).changes()  what has changed since last time      tracking.py
read_lines(rows, turns)         add what a file's lines report        line_reader.py
restore(account, rows)      bring a new account to that state     reading.py
"""

from copper_emulator.core.state.line_reader import read_lines
from copper_emulator.core.state.parts import Rows, rows
from copper_emulator.core.state.reading import end_interrupted, restore
from copper_emulator.core.state.tracking import Edit, StateChanges, Tracker

__all__ = ["Edit", "Rows", "StateChanges", "Tracker", "end_interrupted", "read_lines", "restore", "rows"]
