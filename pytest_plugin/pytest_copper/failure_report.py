"""How is a failure reported? With the shortest scenario that shows it, once Hypothesis has done its part."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, TypeAlias

from hypothesis.control import current_build_context, currently_in_test_context

from copper_emulator.core.errors import ApiError, EchoLoop, UsageError
from pytest_copper.playthrough import EndpointFailed, Playthrough
from pytest_copper.shortest import Case, Drawn, Shortening
from pytest_copper.written import Act, Written

HEADING = "A scenario that reproduces it (paste and replay):"


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
    if _is_final():
        shortest = Shortening(_like(error, play, is_loose=playthrough.is_loose), own).of(_case(playthrough))
        if shortest is not None:
            written = shortest.written
            if isinstance(error, AssertionError):
                error.args = shortest.error.args
    error.add_note(f"{HEADING}\n\n{written}")


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
