"""What does a check ask of the account it plays on? Attempts sent together, patience, and what its API held back.

In any other account nothing sets these, and they stay as they are here.
"""

from __future__ import annotations

from collections.abc import Callable

from copper_emulator.shell.clock import monotonic


class LateAnswer:
    """An API answer that is delayed: it states what is true when it is made, which may have changed when it arrives."""

    def __init__(self, seconds: float) -> None:
        self.is_taken = False
        self.has_arrived = False
        self._until = monotonic() + seconds

    def arrives(self) -> bool:
        """Whether the delay is over."""
        return monotonic() >= self._until

    def let_go(self) -> None:
        """End the delay now."""
        self._until = monotonic()


class Probe:
    """What a check sets, and what it measures, in delivery and in the API."""

    __slots__ = (
        "api_held",
        "api_most_held",
        "late_answer",
        "one_each",
        "stood_still",
        "tasks_patience",
        "together",
        "unhindered",
    )

    def __init__(self) -> None:
        self.api_held = 0
        """The number of calls being held back."""
        self.api_most_held = 0
        """The largest number of calls held back at the same time."""
        self.late_answer: LateAnswer | None = None
        """The API answer that is being delayed, or is to be next."""
        self.one_each = False
        """Whether each attempt over HTTP has a connection of its own: the endpoint mixes up those that share one."""
        self.together = False
        """Whether async endpoints in this process get the attempts of a round at the same time, in every kind of test.

        Otherwise a synchronous test delivers them one after the other, so that it is known which of them causes what.
        """
        self.stood_still = 0.0
        """Seconds for which something has blocked the endpoints' event loop."""
        self.tasks_patience = 1.0
        """Seconds of real time for tasks that an endpoint's call leaves behind. One that takes longer may never end."""
        self.unhindered: Callable[[str], bool] | None = None
        """Whether a call with this path is met by no fault, and its answer is not the one that is delayed."""
