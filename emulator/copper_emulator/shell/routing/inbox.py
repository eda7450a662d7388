"""An endpoint for those who have none: every account of the standalone server has one, which accepts everything."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from copper_emulator.core.model import Attempt, Delivery, Result

HOST = "inbox.example"

_ORIGIN = f"https://{HOST}"

MOST = 500
"""How many requests are kept; the oldest are dropped first."""

ROUTE = "the inbox"

_HEADERS = (("Content-Type", "text/plain; charset=utf-8"),)


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered; `delay_ms` is in virtual time, as everywhere."""

    status: int = 200
    body: str = ""
    delay_ms: int = 0


class Inbox:
    """Everything sent to or below `https://inbox.example/ACCOUNT`, and the answer to it."""

    def __init__(self, account: str) -> None:
        self.target = f"{_ORIGIN}/{quote(account, safe='')}"
        self.reply = Reply()
        self.requests: deque[Attempt] = deque(maxlen=MOST)
        self.received = 0
        """How many requests there were, including those dropped beyond `MOST`."""

    def is_for(self, url: str) -> bool:
        """Whether a target means this inbox."""
        rest = url.removeprefix(self.target)
        return rest != url and (not rest or rest[0] in "/?#")

    def other_inbox_text(self, url: str) -> str:
        """What is wrong with a target that means another account's inbox; "" for any other target."""
        rest = url.removeprefix(_ORIGIN)
        if rest == url or (rest and rest[0] not in "/?#:") or self.is_for(url):
            return ""
        return f"{url} is not this account's inbox, the only one it sends to. Subscribe {self.target} instead"

    def moved(self, url: str, account: str) -> str:
        """Rewrite a target for this account: the inbox of `account` becomes this one's."""
        other = Inbox(account)
        return self.target + url.removeprefix(other.target) if other.is_for(url) else url

    def receive(self, attempt: Attempt) -> Result:
        """Record one request, and answer it."""
        self.received += 1
        self.requests.append(attempt)
        reply = self.reply
        result = Result.answered(reply.status, headers=_HEADERS, body=reply.body.encode(), delay_ms=reply.delay_ms)
        return result._replace(route=ROUTE, took_ms=0.0)

    def begin_anew(self, deliveries: Iterable[Delivery]) -> None:
        """Return to the initial state, keeping only the requests of these deliveries from a restored journal."""
        self.reply = Reply()
        self.requests.clear()
        self.received = 0
        for delivery in deliveries:
            if delivery.route == ROUTE and self.is_for(delivery.target):
                self.received += 1
                self.requests.append(_request_of(delivery))


def _request_of(delivery: Delivery) -> Attempt:
    return Attempt(
        delivery.notification,
        delivery.subscription,
        delivery.target,
        delivery.request_headers,
        delivery.request_body,
        delivery.started_ms,
    )
