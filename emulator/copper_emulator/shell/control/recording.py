"""The control API for recording what is done in an account, as a scenario that repeats it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from copper_emulator.core.moments import stamp
from copper_emulator.core.text import count
from copper_emulator.core.wire import iso
from copper_emulator.shell.control.bases import Nothing, Shape
from copper_emulator.shell.control.operation import Operation
from copper_emulator.shell.guarding import Refused
from copper_emulator.shell.recording.recorder import MOST as MOST_STEPS
from copper_emulator.shell.served.account import ServedAccount

_BEGIN = "Begin with copper-emulator record start, or POST .../recording/start."

_EARLIER = (
    "What was recorded before can still be read: copper-emulator record show --output FILE, or GET .../recording. "
    "A new start replaces it."
)


class RecordingShape(Shape):
    """What has been recorded."""

    recording: bool = Field(description="whether what is done now is recorded")
    started_at: str | None
    stopped_at: str | None
    steps: int
    remarks: int = Field(description="how many things no step can repeat: comments in the scenario say so")
    full: bool = Field(description=f"whether it has reached {MOST_STEPS:,} steps, after which no more are kept")
    scenario: str | None = Field(description="the text of a scenario file that repeats it; null without a step")


async def start_recording(served: ServedAccount, params: Nothing) -> RecordingShape:
    """Record what is done from now on; replaces an earlier, stopped recording. 409 while one is in progress."""
    recorder = served.recorder
    if recorder.is_on and recorder.started_ms is not None:
        raise Refused(
            409,
            f"a recording is already in progress, since {stamp(recorder.started_ms)}, with "
            f"{count(recorder.steps, 'step')}",
            hint="Stop it first: copper-emulator record stop, or POST .../recording/stop.",
        )
    recorder.start()
    return await read_recording(served, params)


async def stop_recording(served: ServedAccount, params: Nothing) -> RecordingShape:
    """Stop recording; what was recorded can still be read."""
    if not served.recorder.is_on:
        hint = _BEGIN if served.recorder.started_ms is None else _EARLIER
        raise Refused(409, "nothing is being recorded", hint=hint)
    served.recorder.stop()
    return await read_recording(served, params)


async def read_recording(served: ServedAccount, params: Nothing) -> RecordingShape:
    """Show what has been recorded so far, as a scenario."""
    recorder = served.recorder
    return RecordingShape(
        recording=recorder.is_on,
        started_at=None if recorder.started_ms is None else iso(recorder.started_ms),
        stopped_at=None if recorder.stopped_ms is None else iso(recorder.stopped_ms),
        steps=recorder.steps,
        remarks=recorder.remarks,
        full=recorder.is_full,
        scenario=recorder.text(),
    )


RECORDING_OPERATIONS: tuple[Operation[Any], ...] = (
    Operation("POST", "/recording/start", "Record what is done", Nothing, RecordingShape, start_recording),
    Operation("POST", "/recording/stop", "Stop recording", Nothing, RecordingShape, stop_recording),
    Operation("GET", "/recording", "What was recorded", Nothing, RecordingShape, read_recording),
)
