"""What would help against the way a notification ended, or allow it, in a failed expect and in a verdict."""

from __future__ import annotations

from copper_emulator.core.model import Delivery, Outcome, Reason

_EVERYWHERE = "@pytest.mark.copper(allow=...), Emulator(allow=...), --settings allow=..."


def mend(delivery: Delivery) -> str:
    """What to do so that it is delivered; a sentence without its full stop."""
    if delivery.by_fault:
        return "Switch the fault off before the change, with copper.faults.off()"
    if delivery.outcome is Outcome.BLOCKED:
        # After why it was blocked it says which routes there are and how to make one.
        return delivery.detail.partition(". ")[2].rstrip(".") or "Give its target a route"
    if delivery.reason is Reason.REFUSED and "://" in delivery.route:
        return f"Have the endpoint listen at {delivery.route}, or route its target to where it does"
    if delivery.reason is not None:
        return _REASONS.get(delivery.reason, "Mend the endpoint")
    return _OUTCOMES.get(delivery.outcome, "Mend the endpoint")


def named(delivery: Delivery) -> str:
    """How an `expect` names the way it ended: `status=500`, `outcome='failed'`."""
    return f"status={delivery.status}" if delivery.status is not None else f"outcome={str(delivery.outcome)!r}"


def permit(delivery: Delivery) -> str:
    """How a test permits what it did not expect. Worded so that it holds in a scenario and on the command line too."""
    allowed: int | str = str(delivery.outcome) if delivery.status is None else delivery.status
    if delivery.exception is not None and delivery.status is None:
        allowed = "exception"
    return f"expect it with {named(delivery)}, or allow it with the setting allow={str(allowed)!r} ({_EVERYWHERE})."


def permit_due() -> str:
    """The same for what never went."""
    return f"allow it with the setting allow='due' ({_EVERYWHERE})."


_REASONS = {
    Reason.TIMED_OUT: "Answer first and work afterwards, or allow more time with the setting timeout='60s'",
}

_OUTCOMES = {
    Outcome.DROPPED: "Let it wait until the limit renews, with the setting over_limit='hold', and advance",
    Outcome.CANCELLED: "Unsubscribe after it has been delivered",
}
