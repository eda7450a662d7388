"""An account as rows of JSON, and back: what a file, a snapshot and a restart need.

rows(account)               everything, part by part            parts.py
Tracker(account).changes()  what is another than before         tracking.py
retell(rows, turns)         what a file's lines tell, as rows   hearing.py
restore(account, rows)      a new account goes on from there    reading.py
"""

from copper_emulator.core.state.hearing import retell
from copper_emulator.core.state.parts import Rows, rows
from copper_emulator.core.state.reading import end_interrupted, restore
from copper_emulator.core.state.tracking import Edit, News, Tracker

__all__ = ["Edit", "News", "Rows", "Tracker", "end_interrupted", "restore", "retell", "rows"]
