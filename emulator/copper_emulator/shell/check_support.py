"""How does a check change the delivery and the API of the account it plays on, and what does it measure there?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from math import inf

from copper_emulator.core.model import Attempt, Result
from copper_emulator.shell.clock import monotonic, pause_async


class LateAnswer:
    """An API answer that is delayed: it states what is true when it is made, which may have changed when it arrives.

    `then` is called as soon as it has been made; it arrives so many seconds of real time after that.
    """

    def __init__(self, seconds: float, then: Callable[[], object] = lambda: None) -> None:
        self.is_taken = False
        self.is_made = False
        self.has_arrived = False
        self.calls_meanwhile = 0
        """The number of calls that came while it was on its way."""
        self._seconds = seconds
        self._then = then
        self._until = inf

    def made(self) -> None:
        """Note that the answer has been made."""
        self._then()
        self.is_made = True
        self._until = min(self._until, monotonic() + self._seconds)

    def passed(self) -> None:
        """Note that another call comes."""
        if self.is_made and not self.has_arrived:
            self.calls_meanwhile += 1

    def arrives(self) -> bool:
        """Whether the delay is over."""
        return monotonic() >= self._until

    def let_go(self) -> None:
        """End the delay now."""
        self._until = monotonic()


class Gate:
    """Holds back one attempt over HTTP, while others of its round are under way, until something has happened.

    After `seconds` it opens in any case.
    """

    def __init__(self, attempt: Attempt, opens: Callable[[], bool], seconds: float) -> None:
        self._attempt = attempt
        self._opens = opens
        self._until = monotonic() + seconds

    async def pass_through(self, attempt: Attempt, sending: Awaitable[Result]) -> Result:
        """Send an attempt, once it may go."""
        if attempt is self._attempt:
            while not self._opens() and monotonic() < self._until:
                await pause_async(_LOOK)
        return await sending


_LOOK = 0.01
"""Seconds after which a gate looks again whether it opens."""


class CheckOptions:
    """What `check` switches on for a row; in any other account they stay as they are here."""

    __slots__ = (
        "background_patience",
        "call_times",
        "gate",
        "is_unhindered",
        "late_answer",
        "sends_concurrently",
        "uses_fresh_connections",
    )

    def __init__(self) -> None:
        self.background_patience = 1.0
        """Seconds of real time for tasks that an endpoint's call leaves behind. One that takes longer may never end."""
        self.call_times: list[tuple[str, float]] | None = None
        """Takes the path of each API call, and when it arrived in real time; None if nobody asks for that."""
        self.gate: Gate | None = None
        """Through which attempts over HTTP pass, if there is one."""
        self.is_unhindered: Callable[[str], bool] | None = None
        """Whether a call with this path is met by no fault, and its answer is not the one that is delayed."""
        self.late_answer: LateAnswer | None = None
        """The API answer that is being delayed, or is to be next."""
        self.sends_concurrently = False
        """Whether async endpoints in this process get the attempts of a round at the same time, in every kind of test.

        Otherwise a synchronous test delivers them one after the other, so that it is known which of them causes what.
        """
        self.uses_fresh_connections = False
        """Whether each attempt over HTTP has a connection of its own: the endpoint mixes up those that share one."""


class CheckMeasurements:
    """What is measured for `check` in delivery and in the API."""

    __slots__ = ("api_calls_held", "gave_up_after", "loop_blocked_seconds", "most_api_calls_held")

    def __init__(self) -> None:
        self.api_calls_held = 0
        """The number of API calls being held back."""
        self.gave_up_after: float | None = None
        """Seconds after which the client of the last call that is never answered gave up; None until it does."""
        self.loop_blocked_seconds = 0.0
        """Seconds for which something has blocked the endpoints' event loop, in rounds that are sent concurrently."""
        self.most_api_calls_held = 0
        """The largest number of API calls held back at the same time."""
