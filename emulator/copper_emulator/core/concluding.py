"""How an attempt and its result become a delivery."""

from __future__ import annotations

from copper_emulator.core.model import Attempt, Delivery, Outcome, Reason, Result
from copper_emulator.core.text import duration_text


def delivery_by(attempt: Attempt, result: Result, now: int, faults: tuple[str, ...]) -> Delivery:
    """The delivery of an attempt with this result."""
    # Positional, because every delivery is created here: keyword arguments would take half as long again.
    return Delivery(
        attempt.notification,
        result.outcome,
        attempt.url,
        attempt.started_ms,
        now,
        result.status,
        result.reason,
        result.text,
        attempt.body,
        attempt.headers,
        result.headers,
        result.body,
        result.exception,
        result.traceback,
        result.route,
        attempt.subscription,
        faults,
        result.by_fault,
        result.took_ms,
    )


def timeout_result(attempt: Attempt, result: Result, timeout_ms: int) -> Result:
    """The result for an answer that came too late, because of the endpoint or of a fault."""
    by_fault = result.delay_ms < timeout_ms or result.by_fault
    text = f"no answer within {duration_text(timeout_ms)}" + (f", {attempt.blame}" if by_fault else "")
    # What the endpoint raised meanwhile is its own mistake, whoever is to blame for the delay.
    return result._replace(
        outcome=Outcome.FAILED, status=None, reason=Reason.TIMED_OUT, text=text, headers=(), body=b"", by_fault=by_fault
    )
