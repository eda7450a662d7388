"""How is a failure told? With the shortest scenario that shows it, once Hypothesis has done its part."""

from __future__ import annotations

from hypothesis.control import current_build_context, currently_in_test_context

from copper_emulator.core.errors import ApiError, EchoLoop, UsageError
from pytest_copper.shortest import Again, Shortening
from pytest_copper.written import Written

HEADING = "The scenario that shows it, to be pasted and replayed:"


def tell(error: Exception, written: Written, again: Again) -> None:
    """Add to an error what has happened, as a scenario file."""
    if _is_final() and _is_of_endpoint(error):
        options, steps = Shortening(again).of((written.settings, written.steps))
        written = again(options, steps) or written
    error.add_note(f"{HEADING}\n\n{written}")


def _is_of_endpoint(error: Exception) -> bool:
    """An event that could not happen is no fault of the endpoint: without another event the next could not, either."""
    return isinstance(error, EchoLoop) or not isinstance(error, ApiError | UsageError)


def _is_final() -> bool:
    """Whether Hypothesis plays the example that it is going to show, and no attempt on the way there."""
    return currently_in_test_context() and bool(getattr(current_build_context(), "is_final", False))
