"""A signal told where Python drops what is raised is not lost."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tests.cli.processes import PATIENCE

TOLD_WHERE_IT_IS_DROPPED = """
import signal, sys, threading
from copper_emulator.cli.ending import raised_when_told

class Dropped:
    def __del__(self):
        signal.raise_signal(int(sys.argv[1]))

try:
    with raised_when_told():
        Dropped()
        threading.Event().wait()
except KeyboardInterrupt as error:
    print(type(error).__name__, getattr(error, "code", None), "then", signal.getsignal(signal.SIGTERM).name)
"""


@pytest.mark.parametrize(
    ("number", "raised"),
    [
        (signal.SIGTERM, "ToldToEnd 143 then SIG_IGN"),
        (signal.SIGHUP, "ToldToEnd 129 then SIG_IGN"),
        (signal.SIGINT, "KeyboardInterrupt None then SIG_DFL"),
    ],
)
def test_who_is_told_where_python_drops_exceptions_ends_nevertheless(number: signal.Signals, raised: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TOLD_WHERE_IT_IS_DROPPED, str(int(number))],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )

    assert (done.stdout, done.stderr) == (f"{raised}\n", "")
