"""What every answer of the API has in common: JSON in UTF-8, and perhaps a hint for the developer of the client."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from copper_emulator.core.errors import ApiError
from copper_emulator.core.json_text import encode
from copper_emulator.shell.api.json_answer import JsonAnswer

HINT_HEADER = "X-Copper-Emulator-Hint"
"""What would help, for the developer of the client; Copper has no such header."""

_MAX_HINT = 2_000
"""Characters of a hint: clients refuse much longer header lines (aiohttp's limit and Node's are about 8,000)."""


TOTAL_HEADER = "X-PW-TOTAL"
"""The number of results of a search on all its pages (developer docs)."""


def answer(value: Any, *, hint: str = "", total: int | None = None) -> JsonAnswer:
    """200 with JSON; `total` is the number of results of a search on all pages."""
    return answer_raw(encode(value), hint=hint, total=total)


def answer_raw(raw: bytes, *, hint: str = "", total: int | None = None) -> JsonAnswer:
    """Like `answer`, for a value that is encoded already."""
    made = JsonAnswer(raw)
    if total is not None:
        made.headers[TOTAL_HEADER] = str(total)
    if hint:
        made.headers[HINT_HEADER] = header_text(hint)
    return made


def refusal_answer(error: ApiError) -> JsonAnswer:
    """An error in Copper's format, with the emulator's hint in a header."""
    return JsonAnswer(encode(error.body), {HINT_HEADER: header_text(error.hint)} if error.hint else {}, error.status)


async def go_on(request: web.Request) -> None:
    """Answer `Expect: 100-continue`; unlike aiohttp's own handler, ignore other expectations instead of refusing."""
    if request.version >= (1, 1) and request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # What was written is not part of the answer.
        request.writer.output_size = 0


def header_text(text: str) -> str:
    """A text as a header value: on one line, not too long, in printable ASCII."""
    line = " ".join(text.split()).encode("ascii", "backslashreplace").decode()
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in line)
    return shown if len(shown) <= _MAX_HINT else shown[:_MAX_HINT] + "..."
