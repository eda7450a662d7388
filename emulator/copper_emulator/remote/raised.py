"""What did an endpoint of this process raise, in which of the deliveries that a server made?

The server sees an answer like any other: a 500. A header of the answer says which exception of this process it stands
for, and an account that is fetched has that exception in place of the answer, as an account of this process would.
"""

from __future__ import annotations

from copper_emulator.core.model import Delivery, Result, State
from copper_emulator.shell.senders.kept import Kept


class Raised(Kept[Result]):
    """The results of calls of an account's endpoints that raised. An account may be fetched many times."""

    def put_back(self, delivery: Delivery) -> Delivery:
        """A delivery as it would be without a server in between."""
        result = self.find(delivery.response_headers)
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
