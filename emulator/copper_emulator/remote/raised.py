"""What did an endpoint of this process raise, in which of the deliveries that a server made?

The server sees an answer like any other: a 500. A header of the answer says which exception of this process it stands
for, and an account that is fetched has that exception in place of the answer, as an account of this process would.
"""

from __future__ import annotations

import secrets
from itertools import count

from copper_emulator.core.model import Delivery, Result, State

HEADER = "X-Copper-Emulator-Exception"


class Raised:
    """The exceptions of the endpoints of one account."""

    def __init__(self) -> None:
        # An account may have had deliveries to other processes that were connected to it before.
        self._prefix = secrets.token_hex(8)
        self._numbers = count(1)
        self._results: dict[str, Result] = {}

    def keep(self, result: Result) -> str:
        """Keep the result of a call of an endpoint that raised; the header's value for it."""
        name = f"{self._prefix}-{next(self._numbers)}"
        self._results[name] = result
        return name

    def put_back(self, delivery: Delivery) -> Delivery:
        """A delivery as it would be without a server in between."""
        name = next((value for header, value in delivery.response_headers if header.lower() == HEADER.lower()), "")
        result = self._results.get(name)
        if result is None:
            return delivery
        delivery.notification.state = State(result.outcome)
        return delivery._replace(
            outcome=result.outcome,
            status=result.status,
            reason=result.reason,
            text=result.text,
            response_headers=result.headers,
            response_body=result.body,
            exception=result.exception,
            traceback=result.traceback,
        )
