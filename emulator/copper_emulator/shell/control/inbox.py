"""The control API for the built-in inbox: what it received, and what it answers."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from copper_emulator.core.model import Attempt
from copper_emulator.core.text import duration_text
from copper_emulator.core.wire import iso
from copper_emulator.durations import parse_duration
from copper_emulator.explain import masked_headers
from copper_emulator.shell.control.bases import Shape, Taken
from copper_emulator.shell.control.models import DURATION_SCHEMA
from copper_emulator.shell.control.operation import Operation
from copper_emulator.shell.control.shapes import as_sent, masked_body
from copper_emulator.shell.routing.inbox import MOST, Reply
from copper_emulator.shell.served.account import ServedAccount

Delay = Annotated[
    int,
    Field(ge=0),
    BeforeValidator(parse_duration),
    PlainSerializer(duration_text),
    WithJsonSchema({**DURATION_SCHEMA, "examples": ["0s", "2s", "1m"]}),
]
"""A duration as people write it, which may be 0; held in milliseconds."""


class Answer(Taken):
    """What the inbox answers from now on; what is left out stays."""

    status: int | None = Field(None, ge=200, le=599)
    body: str | None = Field(None, max_length=10_000)
    delay: Delay | None = Field(None, description="how much later, in the account's time", validate_default=False)


class ReadInbox(Taken):
    """How many requests to show, newest first."""

    limit: int = Field(100, ge=1, le=MOST)


class RequestShape(Shape):
    """One request that the inbox received."""

    notification: int
    at: str
    url: str
    headers: list[tuple[str, str]] = Field(description="values of a subscription's own are masked")
    body: Any = Field(description="JSON; values of secrets are masked; null if it is not an object")


class ReplyShape(Shape):
    """What the inbox answers."""

    status: int
    body: str
    delay: str


class InboxShape(Shape):
    """The built-in endpoint of an account."""

    target: str = Field(description="subscribe this, and what is sent arrives here")
    reply: ReplyShape
    received: int = Field(description=f"how many there were; the latest {MOST} are kept")
    requests: list[RequestShape] = Field(description="newest first")


async def read_inbox(served: ServedAccount, params: ReadInbox) -> InboxShape:
    """Show what was received, newest first, and what is answered."""
    with served.tenant.lock:
        inbox, kept = served.inbox, list(served.inbox.requests)
        return InboxShape(
            target=inbox.target,
            reply=ReplyShape(
                status=inbox.reply.status, body=inbox.reply.body, delay=duration_text(inbox.reply.delay_ms)
            ),
            received=inbox.received,
            requests=[_request(attempt) for attempt in kept[: -params.limit - 1 : -1]],
        )


async def answer_with(served: ServedAccount, params: Answer) -> InboxShape:
    """Change the status, body or delay of the answers from now on."""
    inbox, before = served.inbox, served.inbox.reply
    inbox.reply = Reply(
        status=before.status if params.status is None else params.status,
        body=before.body if params.body is None else params.body,
        delay_ms=before.delay_ms if params.delay is None else params.delay,
    )
    served.recorder.remark("the answer of the inbox was changed")
    return await read_inbox(served, ReadInbox(limit=100))


INBOX_OPERATIONS: tuple[Operation[Any], ...] = (
    Operation("GET", "/inbox", "What the built-in endpoint received", ReadInbox, InboxShape, read_inbox),
    Operation("POST", "/inbox", "Set what it answers", Answer, InboxShape, answer_with),
)


def _request(attempt: Attempt) -> RequestShape:
    sent = as_sent(attempt)
    return RequestShape(
        notification=attempt.notification.serial,
        at=iso(attempt.started_ms),
        url=attempt.url,
        headers=masked_headers(sent),
        body=masked_body(sent.body),
    )
