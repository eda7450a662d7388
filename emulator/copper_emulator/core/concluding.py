"""What becomes of an attempt by what came back?"""

from __future__ import annotations

from copper_emulator.core.model import Attempt, Delivery, Reason, Result
from copper_emulator.core.text import duration_text


def delivery_by(attempt: Attempt, result: Result, now: int, faults: tuple[str, ...]) -> Delivery:
    """How its notification ended."""
    return Delivery(
        notification=attempt.notification,
        outcome=result.outcome,
        target=attempt.url,
        started_ms=attempt.started_ms,
        ended_ms=now,
        status=result.status,
        reason=result.reason,
        text=result.text,
        request_body=attempt.body,
        request_headers=attempt.headers,
        response_headers=result.headers,
        response_body=result.body,
        exception=result.exception,
        traceback=result.traceback,
        route=result.route,
        subscription=attempt.subscription,
        faults=faults,
        by_fault=result.by_fault,
        took_ms=result.took_ms,
    )


def timed_out(attempt: Attempt, result: Result, timeout_ms: int) -> Result:
    """The answer came too late, by the endpoint's doing or by a fault's."""
    by_fault = result.delay_ms < timeout_ms or result.by_fault
    text = f"no answer within {duration_text(timeout_ms)}" + (f", {attempt.blame}" if by_fault else "")
    return Result.failure(Reason.TIMED_OUT, text)._replace(route=result.route, by_fault=by_fault)
