"""How is a failure reported? With the shortest scenario that shows it, once Hypothesis has done its part."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, TypeAlias

from hypothesis.control import current_build_context, currently_in_test_context

from copper_emulator.core.errors import ApiError, EchoLoop, UsageError
from copper_emulator.shell.frozen import frozen_now
from pytest_copper.playthrough import EndpointFailed, Playthrough
from pytest_copper.shortest import Case, Drawn, Shortening
from pytest_copper.written import Act, Written

HEADING = "A scenario that reproduces it (paste and replay):"
_NOT_YET = "What had happened, as a scenario:"
"""The heading while it is not known whether it happens again."""

FLAKY = (
    "The same steps have not always had the same outcome. Does the endpoint keep anything from one example to the next "
    "(a module's variable, a file, a table)? Make all of it anew in `endpoint`. Does it work in a thread of its own? "
    "Let copper.after_delivery wait for it."
)
_NOTHING_HAPPENED = (
    "It fails though nothing has happened: either `check` is wrong of an account without records, or the endpoint "
    "begins with what an earlier example has left. Make all that it keeps anew in `endpoint`."
)
_OWN_CLOCK = (
    "Time is played ahead in it, and the endpoint's own clock stays where it is. If the endpoint compares timestamps "
    "with its clock, freeze that in `endpoint` (see `copper-emulator docs properties`): it then goes along."
)


class Failure(NamedTuple):
    """How a case failed, and what had happened until then."""

    error: Exception
    written: Written
    is_loose: bool = False
    """Whether a replay had the secret but reported something that Copper had not sent before."""


Play: TypeAlias = Callable[[Drawn, list[Act]], Failure | None]
"""Plays a case anew; returns None if all went well."""


def tell(error: Exception, playthrough: Playthrough, own: dict[str, Any], play: Play) -> None:
    """Add the shortest scenario that fails like this to an error; an AssertionError also takes over its message."""
    written = playthrough.written
    if not written.steps or not _is_of_endpoint(error):
        # A mistake in the machine itself does not depend on what happened.
        return
    heading = _NOT_YET
    if _is_final():
        shortest = Shortening(_like(error, play, is_loose=playthrough.is_loose), own).of(_case(playthrough))
        if shortest is not None:
            heading, written = HEADING, shortest.written
            if isinstance(error, AssertionError):
                error.args = shortest.error.args
        else:
            error.add_note(FLAKY)
    if not written.steps:
        error.add_note(_NOTHING_HAPPENED)
        return
    if any("advance" in step for step in written.steps) and frozen_now() is None:
        error.add_note(_OWN_CLOCK)
    error.add_note(f"{heading}\n\n{written}")


def _case(playthrough: Playthrough) -> Case:
    return playthrough.drawn, playthrough.written.acts


def _is_of_endpoint(error: Exception) -> bool:
    """Whether the endpoint failed, not an impossible event: removing events would make more of them impossible."""
    return isinstance(error, EchoLoop) or not isinstance(error, ApiError | UsageError)


def _like(error: Exception, play: Play, *, is_loose: bool) -> Play:
    kind = _kind(error)

    def played(drawn: Drawn, acts: list[Act]) -> Failure | None:
        found = play(drawn, acts)
        if found is None or _kind(found.error) != kind:
            return None
        # A repeated notification is shown together with how it first came.
        return found if is_loose or not found.is_loose else None

    return played


def _kind(error: Exception) -> tuple[object, ...]:
    """Equal for errors that fail in the same way: the type, and where in the user's own lines it was raised."""
    how = error.how if isinstance(error, EndpointFailed) else ""
    return (type(error), how, *_places(error.__traceback__))


_OURS = Path(__file__).parent


def _places(traceback: TracebackType | None) -> list[tuple[str, int]]:
    places: list[tuple[str, int]] = []
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        # How a check came to be called does not matter.
        places = [] if Path(file).parent == _OURS else [*places, (file, traceback.tb_lineno)]
        traceback = traceback.tb_next
    return places


def _is_final() -> bool:
    """Whether Hypothesis is playing the example that it will show, not an attempt on the way there."""
    return currently_in_test_context() and bool(getattr(current_build_context(), "is_final", False))
