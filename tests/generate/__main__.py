"""`python -m tests.generate`: write every generated file."""

from __future__ import annotations

from pathlib import Path

import copper_emulator
from tests.generate import files

for name, text in files().items():
    (Path(copper_emulator.__file__).parent / name).write_text(text, encoding="utf-8")
