"""How is a failure told? With the shortest scenario that shows it, once Hypothesis has done its part."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, TypeAlias

from hypothesis.control import current_build_context, currently_in_test_context

from copper_emulator.core.errors import ApiError, EchoLoop, UsageError
from pytest_copper.performance import EndpointFailed, Performance
from pytest_copper.shortest import Case, Drawn, Shortening
from pytest_copper.written import Act, Written

HEADING = "The scenario that shows it, to be pasted and replayed:"


class Failure(NamedTuple):
    """What a case ended in, and what happened until then."""

    error: Exception
    written: Written
    is_loose: bool = False
    """Whether something came as Copper's own that was not sent before."""


Play: TypeAlias = Callable[[Drawn, list[Act]], Failure | None]
"""Plays a case anew; None if all was well."""


def tell(error: Exception, performance: Performance, own: dict[str, Any], play: Play) -> None:
    """Add to an error what has happened, as a scenario file; and let it say what the shortest one makes it say."""
    written = performance.written
    if not written.steps or not _is_of_endpoint(error):
        # What was said wrongly in the machine itself is no matter of what happened.
        return
    if _is_final():
        shortest = Shortening(_like(error, play, is_loose=performance.is_loose), own).of(_case(performance))
        if shortest is not None:
            written = shortest.written
            if isinstance(error, AssertionError):
                error.args = shortest.error.args
    error.add_note(f"{HEADING}\n\n{written}")


def _case(performance: Performance) -> Case:
    return performance.drawn, performance.written.acts


def _is_of_endpoint(error: Exception) -> bool:
    """An event that could not happen is no fault of the endpoint: without another event the next could not, either."""
    return isinstance(error, EchoLoop) or not isinstance(error, ApiError | UsageError)


def _like(error: Exception, play: Play, *, is_loose: bool) -> Play:
    kind = _kind(error)

    def played(drawn: Drawn, acts: list[Act]) -> Failure | None:
        found = play(drawn, acts)
        if found is None or _kind(found.error) != kind:
            return None
        # What came again is told together with how it came first.
        return found if is_loose or not found.is_loose else None

    return played


def _kind(error: Exception) -> tuple[object, ...]:
    """The same for what fails in the same way: what it is, and where in the user's own lines it was raised."""
    how = error.how if isinstance(error, EndpointFailed) else ""
    return (type(error), how, *_places(error.__traceback__))


_OURS = Path(__file__).parent


def _places(traceback: TracebackType | None) -> list[tuple[str, int]]:
    places: list[tuple[str, int]] = []
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        # How a check came to be called is another matter.
        places = [] if Path(file).parent == _OURS else [*places, (file, traceback.tb_lineno)]
        traceback = traceback.tb_next
    return places


def _is_final() -> bool:
    """Whether Hypothesis plays the example that it is going to show, and no attempt on the way there."""
    return currently_in_test_context() and bool(getattr(current_build_context(), "is_final", False))
