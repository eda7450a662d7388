"""Does the endpoint fetch from the check's API at all? If it never has, most of what fails has this one cause.

What a row has tried is then of no importance, and neither is the row's own advice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copper_emulator.checks.bench import Bench


@dataclass(frozen=True, slots=True)
class CheckApi:
    """Where the check's API is.

    Args:
        url: its base URL.
        in_use: the usual port, if that is in use by something else.
        variable: the name of the variable in which a command that the check has started finds the URL.
    """

    url: str
    in_use: int | None = None
    variable: str = ""

    @property
    def note(self) -> str:
        """What has to be said of the check as a whole; empty if the port is the usual one, or a chosen one."""
        if self.in_use is None:
            return ""
        return (
            f"port {self.in_use} is in use, perhaps by another copper-emulator, so the check's API was at {self.url}; "
            f"an endpoint that fetches from port {self.in_use} asks the wrong one"
        )

    def base_url_text(self, *, any_token: bool) -> str:
        """Where to fetch from, and where not."""
        token = "" if any_token else ", with the token that --token names"
        variable = f", which it finds in {self.variable}" if self.variable else ""
        other = f"port {self.in_use} is in use by something else, so do not fetch from there"
        return f"{self.url}{variable}{token}{f' ({other})' if self.in_use else ''}"


def about_api(bench: Bench, *, answered: bool) -> str:
    """What helps if the API was never called, and nothing that is fetched for has worked yet, in this row or before.

    Empty if it is otherwise: an endpoint that gets anything right without a call has its records from somewhere else.
    In a test, too: there the account's API is at hand, and what an endpoint raised is told.
    `answered` says that all notifications were answered 2xx, and the state is what is wrong.
    """
    api = bench.plan.api
    if api is None or bench.has_called or bench.has_worked:
        return ""
    where = f"have it fetch from {api.base_url_text(any_token=bench.plan.any_token)}"
    if answered:
        return (
            f"Nothing has called the check's API yet: {where}. If it needs no fetch, make sure that the state is read "
            "where it writes."
        )
    return f"Nothing has called the check's API yet: if it failed at a fetch, {where}. Otherwise look in its own log."
