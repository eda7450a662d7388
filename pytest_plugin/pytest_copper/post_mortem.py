"""Where does `pytest --pdb` stop when the emulator has refused something? In the test, as in the traceback shown."""

from __future__ import annotations

from types import FrameType

import pytest


def stop_in_the_test(found: pytest.ExceptionInfo[BaseException]) -> None:
    """Have the debugger pass over the frames that the traceback leaves out; its `down` still leads into them.

    pytest looks into a frame's locals and into its module for what hides it, but its debugger only into the locals.
    """
    traceback = found.value.__traceback__
    while traceback is not None:
        if _is_left_out(traceback.tb_frame, found):
            traceback.tb_frame.f_locals["__tracebackhide__"] = True
        traceback = traceback.tb_next


def _is_left_out(frame: FrameType, found: pytest.ExceptionInfo[BaseException]) -> bool:
    hides = frame.f_globals.get("__tracebackhide__")
    # The locals of a module's own code are its globals.
    return callable(hides) and frame.f_locals is not frame.f_globals and bool(hides(found))
